//! What the tests of this crate share: an agreement, its parties, and a case to play.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use sourcing::command::{
    Does, award::Award, bid::MakeBid, consent::Consent, delay::Delay, deliver::Deliver,
    exercise::Exercise, notify::Notify, present::Present, request::Request,
};
use sourcing::{Bid, Case, Channel, Command, Dated, Refused, Requirement, decide};
use terms::{Document, Money, Name, Severity, Source, Terms, Verb, compile};

/// Statutory federal holidays of the United States, on the day they are observed.
pub const UNITED_STATES: &[&str] = &[
    "2024-01-01",
    "2024-01-15",
    "2024-02-19",
    "2024-05-27",
    "2024-06-19",
    "2024-07-04",
    "2024-09-02",
    "2024-10-14",
    "2024-11-11",
    "2024-11-28",
    "2024-12-25",
    "2025-01-01",
    "2025-01-20",
    "2025-02-17",
    "2025-05-26",
    "2025-06-19",
    "2025-07-04",
    "2025-09-01",
    "2025-10-13",
    "2025-11-11",
    "2025-11-27",
    "2025-12-25",
    "2026-01-01",
    "2026-01-19",
    "2026-02-16",
    "2026-05-25",
    "2026-06-19",
    "2026-07-03",
    "2026-09-07",
    "2026-10-12",
    "2026-11-11",
    "2026-11-26",
    "2026-12-25",
];

/// Bank holidays of England.
pub const ENGLAND: &[&str] = &[
    "2025-01-01",
    "2025-04-18",
    "2025-04-21",
    "2025-05-05",
    "2025-05-26",
    "2025-08-25",
    "2025-12-25",
    "2025-12-26",
];

/// Needs capacity.
pub const LAB: &str = "lab";
/// Holds the right.
pub const MERIDIAN: &str = "meridian";
/// Is controlled by the holder.
pub const MERIDIAN_UK: &str = "meridian-uk";
/// Would supply capacity too.
pub const BOREALIS: &str = "borealis";
/// Would supply capacity too.
pub const ZEPHYR: &str = "zephyr";

/// "The holder may step in first": 10 business days, a free window of 120 days, and what else is
/// said of it.
pub fn first_refusal(more: &str) -> String {
    format!(
        r#"right_of_first_refusal "capacity" {{
  grantor = lab
  holder  = meridian
  scope {{
    subject = capacity
    kind    = new
  }}
  response_window = "10 business days"
  free_window     = "120 days"
  {more}
}}"#
    )
}

/// "Only the holder may supply it."
pub const EXCLUSIVITY: &str = r#"exclusivity "cloud" {
  grantor = lab
  holder  = meridian
  scope {
    act = [contract, build]
  }
}"#;

/// "The customer may build for itself."
pub const OWN_BUILD: &str = r#"consent "own-build" {
  grantor = meridian
  holder  = lab
  scope {
    act     = build
    purpose = [research, training]
  }
}"#;

/// An agreement of these clauses, its calendar covering 2024 to 2026.
pub fn agreement(clauses: &str) -> Terms {
    agreement_until("2027-01-01", clauses)
}

/// The same, with a calendar that covers no more than the days before `covered`.
pub fn agreement_until(covered: &str, clauses: &str) -> Terms {
    terms(&format!(
        r#"# An agreement

```hcl
party "lab" {{}}
party "meridian" {{}}
party "meridian-uk" {{ affiliate_of = meridian }}
party "borealis" {{}}
party "zephyr" {{}}

calendar "us-federal" {{
  covers   = "2024-01-01..{covered}"
  holidays = {UNITED_STATES:?}
}}

agreement "hosting" {{
  parties   = [lab, meridian]
  signed    = "2024-01-01"
  time_zone = "America/Los_Angeles"
  calendars = [us-federal]
  cutoff    = "17:00"
}}

{clauses}
```
"#
    ))
}

/// The terms of a document that has no error.
pub fn terms(text: &str) -> Terms {
    let document = Arc::new(Document::new("agreement.md", text));
    let (terms, findings) = compile(&[Source { document, known: None }]);
    let errors: Vec<_> =
        findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    terms
}

pub fn los_angeles() -> TimeZone {
    TimeZone::get("America/Los_Angeles").unwrap()
}

/// The instant of a wall-clock time in Los Angeles, as "2025-01-22 09:00".
pub fn at(local: &str) -> Timestamp {
    let local: DateTime = local.parse().unwrap();
    local.to_zoned(los_angeles()).unwrap().timestamp()
}

pub fn usd(amount: &str) -> Money {
    format!("USD {amount}").parse().unwrap()
}

/// A need of 1,000 in lots of 100, at 2.40 an hour.
pub fn requirement() -> Requirement {
    Requirement {
        customer: Name::new(LAB),
        act: Verb::Contract,
        purpose: "training".to_string(),
        quantity: "1_000 H100".parse().unwrap(),
        lot: 100,
        need_by: date(2025, 9, 1),
        months: 12,
        price: usd("2.40"),
    }
}

pub fn request() -> Does {
    Does::Request(Request { requirement: requirement() })
}

pub fn notify() -> Does {
    Does::Notify(Notify { channel: Channel::Email })
}

pub fn exercise(quantity: u64) -> Does {
    Does::Exercise(Exercise { quantity: Some(quantity) })
}

pub fn exercise_all() -> Does {
    Does::Exercise(Exercise { quantity: None })
}

pub fn consent() -> Does {
    Does::Consent(Consent { tacit: false, evidence: "letter".to_string() })
}

pub fn tacit_consent() -> Does {
    Does::Consent(Consent { tacit: true, evidence: "told, no objection".to_string() })
}

pub fn bid(supplier: &str, quantity: u64, price: &str) -> Does {
    let supplier = Name::new(supplier);
    Does::Bid(MakeBid { bid: Bid { supplier, quantity, price: usd(price), valid_until: None } })
}

pub fn bid_until(supplier: &str, quantity: u64, price: &str, until: &str) -> Does {
    let (supplier, valid_until) = (Name::new(supplier), Some(at(until)));
    Does::Bid(MakeBid { bid: Bid { supplier, quantity, price: usd(price), valid_until } })
}

pub fn present(bid: usize) -> Does {
    Does::Present(Present { bid })
}

pub fn award(bid: usize) -> Does {
    Does::Award(Award { bid })
}

pub fn delay(lot: usize, expected: Date) -> Does {
    Does::Delay(Delay { lot, expected, reason: "grid connection".to_string() })
}

pub fn deliver(lot: usize) -> Does {
    Does::Deliver(Deliver { lot })
}

/// A case and all that happened in it.
#[derive(Debug, Clone, Default)]
pub struct Play {
    pub case: Option<Case>,
    pub journal: Vec<Dated>,
}

impl Play {
    /// Decides a command and folds what follows; a refusal changes nothing.
    pub fn act(
        &mut self,
        terms: &Terms,
        at: Timestamp,
        by: &str,
        does: Does,
    ) -> Result<Vec<Dated>, Refused> {
        let command = Command { by: Name::new(by), does };
        let happened = decide(terms, self.case.as_ref(), &command, at)?;
        for dated in &happened {
            self.case = Case::apply(self.case.take(), dated.at, &dated.event);
        }
        self.journal.extend(happened.clone());
        Ok(happened)
    }
}

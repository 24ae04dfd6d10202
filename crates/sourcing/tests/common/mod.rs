//! What the tests of this crate share: an agreement, its parties, and a case to play.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use sourcing::command::{
    award::Award, bid::MakeBid, consent::Consent, decline::Decline, delay::Delay, deliver::Deliver,
    exercise::Exercise, match_offer::MatchOffer, notify::Notify, present::Present,
    request::Request, waive::Waive,
};
use sourcing::{
    Bid, Book, Case, Channel, Command, Dated, Does, Offered, Refused, Requirement, State, decide,
};
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
/// Holds a right too, under some clauses.
pub const AURORA: &str = "aurora";
/// Would supply capacity too.
pub const BOREALIS: &str = "borealis";
/// Would supply capacity too.
pub const ZEPHYR: &str = "zephyr";
/// Decides disputes.
pub const ARBITER: &str = "arbiter";

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
    terms(&agreement_text(covered, clauses))
}

/// The document itself.
pub fn agreement_text(covered: &str, clauses: &str) -> String {
    format!(
        r#"# An agreement

```hcl
party "lab" {{}}
party "meridian" {{}}
party "meridian-uk" {{ affiliate_of = meridian }}
party "aurora" {{}}
party "borealis" {{}}
party "zephyr" {{}}
party "arbiter" {{}}

calendar "us-federal" {{
  covers   = "2024-01-01..{covered}"
  holidays = {UNITED_STATES:?}
}}

agreement "hosting" {{
  parties   = [lab, meridian, aurora]
  signed    = "2024-01-01"
  time_zone = "America/Los_Angeles"
  calendars = [us-federal]
  cutoff    = "17:00"
  decision_maker = arbiter
}}

{clauses}
```
"#
    )
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
        grantor: Name::new(LAB),
        act: Verb::Contract,
        purpose: "training".to_string(),
        quantity: "1_000 H100".parse().unwrap(),
        lot: 100,
        region: None,
        need_by: date(2025, 9, 1),
        months: 12,
        price: usd("2.40"),
        quotes: Default::default(),
        guarded: Default::default(),
        linked: false,
        emergency: None,
    }
}

/// A request of the need of 1,000, changed in some way.
pub fn request_of(change: impl FnOnce(&mut Requirement)) -> Does {
    let mut requirement = requirement();
    change(&mut requirement);
    Does::Request(Box::new(Request { requirement }))
}

pub fn request() -> Does {
    request_of(|_| {})
}

pub fn notify() -> Does {
    Does::Notify(Notify { channel: Channel::Email, bid: None, certified_by: None, nonce: None })
}

pub fn exercise(quantity: u64) -> Does {
    Does::Exercise(Exercise { quantity: Some(quantity), ..Exercise::default() })
}

pub fn exercise_all() -> Does {
    Does::Exercise(Exercise::default())
}

pub fn decline() -> Does {
    Does::Decline(Decline::default())
}

pub fn match_offer() -> Does {
    Does::Match(MatchOffer::default())
}

pub fn waive() -> Does {
    Does::Waive(Waive { unlimited: true, evidence: "letter".to_string() })
}

pub fn consent() -> Does {
    Does::Consent(Consent { tacit: false, evidence: "letter".to_string() })
}

pub fn tacit_consent() -> Does {
    Does::Consent(Consent { tacit: true, evidence: "told, no objection".to_string() })
}

/// Terms like the requirement's at another price.
pub fn terms_at(price: &str) -> Offered {
    Offered { price: usd(price), ..requirement().terms() }
}

pub fn offer(supplier: &str, quantity: u64, price: &str) -> Bid {
    Bid {
        supplier: Name::new(supplier),
        quantity,
        minimum: None,
        terms: terms_at(price),
        valid_until: None,
        evidence: Default::default(),
        contingencies: Vec::new(),
        status: Default::default(),
        received: Timestamp::default(),
    }
}

/// Hands in an offer.
pub fn bid_of(bid: Bid) -> Does {
    Does::Bid(Box::new(MakeBid { bid }))
}

pub fn bid(supplier: &str, quantity: u64, price: &str) -> Does {
    bid_of(offer(supplier, quantity, price))
}

pub fn bid_until(supplier: &str, quantity: u64, price: &str, until: &str) -> Does {
    bid_of(Bid { valid_until: Some(at(until)), ..offer(supplier, quantity, price) })
}

pub fn present(bid: usize) -> Does {
    Does::Present(Present { bid, ..Present::default() })
}

pub fn award(bid: usize) -> Does {
    Does::Award(Award { bid, quantity: None })
}

pub fn delay(lot: usize, expected: Date) -> Does {
    Does::Delay(Delay { lot, expected, reason: "grid connection".to_string() })
}

pub fn deliver(lot: usize) -> Does {
    Does::Deliver(Deliver { lot, quantity: None })
}

/// T1 of the domain rules: sent at 18:05, received the next morning, due after ten business days.
#[rustfmt::skip]
pub fn noticed_of(change: impl FnOnce(&mut Requirement)) -> Vec<Row> {
    vec![
        ("2025-01-21 18:00", LAB, request_of(change), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
    ]
}

/// Rows after which the whole need is free until 2025-06-05 17:00, as nobody answered.
#[rustfmt::skip]
pub fn lapsed_of(change: impl FnOnce(&mut Requirement)) -> Vec<Row> {
    let mut rows = noticed_of(change);
    rows.push(("2025-02-05 17:00:01", "clock", Does::Tick, "round-opened, lapsed, released => 1000 FREE at 2.40 to 2025-06-05 17:00"));
    rows
}

/// The case in which this has happened.
pub fn lapsed(terms: &Terms) -> Play {
    play(terms, lapsed_of(|_| {}))
}

/// The name of the case that is played, where there is one.
pub const CASE: &str = "halls";

/// Cases and all that happened in them.
#[derive(Debug, Clone, Default)]
pub struct Play {
    pub book: Book,
    pub journal: Vec<Dated>,
}

impl Play {
    /// Decides a command about the one case and folds what follows; a refusal changes nothing.
    pub fn act(
        &mut self,
        terms: &Terms,
        at: Timestamp,
        by: &str,
        does: Does,
    ) -> Result<Vec<Dated>, Refused> {
        self.act_in(CASE, terms, at, &Command::new(by, does))
    }

    /// The same about any case, with any command.
    pub fn act_in(
        &mut self,
        case: &str,
        terms: &Terms,
        at: Timestamp,
        command: &Command,
    ) -> Result<Vec<Dated>, Refused> {
        let happened = decide(terms, &self.book, case, command, at)?;
        happened.iter().for_each(|dated| self.book.apply(case, dated));
        self.journal.extend(happened.clone());
        Ok(happened)
    }

    /// The one case, if it has begun.
    pub fn case(&self) -> Option<&Case> {
        self.book.case(CASE)
    }
}

/// When, who, what, and what comes of it: the events and then the parts, or the refusal.
pub type Row = (&'static str, &'static str, Does, &'static str);

/// Plays rows from the first request on.
pub fn play(terms: &Terms, rows: Vec<Row>) -> Play {
    go_on(terms, Play::default(), rows)
}

/// Plays rows after others.
pub fn go_on(terms: &Terms, mut play: Play, rows: Vec<Row>) -> Play {
    for (when, by, does, expected) in rows {
        let told = format!("{when} {by} {does:?}");
        let outcome = match play.act(terms, at(when), by, does) {
            Ok(happened) => format!("{} => {}", names(&happened), parts(play.case())),
            Err(refused) => format!("refused: {refused}"),
        };
        assert_eq!(outcome, expected, "{told}");
    }
    play
}

pub fn names(happened: &[Dated]) -> String {
    let names: Vec<_> = happened.iter().map(|dated| dated.event.name()).collect();
    names.join(", ")
}

/// The parts of a case in a line.
pub fn parts(case: Option<&Case>) -> String {
    let parts = case.iter().flat_map(|case| &case.parts);
    let parts: Vec<_> =
        parts.map(|part| format!("{} {}", part.quantity, state(&part.state))).collect();
    parts.join(" | ")
}

fn state(state: &State) -> String {
    let name = state.name();
    match state {
        State::Noticed(noticed) => {
            format!("{name} from {} to {}", local(noticed.receipt), local(noticed.deadline))
        }
        State::Open(open) => match open.deadline {
            Some(deadline) => format!("{name} to {}", local(deadline)),
            None => format!("{name} until documents arrive"),
        },
        State::Negotiating { until, .. } => format!("{name} to {}", local(*until)),
        State::Paused { was, .. } => format!("{name} was {}", was.name()),
        State::Free(free) => {
            let limit = free.baseline.as_ref();
            let limit = limit.map_or("any terms".to_string(), |limit| amount(&limit.price));
            let closes = free.closes;
            let closes = closes.map_or("open-ended".to_string(), |to| format!("to {}", local(to)));
            format!("{name} at {limit} {closes}")
        }
        State::Matching { bid, deadline, .. } => {
            format!("{name} offer {} to {}", bid + 1, local(*deadline))
        }
        State::Committed { signed, sign_by, .. } => {
            let by = sign_by.map_or("signed".to_string(), |by| format!("to sign {}", local(by)));
            format!("{name} {} at {} {by}", signed.party, amount(&signed.terms.price))
        }
        State::ThirdSigned { signed, .. } => {
            format!("{name} {} at {}", signed.party, amount(&signed.terms.price))
        }
        _ => name.to_string(),
    }
}

fn amount(money: &Money) -> String {
    money.amount.to_string()
}

/// A wall-clock time in Los Angeles.
pub fn local(at: Timestamp) -> String {
    at.to_zoned(los_angeles()).strftime("%Y-%m-%d %H:%M").to_string()
}

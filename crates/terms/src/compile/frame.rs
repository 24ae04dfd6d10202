//! The `agreement`, `amendment` or `scenario` block that frames a document.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::{CUTOFF, Terms};
use crate::fields::{Collected, Fields};
use crate::finding::Origin;
use crate::registry::Entry;
use crate::value::{Expression, Shape, Unreadable, Value, unexpected};
use crate::{Bound, Finding, Name};

/// What frames a document: which agreement it belongs to, and when it was signed and takes effect.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The name of this agreement or amendment.
    pub name: Name,
    /// The agreement it is or amends.
    pub agreement: Name,
    /// The agreement it founds, unless it is an amendment.
    pub founds: Option<Agreement>,
    /// Whether it only supposes: a what-if over the agreement, never adopted and always known.
    pub supposed: bool,
    /// When it was signed; of what is supposed, when it takes effect.
    pub signed: Date,
    /// When its clauses begin, unless they say otherwise.
    pub effective: Date,
    /// When its clauses end, unless they say otherwise.
    pub until: Vec<Bound>,
    /// Where it stands.
    pub origin: Origin,
}

/// An agreement between parties, with how it counts time.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// Its name.
    pub name: Name,
    /// Who is party to it.
    pub parties: Vec<Name>,
    /// The zone in which its days begin and its deadlines end.
    pub time_zone: TimeZone,
    /// A business day is one in each of these calendars.
    pub calendars: Vec<Name>,
    /// The time of day at which a deadline ends, inclusive.
    pub cutoff: Time,
    /// Who decides disputes: an arbiter, a court, a steering committee.
    pub decision_maker: Option<Name>,
}

/// A zone of the bundled time-zone database.
struct Zone(TimeZone);

impl Value for Zone {
    const EXPECTED: &'static str = "a time zone, as \"America/Los_Angeles\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Text(name) => {
                TimeZone::get(name).map(Zone).map_err(|_| unexpected::<Self>(expression))
            }
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        self.0.iana_name().unwrap_or("UTC").to_string()
    }
}

/// Reads the frame of document `at`; a second one in a document is a finding.
pub(super) fn read(
    word: &str,
    name: &str,
    at: usize,
    mut f: Fields<'_>,
    terms: &mut Terms,
    into: &mut Collected,
) {
    let name = Name::new(name);
    let origin = f.origin();
    let supposed = word == "scenario";
    let (signed, effective) = if supposed {
        let effective: Option<Date> = f.required("effective");
        (effective, effective)
    } else {
        let signed = f.required("signed");
        (signed, f.optional("effective").or(signed))
    };
    let until: Vec<Bound> = f.optional("until").unwrap_or_default();
    f.expect_conditions("until", &until, into);
    let (agreement, founds) = match word {
        "amendment" => (f.required("amends"), None),
        "scenario" => (f.required("of"), None),
        _ => (Some(name.clone()), Some(read_agreement(&name, &mut f))),
    };
    f.finish(into);
    let (Some(agreement), Some(signed), Some(effective)) = (agreement, signed, effective) else {
        into.unread.labels.insert(name.to_string());
        into.unread.frames.insert(at);
        return;
    };
    let frame = Frame { name, agreement, founds, supposed, signed, effective, until, origin };
    let slot = &mut terms.documents[at].frame;
    if let Some(first) = slot {
        let place = frame.origin.label("second frame");
        let finding = Finding::error(
            "charter::frame::twice",
            "a document is one agreement, amendment or scenario",
            place,
        );
        into.findings.push(
            finding
                .and(first.origin.label("first frame"))
                .help("move this one to its own document"),
        );
    } else {
        *slot = Some(frame);
    }
}

fn read_agreement(name: &Name, f: &mut Fields<'_>) -> Agreement {
    let parties = f.required_names("parties", &[Entry::Party]);
    let time_zone = f.or("time_zone", Zone(TimeZone::UTC)).0;
    let calendars = f.named_list("calendars", &[Entry::Calendar]);
    let cutoff = f.or("cutoff", CUTOFF);
    let decision_maker = f.named_optional("decision_maker", &[Entry::Party]);
    Agreement { name: name.clone(), parties, time_zone, calendars, cutoff, decision_maker }
}

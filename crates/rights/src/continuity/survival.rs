//! Which clauses outlive a party's falling away, and for how long.

use std::fmt;

use jiff::Span;
use jiff::civil::Date;
use serde::{Serialize, Serializer};
use terms::clause::Survives;
use terms::{Clause, Duration, InForce, Kind, Name, Provision, Unit};

/// How a party falls away.
///
/// A holder's breach, a change of control and a divestment are not among them: there the party is
/// still there to deal with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It ends its dealings.
    Termination,
    /// Its agreements are not renewed.
    Expiry,
    /// It is insolvent.
    Insolvency,
}

/// When something ends that outlives the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The first day it no longer holds.
    On(Date),
    /// After this time, which is counted by the hour or by the agreement's calendars.
    After(Duration),
    /// On no day that is known.
    Open,
}

/// What becomes of a clause.
#[derive(Debug, Clone)]
pub(super) struct Fate {
    /// Until when it goes on; `None` if it ends on the day.
    pub survives: Option<End>,
    /// Why.
    pub why: String,
}

/// What becomes of a clause if a party falls away; `None` if it is not between the party's side and
/// others, or speaks of what has been paid.
///
/// - `survival` says how long any clause goes on after its document's end; never beyond its own end.
/// - Without it, a licence goes on to its own end if it outlives the cause: it `survives` it, or is
///   `irrevocable` and the cause is a termination, or `perpetual` and the cause is the expiry.
/// - Everything else ends on the day. Of a licence that may only be wound down and does not say for
///   how long, nothing can be promised.
pub(super) fn fate(
    in_force: &InForce<'_>,
    clause: &Clause,
    without: &Name,
    cause: Cause,
) -> Option<Fate> {
    let registry = &in_force.terms.registry;
    let is_gone = |party: &Name| registry.is_affiliate(party.as_str(), without.as_str());
    let paid = matches!(clause.id.kind, Kind::Investment | Kind::Funding);
    if paid || is_gone(&clause.grantor) == is_gone(&clause.holder) {
        return None;
    }
    let own = in_force.terms.ends(clause, in_force.known).map_or(End::Open, End::On);
    if let Some(survival) = clause.survival {
        let survives = Some(End::after(in_force.on, survival).min(own));
        return Some(Fate { survives, why: format!("it survives for {survival}") });
    }
    if let Provision::Licence(licence) = &clause.provision {
        let survives = |what| licence.survives.contains(&what);
        let outlives = match cause {
            Cause::Termination if survives(Survives::Termination) => Some("survives termination"),
            Cause::Termination if licence.irrevocable => Some("is irrevocable"),
            Cause::Expiry if survives(Survives::Expiry) => Some("survives expiry"),
            Cause::Expiry if licence.perpetual => Some("is perpetual"),
            Cause::Insolvency if survives(Survives::Insolvency) => Some("survives insolvency"),
            _ => None,
        };
        if let Some(outlives) = outlives {
            return Some(Fate { survives: Some(own), why: format!("it {outlives}") });
        }
    }
    Some(Fate { survives: None, why: format!("it ends with `{without}`") })
}

impl Cause {
    /// `termination`, `expiry` or `insolvency`.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Termination => "termination",
            Cause::Expiry => "expiry",
            Cause::Insolvency => "insolvency",
        }
    }
}

impl End {
    fn after(day: Date, duration: Duration) -> End {
        let count = i64::from(duration.count);
        let span = match duration.unit {
            Unit::Days => Span::new().try_days(count),
            Unit::Months => Span::new().try_months(count),
            Unit::Hours | Unit::BusinessDays => return End::After(duration),
        };
        // No calendar reaches what lies beyond.
        span.and_then(|span| day.checked_add(span)).map_or(End::Open, End::On)
    }

    /// Whichever comes first, as far as that can be told.
    pub(super) fn min(self, other: End) -> End {
        match (self, other) {
            (End::On(one), End::On(other)) => End::On(one.min(other)),
            (End::Open, other) => other,
            (one, End::Open) => one,
            (End::After(after), _) | (_, End::After(after)) => End::After(after),
        }
    }
}

impl fmt::Display for End {
    /// `until 2026-05-01`, `for 30 business days`, `with no end known`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::On(day) => write!(f, "until {day}"),
            End::After(duration) => write!(f, "for {duration}"),
            End::Open => f.write_str("with no end known"),
        }
    }
}

impl Serialize for End {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

//! Exemptions: what a first right covers and yet need not be put to its holder.
//!
//! Each has a rule with a name, which the case keeps. Source: domain rules §1.4, "exempt"; §2.3,
//! row 1; §2.6, "aggregation"; §2.7, "emergency need".

use jiff::{Span, Timestamp};
use terms::clause::RightOfFirstRefusal;
use terms::{Duration, Name, Provision};

use crate::book::Book;
use crate::case::{Case, Requirement, State};
use crate::command::{Refused, World};
use crate::deadline::{Clock, ClockError};
use crate::event::Event;
use crate::guard::Guard;
use crate::offer::Offered;
use crate::right::{Restriction, Right};

/// Capacity taken for a short time.
const SHORT_TERM: &str = "short term";
/// Less than the clause is about.
const SMALL: &str = "small quantity";
/// A bridge in an emergency.
const EMERGENCY: &str = "emergency bridge";

/// How long needs of one class and region count together, and how long a withdrawn need may not be
/// met elsewhere without notice.
const TOGETHER: Duration = Duration::days(90);

/// How long after its signature the holders must be told of a bridge.
const BRIDGE_NOTICE: Duration = Duration::business_days(2);

/// The most a bridge may be of the fleet: one part in so many.
const BRIDGE_SHARE: u64 = 20;

/// The rule by which a need is exempt from a right, if one is.
///
/// # Errors
/// [`Refused`] if it is said to be an emergency's bridge and is not short and small.
pub(crate) fn of(
    world: &World<'_>,
    clock: &Clock<'_>,
    need: &Requirement,
    right: &Right,
) -> Result<Option<&'static str>, Refused> {
    if need.emergency.is_some() {
        bridge_limits(world, clock, need)?;
        return Ok(exempt(world, clock, need, true)?.then_some(EMERGENCY));
    }
    let says = &right.says;
    let small = says.exempt_below.as_ref().is_some_and(|below| {
        let together = need.quantity.count.saturating_add(together(world, clock, need, |_| true));
        below.class == need.quantity.class && together < below.count
    });
    let short = ends(need).is_some_and(|ends| ends <= says.exempt_short_term.after(need.need_by));
    let rule = match (short, small) {
        (true, _) => SHORT_TERM,
        (false, _) => SMALL,
    };
    Ok(exempt(world, clock, need, short || small)?.then_some(rule))
}

/// An exemption holds unless the same need was withdrawn shortly before: then it needs a notice.
fn exempt(
    world: &World<'_>,
    clock: &Clock<'_>,
    need: &Requirement,
    holds: bool,
) -> Result<bool, Refused> {
    let no_rule = || ("no exemption holds".to_string(), "give notice".to_string());
    let holds = world.guard(Guard::ExemptionHolds, holds, no_rule).is_ok();
    let withdrawn = world.book.others(world.name).any(|(_, other)| {
        let Requirement { purpose, act, .. } = &other.requirement;
        let again = other.withdrawn.is_some_and(|at| within(clock, at, TOGETHER, world.now));
        again
            && same_kind(world, &other.requirement, need)
            && (purpose, act) == (&need.purpose, &need.act)
    });
    let before = || ("it was withdrawn before".to_string(), "give notice".to_string());
    Ok(holds && world.guard(Guard::NotWithdrawnBefore, !withdrawn, before).is_ok())
}

/// A bridge lasts a month at most and is one part in twenty of the fleet at most, together with the
/// others of the last 90 days.
fn bridge_limits(world: &World<'_>, clock: &Clock<'_>, need: &Requirement) -> Result<(), Refused> {
    let months = need.months;
    world.guard(Guard::BridgeLimits, months <= 1, || {
        let found = format!("a bridge in an emergency is for 1 month at most, not {months}");
        (found, "ask for `--months 1`, or leave out `--emergency`".to_string())
    })?;
    let of_grantor = |case: &&Case| one_group(world, &case.requirement.grantor, &need.grantor);
    let cases = world.book.cases().map(|(_, case)| case).filter(of_grantor);
    let fleet = cases.map(|case| case.standing(world.now)).fold(0, u64::saturating_add);
    let bridges = together(world, clock, need, |other| other.emergency.is_some());
    let asked = need.quantity.count.saturating_add(bridges);
    world.guard(Guard::BridgeLimits, asked.saturating_mul(BRIDGE_SHARE) <= fleet, || {
        let most = fleet / BRIDGE_SHARE;
        let found = format!("a bridge is 5% of the fleet at most: {most} of {fleet}, not {asked}");
        (found, "ask for less, or leave out `--emergency`".to_string())
    })
}

/// How many accelerators the grantor and its affiliates have asked for in other cases of the last 90
/// days, of the same class for the same region.
fn together(
    world: &World<'_>,
    clock: &Clock<'_>,
    need: &Requirement,
    counts: impl Fn(&Requirement) -> bool,
) -> u64 {
    let others = world.book.others(world.name).map(|(_, case)| case).filter(|case| {
        same_kind(world, &case.requirement, need)
            && counts(&case.requirement)
            && within(clock, case.requested, TOGETHER, world.now)
    });
    let wanted = |case: &Case| -> u64 {
        let parts =
            case.parts.iter().filter(|part| part.state.counts() && part.state != State::Withdrawn);
        parts.map(|part| part.quantity).fold(0, u64::saturating_add)
    };
    others.map(wanted).fold(0, u64::saturating_add)
}

/// Whether needs are of one group of parties, for one class and region.
fn same_kind(world: &World<'_>, one: &Requirement, other: &Requirement) -> bool {
    one.quantity.class == other.quantity.class
        && one.region == other.region
        && one_group(world, &one.grantor, &other.grantor)
}

/// Whether two parties belong together: somebody controls both, or one is the other.
fn one_group(world: &World<'_>, one: &Name, other: &Name) -> bool {
    let mut parties = world.registry().parties.keys();
    one == other
        || parties.any(|party| world.is_affiliate(one, party) && world.is_affiliate(other, party))
}

fn within(clock: &Clock<'_>, from: Timestamp, time: Duration, now: Timestamp) -> bool {
    clock.deadline(from, time).is_ok_and(|last| now <= last)
}

/// The day a need is over.
fn ends(need: &Requirement) -> Option<jiff::civil::Date> {
    over(need.need_by, need.months)
}

fn over(from: jiff::civil::Date, months: u32) -> Option<jiff::civil::Date> {
    Span::new().try_months(months).ok().and_then(|months| from.checked_add(months).ok())
}

/// Whether an offer may be signed under the exemption of a case: short-term capacity may not be taken
/// again and again of one supplier or its affiliates. A case without such an exemption has no
/// objection.
///
/// # Errors
/// [`Refused`] with what was taken before.
pub(crate) fn not_repeated(
    world: &World<'_>,
    case: &Case,
    supplier: &Name,
    terms: &Offered,
) -> Result<(), Refused> {
    if of_case(case) != Some(SHORT_TERM) {
        return Ok(());
    }
    let Some(apart) = clause_of(world, case).map(|says| says.exempt_repeat) else { return Ok(()) };
    let ends = |terms: &Offered| over(terms.from, terms.months);
    let close = |before: &Offered| {
        let after = |one: &Offered, other: &Offered| {
            ends(one).is_some_and(|ends| other.from <= apart.after(ends))
        };
        after(before, terms) && after(terms, before)
    };
    let before = short_terms(world.book, world.name).find(|(name, other, before)| {
        *name != world.name
            && one_group(world, &other.requirement.grantor, &case.requirement.grantor)
            && one_group(world, before.0, supplier)
            && close(before.1)
    });
    world.guard(Guard::ExemptionHolds, before.is_none(), || {
        let name = before.map(|(name, ..)| name).unwrap_or_default();
        let found = format!("`{supplier}` gave capacity for a short term in `{name}` already");
        (found, format!("take it of somebody else, or more than {apart} apart"))
    })
}

/// What was signed with others under an exemption for short terms.
fn short_terms<'b>(
    book: &'b Book,
    but: &'b str,
) -> impl Iterator<Item = (&'b str, &'b Case, (&'b Name, &'b Offered))> {
    let cases = book.others(but).filter(|(_, case)| of_case(case) == Some(SHORT_TERM));
    cases.flat_map(|(name, case)| {
        case.parts.iter().filter_map(move |part| match &part.state {
            State::ThirdSigned { signed, .. } => Some((name, case, (&signed.party, &signed.terms))),
            _ => None,
        })
    })
}

fn of_case(case: &Case) -> Option<&str> {
    match &case.restriction {
        Restriction::None { exemption, .. } => exemption.as_deref(),
        _ => None,
    }
}

/// The refusal that a case is exempt from.
fn clause_of<'w>(world: &World<'w>, case: &Case) -> Option<&'w RightOfFirstRefusal> {
    let id = case.restriction.clause()?;
    let mut clauses = world.terms.clauses.iter().filter(|clause| clause.id.to_string() == id);
    clauses.find_map(|clause| match &clause.provision {
        Provision::RightOfFirstRefusal(says) => Some(says),
        _ => None,
    })
}

/// Whether a deal with a party is exempt as one with an affiliate of the grantor: no right is in its
/// way that does not let it pass.
pub(crate) fn is_within_group(world: &World<'_>, case: &Case, party: &Name) -> bool {
    let rights = case.restriction.rights();
    !rights.is_empty()
        && rights.iter().all(|right| right.says.exempt_affiliates)
        && one_group(world, party, &case.requirement.grantor)
}

/// What follows the signature of an emergency's bridge: the holders must be told in time.
///
/// # Errors
/// [`ClockError`] if a calendar does not reach that far.
pub(crate) fn bridge_signed(world: &World<'_>, case: &Case) -> Result<Option<Event>, ClockError> {
    if of_case(case) != Some(EMERGENCY) || case.bridge_notice.is_some() {
        return Ok(None);
    }
    let notice_by = world.clock.deadline(world.now, BRIDGE_NOTICE)?;
    Ok(Some(Event::BridgeAllowed { notice_by }))
}

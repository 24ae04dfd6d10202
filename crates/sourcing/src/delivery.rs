//! What becomes of a lot as days pass. Source: domain rules §2.4.
//!
//! A lot is late once business ends on its due day; then the grace period runs, in which nothing is
//! due for it; then damages count by the day and the time to cure runs; then it falls short, and
//! others may supply what is missing, whatever rights there are.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::{Span, ToSpan};
use rust_decimal::{Decimal, RoundingStrategy};
use terms::clause::{
    Counted, DamagesBase, DamagesCap, DamagesEnd, DamagesRate, DamagesTrigger, LiquidatedDamages,
    RunsFrom,
};
use terms::{Duration, Known, Money, Name, Provision, Unit};

use crate::case::{Case, Free, State};
use crate::command::World;
use crate::deadline::{Clock, ClockError};
use crate::event::Event;
use crate::lot::{DelayDue, DelayRate, DelayTerms, DueDay, Lot, LotStatus};

/// When business begins on a day: a lot is due then.
const OPENS: Time = Time::constant(9, 0, 0, 0);

/// How long others may supply what fell short, at least: the shorter of this and the rest of the
/// term.
const RELEASED: Duration = Duration::months(12);

/// Two shortfalls within the first of these suspend first rights for the second.
const SHORTFALLS_WITHIN: Duration = Duration::months(12);
const SUSPENDED_FOR: Duration = Duration::months(6);

/// A lot that is due on a day, on the terms of delay the agreement has now.
pub(crate) fn schedule(
    world: &World<'_>,
    case: &Case,
    part: usize,
    supplier: Name,
    quantity: u64,
    price: Money,
    due: Date,
) -> Result<Event, ClockError> {
    let delay = delay_terms(world, case, &supplier);
    let DueDay { due, due_at, next } = due_day(&world.clock, due)?;
    let lot = Lot {
        part,
        supplier,
        quantity,
        price,
        due,
        due_at,
        value: first_year(&world.clock, case, quantity, price, due)?,
        expected: None,
        delay,
        status: LotStatus::Scheduled,
        next: Some(next),
        slipped: false,
        excused_days: 0,
        force_majeure_days: 0,
        damages_from: None,
        damages_until: None,
        damages: None,
        capped_by: None,
        delivered: None,
        short_since: None,
    };
    Ok(Event::LotScheduled { lot })
}

/// The day a lot is due that is to stand on a day by a deal signed at an instant: nobody is late with
/// what it had not promised yet, so where that day is over, the day after the signature.
pub(crate) fn due_after(
    clock: &Clock<'_>,
    due: Date,
    signed: Timestamp,
) -> Result<Date, ClockError> {
    match signed <= due_day(clock, due)?.next {
        true => Ok(due),
        false => Ok(signed.to_zoned(clock.zone.clone()).date().tomorrow()?),
    }
}

/// A due day with the instants that follow from it.
pub(crate) fn due_day(clock: &Clock<'_>, due: Date) -> Result<DueDay, ClockError> {
    let due_at = clock.instant(due.to_datetime(OPENS))?;
    Ok(DueDay { due, due_at, next: clock.deadline(due_at, Duration::days(0))? })
}

/// What a lot is worth in its first year, or in its term if that is shorter: price times
/// accelerators times elapsed hours, to the cent.
fn first_year(
    clock: &Clock<'_>,
    case: &Case,
    quantity: u64,
    price: Money,
    due: Date,
) -> Result<Money, ClockError> {
    let months = case.requirement.months.min(12);
    let end = due.checked_add(Span::new().try_months(i64::from(months))?)?;
    let hours = clock.midnight(end)?.duration_since(clock.midnight(due)?).as_hours();
    let worth = price.amount.checked_mul(Decimal::from(quantity));
    let worth = worth.and_then(|worth| worth.checked_mul(Decimal::from(hours)));
    Ok(rounded(worth.unwrap_or(Decimal::MAX), price))
}

/// Damages are rounded here and nowhere else: half to even, to the currency's minor unit.
fn rounded(amount: Decimal, like: Money) -> Money {
    let scale = like.currency.scale();
    let amount = amount.round_dp_with_strategy(scale, RoundingStrategy::MidpointNearestEven);
    Money { amount, ..like }
}

/// What the agreement says now of a supplier's delay: the first clause on damages for delay that
/// binds the supplier toward the customer.
fn delay_terms(world: &World<'_>, case: &Case, supplier: &Name) -> DelayTerms {
    let customer = case.supplier_and_customer(supplier).1;
    let day = world.now.to_zoned(world.clock.zone.clone()).date();
    let in_force = world.terms.in_force(day, Known::At(world.now));
    let found = in_force.clauses.iter().find_map(|clause| match &clause.provision {
        Provision::LiquidatedDamages(damages)
            if damages.trigger == DamagesTrigger::Delay
                && world.is_affiliate(supplier, &clause.grantor)
                && world.is_affiliate(customer, &clause.holder) =>
        {
            Some((clause.id.to_string(), damages))
        }
        _ => None,
    });
    found.map_or_else(DelayTerms::default, |(id, damages)| of_clause(id, damages))
}

fn of_clause(clause: String, damages: &LiquidatedDamages) -> DelayTerms {
    DelayTerms {
        clause: Some(clause),
        grace: damages.grace,
        cure: damages.cure,
        rate: rate(damages),
        cap: match damages.cap {
            DamagesCap::Of(share) => Some(share),
            DamagesCap::None => None,
        },
        until_delivery: damages.ends == DamagesEnd::Delivery,
        sole_remedy: damages.sole_remedy,
        slip: damages.slip,
    }
}

/// The rate of a clause with one formula of one rate that counts by the day. What rests on facts that
/// are not known here, or on more than a rate, is not computed: nothing is better than a wrong amount.
fn rate(damages: &LiquidatedDamages) -> Option<DelayRate> {
    let LiquidatedDamages { event, unless, threshold, up_to, minimum, maximum, .. } = damages;
    let by_rate_alone = event.is_empty()
        && unless.is_empty()
        && threshold.is_none()
        && minimum.is_none()
        && maximum.is_none()
        && !up_to
        && damages.runs_from != RunsFrom::Cure;
    let [formula] = damages.formulas.as_slice() else { return None };
    let [(_, rate)] = formula.rates.as_slice() else { return None };
    let of_value = formula.of == DamagesBase::LotValue || matches!(rate, DamagesRate::Amount(_));
    if !by_rate_alone || !of_value || formula.at_most.is_some() || formula.against.is_some() {
        return None;
    }
    let each = match formula.counted {
        Counted::UnitAndTime => true,
        Counted::Time => false,
        _ => return None,
    };
    let days = match formula.every {
        Duration { count, unit: Unit::Days } if count > 0 => count,
        _ => return None,
    };
    let due = match rate {
        DamagesRate::Amount(amount) => DelayDue::Amount(*amount),
        DamagesRate::Percentage(percentage) => DelayDue::Percentage(*percentage),
    };
    let from_due = damages.runs_from == RunsFrom::Due;
    Some(DelayRate { due, each, days, whole: damages.whole_periods, from_due })
}

/// A lot's next stage begins.
pub(crate) fn advance(
    world: &World<'_>,
    case: &Case,
    at: usize,
    now: Timestamp,
) -> Result<Vec<Event>, ClockError> {
    let (lot, clock) = (&case.lots[at], &world.clock);
    match lot.status {
        LotStatus::Scheduled => {
            let next = clock.deadline(lot.due_at, lot.delay.grace)?;
            Ok(vec![Event::DeliveryLate { lot: at, next }])
        }
        LotStatus::LateGrace => {
            let (damages_from, next) = cure(clock, lot)?;
            Ok(vec![Event::GraceEnded { lot: at, damages_from, next }])
        }
        LotStatus::Cure => fall_short(world, case, at, now, false, true),
        LotStatus::Shortfall | LotStatus::Delivered | LotStatus::Cancelled => Ok(Vec::new()),
    }
}

/// The first day damages count, and when the time to cure ends: both run from the end of grace.
fn cure(clock: &Clock<'_>, lot: &Lot) -> Result<(Date, Timestamp), ClockError> {
    let grace_ends = clock.deadline(lot.due_at, lot.delay.grace)?;
    let day = grace_ends.to_zoned(clock.zone.clone()).date();
    let from_due = lot.delay.rate.as_ref().is_some_and(|rate| rate.from_due);
    let first = if from_due { lot.due } else { day };
    Ok((first.tomorrow()?, clock.deadline(grace_ends, lot.delay.cure)?))
}

/// The stage a lot is in at an instant, by its due day, and the first day damages count.
pub(crate) fn stage(
    clock: &Clock<'_>,
    lot: &Lot,
    mut day: DueDay,
    now: Timestamp,
) -> Result<(DueDay, LotStatus, Option<Date>), ClockError> {
    if now <= day.next {
        return Ok((day, LotStatus::Scheduled, None));
    }
    let moved = Lot { due: day.due, due_at: day.due_at, ..lot.clone() };
    day.next = clock.deadline(day.due_at, lot.delay.grace)?;
    if now <= day.next {
        return Ok((day, LotStatus::LateGrace, None));
    }
    let (damages_from, next) = cure(clock, &moved)?;
    // What has passed already happens now: nothing happens before what is recorded.
    day.next = next.max(now);
    Ok((day, LotStatus::Cure, Some(damages_from)))
}

/// A lot falls short: what is missing is free for others whatever rights there are; damages stop,
/// unless they run until delivery; a second shortfall within a year suspends first rights.
///
/// What a third party misses frees what it had, as its own default does: within the freedom it
/// used. Source: domain rules §2.3, row 33, and §2.4.
pub(crate) fn fall_short(
    world: &World<'_>,
    case: &Case,
    at: usize,
    now: Timestamp,
    declared: bool,
    with_damages: bool,
) -> Result<Vec<Event>, ClockError> {
    let (lot, clock) = (&case.lots[at], &world.clock);
    let today = now.to_zoned(clock.zone.clone()).date();
    let counts = with_damages && lot.damages_from.is_some() && !lot.delay.until_delivery;
    let damages_until = counts.then_some(today);
    let was = case.state(lot.part).cloned();
    let freed = match &was {
        // So does a deal whose change is before the holders.
        Some(
            State::ThirdSigned { free: Some(free), .. }
            | State::Matching { free, signed: Some(_), .. },
        ) if free.closes.is_none_or(|closes| now <= closes) => State::Free(free.clone()),
        Some(
            State::ThirdSigned { free: Some(_), .. } | State::Matching { signed: Some(_), .. },
        ) => State::Draft,
        Some(State::ThirdSigned { free: None, .. }) => State::Exempt,
        state => State::Free(released(clock, case, at, now, state.clone())?),
    };
    let mut events = vec![Event::Shortfall { lot: at, declared, damages_until, freed }];
    if let Some(until) = damages_until {
        events.extend(damages(lot, at, until));
    }
    let rest = case.parts.get(lot.part).is_some_and(|part| lot.quantity < part.quantity);
    let mut others = case.lots.iter().enumerate();
    let stand = case.delivered(lot.part) > 0
        && others
            .all(|(other, another)| other == at || another.part != lot.part || !another.is_open());
    // The rest of the part, with its other lots, is in a new place.
    events.extend((rest && stand).then_some(Event::Fulfilled { part: case.parts.len() }));
    events.extend(suspension(world, case, lot, now)?);
    Ok(events)
}

/// The unrestricted release: for the shorter of a year and the rest of the term.
fn released(
    clock: &Clock<'_>,
    case: &Case,
    at: usize,
    now: Timestamp,
    was: Option<State>,
) -> Result<Free, ClockError> {
    let lot = &case.lots[at];
    let term = Duration::months(case.requirement.months);
    let year = clock.deadline(now, RELEASED)?;
    let term_ends = clock.deadline(lot.due_at, term)?.max(now);
    Ok(Free {
        closes: Some(year.min(term_ends)),
        unrestricted: true,
        short: was.map(|was| Box::new((at, was))),
        ..Free::default()
    })
}

/// Two shortfalls of a holder in twelve months on one class: its first rights are suspended for that
/// class for six months.
fn suspension(
    world: &World<'_>,
    case: &Case,
    lot: &Lot,
    now: Timestamp,
) -> Result<Option<Event>, ClockError> {
    let mut holders = case.restriction.holders();
    let Some(holder) = holders.find(|holder| world.is_affiliate(&lot.supplier, holder)) else {
        return Ok(None);
    };
    let class = &case.requirement.quantity.class;
    let others = world.book.others(world.name).map(|(_, other)| other);
    let mut cases = others.chain([case]).filter(|case| case.requirement.quantity.class == *class);
    let before = cases.try_fold(false, |found, other| -> Result<bool, ClockError> {
        let mut short = other.lots.iter().filter(|lot| world.is_affiliate(&lot.supplier, holder));
        let recent = short.try_fold(false, |found, lot| -> Result<bool, ClockError> {
            let Some(since) = lot.short_since else { return Ok(found) };
            Ok(found || now <= world.clock.deadline(since, SHORTFALLS_WITHIN)?)
        })?;
        Ok(found || recent)
    })?;
    let until = world.clock.deadline(now, SUSPENDED_FOR)?;
    let (holder, class) = (holder.clone(), class.clone());
    Ok(before.then_some(Event::RightSuspended { holder, class, until }))
}

/// The damages of a lot up to a day, inclusive; none where none are due.
///
/// Source: domain rules §1.8 and §4.4, oracles L1, L2 and L4.
pub(crate) fn damages(lot: &Lot, at: usize, until: Date) -> Option<Event> {
    let (rate, from) = (lot.delay.rate.as_ref()?, lot.damages_from?);
    let days = until.tomorrow().ok()?.duration_since(from).as_hours() / 24;
    let days = u32::try_from(days).ok().filter(|days| *days > 0)?;
    let value = lot.value;
    let one = match &rate.due {
        DelayDue::Amount(amount) => *amount,
        DelayDue::Percentage(percentage) => {
            Money { amount: value.amount.checked_mul(percentage.fraction())?, ..value }
        }
    };
    let units = if rate.each { Decimal::from(lot.quantity) } else { Decimal::ONE };
    let all = one.amount.checked_mul(units)?;
    let amount = match rate.whole {
        true => all.checked_mul(Decimal::from(days / rate.days))?,
        false => all.checked_mul(Decimal::from(days))?.checked_div(Decimal::from(rate.days))?,
    };
    let whole = lot.capped_by.unwrap_or(value);
    let cap = lot.delay.cap.and_then(|cap| whole.amount.checked_mul(cap.fraction()));
    // What was due before, of a delay that ended in a shortfall, is under the same cap.
    let before = lot.damages.map_or(Decimal::ZERO, |before| before.amount);
    let cap = cap.and_then(|cap| cap.checked_sub(before)).map(|left| left.max(Decimal::ZERO));
    let capped = cap.filter(|cap| *cap < amount && value.currency == one.currency);
    let amount = rounded(capped.unwrap_or(amount), one);
    (!amount.amount.is_zero()).then_some(Event::DamagesDue {
        lot: at,
        days,
        amount,
        capped: capped.is_some(),
    })
}

/// The last day that counts when a lot is delivered at an instant: the day before.
pub(crate) fn day_before(clock: &Clock<'_>, delivered: Timestamp) -> Result<Date, ClockError> {
    Ok(delivered.to_zoned(clock.zone.clone()).date().checked_sub(1.day())?)
}

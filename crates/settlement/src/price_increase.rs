//! How far amounts rise by themselves, and how far prices may. Source: domain rules §1.6 (escalator)
//! and §1.7 (price restrictions), oracle P8.

use exact::Exact;
use jiff::Span;
use jiff::civil::Date;
use terms::clause::{AdjustedOn, Escalator, Exempt, Increase, IndexBase, PriceCap};

use crate::statement::Step;

/// What an index stands at on a day; none if nobody has said.
pub type IndexOn<'a> = &'a dyn Fn(&str, Date) -> Option<Exact>;

/// A value of an index that is needed and that nobody has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingIndex {
    /// The index.
    pub index: String,
    /// The day.
    pub on: Date,
}

/// What an amount of a clause that began on one day has been multiplied by until another.
///
/// # Errors
/// [`MissingIndex`] if it follows an index that is not known on a day it is compared on.
pub fn growth(
    escalator: &Escalator,
    begins: Date,
    on: Date,
    index: IndexOn<'_>,
) -> Result<Exact, MissingIndex> {
    let one = Exact::whole(1);
    let mut factor = one.clone();
    let mut last = begins;
    let mut day = escalator.after.after(begins);
    while day <= on {
        let mut rise = escalator.rate.map_or(Exact::zero(), |rate| rate.fraction().into());
        if let Some(name) = &escalator.index {
            let from_beginning = escalator.index_base == IndexBase::Beginning;
            let base = if from_beginning { begins } else { last };
            let stood = |on| {
                let missing = || MissingIndex { index: name.clone(), on };
                index(name, on).filter(|value| *value > Exact::zero()).ok_or_else(missing)
            };
            let ratio = stood(day)?.over(&stood(base)?).unwrap_or_default();
            // What the index has moved since the amount was last set, whatever it is compared with.
            let moved = if from_beginning {
                ratio.over(&factor).unwrap_or_default() - one.clone()
            } else {
                ratio - one.clone()
            };
            let most = escalator.cap.map(|cap| Exact::from(cap.fraction()));
            let least = escalator.collar.map(|collar| -Exact::from(collar.fraction()));
            let moved = most.map_or(moved.clone(), |most| moved.min(most));
            let moved = least.map_or(moved.clone(), |least| moved.max(least));
            // Of a rate and an index the higher rise counts.
            rise = if escalator.rate.is_some() { rise.max(moved) } else { moved };
        }
        factor = factor * (one.clone() + rise);
        last = day;
        let next = escalator.every.after(day);
        if next <= day {
            break;
        }
        day = next;
    }
    Ok(factor)
}

/// A price that was asked from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What it is cited by.
    pub id: String,
    /// The first day.
    pub from: Date,
    /// The price of a unit.
    pub price: Exact,
    /// The day it was announced, if that was said.
    pub announced: Option<Date>,
}

/// The highest price allowed on a day, and how that came about.
///
/// The first price asked is agreed; later ones may rise as the clause lets them: announced in time, on
/// the days and as often as it says, and by no more than its limit of what the price was a year
/// before, nor by more than its index. What is announced too late takes effect on the next day prices
/// may rise. `None` if nothing was asked and the clause has no ceiling.
///
/// # Errors
/// [`MissingIndex`] if an increase follows an index that is not known.
pub fn allowed(
    cap: &PriceCap,
    begins: Date,
    asked: &[Asked],
    on: Date,
    index: IndexOn<'_>,
) -> Result<Option<(Exact, Vec<Step>)>, MissingIndex> {
    let mut steps = Vec::new();
    let ceiling = cap.ceiling.map(|ceiling| Exact::from(ceiling.amount));
    let Some((first, later)) = asked.split_first() else {
        return Ok(ceiling.map(|price| (price.clone(), vec![Step::new("ceiling", &price)])));
    };
    let mut set: Vec<(Date, Exact)> = vec![(first.from, first.price.clone())];
    steps.push(Step::new(format!("{}, from {}", first.id, first.from), &first.price));
    for (at, new) in later.iter().enumerate() {
        // INVARIANT: it begins with the first.
        let now = set[set.len() - 1].1.clone();
        steps.push(Step::new(format!("{}, asked from {}", new.id, new.from), &new.price));
        if new.price <= now {
            if new.from <= on {
                set.push((new.from, new.price.clone()));
            }
            continue;
        }
        let day = effective(cap, begins, new, &set);
        // What is asked next takes the place of what had not taken effect.
        let is_superseded = later.get(at + 1).is_some_and(|next| next.from <= day);
        if on < day || is_superseded {
            steps.push(Step::new(format!("not before {day}: stays"), &now));
            continue;
        }
        let limit = limit(cap, &set, day, index, &mut steps)?;
        let price = limit.map_or(new.price.clone(), |limit| new.price.clone().min(limit).max(now));
        steps.push(Step::new(format!("allowed from {day}"), &price));
        set.push((day, price));
    }
    let price = set[set.len() - 1].1.clone();
    let price = match ceiling.filter(|ceiling| *ceiling < price) {
        Some(ceiling) => {
            steps.push(Step::new("ceiling", &ceiling));
            ceiling
        }
        None => price,
    };
    Ok(Some((price, steps)))
}

/// The first day an increase may take effect.
fn effective(cap: &PriceCap, begins: Date, new: &Asked, set: &[(Date, Exact)]) -> Date {
    let announced = new.announced.map_or(new.from, |announced| cap.notice.after(announced));
    let fixed = cap.fixed_for.map_or(begins, |fixed| fixed.after(begins));
    let mut earliest = new.from.max(announced).max(fixed);
    // Of so many increases a year the next must wait until the first of them is a year ago.
    let raised = set.windows(2).filter(|pair| pair[0].1 < pair[1].1).map(|pair| pair[1].0);
    let raised: Vec<Date> = raised.collect();
    let times = usize::try_from(cap.times_per_year).unwrap_or(usize::MAX);
    if times == 0 {
        return Date::MAX;
    }
    if let Some(first) = raised.len().checked_sub(times).map(|at| raised[at]) {
        earliest = earliest.max(years_after(first, 1));
    }
    let next = |anchor: Date| {
        let since = i64::from(earliest.year()) - i64::from(anchor.year());
        let same = years_after(anchor, since);
        if earliest <= same { same } else { years_after(anchor, since + 1) }
    };
    match cap.adjusted_on {
        AdjustedOn::AnyDay => earliest,
        AdjustedOn::Anniversary => next(begins),
        AdjustedOn::YearStart => next(begins.first_of_year()),
    }
}

/// The most that a price may rise to on a day; none if nothing limits it.
fn limit(
    cap: &PriceCap,
    set: &[(Date, Exact)],
    day: Date,
    index: IndexOn<'_>,
    steps: &mut Vec<Step>,
) -> Result<Option<Exact>, MissingIndex> {
    let year_ago = years_after(day, -1);
    let then = set.iter().rfind(|(from, _)| *from <= year_ago).or(set.first());
    let share = match (cap.increase_per_year, then) {
        (Increase::AtMost(share), Some((_, base))) => {
            let limit = base.clone() * (Exact::whole(1) + share.fraction().into());
            steps.push(Step::new(format!("{share} a year above {base}"), &limit));
            Some(limit)
        }
        _ => None,
    };
    let (Some(name), Some((last, price))) = (&cap.index, set.last()) else { return Ok(share) };
    let stood = |on| {
        let missing = || MissingIndex { index: name.clone(), on };
        index(name, on).filter(|value| *value > Exact::zero()).ok_or_else(missing)
    };
    let (before, now) = (stood(*last)?, stood(day)?);
    let ratio = now.over(&before).unwrap_or_default();
    let followed = price.clone() * ratio;
    steps.push(Step::new(format!("{name} from {before} to {now}"), &followed));
    Ok(Some(match share {
        Some(share) if !cap.exempt.contains(&Exempt::Index) => followed.min(share),
        _ => followed,
    }))
}

/// The same day so many years later; the last day there is at the latest.
fn years_after(day: Date, years: i64) -> Date {
    let span = Span::new().try_years(years).ok();
    span.and_then(|span| day.checked_add(span).ok()).unwrap_or(Date::MAX)
}

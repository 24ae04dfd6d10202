//! What offers come to: the one place where terms become the figures that the crate `evaluation`
//! works with.
//!
//! Months begin on the day the requirement must stand and have the hours that pass in them where the
//! agreement's days begin. An offer that begins later begins with the next of these months; one that
//! begins earlier is counted from the first. Source: domain rules §0 and §3.

use evaluation::{
    Basis, Delivery, Discount, Economics, ForSupplier, Formula, GuardedTerm, Invalid, Method, Need,
    Period,
};
use jiff::Span;
use jiff::civil::Date;
use rust_decimal::Decimal;
use terms::Money;

use crate::case::{Case, Requirement};
use crate::command::Refused;
use crate::deadline::{Clock, ClockError};
use crate::guard::Guard;
use crate::offer::{Guarded, Offered, Tender};

/// The longest term of an offer, in months.
pub(crate) const MONTHS: u32 = 600;

/// How offers for a case are compared.
pub(crate) struct Valuation {
    /// The posted terms of the comparison.
    pub basis: Basis,
    first_day: Date,
}

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Refused {
        let help = "ask for an offer that can be computed with";
        Refused::new(Guard::OfferComparable, invalid.to_string(), help)
    }
}

impl Valuation {
    /// Compares some terms for so many accelerators by the tender's method; by levelised price and
    /// without discount where there is none.
    pub fn new<'t>(
        clock: &Clock<'_>,
        case: &Case,
        needed: u64,
        terms: impl IntoIterator<Item = &'t Offered>,
    ) -> Result<Valuation, Refused> {
        let requirement = &case.requirement;
        let mut valuation = Valuation::levelised(clock, requirement, needed, terms)?;
        let Some(tender) = &case.tender else { return Ok(valuation) };
        (valuation.basis.discount, valuation.basis.method) = (discount(tender)?, method(tender)?);
        let cover_price = tender.cover.map(|cover| cover.amount).unwrap_or_default();
        let periods = valuation.basis.need.periods.iter_mut();
        periods.for_each(|period| period.cover_price = cover_price);
        Ok(valuation)
    }

    /// Compares some terms for so many accelerators by levelised price and without discount.
    pub fn levelised<'t>(
        clock: &Clock<'_>,
        requirement: &Requirement,
        needed: u64,
        terms: impl IntoIterator<Item = &'t Offered>,
    ) -> Result<Valuation, Refused> {
        let first_day = requirement.need_by;
        let end = |terms: &Offered| offset(first_day, terms.from).saturating_add(terms.months);
        let longest = terms.into_iter().map(end).max().unwrap_or_default();
        // One more than can be computed with is enough to be told so.
        let months = longest.max(requirement.months).min(MONTHS + 1);
        let period = |month: u32| {
            let accelerators = if month < requirement.months { needed } else { 0 };
            let hours = hours(clock, first_day, month)?;
            Ok(Period { hours, accelerators, cover_price: Decimal::ZERO })
        };
        let periods = (0..months).map(period).collect::<Result<_, ClockError>>()?;
        let (side, need) = (requirement.side(), Need { periods });
        let (discount, method) = (Discount::default(), Method::LevelisedPrice);
        Ok(Valuation { basis: Basis { side, need, discount, method }, first_day })
    }

    /// The money and capacity of terms for so many accelerators. What is given in kind, or
    /// set off, counts as paid at the start.
    pub fn economics(&self, terms: &Offered, quantity: u64) -> Result<Economics, Refused> {
        let offset = offset(self.first_day, terms.from);
        let end = offset.saturating_add(terms.months).min(MONTHS + 1);
        let stands = |month: u32| month.checked_sub(offset).map(|of| stands(terms, of, quantity));
        let mut economics = Economics {
            periods: (0..end)
                .map(|month| Delivery {
                    accelerators: stands(month).unwrap_or_default(),
                    price: terms.price.amount,
                })
                .collect(),
            up_front: Decimal::ZERO,
            effectiveness: Decimal::ONE,
        };
        let in_kind = terms.in_kind.as_ref().map(|in_kind| in_kind.worth.amount);
        match self.burdened_price(terms, &economics)? {
            Some(price) => economics.periods.iter_mut().for_each(|period| period.price = price),
            None => add(&mut economics, terms.up_front.map(|up_front| up_front.amount))?,
        }
        add(&mut economics, in_kind)?;
        add(&mut economics, terms.credit.map(|credit| credit.amount))?;
        Ok(economics)
    }

    /// The terms on which the part of a package that the right is about may be had alone: at its
    /// share of the package's price. Terms that are no package stay as they are.
    pub fn burdened(&self, terms: &Offered, quantity: u64) -> Result<Offered, Refused> {
        let Some(period) = self.economics(terms, quantity)?.periods.pop() else {
            return Ok(terms.clone());
        };
        let mut terms = terms.clone();
        if terms.package.take().is_some() {
            terms.price = Money { amount: period.price, ..terms.price };
            terms.up_front = None;
        }
        Ok(terms)
    }

    /// What the right's part of a package costs per accelerator-hour, to six places.
    fn burdened_price(
        &self,
        terms: &Offered,
        economics: &Economics,
    ) -> Result<Option<Decimal>, Refused> {
        let Some(package) = &terms.package else { return Ok(None) };
        let (price, burdened) = (package.price.amount, package.burdened.amount);
        let shared = evaluation::package(price, burdened, package.free.amount)?;
        let mut months = economics.periods.iter().zip(&self.basis.need.periods);
        let hours = months.try_fold(Decimal::ZERO, |sum, (delivery, period)| {
            let hours = Decimal::from(delivery.accelerators).checked_mul(period.hours)?;
            sum.checked_add(hours)
        });
        let price = hours.and_then(|hours| shared.burdened.checked_div(hours));
        let price = price.ok_or(Invalid::NothingDelivered)?;
        Ok(Some(price.round_dp(6)))
    }
}

/// Adds what is paid at the start.
pub(crate) fn add(economics: &mut Economics, amount: Option<Decimal>) -> Result<(), Refused> {
    let sum = economics.up_front.checked_add(amount.unwrap_or_default());
    economics.up_front = sum.ok_or(Invalid::TooLarge { what: "the up-front payment" })?;
    Ok(())
}

/// The rate of a tender: per cent a year.
pub(crate) fn discount(tender: &Tender) -> Result<Discount, Refused> {
    let rate = tender.discount.trim().trim_end_matches('%').trim();
    let rate = rate.parse::<Decimal>().ok().and_then(|rate| rate.checked_div(Decimal::ONE_HUNDRED));
    let rate = rate.filter(|rate| (Decimal::ZERO..=Decimal::ONE).contains(rate));
    rate.map(Discount::Annual).ok_or_else(|| {
        let found = format!("`{}` is not a yearly rate in per cent", tender.discount);
        Refused::new(Guard::CompleteRequirement, found, "give a rate from 0 to 100, as `12`")
    })
}

/// The method of a tender.
pub(crate) fn method(tender: &Tender) -> Result<Method, Refused> {
    let refused =
        |found: String, help: String| Err(Refused::new(Guard::CompleteRequirement, found, help));
    if let Some(formula) = tender.method.strip_prefix("formula:") {
        return match formula.trim().parse::<Formula>() {
            Ok(formula) => Ok(Method::Formula(formula)),
            Err(error) => refused(error.to_string(), "write it as the manual says".to_string()),
        };
    }
    let known = [
        Method::UnitRate,
        Method::NetMoney,
        Method::PresentValue,
        Method::LevelisedPrice,
        Method::CostToCover,
    ];
    let names: Vec<_> = known.iter().map(|method| method.name()).collect();
    match known.iter().find(|method| method.name() == tender.method) {
        Some(method) => Ok(method.clone()),
        None => refused(
            format!("no method is called `{}`", tender.method),
            format!("choose one of {}, or a `formula:`", names.join(", ")),
        ),
    }
}

/// How many accelerators stand in a month of the term, from 0.
fn stands(terms: &Offered, month: u32, quantity: u64) -> u64 {
    if terms.ramp.is_empty() {
        return quantity;
    }
    let last = terms.ramp.iter().filter(|(from, _)| *from <= month).max_by_key(|(from, _)| *from);
    last.map_or(0, |(_, stand)| (*stand).min(quantity))
}

/// How many whole months after the first day a day is, rounded up: capacity counts from the first
/// month in which it stands all the time.
fn offset(first_day: Date, day: Date) -> u32 {
    let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month());
    let apart = months(day) - months(first_day);
    let begun = later(first_day, apart).is_some_and(|begins| begins < day);
    u32::try_from(apart + i32::from(begun)).unwrap_or_default()
}

fn later(day: Date, months: i32) -> Option<Date> {
    day.checked_add(Span::new().try_months(months).ok()?).ok()
}

/// The hours that pass in a month, from 0, between the midnights that bound it.
fn hours(clock: &Clock<'_>, first_day: Date, month: u32) -> Result<Decimal, ClockError> {
    let begins = |month: u32| {
        let day = i32::try_from(month).ok().and_then(|month| later(first_day, month));
        clock.midnight(day.ok_or(ClockError::OutOfRange)?)
    };
    let seconds = begins(month + 1)?.duration_since(begins(month)?).as_secs();
    Ok((Decimal::from(seconds) / Decimal::from(3_600)).round_dp(6))
}

/// What the terms beside the price have become for the supplier, beside what they were.
pub(crate) fn guarded(present: &Offered, before: &Offered) -> Vec<GuardedTerm> {
    let named = present.guarded.keys().chain(before.guarded.keys());
    let mut named: Vec<Guarded> = named.copied().collect();
    named.sort_unstable();
    named.dedup();
    let term = |term: Guarded| {
        let text = |terms: &Offered| terms.guarded.get(&term).map(|text| text.trim().to_string());
        let for_supplier = for_supplier(term, text(present).as_deref(), text(before).as_deref());
        GuardedTerm { name: term.name().to_string(), for_supplier, priced: false }
    };
    named.into_iter().map(term).collect()
}

/// What is not stated is none: no prepayment, no exclusivity; for a cap, no limit. An offer that
/// does not state a specification or region takes what was asked for.
fn for_supplier(term: Guarded, present: Option<&str>, before: Option<&str>) -> ForSupplier {
    if present == before {
        return ForSupplier::Equal;
    }
    let more_is_better = match term {
        Guarded::Prepayment | Guarded::TakeOrPay | Guarded::CreditSupport => true,
        Guarded::DamagesCap | Guarded::LiabilityCap => {
            return match (present, before) {
                (Some(_), None) => ForSupplier::Better,
                (None, _) => ForSupplier::Worse,
                (Some(present), Some(before)) => ordered(present, before, false),
            };
        }
        Guarded::Exclusivity => {
            let conceded = |text: Option<&str>| text.is_some_and(|text| text != "no");
            return match (conceded(present), conceded(before)) {
                (true, false) => ForSupplier::Better,
                (false, true) => ForSupplier::Worse,
                (false, false) => ForSupplier::Equal,
                (true, true) => ForSupplier::Incomparable,
            };
        }
        Guarded::Specification | Guarded::Region if present.is_none() => {
            return ForSupplier::Equal;
        }
        Guarded::Specification | Guarded::Region => return ForSupplier::Incomparable,
    };
    match (present, before) {
        (Some(present), Some(before)) => ordered(present, before, more_is_better),
        (Some(_), None) => ForSupplier::Better,
        (None, _) => ForSupplier::Worse,
    }
}

/// Two amounts of a kind, each a number, a percentage or money.
fn ordered(present: &str, before: &str, more_is_better: bool) -> ForSupplier {
    let (Some((kind, present)), Some((other, before))) = (amount(present), amount(before)) else {
        return ForSupplier::Incomparable;
    };
    if kind != other {
        return ForSupplier::Incomparable;
    }
    match present.cmp(&before) {
        std::cmp::Ordering::Equal => ForSupplier::Equal,
        order if order.is_gt() == more_is_better => ForSupplier::Better,
        _ => ForSupplier::Worse,
    }
}

/// An amount, and what it is counted in.
fn amount(text: &str) -> Option<(String, Decimal)> {
    if let Ok(money) = text.parse::<Money>() {
        return Some((money.currency.to_string(), money.amount));
    }
    let number = text.trim_end_matches('%');
    let unit = &text[number.len()..];
    Some((unit.to_string(), number.trim().parse().ok()?))
}

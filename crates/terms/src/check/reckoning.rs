//! What analyses of money reckon with: what a share comes to, and the most its caps let through.

use jiff::Span;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::clause::{RevenueShare, TierMode};
use crate::value::{Currency, Unit};
use crate::{Duration, Money};

/// An amount without needless digits.
pub(super) fn money(amount: Decimal, currency: Currency) -> Money {
    Money { amount: amount.normalize(), currency }
}

/// What amounts come to together. `None` if that is too large to reckon.
pub(super) fn sum(mut amounts: impl Iterator<Item = Decimal>) -> Option<Decimal> {
    amounts.try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount))
}

/// The currency a share counts in; US dollars if it names no amount, `None` if it mixes several.
pub(super) fn currency(share: &RevenueShare) -> Option<Currency> {
    let mut currencies = share.amounts().map(|money| money.currency);
    let first = currencies.next().unwrap_or(Currency::USD);
    currencies.all(|currency| currency == first).then_some(first)
}

/// What is due for the first base there is, by tiers and caps. `None` if that is too large to reckon.
pub(super) fn due(share: &RevenueShare, base: Decimal) -> Option<Decimal> {
    let baseline = share.baseline.map_or(Decimal::ZERO, |money| money.amount);
    let base = base.checked_sub(baseline)?.max(Decimal::ZERO);
    let mut below = Decimal::ZERO;
    let mut earned = Decimal::ZERO;
    for tier in &share.tiers {
        let top = tier.up_to.map_or(base, |money| money.amount.min(base));
        let inside = (top - below).max(Decimal::ZERO);
        let is_reached = tier.up_to.is_none_or(|money| base <= money.amount);
        match share.tier_mode {
            TierMode::Marginal => {
                let part = inside.checked_mul(tier.rate.fraction())?;
                earned = earned.checked_add(part)?;
            }
            TierMode::Whole if is_reached => {
                earned = base.checked_mul(tier.rate.fraction())?;
                break;
            }
            TierMode::Whole => {}
        }
        below = below.max(top);
    }
    let caps = [share.cap_per_period, share.cap_per_year, share.cap_total];
    Some(caps.into_iter().flatten().fold(earned, |due, cap| due.min(cap.amount)))
}

/// The most that the caps for a year and a period let through from one day until another.
pub(super) fn most_within(share: &RevenueShare, from: Date, until: Date) -> Option<Decimal> {
    let last = until.yesterday().ok()?;
    let years = i64::from(last.year()) - i64::from(from.year()) + 1;
    let by_year = share.cap_per_year.and_then(|cap| cap.amount.checked_mul(years.into()));
    let by_period = share.cap_per_period.and_then(|cap| {
        let period = i64::from(months(share.period)?).max(1);
        let months = i64::from(from.until((jiff::Unit::Month, last)).ok()?.get_months()) + 1;
        // One more where the period may begin on another day than this.
        let periods = (months + period - 1) / period + i64::from(!begins_year(from));
        cap.amount.checked_mul(periods.into())
    });
    by_year.into_iter().chain(by_period).min()
}

fn begins_year(day: Date) -> bool {
    day.month() == 1 && day.day() == 1
}

/// A length of time in calendar months, if it is one.
pub(super) fn months(duration: Duration) -> Option<u32> {
    (duration.unit == Unit::Months).then_some(duration.count)
}

/// So many months after a day.
pub(super) fn after(day: Date, months: u32) -> Option<Date> {
    day.checked_add(Span::new().try_months(months).ok()?).ok()
}

//! What a key may use in a period: reserved before a call and settled after it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;

use crate::config::{BudgetSettings, Period};

/// What a call costs: tokens, and money in 10⁻¹² of the price list's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Tokens.
    pub tokens: u64,
    /// Money.
    pub money: u128,
}

/// The budget of one key.
#[derive(Debug)]
pub struct Budget {
    limits: BudgetSettings,
    money: Option<u128>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The first day of the period that is counted.
    period: Option<Date>,
    spent: Spent,
    reserved: Spent,
}

/// Part of a budget that is kept for a call. It is given back when it is dropped without being settled.
#[derive(Debug)]
pub struct Reservation {
    state: Arc<Mutex<State>>,
    period: Date,
    reserved: Spent,
}

impl Budget {
    /// The budget that settings give, going on where `before` was if its period has the same length.
    ///
    /// # Errors
    /// An amount of money that is negative or has more than 12 decimal places.
    pub fn new(limits: &BudgetSettings, before: Option<&Budget>) -> Result<Budget, String> {
        let money = limits.money.map(|money| {
            let mut scaled = money.normalize();
            let wrong = || format!("`{money}` is no amount of at most 12 decimal places");
            if scaled.scale() > 12 {
                return Err(wrong());
            }
            scaled.rescale(12);
            // A rescaling that does not fit leaves the scale smaller.
            let mantissa = u128::try_from(scaled.mantissa()).map_err(|_| wrong())?;
            let missing = 10u128.pow(12 - scaled.scale());
            mantissa.checked_mul(missing).ok_or_else(wrong)
        });
        let kept = before.filter(|before| before.limits.period == limits.period);
        Ok(Budget {
            limits: limits.clone(),
            money: money.transpose()?,
            state: kept.map(|before| before.state.clone()).unwrap_or_default(),
        })
    }

    /// Whether it is in money, so that a call without a price cannot be made.
    pub fn is_in_money(&self) -> bool {
        self.money.is_some()
    }

    /// The word for its period.
    pub fn period(&self) -> &'static str {
        match self.limits.period {
            Period::Day => "day",
            Period::Month => "month",
        }
    }

    /// The first day of the period that a day is in.
    pub fn period_of(&self, day: Date) -> Date {
        match self.limits.period {
            Period::Day => day,
            Period::Month => day.first_of_month(),
        }
    }

    /// Keeps at most this much for a call on a day; `None` if that is more than is left.
    pub fn reserve(&self, day: Date, most: Spent) -> Option<Reservation> {
        let period = self.period_of(day);
        let mut state = self.in_period(period);
        let fits = |limit: Option<u128>, spent: u128, reserved: u128, more: u128| {
            limit.is_none_or(|limit| spent.saturating_add(reserved).saturating_add(more) <= limit)
        };
        let (spent, reserved) = (state.spent, state.reserved);
        let tokens = self.limits.tokens.map(u128::from);
        let fit = fits(tokens, spent.tokens.into(), reserved.tokens.into(), most.tokens.into())
            && fits(self.money, spent.money, reserved.money, most.money);
        if !fit {
            return None;
        }
        state.reserved = reserved.and(most);
        Some(Reservation { state: self.state.clone(), period, reserved: most })
    }

    /// What is left of its tokens and of its money, in 10⁻¹² of the price list's currency, after what
    /// is kept for calls that run; `None` for what it does not limit.
    pub fn left(&self, day: Date) -> (Option<u64>, Option<u128>) {
        let state = self.in_period(self.period_of(day));
        let used = state.spent.and(state.reserved);
        let tokens = self.limits.tokens.map(|limit| limit.saturating_sub(used.tokens));
        (tokens, self.money.map(|limit| limit.saturating_sub(used.money)))
    }

    /// Counts what was spent on a day without having been reserved, as rows of an earlier run say.
    pub fn recover(&self, day: Date, spent: Spent) {
        let period = self.period_of(day);
        let mut state = self.in_period(period);
        if state.period == Some(period) {
            state.spent = state.spent.and(spent);
        }
    }

    /// The state, begun anew if the period is later than that which it counts.
    fn in_period(&self, period: Date) -> MutexGuard<'_, State> {
        let mut state = locked(&self.state);
        if state.period.is_none_or(|counted| counted < period) {
            *state = State { period: Some(period), ..State::default() };
        }
        state
    }
}

impl Reservation {
    /// How much is kept.
    pub fn most(&self) -> Spent {
        self.reserved
    }

    /// Counts what the call cost in the place of what was kept for it.
    pub fn settle(self, spent: Spent) {
        let mut state = locked(&self.state);
        if state.period == Some(self.period) {
            state.spent = state.spent.and(spent);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut state = locked(&self.state);
        if state.period == Some(self.period) {
            state.reserved.tokens = state.reserved.tokens.saturating_sub(self.reserved.tokens);
            state.reserved.money = state.reserved.money.saturating_sub(self.reserved.money);
        }
    }
}

impl Spent {
    fn and(self, other: Spent) -> Spent {
        Spent {
            tokens: self.tokens.saturating_add(other.tokens),
            money: self.money.saturating_add(other.money),
        }
    }
}

/// Nothing that holds this lock can panic halfway.
fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn budget(tokens: Option<u64>, money: Option<&str>, period: Period) -> Budget {
        let money = money.map(|money| money.parse().unwrap());
        Budget::new(&BudgetSettings { tokens, money, period }, None).unwrap()
    }

    fn tokens(tokens: u64) -> Spent {
        Spent { tokens, money: 0 }
    }

    #[test]
    fn a_burst_cannot_overrun_it() {
        let budget = budget(Some(100), None, Period::Day);
        let day = date(2026, 1, 31);
        let first = budget.reserve(day, tokens(60)).unwrap();
        assert!(budget.reserve(day, tokens(41)).is_none());
        let second = budget.reserve(day, tokens(40)).unwrap();
        first.settle(tokens(10));
        drop(second);
        assert!(budget.reserve(day, tokens(91)).is_none());
        assert!(budget.reserve(day, tokens(90)).is_some(), "what was not spent is there again");
        assert!(budget.reserve(date(2026, 2, 1), tokens(100)).is_some(), "a new day");
    }

    #[test]
    fn money_is_counted_to_its_last_place() {
        let budget = budget(None, Some("0.000001"), Period::Month);
        let day = date(2026, 1, 31);
        let money = |money| Spent { tokens: 1 << 40, money };
        budget.reserve(day, money(1)).unwrap().settle(money(1));
        assert!(budget.reserve(date(2026, 1, 1), money(1_000_000)).is_none());
        assert!(budget.reserve(day, money(999_999)).is_some());
        assert!(
            Budget::new(
                &BudgetSettings {
                    tokens: None,
                    money: Some("0.0000000000001".parse().unwrap()),
                    period: Period::Day
                },
                None
            )
            .is_err()
        );
    }

    #[test]
    fn what_earlier_rows_say_counts() {
        let budget = budget(Some(10), None, Period::Month);
        budget.recover(date(2026, 1, 2), tokens(5));
        budget.recover(date(2026, 2, 2), tokens(4));
        budget.recover(date(2026, 1, 3), tokens(5));
        assert!(budget.reserve(date(2026, 2, 3), tokens(7)).is_none());
        assert!(budget.reserve(date(2026, 2, 3), tokens(6)).is_some());
    }
}

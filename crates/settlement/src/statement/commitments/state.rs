//! What a commitment goes on with from month to month, as balances of its line.

use exact::Exact;
use jiff::civil::Date;

use super::bought::Bought;
use crate::statement::{Balance, Brought};
use crate::take_or_pay::{Account, Left, Sums};

const TAKEN: &str = "taken in the period";
const CHARGED: &str = "charged in the period";
const PRICED: &str = "of that with a price";
pub(super) const UNDELIVERABLE: &str = "not supplied in the period";
const ADVANCE: &str = "paid in advance";
const EXPIRED: &str = "expired";
const MADE_UP: &str = "taken later";
const PAID: &str = "paid and not taken";
const BEFORE: [&str; 3] = ["contracted before", "minimum before", "taken before"];
/// Then comes the first day after the period it is from.
const BANK: &str = "to be taken later, from before ";
const PRICE: &str = "price paid, from before ";
const CREDIT: &str = "carried forward, from before ";

/// What goes on.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Taken in the period so far.
    pub taken: Exact,
    /// Charged for that.
    pub charged: Exact,
    /// What of it that was charged for.
    pub priced: Exact,
    /// What could not be supplied in it.
    pub undeliverable: Exact,
    /// What is paid in advance and not used.
    pub advance: Exact,
    /// What expired of what was paid for, ever.
    expired: Exact,
    /// What goes on over periods.
    pub account: Account,
}

impl State {
    pub(super) fn read(brought: &Brought) -> State {
        let left = |quantity: &'static str| {
            let of = brought.named(quantity).filter_map(|(since, quantity)| {
                let price = brought.get(&format!("{PRICE}{since}"));
                let since: Date = since.parse().ok()?;
                Some(Left { since, quantity: quantity.clone(), price })
            });
            // The names are in the order of the days.
            of.filter(|left| left.quantity != Exact::zero()).collect::<Vec<_>>()
        };
        let [contracted, minimum, taken] = BEFORE.map(|name| brought.get(name));
        let (paid, made_up) = (brought.get(PAID), brought.get(MADE_UP));
        State {
            taken: brought.get(TAKEN),
            charged: brought.get(CHARGED),
            priced: brought.get(PRICED),
            undeliverable: brought.get(UNDELIVERABLE),
            advance: brought.get(ADVANCE),
            expired: brought.get(EXPIRED),
            account: Account {
                bank: left(BANK),
                credit: left(CREDIT),
                before: Sums { contracted, minimum, taken, paid, made_up },
            },
        }
    }

    /// A period begins at nothing.
    pub(super) fn begin(&mut self) {
        self.taken = Exact::zero();
        self.charged = Exact::zero();
        self.priced = Exact::zero();
        self.undeliverable = Exact::zero();
    }

    pub(super) fn add(&mut self, bought: &Bought) {
        self.taken = self.taken.clone() + bought.taken.clone();
        self.charged = self.charged.clone() + bought.charged.clone();
        self.priced = self.priced.clone() + bought.priced.clone();
        self.undeliverable = self.undeliverable.clone() + bought.undeliverable.clone();
    }

    /// A period is trued up.
    pub(super) fn close(&mut self, account: Account, expired: Exact) {
        self.begin();
        self.advance = Exact::zero();
        self.expired = self.expired.clone() + expired;
        self.account = account;
    }

    /// What is carried forward; what was brought and is used up is shown with nothing left.
    pub(super) fn balances(&self, brought: &Brought) -> Vec<Balance> {
        let Sums { contracted, minimum, taken, paid, made_up } = &self.account.before;
        let mut carried: Vec<(String, Exact)> = [
            (TAKEN, &self.taken),
            (CHARGED, &self.charged),
            (PRICED, &self.priced),
            (UNDELIVERABLE, &self.undeliverable),
            (ADVANCE, &self.advance),
            (BEFORE[0], contracted),
            (BEFORE[1], minimum),
            (BEFORE[2], taken),
            (PAID, paid),
            (MADE_UP, made_up),
            (EXPIRED, &self.expired),
        ]
        .map(|(name, value)| (name.to_string(), value.clone()))
        .into();
        for left in &self.account.bank {
            carried.push((format!("{BANK}{}", left.since), left.quantity.clone()));
            carried.push((format!("{PRICE}{}", left.since), left.price.clone()));
        }
        for left in &self.account.credit {
            carried.push((format!("{CREDIT}{}", left.since), left.quantity.clone()));
        }
        for (name, _) in brought.named("") {
            if !carried.iter().any(|(known, _)| known == name) {
                carried.push((name.to_string(), Exact::zero()));
            }
        }
        let is_something = |(name, value): &&(String, Exact)| {
            *value != Exact::zero() || brought.get(name) != Exact::zero()
        };
        let carried = carried.iter().filter(is_something);
        carried.map(|(name, value)| brought.carry(name, value)).collect()
    }
}

//! Take-or-pay: what a period's minimum comes to against what was taken in it, and what of it may be
//! taken or counted later. Source: domain rules §1.6, oracles P1 to P6, and §2.8, invariant 19.
//!
//! Quantities are in the commitment's own unit: money of one currency, or accelerator-hours or other
//! units.

use exact::Exact;
use jiff::civil::Date;
use terms::Duration;
use terms::clause::{
    CarryForward, ChosenBy, Commitment, Effort, MakeUp, MakeUpPrice, MakeUpThreshold, Shortfall,
    ShortfallRemedy,
};

use crate::statement::Step;

/// What is left of one period's unused payment or excess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The first day after the period it is from.
    pub since: Date,
    /// How much.
    pub quantity: Exact,
    /// What was paid for one unit; nothing for an excess.
    pub price: Exact,
}

/// What goes on from period to period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Paid for and not taken, oldest first.
    pub bank: Vec<Left>,
    /// Taken above what was contracted, oldest first.
    pub credit: Vec<Left>,
    /// The sums over all earlier periods, which count where a minimum is cumulative.
    pub before: Sums,
}

/// Sums over periods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    /// What was contracted.
    pub contracted: Exact,
    /// What was payable whether or not it was taken.
    pub minimum: Exact,
    /// What was taken.
    pub taken: Exact,
    /// What was paid for and not taken.
    pub paid: Exact,
    /// What of that was taken later.
    pub made_up: Exact,
}

/// What one period came to, before it is held against the minimum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The first day after the period.
    pub ends: Date,
    /// What is contracted for it, with its increases and for its days.
    pub contracted: Exact,
    /// What was taken, with what counts as taken.
    pub taken: Exact,
    /// What the supplier could not supply.
    pub undeliverable: Exact,
    /// The price of a unit at the period's end; one for money. None if it is not known.
    pub price: Option<Exact>,
}

/// What a period comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrueUp {
    /// What is missing to the minimum.
    pub missing: Exact,
    /// What is to be paid for that. None if it depends on a price that is not known.
    pub payment: Option<Exact>,
    /// What was taken of what had been paid for.
    pub made_up: Exact,
    /// What of the charge for that is given back. None if it depends on a price that is not known.
    pub given_back: Option<Exact>,
    /// What could be taken later and no longer can.
    pub expired: Exact,
    /// What goes on.
    pub account: Account,
    /// How it was computed.
    pub steps: Vec<Step>,
}

/// Whether a shortfall is paid for without anybody having to choose or to judge: the customer must
/// succeed, payment is the remedy or one of several that all follow, and it follows the first time.
pub fn pays(commitment: &Commitment) -> bool {
    let Shortfall { remedy, chosen_by, occurrences, .. } = &commitment.shortfall.first;
    commitment.effort == Effort::Absolute
        && *occurrences <= 1
        && (remedy.len() == 1 || *chosen_by == ChosenBy::Nobody)
        && remedy.iter().any(|remedy| is_payment(*remedy))
}

/// Whether a remedy is that what is missing is paid for.
pub fn is_payment(remedy: ShortfallRemedy) -> bool {
    matches!(remedy, ShortfallRemedy::Pay | ShortfallRemedy::ShipAndInvoice)
}

/// Holds what was taken in a period against its minimum.
///
/// Order: minimum, less what could not be supplied; what was taken; the shortfall; excess of earlier
/// periods, as far as it is needed; the payment; then taking of what was paid for before, oldest
/// first; then what expires. Whoever pays is the customer.
pub fn true_up(commitment: &Commitment, account: Account, period: &Taken) -> TrueUp {
    let mut steps = Vec::new();
    let Account { mut bank, mut credit, before } = account;
    let undeliverable =
        if commitment.counts_undeliverable { period.undeliverable.clone() } else { Exact::zero() };
    let share = Exact::from(commitment.take_or_pay.fraction());
    let less = |whole: Exact| (whole - undeliverable.clone()).max(Exact::zero());
    let payable = period.contracted.clone() * share;
    let (contracted, minimum) = (less(period.contracted.clone()), less(payable.clone()));
    steps.push(Step::new("contracted", &period.contracted));
    steps.push(Step::new(format!("take or pay {}", commitment.take_or_pay), &payable));
    if undeliverable != Exact::zero() {
        steps.push(Step::new("could not be supplied", &undeliverable));
        steps.push(Step::new("minimum without that", &minimum));
    }
    steps.push(Step::new("taken", &period.taken));

    // Where every period counts alone, nothing of earlier ones does.
    let earlier = if commitment.cumulative { before.clone() } else { Sums::default() };
    let mut counted = earlier.taken.clone() + period.taken.clone();
    let due = earlier.minimum.clone() + minimum.clone();
    if commitment.cumulative {
        if commitment.make_up.is_some() {
            counted = counted + earlier.paid.clone();
        }
        steps.push(Step::new("minimum since the beginning", &due));
        steps.push(Step::new("counted since the beginning", &counted));
    }
    let mut missing = (due - counted).max(Exact::zero());
    steps.push(Step::new("missing", &missing));

    let needed = missing.clone();
    if let Some(carry) = &commitment.carry_forward {
        missing = missing - use_credit(carry, &mut credit, &needed, period, &mut steps);
    }
    let payment = if pays(commitment) {
        payment(&commitment.shortfall.first, &missing, &minimum, period, &mut steps)
    } else {
        Some(Exact::zero())
    };

    let mut sums = Sums {
        contracted: before.contracted + contracted.clone(),
        minimum: before.minimum + minimum.clone(),
        taken: before.taken + period.taken.clone(),
        paid: before.paid,
        made_up: before.made_up,
    };
    let mut expired = Exact::zero();
    let mut made_up = Exact::zero();
    let mut given_back = Some(Exact::zero());
    if let Some(make_up) = &commitment.make_up {
        let threshold = match make_up.threshold {
            MakeUpThreshold::TakeOrPay => earlier.minimum + minimum,
            MakeUpThreshold::AnnualQuantity => earlier.contracted + contracted.clone(),
        };
        let above = earlier.taken + period.taken.clone() - earlier.made_up - threshold;
        (made_up, given_back) = take_later(make_up, &mut bank, &above, period, &mut steps);
        let paid = banked(&missing, payment.as_ref(), period.price.as_ref());
        if paid != Exact::zero() {
            steps.push(Step::new("may be taken later", &paid));
            let price = payment.as_ref().and_then(|payment| payment.over(&paid));
            let price = price.unwrap_or_default();
            bank.push(Left { since: period.ends, quantity: paid.clone(), price });
            sums.paid = sums.paid + paid;
        }
        sums.made_up = sums.made_up + made_up.clone();
        expired = expire(&mut bank, make_up.expires, period.ends);
    }
    if let Some(carry) = &commitment.carry_forward {
        expire(&mut credit, carry.expires, period.ends);
        let excess = period.taken.clone() - made_up.clone() - contracted;
        if !commitment.cumulative && Exact::zero() < excess {
            steps.push(Step::new("carried forward above what was contracted", &excess));
            let price = Exact::zero();
            credit.push(Left { since: period.ends, quantity: excess, price });
        }
    }
    if expired != Exact::zero() {
        steps.push(Step::new("may no longer be taken", &expired));
    }
    let account = Account { bank, credit, before: sums };
    TrueUp { missing, payment, made_up, given_back, expired, account, steps }
}

/// What of earlier excess counts: as much as is needed, no more than the cap and than there is.
fn use_credit(
    carry: &CarryForward,
    credit: &mut Vec<Left>,
    needed: &Exact,
    period: &Taken,
    steps: &mut Vec<Step>,
) -> Exact {
    let most = period.contracted.clone() * carry.cap.fraction().into();
    let wanted = needed.clone().min(most);
    let (used, _) = draw(credit, &wanted, carry.expires, period.ends, |_| Exact::zero());
    if used != Exact::zero() {
        let name =
            format!("counted of earlier excess, at most {} of what is contracted", carry.cap);
        steps.push(Step::new(name, &used));
    }
    used
}

/// What is taken of what was paid for, and what of its charge is given back.
fn take_later(
    make_up: &MakeUp,
    bank: &mut Vec<Left>,
    above: &Exact,
    period: &Taken,
    steps: &mut Vec<Step>,
) -> (Exact, Option<Exact>) {
    let wanted = above.clone().max(Exact::zero());
    let current = period.price.clone();
    let credit = |left: &Left| match (make_up.price, &current) {
        // At what was paid: nothing more is due for it.
        (MakeUpPrice::Original, Some(current)) => current.clone(),
        (MakeUpPrice::Current, Some(current)) => left.price.clone().min(current.clone()),
        (_, None) => left.price.clone(),
    };
    let (used, back) = draw(bank, &wanted, make_up.expires, period.ends, credit);
    if used == Exact::zero() {
        return (used, Some(back));
    }
    steps.push(Step::new("taken of what was paid for before", &used));
    steps.push(Step::new("given back of its charge", &back));
    (used, current.map(|_| back))
}

/// Takes what is wanted from what is left and has not expired, oldest first; with it, what it is worth.
fn draw(
    from: &mut Vec<Left>,
    wanted: &Exact,
    expires: Duration,
    ends: Date,
    worth: impl Fn(&Left) -> Exact,
) -> (Exact, Exact) {
    let (mut used, mut sum) = (Exact::zero(), Exact::zero());
    for left in from.iter_mut().filter(|left| ends <= expires.after(left.since)) {
        let part = left.quantity.clone().min(wanted.clone() - used.clone());
        sum = sum + part.clone() * worth(left);
        left.quantity = left.quantity.clone() - part.clone();
        used = used + part;
    }
    from.retain(|left| left.quantity != Exact::zero());
    (used, sum)
}

/// Drops what can be taken in no later period; how much that is.
fn expire(from: &mut Vec<Left>, expires: Duration, ends: Date) -> Exact {
    let lasts = |left: &Left| ends < expires.after(left.since);
    let gone = from.iter().filter(|left| !lasts(left)).map(|left| left.quantity.clone()).sum();
    from.retain(lasts);
    gone
}

/// What a shortfall costs.
fn payment(
    shortfall: &Shortfall,
    missing: &Exact,
    minimum: &Exact,
    period: &Taken,
    steps: &mut Vec<Step>,
) -> Option<Exact> {
    let nothing = *missing == Exact::zero();
    let tolerated = minimum.clone() * shortfall.tolerance.fraction().into();
    if nothing || (tolerated != Exact::zero() && *missing <= tolerated) {
        if !nothing {
            steps.push(Step::new(format!("tolerated up to {}", shortfall.tolerance), &tolerated));
        }
        return Some(Exact::zero());
    }
    let mut payment = match (shortfall.rate, &shortfall.rate_per) {
        (Some(rate), Some(per)) => {
            let times = missing.over(&Exact::whole(per.count))?;
            steps.push(Step::new(format!("{rate} for each {per}"), &rate.amount.into()));
            times * rate.amount.into()
        }
        (Some(rate), None) => rate.amount.into(),
        (None, _) => {
            let price = period.price.clone()?;
            let value = missing.clone() * price;
            steps.push(Step::new("worth", &value));
            value * shortfall.share.fraction().into()
        }
    };
    if let Some(cap) = shortfall.cap {
        steps.push(Step::new(format!("at most {cap}"), &cap.amount.into()));
        payment = payment.min(cap.amount.into());
    }
    steps.push(Step::new("to pay", &payment));
    Some(payment)
}

/// How much of what is missing is paid for: what the payment buys at the price, and no more.
fn banked(missing: &Exact, payment: Option<&Exact>, price: Option<&Exact>) -> Exact {
    let Some(payment) = payment.filter(|payment| **payment != Exact::zero()) else {
        return Exact::zero();
    };
    let bought = price.and_then(|price| payment.over(price));
    bought.map_or_else(|| missing.clone(), |bought| bought.min(missing.clone()))
}

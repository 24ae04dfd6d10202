//! What an offer comes to, exactly.

use exact::Exact;

use crate::check::Invalid;
use crate::need::{Discount, Need};
use crate::offer::Economics;

/// Money in $, hours in accelerator-hours (AH), nothing rounded.
#[derive(Debug, Clone)]
pub(crate) struct Figures {
    pub(crate) up_front: Exact,
    /// Accelerator-hours delivered.
    pub(crate) hours: Exact,
    /// Paid by the hour, without what is paid up front.
    pub(crate) charges: Exact,
    pub(crate) present_value: Exact,
    /// Accelerator-hours, discounted as money is.
    pub(crate) present_hours: Exact,
    /// Accelerator-hours needed and not delivered.
    pub(crate) short_hours: Exact,
    pub(crate) present_short_hours: Exact,
    /// What it costs today to cover what is short.
    pub(crate) cover_cost: Exact,
    pub(crate) needed_hours: Exact,
    pub(crate) needed_present_hours: Exact,
    pub(crate) effectiveness: Exact,
    pub(crate) months: u32,
    pub(crate) accelerators: u64,
}

impl Figures {
    /// Works an offer out.
    pub(crate) fn of(
        need: &Need,
        discount: &Discount,
        offer: &Economics,
    ) -> Result<Figures, Invalid> {
        need.check()?;
        offer.check(need)?;
        let growth = discount.growth()?;
        let present = |amounts: &[Exact]| Exact::present_value(amounts, &growth);
        let sum = |amounts: &[Exact]| amounts.iter().cloned().sum::<Exact>();

        let effectiveness = Exact::from(offer.effectiveness);
        let mut flows = Flows::default();
        for (at, period) in need.periods.iter().enumerate() {
            let (accelerators, price) =
                offer.periods.get(at).map_or_else(Default::default, |p| (p.accelerators, p.price));
            let hours = Exact::from(period.hours);
            let delivered = Exact::whole(accelerators);
            let needed = Exact::whole(period.accelerators);
            let short = (needed.clone() - effectiveness.clone() * delivered.clone())
                .max(Exact::zero())
                * hours.clone();
            let delivered = delivered * hours.clone();
            flows.charges.push(delivered.clone() * price.into());
            flows.delivered.push(delivered);
            flows.cover.push(short.clone() * period.cover_price.into());
            flows.short.push(short);
            flows.needed.push(needed * hours);
        }
        let up_front = Exact::from(offer.up_front);
        Ok(Figures {
            hours: sum(&flows.delivered),
            charges: sum(&flows.charges),
            present_value: up_front.clone() + present(&flows.charges),
            present_hours: present(&flows.delivered),
            short_hours: sum(&flows.short),
            present_short_hours: present(&flows.short),
            cover_cost: present(&flows.cover),
            needed_hours: sum(&flows.needed),
            needed_present_hours: present(&flows.needed),
            effectiveness,
            months: offer.months(),
            accelerators: offer.accelerators(),
            up_front,
        })
    }

    /// M1: the price of an hour, without what is paid up front. `None` if it delivers nothing.
    pub(crate) fn unit_rate(&self) -> Option<Exact> {
        self.charges.over(&self.hours)
    }

    /// M2: all that is paid, undiscounted.
    pub(crate) fn money(&self) -> Exact {
        self.up_front.clone() + self.charges.clone()
    }

    /// M4: present value per discounted accelerator-hour. `None` if it delivers nothing.
    pub(crate) fn levelised_price(&self) -> Option<Exact> {
        self.present_value.over(&self.present_hours)
    }

    /// M5: present value and the cost of covering what is short.
    pub(crate) fn cost_to_cover(&self) -> Exact {
        self.present_value.clone() + self.cover_cost.clone()
    }

    /// An amount of today's money for each discounted accelerator-hour that is needed.
    pub(crate) fn per_needed_present_hour(&self, amount: &Exact) -> Exact {
        // INVARIANT: `Need::check` has found accelerator-hours that are needed.
        amount.over(&self.needed_present_hours).unwrap_or_default()
    }
}

/// M5 of several offers together: what they cost, and what it costs to cover what all of them leave
/// short. Each comes with the accelerators taken of it, and brings that share of its money and
/// capacity.
pub(crate) fn cost_together(
    need: &Need,
    discount: &Discount,
    parts: &[(&Economics, u64)],
) -> Result<Exact, Invalid> {
    let growth = discount.growth()?;
    let mut paid = Exact::zero();
    let mut delivered = vec![Exact::zero(); need.periods.len()];
    for (offer, taken) in parts {
        let figures = Figures::of(need, discount, offer)?;
        let share = Exact::whole(*taken).over(&Exact::whole(figures.accelerators));
        let share = share.unwrap_or_default();
        paid = paid + share.clone() * figures.present_value;
        for (sum, period) in delivered.iter_mut().zip(&offer.periods) {
            let effective = Exact::whole(period.accelerators) * offer.effectiveness.into();
            *sum = sum.clone() + share.clone() * effective;
        }
    }
    let cover = need.periods.iter().zip(delivered).map(|(period, delivered)| {
        let short = (Exact::whole(period.accelerators) - delivered).max(Exact::zero());
        short * Exact::from(period.hours) * period.cover_price.into()
    });
    Ok(paid + Exact::present_value(&cover.collect::<Vec<_>>(), &growth))
}

/// One amount a month.
#[derive(Default)]
struct Flows {
    delivered: Vec<Exact>,
    charges: Vec<Exact>,
    short: Vec<Exact>,
    cover: Vec<Exact>,
    needed: Vec<Exact>,
}

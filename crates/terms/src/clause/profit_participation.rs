use crate::fields::{Collected, Fields};
use crate::value::{Percentage, words};
use crate::{Bound, Duration, Money, Share};

words! {
    /// How profit is measured.
    pub enum Profit {
        /// What is left after all costs and taxes.
        NetProfit = "net_profit",
        /// What is left after the cost of what was sold.
        GrossProfit = "gross_profit",
        /// Earnings before interest and taxes.
        Ebit = "ebit",
        /// Earnings before interest, taxes, depreciation and amortisation.
        Ebitda = "ebitda",
    }
}

/// "The holder takes part in the grantor's profit." Source: domain rules §1.10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfitParticipation {
    /// The holder's share of profit above the threshold.
    pub share: Share,
    /// Profit of a period up to here stays with the grantor.
    pub threshold: Option<Money>,
    /// How profit is measured.
    pub profit: Profit,
    /// Whether the holder bears the same share of a loss.
    pub losses: bool,
    /// Whether a loss is made up by later profit before that is shared.
    pub loss_carry_forward: bool,
    /// Most that is due over the clause's whole time, of what the holder invested.
    pub cap_multiple: Option<Percentage>,
    /// For how long a time profit is computed and shared.
    pub period: Duration,
    /// How soon after the period it is paid.
    pub payment_delay: Duration,
    /// By when the parties put it into an agreement of its own.
    pub definitive_agreement: Option<Bound>,
}

impl ProfitParticipation {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<ProfitParticipation> {
        let share = f.required("share");
        let threshold = f.optional("threshold");
        let profit = f.or("profit", Profit::NetProfit);
        let losses = f.or("losses", false);
        let loss_carry_forward = f.or("loss_carry_forward", true);
        let cap_multiple = f.optional("cap_multiple");
        let period = f.or("period", Duration::months(3));
        let payment_delay = f.or("payment_delay", Duration::days(45));
        let definitive_agreement: Option<Bound> = f.optional("definitive_agreement");
        f.expect_conditions("definitive_agreement", definitive_agreement.as_slice(), into);
        Some(ProfitParticipation {
            share: share?,
            threshold,
            profit,
            losses,
            loss_carry_forward,
            cap_multiple,
            period,
            payment_delay,
            definitive_agreement,
        })
    }
}

use super::level::{Level, Per, Whichever};
use super::shortfall::{ShortfallRemedy, Shortfalls};
use super::{Effort, Escalator};
use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Bound, ClauseId, Duration, Finding, Money, Quantity, Share};

words! {
    /// What counts towards a commitment.
    pub enum CommitmentMeasure {
        /// What the customer buys.
        Purchases = "purchases",
        /// What the customer orders, whether or not it is delivered yet.
        Orders = "orders",
        /// What the customer pays: royalties, fees or a share of revenue.
        Payments = "payments",
        /// What the customer forecasts.
        Forecasts = "forecasts",
    }
}

words! {
    /// From what on paid and unused quantities may be taken later.
    pub enum MakeUpThreshold {
        /// The part that is payable whether or not it is taken.
        TakeOrPay = "take_or_pay",
        /// All that was contracted for the period.
        AnnualQuantity = "annual_quantity",
    }
}

words! {
    /// At what price something is taken later.
    pub enum MakeUpPrice {
        /// At what was paid.
        Original = "original",
        /// At the price when it is taken, less what was paid.
        Current = "current",
    }
}

/// "The customer takes or pays for so much of the supplier's capacity and services."
/// Source: domain rules §1.6, whose defaults these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// How much, over what time.
    pub minimum: Level,
    /// What counts towards it.
    pub measure: CommitmentMeasure,
    /// How hard the customer must try to reach it.
    pub effort: Effort,
    /// Whether what was above the minimum so far counts: each period's minimum is of the sum from
    /// the beginning on.
    pub cumulative: bool,
    /// Which part of the minimum is payable whether or not it is taken (`top_pct` in the rules).
    pub take_or_pay: Share,
    /// Whether the minimum of a period is payable at its beginning.
    pub in_advance: bool,
    /// The clauses that must be kept for it to bind.
    pub subject_to: Vec<ClauseId>,
    /// What follows a shortfall.
    pub shortfall: Shortfalls,
    /// Later taking of what was paid for and not taken, if it is allowed.
    pub make_up: Option<MakeUp>,
    /// Use in later periods of what was taken above the minimum, if it is allowed.
    pub carry_forward: Option<CarryForward>,
    /// Whether what the supplier could not supply counts as taken.
    pub counts_undeliverable: bool,
    /// Whether a shorter period has a smaller minimum.
    pub prorate: bool,
    /// How the minimum rises by itself, if it does.
    pub escalator: Option<Escalator>,
    /// What counts as taken in each period without being so, if anything does.
    pub credit: Option<Credit>,
    /// The commitment towards which this one counts, and with whose fulfilment it ends.
    pub towards: Option<ClauseId>,
    /// What each order must be a whole multiple of.
    pub multiple_of: Option<Quantity>,
    /// At what price the customer may buy itself out of the rest.
    pub buy_down: Option<Money>,
    /// What the customer must lodge to secure it, as by a letter of credit.
    pub security: Option<Money>,
    /// Whether taxes and charges come on top, so that the supplier keeps the whole minimum.
    pub free_of_deductions: bool,
    /// Whether all that is not yet paid falls due if the agreement ends early.
    pub accelerates: bool,
}

/// "So much counts as taken in each period"; it rises with the minimum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credit {
    /// How much.
    pub amount: Money,
    /// Until when: the first of these, and not after the commitment itself.
    pub until: Vec<Bound>,
}

/// "What was paid for and not taken may be taken later."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeUp {
    /// From what on in a later period.
    pub threshold: MakeUpThreshold,
    /// How long after the period.
    pub expires: Duration,
    /// At what price.
    pub price: MakeUpPrice,
}

/// "What was taken above the minimum counts in later periods."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarryForward {
    /// Most that may be used in one period, of the minimum.
    pub cap: Share,
    /// How long after the period.
    pub expires: Duration,
}

impl Commitment {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Commitment> {
        let minimum = Level::read(f, Per::Term, Whichever::Greater, into);
        let commitment = Commitment {
            measure: f.or("measure", CommitmentMeasure::Purchases),
            effort: f.or("effort", Effort::Absolute),
            cumulative: f.or("cumulative", false),
            take_or_pay: f.or("take_or_pay", Share::percent(100)),
            in_advance: f.or("in_advance", false),
            subject_to: f.clauses("subject_to", into),
            shortfall: Shortfalls::read(f, ShortfallRemedy::Pay, into),
            make_up: MakeUp::read(f, into),
            carry_forward: CarryForward::read(f, into),
            counts_undeliverable: f.or("counts_undeliverable", true),
            prorate: f.or("prorate", true),
            escalator: Escalator::read(f, into),
            credit: Credit::read(f, into),
            towards: f.clause_optional("towards", into),
            multiple_of: f.optional("multiple_of"),
            buy_down: f.optional("buy_down"),
            security: f.optional("security"),
            free_of_deductions: f.or("free_of_deductions", false),
            accelerates: f.or("accelerates", false),
            minimum: minimum?,
        };
        commitment.check(f, into);
        Some(commitment)
    }

    /// The amount that purchases draw down over the clause's whole time; `None` if it commits to
    /// anything else or more.
    pub fn drawn_down(&self) -> Option<Money> {
        let Level { measures, per, steps, each, to_be_agreed, .. } = &self.minimum;
        let one_amount = *per == Per::Term
            && steps.is_empty()
            && each.is_none()
            && !to_be_agreed
            && measures.quantity.is_empty()
            && measures.share.is_none()
            && self.measure == CommitmentMeasure::Purchases
            && self.escalator.is_none()
            && self.credit.is_none()
            && self.towards.is_none();
        measures.amount.filter(|_| one_amount)
    }

    /// Over one period there is no earlier one that could count, and none to count in.
    fn check(&self, f: &Fields<'_>, into: &mut Collected) {
        if self.minimum.per != Per::Term || !self.minimum.steps.is_empty() {
            return;
        }
        let later =
            [("carry_forward", self.carry_forward.is_some()), ("cumulative", self.cumulative)];
        for (name, _) in later.into_iter().filter(|(_, is_there)| *is_there) {
            let place = f.origin_of(name).label("one period, the whole term");
            let message = format!("`{name}` of {} can never count", f.title);
            let help = format!("say `per` what the minimum is, or leave `{name}` out");
            into.findings
                .push(Finding::error("charter::commitment::one-period", message, place).help(help));
        }
    }
}

impl Credit {
    fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Credit> {
        let mut block = f.block("credit")?;
        let amount = block.required("amount");
        let until: Vec<Bound> = block.optional("until").unwrap_or_default();
        block.expect_conditions("until", &until, into);
        f.adopt(block, "credit", into);
        Some(Credit { amount: amount?, until })
    }
}

impl MakeUp {
    fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<MakeUp> {
        let mut block = f.block("make_up")?;
        let make_up = MakeUp {
            threshold: block.or("threshold", MakeUpThreshold::TakeOrPay),
            expires: block.or("expires", Duration::months(36)),
            price: block.or("price", MakeUpPrice::Original),
        };
        f.adopt(block, "make_up", into);
        Some(make_up)
    }
}

impl CarryForward {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<CarryForward> {
        let mut block = f.block("carry_forward")?;
        let carry_forward = CarryForward {
            cap: block.or("cap", Share::percent(10)),
            expires: block.or("expires", Duration::months(36)),
        };
        f.adopt(block, "carry_forward", into);
        Some(carry_forward)
    }
}

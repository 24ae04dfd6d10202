use super::{DamagesRate, DamagesTrigger};
use crate::clause::tiers;
use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{ClauseId, Duration};

words! {
    /// What a rate is multiplied by.
    pub enum Counted {
        /// Nothing: it is one sum.
        Once = "once",
        /// The units affected.
        Unit = "unit",
        /// The time that passes, by `every`.
        Time = "time",
        /// The units affected and the time that passes.
        UnitAndTime = "unit_and_time",
        /// The months that remain of the term, at most `at_most`.
        RemainingMonths = "remaining_months",
        /// The part of the whole term that remains.
        RemainingTerm = "remaining_term",
        /// The part by which what was promised is missed.
        Shortfall = "shortfall",
    }
}

words! {
    /// What a percentage is of.
    pub enum DamagesBase {
        /// The value of what is late, short or affected.
        LotValue = "lot_value",
        /// What is to be paid under the agreement in all.
        ContractValue = "contract_value",
        /// What is paid a month, on average over `look_back`.
        MonthlyFee = "monthly_fee",
        /// The least that is to be paid a month.
        MinimumFee = "minimum_fee",
        /// What was paid so far.
        FeesPaid = "fees_paid",
        /// What is missing to a minimum commitment.
        UnpaidMinimum = "unpaid_minimum",
        /// What the holder spent.
        Costs = "costs",
        /// What a person earns a month.
        MonthlyPay = "monthly_pay",
        /// What a person earns a year.
        YearlyPay = "yearly_pay",
        /// What is owed on loans.
        Debt = "debt",
        /// A deposit.
        Deposit = "deposit",
    }
}

/// How much is due. Source: domain rules §1.8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// At least one rate, in rising order of the time, or of the times it has happened; only the last
    /// is open-ended.
    pub rates: Vec<(Option<u64>, DamagesRate)>,
    /// What a percentage is of.
    pub of: DamagesBase,
    /// What the rate is multiplied by.
    pub counted: Counted,
    /// What is counted as one.
    pub unit: String,
    /// What time is counted as one.
    pub every: Duration,
    /// Most that is counted.
    pub at_most: Option<u32>,
    /// How far back what was paid counts, or is averaged.
    pub look_back: Option<Duration>,
    /// Under which clauses what was paid or promised counts; all if none.
    pub under: Vec<ClauseId>,
    /// What the holder must give back to get it, if anything.
    pub against: Option<String>,
}

impl Formula {
    /// The formula of the clause itself, then those of its `alternative` blocks. None is needed where
    /// the holder may set the amount.
    pub(super) fn read_all(
        f: &mut Fields<'_>,
        trigger: DamagesTrigger,
        may_set: bool,
        into: &mut Collected,
    ) -> Option<Vec<Formula>> {
        let has_own = f.present().iter().any(|name| name == "rate") || f.has_block("tier");
        let alternatives = f.blocks("alternative");
        let mut formulas = Vec::new();
        if has_own || alternatives.is_empty() && !may_set {
            formulas.push(Formula::read(f, trigger, into));
        } else {
            OWN.iter().for_each(|name| f.mark_asked(name));
        }
        for (at, mut block) in alternatives.into_iter().enumerate() {
            formulas.push(Formula::read(&mut block, trigger, into));
            f.adopt(block, &format!("alternative {}", at + 1), into);
        }
        formulas.into_iter().collect()
    }

    fn read(f: &mut Fields<'_>, trigger: DamagesTrigger, into: &mut Collected) -> Option<Formula> {
        let rates = tiers::one_or_more(f, "rate", None, into);
        let is_percentage = rates.iter().flatten().any(|(_, rate)| is_percentage(rate));
        let by_day = trigger == DamagesTrigger::Delay && !is_percentage;
        let of = f.or("of", DamagesBase::LotValue);
        let counted = f.or("counted", if by_day { Counted::UnitAndTime } else { Counted::Once });
        let unit = f.or("unit", "accelerator".to_string());
        let every = f.or("every", Duration::days(1));
        let at_most = f.optional("at_most");
        let look_back = f.optional("look_back");
        let under = f.clauses("under", into);
        let against = f.optional("against");
        Some(Formula {
            rates: rates?,
            of,
            counted,
            unit,
            every,
            at_most,
            look_back,
            under,
            against,
        })
    }
}

/// The attributes of a formula that may stand in the clause itself.
const OWN: [&str; 9] =
    ["rate", "of", "counted", "unit", "every", "at_most", "look_back", "under", "against"];

fn is_percentage(rate: &DamagesRate) -> bool {
    matches!(rate, DamagesRate::Percentage(_))
}

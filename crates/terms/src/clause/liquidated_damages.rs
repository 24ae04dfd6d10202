mod formula;
mod rate;

use super::{Excuse, currency};
use crate::fields::{Collected, Fields};
use crate::value::{Expression, Shape, Threshold, Unreadable, Value, unexpected, words};
use crate::{Bound, ClauseId, Duration, Money, Share};

pub use formula::{Counted, DamagesBase, Formula};
pub use rate::DamagesRate;

words! {
    /// What makes damages fall due.
    pub enum DamagesTrigger {
        /// Delivery after the grace period.
        Delay = "delay",
        /// Less than promised.
        ShortSupply = "short_supply",
        /// A missed level of service.
        Performance = "performance",
        /// The agreement's end before its term is over.
        EarlyTermination = "early_termination",
        /// The agreement's end on less notice than `notice`.
        ShortNotice = "short_notice",
        /// Another breach.
        Breach = "breach",
    }
}

words! {
    /// Until when damages for delay run.
    pub enum DamagesEnd {
        /// Until the undelivered part is released.
        Release = "release",
        /// Until delivery.
        Delivery = "delivery",
    }
}

words! {
    /// What several formulas come to together.
    pub enum Combination {
        /// The highest result.
        Greatest = "greatest",
        /// The lowest result.
        Least = "least",
        /// The sum of all results.
        Sum = "sum",
        /// The result of the formula that the holder chooses.
        HolderElects = "holder_elects",
    }
}

words! {
    /// Where the money comes from.
    pub enum PaidFrom {
        /// The grantor pays it to the holder.
        Payment = "payment",
        /// It is set off against what the holder owes.
        SetOff = "set_off",
        /// It is taken from a deposit.
        Deposit = "deposit",
        /// It is paid into a deposit, which grows by it.
        IntoDeposit = "into_deposit",
        /// It is paid, and as much again into a deposit.
        PaymentAndDeposit = "payment_and_deposit",
    }
}

words! {
    /// From when time counts.
    pub enum RunsFrom {
        /// From the day it was due.
        Due = "due",
        /// From the end of the grace period.
        Grace = "grace",
        /// From the end of the time to cure.
        Cure = "cure",
    }
}

/// What was promised, where damages are for what is missing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promised {
    /// So many units.
    Units(u64),
    /// A level of service.
    Level(Share),
}

/// Most that is due, of the value of what is late or short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamagesCap {
    /// This share of the value.
    Of(Share),
    /// There is no such cap.
    None,
}

/// "So much for each accelerator and day, up to a cap." Source: domain rules §1.8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiquidatedDamages {
    /// What makes them fall due.
    pub trigger: DamagesTrigger,
    /// The clause whose breach that is, if it is one of them.
    pub breach_of: Option<ClauseId>,
    /// What must have happened: any of these.
    pub event: Vec<Bound>,
    /// What must not have happened: none of these.
    pub unless: Vec<Bound>,
    /// What excuses the grantor.
    pub excused_by: Vec<Excuse>,
    /// What a measured share, of defects say, must pass for them to fall due.
    pub threshold: Option<Threshold>,
    /// What was promised, where damages are for what is missing of it.
    pub promised: Option<Promised>,
    /// Over how long a time that is measured.
    pub window: Option<Duration>,
    /// How long before an end notice must be given, if the grantor may end the agreement for this.
    pub notice: Option<Duration>,
    /// At least one, or else a `minimum` and `maximum` the holder sets them between.
    pub formulas: Vec<Formula>,
    /// What several formulas come to.
    pub combination: Combination,
    /// How long the holder may choose, if it chooses.
    pub election: Option<Duration>,
    /// Whether the formula is the most, and the holder sets the amount.
    pub up_to: bool,
    /// Least that is due.
    pub minimum: Option<Money>,
    /// Most that is due.
    pub maximum: Option<Money>,
    /// Whether the holder's expenses are due beside.
    pub expenses: bool,
    /// The grace period: delay for which nothing is due.
    pub grace: Duration,
    /// How long the grantor may cure after the grace period.
    pub cure: Duration,
    /// How long the grantor may put the due day off, once and on notice of as long, without owing
    /// anything; not at all unless stated.
    pub slip: Option<Duration>,
    /// From when time counts.
    pub runs_from: RunsFrom,
    /// Whether a time that is not over does not count; otherwise it counts in part.
    pub whole_periods: bool,
    /// Most that is due, of the value of what is late; as a rule none where nothing is late or short.
    pub cap: DamagesCap,
    /// Whether nothing else may be claimed.
    pub sole_remedy: bool,
    /// Whether the parties say that it is a fair estimate of the loss and not a penalty.
    pub not_a_penalty: bool,
    /// Whether they are due whatever limit of liability is agreed.
    pub outside_liability_limits: bool,
    /// Until when they run.
    pub ends: DamagesEnd,
    /// Whether the holder must ask for them in writing.
    pub written_demand: bool,
    /// How soon they are paid; on demand unless stated.
    pub payment_delay: Option<Duration>,
    /// Where the money comes from.
    pub paid_from: PaidFrom,
    /// Whether the holder may end the agreement as well.
    pub termination: bool,
    /// How long the holder may suspend its own performance as well.
    pub suspension: Option<Duration>,
}

impl LiquidatedDamages {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<LiquidatedDamages> {
        let trigger = f.or("trigger", DamagesTrigger::Delay);
        let breach_of = f.clause_optional("breach_of", into);
        let event: Vec<Bound> = f.optional("event").unwrap_or_default();
        let unless: Vec<Bound> = f.optional("unless").unwrap_or_default();
        f.expect_conditions("event", &event, into);
        f.expect_conditions("unless", &unless, into);
        let minimum: Option<Money> = f.optional("minimum");
        let maximum: Option<Money> = f.optional("maximum");
        let may_set = minimum.is_some() || maximum.is_some();
        let formulas = Formula::read_all(f, trigger, may_set, into);
        let rates = formulas.iter().flatten().flat_map(|formula| &formula.rates);
        let amounts = rates.filter_map(|(_, rate)| match rate {
            DamagesRate::Amount(amount) => Some(*amount),
            DamagesRate::Percentage(_) => None,
        });
        currency::expect_one(f, amounts.chain(minimum).chain(maximum), into);
        let damages = LiquidatedDamages {
            trigger,
            breach_of,
            event,
            unless,
            excused_by: f.optional("excused_by").unwrap_or_default(),
            threshold: f.optional("threshold"),
            promised: f.optional("promised"),
            window: f.optional("window"),
            notice: f.optional("notice"),
            formulas: Vec::new(),
            combination: f.or("combination", Combination::Greatest),
            election: f.optional("election"),
            up_to: f.or("up_to", false),
            minimum,
            maximum,
            expenses: f.or("expenses", false),
            grace: f.or("grace", trigger.grace()),
            cure: f.or("cure", trigger.cure()),
            slip: f.optional("slip"),
            runs_from: f.or("runs_from", RunsFrom::Grace),
            whole_periods: f.or("whole_periods", true),
            cap: f.or("cap", trigger.cap()),
            sole_remedy: f.or("sole_remedy", false),
            not_a_penalty: f.or("not_a_penalty", false),
            outside_liability_limits: f.or("outside_liability_limits", false),
            ends: f.or("ends", DamagesEnd::Release),
            written_demand: f.or("written_demand", false),
            payment_delay: f.optional("payment_delay"),
            paid_from: f.or("paid_from", PaidFrom::Payment),
            termination: f.or("termination", false),
            suspension: f.optional("suspension"),
        };
        Some(LiquidatedDamages { formulas: formulas?, ..damages })
    }
}

impl DamagesTrigger {
    /// Whether something is late, short or poor: what domain rules §1.8 give defaults for.
    fn is_about_supply(self) -> bool {
        matches!(
            self,
            DamagesTrigger::Delay | DamagesTrigger::ShortSupply | DamagesTrigger::Performance
        )
    }

    fn grace(self) -> Duration {
        if self.is_about_supply() { Duration::business_days(10) } else { Duration::days(0) }
    }

    fn cure(self) -> Duration {
        if self.is_about_supply() { Duration::days(30) } else { Duration::days(0) }
    }

    fn cap(self) -> DamagesCap {
        if self.is_about_supply() { DamagesCap::Of(Share::percent(10)) } else { DamagesCap::None }
    }
}

impl Value for DamagesCap {
    const EXPECTED: &'static str = "a share of the value or `none`, as \"10%\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Word(word) if word == "none" => Ok(DamagesCap::None),
            Shape::Text(_) => Share::read(expression).map(DamagesCap::Of),
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        match self {
            DamagesCap::Of(share) => share.to_string(),
            DamagesCap::None => "none".to_string(),
        }
    }
}

impl Value for Promised {
    const EXPECTED: &'static str = "a number of units or a level of service, as 20 or \"99.5%\"";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        let units = u64::read(expression).map(Promised::Units);
        units
            .or_else(|_| Share::read(expression).map(Promised::Level))
            .map_err(|_| unexpected::<Self>(expression))
    }

    fn show(&self) -> String {
        match self {
            Promised::Units(units) => units.show(),
            Promised::Level(level) => level.to_string(),
        }
    }
}

use crate::fields::Fields;
use crate::value::words;
use crate::{Duration, Money, Share};

words! {
    /// What makes damages fall due.
    pub enum DamagesTrigger {
        /// Delivery after the grace.
        Delay = "delay",
        /// Less than promised.
        ShortSupply = "short_supply",
        /// A missed level of service.
        Performance = "performance",
        /// An end before the term.
        EarlyTermination = "early_termination",
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

/// "So much for each accelerator and day, up to a cap." Source: domain rules §1.8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiquidatedDamages {
    /// What makes them fall due.
    pub trigger: DamagesTrigger,
    /// The rate for one accelerator and one day, or one amount where nothing is counted.
    pub rate: Money,
    /// Lateness for which nothing is due.
    pub grace: Duration,
    /// How long the party may cure after the grace.
    pub cure: Duration,
    /// Most that is due, of the value of what is late.
    pub cap: Share,
    /// Whether nothing else may be claimed.
    pub sole_remedy: bool,
    /// Until when they run.
    pub ends: DamagesEnd,
}

impl LiquidatedDamages {
    pub(super) fn read(f: &mut Fields<'_>) -> Option<LiquidatedDamages> {
        let trigger = f.or("trigger", DamagesTrigger::Delay);
        let rate = f.required("rate");
        Some(LiquidatedDamages {
            trigger,
            grace: f.or("grace", Duration::business_days(10)),
            cure: f.or("cure", Duration::days(30)),
            cap: f.or("cap", Share::percent(10)),
            sole_remedy: f.or("sole_remedy", false),
            ends: f.or("ends", DamagesEnd::Release),
            rate: rate?,
        })
    }
}

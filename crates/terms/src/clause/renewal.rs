use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Bound, Duration};

words! {
    /// What makes the agreement go on.
    pub enum RenewalMode {
        /// It goes on unless a party gives notice.
        Automatic = "automatic",
        /// The holder may make it go on.
        Option = "option",
        /// Both must agree.
        Mutual = "mutual",
    }
}

words! {
    /// What prices are for the next term.
    pub enum RenewalPrice {
        /// Those of the term before.
        Unchanged = "unchanged",
        /// What the agreement's price caps let them be.
        Capped = "capped",
        /// The market's.
        Market = "market",
        /// Whatever both agree.
        Agreed = "agreed",
    }
}

/// "The agreement goes on for another term." Source: domain rules §1.11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// What makes it go on.
    pub mode: RenewalMode,
    /// For how long.
    pub term: Duration,
    /// How long before the end notice must be given.
    pub notice: Duration,
    /// How often at most; without end if not stated.
    pub times: Option<u32>,
    /// What must have happened for it to go on; each of these.
    pub provided: Vec<Bound>,
    /// What prices then are.
    pub price: RenewalPrice,
    /// Whether the holder keeps what it has against others who want it, and on what terms.
    pub rollover: Option<Rollover>,
}

/// "Who has the capacity keeps it if it takes it for as long as the rival would, at the cap's price."
/// Source: domain rules §1.11, after the practice of electric grids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollover {
    /// How long before the end the holder must say so.
    pub notice: Duration,
    /// The shortest term that gives this right.
    pub minimum_term: Duration,
}

impl Renewal {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Renewal {
        let provided: Vec<Bound> = f.optional("provided").unwrap_or_default();
        f.expect_conditions("provided", &provided, into);
        Renewal {
            mode: f.or("mode", RenewalMode::Automatic),
            term: f.or("term", Duration::months(12)),
            notice: f.or("notice", Duration::days(90)),
            times: f.optional("times"),
            provided,
            price: f.or("price", RenewalPrice::Capped),
            rollover: Rollover::read(f, into),
        }
    }
}

impl Rollover {
    /// Off where there is no such block.
    fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Rollover> {
        let mut block = f.block("rollover")?;
        let rollover = Rollover {
            notice: block.or("notice", Duration::months(12)),
            minimum_term: block.or("minimum_term", Duration::months(60)),
        };
        f.adopt(block, "rollover", into);
        Some(rollover)
    }
}

use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Bound, Duration, Money, Share};

words! {
    /// What a guarantee is compared with.
    pub enum GuaranteeTest {
        /// What was earned, before advances are recouped and caps apply.
        Earned = "earned",
        /// What was paid.
        Paid = "paid",
    }
}

/// "No less than this is due." Source: domain rules §1.10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinimumGuarantee {
    /// How much.
    pub amount: Money,
    /// For how long a time.
    pub period: Duration,
    /// How much it rises from one period to the next.
    pub escalator: Share,
    /// What it is compared with.
    pub test: GuaranteeTest,
    /// Whether what exceeds it in one period makes up for another.
    pub offset: bool,
    /// What must not have happened for it to be due: none of these.
    pub unless: Vec<Bound>,
    /// When it begins, if later than the clause.
    pub from: Option<Bound>,
    /// The first day it no longer holds, if earlier than the clause's end.
    pub until: Option<Bound>,
}

impl MinimumGuarantee {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Vec<MinimumGuarantee> {
        let mut guarantees = Vec::new();
        for mut block in f.blocks("minimum_guarantee") {
            let amount = block.required("amount");
            let period = block.or("period", Duration::months(12));
            let escalator = block.or("escalator", Share::percent(0));
            let test = block.or("test", GuaranteeTest::Earned);
            let offset = block.or("offset", false);
            let unless: Vec<Bound> = block.optional("unless").unwrap_or_default();
            block.expect_conditions("unless", &unless, into);
            let from: Option<Bound> = block.optional("from");
            let until: Option<Bound> = block.optional("until");
            block.expect_conditions("from", from.as_slice(), into);
            block.expect_conditions("until", until.as_slice(), into);
            f.adopt(block, "minimum_guarantee", into);
            let Some(amount) = amount else { continue };
            guarantees.push(MinimumGuarantee {
                amount,
                period,
                escalator,
                test,
                offset,
                unless,
                from,
                until,
            });
        }
        guarantees
    }
}

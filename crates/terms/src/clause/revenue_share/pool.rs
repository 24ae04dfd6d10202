use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Finding, Money};

words! {
    /// By what a sum is divided among those who share it.
    pub enum DividedBy {
        /// By the revenue that comes from each.
        Revenue = "revenue",
        /// By how much of each is used.
        Usage = "usage",
    }
}

/// "What is due is divided among several, and this is the payee's part."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// What is divided in a year; what the rate comes to on the revenue of all, if not stated.
    pub amount: Option<Money>,
    /// By what it is divided.
    pub divided_by: DividedBy,
    /// Among whom.
    pub among: String,
}

impl Pool {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Pool> {
        let mut pool = None;
        for mut block in f.blocks("pool") {
            if pool.is_some() {
                let place = block.origin().label("here again");
                let message = format!("{} is a part of two pools", f.title);
                into.findings
                    .push(Finding::error("charter::value::twice", message, place).help("keep one"));
            }
            let amount = block.optional("amount");
            let divided_by = block.or("divided_by", DividedBy::Revenue);
            let among = block.required("among");
            f.adopt(block, "pool", into);
            pool = among.map(|among| Pool { amount, divided_by, among });
        }
        pool
    }
}

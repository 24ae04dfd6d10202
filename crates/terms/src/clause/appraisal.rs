//! Who sets a value that the parties cannot agree on.

use serde::{Deserialize, Serialize};

use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Duration, Finding};

words! {
    /// Who names appraisers.
    pub enum AppraisersNamedBy {
        /// Each party names one, and those name the last.
        EachPartyAndThese = "each_party_and_these",
        /// Both together.
        Both = "both",
        /// The holder.
        Holder = "holder",
        /// The grantor.
        Grantor = "grantor",
    }
}

words! {
    /// What the appraisers' values come to.
    pub enum AppraisalResult {
        /// Their mean.
        Mean = "mean",
        /// The middle one.
        Median = "median",
        /// That of the last one named.
        Last = "last",
    }
}

/// Values by persons who are independent of both parties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appraisal {
    /// How many.
    pub appraisers: u32,
    /// Who names them.
    pub named_by: AppraisersNamedBy,
    /// What their values come to.
    pub result: AppraisalResult,
    /// The latest closing, counted from their values.
    pub close_within: Duration,
}

/// Reads the `appraisal` block, if there is one.
pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Appraisal> {
    let mut appraisal = None;
    for mut block in f.blocks("appraisal") {
        if appraisal.is_some() {
            let place = block.origin().label("here again");
            let message = format!("{} says twice who appraises", f.title);
            f.findings
                .push(Finding::error("charter::value::twice", message, place).help("keep one"));
        }
        appraisal = Some(Appraisal {
            appraisers: block.or("appraisers", 1),
            named_by: block.or("named_by", AppraisersNamedBy::Both),
            result: block.or("result", AppraisalResult::Mean),
            close_within: block.or("close_within", Duration::days(60)),
        });
        for mut parameter in std::mem::take(&mut block.parameters) {
            parameter.name = format!("appraisal.{}", parameter.name);
            f.parameters.push(parameter);
        }
        block.finish(into);
    }
    appraisal
}

use jiff::ToSpan;
use jiff::civil::Date;

use super::consent::{Metric, Standard};
use crate::fields::{Collected, Fields};
use crate::registry::Entry;
use crate::value::words;
use crate::{Attribute, ClauseId, Duration, Finding, Kind, Name, Share};

words! {
    /// What a missed minimum does.
    pub enum LostMinimum {
        /// Others may supply too.
        NonExclusive = "non_exclusive",
        /// The grantor may end the agreement.
        Terminate = "terminate",
    }
}

/// The kinds of clause that say how much somebody must take.
const COUNTED: [Kind; 1] = [Kind::Commitment];

words! {
    /// How much may be ordered elsewhere while an exclusivity is suspended.
    pub enum Cover {
        /// As much as the grantor likes.
        Free = "free",
        /// By reasonable efforts no more than its last forecast said; it tells of what goes beyond.
        LastForecast = "last_forecast",
    }
}

/// "Only the holder may supply what the scope holds." Source: domain rules §1.2.
///
/// What is carved out of it is its scope's `except`, or a consent of the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusivity {
    /// The share of its requirements that the grantor must keep for the holder, contract year by
    /// contract year; the last holds for all years after. Never empty.
    pub requirement_pct: Vec<Share>,
    /// What that share is measured in, where it is less than all.
    pub metric: Option<Metric>,
    /// For each value of which attributes it is measured apart, as `[item, territory]`.
    pub measured_per: Vec<Attribute>,
    /// Whether the grantor may not even supply itself; the default, as in a supply contract.
    pub binds_grantor_too: bool,
    /// Whether it holds only while the holder is able to supply: has the goods, at the quality, price
    /// and lead time agreed.
    pub capability_condition: bool,
    /// Whether a failure of the holder's suspends it until the holder says that it can supply again.
    /// What is ordered elsewhere meanwhile may still be delivered.
    pub suspension_on_failure: bool,
    /// How much may be ordered elsewhere while it is suspended.
    pub cover: Cover,
    /// How long the holder may take to match a cheaper quote before it loses that item, if it must.
    pub price_match_condition: Option<Duration>,
    /// What the holder must take or reach to keep it.
    pub minimum_to_keep: Option<MinimumToKeep>,
    /// How freely the holder may refuse to consent to what it forbids.
    pub standard: Standard,
    /// Who says, at its discretion, whether something falls under it; a court, if nobody is named.
    pub determined_by: Option<Name>,
}

/// The commitment a holder must keep to stay exclusive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinimumToKeep {
    /// The holder's commitment.
    pub commitment: ClauseId,
    /// How much of it must be reached.
    pub share: Share,
    /// What missing it does; the grantor chooses where there are several.
    pub remedy: Vec<LostMinimum>,
    /// Whether that follows by itself, or only if the grantor says so.
    pub automatic: bool,
    /// How long the holder may take to make up for it, if it may.
    pub cure: Option<Duration>,
    /// How soon after the period the grantor must say that it was missed, if it must.
    pub notice: Option<Duration>,
}

impl Exclusivity {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Exclusivity {
        let whole = Share::percent(100);
        let mut requirement_pct = f.or("requirement_pct", vec![whole]);
        if requirement_pct.is_empty() {
            requirement_pct = vec![whole];
        }
        let metric = f.optional("metric");
        if metric.is_none() && requirement_pct.iter().any(|share| *share < whole) {
            let place = f.origin_of("requirement_pct").label("of what?");
            let message = format!("{} does not say what its share is measured in", f.title);
            let finding = Finding::error("charter::value::missing", message, place);
            into.findings.push(finding.help("add `metric = …`, as `accelerator_hours`"));
        }
        Exclusivity {
            requirement_pct,
            metric,
            measured_per: f.optional("measured_per").unwrap_or_default(),
            binds_grantor_too: f.or("binds_grantor_too", true),
            capability_condition: f.or("capability_condition", true),
            suspension_on_failure: f.or("suspension_on_failure", true),
            cover: f.or("cover", Cover::Free),
            price_match_condition: f.optional("price_match_condition"),
            minimum_to_keep: MinimumToKeep::read(f, into),
            standard: f.or("standard", Standard::Sole),
            determined_by: f.named_optional("determined_by", &[Entry::Party]),
        }
    }

    /// The share of its requirements that the grantor must keep for the holder on a day, if the
    /// clause began on `begun`.
    pub fn requirement(&self, begun: Date, on: Date) -> Share {
        let passed = self.requirement_changes(begun).take_while(|day| *day <= on).count();
        self.requirement_pct[passed]
    }

    /// The days on which that share changes, or may: the anniversaries of the beginning, as many as
    /// the contract years have shares of their own. That of 29 February is 28 February.
    pub fn requirement_changes(&self, begun: Date) -> impl Iterator<Item = Date> {
        let years = 1i16..;
        let years = years.take(self.requirement_pct.len() - 1);
        years.map_while(move |years| begun.checked_add(years.years()).ok())
    }
}

impl MinimumToKeep {
    fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<MinimumToKeep> {
        let mut block = f.block("minimum_to_keep")?;
        let commitment = block.clause_optional("commitment", into);
        let share = block.or("share", Share::percent(100));
        let remedy = block.or("remedy", vec![LostMinimum::NonExclusive]);
        let automatic = block.or("automatic", remedy.len() < 2);
        if automatic && remedy.len() > 1 {
            let place = block.origin_of("automatic").label("which of them?");
            let message = "several remedies cannot follow by themselves";
            let finding = Finding::error("charter::value::contradiction", message, place);
            into.findings.push(finding.help("keep one remedy, or leave `automatic` out"));
        }
        let cure = block.optional("cure");
        let notice = block.optional("notice");
        let commitment = match commitment {
            Some(ClauseId { kind, .. }) if !COUNTED.contains(&kind) => {
                let place = block.origin_of("commitment").label(format!("no {}", Kind::Commitment));
                let message = format!("what {} keeps is no commitment", f.title);
                let finding = Finding::error("charter::value::kind", message, place);
                into.findings.push(finding.help("name a clause as `commitment.LABEL`"));
                None
            }
            commitment => commitment,
        };
        f.adopt(block, "minimum_to_keep", into);
        let commitment = commitment?;
        Some(MinimumToKeep { commitment, share, remedy, automatic, cure, notice })
    }
}

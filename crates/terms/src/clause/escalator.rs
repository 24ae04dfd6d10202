use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Duration, Finding, Percentage};

words! {
    /// What an index is compared with.
    pub enum IndexBase {
        /// What it was when the amount was last set.
        Previous = "previous",
        /// What it was when the clause began.
        Beginning = "beginning",
    }
}

/// An amount rises by itself. Source: domain rules §1.6 (escalator) and §1.7 (index, fixed
/// escalator, cap and collar).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalator {
    /// By which percentage of what it was before it rises; none if it follows an index alone.
    pub rate: Option<Percentage>,
    /// The index it follows, up and down, if it follows one.
    pub index: Option<String>,
    /// What the index is compared with.
    pub index_base: IndexBase,
    /// How long after the clause begins it first rises.
    pub after: Duration,
    /// How often it rises then.
    pub every: Duration,
    /// How soon after that the new amount must be set.
    pub set_within: Option<Duration>,
    /// Most that it rises at once, if an index could make it rise further.
    pub cap: Option<Percentage>,
    /// Most that it falls at once, if an index could make it fall further.
    pub collar: Option<Percentage>,
}

impl Escalator {
    /// The block `escalator`, if there is one.
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Escalator> {
        let mut block = f.block("escalator")?;
        let escalator = Escalator {
            rate: block.optional("rate"),
            index: block.optional("index"),
            index_base: block.or("index_base", IndexBase::Previous),
            after: block.or("after", Duration::months(12)),
            every: block.or("every", Duration::months(12)),
            set_within: block.optional("set_within"),
            cap: block.optional("cap"),
            collar: block.optional("collar"),
        };
        if block.raw("rate").is_none() && block.raw("index").is_none() {
            let place = block.origin().label("no `rate` and no `index`");
            let message = format!("the escalator of {} does not say by how much", f.title);
            let help = "add `rate = \"3%\"` or `index = \"CPI\"`";
            into.findings
                .push(Finding::error("charter::value::missing", message, place).help(help));
        }
        f.adopt(block, "escalator", into);
        Some(escalator)
    }
}

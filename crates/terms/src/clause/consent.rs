use crate::fields::{Collected, Fields};
use crate::value::{Threshold, words};
use crate::{Duration, Finding};

words! {
    /// What a share is measured in.
    pub enum Metric {
        /// Accelerator-hours.
        AcceleratorHours = "accelerator_hours",
        /// Accelerators.
        Accelerators = "accelerators",
        /// Money spent.
        Spend = "spend",
        /// Electrical power.
        Power = "power",
    }
}

/// "The holder may do this, whatever the grantor could otherwise object to."
/// It covers only what clauses held by the grantor forbid or condition. Source: domain rules §1.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// What "primarily" means, if the consent is for something done primarily for a purpose.
    pub primarily: Option<Primarily>,
}

/// A measured "primarily": the share of `metric` that the scope's purposes must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Primarily {
    /// What is measured.
    pub metric: Metric,
    /// What the share must pass.
    pub threshold: Threshold,
    /// The trailing time it is measured over.
    pub window: Duration,
}

impl Consent {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Consent {
        let mut primarily = None;
        for mut block in f.blocks("primarily") {
            if primarily.is_some() {
                let place = block.origin().label("here again");
                let message = format!("{} says twice what `primarily` means", f.title);
                f.findings
                    .push(Finding::error("charter::value::twice", message, place).help("keep one"));
            }
            let metric = block.or("metric", Metric::AcceleratorHours);
            let threshold = block.required("threshold");
            let window = block.or("window", Duration::months(12));
            for mut parameter in std::mem::take(&mut block.parameters) {
                parameter.name = format!("primarily.{}", parameter.name);
                f.parameters.push(parameter);
            }
            block.finish(into);
            primarily = threshold.map(|threshold| Primarily { metric, threshold, window });
        }
        Consent { primarily }
    }
}

//! The steps by which a line is computed.

use exact::Exact;
use serde::{Deserialize, Serialize};

/// One step of a computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where it stands in the order of a computation, if that has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// What it is.
    pub name: String,
    /// What it was given, with every digit; none where it begins or reads a sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// What it comes to, with every digit.
    pub value: String,
}

/// The stages of a share, in the order in which one follows another. Source: domain rules §1.10.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What it is a share of.
    Base,
    /// What is taken off that.
    Deductions,
    /// The rates, and what lowers them.
    Tiers,
    /// What is credited against it.
    Credits,
    /// What is guaranteed, by what was earned.
    Guarantee,
    /// What is kept back for sums paid ahead.
    Recoupment,
    /// Most that is due for a time.
    PeriodCap,
    /// Most that is due in all.
    LifetimeCap,
    /// What is guaranteed, by what was paid.
    PaidTest,
    /// What is set off.
    Netting,
    /// The cent.
    Rounding,
}

impl Stage {
    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Stage::Base => "base",
            Stage::Deductions => "deductions",
            Stage::Tiers => "tiers",
            Stage::Credits => "credits",
            Stage::Guarantee => "guarantee",
            Stage::Recoupment => "recoupment",
            Stage::PeriodCap => "period cap",
            Stage::LifetimeCap => "lifetime cap",
            Stage::PaidTest => "paid test",
            Stage::Netting => "netting",
            Stage::Rounding => "rounding",
        }
    }
}

impl Step {
    pub(crate) fn new(name: impl Into<String>, value: &Exact) -> Step {
        Step { stage: None, name: name.into(), given: None, value: value.to_string() }
    }

    /// The step as one of a stage.
    pub(crate) fn of(self, stage: Stage) -> Step {
        Step { stage: Some(stage), ..self }
    }

    /// The step with what it was given.
    pub(crate) fn from(self, given: &Exact) -> Step {
        Step { given: Some(given.to_string()), ..self }
    }
}

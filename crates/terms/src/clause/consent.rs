use crate::fields::{Collected, Fields};
use crate::finding::Finding;
use crate::value::{Comparison, Threshold, words};
use crate::{Bound, Duration, Money, Name};

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
        /// Units of what is bought or sold.
        Units = "units",
        /// Money earned.
        Revenue = "revenue",
        /// Published content.
        Content = "content",
        /// Promotional placements.
        Placements = "placements",
        /// Shares of one class of a company.
        Securities = "securities",
    }
}

words! {
    /// What sort of thing a consent lets by.
    pub enum CarveOut {
        /// Whatever its scope and limits hold: a quantity, a share, a purpose.
        General = "general",
        /// What the holder did already when the consent began, as it then did it.
        PreExisting = "pre_existing",
        /// A stake held to invest, without control or a part in the business.
        Passive = "passive",
        /// What only accompanies something else and is not its purpose.
        Incidental = "incidental",
    }
}

words! {
    /// How freely consent may be refused.
    pub enum Standard {
        /// At the sole discretion of whoever is asked.
        Sole = "sole",
        /// Not unreasonably.
        NotUnreasonable = "not_unreasonable",
    }
}

words! {
    /// What no answer in time is taken for.
    pub enum DeemedResult {
        /// Consent.
        Grant = "grant",
        /// Refusal.
        Refuse = "refuse",
    }
}

words! {
    /// When a measured share is tested.
    pub enum TestDates {
        /// At all times.
        Always = "always",
        /// At the end of each month.
        Monthly = "monthly",
        /// At the end of each quarter.
        Quarterly = "quarterly",
        /// At the end of each year.
        Yearly = "yearly",
    }
}

words! {
    /// What shows the measured share.
    pub enum Evidence {
        /// What is metered, by the purpose it is metered under.
        Metered = "metered",
        /// The holder's records, as audited.
        Audit = "audit",
        /// A certificate of the holder's officer.
        Certificate = "certificate",
    }
}

words! {
    /// What follows where a test fails and is not cured.
    pub enum OnFail {
        /// The consent no longer covers what is beyond it.
        ExcessInScope = "excess_in_scope",
        /// The holder is in breach.
        Breach = "breach",
        /// The consent ends.
        Ends = "ends",
    }
}

/// "The holder may do this, whatever the grantor could otherwise object to."
/// It covers only what clauses held by the grantor forbid or condition. Source: domain rules §1.3.
///
/// A carve-out of a quantity or for a purpose is one whose scope says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// What sort of thing it lets by.
    pub kind: CarveOut,
    /// How freely the grantor may refuse, where it must still be asked; none where this is its consent.
    pub standard: Option<Standard>,
    /// How long after it was asked an answer counts as given, if it ever does.
    pub deemed_after: Option<Duration>,
    /// What no answer is taken for then.
    pub deemed_result: DeemedResult,
    /// What the holder gives the grantor to consider, if asked: `samples`, `plans`.
    pub information_on_request: Vec<Name>,
    /// What must have happened; each of these.
    pub provided: Vec<Bound>,
    /// What "primarily" means, if the consent is for something done primarily for a purpose.
    pub primarily: Option<Primarily>,
    /// Up to how much it goes; each of these must be kept.
    pub limits: Vec<Limit>,
}

/// A measured "primarily": the share that the scope's purposes must have of all that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Primarily {
    /// What the share must pass.
    pub threshold: Threshold,
    /// How the share is measured.
    pub measure: Measure,
}

/// The most of something that a consent covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The share of the whole that it may have.
    pub threshold: Option<Threshold>,
    /// The amount that it may come to in a window.
    pub amount: Option<Money>,
    /// How it is measured.
    pub measure: Measure,
}

/// How a share is measured, and what follows if it is missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// What is measured.
    pub metric: Metric,
    /// The trailing time it is measured over.
    pub window: Duration,
    /// When it is tested.
    pub test_dates: TestDates,
    /// What shows it.
    pub evidence: Evidence,
    /// How long the holder may take to cure a failed test.
    pub cure: Duration,
    /// What follows if it does not.
    pub on_fail: OnFail,
}

impl Consent {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Consent {
        let kind = f.or("kind", CarveOut::General);
        let standard = f.optional("standard");
        let deemed_after = f.optional("deemed_after");
        let deemed_result = f.or("deemed_result", DeemedResult::Refuse);
        let information_on_request: Vec<Name> =
            f.optional("information_on_request").unwrap_or_default();
        let provided: Vec<Bound> = f.optional("provided").unwrap_or_default();
        f.expect_conditions("provided", &provided, into);
        for (name, is_said) in [
            ("deemed_after", deemed_after.is_some()),
            ("information_on_request", !information_on_request.is_empty()),
        ] {
            if standard.is_none() && is_said {
                let place = f.origin_of(name).label("nothing is asked");
                let message = format!("{} is given already, so no answer is awaited", f.title);
                let finding = Finding::error("charter::value::contradiction", message, place);
                into.findings.push(finding.help("add `standard = …` if the grantor must be asked"));
            }
        }
        let primarily = read_primarily(f, into);
        let limits = read_limits(f, into);
        Consent {
            kind,
            standard,
            deemed_after,
            deemed_result,
            information_on_request,
            provided,
            primarily,
            limits,
        }
    }

    /// Whether it covers whatever its scope holds: it need not be asked for, proved or measured
    /// first. What is done *primarily* for a purpose is measured afterwards, and may be cured.
    pub fn is_outright(&self) -> bool {
        self.kind == CarveOut::General
            && self.standard.is_none()
            && self.provided.is_empty()
            && self.limits.is_empty()
    }
}

fn read_primarily(f: &mut Fields<'_>, into: &mut Collected) -> Option<Primarily> {
    let mut block = f.block("primarily")?;
    let threshold: Option<Threshold> = block.required("threshold");
    let measure = Measure::read(&mut block);
    expect_direction(&block, threshold, false, into);
    f.adopt(block, "primarily", into);
    threshold.map(|threshold| Primarily { threshold, measure })
}

fn read_limits(f: &mut Fields<'_>, into: &mut Collected) -> Vec<Limit> {
    let mut limits = Vec::new();
    for mut block in f.blocks("limit") {
        let threshold: Option<Threshold> = block.optional("threshold");
        let amount = block.optional("amount");
        let measure = Measure::read(&mut block);
        expect_direction(&block, threshold, true, into);
        if threshold.is_none() && amount.is_none() {
            let place = block.origin().label("no limit");
            let message = format!("a `limit` of {} limits nothing", f.title);
            let finding = Finding::error("charter::value::missing", message, place);
            into.findings.push(finding.help("add `threshold = \"<= 20%\"` or an `amount`"));
        }
        f.adopt(block, &format!("limit {}", limits.len() + 1), into);
        limits.push(Limit { threshold, amount, measure });
    }
    limits
}

/// What is primarily so is more than a bound, and what is limited is less.
fn expect_direction(
    block: &Fields<'_>,
    threshold: Option<Threshold>,
    limits: bool,
    into: &mut Collected,
) {
    let Some(threshold) = threshold else { return };
    let is_limit = matches!(threshold.comparison, Comparison::Below | Comparison::AtMost);
    if is_limit != limits {
        let place = block.origin_of("threshold").label("the other way round");
        let message = format!("`{threshold}` is {} limit", if is_limit { "a" } else { "no" });
        let help = if limits { "\"<= 20%\"" } else { "\"> 50%\"" };
        let finding = Finding::error("charter::value::direction", message, place);
        into.findings.push(finding.help(format!("write it as {help}")));
    }
}

impl Measure {
    fn read(block: &mut Fields<'_>) -> Measure {
        Measure {
            metric: block.or("metric", Metric::AcceleratorHours),
            window: block.or("window", Duration::months(12)),
            test_dates: block.or("test_dates", TestDates::Quarterly),
            evidence: block.or("evidence", Evidence::Metered),
            cure: block.or("cure", Duration::days(60)),
            on_fail: block.or("on_fail", OnFail::ExcessInScope),
        }
    }
}

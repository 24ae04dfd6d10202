//! How much, over what time: what a minimum must reach and a maximum may not pass.

use jiff::civil::Date;

use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Bound, Duration, Finding, Money, Percentage, Quantity};

words! {
    /// Over what time, or in what, so much is counted.
    pub enum Per {
        /// The clause's whole time.
        Term = "term",
        /// A year from the clause's beginning or its anniversary.
        Year = "year",
        /// A year from 1 January.
        CalendarYear = "calendar_year",
        /// Three months from the clause's beginning, and so on.
        Quarter = "quarter",
        /// Three months from 1 January, 1 April, 1 July or 1 October.
        CalendarQuarter = "calendar_quarter",
        /// A calendar month.
        Month = "month",
        /// A week.
        Week = "week",
        /// A day.
        Day = "day",
        /// An hour.
        Hour = "hour",
        /// One order, shipment or occasion.
        Order = "order",
        /// Any one moment.
        AtAnyTime = "at_any_time",
    }
}

words! {
    /// What a percentage is of, within the clause's scope.
    pub enum Whole {
        /// All that the bound party needs, whoever supplies it.
        Requirements = "requirements",
        /// What the last forecast says for the period.
        Forecast = "forecast",
        /// What the agreement contracts for a year.
        AnnualQuantity = "annual_quantity",
        /// What was ordered, nominated or scheduled for the period.
        Orders = "orders",
        /// What the supplier can make, carry or host.
        Capacity = "capacity",
        /// What is delivered or tendered for delivery in the period.
        Deliveries = "deliveries",
        /// All that the bound party has of it.
        Holdings = "holdings",
        /// All that the supplier handles for anybody.
        Throughput = "throughput",
        /// What the supplier allots itself and its affiliates.
        OwnUse = "own_use",
        /// All that the other party offers or puts forward.
        Offered = "offered",
        /// What the bound party takes in.
        Revenue = "revenue",
        /// What the bound party was paid or funded under the agreement.
        PaymentsReceived = "payments_received",
        /// What the bound party spends.
        Spending = "spending",
        /// What the whole market sells.
        Market = "market",
        /// All shares in a company.
        Ownership = "ownership",
        /// What it was in the period before.
        PreviousPeriod = "previous_period",
        /// All that the agreement lists or sets as the aim.
        Target = "target",
    }
}

words! {
    /// Which of several measures of one thing counts.
    pub enum Whichever {
        /// The greatest.
        Greater = "greater",
        /// The least.
        Lesser = "lesser",
    }
}

words! {
    /// When what lies within a level is due.
    pub enum When {
        /// Without being asked for.
        Unasked = "unasked",
        /// When the holder asks for it.
        OnRequest = "on_request",
        /// As the parties agree each time.
        AsAgreed = "as_agreed",
        /// When the grantor's other engagements leave room for it.
        AsAvailable = "as_available",
    }
}

/// How much, over what time. Source: domain rules §1.6 (quantity per period or schedule) and §1.7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// How much, unless a step says otherwise.
    pub measures: Measures,
    /// Which of an amount, quantities and a percentage counts, if there are several.
    pub whichever: Whichever,
    /// Whether the parties have yet to agree, in good faith, how much it is.
    pub to_be_agreed: bool,
    /// Over what time it is counted.
    pub per: Per,
    /// How many such times are counted together, as 4 where it is so much in four years.
    pub periods: u32,
    /// Whether every run of so many counts, not only one after the other.
    pub rolling: bool,
    /// How long after the clause begins it must be reached, if that is before the time counted ends.
    pub within: Option<Duration>,
    /// What it is counted separately for, as `site` or `product`; for all together if not stated.
    pub each: Option<String>,
    /// What it is from later on, in order.
    pub steps: Vec<Step>,
}

/// So much money, so many of something, or such a part of a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measures {
    /// How much money.
    pub amount: Option<Money>,
    /// How many, of each of these separately.
    pub quantity: Vec<Quantity>,
    /// Which part of `of`.
    pub share: Option<Percentage>,
    /// What the share is of.
    pub of: Option<Whole>,
    /// The days on which equal parts of the amount are payable, if it is payable in parts.
    pub instalments: Vec<Date>,
}

/// What a level is from some time on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When the step begins.
    pub begins: StepBegins,
    /// How much it is then.
    pub measures: Measures,
    /// Over what time it is then counted.
    pub per: Per,
}

/// When a step of a level begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepBegins {
    /// So long after the clause begins.
    After(Duration),
    /// On this day or event.
    On(Bound),
}

impl Level {
    /// Reads the level of a minimum or maximum; `whichever` is what counts if nothing is said.
    pub(super) fn read(
        f: &mut Fields<'_>,
        per: Per,
        whichever: Whichever,
        into: &mut Collected,
    ) -> Option<Level> {
        let measures = Measures::read(f, into);
        let per = f.or("per", per);
        let level = Level {
            measures,
            whichever: f.or("whichever", whichever),
            to_be_agreed: f.or("to_be_agreed", false),
            per,
            periods: f.or("periods", 1),
            rolling: f.or("rolling", false),
            within: f.optional("within"),
            each: f.optional("each"),
            steps: steps(f, per, into),
        };
        if level.measures.is_empty() && level.steps.is_empty() && !level.to_be_agreed {
            // What is there and cannot be read is told already.
            if ["amount", "quantity", "share"].iter().any(|name| f.raw(name).is_some()) {
                return None;
            }
            let place = f.origin().label("no `amount`, `quantity`, `share` or `step`");
            let message = format!("{} does not say how much", f.title);
            let help = "add `amount = \"USD 1_000_000\"`, `quantity = \"12_000 H100\"`, or \
                        `share = \"80%\"` and what it is `of`";
            into.findings
                .push(Finding::error("charter::value::missing", message, place).help(help));
            return None;
        }
        Some(level)
    }
}

impl Measures {
    fn read(f: &mut Fields<'_>, into: &mut Collected) -> Measures {
        let measures = Measures {
            amount: f.optional("amount"),
            quantity: f.optional("quantity").unwrap_or_default(),
            share: f.optional("share"),
            of: f.optional("of"),
            instalments: f.optional("instalments").unwrap_or_default(),
        };
        let alone = match (f.raw("share").is_some(), f.raw("of").is_some()) {
            (true, false) => Some(("share", "a share of what?", "add `of = requirements`")),
            (false, true) => Some(("of", "no share of it", "add `share = \"80%\"`")),
            _ => None,
        };
        if let Some((name, label, help)) = alone {
            let place = f.origin_of(name).label(label);
            let message = format!("{} needs `share` and `of` together", f.title);
            into.findings
                .push(Finding::error("charter::value::missing", message, place).help(help));
        }
        if f.raw("instalments").is_some() && f.raw("amount").is_none() {
            let place = f.origin_of("instalments").label("of no `amount`");
            let message = format!("{} has instalments of nothing", f.title);
            let help = "say the `amount` that is payable in equal parts";
            into.findings
                .push(Finding::error("charter::value::missing", message, place).help(help));
        }
        measures
    }

    fn is_empty(&self) -> bool {
        self.amount.is_none() && self.quantity.is_empty() && self.share.is_none()
    }
}

fn steps(f: &mut Fields<'_>, per: Per, into: &mut Collected) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (at, mut block) in f.blocks("step").into_iter().enumerate() {
        let from: Option<Bound> = block.optional("from");
        block.expect_conditions("from", from.as_slice(), into);
        let begins = match from {
            Some(bound) => StepBegins::On(bound),
            None => StepBegins::After(block.or("after", Duration::months(0))),
        };
        block.mark_asked("after");
        let measures = Measures::read(&mut block, into);
        let per = block.or("per", per);
        if !steps.last().is_none_or(|before| rises(&before.begins, &begins)) {
            let place = block.origin().label("not after this step");
            let message = format!("the steps of {} are out of order", f.title);
            let help = "write steps in the order in which they begin";
            into.findings.push(Finding::error("charter::level::steps", message, place).help(help));
        }
        f.adopt(block, &format!("step {}", at + 1), into);
        steps.push(Step { begins, measures, per });
    }
    steps
}

/// Whether a step may follow another; what is told in different units or by an event may.
fn rises(before: &StepBegins, after: &StepBegins) -> bool {
    match (before, after) {
        (StepBegins::After(before), StepBegins::After(after)) if before.unit == after.unit => {
            before.count < after.count
        }
        (StepBegins::On(Bound::On(before)), StepBegins::On(Bound::On(after))) => before < after,
        _ => true,
    }
}

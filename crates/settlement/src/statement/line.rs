//! A line: what is due, with everything that says why; and what it posts.

use exact::Exact;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::value::Currency;
use terms::{Basis, Clause, Money, Name, Parameter};

use super::{Balance, SettleError, Step};
use crate::month::Month;
use crate::posting::Transaction;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What sort of line it is.
    pub kind: LineKind,
    /// What it is for.
    pub title: String,
    /// The clause or price list it rests on.
    pub clause: String,
    /// The document that stands in.
    pub document: String,
    /// The line of the document its block begins on.
    pub line: usize,
    /// The party that owes it; for revenue, the party that earns it.
    pub from: Name,
    /// The party it is owed to; for revenue, `customers`.
    pub to: Name,
    /// What it comes to.
    pub amount: Money,
    /// The same before rounding, with every digit.
    pub exact: String,
    /// How it was computed, step by step.
    pub steps: Vec<Step>,
    /// What it comes from, day by day.
    pub days: Vec<Day>,
    /// What its clause goes on with: an advance that is not recouped, a bank of hours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub balances: Vec<Balance>,
    /// The day it is to be paid, if the clause says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payable: Option<Date>,
    /// The closed month it adjusts, if it adjusts one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adjusts: Option<Adjusts>,
    /// Values behind it that no source states.
    pub assumed: Vec<Parameter>,
}

/// What a line changes of a month whose books are closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjusts {
    /// The closed month.
    pub month: Month,
    /// The title of its line.
    pub line: String,
    /// What was booked for it so far: in its own statement and by adjustments since.
    pub booked: Money,
    /// What it comes to today.
    pub restated: Money,
}

/// The sorts of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// What customers are charged.
    Revenue,
    /// A share of revenue that is due.
    RevenueShare,
    /// A sum paid ahead of a revenue share, to be recouped from it.
    Advance,
    /// What is kept back of a revenue share for a sum paid ahead.
    Recoupment,
    /// A sum paid beside a revenue share.
    LumpSum,
    /// A share of profit, or of a loss.
    ProfitParticipation,
    /// What remains once shares in both directions are set off.
    Net,
    /// Capacity that stood.
    Capacity,
    /// How far a commitment is drawn down.
    Drawdown,
    /// What one party has paid another.
    Payment,
    /// What capacity costs beyond what was charged for it.
    PriceAdjustment,
    /// What is given back of what was charged for capacity.
    Credit,
    /// What is due for capacity that was not taken.
    TakeOrPay,
    /// Paid for capacity before it is taken.
    Prepayment,
    /// What of that is set off against what is charged for capacity, or given back.
    PrepaymentUsed,
    /// Damages agreed beforehand.
    Damages,
    /// What is paid for a project.
    Funding,
    /// The same, to be paid back.
    Loan,
}

/// What one day adds to a line's base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The UTC day.
    pub day: Date,
    /// Calls.
    pub events: u64,
    /// What they were charged, with every digit.
    pub amount: String,
    /// What a charge for usage or capacity is made of. What a share is of, the lines it is of say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Charge>,
}

/// One quantity at one price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The product the calls were made for; for capacity, the case and lot.
    pub product: String,
    /// Where the model ran; for capacity, who supplied it.
    pub host: String,
    /// How the calls were processed, as `standard` or `batch`; nothing for capacity.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tier: String,
    /// What is counted: a class of tokens, as `input`, `calls`, or `accelerator-hours`.
    pub class: String,
    /// How many, in full.
    pub quantity: String,
    /// The price of `per` of them, in the currency of the line.
    pub price: Decimal,
    /// How many the price is for.
    pub per: u32,
    /// What they come to, with every digit.
    pub amount: String,
}

impl Line {
    /// A line of a clause, between its grantor and its holder, as nothing but what it comes to.
    pub(crate) fn under(
        clause: &Clause,
        kind: LineKind,
        title: String,
        exact: &Exact,
        currency: Currency,
    ) -> Result<Line, SettleError> {
        Ok(Line {
            kind,
            amount: rounded(&title, exact, currency)?,
            title,
            clause: clause.id.to_string(),
            document: clause.origin.document.name.clone(),
            line: clause.origin.line(),
            from: clause.grantor.clone(),
            to: clause.holder.clone(),
            exact: exact.to_string(),
            steps: Vec::new(),
            days: Vec::new(),
            balances: Vec::new(),
            payable: None,
            adjusts: None,
            assumed: assumed(clause),
        })
    }

    /// What it is for; of an adjustment, what the adjusted line is for.
    pub fn of(&self) -> &str {
        self.adjusts.as_ref().map_or(&self.title, |adjusts| &adjusts.line)
    }

    /// What the line posts, in the books of both parties. A drawdown posts nothing: it is what
    /// capacity that has been posted means for a commitment.
    pub(super) fn postings(&self, date: Date) -> Vec<Transaction> {
        let clause = Some(self.clause.as_str()).filter(|clause| !clause.is_empty());
        let post = |debit: String, credit: String| {
            Transaction::transfer(date, &self.title, clause, debit, credit, self.amount)
        };
        if self.amount.amount.is_zero() {
            return Vec::new();
        }
        let (from, to) = (&self.from, &self.to);
        // The party that owes has it on one account, the party it is owed to on another.
        let owed = |debited: &str, credited: &str| {
            vec![
                post(format!("{from}:{debited}:{to}"), format!("{from}:liabilities:{to}")),
                post(format!("{to}:assets:{from}"), format!("{to}:{credited}:{from}")),
            ]
        };
        match self.kind {
            LineKind::Revenue => {
                // The channel and model, out of the line's own title.
                let what = self.of().replace(' ', ":");
                vec![post(format!("{from}:assets:customers"), format!("{from}:revenue:{what}"))]
            }
            LineKind::RevenueShare | LineKind::LumpSum => {
                owed("expenses:revenue-share", "revenue:revenue-share")
            }
            LineKind::ProfitParticipation => {
                owed("expenses:profit-participation", "revenue:profit-participation")
            }
            // What is paid ahead is owed back until it is recouped, and is an expense only then.
            LineKind::Advance => vec![
                post(format!("{from}:assets:advances:{to}"), format!("{from}:liabilities:{to}")),
                post(format!("{to}:assets:{from}"), format!("{to}:liabilities:advances:{from}")),
            ],
            LineKind::Recoupment => vec![
                post(
                    format!("{from}:expenses:revenue-share:{to}"),
                    format!("{from}:assets:advances:{to}"),
                ),
                post(
                    format!("{to}:liabilities:advances:{from}"),
                    format!("{to}:revenue:revenue-share:{from}"),
                ),
            ],
            LineKind::Payment => vec![
                post(format!("{from}:liabilities:{to}"), format!("{from}:assets:bank")),
                post(format!("{to}:assets:bank"), format!("{to}:assets:{from}")),
            ],
            LineKind::Capacity => owed("expenses:capacity", "revenue:capacity"),
            LineKind::PriceAdjustment => owed("expenses:capacity", "revenue:capacity"),
            // What was charged too much is taken off the supplier's revenue and the customer's cost.
            LineKind::Credit => owed("revenue:capacity", "expenses:capacity"),
            LineKind::TakeOrPay => owed("expenses:take-or-pay", "revenue:take-or-pay"),
            // What is paid in advance is a cost once it is used, or once nothing more can be.
            LineKind::Prepayment => owed("assets:prepaid", "liabilities:deferred"),
            LineKind::PrepaymentUsed => owed("liabilities:deferred", "assets:prepaid"),
            LineKind::Damages => owed("expenses:damages", "revenue:damages"),
            LineKind::Funding => owed("expenses:funding", "revenue:funding"),
            LineKind::Loan => owed("assets:loans", "liabilities:loans"),
            // What a net sets off is posted with it; what it leaves is in the books already.
            LineKind::Net | LineKind::Drawdown => Vec::new(),
        }
    }
}

/// The values of a clause that no source states.
pub(super) fn assumed(clause: &Clause) -> Vec<Parameter> {
    let is_assumed = |parameter: &&Parameter| matches!(parameter.basis, Basis::Assumed(_));
    clause.parameters.iter().filter(is_assumed).cloned().collect()
}

pub(super) fn rounded(
    line: &str,
    amount: &Exact,
    currency: Currency,
) -> Result<Money, SettleError> {
    amount
        .round(currency.scale())
        .map(|amount| Money { amount, currency })
        .ok_or_else(|| SettleError::TooLarge { line: line.to_string(), amount: amount.to_string() })
}

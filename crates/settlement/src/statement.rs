//! The statement of a month: what is due, line by line, each with its clause.

mod capacity;
mod commitments;
mod damages;
mod funding;
mod holding;
mod netting;
mod not_computed;
mod participation;
mod payments;
mod prices;
mod revenue;
mod shares;
mod step;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use terms::value::Currency;
use terms::{Basis, Clause, Known, Money, Name, Parameter, Terms};
use thiserror::Error;

use crate::adjustment::{Restated, adjustments};
use crate::figure::{Figure, FigureKind};
use crate::month::Month;
use crate::posting::Transaction;
use crate::rating::{self, Unrated};
use crate::scan::Usage;
use exact::Exact;

pub use capacity::Capacity;
pub use damages::Damages;
pub use step::{Stage, Step};

/// Everything a statement depends on.
#[derive(Debug)]
pub struct Input<'a> {
    /// The terms.
    pub terms: &'a Terms,
    /// Which of them are taken to be known.
    pub known: Known,
    /// The month.
    pub month: Month,
    /// The present day, in UTC: a month that is not over is not final.
    pub today: Date,
    /// Its usage, as [`crate::scan()`] sums it.
    pub usage: &'a [Usage],
    /// Calls in it of which nobody knows what they used.
    pub unmetered: &'a [Unrated],
    /// The capacity that stood in it.
    pub capacity: &'a [Capacity],
    /// The capacity that was due in it, by day, and did not stand.
    pub undelivered: &'a [Capacity],
    /// The damages for delay that fell due in it.
    pub damages: &'a [Damages],
    /// What was reported for it and for earlier days; of figures with one id the latest alone.
    pub figures: &'a [Figure],
    /// What earlier months came to, as they are computed today.
    pub earlier: &'a [Earlier],
    /// Earlier months whose books are closed, as they are computed today.
    pub closed: &'a [Restated<'a>],
}

/// What a clause came to in an earlier month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// The month.
    pub month: Month,
    /// As what sort of line.
    pub kind: LineKind,
    /// The clause.
    pub clause: String,
    /// The document it stands in.
    pub document: String,
    /// What it came to.
    pub amount: Money,
    /// What it carried forward.
    pub balances: Vec<Balance>,
}

/// A month's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The month.
    pub month: Month,
    /// Whether nothing more can come and everything could be rated. If not, nothing is posted.
    pub is_final: bool,
    /// Why it is not final.
    #[serde(default)]
    pub open: Vec<String>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Calls that could not be rated.
    pub unrated: Vec<Unrated>,
    /// Clauses in force in the month that move money by rules not computed here, some with the rules.
    #[serde(default)]
    pub not_computed: Vec<String>,
    /// What it posts; every transaction balances.
    pub transactions: Vec<Transaction>,
}

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

/// A sum that a clause goes on with from month to month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What it is, as `advance to recoup` or `due in 2025`. Another name is another balance.
    pub name: String,
    /// What it was brought forward with, with every digit.
    pub brought: String,
    /// What is carried forward.
    pub carried: String,
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

/// Why a month cannot be settled at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettleError {
    /// An amount has more digits than money can hold.
    #[error("`{line}` comes to more than can be paid: {amount}")]
    TooLarge {
        /// The line.
        line: String,
        /// The amount.
        amount: String,
    },
}

/// Computes a month's statement. The same input always gives the same statement.
///
/// # Errors
/// [`SettleError`] if an amount is too large to be money.
pub fn settle(input: &Input<'_>) -> Result<Statement, SettleError> {
    let (rated, mut unrated) = rating::rate(&input.terms.registry, input.usage);
    unrated.extend_from_slice(input.unmetered);
    let mut lines = revenue::lines(&rated)?;
    let prices = prices::of(input)?;
    let mut others = capacity::lines(input, &prices.capacity)?;
    let (commitments, unpriced) = commitments::lines(input, &prices.capacity, &others)?;
    others.extend(prices.lines);
    others.extend(commitments);
    others.extend(damages::lines(input)?);
    others.extend(funding::lines(input)?);
    let (participations, without_figures) = participation::lines(input, &rated)?;
    others.extend(participations);
    // A share may be of what other clauses come to.
    let (mut shares, left_out) = shares::lines(input, &rated, &others)?;
    let adjusted = input.closed.iter().flat_map(adjustments);
    let (of_shares, adjusted): (Vec<_>, Vec<_>) =
        adjusted.partition(|line| line.kind == LineKind::RevenueShare);
    // A share that is adjusted is set off with the others.
    shares.extend(of_shares);
    let nets = netting::net(input, &shares);
    lines.extend(shares);
    lines.extend(others);
    lines.extend(payments::lines(input));
    lines.extend(adjusted);
    let mut open = open(input, &unrated);
    open.extend(left_out);
    open.extend(prices.left_out);
    open.extend(unpriced);
    open.extend(without_figures);
    let is_final = open.is_empty();
    let mut transactions = Vec::new();
    // What is not final must not look like books.
    if is_final {
        let date = input.month.first().last_of_month();
        transactions.extend(lines.iter().flat_map(|line| line.postings(date)));
        transactions.extend(nets.iter().flat_map(|net| net.postings(date)));
    }
    // The net stands below the shares it is of.
    let below = lines.iter().rposition(|line| line.kind == LineKind::RevenueShare);
    let below = below.map_or(lines.len(), |at| at + 1);
    lines.splice(below..below, nets.into_iter().map(|net| net.line));
    let not_computed = not_computed::not_computed(input);
    Ok(Statement { month: input.month, is_final, open, lines, unrated, not_computed, transactions })
}

/// Why a statement is not final.
fn open(input: &Input<'_>, unrated: &[Unrated]) -> Vec<String> {
    let mut open = Vec::new();
    if input.today < input.month.end() {
        open.push(format!("the month is not over before {}", input.month.end()));
    }
    let calls: u64 = unrated.iter().map(|unrated| unrated.events).sum();
    if calls > 0 {
        open.push(format!("{calls} calls could not be rated"));
    }
    for closed in input.closed.iter().filter(|closed| !closed.today.is_final) {
        let Statement { month, open: why, .. } = closed.today;
        open.push(format!("{month}, which is closed, cannot be computed anew: {}", why.join("; ")));
    }
    open
}

impl Earlier {
    /// What a line of a month came to.
    pub fn of(month: Month, line: &Line) -> Earlier {
        Earlier {
            month,
            kind: line.kind,
            clause: line.clause.clone(),
            document: line.document.clone(),
            amount: line.amount,
            balances: line.balances.clone(),
        }
    }
}

impl Input<'_> {
    /// What a clause's last month before this one carried forward, in a currency; in any if none is
    /// given.
    pub(crate) fn brought(
        &self,
        clause: &Clause,
        currency: impl Into<Option<Currency>>,
    ) -> Brought {
        let (id, currency) = (clause.id.to_string(), currency.into());
        let of_clause = self.earlier.iter().filter(|earlier| {
            earlier.month < self.month
                && earlier.clause == id
                && earlier.document == clause.origin.document.name
                && currency.is_none_or(|currency| earlier.amount.currency == currency)
        });
        let last = of_clause.clone().map(|earlier| earlier.month).max();
        // A clause may have several lines in a month.
        let of_last = of_clause.filter(|earlier| Some(earlier.month) == last);
        let balances = of_last.flat_map(|earlier| &earlier.balances);
        Brought(balances.map(|balance| (balance.name.clone(), balance.carried())).collect())
    }

    /// The last figure of a kind up to and with a day, of those that are meant.
    pub(crate) fn latest(
        &self,
        kind: impl Into<FigureKind>,
        on: Date,
        is_meant: impl Fn(&Figure) -> bool,
    ) -> Option<&Figure> {
        let kind = kind.into();
        let figures = self.figures.iter();
        figures
            .filter(|figure| figure.of == kind && figure.on <= on && is_meant(figure))
            .max_by_key(|figure| figure.on)
    }

    /// The figures of a kind that count in the month.
    pub(crate) fn figures(&self, kind: impl Into<FigureKind>) -> impl Iterator<Item = &Figure> {
        let (kind, month) = (kind.into(), self.month);
        let figures = self.figures.iter();
        figures.filter(move |figure| figure.of == kind && Month::of(figure.on) == month)
    }
}

/// What a clause was brought forward with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Brought(BTreeMap<String, Exact>);

impl Brought {
    /// A balance; nothing if it was never carried.
    pub(crate) fn get(&self, name: &str) -> Exact {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// The balances whose names begin so, without that beginning.
    pub(crate) fn named<'a>(
        &'a self,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Exact)> + 'a {
        let balances = self.0.iter();
        balances.filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
    }

    /// A balance, if it was carried.
    pub(crate) fn find(&self, name: &str) -> Option<Exact> {
        self.0.get(name).cloned()
    }

    /// What was carried.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The balance as it goes on with `carried`.
    pub(crate) fn carry(&self, name: &str, carried: &Exact) -> Balance {
        Balance {
            name: name.to_string(),
            brought: self.get(name).to_string(),
            carried: carried.to_string(),
        }
    }
}

impl Balance {
    /// What is carried forward.
    pub(crate) fn carried(&self) -> Exact {
        // INVARIANT: it was written by `Brought::carry`; the journal's hashes vouch for the rest.
        self.carried.parse().unwrap_or_default()
    }
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
    fn postings(&self, date: Date) -> Vec<Transaction> {
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
fn assumed(clause: &Clause) -> Vec<Parameter> {
    let is_assumed = |parameter: &&Parameter| matches!(parameter.basis, Basis::Assumed(_));
    clause.parameters.iter().filter(is_assumed).cloned().collect()
}

fn rounded(line: &str, amount: &Exact, currency: Currency) -> Result<Money, SettleError> {
    amount
        .round(currency.scale())
        .map(|amount| Money { amount, currency })
        .ok_or_else(|| SettleError::TooLarge { line: line.to_string(), amount: amount.to_string() })
}

//! The statement of a month: what is due, line by line, each with its clause.

mod balance;
mod capacity;
mod commitments;
mod damages;
mod funding;
mod holding;
mod line;
mod netting;
mod not_computed;
mod participation;
mod payments;
mod prices;
mod revenue;
mod shares;
mod step;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use terms::{Known, Terms};
use thiserror::Error;

use crate::adjustment::{Restated, adjustments, paid_next};
use crate::figure::{Figure, FigureKind};
use crate::month::Month;
use crate::posting::Transaction;
use crate::rating::{self, Unrated};
use crate::scan::Usage;

pub use balance::{Balance, Earlier};
pub(crate) use balance::{Brought, is_of};
pub use capacity::Capacity;
pub use damages::Damages;
pub use line::{Adjusts, Charge, Day, Line, LineKind};
use line::{assumed, rounded};
pub(crate) use prices::standing as favoured_prices;
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
    let (of_shares, adjusted): (Vec<_>, Vec<_>) = adjusted
        .map(|line| paid_next(line, input.month, shares.iter().chain(&others)))
        .partition(|line| line.kind == LineKind::RevenueShare);
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

impl Input<'_> {
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

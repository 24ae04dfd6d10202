//! What parties hold of each other on a day: stakes and what they are worth, what is left of
//! commitments, what of projects is paid, and licences with their ends.

use exact::Exact;
use jiff::civil::Date;
use serde::Serialize;
use terms::clause::{Funding, Tranche};
use terms::value::Currency;
use terms::{Clause, Known, Money, Name, Provision, Share, Terms};

use crate::figure::{Amount, Figure, Other};
use crate::month::Month;
use crate::statement::{
    Balance, Capacity, Input, Line, LineKind, Statement, favoured_prices, is_of,
};

/// All that is held on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The day.
    pub on: Date,
    /// Stakes.
    pub stakes: Vec<Stake>,
    /// Commitments that go on.
    pub commitments: Vec<Committed>,
    /// Projects that are paid for.
    pub funding: Vec<Funded>,
    /// Licences that go on.
    pub licences: Vec<Licensed>,
}

/// Who is on which side of a clause, and until when it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The clause.
    pub clause: String,
    /// The party that is bound.
    pub grantor: Name,
    /// The party that holds it.
    pub holder: Name,
    /// The first day it no longer holds, if that is known.
    pub until: Option<Date>,
}

/// A stake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stake {
    /// Whose, in whom.
    #[serde(flatten)]
    pub held: Held,
    /// What the investor got.
    pub instrument: String,
    /// What was put in.
    pub amount: Option<Money>,
    /// Which part of the issuer it is.
    pub stake: Option<Share>,
    /// What it is worth.
    pub worth: Option<Worth>,
}

/// What a stake is worth, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Worth {
    /// How much.
    pub amount: Money,
    /// The day it was said for, if it was reported; else the clause states it.
    pub on: Option<Date>,
    /// The figure it was reported as.
    pub figure: Option<String>,
}

/// What is left of a commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Committed {
    /// Whose, to whom.
    #[serde(flatten)]
    pub held: Held,
    /// Over one amount: how much it is for.
    pub committed: Option<Money>,
    /// Over one amount: what is left after the months that were settled, with every digit.
    pub left: Option<String>,
    /// Over periods: what the last settled month carried forward.
    pub balances: Vec<Balance>,
}

/// What is paid for a project, by the grantor, to the holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Funded {
    /// Who pays, and whom.
    #[serde(flatten)]
    pub held: Held,
    /// The project.
    pub project: String,
    /// How much in all, if that is known.
    pub amount: Option<Money>,
    /// What fell due and was drawn up to the last settled month.
    pub balances: Vec<Balance>,
    /// What falls due after the day, the soonest, if a day is known.
    pub next: Option<Due>,
}

/// An amount and its day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The day.
    pub on: Date,
    /// How much.
    pub amount: Money,
}

/// A licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Licensed {
    /// Whose, to whom.
    #[serde(flatten)]
    pub held: Held,
    /// Whether it has no end in time.
    pub perpetual: bool,
    /// Whether the grantor cannot take it back.
    pub irrevocable: bool,
}

/// What most favoured terms come to on a day, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Favoured {
    /// Who is bound, and who is favoured.
    pub held: Held,
    /// The currency of all prices.
    pub currency: Currency,
    /// The deals of others that count: the figure each was reported as, and its price.
    pub comparable: Vec<(String, Exact)>,
    /// What the grantor's list asks, where the clause heeds it.
    pub list: Option<Exact>,
    /// What a unit costs the grantor, where the clause heeds it.
    pub cost: Option<Exact>,
    /// What the holder is charged: for what, how much, and what it may be charged at most.
    pub prices: Vec<(String, Exact, Exact)>,
}

impl Favoured {
    /// The best price of others, if any counts.
    pub fn best(&self) -> Option<&Exact> {
        self.comparable.iter().map(|(_, price)| price).min()
    }
}

/// What each clause on most favoured terms holds a day's prices against, with the figures reported up to that
/// day and the capacity that stood on it. Nothing for a clause where there is nothing to compare.
pub fn favoured(
    terms: &Terms,
    known: Known,
    on: Date,
    figures: &[Figure],
    capacity: &[Capacity],
) -> Vec<Favoured> {
    let input = Input {
        terms,
        known,
        month: Month::of(on),
        today: on,
        usage: &[],
        unmetered: &[],
        capacity,
        undelivered: &[],
        damages: &[],
        figures,
        earlier: &[],
        closed: &[],
    };
    let mut all = Vec::new();
    for clause in terms.in_force(on, known).clauses {
        let Provision::MostFavouredNation(says) = &clause.provision else { continue };
        for standing in favoured_prices(&input, clause, says, on) {
            all.push(Favoured {
                held: held(terms, clause, known),
                currency: standing.currency,
                comparable: standing.against.comparable,
                list: standing.against.list.filter(|_| says.list_price_ceiling),
                cost: standing.against.cost.filter(|_| says.not_below_cost),
                prices: standing.prices,
            });
        }
    }
    all
}

fn held(terms: &Terms, clause: &Clause, known: Known) -> Held {
    Held {
        clause: clause.id.to_string(),
        grantor: clause.grantor.clone(),
        holder: clause.holder.clone(),
        until: terms.ends(clause, known),
    }
}

/// What is held on a day, by the terms as they are known, the figures reported up to that day and the
/// final statements of months that were over by then.
pub fn position(
    terms: &Terms,
    known: Known,
    on: Date,
    figures: &[Figure],
    statements: &[Statement],
) -> Position {
    let in_force = terms.in_force(on, known);
    let mut position = Position {
        on,
        stakes: Vec::new(),
        commitments: Vec::new(),
        funding: Vec::new(),
        licences: Vec::new(),
    };
    let over = statements.iter().filter(|statement| {
        statement.is_final && statement.month.end().yesterday().is_ok_and(|day| day <= on)
    });
    let over: Vec<&Statement> = over.collect();
    for clause in in_force.clauses {
        let held = held(terms, clause, known);
        match &clause.provision {
            Provision::Investment(investment) => {
                let stated = investment.value;
                let stated = stated.map(|amount| Worth { amount, on: None, figure: None });
                position.stakes.push(Stake {
                    held,
                    instrument: investment.instrument.to_string(),
                    amount: investment.amount,
                    stake: investment.stake,
                    worth: reported(clause, on, figures).or(stated),
                });
            }
            Provision::Commitment(commitment) => {
                let (committed, versions) =
                    (commitment.drawn_down(), versions(terms, clause, known));
                let left = committed.map(|committed| left(&versions, committed, &over));
                let balances =
                    if committed.is_some() { Vec::new() } else { carried(&versions, &over) };
                let left = left.map(|left| left.to_string());
                position.commitments.push(Committed { held, committed, left, balances });
            }
            Provision::Funding(funding) => position.funding.push(Funded {
                held,
                project: funding.project.clone(),
                amount: funding.amount,
                balances: carried(&versions(terms, clause, known), &over),
                next: next_due(terms, known, funding, on),
            }),
            Provision::Licence(licence) => position.licences.push(Licensed {
                held,
                perpetual: licence.perpetual,
                irrevocable: licence.irrevocable,
            }),
            _ => {}
        }
    }
    position
}

/// A clause and those before it that it restates.
fn versions<'t>(terms: &'t Terms, clause: &'t Clause, known: Known) -> Vec<&'t Clause> {
    std::iter::successors(Some(clause), |clause| terms.predecessor(clause, known)).collect()
}

/// The tranche that falls due next.
fn next_due(terms: &Terms, known: Known, funding: &Funding, after: Date) -> Option<Due> {
    let due = |tranche: &Tranche| {
        let on = terms.day_of(tranche.due.as_ref()?, known)?;
        Some(Due { on, amount: tranche.amount })
    };
    let all = funding.tranches.iter().filter_map(due);
    all.filter(|due| after < due.on).min_by_key(|due| due.on)
}

/// What a stake was last said to be worth.
fn reported(clause: &Clause, on: Date, figures: &[Figure]) -> Option<Worth> {
    let id = clause.id.to_string();
    let of_clause = figures.iter().filter(|figure| {
        figure.of == Other::Valuation.into()
            && figure.on <= on
            && figure.clause.as_ref() == Some(&id)
    });
    let last = of_clause.max_by_key(|figure| figure.on)?;
    let Amount::Money(amount) = last.amount else { return None };
    Some(Worth { amount, on: Some(last.on), figure: Some(last.id.clone()) })
}

/// What is left of one amount after what months drew it down by.
fn left(versions: &[&Clause], committed: Money, statements: &[&Statement]) -> Exact {
    let lines = statements.iter().flat_map(|statement| &statement.lines);
    let drawn = lines.filter(|line| {
        line.kind == LineKind::Drawdown
            && versions.iter().any(|of| is_of(of, &line.clause, &line.document))
    });
    let drawn: Exact = drawn.map(|line| Exact::from(line.amount.amount)).sum();
    (Exact::from(committed.amount) - drawn).max(Exact::zero())
}

/// What the last month carried forward, in the last version that it had a line for.
fn carried(versions: &[&Clause], statements: &[&Statement]) -> Vec<Balance> {
    let of_versions = statements.iter().filter_map(|statement| {
        let line = versions.iter().find_map(|version| {
            let is_its = |line: &&Line| {
                is_of(version, &line.clause, &line.document) && !line.balances.is_empty()
            };
            statement.lines.iter().find(is_its)
        })?;
        Some((statement.month, &line.balances))
    });
    let last = of_versions.max_by_key(|(month, _)| *month);
    last.map(|(_, balances)| balances.clone()).unwrap_or_default()
}

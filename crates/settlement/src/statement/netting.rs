//! Shares that flow both ways are set off: only the difference moves. Source: domain rules §1.10.

use jiff::civil::Date;
use rust_decimal::Decimal;
use terms::{Money, Parameter, Provision};

use super::{Input, Line, LineKind, Stage, Step};
use crate::posting::Transaction;

/// A net line, with what was set off to come to it.
pub(super) struct Net {
    pub line: Line,
    set_off: Money,
}

/// One for each pair of parties between which shares are due both ways, on the same day, and whose
/// clauses let them be set off.
///
/// A line that takes back is below zero: it counts against what its party owes, and what is set off may
/// then be below zero, too, so that the books of both end with one sum in one direction.
pub(super) fn net(input: &Input<'_>, lines: &[Line]) -> Vec<Net> {
    let shares: Vec<&Line> = lines.iter().filter(|line| is_set_off(input, line)).collect();
    let mut nets = Vec::new();
    for (at, one) in shares.iter().enumerate() {
        let pairs = |line: &&&Line| {
            line.amount.currency == one.amount.currency
                && line.payable == one.payable
                && ((line.from == one.from && line.to == one.to)
                    || (line.from == one.to && line.to == one.from))
        };
        let seen = shares[..at].iter().any(|line| pairs(&line));
        let together: Vec<&Line> = shares.iter().filter(pairs).copied().collect();
        if !seen && together.iter().any(|line| line.from != one.from) {
            nets.push(Net::of(one, &together));
        }
    }
    nets
}

/// Whether a line is of a share whose clause lets it be set off.
fn is_set_off(input: &Input<'_>, line: &Line) -> bool {
    line.kind == LineKind::RevenueShare
        && input.terms.clauses.iter().any(|clause| {
            let share = match &clause.provision {
                Provision::RevenueShare(share) => share,
                _ => return false,
            };
            share.netting
                && clause.id.to_string() == line.clause
                && clause.origin.document.name == line.document
        })
}

impl Net {
    fn of(one: &Line, together: &[&Line]) -> Net {
        let sum = |from| -> Decimal {
            let owed = together.iter().filter(|line| line.from == from);
            owed.map(|line| line.amount.amount).sum()
        };
        let (there, back) = (sum(one.from.clone()), sum(one.to.clone()));
        let (from, to) = if there >= back { (&one.from, &one.to) } else { (&one.to, &one.from) };
        let amount = Money { amount: (there - back).abs(), ..one.amount };
        let set_off = Money { amount: there.min(back), ..one.amount };
        let mut clauses: Vec<&str> = Vec::new();
        let mut assumed: Vec<Parameter> = Vec::new();
        for line in together {
            if !clauses.contains(&line.clause.as_str()) {
                clauses.push(&line.clause);
            }
            let new = line.assumed.iter().filter(|value| !assumed.contains(value));
            let new: Vec<_> = new.cloned().collect();
            assumed.extend(new);
        }
        let step = |name: String, value: Decimal| {
            Step { value: value.to_string(), ..Step::new(name, &value.into()) }.of(Stage::Netting)
        };
        let line = Line {
            kind: LineKind::Net,
            title: format!("net of revenue shares {from} to {to}"),
            clause: clauses.join(", "),
            document: one.document.clone(),
            line: one.line,
            from: from.clone(),
            to: to.clone(),
            amount,
            exact: amount.amount.to_string(),
            steps: vec![
                step(format!("{} owes {}", one.from, one.to), there),
                step(format!("{} owes {}", one.to, one.from), back),
                step("set off".to_string(), set_off.amount),
            ],
            days: Vec::new(),
            balances: Vec::new(),
            payable: one.payable,
            adjusts: None,
            assumed,
        };
        Net { line, set_off }
    }

    /// What is set off leaves both parties' books.
    pub fn postings(&self, date: Date) -> Vec<Transaction> {
        if self.set_off.amount.is_zero() {
            return Vec::new();
        }
        let line = &self.line;
        let parties = [(&line.from, &line.to), (&line.to, &line.from)];
        let post = |(one, other)| {
            let debit = format!("{one}:liabilities:{other}");
            let credit = format!("{one}:assets:{other}");
            let clause = Some(line.clause.as_str());
            Transaction::transfer(
                date,
                "set off revenue shares",
                clause,
                debit,
                credit,
                self.set_off,
            )
        };
        parties.into_iter().map(post).collect()
    }
}

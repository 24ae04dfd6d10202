//! Shares that flow both ways are set off: only the difference moves. Source: domain rules §1.10.

use jiff::civil::Date;
use rust_decimal::Decimal;
use terms::Money;

use super::{Line, LineKind, Step};
use crate::posting::Transaction;

/// One line for each pair of parties between which shares are due both ways.
pub(super) fn lines(shares: &[Line]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (at, one) in shares.iter().enumerate() {
        let pairs = |line: &Line| {
            line.amount.currency == one.amount.currency
                && ((line.from == one.from && line.to == one.to)
                    || (line.from == one.to && line.to == one.from))
        };
        let seen = shares[..at].iter().any(pairs);
        let together: Vec<&Line> = shares.iter().filter(|line| pairs(line)).collect();
        if !seen && together.iter().any(|line| line.from != one.from) {
            lines.push(net(one, &together));
        }
    }
    lines
}

fn net(one: &Line, together: &[&Line]) -> Line {
    let sum = |from| -> Decimal {
        let owed = together.iter().filter(|line| line.from == from);
        owed.map(|line| line.amount.amount).sum()
    };
    let (there, back) = (sum(one.from.clone()), sum(one.to.clone()));
    let (from, to) = if there >= back { (&one.from, &one.to) } else { (&one.to, &one.from) };
    let amount = Money { amount: (there - back).abs(), ..one.amount };
    let clauses: Vec<_> = together.iter().map(|line| line.clause.as_str()).collect();
    let step = |name: String, value: Decimal| Step { name, value: value.to_string() };
    Line {
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
            step("set off".to_string(), there.min(back)),
        ],
        days: Vec::new(),
        assumed: Vec::new(),
    }
}

/// What is set off leaves both parties' books.
pub(super) fn postings(line: &Line, date: Date) -> Vec<Transaction> {
    let set_off = line.steps.last().and_then(|step| step.value.parse::<Decimal>().ok());
    let Some(amount) = set_off.filter(|amount| !amount.is_zero()) else { return Vec::new() };
    let amount = Money { amount, ..line.amount };
    let clause = Some(line.clause.as_str());
    let parties = [(&line.from, &line.to), (&line.to, &line.from)];
    let post = |(one, other)| {
        let debit = format!("{one}:liabilities:{other}");
        let credit = format!("{one}:assets:{other}");
        Transaction::transfer(date, "set off revenue shares", clause, debit, credit, amount)
    };
    parties.into_iter().map(post).collect()
}

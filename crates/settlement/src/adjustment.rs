//! Books that are closed stay as they are. What a closed month comes to today, under what has become
//! known since, is set beside what was booked for it; the difference is booked in an open month.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use terms::value::Currency;
use terms::{Money, Name};

use crate::month::Month;
use crate::statement::{Adjusts, Line, LineKind, Statement, Step};

/// A closed month, computed anew.
#[derive(Debug)]
pub struct Restated<'a> {
    /// The statement its books were closed with.
    pub original: &'a Statement,
    /// The lines by which other months have adjusted it since.
    pub since: Vec<&'a Line>,
    /// What it comes to today.
    pub today: &'a Statement,
}

/// What lines are one and the same in two computations of a month.
type Key<'a> = (LineKind, &'a str, &'a str, &'a Name, &'a Name, Currency);

/// What it was closed with, what was booked with it and since, what it comes to, and a line to speak of
/// it by.
struct Pair<'a> {
    was: Decimal,
    booked: Decimal,
    today: Decimal,
    line: &'a Line,
}

/// The lines an open month books for a closed one; none if it comes to what was booked.
///
/// What is set off and what is drawn down is no money of its own: nets are taken anew over these
/// lines, and a balance is carried on from what a month comes to today.
pub fn adjustments(restated: &Restated<'_>) -> Vec<Line> {
    let mut pairs: BTreeMap<Key<'_>, Pair<'_>> = BTreeMap::new();
    let own = restated.original.lines.iter().filter(|line| line.adjusts.is_none());
    for line in own.filter(|line| moves_money(line.kind)) {
        let pair = pair(&mut pairs, line);
        pair.was += line.amount.amount;
        pair.booked += line.amount.amount;
    }
    for line in &restated.since {
        pair(&mut pairs, line).booked += line.amount.amount;
    }
    let today = restated.today.lines.iter().filter(|line| line.adjusts.is_none());
    for line in today.filter(|line| moves_money(line.kind)) {
        let pair = pair(&mut pairs, line);
        pair.today += line.amount.amount;
        // Today's line says how it is computed now.
        pair.line = line;
    }
    let changed = pairs.into_values().filter(|pair| pair.booked != pair.today);
    changed.map(|pair| adjustment(restated, &pair)).collect()
}

fn moves_money(kind: LineKind) -> bool {
    !matches!(kind, LineKind::Net | LineKind::Drawdown)
}

fn key(line: &Line) -> Key<'_> {
    // Of these the title says whose account, occasion or day it is; of a clause, its dates alone.
    let of = match line.kind {
        LineKind::Revenue | LineKind::Capacity | LineKind::Damages | LineKind::Payment => line.of(),
        _ => "",
    };
    (line.kind, &line.clause, of, &line.from, &line.to, line.amount.currency)
}

fn pair<'a, 'p>(pairs: &'p mut BTreeMap<Key<'a>, Pair<'a>>, line: &'a Line) -> &'p mut Pair<'a> {
    let nothing = Decimal::ZERO;
    let new = || Pair { was: nothing, booked: nothing, today: nothing, line };
    pairs.entry(key(line)).or_insert_with(new)
}

fn adjustment(restated: &Restated<'_>, pair: &Pair<'_>) -> Line {
    let line = pair.line;
    let month = restated.original.month;
    let money = |amount| Money { amount, ..line.amount };
    let difference = pair.today - pair.booked;
    let step = |name: &str, value: Decimal| Step::new(name, &value.into());
    Line {
        title: format!("adjustment of {month}: {}", line.of()),
        amount: money(difference),
        exact: difference.to_string(),
        steps: vec![
            step(&format!("{month} as it was closed"), pair.was),
            step("adjusted since", pair.booked - pair.was),
            step(&format!("{month} as it comes to today"), pair.today),
        ],
        days: Vec::new(),
        balances: Vec::new(),
        adjusts: Some(Adjusts {
            month,
            line: line.of().to_string(),
            booked: money(pair.booked),
            restated: money(pair.today),
        }),
        ..line.clone()
    }
}

/// An adjustment is paid when what it adjusts is. Where that day is over with the month it is booked in,
/// it is paid with what its clause pays next, if that is among the month's own lines.
pub(crate) fn paid_next<'a>(
    line: Line,
    month: Month,
    mut own: impl Iterator<Item = &'a Line>,
) -> Line {
    if line.payable.is_none_or(|day| month.end() <= day) {
        return line;
    }
    let next = own.find(|own| key(own) == key(&line));
    Line { payable: next.and_then(|own| own.payable), ..line }
}

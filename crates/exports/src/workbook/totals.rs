//! What the lines come to for each party and currency, as formulas over the lines.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_xlsxwriter::{Format, FormatBorder, Worksheet};
use settlement::Statement;
use terms::Name;
use terms::value::Currency;

use super::sheet::{Written, formula, money, text};
use crate::kind::{Effect, effect};

/// What a party charged, owes and is owed in one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Total {
    charged: Decimal,
    owes: Decimal,
    owed: Decimal,
}

/// Below the lines, which begin at the row `first` and end where the totals begin.
pub fn write(sheet: &mut Worksheet, statement: &Statement, first: u32) -> Written {
    let Ok(count) = u32::try_from(statement.lines.len()) else { return Ok(()) };
    if count == 0 {
        return Ok(());
    }
    let rows = (first + 1, first + count);
    let bold = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    let head = first + count + 1;
    for (column, name) in
        [(3, "party"), (5, "currency"), (6, "charged"), (7, "owes"), (8, "is owed"), (9, "net")]
    {
        sheet.write_string_with_format(head, column, name, &bold)?;
    }
    for (((party, currency), total), row) in of(statement).into_iter().zip(head + 1..) {
        text(sheet, row, 3, party.as_str())?;
        text(sheet, row, 5, currency.as_str())?;
        for (column, of, counts, result) in [
            (6, 'D', Effect::Charged, total.charged),
            (7, 'D', Effect::Due, total.owes),
            (8, 'E', Effect::Due, total.owed),
        ] {
            let sum = sum(rows, row + 1, of, counts, currency);
            formula(sheet, row, column, (&sum, &result.to_string()), &money(currency))?;
        }
        let net = format!("=ROUND(I{0}-H{0},{1})", row + 1, currency.scale());
        let result = (total.owed - total.owes).to_string();
        formula(sheet, row, 9, (&net, &result), &money(currency))?;
    }
    Ok(())
}

/// `EXACT`, as names that differ in their capitals are different parties; and no `SUMIFS`, which would
/// take a name such as `>5` for a condition.
fn sum(rows: (u32, u32), row: u32, of: char, counts: Effect, currency: Currency) -> String {
    let (first, last) = rows;
    let range = |column: char| format!("${column}${first}:${column}${last}");
    format!(
        "=ROUND(SUMPRODUCT(EXACT({},$D{row})*EXACT({},$F{row})*EXACT({},\"{}\")*{}),{})",
        range(of),
        range('F'),
        range('J'),
        counts.word(),
        range('I'),
        currency.scale()
    )
}

fn of(statement: &Statement) -> BTreeMap<(&Name, Currency), Total> {
    let mut totals: BTreeMap<(&Name, Currency), Total> = BTreeMap::new();
    for line in &statement.lines {
        let (amount, currency) = (line.amount.amount, line.amount.currency);
        match effect(line.kind) {
            Effect::Charged => totals.entry((&line.from, currency)).or_default().charged += amount,
            Effect::Due => {
                totals.entry((&line.from, currency)).or_default().owes += amount;
                totals.entry((&line.to, currency)).or_default().owed += amount;
            }
            Effect::SetOff | Effect::Tracked | Effect::Paid => {}
        }
    }
    totals
}

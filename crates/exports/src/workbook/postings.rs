//! The sheet *Postings*: what the statement posts, with debits and credits that sum to the same.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_xlsxwriter::{Format, Worksheet};
use settlement::Statement;
use terms::value::Currency;

use super::sheet::{Written, date, formula, header, money, number, set_up, text, whole};

const COLUMNS: [(&str, f64); 8] = [
    ("date", 12.0),
    ("transaction", 11.0),
    ("description", 40.0),
    ("clause", 40.0),
    ("account", 50.0),
    ("currency", 9.0),
    ("debit", 18.0),
    ("credit", 18.0),
];

pub fn write(sheet: &mut Worksheet, statement: &Statement) -> Written {
    set_up(sheet, "Postings", statement, 1)?;
    header(sheet, 0, &COLUMNS)?;
    let mut row = 0;
    // Debits and credits of each currency.
    let mut sums: BTreeMap<Currency, [Decimal; 2]> = BTreeMap::new();
    for (transaction, at) in statement.transactions.iter().zip(1u32..) {
        for posting in &transaction.postings {
            row += 1;
            let (amount, currency) = (posting.amount.amount, posting.amount.currency);
            date(sheet, row, 0, transaction.date)?;
            number(sheet, row, 1, &at.to_string(), &whole())?;
            text(sheet, row, 2, &transaction.description)?;
            text(sheet, row, 3, transaction.clause.as_deref().unwrap_or_default())?;
            text(sheet, row, 4, &posting.account)?;
            text(sheet, row, 5, currency.as_str())?;
            let side = u16::from(amount.is_sign_negative());
            number(sheet, row, 6 + side, &amount.abs().to_string(), &money(currency))?;
            sums.entry(currency).or_default()[usize::from(side)] += amount.abs();
        }
    }
    totals(sheet, row + 1, &sums)
}

/// The sum of each side, and what they differ by, which must be nothing. `last` is the last row of the
/// postings, counted from 1.
fn totals(sheet: &mut Worksheet, last: u32, sums: &BTreeMap<Currency, [Decimal; 2]>) -> Written {
    let bold = Format::new().set_bold();
    for ((currency, [debit, credit]), at) in sums.iter().zip(0u32..) {
        let (row, scale) = (last + 1 + 2 * at, currency.scale());
        sheet.write_string_with_format(row, 4, "total", &bold)?;
        text(sheet, row, 5, currency.as_str())?;
        for (column, letter, sum) in [(6, 'G', debit), (7, 'H', credit)] {
            let of = format!("$F$2:$F${last},$F{}", row + 1);
            let live =
                format!("=ROUND(SUMPRODUCT(EXACT({of})*${letter}$2:${letter}${last}),{scale})");
            formula(sheet, row, column, (&live, &sum.to_string()), &money(*currency))?;
        }
        sheet.write_string_with_format(row + 1, 4, "debits less credits", &bold)?;
        let live = format!("=ROUND(G{0}-H{0},{scale})", row + 1);
        formula(sheet, row + 1, 6, (&live, "0"), &money(*currency))?;
    }
    Ok(())
}

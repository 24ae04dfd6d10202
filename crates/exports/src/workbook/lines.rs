//! The sheet *Statement*: what is due, line by line, and what it comes to for each party.

use exact::Exact;
use rust_xlsxwriter::{Color, Format, Worksheet};
use settlement::Statement;

use super::live::{self, LINES, Places};
use super::sheet::{Written, formula, header, money, number, plain, set_up, text, text_in};
use super::totals;
use crate::csv::assumed;
use crate::kind::{effect, word};
use crate::number::{decimal, read};
use crate::settled::Settled;

const COLUMNS: [(&str, f64); 14] = [
    ("#", 5.0),
    ("kind", 14.0),
    ("line", 42.0),
    ("from", 14.0),
    ("to", 14.0),
    ("currency", 9.0),
    ("exact", 20.0),
    ("rounding", 14.0),
    ("amount", 18.0),
    ("counts as", 14.0),
    ("clause", 40.0),
    ("document", 30.0),
    ("at line", 8.0),
    ("assumed", 60.0),
];

pub fn write(sheet: &mut Worksheet, settled: &Settled<'_>, places: &Places) -> Written {
    let statement = settled.statement;
    set_up(sheet, "Statement", statement, LINES)?;
    head(sheet, settled)?;
    header(sheet, LINES - 1, &COLUMNS)?;
    for (at, row) in (0..statement.lines.len()).zip(LINES..) {
        line(sheet, statement, at, row, places)?;
    }
    totals::write(sheet, statement, LINES)
}

fn head(sheet: &mut Worksheet, settled: &Settled<'_>) -> Written {
    let statement = settled.statement;
    let large = Format::new().set_bold().set_font_size(16);
    let title = format!("Statement of {}", statement.month);
    sheet.write_string_with_format(0, 0, title, &large)?;
    if statement.is_final {
        text(sheet, 1, 0, "final")?;
    } else {
        let loud =
            Format::new().set_bold().set_font_size(22).set_font_color(Color::RGB(0xB0_00_20));
        let why = format!("PROVISIONAL: {}", statement.open.join("; "));
        text_in(sheet, 1, 0, &why, &loud)?;
    }
    text(sheet, 2, 0, &format!("settled {}, event {}", settled.at, settled.hash))?;
    if !statement.not_computed.is_empty() {
        let left = statement.not_computed.join("; ");
        text(sheet, 3, 0, &format!("not computed here: {left}"))?;
    }
    Ok(())
}

fn line(
    sheet: &mut Worksheet,
    statement: &Statement,
    at: usize,
    row: u32,
    places: &Places,
) -> Written {
    let line = &statement.lines[at];
    let currency = line.amount.currency;
    number(sheet, row, 0, &(at + 1).to_string(), &plain())?;
    text(sheet, row, 1, &word(line.kind))?;
    text(sheet, row, 2, &line.title)?;
    text(sheet, row, 3, line.from.as_str())?;
    text(sheet, row, 4, line.to.as_str())?;
    text(sheet, row, 5, currency.as_str())?;
    match live::exact(statement, at, places) {
        Some(live) => formula(sheet, row, 6, (&live, &line.exact), &plain())?,
        None => number(sheet, row, 6, &line.exact, &plain())?,
    }
    let amount = line.amount.amount.to_string();
    let rounding = read(&line.exact).map(|exact| Exact::from(line.amount.amount) - exact);
    let rounded = format!("=ROUND(G{0}+H{0},{1})", row + 1, currency.scale());
    // What has no end in decimals is cut off well below what could matter.
    match rounding.and_then(|rounding| decimal(&rounding).or_else(|| rounding.round(12))) {
        Some(rounding) => {
            number(sheet, row, 7, &rounding.to_string(), &plain())?;
            formula(sheet, row, 8, (&rounded, &amount), &money(currency))?;
        }
        None => number(sheet, row, 8, &amount, &money(currency))?,
    }
    text(sheet, row, 9, effect(line.kind).word())?;
    text(sheet, row, 10, &line.clause)?;
    text(sheet, row, 11, &line.document)?;
    if !line.document.is_empty() {
        number(sheet, row, 12, &line.line.to_string(), &plain())?;
    }
    text(sheet, row, 13, &assumed(line).join("; "))
}

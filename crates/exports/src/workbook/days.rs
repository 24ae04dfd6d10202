//! The sheet *Days*: what each line comes from, day by day.

use rust_xlsxwriter::Worksheet;
use settlement::Statement;

use super::sheet::{Written, date, header, number, plain, set_up, text, whole};

const COLUMNS: [(&str, f64); 6] = [
    ("#", 5.0),
    ("line", 40.0),
    ("day", 12.0),
    ("calls", 14.0),
    ("amount", 24.0),
    ("currency", 9.0),
];

pub fn write(sheet: &mut Worksheet, statement: &Statement) -> Written {
    set_up(sheet, "Days", statement, 1)?;
    header(sheet, 0, &COLUMNS)?;
    let mut row = 0;
    for (at, line) in statement.lines.iter().enumerate() {
        for day in &line.days {
            row += 1;
            number(sheet, row, 0, &(at + 1).to_string(), &whole())?;
            text(sheet, row, 1, &line.title)?;
            date(sheet, row, 2, day.day)?;
            number(sheet, row, 3, &day.events.to_string(), &whole())?;
            number(sheet, row, 4, &day.amount, &plain())?;
            text(sheet, row, 5, line.amount.currency.as_str())?;
        }
    }
    Ok(())
}

//! The sheet *Steps*: how each line was computed.

use rust_xlsxwriter::Worksheet;
use settlement::Statement;

use super::live::{self, Places};
use super::sheet::{Written, formula, header, number, plain, set_up, text, whole};

const COLUMNS: [(&str, f64); 5] =
    [("#", 5.0), ("line", 40.0), ("step", 6.0), ("name", 48.0), ("value", 24.0)];

pub fn write(sheet: &mut Worksheet, statement: &Statement, places: &Places) -> Written {
    set_up(sheet, "Steps", statement, 1)?;
    header(sheet, 0, &COLUMNS)?;
    let mut row = 0;
    for (at, line) in statement.lines.iter().enumerate() {
        for (index, step) in line.steps.iter().enumerate() {
            row += 1;
            number(sheet, row, 0, &(at + 1).to_string(), &whole())?;
            text(sheet, row, 1, &line.title)?;
            number(sheet, row, 2, &(index + 1).to_string(), &whole())?;
            text(sheet, row, 3, &step.name)?;
            match live::step(statement, at, index, places) {
                Some(live) => formula(sheet, row, 4, (&live, &step.value), &plain())?,
                None => number(sheet, row, 4, &step.value, &plain())?,
            }
        }
    }
    Ok(())
}

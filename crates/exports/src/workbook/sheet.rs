//! Cells of a sheet, each written in one way.

use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Worksheet, XlsxError,
};
use settlement::Statement;
use terms::value::Currency;

use crate::safe;

/// The outcome of writing a cell.
pub type Written = Result<(), XlsxError>;

/// Text, which is never computed, whatever it begins with.
pub fn text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Written {
    // Set off from the number to its left. Not wrapped: readers differ in how high they make such rows.
    text_in(sheet, row, column, text, &Format::new().set_align(FormatAlign::Left).set_indent(1))
}

/// Text in a format of its own.
pub fn text_in(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    text: &str,
    format: &Format,
) -> Written {
    // What a spreadsheet writes as an apostrophe in front: the text stays text when it is edited.
    let quoted = safe::is_risky(text).then(|| format.clone().set_quote_prefix());
    sheet.write_string_with_format(row, column, text, quoted.as_ref().unwrap_or(format))?;
    Ok(())
}

/// The first row of a table.
pub fn header(sheet: &mut Worksheet, row: u32, names: &[(&str, f64)]) -> Written {
    let format = Format::new()
        .set_bold()
        .set_align(FormatAlign::Left)
        .set_indent(1)
        .set_background_color(Color::RGB(0xE8_EC_F1))
        .set_border_bottom(FormatBorder::Thin);
    for ((name, width), column) in names.iter().zip(0..) {
        sheet.write_string_with_format(row, column, *name, &format)?;
        sheet.set_column_width(column, *width)?;
    }
    Ok(())
}

/// A sheet as it is named, shown and printed; `below` is the first row that scrolls.
pub fn set_up(sheet: &mut Worksheet, name: &str, statement: &Statement, below: u32) -> Written {
    sheet.set_name(name)?;
    sheet.set_freeze_panes(below, 0)?;
    sheet.set_repeat_rows(below - 1, below - 1)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    let status = if statement.is_final { "" } else { "  PROVISIONAL" };
    sheet.set_header(format!("&LStatement of {}&C&B{status}&R&A", statement.month));
    sheet.set_footer("&RPage &P of &N");
    Ok(())
}

pub fn date(sheet: &mut Worksheet, row: u32, column: u16, day: Date) -> Written {
    let format = Format::new().set_num_format("yyyy-mm-dd");
    let (month, of_month) = (day.month().unsigned_abs(), day.day().unsigned_abs());
    let day = ExcelDateTime::from_ymd(day.year().unsigned_abs(), month, of_month)?;
    sheet.write_datetime_with_format(row, column, &day, &format)?;
    Ok(())
}

/// A number that is given as text with every digit; a fraction is computed, other text stays text.
pub fn number(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    digits: &str,
    format: &Format,
) -> Written {
    if crate::number::read(digits).is_none() {
        return text(sheet, row, column, digits);
    }
    match digits.parse::<f64>() {
        Ok(number) => sheet.write_number_with_format(row, column, number, format)?,
        Err(_) => sheet.write_formula_with_format(row, column, Formula::new(digits), format)?,
    };
    Ok(())
}

/// A formula with the result it has, for readers that do not compute.
pub fn formula(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    (formula, result): (&str, &str),
    format: &Format,
) -> Written {
    let formula = Formula::new(formula).set_result(result);
    sheet.write_formula_with_format(row, column, formula, format)?;
    Ok(())
}

/// Amounts of a currency, to its minor unit.
pub fn money(currency: Currency) -> Format {
    let places = usize::try_from(currency.scale()).unwrap_or_default();
    let point = if places > 0 { "." } else { "" };
    let places = "0".repeat(places);
    Format::new().set_num_format(format!("#,##0{point}{places};[Red]-#,##0{point}{places}"))
}

/// Numbers with as many digits as they have.
pub fn plain() -> Format {
    Format::new().set_num_format("#,##0.############")
}

/// Whole numbers.
pub fn whole() -> Format {
    Format::new().set_num_format("#,##0")
}

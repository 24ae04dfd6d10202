use std::io::{Cursor, Read, Write};
use std::path::Path;

use rust_decimal::Decimal;
use settlement::{Day, Statement};

use crate::common::{Settlement, hand, said};

/// The rows of a sheet of a workbook, as LibreOffice computes it; none where it cannot be installed.
fn recalculated(workbook: &[u8], sheet: &str) -> Option<Vec<Vec<String>>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statement.xlsx");
    std::fs::write(&file, workbook).unwrap();
    let output = hand(&["recalculate", file.to_str().unwrap(), folder.path().to_str().unwrap()])?;
    assert!(output.status.success(), "{}", said(&output));
    Some(rows(&folder.path().join(format!("statement-{sheet}.csv"))))
}

fn rows(file: &Path) -> Vec<Vec<String>> {
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_path(file);
    let records = reader.unwrap().into_records();
    records.map(|row| row.unwrap().iter().map(str::to_string).collect()).collect()
}

fn number(text: &str) -> Decimal {
    Decimal::from_scientific(text).or_else(|_| text.parse()).unwrap_or_else(|_| panic!("`{text}`"))
}

fn amounts(rows: &[Vec<String>]) -> Vec<Decimal> {
    let lines =
        rows.iter().skip_while(|row| row[0] != "#").skip(1).take_while(|row| !row[0].is_empty());
    lines.map(|row| number(&row[8]).normalize()).collect()
}

fn expected(statement: &Statement) -> Vec<Decimal> {
    statement.lines.iter().map(|line| line.amount.amount.normalize()).collect()
}

#[test]
fn libreoffice_computes_the_same_amounts_and_totals() {
    let december = Settlement::of_december();
    let workbook = exports::xlsx(&december.settled()).unwrap();
    let Some(rows) = recalculated(&workbook, "Statement") else { return };
    assert_eq!(amounts(&rows), expected(&december.statement));
    // OpenAI owes its share and the capacity, and is owed Microsoft's share.
    let total = rows.iter().find(|row| row[3] == "openai" && row[0].is_empty()).unwrap();
    let figures: Vec<_> = total[6..10].iter().map(|figure| number(figure).to_string()).collect();
    assert_eq!(figures, ["385781.34", "24034645.34", "27938.53", "-24006706.81"]);
}

#[test]
fn what_stands_in_the_cells_is_computed_anew() {
    let december = Settlement::of_december();
    let workbook = exports::xlsx(&december.settled()).unwrap();
    let day = &december.statement.lines[0].days[0].amount;
    let more = (day.parse::<Decimal>().unwrap() + Decimal::ONE_HUNDRED).to_string();
    let changed = with_other_days(&workbook, day, &more);
    let Some(rows) = recalculated(&changed, "Statement") else { return };
    let mut expected = expected(&december.statement);
    expected[0] += Decimal::ONE_HUNDRED;
    // Microsoft owes a fifth of it as its share, and the net is less by that.
    expected[3] += Decimal::TEN + Decimal::TEN;
    expected[5] -= Decimal::TEN + Decimal::TEN;
    let computed = amounts(&rows);
    assert_eq!(computed, expected);
}

/// The workbook with another number in the place of the first like it on the sheet *Days*, and of the
/// first like it among the days of the share in that line.
fn with_other_days(workbook: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let mut changed = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        let name = file.name().unwrap().into_owned();
        if name == "xl/worksheets/sheet3.xml" {
            let text = String::from_utf8(bytes).unwrap();
            let cell = format!("<v>{from}</v>");
            assert!(text.contains(&cell), "no {cell}");
            bytes = text.replacen(&cell, &format!("<v>{to}</v>"), 2).into_bytes();
        }
        changed.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        changed.write_all(&bytes).unwrap();
    }
    changed.finish().unwrap().into_inner()
}

#[test]
fn an_amount_on_a_half_is_what_the_statement_says() {
    let mut december = Settlement::of_december();
    let halves = [("0.125", 12), ("0.135", 14), ("1000000.005", 100_000_000)];
    for (line, (digits, amount)) in december.statement.lines.iter_mut().zip(halves) {
        line.days = vec![Day { amount: digits.to_string(), ..line.days[0].clone() }];
        line.exact = digits.to_string();
        line.amount.amount = Decimal::new(amount, 2);
    }
    let workbook = exports::xlsx(&december.settled()).unwrap();
    let Some(rows) = recalculated(&workbook, "Statement") else { return };
    assert_eq!(amounts(&rows), expected(&december.statement));
}

#[test]
fn debits_and_credits_are_the_same() {
    let december = Settlement::of_december();
    let workbook = exports::xlsx(&december.settled()).unwrap();
    let Some(rows) = recalculated(&workbook, "Postings") else { return };
    let find = |name: &str| rows.iter().find(|row| row[4] == name).unwrap();
    let total = find("total");
    let debits: Decimal = december
        .statement
        .transactions
        .iter()
        .flat_map(|transaction| &transaction.postings)
        .map(|posting| posting.amount.amount.max(Decimal::ZERO))
        .sum();
    assert_eq!((number(&total[6]), number(&total[7])), (debits.normalize(), debits.normalize()));
    assert_eq!(number(&find("debits less credits")[6]), Decimal::ZERO);
}

#[test]
fn a_text_that_looks_like_a_formula_stays_text() {
    let mut december = Settlement::of_december();
    december.statement.lines[0].title = "=1+1".to_string();
    let workbook = exports::xlsx(&december.settled()).unwrap();
    let Some(rows) = recalculated(&workbook, "Statement") else { return };
    assert!(rows.iter().any(|row| row[2] == "=1+1"), "{rows:?}");
}

#[test]
fn the_same_settlement_gives_the_same_file() {
    let december = Settlement::of_december();
    let once = exports::xlsx(&december.settled()).unwrap();
    assert!(once == exports::xlsx(&december.settled()).unwrap());
}

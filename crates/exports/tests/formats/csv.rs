use exports::csv::{Rows, csv};

use crate::common::Settlement;

fn text(settlement: &Settlement, rows: Rows) -> String {
    String::from_utf8(csv(&settlement.statement, rows).unwrap()).unwrap()
}

#[test]
fn there_is_one_row_for_each_line_step_and_day() {
    let december = Settlement::of_december();
    let lines = &december.statement.lines;
    let steps: usize = lines.iter().map(|line| line.steps.len()).sum();
    let days: usize = lines.iter().map(|line| line.days.len()).sum();
    for (rows, count) in [(Rows::Lines, lines.len()), (Rows::Steps, steps), (Rows::Days, days)] {
        let text = text(&december, rows);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.records().map(Result::unwrap).count(), count, "{rows:?}");
    }
}

#[test]
fn nothing_in_it_is_computed_by_a_spreadsheet() {
    let mut december = Settlement::of_december();
    december.statement.lines[0].title =
        "=HYPERLINK(\"https://example.com\",\"pay here\")".to_string();
    december.statement.lines[0].amount.amount = rust_decimal::Decimal::new(-1250, 2);
    let text = text(&december, Rows::Lines);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!(&row[4], "'=HYPERLINK(\"https://example.com\",\"pay here\")");
    assert_eq!(&row[8], "-12.50");
}

#[test]
fn what_is_provisional_says_so_in_every_row() {
    let provisional = text(&Settlement::provisional(), Rows::Lines);
    assert!(provisional.lines().skip(1).all(|row| row.starts_with("2025-12,provisional,")));
    assert!(text(&Settlement::of_december(), Rows::Lines).contains("\n2025-12,final,1,revenue,"));
}

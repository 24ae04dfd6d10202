use std::path::{Path, PathBuf};

use arrow_array::{Array, Decimal128Array, RecordBatch};
use exports::focus::{File, Version};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rust_decimal::Decimal;
use settlement::{Adjusts, Line, LineKind};
use tempfile::TempDir;
use terms::Money;

use crate::common::{Settlement, hand, said};

const SETS: [&str; 4] =
    ["cost-and-usage", "contract-commitment", "invoice-detail", "billing-period"];

/// Rules of 1.2 that its validator finds broken in any file: it asks them without their conditions.
const FALSE_ALARMS: [&str; 6] = [
    "ConsumedQuantity-C-000-C",
    "ConsumedQuantity-C-003-C",
    "ConsumedQuantity-C-004-C",
    "ConsumedQuantity-C-005-C",
    "ConsumedQuantity-C-006-C",
    "InvoiceId-C-004-C",
];

/// An export on the disk.
struct Export(TempDir);

impl Export {
    fn of(settlement: &Settlement, version: Version) -> Export {
        let folder = tempfile::tempdir().unwrap();
        for File { name, bytes } in exports::focus(&settlement.settled(), version).unwrap() {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Export(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts text of a file in the place of other text.
    fn fault(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        let wrong = text.replacen(from, to, 1);
        assert_ne!(text, wrong, "{name} has no `{from}`");
        std::fs::write(self.path(name), wrong).unwrap();
    }
}

fn rows(file: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let head = reader.headers().unwrap().iter().map(str::to_string).collect();
    let row = |row: Result<csv::StringRecord, _>| row.unwrap().iter().map(str::to_string).collect();
    (head, reader.records().map(row).collect())
}

/// The sum of a column over the rows of a line.
fn sum(export: &Export, column: &str, line: usize) -> Decimal {
    let (head, rows) = rows(&export.path("cost-and-usage.csv"));
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let of_line = rows.iter().filter(|row| row[at("x_Line")] == format!("{line}.0"));
    of_line.map(|row| row[at(column)].parse::<Decimal>().unwrap()).sum()
}

#[test]
fn every_data_set_of_1_4_is_accepted() {
    let export = Export::of(&Settlement::of_december(), Version::V1_4);
    for set in SETS {
        for form in ["csv", "parquet"] {
            let file = export.path(&format!("{set}.{form}"));
            let Some(output) = hand(&["focus-1.4", set, file.to_str().unwrap()]) else { return };
            assert!(output.status.success(), "{}", said(&output));
        }
    }
    let output = hand(&["focus-1.4", export.0.path().to_str().unwrap()]).unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn faults_in_a_data_set_of_1_4_are_found() {
    for (set, from, to) in [
        ("cost-and-usage", ",Usage,", ",Used,"),
        ("cost-and-usage", "BilledCost", "BilledCosts"),
        ("cost-and-usage", "T00:00:00Z", ""),
        ("contract-commitment", ",Spend,", ",Money,"),
        ("invoice-detail", ",USD,", ",US$,"),
        ("billing-period", ",Open,", ",Ajar,"),
    ] {
        let export = Export::of(&Settlement::of_december(), Version::V1_4);
        let name = format!("{set}.csv");
        export.fault(&name, from, to);
        let file = export.path(&name);
        let Some(output) = hand(&["focus-1.4", set, file.to_str().unwrap()]) else { return };
        assert_eq!(output.status.code(), Some(1), "{set} with `{to}`: {}", said(&output));
    }
}

#[test]
fn faults_between_data_sets_are_found() {
    for (set, from, to) in [
        ("invoice-detail", "/openai/USD/7/usage", "/openai/USD/8/usage"),
        ("contract-commitment", "commitment.azure-2025,", "commitment.azure-2024,"),
        ("billing-period", ",Microsoft", ",Macrosoft"),
    ] {
        let export = Export::of(&Settlement::of_december(), Version::V1_4);
        export.fault(&format!("{set}.csv"), from, to);
        let Some(output) = hand(&["focus-1.4", export.0.path().to_str().unwrap()]) else { return };
        assert_eq!(output.status.code(), Some(1), "{set} with `{to}`: {}", said(&output));
    }
}

#[test]
fn the_official_validator_of_1_2_finds_nothing_but_its_false_alarms() {
    let export = Export::of(&Settlement::of_december(), Version::V1_2);
    for form in ["csv", "parquet"] {
        let file = export.path(&format!("cost-and-usage.{form}"));
        let Some(output) = hand(&["focus-1.2", file.to_str().unwrap()]) else { return };
        let broken = String::from_utf8(output.stdout).unwrap();
        assert_eq!(broken.lines().collect::<Vec<_>>(), FALSE_ALARMS, "{form}");
    }
}

#[test]
fn faults_in_1_2_are_found_by_its_official_validator() {
    for (rule, from, to) in [
        ("BillingCurrency-C-006-M", ",USD,", ",US$,"),
        ("BilledCost-C-000-M", "BilledCost,", "BilledCosts,"),
    ] {
        let export = Export::of(&Settlement::of_december(), Version::V1_2);
        let file = export.path("cost-and-usage.csv");
        export.fault("cost-and-usage.csv", from, to);
        let Some(output) = hand(&["focus-1.2", file.to_str().unwrap()]) else { return };
        let broken = String::from_utf8(output.stdout).unwrap();
        assert!(broken.lines().any(|broken| broken == rule), "{broken}");
    }
}

#[test]
fn rows_sum_to_their_lines_and_lines_to_their_invoices() {
    let december = Settlement::of_december();
    let export = Export::of(&december, Version::V1_4);
    let mut charged = 0;
    for (line, number) in december.statement.lines.iter().zip(1..) {
        let sum = sum(&export, "BilledCost", number);
        match line.kind {
            LineKind::Net | LineKind::Drawdown | LineKind::Payment => {
                assert_eq!(sum, Decimal::ZERO)
            }
            // What the one who is paid in the end owes itself is a credit.
            LineKind::RevenueShare if line.from.as_str() == "microsoft" => {
                assert_eq!(sum, -line.amount.amount);
            }
            _ => assert_eq!(sum, line.amount.amount, "{}", line.title),
        }
        charged += usize::from(!sum.is_zero());
    }
    assert_eq!(charged, 6);
    let (head, rows) = rows(&export.path("invoice-detail.csv"));
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let between = rows.iter().filter(|row| row[at("InvoiceId")] == "2025-12/microsoft/openai/USD");
    let invoice: Decimal =
        between.map(|row| row[at("BilledCost")].parse::<Decimal>().unwrap()).sum();
    let net = december.statement.lines.iter().find(|line| line.kind == LineKind::Net).unwrap();
    let capacity = december.statement.lines.iter().find(|line| line.kind == LineKind::Capacity);
    assert_eq!(invoice, net.amount.amount + capacity.unwrap().amount.amount);
}

#[test]
fn capacity_draws_commitments_down_by_what_the_statement_says() {
    let december = Settlement::of_december();
    let export = Export::of(&december, Version::V1_4);
    let (head, rows) = rows(&export.path("cost-and-usage.csv"));
    let at = head.iter().position(|column| column == "ContractApplied").unwrap();
    let applied = rows.iter().filter(|row| !row[at].is_empty()).map(|row| {
        let applied: serde_json::Value = serde_json::from_str(&row[at]).unwrap();
        let element = &applied["Elements"][0];
        assert_eq!(element["ContractCommitmentId"], "commitment.azure-2025");
        element["ContractCommitmentAppliedCost"].to_string().parse::<Decimal>().unwrap()
    });
    let drawn = december.statement.lines.iter().find(|line| line.clause == "commitment.azure-2025");
    assert_eq!(applied.sum::<Decimal>(), drawn.unwrap().amount.amount);
}

#[test]
fn what_a_share_keeps_back_is_no_commitment_and_damages_are_no_share() {
    let mut december = Settlement::of_december();
    let lines = &mut december.statement.lines;
    let share = lines.iter().find(|line| line.kind == LineKind::RevenueShare).unwrap().clone();
    let drawdowns = lines.iter().filter(|line| line.kind == LineKind::Drawdown).count();
    let days = Vec::new();
    lines.push(Line { kind: LineKind::Recoupment, days: days.clone(), ..share.clone() });
    lines.push(Line { kind: LineKind::Damages, days, ..share });
    let (shares, damages) = (2, lines.len());
    let export = Export::of(&december, Version::V1_4);
    assert_eq!(rows(&export.path("contract-commitment.csv")).1.len(), drawdowns);
    let (head, rows) = rows(&export.path("cost-and-usage.csv"));
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let ruled = rows.iter().filter(|row| !row[at("x_ShareRuleId")].is_empty());
    assert_eq!(ruled.count(), shares);
    assert!(rows.iter().any(|row| row[at("x_Line")] == format!("{damages}.0")));
}

#[test]
fn decimals_are_decimals_to_the_last_place() {
    let export = Export::of(&Settlement::of_december(), Version::V1_4);
    let file = std::fs::File::open(export.path("cost-and-usage.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    let (head, rows) = rows(&export.path("cost-and-usage.csv"));
    for column in ["BilledCost", "ListUnitPrice", "PricingQuantity", "ConsumedQuantity"] {
        let at = head.iter().position(|name| name == column).unwrap();
        let mut row = rows.iter();
        for batch in &batches {
            let array = batch.column_by_name(column).unwrap();
            let array: &Decimal128Array = array.as_any().downcast_ref().unwrap();
            for at_row in 0..array.len() {
                let text = &row.next().unwrap()[at];
                let value = (!array.is_null(at_row)).then(|| array.value_as_string(at_row));
                let value = value.map(|value| value.parse::<Decimal>().unwrap().normalize());
                assert_eq!(
                    value,
                    text.parse::<Decimal>().ok().map(|text| text.normalize()),
                    "{column}"
                );
            }
        }
        assert!(row.next().is_none());
    }
}

#[test]
fn what_adjusts_a_closed_month_is_a_correction_of_its_invoice() {
    let mut december = Settlement::of_december();
    let line = december.statement.lines.iter().find(|line| line.kind == LineKind::RevenueShare);
    let mut adjustment = line.unwrap().clone();
    let money = |units| Money { amount: Decimal::new(units, 2), ..adjustment.amount };
    let (booked, restated) = (money(10_000), money(9_000));
    adjustment.adjusts = Some(Adjusts {
        month: "2025-10".parse().unwrap(),
        line: adjustment.title.clone(),
        booked,
        restated,
    });
    adjustment.amount = money(-1_000);
    adjustment.exact = "-10".to_string();
    adjustment.days.clear();
    let number = december.statement.lines.len() + 1;
    december.statement.lines.push(adjustment);
    let export = Export::of(&december, Version::V1_4);
    let (head, rows) = rows(&export.path("cost-and-usage.csv"));
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let corrections: Vec<_> =
        rows.iter().filter(|row| row[at("ChargeClass")] == "Correction").collect();
    assert_eq!(corrections.len(), 1);
    assert_eq!(corrections[0][at("x_Line")], format!("{number}.0"));
    assert_eq!(corrections[0][at("ChargePeriodStart")], "2025-10-01T00:00:00Z");
    assert_eq!(corrections[0][at("BillingPeriodStart")], "2025-12-01T00:00:00Z");
    let details = std::fs::read_to_string(export.path("invoice-detail.csv")).unwrap();
    assert!(details.contains("2025-10/microsoft/openai/USD"), "{details}");
    let Some(output) = hand(&["focus-1.4", export.0.path().to_str().unwrap()]) else { return };
    assert!(output.status.success(), "{}", said(&output));
}

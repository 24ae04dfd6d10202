use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::midnight;

/// What a cell holds. A cell that is not set is null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text, or an object of JSON.
    Text(String),
    /// A number, exactly.
    Decimal(Decimal),
    /// An instant, to the second.
    Time(Timestamp),
}

/// A row of a data set, by the names of its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(BTreeMap<&'static str, Cell>);

impl Row {
    /// The cell of a column; `None` is null.
    pub fn get(&self, column: &str) -> Option<&Cell> {
        self.0.get(column)
    }

    /// The text of a column; empty if it is null.
    pub fn text(&self, column: &str) -> &str {
        match self.get(column) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }

    /// The number of a column; zero if it is null.
    pub fn number(&self, column: &str) -> Decimal {
        match self.get(column) {
            Some(Cell::Decimal(number)) => *number,
            _ => Decimal::ZERO,
        }
    }

    /// Sets a column to text. Empty text is null: FOCUS knows no empty text.
    pub fn say(&mut self, column: &'static str, text: impl Into<String>) -> &mut Row {
        let text = text.into();
        if !text.is_empty() {
            self.0.insert(column, Cell::Text(text));
        }
        self
    }

    /// Sets columns to a number.
    pub fn count<const N: usize>(
        &mut self,
        columns: [&'static str; N],
        number: Decimal,
    ) -> &mut Row {
        self.0.extend(columns.map(|column| (column, Cell::Decimal(number))));
        self
    }

    /// Sets a column to an instant.
    pub fn at(&mut self, column: &'static str, instant: Timestamp) -> &mut Row {
        self.0.insert(column, Cell::Time(instant));
        self
    }

    /// Sets a column to the instant a UTC day begins.
    pub fn on(&mut self, column: &'static str, day: Date) -> &mut Row {
        self.at(column, midnight(day))
    }
}

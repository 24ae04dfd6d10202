//! Lines of a bill, each about what one meter of tokens counted in a while.

use std::borrow::Cow;

use super::field::Reason;
use super::meter::{count, meter};
use super::row::{Reading, Row};
use super::sums::{part_name, parts};
use crate::EventId;
use crate::schema::{MODEL, NAMES, TIER};

/// Where a bill says what was counted.
pub(super) struct Bill {
    /// Whose ids its rows have.
    pub source: &'static str,
    /// The column that names the meter.
    pub meter: &'static str,
    /// The column with the quantity.
    pub quantity: &'static str,
    /// The column with its unit.
    pub unit: &'static str,
    /// What tells one line from another; costs and quantities may still change.
    pub key: &'static [&'static str],
}

/// The names of a row that a bill says itself.
pub(super) const SAID: [&str; 2] = [MODEL, TIER];

impl Bill {
    /// The rows of a line. A bill does not count calls, so each stands for one. `model` is what the
    /// line says beside the name of the meter.
    pub(super) fn rows<'a>(
        &self,
        mut reading: Reading<'a>,
        at_ns: Option<i64>,
        model: Option<String>,
    ) -> Result<Vec<Row<'a>>, Vec<Reason>> {
        let line = reading.record;
        let [name, quantity, unit] =
            [self.meter, self.quantity, self.unit].map(|column| reading.needed(column));
        let found = name.as_deref().and_then(|name| reading.noted(meter(self.meter, name)));
        let count = quantity.zip(unit).and_then(|(quantity, unit)| {
            reading.noted(count((self.quantity, &quantity), (self.unit, &unit)))
        });
        let parts =
            found.as_ref().zip(count).map(|(meter, count)| parts(meter.tokens(count), None));
        let parts = parts.and_then(|parts| reading.noted(parts)).unwrap_or_default();
        let named = found.as_ref().map(|meter| meter.model).filter(|model| !model.is_empty());
        let model = model.or_else(|| named.map(str::to_owned));
        let tier = found.as_ref().and_then(|meter| meter.tier);
        let names = reading.names(NAMES.map(|column| match column {
            MODEL => model.clone().map(Cow::Owned),
            TIER => tier.map(Cow::Borrowed),
            _ => None,
        }));
        let mut key = String::new();
        let said = self.key.iter().map(|column| line.text(column).unwrap_or_default());
        for said in said.chain(names.iter().cloned()) {
            key.push_str(&said);
            key.push('\0');
        }
        let at_ns = at_ns.unwrap_or_default();
        let rows = parts.into_iter().enumerate().map(|(part, (tokens, calls))| {
            let id = Some(EventId::of_source(self.source, &part_name(&key, part)));
            Row { id, at_ns, names: names.clone(), calls, tokens }
        });
        let rows = rows.collect();
        reading.done(rows)
    }
}

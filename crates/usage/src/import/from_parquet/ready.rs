//! The rows of a batch that have nothing wrong with them, found a column at a time.
//!
//! A row is good here only if it is for certain. Any other is looked at alone, and what comes of
//! that is what counts.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef};

use super::super::field;
use super::super::sink::Sink;
use super::{Cells, Ids, Instants, Names, Numbers, text};
use crate::EventId;
use crate::intake::Intake;
use crate::schema::NAMES;
use crate::store::StoreError;
use crate::tokens::CLASSES;

/// The values of a batch as a segment will have them.
pub(super) struct Ready<'a> {
    /// Which rows are good.
    pub good: Vec<bool>,
    ids: Vec<EventId>,
    at_ns: Cow<'a, [i64]>,
    names: [Named<'a>; NAMES.len()],
    /// None for one call in each row.
    calls: Option<Cow<'a, [u32]>>,
    /// None for none in each row.
    tokens: [Option<Cow<'a, [u32]>>; CLASSES],
}

enum Named<'a> {
    /// The same in each row.
    Default(&'a str),
    Cells {
        keys: &'a [i32],
        values: &'a ArrayRef,
    },
}

/// The codes of the names in the dictionaries that were seen last.
#[derive(Default)]
pub(super) struct Coded {
    epoch: u64,
    columns: [Option<(ArrayRef, Vec<u32>)>; NAMES.len()],
}

impl<'a> Ready<'a> {
    pub(super) fn of(cells: &'a Cells<'a>, rows: usize, sink: &Sink<'_>) -> Self {
        let mut good = vec![true; rows];
        let ids = ids(cells, &mut good);
        let at_ns = instants(cells, &mut good);
        if let Some(end) = sink.end_ns() {
            good.iter_mut().zip(&*at_ns).for_each(|(good, at)| *good &= *at < end);
        }
        let names = cells.names.each_ref().map(|names| match names {
            Names::Default(name) => Named::Default(name),
            Names::Column(cells) => named(cells, &mut good),
        });
        let calls = cells.calls.as_ref().map(|calls| counts(calls, &mut good));
        if let Some(calls) = &calls {
            good.iter_mut().zip(&**calls).for_each(|(good, calls)| *good &= *calls > 0);
        }
        let tokens = cells
            .tokens
            .each_ref()
            .map(|tokens| tokens.as_ref().map(|tokens| counts(tokens, &mut good)));
        Self { good, ids, at_ns, names, calls, tokens }
    }

    /// Keeps good rows. `before` rows of the source stand before the batch.
    pub(super) fn keep(
        &self,
        mut from: usize,
        mut rows: usize,
        before: u64,
        coded: &mut Coded,
        sink: &mut Sink<'_>,
    ) -> Result<(), StoreError> {
        let intake = sink.intake();
        while rows > 0 {
            let some = from..from + rows.min(intake.room());
            coded.meet(intake, &self.names);
            let defaults = self.names.each_ref().map(|names| match names {
                Named::Default(name) => intake.code(name),
                Named::Cells { .. } => 0,
            });
            intake.extend(before + from as u64 + 1, some.len(), |columns| {
                columns.ids.extend_from_slice(&self.ids[some.clone()]);
                columns.at_ns.extend_from_slice(&self.at_ns[some.clone()]);
                for (index, column) in columns.names.iter_mut().enumerate() {
                    match (&self.names[index], &coded.columns[index]) {
                        (Named::Cells { keys, .. }, Some((_, codes))) => {
                            let code = |key: &i32| codes[usize::try_from(*key).unwrap_or_default()];
                            column.extend(keys[some.clone()].iter().map(code));
                        }
                        _ => column.resize(column.len() + some.len(), defaults[index]),
                    }
                }
                add(&mut columns.calls, self.calls.as_deref(), 1, &some);
                for (column, tokens) in columns.tokens.iter_mut().zip(&self.tokens) {
                    add(column, tokens.as_deref(), 0, &some);
                }
            })?;
            (from, rows) = (some.end, rows - some.len());
        }
        Ok(())
    }
}

/// Adds the counts of some rows, or the same for each.
fn add(column: &mut Vec<u32>, counts: Option<&[u32]>, same: u32, some: &std::ops::Range<usize>) {
    match counts {
        Some(counts) => column.extend_from_slice(&counts[some.clone()]),
        None => column.resize(column.len() + some.len(), same),
    }
}

impl Coded {
    /// Makes sure of the codes of these names.
    fn meet(&mut self, intake: &mut Intake, names: &[Named<'_>; NAMES.len()]) {
        if self.epoch != intake.epoch() {
            *self = Self { epoch: intake.epoch(), ..Self::default() };
        }
        for ((slot, names), column) in self.columns.iter_mut().zip(names).zip(NAMES) {
            let Named::Cells { values, .. } = names else { continue };
            if slot.as_ref().is_some_and(|(seen, _)| Arc::ptr_eq(seen, values)) {
                continue;
            }
            let name =
                |place| text(column, values, place).and_then(|name| field::name(column, name));
            // No good row has a name that is none.
            let code = |place| name(place).map_or(u32::MAX, |name| intake.code(name));
            let codes = (0..values.len()).map(code).collect();
            *slot = Some(((*values).clone(), codes));
        }
    }
}

/// The names of rows, each looked at once.
fn named<'a>(cells: &'a ArrayRef, good: &mut [bool]) -> Named<'a> {
    let cells = cells.as_dictionary::<Int32Type>();
    let (keys, values) = (cells.keys().values(), cells.values());
    let is_name = |place| text("", values, place).and_then(|name| field::name("", name)).is_ok();
    let names: Vec<bool> = (0..values.len()).map(is_name).collect();
    if cells.null_count() > 0 || names.contains(&false) {
        let is_good = |row: usize| {
            let key = usize::try_from(keys[row]).ok().filter(|_| !cells.is_null(row));
            key.and_then(|key| names.get(key)).copied().unwrap_or(false)
        };
        good.iter_mut().enumerate().for_each(|(row, good)| *good &= is_good(row));
    }
    Named::Cells { keys, values }
}

fn ids(cells: &Cells<'_>, good: &mut [bool]) -> Vec<EventId> {
    if let (Some(Ids::Bytes(ids)), None) = (&cells.id, cells.source)
        && ids.null_count() == 0
    {
        let (ids, _) = ids.as_fixed_size_binary().value_data().as_chunks::<16>();
        return ids.iter().map(|id| EventId::from_bits(u128::from_be_bytes(*id))).collect();
    }
    let id = |(row, good): (usize, &mut bool)| match cells.id(row) {
        Ok(Some(id)) => id,
        // A row without an id is known by what it says, and by how many came before it.
        _ => {
            *good = false;
            EventId::from_bits(0)
        }
    };
    good.iter_mut().enumerate().map(id).collect()
}

fn instants<'a>(cells: &'a Cells<'a>, good: &mut [bool]) -> Cow<'a, [i64]> {
    match &cells.at {
        Instants::Numbers(Numbers::I64(values)) => Cow::Borrowed(values),
        Instants::Numbers(Numbers::Scaled(values, scale)) => {
            let scaled = values.iter().map(|value| value.checked_mul(*scale));
            found(scaled, good)
        }
        _ => {
            let rows = good.len();
            found((0..rows).map(|row| cells.at(row).ok()), good)
        }
    }
}

fn counts<'a>(numbers: &'a Numbers<'a>, good: &mut [bool]) -> Cow<'a, [u32]> {
    if let Numbers::U32(values) = numbers {
        return Cow::Borrowed(values);
    }
    let rows = good.len();
    found((0..rows).map(|row| u32::try_from(numbers.at(row)?).ok()), good)
}

/// The values of a column, and the default where a row has none that is good.
fn found<'a, T: Clone + Default>(
    values: impl Iterator<Item = Option<T>>,
    good: &mut [bool],
) -> Cow<'a, [T]> {
    let or_not = |(value, good): (Option<T>, &mut bool)| {
        *good &= value.is_some();
        value.unwrap_or_default()
    };
    values.zip(good).map(or_not).collect::<Vec<T>>().into()
}

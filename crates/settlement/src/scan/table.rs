//! Sums of one segment, kept in a dense table over dictionary codes.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt32Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use usage::{
    CALLS, CHANNEL, CLASSES, Constant, HOST, MODEL, NotASegment, PRODUCT, Segment, TIER, TOKENS,
    Tokens,
};

/// What a group of calls adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sums {
    pub events: u64,
    pub calls: u64,
    pub tokens: Tokens<u128>,
}

impl Sums {
    /// Adds another group. A `u64` holds the most calls of 2^32 rows, and a `u128` the most tokens
    /// of 2^96.
    pub(super) fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.calls += other.calls;
        let (mine, others) = (self.tokens.by_class(), other.tokens.by_class());
        self.tokens = Tokens::of_classes(std::array::from_fn(|class| mine[class] + others[class]));
    }
}

/// Channel, product, model, host and tier: all that a price can depend on, beside the day.
pub(super) type Names = [String; KEYS.len()];

/// The columns that calls are grouped by.
const KEYS: [&str; 5] = [CHANNEL, PRODUCT, MODEL, HOST, TIER];

/// How many counts a row has: calls, then tokens by class.
const COUNTS: usize = 1 + CLASSES;

fn count_columns() -> impl Iterator<Item = &'static str> {
    [CALLS].into_iter().chain(TOKENS)
}

/// What of a segment must be read: the columns that do not say the same in every row.
pub(super) struct Layout {
    /// By the columns of [`KEYS`]: the name in all rows, or `None` if it differs.
    names: [Option<String>; KEYS.len()],
    /// The counts that differ, as places among all of them.
    counts: Vec<usize>,
    /// The counts that do not differ; 0 for those that do.
    constants: [u32; COUNTS],
}

impl Layout {
    pub(super) fn of(segment: &Segment) -> Self {
        let names = KEYS.map(|column| match segment.constant(column) {
            Some(Constant::Name(name)) => Some(name),
            _ => None,
        });
        let (mut counts, mut constants) = (Vec::new(), [0; COUNTS]);
        for (place, column) in count_columns().enumerate() {
            match segment.constant(column) {
                Some(Constant::Count(count)) => constants[place] = count,
                _ => counts.push(place),
            }
        }
        Self { names, counts, constants }
    }

    /// The columns to read, in the order they come in.
    pub(super) fn columns(&self) -> Vec<&'static str> {
        let names = KEYS.into_iter().zip(&self.names);
        let names = names.filter(|(_, constant)| constant.is_none()).map(|(column, _)| column);
        let is_read = |(place, _): &(usize, _)| self.counts.contains(place);
        names.chain(count_columns().enumerate().filter(is_read).map(|(_, column)| column)).collect()
    }
}

/// Sums by channel, product, model, host and tier.
///
/// Names are compared once per dictionary, not once per call: the codes of a call's names make its
/// place in a table with a cell for every combination. When the dictionaries change, at a new row
/// group, the table is emptied into sums by name.
pub(super) struct Table {
    layout: Layout,
    named: HashMap<Names, Sums>,
    dictionaries: Option<Vec<ArrayRef>>,
    cells: Cells,
    /// Calls in `cells`.
    rows: u64,
    /// The places of the calls of a batch, kept for its allocation.
    places: Vec<u32>,
}

/// A cell: rows, then the counts that differ, in the order of [`Layout::counts`].
type Cell = [u64; 1 + COUNTS];

/// Cells by codes, dense while that is small.
enum Cells {
    /// A cell for every combination; the first column's codes are side by side.
    Dense(Vec<Cell>),
    Sparse(HashMap<Vec<i32>, Cell>),
}

/// 6 MB of cells, far beyond any real month's channels × products × models × hosts × tiers.
const DENSE_CELLS_MAX: usize = 1 << 16;

// INVARIANT: a table takes in at most this many calls before it is emptied. Each adds less than
// 2^32 to a sum, so no `u64` in a cell overflows.
const ROWS_MAX: u64 = 1 << 31;

impl Table {
    pub(super) fn new(layout: Layout) -> Self {
        Self {
            layout,
            named: HashMap::new(),
            dictionaries: None,
            cells: Cells::Dense(Vec::new()),
            rows: 0,
            places: Vec::new(),
        }
    }

    /// Adds calls that differ in no column.
    pub(super) fn add_equal(&mut self, rows: u64) -> Result<(), NotASegment> {
        let mut rows = rows;
        while rows > 0 {
            let some = rows.min(ROWS_MAX - self.rows);
            if some == 0 {
                self.empty();
                continue;
            }
            if self.dictionaries.is_none() {
                self.begin(&[])?;
            }
            if let Cells::Dense(cells) = &mut self.cells {
                cells[0][0] += some;
            }
            self.rows += some;
            rows -= some;
        }
        Ok(())
    }

    /// Adds the calls of a batch, whose columns are those of the layout.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), NotASegment> {
        let rows = batch.num_rows() as u64;
        if rows == 0 {
            return Ok(());
        }
        let (names, counts) =
            batch.columns().split_at(batch.num_columns() - self.layout.counts.len());
        let dictionaries: Vec<&ArrayRef> =
            names.iter().map(|name| name.as_dictionary::<Int32Type>().values()).collect();
        if self.rows + rows > ROWS_MAX || !self.has(&dictionaries) {
            self.empty();
            self.begin(&dictionaries)?;
        }
        // INVARIANT: the Parquet reader holds every code against its dictionary, unless that is
        // empty, which `begin` refuses.
        let codes: Vec<&[i32]> = names
            .iter()
            .map(|name| &name.as_dictionary::<Int32Type>().keys().values()[..])
            .collect();
        let counts: Vec<&[u32]> =
            counts.iter().map(|count| &count.as_primitive::<UInt32Type>().values()[..]).collect();
        match &mut self.cells {
            Cells::Dense(cells) => {
                places(&mut self.places, batch.num_rows(), &codes, &dictionaries);
                add_dense(cells, &self.places, &counts);
            }
            Cells::Sparse(cells) => add_sparse(cells, batch.num_rows(), &codes, &counts),
        }
        self.rows += rows;
        Ok(())
    }

    /// The sums by name, in no order.
    pub(super) fn finish(mut self) -> Vec<(Names, Sums)> {
        self.empty();
        self.named.into_iter().collect()
    }

    fn has(&self, dictionaries: &[&ArrayRef]) -> bool {
        self.dictionaries.as_ref().is_some_and(|mine| {
            mine.iter()
                .zip(dictionaries)
                .all(|(mine, other)| std::ptr::addr_eq(mine.as_ref(), other.as_ref()))
        })
    }

    fn begin(&mut self, dictionaries: &[&ArrayRef]) -> Result<(), NotASegment> {
        // The footer says twice what a column holds. If one bit of the second is lost, the reader
        // gives bytes where the first, which has been checked, says text.
        let names = |dictionary: &&ArrayRef| {
            !dictionary.is_empty() && dictionary.as_string_opt::<i32>().is_some()
        };
        if !dictionaries.iter().all(names) {
            return Err(NotASegment::Damaged("a column of names holds none".into()));
        }
        let size = dictionaries.iter().try_fold(1usize, |size, dictionary| {
            size.checked_mul(dictionary.len()).filter(|size| *size <= DENSE_CELLS_MAX)
        });
        self.cells = match size {
            Some(size) => Cells::Dense(vec![Cell::default(); size]),
            None => Cells::Sparse(HashMap::new()),
        };
        self.dictionaries = Some(dictionaries.iter().map(|names| ArrayRef::clone(names)).collect());
        Ok(())
    }

    /// Moves all sums from places to names.
    fn empty(&mut self) {
        let Some(dictionaries) = self.dictionaries.take() else { return };
        let used: Vec<(Vec<i32>, Cell)> =
            match std::mem::replace(&mut self.cells, Cells::Dense(Vec::new())) {
                Cells::Dense(cells) => {
                    let places = cells.into_iter().enumerate().filter(|(_, cell)| cell[0] > 0);
                    places.map(|(place, cell)| (codes_at(place, &dictionaries), cell)).collect()
                }
                Cells::Sparse(cells) => cells.into_iter().collect(),
            };
        for (codes, cell) in used {
            let names = self.layout.names_at(&codes, &dictionaries);
            self.named.entry(names).or_default().add(&self.layout.sums(&cell));
        }
        self.rows = 0;
    }
}

impl Layout {
    fn names_at(&self, codes: &[i32], dictionaries: &[ArrayRef]) -> Names {
        let mut varying = codes.iter().zip(dictionaries);
        self.names.each_ref().map(|constant| match constant {
            Some(name) => name.clone(),
            None => {
                let (code, dictionary) = varying.next().expect("a code for each name that differs");
                let code = usize::try_from(*code).expect("a code is not negative");
                dictionary.as_string::<i32>().value(code).to_owned()
            }
        })
    }

    fn sums(&self, cell: &Cell) -> Sums {
        let events = cell[0];
        let mut counts = self.constants.map(|count| u128::from(count) * u128::from(events));
        for (place, sum) in self.counts.iter().zip(&cell[1..]) {
            counts[*place] = u128::from(*sum);
        }
        let [calls, tokens @ ..] = counts;
        // INVARIANT: a table has at most `ROWS_MAX` rows, and each fewer than 2^32 calls.
        let calls = u64::try_from(calls).expect("2^31 rows have fewer than 2^63 calls");
        Sums { events, calls, tokens: Tokens::of_classes(tokens) }
    }
}

/// The place of each call in a dense table.
fn places(places: &mut Vec<u32>, rows: usize, codes: &[&[i32]], dictionaries: &[&ArrayRef]) {
    places.clear();
    places.resize(rows, 0);
    // The last column first, so that the codes of the first end up side by side.
    for (codes, dictionary) in codes.iter().zip(dictionaries).rev() {
        let size =
            u32::try_from(dictionary.len()).expect("a dense table has fewer than 2^31 cells");
        for (place, code) in places.iter_mut().zip(*codes) {
            *place = place.wrapping_mul(size).wrapping_add(code.cast_unsigned());
        }
    }
}

fn add_dense(cells: &mut [Cell], places: &[u32], counts: &[&[u32]]) {
    // The loop inside is unrolled for each number of columns.
    macro_rules! by_number {
        ($($number:literal)*) => {
            match counts.len() {
                $($number => add_columns::<$number>(
                    cells,
                    places,
                    std::array::from_fn(|column| counts[column]),
                ),)*
                more => unreachable!("{more} counts, where a row has {COUNTS}"),
            }
        };
    }
    by_number!(0 1 2 3 4 5 6 7 8 9 10);
}

/// The hot loop of settlement.
fn add_columns<const N: usize>(cells: &mut [Cell], places: &[u32], counts: [&[u32]; N]) {
    // Slices of one known length need no bounds check inside the loop.
    let counts = counts.map(|counts| &counts[..places.len()]);
    for (row, place) in places.iter().enumerate() {
        let cell = &mut cells[*place as usize];
        cell[0] += 1;
        for column in 0..N {
            cell[1 + column] += u64::from(counts[column][row]);
        }
    }
}

fn add_sparse(
    cells: &mut HashMap<Vec<i32>, Cell>,
    rows: usize,
    codes: &[&[i32]],
    counts: &[&[u32]],
) {
    for row in 0..rows {
        let cell = cells.entry(codes.iter().map(|codes| codes[row]).collect()).or_default();
        cell[0] += 1;
        for (sum, counts) in cell[1..].iter_mut().zip(counts) {
            *sum += u64::from(counts[row]);
        }
    }
}

/// The codes whose cell is at `place`.
fn codes_at(place: usize, dictionaries: &[ArrayRef]) -> Vec<i32> {
    let mut rest = place;
    let code = |dictionary: &ArrayRef| {
        let code = rest % dictionary.len();
        rest /= dictionary.len();
        i32::try_from(code).expect("a dense table has fewer than 2^31 cells")
    };
    dictionaries.iter().map(code).collect()
}

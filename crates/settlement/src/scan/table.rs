//! Token sums of one segment, kept in a dense table over dictionary codes.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt32Type};
use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use usage::NotASegment;

/// What a group of calls adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sums {
    pub events: u64,
    /// By class: input, cached input, output.
    pub tokens: [u128; 3],
}

impl Sums {
    /// Adds another group. A `u128` holds 2^96 calls of the longest kind, so it never overflows.
    pub(super) fn add(&mut self, other: &Self) {
        self.events += other.events;
        for (sum, more) in self.tokens.iter_mut().zip(other.tokens) {
            *sum += more;
        }
    }
}

/// Sums by channel, product, model and host.
///
/// Names are compared once per dictionary, not once per call: the codes of a call's four names
/// make its place in a table with a cell for every combination. When the dictionaries change,
/// at a new row group, the table is emptied into sums by name.
#[derive(Default)]
pub(super) struct Table {
    named: HashMap<[String; 4], Sums>,
    dictionaries: Option<[ArrayRef; 4]>,
    cells: Cells,
    /// Calls in `cells`.
    rows: u64,
}

/// A cell: calls, then tokens by class.
type Cell = [u64; 4];

/// The codes of a call's four names.
type Codes = [i32; 4];

/// Cells by codes, dense while that is small.
enum Cells {
    /// A cell for every combination; the first column's codes are side by side.
    Dense(Vec<Cell>),
    Sparse(HashMap<Codes, Cell>),
}

/// 8 MB of cells, far beyond any real month's channels × products × models × hosts.
const DENSE_CELLS_MAX: usize = 1 << 18;

// INVARIANT: a table takes in at most this many calls before it is emptied. Each adds less than
// 2^32 to a sum, so no `u64` in a cell overflows.
const ROWS_MAX: u64 = 1 << 31;

impl Default for Cells {
    fn default() -> Self {
        Self::Dense(Vec::new())
    }
}

impl Table {
    /// Adds the calls of a batch, whose columns are the four names and the three token counts.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<(), NotASegment> {
        let rows = batch.num_rows() as u64;
        if rows == 0 {
            return Ok(());
        }
        let names: [&ArrayRef; 4] = std::array::from_fn(|column| batch.column(column));
        let dictionaries = names.map(|name| name.as_dictionary::<Int32Type>().values());
        if self.rows + rows > ROWS_MAX || !self.has(dictionaries) {
            self.empty();
            self.begin(dictionaries)?;
        }
        // INVARIANT: the Parquet reader holds every code against its dictionary, unless that is
        // empty, which `begin` refuses.
        let codes = names.map(|name| &name.as_dictionary::<Int32Type>().keys().values()[..]);
        let tokens = std::array::from_fn(|class| {
            let column: &UInt32Array =
                batch.column(names.len() + class).as_primitive::<UInt32Type>();
            &column.values()[..]
        });
        match &mut self.cells {
            Cells::Dense(cells) => {
                let sizes = dictionaries.map(|dictionary| dictionary.len());
                add_dense(cells, sizes, codes, tokens);
            }
            Cells::Sparse(cells) => add_sparse(cells, codes, tokens),
        }
        self.rows += rows;
        Ok(())
    }

    /// The sums by name, in no order.
    pub(super) fn finish(mut self) -> Vec<([String; 4], Sums)> {
        self.empty();
        self.named.into_iter().collect()
    }

    fn has(&self, dictionaries: [&ArrayRef; 4]) -> bool {
        self.dictionaries.as_ref().is_some_and(|mine| {
            mine.iter()
                .zip(dictionaries)
                .all(|(mine, other)| std::ptr::addr_eq(mine.as_ref(), other.as_ref()))
        })
    }

    fn begin(&mut self, dictionaries: [&ArrayRef; 4]) -> Result<(), NotASegment> {
        // The footer says twice what a column holds. If one bit of the second is lost, the reader
        // gives bytes where the first, which has been checked, says text.
        let names = |dictionary: &ArrayRef| {
            !dictionary.is_empty() && dictionary.as_string_opt::<i32>().is_some()
        };
        if !dictionaries.into_iter().all(names) {
            return Err(NotASegment::Damaged("a column of names holds none".into()));
        }
        let size = dictionaries.iter().try_fold(1usize, |size, dictionary| {
            size.checked_mul(dictionary.len()).filter(|size| *size <= DENSE_CELLS_MAX)
        });
        self.cells = match size {
            Some(size) => Cells::Dense(vec![Cell::default(); size]),
            None => Cells::Sparse(HashMap::new()),
        };
        self.dictionaries = Some(dictionaries.map(ArrayRef::clone));
        Ok(())
    }

    /// Moves all sums from places to names.
    fn empty(&mut self) {
        let Some(dictionaries) = self.dictionaries.take() else { return };
        let sizes = dictionaries.each_ref().map(|dictionary| dictionary.len());
        let used: Vec<(Codes, Cell)> = match std::mem::take(&mut self.cells) {
            Cells::Dense(cells) => {
                let places = cells.into_iter().enumerate().filter(|(_, cell)| cell[0] > 0);
                places.map(|(place, cell)| (codes_at(place, sizes), cell)).collect()
            }
            Cells::Sparse(cells) => cells.into_iter().collect(),
        };
        for (codes, [events, input, cached, output]) in used {
            let names = std::array::from_fn(|column| {
                let code = usize::try_from(codes[column]).expect("a code is not negative");
                dictionaries[column].as_string::<i32>().value(code).to_owned()
            });
            let tokens = [input, cached, output].map(u128::from);
            self.named.entry(names).or_default().add(&Sums { events, tokens });
        }
        self.rows = 0;
    }
}

/// The hot loop of settlement.
fn add_dense(cells: &mut [Cell], sizes: [usize; 4], codes: [&[i32]; 4], tokens: [&[u32]; 3]) {
    let rows = codes[0].len();
    // Slices of one known length need no bounds check inside the loop.
    let [channels, products, models, hosts] = codes.map(|codes| &codes[..rows]);
    let [inputs, cacheds, outputs] = tokens.map(|tokens| &tokens[..rows]);
    let [channel_count, product_count, model_count, _] = sizes;
    for row in 0..rows {
        let of_host = hosts[row] as usize;
        let of_model = of_host.wrapping_mul(model_count).wrapping_add(models[row] as usize);
        let of_product = of_model.wrapping_mul(product_count).wrapping_add(products[row] as usize);
        let place = of_product.wrapping_mul(channel_count).wrapping_add(channels[row] as usize);
        let cell = &mut cells[place];
        cell[0] += 1;
        cell[1] += u64::from(inputs[row]);
        cell[2] += u64::from(cacheds[row]);
        cell[3] += u64::from(outputs[row]);
    }
}

fn add_sparse(cells: &mut HashMap<Codes, Cell>, codes: [&[i32]; 4], tokens: [&[u32]; 3]) {
    for row in 0..codes[0].len() {
        let cell = cells.entry(codes.map(|codes| codes[row])).or_default();
        cell[0] += 1;
        for (sum, tokens) in cell[1..].iter_mut().zip(tokens) {
            *sum += u64::from(tokens[row]);
        }
    }
}

/// The codes whose cell is at `place`.
fn codes_at(place: usize, sizes: [usize; 4]) -> Codes {
    let mut rest = place;
    sizes.map(|size| {
        let code = rest % size;
        rest /= size;
        i32::try_from(code).expect("a dense table has fewer than 2^31 cells")
    })
}

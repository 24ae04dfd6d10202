//! Writing a segment.

use std::fs::File;
use std::path::Path;
use std::thread;

use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use rustc_hash::FxHashMap;

use super::columns::Columns;
use super::encode::encode;
use super::footer::Footer;
use super::sums::{self, GroupNames, Sums};
use crate::day::{day_from_number, day_number};
use crate::names::Names;
use crate::schema::{AT, ID, NAMES};
use crate::store::StoreError;
use crate::tokens::CLASSES;
use crate::{Fingerprint, GroupSums, Tokens};

/// Rows in a row group: a full buffer of one day makes a segment of one group.
pub(super) const GROUP_ROWS: usize = 1 << 20;

/// Some rows, in the order in which a segment has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ordered<'a> {
    pub columns: &'a Columns,
    /// Where in the columns each row stands.
    pub order: &'a [u32],
}

impl<'a> Ordered<'a> {
    /// The values of a column.
    pub(super) fn of<T: Copy>(self, column: &'a [T]) -> impl ExactSizeIterator<Item = T> {
        self.order.iter().map(|place| column[*place as usize])
    }

    fn is_in_order(self) -> bool {
        self.of(&self.columns.at_ns).zip(self.of(&self.columns.ids)).is_sorted()
    }

    pub(super) fn chunks(self, rows: usize) -> impl Iterator<Item = Self> {
        self.order.chunks(rows).map(move |order| Self { columns: self.columns, order })
    }
}

/// Writes rows to a new file and syncs it. There must be one at least, all of one day and
/// sorted by `(at, id)`. It will stand in the place of the segments that it `replaces`.
pub(crate) fn write(
    path: &Path,
    rows: Ordered<'_>,
    names: &Names,
    replaces: &[Fingerprint],
) -> Result<Footer, StoreError> {
    debug_assert!(rows.is_in_order());
    let file = File::create_new(path).map_err(|error| StoreError::io("create", path, error))?;
    let day = day_from_number(day_number(rows.columns.at_ns[rows.order[0] as usize]));
    // What the footer says is computed while the columns are written.
    let written = thread::scope(|scope| {
        let summed = scope.spawn(|| {
            let groups = groups_of(rows, names);
            let footer = Footer {
                day,
                rows: rows.order.len() as u64,
                fingerprint: rows.of(&rows.columns.ids).collect(),
                sums: Fingerprint::of_sums(groups.iter().map(GroupSums::of)),
                replaces: replaces.to_vec(),
            };
            (groups, footer)
        });
        let writer = encode(&file, rows, names, properties());
        let summed = summed.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        writer.and_then(|mut writer| {
            for (key, value) in summed.1.metadata() {
                writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
            }
            writer.close().map(|_| summed)
        })
    });
    written
        .map_err(std::io::Error::other)
        .and_then(|summed| file.sync_all().map(|()| summed))
        .and_then(|(groups, footer)| sums::write(path, &groups).map(|()| footer))
        .map_err(|error| StoreError::io("write", path, error))
}

pub(crate) fn groups_of(rows: Ordered<'_>, names: &Names) -> Vec<(GroupNames, Sums)> {
    // Fewer than 2^32 rows of counts below 2^32.
    let mut groups: FxHashMap<[u32; 5], (u64, u64, [u64; CLASSES])> = FxHashMap::default();
    for place in rows.order {
        let row = rows.columns.row(*place as usize);
        let [channel, product, model, host, _, tier] = row.names;
        let key = [channel, product, model, host, tier];
        let (events, calls, tokens) = groups.entry(key).or_default();
        *events += 1;
        *calls += u64::from(row.calls);
        for (sum, count) in tokens.iter_mut().zip(row.tokens) {
            *sum += u64::from(count);
        }
    }
    let named = |(codes, (events, calls, tokens)): ([u32; 5], (u64, u64, [u64; CLASSES]))| {
        let names = codes.map(|code| names.name(code).to_owned());
        (names, Sums { events, calls, tokens: Tokens::of_classes(tokens.map(u128::from)) })
    };
    groups.into_iter().map(named).collect()
}

/// How a segment is laid out, chosen for the settlement scan, which reads all but three columns.
///
/// Names and token counts repeat, so dictionary codes packed to a few bits are both small and
/// quick to read. Ids are random: nothing makes them smaller, so nothing is tried.
fn properties() -> WriterProperties {
    let ascending =
        |column_idx| SortingColumn { column_idx, descending: false, nulls_first: false };
    let mut properties = WriterProperties::builder()
        .set_created_by("charterparty".to_owned())
        .set_sorting_columns(Some(vec![ascending(1), ascending(0)]))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(GROUP_ROWS)
        .set_compression(Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(ID.into(), false)
        .set_column_statistics_enabled(ID.into(), EnabledStatistics::None)
        .set_column_dictionary_enabled(AT.into(), false)
        .set_column_encoding(AT.into(), Encoding::DELTA_BINARY_PACKED);
    for name in NAMES {
        let column = ColumnPath::from(name);
        properties = properties.set_column_dictionary_page_size_limit(column, 1 << 24);
    }
    properties.build()
}

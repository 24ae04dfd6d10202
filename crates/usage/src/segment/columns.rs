//! Rows on their way to a segment, column by column.

use jiff::Timestamp;

use crate::EventId;
use crate::names::Names;
use crate::schema::NAMES;
use crate::tokens::CLASSES;

/// One call on its way to a segment. Names are codes into a table the buffer keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub id: EventId,
    pub at_ns: i64,
    /// By the columns of [`NAMES`].
    pub names: [u32; NAMES.len()],
    pub calls: u32,
    pub tokens: [u32; CLASSES],
}

impl Row {
    /// The row as a line of CSV, for whoever looks for it in its source.
    pub(crate) fn shown(&self, names: &Names) -> String {
        let at = Timestamp::from_nanosecond(self.at_ns.into()).map(|at| at.to_string());
        let names = self.names.iter().map(|code| names.name(*code).to_owned());
        let counts = [self.calls].into_iter().chain(self.tokens).map(|count| count.to_string());
        let cells: Vec<String> =
            at.into_iter().chain(names).chain(counts).chain([self.id.to_string()]).collect();
        cells.join(",")
    }
}

/// Rows, column by column: what is done with all rows is done a column at a time.
// INVARIANT: all columns have as many values.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub ids: Vec<EventId>,
    pub at_ns: Vec<i64>,
    /// Codes of names.
    pub names: [Vec<u32>; NAMES.len()],
    pub calls: Vec<u32>,
    pub tokens: [Vec<u32>; CLASSES],
}

impl Columns {
    /// None yet, with room for some.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self {
            ids: Vec::with_capacity(rows),
            at_ns: Vec::with_capacity(rows),
            names: std::array::from_fn(|_| Vec::with_capacity(rows)),
            calls: Vec::with_capacity(rows),
            tokens: std::array::from_fn(|_| Vec::with_capacity(rows)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn push(&mut self, row: &Row) {
        self.ids.push(row.id);
        self.at_ns.push(row.at_ns);
        self.calls.push(row.calls);
        self.names.iter_mut().zip(row.names).for_each(|(column, code)| column.push(code));
        self.tokens.iter_mut().zip(row.tokens).for_each(|(column, count)| column.push(count));
    }

    /// Takes all rows of others.
    pub(crate) fn append(&mut self, others: &mut Self) {
        self.ids.append(&mut others.ids);
        self.at_ns.append(&mut others.at_ns);
        self.calls.append(&mut others.calls);
        self.names.iter_mut().zip(&mut others.names).for_each(|(mine, theirs)| mine.append(theirs));
        let tokens = self.tokens.iter_mut().zip(&mut others.tokens);
        tokens.for_each(|(mine, theirs)| mine.append(theirs));
    }

    /// The row at a place.
    pub(crate) fn row(&self, place: usize) -> Row {
        Row {
            id: self.ids[place],
            at_ns: self.at_ns[place],
            names: self.names.each_ref().map(|column| column[place]),
            calls: self.calls[place],
            tokens: self.tokens.each_ref().map(|column| column[place]),
        }
    }

    /// These places, by time and id, as rows stand in a segment.
    ///
    /// Sources are mostly in order, or are made of parts that are: then this is quick.
    pub(crate) fn in_order(&self, places: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut timed: Vec<(i64, u32)> =
            places.map(|place| (self.at_ns[place as usize], place)).collect();
        timed.sort_by(|(at, place), (other_at, other)| {
            let id = |place: &u32| self.ids[*place as usize];
            at.cmp(other_at).then_with(|| id(place).cmp(&id(other)))
        });
        timed.into_iter().map(|(_, place)| place).collect()
    }
}

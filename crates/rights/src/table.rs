//! Decisions looked up instead of made: the form a gateway uses.
//!
//! A table holds the verdict on every act of one party and one verb over the values the registry
//! knows, attribute by attribute, and with each attribute left open. It is made by asking an
//! [`Evaluator`], and holds until the next day on which a clause begins or ends.

use jiff::civil::Date;
use rustc_hash::FxHashMap;
use terms::{Act, Attribute, InForce, Name, Verb};

use crate::{Evaluator, Verdict};

/// The verdicts of one day for one party, one verb and some attributes.
#[derive(Debug, Clone)]
pub struct Table {
    by: Name,
    verb: Verb,
    axes: Vec<Axis>,
    /// By cell: the hot path touches one byte.
    verdicts: Vec<Verdict>,
    until: Option<Date>,
}

/// One attribute. A value's number is its place from 1; 0 is for the attribute left open.
#[derive(Debug, Clone)]
struct Axis {
    attribute: Attribute,
    values: Vec<String>,
    /// Whoever asks cannot add to it, so a hash that could be flooded will do.
    numbers: FxHashMap<String, usize>,
    /// How far apart two neighbours on this axis are among the cells.
    stride: usize,
}

/// An act's place in a table. It may be kept as long as the table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell(usize);

impl Table {
    /// Asks for every act of `by` over the registry's values of `attributes`.
    ///
    /// The number of verdicts is the product of one more than the number of values of each
    /// attribute: keep to those the terms tell acts apart by.
    pub fn compile(
        in_force: &InForce<'_>,
        by: &Name,
        verb: Verb,
        attributes: &[Attribute],
    ) -> Table {
        let mut axes: Vec<Axis> = Vec::new();
        let mut cells = 1;
        for attribute in attributes {
            let values = attribute.known_values(&in_force.terms.registry);
            let numbers = values.iter().cloned().zip(1..).collect();
            let axis = Axis { attribute: *attribute, values, numbers, stride: cells };
            cells *= axis.values.len() + 1;
            axes.push(axis);
        }
        let evaluator = Evaluator::new(in_force);
        let until = in_force.terms.next_change(in_force.on, in_force.known);
        let mut table = Table { by: by.clone(), verb, axes, verdicts: Vec::new(), until };
        let verdict = |cell| evaluator.ruling(&table.act(Cell(cell))).verdict;
        table.verdicts = (0..cells).map(verdict).collect();
        table
    }

    /// The place of an act that states these values. `None` if the table does not have one of the
    /// attributes or values, or an attribute is given twice: such an act must be refused, or asked
    /// for directly.
    pub fn cell<'a>(&self, stated: impl IntoIterator<Item = (Attribute, &'a str)>) -> Option<Cell> {
        let mut seen = 0u64;
        let mut cell = 0;
        for (attribute, value) in stated {
            let at = self.axes.iter().position(|axis| axis.attribute == attribute)?;
            if seen & (1 << at) != 0 {
                return None;
            }
            seen |= 1 << at;
            cell += self.axes[at].numbers.get(value)? * self.axes[at].stride;
        }
        Some(Cell(cell))
    }

    /// The verdict on the act at a place of this table.
    pub fn verdict(&self, cell: Cell) -> Verdict {
        self.verdicts[cell.0]
    }

    /// The act at a place of this table: what to ask [`decide()`](crate::decide()) about for the
    /// clauses behind the verdict.
    pub fn act(&self, cell: Cell) -> Act {
        let value = |axis: &Axis| {
            let number = cell.0 / axis.stride % (axis.values.len() + 1);
            Some((axis.attribute, axis.values.get(number.checked_sub(1)?)?.clone()))
        };
        Act::new(self.verb, self.by.clone(), self.axes.iter().filter_map(value).collect())
    }

    /// The day from which on the table must not be used; `None` if nothing known will change.
    pub fn until(&self) -> Option<Date> {
        self.until
    }
}

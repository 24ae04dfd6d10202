//! Decisions looked up instead of made: the form a gateway uses.
//!
//! A table holds the decision on every act of one party and one verb over the values the registry
//! knows, attribute by attribute, and with each attribute left open. It is made by asking
//! [`decide()`], so it cannot disagree with it, and holds until the next day on which a clause begins
//! or ends.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use terms::{Act, Attribute, InForce, Name, Verb};

use crate::{Decision, Verdict, decide};

/// The decisions of one day for one party, one verb and some attributes.
#[derive(Debug, Clone)]
pub struct Table {
    axes: Vec<Axis>,
    /// By cell; apart from the decisions, so that the hot path touches one byte.
    verdicts: Vec<Verdict>,
    decisions: Vec<Decision>,
    until: Option<Date>,
}

/// One attribute. A value's number is its place from 1; 0 is for the attribute left open.
#[derive(Debug, Clone)]
struct Axis {
    attribute: Attribute,
    values: Vec<String>,
    numbers: HashMap<String, usize>,
    /// How far apart two neighbours on this axis are among the cells.
    stride: usize,
}

/// An act's place in a table. It may be kept as long as the table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell(usize);

impl Table {
    /// Asks for every act of `by` over the registry's values of `attributes`.
    ///
    /// The number of decisions is the product of one more than the number of values of each
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
        let act = |cell| Act::new(verb, by.clone(), stated(&axes, cell));
        let decisions: Vec<_> = (0..cells).map(|cell| decide(in_force, &act(cell))).collect();
        Table {
            verdicts: decisions.iter().map(|decision| decision.verdict).collect(),
            decisions,
            until: in_force.terms.next_change(in_force.on, in_force.known),
            axes,
        }
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

    /// The whole decision on the act at a place of this table.
    pub fn decision(&self, cell: Cell) -> &Decision {
        &self.decisions[cell.0]
    }

    /// The day from which on the table must not be used; `None` if nothing known will change.
    pub fn until(&self) -> Option<Date> {
        self.until
    }
}

/// What an act at a place states.
fn stated(axes: &[Axis], cell: usize) -> BTreeMap<Attribute, String> {
    let value = |axis: &Axis| {
        let number = cell / axis.stride % (axis.values.len() + 1);
        Some((axis.attribute, axis.values.get(number.checked_sub(1)?)?.clone()))
    };
    axes.iter().filter_map(value).collect()
}

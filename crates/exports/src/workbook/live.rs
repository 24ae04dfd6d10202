//! Formulas for what a statement says: each is offered only if, computed exactly, it gives the value
//! that stands in the statement. Where none does, the value itself is written.

use std::ops::Range;

use exact::Exact;
use settlement::{Line, Statement};
use terms::Name;

use crate::kind::{Effect, effect};
use crate::number::{decimal, read};

/// The row, counted from 0, under which the lines of the *Statement* sheet begin.
pub const LINES: u32 = 6;

/// Where the steps and days of each line stand on their sheets, as rows from 0. Both have one row above.
pub struct Places {
    steps: Vec<Range<u32>>,
    days: Vec<Range<u32>>,
}

impl Places {
    pub fn of(statement: &Statement) -> Places {
        Places {
            steps: ranges(statement.lines.iter().map(|line| line.steps.len())),
            days: ranges(statement.lines.iter().map(|line| line.days.len())),
        }
    }

    /// The cell of what a step comes to.
    fn step(&self, line: usize, step: usize) -> String {
        format!("Steps!$E${}", self.steps[line].start as usize + step + 1)
    }

    /// The sum of a line's days.
    fn days(&self, line: usize) -> String {
        let Range { start, end } = &self.days[line];
        format!("SUM(Days!$E${}:$E${end})", start + 1)
    }
}

fn ranges(lengths: impl Iterator<Item = usize>) -> Vec<Range<u32>> {
    let mut next = 1;
    let range = |length: usize| {
        let start = next;
        next += u32::try_from(length).unwrap_or(u32::MAX);
        start..next
    };
    lengths.map(range).collect()
}

/// The cell of what a line comes to.
fn amount(line: usize) -> String {
    format!("Statement!$I${}", LINES as usize + line + 1)
}

/// What a line comes to before rounding: its days, what it sets off, or its last step.
pub fn exact(statement: &Statement, at: usize, places: &Places) -> Option<String> {
    let line = &statement.lines[at];
    let value = read(&line.exact)?;
    if sum_of_days(line) == Some(value.clone()) {
        return Some(format!("={}", places.days(at)));
    }
    if effect(line.kind) == Effect::SetOff {
        let owed = |from: &Name, to: &Name| owed(statement, line, from, to);
        let ((there, cells), (back, others)) =
            (owed(&line.from, &line.to), owed(&line.to, &line.from));
        let (cells, others) = (cells.join("+"), others.join("+"));
        let is_it = there - back == value && !cells.is_empty() && !others.is_empty();
        return is_it.then(|| format!("=({cells})-({others})"));
    }
    let last = line.steps.len().checked_sub(1)?;
    let is_it = read(&line.steps[last].value) == Some(value);
    is_it.then(|| format!("={}", places.step(at, last)))
}

/// What a step comes to, from the days and from the steps above it.
pub fn step(statement: &Statement, at: usize, index: usize, places: &Places) -> Option<String> {
    let line = &statement.lines[at];
    let step = &line.steps[index];
    let value = read(&step.value)?;
    if let Some(part) = part(line, at, index, places) {
        return Some(format!("={part}"));
    }
    if index == 0 && sum_of_days(line) == Some(value.clone()) {
        return Some(format!("={}", places.days(at)));
    }
    if let Some((from, to)) = step.name.split_once(" owes ") {
        let (sum, cells) = owed(statement, line, &Name::new(from), &Name::new(to));
        return (sum == value && !cells.is_empty()).then(|| format!("={}", cells.join("+")));
    }
    if step.name == "set off" && index == 2 {
        let (one, other) = (read(&line.steps[0].value)?, read(&line.steps[1].value)?);
        let (first, second) = (places.step(at, 0), places.step(at, 1));
        return (one.min(other) == value).then(|| format!("=MIN({first},{second})"));
    }
    least(line, at, index, places).filter(|(least, _)| *least == value).map(|(_, formula)| formula)
}

/// `25% of 916.176`: the rate times a step above, the sum of the days, or the number itself.
fn part(line: &Line, at: usize, index: usize, places: &Places) -> Option<String> {
    let step = &line.steps[index];
    let (rate, base) = rate_and_base(&step.name)?;
    if rate.clone() * base.clone() != read(&step.value)? {
        return None;
    }
    let rate = decimal(&rate)?;
    let above =
        line.steps[..index].iter().position(|step| read(&step.value).as_ref() == Some(&base));
    let base = match above {
        Some(above) => places.step(at, above),
        None if sum_of_days(line).as_ref() == Some(&base) => places.days(at),
        None => decimal(&base)?.to_string(),
    };
    Some(format!("{rate}*{base}"))
}

fn rate_and_base(name: &str) -> Option<(Exact, Exact)> {
    let (rate, base) = name.split_once("% of ")?;
    Some((read(rate)?.per(100), read(base)?))
}

/// The sum of the parts above a step, but no more than what is left under each cap above it.
fn least(line: &Line, at: usize, index: usize, places: &Places) -> Option<(Exact, String)> {
    let mut sum = Exact::zero();
    let (mut parts, mut caps) = (Vec::new(), Vec::new());
    for (above, step) in line.steps[..index].iter().enumerate() {
        let cell = places.step(at, above);
        if rate_and_base(&step.name).is_some() {
            sum = sum + read(&step.value)?;
            parts.push(cell);
        } else if step.name.starts_with("left under ") {
            caps.push((read(&step.value)?, cell));
        }
    }
    if parts.is_empty() {
        return None;
    }
    let parts = parts.join("+");
    if caps.is_empty() {
        return Some((sum, format!("={parts}")));
    }
    let cells: Vec<_> = caps.iter().map(|(_, cell)| cell.as_str()).collect();
    let formula = format!("=MIN({parts},{})", cells.join(","));
    let least = caps.into_iter().fold(sum, |least, (cap, _)| least.min(cap));
    Some((least, formula))
}

/// What the days of a line add up to, if it has any.
fn sum_of_days(line: &Line) -> Option<Exact> {
    if line.days.is_empty() {
        return None;
    }
    line.days.iter().map(|day| read(&day.amount)).sum()
}

/// What is due from one party to another in the currency of a line, and the cells it stands in.
fn owed(statement: &Statement, line: &Line, from: &Name, to: &Name) -> (Exact, Vec<String>) {
    let due = statement.lines.iter().enumerate().filter(|(_, due)| {
        // A net cites the clauses of what it is of, and of nothing else.
        line.clause.split(", ").any(|clause| clause == due.clause)
            && effect(due.kind) == Effect::Due
            && due.amount.currency == line.amount.currency
            && due.from == *from
            && due.to == *to
    });
    let mut sum = Exact::zero();
    let mut cells = Vec::new();
    for (at, due) in due {
        sum = sum + due.amount.amount.into();
        cells.push(amount(at));
    }
    (sum, cells)
}

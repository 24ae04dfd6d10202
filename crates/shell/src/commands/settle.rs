mod cluster;
mod damages;
mod notes;
mod rejected;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use settlement::scan::remote;
use settlement::{
    Capacity, Damages, Figure, Input, Line, Month, Restated, Statement, Unrated, Usage,
};
use sourcing::{Book, Case, Lot, LotStatus};
use terms::{Duration, Known, Terms};
use usage::{Partition, RejectedFile};

use self::cluster::Cluster;
use super::gateway::unresolved;
use super::statement;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{
    ConditionDay, DocumentHash, Fold, Months, RestsOn, Settled, UsageDay, Workspace, earlier, hash,
};

/// Computes what is due for a month from its usage and capacity, and posts it.
///
/// A month is one of UTC days, as vendors' own usage exports count. Settling again gives the same
/// statement as long as nothing it rests on has changed; if something has, the new settlement takes
/// the place of the old one. A month whose books are closed stays as it is: what it comes to today is
/// shown beside what was booked, and the difference is booked in the next month that is settled.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter settle 2023-11
  charter settle 2023-11 --scenario scenarios/equal-shares.md
  charter settle 2023-11 --cluster http://127.0.0.1:50050
  charter settle 2023-11 --json | jq '.statement.lines[] | {title, amount, clause}'

Exits with 1 if the month is not over or calls could not be rated: then the statement is provisional
and posts nothing.")]
pub struct Args {
    /// The month, as 2023-11
    month: Month,
    /// Suppose what this document says; nothing is entered
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Add up every call again, instead of taking the sums kept beside them
    #[arg(long)]
    recount: bool,
    /// Have a cluster add up every call: the URL of its scheduler
    #[arg(long, value_name = "URL", conflicts_with = "recount")]
    cluster: Option<String>,
    /// Who settles it
    #[arg(long, value_name = "WHO", default_value = "operator")]
    by: String,
}

/// What `--json` shows.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(flatten)]
    settled: &'a Settled,
    notes: &'a [String],
}

/// What `--json` shows of a month whose books are closed.
#[derive(Serialize)]
struct OfClosed<'a> {
    closed: bool,
    booked: &'a Statement,
    today: &'a Statement,
    /// What is to be adjusted, beside what other months have adjusted already.
    differences: &'a [Line],
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let head = workspace.head()?;
    let terms = workspace.adopted_terms_under(args.scenario.as_deref())?;
    let months = workspace.months()?;
    let adds_up = match &args.cluster {
        Some(url) => AddsUp::On(Cluster { scheduler: url.clone() }),
        None if args.recount => AddsUp::Again,
        None => AddsUp::FromSums,
    };
    let desk = Desk { adds_up, ..Desk::new(workspace, &terms)? };
    if args.scenario.is_none() && months.is_closed(args.month) {
        return of_closed(&desk, &months, args.month, json);
    }
    // A scenario supposes other terms for this month alone.
    let settled = match &args.scenario {
        Some(_) => desk.suppose(&months, args.month)?,
        None => desk.settle(&months, args.month)?,
    };
    let unchanged = months.settled.contains(&settled);
    let notes = match &args.scenario {
        Some(scenario) => vec![format!("supposing {}; nothing was entered", scenario.display())],
        None => notes::of(workspace, &settled, &months, unchanged)?,
    };
    if !unchanged && args.scenario.is_none() {
        workspace.append_settled(head.position, &settled, &args.by)?;
    }
    let statement = &settled.statement;
    if json {
        term::json(&Output { settled: &settled, notes: &notes })?;
        return Ok(Answer::of(statement.is_final));
    }
    statement::print(statement);
    for note in notes {
        term::item(&format!("{} ", term::yellow("note:")), "      ", &note);
    }
    Ok(Answer::of(statement.is_final))
}

/// Shows what a closed month comes to today beside what was booked for it; enters nothing.
fn of_closed(desk: &Desk<'_>, months: &Months, month: Month, json: bool) -> Outcome {
    let booked = statement::settled(months, month)?;
    let today = desk.as_of_now(months, month)?;
    let since = months.adjusting(month, Month::of(jiff::civil::Date::MAX));
    let restated = Restated { original: &booked.statement, since, today: &today.statement };
    let differences = settlement::adjustment::adjustments(&restated);
    if json {
        term::json(&OfClosed {
            closed: true,
            booked: &booked.statement,
            today: &today.statement,
            differences: &differences,
        })?;
        return Ok(Answer::of(today.statement.is_final));
    }
    say!("the books of {} are closed and stay as they are", term::bold(month));
    for reason in &today.statement.open {
        say!("{} {reason}", term::red("cannot be computed anew:"));
    }
    if !today.statement.is_final {
        say!("what can be said of it today is provisional, and is not booked");
    } else if differences.is_empty() {
        say!("what was booked for it is what it comes to today");
        return Ok(Answer::Yes);
    }
    say!("{:>22}  {:>22}  {:>22}", "booked", "comes to today", "to be adjusted");
    for line in &differences {
        let Some(adjusts) = &line.adjusts else { continue };
        let [booked, today, by] = [adjusts.booked, adjusts.restated, line.amount]
            .map(|money| money.to_string().replace('_', ","));
        say!("{booked:>22}  {today:>22}  {by:>22}  {} {}", line.of(), term::dim(&line.clause));
    }
    if today.statement.is_final {
        say!("settle a month that is not closed, and the differences are booked in it");
    }
    Ok(Answer::of(today.statement.is_final))
}

/// What a month comes to as everything stands now, or would under a scenario; enters nothing.
///
/// # Errors
/// [`Failure`] if no agreement was in effect, or the scenario has errors.
pub fn dry(
    workspace: &Workspace,
    months: &Months,
    month: Month,
    scenario: Option<&Path>,
) -> Result<Settled, Failure> {
    let terms = workspace.adopted_terms_under(scenario)?;
    let desk = Desk::new(workspace, &terms)?;
    match scenario {
        Some(_) => desk.suppose(months, month),
        None => desk.as_of_now(months, month),
    }
}

/// All that months are settled from, read once.
pub struct Desk<'a> {
    workspace: &'a Workspace,
    terms: &'a Terms,
    fold: Arc<Fold>,
    figures: Vec<Figure>,
    damages: Vec<Damages>,
    /// The rows that an import rejected and nobody has dismissed.
    rejected: Vec<RejectedFile>,
    adds_up: AddsUp,
}

/// How calls are added up; it makes no difference to what they add up to.
enum AddsUp {
    /// From the sums that are kept beside them.
    FromSums,
    /// Each again.
    Again,
    /// Each again, on a cluster.
    On(Cluster),
}

/// What a month is settled from.
struct Basis {
    capacity: Vec<Capacity>,
    undelivered: Vec<Capacity>,
    damages: Vec<Damages>,
    figures: Vec<Figure>,
    unmetered: Vec<Unrated>,
    rests_on: RestsOn,
}

impl<'a> Desk<'a> {
    /// Reads what months are settled from; writes nothing.
    pub fn new(workspace: &'a Workspace, terms: &'a Terms) -> Result<Desk<'a>, Failure> {
        let (fold, figures) = (workspace.fold()?, workspace.figures()?);
        let rejected = workspace.rejected()?;
        let damages = damages::of(workspace, &fold.book)?;
        Ok(Desk { workspace, terms, fold, figures, damages, rejected, adds_up: AddsUp::FromSums })
    }

    /// Settles a month, with what closed months before it are to be adjusted by.
    pub fn settle(&self, months: &Months, month: Month) -> Result<Settled, Failure> {
        let today = self.restated(months, month)?;
        let closed = today.iter().filter(|(original, _)| months.is_closed(original.month()));
        let closed: Vec<_> = closed
            .map(|(original, today)| Restated {
                original: &original.statement,
                since: months.adjusting(original.month(), month),
                today: &today.statement,
            })
            .collect();
        let before: Vec<_> = today.iter().map(|(_, today)| today.clone()).collect();
        self.compute(month, &before, &closed, true)
    }

    /// What a month would come to under the terms of the desk, if the months around it are as they were settled.
    fn suppose(&self, months: &Months, month: Month) -> Result<Settled, Failure> {
        self.compute(month, &months.settled, &[], true)
    }

    /// What a month comes to as everything stands now, whether its books are closed or not.
    fn as_of_now(&self, months: &Months, month: Month) -> Result<Settled, Failure> {
        if !months.is_closed(month) {
            return self.settle(months, month);
        }
        let today = self.restated(months, Month::of(month.end()))?.pop();
        today.map_or_else(|| statement::settled(months, month).cloned(), |(_, today)| Ok(today))
    }

    /// The settled months before one, each with what it comes to today: computed anew if it is closed
    /// and what it rests on has changed.
    pub fn restated<'m>(
        &self,
        months: &'m Months,
        before: Month,
    ) -> Result<Vec<(&'m Settled, Settled)>, Failure> {
        let mut restated: Vec<(&Settled, Settled)> = Vec::new();
        let mut results: Vec<Settled> = Vec::new();
        for original in months.settled.iter().filter(|settled| settled.month() < before) {
            let mut today = original.clone();
            if months.is_closed(original.month()) {
                let month = original.month();
                let partitions = self.workspace.usage()?.partitions(month.first(), month.end())?;
                let basis = self.basis(month, &partitions, &results, false)?;
                let same = RestsOn {
                    others: without_closed(&original.rests_on),
                    ..original.rests_on.clone()
                };
                if basis.rests_on != same {
                    today = self.compute(original.month(), &results, &[], false)?;
                }
            }
            results.push(today.clone());
            restated.push((original, today));
        }
        Ok(restated)
    }

    /// Settles a month from what is on the disk, given what earlier ones came to; writes nothing. What is
    /// of no month that is known counts in those that are open.
    fn compute(
        &self,
        month: Month,
        before: &[Settled],
        closed: &[Restated<'_>],
        is_open: bool,
    ) -> Result<Settled, Failure> {
        let terms = self.terms;
        let begins =
            terms.documents.iter().filter_map(|framed| Some(framed.frame.as_ref()?.effective));
        if begins.min().is_none_or(|begins| month.end() <= begins) {
            return Err(Failure::wrong_use(
                format!("no agreement was in effect in {month}"),
                "give a later month; `charter terms` shows when clauses begin",
            ));
        }
        let (partitions, usage) = self.add_up(month)?;
        let mut basis = self.basis(month, &partitions, before, is_open)?;
        let statement = settlement::settle(&Input {
            terms,
            known: Known::Everything,
            month,
            today: self.today(),
            usage: &usage,
            unmetered: &basis.unmetered,
            capacity: &basis.capacity,
            undelivered: &basis.undelivered,
            damages: &basis.damages,
            figures: &basis.figures,
            earlier: &earlier(before, month),
            closed,
        })?;
        let adjusted: Vec<_> =
            statement.lines.iter().filter_map(|line| line.adjusts.as_ref()).collect();
        if !adjusted.is_empty() {
            basis.rests_on.others.insert(CLOSED.to_string(), hash(&adjusted)?);
        }
        Ok(Settled { statement, rests_on: basis.rests_on })
    }

    /// The present day, in UTC.
    fn today(&self) -> Date {
        self.workspace.now.to_zoned(TimeZone::UTC).date()
    }

    /// The usage of a month, and the segments it was read from.
    fn add_up(&self, month: Month) -> Result<(Vec<Partition>, Vec<Usage>), Failure> {
        let store = self.workspace.usage()?;
        let mut tries = 0;
        loop {
            let partitions = store.partitions(month.first(), month.end())?;
            let rows = partitions.iter().map(|partition| partition.rows).sum();
            let bar = term::progress("rating", rows, false);
            let progress = &mut |rows| bar.set_position(rows);
            let usage = match &self.adds_up {
                AddsUp::FromSums => settlement::sums(&partitions, progress),
                AddsUp::Again => settlement::scan(&partitions, progress),
                AddsUp::On(cluster) => {
                    let partitions = cluster::absolute(&partitions)?;
                    remote::join(&partitions, cluster.parts(&partitions, progress)?)
                }
            };
            bar.finish_and_clear();
            match usage {
                // A gateway at work merges the segments of its day now and then.
                Err(error) if error.is_stale() && tries < 10 => tries += 1,
                usage => return Ok((partitions, usage?)),
            }
        }
    }

    fn basis(
        &self,
        month: Month,
        partitions: &[Partition],
        before: &[Settled],
        is_open: bool,
    ) -> Result<Basis, Failure> {
        let (workspace, terms) = (self.workspace, self.terms);
        let book = &self.fold.book;
        let capacity = capacity(book, month)?;
        let undelivered = undelivered(book, month)?;
        let of_month = |damages: &&Damages| Month::of(damages.day) == month;
        let damages: Vec<_> = self.damages.iter().filter(of_month).cloned().collect();
        let figures = self.figures.iter().filter(|figure| figure.on < month.end());
        let figures: Vec<Figure> = figures.cloned().collect();
        let mut unmetered = unresolved::of_month(workspace, terms, month)?;
        unmetered.extend(rejected::of_month(&self.rejected, month, is_open, self.today()));
        let usage = partitions.iter().map(|partition| UsageDay {
            day: partition.day,
            rows: partition.rows,
            fingerprint: partition.fingerprint.to_string(),
        });
        let documents = workspace.adoptions()?.into_iter();
        let documents =
            documents.map(|adoption| DocumentHash { name: adoption.name, hash: adoption.hash });
        let recorded: BTreeSet<_> =
            terms.occurrences.iter().map(|record| &record.condition).collect();
        let conditions = recorded.into_iter().filter_map(|name| {
            let on = terms.occurred(name.as_str(), Known::Everything)?;
            Some(ConditionDay { name: name.to_string(), on })
        });
        let others = BTreeMap::from([
            ("capacity".to_string(), hash(&(&capacity, &undelivered))?),
            ("damages".to_string(), hash(&damages)?),
            ("figures".to_string(), hash(&figures)?),
            ("unmetered calls".to_string(), hash(&unmetered)?),
            ("earlier months".to_string(), hash(&earlier(before, month))?),
        ]);
        let rests_on = RestsOn {
            rules: settlement::RULES,
            usage: usage.collect(),
            documents: documents.collect(),
            conditions: conditions.collect(),
            others,
        };
        Ok(Basis { capacity, undelivered, damages, figures, unmetered, rests_on })
    }
}

/// The adjustments of closed months that a settlement holds, among what it rests on.
const CLOSED: &str = "closed months";

/// What a settlement rests on beside what it adjusts.
fn without_closed(rests_on: &RestsOn) -> BTreeMap<String, String> {
    let others = rests_on.others.iter().filter(|(name, _)| *name != CLOSED);
    others.map(|(name, hash)| (name.clone(), hash.clone())).collect()
}

/// The capacity that stood in a month, day by day, from every case. Like the days of usage, these are
/// UTC days.
fn capacity(book: &Book, month: Month) -> Result<Vec<Capacity>, Failure> {
    let (first, end) = (start(month.first())?, start(month.end())?);
    // Most cases supply nothing in most months, which is asked once and not of each day.
    let supplies = |(_, case): &(&str, &Case)| !case.supplied(first, end).is_empty();
    let supplying: Vec<_> = book.cases().filter(supplies).collect();
    let days = month.days().map(|day| capacity_of(supplying.iter().copied(), day));
    Ok(days.collect::<Result<Vec<_>, _>>()?.concat())
}

/// The capacity that stood on a UTC day, from every case.
pub fn capacity_on(book: &Book, day: Date) -> Result<Vec<Capacity>, Failure> {
    capacity_of(book.cases(), day)
}

fn capacity_of<'b>(
    cases: impl Iterator<Item = (&'b str, &'b Case)>,
    day: Date,
) -> Result<Vec<Capacity>, Failure> {
    let (from, until) = (start(day)?, start(day.tomorrow()?)?);
    let mut capacity = Vec::new();
    for (id, case) in cases {
        capacity.extend(case.supplied(from, until).into_iter().map(|supply| Capacity {
            day,
            lot: format!("{id} lot {}", supply.lot),
            supplier: supply.supplier,
            customer: supply.customer,
            accelerator_hours: supply.accelerator_hours,
            price: supply.price,
            clause: case.restriction.clause(),
        }));
    }
    Ok(capacity)
}

/// The capacity that was due in a month and did not stand, day by day: of lots that are late or fell
/// short, for no longer than their term.
fn undelivered(book: &Book, month: Month) -> Result<Vec<Capacity>, Failure> {
    let (first, end) = (start(month.first())?, start(month.end())?);
    let is_late =
        |lot: &Lot| lot.missing_accelerator_hours(first) < lot.missing_accelerator_hours(end);
    let late: Vec<_> = book.cases().filter(|(_, case)| case.lots.iter().any(is_late)).collect();
    let mut undelivered = Vec::new();
    for day in month.days() {
        let (from, until) = (start(day)?, start(day.tomorrow()?)?);
        for (id, case) in &late {
            let term = Duration::months(case.requirement.months);
            let lots = case.lots.iter().enumerate();
            let late = lots
                .filter(|(_, lot)| lot.status != LotStatus::Cancelled && day < term.after(lot.due));
            undelivered.extend(late.filter_map(|(at, lot)| {
                let hours = |at| lot.missing_accelerator_hours(at);
                let missing = hours(until).checked_sub(hours(from)).filter(|hours| *hours > 0)?;
                let customer = case.supplier_and_customer(&lot.supplier).1;
                Some(Capacity {
                    day,
                    lot: format!("{id} lot {}", at + 1),
                    supplier: lot.supplier.clone(),
                    customer: customer.clone(),
                    accelerator_hours: missing,
                    price: lot.price,
                    clause: case.restriction.clause(),
                })
            }));
        }
    }
    Ok(undelivered)
}

/// The instant a UTC day begins.
fn start(day: Date) -> Result<Timestamp, Failure> {
    Ok(day.to_zoned(TimeZone::UTC)?.timestamp())
}

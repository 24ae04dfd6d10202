//! Cases: where each part stands, how long it has, and whose turn it is.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use sourcing::lot::LotStatus;
use sourcing::offer::BidStatus;
use sourcing::{Book, Case, Dated, Lot, Restriction, State};
use terms::Terms;

use super::ground::case;
use super::turn::{Turn, turns};
use super::{Ground, compare, history};
use crate::commands::telling::{Shown, not_seen, shown};
use crate::outcome::{Answer, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Asker, Workspace};

/// Shows cases: states, deadlines, offers, lots, and who may act next.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter rounds
  charter rounds halls        with what happened, and the offers side by side
  charter rounds halls --json")]
pub struct Args {
    /// Only this case, and its history
    #[arg(value_name = "CASE")]
    case: Option<String>,
}

/// A case as `--json` shows it.
#[derive(Serialize)]
struct Row<'a> {
    case: &'a str,
    agreement: String,
    requirement: &'a sourcing::Requirement,
    restriction: &'a Restriction,
    round: u32,
    parts: Vec<PartRow<'a>>,
    bids: &'a [sourcing::Bid],
    lots: &'a [sourcing::Lot],
    next_deadline: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<Dated>>,
}

#[derive(Serialize)]
struct PartRow<'a> {
    quantity: u64,
    #[serde(flatten)]
    state: &'a State,
    may_act: Vec<Turn>,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.read_terms()?.terms;
    let zone = terms.time_zone();
    let fold = workspace.fold()?;
    let book = &fold.book;
    let is_machine = *workspace.asker() == Asker::Machine;
    if let Some(only) = args.case.as_ref().filter(|_| is_machine) {
        case(book, only)?;
    }
    if json || !is_machine {
        return seen(workspace, &terms, book, args);
    }
    let ground = Ground { terms: &terms, book, zone: &zone };
    if book.cases().next().is_none() {
        say!("no case yet; begin one with `charter request`");
    }
    for (name, case) in book.cases() {
        if args.case.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let row = row(&ground, name, case, workspace.now);
        if args.case.is_none() {
            print(&row, &zone, workspace.now, &[]);
            continue;
        }
        let history = history::of(workspace, name)?;
        print(&row, &zone, workspace.now, &history::since(&history));
        compare::show(&ground, name, case, workspace.now);
        timeline(&history, &zone);
    }
    Ok(Answer::Yes)
}

/// A case as it is shown to whoever sees a part of it: what it may see of what happened.
#[derive(Serialize)]
struct InPart<'a> {
    case: &'a str,
    /// Always, so that nobody takes this for all there is.
    in_part: bool,
    history: Vec<Dated>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum CaseShown<'a> {
    Whole(Box<Row<'a>>),
    InPart(InPart<'a>),
}

/// The cases of which whoever asks sees something, each as far as it does.
fn seen(workspace: &Workspace, terms: &Terms, book: &Book, args: &Args) -> Outcome {
    let zone = terms.time_zone();
    let ground = Ground { terms, book, zone: &zone };
    let mut rows = Vec::new();
    for (name, case) in book.cases() {
        if args.case.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        match shown(workspace, terms, name)? {
            Shown::Nothing => {}
            Shown::Part(history) => {
                rows.push(CaseShown::InPart(InPart { case: name, in_part: true, history }));
            }
            Shown::Whole => {
                let mut row = row(&ground, name, case, workspace.now);
                if args.case.is_some() {
                    row.history = Some(history::of(workspace, name)?);
                }
                rows.push(CaseShown::Whole(Box::new(row)));
            }
        }
    }
    if let Some(only) = args.case.as_ref().filter(|_| rows.is_empty()) {
        return Err(not_seen(only));
    }
    term::json(&rows)?;
    Ok(Answer::Yes)
}

fn row<'a>(ground: &Ground<'a>, name: &'a str, case: &'a Case, now: Timestamp) -> Row<'a> {
    let parts = case.parts.iter().enumerate().map(|(at, part)| PartRow {
        quantity: part.quantity,
        state: &part.state,
        may_act: turns(ground.terms, ground.book, name, at, now),
    });
    Row {
        case: name,
        agreement: case.agreement.to_string(),
        requirement: &case.requirement,
        restriction: &case.restriction,
        round: case.rounds,
        parts: parts.collect(),
        bids: &case.bids,
        lots: &case.lots,
        next_deadline: sourcing::timer::next(case),
        history: None,
    }
}

fn print(row: &Row<'_>, zone: &TimeZone, now: Timestamp, since: &[Timestamp]) {
    let requirement = row.requirement;
    let what = requirement.act;
    say!(
        "{}  {} would {what} {} for {} by {}, at {} an hour",
        term::cyan(row.case),
        requirement.grantor,
        requirement.quantity,
        requirement.purpose,
        requirement.need_by,
        requirement.price,
    );
    let clause = row.restriction.clause().map_or(String::new(), |clause| format!("{clause}: "));
    let restriction = history::restriction(row.restriction);
    say!("    {}", term::dim(format!("{clause}{restriction}")));
    for (at, part) in row.parts.iter().enumerate() {
        let name = term::bold(part.state.name());
        let deadline = part.state.deadline();
        let until = deadline.map_or(String::new(), |until| {
            format!(" until {}  {}", term::instant(until, zone), left(now, until))
        });
        say!("    {:>9} {name}{until}", part.quantity);
        if let (Some(until), Some(since)) = (deadline, since.get(at)) {
            say!("              {}", term::dim(term::bar(*since, now, until)));
        }
        let may: Vec<_> =
            part.may_act.iter().map(|t| format!("{}: {}", t.party, t.may.join(", "))).collect();
        if !may.is_empty() {
            term::item("              ", "              ", &may.join("; "));
        }
    }
    for (at, bid) in row.bids.iter().enumerate() {
        let status = match &bid.status {
            BidStatus::Standing => "",
            BidStatus::Sealed { .. } => ", sealed",
            BidStatus::Contingent { .. } => ", chosen, contingent",
            BidStatus::Signed => ", signed",
            BidStatus::Gone => ", gone",
        };
        let terms = history::terms(&bid.terms);
        say!("    offer {}: {} of {} at {terms}{status}", at + 1, bid.quantity, bid.supplier);
    }
    for (at, lot) in row.lots.iter().enumerate() {
        let (number, status) = (at + 1, lot_status(lot, zone));
        say!("    lot {number}: {} from {}, {status}", lot.quantity, lot.supplier);
    }
}

/// Where a lot stands, in a few words.
pub fn lot_status(lot: &Lot, zone: &TimeZone) -> String {
    if let Some(delivered) = lot.delivered {
        return format!("delivered {}", delivered.to_zoned(zone.clone()).date());
    }
    let expected = lot.expected.map_or(String::new(), |day| format!(", expected {day}"));
    let damages = lot.damages_from.map_or(String::new(), |day| format!(", damages from {day}"));
    let stage = match lot.status {
        LotStatus::Scheduled | LotStatus::Delivered => "",
        LotStatus::LateGrace => ", late, in grace",
        LotStatus::Cure => ", late, to be cured",
        LotStatus::Shortfall => ", fell short",
        LotStatus::Cancelled => ", cancelled",
    };
    format!("due {}{stage}{expected}{damages}", lot.due)
}

/// How long is left, in a few words.
fn left(now: Timestamp, until: Timestamp) -> String {
    if until < now {
        "(over: `charter tick`)".to_string()
    } else {
        format!("({} left)", term::length(now, until))
    }
}

/// What happened, one line an event, the instants on the left.
fn timeline(history: &[Dated], zone: &TimeZone) {
    say!("");
    let mut last = None;
    for (at, dated) in history.iter().enumerate() {
        let instant = term::instant(dated.at, zone);
        let shown = if last.as_ref() == Some(&instant) {
            " ".repeat(instant.len())
        } else {
            instant.clone()
        };
        let mark = match (at, at + 1 == history.len()) {
            (0, _) => "┌",
            (_, true) => "└",
            _ => "├",
        };
        let by = dated.by.as_ref().map_or("clock".to_string(), ToString::to_string);
        let clause = dated.clause.as_ref().map_or(String::new(), |clause| format!("  {clause}"));
        say!("  {shown} {mark} {}  {by}{}", term::bold(dated.event.name()), term::dim(clause));
        if let Some(detail) = history::detail(&dated.event, zone) {
            let bar = if at + 1 == history.len() { " " } else { "│" };
            let indent = format!("  {} {bar}   ", " ".repeat(instant.len()));
            term::item(&indent, &indent, &detail);
        }
        last = Some(instant);
    }
}

//! How a case came to stand where it stands.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::Serialize;
use sourcing::{Dated, Event, Guard, Lot, Right};
use terms::clause::FreeWindow;
use terms::{Clause, Terms};

use super::ground::case;
use super::history;
use crate::commands::telling::{Shown, not_seen, shown};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Explains how a case came to stand where it stands: each step with its instant, the clause that
/// made it so with its text, the guards that were asked, and the values that mattered.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:\n  charter why halls\n  charter why halls --part 2 --json")]
pub struct Args {
    /// The case
    #[arg(value_name = "CASE")]
    case: String,
    /// Only this part, from 1
    #[arg(long, value_name = "N")]
    part: Option<usize>,
}

/// A step as `--json` shows it.
#[derive(Serialize)]
struct Step<'a> {
    #[serde(flatten)]
    dated: &'a Dated,
    /// What the guards asked for.
    asked: Vec<Asked>,
    /// What the agreement says that mattered, by name.
    values: Vec<(&'static str, String)>,
    heading: Option<&'a str>,
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct Asked {
    guard: Guard,
    asks: &'static str,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.adopted_terms()?;
    let zone = terms.time_zone();
    let fold = workspace.fold()?;
    match shown(workspace, &terms, &args.case)? {
        Shown::Whole => {}
        Shown::Nothing => return Err(not_seen(&args.case)),
        Shown::Part(seen) => return in_part(&terms, &seen, args, json),
    }
    let case = case(&fold.book, &args.case)?;
    if let Some(part) = args.part.filter(|part| !(1..=case.parts.len()).contains(part)) {
        return Err(Failure::wrong_use(
            format!("there is no part {part}"),
            format!("give one from 1 to {}", case.parts.len()),
        ));
    }
    let history = history::of(workspace, &args.case)?;
    let about = concerning(&history, args.part.map(|part| part - 1), &case.lots);
    let right = case.restriction.right();
    let steps = about.into_iter().map(|dated| step(&terms, dated, right, &case.lots));
    let steps: Vec<_> = steps.collect();
    if json {
        term::json(&steps)?;
        return Ok(Answer::Yes);
    }
    for (at, part) in case.parts.iter().enumerate() {
        if args.part.is_none_or(|only| only == at + 1) {
            say!("part {}: {} × {}", at + 1, part.quantity, term::bold(part.state.name()));
        }
    }
    tell(&steps, &zone);
    Ok(Answer::Yes)
}

/// The steps that whoever asks may see, without what they come to: that rests on others, too.
fn in_part(terms: &Terms, seen: &[Dated], args: &Args, json: bool) -> Outcome {
    if args.part.is_some() {
        return Err(Failure::wrong_use(
            "parts are told apart for those alone who see all of a case",
            "leave `--part` out",
        ));
    }
    let steps: Vec<_> = seen.iter().map(|dated| step(terms, dated, None, &[])).collect();
    if json {
        term::json(&steps)?;
    } else {
        tell(&steps, &terms.time_zone());
    }
    Ok(Answer::Yes)
}

fn tell(steps: &[Step<'_>], zone: &TimeZone) {
    let mut told = BTreeSet::new();
    for (number, step) in steps.iter().enumerate() {
        let dated = step.dated;
        let by = dated.by.as_ref().map_or("by itself".to_string(), |by| format!("by {by}"));
        say!("");
        say!(
            "{:>3}. {}  {}  {by}",
            number + 1,
            term::bold(dated.event.name()),
            term::instant(dated.at, zone)
        );
        if let Some(detail) = history::detail(&dated.event, zone) {
            term::item("     ", "     ", &detail);
        }
        for asked in &step.asked {
            let line = format!("✓ {}: {}", asked.guard, asked.asks);
            term::item("     ", "       ", line.trim_end_matches('.'));
        }
        if !step.values.is_empty() {
            let values: Vec<_> =
                step.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            term::item("     ", "       ", &values.join(", "));
        }
        let Some(clause) = &dated.clause else { continue };
        let heading = step.heading.filter(|heading| !heading.is_empty());
        let heading = heading.map_or(String::new(), |heading| format!("  {heading}"));
        say!("     under {}{}", term::cyan(clause), term::dim(heading));
        // The text of a clause is told once.
        if let Some(text) = step.text.filter(|_| told.insert(clause.clone())) {
            term::prose("       │ ", text);
        }
    }
}

fn step<'a>(terms: &'a Terms, dated: &'a Dated, right: Option<&Right>, lots: &[Lot]) -> Step<'a> {
    let clause = dated.clause.as_ref().and_then(|id| clause(terms, dated, id));
    let asked = dated.guards.iter().map(|guard| Asked { guard: *guard, asks: guard.asks() });
    Step {
        dated,
        asked: asked.collect(),
        values: values(&dated.event, right, lots),
        heading: clause.map(|clause| clause.heading.as_str()),
        text: clause.map(|clause| clause.text.as_str()),
    }
}

/// The clause of an id that held at the instant of an event; else any of that id.
fn clause<'a>(terms: &'a Terms, dated: &Dated, id: &str) -> Option<&'a Clause> {
    let day = dated.at.to_zoned(terms.time_zone()).date();
    let in_force = terms.in_force(day, terms::Known::At(dated.at));
    let held = in_force.clauses.iter().find(|clause| clause.id.to_string() == id).copied();
    held.or_else(|| terms.clauses.iter().find(|clause| clause.id.to_string() == id))
}

/// What the agreement says that made an event what it is.
fn values(event: &Event, right: Option<&Right>, lots: &[Lot]) -> Vec<(&'static str, String)> {
    let mut values = Vec::new();
    if let Some(right) = right {
        let says = &right.says;
        let wait = |name, value: terms::Duration| (name, value.to_string());
        match event {
            Event::NoticeSent { .. } | Event::RoundOpened { .. } | Event::DocumentsSent { .. } => {
                values.push(wait("response_window", says.response_window));
            }
            Event::Lapsed { .. } => {
                values.push(wait("response_window", says.response_window));
                values.push(("silence_means", says.silence_means.to_string()));
            }
            Event::Exercised { .. } | Event::Agreed { .. } => {
                values.push(wait("close_within", says.close_within));
            }
            Event::PartialExercised { .. } => {
                values.push(("partial_exercise", says.partial_exercise.to_string()));
                values.push(wait("close_within", says.close_within));
            }
            Event::Released { .. } | Event::MustRenotice { .. } => {
                let window = match says.free_window {
                    FreeWindow::Lasting(window) => window.to_string(),
                    FreeWindow::Unlimited => "unlimited".to_string(),
                };
                values.push(("free_window", window));
                values.push(("free_terms_limit", says.free_terms_limit.to_string()));
            }
            Event::OfferPresented { .. } | Event::TaggedBack { .. } | Event::MatchLapsed { .. } => {
                values.push(wait("match_window", says.match_window));
            }
            Event::Matched { .. } => {
                values.push(("match_standard", says.match_standard.to_string()));
                values.push(wait("close_within", says.close_within));
            }
            Event::CloseFailed { .. } => values.push(wait("close_within", says.close_within)),
            _ => {}
        }
    }
    let lot = match event {
        Event::LotScheduled { lot } => Some(lot),
        Event::DeliveryLate { lot, .. }
        | Event::GraceEnded { lot, .. }
        | Event::Shortfall { lot, .. }
        | Event::DamagesDue { lot, .. }
        | Event::Slipped { lot, .. } => lots.get(*lot),
        _ => None,
    };
    if let Some(lot) = lot {
        let delay = &lot.delay;
        values.push(("grace", delay.grace.to_string()));
        values.push(("cure", delay.cure.to_string()));
        values.extend(delay.rate.as_ref().map(|rate| ("rate", history::rate(rate))));
        values.extend(delay.cap.as_ref().map(|cap| ("cap", cap.to_string())));
        values.extend(delay.slip.map(|slip| ("slip", slip.to_string())));
    }
    values
}

/// The steps that made a part what it is: those about it, about what it was split from until then,
/// and about the whole case.
fn concerning<'a>(history: &'a [Dated], part: Option<usize>, lots: &[Lot]) -> Vec<&'a Dated> {
    let Some(part) = part else { return history.iter().collect() };
    let origins = history::origins(history);
    let mut until = BTreeMap::from([(part, usize::MAX)]);
    let mut at = part;
    // A part is split from one before it, so this comes to an end.
    while let Some((from, step)) = origins.get(at).copied().flatten().filter(|(from, _)| *from < at)
    {
        until.insert(from, step);
        at = from;
    }
    let steps = history.iter().enumerate().filter(|(step, dated)| {
        let about = history::part_of(&dated.event, lots);
        about.is_none_or(|about| until.get(&about).is_some_and(|until| step <= until))
    });
    steps.map(|(_, dated)| dated).collect()
}

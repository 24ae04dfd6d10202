//! How a command is carried out: decided on the book as it stands, entered, and told.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use sourcing::{Dated, Does, Refused};
use terms::{Name, Terms};
use uuid::Uuid;

use super::{Acting, Ground, Group, When, history};
use crate::commands::telling::{Post, Shown, not_seen, shown};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::workspace::{Given, Workspace};

/// How often a command is decided anew because somebody else entered something meanwhile.
pub const TRIES: usize = 20;

/// Carries out a command.
pub fn act(workspace: &Workspace, group: &impl Group, json: bool) -> Outcome {
    perform(workspace, group.acting(), |ground| group.does(ground), json)
}

/// Decides a command on the book as it stands and enters what follows.
pub fn perform(
    workspace: &Workspace,
    acting: &Acting,
    does: impl Fn(&Ground<'_>) -> Result<Does, Failure>,
    json: bool,
) -> Outcome {
    check_case_name(&acting.case)?;
    Post::begin(workspace)?;
    let id = acting.id.clone().unwrap_or_else(|| new_id(workspace.now));
    for _ in 0..TRIES {
        let terms = workspace.adopted_terms()?;
        let zone = terms.time_zone();
        known_party(&terms, &acting.by)?;
        let at = counts_at(workspace, acting.at, &zone)?;
        let fold = workspace.fold()?;
        let done = fold.book.case(&acting.case).is_some_and(|case| case.done.contains(&id));
        if done {
            return repeated(&acting.case, &id, json);
        }
        let ground = Ground { terms: &terms, book: &fold.book, zone: &zone };
        let is_there = fold.book.case(&acting.case).is_some();
        let hidden = is_there && matches!(shown(workspace, &terms, &acting.case)?, Shown::Nothing);
        if hidden {
            return Err(not_seen(&acting.case));
        }
        // What is wrong with a name would tell of others.
        let does = |ground: &Ground<'_>| match does(ground) {
            Err(_) if !is_there && workspace.asker().party().is_some() => {
                Err(not_seen(&acting.case))
            }
            does => does,
        };
        let command = sourcing::Command {
            id: Some(id.clone()),
            by: Name::new(&acting.by),
            part: acting.part,
            does: does(&ground)?,
        };
        let happened = match sourcing::decide(&terms, &fold.book, &acting.case, &command, at) {
            Ok(happened) => happened,
            Err(refused) => return refuse(&acting.case, &refused, json),
        };
        let unchanged = fold.unchanged();
        drop(fold);
        let (by, key) = (acting.by.as_str(), acting.key.as_deref());
        let command = without_secrets(command);
        let text = serde_json::to_string(&command)?;
        let signed = workspace.sign_if_keyed(by, &id, &text, key)?;
        workspace.require(by, &id, &text, signed.as_ref())?;
        let given = Given { command, at, signed };
        if workspace.append_case(unchanged, &acting.case, Some(&given), &happened)? {
            let happened = seen_of(workspace, &terms, &acting.case, happened)?;
            if json {
                term::json(&happened)?;
            } else {
                report(&acting.case, &happened, &zone);
            }
            workspace.save_snapshot()?;
            return Ok(Answer::Yes);
        }
    }
    Err(too_fast())
}

/// What whoever asks may see of what has just happened.
fn seen_of(
    workspace: &Workspace,
    terms: &Terms,
    case: &str,
    happened: Vec<Dated>,
) -> Result<Vec<Dated>, Failure> {
    Ok(match shown(workspace, terms, case)? {
        Shown::Whole => happened,
        Shown::Nothing => Vec::new(),
        Shown::Part(seen) => happened.into_iter().filter(|dated| seen.contains(dated)).collect(),
    })
}

/// A command as it is entered: what is to stay secret is not.
fn without_secrets(mut command: sourcing::Command) -> sourcing::Command {
    match &mut command.does {
        Does::Present(present) => present.nonce = None,
        Does::Notify(notify) => notify.nonce = None,
        Does::ChangeTerms(change) => change.nonce = None,
        Does::Detect(detect) => detect.nonce = None,
        // Where it is drawn from, an event of its own says it.
        Does::AwardBest(best) => best.seed = None,
        _ => {}
    }
    command
}

/// Nothing could be entered before somebody else entered something, again and again.
pub fn too_fast() -> Failure {
    Failure::failed(
        "others keep entering things faster than this can be decided",
        "run the command again",
    )
}

/// An id no other command has: of the present and chance.
pub fn new_id(now: Timestamp) -> String {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
    let at = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds);
    Uuid::new_v7(at).to_string()
}

/// The instant a command counts at: what has not happened yet cannot be entered.
pub fn counts_at(
    workspace: &Workspace,
    at: Option<When>,
    zone: &TimeZone,
) -> Result<Timestamp, Failure> {
    let now = workspace.time();
    let at = at.map_or(Ok(now), |at| at.instant(zone))?;
    if at <= now {
        return Ok(at);
    }
    Err(Failure::wrong_use(
        format!("{} has not come yet", term::instant(at, zone)),
        "give the instant it happened with `--at`, or leave that out",
    ))
}

/// A case's name goes into the record and is typed often: a short word.
fn check_case_name(name: &str) -> Result<(), Failure> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && name.len() <= 60 && name.chars().all(fits) {
        return Ok(());
    }
    Err(Failure::wrong_use(
        format!("`{name}` cannot name a case"),
        "use small letters, digits and hyphens, as in `halls-2`",
    ))
}

/// Who acts must be somebody the registry knows.
pub fn known_party(terms: &Terms, party: &str) -> Result<(), Failure> {
    if terms.registry.parties.contains_key(party) {
        return Ok(());
    }
    let known = terms.registry.names(terms::registry::Entry::Party);
    let help = terms::finding::suggest(party, known);
    Err(Failure::wrong_use(format!("no party is called `{party}`"), help))
}

/// Tells what happened.
pub fn report(name: &str, happened: &[Dated], zone: &TimeZone) {
    for dated in happened {
        let by = dated.by.as_ref().map_or("clock".to_string(), ToString::to_string);
        let clause = dated.clause.as_ref().map_or(String::new(), |c| format!("  under {c}"));
        let event = term::bold(dated.event.name());
        let at = term::instant(dated.at, zone);
        say!("{}  {event}  {at}  {by}{}", term::cyan(name), term::dim(clause));
        if let Some(detail) = history::detail(&dated.event, zone) {
            term::item("    ", "    ", &detail);
        }
    }
}

fn repeated(name: &str, id: &str, json: bool) -> Outcome {
    if json {
        term::json(&json!([]))?;
        complain!("the command `{id}` was carried out before");
    } else {
        say!("{}  the command `{id}` was carried out before; nothing changed", term::cyan(name));
    }
    Ok(Answer::Yes)
}

fn refuse(name: &str, refused: &Refused, json: bool) -> Outcome {
    if json {
        term::json(&json!({
            "refused": refused.guard,
            "asks": refused.guard.asks(),
            "found": refused.found,
            "help": refused.help,
            "clause": refused.clause,
        }))?;
        return Ok(Answer::No);
    }
    say!("{}  {}  {refused}", term::cyan(name), term::red("refused"));
    let clause = refused.clause.as_ref().map_or(String::new(), |c| format!(", under {c}"));
    let guard = format!("guard {}: {}", refused.guard, refused.guard.asks());
    term::item("    ", "    ", &format!("{}{clause}", guard.trim_end_matches('.')));
    term::item("    to get there: ", "    ", &refused.help);
    Ok(Answer::No)
}

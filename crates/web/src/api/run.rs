//! A command, run where the workspace is open.

use std::path::Path;

use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue};
use serde_json::{Map, Value, json};
use shell::cli::{Cli, Verb};
use shell::outcome::{Answer, Failure, Outcome};
use shell::workspace::{Asker, Workspace};
use shell::{Captured, capture, commands};

use super::answer::{Answered, body, failed, refusal};
use super::given::Given;
use super::kept::{Key, Store};
use super::problem::{Kind, Problem};
use super::words::{Words, words};
use crate::desk::{Desk, Room};

/// Runs a command and says what came of it. What was answered under the same key is answered again.
pub async fn run(
    desk: &Desk,
    verb: &'static Verb,
    given: Given,
    asker: Asker,
    changes: bool,
    key: Option<Key>,
) -> Result<Answered, Problem> {
    let words = words(verb, given, &std::env::temp_dir())?;
    let cli = parsed(&words)?;
    let work = move |room: &Room| Ok(once(room, cli, &words, verb, changes, key.as_ref()));
    let done = match changes {
        true => desk.change(asker, work).await,
        false => desk.read(asker, work).await,
    };
    // The desk itself fails where the server stops, or a command came to a defect.
    done.unwrap_or_else(|failure| {
        tracing::error!(reason = failure.message(), "a command was not run");
        Err(Problem::of(Kind::Busy).helping("try again in a moment"))
    })
}

/// The words, read as the command line is.
fn parsed(words: &Words) -> Result<Cli, Problem> {
    let matches = shell::cli::command().try_get_matches_from(&words.argv);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| {
        let about = match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(one)) => Some(name(one)),
            Some(ContextValue::Strings(several)) => several.first().map(|one| name(one)),
            _ => None,
        };
        let hide = words.folder.path().display().to_string();
        let said = error.render().to_string().replace(&hide, "…");
        let said = said.lines().take_while(|line| !line.is_empty()).map(str::trim);
        let said: Vec<_> = said.map(|line| line.trim_start_matches("error: ")).collect();
        Problem { parameter: about, ..Problem::of(Kind::WrongUse).saying(said.join(" ")) }
    })
}

/// A parameter's name, as clap shows arguments: `--by <PARTY>` or `<CASE>`.
fn name(shown: &str) -> String {
    let word = shown.split([' ', '=']).next().unwrap_or(shown);
    match word.strip_prefix("--") {
        Some(long) => long.to_string(),
        None => word.trim_matches(['<', '>', '[', ']', '.']).to_lowercase(),
    }
}

fn once(
    room: &Room,
    cli: Cli,
    words: &Words,
    verb: &Verb,
    changes: bool,
    key: Option<&Key>,
) -> Result<Answered, Problem> {
    let workspace = &room.workspace;
    let Some(key) = key else { return done(workspace, cli, words, verb, changes) };
    let now = workspace.now;
    let store = Store::open(&workspace.private()).map_err(unkept)?;
    if let Some(again) = store.answer(key, now).map_err(unkept)? {
        return again;
    }
    let answer = done(workspace, cli, words, verb, changes);
    // What was wrong or failed did nothing, so it may be sent again under its key.
    let lasts = |problem: &Problem| problem.kind == Kind::Refused;
    if answer.as_ref().map_or_else(lasts, |_| true) {
        // A secret is shown once, and is in no store of ours.
        let without = answer.clone().map(|answered| without_secrets(answered, words));
        store.keep(key, &without, now).map_err(unkept)?;
    }
    answer
}

fn unkept(error: rusqlite::Error) -> Problem {
    tracing::error!(%error, "answers cannot be kept");
    Problem::of(Kind::Failed)
}

fn done(
    workspace: &Workspace,
    cli: Cli,
    words: &Words,
    verb: &Verb,
    changes: bool,
) -> Result<Answered, Problem> {
    let json = cli.json;
    let (outcome, printed) = capture(|| commands::run_in(workspace, cli.command, json));
    let answered = said(workspace, outcome, &printed, words)?;
    let answered = match &words.written {
        Some(path) => written(path, answered, words).map_err(|error| {
            tracing::error!(%error, "an answer cannot be read back");
            Problem::of(Kind::Failed)
        })?,
        None => formatted(answered, words, verb),
    };
    let value = answered.json();
    if changes
        && answered.yes == Some(false)
        && let Some(problem) = value.as_ref().and_then(refusal)
    {
        return Err(problem);
    }
    Ok(with_secrets(answered, words))
}

fn said(
    workspace: &Workspace,
    outcome: Outcome,
    printed: &Captured,
    words: &Words,
) -> Result<Answered, Problem> {
    let hide = || {
        let home = std::env::home_dir().map(|home| home.display().to_string());
        let folders = [words.folder.path(), &workspace.root].map(|path| path.display().to_string());
        folders.into_iter().chain(home).collect::<Vec<_>>()
    };
    let uploads =
        std::fs::read_dir(words.folder.path()).is_ok_and(|mut files| files.next().is_some());
    let answer = outcome.map_err(|failure: Failure| failed(&failure, uploads, &hide()))?;
    let (media_type, body) = body(&printed.out);
    Ok(Answered { status: 200, yes: Some(answer == Answer::Yes), media_type, body, next: None })
}

/// What the command wrote instead of printing it: a file, or a folder of texts.
fn written(path: &Path, answered: Answered, words: &Words) -> std::io::Result<Answered> {
    if path.is_dir() {
        let mut files = Map::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let text = String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned();
            files.insert(entry.file_name().to_string_lossy().into_owned(), text.into());
        }
        return Ok(answered.with(&json!({ "files": files })));
    }
    let said: Vec<_> =
        words.argv.iter().skip(1).take(2).map(|word| word.to_string_lossy()).collect();
    let media_type = match said.join(" ").as_str() {
        "journal export" | "journal view" => "application/x-ndjson",
        _ => "application/octet-stream",
    };
    Ok(Answered { body: std::fs::read(path)?, media_type: media_type.to_string(), ..answered })
}

/// A format has a media type of its own.
fn formatted(answered: Answered, words: &Words, verb: &Verb) -> Answered {
    let format = words.argv.iter().find_map(|word| word.to_str()?.strip_prefix("--format="));
    let media_type = match (verb.words.as_str(), format) {
        ("statement", Some("csv")) => "text/csv; charset=utf-8",
        ("statement", Some("pdf")) => "application/pdf",
        ("statement", Some("xlsx")) => {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        }
        ("prices import" | "language", _) => "text/markdown; charset=utf-8",
        _ => return answered,
    };
    Answered { media_type: media_type.to_string(), ..answered }
}

/// With the files that keep a secret, which whoever asked keeps from now on.
fn with_secrets(answered: Answered, words: &Words) -> Answered {
    let read = |path: &Path| serde_json::from_slice::<Value>(&std::fs::read(path).ok()?).ok();
    let secrets = words.kept.iter().filter_map(|(name, path)| Some((name.clone(), read(path)?)));
    let secrets: Map<_, _> = secrets.collect();
    match answered.json() {
        Some(value) if !secrets.is_empty() => {
            answered.with(&json!({ "answer": value, "kept": secrets }))
        }
        _ => answered,
    }
}

fn without_secrets(answered: Answered, words: &Words) -> Answered {
    match answered.json() {
        Some(value) if !words.kept.is_empty() => match value.get("answer") {
            Some(answer) => answered.with(&json!({ "answer": answer, "kept": {} })),
            None => answered,
        },
        _ => answered,
    }
}

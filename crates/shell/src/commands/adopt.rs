use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use journal::{NewEvent, Position};
use serde::Serialize;
use terms::{Document, Severity, Source};

use super::time::When;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::workspace::{Adoption, DOCUMENT, Workspace, is_scenario, read_document};

/// Enters documents into the journal. That sets *known*: from then on their terms are enforced.
///
/// The text of an agreement or amendment, once adopted, stays; a change is an amendment. A document
/// that only defines names, such as a registry or a price list, may be adopted again.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter adopt --all
  charter adopt 2026-04-open-clouds.md
  charter adopt --all --known signed     take over agreements the parties have known for years")]
pub struct Args {
    /// The documents
    #[arg(value_name = "FILE", required_unless_present = "all", conflicts_with = "all")]
    files: Vec<PathBuf>,
    /// Every document of the workspace
    #[arg(long)]
    all: bool,
    /// Since when they count as known: `now`, `signed`, or a date
    #[arg(long, value_name = "WHEN", default_value = "now")]
    known: Since,
    /// Who adopts
    #[arg(long, value_name = "WHO", default_value = "operator")]
    by: String,
}

/// Since when a document counts as known.
#[derive(Debug, Clone, Copy)]
enum Since {
    Now,
    Signed,
    At(When),
}

impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "now" => Ok(Since::Now),
            "signed" => Ok(Since::Signed),
            _ => text.parse().map(Since::At).map_err(|e| format!("`now`, `signed`, or: {e}")),
        }
    }
}

/// What was done with each document.
#[derive(Serialize)]
struct Row {
    document: String,
    adopted: bool,
    known: Timestamp,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let head = workspace.head()?;
    let adopted = workspace.adoptions()?;
    let documents = if args.all {
        workspace.documents()?
    } else {
        let found = args.files.iter().map(|path| find(workspace, path));
        let found: Vec<_> = found.collect::<Result<_, _>>()?;
        // `adopt *.md` may well name a story or a README too.
        let (with_terms, without): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|document| !document.blocks.is_empty());
        if with_terms.is_empty() {
            return Err(Failure::wrong_use(
                "there is no `hcl` block in these, so there is nothing to adopt",
                "write terms in fenced `hcl` blocks",
            ));
        }
        for document in without {
            complain!("{} has no terms; passed over", document.name);
        }
        with_terms
    };
    let mut rows = Vec::new();
    let mut adoptions = Vec::new();
    let zone = workspace.read_terms()?.terms.time_zone();
    for document in &documents {
        let before = adopted.iter().find(|adoption| adoption.name == document.name);
        if let Some(before) = before.filter(|before| before.text == document.text) {
            let document = document.name.clone();
            rows.push(Row { document, adopted: false, known: before.known });
            continue;
        }
        let known = known_since(document, args.known, workspace.now, &zone)?;
        if workspace.now < known {
            return Err(Failure::wrong_use(
                format!("`{}` cannot be known before {known} comes", document.name),
                "give a past day with `--known`, or leave it out",
            ));
        }
        if before.is_some_and(|before| is_framed(&Document::new("", before.text.as_str()))) {
            return Err(Failure::failed(
                format!("`{}` was adopted with another text", document.name),
                "an adopted agreement does not change; write an amendment, or restore the file",
            ));
        }
        adoptions.push(Adoption::new(document, known));
        rows.push(Row { document: document.name.clone(), adopted: true, known });
    }
    must_fit(&adopted, &adoptions)?;
    if !adoptions.is_empty() {
        append(workspace, head.position, &adoptions, &args.by)?;
    }
    if json {
        term::json(&rows)?;
        return Ok(Answer::Yes);
    }
    for row in rows {
        let what = if row.adopted { term::green("adopted") } else { term::dim("unchanged") };
        let known = if row.known == Timestamp::UNIX_EPOCH {
            "always known".to_string()
        } else {
            format!("known since {}", term::instant(row.known, &zone))
        };
        say!("{what}  {}, {known}", row.document);
    }
    Ok(Answer::Yes)
}

/// A document of the workspace, named from there or from here.
fn find(workspace: &Workspace, path: &std::path::Path) -> Result<Arc<Document>, Failure> {
    let from_root = workspace.root.join(path);
    let path = if from_root.exists() { &from_root } else { path };
    let document = read_document(path)?;
    let beside = std::path::absolute(path)?.canonicalize()?;
    if beside.parent() != Some(workspace.root.canonicalize()?.as_path()) {
        return Err(Failure::wrong_use(
            format!("`{}` is not a document of this workspace", path.display()),
            format!("move it into {} first", workspace.root.display()),
        ));
    }
    if is_scenario(&document) {
        return Err(Failure::wrong_use(
            format!("`{}` only supposes; it cannot be adopted", path.display()),
            "give it to a command with `--scenario`, or make it an amendment",
        ));
    }
    Ok(document)
}

/// Enters adoptions into the journal, all or none.
pub fn append(
    workspace: &Workspace,
    expected: Position,
    adoptions: &[Adoption],
    by: &str,
) -> Result<(), Failure> {
    let event = |adoption: &Adoption| {
        Ok(NewEvent {
            kind: Adoption::KIND.to_string(),
            stream: format!("{DOCUMENT}{}", adoption.name),
            actor: by.to_string(),
            cause: None,
            effective: adoption.known,
            payload: serde_json::to_value(adoption)?,
        })
    };
    let events = adoptions.iter().map(event).collect::<Result<Vec<_>, serde_json::Error>>()?;
    workspace.append(expected, events)?;
    Ok(())
}

fn known_since(
    document: &Document,
    since: Since,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, Failure> {
    match since {
        Since::Now => Ok(now),
        Since::At(when) => when.instant(zone),
        Since::Signed => {
            let terms = compiled(document);
            match terms.documents.first().and_then(|framed| framed.frame.as_ref()) {
                Some(frame) => When::Day(frame.signed).instant(zone),
                // What only defines names has been known for as long as anything.
                None => Ok(Timestamp::UNIX_EPOCH),
            }
        }
    }
}

fn compiled(document: &Document) -> terms::Terms {
    terms::compile(&[Source { document: Arc::new(document.clone()), known: None }]).0
}

fn is_framed(document: &Document) -> bool {
    compiled(document).documents.iter().any(|framed| framed.frame.is_some())
}

/// What is adopted must be free of errors together with what was adopted before.
fn must_fit(before: &[Adoption], new: &[Adoption]) -> Result<(), Failure> {
    let replaced = |adoption: &&Adoption| !new.iter().any(|other| other.name == adoption.name);
    let sources: Vec<_> = before.iter().filter(replaced).chain(new).map(Adoption::source).collect();
    let (_, findings) = terms::compile(&sources);
    let errors: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
    match errors.first() {
        None => Ok(()),
        Some(first) => Err(Failure::failed(
            format!("these documents have {} errors, the first: {first}", errors.len()),
            "adopt the documents they refer to as well, or run `charter check` and mend them",
        )),
    }
}

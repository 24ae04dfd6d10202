use std::path::Path;

use journal::merkle::{Consistency, Inclusion, Tree};
use journal::{Anchor, Event, Form, Hash, Position, ViewError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use terms::Name;

use super::verify::{parse_head, parse_root};
use crate::commands::telling::{Sight, chronicles, is_under};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Asker, Workspace};

/// A proof, as it is handed on.
#[derive(Serialize, Deserialize)]
struct Proof {
    charterparty: What,
    format: u32,
    /// The Merkle root that the proof is under, for whoever looks up which one they keep.
    root: Hash,
    shows: Shows,
}

#[derive(Serialize, Deserialize)]
enum What {
    #[serde(rename = "journal proof")]
    Proof,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shows {
    /// That an event is one of those under the root.
    Inclusion {
        hash: Hash,
        #[serde(skip_serializing_if = "Option::is_none")]
        event: Option<Box<Event>>,
        proof: Inclusion,
    },
    /// That what an earlier root stood for is under it.
    Consistency { earlier: Hash, proof: Consistency },
}

const FORMAT: u32 = 1;

pub fn prove(workspace: &Workspace, position: u64, size: Option<u64>, hash_only: bool) -> Outcome {
    let (tree, event) = read(workspace, position)?;
    let size = size.unwrap_or(tree.size());
    let index = position.checked_sub(1);
    let proof = index.and_then(|index| tree.inclusion(index, size)).zip(event);
    let Some((proof, event)) = proof else {
        return Err(beyond(format!("event {position} is not one of the first {size}"), &tree));
    };
    let hash = event.hash;
    let event = (!hash_only).then(|| Box::new(event));
    print(&tree, size, Shows::Inclusion { hash, event, proof })
}

pub fn prove_since(workspace: &Workspace, since: u64, size: Option<u64>) -> Outcome {
    let (tree, _) = read(workspace, 0)?;
    let size = size.unwrap_or(tree.size());
    match tree.root(since).zip(tree.consistency(since, size)) {
        Some((earlier, proof)) => print(&tree, size, Shows::Consistency { earlier, proof }),
        None => Err(beyond(format!("there are no {since} events among the first {size}"), &tree)),
    }
}

fn read(workspace: &Workspace, position: u64) -> Result<(Tree, Option<Event>), Failure> {
    let read = workspace.with_journal(async |journal| {
        let (mut tree, mut found) = (Tree::default(), None);
        let each = |event: Event| {
            tree.push(event.hash);
            if event.position == Position(position) {
                found = Some(event);
            }
        };
        journal.walk(each).await?;
        Ok((tree, found))
    })?;
    Ok(read.unwrap_or_default())
}

fn print(tree: &Tree, size: u64, shows: Shows) -> Outcome {
    let root =
        tree.root(size).ok_or_else(|| beyond(format!("there are no {size} events"), tree))?;
    term::json(&Proof { charterparty: What::Proof, format: FORMAT, root, shows })?;
    Ok(Answer::Yes)
}

fn beyond(message: String, tree: &Tree) -> Failure {
    let size = tree.size();
    Failure::wrong_use(message, format!("the journal has {size}; `charter journal log` lists them"))
}

pub fn verify_proof(file: &Path, root: Option<&str>, since: Option<&str>, json: bool) -> Outcome {
    let root = root.ok_or_else(|| {
        Failure::wrong_use(
            "a proof proves nothing without a root that you trust",
            "give the root you noted down with `--root EVENTS:HASH`",
        )
    })?;
    let (events, root) = parse_root(root)?;
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::failed(format!("cannot read `{}`: {error}", file.display()), "")
    })?;
    let proof: Proof = serde_json::from_str(&text).map_err(|error| {
        Failure::failed(
            format!("`{}` is not a proof: {error}", file.display()),
            "a proof is written by `charter journal prove`",
        )
    })?;
    if proof.format != FORMAT {
        return Err(Failure::failed(
            format!(
                "the proof has format {}, and this version reads format {FORMAT}",
                proof.format
            ),
            "install a newer version",
        ));
    }
    let (proven, says, event) = match proof.shows {
        Shows::Inclusion { hash, event, proof } => {
            let position = Position(proof.index).next();
            // What the event says is proven only if it gives the hash that is.
            let is_it = event.as_ref().is_none_or(|event| {
                event.hash == hash && event.position == position && event.gives_its_hash()
            });
            let proven = is_it && proof.size == events && proof.verify(hash, root);
            (proven, format!("event {position} is one of the first {events}"), event)
        }
        Shows::Consistency { proof, .. } => {
            let since = since.ok_or_else(|| {
                Failure::wrong_use(
                    "this proof is about two roots",
                    "give the earlier one too, with `--since EVENTS:HASH`",
                )
            })?;
            let (before, earlier) = parse_root(since)?;
            let fits = proof.old == before && proof.new == events;
            let says = format!("the first {before} events are the first of the {events}");
            (fits && proof.verify(earlier, root), says, None)
        }
    };
    if json {
        term::json(&json!({ "proven": proven, "claim": says, "event": event }))?;
    } else if proven {
        say!("{}  {says}", term::green("proven"));
        if let Some(event) = event {
            say!(
                "  `{}` of `{}` by `{}`, recorded {}",
                event.kind,
                event.stream,
                event.actor,
                event.recorded
            );
            say!("  {}", event.payload);
        }
    } else {
        say!("{}  the proof is not one of this root, or was changed", term::red("not proven"));
    }
    Ok(Answer::of(proven))
}

pub fn view(
    workspace: &Workspace,
    party: &str,
    file: &Path,
    show: &[String],
    selected: bool,
    json: bool,
) -> Outcome {
    let own = workspace.asker().party().is_none_or(|asker| asker.as_str() == party);
    if !own || (workspace.asker().party().is_some() && !show.is_empty()) {
        return Err(Failure::wrong_use(
            "a party is given no view but its own",
            "ask for your own, without `--show`",
        ));
    }
    let form = if selected { Form::Selected } else { Form::Whole };
    // Read before: what is asked while the journal is read cannot read it itself.
    let chronicles = chronicles(workspace)?;
    let chronicle = |case: &str| Ok(chronicles.get(case).cloned().unwrap_or_default());
    let theirs = Sight::with(workspace, Asker::Party(Name::new(party)), chronicle)?;
    let mut shown = 0;
    let may_see = |event: &Event| {
        let shows = || show.iter().any(|prefix| is_under(&event.stream, prefix));
        let sees = theirs.sees(event).unwrap_or(false) || shows();
        shown += u64::from(sees);
        sees
    };
    let done = workspace
        .with_journal(async |journal| Ok(journal.view(file, party, form, may_see).await?))?;
    let Some(extent) = done else {
        return Err(Failure::failed(
            "there is no journal here: nothing has been entered",
            "a view is of what was adopted, recorded and settled; enter something first",
        ));
    };
    let events = extent.head.position;
    if json {
        term::json(&json!({ "party": party, "form": form, "events": events, "shown": shown }))?;
        return Ok(Answer::Yes);
    }
    say!("{}  {shown} of {events} events for {party}, in {}", term::green("shown"), file.display());
    match form {
        Form::Whole => {
            say!("proven by head {events}:{} or root {events}:{}", extent.head.hash, extent.root)
        }
        Form::Selected => say!("proven by root {events}:{}", extent.root),
    }
    Ok(Answer::Yes)
}

pub fn verify_view(file: &Path, head: Option<&str>, root: Option<&str>, json: bool) -> Outcome {
    let anchor = match (head, root) {
        (Some(head), None) => Anchor::Head(parse_head(head)?),
        (None, Some(root)) => {
            let (events, root) = parse_root(root)?;
            Anchor::Root { events, root }
        }
        _ => {
            return Err(Failure::wrong_use(
                "a view proves nothing without one head or root that you trust",
                "give what you noted down, with `--head POSITION:HASH` or `--root EVENTS:HASH`",
            ));
        }
    };
    let viewed = match journal::verify_view(file, anchor) {
        Ok(viewed) => viewed,
        Err(
            error @ (ViewError::File { .. } | ViewError::NotAView(_) | ViewError::Newer { .. }),
        ) => {
            return Err(error.into());
        }
        Err(error @ ViewError::NeedsRoot(_)) => {
            return Err(Failure::wrong_use(
                error.to_string(),
                "give the root with `--root EVENTS:HASH`, or ask for a view without `--selected`",
            ));
        }
        Err(error) => {
            if json {
                term::json(&json!({ "proven": false, "reason": error.to_string() }))?;
            } else {
                say!("{}  {error}", term::red("not proven"));
            }
            return Ok(Answer::No);
        }
    };
    if json {
        term::json(&json!({ "proven": true, "view": viewed }))?;
        return Ok(Answer::Yes);
    }
    let hidden = match viewed.form {
        Form::Whole => format!("{} hidden", viewed.events - viewed.shown),
        Form::Selected => "the rest left out".to_owned(),
    };
    say!(
        "{}  {} of {} events for {}, {hidden}",
        term::green("proven"),
        viewed.shown,
        viewed.events,
        viewed.party
    );
    if viewed.proven < viewed.events {
        say!("only up to event {}: what you keep is older than the view", viewed.proven);
    }
    Ok(Answer::Yes)
}

use std::path::Path;

use journal::{Comparison, Copy, CopyError, Extent, Found, Head, ImportError, Sequence, Side};
use serde_json::json;

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Clock, Workspace};

pub fn export(workspace: &Workspace, file: &Path, json: bool) -> Outcome {
    let done = workspace.with_journal(async |journal| Ok(journal.export(file).await?))?;
    let Some(Extent { head, root }) = done else {
        return Err(Failure::failed(
            "there is no journal here: nothing has been entered",
            "a copy is of what was adopted, recorded and settled; enter something first",
        ));
    };
    if json {
        term::json(&json!({ "events": head.position, "head": head.hash, "root": root }))?;
        return Ok(Answer::Yes);
    }
    let Head { position, hash } = head;
    say!("{}  {position} events to {}", term::green("copied"), file.display());
    say!("keep elsewhere: head {position}:{hash}, root {position}:{root}");
    Ok(Answer::Yes)
}

pub fn import(workspace: &Workspace, file: &Path, json: bool) -> Outcome {
    // Opened first: what is no copy should make no journal.
    let copy = open(file)?;
    let imported = workspace.with_new_journal(async |journal| {
        journal.import(copy).await.map_err(|error| match error {
            ImportError::Diverged { .. } => Failure::failed(
                error.to_string(),
                "nothing was taken over; ask whoever wrote the copy which of the two is right, and \
                 keep both until you know",
            ),
            error => error.into(),
        })
    })?;
    if json {
        term::json(&json!({
            "added": imported.added, "events": imported.head.position, "head": imported.head.hash,
        }))?;
        return Ok(Answer::Yes);
    }
    let Head { position, hash } = imported.head;
    let what = if imported.added == 0 { term::dim("unchanged") } else { term::green("imported") };
    say!("{what}  {} new, head {position}:{hash}", term::count(imported.added as usize, "event"));
    let beyond = position.0.saturating_sub(imported.copy.head.position.0);
    if beyond != 0 {
        say!("the copy is older: {} came after it", term::count(beyond as usize, "event"));
    }
    Ok(Answer::Yes)
}

pub fn compare(workspace: &Workspace, other: &Path, json: bool) -> Outcome {
    let compared = if other.is_dir() {
        let theirs = Workspace::find(other, Clock::Machine)?;
        let absent = || no_journal(other);
        workspace.with_journal(async |ours| {
            let theirs = theirs.journal().await?.ok_or_else(absent)?;
            let compared =
                journal::compare(Sequence::journal(ours).await?, Sequence::journal(&theirs).await?);
            let compared = compared.await;
            let _ = theirs.close().await;
            Ok(compared?)
        })?
    } else {
        let copy = open(other)?;
        workspace.with_journal(async |ours| {
            Ok(journal::compare(Sequence::journal(ours).await?, Sequence::copy(copy)).await?)
        })?
    };
    let compared = compared.ok_or_else(|| no_journal(&workspace.root))?;
    if json {
        show_json(&compared)?
    } else {
        show(&compared)
    }
    Ok(Answer::of(!matches!(compared, Comparison::Diverged { .. })))
}

fn show(compared: &Comparison) {
    match compared {
        Comparison::Same { head } => {
            say!(
                "{}  {} events, head {}:{}",
                term::green("same"),
                head.position,
                head.position,
                head.hash
            );
        }
        Comparison::Prefix { shorter, head, longer } => {
            let (whose, more) = match shorter {
                Side::Left => ("this journal", "the other"),
                Side::Right => ("the other", "this journal"),
            };
            let beyond = longer.position.0.saturating_sub(head.position.0);
            say!(
                "{}  {whose} ends at {}:{}; {more} has {} more",
                term::green("same so far"),
                head.position,
                head.hash,
                term::count(beyond as usize, "event")
            );
        }
        Comparison::Diverged { position, left, right } => {
            say!("{}  from event {position} on", term::red("different"));
            say!("  here   {}", found(left));
            say!("  there  {}", found(right));
        }
    }
}

fn found(found: &Found) -> String {
    match found {
        Found::Event(summary) => summary.to_string(),
        Found::Damaged(damage) => term::red(format!("damaged: {damage}")),
        Found::Nothing => "nothing: it ends before".to_owned(),
    }
}

fn show_json(compared: &Comparison) -> Result<(), Failure> {
    let side = |found: &Found| match found {
        Found::Event(summary) => json!({ "event": summary }),
        Found::Damaged(damage) => json!({ "damaged": damage.to_string() }),
        Found::Nothing => json!({}),
    };
    let value = match compared {
        Comparison::Same { head } => json!({ "same": true, "head": head }),
        Comparison::Prefix { shorter, head, longer } => {
            let shorter = match shorter {
                Side::Left => "here",
                Side::Right => "there",
            };
            json!({ "same": true, "head": head, "shorter": shorter, "longer": longer })
        }
        Comparison::Diverged { position, left, right } => {
            json!({ "same": false, "position": position, "here": side(left), "there": side(right) })
        }
    };
    Ok(term::json(&value)?)
}

fn open(file: &Path) -> Result<Copy, Failure> {
    Copy::open(file).map_err(|error| match error {
        CopyError::NotACopy(_) | CopyError::File { .. } => Failure::wrong_use(
            match std::error::Error::source(&error) {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            },
            "a copy is written by `charter journal export FILE`",
        ),
        error => error.into(),
    })
}

fn no_journal(folder: &Path) -> Failure {
    Failure::failed(
        format!("there is no journal in `{}`: nothing has been entered", folder.display()),
        "compare a copy with a workspace that has one; `charter journal import FILE` takes one over",
    )
}

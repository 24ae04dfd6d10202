use journal::merkle::Frontier;
use journal::{Extent, Hash, Head, Position, ReadError, Verdict};
use serde_json::json;

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// What is said of a journal.
pub enum Found {
    Intact { extent: Extent, signed: u64 },
    Broken { position: Position, reason: String },
}

pub fn run(workspace: &Workspace, head: Option<&str>, root: Option<&str>, json: bool) -> Outcome {
    let head = head.map(parse_head).transpose()?;
    let root = root.map(parse_root).transpose()?;
    let found = examine(workspace, head, root)?;
    let empty = Extent { head: Head::EMPTY, root: Frontier::default().root() };
    let kept = head.filter(|head| *head != Head::EMPTY).map(|head| head.position.0);
    let kept = kept.or(root.map(|(size, _)| size).filter(|size| *size != 0));
    if let (Some(position), None) = (kept, &found) {
        return Err(Failure::failed(
            format!("the journal is gone: what you kept of it is at {position}"),
            "restore it from the other party's copy or a backup",
        ));
    }
    show(found.unwrap_or(Found::Intact { extent: empty, signed: 0 }), json)
}

/// Proves the chain and the signatures of the journal, if there is one, and that it still holds a head and a
/// Merkle root that were kept.
pub fn examine(
    workspace: &Workspace,
    head: Option<Head>,
    root: Option<(u64, Hash)>,
) -> Result<Option<Found>, Failure> {
    workspace.with_journal(async |journal| {
        let verdict = match head {
            Some(head) => journal.verify_against(head).await?,
            None => journal.verify().await?,
        };
        if let Verdict::Broken { position, reason } = verdict {
            return Ok(Found::Broken { position, reason: reason.to_string() });
        }
        let mut checking = workspace.checking();
        let mut tree = Frontier::default();
        let mut then = (root.map(|(size, _)| size) == Some(0)).then(|| tree.root());
        let walked = journal
            .walk(|event| {
                checking.follow(&event);
                tree.push(event.hash);
                if root.is_some_and(|(size, _)| size == tree.size()) {
                    then = Some(tree.root());
                }
            })
            .await;
        let extent = match walked {
            // It gives its hash, but in words that no journal writes, so no copy of it would.
            Err(ReadError::Damaged { position, reason }) => {
                return Ok(Found::Broken { position, reason: reason.to_string() });
            }
            walked => walked?,
        };
        if let Some((size, kept)) = root
            && then != Some(kept)
        {
            let reason = match then {
                None => format!("the journal ends before it, but the kept root is over {size}"),
                Some(_) => "history up to it is not that of the kept root".to_owned(),
            };
            let position = Position(then.map_or(extent.head.position.next().0, |_| size));
            return Ok(Found::Broken { position, reason });
        }
        Ok(match checking.wrong {
            Some((position, wrong)) => Found::Broken { position, reason: wrong.to_string() },
            None => Found::Intact { extent, signed: checking.signed },
        })
    })
}

fn show(found: Found, json: bool) -> Outcome {
    match &found {
        Found::Intact { extent: Extent { head, root }, signed } if json => {
            term::json(&json!({
                "intact": true, "events": head.position, "head": head.hash, "root": root,
                "signed": signed,
            }))?;
        }
        Found::Intact { extent, .. } if extent.head == Head::EMPTY => {
            say!("there is no journal here: nothing has been entered");
        }
        Found::Intact { extent: Extent { head, root }, signed } => {
            let signed = match signed {
                0 => String::new(),
                count => format!(" {count} of them signed commands,"),
            };
            let Head { position, hash } = head;
            let intact = term::green("intact");
            say!(
                "{intact}  {position} events,{signed} head {position}:{hash}, root {position}:{root}"
            );
        }
        Found::Broken { position, reason } if json => {
            term::json(&json!({ "intact": false, "position": position, "reason": reason }))?;
        }
        Found::Broken { position, reason } => {
            say!("{}  at event {position}: {reason}", term::red("broken"));
        }
    }
    Ok(Answer::of(matches!(found, Found::Intact { .. })))
}

pub fn parse_head(text: &str) -> Result<Head, Failure> {
    let (position, hash) = parse(text, "a head of a journal", "POSITION:HASH")?;
    Ok(Head { position: Position(position), hash })
}

/// How many events a root is over, and the root.
pub fn parse_root(text: &str) -> Result<(u64, Hash), Failure> {
    parse(text, "a Merkle root of a journal", "EVENTS:HASH")
}

fn parse(text: &str, noun: &str, form: &str) -> Result<(u64, Hash), Failure> {
    let read = || {
        let (number, hash) = text.split_once(':')?;
        Some((number.parse().ok()?, hash.parse().ok()?))
    };
    read().ok_or_else(|| {
        Failure::wrong_use(
            format!("`{text}` is not {noun}"),
            format!("give the `{form}` that `charter journal verify` printed"),
        )
    })
}

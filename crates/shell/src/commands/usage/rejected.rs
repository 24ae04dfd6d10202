//! Rows that an import could not keep, and that nobody waits for them any more.

use serde::Serialize;
use terms::finding::suggest;
use usage::RejectedFile;

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Dismissed, Workspace};

/// What `--json` shows of a row.
#[derive(Serialize)]
struct Shown<'a> {
    file: &'a str,
    line: &'a str,
    reason: &'a str,
    row: &'a str,
}

/// Lists rows that were rejected, or enters why nobody waits for those of a file any more, and who says so.
pub fn run(
    workspace: &Workspace,
    file: Option<&str>,
    dismiss: Option<(&str, &str)>,
    json: bool,
) -> Outcome {
    let head = workspace.head()?;
    let mut files = workspace.rejected()?;
    if let Some(name) = file {
        if !files.iter().any(|file| file.name == name) {
            return Err(Failure::wrong_use(
                format!("`{name}` is no file of rejected rows that anybody waits for"),
                suggest(name, files.iter().map(|file| file.name.as_str())),
            ));
        }
        files.retain(|file| file.name == name);
    }
    let Some((reason, by)) = dismiss else { return list(&files, json) };
    for RejectedFile { name, hash, rows } in files {
        let reason = reason.to_string();
        let dismissed = Dismissed { file: name, hash, rows: rows.len(), reason };
        workspace.append_dismissed(head.position, &dismissed, by)?;
        if json {
            term::json(&dismissed)?;
        } else {
            say!("{}  {} rows of {}", term::green("dismissed"), dismissed.rows, dismissed.file);
        }
    }
    Ok(Answer::Yes)
}

fn list(files: &[RejectedFile], json: bool) -> Outcome {
    let rows = files.iter().flat_map(|file| file.rows.iter().map(move |row| (file, row)));
    if json {
        let shown = rows.map(|(file, row)| Shown {
            file: &file.name,
            line: &row.line,
            reason: &row.reason,
            row: &row.row,
        });
        term::json(&shown.collect::<Vec<_>>())?;
        return Ok(Answer::of(files.is_empty()));
    }
    for file in files {
        say!("{}", term::bold(&file.name));
        for row in &file.rows {
            term::item(&format!("  line {}: ", row.line), "    ", &row.reason);
        }
    }
    if files.is_empty() {
        say!("nobody waits for a row that was rejected");
    }
    Ok(Answer::of(files.is_empty()))
}

use std::path::{Path, PathBuf};

use terms::format;

use crate::outcome::{Answer, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::workspace::{Workspace, read_document};

/// Formats the `hcl` blocks of documents in place; prose and comments stay as they are.
///
/// A document with a block that cannot be read is left alone.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter fmt
  charter fmt --check          change nothing; exit with 1 if something would change
  charter fmt agreement.md

An adopted agreement whose text is formatted differs from what was adopted: format before adopting.")]
pub struct Args {
    /// The documents; all of the workspace if none is given
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Change nothing, only say what would change
    #[arg(long)]
    check: bool,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    // Each with the name it is shown by: that of a document, or as it was given.
    let paths: Vec<_> = if args.files.is_empty() {
        let documents = workspace.documents()?;
        let named = |name: &str| (workspace.root.join(name), name.to_string());
        documents.iter().map(|document| named(&document.name)).collect()
    } else {
        args.files.iter().map(|path| (path.clone(), path.display().to_string())).collect()
    };
    let mut changed = Vec::new();
    let mut unread = false;
    for (path, shown) in &paths {
        let document = read_document(path)?;
        match format(&document) {
            Ok(text) if text == document.text => {}
            Ok(text) => {
                if !args.check {
                    replace(path, &text)?;
                }
                changed.push(shown);
            }
            Err(findings) => {
                unread = true;
                for finding in findings {
                    complain!("{:?}", miette::Report::new(finding));
                }
            }
        }
    }
    if json {
        term::json(&changed)?;
    } else {
        let verb = if args.check { "would format" } else { "formatted" };
        changed.iter().for_each(|path| say!("{verb} {path}"));
        say!("{verb} {} of {}", changed.len(), term::count(paths.len(), "document"));
    }
    Ok(Answer::of(!unread && (!args.check || changed.is_empty())))
}

/// Writes beside the file and renames, so that a crash never leaves half a document.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}

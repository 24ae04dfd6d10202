//! Backups: all that belongs to a workspace in one file, taken while others work in it.

pub mod archive;
mod stage;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;
use archive::{FORMAT, Manifest, Of, Packer};
use stage::Staged;

/// Writes all that belongs to the workspace into one file, while it is in use.
///
/// The file has the documents, `charter.toml` and what is in `.charter`: the journal, calls, accounts, rows of
/// the gateway and notices. It is compressed, its owner alone may read it, and it gets its name once it is
/// whole. A server or gateway need not be stopped.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter backup /media/stick/ours.backup
  charter -C ours backup ours-$(date +%F).backup
  charter restore ours.backup --check              see that it is whole

Keep it as you would keep the workspace: it holds everything, bids that are still sealed and the hashes of
passwords too. What it does not hold:

  private keys     of parties, which are never in a workspace; of TLS and of upstreams, whose files
                   charter.toml names
  other folders    and files that are no Markdown
  a bucket         that charter.toml names for calls: back it up by its own means, after this

A journal on a PostgreSQL server is in the file; `charter restore` enters it into the server that
charter.toml names, or into a file if it names none.")]
pub struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Take the place of a file that is there
    #[arg(long)]
    force: bool,
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let file = std::path::absolute(&args.file)?;
    refuse_places(workspace, &file, args.force)?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    // Nobody but its owner may read it, as all files are made here.
    let partial = tempfile::Builder::new()
        .prefix(file.file_name().unwrap_or(file.as_os_str()))
        .suffix(".partial")
        .tempfile_in(folder)
        .map_err(|error| cannot_write(&file, error))?;
    let staged = stage::stage(workspace)?;
    let manifest = pack(workspace, &staged, partial.as_file())?;
    partial.as_file().sync_all()?;
    let bytes = partial.as_file().metadata()?.len();
    let named = match args.force {
        true => partial.persist(&file),
        false => partial.persist_noclobber(&file),
    };
    named.map_err(|error| cannot_write(&file, error.error))?;
    // Its name must be on the disk too.
    std::fs::File::open(folder)?.sync_all()?;
    show(&file, &manifest, bytes, json)
}

fn refuse_places(workspace: &Workspace, file: &Path, force: bool) -> Result<(), Failure> {
    if file.starts_with(workspace.private()) {
        return Err(Failure::wrong_use(
            "a backup in `.charter` would be part of the next one, and lost with what it is to bring back",
            "name a file elsewhere, best on another disk",
        ));
    }
    if file.is_dir() {
        return Err(Failure::wrong_use(
            format!("`{}` is a folder", file.display()),
            "name a file in it",
        ));
    }
    if file.exists() && !force {
        return Err(Failure::wrong_use(
            format!("`{}` is there already", file.display()),
            "name another file, or say `--force` to have it replaced once the new one is whole",
        ));
    }
    Ok(())
}

fn cannot_write(file: &Path, error: std::io::Error) -> Failure {
    Failure::failed(
        format!("cannot write `{}`: {error}", file.display()),
        "name a file in a folder that is there and that you may write to",
    )
}

fn pack(workspace: &Workspace, staged: &Staged, file: &std::fs::File) -> Result<Manifest, Failure> {
    let bar = term::progress("backing up", staged.bytes(), true);
    let mut packer = Packer::new(file)?;
    for file in &staged.files {
        packer.add(file, &bar)?;
    }
    bar.finish_and_clear();
    packer.finish(Manifest {
        charterparty: Of::Backup,
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_string(),
        at: workspace.time(),
        journal: staged.journal,
        calls_in: workspace.settings.usage.at.clone(),
        files: Vec::new(),
    })
}

fn show(file: &Path, manifest: &Manifest, bytes: u64, json: bool) -> Outcome {
    if json {
        term::json(&json!({ "file": file, "bytes": bytes, "manifest": manifest }))?;
        return Ok(Answer::Yes);
    }
    let files = term::count(manifest.files.len(), "file");
    say!("{}  {files} in {}, {bytes} bytes", term::green("backed up"), file.display());
    say!("{}", manifest.journal_line());
    if let Some(bucket) = &manifest.calls_in {
        say!("{}  calls are in {bucket}: back it up by its own means", term::yellow("not in it"));
    }
    say!("private keys are not in it: they are not in a workspace");
    Ok(Answer::Yes)
}

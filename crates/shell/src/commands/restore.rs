//! A workspace made of a backup.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use journal::{Copy, Extent, Head};
use serde_json::json;

use super::backup::archive::{JOURNAL, Manifest, WORKSPACE, unpack};
use super::journal::verify::{Found, examine};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Clock, Workspace};

/// Makes a workspace of a backup, or sees that one could be made.
///
/// Every file is held against the hash that the backup has of it, and the journal's chain is proved. The folder
/// gets its name once all of it is whole: of a file that is damaged nothing is left behind.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter restore ours.backup ours-again
  charter restore ours.backup --check

A journal that was on a PostgreSQL server is entered into the one that charter.toml in the backup names,
whose database must be empty or hold the beginning of this very journal. If it names none, or the journal was
in a file, it is in a file again.

A folder that was restored beside the one that still works is a second writer of notices and timers: serve
one of them only. Set-up links and what the gateway holds in memory are not in a backup; sessions and tokens
are, and go on. Private keys are not: put them where they were.")]
pub struct Args {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The folder to make; it must not be there yet, or be empty
    #[arg(value_name = "DIRECTORY", required_unless_present = "check")]
    into: Option<PathBuf>,
    /// Only see that the file is whole, and its journal unbroken
    #[arg(long, conflicts_with = "into")]
    check: bool,
}

pub fn run(args: &Args, clock: Clock, json: bool) -> Outcome {
    match &args.into {
        None => check(&args.file, json),
        Some(directory) => restore(&args.file, directory, clock, json),
    }
}

fn check(file: &Path, json: bool) -> Outcome {
    let aside = tempfile::tempdir()?;
    let manifest = unpack(file, |name, _| -> Result<Box<dyn Write>, Failure> {
        Ok(match name {
            JOURNAL => Box::new(File::create(aside.path().join(JOURNAL))?),
            _ => Box::new(io::sink()),
        })
    })?;
    if manifest.journal.is_some() {
        see_to_the_end(&aside.path().join(JOURNAL), &manifest)?;
    }
    show("whole", file, &manifest, json)
}

/// Proves the chain of a journal that is entered nowhere.
fn see_to_the_end(path: &Path, manifest: &Manifest) -> Result<(), Failure> {
    let mut copy = Copy::open(path)?;
    while copy.next_event()?.is_some() {}
    if Some(copy.extent()) != manifest.journal {
        return Err(another_journal());
    }
    Ok(())
}

fn restore(file: &Path, directory: &Path, clock: Clock, json: bool) -> Outcome {
    let directory = std::path::absolute(directory)?;
    let taken = directory.exists()
        && fs::read_dir(&directory).map_or(true, |mut entries| entries.next().is_some());
    if taken {
        return Err(Failure::wrong_use(
            format!("`{}` is there and not an empty folder", directory.display()),
            "name a folder that is not there yet: nothing is ever restored over something else",
        ));
    }
    let cannot = |error: io::Error| {
        let message = format!("cannot make `{}`: {error}", directory.display());
        Failure::failed(message, "name a folder in one that is there and that you may write to")
    };
    let beside = directory.parent().unwrap_or(Path::new("/"));
    // On the same disk, so that it gets its name at once; it goes with whatever is in it if anything fails.
    let aside =
        tempfile::Builder::new().prefix(".restoring-").tempdir_in(beside).map_err(cannot)?;
    let folder = aside.path().join("workspace");
    fs::create_dir(&folder)?;
    let manifest = unpack(file, |name, mode| {
        let path = match name.strip_prefix(WORKSPACE) {
            Some(within) => folder.join(within),
            None => aside.path().join(name),
        };
        Ok(create(&path, mode)?)
    })?;
    enter(&folder, &aside.path().join(JOURNAL), &manifest, clock)?;
    sync_all(&folder)?;
    fs::rename(&folder, &directory).map_err(cannot)?;
    File::open(beside)?.sync_all()?;
    show("restored", &directory, &manifest, json)
}

/// A new file, whatever folders it takes, with its mode from the first byte on.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// Enters the journal where `charter.toml` says, and proves what is there then.
fn enter(folder: &Path, copy: &Path, manifest: &Manifest, clock: Clock) -> Result<(), Failure> {
    if !folder.join("charter.toml").is_file() {
        return Err(Failure::failed(
            "the backup has no `charter.toml`",
            "it is not of a workspace; take another",
        ));
    }
    let workspace = Workspace::find(folder, clock)?;
    let Some(Extent { head, root }) = manifest.journal else { return Ok(()) };
    workspace.with_new_journal(async |journal| {
        let there = journal.head().await?;
        if there.position > head.position {
            return Err(beyond(there, head));
        }
        journal.import(Copy::open(copy)?).await?;
        Ok(())
    })?;
    match examine(&workspace, Some(head), Some((head.position.0, root)))? {
        Some(Found::Intact { extent, .. }) if extent.head == head => Ok(()),
        Some(Found::Broken { position, reason }) => Err(Failure::failed(
            format!("the backup's journal is broken at event {position}: {reason}"),
            "it was so when it was backed up; take an earlier backup",
        )),
        _ => Err(another_journal()),
    }
}

/// A server's journal that went on since the backup.
fn beyond(there: Head, backup: Head) -> Failure {
    Failure::failed(
        format!(
            "the server's database has a journal of {} events, and the backup's ends at {}",
            there.position, backup.position
        ),
        "what was entered since may rest on calls that are not in the backup, so nothing was restored: make \
         the database empty first, or have the variable that `url_env` in charter.toml names say another",
    )
}

fn another_journal() -> Failure {
    Failure::failed(
        "the journal in the backup does not end where the backup says",
        "nothing was restored; take another copy of this backup, or an earlier one",
    )
}

/// Has the disk take over all files of a folder.
fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => sync_all(&path)?,
            false => File::open(&path)?.sync_all()?,
        }
    }
    File::open(folder)?.sync_all()
}

fn show(what: &str, place: &Path, manifest: &Manifest, json: bool) -> Outcome {
    if json {
        term::json(&json!({ "place": place, "manifest": manifest }))?;
        return Ok(Answer::Yes);
    }
    let files = term::count(manifest.files.len(), "file");
    let (at, version) = (manifest.at, &manifest.version);
    say!("{}  {}: {files} of {at}, by version {version}", term::green(what), place.display());
    say!("{}", manifest.journal_line());
    if let Some(bucket) = &manifest.calls_in {
        say!("{}  calls are in {bucket}", term::yellow("not in it"));
    }
    Ok(Answer::Yes)
}

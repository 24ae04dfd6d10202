//! Calls added up on a cluster, by the program `charter-cluster`.
//!
//! A program of its own, as what speaks to a cluster takes longer to build than all the rest.

use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use settlement::scan::remote::{Found, Part, tasks};
use usage::{Listed, Partition};

use crate::outcome::Failure;

/// A cluster that adds up calls.
pub struct Cluster {
    /// Where its scheduler is, such as `http://127.0.0.1:50050`.
    pub scheduler: String,
}

const PROGRAM: &str = "charter-cluster";

impl Cluster {
    /// What executors make of each segment; `progress` hears the number of rows added up so far.
    ///
    /// It is for [`settlement::scan::remote::join`] to say whether it is all there and right.
    pub fn parts(
        &self,
        partitions: &[Partition],
        progress: &mut dyn FnMut(u64),
    ) -> Result<Vec<Part>, Failure> {
        if partitions.iter().flat_map(|day| &day.segments).any(Listed::is_remote) {
            return Err(Failure::wrong_use(
                "a cluster adds up files that all its machines see, and these calls are in a bucket",
                "settle without `--cluster`",
            ));
        }
        let mut child = Command::new(program())
            .args(["scan", "--scheduler", &self.scheduler])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let mut lines = Vec::new();
        for task in tasks(partitions) {
            lines.extend(serde_json::to_vec(&task)?);
            lines.push(b'\n');
        }
        let (parts, said) = thread::scope(|scope| {
            let errors = child.stderr.take();
            let errors = scope.spawn(move || read_all(errors));
            // A program that ended early says why by itself.
            let _ = child.stdin.take().map(|mut stdin| stdin.write_all(&lines));
            let parts = read_parts(&mut child, progress);
            (parts, errors.join().unwrap_or_default())
        });
        let status = child.wait()?;
        if !status.success() {
            // What it ended with comes after its log.
            let said = format!("\n{said}");
            let why = said.rsplit_once("\nerror: ").map(|(_, why)| why.trim().to_string());
            let why = why.unwrap_or_else(|| status.to_string());
            return Err(Failure::failed(
                format!("the cluster at {} did not add up the calls: {why}", self.scheduler),
                "nothing was settled; see that its scheduler and executors run and see the usage folder \
                 under its own path, or settle without `--cluster`",
            ));
        }
        parts
    }
}

/// The same segments, each file by its whole path, as executors have working folders of their own.
pub fn absolute(partitions: &[Partition]) -> io::Result<Vec<Partition>> {
    let whole = |segment: &Listed| -> io::Result<Listed> {
        if segment.is_remote() {
            return Ok(segment.clone());
        }
        Ok(Listed::file(std::path::absolute(segment.name())?, segment.day()))
    };
    let of_day = |partition: &Partition| -> io::Result<Partition> {
        let segments = partition.segments.iter().map(whole).collect::<io::Result<_>>()?;
        Ok(Partition { segments, ..partition.clone() })
    };
    partitions.iter().map(of_day).collect()
}

fn read_parts(child: &mut Child, progress: &mut dyn FnMut(u64)) -> Result<Vec<Part>, Failure> {
    let (mut parts, mut rows_done) = (Vec::new(), 0);
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        let part: Part = serde_json::from_str(&line?)?;
        if let Found::Sums { rows, .. } = part.found {
            rows_done += rows;
            progress(rows_done);
        }
        parts.push(part);
    }
    Ok(parts)
}

fn read_all(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    let _ = from.map(|mut from| from.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The program beside this one, or else whichever PATH has.
fn program() -> OsString {
    let beside = |this: PathBuf| Some(this.parent()?.join(PROGRAM)).filter(|path| path.is_file());
    let beside = env::current_exe().ok().and_then(beside);
    beside.map_or_else(|| PROGRAM.into(), Into::into)
}

fn not_started(error: &io::Error) -> Failure {
    Failure::failed(
        format!("could not start `{PROGRAM}`, which speaks to clusters: {error}"),
        "build it with `cargo build --release --locked --manifest-path crates/cluster/Cargo.toml`, and \
         put it beside `charter` or on PATH",
    )
}

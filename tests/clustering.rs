//! Months settled on a cluster: the same to the byte, or nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::workspace::{Ran, Workspace, charter, checkout, eventually, shared};

/// A scheduler and executors, started by our script.
struct Cluster {
    folder: TempDir,
    program: PathBuf,
    url: String,
}

impl Cluster {
    /// None where `CHARTER_TEST_CLUSTER` names no program.
    fn start(executors: u32) -> Option<Cluster> {
        let Some(program) = std::env::var_os("CHARTER_TEST_CLUSTER") else {
            eprintln!(
                "skipped: CHARTER_TEST_CLUSTER names no charter-cluster; `./test` builds one"
            );
            return None;
        };
        let mut cluster = Cluster {
            folder: tempfile::tempdir().unwrap(),
            program: program.into(),
            url: String::new(),
        };
        let ran = Ran::of(cluster.script("start").arg(executors.to_string()).output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        cluster.url = ran.stdout.trim().to_string();
        Some(cluster)
    }

    fn script(&self, verb: &str) -> Command {
        let mut script = Command::new(checkout().join("scripts/cluster"));
        // One segment at a time, so that each executor has something to do for a while.
        script.env("CHARTER_CLUSTER", &self.program).env("CORES", "1");
        script.arg(verb).arg(self.folder.path());
        script
    }

    /// `charter` with the program for clusters on its PATH.
    fn command(&self, workspace: &Workspace, args: &[&str]) -> Command {
        let mut command = workspace.command(args);
        command.args(["--cluster", &self.url]).env("PATH", self.program.parent().unwrap());
        command
    }

    fn run(&self, workspace: &Workspace, args: &[&str]) -> Ran {
        Ran::of(self.command(workspace, args).output().unwrap())
    }

    fn spawn(&self, workspace: &Workspace, args: &[&str]) -> Child {
        let mut command = self.command(workspace, args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Sends a signal to an executor, by its own id.
    fn signal(&self, executor: u32, signal: &str) {
        let file = self.folder.path().join(format!("executor-{executor}.pid"));
        let id = fs::read_to_string(file).unwrap();
        assert!(Command::new("kill").args([signal, id.trim()]).status().unwrap().success());
    }

    /// Files of sums that an executor has ready.
    fn ready(&self, executor: u32) -> usize {
        fn files(folder: &Path) -> usize {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let count = |path: PathBuf| if path.is_dir() { files(&path) } else { 1 };
            entries.map(|entry| count(entry.path())).sum()
        }
        files(&self.folder.path().join(format!("executor-{executor}")))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.script("stop").status();
    }
}

/// The example with a month of made-up calls, the same each time.
fn generated() -> Workspace {
    let workspace = Workspace::adopted();
    workspace.must(&["usage", "generate", "2025-03", "--calls", "50000"]);
    workspace
}

fn entered(workspace: &Workspace) -> Value {
    let log = workspace.json(&["journal", "log"]);
    let months = log.as_array().unwrap().iter().filter(|event| event["kind"] == "month-settled");
    months.map(|event| event["payload"].clone()).collect()
}

#[test]
fn a_cluster_settles_as_one_process_does() {
    let Some(cluster) = Cluster::start(2) else { return };
    let (here, there) = (generated(), generated());
    let settle = ["settle", "2025-03"];
    let alone = here.run(&["settle", "2025-03", "--recount"]);
    let together = cluster.run(&there, &settle);
    assert_eq!((alone.code, together.code), (0, 0), "{}{}", alone.stderr, together.stderr);
    assert_eq!(together.stdout, alone.stdout);
    assert_eq!(entered(&there), entered(&here));
    assert_eq!(there.json(&["statement", "2025-03"]), here.json(&["statement", "2025-03"]));
    // Settled again where it was settled in one process, nothing has changed.
    let again = cluster.run(&here, &["settle", "2025-03", "--json"]);
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again["notes"][0], "unchanged since it was last settled");
}

#[test]
fn a_cluster_settles_the_traces() {
    let Some(trace) = shared("data/azure-llm-2023-conv.csv") else { return };
    let Some(cluster) = Cluster::start(2) else { return };
    let settled = |cluster: Option<&Cluster>| {
        let workspace = Workspace::adopted();
        let trace = trace.display().to_string();
        let format = ["--format", "azure-llm", "--channel", "direct"];
        workspace.must(&[&["usage", "import", &trace][..], &format].concat());
        let ran = match cluster {
            Some(cluster) => cluster.run(&workspace, &["settle", "2023-11"]),
            None => workspace.run(&["settle", "2023-11", "--recount"]),
        };
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        (ran.stdout, workspace.json(&["statement", "2023-11"]))
    };
    assert_eq!(settled(Some(&cluster)), settled(None));
}

/// An executor dies with segments it was given, and with sums that nobody has fetched.
#[test]
fn a_killed_executor_loses_no_call() {
    let Some(cluster) = Cluster::start(2) else { return };
    let (here, there) = (generated(), generated());
    let alone = here.must(&["settle", "2025-03", "--recount"]);
    // The second is given segments and cannot add them up; the first does its own, and waits.
    cluster.signal(2, "-STOP");
    let settling = cluster.spawn(&there, &["settle", "2025-03"]);
    eventually("the first has sums ready", || cluster.ready(1) > 3);
    cluster.signal(1, "-KILL");
    cluster.signal(2, "-CONT");
    let ran = Ran::of(settling.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stdout), (0, alone), "{}", ran.stderr);
}

#[test]
fn what_an_executor_cannot_read_settles_nothing() {
    let Some(cluster) = Cluster::start(1) else { return };
    let workspace = generated();
    // A folder of that name is another one for each process.
    let mut command = charter();
    command.current_dir(workspace.path("")).env("PATH", cluster.program.parent().unwrap());
    command.args(["-C", "/proc/self/cwd", "settle", "2025-03", "--json"]);
    command.args(["--cluster", &cluster.url]);
    let unseen = Ran::of(command.output().unwrap());
    assert_eq!(unseen.code, 3, "{}", unseen.stdout);
    assert!(unseen.stderr.contains("does not see the file"), "{}", unseen.stderr);
    assert_eq!(entered(&workspace), Value::Array(Vec::new()));
}

#[test]
fn a_cluster_that_is_not_there_settles_nothing() {
    let Some(mut cluster) = Cluster::start(1) else { return };
    let workspace = generated();
    cluster.signal(1, "-KILL");
    let dead = cluster.run(&workspace, &["settle", "2025-03", "--json"]);
    assert_eq!(dead.code, 3, "{}", dead.stdout);
    assert!(dead.stderr.contains("the scheduler has no executors"), "{}", dead.stderr);
    let _ = cluster.script("stop").status();
    // As JSON, which is not wrapped.
    let gone = cluster.run(&workspace, &["settle", "2025-03", "--json"]);
    assert_eq!(gone.code, 3, "{}", gone.stdout);
    assert!(gone.stderr.contains("could not reach the scheduler"), "{}", gone.stderr);
    cluster.url = "nowhere".to_string();
    let nowhere = cluster.run(&workspace, &["settle", "2025-03", "--json"]);
    assert!(nowhere.stderr.contains("http://127.0.0.1:50050"), "{}", nowhere.stderr);
    assert_eq!(entered(&workspace), Value::Array(Vec::new()));
}

#[test]
fn without_the_program_for_clusters_it_is_said_how_to_build_it() {
    let workspace = Workspace::adopted();
    // Another folder, as the one of this program may have it.
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("charter");
    fs::copy(charter().get_program(), &alone).unwrap();
    let mut command = Command::new(alone);
    command.arg("-C").arg(workspace.path("")).env("PATH", "/nowhere").env("NO_COLOR", "1");
    command.args(["settle", "2025-03", "--cluster", "http://127.0.0.1:1", "--json"]);
    let ran = Ran::of(command.output().unwrap());
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stderr.contains("crates/cluster/Cargo.toml"), "{}", ran.stderr);
}

//! `charter serve`: from the first start to a round that people carry through in their browsers.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::visiting::Visitor;
use crate::workspace::{Workspace, charter, checkout, first_refusal};

/// A server at work; it is killed when this is dropped.
pub struct Served {
    child: Child,
    says: Value,
}

impl Served {
    pub fn start(folder: &Path) -> Served {
        Served::start_at(folder, "127.0.0.1:0")
    }

    /// Starts one that listens at an address.
    pub fn start_at(folder: &Path, listen: &str) -> Served {
        Served::begin(folder, listen, |command| command)
    }

    /// Starts one that is asked for more.
    pub fn start_with(folder: &Path, more: impl Fn(&mut Command) -> &mut Command) -> Served {
        Served::begin(folder, "127.0.0.1:0", more)
    }

    fn begin(folder: &Path, listen: &str, more: impl Fn(&mut Command) -> &mut Command) -> Served {
        let mut command = charter();
        command.args(["-C", &folder.display().to_string()]);
        command.args(["serve", "--listen", listen, "--json"]);
        let mut child = more(&mut command).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        Served { says: serde_json::from_str(&first).unwrap(), child }
    }

    pub fn text(&self, name: &str) -> &str {
        self.says[name].as_str().unwrap()
    }

    /// The status and the body of a page, for somebody whom nobody knows.
    pub fn get(&self, path: &str) -> (u16, String) {
        let answer = Visitor::of(self).get(path);
        (answer.status, answer.text())
    }

    /// Tells it to stop, and sees that it ends well.
    pub fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An agreement with a right of first refusal, adopted.
pub fn hosting() -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("agreement.md", &first_refusal(""));
    workspace.must(&["adopt", "--all"]);
    workspace
}

/// A walk through the pages in a browser, as `tests/browser/run` knows it.
pub fn walk(name: &str, served: &Served, workspace: &Workspace) -> Command {
    let mut command = Command::new(checkout().join("tests/browser/run"));
    command.args([name, served.text("set_up")]).arg(pictures(workspace));
    command
}

/// Where pictures go: `CHARTER_PICTURES` keeps them for whoever wants to look.
pub fn pictures(workspace: &Workspace) -> PathBuf {
    std::env::var_os("CHARTER_PICTURES").map_or_else(|| workspace.path("pictures"), PathBuf::from)
}

/// Whether a walk went well; false where there is no browser.
pub fn went_well(walked: &Output) -> bool {
    let said = String::from_utf8_lossy(&walked.stderr);
    if walked.status.code() == Some(3) {
        eprintln!("skipped: there is no browser here: {said}");
        return false;
    }
    assert!(walked.status.success(), "{said}");
    true
}

#[test]
fn three_people_carry_a_round_through_in_their_browsers() {
    let workspace = hosting();
    let served = Served::start(&workspace.path(""));
    let walked = walk("round", &served, &workspace).output().unwrap();
    if went_well(&walked) {
        assert!(pictures(&workspace).join("board.png").exists());
    }
    served.stop();
}

#[test]
fn a_total_is_followed_to_one_call_and_the_books_are_closed_in_a_browser() {
    let workspace = Workspace::adopted();
    std::fs::create_dir(workspace.path("scenarios")).unwrap();
    let scenario = "scenarios/equal-shares.md";
    let example = checkout().join("examples/microsoft-openai").join(scenario);
    std::fs::copy(example, workspace.path(scenario)).unwrap();
    for seed in ["7", "8"] {
        workspace.must(&["usage", "generate", "2025-02", "--calls", "3000", "--seed", seed]);
        workspace.must(&["settle", "2025-02"]);
    }
    let served = Served::start(&workspace.path(""));
    went_well(&walk("books", &served, &workspace).output().unwrap());
    served.stop();
}

#[test]
fn the_first_agreement_gets_into_a_new_workspace_in_a_browser() {
    let workspace = Workspace::empty();
    let new = workspace.path("new").display().to_string();
    assert!(charter().args(["init", &new]).status().unwrap().success());
    let served = Served::start(&workspace.path("new"));
    went_well(&walk("first", &served, &workspace).output().unwrap());
    served.stop();
}

#[test]
fn open_pages_go_on_after_a_restart_in_the_middle_of_a_round() {
    let workspace = hosting();
    let mut served = Served::start(&workspace.path(""));
    let address = served.text("address").strip_prefix("http://").unwrap().to_string();
    let mut walking = walk("restart", &served, &workspace)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut says = BufReader::new(walking.stdout.take().unwrap());
    let mut line = String::new();
    says.read_line(&mut line).unwrap();
    if line == "stop\n" {
        served.stop();
        let letter = ["--by", "meridian", "--evidence", "letter of today"];
        workspace.must(&[&["waive", "halls"], &letter[..]].concat());
        served = Served::start_at(&workspace.path(""), &address);
        walking.stdin.take().unwrap().write_all(b"started\n").unwrap();
    }
    went_well(&walking.wait_with_output().unwrap());
    served.stop();
}

#[test]
fn nobody_comes_in_before_the_first_account_and_only_by_its_link() {
    let workspace = hosting();
    let served = Served::start(&workspace.path(""));
    assert_eq!(served.get("/healthz"), (200, "ok\n".to_string()));
    assert_eq!(served.get("/readyz"), (200, "ready\n".to_string()));
    for path in ["/", "/agreement", "/journal", "/do/request", "/live", "/statements/2025-01"] {
        assert_eq!(served.get(path).0, 303, "{path}");
    }
    for path in ["/api/v1/rounds", "/api/v1/journal/log", "/api/v1/events"] {
        assert_eq!(served.get(path).0, 401, "{path}");
    }
    for path in ["/assets/../charter.toml", "/..%2fcharter.toml", "/assets/charter.toml"] {
        assert_eq!(served.get(path).0, 404, "{path}");
    }
    let link = served.text("set_up").rsplit_once("/set-up/").unwrap().1.to_string();
    assert_eq!(served.get(&format!("/set-up/{link}")).0, 200);
    served.stop();
    // Another start has another link, and the old one is void.
    let again = Served::start(&workspace.path(""));
    assert!(!again.text("set_up").ends_with(&link));
    assert!(!again.get(&format!("/set-up/{link}")).1.contains("password"));
    again.stop();
}

#[test]
fn what_cannot_be_served_is_said_before_anything_is() {
    let workspace = hosting();
    let served = Served::start(&workspace.path(""));
    let address = served.text("address").strip_prefix("http://").unwrap().to_string();
    let taken = workspace.run(&["serve", "--listen", &address]);
    assert_eq!(taken.code, 3);
    assert!(taken.stderr.contains("choose another address"), "{}", taken.stderr);
    let half = workspace.run(&["serve", "--certificate", "cert.pem"]);
    assert_eq!(half.code, 2);
    workspace.write("charter.toml", "[server]\nport = 80\n");
    let unknown = workspace.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(unknown.code, 3);
    assert!(unknown.stderr.contains("`[server]`"), "{}", unknown.stderr);
}

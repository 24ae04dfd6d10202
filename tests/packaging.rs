//! What runs the server elsewhere: a unit of systemd, a container. Neither can be started in a test, so what
//! they run is, as they say it.

use std::path::PathBuf;
use std::process::Command;

use crate::serving::{Served, hosting};
use crate::visiting::Visitor;
use crate::workspace::{Workspace, checkout};

fn packaging(name: &str) -> String {
    std::fs::read_to_string(checkout().join("packaging").join(name)).unwrap()
}

/// The binary that is tested.
fn charter() -> &'static str {
    env!("CARGO_BIN_EXE_charter")
}

/// The words after a keyword at the beginning of a line.
fn stated<'t>(text: &'t str, keyword: &str) -> &'t str {
    let found = text.lines().find_map(|line| line.strip_prefix(keyword));
    found.unwrap_or_else(|| panic!("no `{keyword}`"))
}

/// A list of words, as a container file has it.
fn listed(text: &str, keyword: &str) -> Vec<String> {
    serde_json::from_str(stated(text, keyword)).unwrap()
}

/// Starts what is stated, in a workspace of the test's and on a port of its own.
fn serves(words: &[String]) -> (Workspace, Served) {
    let workspace = hosting();
    let [binary, option, folder, serve, listen, address] = words else { panic!("{words:?}") };
    assert!(binary.ends_with("/bin/charter"), "{binary}");
    assert_eq!([option, folder, serve, listen], ["-C", "/var/lib/charter", "serve", "--listen"]);
    assert!(address.ends_with(":8480"), "{address}");
    let host = address.strip_suffix(":8480").unwrap();
    let listen = format!("{host}:0");
    let served = Served::start_at(&workspace.path(""), &listen);
    (workspace, served)
}

#[test]
fn the_unit_is_sound_and_leaves_the_server_little() {
    let unit = packaging("charter.service");
    let started: Vec<_> = stated(&unit, "ExecStart=").split(' ').map(str::to_string).collect();
    let (_workspace, served) = serves(&started);
    assert_eq!(served.get("/healthz").0, 200);
    served.stop();
    let user = stated(&unit, "User=");
    assert!(packaging("charter.sysusers").contains(&format!("\nu {user} - ")));
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("skipped: there is no systemd-analyze here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("charter.service");
    std::fs::write(&path, unit.replace("/usr/local/bin/charter", charter())).unwrap();
    let asks = |args: &[&str]| {
        let ran = Command::new("systemd-analyze").args(args).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
        (ran.status.success(), said.into_owned())
    };
    let (is_sound, said) = asks(&["verify"]);
    // Of units that this machine has itself, it may say what it likes.
    assert!(is_sound && !said.contains("charter.service"), "{said}");
    // Of ten; 1.5 is what systemd calls “OK”, and its own services have 2 to 9.
    let (is_safe, said) = asks(&["security", "--offline=true", "--threshold=15", "--no-pager"]);
    assert!(is_safe, "{said}");
}

#[test]
fn the_container_runs_what_there_is_as_nobody_in_particular() {
    let file = packaging("Containerfile");
    let manifest = std::fs::read_to_string(checkout().join("Cargo.toml")).unwrap();
    let rust = stated(&manifest, "rust-version = ").trim_matches('"');
    assert!(file.contains(&format!("library/rust:{rust}-")), "{rust}");
    let build = stated(&file, "RUN cargo build ");
    assert_eq!(build, "--release --locked -p charter --features pdf --target-dir /target");
    let copied = stated(&file, "COPY --from=build ");
    assert_eq!(copied, "/target/release/charter /usr/local/bin/charter");
    let user = stated(&file, "USER ").split(':').next().unwrap();
    assert!(user != "0" && file.contains(&format!("--uid {user} ")), "{user}");
    let words = [listed(&file, "ENTRYPOINT "), listed(&file, "CMD ")].concat();
    let (_workspace, served) = serves(&words);
    // Asked as the container asks, once where the server is and once where nobody is.
    let asked = |address: &str| {
        let port = address.rsplit(':').next().unwrap();
        let check = listed(&file, "    CMD ");
        let check = check.iter().map(|word| word.replace("/8480", &format!("/{port}")));
        let check: Vec<_> = check.collect();
        Command::new(&check[0]).args(&check[1..]).output().unwrap().status.success()
    };
    let address = served.text("address").to_string();
    assert!(asked(&address));
    assert_eq!(Visitor::at(&address.replace("0.0.0.0", "127.0.0.1")).get("/readyz").status, 200);
    served.stop();
    assert!(!asked(&address));
}

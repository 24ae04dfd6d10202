//! `charter backup` and `charter restore`: all of a workspace comes back, and nothing that is not whole does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::fmt::rfc2822;
use serde_json::Value;
use tar::{Builder, EntryType, Header};

use crate::page::{Step, is_shown, steps};
use crate::serving::Served;
use crate::visiting::{Answer, Visitor};
use crate::workspace::{Ran, Workspace, charter, checkout, first_refusal};

const LOGIN: &str = "first@lab.example";
const PASSWORD: &str = "correct horse battery";

/// How many pages of one path are looked at, where it is asked with different questions.
const QUESTIONS: usize = 6;

fn run(args: &[&str]) -> Ran {
    Ran::of(charter().args(args).output().unwrap())
}

fn must(args: &[&str]) -> String {
    let ran = run(args);
    assert_eq!(ran.code, 0, "{args:?}\n{}{}", ran.stdout, ran.stderr);
    ran.stdout
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The played example, served, backed up and restored: both servers say the same on every page there is.
#[test]
fn every_page_of_a_restored_workspace_is_the_page_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (played, backup, again) = (at("played"), at("played.backup"), at("again"));
    must(&["demo", "--keep", text(&played)]);
    let served = Served::start(&played);
    Visitor::set_up(&served, LOGIN, PASSWORD);

    // What is written while the backup is made is in it or is not, but never half.
    backed_up_under_fire(&served, &played, &at("fire.backup"));
    must(&["restore", text(&at("fire.backup")), text(&at("fire"))]);
    must(&["-C", text(&at("fire")), "journal", "verify"]);
    must(&["-C", text(&played), "journal", "compare", text(&at("fire"))]);

    must(&["-C", text(&played), "backup", text(&backup)]);
    assert_eq!(backup.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    must(&["restore", text(&backup), "--check"]);
    must(&["restore", text(&backup), text(&again)]);
    let accounts = again.join(".charter/people.db").metadata().unwrap();
    assert_eq!(accounts.permissions().mode() & 0o777, 0o600);

    let restored = Served::start(&again);
    let ours = Visitor::logged_in(&served, LOGIN, PASSWORD);
    let theirs = Visitor::logged_in(&restored, LOGIN, PASSWORD);
    let seen = compare(ours, theirs, head(&played));
    let unseen: Vec<_> = routes().into_iter().filter(|route| !is_seen(route, &seen)).collect();
    assert_eq!(unseen, Vec::<String>::new(), "of {} pages", seen.len());
    served.stop();
    restored.stop();
}

/// Backs up while events are entered, people log in and fail to.
fn backed_up_under_fire(served: &Served, folder: &Path, backup: &Path) {
    let ends = AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let mut written = 0;
            while !ends.load(Ordering::Relaxed) || written == 0 {
                // More failures would keep out everybody at this address, us as well.
                if written < 3 {
                    Visitor::of(served).post("/login", &[("login", "nobody"), ("password", "?")]);
                }
                let id = format!("fire-{written}");
                let refund = ["refunds", "by=openai", "amount=USD 1", "channel=direct"];
                let told = ["--on", "2025-03-02", "--id", &id];
                must(&[&["-C", text(folder), "report"][..], &refund, &told].concat());
                written += 1;
            }
            written
        });
        for round in 0..3 {
            let force: &[&str] = if round == 0 { &[] } else { &["--force"] };
            must(&[&["-C", text(folder), "backup", text(backup)], force].concat());
        }
        ends.store(true, Ordering::Relaxed);
        writing.join().unwrap()
    });
    assert!(written > 0);
}

/// How many events there are.
fn head(folder: &Path) -> u64 {
    let verified = must(&["-C", text(folder), "journal", "verify", "--json"]);
    serde_json::from_str::<Value>(&verified).unwrap()["events"].as_u64().unwrap()
}

/// Looks at every page that can be reached from any other, with both, and says which there are.
fn compare(mut ours: Visitor, mut theirs: Visitor, head: u64) -> BTreeSet<String> {
    let mut questions: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut next: VecDeque<String> =
        routes().into_iter().filter(|route| !route.contains('{')).collect();
    next.extend((1..=head).map(|position| format!("/journal/{position}")));
    next.extend(
        [
            "/agreement?at=2024-01-01",
            "/agreement/changes?from=2025-01-20&to=2025-01-21",
            "/ask?verb=serve&by=openai&service=openai-api&host=oci&at=2025-02-01",
            "/traffic?month=2025-03",
            "/api",
            "/api/v1/openapi.json",
            "/do/adopt",
        ]
        .map(String::from),
    );
    while let Some(path) = next.pop_front() {
        let (bare, asked) = path.split_once('?').map_or((&*path, false), |(bare, _)| (bare, true));
        if asked {
            let count = questions.entry(bare.to_string()).or_default();
            *count += 1;
            if *count > QUESTIONS && !bare.ends_with("/download") {
                continue;
            }
        }
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = same(&mut ours, &mut theirs, &path);
        next.extend(links(bare, &page).into_iter().filter(|link| !seen.contains(link)));
    }
    seen
}

/// The page at an address of both, which must be the same once. A minute may pass between two requests.
fn same(ours: &mut Visitor, theirs: &mut Visitor, path: &str) -> Answer {
    for _ in 0..3 {
        let (left, right) = (ours.get(path), theirs.get(path));
        if (left.status, neutral(&left)) == (right.status, neutral(&right)) {
            assert!(left.status < 500, "{path}: {}", left.text());
            return left;
        }
    }
    let (left, right) = (neutral(&ours.get(path)), neutral(&theirs.get(path)));
    let (left, right) = (String::from_utf8_lossy(&left), String::from_utf8_lossy(&right));
    let differ = left.split('>').zip(right.split('>')).find(|(left, right)| left != right);
    panic!("{path} differs: {differ:?}");
}

/// A body without what must differ: what proves that a form is of a session, and instants of today, as each
/// server was logged in to by itself.
fn neutral(answer: &Answer) -> Vec<u8> {
    let Ok(text) = String::from_utf8(answer.body.clone()) else { return answer.body.clone() };
    let mut parts = text.split("name=\"form_token\" value=\"");
    let mut rest = parts.next().unwrap_or_default().to_string();
    for part in parts {
        rest += part.split_once('"').unwrap().1;
    }
    let today = rfc2822::parse(answer.header("date")).unwrap().date().to_string();
    let mut told = rest.split(&today);
    let first = told.next().unwrap_or_default().to_string();
    let is_clock = |sign: char| sign.is_ascii_digit() || "T :.".contains(sign);
    told.fold(first, |text, part| text + part.trim_start_matches(is_clock)).into_bytes()
}

/// The addresses that a page leads to.
fn links(from: &str, page: &Answer) -> Vec<String> {
    if !page.header("content-type").starts_with("text/html") {
        return Vec::new();
    }
    let text = page.text();
    let found = text.split(" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let found = found.map(|link| link.replace("&amp;", "&"));
    let found = found.map(|link| link.split('#').next().unwrap_or_default().to_string());
    let found =
        found.map(|link| if link.starts_with('?') { format!("{from}{link}") } else { link });
    found.filter(|link| link.starts_with('/') && !link.starts_with("/assets/")).collect()
}

/// The addresses that `crates/web/src/pages.rs` and `people.rs` say can be looked at.
fn routes() -> Vec<String> {
    let sources = [
        include_str!("../crates/web/src/pages.rs"),
        include_str!("../crates/web/src/pages/people.rs"),
    ];
    let routes = sources.iter().flat_map(|source| source.split(".route(\"").skip(1));
    let routes = routes.filter_map(|rest| {
        let (route, handler) = rest.split_once("\", ")?;
        handler.starts_with("get(").then(|| route.to_string())
    });
    let routes: Vec<_> = routes.collect();
    assert!(routes.len() > 15, "{routes:?}");
    routes
}

/// Whether a page at a route was looked at.
fn is_seen(route: &str, seen: &BTreeSet<String>) -> bool {
    seen.iter().any(|path| {
        let path = path.split('?').next().unwrap();
        let (parts, of): (Vec<_>, Vec<_>) = (path.split('/').collect(), route.split('/').collect());
        parts.len() == of.len()
            && parts.iter().zip(&of).all(|(part, of)| of.starts_with('{') || part == of)
    })
}

/// A small workspace, and a backup of it.
fn backed_up() -> (Workspace, PathBuf) {
    let workspace = Workspace::empty();
    workspace.write("agreement.md", &first_refusal(""));
    workspace.must(&["adopt", "--all"]);
    let backup = workspace.path("of.backup");
    workspace.must(&["backup", text(&backup)]);
    (workspace, backup)
}

/// Sees that a file is refused for a reason, by both ways to read it, and that nothing is left behind.
fn is_refused(folder: &Path, file: &Path, code: i32, why: &str) {
    let into = folder.join("into");
    for args in [&["restore", text(file), text(&into)], &["restore", text(file), "--check"]] {
        let ran = run(args);
        assert_eq!(ran.code, code, "{why}: {}{}", ran.stdout, ran.stderr);
        // Lines are wrapped.
        let said =
            ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(said.contains(why), "{why}: {said}");
    }
    assert!(!into.exists(), "{why}");
    let left = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> =
        left.filter(|name| name.to_string_lossy().starts_with(".restoring")).collect();
    assert!(left.is_empty(), "{why}: {left:?}");
}

#[test]
fn what_is_cut_short_or_damaged_leaves_nothing_behind() {
    let (workspace, backup) = backed_up();
    let whole = std::fs::read(&backup).unwrap();
    let file = workspace.path("other.backup");
    let folder = tempfile::tempdir().unwrap();
    for length in [5, whole.len() / 4, whole.len() / 2, whole.len() - 5, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        is_refused(folder.path(), &file, 3, "is cut short or damaged");
    }
    let said = zstd::decode_all(whole.as_slice()).unwrap();
    for part in 1..20 {
        let mut damaged = whole.clone();
        damaged[whole.len() * part / 20] ^= 0x10;
        std::fs::write(&file, &damaged).unwrap();
        // A few bits of a compressed stream say nothing: without them it is as whole as before.
        if zstd::decode_all(damaged.as_slice()).is_ok_and(|damaged| damaged == said) {
            continue;
        }
        is_refused(folder.path(), &file, 3, "is cut short or damaged");
    }
    std::fs::write(&file, [&whole[..], b"more"].concat()).unwrap();
    is_refused(folder.path(), &file, 3, "is cut short or damaged");
}

/// A file like a backup, of entries: name, content, kind.
fn packed(entries: &[(&str, &[u8], EntryType)]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for (name, content, kind) in entries {
        let mut header = Header::new_gnu();
        // Set as bytes: the library refuses to write what we must refuse to read.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        if !matches!(kind, EntryType::Regular) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_size(content.len() as u64);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    zstd::encode_all(archive.into_inner().unwrap().as_slice(), 0).unwrap()
}

/// What a backup says of itself, with a change.
fn manifest(of: &Path, change: impl Fn(&mut Value)) -> Vec<u8> {
    let mut archive =
        tar::Archive::new(zstd::Decoder::new(std::fs::File::open(of).unwrap()).unwrap());
    let entry = archive.entries().unwrap().map(Result::unwrap);
    let mut entry = entry.filter(|entry| entry.path().unwrap().ends_with("manifest.json"));
    let mut said: Value = serde_json::from_reader(entry.next().unwrap()).unwrap();
    change(&mut said);
    said.to_string().into_bytes()
}

#[test]
fn what_no_backup_holds_is_refused() {
    const FILE: EntryType = EntryType::Regular;
    let (workspace, backup) = backed_up();
    let file = workspace.path("other.backup");
    let folder = tempfile::tempdir().unwrap();
    let none = |said: &mut Value| {
        said["files"] = serde_json::json!([]);
        said["journal"] = Value::Null;
    };
    let empty = manifest(&backup, none);
    let newer = manifest(&backup, |said| said["format"] = 2.into());
    let other = manifest(&backup, |said| {
        none(said);
        said["files"] = serde_json::json!([
            { "name": "workspace/charter.toml", "bytes": 0, "sha256": "0".repeat(64) }
        ]);
    });
    let toml: (&str, &[u8], EntryType) = ("workspace/charter.toml", b"", FILE);
    let outside = "is no plain file in a workspace";
    let cases: Vec<(Vec<u8>, i32, &str)> = vec![
        (Vec::new(), 2, "is not a backup"),
        (b"# An agreement".to_vec(), 2, "is not a backup"),
        (packed(&[("notes.txt", b"x", FILE)]), 2, "is not a backup"),
        (packed(&[("manifest.json", b"{}", FILE)]), 2, "is not a backup"),
        (packed(&[]), 3, "before it says what it holds"),
        (packed(&[("workspace/../../evil", b"x", FILE)]), 3, outside),
        (packed(&[("../evil", b"x", FILE)]), 3, outside),
        (packed(&[("/tmp/evil", b"x", FILE)]), 3, outside),
        (packed(&[("workspace/link", b"", EntryType::Symlink)]), 3, outside),
        (packed(&[("workspace/link", b"", EntryType::Link)]), 3, outside),
        (packed(&[("workspace/folder/", b"", EntryType::Directory)]), 3, outside),
        (packed(&[("manifest.json", &newer, FILE)]), 3, "reads format 1"),
        (packed(&[toml, ("manifest.json", &empty, FILE)]), 3, "nothing says what"),
        (packed(&[("manifest.json", &other, FILE)]), 3, "is lacking"),
        (packed(&[toml, ("manifest.json", &other, FILE)]), 3, "is not what it was"),
        (packed(&[("manifest.json", &empty, FILE), toml]), 2, "is not a backup"),
        (packed(&[toml, toml]), 3, "twice"),
    ];
    for (bytes, code, why) in cases {
        std::fs::write(&file, bytes).unwrap();
        is_refused(folder.path(), &file, code, why);
    }
    is_refused(folder.path(), &workspace.path("nowhere"), 2, "cannot read");
}

#[test]
fn nothing_is_written_over() {
    let (workspace, backup) = backed_up();
    let before = std::fs::read(&backup).unwrap();
    let again = workspace.run(&["backup", text(&backup)]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    assert_eq!(std::fs::read(&backup).unwrap(), before);
    workspace.must(&["backup", text(&backup), "--force"]);
    for wrong in
        [workspace.path(".charter/of.backup"), workspace.path(""), workspace.path("no/of.backup")]
    {
        let ran = workspace.run(&["backup", text(&wrong)]);
        assert!([2, 3].contains(&ran.code), "{}", ran.stderr);
    }
    // Where the workspace itself is, where a file is, and where something else is.
    for taken in [workspace.path(""), workspace.path("charter.toml")] {
        let ran = run(&["restore", text(&backup), text(&taken)]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
    }
    let empty = tempfile::tempdir().unwrap();
    must(&["restore", text(&backup), text(empty.path())]);
    must(&["-C", text(empty.path()), "journal", "verify"]);
    assert_eq!(run(&["restore", text(&backup), text(empty.path())]).code, 2);
    let left =
        std::fs::read_dir(workspace.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("partial")).collect();
    assert!(left.is_empty(), "{left:?}");
    let left = std::fs::read_dir(workspace.path(".charter"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with(".backup")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A workspace in which nothing was entered yet comes back as well.
#[test]
fn a_beginning_is_backed_up_too() {
    let workspace = Workspace::empty();
    let backup = workspace.path("of.backup");
    let said = workspace.json(&["backup", text(&backup)]);
    assert_eq!(said["manifest"]["journal"], Value::Null);
    let again = workspace.path("again");
    must(&["restore", text(&backup), text(&again)]);
    assert!(!again.join(".charter/journal.db").exists());
}

/// A journal on a server is in the file, and is entered into an empty database alone.
#[test]
fn a_journal_on_a_server_comes_back_into_a_database() {
    let Ok(server) = std::env::var("CHARTER_TEST_POSTGRES") else {
        eprintln!("skipped: CHARTER_TEST_POSTGRES names no server; `./test` starts one");
        return;
    };
    let psql = |sql: String| {
        let ran = Command::new("psql").args(["-q", "-c", &sql, &server]).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    };
    let schemas = ["ours", "lost"].map(|name| format!("backup_{name}_{}", std::process::id()));
    let [ours, new] = schemas.clone().map(|schema| {
        psql(format!("CREATE SCHEMA {schema}"));
        format!("{server}?options=-csearch_path%3D{schema}")
    });
    let workspace = Workspace::empty();
    workspace.write("charter.toml", "[journal]\nurl_env = \"CHARTER_JOURNAL\"\n");
    workspace.write("agreement.md", &first_refusal(""));
    let ours_is = workspace.path("");
    let run = |folder: &Path, args: &[&str], url: &str| {
        let mut command = charter();
        command.arg("-C").arg(folder).args(args).env("CHARTER_JOURNAL", url);
        Ran::of(command.output().unwrap())
    };
    let backup = workspace.path("of.backup");
    let again = workspace.path("again");
    let restore = || run(&ours_is, &["restore", text(&backup), text(&again)], &new);
    assert_eq!(run(&ours_is, &["adopt", "--all"], &ours).code, 0);
    assert_eq!(run(&ours_is, &["backup", text(&backup)], &ours).code, 0);
    let restored = restore();
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    let verified =
        |folder: &Path, url: &str| run(folder, &["journal", "verify", "--json"], url).stdout;
    assert_eq!(verified(&again, &new), verified(&ours_is, &ours));
    assert!(verified(&again, &new).contains("\"intact\": true"));
    // The very journal that is there already is no hindrance; one that went on is.
    std::fs::remove_dir_all(&again).unwrap();
    assert_eq!(restore().code, 0);
    std::fs::remove_dir_all(&again).unwrap();
    let need =
        ["request", "halls", "--by", "lab", "--quantity", "10 H100", "--purpose", "training"];
    let need =
        [&need[..], &["--need-by", "2030-01-01", "--months", "12", "--price", "USD 2"]].concat();
    let asked = run(&ours_is, &need, &new);
    assert_eq!(asked.code, 0, "{}", asked.stderr);
    let beyond = restore();
    assert_eq!(beyond.code, 3);
    assert!(beyond.stderr.contains("a journal of 4 events"), "{}", beyond.stderr);
    assert!(!again.exists());
    for schema in schemas {
        psql(format!("DROP SCHEMA {schema} CASCADE"));
    }
}

/// The section of the guide holds.
#[test]
fn whoever_follows_the_guide_gets_what_it_shows() {
    let page = std::fs::read_to_string(checkout().join("docs/server.md")).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("Backup")).unwrap();
    let home = tempfile::tempdir().unwrap();
    must(&["init", text(&home.path().join("ours"))]);
    must(&["-C", text(&home.path().join("ours")), "adopt", "--all"]);
    let mut played = 0;
    for step in steps(section) {
        let Step::Run { command, shown } = step else { panic!("the section has commands alone") };
        let words = command.split(' ').skip(1);
        let ran = Ran::of(charter().current_dir(home.path()).args(words).output().unwrap());
        let said = ran.stderr + &ran.stdout;
        assert!(is_shown(&said, &shown), "$ {command}\n{said}\nbut the page shows\n\n{shown}");
        played += 1;
    }
    assert_eq!(played, 4);
}

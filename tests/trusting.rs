//! Two parties who distrust each other trust one journal.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use journal::{Condition, Journal, NewEvent};
use serde_json::{Value, json};
use signing::{JournalId, SecretKey, Signed, key_file};

use crate::workspace::{Ran, Workspace, charter, checkout};

/// Changes one byte of one event, behind the journal's back.
fn tamper(workspace: &Workspace, position: u64) {
    let status = Command::new("python3")
        .arg(checkout().join("tests/tamper.py"))
        .arg(workspace.path(".charter/journal.db"))
        .arg(position.to_string())
        .status()
        .expect("python3 runs; ./test installs it");
    assert!(status.success());
}

fn file(workspace: &Workspace, name: &str) -> String {
    workspace.path(name).display().to_string()
}

/// `POSITION:HASH` of the head, and of the root.
fn kept(workspace: &Workspace) -> (String, String) {
    let verdict = workspace.json(&["journal", "verify"]);
    assert_eq!(verdict["intact"], true);
    let at = |what: &str| format!("{}:{}", verdict["events"], verdict[what].as_str().unwrap());
    (at("head"), at("root"))
}

#[test]
fn two_workspaces_keep_one_journal() {
    let (ours, theirs) = (Workspace::adopted(), Workspace::example());
    let copy = file(&ours, "copy.jsonl");
    ours.must(&["journal", "export", &copy]);
    let imported = theirs.json(&["journal", "import", &copy]);
    assert_eq!(imported["added"], imported["events"]);
    assert_eq!(kept(&ours), kept(&theirs));
    // What was imported is acted upon.
    theirs.must(&["terms", "--at", "2025-02-01"]);
    assert_eq!(theirs.json(&["journal", "import", &copy])["added"], 0);

    let same = ours.json(&["journal", "compare", &file(&theirs, "")]);
    assert_eq!(same["same"], true);
    ours.must(&["settle", "2023-11"]);
    let longer = ours.json(&["journal", "compare", &file(&theirs, "")]);
    assert_eq!((&longer["same"], &longer["shorter"]), (&true.into(), &"there".into()));
    theirs.must(&["journal", "compare", &copy]);

    tamper(&theirs, 3);
    for (place, other) in [(&ours, file(&theirs, "")), (&theirs, copy.clone())] {
        let ran = place.run(&["journal", "compare", &other]);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("from event 3 on"), "{}", ran.stdout);
        assert_eq!(place.json(&["journal", "compare", &other])["position"], 3);
    }
    // And it is restored from the copy.
    std::fs::remove_dir_all(theirs.path(".charter")).unwrap();
    theirs.must(&["journal", "import", &copy]);
    theirs.must(&["journal", "compare", &copy]);
}

#[test]
fn histories_that_part_are_not_mixed() {
    let (ours, theirs) = (Workspace::adopted(), Workspace::example());
    let copy = file(&ours, "copy.jsonl");
    ours.must(&["journal", "export", &copy]);
    theirs.must(&["journal", "import", &copy]);
    ours.must(&["record", "agi-verified", "--on", "2024-03-01"]);
    theirs.must(&["record", "agi-verified", "--on", "2024-03-02"]);
    ours.must(&["journal", "export", &copy]);
    let before = kept(&theirs);
    let ran = theirs.run(&["journal", "import", &copy]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("differ"), "{}", ran.stderr);
    assert_eq!(kept(&theirs), before);
    let compared = theirs.json(&["journal", "compare", &copy]);
    assert_eq!(compared["there"]["event"]["kind"], "condition-occurred");

    // A copy that is cut off or altered is refused, too, and leaves nothing behind.
    let text = std::fs::read_to_string(&copy).unwrap();
    let empty = Workspace::example();
    for wrong in [&text[..text.len() - 100], &text.replacen("operator", "0perator", 1), "", "{}\n"]
    {
        let wrong = empty.write("wrong.jsonl", wrong);
        assert_ne!(empty.run(&["journal", "import", &wrong]).code, 0);
        assert_eq!(empty.json(&["journal", "verify"])["events"], 0);
    }
    assert_eq!(theirs.run(&["journal", "compare", &file(&empty, "nowhere")]).code, 2);
    let document = theirs.run(&["journal", "export", &file(&theirs, "charter.toml")]);
    assert_eq!(document.code, 3, "a document is not replaced by a copy");
}

/// Runs `charter` where there is no workspace.
fn elsewhere(args: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    Ran::of(charter().current_dir(folder.path()).args(args).output().unwrap())
}

#[test]
fn a_party_is_shown_its_part_and_can_prove_it() {
    let workspace = Workspace::adopted();
    workspace.must(&["record", "agi-verified", "--on", "2024-03-01", "--by", "microsoft"]);
    workspace.must(&["settle", "2023-11"]);
    let (head, root) = kept(&workspace);
    let view = file(&workspace, "view.jsonl");
    workspace.must(&["journal", "view", "microsoft", &view]);
    let text = std::fs::read_to_string(&view).unwrap();
    assert!(!text.contains("month-settled") && !text.contains("transactions"), "it is not shown");
    for (flag, kept) in [("--head", &head), ("--root", &root)] {
        let ran = elsewhere(&["journal", "verify", "--view", &view, flag, kept]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("1 hidden"), "{}", ran.stdout);
    }
    let changed = workspace.write("changed.jsonl", &text.replacen("2024-03-01", "2024-03-02", 1));
    assert_eq!(elsewhere(&["journal", "verify", "--view", &changed, "--head", &head]).code, 1);
    assert_eq!(elsewhere(&["journal", "verify", "--view", &view]).code, 2);

    workspace.must(&["journal", "view", "microsoft", &view, "--selected", "--show", "month/"]);
    assert!(std::fs::read_to_string(&view).unwrap().contains("month-settled"));
    assert_eq!(elsewhere(&["journal", "verify", "--view", &view, "--root", &root]).code, 0);
    assert_eq!(elsewhere(&["journal", "verify", "--view", &view, "--head", &head]).code, 2);
}

#[test]
fn one_event_is_proven_by_a_root() {
    let workspace = Workspace::adopted();
    let (_, before) = kept(&workspace);
    workspace.must(&["record", "agi-verified", "--on", "2024-03-01"]);
    let (_, root) = kept(&workspace);
    let last = root.split(':').next().unwrap();
    let proof = workspace.write("proof.json", &workspace.must(&["journal", "prove", last]));
    let verify =
        |file: &str, root: &str| elsewhere(&["journal", "verify", "--proof", file, "--root", root]);
    let ran = verify(&proof, &root);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("condition-occurred"));
    assert_eq!(verify(&proof, &before).code, 1);
    let text = std::fs::read_to_string(&proof).unwrap();
    let changed = workspace.write("changed.json", &text.replace("2024-03-01", "2024-03-02"));
    assert_eq!(verify(&changed, &root).code, 1);

    let hash_only = workspace.must(&["journal", "prove", last, "--hash-only"]);
    assert!(!hash_only.contains("agi-verified"));
    assert_eq!(verify(&workspace.write("hash.json", &hash_only), &root).code, 0);

    let since = before.split(':').next().unwrap();
    let proof = workspace.must(&["journal", "prove", "--since", since]);
    let proof = workspace.write("since.json", &proof);
    let both = |before: &str| {
        elsewhere(&["journal", "verify", "--proof", &proof, "--root", &root, "--since", before])
    };
    assert_eq!(both(&before).code, 0);
    assert_eq!(both(&format!("{since}:{}", root.split(':').nth(1).unwrap())).code, 1);
    assert_eq!(workspace.run(&["journal", "prove", "99"]).code, 2);
    assert_eq!(workspace.run(&["journal", "verify", "--root", &before]).code, 0);
    let never = format!("{since}:{}", "0".repeat(64));
    assert_eq!(workspace.run(&["journal", "verify", "--root", &never]).code, 1);
}

/// A workspace and the folder its user keeps keys in.
struct Keyed {
    workspace: Workspace,
    home: tempfile::TempDir,
}

impl Keyed {
    fn new() -> Keyed {
        Keyed { workspace: Workspace::adopted(), home: tempfile::tempdir().unwrap() }
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.workspace.command(args);
        Ran::of(command.env("XDG_CONFIG_HOME", self.home.path()).output().unwrap())
    }

    fn must(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{args:?}\n{}{}", ran.stdout, ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    fn refused(&self, args: &[&str], says: &[&str]) {
        let ran = self.run(args);
        assert_ne!(ran.code, 0, "{args:?}\n{}", ran.stdout);
        // Words, as the report is wrapped.
        let words =
            ran.stderr.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        for part in says {
            assert!(words.contains(part), "{args:?} should say {part:?}:\n{}", ran.stderr);
        }
    }

    fn key(&self, party: &str) -> std::path::PathBuf {
        self.home.path().join("charterparty/keys").join(format!("{party}.pem"))
    }
}

#[test]
fn parties_register_and_revoke_their_keys() {
    let keyed = Keyed::new();
    keyed.refused(&["keys", "register", "openai"], &["no key file", "charter keys new"]);
    let made = keyed.must(&["keys", "new", "openai"]);
    let path = keyed.key("openai");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let pem = std::fs::read_to_string(&path).unwrap();
    assert!(!made.to_string().contains(pem.lines().nth(1).unwrap()), "the key is not shown");
    keyed.refused(&["keys", "new", "openai"], &["exists already"]);

    let first = keyed.must(&["keys", "register", "openai"]);
    assert_eq!((&first["first"], &first["key"]), (&true.into(), &made["key"]));
    keyed.refused(&["keys", "register", "openai"], &["registered already"]);
    let fingerprint = made["fingerprint"].as_str().unwrap();
    keyed.refused(
        &["keys", "revoke", "openai", fingerprint, "--reason", "old"],
        &["last valid key", "--last"],
    );

    // The operator, or another party, cannot enter one in its place.
    keyed.must(&["keys", "new", "microsoft"]);
    let stranger = keyed.key("microsoft").display().to_string();
    let theirs = keyed.must(&["keys", "register", "microsoft"])["key"].clone();
    let spare = keyed.home.path().join("spare.pem").display().to_string();
    keyed.must(&["keys", "new", "openai", "--key", &spare]);
    keyed.refused(
        &["keys", "register", "openai", "--key", &spare, "--with", &stranger],
        &["`openai` cannot sign with", "charter keys list openai"],
    );
    keyed.refused(
        &["keys", "register", "oracle", theirs.as_str().unwrap()],
        &["registered already"],
    );
    assert_eq!(keyed.must(&["keys", "register", "openai", "--key", &spare])["first"], false);

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let revoke = ["keys", "revoke", "openai", fingerprint, "--reason", "laptop lost"];
    keyed.refused(&revoke, &["others may read", "chmod 600"]);
    keyed.must(&[&revoke[..], &["--with", &spare]].concat());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    keyed.refused(
        &["keys", "register", "openai", "--with", &stranger],
        &["`openai` cannot sign with"],
    );
    let list = keyed.must(&["keys", "list", "openai"]);
    let states: Vec<_> = list.as_array().unwrap().iter().map(|key| &key["state"]).collect();
    assert_eq!(states, ["revoked", "valid"]);
    assert_eq!(keyed.must(&["keys", "list"]).as_array().unwrap().len(), 3);
    assert_eq!(keyed.must(&["journal", "verify"])["intact"], true);
    let inside = std::fs::read(keyed.workspace.path(".charter/journal.db")).unwrap();
    let secret = pem.lines().nth(1).unwrap().as_bytes();
    assert!(!inside.windows(secret.len()).any(|window| window == secret));
}

fn commanded(workspace: &Workspace, actor: &str, payload: Value) {
    let path = workspace.path(".charter/journal.db");
    let now: Timestamp = kept_time(workspace);
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let journal = Journal::open(&path).await.unwrap();
        let head = journal.head().await.unwrap();
        let event = NewEvent {
            kind: "command".into(),
            stream: "case/halls".into(),
            actor: actor.into(),
            cause: None,
            effective: now,
            payload,
        };
        journal.append(Condition::head(head.position), now, vec![event]).await.unwrap();
        journal.close().await.unwrap();
    });
}

/// A second after the last event.
fn kept_time(workspace: &Workspace) -> Timestamp {
    let log = workspace.json(&["journal", "log"]);
    let last: Timestamp =
        log.as_array().unwrap().last().unwrap()["recorded"].as_str().unwrap().parse().unwrap();
    last + jiff::SignedDuration::from_secs(1)
}

fn id(workspace: &Workspace) -> JournalId {
    let first = workspace.json(&["journal", "log"])[0]["hash"].as_str().unwrap().to_owned();
    JournalId(*first.parse::<journal::Hash>().unwrap().as_bytes())
}

fn secret(path: &Path) -> SecretKey {
    key_file::read(path).unwrap()
}

#[test]
fn every_signature_in_the_journal_is_verified() {
    let text = r#"{"id": "c1", "by": "openai", "decline":  {}}"#;
    let signed = |keyed: &Keyed, by: &str, id_of: JournalId| {
        let key = secret(&keyed.key(by));
        json!({ "signed": Signed::new(&key, id_of, "openai", "c1", text) })
    };
    let keyed = || {
        let keyed = Keyed::new();
        for party in ["openai", "microsoft"] {
            keyed.must(&["keys", "new", party]);
            keyed.must(&["keys", "register", party]);
        }
        let good = signed(&keyed, "openai", id(&keyed.workspace));
        commanded(&keyed.workspace, "openai", good);
        assert_eq!(keyed.must(&["journal", "verify"])["signed"], 1);
        keyed
    };
    let broken = |keyed: &Keyed, says: &str| {
        let verdict = keyed.workspace.json(&["journal", "verify"]);
        let last = keyed.workspace.json(&["journal", "log"]).as_array().unwrap().len();
        assert_eq!(verdict["intact"], false, "{says}");
        assert_eq!(verdict["position"], last);
        assert!(verdict["reason"].as_str().unwrap().contains(says), "{verdict}");
    };
    let scene = keyed();
    // A party without a key need not sign; one with a key has to.
    commanded(&scene.workspace, "oracle", json!({}));
    scene.must(&["journal", "verify"]);
    commanded(&scene.workspace, "openai", json!({}));
    broken(&scene, "not signed");
    let settings = std::fs::read_to_string(scene.workspace.path("charter.toml")).unwrap();
    scene.workspace.write("charter.toml", &format!("{settings}\n[signing]\nrequired = false\n"));
    scene.must(&["journal", "verify"]);

    let scene = keyed();
    let other = signed(&scene, "openai", JournalId([9; 32]));
    commanded(&scene.workspace, "openai", other);
    broken(&scene, "signature");

    let scene = keyed();
    let forged = signed(&scene, "microsoft", id(&scene.workspace));
    commanded(&scene.workspace, "openai", forged);
    broken(&scene, "has registered no key");

    let scene = keyed();
    let good = signed(&scene, "openai", id(&scene.workspace));
    commanded(&scene.workspace, "microsoft", good);
    broken(&scene, "recorded as one of `microsoft`");
}

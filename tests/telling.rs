//! What parties are told and shown of a case: by mail, by webhook, in their view and their calendar.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::workspace::{Workspace, checkout, first_refusal};

/// A secret made of words, which nobody uses.
pub const SECRET: &str = "whsec_bm90IGEgc2VjcmV0IGJ1dCBzb21lIHdvcmRzIGZvciB0ZXN0cw==";

/// The offer of the holder's rival, and what it asks, with so many figures that no time of day has them by
/// chance.
const RIVAL: &str = "borealis";
const PRICE: &str = "2.513726";

/// A workspace of an agreement in which meridian may step in first, and what is put into charter.toml.
pub fn workspace(disclosure: &str, settings: &str) -> Workspace {
    let workspace = Workspace::empty();
    workspace.write("charter.toml", settings);
    let says = format!(
        "response_window = \"96 hours\"\n  match_window = \"96 hours\"\n  \
         free_window = \"120 days\"\n  identity_disclosure = {disclosure}"
    );
    workspace.write("hosting.md", &first_refusal(&says));
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    workspace
}

/// When a need is stated: lately, as calendars leave out what is long over.
#[allow(clippy::disallowed_methods)]
pub static BEGUN: LazyLock<Timestamp> =
    LazyLock::new(|| Timestamp::now() - SignedDuration::from_hours(20 * 24));

/// Runs a command that counts so many hours after the need was stated.
fn act(workspace: &Workspace, hours: i64, command: &str) {
    let command = format!("{command} --at {}", *BEGUN + SignedDuration::from_hours(hours));
    let words: Vec<_> = command.split_whitespace().map(|word| word.replace('~', " ")).collect();
    workspace.must(&words.iter().map(String::as_str).collect::<Vec<_>>());
}

/// A need of which the holder is given notice.
fn notified(workspace: &Workspace) {
    act(
        workspace,
        0,
        "request need --by lab --quantity 8~H100 --purpose training --need-by 2099-01-01 \
         --months 12 --price USD~2",
    );
    act(workspace, 0, "notify need --by lab --channel hand");
}

/// The holder lets it pass; a rival offers more than it may, the offer is put to the holder, which does
/// not match it; the rival signs.
fn played(workspace: &Workspace, certified: &str) {
    notified(workspace);
    act(workspace, 200, "tick");
    act(workspace, 201, &format!("bid need --by {RIVAL} --quantity 8 --price USD~{PRICE}"));
    let nonce = "5ea1".repeat(16);
    act(workspace, 202, &format!("present need --by lab --bid 1 --nonce {nonce} {certified}"));
    act(workspace, 203, "decline need --by meridian");
    act(workspace, 204, "award need --by lab --bid 1");
}

/// Nobody listens there; what is to be told stays in the outbox.
const NOWHERE: &str = r#"
[notices.parties]
meridian.webhooks = [{ url = "http://127.0.0.1:9/m", secret_env = "HOOK", allow_private = true }]
lab.webhooks = [{ url = "http://127.0.0.1:9/l", secret_env = "HOOK", allow_private = true }]
"#;

pub fn send(workspace: &Workspace) -> Command {
    let mut command = workspace.command(&["notices", "send"]);
    command.env("HOOK", SECRET).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The events a party's view shows, each as its line.
fn view(workspace: &Workspace, party: &str) -> Vec<(String, String)> {
    let path = workspace.path(&format!("{party}.jsonl")).display().to_string();
    workspace.must(&["journal", "view", party, &path]);
    let text = std::fs::read_to_string(&path).unwrap();
    let kind = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line.to_string()
            .split("\"kind\":\"")
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().to_string())
    };
    // The agreement names everybody.
    let lines = text.lines().filter_map(|line| Some((kind(line)?, line.to_string())));
    lines.filter(|(kind, _)| kind != "document-adopted").collect()
}

/// What a party is told, by the kind of event.
fn told(workspace: &Workspace, party: &str) -> Vec<(String, String)> {
    let rows = workspace.json(&["notices"]);
    let rows = rows.as_array().unwrap().iter();
    let own = rows.filter(|row| row["notice"]["to"] == party);
    own.map(|row| (row["notice"]["kind"].as_str().unwrap().to_string(), row.to_string())).collect()
}

fn holding<'a>(of: &'a [(String, String)], secret: &str) -> BTreeSet<&'a str> {
    let with = of.iter().filter(|(_, text)| text.contains(secret));
    with.map(|(kind, _)| kind.as_str()).collect()
}

#[test]
fn a_holder_learns_no_more_of_a_rival_than_its_clause_says() {
    let rounds = [
        ("blind", "", BTreeSet::from(["offer-disclosed"])),
        ("independent_certificate", "--certified-by auditor", BTreeSet::new()),
    ];
    for (disclosure, certified, price) in rounds {
        let workspace = workspace(disclosure, NOWHERE);
        played(&workspace, certified);
        send(&workspace).output().unwrap();
        let (view, told) = (view(&workspace, "meridian"), told(&workspace, "meridian"));
        for seen in [&view, &told] {
            assert!(seen.iter().any(|(kind, _)| kind == "offer-disclosed"), "{seen:?}");
            assert_eq!(holding(seen, RIVAL), BTreeSet::new(), "{disclosure}");
            assert_eq!(holding(seen, PRICE), price, "{disclosure}");
            for hidden in ["bid-received", "third-signed"] {
                assert!(seen.iter().all(|(kind, _)| kind != hidden), "{disclosure}: {hidden}");
            }
        }
        // Its own command is there, and nobody else's.
        let commands: Vec<_> = view.iter().filter(|(kind, _)| kind == "command").collect();
        assert_eq!(commands.len(), 1, "{commands:?}");
        assert!(commands[0].1.contains("decline"), "{commands:?}");
        assert!(told.iter().all(|(kind, _)| kind != "match-declined"), "it did that itself");

        let calendar = workspace.must(&["calendar", "meridian"]).replace("\r\n ", "");
        assert!(calendar.contains("need: part 1: the holders match"), "{calendar}");
        for secret in [RIVAL, PRICE] {
            assert!(!calendar.contains(secret), "{disclosure}: {calendar}");
        }

        // The grantor is told of it all, so that the search can find something.
        let (view, told) = (self::view(&workspace, "lab"), self::told(&workspace, "lab"));
        assert!(holding(&view, PRICE).contains("command"), "{disclosure}");
        assert!(holding(&told, PRICE).contains("bid-received"), "{disclosure}");
        assert!(holding(&told, RIVAL).contains("bid-received"), "{disclosure}");
    }
}

/// That a rival signs ends the freedom to; a holder that may not know must not see it end.
/// Who is given an address later is told of what follows, and of what is open by then if that is asked
/// for.
#[test]
fn telling_begins_when_somebody_is_given_an_address() {
    let workspace = workspace("full", "");
    notified(&workspace);
    act(&workspace, 80, "tick");
    act(
        &workspace,
        80,
        "request other --by lab --quantity 8~H100 --purpose training --need-by 2099-01-01 \
         --months 12 --price USD~2",
    );
    workspace.write("charter.toml", NOWHERE);
    let of = |party: &str, case: &str| -> Vec<String> {
        let case = format!("\"case\":\"{case}\"");
        let told = told(&workspace, party).into_iter().filter(|(_, row)| row.contains(&case));
        told.map(|(kind, _)| kind).collect()
    };
    // What is entered next is told, and nothing before it.
    act(&workspace, 81, "notify other --by lab --channel hand");
    send(&workspace).output().unwrap();
    assert!(of("meridian", "other").contains(&"notice-sent".to_string()));
    assert_eq!([of("meridian", "need"), of("lab", "need")], [[""; 0]; 2]);
    // Of the other case what is open is told, once, and nothing else.
    let catch_up = || {
        let mut command = workspace.command(&["notices", "catch-up", "--json"]);
        let output = command.env("HOOK", SECRET).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["taken"].clone()
    };
    assert_eq!(catch_up(), 2);
    assert_eq!([of("meridian", "need"), of("lab", "need")], [["round-opened"]; 2]);
    assert_eq!(catch_up(), 0);
}

#[test]
fn a_calendar_tells_what_is_open_and_not_what_happened_behind() {
    let workspace = workspace("blind", "");
    notified(&workspace);
    act(&workspace, 200, "tick");
    let out = workspace.path("calendar.ics").display().to_string();
    // Of each deadline its title and whether it is on; not when the feed was made.
    let deadlines = |party: &str| -> Vec<String> {
        workspace.must(&["calendar", party, "--out", &out]);
        let feed = std::fs::read_to_string(&out).unwrap().replace("\r\n ", "");
        let event = |event: &str| {
            let kept = |line: &&str| line.starts_with("SUMMARY") || line.starts_with("STATUS");
            let event = event.split("BEGIN:VALARM").next().unwrap();
            event.lines().filter(kept).collect::<Vec<_>>().join(" ")
        };
        feed.split("BEGIN:VEVENT").skip(1).map(event).collect()
    };
    let before = deadlines("meridian");
    assert!(before.iter().any(|due| due.contains("the holders answer")), "{before:?}");
    let free = |due: &&String| due.contains("others sign") && due.contains("CONFIRMED");
    assert_eq!(before.iter().filter(free).count(), 1, "{before:?}");
    assert_eq!(deadlines("lab"), before);
    act(&workspace, 201, "bid need --by borealis --quantity 8 --price USD~1.9");
    act(&workspace, 202, "award need --by lab --bid 1");
    assert_eq!(deadlines("meridian"), before);
    let lab = deadlines("lab");
    assert_eq!(lab.iter().filter(free).count(), 0, "{lab:?}");
    // Its own lot is due.
    assert_eq!(deadlines("borealis").len(), 1);
    assert_eq!(workspace.run(&["calendar", "nobody"]).code, 2);
}

#[test]
fn a_setting_nobody_knows_is_refused() {
    let workspace = Workspace::empty();
    workspace.write("charter.toml", "[notices]\nparty = 1\n");
    let ran = workspace.run(&["notices"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("unknown field `party`"), "{}", ran.stderr);
}

/// A server of a Python script, and what it has printed.
pub struct Server {
    port: u64,
    process: Child,
    received: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    /// `None` if this machine's Python lacks the module.
    fn new(script: &Path, module: &str, arguments: &[&str]) -> Option<Server> {
        let has = |python: &&str| {
            let tried = Command::new(python).args(["-c", &format!("import {module}")]).output();
            tried.is_ok_and(|output| output.status.success())
        };
        let Some(python) = ["/usr/bin/python3", "python3"].into_iter().find(has) else {
            eprintln!("skipped: no Python with `{module}`; install python3-{module}");
            return None;
        };
        let mut process = Command::new(python)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&received);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                keep.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Some(Server { port, process, received })
    }

    pub fn hooks(seconds: &str) -> Option<Server> {
        Server::new(&checkout().join("tests/webhook_server.py"), "http.server", &[seconds])
    }

    fn mail() -> Option<Server> {
        let script = checkout().join("crates/notices/tests/notices/mail_server.py");
        Server::new(&script, "aiosmtpd", &[])
    }

    pub fn received(&self) -> Vec<Value> {
        self.received.lock().unwrap().clone()
    }

    /// What it has received once that is so much, or after a while.
    fn await_at_least(&self, count: usize) -> Vec<Value> {
        for _ in 0..200 {
            if self.received().len() >= count {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.received()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The webhooks of the two parties.
pub fn hooks(hooks: &Server) -> String {
    let hook = |party: &str| {
        let url = format!("http://127.0.0.1:{}/{party}", hooks.port);
        format!(
            "{party}.webhooks = [{{ url = \"{url}\", secret_env = \"HOOK\", allow_private = true }}]\n"
        )
    };
    format!("[notices.parties]\n{}{}", hook("meridian"), hook("lab"))
}

fn addresses(receiver: &Server, mail: &Server) -> String {
    format!(
        "[notices.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n\
         from = \"Charter <charter@example.com>\"\n{}\
         meridian.email = [\"deals@meridian.example\"]\n",
        mail.port,
        hooks(receiver)
    )
}

/// Who was told of which event, by webhook.
fn tellings(received: &[Value]) -> Vec<(&str, &str)> {
    received
        .iter()
        .map(|request| {
            (request["path"].as_str().unwrap(), request["body"]["type"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn each_party_is_told_once_of_each_event_by_mail_and_by_webhook() {
    let (Some(hooks), Some(mail)) = (Server::hooks("0"), Server::mail()) else { return };
    let workspace = workspace("blind", &addresses(&hooks, &mail));
    notified(&workspace);
    act(&workspace, 80, "tick");
    for _ in 0..2 {
        let output = send(&workspace).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    act(&workspace, 81, "decline need --by meridian");
    assert!(send(&workspace).output().unwrap().status.success());

    let mails = mail.await_at_least(4);
    let requests = hooks.await_at_least(7);
    let mut told = tellings(&requests);
    told.sort_unstable();
    let expected = [
        // What it caused itself it is not told.
        ("/lab", "declined"),
        ("/lab", "released"),
        ("/lab", "round-opened"),
        // What it may see once it is asked comes with the notice.
        ("/meridian", "notice-sent"),
        ("/meridian", "requested"),
        ("/meridian", "round-opened"),
        ("/meridian", "screened"),
    ];
    assert_eq!(told, expected);
    let subjects: BTreeMap<_, _> = mails
        .iter()
        .map(|mail| {
            let subject = mail["headers"]["subject"].as_str().unwrap().to_string();
            (subject, mail["text"].as_str().unwrap())
        })
        .collect();
    assert_eq!(subjects.len(), mails.len(), "{subjects:?}");
    let notice = subjects["need: notice-sent by lab"];
    assert!(notice.contains("the window ends"), "{notice}");
    assert!(notice.contains("under right_of_first_refusal.capacity"), "{notice}");
    let opened = subjects["need: round-opened by itself"];
    assert!(opened.contains("part 1: the holders answer, by 20"), "{opened}");
    let listed = workspace.json(&["notices"]);
    assert!(listed.as_array().unwrap().iter().all(|row| row["state"] == "sent"), "{listed}");
}

/// As if the time for which an attempt has its address to itself were over.
pub fn end_leases(workspace: &Workspace) {
    let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=30); \
                  c.execute('UPDATE outgoing SET leased_until = NULL'); c.commit()";
    let outbox = workspace.path(".charter/outbox.db");
    let status = Command::new("python3").args(["-c", script]).arg(outbox).status().unwrap();
    assert!(status.success());
}

#[test]
fn nothing_is_lost_when_who_tells_is_killed_and_what_comes_twice_has_the_same_key() {
    let (Some(hooks), Some(mail)) = (Server::hooks("0.4"), Server::mail()) else { return };
    let workspace = workspace("blind", &addresses(&hooks, &mail));
    played(&workspace, "");
    let watch = || {
        let mut command = workspace.command(&["watch"]);
        command.env("HOOK", SECRET).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    // Each is killed while a receiver has not answered yet.
    for round in 1..=3 {
        let mut watching = watch();
        hooks.await_at_least(2 * round);
        watching.kill().unwrap();
        watching.wait().unwrap();
        end_leases(&workspace);
    }
    let watching = watch();
    let undone = || -> usize {
        let rows = workspace.json(&["notices"]);
        rows.as_array().unwrap().iter().filter(|row| row["state"] != "sent").count()
    };
    for _ in 0..300 {
        if undone() == 0 {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(undone(), 0);
    let stop = Command::new("kill").arg(watching.id().to_string()).status().unwrap();
    assert!(stop.success());
    let output = watching.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().ends_with("stopped\n"));

    let rows = workspace.json(&["notices"]);
    let rows = rows.as_array().unwrap();
    let of = |way: &str| -> BTreeSet<String> {
        let rows = rows.iter().filter(|row| row["way"] == way);
        rows.map(|row| row["key"].as_str().unwrap().to_string()).collect()
    };
    let requests = hooks.received();
    let keys = requests.iter().map(|request| request["key"].as_str().unwrap().to_string());
    assert_eq!(keys.collect::<BTreeSet<_>>(), of("webhook"));
    // What has one key says one thing.
    let mut said = BTreeMap::new();
    for request in &requests {
        let before = said.entry(request["key"].to_string()).or_insert(&request["body"]);
        assert_eq!(*before, &request["body"]);
    }
    assert!(requests.len() > said.len(), "nothing was killed in between");
    let mails = mail.received();
    let ids = mails.iter().map(|mail| {
        let id = mail["headers"]["message-id"].as_str().unwrap();
        id.trim_start_matches('<').split('@').next().unwrap().to_string()
    });
    assert_eq!(ids.collect::<BTreeSet<_>>(), of("email"));
}

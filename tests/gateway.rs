//! Calls carried from the command line: decided under the adopted terms, metered, and settled.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use upstream::Upstream;

use crate::workspace::Workspace;

/// A workspace in which the API is still Azure's alone, and two clouds that would answer.
pub fn workspace(upstream: &Upstream) -> (Workspace, String) {
    let workspace = Workspace::example();
    let documents = ["registry.md", "prices.md", "2019-partnership.md", "2025-01-first-refusal.md"];
    let files: Vec<_> =
        documents.iter().map(|name| workspace.path(name).display().to_string()).collect();
    let mut adopt = vec!["adopt", "--known", "signed"];
    adopt.extend(files.iter().map(String::as_str));
    workspace.must(&adopt);
    let made = workspace.json(&["gateway", "key", "web"]);
    let (key, hash) = (made["key"].as_str().unwrap(), made["hash"].as_str().unwrap());
    let url = upstream.url();
    let mut settings = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
    settings += &format!(
        r#"
[gateway]
listen = "127.0.0.1:0"
workers = 1

[[gateway.upstream]]
name = "azure"
host = "azure"
url = "{url}"
dialect = "openai"
secret_env = "VENDOR_KEY"

[[gateway.upstream]]
name = "oracle"
host = "oci"
url = "{url}"
dialect = "openai"
secret_env = "VENDOR_KEY"

[[gateway.route]]
name = "gpt-4o"
candidates = [{{ model = "gpt-4o", upstream = "azure" }}]

[[gateway.route]]
name = "elsewhere"
candidates = [{{ model = "gpt-4o", upstream = "oracle" }}]

[[gateway.key]]
name = "web"
hash = "{hash}"
customer = "acme"
product = "api"
channel = "direct"
"#
    );
    workspace.write("charter.toml", &settings);
    (workspace, key.to_string())
}

/// Asks for a chat; the status and the answer.
pub fn chat(address: &str, key: &str, model: &str) -> (u16, Value) {
    let body = format!(
        r#"{{"model":"{model}","max_tokens":5,"messages":[{{"role":"user","content":"a planted marker"}}]}}"#
    );
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (
        status,
        serde_json::from_str(&body[body.find('{').unwrap()..=body.rfind('}').unwrap()]).unwrap(),
    )
}

pub fn stop(gateway: Child) {
    let asked = Command::new("kill").arg(gateway.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert_eq!(gateway.wait_with_output().unwrap().status.code(), Some(0));
}

/// Starts the gateway, and says where it listens.
fn start(workspace: &Workspace) -> (Child, String) {
    let mut command = workspace.command(&["gateway"]);
    let vendor = upstream::Settings::default().openai_key;
    let command = command.env("VENDOR_KEY", vendor).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut gateway = command.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(gateway.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
    let address = said.trim().rsplit("//").next().unwrap().to_string();
    (gateway, address)
}

/// What is wrong in charter.toml while calls are carried is said once and stops none; once it is mended,
/// what it says holds.
#[test]
fn a_mistake_in_the_settings_stops_no_call() {
    let upstream = Upstream::start(upstream::Settings::default()).unwrap();
    let (workspace, key) = workspace(&upstream);
    let right = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
    let (mut gateway, address) = start(&workspace);
    let mut said = BufReader::new(gateway.stderr.take().unwrap()).lines().map(Result::unwrap);
    for (wrong, expected) in [
        (right.replace("upstream = \"azure\"", "upstream = \"nowhere\""), "no upstream `nowhere`"),
        (right.replace("[[gateway.key]]", "[[gateway.key]"), "charter.toml"),
    ] {
        workspace.write("charter.toml", &wrong);
        assert!(said.any(|line| line.contains(expected)), "{expected}");
        assert_eq!(chat(&address, &key, "gpt-4o").0, 200);
    }
    workspace.write("charter.toml", &right.replace("name = \"gpt-4o\"", "name = \"renamed\""));
    let renamed = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        chat(&address, &key, "renamed").0 == 200
    });
    assert!(renamed);
    assert_eq!(chat(&address, &key, "gpt-4o").0, 404);
    stop(gateway);
    let last: Vec<_> = said.collect();
    assert!(!last.iter().any(|line| line.contains("nowhere")), "said once: {last:?}");
}

#[test]
fn calls_are_carried_where_the_adopted_terms_allow_and_metered() {
    let upstream = Upstream::start(upstream::Settings::default()).unwrap();
    let (workspace, key) = workspace(&upstream);
    let explained = workspace.json(&["gateway", "explain", "--key", "web", "--model", "elsewhere"]);
    assert_eq!(explained["candidates"][0]["host"], "oci");
    assert!(explained["candidates"][0]["why_not"].as_str().unwrap().contains("exclusivity"));

    let (gateway, address) = start(&workspace);
    assert_eq!(chat(&address, "sk-charter-nobody", "gpt-4o").0, 401);
    let (status, answer) = chat(&address, &key, "gpt-4o");
    assert_eq!((status, &answer["usage"]["completion_tokens"]), (200, &Value::from(5)), "{answer}");
    let (status, refused) = chat(&address, &key, "elsewhere");
    assert_eq!(status, 403, "{refused}");
    assert!(refused.to_string().contains("exclusivity."), "{refused}");

    // What is adopted holds for the next call.
    for document in ["2025-10-recapitalisation.md", "2026-04-open-clouds.md"] {
        let file = workspace.path(document).display().to_string();
        workspace.must(&["adopt", "--known", "signed", &file]);
    }
    let allowed = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        chat(&address, &key, "elsewhere").0 == 200
    });
    assert!(allowed, "the new terms let any cloud answer");
    stop(gateway);

    // Each answer is a row to settle; nothing of a prompt, and no key, is written anywhere.
    let marker = Command::new("grep")
        .args(["-rlE", "planted marker|sk-charter-[0-9a-f]|upstream-openai-key"])
        .arg(workspace.path(".charter"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(marker.stdout).unwrap(), "");
    let books = upstream.world().books.totals();
    let files = Command::new("find").arg(workspace.path(".charter/usage")).output().unwrap();
    let files = String::from_utf8(files.stdout).unwrap();
    assert!(files.contains("day="), "{files} {books:?}");
}

#[test]
fn a_gateway_without_settings_or_secrets_says_what_is_missing() {
    let bare = Workspace::adopted();
    let ran = bare.run(&["gateway"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("has no `[gateway]`"), "{}", ran.stderr);
    let upstream = Upstream::start(upstream::Settings::default()).unwrap();
    let (workspace, _) = workspace(&upstream);
    let ran = workspace.run(&["gateway"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("`VENDOR_KEY` is not in"), "{}", ran.stderr);
    let ran = workspace.run(&["gateway", "explain", "--key", "nobody", "--model", "gpt-4o"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("there is no key `nobody`"), "{}", ran.stderr);
}

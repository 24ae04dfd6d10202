//! Calls carried from the command line: decided under the adopted terms, metered, and settled.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use serde_json::Value;
use upstream::Upstream;

use crate::carrying::{Carrying, key, route, settle_in, upstream as table_of};
use crate::workspace::{Workspace, eventually};

/// A workspace in which the API is still Azure's alone, and two clouds that would answer.
pub fn workspace(upstream: &Upstream) -> (Workspace, String) {
    let workspace = Workspace::example();
    let documents = ["registry.md", "prices.md", "2019-partnership.md", "2025-01-first-refusal.md"];
    let files: Vec<_> =
        documents.iter().map(|name| workspace.path(name).display().to_string()).collect();
    let mut adopt = vec!["adopt", "--known", "signed"];
    adopt.extend(files.iter().map(String::as_str));
    workspace.must(&adopt);
    let (key, table) = key(&workspace, "web", "direct");
    let url = upstream.url();
    let tables = table_of("azure", "azure", &url, "openai", "VENDOR_KEY")
        + &table_of("oracle", "oci", &url, "openai", "VENDOR_KEY")
        + &route("gpt-4o", &["azure"])
        + &route("gpt-4o", &["oracle"]).replace("name = \"gpt-4o\"", "name = \"elsewhere\"")
        + &table;
    settle_in(&workspace, &tables);
    (workspace, key)
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

/// What is wrong in charter.toml while calls are carried is said once and stops none; once it is mended,
/// what it says holds.
#[test]
fn a_mistake_in_the_settings_stops_no_call() {
    let upstream = Upstream::start(upstream::Settings::default()).unwrap();
    let (workspace, key) = workspace(&upstream);
    let right = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
    let vendor = upstream::Settings::default().openai_key;
    let gateway = Carrying::start(&workspace, &[("VENDOR_KEY", &vendor)]);
    let address = &gateway.address;
    let says =
        |expected: &str| gateway.said().iter().filter(|line| line.contains(expected)).count();
    for (wrong, expected) in [
        (right.replace("upstream = \"azure\"", "upstream = \"nowhere\""), "no upstream `nowhere`"),
        (right.replace("[[gateway.key]]", "[[gateway.key]"), "cannot read `"),
    ] {
        workspace.write("charter.toml", &wrong);
        eventually(expected, || says(expected) == 1);
        assert_eq!(chat(address, &key, "gpt-4o").0, 200);
    }
    workspace.write("charter.toml", &right.replace("name = \"gpt-4o\"", "name = \"renamed\""));
    eventually("the new name", || chat(address, &key, "renamed").0 == 200);
    assert_eq!(chat(address, &key, "gpt-4o").0, 404);
    assert_eq!(says("no upstream `nowhere`"), 1, "said once");
    gateway.stop();
}

#[test]
fn calls_are_carried_where_the_adopted_terms_allow_and_metered() {
    let upstream = Upstream::start(upstream::Settings::default()).unwrap();
    let (workspace, key) = workspace(&upstream);
    let vendor = upstream::Settings::default().openai_key;
    let explained = workspace.json(&["gateway", "explain", "--key", "web", "--model", "elsewhere"]);
    assert_eq!(explained["candidates"][0]["host"], "oci");
    assert!(explained["candidates"][0]["why_not"].as_str().unwrap().contains("exclusivity"));

    let gateway = Carrying::start(&workspace, &[("VENDOR_KEY", &vendor)]);
    let address = gateway.address.clone();
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
    eventually("any cloud may answer", || chat(&address, &key, "elsewhere").0 == 200);
    gateway.stop();

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

/// An answer that says nothing of tokens is never taken for nothing.
#[test]
fn a_call_that_nobody_knows_keeps_its_month_open_until_it_is_resolved() {
    let upstream = Upstream::start(upstream::Settings::default()).unwrap();
    let (workspace, key) = workspace(&upstream);
    let settings = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
    let silent = "secret_env = \"VENDOR_KEY\"\ndeployments = { gpt-4o = \"fault.nousage.gpt-4o\" }";
    let settings = settings.replacen("secret_env = \"VENDOR_KEY\"", silent, 1);
    workspace.write("charter.toml", &settings);
    let vendor = upstream::Settings::default().openai_key;
    let gateway = Carrying::start(&workspace, &[("VENDOR_KEY", &vendor)]);
    assert_eq!(chat(&gateway.address, &key, "gpt-4o").0, 200);
    gateway.stop();

    let ran = workspace.run(&["gateway", "unresolved", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let rows: Value = serde_json::from_str(&ran.stdout).unwrap();
    let (row, at) = (rows[0]["row"].as_str().unwrap(), rows[0]["at"].as_str().unwrap());
    let month = &at[..7];
    let open = |expected: bool| {
        let ran = workspace.run(&["settle", month]);
        assert_eq!(ran.stdout.contains("charter gateway unresolved"), expected, "{}", ran.stdout);
    };
    open(true);

    let wrong = ["gateway", "resolve", row, "--tokens", "inputs=1", "--reason", "x"];
    assert_eq!(workspace.run(&wrong).code, 2);
    let right = ["gateway", "resolve", row, "--tokens", "input=9,output=5", "--reason", "invoice"];
    workspace.must(&right);
    workspace.must(&right);
    let other = ["gateway", "resolve", row, "--tokens", "input=1", "--reason", "x"];
    assert_eq!(workspace.run(&other).code, 2, "what was said stands");
    assert_eq!(workspace.run(&["gateway", "unresolved"]).code, 0);
    open(false);
}

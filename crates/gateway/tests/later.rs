//! What is done while nobody waits is metered when it is done, whatever comes in between.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::*;
use gateway::meter::{Measure, Row, Tier};
use serde_json::{Value, json};
use upstream::Upstream as Vendor;

const AT: &str = "2025-02-01T12:00:00Z";
const BEARER: (&str, &str) = ("authorization", "Bearer sk-test");

fn vendor(job_ms: u64) -> Vendor {
    Vendor::start(upstream::Settings {
        openai_key: SECRET.to_string(),
        azure_key: SECRET.to_string(),
        job: Duration::from_millis(job_ms),
        ..upstream::Settings::default()
    })
    .unwrap()
}

/// Two names for models at one vendor: the agreement allows it there on Azure alone.
fn wiring(address: SocketAddr, more: &str) -> String {
    format!("{}{}", upstream("a", "azure", address), more)
        + &route("gpt-4o", &["a"])
        + &key("models = [\"gpt-4o\"]")
        + "[[route]]\nname = \"other\"\ncandidates = [{ model = \"gpt-4\", upstream = \"a\" }]\n"
        + "[limits]\nwatch_ms = 30\nwatch_max_ms = 60\n"
}

fn line(id: &str, model: &str, tokens: u32) -> String {
    json!({"custom_id": id, "method": "POST", "url": "/v1/chat/completions", "body":
        {"model": model, "max_tokens": tokens, "messages": [{"role": "user", "content": id}]}})
    .to_string()
}

/// Uploads a file for a batch; its id.
fn upload(address: SocketAddr, base: &str, content: &str) -> String {
    let body = format!(
        "--xyz\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--xyz\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\
         content-type: application/octet-stream\r\n\r\n{content}\r\n--xyz--\r\n"
    );
    let mut client = Client::new(address);
    let kind = ("content-type", "multipart/form-data; boundary=xyz");
    client.send("POST", &format!("{base}/files"), &[BEARER, kind], body.as_bytes());
    let got = client.receive();
    assert_eq!(got.status, 200, "{}", got.text());
    got.json()["id"].as_str().unwrap().to_string()
}

fn post(address: SocketAddr, path: &str, body: &Value) -> Got {
    Client::new(address).ask(path, &body.to_string())
}

fn get(address: SocketAddr, path: &str) -> Got {
    let mut client = Client::new(address);
    client.send("GET", path, &[BEARER], b"");
    client.receive()
}

fn batch(file: &str, metadata: Value) -> Value {
    json!({"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h",
        "metadata": metadata})
}

/// Tokens read and written of what was reported, and how many rows of each tier and measure there are.
fn sums(rows: &[Row<String>]) -> (u64, u64) {
    let reported = rows.iter().filter(|row| row.measure == Measure::Reported);
    reported.fold((0, 0), |(read, written), row| {
        (read + row.tokens.read(), written + row.tokens.written())
    })
}

/// The same, by what the vendor would bill for calls that it made.
fn books(vendor: &Vendor) -> (u64, u64) {
    let entries = vendor.world().books.entries(0, usize::MAX);
    entries.iter().fold((0, 0), |(read, written), entry| {
        let tokens = &entry.tokens;
        (read + u64::from(tokens.input), written + u64::from(tokens.output))
    })
}

fn of_tier(rows: &[Row<String>], tier: Tier) -> Vec<String> {
    let rows: Vec<_> = rows.iter().filter(|row| row.tier == tier).cloned().collect();
    let mut told = told(&rows);
    told.sort();
    told
}

#[test]
fn a_batch_is_metered_line_by_line() {
    for base in ["/v1", "/openai/v1", "/openai"] {
        let vendor = vendor(150);
        let running = Running::start(&wiring(vendor.address(), ""), AT);
        let address = running.gateway().address();
        let content = [line("one", "gpt-4o", 3), line("two", "gpt-4o", 5)].join("\n");
        let query = if base == "/openai" { "?api-version=2025-04-01" } else { "" };
        let file = upload(address, base, &content);
        let made = post(address, &format!("{base}/batches{query}"), &batch(&file, json!({})));
        assert_eq!(made.status, 200, "{}", made.text());
        assert_eq!(running.gateway().waited_for(), 1);
        let id = made.json()["id"].as_str().unwrap().to_string();
        eventually("it is metered", || running.gateway().waited_for() == 0);
        let shown = get(address, &format!("{base}/batches/{id}{query}")).json();
        assert_eq!(shown["status"], "completed");
        let output = shown["output_file_id"].as_str().unwrap().to_string();
        assert_eq!(get(address, &format!("{base}/files/{output}/content{query}")).status, 200);

        let rows = running.rows();
        let batch = of_tier(&rows, Tier::Batch);
        assert_eq!(batch, ["1 a Complete 200 Reported 8+3", "1 a Complete 200 Reported 8+5"]);
        assert_eq!(sums(&rows), books(&vendor), "{base}");
        let lines: Vec<_> = rows.iter().filter(|row| row.tier == Tier::Batch).collect();
        let request = made.header("x-charter-request").unwrap();
        assert!(lines.iter().all(|row| row.request.to_string() == request));
        assert!(lines.iter().all(|row| row.model == "gpt-4o" && row.cost.is_some()));
        assert_eq!((&*lines[0].customer, &*lines[0].endpoint), ("c", "chat_completions"));
    }
}

#[test]
fn what_a_batch_asks_for_is_decided_before_it_begins() {
    let vendor = vendor(50);
    let more = upstream("o", "oci", vendor.address());
    let running = Running::start(&wiring(vendor.address(), &more), AT);
    let address = running.gateway().address();
    let allowed = line("1", "gpt-4o", 1);
    for (content, status, code, says) in [
        (format!("{allowed}\n{}", line("2", "gpt-4", 1)), 404, "model_not_found", "`gpt-4`"),
        (format!("{allowed}\n{}", line("2", "unheard", 1)), 404, "model_not_found", "`unheard`"),
        (format!("{allowed}\n{{}}"), 400, "unclear_file", "1 lines"),
    ] {
        let file = upload(address, "/v1", &content);
        let got = post(address, "/v1/batches", &batch(&file, json!({})));
        assert_eq!((got.status, got.json()["error"]["code"].as_str()), (status, Some(code)));
        assert!(got.text().contains(says), "{}", got.text());
    }
    let got = post(address, "/v1/batches", &batch("file-unseen", json!({})));
    assert_eq!((got.status, got.json()["error"]["code"].as_str()), (403, Some("unseen_file")));
    let rows = running.rows();
    assert!(rows.iter().all(|row| row.measure == Measure::Nothing));
    assert_eq!(books(&vendor).1, 0);
}

#[test]
fn a_batch_that_ends_early_is_metered_for_what_it_did() {
    let vendor = vendor(200);
    let running = Running::start(&wiring(vendor.address(), ""), AT);
    let address = running.gateway().address();
    let lines: Vec<_> = (1..=4).map(|n| line(&n.to_string(), "gpt-4o", n)).collect();
    let file = upload(address, "/v1", &lines.join("\n"));
    let expires = json!({"expires_after": "3"});
    assert_eq!(post(address, "/v1/batches", &batch(&file, expires)).status, 200);
    let made = post(address, "/v1/batches", &batch(&file, json!({}))).json();
    let id = made["id"].as_str().unwrap();
    eventually("it runs", || {
        get(address, &format!("/v1/batches/{id}")).json()["status"] == "in_progress"
    });
    assert_eq!(post(address, &format!("/v1/batches/{id}/cancel"), &json!({})).status, 200);
    eventually("both are metered", || running.gateway().waited_for() == 0);
    let rows = running.rows();
    let expected = [1, 1, 2, 2, 3].map(|n| format!("1 a Complete 200 Reported 8+{n}"));
    assert_eq!(of_tier(&rows, Tier::Batch), expected);
    assert_eq!(sums(&rows), books(&vendor));
}

#[test]
fn a_response_in_the_background_is_metered_once() {
    let vendor = vendor(150);
    let running = Running::start(&wiring(vendor.address(), ""), AT);
    let address = running.gateway().address();
    let ask = |stream: bool| {
        json!({"model": "gpt-4o", "input": "hello", "background": true, "stream": stream,
            "max_output_tokens": 4})
    };
    let got = post(address, "/v1/responses", &ask(false)).json();
    assert_eq!(got["status"], "queued");
    let id = got["id"].as_str().unwrap();
    let mut client = Client::new(address);
    client.send("DELETE", &format!("/v1/responses/{id}"), &[BEARER], b"");
    assert_eq!(client.receive().status, 409, "not before it is metered");
    eventually("it is metered", || running.gateway().waited_for() == 0);
    assert_eq!(get(address, &format!("/v1/responses/{id}")).json()["status"], "incomplete");
    client.send("DELETE", &format!("/v1/responses/{id}"), &[BEARER], b"");
    assert_eq!(client.receive().status, 200);

    let rows = running.rows();
    let used: Vec<_> = rows.iter().filter(|row| row.measure != Measure::Nothing).collect();
    assert_eq!((used.len(), &*used[0].endpoint, &*used[0].model), (1, "responses", "gpt-4o"));
    assert_eq!(sums(&rows), books(&vendor));
}

/// Whoever reads along and leaves stops nothing.
#[test]
fn a_background_stream_that_is_left_is_metered_when_it_is_done() {
    let object = |status: &str, usage: &str| {
        format!(r#"{{"id":"resp_1","created_at":1738411200,"status":"{status}","usage":{usage}}}"#)
    };
    let upstream_ = Upstream::start(move |_, seen| {
        if seen.line().starts_with("GET") {
            let done = object("completed", r#"{"input_tokens":9,"output_tokens":4}"#);
            return vec![Step::Send(answer("200 OK", "application/json", done.as_bytes()))];
        }
        let created = object("queued", "null");
        let event = format!(
            "event: response.created\ndata: {{\"type\":\"response.created\",\"response\":{created}}}\n\n"
        );
        vec![Step::Send(stream_head()), Step::Send(chunk(&event)), Step::Wait(300), Step::Close]
    });
    let settings = wiring(upstream_.address, "")
        .replace("models =", "when_client_leaves = \"cancel\"\nmodels =");
    let running = Running::start(&settings, AT);
    let mut client = running.client();
    let body = r#"{"model":"gpt-4o","input":"x","background":true,"stream":true}"#;
    client.send("POST", "/v1/responses", &[BEARER], body.as_bytes());
    let mut first = [0; 64];
    client.stream.read_exact(&mut first).unwrap();
    drop(client);
    eventually("it is metered", || {
        running.gateway().waited_for() == 0 && upstream_.seen().len() > 1
    });
    std::thread::sleep(Duration::from_millis(400));
    let mut told = told(&running.rows());
    told.sort();
    assert_eq!(told, ["1 a Complete 200 Reported 9+4", "1 a CutByUpstream 200 Nothing 0+0"]);
}

#[test]
fn what_is_gone_before_it_is_metered_is_unknown() {
    let upstream_ = Upstream::start(|_, seen| {
        vec![Step::Send(match seen.line().starts_with("GET") {
            true => answer("404 Not Found", "application/json", b"{}"),
            false => answer(
                "200 OK",
                "application/json",
                br#"{"id":"resp_1","status":"queued","usage":null}"#,
            ),
        })]
    });
    let running = Running::start(&wiring(upstream_.address, ""), AT);
    let address = running.gateway().address();
    let ask = json!({"model": "gpt-4o", "input": "x", "background": true});
    assert_eq!(post(address, "/v1/responses", &ask).status, 200);
    eventually("it is given up", || running.gateway().waited_for() == 0);
    let mut told = told(&running.rows());
    told.sort();
    assert_eq!(told, ["1 a Complete 200 Nothing 0+0", "1 a Complete 404 Unknown 0+0"]);
}

#[test]
fn fine_tuning_is_metered_by_what_was_trained() {
    let vendor = vendor(100);
    let running = Running::start(&wiring(vendor.address(), ""), AT);
    let address = running.gateway().address();
    let file = upload(address, "/v1", "0123456789012345");
    let ask = |model: &str| json!({"model": model, "training_file": file});
    let refused = post(address, "/v1/fine_tuning/jobs", &ask("gpt-4"));
    assert_eq!(refused.status, 404);
    assert_eq!(post(address, "/v1/fine_tuning/jobs", &ask("gpt-4o")).status, 200);
    eventually("it is metered", || running.gateway().waited_for() == 0);
    let rows = running.rows();
    assert_eq!(of_tier(&rows, Tier::Training), ["1 a Complete 200 Reported 4+0"]);
}

const DIR: &str = "GATEWAY_LATER_IN";
const UPSTREAM: &str = "GATEWAY_LATER_UPSTREAM";

/// The process that is killed: this test's own program, started again with a folder to work in.
#[test]
#[ignore = "is the process that the other test kills"]
fn gateway_to_kill() {
    let Ok(dir) = std::env::var(DIR) else { return };
    let vendor: SocketAddr = std::env::var(UPSTREAM).unwrap().parse().unwrap();
    let at: jiff::Timestamp = AT.parse().unwrap();
    let gateway = gateway::serve(gateway::Start {
        settings: &settings(&wiring(vendor, "")),
        secrets: &OneSecret,
        terms: terms(6),
        known: terms::Known::Everything,
        rows: PathBuf::from(&dir).join("rows"),
        clock: Arc::new(move || at),
        connector: gateway::upstream::Connector::trusting(rustls::RootCertStore::empty()).unwrap(),
    })
    .unwrap();
    eprintln!("listening {}", gateway.address());
    let store = usage::Store::open(PathBuf::from(dir).join("usage")).unwrap();
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    while gateway.waited_for() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    gateway.roll(&store).unwrap();
}

fn child(dir: &Path, vendor: SocketAddr) -> (Child, SocketAddr) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "gateway_to_kill", "--ignored", "--nocapture"])
        .env(DIR, dir)
        .env(UPSTREAM, vendor.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening ").map(|address| address.parse().unwrap()));
    (child, address.unwrap())
}

/// Killed again and again while a batch, a response and a fine-tuning job go on, and while their rows
/// are written.
#[test]
fn a_killed_gateway_meters_all_that_had_begun_once() {
    let vendor = vendor(250);
    let dir = tempfile::tempdir().unwrap();
    let (mut gateway, address) = child(dir.path(), vendor.address());
    let lines: Vec<_> = (0..200).map(|n| line(&format!("l{n}"), "gpt-4o", 1 + n % 7)).collect();
    let file = upload(address, "/v1", &lines.join("\n"));
    gateway.kill().unwrap();
    gateway.wait().unwrap();
    let (mut gateway, address) = child(dir.path(), vendor.address());
    let made = post(address, "/v1/batches", &batch(&file, json!({})));
    assert_eq!(made.status, 200, "what is asked for in the file is still known: {}", made.text());
    let ask = json!({"model": "gpt-4o", "input": "hello", "background": true});
    assert_eq!(post(address, "/v1/responses", &ask).status, 200);
    let ask = json!({"model": "gpt-4o", "training_file": file});
    assert_eq!(post(address, "/v1/fine_tuning/jobs", &ask).status, 200);
    gateway.kill().unwrap();
    gateway.wait().unwrap();
    for kill in 0..6 {
        let (mut gateway, _) = child(dir.path(), vendor.address());
        std::thread::sleep(Duration::from_millis(5 + 29 * kill));
        gateway.kill().unwrap();
        gateway.wait().unwrap();
    }
    let (mut gateway, _) = child(dir.path(), vendor.address());
    drop(gateway.stdin.take());
    assert!(gateway.wait().unwrap().success());

    let store = usage::Store::open(dir.path().join("usage")).unwrap();
    let days = store.partitions(jiff::civil::Date::MIN, jiff::civil::Date::MAX).unwrap();
    assert_eq!(days.iter().map(|day| day.rows).sum::<u64>(), 200 + 1 + 1);
    assert_eq!(
        vendor.world().books.entries(0, usize::MAX).iter().filter(|e| e.batch.is_some()).count(),
        200
    );
}

/// However the answer to an upload comes, what is asked for in the file is known.
#[test]
fn an_upload_is_remembered_once() {
    let upstream_ = Upstream::start(|_, seen| {
        if seen.line().starts_with("POST /v1/files") {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 31\r\n\r\n";
            return vec![
                Step::Send([head.as_bytes(), br#"{"id":"file-1","#].concat()),
                Step::Wait(50),
                Step::Send(br#""object":"file"}"#.to_vec()),
            ];
        }
        let made = br#"{"id":"batch_1","status":"validating"}"#;
        vec![Step::Send(answer("200 OK", "application/json", made))]
    });
    let running = Running::start(&wiring(upstream_.address, ""), AT);
    let address = running.gateway().address();
    let file = upload(address, "/v1", &line("1", "gpt-4o", 1));
    assert_eq!(post(address, "/v1/batches", &batch(&file, json!({}))).status, 200);
    assert_eq!(running.gateway().waited_for(), 1);
}

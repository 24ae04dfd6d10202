//! What an operator sees of a running gateway, and what nobody does.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prometheus_parse::{Scrape, Value as Sample};
use prost::Message;
use serde_json::Value;
use upstream::Upstream;

use crate::carrying::stop;
use crate::gateway::{chat, workspace};
use crate::workspace::{Ran, Workspace, eventually};

const SECRET: &str = "vendor-secret-of-this-test";
const PARENT: &str = "0af7651916cd43dd8448eb211c80319c";

/// A request as a server saw it: its path, headers and body.
type Received = (String, String, Vec<u8>);

/// A collector of OpenTelemetry's that keeps what it is sent.
pub struct Collector {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Collector {
    pub fn start() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let all = received.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, all) = (BufReader::new(stream.unwrap()), all.clone());
                std::thread::spawn(move || {
                    while let Some(request) = request(&mut stream) {
                        all.lock().unwrap().push(request);
                        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                        stream.get_mut().write_all(answer.as_bytes()).unwrap();
                    }
                });
            }
        });
        Collector { address, received }
    }

    pub fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        let received = self.received.lock().unwrap();
        let at = received.iter().filter(|(found, _, _)| found == path);
        at.map(|(_, _, body)| body.clone()).collect()
    }

    pub fn spans(&self) -> Vec<Span> {
        let of = |body: Vec<u8>| ExportTraceServiceRequest::decode(&*body).unwrap().resource_spans;
        let resources = self.bodies("/v1/traces").into_iter().flat_map(of);
        resources.flat_map(|of| of.scope_spans).flat_map(|of| of.spans).collect()
    }
}

fn request(stream: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let lower = head.to_ascii_lowercase();
    let length = lower.split("content-length: ").nth(1)?.split('\r').next()?.parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head.split(' ').nth(1)?.to_string(), head, body))
}

/// A gateway that runs, and where it says what.
struct Running {
    workspace: Workspace,
    key: String,
    child: Child,
    address: String,
    operations: String,
}

impl Running {
    fn start(upstream: &Upstream, more: &str) -> Running {
        let (workspace, key) = workspace(upstream);
        let path = workspace.path("charter.toml");
        let settings = std::fs::read_to_string(&path).unwrap();
        let more = format!(
            "\n[gateway.operations]\nlisten = \"127.0.0.1:0\"\n\n[gateway.limits]\nattempts = 1\n{more}"
        );
        std::fs::write(&path, settings + &more).unwrap();
        let mut command = workspace.command(&["gateway", "--json"]);
        let stderr = File::create(workspace.path("stderr.log")).unwrap();
        command.env("VENDOR_KEY", SECRET).env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=t%201");
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        let at = |name: &str| said[name].as_str().unwrap().rsplit('/').next().unwrap().to_string();
        Running { workspace, key, child, address: at("listening"), operations: at("operations") }
    }

    fn ask(&self, path: &str) -> (u16, String) {
        ask(&self.operations, "GET", path)
    }

    fn metrics(&self) -> Scrape {
        let (status, page) = self.ask("/metrics");
        assert_eq!(status, 200);
        assert!(page.ends_with("# EOF\n"), "{page}");
        Scrape::parse(page.lines().map(|line| Ok(line.to_string()))).unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.workspace.path("stderr.log")).unwrap()
    }

    /// The lines about one event.
    fn events(&self, event: &str) -> Vec<Value> {
        let lines = self.log();
        let lines = lines.lines().map(|line| {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"))
        });
        lines.filter(|line| line["event"] == event).collect()
    }

    /// Asks for a chat with headers of one's own.
    fn chat(&self, headers: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\napi-key: {}\r\n{headers}\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.key,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

fn ask(address: &str, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_string())
}

/// The sum of a metric's values whose labels are these.
pub fn sum(scrape: &Scrape, name: &str, labels: &[(&str, &str)]) -> f64 {
    let is_of = |sample: &&prometheus_parse::Sample| {
        sample.metric == name
            && labels.iter().all(|(name, value)| sample.labels.get(name) == Some(value))
    };
    let values = scrape.samples.iter().filter(is_of).map(|sample| match sample.value {
        Sample::Counter(value) | Sample::Gauge(value) | Sample::Untyped(value) => value,
        _ => panic!("{name} is no number"),
    });
    values.sum()
}

pub fn attributes(span: &Span) -> HashMap<&str, String> {
    let text = |value: &Any| match value {
        Any::StringValue(text) => text.clone(),
        Any::IntValue(number) => number.to_string(),
        Any::DoubleValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let all = span.attributes.iter();
    all.map(|pair| (&*pair.key, text(pair.value.as_ref().unwrap().value.as_ref().unwrap())))
        .collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn vendor() -> Upstream {
    let settings = upstream::Settings::default();
    Upstream::start(upstream::Settings { openai_key: SECRET.to_string(), ..settings }).unwrap()
}

#[test]
fn figures_traces_and_lines_agree_and_hold_nobodys_words() {
    let (upstream, collector) = (vendor(), Collector::start());
    let mut running = Running::start(
        &upstream,
        &format!(
            r#"
[gateway.telemetry]
endpoint = "http://{}"
sample = "1"
metrics_every_ms = 300
accept_traceparent = true
forward_traceparent = true

[gateway.log]
format = "json"
calls = true
"#,
            collector.address
        ),
    );
    let (address, key) = (&running.address, &running.key);

    // An operator may look, and do nothing else.
    assert_eq!(running.ask("/healthz").0, 200);
    let (status, ready) = running.ask("/readyz");
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    assert_eq!((status, ready), (200, serde_json::json!({ "ready": true, "not_ready": [] })));
    assert_eq!(ask(&running.operations, "POST", "/metrics").0, 405);
    assert_eq!(ask(&running.operations, "HEAD", "/metrics"), (200, String::new()));
    assert_eq!(running.ask("/v1/models").0, 404);
    assert_eq!(ask(address, "GET", "/metrics").0, 404, "callers see no figures");

    let (status, answer) = chat(address, key, "gpt-4o");
    assert_eq!(status, 200, "{answer}");
    let told = answer["choices"][0]["message"]["content"].as_str().unwrap().to_string();
    assert_eq!(chat(address, key, "elsewhere").0, 403);
    assert_eq!(chat(address, "sk-charter-nobody", "gpt-4o").0, 401);
    let parent = format!("traceparent: 00-{PARENT}-b7ad6b7169203331-01\r\n");
    let streamed = running.chat(
        &parent,
        r#"{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"a planted marker"}]}"#,
    );
    assert!(streamed.ends_with("data: [DONE]\n\n\r\n0\r\n\r\n"), "{streamed}");

    let scrape = running.metrics();
    let books = upstream.world().books.totals();
    let of_key = [("key", "web"), ("product", "api"), ("channel", "direct"), ("route", "gpt-4o")];
    let complete = [&of_key[..], &[("outcome", "complete"), ("status", "2xx")]].concat();
    assert_eq!(sum(&scrape, "charter_gateway_calls_total", &complete), 2.0);
    assert_eq!(sum(&scrape, "charter_gateway_attempts_total", &[("upstream", "azure")]), 2.0);
    assert_eq!(sum(&scrape, "charter_gateway_attempts_total", &[("upstream", "oracle")]), 0.0);
    let refused = |reason| sum(&scrape, "charter_gateway_refusals_total", &[("reason", reason)]);
    assert_eq!((refused("refused_by_agreement"), refused("invalid_api_key")), (1.0, 1.0));
    assert!(sum(&scrape, "charter_gateway_refusals_by_clause_total", &[]) >= 1.0);
    let tokens = |class| sum(&scrape, "charter_gateway_tokens_total", &[("class", class)]);
    let all = ["input", "cached", "output", "reasoning"].map(tokens).iter().sum::<f64>();
    let billed: u64 = books.values().flat_map(|of| of.tokens.values()).sum();
    assert_eq!(all, billed as f64, "the vendor bills the same");
    assert!(sum(&scrape, "charter_gateway_cost_total", &of_key) > 0.0);
    assert_eq!(sum(&scrape, "charter_gateway_rows_total", &[]), 3.0);
    assert_eq!(sum(&scrape, "charter_gateway_ready", &[]), 1.0);
    assert_eq!(sum(&scrape, "charter_gateway_running_calls", &[]), 0.0);
    let closed = [("upstream", "azure"), ("state", "closed")];
    assert_eq!(sum(&scrape, "charter_gateway_upstream_circuit", &closed), 1.0);
    for name in [
        "gen_ai_server_request_duration_seconds",
        "gen_ai_server_time_to_first_token_seconds",
        "gen_ai_client_operation_duration_seconds",
        "charter_gateway_added_latency_seconds",
    ] {
        let count = format!("{name}_count");
        let is_there = |sample: &prometheus_parse::Sample| match &sample.value {
            Sample::Histogram(_) => sample.metric == name,
            _ => sample.metric == count,
        };
        assert!(scrape.samples.iter().any(is_there), "{name}");
    }

    // The live view, as far as it needs no terminal.
    let top = ["gateway", "top", "--address", &running.operations];
    let once = running.workspace.must(&[&top[..], &["--once", "--by", "upstream"]].concat());
    assert!(once.contains("azure") && once.contains("closed"), "{once}");
    let view = running.workspace.json(&top);
    let line = view["keys"].as_array().unwrap().iter().find(|line| line["name"] == "web");
    assert_eq!((&line.unwrap()["calls"], &line.unwrap()["refusals"]), (&3.into(), &1.into()));
    let absent = running.workspace.run(&["gateway", "top", "--once", "--address", "127.0.0.1:1"]);
    assert_eq!(absent.code, 3, "{}", absent.stderr);

    // The caller's trace goes on through us to the upstream.
    let spans = || collector.spans();
    eventually("five spans come", || spans().len() >= 5);
    let spans = spans();
    let trace = |span: &&Span| hex(&span.trace_id) == PARENT;
    let of_kind = |kind: SpanKind| {
        let found: Vec<_> = spans.iter().filter(trace).filter(|s| s.kind == kind as i32).collect();
        assert_eq!(found.len(), 1, "{spans:?}");
        found[0]
    };
    let (server, client) = (of_kind(SpanKind::Server), of_kind(SpanKind::Client));
    assert_eq!(hex(&server.parent_span_id), "b7ad6b7169203331");
    assert_eq!(client.parent_span_id, server.span_id);
    assert!(server.start_time_unix_nano <= client.start_time_unix_nano);
    assert!(server.end_time_unix_nano >= client.end_time_unix_nano);
    assert_eq!(server.name, "chat gpt-4o");
    let said = attributes(server);
    for (name, expected) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.request.model", "gpt-4o"),
        ("charter.key", "web"),
        ("http.response.status_code", "200"),
        ("charter.outcome", "complete"),
    ] {
        assert_eq!(said.get(name).map(String::as_str), Some(expected), "{name}");
    }
    let said = attributes(client);
    for (name, expected) in [
        ("gen_ai.provider.name", "openai"),
        ("server.address", "127.0.0.1"),
        ("charter.upstream", "azure"),
        ("charter.attempt", "1"),
    ] {
        assert_eq!(said.get(name).map(String::as_str), Some(expected), "{name}");
    }
    assert_eq!(said["server.port"], upstream.address().port().to_string());
    assert!(said["gen_ai.usage.output_tokens"].parse::<u64>().unwrap() > 0);
    let refused = spans.iter().find(|span| attributes(span).contains_key("charter.clauses"));
    assert_eq!(attributes(refused.unwrap())["error.type"], "refused_by_agreement");
    let forwarded = upstream.world().requests.after(0);
    let seen: Vec<_> =
        forwarded.iter().filter_map(|seen| seen.headers.get("traceparent")).collect();
    let expected = format!("00-{PARENT}-{}-01", hex(&client.span_id));
    assert!(seen.iter().any(|seen| **seen == *expected), "{seen:?}");

    eventually("metrics come", || !collector.bodies("/v1/metrics").is_empty());
    let bodies = collector.bodies("/v1/metrics");
    let last = ExportMetricsServiceRequest::decode(&**bodies.last().unwrap()).unwrap();
    let metrics = &last.resource_metrics[0].scope_metrics[0].metrics;
    let usage = metrics.iter().find(|metric| metric.name == "gen_ai.client.token.usage").unwrap();
    let Some(Data::Histogram(usage)) = &usage.data else { panic!("{usage:?}") };
    assert_eq!(usage.data_points.iter().filter_map(|point| point.sum).sum::<f64>(), billed as f64);
    assert!(collector.received.lock().unwrap().iter().all(|(_, head, _)| head.contains("t 1")));

    let (_, page) = running.ask("/metrics");
    let (workspace, key) = (running.workspace, running.key);
    stop(&mut running.child);
    let lines = std::fs::read_to_string(workspace.path("stderr.log")).unwrap();
    for event in ["started", "call", "refused", "stopping", "stopped"] {
        assert!(lines.contains(&format!(r#""event":"{event}""#)), "{event}: {lines}");
    }
    // Nothing that anybody said, and no key, is anywhere.
    std::fs::write(workspace.path(".charter/page"), page).unwrap();
    std::fs::write(workspace.path(".charter/lines"), lines).unwrap();
    let sent: Vec<u8> =
        collector.received.lock().unwrap().iter().flat_map(|r| r.2.clone()).collect();
    std::fs::write(workspace.path(".charter/sent"), sent).unwrap();
    assert!(told.len() > 5, "{told}");
    for word in ["planted marker", SECRET, &key, "sk-charter-nobody", &told] {
        let found = found_in(&workspace, word);
        assert_eq!(found, "", "{word}");
    }
}

/// The files below `.charter` in which a text stands.
fn found_in(workspace: &Workspace, text: &str) -> String {
    let found = Command::new("grep")
        .args(["-rlaF", "-e", text])
        .arg(workspace.path(".charter"))
        .output()
        .unwrap();
    String::from_utf8(found.stdout).unwrap()
}

#[test]
fn what_people_write_is_in_lines_only_where_settings_say_so() {
    let upstream = vendor();
    let settings = "[gateway.log]\nformat = \"json\"\ncalls = true\nprompts = true\n";
    let mut running = Running::start(&upstream, settings);
    assert_eq!(chat(&running.address, &running.key, "gpt-4o").0, 200);
    eventually("the call has its line", || !running.events("call").is_empty());
    let lines = running.events("call");
    assert!(lines[0]["prompt"].as_str().unwrap().contains("a planted marker"), "{lines:?}");
    assert!(!running.log().contains(&running.key) && !running.log().contains(SECRET));
    stop(&mut running.child);
}

#[test]
fn a_gateway_is_not_ready_while_nobody_can_answer() {
    let upstream = vendor();
    let settings = "[gateway.log]\nformat = \"json\"\n";
    let mut running = Running::start(&upstream, settings);
    let body = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"x"}]}"#;
    for _ in 0..5 {
        assert!(running.chat("x-mock-fault: 500\r\n", body).starts_with("HTTP/1.1 500"));
    }
    let (status, why) = running.ask("/readyz");
    let why: Value = serde_json::from_str(&why).unwrap();
    assert_eq!((status, &why["ready"]), (503, &false.into()));
    let routes = why["not_ready"].as_array().unwrap();
    assert_eq!((routes.len(), &routes[0]["route"]), (1, &"gpt-4o".into()), "{why}");
    assert_eq!(routes[0]["upstreams"][0], "azure");
    assert_eq!(ask(&running.address, "GET", "/readyz"), (503, String::new()));
    let open = [("upstream", "azure"), ("state", "open")];
    assert_eq!(sum(&running.metrics(), "charter_gateway_upstream_circuit", &open), 1.0);
    eventually("its opening has a line", || !running.events("circuit_opened").is_empty());

    // After a while calls may find out whether it is back.
    eventually("it is ready again", || running.ask("/readyz").0 == 200);
    assert!(running.chat("", body).starts_with("HTTP/1.1 200"));
    eventually("its closing has a line", || !running.events("circuit_closed").is_empty());
    assert_eq!(running.events("call").len(), 0, "nobody asked for a line for each call");
    stop(&mut running.child);
}

#[test]
fn what_needs_no_key_is_not_shown_to_other_machines() {
    let upstream = vendor();
    let (workspace, _) = workspace(&upstream);
    let path = workspace.path("charter.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, settings + "\n[gateway.operations]\nlisten = \"0.0.0.0:0\"\n").unwrap();
    let mut command = workspace.command(&["gateway"]);
    let ran = Ran::of(command.env("VENDOR_KEY", SECRET).output().unwrap());
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("other machines can"), "{}", ran.stderr);
}

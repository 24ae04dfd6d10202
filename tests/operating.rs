//! What whoever keeps a server going sees of it: figures, traces, lines; and a gateway in the same process.

use std::fs::File;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prometheus_parse::Scrape;
use prost::Message;
use serde_json::Value;
use upstream::Upstream;

use crate::gateway::{chat, workspace as calling};
use crate::seeing::{Collector, attributes, hex, sum};
use crate::serving::{Served, hosting};
use crate::visiting::{Answer, Visitor};
use crate::workspace::{Workspace, eventually};

const LOGIN: &str = "keeper@lab.example";
const PASSWORD: &str = "a password of the keeper";
const WRONG: &str = "a password of nobody";
const PARENT: &str = "0af7651916cd43dd8448eb211c80319c";

/// What is between two texts on a page.
fn between(answer: &Answer, before: &str, after: &str) -> String {
    let text = answer.text();
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no `{before}`: {text}")).1;
    rest.split(after).next().unwrap().to_string()
}

/// Makes a token that may only read.
fn token(visitor: &mut Visitor) -> String {
    let form = [("name", "scraper"), ("days", "9"), ("reads_only", "yes")];
    between(&visitor.send("/account", "/account/tokens", &form), "<pre tabindex=\"0\">", "<")
}

/// Invites somebody, who comes in: the link and the visitor.
fn invited(served: &Served, keeper: &mut Visitor, grant: &[(&str, &str)]) -> (String, Visitor) {
    let form = [&[("login", "other@lab.example")], grant].concat();
    let link = between(&keeper.send("/people", "/people/invitations", &form), "/invitation/", "<");
    let mut other = Visitor::of(served);
    let came =
        other.post(&format!("/invitation/{link}"), &[("name", "Other"), ("password", PASSWORD)]);
    assert_eq!(came.status, 303, "{}", came.text());
    (link, other)
}

fn metrics(visitor: &mut Visitor) -> (String, Scrape) {
    let answer = visitor.get("/metrics");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let page = answer.text();
    let scrape = Scrape::parse(page.lines().map(|line| Ok(line.to_string()))).unwrap();
    (page, scrape)
}

/// How many requests there were, read as it stands: what reads pages in tests takes no brace in a label.
fn count(page: &str, route: &str, method: &str, status: &str) -> u64 {
    let labels =
        format!("{{http_route=\"{route}\",http_request_method=\"{method}\",status=\"{status}\"}} ");
    let of = format!("http_server_request_duration_seconds_count{labels}");
    let mut counts = page.lines().filter_map(|line| line.strip_prefix(&of));
    counts.next().map_or(0, |count| count.parse().unwrap())
}

#[test]
fn figures_are_for_those_who_may_read_how_the_server_does() {
    let workspace = hosting();
    let served = Served::start(&workspace.path(""));
    let mut nobody = Visitor::of(&served);
    assert_eq!(nobody.get("/metrics").status, 401);
    nobody.headers = vec![("authorization".to_string(), "Bearer charter-nothing".to_string())];
    assert_eq!(nobody.get("/metrics").status, 401);
    let mut keeper = Visitor::set_up(&served, LOGIN, PASSWORD);
    let grant = [("role", "holder"), ("party", "meridian"), ("agreement", "hosting")];
    let (_, mut holder) = invited(&served, &mut keeper, &grant);
    assert_eq!(holder.get("/metrics").status, 403);
    let mut scraper = Visitor::of(&served);
    scraper.headers = vec![("authorization".to_string(), format!("Bearer {}", token(&mut keeper)))];

    let (before, _) = metrics(&mut scraper);
    let refused = Visitor::of(&served).post("/login", &[("login", LOGIN), ("password", WRONG)]);
    assert_eq!(refused.status, 401);
    for position in ["1", "1", "999"] {
        keeper.get(&format!("/journal/{position}"));
    }
    keeper.get("/planted-path?planted=query");
    workspace.must(&[
        "request",
        "planted-case",
        "--by",
        "lab",
        "--quantity",
        "10 H100",
        "--purpose",
        "training",
        "--need-by",
        "2030-01-01",
        "--months",
        "12",
        "--price",
        "USD 2",
    ]);
    let events = "charter_server_journal_events_total";
    let position = "charter_server_journal_position";
    let head = workspace.json(&["journal", "verify"])["events"].as_f64().unwrap();
    eventually("the head", || sum(&metrics(&mut keeper).1, position, &[]) == head);
    let (page, after) = metrics(&mut keeper);
    assert!(sum(&after, events, &[]) > 0.0 && sum(&after, events, &[]) < head);
    let more = |route: &str, method: &str, status: &str| {
        count(&page, route, method, status) - count(&before, route, method, status)
    };
    assert_eq!(more("/journal/{position}", "GET", "2xx"), 2, "{page}");
    assert_eq!(more("/journal/{position}", "GET", "4xx"), 1, "{page}");
    assert_eq!(more("/login", "POST", "4xx"), 1, "{page}");
    assert_eq!(more("none", "GET", "4xx"), 1, "{page}");
    let logins = |word: &str| sum(&after, "charter_server_logins_total", &[("outcome", word)]);
    assert_eq!((logins("let_in"), logins("refused")), (2.0, 1.0));
    assert!(page.contains("charter_server_desk_wait_seconds_count{lane=\"reading\"}"), "{page}");
    assert!(sum(&after, "process_resident_memory_bytes", &[]) > 1e6);
    for secret in ["planted", LOGIN, "Other", "meridian", "hosting", "/journal/1"] {
        assert!(!page.contains(secret), "{secret}: {page}");
    }
    served.stop();
}

#[test]
fn a_request_is_a_span_with_what_the_desk_did_for_it() {
    let (workspace, collector) = (hosting(), Collector::start());
    workspace.write(
        "charter.toml",
        &format!(
            "[server.telemetry]\nendpoint = \"http://{}\"\nsample = \"1\"\nmetrics_every_ms = 100\n\
             accept_traceparent = true\n",
            collector.address
        ),
    );
    let served = Served::start(&workspace.path(""));
    let mut keeper = Visitor::set_up(&served, LOGIN, PASSWORD);
    let parent = ("traceparent".to_string(), format!("00-{PARENT}-b7ad6b7169203331-01"));
    keeper.headers.push(parent);
    let page = keeper.get("/journal/1?planted=query");
    assert_eq!(page.status, 200);
    let name = "http.server.request.duration";
    eventually("figures", || {
        collector.bodies("/v1/metrics").iter().any(|body| {
            let sent = ExportMetricsServiceRequest::decode(&**body).unwrap().resource_metrics;
            let metrics =
                sent.into_iter().flat_map(|of| of.scope_metrics).flat_map(|of| of.metrics);
            metrics.into_iter().any(|metric| metric.name == name)
        })
    });
    // What is left is sent when it stops.
    served.stop();
    let spans = collector.spans();
    let of_the_trace: Vec<_> = spans.iter().filter(|span| hex(&span.trace_id) == PARENT).collect();
    let asked = of_the_trace.iter().find(|span| span.kind() == SpanKind::Server).unwrap();
    assert_eq!(asked.name, "GET /journal/{position}");
    assert_eq!(hex(&asked.parent_span_id), "b7ad6b7169203331");
    let said = attributes(asked);
    assert_eq!(said["http.response.status_code"], "200");
    assert_eq!(said["charter.request_id"], page.header("x-request-id"));
    let desk: Vec<_> =
        of_the_trace.iter().filter(|span| span.kind() == SpanKind::Internal).collect();
    assert!(!desk.is_empty(), "{spans:?}");
    for work in desk {
        assert_eq!((&*work.name, &work.parent_span_id), ("desk reading", &asked.span_id));
        assert!(asked.start_time_unix_nano <= work.start_time_unix_nano);
        assert!(work.end_time_unix_nano <= asked.end_time_unix_nano + 1_000_000);
    }
    // Other requests are traces of their own.
    assert!(spans.iter().any(|span| hex(&span.trace_id) != PARENT));
    assert!(!format!("{spans:?}").contains("planted"));
}

#[test]
fn each_request_has_a_line_and_no_line_has_a_secret() {
    let workspace = hosting();
    workspace.write("charter.toml", "[server.log]\nformat = \"json\"\nlevel = \"debug\"\n");
    let path = workspace.path("stderr.log");
    let log = File::create(&path).unwrap();
    let served =
        Served::start_with(&workspace.path(""), |command| command.stderr(log.try_clone().unwrap()));
    let set_up = served.text("set_up").rsplit('/').next().unwrap().to_string();
    let mut keeper = Visitor::set_up(&served, LOGIN, PASSWORD);
    let token = token(&mut keeper);
    let (invitation, mut other) = invited(&served, &mut keeper, &[("role", "auditor")]);
    let mut secrets = vec![set_up, token.clone(), invitation.clone()];
    secrets.extend(keeper.secrets().into_iter().chain(other.secrets()));
    Visitor::of(&served).post("/login", &[("login", LOGIN), ("password", WRONG)]);
    other.post("/logout", &[]);
    let mut again = Visitor::logged_in(&served, LOGIN, PASSWORD);
    again.get("/ask?verb=planted-query");
    again.get(&format!("/invitation/{invitation}"));
    again.send(
        "/account",
        "/account/password",
        &[("current", WRONG), ("new", "planted-new-password")],
    );
    secrets.extend(again.secrets());
    let mut program = Visitor::of(&served);
    program.headers = vec![("authorization".to_string(), format!("Bearer {token}"))];
    assert_eq!(program.get("/api/v1/rounds?planted=query").status, 422);
    let rounds = program.get("/api/v1/rounds");
    assert_eq!(rounds.status, 200);
    served.stop();

    let log = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    let requests: Vec<_> = lines.iter().filter(|line| line["event"] == "request").collect();
    let of = |route: &str, method: &str| {
        requests.iter().filter(|line| line["route"] == route && line["method"] == method).count()
    };
    assert_eq!((of("/set-up/{token}", "POST"), of("/login", "POST")), (1, 2));
    assert_eq!((of("/invitation/{secret}", "POST"), of("/ask", "GET")), (1, 1));
    assert_eq!(of("/api/v1/{*verb}", "GET"), 2);
    let id = rounds.header("x-request-id");
    let line = requests.iter().find(|line| line["request"] == id).unwrap();
    assert_eq!((&line["status"], &line["level"]), (&Value::from(200), &Value::from("INFO")));
    assert!(line["took_ms"].is_number());
    secrets.extend([PASSWORD, WRONG, "planted", "keeper@", "other@"].map(str::to_string));
    for secret in secrets {
        assert!(!secret.is_empty() && !log.contains(&secret), "{secret}: {log}");
    }
}

/// The server and the gateway in one process: what is carried is on the page of traffic, and both end well.
#[test]
fn a_server_carries_calls_as_well() {
    let upstream = Upstream::start(upstream::Settings::default()).unwrap();
    let (workspace, key) = calling(&upstream);
    let vendor = upstream::Settings::default().openai_key;
    let start = || {
        Served::start_with(&workspace.path(""), |command| {
            command.args(["--gateway", "127.0.0.1:0"]).env("VENDOR_KEY", &vendor)
        })
    };
    let served = start();
    let mut keeper = Visitor::set_up(&served, LOGIN, PASSWORD);
    assert!(keeper.get("/traffic").text().contains("No call was metered yet"));
    let address = served.text("gateway").strip_prefix("http://").unwrap().to_string();
    let (status, answer) = chat(&address, &key, "gpt-4o");
    assert_eq!(status, 200, "{answer}");
    assert_eq!(chat(&address, &key, "elsewhere").0, 403);
    // As it ends, rows are taken over.
    served.stop();
    let served = start();
    let mut keeper = Visitor::logged_in(&served, LOGIN, PASSWORD);
    let traffic = keeper.get("/traffic").text();
    for seen in ["gpt-4o", "azure", "direct"] {
        assert!(traffic.contains(seen), "{seen}: {traffic}");
    }
    served.stop();
}

#[test]
fn a_gateway_that_cannot_begin_is_said_before_anything_is_served() {
    let empty = Workspace::empty();
    let nothing = empty.run(&["serve", "--listen", "127.0.0.1:0", "--gateway"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (3, ""), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("no document has been adopted"), "{}", nothing.stderr);
    let workspace = hosting();
    let unsaid = workspace.run(&["serve", "--listen", "127.0.0.1:0", "--gateway"]);
    assert_eq!((unsaid.code, unsaid.stdout.as_str()), (3, ""), "{}", unsaid.stderr);
    assert!(unsaid.stderr.contains("charter.toml has no `[gateway]`"), "{}", unsaid.stderr);
    let nowhere = workspace.write("charter.toml", "[server.telemetry]\nsample = \"1\"\n");
    let ran = workspace.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 3, "{nowhere}");
    assert!(ran.stderr.contains("[server.telemetry]"), "{}", ran.stderr);
}

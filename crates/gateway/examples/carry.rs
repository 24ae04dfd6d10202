//! Carries calls of one virtual key to one upstream under the worked example's terms, for benchmarks:
//! `carry LISTEN UPSTREAM_URL ROWS [WORKERS]`. It prints where it listens; the key is `sk-bench`. Once its
//! input ends it prints what its rows add up to.
//!
//! `CARRY_NAMES` lists the names clients may ask for, where that is not `gpt-4o` alone; all stand for
//! that model. `CARRY_SAMPLE` has spans of a part of all calls made, as `1/100`. `CARRY_AT` is the instant at which it begins: before 2023 the example bills no call.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gateway::config::{Secrets, Settings, UpstreamSettings};
use gateway::meter::{Log, Measure, Row};
use gateway::upstream::Connector;
use gateway::{Start, serve};
use jiff::Timestamp;
use terms::{Document, Known, Source};

/// The mock wants no secret of anybody's.
struct Mock;

impl Secrets for Mock {
    fn of(&self, _: &UpstreamSettings) -> Result<Option<String>, String> {
        Ok(std::env::var("UPSTREAM_KEY").ok())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, upstream, rows, rest @ ..] = &arguments[..] else {
        return Err("usage: carry LISTEN UPSTREAM_URL ROWS [WORKERS]".into());
    };
    let workers = rest.first().map_or("2", |workers| workers);
    let hash = blake3::hash(b"sk-bench").to_hex();
    let names = std::env::var("CARRY_NAMES").unwrap_or_else(|_| "gpt-4o".to_string());
    let routes: String = names
        .split(',')
        .map(|name| {
            format!(
                r#"
[[upstream]]
name = "{name}"
host = "azure"
url = "{upstream}"
dialect = "openai"
deployments = {{ gpt-4o = "{name}" }}
[[route]]
name = "{name}"
candidates = [{{ model = "gpt-4o", upstream = "{name}" }}]
"#
            )
        })
        .collect();
    // Where nothing has a price, nothing may be called on a budget of money.
    let is_priced = std::env::var_os("CARRY_AT").is_none();
    let money = if is_priced { r#"money = "1000000000","# } else { "" };
    let sample = std::env::var("CARRY_SAMPLE")
        .map(|sample| format!("[telemetry]\nsample = \"{sample}\"\naccept_traceparent = false\n"));
    let sample = sample.unwrap_or_default();
    let text = format!(
        r#"
listen = "{listen}"
workers = {workers}
{routes}
[[key]]
name = "bench"
hash = "blake3:{hash}"
customer = "c"
product = "api"
channel = "direct"
requests_per_minute = 1000000000
tokens_per_minute = 4000000000
budget = {{ tokens = 1000000000000, {money} period = "month" }}
{sample}
"#
    );
    let settings: Settings = toml::from_str(&text)?;
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/microsoft-openai");
    let mut sources = Vec::new();
    let mut names: Vec<_> = std::fs::read_dir(example)?.collect::<Result<_, _>>()?;
    names.sort_by_key(std::fs::DirEntry::file_name);
    for entry in names {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_story = matches!(&*name, "story.md" | "README.md");
        if name.ends_with(".md") && !is_story {
            let text = std::fs::read_to_string(entry.path())?;
            sources.push(Source { document: Arc::new(Document::new(name, text)), known: None });
        }
    }
    let (terms, findings) = terms::compile(&sources);
    if !findings.is_empty() {
        return Err(format!("the example has findings: {findings:?}").into());
    }
    let at = std::env::var("CARRY_AT").unwrap_or_else(|_| "2025-03-01T12:00:00Z".to_string());
    let at: Timestamp = at.parse()?;
    let began = std::time::Instant::now();
    let gateway = serve(Start {
        settings: &settings,
        secrets: &Mock,
        terms: Arc::new(terms),
        known: Known::Everything,
        rows: PathBuf::from(rows),
        // A time at which the example's terms and prices hold, going on at the machine's pace.
        clock: Arc::new(move || at + began.elapsed()),
        connector: Connector::trusting(rustls::RootCertStore::empty())?,
    })?;
    println!("http://{}", gateway.address());
    std::io::stdout().flush()?;
    let sight = gateway.sight();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(200));
            drop(sight.facts());
        }
    });
    // It runs until its input ends.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    gateway.stop();
    let (mut count, mut unknown, mut tokens) = (0u64, 0u64, [0u64; 3]);
    let add = |row: &Row<String>| {
        count += 1;
        unknown += u64::from(row.measure == Measure::Unknown);
        let used = &row.tokens;
        let classes = [used.read() - used.cached, used.cached, used.written()];
        tokens.iter_mut().zip(classes).for_each(|(sum, class)| *sum += class);
    };
    drop(Log::open(&PathBuf::from(rows), Duration::from_millis(10), add)?);
    let [input, cached, output] = tokens;
    println!("rows={count} unknown={unknown} input={input} cached={cached} output={output}");
    Ok(())
}

//! How fast the journal is here; `benches/append` runs it beside PostgreSQL.
//!
//!     figures writers FOLDER WRITERS SECONDS    many writers, a stream each, every event acknowledged
//!     figures syncs FOLDER WRITERS SECONDS      the disk alone, with the bytes of so many writers a sync
//!     figures single FOLDER APPENDS             one writer beside a bare append and fdatasync
//!     figures replay FOLDER EVENTS              opening, verifying, reading and decoding
//!     figures copies FOLDER EVENTS              copies and views
//!
//! FOLDER is on the disk to be measured.

mod appending;
mod copies;
mod reading;

use std::time::Duration;

use journal::NewEvent;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    match arguments[..] {
        ["writers", folder, writers, seconds] => {
            let limit = Duration::from_secs(seconds.parse()?);
            runtime.block_on(appending::writers_at_once(folder.as_ref(), writers.parse()?, limit))
        }
        ["syncs", folder, writers, seconds] => {
            let limit = Duration::from_secs(seconds.parse()?);
            appending::syncs(folder.as_ref(), writers.parse()?, limit)
        }
        ["single", folder, appends] => {
            runtime.block_on(appending::single(folder.as_ref(), appends.parse()?))
        }
        ["replay", folder, events] => {
            runtime.block_on(reading::replay(folder.as_ref(), events.parse()?))
        }
        ["copies", folder, events] => {
            runtime.block_on(copies::copies(folder.as_ref(), events.parse()?))
        }
        _ => Err("usage: figures writers|syncs|single|replay|copies FOLDER …".into()),
    }
}

fn say(what: &str, events: u64, took: Duration, cpu: Option<Duration>) {
    let rate = |time: Duration| events as f64 / time.as_secs_f64();
    print!("{what}: {events} events in {:.2} s, {:.0}/s", took.as_secs_f64(), rate(took));
    match cpu {
        Some(cpu) => println!(", {:.0}/s/core ({:.2} s of cores)", rate(cpu), cpu.as_secs_f64()),
        None => println!(),
    }
}

/// What this process has had of the machine's cores, in steps of 10 ms.
fn cpu() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks = fields.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

const RECORDED: jiff::Timestamp = jiff::Timestamp::constant(1_737_417_600, 0);

fn event(n: u64) -> NewEvent {
    NewEvent {
        kind: "capacity-offered".into(),
        stream: format!("case/{}", n % 1_000),
        actor: "oracle".into(),
        cause: Some("right_of_first_refusal.new-capacity".into()),
        effective: jiff::Timestamp::UNIX_EPOCH,
        payload: serde_json::json!({ "lots": n, "price_usd_per_gpu_hour": "2.35", "site": "abilene" }),
    }
}

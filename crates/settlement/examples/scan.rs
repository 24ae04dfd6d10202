//! Adds up February 2025 of a usage store, for measurements: `scan DIR [RUNS [calls|sums [measure]]]`.
//! With `sums`, from the sums that are kept beside the calls.
//!
//! Prints JSON: the seconds of each run, and every group with its amount at a price list that
//! both sides of `benches/settle` share. With `measure`, what a person wants to know in place of that.

use std::error::Error;
use std::time::Instant;

use jiff::civil::date;
use settlement::scan::{Usage, scan, sums};
use usage::Store;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("usage: scan DIR [RUNS]")?;
    let runs: u32 = arguments.next().map_or(Ok(1), |runs| runs.parse())?;
    let add_up = if arguments.next().as_deref() == Some("sums") { sums } else { scan };
    let is_measured = arguments.next().as_deref() == Some("measure");
    let store = Store::open(dir)?;
    let mut seconds = Vec::new();
    let mut groups = Vec::new();
    for _ in 0..runs {
        // Listing reads the footers, as a query engine must, so it is inside the measure.
        let started = Instant::now();
        let partitions = store.partitions(date(2025, 2, 1), date(2025, 3, 1))?;
        groups = add_up(&partitions, &mut |_| {})?;
        seconds.push(format!("{:.4}", started.elapsed().as_secs_f64()));
    }
    if is_measured {
        let rows: u64 = groups.iter().map(|group| group.events).sum();
        println!(
            "  {rows} rows, {} groups, {} s, {} MiB",
            groups.len(),
            seconds.join(" "),
            memory_mib()
        );
        return Ok(());
    }
    let groups: Vec<String> = groups.iter().map(json).collect();
    println!(r#"{{"seconds":[{}],"groups":[{}]}}"#, seconds.join(","), groups.join(","));
    Ok(())
}

/// A group as an array. The made-up names hold nothing that JSON would escape otherwise.
fn json(usage: &Usage) -> String {
    let Usage { day, channel, product, model, host, tier, events, calls, tokens } = usage;
    let tokens = tokens.by_class().map(|sum| sum.to_string()).join(",");
    let amount = nano_usd(usage);
    format!(
        "[\"{day}\",{channel:?},{product:?},{model:?},{host:?},{tier:?},\
         {events},{calls},{tokens},{amount}]"
    )
}

/// What a group costs in billionths of a dollar. A price of 1 USD per million tokens is 1000
/// of them per token.
fn nano_usd(usage: &Usage) -> u128 {
    let (input, cached, output) = match usage.model.as_str() {
        "gpt-4" => (30_000, 30_000, 60_000),
        "gpt-4o" => (2_500, 1_250, 10_000),
        "gpt-4o-mini" => (150, 75, 600),
        "o1" => (15_000, 7_500, 60_000),
        "o3-mini" => (1_100, 550, 4_400),
        _ => (125, 125, 500),
    };
    usage.tokens.input * input + usage.tokens.cached * cached + usage.tokens.output * output
}

/// The most memory that was in use; 0 where the system does not tell.
fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

//! Imports files into a usage store, for measurements: `ingest DIR FORMAT FILE…`.
//!
//! Prints a line of JSON for all files together: what became of the rows, the seconds it took, those of
//! CPU, and the most memory that was in use, in MiB (0 where the system does not tell).

#![allow(clippy::disallowed_methods, reason = "an example that measures")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use usage::{Defaults, Store};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(dir), Some(format)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ingest DIR FORMAT FILE...".into());
    };
    let (store, format) = (Store::open(dir)?, format.parse()?);
    let started = Instant::now();
    let (mut read, mut new, mut duplicate, mut rejected) = (0, 0, 0, 0);
    for file in arguments {
        let imported = store.import(Path::new(&file), format, &Defaults::default(), &mut |_| {})?;
        read += imported.read;
        new += imported.new;
        duplicate += imported.duplicate;
        rejected += imported.rejected;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        r#"{{"read":{read},"new":{new},"duplicate":{duplicate},"rejected":{rejected},"seconds":{seconds:.3},"cpu_seconds":{:.2},"memory_mib":{}}}"#,
        cpu_seconds(),
        memory_mib()
    );
    Ok(())
}

/// Seconds of CPU this program has used, 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name, which may hold anything, the 12th and 13th are hundredths of user and system time.
    let after = stat.rsplit_once(") ").map_or("", |(_, after)| after);
    let ticks = after.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u32>().ok());
    f64::from(ticks.sum::<u32>()) / 100.0
}

fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

//! How fast the journal is here:
//! `cargo run --release -p journal --example figures -- FOLDER`, on the disk to be measured.

use std::path::PathBuf;
use std::time::Instant;

use journal::{Condition, Filter, Journal, NewEvent, Position};

const SINGLE: u64 = 2_000;
const MANY: u64 = 200_000;
const BATCH: u64 = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let journal = Journal::open(&folder.path().join("journal.db")).await?;
        let recorded = "2025-01-21T00:00:00Z".parse()?;
        let mut head = journal.head().await?;
        let say = |what, events: u64, start: Instant| {
            let seconds = start.elapsed().as_secs_f64();
            println!("{what}: {events} events in {seconds:.2} s, {:.0}/s", events as f64 / seconds);
        };

        let start = Instant::now();
        for n in 0..SINGLE {
            head = journal.append(Condition::head(head.position), recorded, vec![event(n)]).await?;
        }
        say("append, one event each", SINGLE, start);

        let start = Instant::now();
        for batch in 0..MANY / BATCH {
            let events = (0..BATCH).map(|n| event(batch * BATCH + n)).collect();
            head = journal.append(Condition::head(head.position), recorded, events).await?;
        }
        say("append, a thousand each", MANY, start);

        let start = Instant::now();
        journal.verify_against(head).await?;
        say("verify", head.position.0, start);

        let start = Instant::now();
        let read = journal.read(Position::BEFORE_FIRST, &Filter::all()).await?;
        say("read all", read.len() as u64, start);

        let start = Instant::now();
        journal.read(Position::BEFORE_FIRST, &Filter::stream("case/7")).await?;
        say("read one stream, looking at", head.position.0, start);
        Ok(())
    })
}

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

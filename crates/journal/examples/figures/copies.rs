//! How fast copies and views are here:
//! `cargo run --release -p journal --example copies -- FOLDER`, on the disk to be measured.

use std::path::PathBuf;
use std::time::Instant;

use journal::{Anchor, Condition, Copy, Form, Journal, NewEvent, Sequence, compare, verify_view};

const EVENTS: u64 = 200_000;
const BATCH: u64 = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        let journal = Journal::open(&folder.path().join("journal.db")).await?;
        let mut head = journal.head().await?;
        for batch in 0..EVENTS / BATCH {
            let events = (0..BATCH).map(|n| event(batch * BATCH + n)).collect();
            let recorded = "2025-01-21T00:00:00Z".parse()?;
            head = journal.append(Condition::head(head.position), recorded, events).await?;
        }
        let say = |what, start: Instant| {
            let seconds = start.elapsed().as_secs_f64();
            println!("{what}: {seconds:.2} s, {:.0} events/s", EVENTS as f64 / seconds);
        };

        let file = folder.path().join("copy.jsonl");
        let start = Instant::now();
        journal.export(&file).await?;
        say("export", start);

        let other = Journal::open(&folder.path().join("other.db")).await?;
        let start = Instant::now();
        other.import(Copy::open(&file)?).await?;
        say("import", start);

        let start = Instant::now();
        compare(Sequence::journal(&journal).await?, Sequence::journal(&other).await?).await?;
        say("compare two journals", start);

        let view = folder.path().join("view.jsonl");
        for form in [Form::Whole, Form::Selected] {
            let start = Instant::now();
            let extent =
                journal.view(&view, "oracle", form, |event| event.position.0 % 10 == 0).await?;
            say("view of a tenth", start);
            let start = Instant::now();
            verify_view(&view, Anchor::Root { events: EVENTS, root: extent.root })?;
            say("verify it", start);
        }
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

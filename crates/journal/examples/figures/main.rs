//! How fast the journal is here; `benches/append` runs it beside PostgreSQL.
//!
//!     figures writers FOLDER WRITERS SECONDS    many writers, a stream each, every event acknowledged
//!     figures single FOLDER APPENDS             one writer beside a bare append and fdatasync
//!     figures replay FOLDER EVENTS              opening, verifying, reading and decoding
//!
//! FOLDER is on the disk to be measured.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use journal::{Condition, Event, Filter, Journal, NewEvent, Position, ReadError, Verdict};
use serde::Deserialize;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    match arguments[..] {
        ["writers", folder, writers, seconds] => {
            let limit = Duration::from_secs(seconds.parse()?);
            runtime.block_on(writers_at_once(folder.as_ref(), writers.parse()?, limit))
        }
        ["single", folder, appends] => runtime.block_on(single(folder.as_ref(), appends.parse()?)),
        ["replay", folder, events] => runtime.block_on(replay(folder.as_ref(), events.parse()?)),
        _ => Err("usage: figures writers|single|replay FOLDER …".into()),
    }
}

async fn writers_at_once(folder: &Path, writers: u64, limit: Duration) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(folder)?;
    let journal = Arc::new(Journal::open(&folder.path().join("journal.db")).await?);
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let journal = Arc::clone(&journal);
            tokio::spawn(async move {
                let stream = format!("case/{writer}");
                let (mut known, mut count) = (Position::BEFORE_FIRST, 0);
                while start.elapsed() < limit {
                    let unchanged = Condition::stream(&stream, known);
                    let event = NewEvent { stream: stream.clone(), ..event(count) };
                    let head = journal.append(unchanged, RECORDED, vec![event]).await;
                    known = head.map_err(|error| error.to_string())?.position;
                    count += 1;
                }
                Ok::<u64, String>(count)
            })
        })
        .collect();
    let mut count = 0;
    for task in tasks {
        count += task.await??;
    }
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(journal.head().await?.position, Position(count));
    println!("{:.0}", count as f64 / seconds);
    Ok(())
}

/// Appends one event at a time, and as many bytes to a bare file, in turns.
async fn single(folder: &Path, appends: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(folder)?;
    let journal = Journal::open(&folder.path().join("journal.db")).await?;
    let mut bare =
        OpenOptions::new().create(true).append(true).open(folder.path().join("bare.log"))?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut head = journal.head().await?;
    for n in 0..appends {
        let start = Instant::now();
        head = journal.append(Condition::head(head.position), RECORDED, vec![event(n)]).await?;
        ours.push(start.elapsed());
        theirs.push(append_bare(&mut bare, n)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    println!("journal {ours:?}  append + fdatasync {theirs:?}  ratio {ratio:.2}");
    Ok(())
}

fn append_bare(file: &mut File, n: u64) -> Result<Duration, Failure> {
    let event = event(n);
    let start = Instant::now();
    let mut bytes = serde_json::to_vec(&event)?;
    // The salt, the hash before it and its own.
    bytes.extend([7; 96]);
    file.write_all(&bytes)?;
    file.sync_data()?;
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// What an event of ours says, as a caller would read it.
#[derive(Deserialize)]
struct Offered {
    lots: u64,
}

async fn replay(folder: &Path, events: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(folder)?;
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).await?;
    let (mut head, start) = (journal.head().await?, Instant::now());
    while head.position.0 < events {
        let batch = (head.position.0..events.min(head.position.0 + 1000)).map(event).collect();
        head = journal.append(Condition::head(head.position), RECORDED, batch).await?;
    }
    say("append, a thousand each", events, start.elapsed(), None);
    journal.close().await?;

    let start = Instant::now();
    let journal = Journal::open(&path).await?;
    assert_eq!(journal.head().await?, head);
    println!("open and find the head: {:?}", start.elapsed());

    let (start, cpu) = (Instant::now(), cpu()?);
    assert_eq!(journal.verify_against(head).await?, Verdict::Intact { head });
    say("verify", events, start.elapsed(), Some(self::cpu()? - cpu));

    let (start, cpu) = (Instant::now(), self::cpu()?);
    let mut lots = 0_u64;
    let fold = journal.stream(Position::BEFORE_FIRST, &Filter::all()).try_for_each(|event| {
        lots += decode(event);
        std::future::ready(Ok::<(), ReadError>(()))
    });
    fold.await?;
    assert_eq!(lots, events * (events - 1) / 2);
    say("read, verify and decode", events, start.elapsed(), Some(self::cpu()? - cpu));

    let start = Instant::now();
    journal.read(Position::BEFORE_FIRST, &Filter::stream("case/7")).await?;
    say("read one stream, looking at", events, start.elapsed(), None);
    Ok(())
}

fn decode(event: Event) -> u64 {
    serde_json::from_value::<Offered>(event.payload).map_or(0, |offered| offered.lots)
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

//! Makes a journal long: enters the cases of a workspace again and again under other names.
//!
//! `long_journal JOURNAL EVENTS` goes on until there are so many events. For measuring how long a long
//! journal takes to open; see `benches/open`.

use std::error::Error;
use std::path::Path;

use journal::{Condition, Filter, Journal, NewEvent, Position};

/// How many events are entered at once.
const AT_ONCE: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(path), Some(events)) = (args.next(), args.next()) else {
        return Err("usage: long_journal JOURNAL EVENTS".into());
    };
    let events: u64 = events.parse()?;
    tokio::runtime::Builder::new_current_thread().build()?.block_on(lengthen(&path, events))
}

async fn lengthen(path: &str, events: u64) -> Result<(), Box<dyn Error>> {
    let journal = Journal::open(Path::new(path)).await?;
    let cases = Filter { stream_prefix: Some("case/".to_string()), ..Filter::all() };
    let cases = journal.read(Position::BEFORE_FIRST, &cases).await?;
    let Some(recorded) = cases.iter().map(|event| event.recorded).max() else {
        return Err("there is no case to enter again".into());
    };
    let mut head = journal.head().await?;
    let mut copy = 0_u64;
    while head.position.0 < events {
        let mut batch = Vec::new();
        while batch.len() < AT_ONCE {
            copy += 1;
            batch.extend(cases.iter().map(|event| NewEvent {
                kind: event.kind.clone(),
                stream: format!("{}-{copy}", event.stream),
                actor: event.actor.clone(),
                cause: event.cause.clone(),
                effective: event.effective,
                payload: event.payload.clone(),
            }));
        }
        head = journal.append(Condition::head(head.position), recorded, batch).await?;
    }
    journal.close().await?;
    Ok(())
}

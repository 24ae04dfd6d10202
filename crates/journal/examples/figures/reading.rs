//! Opening, verifying, reading and decoding.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use futures_util::TryStreamExt;
use journal::{Condition, Event, Filter, Head, Journal, Position, ReadError, Verdict};
use serde::Deserialize;

use crate::{Failure, RECORDED, cpu, event, say};

/// What an event of ours says, as a caller would read it.
#[derive(Deserialize)]
struct Offered {
    lots: u64,
}

pub async fn replay(folder: &Path, events: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(folder)?;
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).await?;
    let start = Instant::now();
    let head = fill(&journal, events).await?;
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
    let fold = journal.replay(Head::EMPTY, 0, |lots: &mut u64, event| {
        *lots += event.decode::<Offered>().map_or(0, |offered| offered.lots);
        ControlFlow::Continue(())
    });
    let all = events * (events - 1) / 2;
    assert_eq!(fold.await?, (all, head));
    say("read, verify and decode", events, start.elapsed(), Some(self::cpu()? - cpu));

    let (start, cpu) = (Instant::now(), self::cpu()?);
    let mut lots = 0_u64;
    let fold = journal.stream(Position::BEFORE_FIRST, &Filter::all()).try_for_each(|event| {
        lots += decode(event);
        std::future::ready(Ok::<(), ReadError>(()))
    });
    fold.await?;
    assert_eq!(lots, all);
    say("the same, each event to keep", events, start.elapsed(), Some(self::cpu()? - cpu));

    let start = Instant::now();
    journal.read(Position::BEFORE_FIRST, &Filter::stream("case/7")).await?;
    say("read one stream, looking at", events, start.elapsed(), None);
    Ok(())
}

fn decode(event: Event) -> u64 {
    serde_json::from_value::<Offered>(event.payload).map_or(0, |offered| offered.lots)
}

/// Appends events until there are as many as are wanted.
pub async fn fill(journal: &Journal, events: u64) -> Result<Head, Failure> {
    let mut head = journal.head().await?;
    while head.position.0 < events {
        let batch = (head.position.0..events.min(head.position.0 + 1000)).map(event).collect();
        head = journal.append(Condition::head(head.position), RECORDED, batch).await?;
    }
    Ok(head)
}

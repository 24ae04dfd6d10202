//! Appending: by many at once, and by one.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{Condition, Journal, NewEvent, Position};

use crate::{Failure, RECORDED, event};

pub async fn writers_at_once(folder: &Path, writers: u64, limit: Duration) -> Result<(), Failure> {
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
pub async fn single(folder: &Path, appends: u64) -> Result<(), Failure> {
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

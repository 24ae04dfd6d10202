//! Appending: by many at once, and by one.

use std::fs::{File, OpenOptions};
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{Condition, Journal, NewEvent, Position};

use crate::{Failure, RECORDED, cpu, event};

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
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu()?);
    assert_eq!(journal.head().await?.position, Position(count));
    let micros = cpu.as_secs_f64() * 1e6 / count as f64;
    println!("{:.0} {micros:.1}", count as f64 / seconds);
    Ok(())
}

/// Writes as many bytes as a batch of every writer's event, over those of a file, and syncs them,
/// again and again: no group of writers who wait for the disk can be faster than that.
pub fn syncs(folder: &Path, writers: usize, limit: Duration) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(folder)?;
    let mut file = File::create(folder.path().join("bare"))?;
    let batch = vec![7; writers * bare(0)?.len()];
    let (mut times, mut start) = (Vec::new(), Instant::now());
    for round in 0.. {
        let began = Instant::now();
        if round % BATCHES == 0 {
            file.rewind()?;
        }
        if round == BATCHES {
            (times, start) = (Vec::new(), began);
        }
        if round > BATCHES && start.elapsed() > limit {
            break;
        }
        file.write_all(&batch)?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    let rate = (writers * times.len()) as f64 / start.elapsed().as_secs_f64();
    println!("{rate:.0} {}", median(times).as_micros());
    Ok(())
}

/// How many batches are written before the file's beginning is written over, as logs are.
const BATCHES: u64 = 100;

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
    let start = Instant::now();
    file.write_all(&bare(n)?)?;
    file.sync_data()?;
    Ok(start.elapsed())
}

fn bare(n: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = serde_json::to_vec(&event(n))?;
    // The salt, the hash before it and its own.
    bytes.extend([7; 96]);
    Ok(bytes)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

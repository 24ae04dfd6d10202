//! Loads an OpenAI-compatible server: as many connections as told, each with one call at a time.
//!
//! A call counts once its whole answer is there, has status 200 and ends as it should. Whatever
//! else happens is an error, and its connection is opened anew. What processes cost meanwhile is
//! read from `/proc`, those they started included.

mod answer;
mod call;
mod figures;
mod process;
mod shape;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use crate::process::Process;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A chat completion of 32 tokens as JSON.
    Json,
    /// The same as a stream of 32 chunks of text.
    Sse,
    /// Calls of many kinds in turn; the URL is then the server's alone.
    Mixed,
}

/// Loads an OpenAI-compatible server and prints what it did, and what it cost.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// The server's URL, with the path of the calls: `http://127.0.0.1:4000/v1/chat/completions`.
    url: String,
    /// What is asked for.
    #[arg(long, value_enum, default_value_t = Kind::Json)]
    kind: Kind,
    /// How many connections, each with one call at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// For how many seconds calls are counted.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How many seconds of calls come before those that are counted.
    #[arg(long, default_value_t = 1.0)]
    warm: f64,
    /// Stops after so many calls altogether.
    #[arg(long)]
    calls: Option<u64>,
    /// The key, sent as `Authorization: Bearer`.
    #[arg(long, default_value = "upstream-openai-key")]
    key: String,
    /// Another header, as `name: value`; may be repeated.
    #[arg(long = "header")]
    headers: Vec<String>,
    /// The model asked for.
    #[arg(long, default_value = "gpt-4o-mini")]
    model: String,
    /// How many tokens, and so chunks of text.
    #[arg(long, default_value_t = 32)]
    chunks: u32,
    /// How many bytes the prompt has.
    #[arg(long, default_value_t = 200)]
    prompt: usize,
    /// Asks streams to report their usage, in a chunk of its own before the end.
    #[arg(long)]
    usage: bool,
    /// A process whose cost is measured: `NAME=PID`; may be repeated.
    #[arg(long = "process", value_parser = process::parse)]
    processes: Vec<Process>,
    /// Writes the `x-request-id` of each whole answer to a file, one a line.
    #[arg(long)]
    ids: Option<PathBuf>,
    /// Prints one line of `name=value` for scripts.
    #[arg(long)]
    plain: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let target = match call::Target::new(&arguments) {
        Ok(target) => target,
        Err(wrong) => {
            eprintln!("{wrong}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the system has room for a runtime");
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let plan = figures::Plan {
        connections: arguments.connections,
        warm: seconds(arguments.warm),
        measured: seconds(arguments.seconds),
        calls: arguments.calls,
        ids: arguments.ids,
        processes: arguments.processes,
    };
    let figures = runtime.block_on(figures::measure(target, plan));
    // Whatever still waits for an answer is dropped with its connection.
    runtime.shutdown_background();
    let figures = match figures {
        Ok(figures) => figures,
        Err(error) => {
            eprintln!("the ids could not be written: {error}");
            return ExitCode::from(2);
        }
    };
    if arguments.plain {
        figures.print_plain()
    } else {
        figures.print()
    }
    if figures.errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

//! The `charter` binary: reads arguments, opens the world, calls the others.
//!
//! Everything with an effect is here: the clock, files, the journal, the terminal. What to do is
//! decided by the crates below, which are functions of what this one hands them.

mod cli;
mod commands;
mod guide;
mod outcome;
mod random;
mod term;
mod waker;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    // There is one call of this, so it cannot find another's hook in its place.
    let _ = miette::set_hook(Box::new(|_| Box::new(term::report_style())));
    let cli = match guide::parse(std::env::args_os().collect(), workspace::Clock::Machine) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; anything else is wrong use.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let json = cli.json;
    match commands::run(cli, workspace::Clock::Machine) {
        Ok(answer) => answer.code(),
        Err(failure) => failure.print(json),
    }
}

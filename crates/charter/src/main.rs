//! The `charter` binary: reads arguments and hands them to the commands.

use std::process::ExitCode;

use shell::cli::Command;
use shell::workspace::Clock;
use shell::{commands, guide, report_style};

fn main() -> ExitCode {
    // There is one call of this, so it cannot find another's hook in its place.
    let _ = miette::set_hook(Box::new(|_| Box::new(report_style())));
    let cli = match guide::parse(std::env::args_os().collect(), Clock::Machine) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers; anything else is wrong use.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let json = cli.json;
    let done = match cli.command {
        // The server is above the commands, which it runs for others.
        Command::Serve(args) => web::serve(&cli.directory, Clock::Machine, &args, json),
        _ => commands::run(cli, Clock::Machine),
    };
    match done {
        Ok(answer) => answer.code(),
        Err(failure) => failure.print(json),
    }
}

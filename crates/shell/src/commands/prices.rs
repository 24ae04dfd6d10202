//! Published prices, as price lists; and the price lists there are.

mod choose;
mod document;
mod genai_prices;
mod import;
mod json;
mod litellm;
mod show;
mod source;
mod table;

use crate::outcome::Outcome;
use crate::workspace::Workspace;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Write published prices as a document with price lists
    Import(import::Args),
    /// Show what tokens and calls cost on a day, and which list says so
    Show(show::Args),
}

pub fn run(workspace: &Workspace, command: &Command, json: bool) -> Outcome {
    match command {
        Command::Import(args) => import::run(workspace, args, json),
        Command::Show(args) => show::run(workspace, args, json),
    }
}

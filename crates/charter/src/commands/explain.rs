use serde::Serialize;

use crate::outcome::{Answer, Failure, Outcome};
use crate::say;
use crate::term;

/// Explains a finding of `charter check`: what it means, an example that has it and one that does not.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter explain charter::exclusivity::overlap
  charter explain exclusivity::overlap
  charter explain                          every code there is")]
pub struct Args {
    /// The code, as a finding shows it; all codes if not given
    code: Option<String>,
}

/// A page as `--json` shows it.
#[derive(Serialize)]
struct Row {
    code: &'static str,
    page: &'static str,
}

pub fn run(args: &Args, json: bool) -> Outcome {
    let Some(code) = &args.code else {
        let rows: Vec<_> =
            ::terms::explain::pages().map(|(code, page)| Row { code, page }).collect();
        if json {
            term::json(&rows)?;
        } else {
            rows.iter().for_each(|row| say!("{:<40} {}", row.code, first_sentence(row.page)));
        }
        return Ok(Answer::Yes);
    };
    let page = ::terms::explain(code).map_err(|suggestion| {
        Failure::wrong_use(
            format!("no finding has the code `{code}`"),
            format!("{suggestion}\n`charter explain` lists every code"),
        )
    })?;
    if json {
        term::json(&serde_json::json!({ "code": code, "page": page }))?;
    } else {
        say!("{}", page.trim_end());
    }
    Ok(Answer::Yes)
}

/// The first sentence of a page, on one line.
fn first_sentence(page: &str) -> String {
    let paragraph = page.split("\n\n").nth(1).unwrap_or_default();
    let sentence = paragraph.split_inclusive(['.', ':']).next().unwrap_or_default();
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

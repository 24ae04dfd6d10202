use serde::Serialize;

use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;

/// Explains a finding of `charter check`, with an example that has it and one that does not, or a kind
/// of block, with everything it may hold.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter explain charter::exclusivity::overlap
  charter explain exclusivity::overlap
  charter explain right_of_first_refusal
  charter explain                          every code there is")]
pub struct Args {
    /// The code, as a finding shows it, or a kind of block; all codes if not given
    #[arg(value_name = "CODE")]
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
    let page = match ::terms::reference_of(code) {
        Some(page) => match sourcing::parameter::left_aside(code) {
            Some(aside) => format!("{page}\n{aside}"),
            None => page,
        },
        None => ::terms::explain(code).map(str::to_string).map_err(|suggestion| {
            let help = format!("{suggestion}\n`charter explain` lists every code");
            Failure::wrong_use(format!("no finding has the code `{code}`"), help)
        })?,
    };
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

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use terms::{Assumption, Severity, assumption, finding::Record};

use crate::outcome::{Answer, Outcome};
use crate::term;
use crate::term::{complain, say};
use crate::workspace::Workspace;

/// Reads every document of the workspace and reports everything that is wrong in one run, and what
/// the documents assume.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter -C examples/microsoft-openai check
  charter check --json | jq '.findings[].code'
  charter check --json | jq '.assumptions[].why'

Exits with 1 if there is an error.")]
pub struct Args {}

#[derive(Serialize)]
struct Report<'a> {
    documents: Vec<&'a str>,
    clauses: usize,
    errors: usize,
    drafts: &'a [String],
    findings: Vec<Record<'a>>,
    assumptions: Vec<assumption::Record<'a>>,
}

pub fn run(workspace: &Workspace, _: &Args, json: bool) -> Outcome {
    let compiled = workspace.read_terms()?;
    let errors = compiled.findings.iter().filter(|f| f.severity == Severity::Error).count();
    let documents: Vec<_> =
        compiled.terms.documents.iter().map(|framed| framed.document.name.as_str()).collect();
    if json {
        term::json(&Report {
            documents,
            clauses: compiled.terms.clauses.len(),
            errors,
            drafts: &compiled.drafts,
            findings: compiled.findings.iter().map(|finding| finding.record()).collect(),
            assumptions: compiled.terms.assumptions.iter().map(Assumption::record).collect(),
        })?;
        return Ok(Answer::of(errors == 0));
    }
    let count = documents.len();
    let clauses = compiled.terms.clauses.len();
    for finding in &compiled.findings {
        complain!("{:?}", miette::Report::new(finding.clone()));
    }
    print_assumptions(&compiled.terms.assumptions);
    for draft in &compiled.drafts {
        say!(
            "{} `{draft}` differs from its adopted text; what was adopted stays in force",
            term::yellow("note:")
        );
    }
    let verdict = match errors {
        0 => term::green("no errors"),
        some => term::red(term::count(some, "error")),
    };
    // What is wrong in the block that would make one is said already.
    if errors == 0 && compiled.terms.agreements().next().is_none() {
        say!(
            "{} there is no agreement here: a document with an `agreement` block makes one",
            term::yellow("note:")
        );
    }
    let (documents, clauses) = (term::count(count, "document"), term::count(clauses, "clause"));
    say!("{verdict} in {documents}, {clauses}");
    Ok(Answer::of(errors == 0))
}

/// What no source states, as a table a document: on which line, what, and why it was taken so. What
/// a block assumes for one reason stands in one row.
fn print_assumptions(assumptions: &[Assumption]) {
    if assumptions.is_empty() {
        return;
    }
    say!("{}", term::count(assumptions.len(), "assumption"));
    let document = |assumed: &Assumption| assumed.origin.document.name.clone();
    for of_document in assumptions.chunk_by(|one, other| document(one) == document(other)) {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(term::width()).unwrap_or(u16::MAX));
        let same =
            |one: &Assumption, other: &Assumption| one.block == other.block && one.why == other.why;
        for group in of_document.chunk_by(same) {
            let values: Vec<_> = group.iter().filter_map(value).collect();
            let what = format!("{}\n{}", group[0].block, values.join("\n"));
            let line = group[0].origin.line().to_string();
            table.add_row([line, what.trim_end().to_string(), group[0].why.clone()]);
        }
        say!("\n{}", term::bold(document(&of_document[0])));
        table.lines().for_each(|line| say!("{}", line.trim_end()));
    }
    say!("");
}

/// An assumed value as a document writes it; `None` where all of a block is assumed.
fn value(assumed: &Assumption) -> Option<String> {
    let name = assumed.name.as_deref()?;
    Some(match &assumed.value {
        Some(value) => format!("  {name} = {value}"),
        None => format!("  {name}"),
    })
}

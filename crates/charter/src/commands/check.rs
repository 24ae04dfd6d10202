use serde::Serialize;
use terms::{Severity, finding::Record};

use crate::outcome::{Answer, Outcome};
use crate::say;
use crate::term;
use crate::workspace::Workspace;

/// Reads every document of the workspace and reports everything that is wrong in one run.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter -C examples/microsoft-openai check
  charter check --json | jq '.findings[].code'

Exits with 1 if there is an error.")]
pub struct Args {}

#[derive(Serialize)]
struct Report<'a> {
    documents: Vec<&'a str>,
    clauses: usize,
    errors: usize,
    drafts: &'a [String],
    findings: Vec<Record<'a>>,
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
        })?;
        return Ok(Answer::of(errors == 0));
    }
    let count = documents.len();
    let clauses = compiled.terms.clauses.len();
    for finding in &compiled.findings {
        anstream::eprintln!("{:?}", miette::Report::new(finding.clone()));
    }
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
    if compiled.terms.agreements().next().is_none() {
        say!(
            "{} there is no agreement here: a document with an `agreement` block makes one",
            term::yellow("note:")
        );
    }
    let (documents, clauses) = (term::count(count, "document"), term::count(clauses, "clause"));
    say!("{verdict} in {documents}, {clauses}");
    Ok(Answer::of(errors == 0))
}

use std::path::PathBuf;

use miette::Report;
use rights::{Decision, Reason, Rule, Verdict};
use terms::{Act, Basis, Parameter, Verb};

use super::time::{When, day_and_known};
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;

/// Asks whether an act is allowed: permitted, conditional or forbidden, and why.
#[derive(clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// What is done: contract, build, serve, use, resell …
    act: String,
    /// by=PARTY and whatever else is to be said of the act
    #[arg(value_name = "KEY=VALUE")]
    pairs: Vec<String>,
    /// The day of the act; today if not given
    #[arg(long, value_name = "DATE")]
    at: Option<When>,
    /// Only what was known by then; everything at hand if not given
    #[arg(long, value_name = "DATE")]
    known: Option<When>,
    /// Suppose what this document says
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

/// The acts there are, as the language has them.
fn after_help() -> String {
    let acts = Verb::WORDS.iter().filter_map(|word| Verb::from_word(word)).map(|verb| {
        let said = verb.attributes().iter().map(|attribute| format!(" {attribute}="));
        format!("  {:<9}{}\n", verb.word(), said.collect::<String>())
    });
    format!(
        "\
Acts and what may be said of them, beside by=PARTY:
{}What is left open counts against the act.

Examples:
  charter ask contract by=openai provider=oci kind=new purpose=training --at 2025-02-01
  charter ask use by=microsoft asset=models product=copilot --at 2031-06-01 --known 2025-06-01

Exits with 0 if the act is permitted, 1 if it is conditional or forbidden.",
        acts.collect::<String>()
    )
}

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let terms = workspace.sound_terms(args.scenario.as_deref())?;
    let act = Act::parse(&args.act, &args.pairs, &terms.registry).map_err(|errors| {
        let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
        Failure::WrongUse(Report::msg(messages.join("\n")))
    })?;
    let (on, known) = day_and_known(&terms, args.at, args.known, workspace.now)?;
    let decision = rights::decide(&terms.in_force(on, known), &act);
    if json {
        term::json(&decision)?;
    } else {
        print(&decision);
    }
    Ok(Answer::of(decision.verdict == Verdict::Permitted))
}

/// Shows a decision: the verdict, each deciding clause with its text, and the way out.
pub fn print(decision: &Decision) {
    say!("{}  {} on {}", term::verdict(decision.verdict), decision.act, decision.on);
    for reason in &decision.because {
        print_reason(reason);
    }
    match decision.rule {
        _ if !decision.because.is_empty() => {}
        Rule::NoLicence => say!("  no licence holds it"),
        _ => say!("  no clause stands against it"),
    }
    if let Some(way_out) = &decision.way_out {
        term::item("  to get there: ", "    ", way_out);
    }
    if !decision.considered.is_empty() {
        say!("  {}", term::dim("considered:"));
    }
    for considered in &decision.considered {
        let text =
            format!("{} ({}): {}", considered.clause, considered.document, considered.why_not);
        term::item("    ", "      ", &text);
    }
}

fn print_reason(reason: &Reason) {
    say!(
        "  {}  {}",
        term::bold(&reason.clause),
        term::dim(format!("{}:{}", reason.document, reason.line))
    );
    let window = reason.response_window.as_ref();
    let window = window.map_or(String::new(), |window| format!("; it has {window} to answer"));
    term::item("    ", "    ", &format!("{}{window}", reason.why));
    term::prose("    │ ", &reason.text);
    for (why, parameters) in by_reason(&reason.assumed) {
        term::item("    ", "      ", &format!("assumed {}: {why}", parameters.join(", ")));
    }
}

/// Assumed values by why they are assumed, in the order of the clause.
fn by_reason(assumed: &[Parameter]) -> Vec<(&str, Vec<String>)> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for parameter in assumed {
        let Basis::Assumed(why) = &parameter.basis else { continue };
        match reasons.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, parameters)) => parameters.push(parameter.to_string()),
            None => reasons.push((why, vec![parameter.to_string()])),
        }
    }
    reasons
}

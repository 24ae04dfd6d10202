//! The order of precedence, on the partnership of `examples/microsoft-openai`: an act, a day, what
//! was known; the verdict and the clauses that decided. `precedence_at_the_edges.rs` has what that
//! agreement does not.

mod common;

use std::sync::Arc;

use common::example;
use rights::{Decision, Rule, Verdict, decide};
use terms::{Act, Document, Known, Source, Terms};

// A row: an act; the day; what was known, by its day or `all`; the verdict; the clauses that decided.

const EXCLUSIVITY: &str = "
contract by=openai provider=oci kind=new purpose=training | 2023-05-01 | all | forbidden | exclusivity.cloud
contract by=openai provider=azure kind=new purpose=training | 2023-05-01 | all | permitted |
# Not even OpenAI itself, and whatever is left open.
build by=openai | 2023-05-01 | all | forbidden | exclusivity.cloud
contract by=openai | 2023-05-01 | all | forbidden | exclusivity.cloud
# It binds OpenAI alone.
contract by=softbank provider=oci | 2023-05-01 | all | permitted |
# The day before it began, the first day, the last.
contract by=openai provider=oci | 2019-07-21 | all | permitted |
contract by=openai provider=oci | 2019-07-22 | all | forbidden | exclusivity.cloud
contract by=openai provider=oci | 2025-01-20 | all | forbidden | exclusivity.cloud
contract by=openai provider=oci kind=existing | 2025-01-21 | all | permitted | exclusivity.cloud ended
# The API stays on Azure until it may go anywhere.
serve by=openai service=openai-api host=oci | 2025-02-01 | all | forbidden | exclusivity.api-hosting
serve by=openai service=openai-api host=azure | 2025-02-01 | all | permitted |
serve by=openai service=openai-api | 2025-02-01 | all | forbidden | exclusivity.api-hosting
serve by=openai host=oci | 2025-02-01 | all | forbidden | exclusivity.api-hosting
serve by=openai service=openai-api host=oci | 2026-04-26 | all | forbidden | exclusivity.api-hosting
serve by=openai service=openai-api host=oci | 2026-04-27 | all | permitted | end.exclusivity.api-hosting
serve by=openai service=openai-api host=oci | 2026-06-01 | all | permitted | end.exclusivity.api-hosting
serve by=openai service=openai-api host=oci | 2026-06-01 | 2026-04-26 | forbidden | exclusivity.api-hosting
";

const FIRST_REFUSAL: &str = "
contract by=openai provider=oci kind=new purpose=training | 2025-02-01 | all | conditional | right_of_first_refusal.new-capacity
contract by=openai provider=azure kind=new | 2025-02-01 | all | permitted |
contract by=openai provider=microsoft kind=new | 2025-02-01 | all | permitted |
# New capacity alone; what is left open may be new.
contract by=openai provider=oci kind=existing | 2025-02-01 | all | permitted | exclusivity.cloud ended
contract by=openai provider=oci | 2025-02-01 | all | conditional | right_of_first_refusal.new-capacity
contract by=openai kind=new | 2025-02-01 | all | conditional | right_of_first_refusal.new-capacity
# It ends with the amendment of October 2025.
contract by=openai provider=oci kind=new | 2025-10-27 | all | conditional | right_of_first_refusal.new-capacity
contract by=openai provider=oci kind=new | 2025-10-28 | all | permitted | end.right_of_first_refusal.new-capacity
contract by=openai provider=oci kind=new purpose=training | 2026-01-15 | all | permitted | end.right_of_first_refusal.new-capacity
contract by=openai provider=oci kind=new | 2026-01-15 | 2025-10-27 | conditional | right_of_first_refusal.new-capacity
# What was believed in 2024 about 2026: the first agreement had no end.
contract by=openai provider=oci kind=new | 2026-01-15 | 2024-12-31 | forbidden | exclusivity.cloud
";

const CONSENT: &str = "
build by=openai purpose=training | 2025-02-01 | all | permitted | consent.own-build
build by=openai purpose=research | 2025-02-01 | all | permitted | consent.own-build
build by=openai purpose=inference | 2025-02-01 | all | conditional | right_of_first_refusal.new-capacity
# A consent needs every reading of the act.
build by=openai | 2025-02-01 | all | conditional | right_of_first_refusal.new-capacity
# It is for building, not for buying.
contract by=openai provider=oci kind=new purpose=training | 2025-02-01 | all | conditional | right_of_first_refusal.new-capacity
# Before there was a consent, and once nothing is left to consent to.
build by=openai purpose=training | 2025-01-20 | all | forbidden | exclusivity.cloud
build by=openai purpose=training | 2026-01-15 | all | permitted | end.right_of_first_refusal.new-capacity
";

const LICENCE: &str = "
use by=microsoft asset=models product=copilot | 2025-02-01 | all | permitted | licence.ip
use by=microsoft model=gpt-4o product=copilot | 2025-02-01 | all | permitted | licence.ip
# Everything that could be used is licensed; from October 2025 no one licence holds it all.
use by=microsoft asset=research-ip product=copilot | 2025-02-01 | all | permitted | licence.ip
use by=microsoft asset=research-ip product=copilot | 2026-01-15 | all | permitted | licence.research-ip
use by=microsoft asset=research-ip product=copilot | 2030-12-31 | all | permitted | licence.research-ip
use by=microsoft asset=research-ip product=copilot | 2031-01-01 | all | forbidden | licence.research-ip
# The licence ended with 2030, as known in June 2025, and runs through 2032, as known now.
use by=microsoft asset=models product=copilot | 2031-06-01 | 2025-06-01 | forbidden | licence.ip
use by=microsoft asset=models product=copilot | 2031-06-01 | all | permitted | licence.ip
use by=microsoft asset=models product=copilot | 2033-01-01 | all | forbidden | licence.ip
# One's own needs none.
use by=openai asset=models | 2025-02-01 | all | permitted |
use by=openai model=gpt-5 | 2019-01-01 | all | permitted |
resell by=openai service=openai-api | 2025-02-01 | all | permitted |
# What one has to himself others have not; later they only lack a licence of their own.
use by=oracle asset=models | 2025-02-01 | all | forbidden | licence.ip
use by=oracle asset=models | 2026-06-01 | all | forbidden |
resell by=oracle service=openai-api | 2025-02-01 | all | forbidden | licence.resale
resell by=oracle service=openai-api | 2026-06-01 | all | forbidden |
resell by=microsoft service=openai-api | 2025-02-01 | all | permitted | licence.resale
resell by=microsoft service=openai-api channel=azure-openai-service | 2026-06-01 | all | permitted | licence.resale
# A licence needs every reading of the act.
use by=microsoft product=copilot | 2020-01-01 | all | forbidden |
";

/// An exclusivity of all requirements, then half, then none, contract year by contract year.
const REQUIREMENTS: &str = r#"
party "lab"   {}
party "cloud" {}
party "rival" {}
cloud "nimbus" { operator = cloud }
cloud "polar"  { operator = rival }
agreement "supply" {
  parties = [lab, cloud]
  signed  = "2025-03-01"
}
exclusivity "requirements" {
  grantor         = lab
  holder          = cloud
  requirement_pct = ["100%", "50%", "0%"]
  metric          = accelerator_hours
  measured_per    = class
  scope {
    act = contract
    except { purpose = research }
  }
}
"#;

// No one contract breaks a promise of half: whether it does is known once the half is measured.
const SHARES: &str = "
contract by=lab provider=polar purpose=training | 2026-02-28 | all | forbidden | exclusivity.requirements
contract by=lab provider=polar purpose=training | 2026-03-01 | all | conditional | exclusivity.requirements
contract by=lab provider=polar | 2026-03-01 | all | conditional | exclusivity.requirements
contract by=lab provider=nimbus purpose=training | 2026-03-01 | all | permitted |
contract by=lab provider=polar purpose=research | 2026-03-01 | all | permitted |
contract by=lab provider=polar purpose=training | 2027-02-28 | all | conditional | exclusivity.requirements
contract by=lab provider=polar purpose=training | 2027-03-01 | all | permitted |
contract by=lab provider=polar purpose=training | 2030-01-01 | all | permitted |
";

#[test]
fn a_share_of_requirements_makes_conditional() {
    let text = format!("```hcl\n{REQUIREMENTS}```\n");
    let source = Source { document: Arc::new(Document::new("supply.md", text)), known: None };
    let (terms, findings) = terms::compile(&[source]);
    assert!(findings.is_empty(), "{findings:?}");
    check_rows(&terms, SHARES);
    let act = "contract by=lab provider=polar purpose=training";
    let decision = ask(&terms, act, "2026-03-01", "all");
    assert_eq!((decision.verdict, decision.rule), (Verdict::Conditional, Rule::Requirement));
    let way_out = "see to it that at least 50% of the accelerator hours it holds stay with `cloud` for each `class`";
    assert_eq!(decision.way_out.as_deref(), Some(way_out));
    // Whoever keeps decisions must ask again on the day on which the share changes.
    let day = |day: &str| day.parse().expect("a day");
    let changes = terms.next_change(day("2025-06-01"), Known::Everything);
    assert_eq!(changes, Some(day("2026-03-01")));
    assert_eq!(terms.next_change(day("2026-03-01"), Known::Everything), Some(day("2027-03-01")));
    assert_eq!(terms.next_change(day("2027-03-01"), Known::Everything), None);
}

#[test]
fn exclusivities_forbid() {
    check_all(EXCLUSIVITY);
}

#[test]
fn first_refusals_make_conditional() {
    check_all(FIRST_REFUSAL);
}

#[test]
fn consents_except() {
    check_all(CONSENT);
}

#[test]
fn licences_permit() {
    check_all(LICENCE);
}

#[test]
fn a_decision_says_why_and_what_to_do() {
    let terms = example();
    let conditional = ask(&terms, "contract by=openai provider=oci kind=new", "2025-02-01", "all");
    let because = &conditional.because[0];
    assert_eq!(because.document, "2025-01.md");
    assert!(because.text.starts_with("Microsoft no longer has to be the only cloud."));
    assert_eq!(because.response_window.as_deref(), Some("30 days"));
    assert_eq!(because.assumed.len(), 7);
    assert_eq!(because.assumed[0].name, "response_window");
    assert!(conditional.way_out.is_some_and(|way| way.contains("`microsoft` notice")));
    // The exclusivity that the right replaced is among what was considered.
    let considered =
        conditional.considered.iter().find(|clause| clause.clause == "exclusivity.cloud");
    assert!(considered.is_some_and(|clause| clause.why_not.starts_with("ended on 2025-01-21")));

    let forbidden = ask(&terms, "use by=oracle asset=models", "2025-02-01", "all");
    assert_eq!(forbidden.because[0].why, "`microsoft` alone has this licence");
    let permitted =
        ask(&terms, "use by=microsoft asset=models product=copilot", "2025-02-01", "all");
    assert_eq!(permitted.way_out, None);
}

fn ask(terms: &Terms, act: &str, on: &str, known: &str) -> Decision {
    let mut words = act.split(' ');
    let verb = words.next().expect("a verb");
    let pairs: Vec<String> = words.map(str::to_string).collect();
    let act = Act::parse(verb, &pairs, &terms.registry).expect("an act");
    let known = match known {
        "all" => Known::Everything,
        day => Known::At(format!("{day}T12:00:00-08:00").parse().expect("an instant")),
    };
    decide(&terms.in_force(on.parse().expect("a day"), known), &act)
}

/// The clauses that decided; `… ended` where a replacement is cited for the end of what it replaced.
fn because(decision: &Decision) -> String {
    let cited = decision.because.iter().map(|reason| match reason.why.split('`').nth(1) {
        Some(ended) if reason.why.contains("` ended on") && !reason.clause.starts_with("end.") => {
            format!("{ended} ended")
        }
        _ => reason.clause.clone(),
    });
    cited.collect::<Vec<_>>().join(", ")
}

fn check_all(rows: &str) {
    check_rows(&example(), rows);
}

fn check_rows(terms: &Terms, rows: &str) {
    let mut wrong = Vec::new();
    for row in rows.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [act, on, known, verdict, clauses] = cells[..] else { panic!("not a row: {row}") };
        let decision = ask(terms, act, on, known);
        let found = (decision.verdict.word(), because(&decision));
        if found != (verdict, clauses.to_string()) {
            wrong.push(format!("{row}: found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Random agreements and random acts: an evaluator rules and a table answers as `decide` does.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rights::{Evaluator, Table, decide};
use terms::{Act, Attribute, Document, Known, Name, Severity, Source, Terms, Verb, compile};

const REGISTRY: &str = r#"
```hcl
party "lab"      { title = "Lab" }
party "studio" {
  title        = "A studio of the lab's"
  affiliate_of = lab
}
party "cloud"    { title = "Cloud" }
party "rival"    { title = "Rival" }
cloud "nimbus"   { operator = cloud }
cloud "polar"    { operator = rival }
asset "models"   { owner = lab }
asset "tools"    { owner = cloud }
model "large" {
  owner = lab
  asset = models
}
model "small"    { owner = rival }
service "api"    { owner = lab }
service "search" { owner = cloud }
channel "direct" {
  seller  = lab
  service = api
}
product "chat"   { owner = lab }
product "office" { owner = cloud }
```
"#;

const PARTIES: [&str; 4] = ["lab", "studio", "cloud", "rival"];
const KINDS: [&str; 6] = [
    "exclusivity",
    "right_of_first_refusal",
    "right_of_first_offer",
    "right_of_first_negotiation",
    "consent",
    "licence",
];

/// Attributes a scope may name, each with values.
const NAMED: [(&str, &[&str]); 12] = [
    ("act", &["contract", "build", "serve", "use", "resell", "sell", "license", "make"]),
    ("subject", &["capacity", "service", "ip", "goods"]),
    ("kind", &["new", "existing"]),
    ("purpose", &["research", "training", "inference"]),
    ("provider", &["cloud", "polar", "rival"]),
    ("host", &["nimbus", "polar"]),
    ("service", &["api", "search"]),
    ("asset", &["models", "tools"]),
    ("product", &["chat", "office"]),
    ("class", &["h100", "gb200"]),
    ("with", &["cloud", "rival"]),
    ("quantity", &["..100", "50..1000", "1000.."]),
];

fn constraints() -> impl Strategy<Value = String> {
    subsequence(NAMED.to_vec(), 0..=2)
        .prop_flat_map(|named| {
            let each = named.into_iter().map(|(name, values)| {
                let most = if name == "quantity" { 1 } else { values.len().min(2) };
                subsequence(values.to_vec(), 1..=most).prop_map(move |values| match &values[..] {
                    [range] if name == "quantity" => format!("{name} = \"{range}\"\n"),
                    values => format!("{name} = [{}]\n", values.join(", ")),
                })
            });
            each.collect::<Vec<_>>()
        })
        .prop_map(|lines| lines.concat())
}

fn scope() -> impl Strategy<Value = String> {
    (constraints(), prop::option::of(constraints())).prop_map(|(holds, except)| {
        let except = except.filter(|except| !except.is_empty());
        let except = except.map_or(String::new(), |except| format!("except {{\n{except}}}\n"));
        format!("scope {{\n{holds}{except}}}\n")
    })
}

fn clause() -> impl Strategy<Value = String> {
    let parties = subsequence(PARTIES.to_vec(), 2).prop_shuffle();
    let years = (2018..2024i16, 3..14i16);
    let more = (
        any::<bool>(),
        select(vec!["exclusive", "sole", "non_exclusive"]),
        select(vec!["no", "affiliates", "end_users", "free"]),
        select(vec!["", "", "sole", "not_unreasonable"]),
    );
    (select(KINDS.to_vec()), parties, prop::collection::vec(scope(), 0..=2), years, more).prop_map(
        |(kind, parties, scopes, (from, length), (flag, exclusivity, whom, asks))| {
            let own = match kind {
                "exclusivity" => {
                    let share = if asks.is_empty() { "100%" } else { "50%" };
                    format!(
                        "binds_grantor_too = {flag}\nrequirement_pct = [\"100%\", \"{share}\"]\nmetric = spend\n"
                    )
                }
                "consent" if !asks.is_empty() => format!("standard = {asks}\n"),
                "licence" => {
                    let field = if flag { "any" } else { "own_products" };
                    let approval = if asks.is_empty() { "none" } else { asks };
                    let too = flag && exclusivity == "exclusive";
                    format!(
                        "exclusivity = {exclusivity}\naffiliates = {flag}\nfield_of_use = {field}\n\
                         sublicense = {whom}\napproval = {approval}\nbinds_grantor_too = {too}\n"
                    )
                },
                _ => String::new(),
            };
            let (grantor, holder) = (parties[0], parties[1]);
            let until = from + length;
            format!(
                "{kind} \"LABEL\" {{\ngrantor = {grantor}\nholder = {holder}\nfrom = \"{from}-01-01\"\n\
                 until = \"{until}-01-01\"\n{own}{}}}\n",
                scopes.concat()
            )
        },
    )
}

fn agreement() -> impl Strategy<Value = Terms> {
    prop::collection::vec(clause(), 1..20).prop_map(|clauses| {
        let mut text = format!(
            "{REGISTRY}\n```hcl\nagreement \"a\" {{\nparties = [lab, cloud]\nsigned = \"2020-01-01\"\n}}\n"
        );
        for (at, clause) in clauses.iter().enumerate() {
            text.push_str(&clause.replace("LABEL", &format!("c{at}")));
        }
        text.push_str("```\n");
        let document = Arc::new(Document::new("random.md", text));
        compile(&[Source { document, known: None }]).0
    })
}

fn act(terms: &Terms) -> impl Strategy<Value = Act> + use<> {
    // What needs a licence comes up more often, as fewer clauses are about it.
    let licensed = ["use", "resell", "license", "use", "resell", "license"];
    let words = Verb::WORDS.iter().chain(&licensed);
    let verbs: Vec<_> = words.filter_map(|word| Verb::from_word(word)).collect();
    let registry = terms.registry.clone();
    let value = move |attribute: Attribute| {
        let mut values = attribute.known_values(&registry);
        match attribute {
            Attribute::Class => values.extend(["h100".to_string(), "other".to_string()]),
            Attribute::Quantity => values.extend(["10", "99", "100", "5000"].map(str::to_string)),
            _ => values.push("unheard-of".to_string()),
        }
        prop::option::weighted(0.8, select(values))
            .prop_map(move |value| value.map(|value| (attribute, value)))
    };
    (select(verbs), select([&PARTIES[..], &["stranger"]].concat())).prop_flat_map(
        move |(verb, by)| {
            let stated: Vec<_> =
                verb.attributes().iter().map(|attribute| value(*attribute)).collect();
            stated.prop_map(move |stated| {
                Act::new(
                    verb,
                    Name::new(by),
                    stated.into_iter().flatten().collect::<BTreeMap<_, _>>(),
                )
            })
        },
    )
}

fn asked() -> impl Strategy<Value = (Terms, Vec<Act>, Date)> {
    agreement().prop_flat_map(|terms| {
        let acts = prop::collection::vec(act(&terms), 20);
        (Just(terms), acts, (2019..2034i16).prop_map(|year| date(year, 6, 1)))
    })
}

/// A quarter of the cases asked for: each is an agreement with twenty acts.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig { cases: asked.cases.div_ceil(4), ..asked }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_evaluator_rules_as_decide_does((terms, acts, on) in asked()) {
        let in_force = terms.in_force(on, Known::Everything);
        let evaluator = Evaluator::new(&in_force);
        for act in acts {
            let decision = decide(&in_force, &act);
            let ruling = evaluator.ruling(&act);
            prop_assert_eq!(ruling.verdict, decision.verdict, "{}", act);
            prop_assert_eq!(ruling.rule, decision.rule, "{}", act);
            let ruled: Vec<_> = ruling.because.iter().map(|b| b.clause.id.to_string()).collect();
            // What has ended is only cited by `decide`.
            let in_force = |clause: &String| in_force.clauses.iter().any(|c| c.id.to_string() == *clause);
            let decided = decision.because.iter().map(|reason| reason.clause.clone());
            let decided: Vec<_> = decided.filter(in_force).collect();
            prop_assert_eq!(ruled, decided, "{}", act);
        }
    }

    #[test]
    fn a_table_answers_as_decide_does((terms, acts, on) in asked()) {
        let in_force = terms.in_force(on, Known::Everything);
        for act in acts.iter().take(2) {
            let attributes: Vec<_> = act.stated.keys().copied()
                .filter(|attribute| !attribute.known_values(&terms.registry).is_empty()).take(3).collect();
            let table = Table::compile(&in_force, &act.by, act.verb, &attributes);
            let stated: Vec<_> = attributes.iter()
                .filter_map(|attribute| Some((*attribute, act.get(*attribute)?))).collect();
            let Some(cell) = table.cell(stated) else { continue };
            prop_assert_eq!(table.verdict(cell), decide(&in_force, &table.act(cell)).verdict);
        }
    }
}

/// The agreements above are worth asking about: they forbid, condition, consent and license.
#[test]
fn every_rule_comes_up() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut rules = std::collections::HashSet::new();
    for _ in 0..200 {
        let (terms, acts, on) = asked().new_tree(&mut runner).unwrap().current();
        let in_force = terms.in_force(on, Known::Everything);
        rules.extend(acts.iter().map(|act| format!("{:?}", decide(&in_force, act).rule)));
    }
    assert_eq!(rules.len(), 7, "{rules:?}");
}

/// What is generated can be read: only the analysis may find fault with it.
#[test]
fn the_agreements_are_agreements() {
    use proptest::strategy::{Strategy, ValueTree};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let terms = agreement().new_tree(&mut runner).unwrap().current();
    let document = terms.documents[0].document.clone();
    let (_, findings) = compile(&[Source { document, known: None }]);
    let unread = findings.iter().find(|finding| {
        finding.severity == Severity::Error && finding.code.starts_with("charter::value")
    });
    assert!(unread.is_none(), "{unread:?}");
}

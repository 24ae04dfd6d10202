//! Clauses of real contracts, said as terms: one file a category in `real_clauses/`, without a word
//! of the contracts' texts.
//!
//! A file begins with what its clauses speak of. Then each contract has a section: its name as the
//! heading; for every clause of it, by number, how much of it the terms say; and the terms, which
//! begin with an `agreement` and must check clean. What a careful reader would find in the contract
//! itself is announced by a line `Found: code`. `docs/real-clauses.md` counts them.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use terms::{Document, Source, compile};

/// How many contracts a category must cover at least.
const CATEGORIES: [(&str, &str, usize); 10] = [
    ("first-rights", "Rofr/Rofo/Rofn", 47),
    ("most-favoured-nation", "Most Favored Nation", 12),
    ("price-restrictions", "Price Restrictions", 8),
    ("exclusivity", "Exclusivity", 25),
    ("competitive-restriction-exceptions", "Competitive Restriction Exception", 25),
    ("revenue-and-profit-sharing", "Revenue/Profit Sharing", 25),
    ("minimum-commitments", "Minimum Commitment", 25),
    ("volume-restrictions", "Volume Restriction", 25),
    ("liquidated-damages", "Liquidated Damages", 25),
    ("licence-grants", "License Grant", 25),
];

/// One contract of a category: its clauses by number, each with how it can be said.
struct Contract {
    name: String,
    clauses: BTreeMap<usize, Said>,
    /// Codes of what is to be found in it.
    found: Vec<String>,
    text: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Said {
    Full,
    Partial(String),
    Cannot(String),
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_clauses")
}

/// The preamble of a category's file, and its contracts. `None` if there is no such file yet.
fn category(file: &str) -> Option<(String, Vec<Contract>)> {
    let text = fs::read_to_string(folder().join(format!("{file}.md"))).ok()?;
    let mut sections = text.split("\n## ");
    let preamble = sections.next().unwrap().to_string();
    let contracts = sections.map(|section| {
        let (name, body) = section.split_once('\n').unwrap();
        let verdicts = body.lines().take_while(|line| !line.starts_with("```"));
        let clauses = verdicts.filter(|line| line.starts_with("Clause")).flat_map(|line| {
            let (numbers, said) = line.split_once(": ").unwrap();
            let said = match said.split_once(": ") {
                None if said == "full." => Said::Full,
                Some(("partial", lost)) => Said::Partial(lost.to_string()),
                Some(("cannot", why)) => Said::Cannot(why.to_string()),
                _ => panic!("{name}: `{line}` is neither full, partial nor cannot"),
            };
            let numbers = numbers.trim_start_matches("Clauses").trim_start_matches("Clause");
            let numbers: Vec<usize> =
                numbers.split(',').map(|number| number.trim().parse().unwrap()).collect();
            numbers.into_iter().map(move |number| (number, said.clone()))
        });
        Contract {
            name: name.trim().to_string(),
            clauses: clauses.collect(),
            found: body
                .lines()
                .filter_map(|line| line.strip_prefix("Found: "))
                .map(|code| code.trim().to_string())
                .collect(),
            text: format!("# {name}\n{body}"),
        }
    });
    Some((preamble, contracts.collect()))
}

#[test]
fn the_terms_of_every_real_clause_check_clean() {
    let mut unclean = Vec::new();
    for (file, _, _) in CATEGORIES {
        let Some((preamble, contracts)) = category(file) else { continue };
        for contract in contracts {
            let only_cannot = contract.clauses.values().all(|said| matches!(said, Said::Cannot(_)));
            assert!(only_cannot || contract.text.contains("```hcl"), "{}: no terms", contract.name);
            let documents = [&contract.text, &preamble];
            let sources = documents.map(|text| Source {
                document: Arc::new(Document::new(format!("{file}.md"), text.as_str())),
                known: None,
            });
            let (_, findings) = compile(&sources);
            for finding in findings {
                // The preamble serves every contract of the file.
                let announced = contract.found.iter().any(|code| code == finding.code);
                if finding.places[0].document.text != preamble && !announced {
                    let (line, _) =
                        finding.places[0].document.position(finding.places[0].span.start);
                    unclean
                        .push(format!("{} line {line}: {} {finding}", contract.name, finding.code));
                }
            }
        }
    }
    assert!(unclean.is_empty(), "{unclean:#?}");
}

/// The contracts and numbers are those of the real clauses, where they are at hand, and every clause
/// of a contract is answered for.
#[test]
fn every_clause_named_is_a_real_one() {
    let at =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/clauses/cuad-clauses.jsonl");
    let Ok(text) = fs::read_to_string(&at) else {
        eprintln!("skipped: the real clauses are not beside this checkout");
        return;
    };
    let real: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (file, name, _) in CATEGORIES {
        let Some((_, contracts)) = category(file) else { continue };
        for contract in contracts {
            let its = real.iter().find(|row| {
                row["category"] == name && row["contract"].as_str() == Some(&contract.name)
            });
            let its = its.unwrap_or_else(|| panic!("{file}: no contract {}", contract.name));
            let numbers: Vec<_> = (1..=its["clauses"].as_array().unwrap().len()).collect();
            let said: Vec<_> = contract.clauses.keys().copied().collect();
            assert_eq!(said, numbers, "{file}: {}", contract.name);
            for clause in its["clauses"].as_array().unwrap() {
                let clause = clause.as_str().unwrap();
                let long_enough = clause.len() > 40;
                assert!(!long_enough || !contract.text.contains(clause), "{}", contract.name);
            }
        }
    }
}

/// The page that counts what can be said. Renew it with `CHARTER_RENEW=1 cargo test -p terms`.
#[test]
fn the_table_of_real_clauses_is_current() {
    let mut page = "# Real clauses, said as terms\n\nHow much of the clauses of real commercial \
                    contracts (CUAD v1, CC BY 4.0, The Atticus Project) the language says, counted clause \
                    by clause over `crates/terms/tests/real_clauses/`. A clause is *full* if its terms \
                    say all it provides, *partial* if something of it stays prose, and *cannot* if the \
                    language has no terms for it.\n\n\
                    | category | contracts | clauses | full | partial | cannot | full |\n\
                    | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        .to_string();
    let mut total = [0; 5];
    let mut lost = String::new();
    for (file, name, at_least) in CATEGORIES {
        let Some((_, contracts)) = category(file) else { continue };
        assert!(contracts.len() >= at_least, "{file}: {} of {at_least}", contracts.len());
        let all = || contracts.iter().flat_map(|contract| contract.clauses.values());
        let count = |is: fn(&Said) -> bool| all().filter(|said| is(said)).count();
        let counts = [
            contracts.len(),
            all().count(),
            count(|said| *said == Said::Full),
            count(|said| matches!(said, Said::Partial(_))),
            count(|said| matches!(said, Said::Cannot(_))),
        ];
        page.push_str(&row(name, counts));
        total.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        for contract in &contracts {
            for (number, said) in &contract.clauses {
                let (what, why) = match said {
                    Said::Full => continue,
                    Said::Partial(lost) => ("partial", lost),
                    Said::Cannot(why) => ("cannot", why),
                };
                lost.push_str(&format!(
                    "| {name} | {}, {number} | {what} | {} |\n",
                    contract.name.replace('|', "\\|"),
                    why.trim_end_matches('.')
                ));
            }
        }
    }
    page.push_str(&row("**all**", total));
    page.push_str("\n## What is lost\n\n| category | contract and clause | said | what is lost, or why |\n| --- | --- | --- | --- |\n");
    page.push_str(&lost);
    let at = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/real-clauses.md");
    if std::env::var_os("CHARTER_RENEW").is_some() {
        fs::write(&at, &page).unwrap();
    }
    let written = fs::read_to_string(&at).unwrap_or_default();
    assert!(page == written, "stale; renew it with `CHARTER_RENEW=1 cargo test -p terms`");
}

fn row(name: &str, [contracts, clauses, full, partial, cannot]: [usize; 5]) -> String {
    let percent = (full * 100 + clauses / 2).checked_div(clauses).unwrap_or(0);
    format!("| {name} | {contracts} | {clauses} | {full} | {partial} | {cannot} | {percent} % |\n")
}

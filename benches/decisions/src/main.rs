//! `check` at scale, and decisions by table, evaluator and Cedar, all in one run.
//!
//! Figures are medians; ratios are of the same questions in the same run.

mod agreement;

use std::collections::HashMap;
use std::hint::black_box;
use std::str::FromStr;
use std::time::{Duration, Instant};

use agreement::{Clause, PARTIES, Random, documents, sources};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, RestrictedExpression,
};
use rights::{Evaluator, Table, Verdict};
use terms::{Act, Attribute, Known, Name, Verb, compile};

fn main() {
    let asked: Vec<_> = std::env::args().skip(1).collect();
    let wants = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    if wants("decide") {
        [50, 1_000].into_iter().for_each(decide);
    }
    if wants("table") {
        table();
    }
    if wants("check") {
        check();
    }
}

/// The median time of `runs` calls.
fn median(runs: usize, mut call: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[runs / 2]
}

fn check() {
    println!("\ncheck: reading, compiling and analysing an agreement over 200 amendments");
    let mut timed = Vec::new();
    for clauses in [1_000, 2_500, 5_000, 10_000] {
        let documents = documents(clauses, 200);
        let bytes: usize = documents.iter().map(|(_, text)| text.len()).sum();
        let (terms, findings) = compile(&sources(&documents));
        let time = median(5, || _ = black_box(compile(&sources(&documents))));
        println!(
            "  {:>6} clauses, {:>5} kB: {:.3} s, {} findings",
            terms.clauses.len(),
            bytes / 1000,
            time.as_secs_f64(),
            findings.len()
        );
        let mut codes: HashMap<_, usize> = HashMap::new();
        findings.iter().for_each(|finding| *codes.entry(finding.code).or_default() += 1);
        if !codes.is_empty() {
            println!("          {codes:?}");
        }
        timed.push((clauses as f64, time.as_secs_f64()));
    }
    let (first, last) = (timed[0], timed[timed.len() - 1]);
    let exponent = (last.1 / first.1).ln() / (last.0 / first.0).ln();
    println!("  exponent from 1k to 10k: {exponent:.2}");
}

/// A question, as an act and as what Cedar is asked.
struct Question {
    act: Act,
    request: Request,
}

fn questions(clauses: usize) -> Vec<Question> {
    let mut random = Random::new(11);
    let question = |_| {
        // About a clause there is, mostly; sometimes about none.
        let about = Clause::new(random.below(clauses + clauses / 10));
        let purpose = ["training", "inference", "research"][random.below(3)];
        let other = random.below(PARTIES);
        let mut stated: Vec<(Attribute, String)> = vec![(Attribute::Purpose, purpose.to_string())];
        let mut context = vec![("purpose", purpose.to_string())];
        let (verb, by, resource) = if about.kind == "licence" {
            let product =
                format!("product{}", if random.below(3) > 0 { about.cloud } else { other });
            stated.push((Attribute::Product, product.clone()));
            stated.push((Attribute::Asset, format!("asset{}", about.lab)));
            context.push(("product", product));
            (Verb::Use, format!("cloud{}", about.cloud), format!("Asset::\"asset{}\"", about.lab))
        } else {
            let cloud = if random.below(4) == 0 { about.cloud } else { other };
            let region = format!("r{}", about.number);
            stated.push((Attribute::Provider, format!("nimbus{cloud}")));
            stated.push((Attribute::Kind, "new".to_string()));
            stated.push((Attribute::Region, region.clone()));
            let class = format!("h{}", 20 + random.below(2));
            stated.push((Attribute::Class, class.clone()));
            context.extend([
                ("operator", format!("cloud{cloud}")),
                ("kind", "new".to_string()),
                ("region", region),
                ("class", class),
            ]);
            (Verb::Contract, format!("lab{}", about.lab), "Asset::\"capacity\"".to_string())
        };
        let pairs = context
            .into_iter()
            .map(|(key, value)| (key.to_string(), RestrictedExpression::new_string(value)));
        let uid = |text: String| EntityUid::from_str(&text).expect("an entity");
        let request = Request::new(
            uid(format!("Party::\"{by}\"")),
            uid(format!("Action::\"{verb}\"")),
            uid(resource),
            Context::from_pairs(pairs).expect("a context"),
            None,
        );
        let act = Act::new(verb, Name::new(by), stated.into_iter().collect());
        Question { act, request: request.expect("a request") }
    };
    (0..1_000).map(question).collect()
}

fn decide(clauses: usize) {
    // As many clauses that decide about acts, in one document.
    let all = clauses * 10 / 7 + 10;
    let (terms, _) = compile(&sources(&documents(all, 0)));
    let in_force = terms.in_force(jiff::civil::date(2025, 6, 1), Known::Everything);
    let deciding = (0..all).map(Clause::new).filter(Clause::decides).count();
    let evaluator = Evaluator::new(&in_force);
    let questions = questions(all);

    let own = "permit(principal, action in [Action::\"contract\", Action::\"build\"], resource);";
    let policies: Vec<_> = (0..all).filter_map(|at| Clause::new(at).cedar(all)).collect();
    let policies =
        PolicySet::from_str(&format!("{own}\n{}", policies.join("\n"))).expect("policies");
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());

    // The same questions have the same answers.
    let mut counts = [0usize; 3];
    for question in &questions {
        let verdict = evaluator.ruling(&question.act).verdict;
        counts[verdict as usize] += 1;
        let answer = authorizer.is_authorized(&question.request, &policies, &entities);
        let allowed = answer.decision() == Decision::Allow;
        assert_eq!(allowed, verdict == Verdict::Permitted, "{}", question.act);
        assert_eq!(rights::decide(&in_force, &question.act).verdict, verdict, "{}", question.act);
    }
    let each = |time: Duration| time.as_nanos() as f64 / questions.len() as f64;
    let ruled = each(median(51, || {
        questions.iter().for_each(|question| _ = black_box(evaluator.ruling(&question.act)));
    }));
    let worded = each(median(5, || {
        questions
            .iter()
            .for_each(|question| _ = black_box(rights::decide(&in_force, &question.act)));
    }));
    let cedar = each(median(5, || {
        questions.iter().for_each(|question| {
            _ = black_box(authorizer.is_authorized(&question.request, &policies, &entities));
        });
    }));
    println!(
        "{deciding} clauses that decide, {} Cedar policies, 1,000 acts",
        policies.policies().count()
    );
    println!("  permitted, conditional, forbidden: {counts:?}; Cedar agrees on all");
    println!("  evaluator            {:>10.0} ns a decision", ruled);
    println!("  decide, in words     {:>10.0} ns a decision", worded);
    println!(
        "  Cedar                {:>10.0} ns a decision: {:.0} x the evaluator",
        cedar,
        cedar / ruled
    );
}

/// The questions of a gateway: who serves which service where, looked up.
fn table() {
    let (terms, _) = compile(&sources(&documents(1_000, 0)));
    let in_force = terms.in_force(jiff::civil::date(2025, 6, 1), Known::Everything);
    let attributes = [Attribute::Asset, Attribute::Product, Attribute::Purpose];
    let by = Name::new("cloud3");
    let made = Instant::now();
    let table = Table::compile(&in_force, &by, Verb::Use, &attributes);
    let made = made.elapsed();

    let mut random = Random::new(13);
    let acts: Vec<_> = (0..1_000)
        .map(|_| {
            let asset = format!("asset{}", random.below(PARTIES));
            let product = format!("product{}", random.below(PARTIES));
            let purpose = ["training", "inference", "research"][random.below(3)].to_string();
            [
                (Attribute::Asset, asset),
                (Attribute::Product, product),
                (Attribute::Purpose, purpose),
            ]
        })
        .collect();
    let cells: Vec<_> = acts
        .iter()
        .map(|act| {
            table.cell(act.iter().map(|(key, value)| (*key, value.as_str()))).expect("known")
        })
        .collect();
    let policies: Vec<_> = (0..1_000).filter_map(|at| Clause::new(at).cedar(1_000)).collect();
    let policies = PolicySet::from_str(&policies.join("\n")).expect("policies");
    let (authorizer, entities) = (Authorizer::new(), Entities::empty());
    let requests: Vec<_> = acts
        .iter()
        .map(|act| {
            let uid = |text: String| EntityUid::from_str(&text).expect("an entity");
            let pairs = [("product", &act[1].1), ("purpose", &act[2].1)];
            let pairs = pairs.map(|(key, value)| {
                (key.to_string(), RestrictedExpression::new_string(value.clone()))
            });
            Request::new(
                uid("Party::\"cloud3\"".to_string()),
                uid("Action::\"use\"".to_string()),
                uid(format!("Asset::\"{}\"", act[0].1)),
                Context::from_pairs(pairs).expect("a context"),
                None,
            )
            .expect("a request")
        })
        .collect();
    for (cell, request) in cells.iter().zip(&requests) {
        let allowed = authorizer.is_authorized(request, &policies, &entities).decision();
        let permitted = table.verdict(*cell) == Verdict::Permitted;
        assert_eq!(allowed == Decision::Allow, permitted, "{}", table.act(*cell));
    }
    let each = |time: Duration| time.as_nanos() as f64 / acts.len() as f64;
    let by_words = each(median(101, || {
        for act in &acts {
            let words = act.iter().map(|(key, value)| (*key, value.as_str()));
            _ = black_box(table.cell(words).map(|cell| table.verdict(cell)));
        }
    }));
    let by_cell = each(median(101, || {
        cells.iter().for_each(|cell| _ = black_box(table.verdict(*cell)));
    }));
    let cedar = each(median(5, || {
        requests.iter().for_each(|request| {
            _ = black_box(authorizer.is_authorized(request, &policies, &entities));
        });
    }));
    println!(
        "\ntable of 1,000 clauses for one party and verb: made in {:.1} ms",
        made.as_secs_f64() * 1e3
    );
    println!("  looked up by words   {by_words:>10.1} ns a decision");
    println!("  looked up by cell    {by_cell:>10.1} ns a decision");
    println!(
        "  Cedar                {cedar:>10.0} ns a decision, {} policies: {:.0} x the table by words",
        policies.policies().count(),
        cedar / by_words
    );
}

//! Which version of a clause holds on a day, as known at an instant.
//!
//! The agreement of these tests, signed 2025-01-01:
//!
//! | clause | in the agreement | amended |
//! | --- | --- | --- |
//! | `commitment.c` | USD 1 | USD 2 from 2025-06-01 (signed 2025-05-01); USD 3 from 2025-09-01 (signed 2025-08-01) |
//! | `exclusivity.e` | until 2026-01-01 | ended from 2025-09-01 |
//! | `observer.o` | until a conversion | the conversion occurs on 2025-07-15, said in the second amendment |
//! | `observer.never` | until a verification | never verified |
//! | `observer.late` | from 2025-12-01 | ended from 2025-09-01, before it began |
//! | `funding.back` | | by the second amendment, from 2025-02-01: before it was signed |

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use std::sync::Arc;

use common::{REGISTRY, agreement, amendment, compile, day, shown, sound};
use terms::in_force::EndedBy;
use terms::{Document, InForce, Known, Source, Terms};

fn commitment(amount: u32, more: &str) -> String {
    format!(
        "commitment \"c\" {{\n  customer = lab\n  supplier = cloud\n  amount = \"USD {amount}\"\n{more}\n}}\n"
    )
}

fn observer(label: &str, more: &str) -> String {
    format!(
        "observer \"{label}\" {{\n  grantor = lab\n  holder = cloud\n  body = \"board\"\n{more}\n}}\n"
    )
}

fn documents() -> [(&'static str, String); 4] {
    let first = [
        commitment(1, ""),
        "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  until = \"2026-01-01\"\n}\n"
            .into(),
        observer("o", "until = condition.conversion"),
        observer("never", "until = condition.verified"),
        observer("late", "from = \"2025-12-01\""),
        "condition \"conversion\" {}\ncondition \"verified\" {}\n".into(),
    ];
    let may = commitment(2, "replaces = commitment.c\nfrom = \"2025-06-01\"");
    let august = [
        commitment(3, "replaces = commitment.c"),
        "end \"exclusivity\" \"e\" {}\nend \"observer\" \"late\" {}\n".into(),
        "condition \"conversion\" {\n  occurred = \"2025-07-15\"\n}\n".into(),
        "funding \"back\" {\n  funder = cloud\n  recipient = lab\n  project = \"p\"\n  from = \"2025-02-01\"\n}\n".into(),
    ];
    let august = amendment("august", "2025-08-01", &august.concat())
        .replace("signed =", "effective = \"2025-09-01\"\n  signed =");
    [
        ("registry.md", REGISTRY.to_string()),
        ("1-agreement.md", agreement(&first.concat())),
        ("2-may.md", amendment("may", "2025-05-01", &may)),
        ("3-august.md", august),
    ]
}

fn terms() -> Terms {
    let documents = documents();
    let documents: Vec<_> = documents.iter().map(|(name, text)| (*name, text.as_str())).collect();
    sound(&documents)
}

/// `known` by the end of a day, in the agreements' zone, which is UTC here.
fn known(on: &str) -> Known {
    match on {
        "everything" => Known::Everything,
        on => Known::At(format!("{on}T23:59:59Z").parse().expect("an instant")),
    }
}

/// How a clause stands: `in force`, `upcoming`, `ended on … by …`, or `unknown`.
fn standing(in_force: &InForce<'_>, id: &str, amount: Option<&str>) -> String {
    let is_it = |clause: &&terms::Clause| {
        let found = clause.parameter("amount").map(|amount| amount.value.as_str());
        clause.id.to_string() == id && (amount.is_none() || found == amount)
    };
    if in_force.clauses.iter().copied().any(|clause| is_it(&clause)) {
        return "in force".to_string();
    }
    if in_force.upcoming.iter().copied().any(|clause| is_it(&clause)) {
        return "upcoming".to_string();
    }
    match in_force.lapsed.iter().find(|lapsed| is_it(&lapsed.clause)) {
        Some(lapsed) => {
            let by = match lapsed.by {
                EndedBy::Itself(bound) | EndedBy::Extended(bound) => bound.to_string(),
                EndedBy::Ending(ending) => ending.origin.document.name.clone(),
                EndedBy::Replacement(clause) => clause.origin.document.name.clone(),
            };
            format!("ended on {} by {by}", lapsed.ended)
        }
        None => "unknown".to_string(),
    }
}

/// Clause, amount where versions differ in it; effective; known; how it stands.
const ROWS: &[(&str, &str, &str, &str, &str)] = &[
    // The agreement begins on its day.
    ("commitment.c", "USD 1", "2024-12-31", "everything", "upcoming"),
    ("commitment.c", "USD 1", "2025-01-01", "everything", "in force"),
    // Replaced once: the last day, the first day.
    ("commitment.c", "USD 1", "2025-05-31", "everything", "in force"),
    ("commitment.c", "USD 2", "2025-05-31", "everything", "upcoming"),
    ("commitment.c", "USD 1", "2025-06-01", "everything", "ended on 2025-06-01 by 2-may.md"),
    ("commitment.c", "USD 2", "2025-06-01", "everything", "in force"),
    // Replaced twice.
    ("commitment.c", "USD 2", "2025-08-31", "everything", "in force"),
    ("commitment.c", "USD 3", "2025-08-31", "everything", "upcoming"),
    ("commitment.c", "USD 2", "2025-09-01", "everything", "ended on 2025-09-01 by 3-august.md"),
    ("commitment.c", "USD 3", "2025-09-01", "everything", "in force"),
    ("commitment.c", "USD 1", "2025-09-01", "everything", "ended on 2025-06-01 by 2-may.md"),
    // What was believed before an amendment was signed, on that day, and after.
    ("commitment.c", "USD 1", "2025-10-01", "2025-04-30", "in force"),
    ("commitment.c", "USD 2", "2025-10-01", "2025-04-30", "unknown"),
    ("commitment.c", "USD 2", "2025-10-01", "2025-05-01", "in force"),
    ("commitment.c", "USD 2", "2025-10-01", "2025-07-31", "in force"),
    ("commitment.c", "USD 3", "2025-10-01", "2025-08-01", "in force"),
    ("commitment.c", "USD 1", "2025-10-01", "2024-12-31", "unknown"),
    // Its own end, unless an amendment ends it before.
    ("exclusivity.e", "", "2025-12-31", "2025-07-31", "in force"),
    ("exclusivity.e", "", "2026-01-01", "2025-07-31", "ended on 2026-01-01 by 2026-01-01"),
    ("exclusivity.e", "", "2025-08-31", "everything", "in force"),
    ("exclusivity.e", "", "2025-09-01", "everything", "ended on 2025-09-01 by 3-august.md"),
    ("exclusivity.e", "", "2026-06-01", "everything", "ended on 2025-09-01 by 3-august.md"),
    // A condition that occurs, and is known to have from a later day on.
    ("observer.o", "", "2025-07-14", "everything", "in force"),
    ("observer.o", "", "2025-07-15", "everything", "ended on 2025-07-15 by condition.conversion"),
    ("observer.o", "", "2025-07-15", "2025-07-31", "in force"),
    ("observer.o", "", "2025-07-15", "2025-08-01", "ended on 2025-07-15 by condition.conversion"),
    // A condition that never does.
    ("observer.never", "", "2099-12-31", "everything", "in force"),
    // Ended before it began: it never holds.
    ("observer.late", "", "2025-12-01", "2025-07-31", "in force"),
    ("observer.late", "", "2025-11-30", "2025-07-31", "upcoming"),
    ("observer.late", "", "2025-12-01", "everything", "unknown"),
    // Retroactive: it holds on days on which nobody knew.
    ("funding.back", "", "2025-02-01", "2025-07-31", "unknown"),
    ("funding.back", "", "2025-02-01", "2025-08-01", "in force"),
    ("funding.back", "", "2025-01-31", "2025-08-01", "upcoming"),
];

#[test]
fn which_version_holds() {
    let terms = terms();
    for (id, amount, on, known_by, expected) in ROWS {
        let in_force = terms.in_force(day(on), known(known_by));
        let amount = (!amount.is_empty()).then_some(*amount);
        let found = standing(&in_force, id, amount);
        assert_eq!(found, *expected, "{id} {amount:?} on {on}, known by {known_by}");
    }
}

#[test]
fn on_each_day_at_most_one_version_holds_whatever_is_known() {
    let terms = terms();
    for known_by in ["2024-12-31", "2025-01-01", "2025-05-01", "2025-08-01", "everything"] {
        for days in 0..800 {
            let on = day("2024-12-01").saturating_add(jiff::Span::new().days(days));
            let in_force = terms.in_force(on, known(known_by));
            let mut ids: Vec<_> = in_force.clauses.iter().map(|clause| &clause.id).collect();
            ids.sort();
            let count = ids.len();
            ids.dedup();
            assert_eq!(ids.len(), count, "{on}, known by {known_by}");
        }
    }
}

#[test]
fn one_clause_asked_after_alone_stands_as_among_all() {
    let terms = terms();
    for known_by in ["2024-12-31", "2025-01-01", "2025-05-01", "2025-08-01", "everything"] {
        for days in 0..800 {
            let on = day("2024-12-01").saturating_add(jiff::Span::new().days(days));
            let in_force = terms.in_force(on, known(known_by));
            for clause in &terms.clauses {
                let among_all = in_force.clauses.iter().any(|of| std::ptr::eq(*of, clause));
                let alone = terms.is_in_force(clause, on, known(known_by));
                assert_eq!(alone, among_all, "{} on {on}, known by {known_by}", clause.id);
            }
        }
    }
}

#[test]
fn the_order_of_the_documents_does_not_matter() {
    let mut documents = documents();
    documents.reverse();
    let reversed: Vec<_> = documents.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let (reversed, forward) = (sound(&reversed), terms());
    for (id, amount, on, known_by, _) in ROWS {
        let amount = (!amount.is_empty()).then_some(*amount);
        let [a, b] = [&reversed, &forward]
            .map(|terms| standing(&terms.in_force(day(on), known(known_by)), id, amount));
        assert_eq!(a, b, "{id} on {on}, known by {known_by}");
    }
}

#[test]
fn adoption_and_not_signature_makes_a_document_known() {
    let documents = documents();
    let sources: Vec<_> = documents
        .iter()
        .map(|(name, text)| Source {
            document: Arc::new(Document::new(*name, text.as_str())),
            // The second amendment lay in a drawer for a month.
            known: (*name == "3-august.md").then(|| "2025-09-10T12:00:00Z".parse().unwrap()),
        })
        .collect();
    let (terms, findings) = terms::compile(&sources);
    assert!(findings.is_empty(), "{}", shown(&findings));
    let on = |instant: &str| {
        let known = Known::At(instant.parse().unwrap());
        standing(&terms.in_force(day("2025-09-05"), known), "commitment.c", Some("USD 3"))
    };
    assert_eq!(on("2025-08-20T00:00:00Z"), "unknown");
    assert_eq!(on("2025-09-10T11:59:59Z"), "unknown");
    assert_eq!(on("2025-09-10T12:00:00Z"), "in force");
}

/// The days on which an amendment is signed and takes effect.
type Amendment = (&'static str, &'static str);

/// Amendments of `commitment.c`, each signed and effective on these days, and which of the amounts
/// holds on 2025-12-01: USD 1 is the agreement's, USD 2 the first amendment's, and so on.
const AMENDED: &[(&str, &[Amendment], &str)] = &[
    ("one after the other", &[("2025-03-01", "2025-04-01"), ("2025-05-01", "2025-06-01")], "USD 3"),
    ("both on one day", &[("2025-03-01", "2025-06-01"), ("2025-05-01", "2025-06-01")], "USD 3"),
    (
        "the later one reaches further back",
        &[("2025-03-01", "2025-06-01"), ("2025-05-01", "2025-04-01")],
        "USD 3",
    ),
    (
        "the earlier one takes effect last",
        &[("2025-03-01", "2025-11-01"), ("2025-05-01", "2025-06-01")],
        "USD 3",
    ),
    ("signed on one day", &[("2025-03-01", "2025-04-01"), ("2025-03-01", "2025-06-01")], "USD 3"),
    ("not yet", &[("2025-03-01", "2026-01-01")], "USD 1"),
];

#[test]
fn a_later_amendment_beats_an_earlier_text() {
    for (name, amendments, expected) in AMENDED {
        let mut documents = vec![REGISTRY.to_string(), agreement(&commitment(1, ""))];
        for (at, (signed, effective)) in (2..).zip(*amendments) {
            let clause = commitment(at, "replaces = commitment.c");
            let text = amendment(&format!("a-{at}"), signed, &clause);
            documents.push(
                text.replace("signed =", &format!("effective = \"{effective}\"\n  signed =")),
            );
        }
        let documents: Vec<_> = documents.iter().map(|text| ("d.md", text.as_str())).collect();
        let terms = sound(&documents);
        let in_force = terms.in_force(day("2025-12-01"), Known::Everything);
        let amounts: Vec<_> = in_force
            .clauses
            .iter()
            .map(|clause| clause.parameter("amount").unwrap().value.as_str())
            .collect();
        assert_eq!(amounts, [*expected], "{name}");
    }
}

#[test]
fn a_replacement_that_waits_for_a_condition_replaces_once_it_occurs() {
    let first = agreement(&format!("{}condition \"built\" {{}}\n", commitment(1, "")));
    let second = commitment(2, "replaces = commitment.c\nfrom = condition.built");
    let second = amendment("second", "2025-02-01", &second);
    let third =
        amendment("third", "2025-03-01", "condition \"built\" {\n  occurred = \"2025-02-20\"\n}");
    let (terms, findings) =
        compile(&[("r.md", REGISTRY), ("1.md", &first), ("2.md", &second), ("3.md", &third)]);
    assert!(findings.is_empty(), "{}", shown(&findings));
    for (on, known_by, one, two) in [
        ("2025-02-19", "everything", "in force", "upcoming"),
        ("2025-02-20", "everything", "ended on 2025-02-20 by 2.md", "in force"),
        ("2025-02-20", "2025-02-28", "in force", "upcoming"),
    ] {
        let in_force = terms.in_force(day(on), known(known_by));
        assert_eq!(standing(&in_force, "commitment.c", Some("USD 1")), one, "{on} {known_by}");
        assert_eq!(standing(&in_force, "commitment.c", Some("USD 2")), two, "{on} {known_by}");
    }
}

#[test]
fn an_agreement_signed_on_the_last_day_there_is_is_not_known_before() {
    let text = agreement(&commitment(1, "")).replace("2025-01-01", "9999-12-31");
    let terms = sound(&[("r.md", REGISTRY), ("1.md", &text)]);
    let in_force = terms.in_force(day("9999-12-31"), known("2025-01-01"));
    assert_eq!(standing(&in_force, "commitment.c", None), "unknown");
}

/// When `observer.o` ends under an agreement until 2026-01-01 with these clauses and conditions.
fn end_of(observer: &str, clauses: &str, known: Known) -> Option<String> {
    let text = format!(
        "```hcl\nagreement \"a\" {{\n  parties = [lab, cloud]\n  signed = \"2025-01-01\"\n  \
         until = [\"2026-01-01\", condition.breach]\n}}\ncondition \"breach\" {{}}\nobserver \"o\" {{\n  grantor = lab\n  holder = cloud\n  \
         body = \"board\"\n  {observer}\n}}\n{clauses}\n```\n"
    );
    let terms = sound(&[("registry.md", REGISTRY), ("a.md", &text)]);
    let observer = terms.clauses.iter().find(|clause| clause.id.label == "o");
    terms.ends(observer.expect("it is there"), known).map(|day| day.to_string())
}

/// Source: domain rules §1.1 (survival) and §1.11 (renewal).
#[test]
fn clauses_outlive_their_document_by_renewal_and_survival() {
    let renewal = |more: &str| {
        format!(
            "renewal \"r\" {{\n  grantor = lab\n  holder = cloud\n  notice = \"90 days\"\n  {more}\n}}\n"
        )
    };
    let occurred =
        |name: &str, day: &str| format!("condition \"{name}\" {{ occurred = \"{day}\" }}\n");
    let notice = |day: &str| renewal("unless = condition.notice") + &occurred("notice", day);
    let option = |day: &str| {
        renewal("mode = option\n exercised = condition.choice") + &occurred("choice", day)
    };
    let proviso = renewal("times = 3\n provided = condition.met") + &occurred("met", "2026-06-01");
    for (observer, clauses, end) in [
        ("", String::new(), Some("2026-01-01")),
        ("survival = \"6 months\"", String::new(), Some("2026-07-01")),
        // Its own end is its own: nothing else moves it.
        ("until = \"2025-06-01\"\n survival = \"6 months\"", renewal(""), Some("2025-06-01")),
        ("", renewal(""), None),
        ("", renewal("times = 2"), Some("2028-01-01")),
        ("survival = \"1 month\"", renewal("term = \"6 months\"\n times = 1"), Some("2026-08-01")),
        // Notice in time for the second end, and a day too late for the first.
        ("", notice("2025-10-04"), Some("2027-01-01")),
        ("", notice("2025-10-03"), Some("2026-01-01")),
        ("", option("2025-10-03"), Some("2027-01-01")),
        ("", option("2025-10-04"), Some("2026-01-01")),
        ("", renewal("mode = mutual"), Some("2026-01-01")),
        ("", renewal("times = 2\n until = \"2025-12-01\""), Some("2026-01-01")),
        ("", proviso, Some("2026-01-01")),
        // It renews what ends on a day, not what has been ended.
        (
            "survival = \"1 month\"",
            renewal("") + &occurred("breach", "2025-07-01"),
            Some("2025-08-01"),
        ),
        // It stops in the third of its terms, which is the last.
        ("", renewal("until = \"2028-06-01\""), Some("2029-01-01")),
        ("", renewal("term = \"0 days\"\n times = 3"), Some("2026-01-01")),
        // Days by the million are not counted one by one.
        ("", renewal("term = \"1 day\"\n times = 4294967295"), None),
        ("", renewal("term = \"2 days\"\n times = 1000000"), Some("7501-10-26")),
        ("", renewal("term = \"7 days\"\n until = \"2027-01-01\""), Some("2027-01-07")),
    ] {
        let found = end_of(observer, &clauses, Known::Everything);
        assert_eq!(found.as_deref(), end, "{observer}\n{clauses}");
    }
}

/// The terms that were renewed before stay so, and the next are as the amendment has it.
#[test]
fn an_amended_renewal_renews_what_the_first_has_renewed() {
    let renewal =
        |more: &str| format!("renewal \"r\" {{\n  grantor = lab\n  holder = cloud\n  {more}\n}}\n");
    let first = agreement(&(observer("o", "") + &renewal("")))
        .replace("2025-01-01\"", "2025-01-01\"\n  until = \"2026-01-01\"");
    let again = renewal("replaces = renewal.r\n  term = \"6 months\"\n  times = 1");
    let second = amendment("second", "2028-06-01", &again);
    // Whichever is read first.
    for documents in
        [[("a.md", &*first), ("b.md", &*second)], [("b.md", &*second), ("a.md", &*first)]]
    {
        let terms = sound(&[("r.md", REGISTRY), documents[0], documents[1]]);
        let observer = terms.clauses.iter().find(|clause| clause.id.label == "o").unwrap();
        assert_eq!(terms.ends(observer, Known::Everything), Some(day("2029-07-01")));
        let before = terms.ends(observer, known("2028-05-31"));
        assert_eq!(before, None, "as known before the amendment");
    }
}

#[test]
fn what_an_amendment_adds_ends_with_the_agreement() {
    let agreement = "```hcl\nagreement \"a\" {\n  parties = [lab, cloud]\n  signed = \"2025-01-01\"\n  \
                     until = \"2026-01-01\"\n}\n```\n";
    let amendment = |until: &str| {
        format!(
            "```hcl\namendment \"b\" {{\n  amends = a\n  signed = \"2025-02-01\"\n  {until}\n}}\n\
             observer \"o\" {{\n  grantor = lab\n  holder = cloud\n  body = \"board\"\n}}\n```\n"
        )
    };
    for (until, end) in [("", "2026-01-01"), ("until = \"2025-06-01\"", "2025-06-01")] {
        let terms =
            sound(&[("registry.md", REGISTRY), ("a.md", agreement), ("b.md", &amendment(until))]);
        let ends = terms.ends(&terms.clauses[0], Known::Everything);
        assert_eq!(ends.map(|day| day.to_string()).as_deref(), Some(end));
    }
}

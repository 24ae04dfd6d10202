//! What the analyses find beyond the examples of their pages, and what they leave alone.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use common::{REGISTRY, agreement, amendment, compile, shown};

/// A party and a product more, so that there is somebody else to promise things to.
const MORE: &str = "\n```hcl\nproduct \"northern-lights\" { owner = borealis }\nproduct \"sky\" { owner = cloud }\n\
                    channel \"resale\" {\n  seller  = cloud\n  service = api\n}\n```\n";

/// Name of the row; the clauses of the agreement and of an amendment of 2026; the codes found.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("a licence to an exclusive licensee's own affiliate is no breach",
     "party \"nimbus-inc\" { affiliate_of = cloud }\n\
      licence \"a\" {\n  grantor = lab\n  holder = cloud\n  exclusivity = exclusive\n  scope { asset = models }\n}\n\
      licence \"b\" {\n  grantor = lab\n  holder = nimbus-inc\n  scope { asset = models }\n}", "", &[]),
    ("two exclusive licences for one thing are told once",
     "licence \"a\" {\n  grantor = lab\n  holder = cloud\n  exclusivity = exclusive\n  scope { asset = models }\n}\n\
      licence \"b\" {\n  grantor = lab\n  holder = borealis\n  exclusivity = exclusive\n  scope { asset = models }\n}", "",
     &["charter::exclusivity::licence"]),
    ("a licence once the exclusive one has ended",
     "licence \"a\" {\n  grantor = lab\n  holder = cloud\n  exclusivity = exclusive\n  until = \"2026-01-01\"\n  scope { asset = models }\n}",
     "licence \"b\" {\n  grantor = lab\n  holder = borealis\n  scope { asset = models }\n}", &[]),
    ("where capacity comes from says nothing of licences",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { purpose = training }\n}\n\
      licence \"b\" {\n  grantor = lab\n  holder = borealis\n  scope { asset = models }\n}", "", &[]),
    ("an exclusivity to resell and another's licence to",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope {\n    act = resell\n    service = api\n  }\n}\n\
      licence \"b\" {\n  grantor = lab\n  holder = borealis\n  scope {\n    act = resell\n    service = api\n  }\n}", "",
     &["charter::exclusivity::licence"]),
    ("a first right of the one who has all of it anyway",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { act = contract }\n}\n\
      right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = cloud\n  scope { act = contract }\n}", "", &[]),
    ("a first right that gives way by consent",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { act = contract }\n}\n\
      right_of_first_offer \"r\" {\n  grantor = lab\n  holder = borealis\n  scope {\n    act = contract\n    kind = new\n  }\n}\n\
      consent \"c\" {\n  grantor = cloud\n  holder = lab\n  scope {\n    act = contract\n    provider = borealis\n  }\n}", "", &[]),
    ("a first right to hosting beside an exclusivity on capacity",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { subject = capacity }\n}\n\
      right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = borealis\n  scope { act = serve }\n}", "", &[]),
    ("negotiation counts as well as the response",
     "right_of_first_negotiation \"r\" {\n  grantor = lab\n  holder = cloud\n  from = \"2025-02-01\"\n  until = \"2025-03-10\"\n}", "",
     &["charter::right::window-too-long"]),
    ("a window of business days that just fits",
     "right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = cloud\n  from = \"2025-02-03\"\n  until = \"2025-02-17\"\n  response_window = \"10 business days\"\n}", "", &[]),
    ("it ends with a condition that had occurred",
     "condition \"listing\" { occurred = \"2024-06-01\" }\n\
      observer \"o\" {\n  grantor = lab\n  holder = cloud\n  body = \"board\"\n  until = condition.listing\n}", "",
     &["charter::right::no-time"]),
    ("a gap between what an amendment ends and what it brings",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { act = serve }\n}",
     "end \"exclusivity\" \"e\" {}\nexclusivity \"f\" {\n  grantor = lab\n  holder = cloud\n  from = \"2027-01-01\"\n  scope {\n    act = serve\n    region = europe\n  }\n}",
     &["charter::time::gap"]),
    ("two deals far apart",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  until = \"2025-06-01\"\n}\n\
      exclusivity \"f\" {\n  grantor = lab\n  holder = cloud\n  from = \"2027-01-01\"\n}", "", &[]),
    ("a gap that another clause covers",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  until = \"2025-06-01\"\n  scope { act = serve }\n}\n\
      exclusivity \"f\" {\n  grantor = lab\n  holder = cloud\n  from = \"2025-06-10\"\n  scope { act = serve }\n}\n\
      exclusivity \"all\" {\n  grantor = lab\n  holder = cloud\n  scope { act = [serve, contract] }\n}", "", &[]),
    ("two commitments add up",
     "commitment \"a\" {\n  customer = lab\n  supplier = cloud\n  amount = \"USD 1\"\n}\n\
      commitment \"b\" {\n  customer = lab\n  supplier = cloud\n  amount = \"USD 2\"\n}", "", &[]),
    ("a wide and a narrow exclusivity stand beside each other",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  binds_grantor_too = false\n  scope { subject = capacity }\n}\n\
      exclusivity \"f\" {\n  grantor = lab\n  holder = cloud\n  binds_grantor_too = true\n  scope { act = build }\n}", "", &[]),
    ("what is left to the language contradicts nothing",
     "right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = cloud\n  response_window = \"15 days\"\n  scope { act = contract }\n}\n\
      right_of_first_refusal \"s\" {\n  grantor = lab\n  holder = cloud\n  scope {\n    act = contract\n    kind = new\n  }\n}", "", &[]),
    ("a price cap stated anew without `replaces`",
     "price_cap \"a\" {\n  grantor = cloud\n  holder = lab\n  increase_per_year = \"5%\"\n}",
     "price_cap \"b\" {\n  grantor = cloud\n  holder = lab\n  increase_per_year = \"3%\"\n}",
     &["charter::clause::contradicts"]),
    ("a licence to resell that is followed by another",
     "licence \"l\" {\n  grantor = lab\n  holder = cloud\n  until = \"2026-06-01\"\n  scope { act = resell }\n}\n\
      licence \"m\" {\n  grantor = lab\n  holder = cloud\n  from = \"2026-06-01\"\n  scope { act = resell }\n}\n\
      revenue_share \"s\" {\n  payer = cloud\n  payee = lab\n  rate = \"20%\"\n  scope { channel = resale }\n}", "", &[]),
    ("to sell one's own service needs no licence",
     "revenue_share \"s\" {\n  payer = lab\n  payee = cloud\n  rate = \"20%\"\n  scope { channel = direct }\n}", "", &[]),
    ("a product that goes on, and a model that is not licensed that long",
     "product \"aurora\" {\n  owner = borealis\n  needs = [\"gpt-4.1\"]\n}\n\
      licence \"l\" {\n  grantor = lab\n  holder = borealis\n  until = \"2028-01-01\"\n  scope { asset = models }\n}", "",
     &["charter::licence::ends-before"]),
    ("it begins and ends on one condition",
     "condition \"listing\" {}\nobserver \"o\" {\n  grantor = lab\n  holder = cloud\n  body = \"board\"\n  from = condition.listing\n  until = condition.listing\n}", "",
     &["charter::condition::never"]),
    ("a measure that is only the default",
     "consent \"c\" {\n  grantor = cloud\n  holder = lab\n  scope { act = build }\n  primarily { threshold = \"> 50%\" }\n}", "",
     &["charter::consent::primarily-unmeasured"]),
    ("two suppliers of a share of the requirements each",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  requirement_pct = [\"60%\"]\n  metric = spend\n  scope { act = contract }\n}\n\
      exclusivity \"f\" {\n  grantor = lab\n  holder = borealis\n  requirement_pct = [\"40%\"]\n  metric = spend\n  scope { act = contract }\n}", "", &[]),
    ("two suppliers of which each has all from some year on",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  requirement_pct = [\"60%\", \"100%\"]\n  metric = spend\n  scope { act = contract }\n}\n\
      exclusivity \"f\" {\n  grantor = lab\n  holder = borealis\n  requirement_pct = [\"40%\", \"50%\", \"100%\"]\n  metric = spend\n  scope { act = contract }\n}", "",
     &["charter::exclusivity::overlap"]),
    ("a first right beside a share of the requirements",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  requirement_pct = [\"60%\"]\n  metric = spend\n  scope { act = contract }\n}\n\
      right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = borealis\n  scope { act = contract }\n}", "", &[]),
    ("two that leave the grantor its own building",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  binds_grantor_too = false\n  scope { act = build }\n}\n\
      exclusivity \"f\" {\n  grantor = lab\n  holder = borealis\n  binds_grantor_too = false\n  scope { act = build }\n}\n\
      consent \"c\" {\n  grantor = cloud\n  holder = lab\n  scope { act = build }\n}", "", &[]),
    ("one does not keep what is done with its holder",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope {\n    act = contract\n    provider = nimbus\n  }\n}\n\
      exclusivity \"f\" {\n  grantor = lab\n  holder = borealis\n  scope { act = contract }\n}", "", &[]),
    ("first rights that differ only for what is done with their holder",
     "right_of_first_refusal \"r\" {\n  grantor = lab\n  holder = cloud\n  response_window = \"30 days\"\n  scope {\n    act = contract\n    provider = nimbus\n  }\n}\n\
      right_of_first_refusal \"s\" {\n  grantor = lab\n  holder = cloud\n  response_window = \"15 days\"\n  scope { act = contract }\n}", "", &[]),
    ("a first right to make something together that another makes alone",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { act = make }\n}\n\
      right_of_first_offer \"r\" {\n  grantor = lab\n  holder = borealis\n  scope { act = make }\n}", "",
     &["charter::right::unranked"]),
    ("a consent that does not last as long as what it reconciles",
     "exclusivity \"e\" {\n  grantor = lab\n  holder = cloud\n  scope { act = contract }\n}\n\
      right_of_first_offer \"r\" {\n  grantor = lab\n  holder = borealis\n  scope { act = contract }\n}\n\
      consent \"c\" {\n  grantor = cloud\n  holder = lab\n  until = \"2026-01-01\"\n  scope {\n    act = contract\n    provider = borealis\n  }\n}", "",
     &["charter::right::unranked"]),
    ("a consent to license that does not last as long as the licence",
     "licence \"a\" {\n  grantor = lab\n  holder = cloud\n  exclusivity = exclusive\n  scope { asset = models }\n}\n\
      licence \"b\" {\n  grantor = lab\n  holder = borealis\n  scope { asset = models }\n}\n\
      consent \"c\" {\n  grantor = cloud\n  holder = lab\n  until = \"2026-01-01\"\n  scope { asset = models }\n}", "",
     &["charter::exclusivity::licence"]),
    ("what waits for a condition is stated anew, and the condition occurs",
     "condition \"listing\" { occurred = \"2027-01-15\" }\n\
      observer \"o\" {\n  grantor = lab\n  holder = cloud\n  body = \"board\"\n  from = condition.listing\n}\n\
      observer \"p\" {\n  grantor = lab\n  holder = cloud\n  body = \"audit\"\n  from = condition.listing\n}",
     "observer \"o\" {\n  grantor = lab\n  holder = cloud\n  body = \"committee\"\n  replaces = observer.o\n  from = condition.listing\n}\nend \"observer\" \"p\" {}", &[]),
    ("an advance stated anew goes on being recouped",
     "revenue_share \"s\" {\n  payer = cloud\n  payee = lab\n  rate = \"20%\"\n  until = \"2029-01-01\"\n  cap_per_year = \"USD 10\"\n  advance { amount = \"USD 40\" }\n}",
     "revenue_share \"s\" {\n  payer = cloud\n  payee = lab\n  rate = \"25%\"\n  replaces = revenue_share.s\n  until = \"2029-01-01\"\n  cap_per_year = \"USD 10\"\n  advance { amount = \"USD 40\" }\n}", &[]),
    ("a guarantee for no time, and one for longer than there are calendars",
     "revenue_share \"s\" {\n  payer = cloud\n  payee = lab\n  rate = \"20%\"\n  cap_per_year = \"USD 10\"\n  \
      minimum_guarantee {\n    amount = \"USD 5\"\n    period = \"0 months\"\n  }\n  \
      minimum_guarantee {\n    amount = \"USD 5\"\n    period = \"4294967295 months\"\n  }\n}", "", &[]),
    ("a party that nobody deals with is noted",
     "party \"forgotten\" {}", "", &["charter::name::unused"]),
];

#[test]
fn each_case_has_these_findings_and_no_others() {
    let mut wrong = Vec::new();
    for (name, clauses, amending, codes) in ROWS {
        let (agreement, amendment) =
            (agreement(clauses), amendment("second", "2026-01-01", amending));
        let registry = format!("{REGISTRY}{MORE}");
        let (_, findings) =
            compile(&[("r.md", &registry), ("a.md", &agreement), ("b.md", &amendment)]);
        let found: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        if found != *codes {
            wrong.push(format!("{name}: {found:?}\n{}", shown(&findings)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn boilerplate_is_no_missing_clause() {
    let section = |heading: &str, prose: &str| {
        let text = format!("{}\n## {heading}\n\n{prose}\n", agreement(""));
        let (_, findings) = compile(&[("r.md", REGISTRY), ("a.md", &text)]);
        findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let code = "charter::text::without-terms";
    assert_eq!(section("Governing law", "This agreement shall be governed by law."), [""; 0]);
    assert_eq!(section("Exclusivity", "The parties like exclusive things."), [""; 0]);
    assert_eq!(section("Exclusivity", "The lab shall buy from the cloud alone."), [code]);
    assert_eq!(
        section("Exclusivity", "It shall be so. This is not expressed as terms here."),
        [""; 0]
    );
    // What stands in the sections below is the section's own.
    let below = "The lab shall be exclusive.\n\n### So\n\nThat is:\n\n```hcl\nexclusivity \"e\" {\n  \
                 grantor = lab\n  holder = cloud\n}\n```";
    assert_eq!(section("Exclusivity", below), [""; 0]);
}

/// An agreement that ends has rights that go on: by renewal, or because they survive it.
#[test]
fn what_outlives_its_document_has_that_time_as_well() {
    let found = |until: &str, clauses: &str| {
        let text =
            agreement(clauses).replace("2025-01-01\"", &format!("2025-01-01\"\n  until = {until}"));
        let (_, findings) = compile(&[("r.md", REGISTRY), ("a.md", &text)]);
        findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let right = |more: &str| {
        format!(
            "right_of_first_offer \"r\" {{\n  grantor = lab\n  holder = cloud\n  {more}\n  \
             response_window = \"90 days\"\n  scope {{ act = contract }}\n}}\n"
        )
    };
    let renewal = "renewal \"n\" {\n  grantor = lab\n  holder = cloud\n}\n";
    let until = "\"2025-03-01\"";
    assert_eq!(found(until, &right("")), ["charter::right::window-too-long"]);
    assert_eq!(found(until, &(right("") + renewal)), [""; 0]);
    assert_eq!(found(until, &right("survival = \"6 months\"")), [""; 0]);
    // Run-off that begins when the agreement is ended.
    let until = "condition.ended";
    let tail = |more: &str| {
        right(&format!("from = condition.ended\n  {more}")) + "condition \"ended\" {}\n"
    };
    assert_eq!(found(until, &tail("")), ["charter::condition::never"]);
    assert_eq!(found(until, &tail("survival = \"24 months\"")), [""; 0]);
}

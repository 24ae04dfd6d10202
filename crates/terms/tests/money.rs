//! Findings about money: what each says in figures, and what looks alike and is sound.

#![allow(clippy::unwrap_used)] // A test that cannot go on should stop where it is.

mod common;

use common::{REGISTRY, agreement, compile};

/// The figures of every finding about clauses, each after its code.
fn found(clauses: &str) -> Vec<String> {
    let text = agreement(clauses);
    let (_, findings) = compile(&[("registry.md", REGISTRY), ("agreement.md", &text)]);
    let figures = findings.iter().map(|finding| {
        let figures = finding.witness.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{}: {figures}", finding.code.trim_start_matches("charter::"))
    });
    figures.collect()
}

/// A revenue share of the laboratory's to the cloud company, with these terms.
fn share(label: &str, terms: &str) -> String {
    format!("revenue_share \"{label}\" {{\n payer = lab\n payee = cloud\n{terms}\n}}\n")
}

/// The same the other way round.
fn back(label: &str, terms: &str) -> String {
    format!("revenue_share \"{label}\" {{\n payer = cloud\n payee = lab\n{terms}\n}}\n")
}

#[track_caller]
fn expect(clauses: &str, expected: &[&str]) {
    assert_eq!(found(clauses), expected, "{clauses}");
}

const FALLING: &str = "tier_mode = whole\n tier {\n up_to = \"USD 1_000_000\"\n rate = \"20%\"\n }\n \
                       tier { rate = \"15%\" }\n";

#[test]
fn a_step_on_the_whole_makes_more_come_to_less() {
    expect(
        &share("s", FALLING),
        &["tier::whole-step: of USD 1_000_000 USD 200_000 is due, of USD 1_000_000.01 only \
           USD 150_000.0015"],
    );
    // Where a cap or a guarantee flattens the step, nothing falls.
    expect(&share("s", &format!("{FALLING} cap_per_year = \"USD 150_000\"")), &[]);
    expect(
        &share("s", &format!("{FALLING} minimum_guarantee {{ amount = \"USD 200_000\" }}")),
        &[],
    );
    let tiers = |mode: &str, next: &str| {
        format!(
            "volume_tier \"v\" {{\n grantor = cloud\n holder = lab\n tier_mode = {mode}\n tier {{\n \
             up_to = 1000\n price = \"USD 2.50\"\n }}\n tier {{ price = \"{next}\" }}\n}}\n"
        )
    };
    expect(
        &tiers("whole", "USD 2"),
        &["tier::whole-step: 1000 units cost USD 2_500, 1001 only USD 2_002"],
    );
    expect(&tiers("marginal", "USD 2"), &[]);
    // One unit more at a little less each costs more.
    expect(&tiers("whole", "USD 2.4976"), &[]);
}

#[test]
fn guarantees_above_caps_cannot_hold() {
    let guarantee = |terms: &str, guarantee: &str| {
        share("s", &format!("rate = \"20%\"\n {terms}\n minimum_guarantee {{\n{guarantee}\n}}"))
    };
    let from_january = "from = \"2025-01-01\"";
    expect(
        &guarantee("cap_per_year = \"USD 20\"", "amount = \"USD 30\""),
        &[
            "money::cannot-all-hold: from 2025-01-01 until 2026-01-01 USD 30 is guaranteed, and the \
           caps let USD 20 through",
        ],
    );
    // A year from March on lies in two calendar years: only in time is too little let through.
    let from_march = "cap_per_year = \"USD 20\"\n from = \"2025-03-01\"";
    expect(
        &guarantee(from_march, "amount = \"USD 30\""),
        &[
            "money::cannot-all-hold: from 2025-03-01 until 2028-03-01 USD 90 is guaranteed, and the \
           caps let USD 80 through",
        ],
    );
    expect(
        &guarantee(&format!("{from_march}\n until = \"2027-03-01\""), "amount = \"USD 30\""),
        &[],
    );
    // It rises above the cap in its third year.
    let rising = "amount = \"USD 18\"\n escalator = \"10%\"";
    expect(
        &guarantee(&format!("cap_per_year = \"USD 20\"\n {from_january}"), rising),
        &[
            "money::cannot-all-hold: from 2025-01-01 until 2029-01-01 USD 83.538 is guaranteed, and \
           the caps let USD 80 through",
        ],
    );
    expect(
        &guarantee("cap_total = \"USD 20\"", "amount = \"USD 30\""),
        &[
            "money::cannot-all-hold: USD 30 is guaranteed for 12 months, and USD 20 is the most in all",
        ],
    );
    expect(
        &guarantee("cap_per_period = \"USD 7\"", "amount = \"USD 30\""),
        &[
            "money::cannot-all-hold: from 2025-01-01 until 2026-01-01 USD 30 is guaranteed, and the \
           caps let USD 28 through",
        ],
    );
    expect(&guarantee("cap_per_period = \"USD 8\"", "amount = \"USD 30\""), &[]);
    expect(&guarantee("cap_per_year = \"USD 30\"", "amount = \"USD 30\""), &[]);
    // A guarantee that ends before its period does is not looked at.
    expect(
        &guarantee("cap_per_year = \"USD 20\"", "amount = \"USD 30\"\n until = \"2025-07-01\""),
        &[],
    );
}

#[test]
fn floors_above_ceilings_cannot_hold() {
    let cap = |label: &str, terms: &str| {
        format!("price_cap \"{label}\" {{\n grantor = cloud\n holder = lab\n{terms}\n}}\n")
    };
    let figures = "money::cannot-all-hold: a price is USD 3 at least and USD 2 at most";
    expect(&cap("c", "floor = \"USD 3\"\n ceiling = \"USD 2\""), &[figures]);
    let two = |first: &str, second: &str| {
        cap("low", &format!("floor = \"USD 3\"\n {first}"))
            + &cap("high", &format!("ceiling = \"USD 2\"\n {second}"))
    };
    expect(&two("", "from = \"2025-02-01\""), &[&format!("{figures} on 2025-02-01")]);
    // Other prices, another time, another currency.
    expect(&two("scope { class = H100 }", "scope { class = B200 }"), &[]);
    expect(&two("until = \"2025-02-01\"", "from = \"2025-02-01\""), &[]);
    expect(&cap("c", "floor = \"USD 3\"\n ceiling = \"EUR 2\""), &[]);
}

#[test]
fn shares_above_the_whole_are_found_where_they_meet() {
    let both = |first: &str, second: &str| share("a", first) + &share("b", second);
    expect(
        &both("rate = \"60%\"", "rate = \"41%\""),
        &["share::exceeds-base: of USD 100 on 2025-01-01 `lab` owes USD 60 by `revenue_share.a` \
           and USD 41 by `revenue_share.b`"],
    );
    expect(&both("rate = \"60%\"", "rate = \"40%\""), &[]);
    expect(
        &both("rate = \"60%\"\n until = \"2026-01-01\"", "rate = \"60%\"\n from = \"2026-01-01\""),
        &[],
    );
    expect(
        &both(
            "rate = \"60%\"\n scope { model = \"gpt-4.1\" }",
            "rate = \"60%\"\n scope { channel = direct }",
        ),
        &["share::exceeds-base: of USD 100 on 2025-01-01 `lab` owes USD 60 by `revenue_share.a` \
           and USD 60 by `revenue_share.b`"],
    );
    let in_region = |region: &str| format!("rate = \"60%\"\n scope {{ region = {region} }}");
    expect(&both(&in_region("us"), &in_region("eu")), &[]);
    // Only above the tier.
    let tiers = "tier {\n up_to = \"USD 500\"\n rate = \"10%\"\n }\n tier { rate = \"80%\" }\n";
    expect(
        &both(tiers, "rate = \"30%\""),
        &["share::exceeds-base: of USD 50_000 on 2025-01-01 `lab` owes USD 39_650 by \
           `revenue_share.a` and USD 15_000 by `revenue_share.b`"],
    );
    // A cap keeps the higher tier from being felt.
    expect(&both(&format!("{tiers} cap_total = \"USD 60\""), "rate = \"30%\""), &[]);
    // What the one is paid comes off before the other.
    expect(&both("rate = \"60%\"", "deductions = [third_party_royalties]\n rate = \"60%\""), &[]);
    // What others pay, what is a share of a share, and what is of profit is something else.
    expect(&(share("a", "rate = \"60%\"") + &back("b", "rate = \"60%\"")), &[]);
    let of = share("a", "rate = \"60%\"") + &share("b", "of = revenue_share.c\n rate = \"60%\"");
    expect(&(of + &back("c", "rate = \"10%\"")), &[]);
    expect(&both("rate = \"60%\"", "base = profit\n rate = \"60%\""), &[]);
}

#[test]
fn shares_that_count_each_other_are_circular() {
    let included = "rate = \"25%\"\n intercompany = included";
    let figures = "share::circular: with USD 100 of revenue each, `revenue_share.a` comes to USD 25; \
                   counting that, `revenue_share.b` comes to USD 31.25; counting that, \
                   `revenue_share.a` comes to USD 32.8125, and so on";
    expect(&(share("a", included) + &back("b", included)), &[figures]);
    expect(&(share("a", included) + &back("b", "rate = \"25%\"")), &[]);
    // Neither changes what the other comes to.
    let capped = format!("{included}\n cap_total = \"USD 20\"");
    expect(&(share("a", &capped) + &back("b", included)), &[]);
    expect(
        &(share("a", &format!("{included}\n until = \"2026-01-01\""))
            + &back("b", &format!("{included}\n from = \"2026-01-01\""))),
        &[],
    );
    expect(
        &(share("a", "of = revenue_share.b\n rate = \"5%\"")
            + &back("b", "of = revenue_share.a\n rate = \"5%\"")),
        &["share::circular: each is a share of what the other comes to, and nothing comes first"],
    );
    expect(
        &share("a", "of = revenue_share.a\n rate = \"5%\""),
        &["share::circular: it comes to a share of what it comes to"],
    );
}

#[test]
fn an_advance_beyond_what_falls_due_is_never_recouped() {
    let advance = |terms: &str, advance: &str| {
        share("s", &format!("rate = \"20%\"\n {terms}\n advance {{\n{advance}\n}}"))
    };
    let two_years = "until = \"2027-01-01\"";
    expect(
        &advance("cap_total = \"USD 20\"", "amount = \"USD 21\""),
        &[
            "recoupment::never-finishes: USD 21 is paid ahead, and USD 20 is recouped at most in all",
        ],
    );
    expect(
        &advance(&format!("cap_per_year = \"USD 10\"\n {two_years}"), "amount = \"USD 21\""),
        &[
            "recoupment::never-finishes: USD 21 is paid ahead, and USD 20 is recouped at most until \
           2027-01-01",
        ],
    );
    expect(
        &advance(&format!("cap_per_year = \"USD 11\"\n {two_years}"), "amount = \"USD 21\""),
        &[],
    );
    expect(&advance("cap_per_year = \"USD 10\"", "amount = \"USD 21\""), &[]);
    expect(
        &advance("cap_per_year = \"USD 10\"", "amount = \"USD 60\"\n interest = \"20%\""),
        &[
            "recoupment::never-finishes: USD 60 bears USD 12 of interest a year, and at most USD 10 is \
           recouped",
        ],
    );
    expect(&advance("cap_total = \"USD 20\"", "amount = \"USD 21\"\n recoupable = false"), &[]);
    expect(
        &advance(two_years, "amount = \"USD 1\"\n due = \"2027-01-01\""),
        &["recoupment::never-finishes: USD 1 is paid on 2027-01-01, and the clause ends on \
           2027-01-01"],
    );
}

//! Cases from the command line: what is entered, what is refused and why, and what is shown.

use serde_json::{Value, json};

use crate::workspace::Workspace;

/// A moment in which the right of first refusal of the example holds.
const THEN: &str = "2025-02-03T12:00:00-08:00";

/// What a sealed offer asks, with so many figures that no time of day in the journal has them by chance.
const PRICE: &str = "2.301726";

/// A workspace in which a need was stated and offers were made.
fn halls() -> Workspace {
    let workspace = Workspace::adopted();
    act(
        &workspace,
        "request halls --by openai --quantity 64_000~GB200 --lot 8000 --purpose training \
                     --need-by 2099-01-01 --months 60 --price USD~2.40",
    );
    workspace
}

fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(|word| word.replace('~', " ")).collect()
}

/// Runs a command that counts then and must succeed.
fn act(workspace: &Workspace, command: &str) -> String {
    let command = words(&format!("{command} --at {THEN}"));
    workspace.must(&command.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The same as JSON, however it ends.
fn answer(workspace: &Workspace, command: &str) -> Value {
    let command = words(command);
    workspace.json(&command.iter().map(String::as_str).collect::<Vec<_>>())
}

fn head(workspace: &Workspace) -> Value {
    answer(workspace, "journal verify")["head"].clone()
}

#[test]
fn a_command_that_is_repeated_changes_nothing_and_says_so() {
    let workspace = halls();
    let bid = "bid halls --by oracle --quantity 48000 --price USD~2.35 --id offer-1";
    act(&workspace, bid);
    let before = head(&workspace);
    let again = act(&workspace, bid);
    assert!(again.contains("`offer-1` was carried out before; nothing changed"), "{again}");
    assert_eq!(head(&workspace), before);
    assert_eq!(answer(&workspace, "rounds halls")[0]["bids"].as_array().unwrap().len(), 1);
}

#[test]
fn a_command_is_kept_beside_what_it_caused() {
    let workspace = halls();
    act(&workspace, "bid halls --by oracle --quantity 48000 --price USD~2.35 --id offer-1");
    let log = answer(&workspace, "journal log --about case/halls");
    let kinds: Vec<_> = log.as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["command", "requested", "screened", "command", "bid-received"]);
    let given = &log[3]["payload"];
    assert_eq!(given["command"]["does"], "bid");
    assert_eq!(given["command"]["id"], "offer-1");
    assert_eq!(given["at"], "2025-02-03T20:00:00Z");
    // Whoever leaves the id out gets one, and what follows carries it.
    let made_up = &log[0]["payload"]["command"]["id"];
    assert_eq!(made_up.as_str().unwrap().len(), 36);
    assert_eq!(&log[1]["payload"]["command"], made_up);
}

#[test]
fn a_refusal_names_the_guard_and_what_would_help() {
    let workspace = halls();
    act(&workspace, "bid halls --by oracle --quantity 48000 --price USD~2.35");
    let before = head(&workspace);
    let refused = answer(&workspace, &format!("award halls --by openai --bid 1 --at {THEN}"));
    assert_eq!(refused["refused"], "state");
    assert_eq!(refused["clause"], "right_of_first_refusal.new-capacity");
    assert!(refused["found"].as_str().unwrap().contains("first say"), "{refused}");
    assert!(refused["help"].as_str().unwrap().contains("charter notify"), "{refused}");
    assert_eq!(head(&workspace), before);
}

#[test]
fn whose_turn_it_is_is_what_would_not_be_refused() {
    let workspace = halls();
    act(&workspace, "notify halls --by openai --channel hand");
    let rounds = answer(&workspace, "rounds halls");
    let turns = rounds[0]["parts"][0]["may_act"].as_array().unwrap().clone();
    for turn in &turns {
        assert!(!turn["may"].as_array().unwrap().is_empty(), "{turn}");
    }
    let may = |party: &str, what: &str| {
        let mut of = turns.iter().filter(|turn| turn["party"] == party);
        of.any(|turn| turn["may"].as_array().unwrap().contains(&json!(what)))
    };
    assert!(may("anybody", "bid"), "{turns:?}");
    assert!(!may("oracle", "exercise"), "{turns:?}");
    assert!(rounds[0]["history"].as_array().unwrap().len() >= 3);
}

#[test]
fn offers_are_compared_and_the_best_is_named() {
    let workspace = halls();
    act(&workspace, "bid halls --by oracle --quantity 64000 --price USD~2.39");
    act(&workspace, "bid halls --by amazon --quantity 64000 --price USD~2.35");
    let compared = answer(&workspace, "compare halls");
    let first = &compared[0]["rows"][0];
    assert_eq!((&first["number"], &first["bidder"]), (&json!(2), &json!("amazon")));
    assert_eq!(first["awarded"], 64_000);
    assert_eq!(compared[0]["rows"][1]["awarded"], 0);
    // Nothing may be signed before the holder has had its say, and that is said.
    assert_eq!(
        (&compared[0]["part"], &compared[0]["award"]["refused"]),
        (&json!(1), &json!("state"))
    );
    let shown = act(&workspace, "withdraw-offer halls --by amazon --bid 2");
    assert!(shown.contains("bid-gone"), "{shown}");
    assert_eq!(answer(&workspace, "compare halls")[0]["rows"][0]["bidder"], "oracle");
}

#[test]
fn the_best_offer_is_awarded_where_that_is_asked_for() {
    let workspace = halls();
    act(&workspace, "waive halls --by microsoft --unlimited --evidence letter");
    act(&workspace, "bid halls --by oracle --quantity 64000 --price USD~2.39");
    act(&workspace, "bid halls --by amazon --quantity 64000 --price USD~2.35");
    let compared = answer(&workspace, "compare halls");
    assert_eq!(compared[0]["award"], json!({ "bid": 2, "quantity": 64_000 }));
    let shown = workspace.must(&["compare", "halls"]);
    assert!(shown.contains("`award --best` takes 64000 of offer 2"), "{shown}");
    let awarded = answer(&workspace, &format!("award halls --by openai --best --at {THEN}"));
    let signed = &awarded[0]["event"];
    assert_eq!(
        (&signed["event"], &signed["signed"]["party"]),
        (&json!("third-signed"), &json!("amazon"))
    );
    // What was asked for is what is kept.
    let log = answer(&workspace, "journal log --about case/halls --kind command");
    let last = log.as_array().unwrap().last().unwrap();
    assert_eq!(last["payload"]["command"]["does"], "award-best");
    let more = workspace.run(&["award", "halls", "--by", "openai", "--best", "--quantity", "1"]);
    assert_eq!(more.code, 2, "how many serve best is what is asked");
}

#[test]
fn a_sealed_offer_keeps_its_terms_until_it_is_revealed() {
    let workspace = halls();
    act(
        &workspace,
        "tender halls --by openai --closes 2025-02-04T12:00:00-08:00 \
                     --reveal-by 2025-02-06T12:00:00-08:00",
    );
    let file = workspace.path("oracle.json").display().to_string();
    let bid = format!("bid halls --by oracle --quantity 64000 --id oracle-1 --sealed {file}");
    // What would not count once it is revealed is not sealed, and nothing is kept of it.
    let finer = answer(&workspace, &format!("{bid} --price USD~{PRICE}4 --at {THEN}"));
    assert_eq!(finer["refused"], "offer-comparable");
    assert!(!workspace.path("oracle.json").exists());
    act(&workspace, &format!("{bid} --price USD~{PRICE}"));
    // Handed in again it keeps the secret that it was sealed with.
    let kept = std::fs::read_to_string(&file).unwrap();
    act(&workspace, &format!("{bid} --price USD~{PRICE}"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), kept);
    act(&workspace, &format!("{bid}2 --price USD~{PRICE}"));
    assert!(!workspace.path("oracle.json2").exists(), "it was handed in, and kept elsewhere");
    let log = answer(&workspace, "journal log --about case/halls").to_string();
    assert!(!log.contains(PRICE), "the price is in the journal");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(!log.contains(kept["nonce"].as_str().unwrap()), "the secret is in the journal");
    let reveal = format!("reveal halls --by oracle --bid 1 --offer {file} --at");
    let early = answer(&workspace, &format!("{reveal} 2025-02-04T11:00:00-08:00"));
    assert_eq!(early["refused"], "in-time");
    let revealed = answer(&workspace, &format!("{reveal} 2025-02-05T12:00:00-08:00"));
    assert_eq!(revealed[0]["event"]["event"], "bid-revealed", "{revealed}");
    assert_eq!(answer(&workspace, "compare halls")[0]["rows"][0]["bidder"], "oracle");
}

/// Two equal offers, improved alike: the lottery decides, from a seed that nobody else knew.
#[test]
fn equal_offers_are_improved_and_then_drawn_between() {
    let workspace = halls();
    let file = |name: &str| workspace.path(name).display().to_string();
    let (seed, other) = (file("halls-seed.json"), file("other-seed.json"));
    act(&workspace, "waive halls --by microsoft --unlimited --evidence letter");
    act(&workspace, &format!("tender halls --by openai --lottery {other}"));
    act(&workspace, &format!("tender halls --by openai --lottery {seed}"));
    for by in ["oracle", "amazon"] {
        act(&workspace, &format!("bid halls --by {by} --quantity 64000 --price USD~2.35"));
    }
    let best = "award halls --by openai --best --at";
    let early = answer(&workspace, &format!("{best} {THEN}"));
    assert_eq!(early["refused"], "improvement-held");
    let told = workspace.must(&["rounds", "halls"]);
    assert!(told.contains("improvement"), "{told}");
    act(&workspace, "improvement halls --by openai");
    assert_eq!(answer(&workspace, &format!("{best} {THEN}"))["refused"], "all-revealed");
    for (number, by) in [(1, "oracle"), (2, "amazon")] {
        let kept = file(&format!("{by}.json"));
        let better = format!("bid halls --by {by} --improves {number} --price USD~{PRICE}");
        act(&workspace, &format!("{better} --sealed {kept}"));
    }
    let log = || answer(&workspace, "journal log --about case/halls").to_string();
    assert!(!log().contains(PRICE), "an improvement is in the journal");
    let reveal = |by: &str, number: usize| {
        let kept = file(&format!("{by}.json"));
        let reveal = format!("reveal halls --by {by} --bid {number} --offer {kept}");
        answer(&workspace, &format!("{reveal} --at 2025-02-04T12:00:01-08:00"))
    };
    let oracle = file("oracle.json");
    let another =
        workspace.run(&["reveal", "halls", "--by", "oracle", "--bid", "2", "--offer", &oracle]);
    assert_ne!(another.code, 0);
    assert!(another.stderr.contains("it improves offer 1"), "{}", another.stderr);
    assert_eq!(reveal("oracle", 1)[0]["event"]["event"], "improvement-revealed");
    let waits = answer(&workspace, &format!("{best} 2025-02-04T12:00:01-08:00"));
    assert_eq!(waits["refused"], "all-revealed");
    reveal("amazon", 2);

    let shown = workspace.must(&["compare", "halls"]);
    assert!(shown.contains("offers 1 and 2 are equal: the lottery decides"), "{shown}");
    let award = |seed: &str| answer(&workspace, &format!("{best} 2025-02-04T12:00:02-08:00{seed}"));
    assert_eq!(award("")["refused"], "seed-opens");
    assert_eq!(award(&format!(" --seed {other}"))["refused"], "seed-opens");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&seed).unwrap()).unwrap();
    let secret = kept["seed"].as_str().unwrap();
    assert!(!log().contains(secret), "the seed is in the journal before it is drawn from");
    let awarded = award(&format!(" --seed {seed}"));
    assert_eq!(awarded[0]["event"], json!({ "event": "seed-revealed", "seed": secret }));
    let signed = &awarded[1]["event"];
    assert_eq!(signed["event"], "third-signed");
    assert_eq!(signed["signed"]["terms"]["price"]["amount"], PRICE);
    // Once, as the event that everybody who bid may see.
    assert_eq!(log().matches(secret).count(), 1);
    workspace.must(&["why", "halls"]);
}

#[test]
fn an_amendment_changes_only_what_is_said() {
    let workspace = halls();
    let before = answer(&workspace, "rounds halls")[0]["requirement"].clone();
    let command = words(&format!("amend halls --by openai --need-by 2099-01-08 --at {THEN}"));
    let ran = workspace.run(&command.iter().map(String::as_str).collect::<Vec<_>>());
    let after = answer(&workspace, "rounds halls")[0]["requirement"].clone();
    let mut expected = before;
    if ran.code == 0 {
        expected["need_by"] = json!("2099-01-08");
    }
    assert_eq!(after, expected);
}

#[test]
fn declared_capacity_is_kept_and_does_not_disturb_cases() {
    let workspace = halls();
    act(&workspace, "declare --by oracle --class GB200 --count 48000");
    let log = answer(&workspace, "journal log --about capacity/oracle");
    assert_eq!(log[0]["payload"], json!({"supplier": "oracle", "class": "GB200", "count": 48_000}));
    act(&workspace, "bid halls --by oracle --quantity 48000 --price USD~2.35");
}

#[test]
fn why_explains_each_step_by_clause_and_guard() {
    let workspace = halls();
    act(&workspace, "notify halls --by openai --channel hand");
    let told = workspace.must(&["why", "halls"]);
    for part in [
        "notice-sent",
        "response_window = 30 days",
        "✓ by-grantor",
        "under right_of_first_refusal.new-capacity",
        "For new capacity it may",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    let steps = answer(&workspace, "why halls --part 1");
    assert_eq!(steps[0]["event"]["event"], "requested");
    assert_eq!(workspace.run(&["why", "halls", "--part", "2"]).code, 2);
}

/// What the sources do not say: what Microsoft and Oracle owe for being late.
const LATE: &str = r#"# Delivery

```hcl
agreement "azure-delivery" {
  parties   = [openai, microsoft]
  signed    = "2025-01-21"
  time_zone = "America/Los_Angeles"
}
```

Microsoft pays twelve dollars for each accelerator and day that it is late.

```hcl
liquidated_damages "late" {
  grantor = microsoft
  holder  = openai
  rate    = "USD 12"
}
```
"#;

/// New data centres: Microsoft takes a quarter, Oracle the rest with the money of two funders.
/// Microsoft is late, pays for thirty days, and what it lacks is free for others on any terms. Figures:
/// domain rules §4.4, L4, with 16,000 accelerators and no cap reached.
#[test]
#[rustfmt::skip]
fn a_round_runs_from_request_to_shortfall() {
    let workspace = Workspace::example();
    workspace.write("delivery.md", LATE);
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    let rows = [
        ("2025-01-22T10:00:00-08:00", "request halls --by openai --quantity 64_000~GB200 --lot 8000 --purpose training --need-by 2025-06-02 --months 60 --price USD~2.40", "requested, screened"),
        ("2025-01-22T10:05:00-08:00", "notify halls --by openai --channel email", "notice-sent"),
        ("2025-01-30T10:00:00-08:00", "exercise halls --by microsoft --quantity 16000", "round-opened, partial-exercised, released"),
        ("2025-02-03T10:00:00-08:00", "bid halls --by oracle --quantity 48000 --price USD~2.35 --contingent-on softbank --contingent-on uae-fund", "bid-received"),
        ("2025-02-04T10:00:00-08:00", "award halls --by openai --bid 1", "awarded-contingent"),
        ("2025-02-05T10:00:00-08:00", "contingency halls --by oracle --bid 1 --evidence both~funders~have~signed", "contingency-met, third-signed, lot-scheduled"),
        ("2025-02-06T10:00:00-08:00", "sign halls --by microsoft", "signature-given"),
        ("2025-02-06T10:00:00-08:00", "sign halls --by openai", "signature-given, definitive-signed, lot-scheduled"),
        ("2025-06-02T10:00:00-07:00", "deliver halls --by oracle --lot 1", "delivered, fulfilled"),
        ("2025-06-20T10:00:00-07:00", "delay halls --by microsoft --lot 2 --until 2025-08-01 --reason grid~connection", "delivery-late, grace-ended, delivery-delayed"),
        ("2025-07-16T17:00:01-07:00", "tick", "shortfall, damages-due"),
        ("2025-09-16T10:00:00-07:00", "bid halls --by oracle --quantity 16000 --price USD~3.10", "bid-received"),
        ("2025-09-16T11:00:00-07:00", "award halls --by openai --bid 2", "third-signed, lot-scheduled"),
    ];
    for (at, command, expected) in rows {
        let told = answer(&workspace, &format!("{command} --at {at}"));
        let happened = match told[0].get("happened") {
            Some(in_case) => in_case.as_array(),
            None => told.as_array(),
        };
        let kind = |dated: &Value| dated["event"]["event"].as_str().unwrap_or_default().to_string();
        let kinds: Vec<_> = happened.unwrap_or_else(|| panic!("{command}: {told}")).iter().map(kind).collect();
        assert_eq!(kinds.join(", "), expected, "{command}");
    }
    let log = answer(&workspace, "journal log --about case/halls --kind damages-due");
    let damages = &log[0];
    // 16,000 accelerators, 30 days, USD 12.
    assert!(damages["payload"].to_string().contains("5760000"), "{damages}");
    assert_eq!(damages["cause"], "liquidated_damages.late");
    let case = &answer(&workspace, "rounds halls")[0];
    assert_eq!(case["parts"][0]["state"], "THIRD_SIGNED");
    assert_eq!(case["parts"][1]["state"], "FULFILLED");

    // They are due on a UTC day of July, and in no other month.
    let damages = |month: &str| -> Vec<Value> {
        let settled = answer(&workspace, &format!("settle {month}"));
        let lines = settled["statement"]["lines"].as_array().unwrap();
        lines.iter().filter(|line| line["kind"] == "damages").cloned().collect()
    };
    assert_eq!((damages("2025-06"), damages("2025-08")), (Vec::new(), Vec::new()));
    let july = damages("2025-07");
    let [line] = &july[..] else { panic!("{july:?}") };
    assert_eq!(line["amount"]["amount"], "5760000.00");
    assert_eq!([&line["from"], &line["to"]], ["microsoft", "openai"]);
    assert_eq!([&line["clause"], &line["document"]], ["liquidated_damages.late", "delivery.md"]);
    assert_eq!(line["title"], "damages for halls lot 2, due 2025-07-17");
    let steps = line["steps"].as_array().unwrap().iter();
    let steps: Vec<_> = steps.map(|step| [&step["name"], &step["value"]]).collect();
    // A tenth of 16,000 accelerators at USD 2.40 for a year would be the most.
    assert_eq!(
        steps,
        [
            [&json!("days of delay that count"), &json!("30")],
            [&json!("at most for the lot"), &json!("33638400")],
            [&json!("due"), &json!("5760000")],
        ]
    );
    let owed = answer(&workspace, "ledger openai:assets:microsoft");
    assert_eq!(owed["postings"][0]["amount"]["amount"], "5760000.00");
    // What Oracle delivered draws on nothing of Microsoft's.
    let position = answer(&workspace, "position --at 2025-08-31");
    let azure = position["commitments"].as_array().unwrap().iter();
    let azure = azure.filter(|of| of["clause"] == "commitment.azure-2025").collect::<Vec<_>>();
    assert_eq!(azure[0]["left"], "10000000000");
}

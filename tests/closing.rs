//! Books that are closed stay closed; what changes later is booked where books are open.

use serde_json::Value;

use crate::workspace::Workspace;

const HEAD: &str = "at,channel,product,model,host,customer,input_tokens,output_tokens\n";

/// A million tokens a call: USD 30 of gpt-4.
fn import(workspace: &Workspace, name: &str, at: &[&str]) {
    let call = |at: &&str| format!("{at},direct,api,gpt-4,azure,acme,1000000,0\n");
    let rows: String = at.iter().map(call).collect();
    let file = workspace.write(name, &format!("{HEAD}{rows}"));
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
}

/// A workspace in which November 2023 is closed with one call.
fn closed() -> Workspace {
    let workspace = Workspace::adopted();
    import(&workspace, "november.csv", &["2023-11-02T10:00:00Z"]);
    workspace.must(&["settle", "2023-11"]);
    workspace.must(&["close", "2023-11"]);
    workspace
}

/// Title, from, to and amount of each line that adjusts a month.
fn adjustments(settled: &Value) -> Vec<[String; 4]> {
    let lines = settled["statement"]["lines"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    lines
        .filter(|line| !line["adjusts"].is_null())
        .map(|line| {
            let amount = &line["amount"]["amount"];
            [text(&line["title"]), text(&line["from"]), text(&line["to"]), text(amount)]
        })
        .collect()
}

fn balance(workspace: &Workspace, account: &str) -> String {
    let ledger = workspace.json(&["ledger", account]);
    ledger["balances"][0]["balance"]["amount"].as_str().unwrap().to_string()
}

#[test]
fn late_calls_are_booked_in_the_next_month_and_the_closed_one_never_changes() {
    let workspace = closed();
    let before = workspace.must(&["statement", "2023-11", "--steps", "--days"]);
    assert_eq!(balance(&workspace, "openai:revenue:direct"), "-30.00");

    import(&workspace, "late.csv", &["2023-11-30T23:00:00Z"]);
    import(&workspace, "december.csv", &["2023-12-01T00:00:00Z"]);
    insta::assert_snapshot!(workspace.must(&["settle", "2023-11"]));
    assert_eq!(workspace.must(&["statement", "2023-11", "--steps", "--days"]), before);
    assert_eq!(balance(&workspace, "openai:revenue:direct"), "-30.00");

    let december = workspace.json(&["settle", "2023-12"]);
    let row = |title: &str, from: &str, to: &str, amount: &str| {
        [title, from, to, amount].map(str::to_string)
    };
    assert_eq!(
        adjustments(&december),
        [
            row(
                "adjustment of 2023-11: revenue share openai to microsoft",
                "openai",
                "microsoft",
                "7.50"
            ),
            row("adjustment of 2023-11: direct gpt-4", "openai", "customers", "30.00"),
        ]
    );
    assert_eq!(workspace.must(&["statement", "2023-11", "--steps", "--days"]), before);
    assert_eq!(balance(&workspace, "openai:revenue:direct"), "-90.00");
    assert_eq!(balance(&workspace, "openai:liabilities:microsoft"), "-22.50");

    // Settled again it is the same, and the month after has nothing to adjust.
    let again = workspace.json(&["settle", "2023-12"]);
    assert_eq!(again["statement"], december["statement"]);
    assert_eq!(again["notes"][0], "unchanged since it was last settled");
    let nothing = workspace.must(&["settle", "2023-11"]);
    assert!(nothing.contains("what was booked for it is what it comes to today"), "{nothing}");
    workspace.must(&["close", "2023-12"]);
    import(&workspace, "january.csv", &["2024-01-05T00:00:00Z"]);
    assert_eq!(adjustments(&workspace.json(&["settle", "2024-01"])), Vec::<[String; 4]>::new());
    insta::assert_snapshot!(workspace.must(&["statement", "2023-12", "--steps"]));
}

#[test]
fn what_was_adjusted_in_error_is_adjusted_again() {
    let workspace = closed();
    let report = |amount: &str, correct: &[&str]| {
        let amount = format!("amount=USD {amount}");
        let mut args = vec!["report", "paid", "by=openai", "to=microsoft", &amount];
        args.extend(["--on", "2023-11-20"]);
        args.extend(correct);
        workspace.must(&args);
    };
    report("100", &[]);
    import(&workspace, "december.csv", &["2023-12-01T00:00:00Z"]);
    let december = workspace.json(&["settle", "2023-12"]);
    assert_eq!(adjustments(&december)[0][3], "100");
    workspace.must(&["close", "2023-12"]);
    assert_eq!(balance(&workspace, "openai:assets:bank"), "-100");

    report("40", &["--correct"]);
    import(&workspace, "january.csv", &["2024-01-05T00:00:00Z"]);
    let january = workspace.json(&["settle", "2024-01"]);
    assert_eq!(adjustments(&january)[0][3], "-60");
    assert_eq!(balance(&workspace, "openai:assets:bank"), "-40");
    assert_eq!(balance(&workspace, "microsoft:assets:bank"), "40");
}

#[test]
fn books_are_closed_in_order_as_they_were_settled_and_once() {
    let workspace = Workspace::adopted();
    let refused = |args: &[&str], why: &str| {
        let ran = workspace.run(args);
        assert_eq!((ran.code, ran.stderr.contains(why)), (3, true), "{}", ran.stderr);
    };
    refused(&["close", "2023-11"], "2023-11 has not been settled");
    import(&workspace, "calls.csv", &["2023-11-02T10:00:00Z", "2023-12-02T10:00:00Z"]);
    workspace.must(&["settle", "2023-11"]);
    workspace.must(&["settle", "2023-12"]);
    refused(&["close", "2023-12"], "2023-11 comes before 2023-12 and is not closed");
    import(&workspace, "more.csv", &["2023-11-03T10:00:00Z"]);
    refused(&["close", "2023-11"], "has changed since it was settled");
    workspace.must(&["settle", "2023-11"]);
    let closed = workspace.json(&["close", "2023-11"]);
    let head = workspace.json(&["journal", "verify"]);
    assert_eq!(workspace.json(&["close", "2023-11"]), closed);
    assert_eq!(workspace.json(&["journal", "verify"]), head);
    let months = workspace.json(&["close"]);
    assert_eq!(months[0]["hash"], closed["hash"]);
    assert_eq!([&months[0]["closed"], &months[1]["closed"]], [true, false]);
}

#[test]
fn a_month_that_is_not_final_is_not_closed() {
    let workspace = Workspace::adopted();
    let call = "2023-11-02T10:00:00Z,direct,api,gpt-3,azure,acme,1000,100\n";
    let file = workspace.write("calls.csv", &format!("{HEAD}{call}"));
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    workspace.run(&["settle", "2023-11"]);
    let ran = workspace.run(&["close", "2023-11"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("provisional: 1 calls could not be rated"), "{}", ran.stderr);
}

#[test]
fn late_calls_of_a_closed_month_that_cannot_be_rated_keep_the_next_one_provisional() {
    let workspace = closed();
    // What a provisional month would book of it is not booked.
    import(&workspace, "known.csv", &["2023-11-05T10:00:00Z"]);
    let call = "2023-11-02T10:00:00Z,direct,api,gpt-3,azure,acme,1000,100\n";
    let file = workspace.write("late.csv", &format!("{HEAD}{call}"));
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    import(&workspace, "december.csv", &["2023-12-01T00:00:00Z"]);
    let ran = workspace.run(&["settle", "2023-12"]);
    assert_eq!(ran.code, 1);
    let why = "2023-11, which is closed, cannot be computed anew: 1 calls could not be rated";
    assert!(ran.stdout.contains(why), "{}", ran.stdout);
    let ran = workspace.run(&["settle", "2023-11"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("1 calls could not be rated"), "{}", ran.stdout);
    assert!(ran.stdout.contains("USD 30.00  direct gpt-4"), "{}", ran.stdout);
}

#[test]
fn a_figure_that_is_none_is_refused_with_what_to_do() {
    let workspace = Workspace::adopted();
    let cases: [(&[&str], &str); 14] = [
        (&["refund", "by=openai", "amount=USD 1"], "is no figure; expected one of taxes, refunds"),
        (&["refunds", "amount=USD 1"], "add by=PARTY"),
        (&["refunds", "by=opanai", "amount=USD 1"], "did you mean `openai`?"),
        (&["refunds", "by=openai"], "`amount` is missing"),
        (&["refunds", "by=openai", "amount=NaN"], "expected money, as \"USD 30_000\""),
        (&["refunds", "by=openai", "amount=USD -1"], "less than nothing"),
        (&["refunds", "by=openai", "amount=USD 1", "chanel=direct"], "did you mean `channel`?"),
        (&["refunds", "by=openai", "amount=USD 1", "channel=dirct"], "did you mean `direct`?"),
        (&["refunds", "by=openai", "amount=USD 1", "by=openai"], "`by` is given twice"),
        (&["paid", "by=openai", "amount=USD 1"], "add to=PARTY"),
        (&["index", "by=openai", "name=CPI", "amount=USD 1"], "expected a number"),
        (&["damages_count", "by=openai", "amount=USD 1"], "expected a number"),
        (&["damages_count", "by=openai", "amount=3"], "add clause=CLAUSE"),
        (&["drawn", "by=openai", "amount=USD 3"], "add clause=CLAUSE"),
    ];
    for (args, why) in cases {
        let mut all = vec!["report"];
        all.extend(args);
        all.extend(["--on", "2023-11-30"]);
        let ran = workspace.run(&all);
        assert_eq!((ran.code, ran.stderr.contains(why)), (2, true), "{args:?}: {}", ran.stderr);
    }
    let digits = "amount=USD 123456789012345678901234567890";
    let ran = workspace.run(&["report", "refunds", "by=openai", digits, "--on", "2023-11-30"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);

    let refunds = ["report", "refunds", "by=openai", "amount=USD 5", "--on", "2023-11-30"];
    workspace.must(&refunds);
    assert!(workspace.must(&refunds).contains("unchanged"));
    let other = ["report", "refunds", "by=openai", "amount=USD 6", "--on", "2023-11-30"];
    assert!(workspace.run(&other).stderr.contains("is reported already: USD 5"));
}

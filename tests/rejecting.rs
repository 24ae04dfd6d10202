//! Wrong input: it is listed with its reasons, the statement is provisional until somebody has looked at it,
//! and nothing is lost.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::workspace::{Ran, Workspace};

const HEAD: &str =
    "at,id,channel,product,model,host,customer,input_tokens,output_tokens,reasoning_tokens\n";

/// A row of November 2023: its number, when it was made, and its tokens.
fn row(number: u32, at: &str, tokens: &str) -> String {
    format!("{at},call-{number},direct,api,gpt-4,azure,acme,{tokens}\n")
}

fn import(workspace: &Workspace, name: &str, rows: &str) -> Ran {
    let file = workspace.write(name, &format!("{HEAD}{rows}"));
    workspace.run(&["usage", "import", &file, "--format", "csv"])
}

/// Whether November is final, and what it came to.
fn november(workspace: &Workspace) -> (bool, Value) {
    let statement = workspace.json(&["settle", "2023-11"])["statement"].take();
    let revenue = statement["lines"][0]["exact"].clone();
    (statement["is_final"] == true, revenue)
}

/// The present: the binary under test reads its own clock.
#[allow(clippy::disallowed_methods)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

#[test]
fn rejected_rows_keep_their_month_provisional_until_they_are_dismissed() {
    let workspace = Workspace::adopted();
    let noon = "2023-11-02T12:00:00Z";
    let tomorrow = now() + jiff::SignedDuration::from_hours(30);
    let rows = [
        row(1, noon, "1000000,0,0"),
        // One id, another content.
        row(1, noon, "2000000,0,0"),
        row(2, noon, "-5,0,0"),
        row(3, noon, "NaN,0,0"),
        row(4, noon, "123456789012345678901234567890,0,0"),
        row(5, noon, "1e6,0,0"),
        // A clock that is far ahead, and one that is a little.
        row(6, "2099-11-02T12:00:00Z", "7,0,0"),
        row(7, &tomorrow.to_string(), "7,0,0"),
        row(8, "2023-11-02", "7,0,0"),
        row(9, noon, "7,0"),
    ];
    let ran = import(&workspace, "calls.csv", &rows.concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("10 rows: 1 new, 0 known already, 9 rejected"),
        "{}",
        ran.stdout
    );

    let listed = workspace.json(&["usage", "rejected"]);
    let listed = listed.as_array().unwrap();
    let reasons: Vec<_> = listed.iter().map(|row| row["reason"].as_str().unwrap()).collect();
    insta::assert_snapshot!(timeless(&reasons.join("\n")));
    let kept: BTreeSet<_> = listed.iter().map(|row| row["row"].as_str().unwrap()).collect();
    assert_eq!(kept.len(), 9, "nothing is lost");
    // One that was read, and is another call under a known id, is kept as it was read.
    assert!(kept.iter().any(|row| row.starts_with(noon) && row.contains(",2000000,")));
    assert!(rows[2..].iter().all(|row| kept.contains(row.trim_end())), "{kept:?}");

    // What was read is there, but nobody takes the month for all there is.
    assert_eq!(november(&workspace), (false, "30".into()));
    assert_eq!(workspace.json(&["ledger"])["balances"].as_array().unwrap().len(), 0);
    assert_eq!(workspace.run(&["close", "2023-11"]).code, 3);
    let told = workspace.run(&["settle", "2023-11"]);
    assert_eq!(told.code, 1);
    assert!(told.stdout.contains("rejected when imported, line 4"), "{}", told.stdout);

    // Mended and handed in anew, they are counted; then nobody waits for the file.
    let file = listed[0]["file"].as_str().unwrap();
    assert_eq!(import(&workspace, "mended.csv", &row(2, noon, "1000000,0,0")).code, 0);
    assert_eq!(november(&workspace), (false, "60".into()));
    let dismiss = ["usage", "rejected", file, "--dismiss", "handed in anew as mended.csv"];
    workspace.must(&dismiss);
    assert_eq!(november(&workspace), (true, "60".into()));
    workspace.must(&["close", "2023-11"]);
    assert_eq!(workspace.run(&dismiss).code, 2, "it is dismissed once");
    assert_eq!(workspace.run(&["usage", "rejected"]).code, 0);
    let log = workspace.json(&["journal", "log", "--kind", "rejected-dismissed"]);
    assert_eq!(log[0]["payload"]["reason"], "handed in anew as mended.csv");

    // The same file again has the same rows in it, and nobody waits for them again.
    import(&workspace, "calls.csv", &rows.concat());
    assert_eq!(workspace.run(&["usage", "rejected"]).code, 0);
}

/// A text without the instants of this year, which differ from run to run.
fn timeless(text: &str) -> String {
    let year = now().to_string()[..4].to_string();
    let word =
        |word: &str| if word.contains(&format!("{year}-")) { "SOON" } else { word }.to_string();
    text.lines()
        .map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn rejected_rows_of_a_closed_month_keep_the_next_one_provisional() {
    let workspace = Workspace::adopted();
    import(&workspace, "calls.csv", &row(1, "2023-11-02T12:00:00Z", "1000000,0,0"));
    assert_eq!(november(&workspace), (true, "30".into()));
    workspace.must(&["close", "2023-11"]);
    let late =
        row(2, "2023-11-03T12:00:00Z", "many,0,0") + &row(3, "2023-12-01T00:00:00Z", "1,0,0");
    assert_eq!(import(&workspace, "late.csv", &late).code, 1);
    let ran = workspace.run(&["settle", "2023-12"]);
    assert_eq!(ran.code, 1);
    let why = "2023-11, which is closed, cannot be computed anew: 1 calls could not be rated";
    assert!(ran.stdout.contains(why), "{}", ran.stdout);
    let file = workspace.json(&["usage", "rejected"])[0]["file"].as_str().unwrap().to_string();
    workspace.must(&["usage", "rejected", &file, "--dismiss", "a test of the meter"]);
    workspace.must(&["settle", "2023-12"]);
}

#[test]
fn a_file_cut_short_is_refused_whole() {
    let workspace = Workspace::adopted();
    let rows: String =
        (0..500).map(|number| row(number, "2023-11-02T12:00:00Z", "1000,5,1")).collect();
    import(&workspace, "calls.csv", &rows);
    let before = november(&workspace);
    // Our own segments are Parquet, too.
    let day = workspace.path(".charter/usage/day=2023-11-02");
    let mut entries = std::fs::read_dir(day).unwrap().map(|entry| entry.unwrap().path());
    let segment = entries.find(|path| path.extension().is_some_and(|e| e == "parquet")).unwrap();
    let bytes = std::fs::read(segment).unwrap();
    for part in [bytes.len() / 2, bytes.len() - 1, 3, 0] {
        let cut = workspace.path("cut.parquet");
        std::fs::write(&cut, &bytes[..part]).unwrap();
        let cut = cut.display().to_string();
        let ran = workspace.run(&["usage", "import", &cut, "--format", "parquet"]);
        assert_eq!(ran.code, 3, "{part} bytes: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("cut.parquet"), "{}", ran.stderr);
    }
    assert_eq!(november(&workspace), before);
}

#[test]
fn price_lists_that_overlap_are_refused_before_anything_is_priced_by_them() {
    let workspace = Workspace::example();
    let list = |name: &str, price: &str| {
        format!(
            "price_list \"{name}\" {{\n  channels = [direct]\n  from     = \"2023-10-01\"\n  price \
             \"gpt-4\" {{\n    input  = \"{price}\"\n    output = \"{price}\"\n  }}\n}}\n"
        )
    };
    let terms = list("one", "USD 1") + &list("two", "USD 2");
    workspace.write("more-prices.md", &format!("# More prices\n\n```hcl\n{terms}```\n"));
    let ran = workspace.run(&["adopt", "--all", "--known", "signed"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("price lists `one` and `two` both"), "{}", ran.stderr);
}

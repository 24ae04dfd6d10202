//! Published prices become price lists, and calls are settled by them.

use std::fmt::Write as _;

use serde_json::Value;

use crate::workspace::{Ran, Workspace, checkout, shared};

fn example(name: &str) -> String {
    checkout().join("tests/prices").join(name).display().to_string()
}

/// What an import says, without the folder its file is in.
fn told(ran: &Ran, file: &str) -> String {
    let name = std::path::Path::new(file).file_name().unwrap().to_string_lossy().into_owned();
    format!("{}\n{}", ran.stdout, ran.stderr.replace(file, &name))
}

#[test]
fn published_prices_become_a_document_and_what_cannot_be_said_is_listed() {
    for (name, format, more, code) in [
        ("litellm.json", "litellm", &["--from", "2026-01-01"][..], 0),
        ("litellm.json", "litellm", &["--provider", "azure", "--models", "gpt-4o,gpt-5"], 1),
        ("genai-prices.json", "genai-prices", &["--provider", "openai", "--from", "2024-06-01"], 0),
        ("genai-prices.json", "genai-prices", &["--from", "2026-01-01"], 0),
        ("table.csv", "csv", &["--from", "2026-01-01", "--host", "azure", "--name", "in-euros"], 0),
    ] {
        let workspace = Workspace::example();
        let file = example(name);
        let import = ["prices", "import", &file, "--format", format, "--channel", "direct"];
        let ran = workspace.run(&[&import, more].concat());
        let said = told(&ran, &file);
        assert_eq!(ran.code, code, "{said}");
        // The day of an import that names none is another tomorrow.
        if more.contains(&"--from") {
            let which = if more.contains(&"--provider") { "of-one-provider" } else { "of-all" };
            insta::assert_snapshot!(format!("{format}-{which}"), said);
        }
        // What was written is sound beside the other documents, and is formatted.
        let out = workspace.path("published.md").display().to_string();
        workspace.run(&[&import, more, &["--out", &out]].concat());
        let checked = workspace.run(&["check"]);
        assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
        workspace.must(&["fmt", "--check"]);
        let written = std::fs::read_to_string(&out).unwrap();
        let of_lists = written.split("## What is not").next().unwrap();
        assert!(ran.stdout.contains(of_lists.split("```hcl").nth(1).unwrap().trim_end()));
    }
}

#[test]
fn an_import_writes_no_file_twice_and_no_list_beside_one_that_ties() {
    let workspace = Workspace::example();
    let file = example("litellm.json");
    let out = workspace.path("published.md").display().to_string();
    let import = |from: &str, out: &str| {
        let more = ["--channel", "direct", "--models", "gpt-4o", "--from", from, "--out", out];
        let import = ["prices", "import", &file, "--format", "litellm"];
        workspace.run(&[&import[..], &more].concat())
    };
    assert_eq!(import("2026-01-01", &out).code, 0);
    let again = import("2026-01-01", &out);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
    // The example has a list that begins on that day, with the same model on the same channel.
    let beside = workspace.path("beside.md").display().to_string();
    std::fs::remove_file(&out).unwrap();
    let tie = import("2025-08-07", &beside);
    assert_eq!(tie.code, 2);
    let said: Vec<_> = tie.stderr.split_whitespace().filter(|word| *word != "│").collect();
    let said = said.join(" ");
    assert!(said.contains("price lists `2025` and `litellm` both price `gpt-4o`"), "{said}");
    assert!(!workspace.path("beside.md").exists());
}

#[test]
fn what_is_no_file_of_prices_is_refused_with_its_place() {
    let workspace = Workspace::example();
    let long = "9".repeat(5_000);
    for (format, text, said) in [
        ("litellm", "", "EOF while parsing a value"),
        ("litellm", "[]", "line 1, column 0: invalid type: sequence, expected an object"),
        (
            "litellm",
            "{\n  \"gpt-4o\": {\n    \"input_cost_per_token\": NaN\n  }\n}",
            "line 3, column 29",
        ),
        ("litellm", "{\"gpt-4o\": 5}", "line 1"),
        ("litellm", "{\"gpt-4o\": {}", "line 1, column 13"),
        ("genai-prices", "{}", "line 1"),
        ("genai-prices", "[{\"models\": []}]", "missing field `id`"),
        ("csv", "", "there is no column `provider`"),
        ("csv", "provider,model\nopenai,gpt-4o\n", "no column is a price"),
        ("csv", "provider,model,euro_per_million_input_tokens\n", "`euro` is not a currency"),
        ("csv", "provider,model,usd_per_million_tokens\n", "names no class of tokens"),
        (
            "csv",
            "provider,model,usd_per_million_input_tokens,eur_per_million_output_tokens\n",
            "is not in the currency of",
        ),
        ("csv", "provider,model,usd_per_million_input_tokens\nopenai,gpt-4o\n", "line 2"),
        ("csv", "provider,model,usd_per_million_input_tokens\nopenai,gpt-4o,1,2\n", "line 2"),
        ("litellm", &long, "line 1"),
    ] {
        let file = workspace.write("prices.json", text);
        let ran =
            workspace.run(&["prices", "import", &file, "--format", format, "--channel", "direct"]);
        assert_eq!(ran.code, 2, "{format} {:.60}: {}{}", text, ran.stdout, ran.stderr);
        let words: Vec<_> = ran.stderr.split_whitespace().filter(|word| *word != "│").collect();
        let words = words.join(" ");
        assert!(words.contains(said), "{format} {:.60}: {words}", text);
        assert!(words.contains("help: "), "{words}");
    }
    // A number that is none leaves its model out, with its line.
    for number in ["-1", "\"NaN\"", "1e99", "0.000000000000000000000000000000000001"] {
        let text = format!(
            "{{\n\"gpt-4o\": {{\n\"input_cost_per_token\": {number},\n\"output_cost_per_token\": 1e-06\n}}\n}}"
        );
        let file = workspace.write("prices.json", &text);
        let import =
            ["prices", "import", &file, "--format", "litellm", "--channel", "direct", "--models"];
        let ran = workspace.json(&[&import[..], &["gpt-4o"]].concat());
        assert_eq!(ran["document"], Value::Null, "{number}: {ran}");
        assert_eq!(ran["left_out"][0]["line"], 3, "{number}: {ran}");
        assert_eq!(ran["missing"][0]["model"], "gpt-4o");
    }
    for wrong in [
        &["--models", "gpt-40"][..],
        &["--models", "gpt-4o,gpt-4o"],
        &["--host", "azzure"],
        &["--from", "yesterday"],
        &["--format", "lite"],
    ] {
        let file = example("litellm.json");
        let import = ["prices", "import", &file, "--channel", "direct"];
        let format: &[&str] =
            if wrong.contains(&"--format") { &[] } else { &["--format", "litellm"] };
        let ran = workspace.run(&[&import[..], format, wrong].concat());
        assert_eq!(ran.code, 2, "{wrong:?}: {}", ran.stderr);
    }
    let none =
        workspace.run(&["prices", "import", &example("litellm.json"), "--format", "litellm"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("--channel"), "{}", none.stderr);
}

#[test]
fn real_prices_are_taken_over() {
    let Some(file) = shared("data/model-prices.csv") else { return };
    let workspace = Workspace::example();
    let file = file.display().to_string();
    let import = ["prices", "import", &file, "--format", "csv", "--channel", "direct"];
    let out = workspace.path("published.md").display().to_string();
    workspace.must(&[&import[..], &["--provider", "openai", "--out", &out]].concat());
    let shown = workspace.json(&["prices", "show", "gpt-4o", "--channel", "direct"]);
    assert_eq!(shown[0]["price_list"], "csv", "{shown}");
}

#[test]
fn prices_are_shown_with_what_is_default() {
    let workspace = Workspace::example();
    let show = ["prices", "show", "gpt-4o", "--at", "2025-02-01"];
    insta::assert_snapshot!(workspace.must(&show));
    let brief = workspace.must(&[&show[..], &["--brief"]].concat());
    assert!(brief.contains("… and 6 defaults"), "{brief}");
    assert_eq!(workspace.run(&["prices", "show", "--at", "2020-01-01"]).code, 1);
    assert_eq!(workspace.run(&["prices", "show", "gpt-40"]).code, 2);
}

/// Prices of each class and way of processing, a second program's way: whole numbers of 10⁻¹² dollars.
#[test]
fn a_month_of_all_classes_and_tiers_settles_to_the_sum_of_its_calls() {
    let workspace = Workspace::example();
    workspace.write(
        "classes.md",
        "# More prices\n\n```hcl\nprice_list \"2026\" {\n  channels = [direct]\n  from = \"2026-01-01\"\n\n  \
         price \"gpt-5\" {\n    input = \"USD 1.25\"\n    cached_input = \"USD 0.125\"\n    cache_write = \
         \"USD 1.5\"\n    audio_input = \"USD 40\"\n    output = \"USD 10\"\n    audio_output = \"USD 80\"\n    \
         call = \"USD 0.001\"\n    batch { discount = \"50%\" }\n  }\n}\n```\n",
    );
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    let classes = [
        ("input_tokens", 1_250_000u128),
        ("cached_input_tokens", 125_000),
        ("cache_write_tokens", 1_500_000),
        ("audio_input_tokens", 40_000_000),
        ("image_input_tokens", 1_250_000),
        ("output_tokens", 10_000_000),
        ("reasoning_tokens", 10_000_000),
        ("audio_output_tokens", 80_000_000),
        ("image_output_tokens", 10_000_000),
    ];
    const CALL: u128 = 1_000_000_000;
    let names: Vec<_> = classes.iter().map(|(name, _)| *name).collect();
    let mut rows =
        format!("at,channel,product,model,host,customer,tier,calls,{}\n", names.join(","));
    let mut charged = 0u128;
    for row in 0..200u32 {
        let (tier, halves) = [("standard", 2), ("batch", 1), ("priority", 2)][row as usize % 3];
        let calls = 1 + row % 4;
        write!(
            rows,
            "2026-03-{:02}T10:00:{:02}Z,direct,api,gpt-5,azure,acme,{tier},{calls}",
            1 + row % 28,
            row % 60
        )
        .unwrap();
        let mut sum = u128::from(calls) * CALL;
        for (at, (_, price)) in classes.iter().enumerate() {
            let count = (row * 7919 + at as u32 * 104_729) % 5_000;
            write!(rows, ",{count}").unwrap();
            sum += u128::from(count) * price;
        }
        rows.push('\n');
        charged += sum * halves / 2;
    }
    let file = workspace.write("calls.csv", &rows);
    workspace.must(&["usage", "import", &file, "--format", "csv"]);
    let settled = workspace.json(&["settle", "2026-03"]);
    let lines = settled["statement"]["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["kind"] == "revenue").unwrap();
    let exact: String = line["exact"].as_str().unwrap().to_string();
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    let units: u128 = format!("{whole}{fraction:0<12}").parse().unwrap();
    assert_eq!(units, charged, "{exact}");
}

//! A real editor, Neovim, talks to `charter lsp`.

use std::process::Command;

use serde_json::Value;

use crate::workspace::{Ran, Workspace, checkout};

/// What the session of `editor.lua` saw.
fn session(workspace: &Workspace) -> Value {
    let script = checkout().join("tests/editor.lua");
    let output = Command::new("nvim")
        .args(["--headless", "--clean", "-n", "-c"])
        .arg(format!("luafile {}", script.display()))
        .env("CHARTER", env!("CARGO_BIN_EXE_charter"))
        .env("WORKSPACE", workspace.path("").canonicalize().unwrap())
        .output()
        .expect("Neovim is there; `./test` installs it");
    let ran = Ran::of(output);
    let seen: Value = serde_json::from_str(ran.stdout.trim())
        .unwrap_or_else(|error| panic!("{error}\n{}{}", ran.stdout, ran.stderr));
    assert_eq!(seen["problem"], Value::Null, "{}", ran.stderr);
    seen
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

#[test]
fn an_author_is_helped_while_typing() {
    let workspace = Workspace::example();
    let what_if = "# What if\n\n```hcl\nscenario \"what-if\" {\n  of        = microsoft-openai\n  \
                   effective = \"2027-01-01\"\n}\n\nend \"exclusivity\" \"nowhere\" {}\n```\n";
    workspace.write("what-if.md", what_if);
    let before = std::fs::read_to_string(workspace.path("2025-01-first-refusal.md")).unwrap();
    let seen = session(&workspace);
    let after = std::fs::read_to_string(workspace.path("2025-01-first-refusal.md")).unwrap();
    assert_eq!(before, after, "nothing was saved");

    // The life of a clause, at its head and where another clause refers to it.
    let head = seen["head"].as_str().unwrap();
    for told in [
        "**right_of_first_refusal.new-capacity**",
        "grantor `openai` → holder `microsoft`",
        "from 2025-01-21 until 2025-10-28, ended by `2025-10-recapitalisation.md:",
        "replaces `exclusivity.cloud`",
        "| response_window | 30 days | assumed: not public; 30 days is customary |",
    ] {
        assert!(head.contains(told), "{told}\n{head}");
    }
    let reference = seen["reference"].as_str().unwrap();
    for told in [
        "from 2019-07-22 until 2025-01-21, replaced by `right_of_first_refusal.new-capacity`",
        "| binds_grantor_too | true | default |",
    ] {
        assert!(reference.contains(told), "{told}\n{reference}");
    }
    assert!(seen["name"].as_str().unwrap().contains("party \"openai\""), "{}", seen["name"]);

    for (place, document, head) in [
        ("clause_defined", "2019-partnership.md", "exclusivity \"cloud\""),
        ("name_defined", "registry.md", "party \"openai\""),
    ] {
        let places = seen[place].as_array().unwrap();
        assert_eq!(places.len(), 1, "{places:?}");
        assert!(places[0]["uri"].as_str().unwrap().ends_with(document), "{places:?}");
        let text = std::fs::read_to_string(workspace.path(document)).unwrap();
        let line = places[0]["range"]["start"]["line"].as_u64().unwrap() as usize;
        assert!(text.lines().nth(line).unwrap().starts_with(head), "{places:?}");
    }
    assert!(strings(&seen["symbols"]).contains(&"commitment.azure-2025"), "{}", seen["symbols"]);

    // What is wrong, where it is wrong, and how to mend it.
    let wrong = &seen["wrong"][0];
    assert_eq!(wrong["code"], "charter::value::unit");
    assert_eq!(wrong["severity"], 1);
    assert_eq!(wrong["text"], "\"2025-13-01\"", "columns are counted as the editor counts them");
    assert!(wrong["message"].as_str().unwrap().contains("help: write a date"), "{wrong}");
    let twice = &seen["twice"][0];
    assert_eq!(twice["file"], "registry.md", "documents that are not open are told of too");
    let related = &twice["related"][0];
    assert_eq!(related["message"], "first defined here");
    assert!(related["location"]["uri"].as_str().unwrap().ends_with("2025-01-first-refusal.md"));

    // What may be written next, in a block that nobody could read.
    let parameters = strings(&seen["parameters"]);
    assert_eq!(parameters[0], "grantor", "what must be there comes first");
    assert!(
        parameters.contains(&"field_of_use") && parameters.contains(&"scope"),
        "{parameters:?}"
    );
    assert!(!parameters.contains(&"holder"), "it is there already: {parameters:?}");
    let names = strings(&seen["names"]);
    assert!(names.contains(&"microsoft") && !names.contains(&"azure"), "parties alone: {names:?}");
    let words: Vec<_> = seen["words"].as_array().unwrap().iter().collect();
    let labels: Vec<_> = words.iter().filter_map(|word| word["label"].as_str()).collect();
    assert_eq!(labels, ["exclusive", "sole", "non_exclusive"]);
    assert!(words[2]["detail"].as_str().unwrap().starts_with("default"), "{}", words[2]);
    assert!(strings(&seen["kinds"]).contains(&"exclusivity"));

    let supposed = seen["supposed"].as_array().unwrap();
    assert_eq!(supposed.len(), 1, "{supposed:?}");
    assert_eq!(supposed[0]["code"], "charter::amendment::of-nothing");
    assert_eq!(supposed[0]["file"], "what-if.md");
}

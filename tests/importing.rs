//! Configurations of LiteLLM's proxy, as tables of `charter.toml`.

use std::fmt::Write as _;

use crate::carrying::key;
use crate::workspace::{Ran, Workspace, checkout};

fn import(workspace: &Workspace, file: &str, more: &[&str]) -> Ran {
    let mut command = workspace.command(&["gateway", "import-litellm", file]);
    let command =
        command.args(more).env("AZURE_SWEDEN_URL", "https://acme-sweden.openai.azure.com");
    Ran::of(command.output().unwrap())
}

fn example(name: &str) -> String {
    checkout().join("tests/litellm").join(name).display().to_string()
}

#[test]
fn configurations_are_taken_over_and_what_is_not_is_listed() {
    let workspace = Workspace::adopted();
    for (name, more, code) in [
        ("one-vendor", &["--host", "azure"][..], 0),
        ("many-regions", &[][..], 0),
        ("many-providers", &["--host", "oci"][..], 1),
        ("in-order", &["--host", "azure"][..], 0),
    ] {
        let file = example(&format!("{name}.yaml"));
        let ran = import(&workspace, &file, more);
        let mut told = ran.stdout;
        write!(told, "\n{}", ran.stderr.replace(&file, &format!("{name}.yaml"))).unwrap();
        assert_eq!(ran.code, code, "{told}");
        assert!(!told.contains("planted"), "a secret is shown: {told}");
        insta::assert_snapshot!(format!("litellm-{name}"), told);
    }
}

/// What was imported is what a gateway goes by, once there is a key.
#[test]
fn what_was_imported_is_gone_by() {
    for name in ["one-vendor", "many-regions", "in-order"] {
        let workspace = Workspace::adopted();
        let before = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
        let file = example(&format!("{name}.yaml"));
        let ran = import(&workspace, &file, &["--host", "azure", "--write"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let (_, table) = key(&workspace, "web", "direct");
        let written = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
        assert!(written.starts_with(&before), "what was there stays as it was");
        workspace.write("charter.toml", &(written.clone() + &table));
        let explained =
            workspace.json(&["gateway", "explain", "--key", "web", "--model", "gpt-4o"]);
        assert_eq!(explained["candidates"][0]["verdict"], "permitted", "{name}: {explained}");

        // It is added once, and to nothing that is there.
        let again = import(&workspace, &file, &["--write"]);
        assert_eq!(again.code, 2);
        assert!(again.stderr.contains("has a `[gateway]` already"), "{}", again.stderr);
        assert_eq!(
            std::fs::read_to_string(workspace.path("charter.toml")).unwrap(),
            written + &table
        );
    }
}

#[test]
fn what_is_no_configuration_is_refused_and_changes_nothing() {
    let workspace = Workspace::adopted();
    let before = std::fs::read_to_string(workspace.path("charter.toml")).unwrap();
    let mut bomb = "a0: &a0 [planted, planted]\n".to_string();
    for at in 1..40 {
        writeln!(bomb, "a{at}: &a{at} [{}]", format!("*a{},", at - 1).repeat(9)).unwrap();
    }
    bomb += "model_list: *a39\n";
    let long = format!("model_list:\n{}", "  - {model_name: planted}\n".repeat(400_000));
    for (text, told) in [
        ("", "it has no `model_list`"),
        ("model_list: []\n", "it has no `model_list`"),
        ("model_list: planted\n", "it has no `model_list`"),
        ("- planted\n", "it has no `model_list`"),
        ("\u{1}planted: [", "cannot be read"),
        ("model_list:\n  - model_name: 'planted\n", "cannot be read"),
        ("<html><body>planted</body></html>", "it has no `model_list`"),
        ("[gateway]\nlisten = \"planted\"\n", "cannot be read"),
        (&bomb, "it"),
        (&"[".repeat(1_000_000), "it"),
        (&long, "it is longer than 4 MiB"),
    ] {
        let file = workspace.write("config.yaml", text);
        let began = std::time::Instant::now();
        let ran = import(&workspace, &file, &["--write"]);
        assert_eq!(ran.code, 2, "{:.80}: {}", text, ran.stderr);
        let said: Vec<_> = ran.stderr.split_whitespace().filter(|word| *word != "│").collect();
        let said = said.join(" ");
        assert!(said.contains(told) || told == "it", "{:.80}: {said}", text);
        assert!(!said.contains("planted"), "{said}");
        assert!(began.elapsed().as_secs() < 20, "{:.80} takes too long", text);
    }
    std::fs::write(workspace.path("config.yaml"), b"\xff\xfe\x00model").unwrap();
    let file = workspace.path("config.yaml").display().to_string();
    assert_eq!(import(&workspace, &file, &[]).code, 2);
    assert_eq!(import(&workspace, "/nowhere/config.yaml", &[]).code, 2);
    assert_eq!(import(&workspace, &example("one-vendor.yaml"), &["--host", "azur"]).code, 2);
    assert_eq!(std::fs::read_to_string(workspace.path("charter.toml")).unwrap(), before);
}

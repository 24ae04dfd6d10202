//! The tutorial holds: whoever follows it gets what it shows.

use std::path::PathBuf;

use crate::page::{Step, is_shown, steps};
use crate::workspace::{Ran, charter, checkout};

/// Runs a command of the page in the folder the reader is in, which `cd` changes.
fn run(command: &str, folder: &mut PathBuf) -> String {
    match command.split(' ').collect::<Vec<_>>()[..] {
        ["cd", to] => folder.push(to),
        ["rm", document] => std::fs::remove_file(folder.join(document)).unwrap(),
        ["charter", ref args @ ..] => {
            let ran = Ran::of(charter().current_dir(folder).args(args).output().unwrap());
            let said = ran.stderr + &ran.stdout;
            // 1 is an answer: no, or there are findings.
            assert!(ran.code <= 1, "{command} ends with {}\n{said}", ran.code);
            return said;
        }
        _ => panic!("nobody plays `{command}`"),
    }
    String::new()
}

#[test]
fn whoever_follows_the_tutorial_gets_what_it_shows() {
    let page = std::fs::read_to_string(checkout().join("docs/tutorial.md")).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut folder = home.path().to_path_buf();
    let mut stale = Vec::new();
    for step in steps(&page) {
        match step {
            Step::Write { file, text } => std::fs::write(folder.join(file), text).unwrap(),
            Step::Append { file, text } => {
                let path = folder.join(file);
                let before = std::fs::read_to_string(&path).unwrap();
                std::fs::write(path, format!("{before}\n{text}")).unwrap();
            }
            Step::Run { command, shown } => {
                let said = run(&command, &mut folder);
                if !is_shown(&said, &shown) {
                    stale.push(format!("$ {command}\n{said}\nbut the page shows\n\n{shown}\n"));
                }
            }
            Step::Play { language: info, text } | Step::Read { info, text } => {
                panic!("nobody can follow a block of `{info}`:\n{text}");
            }
        }
    }
    assert!(stale.is_empty(), "docs/tutorial.md is stale:\n{}", stale.join("\n"));
}

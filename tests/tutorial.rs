//! The tutorial holds: whoever follows it gets what it shows.

use std::path::PathBuf;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use crate::workspace::{Ran, charter, checkout};

/// What the page asks the reader to do. Its code blocks say so: `console`, or `markdown` with `write`
/// or `append` and the name of a document.
enum Step {
    Write { document: String, text: String },
    Append { document: String, text: String },
    Run { command: String, shown: String },
}

/// The steps of a page, in order.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut info = None;
    let mut code = String::new();
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(of))) => {
                code.clear();
                info = Some(of.to_string());
            }
            Event::Text(text) if info.is_some() => code.push_str(&text),
            Event::End(TagEnd::CodeBlock) => {
                let info = info.take().unwrap_or_default();
                let text = code.clone();
                match info.split(' ').collect::<Vec<_>>()[..] {
                    ["markdown", "write", document] => {
                        steps.push(Step::Write { document: document.to_string(), text });
                    }
                    ["markdown", "append", document] => {
                        steps.push(Step::Append { document: document.to_string(), text });
                    }
                    ["console"] => steps.extend(commands(&text)),
                    _ => panic!("nobody can follow a block of `{info}`:\n{text}"),
                }
            }
            _ => {}
        }
    }
    steps
}

/// The commands of a console, each with what is shown below it.
fn commands(console: &str) -> Vec<Step> {
    let prompts = format!("\n{console}");
    let prompts = prompts.split("\n$ ").skip(1);
    prompts
        .map(|lines| {
            let (command, shown) = lines.split_once('\n').unwrap_or((lines, ""));
            // What separates this from the next prompt is no line of its own.
            let shown = shown.trim_end_matches('\n').to_string();
            Step::Run { command: command.to_string(), shown }
        })
        .collect()
}

/// Whether a command said what is shown; a line `  …` stands for any lines.
fn is_shown(said: &str, shown: &str) -> bool {
    let said: Vec<_> = said.trim_end().lines().collect();
    let shown: Vec<_> = shown.lines().collect();
    matches(&said, &shown)
}

fn matches(said: &[&str], shown: &[&str]) -> bool {
    match shown {
        [] => said.is_empty(),
        ["  …", rest @ ..] => (0..=said.len()).any(|skipped| matches(&said[skipped..], rest)),
        [line, rest @ ..] => said.first() == Some(line) && matches(&said[1..], rest),
    }
}

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
            Step::Write { document, text } => std::fs::write(folder.join(document), text).unwrap(),
            Step::Append { document, text } => {
                let path = folder.join(document);
                let before = std::fs::read_to_string(&path).unwrap();
                std::fs::write(path, format!("{before}\n{text}")).unwrap();
            }
            Step::Run { command, shown } => {
                let said = run(&command, &mut folder);
                if !is_shown(&said, &shown) {
                    stale.push(format!("$ {command}\n{said}\nbut the page shows\n\n{shown}\n"));
                }
            }
        }
    }
    assert!(stale.is_empty(), "docs/tutorial.md is stale:\n{}", stale.join("\n"));
}

#[test]
fn what_the_tutorial_shows_must_have_been_said() {
    let said = "one\ntwo\n\nthree\n";
    for shown in ["one\ntwo\n\nthree", "one\n  …", "  …\nthree", "  …\ntwo\n  …"] {
        assert!(is_shown(said, shown), "{shown}");
    }
    for shown in ["", "one", "two\n  …", "  …\none", "one\n  …\nfour", "one\nthree"] {
        assert!(!is_shown(said, shown), "{shown}");
    }
}

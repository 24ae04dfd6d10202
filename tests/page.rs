//! A page of the docs as steps that can be played, and whether what it shows was said.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// What the page asks the reader to do. Its code blocks say so: `console`; with `write` or `append` and
/// the name of a file; or `play` behind a language.
pub enum Step {
    Write {
        file: String,
        text: String,
    },
    Append {
        file: String,
        text: String,
    },
    Run {
        command: String,
        shown: String,
    },
    Play {
        language: String,
        text: String,
    },
    /// Nothing: it is there to be read.
    Read {
        info: String,
        text: String,
    },
}

/// The steps of a page, in order.
pub fn steps(page: &str) -> Vec<Step> {
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
                    [_, "write", file] => steps.push(Step::Write { file: file.to_string(), text }),
                    [_, "append", file] => {
                        steps.push(Step::Append { file: file.to_string(), text });
                    }
                    [language, "play"] => {
                        steps.push(Step::Play { language: language.to_string(), text });
                    }
                    ["console"] => steps.extend(commands(&text)),
                    _ => steps.push(Step::Read { info, text }),
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

/// Whether a command said what is shown; a line `  …` stands for any lines, and inside a line `…` for
/// anything.
pub fn is_shown(said: &str, shown: &str) -> bool {
    let said: Vec<_> = said.trim_end().lines().collect();
    let shown: Vec<_> = shown.lines().collect();
    matches(&said, &shown)
}

fn matches(said: &[&str], shown: &[&str]) -> bool {
    match shown {
        [] => said.is_empty(),
        ["  …", rest @ ..] => (0..=said.len()).any(|skipped| matches(&said[skipped..], rest)),
        [line, rest @ ..] => {
            said.first().is_some_and(|said| is_line(said, line)) && matches(&said[1..], rest)
        }
    }
}

fn is_line(said: &str, shown: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|front| said.strip_prefix(front)) else {
        return false;
    };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn what_a_page_shows_must_have_been_said() {
    let said = "one\ntwo\n\nthree\n";
    for shown in
        ["one\ntwo\n\nthree", "one\n  …", "  …\nthree", "  …\ntwo\n  …", "o…\nt…o\n\nthr…e…"]
    {
        assert!(is_shown(said, shown), "{shown}");
    }
    for shown in [
        "",
        "one",
        "two\n  …",
        "  …\none",
        "one\n  …\nfour",
        "one\nthree",
        "t…e\n  …",
        "one…e\n  …",
    ] {
        assert!(!is_shown(said, shown), "{shown}");
    }
}

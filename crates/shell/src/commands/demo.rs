use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser as _;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use terms::{Document, Source};

use crate::cli::Cli;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Clock;

/// Plays the partnership of Microsoft and OpenAI from 2019 to today, in a workspace of its own.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  charter demo
  charter demo --keep played     keep the workspace to look around in it afterwards")]
pub struct Args {
    /// Play in this folder and keep it; it must not be there yet
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

const STORY: &str = include_str!("../../../../examples/microsoft-openai/story.md");

macro_rules! example {
    ($($name:literal),+) => {
        [$(($name, include_str!(concat!("../../../../examples/microsoft-openai/", $name)))),+]
    };
}

const FILES: [(&str, &str); 7] = example!(
    "charter.toml",
    "registry.md",
    "prices.md",
    "2019-partnership.md",
    "2025-01-first-refusal.md",
    "2025-10-recapitalisation.md",
    "2026-04-open-clouds.md"
);

/// A dated part of the story.
struct Scene {
    date: Date,
    title: String,
    parts: Vec<Part>,
}

enum Part {
    Prose(String),
    Command(String),
}

pub fn run(args: &Args, json: bool) -> Outcome {
    if json {
        return Err(Failure::wrong_use("a story is not JSON", "leave `--json` out"));
    }
    let folder = match &args.keep {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("charter-demo-{}", std::process::id())),
    };
    if folder.exists() {
        return Err(Failure::wrong_use(
            format!("`{}` is there already", folder.display()),
            "name a folder that is not there yet",
        ));
    }
    std::fs::create_dir_all(&folder)?;
    let played = scenes(STORY).and_then(|scenes| play(&folder, &scenes));
    if args.keep.is_none() {
        std::fs::remove_dir_all(&folder)?;
    } else {
        say!("the workspace is in {}", folder.display());
    }
    played
}

fn play(folder: &Path, scenes: &[Scene]) -> Outcome {
    for scene in scenes {
        place_documents(folder, scene.date)?;
        // Noon by the agreement's clock: within business hours whatever the season.
        let noon = scene.date.at(12, 0, 0, 0).to_zoned(TimeZone::get("America/Los_Angeles")?)?;
        say!("");
        say!("{}", term::bold(format!("── {}  {}", scene.date, scene.title)));
        for part in &scene.parts {
            match part {
                Part::Prose(text) => {
                    say!("");
                    term::item("", "", text);
                }
                Part::Command(line) => command(folder, line, noon.timestamp())?,
            }
        }
    }
    Ok(Answer::Yes)
}

/// Puts the documents into the workspace that had been signed by a day.
fn place_documents(folder: &Path, day: Date) -> Result<(), Failure> {
    for (name, text) in FILES {
        let document = Arc::new(Document::new(name, text));
        let (terms, _) = terms::compile(&[Source { document, known: None }]);
        let signed = terms.documents[0].frame.as_ref().map(|frame| frame.signed);
        if signed.is_none_or(|signed| signed <= day) {
            std::fs::write(folder.join(name), text)?;
        }
    }
    Ok(())
}

/// Runs a command of the story as if somebody had typed it in the workspace at that instant.
fn command(folder: &Path, line: &str, now: Timestamp) -> Result<(), Failure> {
    say!("");
    say!("{} {}", term::cyan("$"), term::bold(line));
    let mut words = shlex::split(line).unwrap_or_default();
    words.splice(1..1, ["-C".to_string(), folder.display().to_string()]);
    let cli = Cli::try_parse_from(words)?;
    super::run(cli, Clock::Story(now)).map(|_| ())
}

/// Reads the story: headings are dates, paragraphs are told, commands are run.
fn scenes(story: &str) -> Result<Vec<Scene>, Failure> {
    let mut scenes: Vec<Scene> = Vec::new();
    let mut heading: Option<String> = None;
    let mut code: Option<String> = None;
    for (event, range) in Parser::new(story).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let text = heading.take().unwrap_or_default();
                if let Some((date, title)) = text.split_once(": ") {
                    let (date, title) = (date.parse()?, title.to_string());
                    scenes.push(Scene { date, title, parts: Vec::new() });
                }
            }
            Event::Start(Tag::CodeBlock(_)) => code = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => {
                let text = code.take().unwrap_or_default();
                let commands = text.lines().filter_map(|line| line.strip_prefix("$ "));
                if let Some(scene) = scenes.last_mut() {
                    scene.parts.extend(commands.map(|line| Part::Command(line.to_string())));
                }
            }
            Event::Text(text) => {
                for open in [heading.as_mut(), code.as_mut()].into_iter().flatten() {
                    open.push_str(&text);
                }
            }
            Event::Start(Tag::Paragraph) => {
                let text = story[range].split_whitespace().collect::<Vec<_>>().join(" ");
                match scenes.last_mut() {
                    Some(scene) => scene.parts.push(Part::Prose(text)),
                    None => term::item("", "", &text),
                }
            }
            _ => {}
        }
    }
    Ok(scenes)
}

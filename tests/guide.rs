//! The guide of the gateway holds: whoever follows it gets what it shows, and it names every setting.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use upstream::Upstream;

use crate::carrying::Carrying;
use crate::page::{Step, is_shown, steps};
use crate::workspace::{Ran, Workspace, charter, checkout};

const PAGE: &str = "docs/gateway.md";

/// A reader who follows the page: with the mock in the vendors' place, and a port of its own.
struct Reader {
    workspace: Option<Workspace>,
    upstream: Upstream,
    address: String,
    environment: BTreeMap<String, String>,
    /// The key that was made last, and its hash.
    key: (String, String),
    gateway: Option<Carrying>,
}

impl Reader {
    fn new() -> Reader {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Reader {
            workspace: None,
            upstream: Upstream::start(upstream::Settings::default()).unwrap(),
            address: free.to_string(),
            environment: BTreeMap::new(),
            key: Default::default(),
            gateway: None,
        }
    }

    fn folder(&self) -> PathBuf {
        self.workspace.as_ref().expect("the page copies the example first").path("")
    }

    /// What stands on the page, as it is here.
    fn here(&self, text: &str) -> String {
        text.replace("127.0.0.1:8080", &self.address)
            .replace("https://api.openai.com", &self.upstream.url())
            .replace("https://acme.openai.azure.com", &self.upstream.url())
            .replace("sk-charter-…", &self.key.0)
            .replace("blake3:…", &self.key.1)
    }

    /// What was said here, as it stands on the page.
    fn there(&self, text: &str) -> String {
        text.replace(&self.address, "127.0.0.1:8080")
            .replace(&format!("{}/", self.folder().display()), "")
    }

    fn export(&mut self, name: &str, value: &str) {
        let vendor = &self.upstream.world().settings;
        let value = match name {
            "OPENAI_API_KEY" => vendor.openai_key.clone(),
            "AZURE_OPENAI_API_KEY" => vendor.azure_key.clone(),
            _ => self.here(value),
        };
        self.environment.insert(name.to_string(), value);
    }

    /// Runs a command and returns what it said.
    fn run(&mut self, command: &str) -> String {
        match command.split(' ').collect::<Vec<_>>()[..] {
            ["cp", "-r", "examples/microsoft-openai", "ours"] => {
                self.workspace = Some(Workspace::example());
            }
            ["cd", "ours"] => {}
            ["export", set] => {
                let (name, value) = set.split_once('=').unwrap();
                self.export(name, value);
            }
            ["charter", "gateway", "&"] => {
                let secrets: Vec<_> =
                    self.environment.iter().map(|(name, value)| (&**name, &**value)).collect();
                let gateway = Carrying::start(self.workspace.as_ref().unwrap(), &secrets);
                let said = format!("listening  {}", gateway.url());
                self.gateway = Some(gateway);
                return said;
            }
            ["kill", "%1"] => {
                self.gateway.take().unwrap().stop();
                return "stopped".to_string();
            }
            ["charter", ref args @ ..] => {
                let mut command = charter();
                let ran = command.current_dir(self.folder()).args(args).envs(&self.environment);
                let ran = Ran::of(ran.output().unwrap());
                let said = ran.stderr + &ran.stdout;
                assert!(ran.code <= 1, "{args:?} ends with {}\n{said}", ran.code);
                self.remember_key(&said);
                return said;
            }
            ["curl", ..] => {
                let mut shell = Command::new("bash");
                let ran = shell.args(["-c", &self.here(command)]).envs(&self.environment);
                return Ran::of(ran.output().unwrap()).stdout;
            }
            _ => panic!("nobody plays `{command}`"),
        }
        String::new()
    }

    fn remember_key(&mut self, said: &str) {
        let word = |mark: &str| {
            let words = said.split(|sign: char| sign.is_whitespace() || sign == '"');
            words.into_iter().find(|word| word.starts_with(mark)).map(str::to_string)
        };
        if let (Some(key), Some(hash)) = (word("sk-charter-"), word("blake3:")) {
            self.key = (key, hash);
        }
    }

    /// Runs a command until it says what is shown: what was changed holds within seconds.
    fn follow(&mut self, command: &str, shown: &str) -> Option<String> {
        let began = Instant::now();
        loop {
            let said = self.run(command);
            let said = self.there(&said);
            if is_shown(&said, shown) {
                return None;
            }
            if !command.starts_with("curl") || began.elapsed() > Duration::from_secs(10) {
                return Some(format!("$ {command}\n{said}\nbut the page shows\n\n{shown}\n"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Runs a program with an SDK; where none can be installed, it is skipped, and says so.
    fn play(&self, language: &str, text: &str) {
        // In a folder of its own, as Python looks for modules beside a program.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(if language == "python" { "call.py" } else { "call.mjs" });
        std::fs::write(&file, self.here(text)).unwrap();
        let mut command = Command::new(checkout().join("tests/sdk/run"));
        let command = command.arg("play").arg(file).envs(&self.environment);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.code() == Some(3) {
            eprintln!("skipped: {said}");
            return;
        }
        assert!(output.status.success(), "{text}\n{said}");
        assert!(!output.stdout.is_empty(), "it says nothing: {text}");
    }
}

fn page() -> String {
    std::fs::read_to_string(checkout().join(PAGE)).unwrap()
}

#[test]
fn whoever_follows_the_guide_gets_what_it_shows() {
    let mut reader = Reader::new();
    let mut stale = Vec::new();
    for step in steps(&page()) {
        match step {
            Step::Write { file, text } => std::fs::write(reader.folder().join(file), text).unwrap(),
            Step::Append { file, text } => append(&reader.folder().join(file), &reader.here(&text)),
            Step::Run { command, shown } => stale.extend(reader.follow(&command, &shown)),
            Step::Play { language, text } => reader.play(&language, &text),
            Step::Read { info, .. } => assert!(["toml", "python"].contains(&&*info), "{info}"),
        }
    }
    assert!(stale.is_empty(), "{PAGE} is stale:\n{}", stale.join("\n"));
    let calls = reader.upstream.world().books.totals();
    let called: Vec<_> = calls.keys().map(String::as_str).collect();
    assert_eq!(called, ["gpt-4o", "prod-4o"], "the vendors were called, in either dialect");
}

fn append(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, format!("{before}\n{text}")).unwrap();
}

/// The keys that a table may have, as the reader of settings itself lists them.
fn known(text: &str) -> BTreeSet<String> {
    let error = toml::from_str::<::gateway::config::Settings>(text).unwrap_err();
    let message = error.message();
    let (_, listed) = message.split_once("expected ").expect("it says what it expects");
    let quoted = listed.split('`').skip(1).step_by(2);
    let quoted: BTreeSet<_> = quoted.map(str::to_string).collect();
    assert!(message.starts_with("unknown field") && !quoted.is_empty(), "{message}");
    quoted
}

/// The keys of the table below a line of the page.
fn told<'a>(page: &'a str, heading: &str) -> BTreeSet<String> {
    let (_, below) = page.split_once(heading).unwrap_or_else(|| panic!("no table `{heading}`"));
    let rows = below.trim_start().lines().take_while(|line| line.starts_with('|')).skip(2);
    let key = |row: &'a str| row.split('`').nth(1).unwrap_or_else(|| panic!("no key in {row}"));
    rows.map(|row| key(row).to_string()).collect()
}

/// The line above the table of what an operator sees, which says where there is more.
const OPERATIONS: &str =
    "[gateway-operation.md](gateway-operation.md) says more of this and the next two:";

#[test]
fn the_guide_names_every_setting_and_no_other() {
    let page = page();
    for (heading, text) in [
        ("Keys of `[gateway]`:", "x = 1"),
        ("Keys of `[gateway.tls]`:", "[tls]\nx = 1"),
        ("Keys of `[gateway.limits]`:", "[limits]\nx = 1"),
        ("Keys of `[gateway.remember]`:", "[remember]\nx = 1"),
        (OPERATIONS, "[operations]\nx = 1"),
        ("Keys of `[gateway.telemetry]`:", "[telemetry]\nx = 1"),
        ("Keys of `[gateway.log]`:", "[log]\nx = 1"),
        ("Keys of `[[gateway.upstream]]`:", "[[upstream]]\nx = 1"),
        ("Keys of `[[gateway.route]]`:", "[[route]]\nx = 1"),
        ("Keys of a candidate:", "[[route]]\ncandidates = [{ x = 1 }]"),
        ("Keys of `limits` of a route:", "[[route]]\nlimits = { x = 1 }"),
        ("Keys of `[[gateway.key]]`:", "[[key]]\nx = 1"),
        ("Keys of `budget`:", "[[key]]\nbudget = { x = 1 }"),
    ] {
        assert_eq!(told(&page, heading), known(text), "{PAGE}: {heading}");
    }
}

/// Every code of an answer of the gateway's own is explained.
#[test]
fn the_guide_names_every_answer_of_the_gateways_own() {
    let source = checkout().join("crates/gateway/src/refusal.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, kinds) = source.split_once("fn kind(&self)").unwrap();
    let (kinds, _) = kinds.split_once("\n    }\n").unwrap();
    let arms = kinds.lines().filter(|line| line.contains("=>"));
    let codes: BTreeSet<_> =
        arms.filter_map(|line| Some(line.rsplit('"').nth(1)?.to_string())).collect();
    assert!(codes.len() > 10, "{codes:?}");
    let page = page();
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "{PAGE} does not explain `{code}`");
    }
}

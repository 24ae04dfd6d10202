//! A request as words of the command line.
//!
//! In go a verb and what was given; out go the words that `clap` reads, and a private folder with the files among
//! them. No word of a request becomes a path: what is given for a file is its content, and where that lies is said
//! here alone.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path as FilePath, PathBuf};

use shell::cli::{Argument, Path, Verb};
use tempfile::TempDir;

use super::given::{Given, Item};
use super::problem::{Kind, Problem};

/// A command to be run, and the files it works with. They go with this.
#[derive(Debug)]
pub struct Words {
    /// What `clap` reads, the program's name first.
    pub argv: Vec<OsString>,
    /// The names of what was given.
    pub given: Vec<String>,
    /// Where the answer is written to, if it is not printed.
    pub written: Option<PathBuf>,
    /// Files that keep a secret, by the argument's name.
    pub kept: Vec<(String, PathBuf)>,
    /// The folder that all of them are in. Whoever sees its path in a text takes it out.
    pub folder: TempDir,
}

/// Puts a request into words. `folder` is where private folders are made.
///
/// # Errors
/// A problem of wrong use that names the parameter; a failure if no file can be written.
pub fn words(verb: &Verb, given: Given, folder: &FilePath) -> Result<Words, Problem> {
    let private = tempfile::Builder::new()
        .prefix("api-")
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir_in(folder)
        .map_err(|_| Problem::of(Kind::Failed))?;
    let mut writer = Writer { verb, files: 0, folder: private, written: None, kept: Vec::new() };
    let names: Vec<_> = given.keys().cloned().collect();
    if let Some(unknown) = names.iter().find(|name| verb.argument(name).is_none()) {
        return Err(writer.unknown(unknown));
    }
    let (mut options, mut places) = (Vec::new(), Vec::new());
    let mut left_out: Option<&str> = None;
    for argument in &verb.arguments {
        let values = match given.get(&argument.name) {
            Some(items) => writer.values(argument, items)?,
            None => Vec::new(),
        };
        // The answer goes where we say, wherever a command has to be told.
        let values = match argument.path {
            Some(Path::Written) if argument.required || writer.is_folder(&given) => {
                vec![writer.write_to(argument)]
            }
            _ => values,
        };
        match &argument.long {
            Some(long) if argument.boolean => {
                options.extend(values.iter().map(|_| OsString::from(format!("--{long}"))));
            }
            Some(long) => options.extend(values.into_iter().map(|value| {
                let mut option = OsString::from(format!("--{long}="));
                option.push(value);
                option
            })),
            None if values.is_empty() => left_out = left_out.or(Some(&argument.name)),
            None => match left_out {
                Some(missing) => {
                    return Err(wrong(missing, "this must be given, too, as what follows it is"));
                }
                None => places.extend(values),
            },
        }
    }
    let mut argv: Vec<OsString> = vec!["charter".into()];
    argv.extend(verb.words.split(' ').map(OsString::from));
    argv.extend(options);
    if prints_json(verb, &given) {
        argv.push("--json".into());
    }
    argv.push("--".into());
    argv.extend(places);
    let Writer { folder, written, kept, .. } = writer;
    Ok(Words { argv, given: names, written, kept, folder })
}

/// Whether an answer is asked for as JSON: where a format is asked for, that is.
fn prints_json(verb: &Verb, given: &Given) -> bool {
    let other = |items: &Vec<Item>| !matches!(items.first(), Some(Item::Text(format)) if format == "json" || format == "table");
    match verb.words.as_str() {
        "language" => false,
        "statement" => !given.get("format").is_some_and(other),
        // A document is the answer, in the language of agreements.
        "prices import" => false,
        _ => true,
    }
}

/// Whether an option of a command is nobody's to give from elsewhere.
pub fn is_hidden(verb: &Verb, argument: &Argument) -> bool {
    let written = argument.path == Some(Path::Written);
    argument.path == Some(Path::Local)
        || written
        || (verb.words == "journal view" && argument.name == "show")
}

struct Writer<'v> {
    verb: &'v Verb,
    files: usize,
    folder: TempDir,
    written: Option<PathBuf>,
    kept: Vec<(String, PathBuf)>,
}

impl Writer<'_> {
    fn values(&mut self, argument: &Argument, items: &[Item]) -> Result<Vec<OsString>, Problem> {
        let name = &argument.name;
        if is_hidden(self.verb, argument) {
            return Err(self.unknown(name));
        }
        if items.len() > 1 && !argument.repeated {
            return Err(wrong(name, "this is given once"));
        }
        items.iter().map(|item| self.value(argument, item)).filter_map(Result::transpose).collect()
    }

    /// A word; none where a switch is off.
    fn value(&mut self, argument: &Argument, item: &Item) -> Result<Option<OsString>, Problem> {
        let name = &argument.name;
        if argument.boolean || argument.path == Some(Path::Kept) {
            let on = switch(item).ok_or_else(|| wrong(name, "this is `true` or `false`"))?;
            return Ok(match (on, argument.path) {
                (false, _) => None,
                (true, Some(_)) => Some(self.keep_in(argument)),
                (true, None) => Some(OsString::new()),
            });
        }
        match (argument.path, item) {
            (Some(_), Item::File { name: called, content }) => {
                self.file(name, called.as_deref(), content).map(Some)
            }
            (Some(_), Item::Text(text)) => self.file(name, None, text.as_bytes()).map(Some),
            (None, Item::Text(text)) if text.contains('\0') => {
                Err(wrong(name, "no text has a zero byte in it"))
            }
            (None, Item::Text(text)) => Ok(Some(text.into())),
            (_, Item::Switch(_)) => Err(wrong(name, "this is no switch")),
            (None, Item::File { .. }) => Err(wrong(name, "this is no file")),
        }
    }

    /// A file with a content, alone in a folder: nobody's name of it meets another's.
    fn file(
        &mut self,
        of: &str,
        called: Option<&str>,
        content: &[u8],
    ) -> Result<OsString, Problem> {
        let called = called.unwrap_or("upload");
        if !is_name(called) {
            return Err(wrong(
                of,
                "a file's name has letters, digits, `.`, `-` and `_`, and no path",
            ));
        }
        let path = self.place(called);
        let written = || {
            std::fs::create_dir(path.parent().unwrap_or(&path))?;
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true).mode(0o600).open(&path)?.write_all(content)
        };
        written().map_err(|_: std::io::Error| Problem::of(Kind::Failed))?;
        Ok(path.into())
    }

    fn keep_in(&mut self, argument: &Argument) -> OsString {
        let path = self.folder.path().join(&argument.name);
        self.kept.push((argument.name.clone(), path.clone()));
        path.into()
    }

    fn write_to(&mut self, argument: &Argument) -> OsString {
        let path = self.folder.path().join(format!("{}.answer", argument.name));
        self.written = Some(path.clone());
        path.into()
    }

    fn place(&mut self, name: &str) -> PathBuf {
        self.files += 1;
        self.folder.path().join(self.files.to_string()).join(name)
    }

    /// Whether the answer is several files, for which a command wants to be told a folder.
    fn is_folder(&self, given: &Given) -> bool {
        let focus = [Item::Text("focus".to_string())];
        self.verb.words == "statement"
            && given.get("format").is_some_and(|format| **format == focus)
    }

    fn unknown(&self, name: &str) -> Problem {
        let known = self.verb.arguments.iter().filter(|known| !is_hidden(self.verb, known));
        let known: Vec<_> = known.map(|known| format!("`{}`", known.name)).collect();
        let help = match known.is_empty() {
            true => "it has no parameters".to_string(),
            false => format!("it has {}", known.join(", ")),
        };
        wrong(name, format!("`{}` has no such parameter here", self.verb.words)).helping(help)
    }
}

/// Whether something is a file's name and nothing else: no path, and nothing hidden.
fn is_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let begins = text.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    begins && text.len() <= 100 && text.chars().all(fits)
}

fn switch(item: &Item) -> Option<bool> {
    match item {
        Item::Switch(on) => Some(*on),
        Item::Text(text) => match text.as_str() {
            "true" | "" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        Item::File { .. } => None,
    }
}

fn wrong(parameter: &str, detail: impl Into<String>) -> Problem {
    Problem::of(Kind::WrongUse).saying(detail).about(parameter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::given::{of_json, of_pairs};
    use serde_json::{Value, json};
    use shell::cli::verbs;

    fn said(verb: &str, body: Value) -> Result<Words, Problem> {
        let verbs = verbs();
        let verb = verbs.iter().find(|known| known.words == verb).unwrap();
        let Value::Object(members) = body else { panic!("the body of a test is an object") };
        words(verb, of_json(members)?, &std::env::temp_dir())
    }

    /// The words, with the private folder written as `@`.
    fn line(words: &Words) -> String {
        let folder = words.folder.path().to_str().unwrap();
        let words: Vec<_> = words.argv.iter().map(|word| word.to_str().unwrap()).collect();
        words.join(" ").replace(folder, "@")
    }

    #[test]
    fn requests_become_words() {
        for (verb, body, expected) in [
            ("rounds", json!({ "case": "halls" }), "charter rounds --json -- halls"),
            ("rounds", json!({}), "charter rounds --json --"),
            ("rounds", json!({ "case": "--help" }), "charter rounds --json -- --help"),
            ("journal log", json!({ "after": 7 }), "charter journal log --after=7 --json --"),
            (
                "ask",
                json!({ "at": "2025-02-01", "words": null }),
                "charter ask --at=2025-02-01 --json --",
            ),
            (
                "award",
                json!({ "case": "h", "by": "a", "best": true }),
                "charter award --by=a --best --json -- h",
            ),
            (
                "award",
                json!({ "case": "h", "by": "a", "best": false }),
                "charter award --by=a --json -- h",
            ),
            (
                "terms",
                json!({ "scenario": "# x" }),
                "charter terms --scenario=@/1/upload --json --",
            ),
            ("journal export", json!({}), "charter journal export --json -- @/file.answer"),
            (
                "statement",
                json!({ "month": "2023-11", "format": "csv" }),
                "charter statement --format=csv -- 2023-11",
            ),
            (
                "statement",
                json!({ "month": "2023-11", "format": "focus" }),
                "charter statement --format=focus --out=@/out.answer -- 2023-11",
            ),
            (
                "bid",
                json!({ "case": "h", "sealed": true }),
                "charter bid --sealed=@/sealed --json -- h",
            ),
            (
                "adopt",
                json!({ "files": [{ "name": "a.md", "text": "a" }, { "name": "b.md", "text": "b" }] }),
                "charter adopt --json -- @/1/a.md @/2/b.md",
            ),
        ] {
            assert_eq!(line(&said(verb, body).unwrap()), expected);
        }
    }

    #[test]
    fn nobody_names_a_path_or_what_is_the_servers_own() {
        for (verb, body, parameter) in [
            ("rounds", json!({ "workspace": "/" }), "workspace"),
            ("rounds", json!({ "directory": "/" }), "directory"),
            ("rounds", json!({ "json": true }), "json"),
            ("sign", json!({ "case": "h", "key": "/srv/key" }), "key"),
            ("keys revoke", json!({ "with": "/srv/key" }), "with"),
            ("settle", json!({ "month": "2023-11", "cluster": "http://x" }), "cluster"),
            ("statement", json!({ "month": "2023-11", "out": "/etc/cron.d/x" }), "out"),
            ("journal export", json!({ "file": "/tmp/x" }), "file"),
            ("journal view", json!({ "party": "a", "show": "case/" }), "show"),
            ("bid", json!({ "case": "h", "sealed": "/tmp/x" }), "sealed"),
            ("adopt", json!({ "files": { "name": "../../etc/x", "text": "" } }), "files"),
            ("adopt", json!({ "files": { "name": ".bashrc", "text": "" } }), "files"),
            ("adopt", json!({ "files": { "name": "a/b", "text": "" } }), "files"),
            ("adopt", json!({ "files": { "name": "", "text": "" } }), "files"),
            ("rounds", json!({ "case": { "text": "x" } }), "case"),
            ("rounds", json!({ "case": ["a", "b"] }), "case"),
            ("rounds", json!({ "case": "a\0b" }), "case"),
            ("award", json!({ "best": "perhaps" }), "best"),
        ] {
            let problem = said(verb, body.clone()).unwrap_err();
            let found = (problem.status(), problem.parameter.as_deref());
            assert_eq!(found, (422, Some(parameter)), "{verb} {body}");
        }
    }

    #[test]
    fn a_text_that_is_given_for_a_file_is_its_content() {
        let words = said("terms", json!({ "scenario": "/etc/passwd" })).unwrap();
        let path = words.folder.path().join("1/upload");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "/etc/passwd");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let folder = words.folder.path().to_path_buf();
        drop(words);
        assert!(!folder.exists());
    }

    #[test]
    fn a_query_says_the_same() {
        let verbs = verbs();
        let verb = verbs.iter().find(|known| known.words == "ask").unwrap();
        let pairs =
            verb.arguments.iter().find(|argument| argument.repeated && argument.long.is_none());
        let pairs = &pairs.unwrap().name;
        let pairs = [("act", "serve"), (pairs.as_str(), "by=openai"), (pairs.as_str(), "host=oci")];
        let pairs = pairs.map(|(name, value)| (name.to_string(), value.to_string()));
        let words = words(verb, of_pairs(pairs), &std::env::temp_dir()).unwrap();
        assert_eq!(line(&words), "charter ask --json -- serve by=openai host=oci");
    }
}

//! What is asked for in a file of calls, found out while it passes on its way to an upstream.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::output::Lines;
use crate::body::find::Find;
use crate::body::form::{boundary, disposition_name};

/// Most bytes of a part's head, of a short value and of a model's name that are held.
const SHORT_MAX: usize = 8 << 10;

/// Most names that are held: a vendor wants one.
const NAMES_MAX: usize = 64;

/// The models that the calls in a file ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Models {
    /// How many calls ask for each.
    pub names: BTreeMap<String, u64>,
    /// How many lines are no call that anybody can be sure of.
    pub unclear: u64,
}

/// An upload of a file, as a form that streams past. Of it only names of models are kept.
#[derive(Debug)]
pub(crate) struct Upload {
    /// CR LF, two dashes and the boundary; `None` where the body is no form that can be read.
    delimiter: Option<Vec<u8>>,
    /// What has come and is not read yet: never more than a delimiter, a head or a short value.
    held: Vec<u8>,
    at: At,
    /// Whether the form says once that the file is a batch's.
    purpose: Option<bool>,
    file: Option<Lines<Line>>,
    models: Models,
    is_unclear: bool,
    is_told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first delimiter, or in a part nobody asks about.
    Other,
    /// Behind a delimiter.
    Head,
    Purpose,
    File,
    End,
}

/// A call in a file.
#[derive(Debug)]
pub(super) struct Line {
    model: Find,
    bytes: u64,
}

impl Default for Line {
    fn default() -> Self {
        Line { model: Find::new(&["body", "model"]), bytes: 0 }
    }
}

impl super::output::Line for Line {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes += bytes.trim_ascii().len() as u64;
        self.model.push(bytes);
    }
}

impl Models {
    fn add(&mut self, line: &Line) {
        if line.bytes == 0 {
            return;
        }
        let name = line.model.found().filter(|name| name.len() < SHORT_MAX);
        let name = name.and_then(|name| serde_json::from_slice::<String>(name).ok());
        let is_clear = line.model.is_whole() && !line.model.is_ambiguous();
        match name.filter(|_| is_clear) {
            Some(name) if self.names.len() < NAMES_MAX || self.names.contains_key(&name) => {
                *self.names.entry(name).or_default() += 1;
            }
            _ => self.unclear += 1,
        }
    }
}

impl Upload {
    /// An upload with this `Content-Type`.
    pub fn new(content_type: &str) -> Upload {
        let delimiter = boundary(content_type).map(|boundary| format!("\r\n--{boundary}").into());
        Upload {
            delimiter,
            // The first delimiter may have nothing in front of it.
            held: b"\r\n".to_vec(),
            at: At::Other,
            purpose: None,
            file: None,
            models: Models::default(),
            is_unclear: false,
            is_told: false,
        }
    }

    /// Reads on.
    pub fn push(&mut self, bytes: &[u8]) {
        let Some(delimiter) = self.delimiter.take() else { return };
        self.held.extend_from_slice(bytes);
        while self.step(&delimiter).is_continue() {}
        self.delimiter = Some(delimiter);
    }

    /// What is asked for, once all has passed, told once; `None` if it is no file for a batch.
    pub fn finish(&mut self) -> Option<Models> {
        let is_whole = self.at == At::End && !self.is_unclear && !self.is_told;
        self.is_told |= is_whole;
        (is_whole && self.purpose == Some(true)).then(|| std::mem::take(&mut self.models))
    }

    fn step(&mut self, delimiter: &[u8]) -> ControlFlow<()> {
        match self.at {
            At::End => {
                self.held.clear();
                ControlFlow::Break(())
            }
            At::Head => {
                if self.held.starts_with(b"--") {
                    self.at = At::End;
                    return ControlFlow::Continue(());
                }
                let Some(end) = memmem::find(&self.held, b"\r\n\r\n") else {
                    if self.held.len() > SHORT_MAX {
                        self.give_up();
                    }
                    return ControlFlow::Break(());
                };
                let head: Vec<u8> = self.held.drain(..end + 4).collect();
                self.at = self.part(&head);
                ControlFlow::Continue(())
            }
            At::Other | At::Purpose | At::File => {
                let found = memmem::find(&self.held, delimiter);
                let ready = match (found, self.at) {
                    (Some(at), _) => at,
                    // A short value is read as a whole.
                    (None, At::Purpose) if self.held.len() > SHORT_MAX => {
                        self.give_up();
                        return ControlFlow::Break(());
                    }
                    (None, At::Purpose) => return ControlFlow::Break(()),
                    (None, _) => self.held.len().saturating_sub(delimiter.len() - 1),
                };
                let content: Vec<u8> = self.held.drain(..ready).collect();
                self.content(&content);
                if found.is_none() {
                    return ControlFlow::Break(());
                }
                self.held.drain(..delimiter.len());
                if let Some(lines) = self.file.take() {
                    lines.finish(|line| self.models.add(line));
                }
                self.at = At::Head;
                ControlFlow::Continue(())
            }
        }
    }

    fn part(&mut self, head: &[u8]) -> At {
        let Ok(head) = std::str::from_utf8(head) else {
            self.give_up();
            return At::End;
        };
        match disposition_name(head) {
            Some("purpose") => At::Purpose,
            Some("file") => {
                self.is_unclear |= self.models != Models::default();
                self.file = Some(Lines::default());
                At::File
            }
            _ => At::Other,
        }
    }

    fn content(&mut self, content: &[u8]) {
        match self.at {
            At::Purpose => {
                // Said twice, the upstream might take the other for what was meant.
                self.is_unclear |= self.purpose.is_some();
                self.purpose = Some(content.trim_ascii() == b"batch");
            }
            At::File => {
                if let Some(lines) = &mut self.file {
                    lines.push(content, |line| self.models.add(line));
                }
            }
            At::Other | At::Head | At::End => {}
        }
    }

    fn give_up(&mut self) {
        (self.at, self.is_unclear) = (At::End, true);
        self.held = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "content-disposition: form-data; name=";

    fn form(parts: &[(&str, &str)]) -> String {
        let part = |(name, value): &(&str, &str)| format!("--x\r\n{HEAD}{name}\r\n\r\n{value}\r\n");
        parts.iter().map(part).collect::<String>() + "--x--\r\n"
    }

    fn read(form: &str, size: usize) -> Option<Models> {
        let mut upload = Upload::new("multipart/form-data; boundary=x");
        form.as_bytes().chunks(size).for_each(|chunk| upload.push(chunk));
        assert!(upload.held.len() <= SHORT_MAX + size);
        upload.finish()
    }

    #[test]
    fn the_models_of_a_file_are_found_however_it_comes() {
        let line = |model: &str| format!(r#"{{"custom_id":"1","body":{{"model":"{model}"}}}}"#);
        let clear = format!("{}\n{}\r\n\n{}", line("a"), line("b"), line("a"));
        let twice = r#"{"body":{"model":"a","model":"b"}}"#;
        let hidden = r#"{"body":{"model":"a","mod\u0065l":"b"}}"#;
        let bodies = r#"{"body":{"model":"a"},"body":{"model":"b"}}"#;
        let unclear = [twice, hidden, bodies, "{}", r#"{"body":{"model":"a"#, "x"].join("\n");
        let (purpose, file) = (r#""purpose""#, r#""file"; filename="a.jsonl""#);
        let names = |names: &[(&str, u64)], unclear| {
            let names = names.iter().map(|(name, count)| (name.to_string(), *count)).collect();
            Some(Models { names, unclear })
        };
        for (form, expected) in [
            (form(&[(purpose, "batch"), (file, &clear)]), names(&[("a", 2), ("b", 1)], 0)),
            (form(&[(file, &clear), ("purpose", "batch")]), names(&[("a", 2), ("b", 1)], 0)),
            (form(&[(purpose, "batch"), (file, &unclear)]), names(&[], 6)),
            (form(&[(purpose, "batch"), (file, "")]), names(&[], 0)),
            (form(&[(purpose, "assistants"), (file, &clear)]), None),
            (form(&[(purpose, "x"), (purpose, "batch"), (file, &clear)]), None),
            (form(&[(purpose, "batch"), (file, &clear), (file, &clear)]), None),
            (form(&[(file, &clear)]), None),
            (form(&[(purpose, "batch"), (file, &clear)]).replace("--x--", ""), None),
        ] {
            for size in [1, 7, 100, 10_000] {
                assert_eq!(read(&form, size), expected, "{size} {form}");
            }
        }
    }

    #[test]
    fn a_long_line_is_not_held() {
        let content = "x".repeat(1 << 20);
        let line = format!(r#"{{"body":{{"messages":"{content}","model":"a"}}}}"#);
        let models = read(&form(&[("purpose", "batch"), ("file", &line)]), 4096).unwrap();
        assert_eq!(models.names, BTreeMap::from([("a".to_string(), 1)]));
    }
}

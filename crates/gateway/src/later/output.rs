//! What calls of a batch used, read from the file of their answers as it comes.

use std::collections::HashMap;

use super::Job;
use crate::body::find::Find;
use crate::meter::{Measure, RowId, Tokens, tokens};

/// What is looked for in a line.
pub(super) trait Line: Default {
    /// Reads on.
    fn push(&mut self, bytes: &[u8]);
}

/// Lines that come in pieces, none of which is held.
#[derive(Debug, Default)]
pub(super) struct Lines<L> {
    line: L,
}

impl<L: Line> Lines<L> {
    /// Reads on; `take` gets each line that has come to its end.
    pub fn push(&mut self, mut bytes: &[u8], mut take: impl FnMut(&L)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.line.push(&bytes[..end]);
            take(&std::mem::take(&mut self.line));
            bytes = &bytes[end + 1..];
        }
        self.line.push(bytes);
    }

    /// The end of the last line, which need not be stated.
    pub fn finish(self, take: impl FnOnce(&L)) {
        take(&self.line);
    }
}

/// An answer in a file.
#[derive(Debug)]
pub(super) struct Answered {
    custom_id: Find,
    status: Find,
    model: Find,
    usage: Find,
    is_empty: bool,
}

impl Default for Answered {
    fn default() -> Self {
        Answered {
            custom_id: Find::new(&["custom_id"]),
            status: Find::new(&["response", "status_code"]),
            model: Find::new(&["response", "body", "model"]),
            usage: Find::new(&["response", "body", "usage"]),
            is_empty: true,
        }
    }
}

impl Line for Answered {
    fn push(&mut self, bytes: &[u8]) {
        self.is_empty &= bytes.trim_ascii().is_empty();
        for find in [&mut self.custom_id, &mut self.status, &mut self.model, &mut self.usage] {
            find.push(bytes);
        }
    }
}

/// What is known of one call that was made later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Used {
    pub row: RowId,
    /// Its place among the models of the job; `None` if it is none of them.
    pub model: Option<usize>,
    pub status: u16,
    pub measure: Measure,
    pub tokens: Tokens,
}

/// The calls of a batch, as its files say.
#[derive(Debug)]
pub(super) struct Calls<'a> {
    job: &'a Job,
    is_free: bool,
    /// How often a name was given by the client: it should be once.
    named: HashMap<RowId, u32>,
    used: Vec<Used>,
}

impl<'a> Calls<'a> {
    /// The calls of a batch that is of an endpoint which costs nothing, or not.
    pub fn new(job: &'a Job, is_free: bool) -> Calls<'a> {
        Calls { job, is_free, named: HashMap::new(), used: Vec::new() }
    }

    /// Takes note of an answer. One that used nothing leaves nothing.
    pub fn add(&mut self, line: &Answered) {
        if line.is_empty {
            return;
        }
        let status = line.status.found().and_then(|status| serde_json::from_slice(status).ok());
        let status: u16 = status.unwrap_or(0);
        let used = line.usage.found().and_then(tokens::reported);
        let (measure, tokens) = match used {
            _ if self.is_free => return,
            Some(tokens) => (Measure::Reported, tokens),
            // An error says so in the place of an answer.
            None if !(200..300).contains(&status) => return,
            None => (Measure::Unknown, Tokens::default()),
        };
        let name = line.custom_id.found().unwrap_or_default();
        let job = self.job;
        let once = RowId::of(&[job.upstream.as_bytes(), job.id.as_bytes(), name]);
        let again = self.named.entry(once).or_default();
        let row = match *again {
            0 => once,
            again => {
                RowId::of(&[job.upstream.as_bytes(), job.id.as_bytes(), name, &again.to_le_bytes()])
            }
        };
        *again += 1;
        let model = line.model.found();
        let model = model.and_then(|model| serde_json::from_slice::<String>(model).ok());
        let model = job.model(model.as_deref());
        self.used.push(Used { row, model, status, measure, tokens });
    }

    /// All of them.
    pub fn finish(self) -> Vec<Used> {
        self.used
    }
}

impl Job {
    /// Which of the models it may ask for an answer's is: upstreams name the version as well.
    fn model(&self, answered: Option<&str>) -> Option<usize> {
        if self.models.len() == 1 {
            return Some(0);
        }
        let answered = answered?;
        let is_of = |name: &str| {
            answered.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let names =
            self.models.iter().enumerate().flat_map(|(at, asked)| {
                [(at, asked.deployment.as_str()), (at, asked.model.as_str())]
            });
        let longest = names.filter(|(_, name)| is_of(name)).max_by_key(|(_, name)| name.len());
        longest.map(|(at, _)| at)
    }

    /// The row of what is one call as a whole.
    pub(super) fn one(&self, status: u16, measure: Measure, tokens: Tokens) -> Used {
        Used { row: self.known_by(), model: self.model(None), status, measure, tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Asked, Kind};
    use super::*;

    fn job(models: &[&str]) -> Job {
        let asked = |name: &&str| Asked {
            model: name.to_string(),
            deployment: name.to_string(),
            decision: String::new(),
        };
        Job {
            kind: Kind::Batch,
            id: "batch_1".to_string(),
            request: RowId::of(&[]),
            at_ns: 0,
            key: String::new(),
            customer: String::new(),
            product: String::new(),
            channel: String::new(),
            upstream: "u".to_string(),
            host: String::new(),
            version: None,
            models: models.iter().map(asked).collect(),
        }
    }

    fn read(job: &Job, text: &str, size: usize) -> Vec<Used> {
        let (mut calls, mut lines) = (Calls::new(job, false), Lines::<Answered>::default());
        text.as_bytes().chunks(size).for_each(|chunk| lines.push(chunk, |line| calls.add(line)));
        lines.finish(|line| calls.add(line));
        calls.finish()
    }

    #[test]
    fn each_answer_has_a_row_that_is_always_the_same() {
        let line = |id: &str, status: u16, body: &str| {
            format!(
                r#"{{"id":"r","custom_id":"{id}","response":{{"status_code":{status},"body":{body}}},"error":null}}"#
            )
        };
        let usage = |model: &str, read: u64| {
            format!(
                r#"{{"model":"{model}","usage":{{"prompt_tokens":{read},"completion_tokens":1}}}}"#
            )
        };
        let text = [
            line("a", 200, &usage("gpt-4o-2024-08-06", 3)),
            line("b", 200, &usage("gpt-4o-mini-2024-07-18", 4)),
            line("c", 400, r#"{"error":{}}"#),
            line("a", 200, &usage("other", 5)),
            line("d", 200, "{}"),
            String::new(),
        ]
        .join("\n");
        let job = job(&["gpt-4o", "gpt-4o-mini"]);
        let used = read(&job, &text, 1);
        assert_eq!(used, read(&job, &text, 1000));
        let told: Vec<_> =
            used.iter().map(|used| (used.model, used.measure, used.tokens.input)).collect();
        let expected = [
            (Some(0), Measure::Reported, 3),
            (Some(1), Measure::Reported, 4),
            (None, Measure::Reported, 5),
            (None, Measure::Unknown, 0),
        ];
        assert_eq!(told, expected);
        let ids: std::collections::HashSet<_> = used.iter().map(|used| used.row).collect();
        assert_eq!(ids.len(), 4, "a name that is given twice is two calls");
    }
}

//! What is to go wrong with a call.
//!
//! A fault is a word such as `500` or `chunks-100_gap-20`, whose parts are joined by `_`:
//!
//! | part | what happens |
//! | --- | --- |
//! | `500`, any status from 400 | the vendor's error of that status |
//! | `429-2` | the same, with `Retry-After: 2` |
//! | `delay-800` | nothing is sent for 800 ms |
//! | `close` | the connection is reset before a byte is sent |
//! | `reset-3` | it is reset after 3 chunks, or in the middle of a JSON answer |
//! | `end-3` | the stream ends after 3 chunks as if all was well, without the rest |
//! | `stall-3` | nothing more is sent after 3 chunks |
//! | `error-3` | the vendor's error stands in the stream after 3 chunks, and it ends |
//! | `truncated` | half of the JSON comes, and the length is of that half |
//! | `length` | half of the JSON comes, the length is of the whole, and the connection is closed |
//! | `chunks-100` | the answer has 100 tokens, so a stream has as many chunks of text |
//! | `gap-20` | 20 ms pass before each chunk but the first |
//! | `split-7` | a stream is sent in pieces of 7 bytes, wherever its events end |
//! | `gzip` | the answer is compressed |
//! | `nousage` | the answer says nothing of tokens |
//!
//! A test asks for one by the header `x-mock-fault`, by a model or deployment named
//! `fault.FAULT.MODEL`, or in advance for the next calls that match ([`Faults`]).

use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The header that asks for a fault.
pub const HEADER: &str = "x-mock-fault";

/// What is to go wrong with a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// The status to refuse with.
    pub status: Option<u16>,
    /// The seconds of `Retry-After`.
    pub retry_after: Option<u32>,
    /// How long nothing is sent.
    pub delay: Duration,
    /// How many tokens the answer has.
    pub chunks: Option<u32>,
    /// What passes before each chunk but the first.
    pub gap: Duration,
    /// The bytes of each piece of a stream.
    pub split: Option<usize>,
    /// Where the answer breaks off.
    pub cut: Option<Cut>,
    /// Whether the answer is compressed.
    pub gzip: bool,
    /// Whether the answer says nothing of tokens.
    pub no_usage: bool,
}

/// How an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// By a reset before the first byte.
    Close,
    /// By a reset after so many chunks.
    Reset(usize),
    /// By an end after so many chunks.
    End(usize),
    /// By silence after so many chunks.
    Stall(usize),
    /// By an error in the stream after so many chunks.
    Error(usize),
    /// In the middle, with the length of what is sent.
    Truncated,
    /// In the middle, with the length of the whole.
    Length,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(word: &str) -> Result<Fault, String> {
        let mut fault = Fault::default();
        for part in word.split('_') {
            let (name, number) = match part.split_once('-') {
                Some((name, number)) => {
                    let number = number.parse::<u32>();
                    (name, Some(number.map_err(|_| format!("`{part}` has no number"))?))
                }
                None => (part, None),
            };
            let ms = || number.map(|ms| Duration::from_millis(ms.into()));
            let count = number.map(|count| count as usize);
            match (name, number) {
                ("delay", Some(_)) => fault.delay = ms().unwrap_or_default(),
                ("gap", Some(_)) => fault.gap = ms().unwrap_or_default(),
                ("chunks", Some(_)) => fault.chunks = number,
                ("split", Some(1..)) => fault.split = count,
                ("reset", Some(_)) => fault.cut = count.map(Cut::Reset),
                ("end", Some(_)) => fault.cut = count.map(Cut::End),
                ("stall", Some(_)) => fault.cut = count.map(Cut::Stall),
                ("error", Some(_)) => fault.cut = count.map(Cut::Error),
                ("close", None) => fault.cut = Some(Cut::Close),
                ("truncated", None) => fault.cut = Some(Cut::Truncated),
                ("length", None) => fault.cut = Some(Cut::Length),
                ("gzip", None) => fault.gzip = true,
                ("nousage", None) => fault.no_usage = true,
                _ => match name.parse::<u16>() {
                    Ok(status @ 400..=599) => {
                        fault.status = Some(status);
                        fault.retry_after = number;
                    }
                    _ => return Err(format!("`{part}` is no fault")),
                },
            }
        }
        Ok(fault)
    }
}

/// A model's name without the fault it may begin with, and that fault.
#[must_use]
pub fn in_model(model: &str) -> (Option<&str>, &str) {
    match model.strip_prefix("fault.").and_then(|rest| rest.split_once('.')) {
        Some((fault, model)) => (Some(fault), model),
        None => (None, model),
    }
}

/// A fault of the next calls that match.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The fault.
    pub fault: String,
    /// How many calls it is for.
    #[serde(default = "once")]
    pub times: u32,
    /// The operation, such as `chat/completions`; any if absent.
    #[serde(default)]
    pub operation: Option<String>,
    /// The model or deployment; any if absent.
    #[serde(default)]
    pub model: Option<String>,
}

fn once() -> u32 {
    1
}

/// Faults asked for in advance, first asked first.
#[derive(Debug, Default)]
pub struct Faults {
    expected: Mutex<Vec<Expected>>,
    // So that calls of a load test take no lock for nothing.
    any: AtomicBool,
}

impl Faults {
    /// Asks for a fault.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn expect(&self, expected: Expected) -> Result<(), String> {
        expected.fault.parse::<Fault>()?;
        let mut list = self.expected.lock().expect("no holder panics");
        list.push(expected);
        self.any.store(true, Ordering::Release);
        Ok(())
    }

    /// Those still to come.
    #[must_use]
    pub fn open(&self) -> Vec<Expected> {
        self.expected.lock().expect("no holder panics").clone()
    }

    /// Forgets those still to come.
    pub fn clear(&self) {
        self.expected.lock().expect("no holder panics").clear();
        self.any.store(false, Ordering::Release);
    }

    /// The fault of this call, which uses it up.
    #[must_use]
    pub fn take(&self, operation: &str, model: Option<&str>) -> Option<String> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut list = self.expected.lock().expect("no holder panics");
        let place = list.iter().position(|expected| {
            expected.operation.as_deref().is_none_or(|wanted| wanted == operation)
                && expected.model.as_deref().is_none_or(|wanted| Some(wanted) == model)
        })?;
        list[place].times = list[place].times.saturating_sub(1);
        let fault = list[place].fault.clone();
        if list[place].times == 0 {
            list.remove(place);
        }
        self.any.store(!list.is_empty(), Ordering::Release);
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_words() {
        let ms = Duration::from_millis;
        let fault = Fault::default;
        for (word, expected) in [
            ("500", Ok(Fault { status: Some(500), ..fault() })),
            ("429-2", Ok(Fault { status: Some(429), retry_after: Some(2), ..fault() })),
            ("chunks-9_gap-20", Ok(Fault { chunks: Some(9), gap: ms(20), ..fault() })),
            ("delay-5_reset-3", Ok(Fault { delay: ms(5), cut: Some(Cut::Reset(3)), ..fault() })),
            ("truncated", Ok(Fault { cut: Some(Cut::Truncated), ..fault() })),
            ("", Err("`` is no fault")),
            ("200", Err("`200` is no fault")),
            ("reset", Err("`reset` is no fault")),
            ("gap-x", Err("`gap-x` has no number")),
            ("split-0", Err("`split-0` is no fault")),
        ] {
            assert_eq!(word.parse(), expected.map_err(String::from), "{word}");
        }
    }

    #[test]
    fn a_fault_asked_for_in_advance_meets_its_call_alone() {
        let faults = Faults::default();
        let expected = |fault: &str, times, model: Option<&str>| Expected {
            fault: fault.into(),
            times,
            operation: None,
            model: model.map(String::from),
        };
        faults.expect(expected("500", 2, Some("a"))).unwrap();
        faults.expect(expected("503", 1, None)).unwrap();
        let take = |model| faults.take("chat/completions", Some(model));
        assert_eq!(take("b").as_deref(), Some("503"));
        assert_eq!(take("b"), None);
        assert_eq!(take("a").as_deref(), Some("500"));
        assert_eq!(take("a").as_deref(), Some("500"));
        assert_eq!(take("a"), None);
        assert!(faults.expect(expected("boom", 1, None)).is_err());
    }
}

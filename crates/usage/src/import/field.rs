//! Reading one value of a row, or saying what was expected of it.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::Tokens;
use crate::day::nanoseconds;
use crate::schema::{STANDARD, TOKENS};
use crate::tokens::CLASSES;

/// Why a value was not taken, for the person who reads the file of rejects.
pub(crate) type Reason = String;

/// Bytes of a name or an id. Without a limit, a million rows of them would have none.
const NAME_BYTES_MAX: usize = 512;

/// A name, without white space around it.
pub(crate) fn name<'a>(column: &str, text: &'a str) -> Result<&'a str, Reason> {
    // Nearly all names are of letters, digits and hyphens alone, and need no closer look.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && (1..=NAME_BYTES_MAX).contains(&text.len()) {
        return Ok(text);
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("`{column}` is empty; expected a name"));
    }
    if text.len() > NAME_BYTES_MAX {
        let found = text.len();
        return Err(format!(
            "`{column}` is {found} bytes long; expected a name of at most {NAME_BYTES_MAX}"
        ));
    }
    if text.chars().any(char::is_control) {
        let shown = text.escape_debug();
        return Err(format!("`{column}`: `{shown}` is not a name; expected no control characters"));
    }
    Ok(text)
}

/// A count of tokens written in digits.
pub(super) fn count(column: &str, text: &str) -> Result<u32, Reason> {
    let text = text.trim();
    digits(text).ok_or_else(|| not_a_count(column, text))
}

fn digits(text: &str) -> Option<u32> {
    // The parser of numbers would take `+5` too, which no meter writes.
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A count of tokens that is a number already.
pub(super) fn whole_count(column: &str, number: i128) -> Result<u32, Reason> {
    u32::try_from(number).map_err(|_| not_a_count(column, &number.to_string()))
}

/// A count of tokens or calls of many calls, written in digits.
pub(super) fn sum(column: &str, text: &str) -> Result<u64, Reason> {
    let text = text.trim();
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let sum = if is_digits { text.parse().ok() } else { None };
    sum.ok_or_else(|| format!("`{column}`: `{text}` is not a count; expected a whole number"))
}

/// The tier that OpenAI calls so; nothing if it does not say how a call was processed.
pub(super) fn tier(theirs: &str) -> Option<&'static str> {
    match theirs {
        "default" | "standard" => Some(STANDARD),
        "batch" => Some("batch"),
        "flex" => Some("flex"),
        "priority" => Some("priority"),
        _ => None,
    }
}

/// Tokens as one row can hold them.
pub(super) fn narrow(tokens: Tokens<u64>) -> Result<[u32; CLASSES], Reason> {
    let mut narrow = [0; CLASSES];
    for ((slot, count), class) in narrow.iter_mut().zip(tokens.by_class()).zip(TOKENS) {
        *slot = whole_count(class, count.into())?;
    }
    Ok(narrow)
}

/// How many calls a row stands for.
pub(super) fn calls(column: &str, text: &str) -> Result<u32, Reason> {
    let text = text.trim();
    digits(text).filter(|calls| *calls > 0).ok_or_else(|| not_calls(column, text))
}

/// How many calls a row stands for, where that is a number already.
pub(super) fn whole_calls(column: &str, number: i128) -> Result<u32, Reason> {
    let count = u32::try_from(number).ok().filter(|calls| *calls > 0);
    count.ok_or_else(|| not_calls(column, &number.to_string()))
}

fn not_calls(column: &str, text: &str) -> Reason {
    let max = u32::MAX;
    format!(
        "`{column}`: `{text}` is not a number of calls; expected a whole number from 1 to {max}"
    )
}

fn not_a_count(column: &str, text: &str) -> Reason {
    let max = u32::MAX;
    if text.is_empty() {
        return format!("`{column}` is empty; expected a whole number from 0 to {max}");
    }
    format!(
        "`{column}`: `{text}` is not a count of tokens; expected a whole number from 0 to {max}"
    )
}

/// An instant that names its zone, as RFC 3339 writes it.
///
/// A time without a zone is refused rather than taken for UTC, since the zone decides the
/// billing day.
pub(super) fn instant(column: &str, text: &str) -> Result<i64, Reason> {
    let text = text.trim();
    let at: Option<Timestamp> = text.parse().ok();
    at.and_then(nanoseconds).ok_or_else(|| {
        format!(
            "`{column}`: `{text}` is not an instant; expected a date, a time and a zone, \
             such as `2025-02-28T23:59:59.5Z`"
        )
    })
}

/// A date and time that is known to be in UTC, as the Azure traces write it.
pub(super) fn utc(column: &str, text: &str) -> Result<i64, Reason> {
    let text = text.trim();
    // A date alone would be read as its midnight, and no call was metered to the day.
    let timed = text.contains(':');
    let at: Option<DateTime> = if timed { text.parse().ok() } else { None };
    at.and_then(|at| Offset::UTC.to_timestamp(at).ok()).and_then(nanoseconds).ok_or_else(|| {
        format!(
            "`{column}`: `{text}` is not a time in UTC; expected a date and a time, \
             such as `2023-11-16 18:17:03.9799600`"
        )
    })
}

/// An instant that names its zone, or is known to be in UTC.
pub(super) fn instant_or_utc(column: &str, text: &str) -> Result<i64, Reason> {
    utc(column, text).or_else(|_| instant(column, text))
}

/// Makes sure that a call was made before `end_ns`, if that is said: a source that is far ahead is a
/// mistake.
pub(super) fn in_time(column: &str, at_ns: i64, end_ns: Option<i64>) -> Result<(), Reason> {
    match end_ns {
        Some(end) if at_ns >= end => Err(format!(
            "`{column}`: `{}` is still to come; expected an instant before `{}`",
            crate::day::instant(at_ns),
            crate::day::instant(end)
        )),
        _ => Ok(()),
    }
}

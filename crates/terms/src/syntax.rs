//! Finds what makes a block unreadable: the bracket, the quote or the value, not just the statement.
//!
//! The HCL parser reports most errors at the start of the statement they are in. An author wants to
//! see the bracket that was never closed, so a small scanner looks for that first.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::structure::Body;

use crate::document::FencedBlock;
use crate::{Document, Finding, Place};

/// Parses one fenced block, or says what is wrong where.
pub(crate) fn parse(document: &Arc<Document>, block: &FencedBlock) -> Result<Body, Finding> {
    hcl_edit::parser::parse_body(&block.masked).map_err(|error| {
        if let Some(fault) = bracket_fault(block).or_else(|| value_fault(block)) {
            return fault.finding(document);
        }
        let at = error.location().offset();
        let line_end = block.masked[at..].find('\n').map_or(block.masked.len(), |end| at + end);
        Fault {
            message: "this block cannot be read as HCL".to_string(),
            places: vec![(at..line_end, error.message().to_string())],
            help: "write `kind \"label\" { name = value }`, one value a line".to_string(),
        }
        .finding(document)
    })
}

struct Fault {
    message: String,
    places: Vec<(Range<usize>, String)>,
    help: String,
}

impl Fault {
    fn finding(self, document: &Arc<Document>) -> Finding {
        let mut places = self.places.into_iter().map(|(span, label)| Place {
            document: document.clone(),
            span,
            label,
        });
        // INVARIANT: every fault is made with at least one place.
        let first = places.next().expect("a fault has a place");
        let finding = Finding::error("charter::syntax", self.message, first).help(self.help);
        places.fold(finding, Finding::and)
    }
}

/// An opening bracket the scanner has not seen closed yet.
struct Open {
    bracket: char,
    at: usize,
    /// How far the line it stands on is indented.
    indent: usize,
}

/// The first unclosed or mismatched bracket or quote, if there is one.
fn bracket_fault(block: &FencedBlock) -> Option<Fault> {
    let text = &block.masked;
    let mut open: Vec<Open> = Vec::new();
    // A bracket closed by one that is less indented was probably meant to be closed before.
    let mut suspect: Option<Open> = None;
    let mut at = block.range.start;
    while at < text.len() {
        let rest = &text[at..];
        let next = rest.chars().next()?;
        at += match next {
            '#' => line_length(rest),
            '/' if rest.starts_with("//") => line_length(rest),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '<' if rest.starts_with("<<") => heredoc_length(rest),
            '"' => match string_length(rest) {
                Some(length) => length,
                None => return Some(unclosed_quote(at, rest)),
            },
            '{' | '[' | '(' => {
                open.push(Open { bracket: next, at, indent: indent(text, at) });
                1
            }
            '}' | ']' | ')' => {
                let Some(opened) = open.pop() else { return Some(closes_nothing(at, next)) };
                if closing(opened.bracket) != next {
                    return Some(mismatch(&opened, at, next));
                }
                let first_on_line = text[..at].trim_end_matches(' ').ends_with('\n');
                if first_on_line && indent(text, at) < opened.indent && suspect.is_none() {
                    suspect = Some(opened);
                }
                1
            }
            other => other.len_utf8(),
        };
    }
    let last = open.pop()?;
    Some(never_closed(&suspect.unwrap_or(last)))
}

fn never_closed(open: &Open) -> Fault {
    Fault {
        message: format!("this `{}` is never closed", open.bracket),
        places: vec![(open.at..open.at + 1, "opened here".to_string())],
        help: format!("add the missing `{}`", closing(open.bracket)),
    }
}

fn closes_nothing(at: usize, bracket: char) -> Fault {
    Fault {
        message: format!("this `{bracket}` closes nothing"),
        places: vec![(at..at + 1, "nothing is open here".to_string())],
        help: "remove it, or add the bracket it should close".to_string(),
    }
}

fn mismatch(opened: &Open, at: usize, bracket: char) -> Fault {
    Fault {
        message: format!("this `{}` is closed by a `{bracket}`", opened.bracket),
        places: vec![
            (opened.at..opened.at + 1, "opened here".to_string()),
            (at..at + 1, "closed here".to_string()),
        ],
        help: format!("close it with `{}`", closing(opened.bracket)),
    }
}

fn unclosed_quote(at: usize, rest: &str) -> Fault {
    Fault {
        message: "this text is never closed".to_string(),
        places: vec![(at..at + line_length(rest), "opened here".to_string())],
        help: "add a `\"` at the end of the text".to_string(),
    }
}

/// A value on one line that is not an HCL expression, such as `30 days` without quotes.
fn value_fault(block: &FencedBlock) -> Option<Fault> {
    let mut at = block.range.start;
    for line in block.masked[block.range.clone()].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((name, value)) = line.split_once('=') else { continue };
        let value_at = start + name.len() + 1 + (value.len() - value.trim_start().len());
        let value = value.trim();
        let is_name = !name.trim().is_empty() && name.trim().chars().all(is_identifier);
        let opens = value.ends_with(['{', '[', '(']) || value.starts_with("<<");
        if !is_name || opens || hcl_edit::parser::parse_expr(value).is_ok() {
            continue;
        }
        let help = if value.is_empty() {
            format!("write what `{}` is", name.trim())
        } else if value.contains('"') {
            "put the whole value in one pair of quotes".to_string()
        } else {
            format!("a value with spaces or a unit stands in quotes: `\"{value}\"`")
        };
        return Some(Fault {
            message: format!("`{value}` cannot be read as a value"),
            places: vec![(value_at..value_at + value.len(), "this value".to_string())],
            help,
        });
    }
    None
}

fn is_identifier(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-')
}

fn closing(bracket: char) -> char {
    match bracket {
        '{' => '}',
        '[' => ']',
        _ => ')',
    }
}

fn indent(text: &str, at: usize) -> usize {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    text[line_start..].chars().take_while(|c| *c == ' ').count()
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// The length of a quoted string with its quotes, or `None` if the line ends before it does.
fn string_length(rest: &str) -> Option<usize> {
    let mut escaped = false;
    let mut depth = 0usize;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' if rest[..at].ends_with(['$', '%']) => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '"' if depth == 0 => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a heredoc, from `<<` to the end of its closing line.
fn heredoc_length(rest: &str) -> usize {
    let first = line_length(rest);
    let tag = rest[2..first].trim_start_matches('-').trim();
    if tag.is_empty() || !tag.chars().all(is_identifier) {
        return 2;
    }
    let mut at = first;
    for line in rest[first..].split_inclusive('\n') {
        at += line.len();
        if line.trim() == tag {
            return at;
        }
    }
    rest.len()
}

//! Finds what makes a block unreadable: the bracket, the quote or the value, not just the statement.
//!
//! The HCL parser reports most errors at the start of the statement they are in. An author wants to
//! see the bracket that was never closed, so a small scanner looks for that first.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::structure::Body;

use crate::document::{FencedBlock, floor_char};
use crate::{Document, Finding, Place};

/// Parses one fenced block, or says what is wrong where.
///
/// The parser does not recurse deeper than 64 levels, so that no text can overflow the stack. It lets
/// a text go on over lines, which HCL does not: whatever stands between one forgotten quote and the
/// next would be that text.
pub(crate) fn parse(document: &Arc<Document>, block: &FencedBlock) -> Result<Body, Box<Finding>> {
    let fault = match hcl_edit::parser::parse_body(&block.masked) {
        Ok(body) => match bracket_fault(block) {
            None => return Ok(body),
            Some(fault) => fault,
        },
        Err(error) => fault_of(&error, block),
    };
    Err(Box::new(fault.finding(document, block)))
}

fn fault_of(error: &hcl_edit::parser::Error, block: &FencedBlock) -> Fault {
    let text = &block.masked;
    // At the end of a block the parser may point into the middle of its last character.
    let at = floor_char(text, error.location().offset());
    let fault = match error.message() {
        message if message.contains("redefined") => Some(given_twice(block, at)),
        message if message.contains("escape") => Some(wrong_escape(text, at)),
        _ => bracket_fault(block).or_else(|| value_fault(text, at)),
    };
    fault.unwrap_or_else(|| Fault {
        message: "this block cannot be read as HCL".to_string(),
        places: vec![(at..at + line_length(&text[at..]), error.message().to_string())],
        help: "write `kind \"label\" {`, then each `name = value` on a line of its own, then `}`"
            .to_string(),
    })
}

/// How deep brackets may nest; no clause needs more than a few.
const DEEPEST: usize = 60;

/// What is wrong, by the bytes of the masked block.
struct Fault {
    message: String,
    places: Vec<(Range<usize>, String)>,
    help: String,
}

impl Fault {
    fn finding(self, document: &Arc<Document>, block: &FencedBlock) -> Finding {
        let from = block.masked_from;
        let mut places = self.places.into_iter().map(|(span, label)| Place {
            document: document.clone(),
            span: span.start + from..span.end + from,
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
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let next = rest.chars().next()?;
        if let Some(length) = opaque_length(rest) {
            at += length;
            continue;
        }
        at += match next {
            '"' => return Some(unclosed_quote(at, rest)),
            '{' | '[' | '(' if open.len() == DEEPEST => return Some(too_deep(at)),
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

fn too_deep(at: usize) -> Fault {
    Fault {
        message: format!("brackets stand more than {DEEPEST} deep in each other"),
        places: vec![(at..at + 1, "too deep".to_string())],
        help: "close a bracket before you open the next".to_string(),
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

/// An attribute that its block has already, at `at`.
fn given_twice(block: &FencedBlock, at: usize) -> Fault {
    let text = &block.masked;
    let length = match text[at..].strip_prefix('"') {
        Some(quoted) => quoted.find('"').map(|end| end + 2),
        None => text[at..].find(|c| !is_identifier(c)),
    };
    let length = length.unwrap_or(text.len() - at);
    let name = &text[at..at + length];
    let before = text[..at].match_indices(name).map(|(found, _)| found..found + length);
    // The nearest above that is a name of its own, and not, say, the end of a longer one.
    let is_name = |place: &Range<usize>| {
        indent(text, place.start) == indent(text, at)
            && !text[..place.start].ends_with(is_identifier)
            && text[place.end..].trim_start().starts_with('=')
    };
    let mut places = vec![(at..at + length, "here again".to_string())];
    places.extend(before.filter(is_name).last().map(|place| (place, "first here".to_string())));
    Fault {
        message: format!("`{}` is given twice in one block", name.trim_matches('"')),
        places,
        help: "keep one of them".to_string(),
    }
}

fn wrong_escape(text: &str, at: usize) -> Fault {
    let from = text[..at].rfind('\\').unwrap_or(at);
    Fault {
        message: "a `\\` in quotes does not stand alone".to_string(),
        places: vec![(from..at, "not known after `\\`".to_string())],
        help: "write `\\\\` for the sign itself, `\\\"` for a quote, `\\n` for a new line"
            .to_string(),
    }
}

/// A value that is not an HCL expression, such as `30 days` without quotes, on the line of `at`.
fn value_fault(text: &str, at: usize) -> Option<Fault> {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = at + line_length(&text[at..]);
    let equals = line_start + text[line_start..at].rfind('=')?;
    let name = text[line_start..equals].split_whitespace().next_back()?;
    let rest = &text[equals + 1..line_end];
    // Outside quotes, these end the value.
    let quoted = rest.rfind('"').map_or(0, |quote| quote + 1);
    let cut = rest[quoted..].find(['}', ']', '#']).map_or(rest.len(), |found| quoted + found);
    let value = rest[..cut].trim().trim_end_matches(',');
    if value.contains('=') || hcl_edit::parser::parse_expr(value).is_ok() {
        return None;
    }
    if value.is_empty() {
        return Some(Fault {
            message: format!("`{name}` has no value"),
            places: vec![(equals..equals + 1, "nothing follows".to_string())],
            help: format!("write what `{name}` is on the same line"),
        });
    }
    let value_at = equals + 1 + (rest.len() - rest.trim_start().len());
    let unquoted = value.trim_matches(['“', '”', '„', '‘', '’', '\'']);
    let help = if unquoted.len() < value.len() {
        format!("write straight double quotes: `\"{unquoted}\"`")
    } else if value.contains('"') {
        "put the whole value in one pair of quotes".to_string()
    } else {
        format!("a value with spaces or a unit stands in quotes: `\"{value}\"`")
    };
    Some(Fault {
        message: format!("`{value}` cannot be read as a value"),
        places: vec![(value_at..value_at + value.len(), "this value".to_string())],
        help,
    })
}

pub(crate) fn is_identifier(character: char) -> bool {
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

/// The length of a comment, text or heredoc that begins here: brackets in it mean nothing.
pub(crate) fn opaque_length(rest: &str) -> Option<usize> {
    match rest.as_bytes().first()? {
        b'#' => Some(line_length(rest)),
        b'/' if rest.starts_with("//") => Some(line_length(rest)),
        b'/' if rest.starts_with("/*") => Some(rest.find("*/").map_or(rest.len(), |end| end + 2)),
        b'<' if rest.starts_with("<<") => Some(heredoc_length(rest)),
        b'"' => string_length(rest),
        _ => None,
    }
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

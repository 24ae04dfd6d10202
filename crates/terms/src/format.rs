//! Formats the `hcl` blocks of a document; prose and comments stay as they are.
//!
//! Two spaces a level, one blank line at most, and the `=` of neighbouring one-line attributes under
//! each other.

use std::sync::Arc;

use crate::document::FencedBlock;
use crate::syntax::{self, is_identifier, opaque_length};
use crate::{Document, Finding};

/// The document's text with its blocks formatted. Formatting what is formatted changes nothing.
///
/// A block inside a list or quotation stays as it is: its lines are not its own.
///
/// # Errors
/// The findings of blocks that cannot be read; then nothing should be written.
pub fn format(document: &Arc<Document>) -> Result<String, Vec<Finding>> {
    let blocks = &document.blocks;
    let parsed = blocks.iter().filter_map(|block| syntax::parse(document, block).err());
    let findings: Vec<_> = parsed.map(|finding| *finding).collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    let mut text = document.text.clone();
    // From the last to the first, so that the ranges before stay true.
    for block in blocks.iter().rev().filter(|block| is_plain(document, block)) {
        text.replace_range(block.range.clone(), &formatted(&document.text[block.range.clone()]));
    }
    Ok(text)
}

/// Whether the block's lines are whole lines of the document, without a container's marks.
fn is_plain(document: &Document, block: &FencedBlock) -> bool {
    let code = &document.text[block.range.clone()];
    // The Markdown parser counts no `\r` as code.
    let code = code.replace('\r', " ");
    document.text[..block.range.start].ends_with('\n') && block.masked.ends_with(&code)
}

/// One line of a block.
struct Line<'a> {
    text: &'a str,
    /// How many brackets are open before it, less those it begins by closing.
    level: usize,
    /// How many more are open after it than before.
    opens: isize,
    /// Whether it is part of a text or comment of several lines.
    verbatim: bool,
}

fn formatted(code: &str) -> String {
    let newline = if code.contains("\r\n") { "\r\n" } else { "\n" };
    let lines = lines(code);
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = &lines[at];
        if line.verbatim {
            out.push(line.text.trim_end_matches('\r').to_string());
            at += 1;
            continue;
        }
        let group = lines[at..]
            .iter()
            .take_while(|next| attribute(next).is_some() && next.level == line.level);
        let group: Vec<_> = group.filter_map(attribute).collect();
        if group.is_empty() {
            push(&mut out, line);
            at += 1;
            continue;
        }
        let width = group.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in &group {
            out.push(format!("{}{name:width$} = {value}", "  ".repeat(line.level)));
        }
        at += group.len();
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.iter().flat_map(|line| [line.as_str(), newline]).collect()
}

/// Adds a line that is no one-line attribute.
fn push(out: &mut Vec<String>, line: &Line<'_>) {
    let text = line.text.trim();
    let after_nothing =
        out.last().is_none_or(|last| last.is_empty() || last.ends_with(['{', '[', '(']));
    if text.is_empty() && after_nothing {
        return;
    }
    if text.starts_with(['}', ']', ')']) && out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    let text = match named(text) {
        Some((name, value)) => format!("{name} = {value}"),
        None => text.to_string(),
    };
    let indent = if text.is_empty() { 0 } else { line.level };
    out.push(format!("{}{text}", "  ".repeat(indent)));
}

/// Name and value of an attribute that begins and ends on the line.
fn attribute<'a>(line: &Line<'a>) -> Option<(&'a str, &'a str)> {
    if line.verbatim || line.opens != 0 { None } else { named(line.text.trim()) }
}

fn named(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim_end();
    let is_name = !name.is_empty() && name.chars().all(is_identifier);
    (is_name && !value.starts_with('=')).then(|| (name, value.trim()))
}

fn lines(code: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut open = 0usize;
    // Where the text or comment that is being passed over ends.
    let mut opaque_until = 0;
    let mut start = 0;
    for text in code.split_inclusive('\n') {
        let end = start + text.len();
        let text = text.trim_end_matches('\n');
        let verbatim = start < opaque_until;
        let (before, mut lowest, mut seen_other) = (open, open, verbatim);
        let mut at = start.max(opaque_until);
        while at < end {
            let rest = &code[at..];
            if let Some(length) = opaque_length(rest) {
                seen_other = true;
                at += length;
                opaque_until = at;
                continue;
            }
            // INVARIANT: `at` is before `end`, so there is a character.
            let Some(next) = rest.chars().next() else { break };
            match next {
                '{' | '[' | '(' => open += 1,
                '}' | ']' | ')' => {
                    open = open.saturating_sub(1);
                    if !seen_other {
                        lowest = open;
                    }
                }
                _ => {}
            }
            seen_other |= !next.is_whitespace() && !matches!(next, '}' | ']' | ')');
            at += next.len_utf8();
        }
        let opens = open as isize - before as isize;
        // A text that goes on below keeps the line it begins on out of any group.
        let opens = if opaque_until > end { 1 } else { opens };
        lines.push(Line { text, level: lowest, opens, verbatim });
        start = end;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format_code(code: &str) -> String {
        let document =
            Arc::new(Document::new("a.md", format!("Prose  stays.\n\n```hcl\n{code}```\n")));
        let once = format(&document).unwrap();
        let again = format(&Arc::new(Document::new("a.md", once.as_str()))).unwrap();
        assert_eq!(once, again, "formatting is idempotent");
        let code = once.strip_prefix("Prose  stays.\n\n```hcl\n").unwrap();
        code.strip_suffix("```\n").unwrap().to_string()
    }

    #[test]
    fn blocks_are_indented_and_aligned() {
        let code = "\n\nexclusivity   \"cloud\" {\n\n grantor=openai\n     holder  =   microsoft # both\n\n\n  scope {\nact = [contract,\nbuild]\n}\n\n}\n\n\n";
        let expected = "exclusivity   \"cloud\" {\n  grantor = openai\n  holder  = microsoft # both\n\n  scope {\n    act = [contract,\n      build]\n  }\n}\n";
        assert_eq!(format_code(code), expected);
    }

    #[test]
    fn comments_and_long_texts_stay() {
        let code = "party \"a\" {\n  # why =  this { one\n  title = <<EOT\n   as  it } is\nEOT\n/* a\n     b */\n}\n";
        let expected = "party \"a\" {\n  # why =  this { one\n  title = <<EOT\n   as  it } is\nEOT\n  /* a\n     b */\n}\n";
        assert_eq!(format_code(code), expected);
    }

    #[test]
    fn a_block_that_cannot_be_read_is_left_alone() {
        let document = Arc::new(Document::new("a.md", "```hcl\nparty \"a\" {\n```\n"));
        assert!(format(&document).is_err());
    }

    #[test]
    fn a_block_in_a_quotation_stays() {
        let text = "> ```hcl\n>    party \"a\" {}\n> ```\n";
        assert_eq!(format(&Arc::new(Document::new("a.md", text))).unwrap(), text);
    }
}

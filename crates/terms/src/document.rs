//! A Markdown document and the fenced `hcl` blocks in it.
//!
//! Each block is kept as a *masked* copy of its own lines: the same bytes, with whatever is not code
//! blanked. So every span the HCL parser reports is a span of the Markdown file once the place of
//! the first line is added, also for a block inside a list or a quotation.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// One Markdown document of an agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file's name, as diagnostics show it.
    pub name: String,
    /// The whole Markdown text, without a byte-order mark.
    pub text: String,
    /// Its `hcl` blocks, in order.
    pub blocks: Vec<FencedBlock>,
    /// Its headings, in order, each with what stands under it.
    pub sections: Vec<Section>,
    /// Code blocks, with their fences, of which the fence does not say what they hold.
    pub bare_fences: Vec<Range<usize>>,
    /// Where each line begins.
    lines: Vec<usize>,
}

/// A heading, with what stands between it and the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// 1 for the highest.
    pub level: u8,
    /// The words of the heading.
    pub heading: String,
    /// The bytes of the document in which the heading stands.
    pub range: Range<usize>,
    /// The prose under it.
    pub prose: String,
    /// Whether an `hcl` block stands under it.
    pub has_terms: bool,
}

/// One fenced `hcl` block, with the heading and the prose it stands under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FencedBlock {
    /// The block's lines, blank where they are not code.
    pub masked: String,
    /// Where in the document `masked` begins.
    pub masked_from: usize,
    /// The bytes of the document which hold the block's code.
    pub range: Range<usize>,
    /// The nearest heading above.
    pub heading: String,
    /// The prose between this block and the heading or block above it; if there is none, the prose
    /// the block above already had. This is the *text* of the clauses in the block.
    pub prose: String,
}

impl Document {
    /// Reads a document's Markdown. Never fails: any text is Markdown.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Document {
        let mut text = text.into();
        // Before a mark, the first line would be neither a heading nor the fence of a block.
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        let walk = Walk::over(&text);
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        let Walk { blocks, sections, bare_fences, .. } = walk;
        Document { name: name.into(), text, blocks, sections, bare_fences, lines }
    }

    /// Line and column, both from 1, of a byte offset; the column counts characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = floor_char(&self.text, offset);
        let line = self.lines.partition_point(|start| *start <= offset);
        let before = &self.text[self.lines[line - 1]..offset];
        (line, before.chars().count() + 1)
    }
}

impl FencedBlock {
    /// The bytes of the document that a part of the parsed block stands in.
    pub(crate) fn span_of(&self, part: &impl hcl_edit::Span) -> Range<usize> {
        let span = part.span().unwrap_or(0..0);
        span.start + self.masked_from..span.end + self.masked_from
    }
}

/// The greatest character boundary at or below `offset`.
pub(crate) fn floor_char(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// What the walk over the Markdown remembers between events.
#[derive(Default)]
struct Walk {
    blocks: Vec<FencedBlock>,
    sections: Vec<Section>,
    bare_fences: Vec<Range<usize>>,
    heading: String,
    in_heading: bool,
    /// Prose since the heading or the last block.
    fresh: Vec<String>,
    /// Prose that the last block had.
    stale: String,
    /// How many paragraphs, lists, quotations … we are in.
    depth: usize,
    /// Where the prose begins, in the outermost of them, that is not taken yet.
    since: usize,
    /// Ranges of the code of the `hcl` block we are in.
    code: Option<Vec<Range<usize>>>,
}

impl Walk {
    fn over(text: &str) -> Walk {
        let mut walk = Walk::default();
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            walk.step(text, event, range);
        }
        walk
    }

    fn step(&mut self, text: &str, event: Event<'_>, range: Range<usize>) {
        if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = &event
            && info.trim().is_empty()
        {
            self.bare_fences.push(range.clone());
        }
        match event {
            Event::Start(Tag::Heading { .. }) => {
                self.heading.clear();
                self.fresh.clear();
                self.stale.clear();
                self.in_heading = true;
            }
            Event::End(TagEnd::Heading(level)) => {
                self.in_heading = false;
                self.since = range.end;
                let source = &text[range.clone()];
                self.sections.push(Section {
                    level: level as u8,
                    heading: self.heading.clone(),
                    range: range.start..range.start + source.trim_end().len(),
                    prose: String::new(),
                    has_terms: false,
                });
            }
            Event::Text(piece) | Event::Code(piece) if self.in_heading => {
                self.heading.push_str(&piece);
            }
            Event::SoftBreak | Event::HardBreak if self.in_heading => self.heading.push(' '),
            // Emphasis or a link in the heading.
            Event::Start(_) | Event::End(_) if self.in_heading => {}
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if is_hcl(&info) => {
                if self.depth > 0 {
                    self.take_prose(&text[self.since..range.start]);
                }
                self.code = Some(Vec::new());
            }
            Event::Text(_) if self.code.is_some() => {
                self.code.iter_mut().for_each(|code| code.push(range.clone()));
            }
            Event::End(TagEnd::CodeBlock) if self.code.is_some() => {
                self.since = range.end;
                self.close_block(text, range);
            }
            Event::Start(_) => {
                if self.depth == 0 {
                    self.since = range.start;
                }
                self.depth += 1;
            }
            Event::End(tag) => {
                self.depth -= 1;
                // A block that a list ends with may reach a line further than the list.
                let source = text.get(self.since..range.end).unwrap_or_default();
                match tag {
                    _ if self.depth > 0 => {}
                    TagEnd::CodeBlock | TagEnd::HtmlBlock => {}
                    TagEnd::Paragraph => {
                        self.take_prose(&source.split_whitespace().collect::<Vec<_>>().join(" "));
                    }
                    _ => self.take_prose(source),
                }
            }
            _ => {}
        }
    }

    /// Keeps the source of a paragraph, list, table or quotation as prose, as far as it goes.
    fn take_prose(&mut self, source: &str) {
        // What a block in a quotation or list leaves above it: the marks of its own line.
        let marks = |c: char| c.is_whitespace() || c == '>';
        let mut source = source.trim_end_matches(marks);
        while let Some((first, rest)) = source.split_once('\n')
            && first.chars().all(marks)
        {
            source = rest;
        }
        let source = source.trim_start();
        if source.contains(char::is_alphanumeric) {
            self.fresh.push(source.to_string());
            if let Some(section) = self.sections.last_mut() {
                section.prose.push_str(source);
                section.prose.push('\n');
            }
        }
    }

    fn close_block(&mut self, text: &str, fence: Range<usize>) {
        let code = self.code.take().unwrap_or_default();
        if !self.fresh.is_empty() {
            self.stale = self.fresh.join("\n\n");
            self.fresh.clear();
        }
        let range = match (code.first(), code.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => fence.clone(),
        };
        if let Some(section) = self.sections.last_mut() {
            section.has_terms = true;
        }
        let masked_from = text[..range.start].rfind('\n').map_or(0, |newline| newline + 1);
        self.blocks.push(FencedBlock {
            masked: mask(text, &code, masked_from..range.end),
            masked_from,
            range,
            heading: self.heading.clone(),
            prose: self.stale.clone(),
        });
    }
}

/// Whether a fence's info string says that terms follow.
fn is_hcl(info: &str) -> bool {
    info.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("hcl"))
}

/// The bytes of `text` in `part` with everything outside `keep` blanked, line breaks kept.
fn mask(text: &str, keep: &[Range<usize>], part: Range<usize>) -> String {
    let mut masked = String::with_capacity(part.len());
    let mut kept = keep.iter().peekable();
    for (at, character) in text[part.clone()].char_indices() {
        let at = part.start + at;
        while kept.peek().is_some_and(|range| range.end <= at) {
            kept.next();
        }
        if character == '\n' || kept.peek().is_some_and(|range| range.contains(&at)) {
            masked.push(character);
        } else {
            masked.extend(std::iter::repeat_n(' ', character.len_utf8()));
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_the_prose_and_heading_above_it() {
        let text = "# One\n\nFirst\nline.\n\n```hcl\na = 1\n```\n\n```hcl\nb = 2\n```\n\n## Two\n\n```hcl\nc = 3\n```\n";
        let document = Document::new("x.md", text);
        let seen: Vec<_> =
            document.blocks.iter().map(|b| (b.heading.as_str(), b.prose.as_str())).collect();
        assert_eq!(seen, [("One", "First line."), ("One", "First line."), ("Two", "")]);
        assert_eq!(&text[document.blocks[1].range.clone()], "b = 2\n");
    }

    #[test]
    fn offsets_in_a_masked_block_are_offsets_in_the_document() {
        let text = "Ünïcode — prose\n\n> quoted\n>\n> ```hcl\n> a = 1\n> b = 2\n> ```\n";
        let block = &Document::new("x.md", text).blocks[0];
        let at = block.masked_from + block.masked.find("b = 2").unwrap();
        assert_eq!(&text[at..at + 5], "b = 2");
        assert!(!block.masked.contains('>'));
    }

    #[test]
    fn other_code_is_not_terms() {
        assert_eq!(Document::new("x.md", "```sh\nls\n```\n\n    indented\n").blocks, []);
    }
}

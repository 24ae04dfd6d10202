//! Where blocks, attributes and words stand in a document, however wrong it is.
//!
//! The HCL parser gives up at the first mistake; while somebody types there always is one. This reader
//! never fails: text ends with its line, a value ends where the next attribute or block begins, and a
//! block that is not closed ends where the next that stands on its own begins.

use std::ops::Range;

use terms::Document;
use terms::document::FencedBlock;

use crate::language;

/// The least a reader must tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// A word, number or path: `openai`, `12`, `exclusivity.cloud`.
    Word,
    /// Text in quotes; the span is that of what is between them.
    Text,
    Open(char),
    Close(char),
    Equals,
    Comma,
    LineEnd,
    Comment,
}

/// A token and the bytes of the document it stands in.
pub(crate) type Spanned = (Token, Range<usize>);

/// A block, as far as it is there.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub word: Range<usize>,
    /// What is in the quotes of each label.
    pub labels: Vec<Range<usize>>,
    /// From the word to the last label.
    pub head: Range<usize>,
    /// What is between the braces.
    pub body: Range<usize>,
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
}

/// An attribute of a block.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub name: Range<usize>,
    /// From behind the `=` to where the value ends.
    pub value: Range<usize>,
}

/// One fenced block.
pub(crate) struct Outline<'a> {
    /// The document up to the block's end, blank outside of it.
    pub text: &'a str,
    pub tokens: Vec<Spanned>,
    pub blocks: Vec<Block>,
}

impl<'a> Outline<'a> {
    pub fn of(document: &'a Document, fence: &FencedBlock) -> Outline<'a> {
        // The marks of a list or quotation around the block are no tokens.
        let text = &document.text[..fence.range.end];
        let tokens = tokens(text, fence.range.start);
        let blocks = Reader { text, tokens: &tokens, at: 0 }.read();
        Outline { text, tokens, blocks }
    }

    /// The outlines of all fenced blocks of a document.
    pub fn all(document: &'a Document) -> impl Iterator<Item = Outline<'a>> {
        document.blocks.iter().map(|fence| Outline::of(document, fence))
    }

    /// The blocks around a byte, the outermost first.
    pub fn path(&self, offset: usize) -> Vec<&Block> {
        let mut path = Vec::new();
        let mut blocks = &self.blocks;
        while let Some(block) =
            blocks.iter().find(|block| block.body.start <= offset && offset <= block.body.end)
        {
            path.push(block);
            blocks = &block.blocks;
        }
        path
    }
}

impl Block {
    /// From the word to the closing brace.
    pub fn span(&self, text: &str) -> Range<usize> {
        let closed = text[self.body.end..].starts_with('}');
        self.word.start..self.body.end + usize::from(closed)
    }
}

fn tokens(text: &str, from: usize) -> Vec<Spanned> {
    let mut tokens = Vec::new();
    let mut at = from;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut end = at + next.len_utf8();
        let token = match next {
            '\n' => Token::LineEnd,
            '{' | '[' | '(' => Token::Open(next),
            '}' | ']' | ')' => Token::Close(next),
            '=' => Token::Equals,
            ',' => Token::Comma,
            '#' => {
                end = at + line_length(rest);
                Token::Comment
            }
            '/' if rest.starts_with("//") => {
                end = at + line_length(rest);
                Token::Comment
            }
            '/' if rest.starts_with("/*") => {
                end = at + rest.find("*/").map_or(rest.len(), |found| found + 2);
                Token::Comment
            }
            '"' => {
                let (length, closed) = text_length(&rest[1..]);
                tokens.push((Token::Text, at + 1..at + 1 + length));
                at += 1 + length + usize::from(closed);
                continue;
            }
            _ if is_word(next) => {
                end = at + rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                Token::Word
            }
            _ => {
                at = end;
                continue;
            }
        };
        tokens.push((token, at..end));
        at = end;
    }
    tokens
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn line_length(text: &str) -> usize {
    text.find(['\r', '\n']).unwrap_or(text.len())
}

/// How long the text behind a quote is, and whether it is closed before its line ends.
fn text_length(rest: &str) -> (usize, bool) {
    let mut escaped = false;
    for (at, character) in rest.char_indices() {
        match character {
            '\r' | '\n' => return (at, false),
            '"' if !escaped => return (at, true),
            _ => escaped = character == '\\' && !escaped,
        }
    }
    (rest.len(), false)
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Spanned],
    at: usize,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Block> {
        let mut done = Vec::new();
        let mut open: Vec<Block> = Vec::new();
        while let Some((token, span)) = self.tokens.get(self.at).cloned() {
            if let Some((head, behind)) = self.head(self.at) {
                if language::stands_alone(&self.text[head.word.clone()]) {
                    while !open.is_empty() {
                        close(&mut open, &mut done, span.start);
                    }
                }
                open.push(head);
                self.at = behind;
            } else if token == Token::Word && self.is(self.at + 1, Token::Equals) {
                let value = self.value();
                if let Some(block) = open.last_mut() {
                    block.attributes.push(Attribute { name: span, value });
                }
            } else {
                if token == Token::Close('}') {
                    close(&mut open, &mut done, span.start);
                }
                self.at += 1;
            }
        }
        while !open.is_empty() {
            close(&mut open, &mut done, self.text.len());
        }
        done
    }

    fn is(&self, at: usize, token: Token) -> bool {
        self.tokens.get(at).is_some_and(|(found, _)| *found == token)
    }

    /// The head of a block at a token, `word "label" … {`, and where what is behind it begins.
    fn head(&self, at: usize) -> Option<(Block, usize)> {
        let (Token::Word, word) = self.tokens.get(at)? else { return None };
        let is_label = |token| matches!(token, Token::Word | Token::Text);
        let labels = self.tokens[at + 1..].iter().take_while(|(token, _)| is_label(*token));
        let labels: Vec<_> = labels.map(|(_, span)| span.clone()).collect();
        let brace = at + 1 + labels.len();
        if !self.is(brace, Token::Open('{')) {
            return None;
        }
        let body = self.tokens[brace].1.end;
        let quoted = |end: usize| end + usize::from(self.text[end..].starts_with('"'));
        let head = word.start..labels.last().map_or(word.end, |label| quoted(label.end));
        let (attributes, blocks) = (Vec::new(), Vec::new());
        let word = word.clone();
        Some((Block { word, labels, head, body: body..body, attributes, blocks }, brace + 1))
    }

    /// Reads past the value of the attribute at hand and says where it stands.
    fn value(&mut self) -> Range<usize> {
        let start = self.tokens[self.at + 1].1.end;
        self.at += 2;
        let mut open: Vec<char> = Vec::new();
        while let Some((token, span)) = self.tokens.get(self.at) {
            match token {
                Token::LineEnd if open.is_empty() || self.is_abandoned(&open) => {
                    return start..span.start;
                }
                Token::Open(bracket) => open.push(*bracket),
                Token::Close(bracket) => {
                    let opener = match bracket {
                        '}' => '{',
                        ']' => '[',
                        _ => '(',
                    };
                    match open.iter().rposition(|open| *open == opener) {
                        Some(at) => open.truncate(at),
                        // The brace of the block around it.
                        None if *bracket == '}' => return start..span.start,
                        None => {}
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        start..self.text.len()
    }

    /// Whether on the next line something begins that cannot stand inside these brackets.
    fn is_abandoned(&self, open: &[char]) -> bool {
        let next = self.at + 1;
        self.head(next).is_some()
            || (open.last() != Some(&'{')
                && self.is(next, Token::Word)
                && self.is(next + 1, Token::Equals))
    }
}

fn close(open: &mut Vec<Block>, done: &mut Vec<Block>, end: usize) {
    let Some(mut block) = open.pop() else { return };
    block.body.end = end;
    open.last_mut().map_or(done, |outer| &mut outer.blocks).push(block);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each block as `word(attributes; blocks)`.
    fn shown(code: &str) -> String {
        let document = Document::new("x.md", format!("```hcl\n{code}\n```\n"));
        let outline = Outline::of(&document, &document.blocks[0]);
        outline.blocks.iter().map(|block| show(outline.text, block)).collect()
    }

    fn show(text: &str, block: &Block) -> String {
        let attributes = block.attributes.iter().map(|attribute| {
            format!("{}={} ", &text[attribute.name.clone()], text[attribute.value.clone()].trim())
        });
        let blocks = block.blocks.iter().map(|block| show(text, block));
        let attributes: String = attributes.chain(blocks).collect();
        format!("{}({})", &text[block.word.clone()], attributes.trim())
    }

    #[test]
    fn whole_and_half_typed() {
        for (code, expected) in [
            ("party \"a\" { title = \"A {\" }", "party(title=\"A {\")"),
            ("consent \"a\" {\n  scope {\n    act = build\n  }\n}", "consent(scope(act=build))"),
            ("consent \"a\" {\n  gra\n  holder =\n  scope {\n}", "consent(holder= scope())"),
            ("consent \"a\" {\n  holder = b\nparty \"b\" {}", "consent(holder=b)party()"),
            ("licence \"a\" {\n  asset = [x,\n  holder = b\n}", "licence(asset=[x, holder=b)"),
            (
                "licence \"a\" {\n  assumed = {\n    x = \"y\"\n  }\n  z = 1\n}",
                "licence(assumed={\n    x = \"y\"\n  } z=1)",
            ),
            (
                "licence \"a\" {\n  body = \"never closed\n  holder = b\n}",
                "licence(body=\"never closed holder=b)",
            ),
            ("} } ] = = \"", ""),
        ] {
            assert_eq!(shown(code), expected, "{code}");
        }
    }
}

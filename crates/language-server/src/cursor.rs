//! What stands where somebody types or points.

use std::ops::Range;

use terms::Document;

use crate::outline::{Block, Outline, Spanned, Token};

/// A place in a fenced block.
pub(crate) struct Cursor<'a> {
    pub outline: Outline<'a>,
    /// The byte.
    pub offset: usize,
    /// The word or text at it; empty if there is none.
    pub word: Range<usize>,
    /// Whether that stands in quotes.
    pub quoted: bool,
    pub place: Place,
}

/// What a word at a place would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The kind of a block that stands on its own.
    Kind,
    /// An attribute, or a block inside a block.
    Name,
    /// In the value of an attribute.
    Value(String),
    /// In the object that says value by value why something was assumed: the name of such a value.
    Assumed,
    /// A label of a block: the word it begins with, and which label, from 0.
    Label(String, usize),
    /// Nothing the language knows.
    Nothing,
}

impl<'a> Cursor<'a> {
    /// The place at a byte of a document; none outside of its fenced blocks.
    pub fn at(document: &'a Document, offset: usize) -> Option<Cursor<'a>> {
        let fence = document.blocks.iter().find(|fence| {
            fence.range.start <= offset && offset <= fence.range.end && {
                // The line of the closing fence begins where the code ends.
                let behind = document.text.get(fence.range.end..).unwrap_or_default();
                let behind = behind.trim_start_matches([' ', '>', '\t']);
                offset < fence.range.end
                    || !(behind.starts_with("```") || behind.starts_with("~~~"))
            }
        })?;
        let outline = Outline::of(document, fence);
        let touches = |(token, span): &&Spanned| {
            matches!(token, Token::Word | Token::Text | Token::Comment)
                && span.start <= offset
                && offset <= span.end
        };
        let (word, quoted, place) = match outline.tokens.iter().find(touches).cloned() {
            Some((Token::Comment, span)) if offset > span.start => {
                (offset..offset, false, Place::Nothing)
            }
            Some((token @ (Token::Word | Token::Text), word)) => {
                let place = place(&outline, offset, &word);
                (word, token == Token::Text, place)
            }
            _ => (offset..offset, false, place(&outline, offset, &(offset..offset))),
        };
        Some(Cursor { outline, offset, word, quoted, place })
    }

    /// The word or text at the place.
    pub fn word(&self) -> &str {
        &self.outline.text[self.word.clone()]
    }

    /// The blocks around it, the outermost first.
    pub fn blocks(&self) -> Vec<&Block> {
        self.outline.path(self.offset)
    }

    /// The words those begin with.
    pub fn path(&self) -> Vec<&str> {
        let blocks = self.blocks();
        blocks.iter().map(|block| &self.outline.text[block.word.clone()]).collect()
    }

    /// The labels of the head the place is in, as far as they are there.
    pub fn labels(&self) -> Vec<&str> {
        let tokens = &self.outline.tokens;
        let first = tokens.partition_point(|(_, span)| span.start < self.word.start);
        let start = tokens[..first].iter().rposition(ends_statement).map_or(0, |at| at + 1);
        let labels = tokens[start..].iter().skip(1);
        let labels = labels.take_while(|(token, _)| matches!(token, Token::Word | Token::Text));
        labels.map(|(_, span)| &self.outline.text[span.clone()]).collect()
    }
}

fn ends_statement((token, _): &Spanned) -> bool {
    matches!(token, Token::LineEnd | Token::Open('{') | Token::Close('}'))
}

fn place(outline: &Outline<'_>, offset: usize, word: &Range<usize>) -> Place {
    let text = outline.text;
    let before: Vec<_> = outline
        .tokens
        .iter()
        .filter(|(token, span)| span.end <= word.start && *token != Token::Comment)
        // A text ends before its closing quote, and so before what comes at once behind that.
        .filter(|(_, span)| span != word)
        .collect();
    let path = outline.path(offset);
    let attributes = path.last().map_or(&[][..], |block| &block.attributes);
    let within = |value: &Range<usize>| value.start <= offset && offset <= value.end;
    if let Some(attribute) = attributes.iter().find(|attribute| within(&attribute.value)) {
        let inside = before.iter().filter(|(_, span)| span.start >= attribute.value.start);
        let last = inside.clone().next_back().map(|(token, _)| *token);
        return match &text[attribute.name.clone()] {
            "assumed" => {
                let opens = matches!(last, Some(Token::Open('{') | Token::Comma | Token::LineEnd));
                if opens { Place::Assumed } else { Place::Nothing }
            }
            // Behind a value that is already there.
            _ if word.is_empty() && matches!(last, Some(Token::Word | Token::Text)) => {
                Place::Nothing
            }
            name => Place::Value(name.to_string()),
        };
    }
    let statement = before.iter().rposition(|token| ends_statement(token)).map_or(0, |at| at + 1);
    match &before[statement..] {
        [] if path.is_empty() => Place::Kind,
        [] => Place::Name,
        [(Token::Word, first), labels @ ..]
            if !word_is_missing(text, word)
                && labels.iter().all(|(token, _)| matches!(token, Token::Word | Token::Text)) =>
        {
            Place::Label(text[first.clone()].to_string(), labels.len())
        }
        _ => Place::Nothing,
    }
}

/// Whether there is neither a word nor the quotes of one.
fn word_is_missing(text: &str, word: &Range<usize>) -> bool {
    word.is_empty() && !text[..word.start].ends_with('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place and word at the `|` in some code.
    fn at(code: &str) -> Option<(Place, String)> {
        let text = format!("# 🖋 ü\n\n```hcl\n{code}\n```\n");
        let offset = text.find('|').unwrap();
        let document = Document::new("x.md", text.replace('|', ""));
        let cursor = Cursor::at(&document, offset)?;
        Some((cursor.place.clone(), cursor.word().to_string()))
    }

    #[test]
    fn places() {
        let value = |name: &str| Place::Value(name.to_string());
        let label = |word: &str, at| Place::Label(word.to_string(), at);
        for (code, place, word) in [
            ("|", Place::Kind, ""),
            ("excl|", Place::Kind, "excl"),
            ("party \"a\" {}\n|", Place::Kind, ""),
            ("exclusivity \"a\" {\n  |\n}", Place::Name, ""),
            ("exclusivity \"a\" {\n  gra|\n  holder = b\n}", Place::Name, "gra"),
            ("exclusivity \"a\" {\n  holder = |\n}", value("holder"), ""),
            ("exclusivity \"a\" {\n  holder = mi|cro\n}", value("holder"), "micro"),
            ("exclusivity \"a\" {\n  holder = b |\n}", Place::Nothing, ""),
            ("exclusivity \"a\" {\n  holder = \"|\n  grantor = b\n}", value("holder"), ""),
            ("exclusivity \"a\" {\n  until = condition.|", value("until"), "condition."),
            (
                "consent \"a\" {\n  scope {\n    purpose = [training, |]\n  }\n}",
                value("purpose"),
                "",
            ),
            ("consent \"a\" {\n  scope {\n    pur|\n", Place::Name, "pur"),
            ("consent \"a\" {\n  assumed = {\n    |\n  }\n}", Place::Assumed, ""),
            ("consent \"a\" {\n  assumed = { x = \"a|\" }\n}", Place::Nothing, "a"),
            ("end \"|\" \"\" {}", label("end", 0), ""),
            ("end \"exclusivity\" \"cl|\" {}", label("end", 1), "cl"),
            ("end \"exclusivity\" \"|", label("end", 1), ""),
            ("price_list \"a\" {\n  price \"gpt|\" {", label("price", 0), "gpt"),
            ("party \"a\" { title = \"x\" } # no|te", Place::Nothing, ""),
        ] {
            assert_eq!(at(code), Some((place, word.to_string())), "{code}");
        }
    }

    #[test]
    fn prose_is_no_place() {
        let document = Document::new("x.md", "prose\n\n```hcl\na\n```\n");
        for offset in [0, 3, document.text.len(), document.text.rfind("```").unwrap()] {
            assert!(Cursor::at(&document, offset).is_none(), "{offset}");
        }
    }
}

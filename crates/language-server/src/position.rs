//! Bytes of a document to the lines and columns of an editor, and back.

use std::ops::Range;

use line_index::{LineCol, LineIndex, TextSize, WideEncoding, WideLineCol};
use tower_lsp_server::ls_types::{self, Position};

/// What an editor counts columns in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16: what the protocol wants unless both agree on something else.
    #[default]
    Utf16,
}

/// The lines of one text.
pub(crate) struct Positions<'a> {
    text: &'a str,
    index: LineIndex,
    encoding: Encoding,
}

impl<'a> Positions<'a> {
    pub fn new(text: &'a str, encoding: Encoding) -> Positions<'a> {
        Positions { text, index: LineIndex::new(text), encoding }
    }

    /// The position of a byte; of the character it is in, and the end if there is no such byte.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let Some(at) = size(offset).and_then(|offset| self.index.try_line_col(offset)) else {
            return Position::default();
        };
        let wide = match self.encoding {
            Encoding::Utf8 => None,
            Encoding::Utf16 => self.index.to_wide(WideEncoding::Utf16, at),
        };
        Position::new(at.line, wide.map_or(at.col, |wide| wide.col))
    }

    /// The range of some bytes.
    pub fn range(&self, span: &Range<usize>) -> ls_types::Range {
        ls_types::Range::new(self.position(span.start), self.position(span.end))
    }

    /// The byte at a position. Past the end of a line is its end, past the last line the text's.
    pub fn offset(&self, position: Position) -> usize {
        let Some(line) = self.index.line(position.line) else { return self.text.len() };
        let (start, end) = (usize::from(line.start()), usize::from(line.end()));
        let content = self.text[start..end].trim_end_matches(['\n', '\r']);
        let column = match self.encoding {
            Encoding::Utf8 => Some(position.character),
            Encoding::Utf16 => {
                let wide = WideLineCol { line: position.line, col: position.character };
                self.index.to_utf8(WideEncoding::Utf16, wide).map(|LineCol { col, .. }| col)
            }
        };
        let column = column.map_or(content.len(), |column| column as usize);
        self.text.floor_char_boundary(start + column.min(content.len()))
    }
}

/// An offset as the index counts; a document larger than it can count has no positions.
fn size(offset: usize) -> Option<TextSize> {
    TextSize::try_from(offset).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_code_units_of_utf_16_unless_agreed_otherwise() {
        // A pen takes four bytes and two code units, an umlaut two bytes and one.
        let text = "a\n🖋ü = b\r\n\r\nend";
        for (find, utf16, utf8) in [
            ("🖋", (1, 0), (1, 0)),
            ("ü", (1, 2), (1, 4)),
            ("b", (1, 6), (1, 9)),
            ("end", (3, 0), (3, 0)),
        ] {
            let offset = text.find(find).unwrap();
            for (encoding, (line, column)) in [(Encoding::Utf16, utf16), (Encoding::Utf8, utf8)] {
                let positions = Positions::new(text, encoding);
                let position = Position::new(line, column);
                assert_eq!(positions.position(offset), position, "{find} {encoding:?}");
                assert_eq!(positions.offset(position), offset, "{find} {encoding:?}");
            }
        }
    }

    #[test]
    fn a_position_past_the_end_is_the_end() {
        let text = "ab\r\nü";
        let positions = Positions::new(text, Encoding::Utf16);
        assert_eq!(positions.offset(Position::new(0, 99)), 2, "before the line break");
        assert_eq!(positions.offset(Position::new(1, 99)), text.len());
        assert_eq!(positions.offset(Position::new(9, 0)), text.len());
        assert_eq!(positions.position(99), Position::new(1, 1));
    }

    #[test]
    fn a_position_inside_a_character_is_its_start() {
        let text = "🖋x";
        assert_eq!(Positions::new(text, Encoding::Utf16).offset(Position::new(0, 1)), 0);
        assert_eq!(Positions::new(text, Encoding::Utf8).offset(Position::new(0, 3)), 0);
        assert_eq!(Positions::new(text, Encoding::Utf16).position(2), Position::new(0, 0));
    }
}

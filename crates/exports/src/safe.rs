//! Cells that a spreadsheet must take as text.
//!
//! Names and reasons come from documents and from usage that others hand in. Opened in a spreadsheet,
//! text such as `=HYPERLINK(…)` would be computed. Source: OWASP, "CSV Injection".

use std::borrow::Cow;

/// Whether a spreadsheet could take a text for a formula. A number is none, also a negative one.
pub fn is_risky(text: &str) -> bool {
    let first = text.trim_start_matches([' ', '\u{a0}']).chars().next();
    // The wide forms count as formulas in some East Asian settings.
    let begins = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '%' | '＝' | '＋' | '－' | '＠')
    );
    begins && crate::number::read(text).is_none()
}

/// The text, with an apostrophe in front if a spreadsheet could take it for a formula.
pub fn cell(text: &str) -> Cow<'_, str> {
    if is_risky(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-1+cmd", "@SUM(A1)", "\t=1", " =1", "＝1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["direct gpt-4", "-12.50", "1/3", "", "gpt=4"] {
            assert_eq!(cell(text), text);
        }
    }
}

//! Whatever stands in a document, reading it ends, and every finding can be shown.
//!
//! The example agreement is cut, doubled, shuffled and sprinkled with what breaks parsers. Twenty
//! times as much of it with `CHARTER_LONG=1`. A failure prints the document; the cases are the same
//! in every run.

mod common;

use std::time::{Duration, Instant};

use common::{REGISTRY, agreement, amendment, compile, shown};
use terms::{Finding, Known, Terms};

const EXAMPLE: [(&str, &str); 6] = [
    ("registry.md", include_str!("../../../examples/microsoft-openai/registry.md")),
    ("prices.md", include_str!("../../../examples/microsoft-openai/prices.md")),
    ("2019.md", include_str!("../../../examples/microsoft-openai/2019-partnership.md")),
    ("2025-01.md", include_str!("../../../examples/microsoft-openai/2025-01-first-refusal.md")),
    ("2025-10.md", include_str!("../../../examples/microsoft-openai/2025-10-recapitalisation.md")),
    ("2026-04.md", include_str!("../../../examples/microsoft-openai/2026-04-open-clouds.md")),
];

/// What breaks parsers: brackets, quotes, fences, marks of Markdown, strange characters and numbers.
#[rustfmt::skip]
const SPLICES: &[&str] = &[
    "{", "}", "[", "]", "(", ")", "\"", "'", "\\", "\\u00", "${", "%{", "$${", "<<EOT\n", "<<-X\n",
    "#", "//", "/*", "*/", "=", "==", ",", ".", "..", "?", ":", "-", "!", "*", "_", "\n", "\r", "\r\n",
    "\t", " ", "\0", "```", "```hcl\n", "\n```\n", "~~~hcl\n", "> ", "- ", "1. ", "    ", "## ", "<!--",
    "é", "優先", "🖋", "\u{feff}", "\u{202e}", "\u{2028}", "“", "—", "0", "-1", "1e999", "0x1F", "1__0",
    "99999999999999999999999999999999999999", "\"USD 79228162514264337593543950335\"", "\"0%\"",
    "\"9999-12-31\"", "\"0000-01-01\"", "\"9223372036854775807..\"", "\"4294967295 days\"", "\"\"", "[]",
    "null", "true", "foo(1)", "a.b.c", "a[0]", "a.*", "[for x in y : x]", "condition.agi-verified",
    "scope {\n  purpose = training\n}\n", "except {\n  act = build\n  kind = existing\n}\n", "scope {}\n",
    "end \"exclusivity\" \"cloud\" {}\n", "replaces = licence.ip\n", "assumed = {}\n", "\"licence\" ",
];

/// Numbers that are the same in every run (Marsaglia 2003, xorshift).
struct Dice(u64);

impl Dice {
    /// A number below `end`, which is above 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// A piece of a text, mostly short.
    fn piece(&mut self, text: &str) -> std::ops::Range<usize> {
        let start = self.place(text);
        let most = if self.below(4) == 0 { 400 } else { 12 };
        let mut end = text.len().min(start + 1 + self.below(most));
        while !text.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    /// Changes a text in one way.
    fn mutate(&mut self, text: &mut String) {
        let piece = self.piece(text);
        let at = self.place(text);
        match self.below(6) {
            0 => text.replace_range(piece, ""),
            1 => text.insert_str(at, SPLICES[self.below(SPLICES.len())]),
            2 => text.replace_range(piece, SPLICES[self.below(SPLICES.len())]),
            3 => {
                let doubled = text[piece].to_string();
                text.insert_str(at, &doubled);
            }
            4 => {
                let (mut one, mut other) = (piece, self.piece(text));
                if one.start > other.start {
                    std::mem::swap(&mut one, &mut other);
                }
                if one.end <= other.start {
                    let (first, second) =
                        (text[one.clone()].to_string(), text[other.clone()].to_string());
                    text.replace_range(other, &first);
                    text.replace_range(one, &second);
                }
            }
            _ => text.truncate(at),
        }
    }
}

/// Reads documents and does with their terms whatever the rest of the program does with them.
fn exercise(documents: &[(&str, &str)]) -> (Terms, Vec<Finding>) {
    let began = Instant::now();
    let (terms, findings) = compile(documents);
    shown(&findings);
    for finding in &findings {
        // Records for machines have lines and columns.
        let _ = format!("{:?}", finding.record());
        for place in &finding.places {
            let text = &place.document.text;
            assert!(
                text.get(place.span.clone()).is_some(),
                "{}: {:?}",
                finding.message,
                place.span
            );
        }
    }
    for on in ["0001-01-01", "2025-02-01", "9999-12-31"] {
        let in_force = terms.in_force(common::day(on), Known::Everything);
        terms.in_force(
            common::day(on),
            Known::At("2025-06-01T00:00:00Z".parse().expect("an instant")),
        );
        in_force.clauses.iter().for_each(|clause| _ = clause.scope.to_string());
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(20), "took {took:?}");
    (terms, findings)
}

/// Runs a test of a document, and prints the document if it fails.
fn told(name: &str, text: &str, test: impl FnOnce() + std::panic::UnwindSafe) {
    if let Err(panic) = std::panic::catch_unwind(test) {
        eprintln!("{name}:\n{}", text.chars().take(20_000).collect::<String>());
        std::panic::resume_unwind(panic);
    }
}

fn cases(default: u64) -> u64 {
    if std::env::var_os("CHARTER_LONG").is_some() { 20 * default } else { default }
}

#[test]
fn the_example_is_sound() {
    let (_, findings) = exercise(&EXAMPLE);
    assert!(findings.is_empty(), "{}", shown(&findings));
}

#[test]
fn mutated_agreements() {
    for case in 0..cases(2_000) {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (case + 1));
        let (name, text) = EXAMPLE[dice.below(EXAMPLE.len())];
        let mut text = text.to_string();
        for _ in 0..=dice.below(6) {
            dice.mutate(&mut text);
        }
        // Its registry beside it, so that more than names is read.
        told(&format!("case {case}, {name}"), &text, || {
            exercise(&[("mutated.md", &text), EXAMPLE[0]]);
        });
    }
}

#[test]
fn mutated_among_the_others() {
    for case in 0..cases(150) {
        let mut dice = Dice(0xD1B5_4A32_D192_ED03 ^ (case + 1));
        let mutated = dice.below(EXAMPLE.len());
        let mut text = EXAMPLE[mutated].1.to_string();
        for _ in 0..=dice.below(3) {
            dice.mutate(&mut text);
        }
        told(&format!("case {case}"), &text, || {
            let mut documents = EXAMPLE;
            documents[mutated].1 = &text;
            exercise(&documents);
        });
    }
}

#[test]
fn pieces_of_anything_in_any_order() {
    for case in 0..cases(3_000) {
        let mut dice = Dice(0x2545_F491_4F6C_DD1D ^ (case + 1));
        let mut text = String::from("```hcl\n");
        for _ in 0..dice.below(40) {
            if dice.below(2) == 0 {
                text.push_str(SPLICES[dice.below(SPLICES.len())]);
            } else {
                let source = EXAMPLE[dice.below(EXAMPLE.len())].1;
                text.push_str(&source[dice.piece(source)]);
            }
        }
        told(&format!("case {case}"), &text, || {
            exercise(&[("pieces.md", &text)]);
        });
    }
}

#[test]
fn every_beginning_of_a_document() {
    // A document may break off anywhere, also right after a character of several bytes.
    let text = "> Ünïcödé\n>\n> ```hcl\n> party \"优先\" {\n>   title = \"🖋\" # ü\n> }\n> ünï öde {\n>   é = [ö, ä.ü]";
    for (end, last) in text.char_indices() {
        let text = &text[..end + last.len_utf8()];
        told("a beginning", text, || {
            exercise(&[("broken-off.md", text)]);
        });
    }
}

/// Deep, long and many: what stands before, inside and after.
const DEEP: &[(&str, &str, &str)] = &[
    ("[", "1", "]"),
    ("{ a = ", "1", "}"),
    ("(", "1", ")"),
    ("!", "true", ""),
    ("-", "1", ""),
    ("1 + ", "1", ""),
    ("true ? ", "1", " : 1"),
    ("\"${", "1", "}\""),
    ("f(", "1", ")"),
    ("[for x in ", "y", " : x]"),
    ("a.", "b", ""),
    ("a[", "0", "]"),
    ("<<X\n", "1", "\nX\n"),
    ("\\", "", ""),
    ("[],", "", ""),
];

#[test]
fn deep_values_are_refused_and_do_not_overflow_the_stack() {
    for (open, inside, close) in DEEP {
        for depth in [10, 59, 60, 61, 64, 65, 1_000, 10_000] {
            for close in [close, ""] {
                let value = format!("{}{inside}{}", open.repeat(depth), close.repeat(depth));
                let text = agreement(&format!("condition \"c\" {{\n  occurred = {value}\n}}"));
                let (_, findings) = exercise(&[("registry.md", REGISTRY), ("deep.md", &text)]);
                assert!(!findings.is_empty(), "{open} × {depth}");
            }
        }
    }
}

#[test]
fn deep_brackets_are_told_of() {
    let deep = format!("a = {}{}", "[".repeat(10_000), "]".repeat(10_000));
    let (_, findings) = exercise(&[("deep.md", &format!("```hcl\n{deep}\n```\n"))]);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].message, "brackets stand more than 60 deep in each other");
}

#[test]
fn deep_blocks_and_deep_markdown() {
    for depth in [50, 100, 10_000] {
        let blocks = format!("{}{}", "a {\n".repeat(depth), "}\n".repeat(depth));
        exercise(&[("blocks.md", &format!("```hcl\n{blocks}```\n"))]);
        for mark in ["> ", "- ", "* ", "1. ", "[", "![", "**", "`", "<a>", "|", "#"] {
            let text = format!("{}\n\n```hcl\nparty \"x\" {{}}\n```\n", mark.repeat(depth));
            exercise(&[("marks.md", &text)]);
        }
        let quoted = "> ".repeat(depth);
        exercise(&[("quoted.md", &format!("{quoted}```hcl\n{quoted}party \"x\" {{}}\n"))]);
    }
}

#[test]
fn many_of_everything() {
    let many = |what: &str| what.repeat(500);
    let clauses: String = (0..60)
        .map(|at| {
            format!(
                "exclusivity \"e{at}\" {{\n  grantor = lab\n  holder = {}\n}}\n",
                if at % 2 == 0 { "cloud" } else { "borealis" }
            )
        })
        .collect();
    let excepts = many("    except {\n      act = build\n      purpose = [training]\n    }\n");
    let long_name = "x".repeat(100_000);
    for text in [
        agreement(&clauses),
        agreement(&format!(
            "exclusivity \"e\" {{\n  grantor = lab\n  holder = cloud\n  scope {{\n{excepts}  }}\n}}"
        )),
        agreement(&format!("exclusivity \"e\" {{\n  grantor = {long_name}\n  holder = cloud\n}}")),
        agreement(&many("condition \"c\" { occurred = \"2025-02-30\" }\n")),
        many("```hcl\nparty \"x\" {\n```\n\nProse.\n\n"),
    ] {
        exercise(&[
            ("registry.md", REGISTRY),
            ("many.md", &text),
            ("a.md", &amendment("a", "2025-02-01", "")),
        ]);
    }
}

//! A clause's text is the prose above its block, under the same heading.

mod common;

use common::{REGISTRY, compile, position, shown};
use terms::Document;

/// The heading and the text of every block of a document.
fn read(markdown: &str) -> Vec<(String, String)> {
    let document = Document::new("agreement.md", markdown);
    document.blocks.iter().map(|block| (block.heading.clone(), block.prose.clone())).collect()
}

/// Name of the case, a document, and the heading and text of each of its blocks.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    (
        "lines of a paragraph are one line; paragraphs stay apart",
        "## Capacity\n\nMicrosoft may\nstep in.\n\nIt has time.\n\n```hcl\n```\n",
        &[("Capacity", "Microsoft may step in.\n\nIt has time.")],
    ),
    (
        "each block has the prose above it",
        "## Shares\n\nOne way.\n\n```hcl\n```\n\nThe other way.\n\n```hcl\n```\n",
        &[("Shares", "One way."), ("Shares", "The other way.")],
    ),
    (
        "a block right below another shares its prose",
        "## Two funds\n\nBoth pay.\n\n```hcl\n```\n```hcl\n```\n",
        &[("Two funds", "Both pay."), ("Two funds", "Both pay.")],
    ),
    (
        "prose is not carried over a heading",
        "Preamble.\n\n## One\n\nText.\n\n```hcl\n```\n\n### Two\n\n```hcl\n```\n",
        &[("One", "Text."), ("Two", "")],
    ),
    (
        "emphasis, code and links in a heading are part of it and not of the text",
        "## The *IP* of `lab`, [here](https://example.org)\n\nText.\n\n```hcl\n```\n",
        &[("The IP of lab, here", "Text.")],
    ),
    (
        "a heading over two lines",
        "The licence\nto use\n======\n\nText.\n\n```hcl\n```\n",
        &[("The licence to use", "Text.")],
    ),
    (
        "lists, tables and quotations are text; other code and comments are not",
        "- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n```sh\nls\n```\n\n<!-- draft -->\n\n```hcl\n```\n",
        &[("", "- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted")],
    ),
    (
        "a block in a list has the text above it and not the code",
        "## Terms\n\n1. The first,\n   at length:\n\n   ```hcl\n   ```\n\n2. The second:\n\n   ```hcl\n   ```\n\nAfter.\n\n```hcl\n```\n",
        &[
            ("Terms", "1. The first,\n   at length:"),
            ("Terms", "2. The second:"),
            ("Terms", "After."),
        ],
    ),
    (
        "a block in a quotation",
        "## Terms\n\n> As agreed:\n>\n> ```hcl\n> ```\n>\n> And also:\n>\n> ```hcl\n> ```\n",
        &[("Terms", "> As agreed:"), ("Terms", "> And also:")],
    ),
    (
        "a heading in a quotation",
        "> ## Annex\n>\n> As agreed:\n>\n> ```hcl\n> ```\n",
        &[("Annex", "> As agreed:")],
    ),
    ("a block that is the whole of a list item", "Text.\n\n- ```hcl\n  ```\n", &[("", "Text.")]),
    (
        "Windows line ends",
        "## Capacity\r\n\r\nMicrosoft may\r\nstep in.\r\n\r\n```hcl\r\n```\r\n",
        &[("Capacity", "Microsoft may step in.")],
    ),
    (
        "a byte-order mark before a heading",
        "\u{feff}# Capacity\n\nText.\n\n```hcl\n```\n",
        &[("Capacity", "Text.")],
    ),
    ("a byte-order mark before a block", "\u{feff}```hcl\n```\n", &[("", "")]),
    ("a fence of tildes, or in capitals", "~~~ HCL\n~~~\n", &[("", "")]),
    ("a fence that is never closed", "Text.\n\n```hcl\n", &[("", "Text.")]),
];

#[test]
fn the_text_of_a_clause() {
    for (name, markdown, expected) in CASES {
        let found = read(markdown);
        let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, *expected, "{name}");
    }
}

/// One wrong name, `clod`, in documents of all shapes: line and column, counted in characters.
const PLACES: &[(&str, &str, usize, usize)] = &[
    ("plain", "```hcl\ncloud \"x\" { operator = clod }\n```\n", 2, 24),
    (
        "after prose in other scripts",
        "Δικαίωμα — 优先权 🖋\n\n```hcl\ncloud \"x\" { operator = clod }\n```\n",
        4,
        24,
    ),
    (
        "after such a name in its line",
        "```hcl\nparty \"Ünïcødé-优先🖋\" { affiliate_of = clod }\n```\n",
        2,
        38,
    ),
    (
        "Windows line ends",
        "One\r\n\r\n```hcl\r\ncloud \"x\" {\r\n  operator = clod\r\n}\r\n```\r\n",
        5,
        14,
    ),
    ("a byte-order mark", "\u{feff}```hcl\ncloud \"x\" { operator = clod }\n```\n", 2, 24),
    (
        "a quotation",
        "> > ```hcl\n> > cloud \"x\" {\n> >   operator = clod\n> > }\n> > ```\n",
        3,
        18,
    ),
    (
        "a list",
        "1. Terms:\n\n   ```hcl\n   cloud \"x\" {\n     operator = clod\n   }\n   ```\n",
        5,
        17,
    ),
    (
        "tabs in a list",
        "-\tTerms:\n\n\t```hcl\n\tcloud \"x\" {\n\t\toperator = clod\n\t}\n\t```\n",
        5,
        14,
    ),
    ("a fence that is never closed", "```hcl\ncloud \"x\" { operator = clod }", 2, 24),
];

#[test]
fn the_place_of_a_finding() {
    for (name, markdown, line, column) in PLACES {
        let (_, findings) = compile(&[("registry.md", REGISTRY), ("agreement.md", markdown)]);
        let said = shown(&findings);
        assert_eq!(findings.len(), 1, "{name}\n{said}");
        let expected = ("agreement.md".to_string(), *line, *column);
        assert_eq!(position(&findings[0]), expected, "{name}\n{said}");
        // The terminal's picture says the same place.
        assert!(said.contains(&format!("[agreement.md:{line}:{column}]")), "{name}\n{said}");
    }
}

/// Contract clauses of the CUAD collection (Hendrycks et al. 2021), read where they lie beside the
/// checkout: whatever lawyers write is Markdown.
#[test]
fn real_contract_clauses_are_prose() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let shared = std::env::var("CHARTER_SHARED").unwrap_or_else(|_| beside.to_string());
    let Ok(lines) = std::fs::read_to_string(format!("{shared}/clauses/cuad-clauses.jsonl")) else {
        println!("skipped: no clauses in {shared}");
        return;
    };
    let mut read_count = 0;
    for line in lines.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        let clauses = record["clauses"].as_array().expect("a record has clauses");
        let texts: Vec<_> = clauses.iter().filter_map(|clause| clause.as_str()).collect();
        let prose = texts.join("\n\n");
        let block = "```hcl\nparty \"lab\" {}\n```\n";
        let markdown = format!("# {}\n\n{prose}\n\n{block}", record["category"]);
        let (terms, findings) = compile(&[("clause.md", &markdown)]);
        // A clause may hold a fence of its own; if not, the block is found and is sound.
        if !prose.contains("```") && !prose.contains("~~~") {
            assert_eq!((terms.registry.parties.len(), findings.len()), (1, 0), "{markdown}");
        }
        read_count += texts.len();
    }
    println!("read {read_count} clauses");
}

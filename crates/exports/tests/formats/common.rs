//! A settled month of the worked example, with all sorts of line in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use exports::{Evidence, Settled};
use jiff::civil::{Date, date};
use rust_decimal::Decimal;
use settlement::{Capacity, Input, Month, Statement, Usage, settle};
use terms::value::Currency;
use terms::{Document, Known, Money, Name, Source, Terms};
use usage::Tokens;

/// A statement with the terms it was settled under.
pub struct Settlement {
    pub statement: Statement,
    pub terms: Terms,
    rests_on: Vec<Evidence>,
}

const HASH: &str = "5a0fe4d1c6f2a9d6c1f4bb7f7f1c9b7f2a3d4e5f60718293a4b5c6d7e8f90123";

impl Settlement {
    /// A whole month with usage and capacity: shares both ways, and a commitment that is drawn down.
    pub fn of_december() -> Settlement {
        Settlement::new(&usage(), date(2026, 1, 2), &[])
    }

    /// The same, before the month is over.
    pub fn provisional() -> Settlement {
        Settlement::new(&usage(), date(2025, 12, 20), &[])
    }

    /// With documents beside those of the example.
    pub fn new(usage: &[Usage], today: Date, more: &[(&str, &str)]) -> Settlement {
        let terms = terms(more);
        let input = Input {
            terms: &terms,
            known: Known::Everything,
            month: "2025-12".parse::<Month>().unwrap(),
            today,
            usage,
            unmetered: &[],
            capacity: &capacity(),
            undelivered: &[],
            damages: &[],
            figures: &[],
            closed: &[],
            earlier: &[],
        };
        let statement = settle(&input).unwrap();
        let rests_on = terms
            .documents
            .iter()
            .map(|framed| Evidence { name: framed.document.name.clone(), hash: HASH.to_string() });
        let days = (1..=31).map(|day| Evidence {
            name: format!("usage of 2025-12-{day:02}, 12345 rows"),
            hash: HASH[..32].to_string(),
        });
        let rests_on = rests_on.chain(days).collect();
        Settlement { statement, terms, rests_on }
    }

    pub fn settled(&self) -> Settled<'_> {
        Settled {
            statement: &self.statement,
            terms: &self.terms,
            at: "2026-01-02T09:30:00Z".parse().unwrap(),
            is_closed: false,
            hash: HASH,
            rests_on: &self.rests_on,
        }
    }
}

fn terms(more: &[(&str, &str)]) -> Terms {
    let example = checkout().join("examples/microsoft-openai");
    let mut files: Vec<_> = std::fs::read_dir(example)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .filter(|path| path.file_name().is_some_and(|name| name != "story.md"))
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    let more = more.iter().map(|(name, text)| (name.to_string(), text.to_string()));
    let sources: Vec<_> = files
        .iter()
        .map(read)
        .chain(more)
        .map(|(name, text)| Source { document: Arc::new(Document::new(name, text)), known: None })
        .collect();
    terms::compile(&sources).0
}

/// Calls of every day, on both channels, of odd numbers of tokens, so that lines must be rounded.
pub fn usage() -> Vec<Usage> {
    let mut usage = Vec::new();
    for day in 1..=31u8 {
        for (channel, product, model) in [
            ("direct", "api", "gpt-4o"),
            ("direct", "chatgpt", "gpt-4o"),
            ("direct", "chatgpt", "gpt-4.1"),
            ("azure-openai-service", "api", "gpt-4o"),
        ] {
            usage.push(Usage {
                day: date(2025, 12, day.cast_signed()),
                channel: channel.to_string(),
                product: product.to_string(),
                model: model.to_string(),
                host: "azure".to_string(),
                tier: if day % 7 == 0 { "batch" } else { "standard" }.to_string(),
                events: 1_000 + u64::from(day),
                calls: 1_000 + u64::from(day),
                tokens: Tokens {
                    input: 1_234_567_891 + u128::from(day) * 1_001,
                    cached: 345_678_917 * u128::from(day % 3),
                    output: 98_765_433 + u128::from(day) * 7,
                    ..Tokens::default()
                },
            });
        }
    }
    usage
}

fn capacity() -> Vec<Capacity> {
    let day = |day: i8| Capacity {
        day: date(2025, 12, day),
        lot: "fairwater lot 1".to_string(),
        supplier: Name::new("microsoft"),
        customer: Name::new("openai"),
        accelerator_hours: 24 * 10_000,
        price: Money { amount: Decimal::new(32175, 4), currency: Currency::USD },
        clause: None,
    };
    (1..=31).map(day).collect()
}

pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Hands something to a program that others wrote; says so and returns none where it cannot be installed.
pub fn hand(args: &[&str]) -> Option<Output> {
    let output = Command::new(checkout().join("tests/exports/run")).args(args).output().unwrap();
    if output.status.code() == Some(3) {
        eprintln!("skipped: {args:?} cannot be installed");
        return None;
    }
    Some(output)
}

/// What a program said, on both of its outputs.
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

//! What is taken over, as a document with price lists.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;
use terms::finding::Finding;
use terms::value::Currency;
use terms::{Document, format};

use super::choose::{Chosen, Taken};
use super::source::LeftOut;
use terms::registry::Processing;

/// What a document says besides prices.
pub struct Frame<'a> {
    /// What the lists are called; with a day, from the second on.
    pub name: &'a str,
    /// Where the prices are from, in words.
    pub source: &'a str,
    /// The channels they hold on.
    pub channels: &'a [String],
    /// The hosts they hold for; all if none are named.
    pub hosts: &'a [String],
    /// Why the day of the first list is assumed, if it is.
    pub from_is_assumed: Option<String>,
    /// The currency of all prices.
    pub currency: Currency,
}

/// Writes the document, in the form that `charter fmt` gives it.
///
/// # Errors
/// The findings of what cannot be read back.
pub fn document(name: &str, frame: &Frame<'_>, chosen: &Chosen) -> Result<String, Vec<Finding>> {
    let mut text = format!(
        "# Prices\n\nWhat customers pay for a million tokens, and for a call where a price says so, taken \
         over from {}.\n",
        frame.source
    );
    for (at, (day, models)) in chosen.lists.iter().enumerate() {
        list(&mut text, frame, at, *day, models);
    }
    if !chosen.left_out.is_empty() {
        text += "\n## What is not taken over\n\n";
    }
    for LeftOut { model, what, value, why, .. } in &chosen.left_out {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "- `{model}`, `{what}` of {value}: {why}.");
    }
    format::format(&Arc::new(Document::new(name, text)))
}

fn list(text: &mut String, frame: &Frame<'_>, at: usize, day: Date, models: &[Taken]) {
    let Frame { name, channels, hosts, from_is_assumed, .. } = frame;
    let name = if at == 0 { name.to_string() } else { format!("{name}-{day}") };
    let _ = writeln!(text, "\n## From {day}\n\n```hcl\nprice_list \"{name}\" {{");
    let _ = writeln!(text, "channels = [{}]", names(channels));
    if !hosts.is_empty() {
        let _ = writeln!(text, "hosts = [{}]", names(hosts));
    }
    let _ = writeln!(text, "from = \"{day}\"");
    if let Some(why) = from_is_assumed.as_ref().filter(|_| at == 0) {
        let _ = writeln!(text, "assumed = {{ from = \"{why}\" }}");
    }
    for model in models {
        price(text, frame.currency, model);
    }
    text.push_str("}\n```\n");
}

fn price(text: &mut String, currency: Currency, model: &Taken) {
    let _ = writeln!(text, "\nprice \"{}\" {{", model.name);
    for (processing, stated) in &model.amounts {
        if *processing != Processing::Standard {
            let _ = writeln!(text, "{processing} {{");
        }
        for (priced, amount) in stated {
            let _ = writeln!(text, "{} = \"{currency} {}\"", priced.attribute(), plain(*amount));
        }
        if *processing == Processing::Standard && model.only_reads {
            text.push_str("assumed = { output = \"it writes nothing, and nobody prices that\" }\n");
        }
        if *processing != Processing::Standard {
            text.push_str("}\n");
        }
    }
    text.push_str("}\n");
}

/// An amount with two decimal places where it has cents.
fn plain(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() == 1 {
        amount.rescale(2);
    }
    amount.to_string()
}

/// Names as a document writes them: in quotes where they are no words.
fn names(names: &[String]) -> String {
    let is_word = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    };
    let written = names.iter().map(|name| match is_word(name) {
        true => name.clone(),
        false => format!("\"{name}\""),
    });
    written.collect::<Vec<_>>().join(", ")
}

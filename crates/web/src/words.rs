//! Small things that many pages say in the same way.

use std::fmt::Display;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use rights::Verdict;
use rust_decimal::Decimal;
use terms::value::Currency;
use terms::{Basis, Money, Parameter};

/// An amount, with its thousands apart.
pub fn money(amount: &Money) -> String {
    amount.to_string().replace('_', ",").replace('-', "−")
}

/// An amount of a currency without its name: its thousands apart, to the cent or what else it has.
pub fn amount(amount: Decimal, currency: Currency) -> String {
    let places = currency.scale() as usize;
    let sign = if amount.is_sign_negative() && !amount.is_zero() { "−" } else { "" };
    format!("{sign}{}", exact(&format!("{:.places$}", amount.abs())))
}

/// A number as it is kept, with every digit, and its thousands apart.
pub fn exact(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("−", digits));
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(end);
    // A fraction or a day is no decimal.
    if !rest.is_empty() && !rest.starts_with('.') {
        return number.to_string();
    }
    let groups: Vec<_> = whole.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    format!("{sign}{}{rest}", groups.join(","))
}

/// `1 clause`, `2 clauses`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// An instant on the wall clock of a zone.
pub fn instant(at: Timestamp, zone: &TimeZone) -> Markup {
    let shown = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
    html! { time datetime=(at) { (shown) } }
}

/// A deadline, with room for how long is left: the script fills and counts it down.
pub fn deadline(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Markup {
    let shown = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
    let left = at.duration_since(now);
    let left = match (left.as_hours() / 24, left.as_hours() % 24) {
        _ if at < now => "over".to_string(),
        (0, 0) => format!("{} min left", left.as_mins()),
        (0, hours) => format!("{hours} h left"),
        (days, hours) => format!("{days} d {hours} h left"),
    };
    html! { time datetime=(at) data-until { (shown) } " (" span.left { (left) } ")" }
}

/// A verdict, in its colour.
pub fn verdict(verdict: Verdict) -> Markup {
    let class = match verdict {
        Verdict::Permitted => "tag good",
        Verdict::Conditional => "tag wait",
        Verdict::Forbidden => "tag bad",
    };
    html! { span class=(class) { (verdict.word()) } }
}

/// What the command line says: names and commands stand between backticks, and are code on a page.
pub fn told(text: impl Display) -> Markup {
    let text = text.to_string();
    let parts = text.split('`');
    html! { @for (at, part) in parts.enumerate() { @if at % 2 == 0 { (part) } @else { code { (part) } } } }
}

/// A link to where a clause stands; an end that is cited stands with the clause it ends. Nothing for none: what is
/// paid, and capacity that no clause covers, rests on none.
pub fn clause(id: &str) -> Markup {
    let place = id.strip_prefix("end.").unwrap_or(id);
    html! { @if !id.is_empty() { a href={ "/agreement#" (anchor(place)) } { code { (id) } } } }
}

/// The anchor of a clause on the page of the agreement.
pub fn anchor(id: &str) -> String {
    id.replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// What a value rests on, where no source states it.
pub fn basis(parameter: &Parameter) -> Markup {
    html! {
        @match &parameter.basis {
            Basis::Stated => {},
            Basis::Default => span.quiet { " (default)" },
            Basis::Assumed(why) => span.quiet { " (assumed: " (why) ")" },
        }
    }
}

/// What may be done, for people: of `award --bid 1` as it is typed, “Award offer 1”.
pub fn deed(typed: &str) -> String {
    let mut words = typed.split(" --");
    let mut deed = title(words.next().unwrap_or_default());
    for (name, value) in words.filter_map(|option| option.split_once(' ')) {
        let what = match name {
            "bid" | "improves" => "offer",
            other => other,
        };
        if !deed.ends_with(what) {
            deed = format!("{deed} {what}");
        }
        deed = format!("{deed} {value}");
    }
    if typed.contains("--improves") { deed.replace("Bid", "Improve") } else { deed }
}

/// The same of several.
pub fn deeds(typed: &[String]) -> String {
    typed.iter().map(|typed| deed(typed)).collect::<Vec<_>>().join(", ")
}

/// The words of a command as a title: `withdraw-offer` is “Withdraw offer”.
pub fn title(words: &str) -> String {
    let mut letters = words.replace('-', " ");
    if let Some(first) = letters.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart_and_no_digit_is_lost() {
        for (kept, shown) in [
            ("0", "0"),
            ("1234567.0050", "1,234,567.0050"),
            ("-100", "−100"),
            ("-1000.5", "−1,000.5"),
            ("12345/7", "12345/7"),
            ("2025-02-01", "2025-02-01"),
            ("", ""),
        ] {
            assert_eq!(exact(kept), shown);
        }
    }

    #[test]
    fn what_is_typed_is_code() {
        for (text, shown) in [
            ("", ""),
            ("all is well", "all is well"),
            ("only `lab` may", "only <code>lab</code> may"),
            ("`<b>`: `a`", "<code>&lt;b&gt;</code>: <code>a</code>"),
            // Whoever typed one backtick sees all that follows.
            ("`a", "<code>a</code>"),
        ] {
            assert_eq!(told(text).into_string(), shown);
        }
    }

    #[test]
    fn deeds_are_said_in_words() {
        for (typed, said) in [
            ("notify", "Notify"),
            ("documents request", "Documents request"),
            ("award --bid 1", "Award offer 1"),
            ("withdraw-offer --bid 12", "Withdraw offer 12"),
            ("deliver --lot 2", "Deliver lot 2"),
            ("bid --improves 3", "Improve offer 3"),
        ] {
            assert_eq!(deed(typed), said);
        }
    }
}

//! Small things that many pages say in the same way.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use rights::Verdict;
use terms::{Basis, Money, Parameter};

/// An amount, with its thousands apart.
pub fn money(amount: &Money) -> String {
    amount.to_string().replace('_', ",")
}

/// A number with its thousands apart, to the cent.
pub fn amount(amount: rust_decimal::Decimal) -> String {
    let text = format!("{:.2}", amount.abs());
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let digits: Vec<char> = whole.chars().collect();
    let groups: Vec<String> = digits.rchunks(3).rev().map(|group| group.iter().collect()).collect();
    let sign = if amount.is_sign_negative() { "−" } else { "" };
    format!("{sign}{}.{cents}", groups.join(","))
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

/// A link to where a clause stands.
pub fn clause(id: &str) -> Markup {
    html! { a href={ "/agreement#" (anchor(id)) } { code { (id) } } }
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

//! Two statements of one month beside each other: as it is settled, as it was entered before, as it comes to now,
//! as it would come to under a scenario. What was never settled is settled here, and entered nowhere.

use std::collections::BTreeMap;
use std::fmt;

use axum::extract::{Path, Query, State};
use axum::http::request::Parts;
use axum::response::Response;
use exports::kind::{Effect, effect};
use maud::{Markup, html};
use rust_decimal::Decimal;
use serde::Deserialize;
use settlement::{Line, LineKind, Month, Statement};
use shell::outcome::Failure;
use terms::value::Currency;

use super::super::shown;
use super::{May, named, not_settled, seen, state};
use crate::api::Api;
use crate::chart;
use crate::desk::Room;
use crate::frame::Page;
use crate::server::Sorry;
use crate::viewer::Viewer;
use crate::words;

/// Which two.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    left: String,
    right: String,
}

/// One statement of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Side {
    /// The one that stands.
    Standing,
    /// One that was entered, by its place in the journal.
    Entered(u64),
    /// As it comes to now.
    Now,
    /// As it would come to under a scenario, by its name.
    Under(String),
}

impl Side {
    fn read(text: &str) -> Option<Side> {
        let entered = || text.strip_prefix("event:")?.parse().ok().map(Side::Entered);
        let under = || text.strip_prefix("scenario:").map(|name| Side::Under(name.to_string()));
        match text {
            "standing" => Some(Side::Standing),
            "now" => Some(Side::Now),
            _ => entered().or_else(under),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Side::Standing => f.write_str("standing"),
            Side::Now => f.write_str("now"),
            Side::Entered(position) => write!(f, "event:{position}"),
            Side::Under(name) => write!(f, "scenario:{name}"),
        }
    }
}

/// Two statements of a month, line by line.
pub async fn page(
    State(api): State<Api>,
    viewer: Viewer,
    Path(month): Path<String>,
    Query(asked): Query<Asked>,
    parts: Parts,
) -> Result<Response, Sorry> {
    let month = named(&month)?;
    // What a party supposes is its own business: whoever settles may see it, and whoever sees everything.
    let supposes = viewer.sees_all || May::of(&api, &parts, &viewer).await.settle;
    shown(api.app, viewer, "statements", move |room, viewer| {
        let choices = choices(room, month, supposes)?;
        let chosen = |text: &str, or: &Side| match Side::read(text) {
            Some(side) if choices.iter().any(|(known, _)| *known == side) => Ok(side),
            None if text.is_empty() => Ok(or.clone()),
            _ => Err(Failure::wrong_use(
                format!("there is no statement “{text}” to compare"),
                "choose one of those offered",
            )),
        };
        let settled = room.months()?.of(month).is_some();
        let left = chosen(&asked.left, if settled { &Side::Standing } else { &Side::Now })?;
        let right = chosen(&asked.right, &Side::Now)?;
        let of = |side: &Side| -> Result<Statement, Failure> {
            seen(room, viewer, &statement(room, month, side)?)
        };
        let (mut before, mut after) = (of(&left)?, of(&right)?);
        let set_aside = set_adjustments_aside(&mut before, &mut after);
        let pairs = pairs(&before, &after);
        let named = |side: &Side| {
            choices.iter().find(|(known, _)| known == side).map_or("", |(_, name)| name.as_str())
        };
        let (left_is, right_is) = (named(&left), named(&right));
        let title = format!("Two statements of {month}");
        let body = html! {
            h1 { (title) }
            form.inline method="get" {
                (choice("left", "This", &choices, &left)) (choice("right", "beside this", &choices, &right))
                button { "Compare" }
            }
            ul {
                li { "Left: " (left_is) " " (state(&before, false)) @for why in &before.open { br; span.small { (why) } } }
                li { "Right: " (right_is) " " (state(&after, false)) @for why in &after.open { br; span.small { (why) } } }
            }
            @if [&left, &right].iter().any(|side| matches!(side, Side::Now | Side::Under(_))) {
                p.quiet.small { "What was not entered was settled just now, for this page, and is entered nowhere." }
            }
            @if set_aside {
                p.quiet.small { "One of the two adjusts other months, and the other was settled by itself: what is adjusted, and nets, are left out of both." }
            }
            (sums(&before, &after))
            (differences(&pairs))
            (lines(&pairs))
            p { a href={ "/statements/" (month) } { "The statement of " (month) } }
        };
        Ok(Page::still("statements", title, body))
    })
    .await
}

/// What there is to compare of a month, each with what it is called.
fn choices(room: &Room, month: Month, supposes: bool) -> Result<Vec<(Side, String)>, Failure> {
    let months = room.months()?;
    let zone = room.terms()?.time_zone();
    let mut choices = Vec::new();
    if months.of(month).is_some() {
        choices.push((Side::Standing, "as it is settled".to_string()));
    }
    for version in months.versions_of(month) {
        let at = version.recorded.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M");
        let place = version.position.0;
        choices.push((Side::Entered(place), format!("as entered {at}, event {place}")));
    }
    choices.push((Side::Now, "as it comes to now".to_string()));
    if supposes {
        let scenarios = room.workspace.scenarios()?.into_iter();
        choices.extend(
            scenarios.map(|(name, _)| (Side::Under(name.clone()), format!("under {name}"))),
        );
    }
    Ok(choices)
}

fn choice(name: &str, label: &str, choices: &[(Side, String)], chosen: &Side) -> Markup {
    html! { label { (label) br; select name=(name) { @for (side, text) in choices {
        option value=(side) selected[side == chosen] { (text) }
    } } } }
}

/// A statement of a month, settled on the spot where it was never entered.
fn statement(room: &Room, month: Month, side: &Side) -> Result<Statement, Failure> {
    let months = room.months()?;
    let workspace = &room.workspace;
    let settled = match side {
        Side::Standing => months.of(month).cloned().ok_or_else(|| not_settled(month))?,
        Side::Entered(position) => {
            let version = months.versions_of(month).find(|of| of.position.0 == *position);
            workspace.settled_at(version.ok_or_else(|| not_settled(month))?)?
        }
        Side::Now => shell::settle_dry(workspace, &months, month, None)?,
        Side::Under(name) => {
            let scenarios = workspace.scenarios()?;
            let scenario = scenarios.iter().find(|(known, _)| known == name);
            let (_, path) = scenario.ok_or_else(|| {
                Failure::wrong_use(format!("there is no scenario `{name}`"), "choose another")
            })?;
            shell::settle_dry(workspace, &months, month, Some(path))?
        }
    };
    Ok(settled.statement)
}

/// What was settled on the spot adjusts no other month. Where that is beside one that does, what is adjusted is no
/// difference; nor are nets, which have it in them.
fn set_adjustments_aside(left: &mut Statement, right: &mut Statement) -> bool {
    let adjusts = |of: &Statement| of.lines.iter().any(|line| line.adjusts.is_some());
    if adjusts(left) == adjusts(right) {
        return false;
    }
    for of in [left, right] {
        of.lines.retain(|line| line.adjusts.is_none() && line.kind != LineKind::Net);
    }
    true
}

/// A line of one statement, and what stands for it in the other.
struct Pair<'a> {
    left: Option<&'a Line>,
    right: Option<&'a Line>,
}

impl<'a> Pair<'a> {
    /// Whichever there is; the later where both are.
    fn line(&self) -> Option<&'a Line> {
        self.right.or(self.left)
    }

    fn difference(&self) -> Decimal {
        let amount = |line: Option<&Line>| line.map_or(Decimal::ZERO, |line| line.amount.amount);
        amount(self.right) - amount(self.left)
    }

    fn differs(&self) -> bool {
        self.left.is_none() || self.right.is_none() || !self.difference().is_zero()
    }
}

/// Puts lines of two statements together: those under one clause first, then those of which another clause
/// has taken the place. What finds no partner stands alone.
fn pairs<'a>(left: &'a Statement, right: &'a Statement) -> Vec<Pair<'a>> {
    let mut rest: Vec<&Line> = right.lines.iter().collect();
    let mut pairs: Vec<_> =
        left.lines.iter().map(|line| Pair { left: Some(line), right: None }).collect();
    for by_clause in [true, false] {
        for pair in pairs.iter_mut().filter(|pair| pair.right.is_none()) {
            let is_its = |other: &&Line| {
                pair.left.is_some_and(|line| is_same(line, other))
                    && (!by_clause || pair.left.is_some_and(|line| line.clause == other.clause))
            };
            if let Some(at) = rest.iter().position(is_its) {
                pair.right = Some(rest.remove(at));
            }
        }
    }
    pairs.extend(rest.into_iter().map(|line| Pair { left: None, right: Some(line) }));
    pairs
}

/// Whether two lines are about the same, whichever clauses they rest on.
fn is_same(line: &Line, other: &Line) -> bool {
    let about = |line: &Line| {
        // Of these the title says whose account, occasion or day it is.
        let by_title = matches!(
            line.kind,
            LineKind::Revenue | LineKind::Capacity | LineKind::Damages | LineKind::Payment
        );
        by_title.then(|| line.of().to_string())
    };
    let adjusted = |line: &Line| line.adjusts.as_ref().map(|adjusts| adjusts.month);
    (line.kind, &line.from, &line.to, line.amount.currency)
        == (other.kind, &other.from, &other.to, other.amount.currency)
        && about(line) == about(other)
        && adjusted(line) == adjusted(other)
}

/// What is charged, and what one party owes another in the end, on both sides.
fn sums(before: &Statement, after: &Statement) -> Markup {
    let mut sums: BTreeMap<(&str, String, Currency), [Decimal; 2]> = BTreeMap::new();
    for (side, statement) in [before, after].into_iter().enumerate() {
        for line in &statement.lines {
            let (from, to) = (line.from.as_str(), line.to.as_str());
            // What goes both ways between two is one sum; which way it goes in the end shows below.
            let (what, amount) = match effect(line.kind) {
                Effect::Charged => (("charged", format!("by {from}")), line.amount.amount),
                Effect::Due if from <= to => {
                    (("due", format!("{from} to {to}")), line.amount.amount)
                }
                Effect::Due => (("due", format!("{to} to {from}")), -line.amount.amount),
                Effect::SetOff | Effect::Tracked | Effect::Paid => continue,
            };
            sums.entry((what.0, what.1, line.amount.currency)).or_default()[side] += amount;
        }
    }
    let sums = sums.into_iter().map(|((what, of, currency), sides)| {
        let is_other_way = sides[0] + sides[1] < Decimal::ZERO && what == "due";
        match of.split_once(" to ").filter(|_| is_other_way) {
            Some((from, to)) => (what, format!("{to} to {from}"), currency, sides.map(|of| -of)),
            None => (what, of, currency, sides),
        }
    });
    html! {
        h2 { "Sums" }
        div.scroll tabindex="0" { table {
            thead { tr { th { "What" } th { "Of" } th.number { "Left" } th.number { "Right" } th.number { "Difference" } } }
            tbody { @for (what, of, currency, [left, right]) in sums { tr {
                td { (what) } td { (of) }
                td.number { (currency) " " (words::amount(left, currency)) } td.number { (currency) " " (words::amount(right, currency)) }
                td.number { (change(right - left, currency)) }
            } } }
        } }
        p.quiet.small { "What is due both ways between two parties is one sum; where it is below nothing on one side, it is due the other way there." }
    }
}

/// The differences, drawn; one currency a drawing, as lengths of two cannot be compared.
fn differences(pairs: &[Pair<'_>]) -> Markup {
    /// More are not drawn; the table has them.
    const DRAWN: usize = 24;
    let mut drawn: BTreeMap<Currency, Vec<(String, Decimal, String)>> = BTreeMap::new();
    for pair in pairs.iter().filter(|pair| !pair.difference().is_zero()) {
        if let Some(line) = pair.line().filter(|line| line.kind != LineKind::Net) {
            let difference = pair.difference();
            let bars = drawn.entry(line.amount.currency).or_default();
            bars.push((line.title.clone(), difference, signed(difference, line.amount.currency)));
        }
    }
    for bars in drawn.values_mut() {
        bars.sort_by_key(|(_, difference, _)| std::cmp::Reverse(difference.abs()));
        bars.truncate(DRAWN);
    }
    html! { @for (currency, bars) in drawn {
        h2 { "Where they differ, in " (currency) }
        (chart::bars(&format!("Right less left, in {currency}"), &bars))
    } }
}

fn lines(pairs: &[Pair<'_>]) -> Markup {
    let equal = pairs.iter().filter(|pair| !pair.differs()).count();
    let amount = |line: Option<&Line>| {
        line.map_or_else(|| "—".to_string(), |line| words::money(&line.amount))
    };
    html! {
        h2 { "Line by line" }
        @if equal == pairs.len() { p { "No line differs." } }
        @else { p { (words::count(pairs.len() - equal, "line")) " of " (pairs.len()) " differ." } }
        div.scroll tabindex="0" { table {
            thead { tr { th { "Line" } th { "From" } th { "To" } th.number { "Left" } th.number { "Right" } th.number { "Difference" } th { "Clause" } } }
            tbody { @for pair in pairs { @if let Some(line) = pair.line() {
                tr.quiet[!pair.differs()] {
                    td { (line.title) } td { (line.from) } td { (line.to) }
                    td.number { (amount(pair.left)) } td.number { (amount(pair.right)) }
                    td.number { (change(pair.difference(), line.amount.currency)) }
                    td { @if line.kind != LineKind::Net {
                        @if let Some(left) = pair.left.filter(|left| left.clause != line.clause) { (words::clause(&left.clause)) " → " }
                        (words::clause(&line.clause))
                    } }
                }
            } } }
        } }
    }
}

fn signed(amount: Decimal, currency: Currency) -> String {
    let plus = if amount.is_sign_negative() || amount.is_zero() { "" } else { "+" };
    format!("{plus}{}", words::amount(amount, currency))
}

fn change(amount: Decimal, currency: Currency) -> Markup {
    html! { @if amount.is_zero() { span.quiet { "0" } } @else { strong { (signed(amount, currency)) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(lines: &[(&str, &str, &str, &str)]) -> Statement {
        let line = |(kind, title, clause, amount): &(&str, &str, &str, &str)| {
            let amount = serde_json::json!({ "amount": amount, "currency": "USD" });
            serde_json::json!({
                "kind": kind, "title": title, "clause": clause, "document": "a.md", "line": 1,
                "from": "lab", "to": "cloud", "amount": amount, "exact": "", "steps": [],
                "days": [], "assumed": [],
            })
        };
        let lines: Vec<_> = lines.iter().map(line).collect();
        let statement = serde_json::json!({
            "month": "2025-02", "is_final": true, "lines": lines, "unrated": [], "transactions": [],
        });
        serde_json::from_value(statement).unwrap()
    }

    #[test]
    fn a_line_finds_the_one_that_took_its_place() {
        let left = statement(&[
            ("revenue", "direct gpt-4", "price_list.old", "10.00"),
            ("revenue_share", "share", "revenue_share.a", "2.00"),
            ("revenue_share", "share", "revenue_share.b", "3.00"),
            ("damages", "late lot", "damages.delay", "1.00"),
        ]);
        let right = statement(&[
            ("revenue", "direct gpt-4", "price_list.new", "12.00"),
            ("revenue_share", "other share", "revenue_share.b", "3.00"),
            ("revenue_share", "other share", "revenue_share.c", "1.50"),
            ("capacity", "halls lot 1", "commitment.c", "7.00"),
        ]);
        let pairs = pairs(&left, &right);
        let clause = |line: Option<&Line>| line.map_or("", |line| line.clause.as_str()).to_string();
        let found: Vec<_> = pairs
            .iter()
            .map(|pair| (clause(pair.left), clause(pair.right), pair.difference().to_string()))
            .collect();
        let expected = [
            ("price_list.old", "price_list.new", "2.00"),
            ("revenue_share.a", "revenue_share.c", "-0.50"),
            ("revenue_share.b", "revenue_share.b", "0.00"),
            ("damages.delay", "", "-1.00"),
            ("", "commitment.c", "7.00"),
        ];
        let expected = expected.map(|(one, other, by)| (one.into(), other.into(), by.into()));
        assert_eq!(found, expected);
        assert_eq!(pairs.iter().filter(|pair| pair.differs()).count(), 4);
    }
}

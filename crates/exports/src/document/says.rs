//! What the document says, in words and figures as they are printed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use settlement::{Line, Statement};
use terms::value::Currency;
use terms::{Basis, Money, Name};

use crate::kind::{Effect, effect};
use crate::settled::Settled;

/// Everything the template shows.
#[derive(Serialize)]
pub struct Says {
    period: String,
    first: String,
    last: String,
    is_final: bool,
    open: Vec<String>,
    settled: String,
    hash: String,
    parties: Vec<Party>,
    lines: Vec<Entry>,
    totals: Vec<Total>,
    assumed: Vec<Assumed>,
    not_computed: Vec<String>,
    unrated: Vec<String>,
    rests_on: Vec<Evidence>,
}

#[derive(Serialize)]
struct Party {
    name: String,
    title: String,
}

#[derive(Serialize)]
struct Entry {
    title: String,
    counts: &'static str,
    from: String,
    to: String,
    currency: String,
    amount: String,
    clause: String,
    place: String,
    is_assumed: bool,
    steps: Vec<(String, String)>,
    days: usize,
    calls: String,
    payable: String,
    adjusts: String,
    balances: Vec<(String, String, String)>,
}

#[derive(Serialize)]
struct Total {
    from: String,
    to: String,
    currency: String,
    owes: String,
    owed: String,
    pays: String,
    net: String,
}

#[derive(Serialize)]
struct Assumed {
    place: String,
    why: Vec<String>,
}

#[derive(Serialize)]
struct Evidence {
    name: String,
    hash: String,
}

impl Says {
    pub fn of(settled: &Settled<'_>) -> Says {
        let statement = settled.statement;
        let first = statement.month.first();
        Says {
            period: first.strftime("%B %Y").to_string(),
            first: first.to_string(),
            last: first.last_of_month().to_string(),
            is_final: statement.is_final,
            open: statement.open.clone(),
            settled: settled.at.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            hash: settled.hash.to_string(),
            parties: parties(settled),
            lines: statement.lines.iter().map(|line| entry(settled, line)).collect(),
            totals: totals(settled),
            assumed: assumed(statement),
            not_computed: statement.not_computed.clone(),
            unrated: unrated(statement),
            rests_on: settled
                .rests_on
                .iter()
                .map(|of| Evidence { name: of.name.clone(), hash: of.hash.clone() })
                .collect(),
        }
    }
}

/// The parties between which something is due, or that charge customers.
fn parties(settled: &Settled<'_>) -> Vec<Party> {
    let mut names: Vec<&Name> = Vec::new();
    for line in &settled.statement.lines {
        let sides = [&line.from, &line.to];
        // Customers are no party.
        let sides = if effect(line.kind) == Effect::Charged { &sides[..1] } else { &sides[..] };
        for name in sides {
            if !names.contains(name) {
                names.push(name);
            }
        }
    }
    names.sort();
    let party = |name: &Name| Party { name: name.to_string(), title: settled.title(name) };
    names.into_iter().map(party).collect()
}

fn entry(settled: &Settled<'_>, line: &Line) -> Entry {
    let calls: u64 = line.days.iter().map(|day| day.events).sum();
    let balances = line
        .balances
        .iter()
        .map(|balance| (balance.name.clone(), digits(&balance.brought), digits(&balance.carried)));
    Entry {
        title: line.title.clone(),
        counts: effect(line.kind).word(),
        from: settled.title(&line.from),
        to: settled.title(&line.to),
        currency: line.amount.currency.to_string(),
        amount: figure(line.amount),
        clause: line.clause.clone(),
        place: match line.document.as_str() {
            "" => String::new(),
            document => format!("{document}:{}", line.line),
        },
        is_assumed: !line.assumed.is_empty(),
        steps: line.steps.iter().map(|step| (step.name.clone(), digits(&step.value))).collect(),
        days: line.days.len(),
        calls: grouped(&calls.to_string()),
        payable: line.payable.map_or(String::new(), |day| day.to_string()),
        adjusts: line.adjusts.as_ref().map_or(String::new(), |adjusts| {
            let (booked, restated) = (figure(adjusts.booked), figure(adjusts.restated));
            format!("adjusts {}: booked {booked}, now {restated}", adjusts.month)
        }),
        balances: balances.collect(),
    }
}

/// What each two parties owe each other in each currency, and who pays the difference.
fn totals(settled: &Settled<'_>) -> Vec<Total> {
    let mut sums: BTreeMap<(&Name, &Name, Currency), (Decimal, Decimal)> = BTreeMap::new();
    for line in &settled.statement.lines {
        if effect(line.kind) != Effect::Due {
            continue;
        }
        let (from, to) = (&line.from, &line.to);
        let pair = (from.min(to), from.max(to), line.amount.currency);
        let (there, back) = sums.entry(pair).or_default();
        *(if from <= to { there } else { back }) += line.amount.amount;
    }
    let total = |((from, to, currency), (there, back)): ((&Name, &Name, Currency), _)| {
        let (from, to, there, back): (_, _, Decimal, Decimal) =
            if there >= back { (from, to, there, back) } else { (to, from, back, there) };
        let figure = |amount| figure(Money { amount, currency });
        Total {
            from: settled.title(from),
            to: settled.title(to),
            currency: currency.to_string(),
            owes: figure(there),
            owed: figure(back),
            pays: settled.title(from),
            net: figure(there - back),
        }
    };
    sums.into_iter().map(total).collect()
}

/// Each value that no source states, with the reason, under the clause or price list it is given in.
fn assumed(statement: &Statement) -> Vec<Assumed> {
    let mut all: Vec<Assumed> = Vec::new();
    for line in statement.lines.iter().filter(|line| effect(line.kind) != Effect::SetOff) {
        for parameter in &line.assumed {
            let Basis::Assumed(why) = &parameter.basis else { continue };
            let (place, why) = match parameter.name.as_str() {
                "price_list" => (format!("price_list.{}", parameter.value), why.clone()),
                name => (line.clause.clone(), format!("{name} {}: {why}", parameter.value)),
            };
            match all.iter_mut().find(|known| known.place == place) {
                Some(known) if known.why.contains(&why) => {}
                Some(known) => known.why.push(why),
                None => all.push(Assumed { place, why: vec![why] }),
            }
        }
    }
    all
}

fn unrated(statement: &Statement) -> Vec<String> {
    let told = statement.unrated.iter().map(|unrated| {
        format!(
            "{} calls of {} on {}, {} to {}: {}",
            grouped(&unrated.events.to_string()),
            unrated.model,
            unrated.channel,
            unrated.first_day,
            unrated.last_day,
            unrated.reason
        )
    });
    told.collect()
}

/// An amount without its currency, as `1,234.50`.
fn figure(money: Money) -> String {
    let text = money.to_string().replace('_', ",");
    text.split_once(' ').map_or(text.clone(), |(_, figure)| figure.to_string())
}

/// A number with every digit, its whole part in groups; a fraction and other text as they are.
fn digits(value: &str) -> String {
    if crate::number::read(value).is_none() || value.contains('/') {
        return value.to_string();
    }
    let (sign, number) = value.strip_prefix('-').map_or(("", value), |number| ("-", number));
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    format!("{sign}{}{rest}", grouped(whole))
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

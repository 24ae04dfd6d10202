//! Price caps: what was charged above the price that was allowed.

use exact::Exact;
use jiff::civil::Date;
use terms::clause::{Decreases, Exempt, PriceCap};
use terms::value::Currency;
use terms::{Clause, Duration, Provision};

use super::{Prices, credit, is_grantors, is_supplied, purchased};
use crate::figure::{Figure, Other};
use crate::price_increase::{Asked, MissingIndex, allowed, growth};
use crate::statement::holding::holding;
use crate::statement::{Input, SettleError, Step};

pub(super) fn left_aside(input: &Input<'_>, clause: &Clause, cap: &PriceCap) -> Option<String> {
    let aside = [
        ("adjusted_to", !cap.adjusted_to.is_empty()),
        ("cost_plus", !cap.cost_plus.is_empty()),
        ("reopening", cap.reopening.is_some()),
        ("preserves_margin", cap.preserves_margin),
        ("exempt", cap.exempt.iter().any(|exempt| *exempt != Exempt::Index)),
        ("decreases", cap.decreases == Decreases::WithBasis),
    ];
    let mut aside: Vec<_> =
        aside.into_iter().filter(|(_, is_aside)| *is_aside).map(|(name, _)| name).collect();
    let asked = input.figures.iter().any(|figure| {
        figure.of == Other::Price.into() && figure.on < input.month.end() && figure.is_for(clause)
    });
    if !asked && cap.ceiling.is_none() {
        aside.push("no price was reported to begin with");
    }
    (!aside.is_empty()).then(|| aside.join(", "))
}

pub(super) fn apply(input: &Input<'_>, prices: &mut Prices<'_>) -> Result<(), SettleError> {
    let caps = holding(input, |provision| match provision {
        Provision::PriceCap(cap) => Some(&**cap),
        _ => None,
    });
    for held in caps {
        let (clause, cap) = (held.clause, held.says);
        let Some(begins) = input.terms.starts(clause, input.known) else { continue };
        let Some(currency) = currency(input, clause, cap) else { continue };
        let (mut hours, mut due, mut steps) = (Exact::zero(), Exact::zero(), Vec::new());
        for day in held.days {
            let asked = asked(input, clause, currency, day);
            let of_day = || {
                prices.capacity.iter().any(|priced| {
                    priced.capacity.day == day && is_supplied(input, clause, priced, currency)
                }) || purchased(input, clause).any(|(on, _)| on == day)
            };
            if !of_day() {
                continue;
            }
            if let Some(silent) = unannounced(cap, &asked) {
                let missing =
                    format!("figure `{silent}` does not say when the price was announced");
                if !prices.left_out.contains(&missing) {
                    prices.left_out.push(missing);
                }
            }
            let price = match of_cap(input, clause, cap, begins, &asked, day) {
                Ok(Some(price)) => price,
                Ok(None) => continue,
                Err(MissingIndex { index, on }) => {
                    let missing = format!("`{}` needs the index {index} of {on}", clause.id);
                    if !prices.left_out.contains(&missing) {
                        prices.left_out.push(missing);
                    }
                    continue;
                }
            };
            let (price, how) = price;
            let mut too_much = Exact::zero();
            for priced in &mut prices.capacity {
                if priced.capacity.day != day || priced.price <= price {
                    continue;
                }
                if is_supplied(input, clause, priced, currency) {
                    let above = priced.price.clone() - price.clone();
                    too_much = too_much + above * priced.hours();
                    hours = hours + priced.hours();
                    priced.price = price.clone();
                }
            }
            if let Some(asked) = asked.last().filter(|asked| price < asked.price) {
                for (_, units) in purchased(input, clause).filter(|(on, _)| *on == day) {
                    let above = asked.price.clone() - price.clone();
                    too_much = too_much + above * units.clone();
                    hours = hours + units;
                }
            }
            if too_much != Exact::zero() {
                steps = how;
            }
            due = due + too_much;
        }
        if due != Exact::zero() {
            steps.push(Step::new("units charged above it", &hours));
            steps.push(Step::new("charged too much", &due));
            let title = format!("price cap {}", clause.id.label);
            prices.lines.push(credit(clause, title, &due, currency, steps)?);
        }
    }
    Ok(())
}

/// The price allowed on a day, which an escalator raises by itself.
fn of_cap(
    input: &Input<'_>,
    clause: &Clause,
    cap: &PriceCap,
    begins: Date,
    asked: &[Asked],
    day: Date,
) -> Result<Option<(Exact, Vec<Step>)>, MissingIndex> {
    let index = |name: &str, on: Date| index(input, clause, name, on);
    let Some((mut price, mut steps)) = allowed(cap, begins, asked, day, &index)? else {
        return Ok(None);
    };
    if let (Some(escalator), Some(first)) = (&cap.escalator, asked.first()) {
        let factor = growth(escalator, begins, day, &index)?;
        let risen = first.price.clone() * factor;
        steps.push(Step::new("risen by itself to", &risen));
        price = price.max(risen);
        if let Some(ceiling) = cap.ceiling {
            price = price.min(ceiling.amount.into());
        }
    }
    if let Some(floor) = cap.floor {
        price = price.max(floor.amount.into());
    }
    steps.push(Step::new("allowed", &price));
    Ok(Some((price, steps)))
}

/// What an index stood at on a day.
pub(in crate::statement) fn index(
    input: &Input<'_>,
    clause: &Clause,
    name: &str,
    on: Date,
) -> Option<Exact> {
    let is_meant = |figure: &Figure| figure.name.as_deref() == Some(name) && figure.is_for(clause);
    input.latest(Other::Index, on, is_meant).map(|figure| figure.amount.number().into())
}

/// The prices asked up to a day, in order.
fn asked(input: &Input<'_>, clause: &Clause, currency: Currency, day: Date) -> Vec<Asked> {
    let figures = input.figures.iter().filter(|figure| {
        figure.of == Other::Price.into()
            && figure.on <= day
            && is_grantors(input, clause, figure, currency)
    });
    let mut asked: Vec<_> = figures
        .map(|figure| Asked {
            id: figure.id.clone(),
            from: figure.on,
            price: figure.amount.number().into(),
            announced: figure.announced,
        })
        .collect();
    asked.sort_by_key(|asked| asked.from);
    asked
}

/// An increase of which nobody said when it was announced, though that matters.
fn unannounced<'a>(cap: &PriceCap, asked: &'a [Asked]) -> Option<&'a str> {
    let matters = cap.notice != Duration::days(0);
    let mut pairs = asked.windows(2).filter(|_| matters);
    let silent = pairs.find(|pair| pair[0].price < pair[1].price && pair[1].announced.is_none());
    silent.map(|pair| pair[1].id.as_str())
}

/// The currency of the prices it limits.
fn currency(input: &Input<'_>, clause: &Clause, cap: &PriceCap) -> Option<Currency> {
    let stated = cap.ceiling.or(cap.floor).map(|money| money.currency);
    let figures = input.figures.iter();
    let mut asked = figures.filter(|figure| figure.of == Other::Price.into());
    stated.or_else(|| asked.find(|figure| figure.is_for(clause))?.amount.currency())
}

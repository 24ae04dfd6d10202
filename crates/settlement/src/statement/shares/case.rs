//! A share in a month and a currency, with everything that goes into it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use terms::clause::{Advance, Base, Deduction, Intercompany, Separately};
use terms::value::Currency;
use terms::{Attribute, Clause, Money, Provision};

use super::figures::{counted, counts, is_missing, is_seller, of_profit};
use super::{Charged, Held};
use crate::exchange;
use crate::figure::{Amount, Figure, FigureKind, Other};
use crate::month::Month;
use crate::rating::Rated;
use crate::share::{self, Given, Guaranteed, Reported, When, Window, Worked, parts, reductions};
use crate::statement::{Brought, Input, Line};
use exact::Exact;

/// A share in one currency.
pub(super) struct Case<'a> {
    /// The clause.
    pub held: Held<'a>,
    /// The currency it is due in.
    pub currency: Currency,
    /// The calls it is of.
    pub calls: Vec<Charged<'a>>,
    /// What lines of other clauses come to that it is of.
    pub received: Exact,
    /// What its terms say in the month.
    pub when: When<'a>,
    /// What it goes on with from earlier months.
    pub brought: Brought,
    /// Where among the cases that of the version stands which it carries on in this month.
    pub carries_on: Option<usize>,
    given: Vec<Given>,
}

impl Case<'_> {
    /// What it comes to with what it receives from other shares and goes on with: each of what is
    /// counted by itself.
    pub fn work(&self, received: &Exact, brought: &Brought) -> Vec<Worked> {
        let mut works: Vec<Worked> = Vec::new();
        for given in &self.given {
            let mut given = given.clone();
            match works.last() {
                // What other shares pay is of no part; it is counted with the first.
                None => given.received = received.clone() + self.received.clone(),
                Some(before) => given.advances_left = Some(before.advances_left.clone()),
            }
            works.push(share::work(self.held.says, &given, &self.when, brought));
        }
        works
    }

    /// What is counted by itself.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(|given| given.part.as_str())
    }

    /// Counts parts on of which nothing was sold since the version before ended.
    pub fn count_on(&mut self, parts: &[String]) {
        for part in parts {
            if self.parts().all(|known| known != part) {
                let (part, rate_left) = (part.clone(), Exact::whole(1));
                self.given.push(Given { part, rate_left, ..Given::default() });
            }
        }
    }
}

/// The cases of a share: one for each currency it counts in. What `known` says of the currencies of
/// what it is of, if it is of another clause; and what keeps them open.
pub(super) fn cases<'a>(
    input: &'a Input<'a>,
    rated: &'a [Rated<'a>],
    all: &[Held<'a>],
    held: &Held<'a>,
    others: &[Line],
    known: &BTreeSet<Currency>,
    open: &mut Vec<String>,
) -> Vec<Case<'a>> {
    let counts_in = held.says.amounts().map(|money| money.currency).next();
    let mut bases: BTreeMap<Currency, Vec<Charged<'a>>> = BTreeMap::new();
    bases.extend(counts_in.map(|currency| (currency, Vec::new())));
    let mut unconverted: BTreeMap<String, (BTreeSet<Date>, String)> = BTreeMap::new();
    let calls = rated.iter().filter(|group| is_in_base(input, held, group));
    for group in calls {
        let currency = counts_in.unwrap_or(group.currency());
        match group.amount_in(&input.terms.registry, currency) {
            Ok(amount) => bases.entry(currency).or_default().push(Charged { group, amount }),
            Err(reason) => {
                let line = format!("{} {}", group.usage.channel, group.usage.model);
                let of_line = unconverted.entry(line).or_insert((BTreeSet::new(), reason));
                of_line.0.insert(group.usage.day);
            }
        }
    }
    let id = &held.clause.id;
    open.extend(unconverted.into_iter().map(|(line, (days, reason))| match days.len() {
        1 => format!("`{id}` leaves out `{line}` of one day: {reason}"),
        days => format!("`{id}` leaves out `{line}` of {days} days: {reason}"),
    }));
    let mut figures = Vec::new();
    for kind in kinds(held) {
        let (counted, why) = counted(input, all, held, kind);
        figures.extend(counted);
        open.extend(why);
    }
    if counts_in.is_none() {
        let of_revenue = figures.iter().filter(|figure| is_of_base(held, figure));
        let currencies = of_revenue.filter_map(|figure| figure.amount.currency());
        for currency in currencies.chain(known.iter().copied()) {
            bases.entry(currency).or_default();
        }
        if bases.is_empty() {
            bases.insert(Currency::USD, Vec::new());
        }
    }
    let when = when(input, held);
    missing(input, held, &when, &bases, open);
    let currencies: Vec<_> = bases.keys().copied().collect();
    let mut cases = Vec::new();
    for (currency, calls) in bases {
        let mine = figures.iter().filter_map(|figure| {
            let from = figure.amount.currency();
            // What is in none of the currencies is counted in the first.
            let into = from.filter(|from| currencies.contains(from)).unwrap_or(currencies[0]);
            if into != currency {
                return None;
            }
            match worth(input, figure, currency) {
                Ok(worth) => Some((*figure, worth)),
                Err(reason) => {
                    open.push(format!("`{id}` leaves out `{}`: {reason}", figure.id));
                    None
                }
            }
        });
        let mine: Vec<_> = mine.collect();
        let brought = input.brought(held.clause, currency, &[]);
        let given = given(input, held, &calls, &mine, &brought, open);
        let received = of_lines(held, others, currency);
        let (held, when, carries_on) = (held.clone(), when.clone(), None);
        cases.push(Case { held, currency, calls, received, when, brought, carries_on, given });
    }
    cases
}

/// Whether a group of calls is the payer's revenue and falls in the clause's scope.
fn is_in_base(input: &Input<'_>, held: &Held<'_>, group: &Rated<'_>) -> bool {
    held.says.of.is_none()
        && of_profit(held.says.base).is_none()
        && held.days.contains(&group.usage.day)
        && is_seller(input, held, group.seller.as_str())
        && held.clause.scope.holds(&group.point(&input.terms.registry))
}

/// The kinds of figure that a share counts.
fn kinds(held: &Held<'_>) -> Vec<FigureKind> {
    let all = FigureKind::all().filter_map(|(word, _)| word.parse::<FigureKind>().ok());
    all.filter(|kind| counts(held, *kind)).collect()
}

fn is_of_base(held: &Held<'_>, figure: &Figure) -> bool {
    figure.of == Other::Revenue.into()
        || of_profit(held.says.base).is_some_and(|profit| figure.of == profit.into())
}

/// What a figure is worth in a currency; a number is what it is.
fn worth(input: &Input<'_>, figure: &Figure, currency: Currency) -> Result<Exact, String> {
    match figure.amount {
        Amount::Number(number) => Ok(number.into()),
        Amount::Money(Money { amount, currency: from }) => {
            let registry = &input.terms.registry;
            let worth = exchange::convert(registry, &amount.into(), from, currency, figure.on);
            worth.map(|(worth, _)| worth)
        }
    }
}

/// What a share is of that nobody has reported and that does not mean none.
fn missing(
    input: &Input<'_>,
    held: &Held<'_>,
    when: &When<'_>,
    bases: &BTreeMap<Currency, Vec<Charged<'_>>>,
    open: &mut Vec<String>,
) {
    let month = input.month;
    let ends = held.days.last().is_some_and(|last| {
        let last = last.tomorrow().ok();
        input.ends(held.clause).is_some_and(|ends| Some(ends) == last)
    });
    // What is computed for a period may be reported on any of its days.
    let of_period = [of_profit(held.says.base), held.says.per_unit.as_ref().map(|_| Other::Units)];
    let mut needed: Vec<(Other, Window)> = Vec::new();
    if when.is_last(when.period) || ends {
        needed.extend(of_period.into_iter().flatten().map(|kind| (kind, when.period)));
    }
    if held.says.base == Base::GrossMargin && bases.values().any(|calls| !calls.is_empty()) {
        needed.push((Other::CostOfSales, Window { first: month, last: Some(month) }));
    }
    for (kind, window) in needed {
        let is_until_now = |at: Month| at <= month && window.holds(at);
        if is_missing(input, held, kind.into(), is_until_now) {
            let (payer, id) = (&held.clause.grantor, &held.clause.id);
            let kind = FigureKind::from(kind);
            open.push(format!(
                "`{id}` needs `{kind}` of {payer} for {window}, and nobody reported it"
            ));
        }
    }
}

/// What goes into a share, each of what is counted by itself.
fn given(
    input: &Input<'_>,
    held: &Held<'_>,
    calls: &[Charged<'_>],
    figures: &[(&Figure, Exact)],
    brought: &Brought,
    open: &mut Vec<String>,
) -> Vec<Given> {
    let mut all: BTreeMap<String, (Given, BTreeMap<Date, Exact>)> = BTreeMap::new();
    all.entry(String::new()).or_default();
    if !held.says.separately.is_empty() {
        for part in parts(brought) {
            all.entry(part.to_string()).or_default();
        }
    }
    for call in calls {
        let usage = call.group.usage;
        let part = part(held, &|attribute| match attribute {
            Attribute::Product => Some(usage.product.as_str()),
            Attribute::Channel => Some(usage.channel.as_str()),
            _ => None,
        });
        let (given, days) = all.entry(part.unwrap_or_default()).or_default();
        add(&mut given.charged, &call.amount);
        add(days.entry(usage.day).or_default(), &call.amount);
    }
    for (figure, worth) in figures {
        let part = part(held, &|attribute| figure.about.get(&attribute).map(String::as_str));
        if part.is_none() {
            let (id, clause) = (&figure.id, &held.clause.id);
            let by = held.says.separately.iter().map(Separately::word).collect::<Vec<_>>();
            let by = by.join(" and ");
            open.push(format!(
                "`{id}` does not say its {by}, and `{clause}` counts each by itself"
            ));
        }
        let (given, days) = all.entry(part.unwrap_or_default()).or_default();
        if figure.of == Other::Revenue.into() {
            add(days.entry(figure.on).or_default(), worth);
        }
        for reported in slots(held, given, figure.of) {
            add(&mut reported.amount, worth);
            reported.by.push(figure.id.clone());
        }
    }
    // What is counted one by one has no rest, unless others pay into it.
    if all.len() > 1 && held.says.of.is_none() && held.says.intercompany == Intercompany::Excluded {
        all.retain(|part, (_, days)| !part.is_empty() || !days.is_empty());
    }
    let parts = all.into_iter().map(|(part, (given, days))| {
        let rate_left = rate_left(input, held, &days);
        Given { part, rate_left, ..given }
    });
    parts.collect()
}

fn add(to: &mut Exact, amount: &Exact) {
    *to = std::mem::take(to) + amount.clone();
}

/// Where a figure counts. Royalties to third parties may be deducted, credited or both, as the clause
/// says.
fn slots<'g>(held: &Held<'_>, given: &'g mut Given, kind: FigureKind) -> Vec<&'g mut Reported> {
    match kind {
        FigureKind::Deduction(deduction) => {
            let mut slots = Vec::new();
            if held.says.deductions.contains(&deduction) && held.says.base != Base::Gross {
                let known = given.deductions.iter().position(|(known, _)| *known == deduction);
                let at = known.unwrap_or_else(|| {
                    given.deductions.push((deduction, Reported::default()));
                    given.deductions.len() - 1
                });
                slots.push(&mut given.deductions[at].1);
            }
            if deduction == Deduction::ThirdPartyRoyalties {
                slots.push(&mut given.royalties);
            }
            slots
        }
        FigureKind::Other(Other::Revenue) => vec![&mut given.reported],
        FigureKind::Other(Other::CostOfSales) => vec![&mut given.cost_of_sales],
        FigureKind::Other(Other::Units) => vec![&mut given.units],
        FigureKind::Other(_) => vec![&mut given.profit],
    }
}

/// What a sale is counted with; `None` if it does not say.
fn part<'v>(held: &Held<'_>, value: &dyn Fn(Attribute) -> Option<&'v str>) -> Option<String> {
    let of = held.says.separately.iter().filter_map(|of| match of {
        Separately::Product => Some(Attribute::Product),
        Separately::Channel => Some(Attribute::Channel),
        // Nobody meters these: the statement says that they are not counted apart.
        Separately::Territory | Separately::Customer => None,
    });
    let values: Option<Vec<&str>> = of.map(value).collect();
    values.map(|values| values.join(", "))
}

/// How much of the rate reductions leave, weighted by what was sold on each day.
fn rate_left(input: &Input<'_>, held: &Held<'_>, days: &BTreeMap<Date, Exact>) -> Exact {
    let on = |day: Date| {
        let day_of = |bound: &terms::Bound| input.terms.day_of(bound, input.known);
        reductions::left_on(&held.says.reductions, day, day_of)
    };
    let sold: Exact = days.values().cloned().sum();
    let left: Exact = days.iter().map(|(day, amount)| on(*day) * amount.clone()).sum();
    left.over(&sold).unwrap_or_else(|| on(held.days.last().copied().unwrap_or(input.month.first())))
}

/// What lines of other clauses come to that a share is of.
fn of_lines(held: &Held<'_>, others: &[Line], currency: Currency) -> Exact {
    let Some(of) = &held.says.of else { return Exact::zero() };
    let of = of.to_string();
    let lines = others.iter().filter(|line| {
        line.clause == of && line.to == held.clause.grantor && line.amount.currency == currency
    });
    lines.map(|line| line.exact.parse().unwrap_or_else(|_| line.amount.amount.into())).sum()
}

/// What a share's terms say in the month.
fn when<'a>(input: &Input<'_>, held: &Held<'a>) -> When<'a> {
    let (terms, month, share) = (input.terms, input.month, held.says);
    let day_of = |bound: &terms::Bound| terms.day_of(bound, input.known);
    let last = month.first().last_of_month();
    let is_paid =
        |advance: &&Advance| due_on(input, held.clause, advance).is_some_and(|due| due <= last);
    let waiting = share.reductions.iter().filter_map(|reduction| {
        let sum = reduction.once_paid?;
        let has_begun = reductions::has_begun(reduction, last, day_of);
        has_begun.then(|| (Exact::from(sum.amount), Exact::from(reduction.by.fraction())))
    });
    let mut steps_down: Vec<_> = waiting.collect();
    steps_down.sort();
    When {
        month,
        goes_on: held.goes_on(input),
        period: Window::period(share.period, input.starts(held.clause), month),
        guarantees: guarantees(input, held),
        advances: share.advances.iter().filter(is_paid).collect(),
        steps_down,
    }
}

/// The day a sum ahead of a share or beside it falls due. One that the version before says in the same
/// words is that one's: it does not fall due once more.
pub(super) fn due_on(input: &Input<'_>, clause: &Clause, advance: &Advance) -> Option<Date> {
    let before = input.terms.predecessor(clause, input.known);
    let has_it = before.filter(|before| match &before.provision {
        Provision::RevenueShare(share) => share.advances.contains(advance),
        _ => false,
    });
    match (&advance.due, has_it) {
        (None, Some(before)) => due_on(input, before, advance),
        (None, None) => input.terms.starts(clause, input.known),
        (Some(bound), _) => input.terms.day_of(bound, input.known),
    }
}

/// The guarantees that hold in the month.
fn guarantees(input: &Input<'_>, held: &Held<'_>) -> Vec<Guaranteed> {
    let (terms, month) = (input.terms, input.month);
    let day_of = |bound: &terms::Bound| terms.day_of(bound, input.known);
    let (starts, ends) = (input.starts(held.clause), input.ends(held.clause));
    let all = &held.says.minimum_guarantees;
    let mut found = Vec::new();
    for (at, guarantee) in all.iter().enumerate() {
        let begins = guarantee.from.as_ref().map_or(starts, day_of);
        let Some(begins) = begins.filter(|begins| Month::of(*begins) <= month) else { continue };
        let until = guarantee.until.as_ref().and_then(day_of).into_iter().chain(ends).min();
        if until.is_some_and(|until| until <= month.first()) {
            continue;
        }
        let mut guaranteed = Guaranteed::of(guarantee, begins, month);
        if all.len() > 1 {
            guaranteed.number = format!(" {}", at + 1);
        }
        let last = until.and_then(|until| until.yesterday().ok()).map(Month::of);
        if let (Some(last), Some(whole)) = (last, guaranteed.window.last)
            && last < whole
        {
            guaranteed.window.last = Some(last);
            // The last month of one that begins within a month is its end.
            if begins.day() == 1 || Month::of(last.end()) != whole {
                guaranteed.lapsed = Some("it ends before its period does");
            }
        }
        if guarantee.unless.iter().filter_map(day_of).any(|day| day < month.end()) {
            guaranteed.lapsed = Some("what it must not come to has happened");
        }
        found.push(guaranteed);
    }
    found
}

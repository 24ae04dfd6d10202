use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{PriceList, Processing, TokenClass};
use crate::Finding;
use crate::fields::{Collected, Fields};
use crate::value::{Basis, Currency, Money, Share};

/// What calls of one model cost, in its list's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    standard: Charges,
    otherwise: BTreeMap<Processing, Charges>,
    /// Why some of it is assumed, if some is.
    pub assumed: Option<String>,
}

/// What calls that are processed in one way cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charges {
    tokens: [Decimal; TokenClass::ALL.len()],
    /// What a call costs beside its tokens.
    pub call: Decimal,
}

/// What one block states or is taken to mean, before it is known to be whole.
#[derive(Clone, Copy, Default)]
struct Stated {
    tokens: [Option<Money>; TokenClass::ALL.len()],
    call: Option<Money>,
}

impl Charges {
    /// What [`PriceList::TOKENS`] tokens of a class cost.
    pub fn of(&self, class: TokenClass) -> Decimal {
        self.tokens[class as usize]
    }
}

impl Price {
    /// What calls cost that are processed so. A price that says nothing of batches, of calls that wait
    /// or of those that go first is that of all calls; but to train a model is no call of it, and
    /// has a price only where one is stated.
    pub fn charges(&self, processing: Processing) -> Option<&Charges> {
        match (self.otherwise.get(&processing), processing) {
            (Some(charges), _) => Some(charges),
            (None, Processing::Training) => None,
            (None, _) => Some(&self.standard),
        }
    }

    /// What is priced on its own, each way of processing with its charges; standard processing first.
    pub fn stated(&self) -> impl Iterator<Item = (Processing, &Charges)> {
        let otherwise = self.otherwise.iter().map(|(processing, charges)| (*processing, charges));
        std::iter::once((Processing::Standard, &self.standard)).chain(otherwise)
    }

    /// Reads a `price` block, whose values `list` takes over under a name; and the currencies in it.
    pub(super) fn read<'a>(
        list: &mut Fields<'a>,
        mut f: Fields<'a>,
        name: &str,
        into: &mut Collected,
    ) -> (Option<Price>, BTreeSet<Currency>) {
        let standard = Stated::read(&mut f);
        let mut currencies = standard.currencies();
        let mut otherwise = Some(BTreeMap::new());
        for (processing, word) in [
            (Processing::Batch, "batch"),
            (Processing::Flex, "flex"),
            (Processing::Priority, "priority"),
            (Processing::Training, "training"),
        ] {
            let Some(mut block) = f.block(word) else { continue };
            let has_discount = block.raw("discount").is_some();
            let stated = match (block.optional::<Share>("discount"), has_discount) {
                (Some(discount), _) => Stated::read_less(&mut block, &standard, discount),
                (None, true) => {
                    Stated::read_less(&mut block, &Stated::default(), Share::percent(0))
                }
                (None, false) => Stated::read(&mut block),
            };
            currencies.extend(stated.currencies());
            match (stated.whole(), &mut otherwise) {
                (Some(charges), Some(otherwise)) => _ = otherwise.insert(processing, charges),
                _ => otherwise = None,
            }
            f.adopt(block, word, into);
        }
        let assumed = f.parameters.iter().find_map(|parameter| match &parameter.basis {
            Basis::Assumed(why) => Some(why.clone()),
            _ => None,
        });
        list.adopt(f, name, into);
        let price = standard.whole().zip(otherwise);
        (price.map(|(standard, otherwise)| Price { standard, otherwise, assumed }), currencies)
    }
}

impl Stated {
    /// A class that is not stated costs what the class it is part of does: all that is read what
    /// `input` does, and all that is written what `output` does. A call costs nothing beside its tokens.
    fn read(f: &mut Fields<'_>) -> Stated {
        let mut stated = Stated::default();
        for class in TokenClass::ALL {
            let whole = if class.is_read() { TokenClass::Input } else { TokenClass::Output };
            let (name, of) = (class.attribute(), whole.attribute());
            stated.tokens[class as usize] = match class == whole {
                true => f.required(name),
                false => f.or_as(name, of, stated.tokens[whole as usize]),
            };
        }
        stated.call = f.optional("call");
        stated.check(f);
        stated
    }

    /// What is not stated costs what standard processing does, less a discount.
    fn read_less(f: &mut Fields<'_>, standard: &Stated, discount: Share) -> Stated {
        let left = Decimal::ONE - discount.fraction();
        let mut too_fine = None;
        let mut less = |money: Option<Money>| {
            let full = money?;
            // A product of more digits than a decimal holds would be rounded.
            let places = full.amount.scale() + left.scale();
            let amount = full.amount.checked_mul(left).filter(|amount| {
                amount.is_zero() || amount.scale() == places && is_countable(*amount)
            });
            if amount.is_none() {
                too_fine.get_or_insert(full);
            }
            Some(Money { amount: amount?.normalize(), ..full })
        };
        let mut stated = Stated::default();
        for class in TokenClass::ALL {
            let full = less(standard.tokens[class as usize]);
            stated.tokens[class as usize] = f.or_as(class.attribute(), "discount", full);
        }
        let full = less(standard.call);
        stated.call = f.or_as("call", "discount", full);
        if let Some(full) = too_fine {
            let place = f.origin_of("discount").label(format!("of {full}"));
            let places = PriceList::SCALE;
            let message = format!(
                "a price has at most {places} decimal places, and one less this discount has more"
            );
            let finding = Finding::error("charter::value::price", message, place);
            f.findings.push(finding.help("write the prices themselves instead of a `discount`"));
        }
        stated.check(f);
        stated
    }

    /// Complains about prices that could not be counted exactly.
    fn check(&self, f: &mut Fields<'_>) {
        let named = TokenClass::ALL.map(|class| (class.attribute(), self.tokens[class as usize]));
        for (name, money) in named.into_iter().chain([("call", self.call)]) {
            // What is not stated is another's, which is complained of already.
            let is_too_fine = money.is_some_and(|money| !is_countable(money.amount));
            if is_too_fine && f.raw(name).is_some() {
                let place = f.origin_of(name).label("too fine");
                let message = format!("a price has at most {} decimal places", PriceList::SCALE);
                let finding = Finding::error("charter::value::price", message, place);
                f.findings.push(finding.help("prices are for a million tokens"));
            }
        }
    }

    fn currencies(&self) -> BTreeSet<Currency> {
        self.tokens.iter().chain([&self.call]).flatten().map(|money| money.currency).collect()
    }

    fn whole(&self) -> Option<Charges> {
        let mut tokens = [Decimal::ZERO; TokenClass::ALL.len()];
        for (amount, stated) in tokens.iter_mut().zip(self.tokens) {
            *amount = stated?.amount;
        }
        Some(Charges { tokens, call: self.call.map_or(Decimal::ZERO, |money| money.amount) })
    }
}

/// Whether a price is a whole number of units of its last decimal place.
fn is_countable(amount: Decimal) -> bool {
    amount.normalize().scale() <= PriceList::SCALE
}

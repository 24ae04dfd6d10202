use crate::fields::{Collected, Fields};
use crate::value::{Percentage, words};
use crate::{Bound, Duration, Money, Share};

words! {
    /// What the investor gets.
    pub enum Instrument {
        /// Shares.
        Shares = "shares",
        /// The right to buy shares at a price.
        Warrant = "warrant",
        /// An option to buy shares, as those who work for the issuer have.
        Option = "option",
        /// A note that turns into shares.
        ConvertibleNote = "convertible_note",
    }
}

words! {
    /// What the investor gives for it.
    pub enum Contribution {
        /// Money.
        Money = "money",
        /// A licence.
        Licence = "licence",
        /// Services.
        Services = "services",
    }
}

/// "The investor puts money into the issuer and holds a stake."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Investment {
    /// What was put in.
    pub amount: Option<Money>,
    /// The stake held, as converted.
    pub stake: Option<Share>,
    /// What the stake was worth when stated.
    pub value: Option<Money>,
    /// What the investor gets.
    pub instrument: Instrument,
    /// What it gives for it.
    pub consideration: Contribution,
    /// How many shares, or may be bought.
    pub shares: Option<u64>,
    /// So many again for each time this many units are reached.
    pub for_every: Option<u64>,
    /// What is counted for that.
    pub unit: Option<String>,
    /// How many shares at most.
    pub shares_cap: Option<u64>,
    /// The price of a share; of two stated prices the higher.
    pub price: Option<Money>,
    /// The price of a share, of its market price.
    pub price_to_market: Option<Percentage>,
    /// How long before the agreement the market price is averaged.
    pub market_window: Option<Duration>,
    /// How long what was got may not be sold.
    pub lock_up: Duration,
    /// What must have happened first.
    pub event: Option<Bound>,
}

impl Investment {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Investment {
        let investment = Investment {
            amount: f.optional("amount"),
            stake: f.optional("stake"),
            value: f.optional("value"),
            instrument: f.or("instrument", Instrument::Shares),
            consideration: f.or("consideration", Contribution::Money),
            shares: f.optional("shares"),
            for_every: f.optional("for_every"),
            unit: f.optional("unit"),
            shares_cap: f.optional("shares_cap"),
            price: f.optional("price"),
            price_to_market: f.optional("price_to_market"),
            market_window: f.optional("market_window"),
            lock_up: f.or("lock_up", Duration::days(0)),
            event: f.optional("event"),
        };
        f.expect_conditions("event", investment.event.as_slice(), into);
        investment
    }
}

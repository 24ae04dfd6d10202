use super::Escalator;
use crate::fields::{Collected, Fields};
use crate::value::{Expression, Shape, Unreadable, Value, unexpected, words};
use crate::{Duration, Money, Percentage, Share};

words! {
    /// On which day of a year prices may change.
    pub enum AdjustedOn {
        /// On any.
        AnyDay = "any_day",
        /// On the agreement's anniversary.
        Anniversary = "anniversary",
        /// On the first day of the parties' business year.
        YearStart = "year_start",
    }
}

words! {
    /// What a new price must answer to, beside the limits.
    pub enum AdjustedTo {
        /// What the grantor charges everybody.
        StandardRates = "standard_rates",
        /// What it costs the grantor.
        Cost = "cost",
        /// What the market pays.
        MarketDemand = "market_demand",
        /// How much can be made or is taken.
        Volume = "volume",
        /// What is commercially reasonable.
        Reasonable = "reasonable",
    }
}

words! {
    /// When prices fall.
    pub enum Decreases {
        /// Whenever the grantor lowers them.
        AnyTime = "any_time",
        /// Whenever what they follow falls: the grantor must then lower them.
        WithBasis = "with_basis",
        /// Only when prices may also rise.
        AsIncreases = "as_increases",
    }
}

words! {
    /// What a limit does not hold for.
    pub enum Exempt {
        /// What force majeure makes dearer.
        ForceMajeure = "force_majeure",
        /// What the index makes dearer.
        Index = "index",
        /// What taxes or laws make dearer.
        Taxes = "taxes",
    }
}

/// How far a price may rise in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Increase {
    /// By so much of what it was.
    AtMost(Share),
    /// By any amount; other limits may hold.
    Unlimited,
}

/// "Prices rise no further and no more often than this." Source: domain rules §1.7, whose defaults
/// these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceCap {
    /// Most that a price may rise in a year.
    pub increase_per_year: Increase,
    /// How often a year prices may rise.
    pub times_per_year: u32,
    /// On which day they may.
    pub adjusted_on: AdjustedOn,
    /// For how long from the clause's beginning prices stay as they are.
    pub fixed_for: Option<Duration>,
    /// How long before it takes effect an increase must be announced.
    pub notice: Duration,
    /// What new prices must answer to: any of these.
    pub adjusted_to: Vec<AdjustedTo>,
    /// When prices fall.
    pub decreases: Decreases,
    /// What a unit may never cost more than, if stated.
    pub ceiling: Option<Money>,
    /// What a unit may never cost less than, if stated.
    pub floor: Option<Money>,
    /// The index increases follow, if they follow one.
    pub index: Option<String>,
    /// By what prices rise by themselves, if they do.
    pub escalator: Option<Escalator>,
    /// What makes up the price, if it is computed from costs.
    pub cost_plus: Vec<CostPlus>,
    /// When the price is computed anew because costs have moved, if it is.
    pub reopening: Option<Reopening>,
    /// Whether changes hold for all customers alike.
    pub uniform: bool,
    /// Whether the holder must keep its usual profit margin.
    pub preserves_margin: bool,
    /// What the limits do not hold for.
    pub exempt: Vec<Exempt>,
}

/// One part of a price that is computed from costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostPlus {
    /// Which cost, in words.
    pub cost: String,
    /// What comes on top of it.
    pub markup: Percentage,
    /// By how much at most another way of accounting may raise the cost; by more, it is not used.
    pub method_tolerance: Option<Percentage>,
}

/// "If a cost has moved out of its band, the price follows."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reopening {
    /// Which cost, in words; at constant volume.
    pub cost: String,
    /// How far it may move from its base year, up or down, before the price follows.
    pub band: Percentage,
    /// Which part of the cost's movement goes into the price.
    pub pass_through: Percentage,
    /// The band once a price has been computed anew, if it is another.
    pub later_band: Option<Percentage>,
    /// The part that goes into the price after that, if it is another.
    pub later_pass_through: Option<Percentage>,
    /// What it is tested separately for, as `facility`.
    pub each: Option<String>,
}

impl PriceCap {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> PriceCap {
        PriceCap {
            increase_per_year: f.or("increase_per_year", Increase::AtMost(Share::percent(5))),
            times_per_year: f.or("times_per_year", 1),
            adjusted_on: f.or("adjusted_on", AdjustedOn::AnyDay),
            fixed_for: f.optional("fixed_for"),
            notice: f.or("notice", Duration::days(90)),
            adjusted_to: f.optional("adjusted_to").unwrap_or_default(),
            decreases: f.or("decreases", Decreases::AnyTime),
            ceiling: f.optional("ceiling"),
            floor: f.optional("floor"),
            index: f.optional("index"),
            escalator: Escalator::read(f, into),
            cost_plus: CostPlus::read_all(f, into),
            reopening: Reopening::read(f, into),
            uniform: f.or("uniform", false),
            preserves_margin: f.or("preserves_margin", false),
            exempt: f.optional("exempt").unwrap_or_default(),
        }
    }
}

impl CostPlus {
    fn read_all(f: &mut Fields<'_>, into: &mut Collected) -> Vec<CostPlus> {
        let mut parts = Vec::new();
        for (at, mut block) in f.blocks("cost_plus").into_iter().enumerate() {
            let cost = block.required("cost");
            let markup = block.or("markup", Percentage::NOTHING);
            let method_tolerance = block.optional("method_tolerance");
            f.adopt(block, &format!("cost_plus {}", at + 1), into);
            parts.extend(cost.map(|cost| CostPlus { cost, markup, method_tolerance }));
        }
        parts
    }
}

impl Reopening {
    fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<Reopening> {
        let mut block = f.block("reopening")?;
        let cost = block.required("cost");
        let band = block.required("band");
        let pass_through = block.or("pass_through", Percentage::WHOLE);
        let later_band = block.optional("later_band");
        let later_pass_through = block.optional("later_pass_through");
        let each = block.optional("each");
        f.adopt(block, "reopening", into);
        Some(Reopening {
            cost: cost?,
            band: band?,
            pass_through,
            later_band,
            later_pass_through,
            each,
        })
    }
}

impl Value for Increase {
    const EXPECTED: &'static str = "a percentage of at most 100%, as \"5%\", or `unlimited`";

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match &expression.shape {
            Shape::Word(word) if word == "unlimited" => Ok(Increase::Unlimited),
            Shape::Text(_) => Share::read(expression).map(Increase::AtMost),
            _ => Err(unexpected::<Self>(expression)),
        }
    }

    fn show(&self) -> String {
        match self {
            Increase::AtMost(share) => share.show(),
            Increase::Unlimited => "unlimited".to_string(),
        }
    }
}

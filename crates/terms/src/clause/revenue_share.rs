mod advance;
mod guarantee;
mod pool;
mod reduction;

use super::{currency, tiers};
use crate::fields::{Collected, Fields};
use crate::value::words;
use crate::{Bound, ClauseId, Duration, Finding, Money, Share};

pub use advance::Advance;
pub use guarantee::{GuaranteeTest, MinimumGuarantee};
pub use pool::{DividedBy, Pool};
pub use reduction::Reduction;

words! {
    /// What revenue a share is of.
    pub enum Base {
        /// What customers are charged.
        Gross = "gross",
        /// What customers are charged, less deductions.
        Net = "net",
        /// Revenue less what the goods or services sold cost.
        GrossMargin = "gross_margin",
        /// Earnings before interest and taxes.
        Ebit = "ebit",
        /// Earnings before interest, taxes, depreciation and amortisation.
        Ebitda = "ebitda",
        /// What is left after all costs.
        Profit = "profit",
    }
}

words! {
    /// When revenue counts.
    pub enum Accounting {
        /// When it is received.
        Cash = "cash",
        /// When it is earned.
        Accrual = "accrual",
    }
}

words! {
    /// What is taken off before a share is computed.
    pub enum Deduction {
        /// Taxes and duties.
        Taxes = "taxes",
        /// Refunds, returns, credits and allowances.
        Refunds = "refunds",
        /// What payment processors and collection agents keep.
        Processing = "processing",
        /// Discounts and rebates.
        Discounts = "discounts",
        /// Freight, packing and insurance.
        Shipping = "shipping",
        /// What others earn for selling.
        Commissions = "commissions",
        /// What cannot be collected.
        BadDebt = "bad_debt",
        /// Royalties and shares owed to third parties.
        ThirdPartyRoyalties = "third_party_royalties",
    }
}

words! {
    /// Whether what the parties pay each other counts as revenue.
    pub enum Intercompany {
        /// It does not.
        Excluded = "excluded",
        /// It does.
        Included = "included",
    }
}

words! {
    /// Whose sales count beside the payer's own.
    pub enum Seller {
        /// Its affiliates'.
        Affiliates = "affiliates",
        /// Those of whoever it lets use what it may use.
        Sublicensees = "sublicensees",
        /// Its distributors'.
        Distributors = "distributors",
    }
}

words! {
    /// What a higher tier's rate applies to.
    pub enum TierMode {
        /// Only the part of the base inside the tier.
        Marginal = "marginal",
        /// The whole base, once it reaches the tier.
        Whole = "whole",
    }
}

words! {
    /// The time over which the base is added up to find the tier.
    pub enum TierMeasure {
        /// A calendar month.
        Month = "month",
        /// A calendar quarter.
        Quarter = "quarter",
        /// A calendar year.
        Year = "year",
        /// The clause's whole time.
        Cumulative = "cumulative",
    }
}

words! {
    /// What tiers, caps, reductions and guarantees are counted for one by one.
    pub enum Separately {
        /// Each product.
        Product = "product",
        /// Each country or territory.
        Territory = "territory",
        /// Each sales channel.
        Channel = "channel",
        /// Each customer.
        Customer = "customer",
    }
}

words! {
    /// Who says what the rate is, up to the one stated.
    pub enum RateSetter {
        /// Nobody: the rate is the one stated.
        Agreement = "agreement",
        /// The payer.
        Payer = "payer",
        /// The payee.
        Payee = "payee",
        /// Both, in good faith.
        Both = "both",
        /// Nobody: it is what the payee itself owes third parties for what is sold.
        PassThrough = "pass_through",
    }
}

words! {
    /// What becomes of a share that the law does not let the parties have.
    pub enum IfProhibited {
        /// Nothing is due in its place.
        Lapses = "lapses",
        /// The parties negotiate what comes to the same.
        Renegotiate = "renegotiate",
        /// What may be shared bears a higher rate, so that it comes to the same.
        Substitute = "substitute",
    }
}

/// "The payer pays the payee a share of its revenue." Source: domain rules §1.10.
///
/// The base is what the payer's channels charged their customers, within the clause's scope. What is
/// due for revenue after the term is the clause's `survival`, or an `until` beyond the term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueShare {
    /// What revenue it is of.
    pub base: Base,
    /// The base is not revenue but what the payer is paid under this other clause.
    pub of: Option<ClauseId>,
    /// Whose sales count beside the payer's own.
    pub sellers: Vec<Seller>,
    /// When revenue counts.
    pub accounting: Accounting,
    /// What is taken off; nothing of what is gross.
    pub deductions: Vec<Deduction>,
    /// Most that is taken off, of the gross revenue.
    pub deductions_cap: Share,
    /// Revenue of a tier's time that does not count: only what exceeds it does.
    pub baseline: Option<Money>,
    /// Whether what the parties pay each other counts.
    pub intercompany: Intercompany,
    /// At least one, in rising order; only the last is open-ended.
    pub tiers: Vec<Tier>,
    /// What a tier's rate applies to.
    pub tier_mode: TierMode,
    /// The time over which the base is added up.
    pub tier_measure: TierMeasure,
    /// Who says what the rate is, up to the one stated.
    pub rate_set_by: RateSetter,
    /// A sum for each unit sold, beside the rate or in its place.
    pub per_unit: Option<PerUnit>,
    /// What is due is divided among several.
    pub pool: Option<Pool>,
    /// What is counted one by one; everything together if nothing.
    pub separately: Vec<Separately>,
    /// What lowers the rate. Those of one event exclude each other: the largest counts. Others apply
    /// one after another.
    pub reductions: Vec<Reduction>,
    /// Least that reductions and credits leave, of what would be due without them.
    pub reduction_floor: Share,
    /// How much of the royalties paid to third parties is credited against the share.
    pub third_party_credit: Share,
    /// Whether a credit that could not be used is carried to the next period.
    pub credit_carry_over: bool,
    /// Least that is due.
    pub minimum_guarantees: Vec<MinimumGuarantee>,
    /// Sums paid ahead or beside.
    pub advances: Vec<Advance>,
    /// Most that is due for one period.
    pub cap_per_period: Option<Money>,
    /// Most that is due for one calendar year.
    pub cap_per_year: Option<Money>,
    /// Most that is due over the clause's whole time.
    pub cap_total: Option<Money>,
    /// Most that is due for a sale, of its price.
    pub cap_of_price: Option<Share>,
    /// Whether shares in both directions are set off, so that only the difference moves.
    pub netting: bool,
    /// For how long a time the share is computed and paid together.
    pub period: Duration,
    /// How soon after the period it is paid.
    pub payment_delay: Duration,
    /// What becomes of it where the law does not allow it.
    pub if_prohibited: IfProhibited,
    /// When the parties negotiate it anew.
    pub renegotiated: Option<Bound>,
}

/// The rate for that part of a base which lies below `up_to` and above the tier before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// The upper end, inclusive; none for the last tier.
    pub up_to: Option<Money>,
    /// The rate.
    pub rate: Share,
}

/// A sum for each unit sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerUnit {
    /// How much.
    pub amount: Money,
    /// For each of what.
    pub unit: String,
}

impl RevenueShare {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> Option<RevenueShare> {
        let base = f.or("base", Base::Net);
        let of = f.clause_optional("of", into);
        let sellers = f.or("sellers", vec![Seller::Affiliates]);
        let accounting = f.or("accounting", Accounting::Cash);
        let deductions = deductions(f, base);
        let deductions_cap = f.or("deductions_cap", Share::percent(100));
        let baseline = f.optional("baseline");
        let intercompany = f.or("intercompany", Intercompany::Excluded);
        let tier_mode = f.or("tier_mode", TierMode::Marginal);
        let tier_measure = f.or("tier_measure", TierMeasure::Month);
        let rate_set_by = f.or("rate_set_by", RateSetter::Agreement);
        let per_unit = per_unit(f);
        let separately = f.optional("separately").unwrap_or_default();
        let reduction_floor = f.or("reduction_floor", Share::percent(0));
        let third_party_credit = f.or("third_party_credit", Share::percent(0));
        let credit_carry_over = f.or("credit_carry_over", false);
        let cap_per_period = f.optional("cap_per_period");
        let cap_per_year = f.optional("cap_per_year");
        let cap_total = f.optional("cap_total");
        let cap_of_price = f.optional("cap_of_price");
        let netting = f.or("netting", true);
        let period = f.or("period", Duration::months(3));
        let payment_delay = f.or("payment_delay", Duration::days(45));
        let if_prohibited = f.or("if_prohibited", IfProhibited::Lapses);
        let renegotiated: Option<Bound> = f.optional("renegotiated");
        f.expect_conditions("renegotiated", renegotiated.as_slice(), into);
        let pool = Pool::read(f, into);
        let reductions = Reduction::read(f, into);
        let minimum_guarantees = MinimumGuarantee::read(f, into);
        let advances = Advance::read(f, into);
        // A sum for units or out of a pool needs no rate.
        let has_sum = per_unit.is_some() || pool.is_some();
        let tiers = tiers::one_or_more(f, "rate", has_sum.then_some(Share::percent(0)), into);
        let share = RevenueShare {
            base,
            of,
            sellers,
            accounting,
            deductions,
            deductions_cap,
            baseline,
            intercompany,
            tiers: tiers?.into_iter().map(|(up_to, rate)| Tier { up_to, rate }).collect(),
            tier_mode,
            tier_measure,
            rate_set_by,
            per_unit,
            pool,
            separately,
            reductions,
            reduction_floor,
            third_party_credit,
            credit_carry_over,
            minimum_guarantees,
            advances,
            cap_per_period,
            cap_per_year,
            cap_total,
            cap_of_price,
            netting,
            period,
            payment_delay,
            if_prohibited,
            renegotiated,
        };
        share.check(f, into);
        Some(share)
    }

    /// Every amount the share counts in: all of one currency.
    pub fn amounts(&self) -> impl Iterator<Item = Money> + '_ {
        let tiers = self.tiers.iter().filter_map(|tier| tier.up_to);
        let caps = [self.baseline, self.cap_per_period, self.cap_per_year, self.cap_total];
        let pool = self.pool.iter().filter_map(|pool| pool.amount);
        let units = self.per_unit.iter().map(|unit| unit.amount);
        let guarantees = self.minimum_guarantees.iter().map(|guarantee| guarantee.amount);
        let advances = self.advances.iter().map(|advance| advance.amount);
        let reductions = self.reductions.iter().filter_map(|reduction| reduction.once_paid);
        let caps = caps.into_iter().flatten();
        tiers
            .chain(caps)
            .chain(pool)
            .chain(units)
            .chain(guarantees)
            .chain(advances)
            .chain(reductions)
    }

    /// It counts in one currency, and the last tier has no end.
    fn check(&self, f: &Fields<'_>, into: &mut Collected) {
        currency::expect_one(f, self.amounts(), into);
        if self.tiers.last().is_some_and(|tier| tier.up_to.is_some()) {
            let place = f.origin().label("ends with a closed tier");
            let message = format!("{} does not say what is due above its last tier", f.title);
            let finding = Finding::error("charter::tier::order", message, place);
            into.findings.push(finding.help("leave `up_to` out of the last tier"));
        }
    }
}

/// What is taken off. Source of the default: domain rules §1.10.
fn deductions(f: &mut Fields<'_>, base: Base) -> Vec<Deduction> {
    match base {
        Base::Net => {
            f.or("deductions", vec![Deduction::Taxes, Deduction::Refunds, Deduction::Processing])
        }
        Base::Gross => {
            let deductions: Vec<Deduction> = f.optional("deductions").unwrap_or_default();
            if !deductions.is_empty() {
                let place = f.origin_of("deductions").label("taken off what is gross");
                let message = format!("{} deducts from gross revenue", f.title);
                f.findings.push(
                    Finding::error("charter::revenue-share::deductions", message, place)
                        .help("write `base = net`, or leave the deductions out"),
                );
            }
            deductions
        }
        _ => f.optional("deductions").unwrap_or_default(),
    }
}

fn per_unit(f: &mut Fields<'_>) -> Option<PerUnit> {
    let amount: Option<Money> = f.optional("per_unit");
    let unit: Option<String> = f.optional("unit");
    if amount.is_none() && unit.is_some() {
        let place = f.origin_of("unit").label("nothing is due for it");
        let message = format!("{} names a `unit` and no sum for it", f.title);
        let finding = Finding::error("charter::value::missing", message, place);
        f.findings.push(finding.help("add `per_unit = \"USD 5\"`"));
    }
    Some(PerUnit { amount: amount?, unit: unit.unwrap_or_else(|| "unit sold".to_string()) })
}

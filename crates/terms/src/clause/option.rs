use super::appraisal::{self, Appraisal};
use super::first_right::{Expense, NoticeForm, OnExercise, WaiverScope, conditions};
use super::right_of_first_refusal::PartialExercise;
use crate::fields::{Collected, Fields};
use crate::registry::Entry;
use crate::value::words;
use crate::{Duration, Finding, Money, Name, Share};

words! {
    /// Which way an option goes.
    pub enum OptionSide {
        /// The holder may take.
        Call = "call",
        /// The holder may make the grantor take.
        Put = "put",
    }
}

words! {
    /// What the grantor may not do with others while the option is open.
    pub enum OptionStandstill {
        /// Nothing: it is free.
        None = "none",
        /// Grant them anything that outlasts the option.
        Lasting = "lasting",
        /// Deal with them in it at all.
        All = "all",
    }
}

words! {
    /// What is paid for what an option takes.
    pub enum OptionPrice {
        /// What both agree on, or what the terms exercised say.
        Agreed = "agreed",
        /// What a willing buyer would pay.
        FairMarketValue = "fair_market_value",
        /// What it cost the grantor.
        Cost = "cost",
        /// What it cost the grantor, less depreciation.
        DepreciatedCost = "depreciated_cost",
        /// Its value in the books at the last month's end.
        BookValue = "book_value",
        /// What its value in the books grew by since the agreement took effect.
        BookValueGrowth = "book_value_growth",
        /// What was first paid for it.
        IssuePrice = "issue_price",
        /// The exercise price.
        Fixed = "fixed",
        /// What another provision of the agreement says.
        Formula = "formula",
        /// Nothing.
        Nothing = "nothing",
    }
}

words! {
    /// Which of several prices counts.
    pub enum PriceRule {
        /// The lowest.
        Lowest = "lowest",
        /// The highest.
        Highest = "highest",
        /// The one the holder chooses.
        HolderElects = "holder_elects",
    }
}

words! {
    /// What is taken off the price.
    pub enum SetOff {
        /// What the grantor owes the holder.
        AmountsOwed = "amounts_owed",
        /// What the appraisal cost.
        AppraisalCosts = "appraisal_costs",
    }
}

words! {
    /// What the time to close is counted from.
    pub enum CloseFrom {
        /// The exercise.
        Exercise = "exercise",
        /// The day the option began.
        Beginning = "beginning",
        /// The end of the agreement.
        EndOfAgreement = "end_of_agreement",
    }
}

words! {
    /// How the price is paid.
    pub enum OptionPayment {
        /// In full, in money, at the closing.
        CashAtClosing = "cash_at_closing",
        /// In instalments.
        Instalments = "instalments",
        /// As both agree.
        Agreed = "agreed",
    }
}

words! {
    /// What the holder may do between exercise and closing.
    pub enum Pending {
        /// Name a manager who keeps the business going.
        AppointManager = "appoint_manager",
        /// Have the business closed, with everything left in place.
        CloseBusiness = "close_business",
    }
}

words! {
    /// What the grantor must do with what the holder did not take.
    pub enum OnLapse {
        /// Take it away in time and at its own cost, or the holder may, at the grantor's.
        Remove = "remove",
        /// Take off whatever tells it to be the holder's.
        Deidentify = "deidentify",
    }
}

/// "The holder may take it, or make the grantor take it, whenever it likes, at this price."
/// Source: domain rules §1.4 (purchase and call options).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionRight {
    /// Which way it goes.
    pub side: OptionSide,
    /// What must have occurred for the holder to exercise, all of it.
    pub subject_to: Vec<Name>,
    /// Whether the holder may exercise only while it is in no material breach.
    pub while_not_in_breach: bool,
    /// How long a breach may be cured after notice where the option begins or ends on it.
    pub cure: Option<Duration>,
    /// Whether only the holder has it.
    pub exclusive: bool,
    /// What the grantor may not do meanwhile.
    pub standstill: OptionStandstill,
    /// How long after it began the holder may exercise; as long as the clause holds unless stated.
    pub exercise_window: Option<Duration>,
    /// How long before what it is about the holder must exercise.
    pub notice_before: Option<Duration>,
    /// Whom the holder must tell at the same time, beside the grantor.
    pub notice_to: Vec<Name>,
    /// In what form.
    pub notice_form: NoticeForm,
    /// What the holder's notice must have.
    pub notice_contains: Vec<Name>,
    /// What the grantor gives the holder to consider, if asked.
    pub information_on_request: Vec<Name>,
    /// What the holder gives up by not exercising.
    pub waiver_scope: WaiverScope,
    /// Whether an exercise reaches everything of the kind, what comes later too.
    pub reaches_all: bool,
    /// What follows.
    pub on_exercise: OnExercise,
    /// How much the holder may take.
    pub partial_exercise: PartialExercise,
    /// The part of the whole that all of it is.
    pub interest: Option<Share>,
    /// Whether the grantor says how much it is, within the scope.
    pub grantor_sets_quantity: bool,
    /// Whether the holder may have somebody it names take its place.
    pub designee: bool,
    /// Whether the grantor makes others perform too who hold it or should take it.
    pub procures: bool,
    /// What is paid.
    pub price: Vec<OptionPrice>,
    /// The price, where it is fixed.
    pub exercise_price: Option<Money>,
    /// The part of the price that is paid.
    pub price_share: Share,
    /// What is paid for exercising, beside the price.
    pub exercise_fee: Option<Money>,
    /// Which counts, of several.
    pub price_rule: PriceRule,
    /// The least that is paid, whatever it comes to.
    pub price_floor: Option<Money>,
    /// Over how long cost is written down, in equal parts.
    pub depreciated_over: Option<Duration>,
    /// The part of the cost that is fair market value once it is written down.
    pub depreciated_floor: Option<Share>,
    /// Whether goodwill and the like have no value here.
    pub goodwill_excluded: bool,
    /// Who sets a value both cannot agree on.
    pub appraisal: Option<Appraisal>,
    /// What is taken off.
    pub set_off: Vec<SetOff>,
    /// How it is paid.
    pub payment: OptionPayment,
    /// The earliest closing after the exercise; the holder's notice says the day.
    pub close_after: Option<Duration>,
    /// The latest closing.
    pub close_within: Duration,
    /// Counted from when.
    pub close_from: CloseFrom,
    /// What must have occurred, or been waived by the party it protects, for the closing.
    pub closing_subject_to: Vec<Name>,
    /// What must be handed over or done by the closing.
    pub deliverables: Vec<Name>,
    /// Who pays taxes on the transfer.
    pub transfer_taxes: Option<Expense>,
    /// Whether the holder may have it closed in escrow while something is unsettled.
    pub escrow: bool,
    /// What comes off the price if the closing is late because the grantor was not diligent.
    pub late_reduction: Option<Share>,
    /// And for each month after.
    pub late_reduction_monthly: Option<Share>,
    /// What the holder may do until the closing.
    pub pending: Vec<Pending>,
    /// What the grantor must do if the holder does not exercise.
    pub on_lapse: Vec<OnLapse>,
    /// Whether the holder keeps every other remedy.
    pub cumulative: bool,
}

impl OptionRight {
    pub(super) fn read(f: &mut Fields<'_>, into: &mut Collected) -> OptionRight {
        let right = OptionRight {
            side: f.or("side", OptionSide::Call),
            subject_to: conditions(f, "subject_to", into),
            while_not_in_breach: f.or("while_not_in_breach", false),
            cure: f.optional("cure"),
            exclusive: f.or("exclusive", true),
            standstill: f.or("standstill", OptionStandstill::None),
            exercise_window: f.optional("exercise_window"),
            notice_before: f.optional("notice_before"),
            notice_to: f.named_list("notice_to", &[Entry::Party]),
            notice_form: f.or("notice_form", NoticeForm::Written),
            notice_contains: f.optional("notice_contains").unwrap_or_default(),
            information_on_request: f.optional("information_on_request").unwrap_or_default(),
            waiver_scope: f.or("waiver_scope", WaiverScope::Case),
            reaches_all: f.or("reaches_all", false),
            on_exercise: f.or("on_exercise", OnExercise::Deal),
            partial_exercise: f.or("partial_exercise", PartialExercise::None),
            interest: f.optional("interest"),
            grantor_sets_quantity: f.or("grantor_sets_quantity", false),
            designee: f.or("designee", false),
            procures: f.or("procures", false),
            price: f.or("price", vec![OptionPrice::Agreed]),
            exercise_price: f.optional("exercise_price"),
            price_share: f.or("price_share", Share::percent(100)),
            exercise_fee: f.optional("exercise_fee"),
            price_rule: f.or("price_rule", PriceRule::Lowest),
            price_floor: f.optional("price_floor"),
            depreciated_over: f.optional("depreciated_over"),
            depreciated_floor: f.optional("depreciated_floor"),
            goodwill_excluded: f.or("goodwill_excluded", false),
            appraisal: appraisal::read(f, into),
            set_off: f.optional("set_off").unwrap_or_default(),
            payment: f.or("payment", OptionPayment::CashAtClosing),
            close_after: f.optional("close_after"),
            close_within: f.or("close_within", Duration::days(60)),
            close_from: f.or("close_from", CloseFrom::Exercise),
            closing_subject_to: conditions(f, "closing_subject_to", into),
            deliverables: f.optional("deliverables").unwrap_or_default(),
            transfer_taxes: f.optional("transfer_taxes"),
            escrow: f.or("escrow", false),
            late_reduction: f.optional("late_reduction"),
            late_reduction_monthly: f.optional("late_reduction_monthly"),
            pending: f.optional("pending").unwrap_or_default(),
            on_lapse: f.optional("on_lapse").unwrap_or_default(),
            cumulative: f.or("cumulative", true),
        };
        right.check(f);
        right
    }

    /// A price that needs a number has one, and no number stands there for another price.
    fn check(&self, f: &mut Fields<'_>) {
        let pairs = [
            (OptionPrice::DepreciatedCost, "depreciated_over", self.depreciated_over.is_some()),
            (OptionPrice::Fixed, "exercise_price", self.exercise_price.is_some()),
        ];
        for (price, name, said) in pairs {
            let message = match (self.price.contains(&price), said) {
                (true, false) => format!("{} does not say its `{name}`", f.title),
                (false, true) => format!("{} says its `{name}`, but not that it counts", f.title),
                _ => continue,
            };
            let place = f.origin_of(if said { name } else { "price" }).label("alone");
            let finding = Finding::error("charter::option::price", message, place);
            f.findings.push(finding.help(format!("`price = {price}` and `{name}` go together")));
        }
    }
}

//! What the process makes of each parameter of a right: the room that acts on it, or why none does.
//!
//! A test reads the parameters from the readers of the language themselves, so that one that is added
//! there has to be placed here; and it looks for each in the room that is named.

/// What becomes of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A source file of the workspace's crates acts on it.
    ActedOn(&'static str),
    /// Nothing acts on it, because of this.
    LeftAside(&'static str),
}
use Use::{ActedOn, LeftAside};

/// The kinds of clauses that a round of offers rests on.
pub const KINDS: [&str; 5] = [
    "right_of_first_refusal",
    "right_of_first_offer",
    "right_of_first_negotiation",
    "exclusivity",
    "liquidated_damages",
];

/// What every clause says.
const COMMON: &[(&str, Use)] = &[
    ("grantor", ActedOn("sourcing/src/delivery.rs")),
    ("holder", ActedOn("sourcing/src/screening.rs")),
    ("from", ActedOn("terms/src/in_force.rs")),
    ("until", ActedOn("terms/src/in_force.rs")),
    ("survival", ActedOn("sourcing/src/screening.rs")),
    ("assignable", ActedOn("sourcing/src/command/assign.rs")),
    ("replaces", ActedOn("terms/src/compile/lineage.rs")),
];

const FIRST_RIGHT: &[(&str, Use)] = &[
    ("mode", ActedOn("sourcing/src/command/notify.rs")),
    ("trigger", ActedOn("sourcing/src/command/notify.rs")),
    ("subject_to", ActedOn("sourcing/src/screening.rs")),
    ("cure", LeftAside("whether a breach was cured in time is for the decision-maker to say")),
    ("procures", LeftAside("what others do is no part of a case until they are party to it")),
    ("notice_within", ActedOn("sourcing/src/command/notify.rs")),
    ("notice_before", ActedOn("sourcing/src/release.rs")),
    (
        "changes_notified",
        LeftAside(
            "every change of what is before a holder is shown to it, whatever the clause says",
        ),
    ),
    ("notice_form", LeftAside("whatever is entered here is in writing, which every form allows")),
    (
        "notice_contains",
        LeftAside(
            "a notice holds the terms; other documents travel outside, and their want is said \
                   by asking for documents",
        ),
    ),
    (
        "information_on_request",
        LeftAside(
            "a holder asks for documents, whichever it wants; whether it may have them is for \
                   the decision-maker",
        ),
    ),
    ("identity_disclosure", ActedOn("sourcing/src/disclosure.rs")),
    ("clock_starts", ActedOn("sourcing/src/round.rs")),
    ("cutoff_time", ActedOn("sourcing/src/command.rs")),
    ("exercisable", ActedOn("sourcing/src/command/exercise.rs")),
    ("standstill", ActedOn("sourcing/src/command/bid.rs")),
    ("bona_fide", ActedOn("sourcing/src/command/present.rs")),
    ("deposit", ActedOn("sourcing/src/command/present.rs")),
    ("response_window", ActedOn("sourcing/src/round.rs")),
    ("silence_means", ActedOn("sourcing/src/release.rs")),
    ("match_standard", ActedOn("sourcing/src/command/match_offer.rs")),
    ("cash_substitution", ActedOn("sourcing/src/command/match_offer.rs")),
    ("fee_deduction", ActedOn("sourcing/src/command/match_offer.rs")),
    ("credit_deemed_equal", ActedOn("sourcing/src/command/match_offer.rs")),
    ("partial_exercise", ActedOn("sourcing/src/command/exercise.rs")),
    ("package_rule", ActedOn("sourcing/src/command/match_offer.rs")),
    ("multi_holder", ActedOn("sourcing/src/screening.rs")),
    ("weight", ActedOn("sourcing/src/round.rs")),
    ("over_allotment", ActedOn("sourcing/src/round.rs")),
    ("ranks_after", ActedOn("sourcing/src/screening.rs")),
    (
        "on_exercise",
        LeftAside(
            "an exercise binds both, and both sign what follows from it; `holder_terms` says \
                   whether there is something to take",
        ),
    ),
    ("holder_terms", ActedOn("sourcing/src/right.rs")),
    ("designee", ActedOn("sourcing/src/command/exercise.rs")),
    ("expense", LeftAside("no money moves here; it is of the definitive agreement")),
    ("in_name_of", LeftAside("it is of the definitive agreement")),
    ("holder_provides", LeftAside("it is of the definitive agreement")),
    (
        "included_at_least",
        LeftAside("items of an agreement are not counted here, accelerators are"),
    ),
    ("included_at_most", LeftAside("items of an agreement are not counted here, accelerators are")),
    (
        "closing_subject_to",
        LeftAside(
            "that both have signed shows that it has occurred, or that whom it protects has \
                   waived it",
        ),
    ),
    ("negotiation_window", ActedOn("sourcing/src/command/interest.rs")),
    ("negotiation_starts", ActedOn("sourcing/src/command/interest.rs")),
    ("may_revise", ActedOn("sourcing/src/command/counter.rs")),
    ("credits_at_par", ActedOn("sourcing/src/command/bid.rs")),
    ("close_after", ActedOn("sourcing/src/closing.rs")),
    ("close_within", ActedOn("sourcing/src/closing.rs")),
    ("match_window", ActedOn("sourcing/src/command/present.rs")),
    ("withdrawn_offer", ActedOn("sourcing/src/command/withdraw_offer.rs")),
    ("free_window", ActedOn("sourcing/src/release.rs")),
    ("free_terms_limit", ActedOn("sourcing/src/limit.rs")),
    ("free_terms_tolerance", ActedOn("sourcing/src/limit.rs")),
    ("free_window_starts", ActedOn("sourcing/src/release.rs")),
    ("same_third_party", ActedOn("sourcing/src/release.rs")),
    ("renotice", ActedOn("sourcing/src/release.rs")),
    ("reoffer_on", ActedOn("sourcing/src/limit.rs")),
    ("waiver_scope", ActedOn("sourcing/src/book.rs")),
    ("consent_still_needed", ActedOn("sourcing/src/command/award.rs")),
    ("transfer_fee", LeftAside("no money moves here")),
    (
        "frees_entirely",
        LeftAside(
            "once a part is free nothing but the first rights it is pinned to is asked anyway",
        ),
    ),
    ("effect_of_breach", ActedOn("sourcing/src/command/detect.rs")),
    ("exempt_short_term", ActedOn("sourcing/src/exemption.rs")),
    ("exempt_repeat", ActedOn("sourcing/src/exemption.rs")),
    ("exempt_below", ActedOn("sourcing/src/exemption.rs")),
    ("exempt_affiliates", ActedOn("sourcing/src/exemption.rs")),
    (
        "appraisal",
        LeftAside(
            "an offer names its expert; whether it is the right one is for the \
                   decision-maker",
        ),
    ),
];

const MEASURED: Use = LeftAside("a share of requirements is measured outside");
const ABLE: Use = LeftAside(
    "whether the holder is able, or its price is met, is not known here: it consents, or the \
     decision-maker rules",
);

const EXCLUSIVITY: &[(&str, Use)] = &[
    ("requirement_pct", ActedOn("rights/src/facts.rs")),
    ("metric", MEASURED),
    ("measured_per", MEASURED),
    ("minimum_to_keep", MEASURED),
    ("binds_grantor_too", ActedOn("rights/src/prohibition.rs")),
    ("capability_condition", ABLE),
    ("suspension_on_failure", ABLE),
    ("cover", ABLE),
    ("price_match_condition", ABLE),
    ("standard", ABLE),
    ("determined_by", ABLE),
];

const DELIVERY: Use = ActedOn("sourcing/src/delivery.rs");
const LOT: Use = ActedOn("sourcing/src/lot.rs");
const NOT_COMPUTED: Use = LeftAside("damages that rest on it are not computed");
const CLAIM: Use = LeftAside("how they are claimed and paid is not for this process");

const DAMAGES: &[(&str, Use)] = &[
    ("trigger", DELIVERY),
    ("rate", DELIVERY),
    ("of", DELIVERY),
    ("counted", DELIVERY),
    ("every", DELIVERY),
    ("at_most", DELIVERY),
    ("against", DELIVERY),
    ("event", DELIVERY),
    ("unless", DELIVERY),
    ("threshold", DELIVERY),
    ("up_to", DELIVERY),
    ("minimum", DELIVERY),
    ("maximum", DELIVERY),
    ("runs_from", DELIVERY),
    ("grace", DELIVERY),
    ("cure", DELIVERY),
    ("whole_periods", DELIVERY),
    ("cap", DELIVERY),
    ("ends", DELIVERY),
    ("slip", ActedOn("sourcing/src/command/slip.rs")),
    ("sole_remedy", LOT),
    ("unit", LeftAside("accelerators are counted")),
    ("excused_by", LeftAside("the customer says what excuses a delay, and for how long")),
    ("look_back", NOT_COMPUTED),
    ("under", NOT_COMPUTED),
    ("promised", NOT_COMPUTED),
    ("window", NOT_COMPUTED),
    ("alternative", NOT_COMPUTED),
    ("tier", NOT_COMPUTED),
    ("combination", NOT_COMPUTED),
    ("election", NOT_COMPUTED),
    ("breach_of", LeftAside("it is of damages for other breaches than delay")),
    ("expenses", CLAIM),
    ("not_a_penalty", CLAIM),
    ("outside_liability_limits", CLAIM),
    ("written_demand", CLAIM),
    ("payment_delay", CLAIM),
    ("paid_from", CLAIM),
    ("notice", CLAIM),
    ("termination", CLAIM),
    ("suspension", CLAIM),
];

/// What the process makes of a parameter of a kind of clause; none where that is not for it to say.
pub fn parameter(kind: &str, name: &str) -> Option<Use> {
    let own = match kind {
        "right_of_first_refusal" | "right_of_first_offer" | "right_of_first_negotiation" => {
            FIRST_RIGHT
        }
        "exclusivity" => EXCLUSIVITY,
        "liquidated_damages" => DAMAGES,
        _ => return None,
    };
    let mut known = COMMON.iter().chain(own);
    known.find(|(known, _)| *known == name).map(|(_, becomes)| *becomes)
}

/// What a kind of clause says that a round of offers leaves aside, as a section of a page; nothing where
/// it leaves nothing aside, or the kind is not one it rests on.
pub fn left_aside(kind: &str) -> Option<String> {
    let shapes = terms::reference::shapes(kind);
    let outer = shapes.last()?;
    let attributes = outer.attributes.iter().map(|asked| asked.name);
    let names = attributes.chain(outer.blocks.iter().map(|block| block.word));
    let rows: Vec<String> = names
        .filter_map(|name| match parameter(kind, name)? {
            LeftAside(because) => Some(format!("- `{name}`: {because}.")),
            ActedOn(_) => None,
        })
        .collect();
    let head = "## What sourcing leaves aside\n\nIt is read, checked and shown, and no step of a \
                case turns on it:";
    (!rows.is_empty()).then(|| format!("{head}\n\n{}\n", rows.join("\n")))
}

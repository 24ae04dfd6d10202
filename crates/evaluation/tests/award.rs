//! Who is awarded how much, and who comes first among equals.
#![allow(clippy::unwrap_used)]

mod common;

use common::{buyer, decimal, economics, offer, x, xyz};
use evaluation::{
    Comparison, Economics, Invalid, Method, Offer, Reason, Row, TieBreak, Unscored, Warning,
    compare,
};
use rust_decimal::Decimal;

fn flat(number: u32, accelerators: u64, price: &str, minimum: u64) -> Offer {
    Offer { minimum, ..offer(number, economics(&[(12, accelerators)], price, "0"), 0) }
}

fn levelised(offers: &[Offer], ties: &[TieBreak]) -> Comparison {
    compare(&buyer(Method::LevelisedPrice), offers, ties, &[7; 32]).unwrap()
}

fn awards(compared: &Comparison) -> Vec<(u32, u64)> {
    compared.rows.iter().map(|row| (row.number, row.awarded)).collect()
}

fn row(compared: &Comparison, number: u32) -> &Row {
    compared.rows.iter().find(|row| row.number == number).unwrap()
}

#[test]
fn the_best_is_filled_first_and_the_last_gets_the_rest() {
    let rest = |left| Reason::BelowMinimum { left, minimum: 500 };
    for (minimum, expected, last, left) in [
        (0, 400, Reason::TheRest { offered: 700 }, 0),
        (400, 400, Reason::TheRest { offered: 700 }, 0),
        (500, 0, rest(400), 400),
    ] {
        let compared = levelised(&[flat(1, 700, "2.2", minimum), flat(2, 600, "2.1", 600)], &[]);
        assert_eq!(awards(&compared), [(2, 600), (1, expected)]);
        assert_eq!(row(&compared, 2).reason, Reason::InFull);
        assert_eq!(row(&compared, 1).reason, last);
        assert_eq!(compared.left, left);
    }
}

#[test]
fn a_skipped_offer_leaves_the_rest_to_a_worse_one() {
    let offers = [flat(1, 600, "2.1", 600), flat(2, 700, "2.2", 700), flat(3, 300, "2.5", 1)];
    let compared = levelised(&offers, &[]);
    assert_eq!(awards(&compared), [(1, 600), (2, 0), (3, 300)]);
    assert_eq!(compared.left, 100);
}

fn warnings(basis: &evaluation::Basis, offers: &[Offer]) -> Vec<Warning> {
    compare(basis, offers, &[], &[0; 32]).unwrap().warnings
}

#[test]
fn an_award_dearer_than_cover_is_pointed_out() {
    // Elsewhere an hour costs $3.00.
    let basis = buyer(Method::CostToCover);
    let [good, equal, dear] =
        [flat(1, 600, "2.1", 600), flat(2, 300, "3", 0), flat(3, 100, "3.01", 0)];
    let found = warnings(&basis, &[good.clone(), equal.clone(), dear.clone()]);
    assert_eq!(found[0], Warning::WorseThanCover { numbers: vec![3] });
    assert!(
        matches!(&found[1], Warning::BetterTogether { awards, .. } if *awards == [(1, 600)]),
        "{found:?}"
    );
    assert_eq!(warnings(&basis, &[good, equal]), []);
    // What is not awarded is no danger.
    assert_eq!(warnings(&basis, &[flat(1, 1_000, "2.1", 0), dear]), []);
    // A seller who can sell the rest at $3.00 loses by taking less.
    let seller = common::seller(Method::CostToCover, 12);
    let found = warnings(&seller, &[flat(1, 600, "3.1", 0), flat(2, 300, "2.9", 0)]);
    assert_eq!(found[0], Warning::WorseThanCover { numbers: vec![2] });
}

#[test]
fn small_offers_that_serve_better_together_are_pointed_out() {
    // Alone the large one covers most; with the small ones only a part of it is needed.
    let offers = [flat(1, 1_000, "2.4", 0), flat(2, 400, "1.9", 0), flat(3, 400, "1.8", 0)];
    let compared = compare(&buyer(Method::CostToCover), &offers, &[], &[0; 32]).unwrap();
    assert_eq!(awards(&compared), [(1, 1_000), (3, 0), (2, 0)]);
    let awards = vec![(1, 200), (2, 400), (3, 400)];
    // 730 h × a(12) × (200 × 2.40 + 400 × 1.90 + 400 × 1.80)
    let (cost, instead_of) = (decimal("16103764.85"), decimal("19718895.73"));
    assert_eq!(compared.warnings, [Warning::BetterTogether { awards, cost, instead_of }]);
    assert_eq!(
        compared.warnings[0].to_string(),
        "200 of offer 1, 400 of offer 2, 400 of offer 3 would cover the need for 16103764.85 instead \
         of 19718895.73"
    );
    // 400 that stand for 320 leave 80 to be covered: 400 × 1.70 + 600 × 2.40 + 80 × 3.00.
    let mut slower = [flat(1, 1_000, "2.4", 0), flat(2, 400, "1.7", 0)];
    slower[1].economics.effectiveness = decimal("0.8");
    let awards = vec![(1, 600), (2, 400)];
    let cost = decimal("19390247.47");
    assert_eq!(
        warnings(&buyer(Method::CostToCover), &slower),
        [Warning::BetterTogether { awards, cost, instead_of }]
    );
    // By the price of an hour they come first anyway.
    let compared = levelised(&offers, &[]);
    assert_eq!(compared.rows.iter().map(|row| row.awarded).collect::<Vec<_>>(), [400, 400, 200]);
    assert_eq!(compared.warnings, []);
}

#[test]
fn what_has_no_score_comes_last_and_gets_nothing() {
    let nothing = offer(1, economics(&[(12, 0)], "1", "0"), 0);
    let never = offer(2, Economics { periods: Vec::new(), ..x() }, 0);
    let compared = levelised(&[nothing.clone(), never.clone(), flat(3, 10, "2", 0)], &[]);
    assert_eq!(awards(&compared), [(3, 10), (1, 0), (2, 0)]);
    assert_eq!(row(&compared, 1).reason, Reason::DeliversNothing);
    assert_eq!(row(&compared, 1).breakdown.levelised_price, None);

    // By cost to cover it has a score: all of the need is covered elsewhere.
    let compared = compare(&buyer(Method::CostToCover), &[never], &[], &[0; 32]).unwrap();
    assert_eq!(compared.rows[0].standing.score().unwrap().value, decimal("3"));
    assert_eq!((compared.rows[0].awarded, compared.left), (0, 1_000));

    let formula = Method::Formula("minimise money / (short_hours - short_hours)".parse().unwrap());
    let compared = compare(&buyer(formula), &xyz(), &[], &[0; 32]).unwrap();
    let unscored = Reason::NotScored(Unscored::DividesByZero);
    assert!(compared.rows.iter().all(|row| row.reason == unscored && row.awarded == 0));
}

#[test]
fn no_offers_are_awarded_nothing() {
    let compared = levelised(&[], &TieBreak::ALL);
    assert_eq!((compared.rows.len(), compared.left), (0, 1_000));
}

#[test]
fn scores_are_equal_to_six_places() {
    // By M4 the difference is exactly what the prices say.
    let a_little = |up_front: &str| offer(1, economics(&[(12, 1_000)], "2", up_front), 0);
    let dear = offer(2, economics(&[(12, 1_000)], "2", "0"), 0);
    let first = |up_front| levelised(&[a_little(up_front), dear.clone()], &[TieBreak::HolderWins]);
    assert_eq!(first("4").rows[0].standing, first("4").rows[1].standing, "half of 10^-6 is more");
    assert_eq!(first("5").rows[0].number, 2);
}

#[test]
fn each_tie_break_parts_equals_by_its_own_question() {
    let plain = || flat(1, 1_000, "2", 0);
    let favoured = [
        (TieBreak::HolderWins, Offer { holder: true, ..flat(2, 1_000, "2", 0) }),
        // Nine tenths of the accelerators, each worth two: less is paid, and nothing is to be covered.
        (TieBreak::CostToCover, {
            let mut better = flat(2, 900, "2", 0);
            better.economics.effectiveness = decimal("2");
            better
        }),
        (TieBreak::HigherQuantity, flat(2, 1_001, "2", 0)),
        (TieBreak::EarlierReceipt, {
            let received = plain().received - jiff::SignedDuration::from_secs(301);
            Offer { received, ..flat(2, 1_000, "2", 0) }
        }),
    ];
    for (rule, better) in favoured {
        let compared = levelised(&[plain(), better.clone()], &[rule]);
        assert_eq!(compared.rows[0].standing, compared.rows[1].standing, "{rule}");
        assert_eq!(compared.rows[0].number, 2, "{rule}");
        assert_eq!(compared.rows[0].ties, [rule]);
    }
}

#[test]
fn a_shorter_term_counts_only_at_equal_present_value() {
    let offers = [flat(1, 1_000, "2", 0), offer(2, economics(&[(6, 1_000)], "2", "0"), 0)];
    let compared = levelised(&offers, &[TieBreak::ShorterTerm]);
    assert_eq!(compared.rows[0].ties, [TieBreak::Lottery]);
}

#[test]
fn a_seller_breaks_a_tie_by_what_it_earns_in_all() {
    // What it does not sell fetches $3.00 elsewhere.
    let offers = [flat(1, 1_000, "2", 0), flat(2, 500, "2", 0)];
    let seller = common::seller(Method::LevelisedPrice, 12);
    let compared = compare(&seller, &offers, &[TieBreak::CostToCover], &[0; 32]).unwrap();
    assert_eq!(compared.rows[0].number, 2);
}

#[test]
fn receipts_within_five_minutes_of_the_first_are_as_early() {
    let at = |number: u32, minute: i64| offer(number, x(), minute);
    let order = |offers: &[Offer]| -> Vec<u32> {
        levelised(offers, &[TieBreak::EarlierReceipt]).rows.iter().map(|row| row.number).collect()
    };
    // Six minutes are later; ten after the first is later though five after the second.
    assert_eq!(order(&[at(1, 6), at(2, 0)]), [2, 1]);
    let chain = order(&[at(1, 10), at(2, 5), at(3, 0)]);
    assert_eq!(chain[2], 1);
    let compared = levelised(&[at(1, 5), at(2, 0)], &[TieBreak::EarlierReceipt]);
    assert_eq!(compared.rows[0].ties, [TieBreak::Lottery]);
}

#[test]
fn an_improvement_round_is_asked_for_only_where_it_matters() {
    let ties = [TieBreak::ImprovementRound, TieBreak::EarlierReceipt];
    let contested = levelised(&[flat(1, 600, "2", 0), flat(2, 600, "2", 0)], &ties);
    assert_eq!(contested.improvement_rounds, [vec![1, 2]]);
    let enough = levelised(&[flat(1, 500, "2", 0), flat(2, 500, "2", 0)], &ties);
    assert!(enough.improvement_rounds.is_empty());
    let too_late =
        levelised(&[flat(1, 600, "2", 0), flat(2, 600, "2", 0), flat(3, 1_000, "1", 0)], &ties);
    assert!(too_late.improvement_rounds.is_empty());
}

#[test]
fn pro_rata_is_for_those_that_accept_a_part() {
    let offers = [flat(1, 600, "2", 600), flat(2, 600, "2", 0), flat(3, 600, "2", 100)];
    let compared = levelised(&offers, &[TieBreak::ProRata]);
    assert_eq!(awards(&compared), [(2, 500), (3, 500), (1, 0)]);
    let shared = Reason::Shared { with: vec![3], left: 1_000 };
    assert_eq!(row(&compared, 2).reason, shared);

    // A share at its minimum is taken.
    let offers = [flat(1, 800, "2", 500), flat(2, 800, "2", 0)];
    assert_eq!(awards(&levelised(&offers, &[TieBreak::ProRata])), [(1, 500), (2, 500)]);

    // A share below its minimum goes to the others.
    let offers = [flat(1, 800, "2", 700), flat(2, 800, "2", 0)];
    let compared = levelised(&offers, &[TieBreak::ProRata]);
    assert_eq!(row(&compared, 1).awarded, 0);
    assert_eq!(row(&compared, 1).reason, Reason::BelowMinimum { left: 500, minimum: 700 });
    assert_eq!(row(&compared, 2).awarded, 800);
}

#[test]
fn the_lottery_is_the_same_for_a_seed_and_fair_over_seeds() {
    let offers = [flat(1, 1_000, "2", 0), flat(2, 1_000, "2", 0), flat(3, 1_000, "2", 0)];
    let basis = buyer(Method::LevelisedPrice);
    let winner = |seed: u8, offers: &[Offer]| {
        compare(&basis, offers, &[TieBreak::Lottery], &[seed; 32]).unwrap().rows[0].number
    };
    let mut wins = [0; 3];
    for seed in 0..=255 {
        let number = winner(seed, &offers);
        wins[number as usize - 1] += 1;
        // A loser who had not bid would have changed nothing.
        let without: Vec<Offer> =
            offers.iter().filter(|o| o.number == number || o.number % 2 == 0).cloned().collect();
        assert!(without.len() < 2 || winner(seed, &without) == number);
    }
    assert!(wins.iter().all(|&wins| wins > 60), "{wins:?}");
}

#[test]
fn what_cannot_be_computed_is_refused_with_its_remedy() {
    let with = |change: fn(&mut Offer)| {
        let mut offers = xyz();
        change(&mut offers[1]);
        compare(&buyer(Method::CostToCover), &offers, &[], &[0; 32]).unwrap_err().to_string()
    };
    for (refused, said) in [
        (
            with(|offer| offer.economics.periods[4].price = decimal("-1")),
            "offer 2: a price is -1; it must not be below 0: state a rebate as a lower price",
        ),
        (
            with(|offer| offer.economics.periods[4].price = decimal("1.0000001")),
            "offer 2: a price is 1.0000001; round it to 6 decimal places",
        ),
        (
            with(|offer| offer.economics.up_front = decimal("-0.01")),
            "offer 2: the up-front payment is -0.01; it must not be below 0: state a rebate as a \
             lower price",
        ),
        (
            with(|offer| offer.economics.effectiveness = decimal("-1")),
            "offer 2: the effectiveness is -1; it must be from 0 to 1000",
        ),
        (
            with(|offer| offer.economics = economics(&[(13, 1)], "2", "0")),
            "offer 2: it delivers in 13 months, but the need has 12; add months to the need, with 0 \
             accelerators where nothing is needed, so that their hours are known",
        ),
        (
            with(|offer| offer.minimum = 1_001),
            "offer 2: it takes no fewer than 1001 accelerators but has only 1000; lower the minimum",
        ),
        (with(|offer| offer.number = 1), "two offers have the number 1; number them apart"),
    ] {
        assert_eq!(refused, said);
    }
    let need = |change: fn(&mut evaluation::Basis)| {
        let mut basis = buyer(Method::CostToCover);
        change(&mut basis);
        compare(&basis, &[], &[], &[0; 32]).unwrap_err()
    };
    assert_eq!(need(|basis| basis.need.periods.clear()), Invalid::NoNeed);
    let no_hours = |basis: &mut evaluation::Basis| {
        basis.need.periods.iter_mut().for_each(|period| period.hours = Decimal::ZERO);
    };
    assert_eq!(need(no_hours), Invalid::NoNeed);
    let for_ever = |basis: &mut evaluation::Basis| basis.need = common::need(601);
    assert_eq!(need(for_ever), Invalid::TooLong { periods: 601 });
}

#[test]
fn absurd_magnitudes_neither_overflow_nor_hang() {
    let mut basis = buyer(Method::CostToCover);
    basis.need = common::need(Invalid::MOST_PERIODS);
    basis.discount = evaluation::Discount::Annual(decimal("0.12345677"));
    let absurd = Economics {
        up_front: Decimal::MAX,
        ..economics(&[(Invalid::MOST_PERIODS, u64::MAX)], "79228162514264337593543.950335", "0")
    };
    let refused = basis.evaluate(&absurd).unwrap_err();
    assert!(matches!(refused, Invalid::TooLarge { .. }), "{refused}");

    let long = economics(&[(Invalid::MOST_PERIODS, 1_000_000_000)], "1234567.654321", "0");
    let term = ["present_value * present_hours * cover_cost"; 8].join(" / ");
    basis.method = Method::Formula(format!("minimise {term}").parse().unwrap());
    let standing = basis.evaluate(&long).unwrap().standing;
    assert_eq!(standing, evaluation::Standing::Unscored(Unscored::TooLarge));
}

#[test]
fn a_warning_says_what_to_do() {
    let compared = compare(&buyer(Method::NetMoney), &xyz(), &[], &[0; 32]).unwrap();
    let said: Vec<String> = compared.warnings.iter().map(Warning::to_string).collect();
    assert_eq!(
        said,
        ["the offers differ in accelerator-hours or term, so `net_money` favours the smaller; \
          compare them by `levelised_price` or `cost_to_cover`"]
    );
}

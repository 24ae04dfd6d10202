//! Laws that hold for whatever is offered.
#![allow(clippy::unwrap_used)]

mod common;

use common::{buyer, decimal, offer, one_percent};
use evaluation::{
    Basis, Delivery, Economics, Holder, HolderRule, HolderShare, Method, Offer, Reason, Side,
    TieBreak, Warning, compare, equivalent_rate, package, share,
};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use rust_decimal::Decimal;

/// Few prices, quantities and minutes, so that ties are frequent.
fn economics() -> impl Strategy<Value = Economics> {
    let cents = select(vec![190_i64, 200, 240, 310]);
    let up_front = select(vec![0_i64, 0, 0, 250_000]);
    let effectiveness = select(vec!["1", "1", "0.9", "1.25"]);
    (0..4_usize, 0..=12_usize, 0..6_u64, cents, up_front, effectiveness).prop_map(
        |(start, months, hundreds, cents, up_front, effectiveness)| {
            let price = Decimal::new(cents, 2);
            let period = |at: usize| {
                let accelerators = if at < start { 0 } else { hundreds * 150 };
                Delivery { accelerators, price }
            };
            Economics {
                up_front: up_front.into(),
                periods: (0..months).map(period).collect(),
                effectiveness: decimal(effectiveness),
            }
        },
    )
}

fn offers() -> impl Strategy<Value = Vec<Offer>> {
    let one = (economics(), 0..4_u64, any::<bool>(), 0..12_i64);
    proptest::collection::vec(one, 0..9).prop_map(|offers| {
        (1..)
            .zip(offers)
            .map(|(number, (economics, minimum, holder, minute))| {
                let minimum = economics.accelerators() * minimum / 3;
                Offer { minimum, holder, ..offer(number, economics, minute) }
            })
            .collect()
    })
}

fn basis() -> impl Strategy<Value = Basis> {
    let formula =
        "minimise max(levelised, 0)".replace("levelised", "present_value / present_hours");
    let methods = vec![
        Method::UnitRate,
        Method::NetMoney,
        Method::PresentValue,
        Method::LevelisedPrice,
        Method::CostToCover,
        Method::Formula(formula.parse().unwrap()),
    ];
    let sides = vec![Side::BuyerBurdened, Side::SellerBurdened];
    (select(sides), select(methods)).prop_map(|(side, method)| Basis { side, ..buyer(method) })
}

fn rules() -> impl Strategy<Value = Vec<TieBreak>> {
    subsequence(TieBreak::ALL.to_vec(), 0..=TieBreak::ALL.len()).prop_shuffle()
}

proptest! {
    #[test]
    fn an_award_stays_within_need_offer_and_minimum(
        basis in basis(), offers in offers(), rules in rules(), seed: [u8; 32],
    ) {
        let compared = compare(&basis, &offers, &rules, &seed).unwrap();
        let awarded: u64 = compared.rows.iter().map(|row| row.awarded).sum();
        prop_assert_eq!(awarded + compared.left, 1_000);
        prop_assert_eq!(compared.rows.len(), offers.len());
        for row in &compared.rows {
            prop_assert!(row.awarded <= row.breakdown.accelerators);
            prop_assert!(row.awarded == 0 || row.awarded >= row.minimum);
            let said = matches!(
                row.reason,
                Reason::InFull | Reason::TheRest { .. } | Reason::Shared { .. }
            );
            prop_assert_eq!(row.awarded > 0, said, "{:?}", row);
            if row.reason == Reason::NeedFilled {
                prop_assert_eq!(compared.left, 0);
            }
        }
    }

    #[test]
    fn nobody_is_passed_over_for_a_worse_offer(
        basis in basis(), offers in offers(), rules in rules(), seed: [u8; 32],
    ) {
        let compared = compare(&basis, &offers, &rules, &seed).unwrap();
        let better = |one: Decimal, other: Decimal| match compared.objective {
            evaluation::Objective::Minimise => one < other,
            evaluation::Objective::Maximise => one > other,
        };
        for skipped in compared.rows.iter().filter(|row| row.awarded == 0) {
            if matches!(skipped.reason, Reason::BelowMinimum { .. } | Reason::DeliversNothing) {
                continue;
            }
            for awarded in compared.rows.iter().filter(|row| row.awarded > 0) {
                let best = awarded.standing.score().unwrap().value;
                if let Some(score) = skipped.standing.score() {
                    prop_assert!(!better(score.value, best), "{:?} for {:?}", skipped, awarded);
                }
            }
        }
    }

    #[test]
    fn an_award_serves_as_well_as_any_offer_alone_or_says_so(
        offers in offers(), side in select(vec![Side::BuyerBurdened, Side::SellerBurdened]),
    ) {
        let basis = Basis { side, ..buyer(Method::CostToCover) };
        let compared = compare(&basis, &offers, &[], &[0; 32]).unwrap();
        let better = compared.warnings.iter().find_map(|warning| match warning {
            Warning::BetterTogether { cost, instead_of, .. } => Some((*cost, *instead_of)),
            _ => None,
        });
        let sign = if side == Side::BuyerBurdened { Decimal::ONE } else { -Decimal::ONE };
        if let Some((cost, instead_of)) = better {
            prop_assert!(cost * sign < instead_of * sign);
        }
        // Where one offer takes all that is awarded, its own figures are those of the award.
        let taken: Vec<_> = compared.rows.iter().filter(|row| row.awarded > 0).collect();
        if let ([only], None) = (&taken[..], better)
            && only.reason == Reason::InFull
        {
            for row in &compared.rows {
                if (1..=1_000).contains(&row.breakdown.accelerators) {
                    let alone = row.breakdown.cost_to_cover * sign;
                    prop_assert!(only.breakdown.cost_to_cover * sign <= alone, "{:?}", row);
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_list_changes_nothing(
        basis in basis(),
        (offers, shuffled) in offers().prop_flat_map(|offers| {
            (Just(offers.clone()), Just(offers).prop_shuffle())
        }),
        rules in rules(),
        seed: [u8; 32],
    ) {
        let one = compare(&basis, &offers, &rules, &seed).unwrap();
        prop_assert_eq!(one, compare(&basis, &shuffled, &rules, &seed).unwrap());
    }

    #[test]
    fn asking_less_never_costs_capacity(
        offers in offers(), rules in rules(), seed: [u8; 32], whose: Index,
    ) {
        if offers.is_empty() {
            return Ok(());
        }
        let whose = whose.index(offers.len());
        let basis = buyer(Method::CostToCover);
        let number = offers[whose].number;
        let awarded = |offers: &[Offer]| {
            let compared = compare(&basis, offers, &rules, &seed).unwrap();
            compared.rows.iter().find(|row| row.number == number).unwrap().awarded
        };
        let before = awarded(&offers);
        let mut cheaper = offers;
        for period in &mut cheaper[whose].economics.periods {
            period.price -= Decimal::new(5, 2);
        }
        prop_assert!(awarded(&cheaper) >= before);
    }

    #[test]
    fn a_constant_price_is_its_own_levelised_price(
        delivered in proptest::collection::vec(0..2_000_u64, 1..=12), micros in 0..9_000_000_i64,
    ) {
        prop_assume!(delivered.iter().any(|&accelerators| accelerators > 0));
        let price = Decimal::new(micros, 6);
        let periods =
            delivered.iter().map(|&accelerators| Delivery { accelerators, price }).collect();
        let offer = Economics { up_front: Decimal::ZERO, periods, effectiveness: Decimal::ONE };
        let found = buyer(Method::LevelisedPrice).evaluate(&offer).unwrap().breakdown;
        prop_assert_eq!(found.levelised_price, Some(price));
        prop_assert_eq!(found.unit_rate, Some(price));
    }

    #[test]
    fn what_delivers_all_costs_its_present_value(offer in economics()) {
        let found = buyer(Method::CostToCover).evaluate(&offer).unwrap().breakdown;
        prop_assert_eq!(found.short_hours.is_zero(), found.cover_cost.is_zero());
        if found.short_hours.is_zero() {
            prop_assert_eq!(found.cost_to_cover, found.present_value);
        }
        prop_assert!(found.present_value <= found.money, "later money counts for less");
    }

    #[test]
    fn holders_share_all_that_somebody_elects(
        capacity in 0..5_000_u64,
        holders in proptest::collection::vec((1..100_000_i64, 0..3_u32, 0..2_000_u64), 0..9),
        tiered: bool,
    ) {
        let holders: Vec<Holder> = holders
            .into_iter()
            .map(|(weight, tier, election)| Holder { weight: Decimal::new(weight, 3), tier, election })
            .collect();
        let rule = if tiered { HolderRule::Tiered } else { HolderRule::ProRata };
        let shares = share(rule, capacity, &holders).unwrap();
        let elected: u64 = holders.iter().map(|holder| holder.election).sum();
        let total: u64 = shares.iter().map(HolderShare::total).sum();
        prop_assert_eq!(total, elected.min(capacity));
        for (share, holder) in shares.iter().zip(&holders) {
            prop_assert!(share.total() <= holder.election);
            prop_assert!(share.first_pass == share.entitlement.min(holder.election));
        }
        if !tiered && !holders.is_empty() {
            prop_assert_eq!(shares.iter().map(|share| share.entitlement).sum::<u64>(), capacity);
        }
    }

    #[test]
    fn the_parts_of_a_package_sum_to_its_price(
        cents in 0..10_000_000_000_i64, burdened in 0..1_000_000_i64, free in 1..1_000_000_i64,
    ) {
        let price = Decimal::new(cents, 2);
        let found = package(price, burdened.into(), free.into()).unwrap();
        prop_assert_eq!(found.burdened + found.free, price);
        prop_assert!(found.burdened >= Decimal::ZERO && found.free >= Decimal::ZERO);
    }

    #[test]
    fn a_longer_term_needs_a_lower_rate(months in 1..60_u32, longer in 1..60_u32) {
        let rate = |other| equivalent_rate(decimal("2"), months, other, &one_percent()).unwrap();
        prop_assert_eq!(rate(months), decimal("2"));
        prop_assert!(rate(months + longer) < decimal("2"));
    }
}

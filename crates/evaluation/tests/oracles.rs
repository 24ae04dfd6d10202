//! The worked figures of the domain rules, §4.1, to the digit.
#![allow(clippy::unwrap_used)]

mod common;

use common::{buyer, decimal, economics, need, offer, one_percent, seller, x, xyz, y, z};
use evaluation::{
    Basis, Discount, Holder, HolderRule, HolderShare, Method, Offer, Side, TieBreak, Warning,
    annuity, compare, equivalent_rate, package, share,
};
use rust_decimal::Decimal;

fn ranking(basis: &Basis, offers: &[Offer]) -> Vec<u32> {
    let compared = compare(basis, offers, &TieBreak::ALL, &[7; 32]).unwrap();
    compared.rows.iter().map(|row| row.number).collect()
}

#[test]
fn e1_annuities() {
    for (months, worth) in [(12, "11.2550774735"), (24, "21.2433872576"), (36, "30.1075050373")] {
        let annuity = annuity(months, &one_percent()).unwrap();
        assert_eq!(annuity.round(10), Some(decimal(worth)), "{months}");
    }
    assert_eq!(annuity(7, &Discount::default()).unwrap().round(10), Some(Decimal::from(7)));
}

#[test]
fn e2_three_offers_by_every_method() {
    let basis = buyer(Method::CostToCover);
    // M1, AH, M2, M3, M4, short AH, M5, M5 per needed PV-AH.
    let table = [
        (
            x(),
            [
                "2.40",
                "8760000",
                "21024000.00",
                "19718895.73",
                "2.400000",
                "0",
                "19718895.73",
                "2.400000",
            ],
        ),
        (
            y(),
            [
                "2.10",
                "5475000",
                "11497500.00",
                "10557535.89",
                "2.100000",
                "3285000",
                "20123961.43",
                "2.449301",
            ],
        ),
        (
            z(),
            [
                "2.25",
                "8030000",
                "18567500.00",
                "17360227.13",
                "2.316725",
                "730000",
                "19528543.96",
                "2.376832",
            ],
        ),
    ];
    for (offer, expected) in table {
        let found = basis.evaluate(&offer).unwrap().breakdown;
        let figures = [
            found.unit_rate.unwrap(),
            found.hours,
            found.money,
            found.present_value,
            found.levelised_price.unwrap(),
            found.short_hours,
            found.cost_to_cover,
            found.cost_to_cover_per_hour,
        ];
        assert_eq!(figures, expected.map(decimal));
    }
}

#[test]
fn e2_only_cost_to_cover_sees_what_is_not_delivered() {
    for method in [Method::UnitRate, Method::NetMoney, Method::PresentValue, Method::LevelisedPrice]
    {
        assert_eq!(ranking(&buyer(method.clone()), &xyz())[0], 2, "{method}");
    }
    assert_eq!(ranking(&buyer(Method::CostToCover), &xyz()), [3, 1, 2]);
}

#[test]
fn e2_warns_where_a_method_misleads() {
    let warnings = |method| compare(&buyer(method), &xyz(), &[], &[0; 32]).unwrap().warnings;
    for (method, name) in [(Method::NetMoney, "net_money"), (Method::PresentValue, "present_value")]
    {
        assert_eq!(warnings(method), [Warning::QuantitiesDiffer { method: name.into() }]);
    }
    assert_eq!(warnings(Method::UnitRate), [Warning::UpFrontIgnored { numbers: vec![3] }]);
    assert_eq!(warnings(Method::LevelisedPrice), []);
    assert_eq!(warnings(Method::CostToCover), []);
    let alike = [offer(1, x(), 0), offer(2, economics(&[(12, 1_000)], "2.30", "0"), 0)];
    let compared = compare(&buyer(Method::NetMoney), &alike, &[], &[0; 32]).unwrap();
    assert_eq!(compared.warnings, []);
}

#[test]
fn e2_with_its_up_front_money_z_costs_more_by_the_hour() {
    let basis = buyer(Method::Formula("minimise money / hours".parse().unwrap()));
    let score = basis.evaluate(&z()).unwrap().standing.score().unwrap();
    assert_eq!(score.value, decimal("2.312267"));
}

#[test]
fn e2_break_even_cover_prices() {
    let basis = buyer(Method::CostToCover);
    for (slow, price) in [(y(), "2.872973"), (z(), "3.263363")] {
        let found = basis.break_even_cover_price(&slow, &x()).unwrap();
        assert_eq!(found, Some(decimal(price)));
        assert_eq!(basis.break_even_cover_price(&x(), &slow).unwrap(), found);
        // Just below it the slow offer is the better one; just above it is not.
        for (step, best) in [("-0.000001", 2), ("0.000001", 1)] {
            let mut basis =
                buyer(Method::Formula("minimise present_value + cover_cost".parse().unwrap()));
            for period in &mut basis.need.periods {
                period.cover_price = decimal(price) + decimal(step);
            }
            assert_eq!(ranking(&basis, &[offer(1, x(), 0), offer(2, slow.clone(), 0)])[0], best);
        }
    }
    assert_eq!(basis.break_even_cover_price(&x(), &x()).unwrap(), None);
}

#[test]
fn e3_a_seller_prefers_the_longer_term_by_money_and_the_shorter_by_rate() {
    let (a, b) = (economics(&[(12, 1_000)], "2.60", "0"), economics(&[(24, 1_000)], "2.20", "0"));
    let offers = [offer(1, a.clone(), 0), offer(2, b.clone(), 0)];
    for (method, best) in [(Method::UnitRate, 1), (Method::NetMoney, 2), (Method::PresentValue, 2)]
    {
        assert_eq!(ranking(&seller(method.clone(), 24), &offers)[0], best, "{method}");
    }
    let basis = seller(Method::PresentValue, 24);
    for (offer, money, value) in [(a, "22776000", "21362137.04"), (b, "38544000", "34116879.94")] {
        let found = basis.evaluate(&offer).unwrap().breakdown;
        assert_eq!((found.money, found.present_value), (decimal(money), decimal(value)));
    }
}

#[test]
fn e4_rates_of_other_terms() {
    for (months, rate) in [(24, "2.834530"), (12, "5.350031"), (36, "2")] {
        let found = equivalent_rate(decimal("2"), 36, months, &one_percent()).unwrap();
        assert_eq!(found, decimal(rate), "{months}");
    }
}

#[test]
fn e5_the_shorter_term_wins_a_tie() {
    let short = economics(&[(12, 1_000)], "2.00", "0");
    let long = economics(&[(24, 1_000)], "1.00", "0");
    for side in [Side::BuyerBurdened, Side::SellerBurdened] {
        let basis =
            Basis { side, need: need(24), discount: Discount::default(), method: Method::NetMoney };
        let offers = [offer(1, long.clone(), 0), offer(2, short.clone(), 0)];
        let compared = compare(&basis, &offers, &[TieBreak::ShorterTerm], &[0; 32]).unwrap();
        assert_eq!(compared.rows[0].standing, compared.rows[1].standing);
        assert_eq!(compared.rows[0].number, 2);
        assert_eq!(compared.rows[0].ties, [TieBreak::ShorterTerm]);
    }
}

#[test]
fn e6_three_holders_share() {
    let holders = [(50, 600), (30, 250), (20, 400)].map(|(weight, election)| Holder {
        weight: weight.into(),
        tier: 0,
        election,
    });
    let shares = share(HolderRule::ProRata, 1_000, &holders).unwrap();
    let column = |of: fn(&HolderShare) -> u64| -> Vec<u64> { shares.iter().map(of).collect() };
    assert_eq!(column(|share| share.entitlement), [500, 300, 200]);
    assert_eq!(column(|share| share.first_pass), [500, 250, 200]);
    assert_eq!(column(|share| share.over_allotment), [36, 0, 14]);
    assert_eq!(column(|share| share.total()), [536, 250, 214]);
}

#[test]
fn e7_equal_offers_share_pro_rata() {
    for (needed, offered, awarded) in
        [(700, [500, 500, 250], [280, 280, 140]), (1_000, [1_000, 1_000, 1_000], [334, 333, 333])]
    {
        let mut basis = buyer(Method::LevelisedPrice);
        basis.need.periods.iter_mut().for_each(|period| period.accelerators = needed);
        let offers: Vec<Offer> = (1..)
            .zip(offered)
            .map(|(number, offered)| offer(number, economics(&[(12, offered)], "2", "0"), 0))
            .collect();
        let compared = compare(&basis, &offers, &[TieBreak::ProRata], &[0; 32]).unwrap();
        let found: Vec<u64> = compared.rows.iter().map(|row| row.awarded).collect();
        assert_eq!(found, awarded);
        assert_eq!(compared.left, 0);
        // Holders of equal weight share in the same way.
        let holders =
            offered.map(|offered| Holder { weight: offered.into(), tier: 0, election: offered });
        let shares = share(HolderRule::ProRata, needed, &holders).unwrap();
        let totals: Vec<u64> = shares.iter().map(HolderShare::total).collect();
        assert_eq!(totals, awarded);
    }
}

#[test]
fn e8_the_part_of_a_package() {
    let million = |text: &str| decimal(text) * decimal("1000000");
    let found = package(million("10"), million("4.5"), million("7.5")).unwrap();
    assert_eq!(found.burdened, decimal("3750000"));
    assert_eq!(found.free, decimal("6250000"));
}

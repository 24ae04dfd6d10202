//! Matching, no more favourable, material change, holders in tiers, packages.
#![allow(clippy::unwrap_used)]

mod common;

use common::{buyer, decimal, economics, one_percent, seller, x, z};
use evaluation::{
    Basis, Delivery, Discount, Economics, Failing, ForSupplier, GuardedTerm, Holder, HolderRule,
    HolderShare, Invalid, MatchStandard, MatchTest, Material, Materiality, Method, Side, annuity,
    equivalent_rate, match_test, no_more_favourable, package, share,
};
use rust_decimal::Decimal;

fn flat(price: &str) -> Economics {
    economics(&[(12, 1_000)], price, "0")
}

fn term(for_supplier: ForSupplier) -> GuardedTerm {
    GuardedTerm { name: "liability cap".into(), for_supplier, priced: false }
}

fn failings(
    basis: &Basis,
    standard: MatchStandard,
    holder: &Economics,
    outside: &Economics,
    guarded: &[GuardedTerm],
) -> Vec<Failing> {
    let test = MatchTest { standard, ..MatchTest::default() };
    match_test(basis, &test, holder, outside, guarded).unwrap().failings
}

#[test]
fn each_standard_asks_for_its_own_sameness() {
    use MatchStandard::*;
    let basis = buyer(Method::CostToCover);
    let month = |from: u32, to: u32| (from..=to).map(Failing::Month).collect::<Vec<_>>();
    let cap = || vec![Failing::Term("liability cap".into())];
    let (same, better, worse) = (
        vec![term(ForSupplier::Equal)],
        vec![term(ForSupplier::Worse)],
        vec![term(ForSupplier::Better)],
    );
    for (standard, holder, guarded, expected) in [
        (Mirror, flat("2.40"), &same, vec![]),
        (Mirror, flat("2.39"), &same, month(1, 12)),
        (Mirror, flat("2.40"), &better, cap()),
        (EconomicEquivalent, flat("2.40"), &same, vec![]),
        // Better in total, though it begins later and asks for money up front.
        (EconomicEquivalent, z(), &better, vec![]),
        (EconomicEquivalent, flat("2.41"), &same, vec![Failing::Score]),
        (EconomicEquivalent, flat("2.30"), &worse, cap()),
        (PriceOnly, flat("2.40"), &worse, vec![]),
        (PriceOnly, flat("2.41"), &same, vec![Failing::Score]),
        (EqualOrBetter, flat("2.39"), &better, vec![]),
        (EqualOrBetter, z(), &same, vec![Failing::UpFront, Failing::Month(1)]),
    ] {
        let found = failings(&basis, standard, &holder, &x(), guarded);
        assert_eq!(found, expected, "{standard:?} {holder:?} {guarded:?}");
    }
    let unknown = [term(ForSupplier::Incomparable)];
    assert_eq!(failings(&basis, EconomicEquivalent, &x(), &x(), &unknown), cap());
    let priced = [GuardedTerm { priced: true, ..term(ForSupplier::Better) }];
    assert_eq!(failings(&basis, EconomicEquivalent, &x(), &x(), &priced), []);
}

#[test]
fn a_seller_is_matched_by_more() {
    let basis = seller(Method::PresentValue, 12);
    let standard = MatchStandard::EconomicEquivalent;
    assert_eq!(failings(&basis, standard, &flat("2.41"), &x(), &[]), []);
    assert_eq!(failings(&basis, standard, &flat("2.39"), &x(), &[]), [Failing::Score]);
    let worse = [term(ForSupplier::Worse)];
    assert_eq!(failings(&basis, standard, &x(), &x(), &worse).len(), 1);
    assert_eq!(failings(&basis, standard, &x(), &x(), &[term(ForSupplier::Better)]), []);
    // More money for the same capacity is better; of more or less capacity nobody can say.
    let standard = MatchStandard::EqualOrBetter;
    assert_eq!(failings(&basis, standard, &flat("2.41"), &x(), &[]), []);
    for (accelerators, more) in [(1_100, 12), (900, 13)] {
        let other = economics(&[(12, accelerators)], "2.41", "0");
        assert_eq!(failings(&basis, standard, &other, &x(), &[]).len(), more);
    }
}

#[test]
fn there_is_no_price_to_match_where_nothing_is_delivered() {
    let mut late = x();
    late.periods[0] = Delivery { accelerators: 0, price: Decimal::ZERO };
    let basis = buyer(Method::LevelisedPrice);
    assert_eq!(failings(&basis, MatchStandard::EqualOrBetter, &x(), &late, &[]), []);
}

#[test]
fn an_equivalent_rate_matches_and_a_lower_one_does_not() {
    let basis = seller(Method::PresentValue, 36);
    let outside = economics(&[(36, 1_000)], "2", "0");
    let rate = equivalent_rate(decimal("2"), 36, 24, &one_percent()).unwrap();
    for (step, matches) in [("0.00001", true), ("-0.00001", false)] {
        let price = (rate + decimal(step)).to_string();
        let holder = economics(&[(24, 1_000)], &price, "0");
        let test = MatchTest::default();
        let result = match_test(&basis, &test, &holder, &outside, &[]).unwrap();
        assert_eq!(result.matches(), matches, "{price}");
    }
}

#[test]
fn a_longer_term_and_a_higher_rate_than_must_be_matched_do_not_count() {
    let basis = seller(Method::PresentValue, 36);
    let outside = economics(&[(2, 0), (34, 1_000)], "2.5", "0");
    let holder = economics(&[(2, 0), (12, 1_000)], "2.5", "0");
    let matches = |max_match_term, rate_ceiling: Option<&str>, holder: &Economics| {
        let rate_ceiling = rate_ceiling.map(decimal);
        let test = MatchTest { max_match_term, rate_ceiling, ..MatchTest::default() };
        match_test(&basis, &test, holder, &outside, &[]).unwrap().matches()
    };
    assert!(!matches(None, None, &holder));
    assert!(!matches(Some(13), None, &holder));
    assert!(matches(Some(12), None, &holder));
    let capped = economics(&[(2, 0), (34, 1_000)], "2.2", "0");
    assert!(!matches(None, Some("2.3"), &capped));
    assert!(matches(None, Some("2.2"), &capped));
}

#[test]
fn signed_terms_may_be_as_good_as_the_baseline_and_no_better() {
    let equal = term(ForSupplier::Equal);
    let better = term(ForSupplier::Better);
    let worse = term(ForSupplier::Worse);
    let unknown = term(ForSupplier::Incomparable);
    let priced = GuardedTerm { priced: true, ..better.clone() };
    for (price, guarded, tolerance, passes, mixed) in [
        ("2.40", &equal, "0", true, false),
        ("2.400001", &equal, "0", false, false),
        ("2.30", &equal, "0", true, false),
        ("2.424", &equal, "0.01", true, false),
        ("2.424001", &equal, "0.01", false, false),
        ("2.40", &better, "0", false, false),
        ("2.40", &unknown, "0", false, false),
        ("2.40", &worse, "0", true, false),
        // A lower price for a better term, or a higher price for a worse one: a trade nobody prices.
        ("2.30", &better, "0", false, true),
        ("2.50", &worse, "0", false, true),
        ("2.30", &priced, "0", true, false),
    ] {
        let basis = buyer(Method::CostToCover);
        let guarded = std::slice::from_ref(guarded);
        let found =
            no_more_favourable(&basis, &flat(price), &x(), guarded, decimal(tolerance)).unwrap();
        assert_eq!((found.passes, found.mixed), (passes, mixed), "{price} {guarded:?}: {found}");
    }
}

#[test]
fn a_price_is_compared_exactly_and_by_what_it_is_worth() {
    let basis = buyer(Method::CostToCover);
    let favour = |signed: &Economics, baseline: &Economics| {
        no_more_favourable(&basis, signed, baseline, &[], Decimal::ZERO).unwrap()
    };
    // A cent up front on twenty million is no tie here, though the prices look the same.
    let found = favour(&economics(&[(12, 1_000)], "2.40", "0.01"), &x());
    assert!(!found.passes);
    assert_eq!((found.signed, found.baseline), (decimal("2.4"), decimal("2.4")));
    // Z is dear by its rate and its money up front, and cheap by value.
    assert!(favour(&z(), &x()).passes);
    assert!(!favour(&x(), &z()).passes);
    let nothing = economics(&[(12, 0)], "1", "0");
    let refused = no_more_favourable(&basis, &nothing, &x(), &[], Decimal::ZERO);
    assert_eq!(refused.unwrap_err(), Invalid::NothingDelivered);
}

#[test]
fn a_refusal_to_sign_says_why() {
    let basis = buyer(Method::CostToCover);
    let guarded = [term(ForSupplier::Worse)];
    let found =
        no_more_favourable(&basis, &flat("2.436"), &x(), &guarded, decimal("0.01")).unwrap();
    assert_eq!(
        found.to_string(),
        "2.436000 $/AH is above the 2.424000 allowed by the 2.400000 put to the holder; other terms \
         are better, but the method does not price the trade; offer it to the holder first"
    );
}

#[test]
fn for_a_seller_a_lower_price_favours_the_outsider() {
    let basis = seller(Method::PresentValue, 12);
    let passes = |price: &str, tolerance: &str, for_supplier| {
        let guarded = [term(for_supplier)];
        let tolerance = decimal(tolerance);
        no_more_favourable(&basis, &flat(price), &x(), &guarded, tolerance).unwrap().passes
    };
    assert!(passes("2.41", "0", ForSupplier::Better));
    assert!(!passes("2.39", "0", ForSupplier::Equal));
    assert!(passes("2.39", "0.01", ForSupplier::Equal));
    assert!(!passes("2.40", "0", ForSupplier::Worse));
}

#[test]
fn a_change_is_material_beyond_its_threshold_and_not_at_it() {
    let stretch =
        |months, accelerators, price: &str| economics(&[(months, accelerators)], price, "0");
    let mut basis = buyer(Method::CostToCover);
    basis.need = common::need(40);
    let before = stretch(30, 1_000, "2.00");
    let found = |present: &Economics, days: i32, changed: &[&str]| -> Vec<String> {
        let changed: Vec<String> = changed.iter().map(|name| (*name).to_string()).collect();
        let rule = Materiality::default();
        let material = rule.material(&basis, &before, present, days, &changed).unwrap();
        material.iter().map(Material::to_string).collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(found(&before, 0, &[]), none);
    assert_eq!(found(&stretch(30, 1_000, "2.02"), 0, &[]), none);
    assert_eq!(
        found(&stretch(30, 1_000, "2.020001"), 0, &[]),
        ["the price goes from 2.000000 to 2.020001 $/AH, by more than 1%"]
    );
    assert_eq!(found(&stretch(30, 1_000, "1.5"), 0, &[]), none, "a lower price favours nobody");
    assert_eq!(found(&stretch(30, 1_100, "2"), 0, &[]), none);
    assert_eq!(
        found(&stretch(30, 899, "2"), 0, &[]),
        ["month 1 goes from 1000 to 899 accelerators, by more than 10%"]
    );
    assert_eq!(found(&stretch(33, 1_000, "2"), 0, &[]), none);
    assert_eq!(
        found(&stretch(34, 1_000, "2"), 0, &[]),
        [
            "the term goes from 30 to 34 months, by more than 10%",
            "the term goes from 30 to 34 months, by more than 3 months"
        ]
    );
    assert_eq!(found(&before, -30, &[]), none);
    assert_eq!(
        found(&before, 31, &["region"]),
        ["the date of need moves by 31 days, by more than 30", "`region` changes"]
    );
}

#[test]
fn small_changes_count_together_since_the_last_round() {
    let basis = buyer(Method::CostToCover);
    let material = |from: &str, to: &str| {
        let rule = Materiality::default();
        !rule.material(&basis, &flat(from), &flat(to), 0, &[]).unwrap().is_empty()
    };
    assert!(!material("2.00", "2.015"));
    assert!(!material("2.015", "2.03"));
    assert!(material("2.00", "2.03"), "the baseline is that of the last round");
}

#[test]
fn a_seller_must_ask_again_when_the_price_falls() {
    let basis = Basis { side: Side::SellerBurdened, ..buyer(Method::PresentValue) };
    let material = |to: &str| {
        Materiality::default().material(&basis, &flat("2"), &flat(to), 0, &[]).unwrap().len()
    };
    assert_eq!([material("2.5"), material("1.98"), material("1.979999")], [0, 0, 1]);
}

#[test]
fn tiers_have_their_turn() {
    let holder = |tier, weight: i64, election| Holder { weight: weight.into(), tier, election };
    let holders = [holder(2, 1, 500), holder(1, 1, 300), holder(1, 3, 200)];
    let totals = |rule, capacity| -> Vec<u64> {
        share(rule, capacity, &holders).unwrap().iter().map(HolderShare::total).collect()
    };
    assert_eq!(totals(HolderRule::Tiered, 600), [100, 300, 200]);
    assert_eq!(totals(HolderRule::Tiered, 400), [0, 200, 200]);
    assert_eq!(totals(HolderRule::ProRata, 600), [200, 200, 200]);
    assert_eq!(totals(HolderRule::Tiered, 0), [0, 0, 0]);
    assert_eq!(totals(HolderRule::ProRata, u64::MAX), [500, 300, 200]);
    assert_eq!(share(HolderRule::ProRata, 5, &[]).unwrap(), []);
    let weightless = [holder(1, 1, 5), holder(1, 0, 5)];
    let refused = share(HolderRule::ProRata, 5, &weightless).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "holder 2 has the weight 0; give every holder a weight above 0"
    );
}

#[test]
fn a_package_is_shared_to_the_cent() {
    let third = package(decimal("100"), decimal("1"), decimal("2")).unwrap();
    assert_eq!((third.burdened, third.free), (decimal("33.33"), decimal("66.67")));
    let worthless = package(decimal("100"), Decimal::ZERO, Decimal::ZERO).unwrap_err();
    assert_eq!(worthless, Invalid::NoStandaloneValue);
    assert!(package(decimal("-1"), Decimal::ONE, Decimal::ONE).is_err());
    assert!(package(Decimal::MAX, Decimal::MAX, Decimal::ONE).is_err());
}

#[test]
fn what_is_no_rate_or_term_is_refused() {
    let discount = |rate: &str| Discount::Monthly(decimal(rate));
    for rate in ["-0.01", "1.01", "0.000000001"] {
        assert!(annuity(12, &discount(rate)).is_err(), "{rate}");
    }
    assert!(annuity(601, &one_percent()).is_err());
    let refused = equivalent_rate(decimal("2"), 12, 0, &one_percent()).unwrap_err();
    assert_eq!(refused, Invalid::NothingDelivered);
    // A twelfth of 12% is one per cent; a twelfth of 10% never ends, and is exact all the same.
    let yearly = annuity(12, &Discount::Annual(decimal("0.12"))).unwrap();
    assert_eq!(yearly, annuity(12, &one_percent()).unwrap());
    assert_ne!(
        annuity(12, &Discount::Annual(decimal("0.1"))).unwrap(),
        annuity(12, &discount("0.00833333")).unwrap()
    );
}

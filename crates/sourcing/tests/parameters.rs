//! Every parameter of a right is acted on, or it is said why not; and parameters whose action is a small
//! one, in forms that are allowed and refused. Times are those of Los Angeles.

#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::*;
use sourcing::command::award::AwardBest;
use sourcing::command::counter::Counter;
use sourcing::command::tender::OpenTender;
use sourcing::parameter::{KINDS, Use, left_aside, parameter};
use sourcing::{Bid, Does, Event, Offered, Tender};
use terms::{Terms, Verb};

use Does::{Interest, Tick};

/// A source file of the crates without its comments.
fn code(of: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{of}: {error}"));
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn says(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.split(|c| !is_word(c)).any(|word| word == name)
}

/// The names that the readers of a kind ask for, and the blocks inside it.
fn names(kind: &str) -> Vec<&'static str> {
    let shapes = terms::reference::shapes(kind);
    let outer = shapes.last().unwrap();
    let attributes = outer.attributes.iter().map(|asked| asked.name);
    let blocks = outer.blocks.iter().map(|block| block.word);
    // What a right is about is not a parameter of it.
    let scopes = ["scope", "takes", "carve_out", "except"];
    attributes.chain(blocks).filter(|name| !scopes.contains(name)).collect()
}

#[test]
fn every_parameter_is_acted_on_or_it_is_said_why_not() {
    let mut wrong = Vec::new();
    for kind in KINDS {
        let names = names(kind);
        assert!(names.len() > 10, "{kind}: {names:?}");
        for name in names {
            match parameter(kind, name) {
                None => wrong.push(format!("{kind}.{name} has no place")),
                Some(Use::ActedOn(room)) => {
                    // What a formula may have several of is kept as several.
                    let field = match name {
                        "rate" => "rates",
                        name => name,
                    };
                    let found = says(&code(room), field);
                    wrong.extend(
                        (!found).then(|| format!("{room} does nothing with {kind}.{name}")),
                    );
                }
                Some(Use::LeftAside(because)) => {
                    wrong.extend(because.trim().is_empty().then(|| format!("{kind}.{name}")));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(parameter("right_of_first_refusal", "no_such_parameter"), None);
}

#[test]
fn a_page_tells_what_is_left_aside() {
    let page = left_aside("right_of_first_refusal").unwrap();
    assert!(page.contains("- `transfer_fee`: no money moves here.\n"), "{page}");
    assert!(!page.contains("`match_window`"), "{page}");
    assert_eq!(left_aside("revenue_share"), None);
}

fn negotiation(more: &str) -> Terms {
    let right = first_refusal(more).replace("right_of_first_refusal", "right_of_first_negotiation");
    agreement(&right)
}

fn counter(terms: Offered) -> Does {
    Does::Counter(Counter { terms })
}

/// Where the holder may not better its bid, it makes one; the grantor goes on as it likes.
#[test]
#[rustfmt::skip]
fn a_bid_may_be_bettered_unless_the_clause_says_otherwise() {
    let open = "1000 OPEN to 2025-02-05 17:00";
    let talks = "1000 NEGOTIATING to 2025-02-22 17:00";
    let with = |event: &str, after: &str| -> &'static str { format!("{event} => {after}").leak() };
    for (says, second) in [("", with("countered", talks)), ("may_revise = false", "refused: `right_of_first_negotiation.capacity` lets its holder make one bid, which is made")] {
        let terms = negotiation(says);
        let mut rows = noticed_of(|_| {});
        rows.extend([
            ("2025-01-22 10:00", "clock", Tick, with("round-opened", open)),
            ("2025-01-23 10:00", MERIDIAN, Interest, with("interested", talks)),
            ("2025-01-24 10:00", MERIDIAN, counter(terms_at("2.60")), with("countered", talks)),
            ("2025-01-25 10:00", MERIDIAN, counter(terms_at("2.50")), second),
            ("2025-01-26 10:00", LAB, counter(terms_at("2.30")), with("countered", talks)),
            ("2025-01-27 10:00", LAB, counter(terms_at("2.40")), with("countered", talks)),
        ]);
        play(&terms, rows);
    }
}

/// A right that is subject to what has not occurred is none yet.
#[test]
#[rustfmt::skip]
fn a_right_arises_with_what_it_is_subject_to() {
    let of = |occurred: &str| agreement(&format!("condition \"listing\" {{\n  {occurred}\n}}\n\n{}", first_refusal("subject_to = [condition.listing]")));
    let exempt = "requested, screened, exempted => 1000 EXEMPT";
    let not_yet = play(&of(""), vec![("2025-01-21 18:00", LAB, request(), exempt)]);
    let rule = not_yet.journal.iter().find_map(|dated| match &dated.event {
        Event::Exempted { rule } => Some(rule.as_str()),
        _ => None,
    });
    assert_eq!(rule, Some("what the right is subject to has not occurred"));
    play(&of("occurred = \"2025-01-22\""), vec![("2025-01-21 18:00", LAB, request(), exempt)]);
    play(&of("occurred = \"2025-01-21\""), vec![("2025-01-21 18:00", LAB, request(), "requested, screened => 1000 DRAFT")]);
}

/// Where notice must come so long before the act, others sign no earlier, and have all of their window
/// then; a waiver gives that time up.
#[test]
#[rustfmt::skip]
fn others_sign_no_earlier_than_so_long_after_the_notice() {
    let terms = agreement(&first_refusal("notice_before = \"60 days\""));
    let free = "1000 FREE at 2.40 to 2025-07-21 17:00";
    let with = |event: &str| -> &'static str { format!("{event} => {free}").leak() };
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-24 10:00", MERIDIAN, decline(), with("round-opened, declined, released")),
        ("2025-02-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), with("bid-received")),
        ("2025-03-23 16:59", LAB, award(1), "refused: notice must come so long before that others sign from 2025-03-24T00:00:00Z on"),
        ("2025-03-23 17:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
    play(&terms, rows);
    let mut rows = noticed_of(|_| {});
    rows.extend([
        ("2025-01-24 10:00", MERIDIAN, waive(), "round-opened, waived, released => 1000 FREE at any terms open-ended"),
        ("2025-02-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.40"), "bid-received => 1000 FREE at any terms open-ended"),
        ("2025-02-03 11:00", LAB, award(1), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.40"),
    ]);
    play(&terms, rows);
    // The holder itself need not wait.
    let mut rows = noticed_of(|_| {});
    rows.push(("2025-01-24 10:00", MERIDIAN, exercise_all(), "round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign 2025-03-25 17:00"));
    play(&terms, rows);
}

/// The holder has the time to prepare that the clause gives it, also where both have less to sign.
#[test]
#[rustfmt::skip]
fn a_holder_has_time_to_prepare_the_closing() {
    for (says, by) in [
        ("close_within = \"30 days\"", "2025-02-23 17:00"),
        ("close_within = \"30 days\"\n  close_after = \"45 days\"", "2025-03-10 17:00"),
        ("close_within = \"60 days\"\n  close_after = \"45 days\"", "2025-03-25 17:00"),
    ] {
        let terms = agreement(&first_refusal(says));
        let mut rows = noticed_of(|_| {});
        let committed: &'static str = format!("round-opened, exercised => 1000 COMMITTED meridian at 2.40 to sign {by}").leak();
        rows.push(("2025-01-24 10:00", MERIDIAN, exercise_all(), committed));
        play(&terms, rows);
    }
}

/// What the grantor owes the holder that buys counts in full in its bid, where the clause says so: then
/// its bid is as good as money.
#[test]
#[rustfmt::skip]
fn what_the_grantor_owes_counts_at_par_where_the_clause_says_so() {
    let sells = |more: &str| {
        let scope = "scope {\n    subject = capacity\n    kind    = new\n  }";
        let right = first_refusal(more).replace("right_of_first_refusal", "right_of_first_negotiation");
        agreement(&right.replace(scope, "scope {\n    act = sell\n  }"))
    };
    let credit = |supplier: &str, price: &str, owed: &str| bid_of(Bid { terms: Offered { credit: Some(usd(owed)), ..terms_at(price) }, ..offer(supplier, 1000, price) });
    let none = "refused: no clause counts what the grantor owes `meridian` in its bid";
    let tender = Tender { method: "levelised_price".into(), discount: "0".into(), cover: None, closes: None, reveal_by: None, seed: None, lottery: None, improvement: None };
    let rows = |first: &'static str| vec![
        ("2025-01-21 18:00", LAB, request_of(|need| need.act = Verb::Sell), "requested, screened => 1000 DRAFT"),
        ("2025-01-21 18:05", LAB, notify(), "notice-sent => 1000 NOTICED from 2025-01-22 09:00 to 2025-02-05 17:00"),
        ("2025-02-05 17:00:01", LAB, Does::Tender(OpenTender { tender: tender.clone() }), "round-opened, lapsed, released, tendered => 1000 FREE at 2.40 to 2025-06-05 17:00"),
        ("2025-03-03 10:00", MERIDIAN, credit(MERIDIAN, "2.40", "1_000_000"), first),
    ];
    play(&sells(""), rows(none));
    let received = "bid-received => 1000 FREE at 2.40 to 2025-06-05 17:00";
    let terms = sells("credits_at_par = true");
    let mut more = rows(received);
    more.extend([
        ("2025-03-03 10:00", BOREALIS, credit(BOREALIS, "2.40", "1_000_000"), "refused: no clause counts what the grantor owes `borealis` in its bid"),
        // 0.11 for each of 8,760,000 hours comes to less than the million set off, 0.12 to more.
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.51"), received),
        ("2025-03-03 10:00", LAB, Does::AwardBest(AwardBest::default()), "awarded, lot-scheduled => 1000 COMMITTED meridian at 2.40 signed"),
    ]);
    play(&terms, more);
    let mut more = rows(received);
    more.extend([
        ("2025-03-03 10:00", BOREALIS, bid(BOREALIS, 1000, "2.52"), received),
        ("2025-03-03 10:00", LAB, Does::AwardBest(AwardBest::default()), "third-signed, lot-scheduled => 1000 THIRD_SIGNED borealis at 2.52"),
    ]);
    play(&terms, more);
    // Where the grantor buys there is nothing to set off.
    let buys = negotiation("credits_at_par = true");
    let mut rows = lapsed_of(|_| {});
    rows.push(("2025-03-03 10:00", MERIDIAN, credit(MERIDIAN, "2.40", "1_000_000"), none));
    play(&buys, rows);
}

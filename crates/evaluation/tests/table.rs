//! Bids side by side, as a terminal could show them.
#![allow(clippy::unwrap_used)]

mod common;

use std::fmt::Write as _;

use common::{buyer, economics, offer, x, y, z};
use evaluation::{Comparison, Method, Offer, TieBreak, compare};
use rust_decimal::Decimal;

fn render(compared: &Comparison) -> String {
    let mut text = format!("by {}, {} accelerators needed\n\n", compared.method, compared.needed);
    let price =
        |price: Option<Decimal>| price.map_or_else(|| "–".into(), |price| format!("{price:.4}"));
    let heads = ["M1", "M2", "M3", "M4", "short AH", "M5", "min", "awarded"];
    let widths = [8, 14, 14, 8, 10, 14, 6, 8];
    write!(text, "{:<14}", "bid").unwrap();
    heads.iter().zip(widths).for_each(|(head, width)| write!(text, "{head:>width$}").unwrap());
    text.push_str("  why\n");
    for row in &compared.rows {
        let found = &row.breakdown;
        write!(text, "{:<14}", format!("{} {}", row.number, row.bidder)).unwrap();
        let cells = [
            price(found.unit_rate),
            format!("{:.2}", found.money),
            format!("{:.2}", found.present_value),
            price(found.levelised_price),
            format!("{:.0}", found.short_hours),
            format!("{:.2}", found.cost_to_cover),
            row.minimum.to_string(),
            row.awarded.to_string(),
        ];
        cells.iter().zip(widths).for_each(|(cell, width)| write!(text, "{cell:>width$}").unwrap());
        write!(text, "  {}", row.reason).unwrap();
        if !row.ties.is_empty() {
            let ties: Vec<String> = row.ties.iter().map(TieBreak::to_string).collect();
            write!(text, " (among equals: {})", ties.join(", ")).unwrap();
        }
        text.push('\n');
    }
    if compared.left > 0 {
        writeln!(text, "\n{} accelerators are left", compared.left).unwrap();
    }
    for numbers in &compared.improvement_rounds {
        writeln!(text, "\nhold a sealed improvement round first, between {numbers:?}").unwrap();
    }
    for warning in &compared.warnings {
        writeln!(text, "\nwarning: {warning}").unwrap();
    }
    text
}

fn bids() -> Vec<Offer> {
    let flat = |number, accelerators, price: &str, minimum| Offer {
        minimum,
        ..offer(number, economics(&[(12, accelerators)], price, "0"), i64::from(number))
    };
    vec![
        Offer { minimum: 1_000, ..offer(1, x(), 0) },
        Offer { minimum: 800, ..offer(2, y(), 10) },
        offer(3, z(), 20),
        flat(4, 700, "1.90", 700),
        flat(5, 200, "1.90", 50),
        flat(6, 200, "1.90", 50),
        offer(7, economics(&[(12, 0)], "1.00", "0"), 30),
    ]
}

#[test]
fn bids_side_by_side() {
    let ties = [TieBreak::ImprovementRound, TieBreak::ProRata];
    for method in [Method::CostToCover, Method::PresentValue, Method::LevelisedPrice] {
        let name = method.name();
        let compared = compare(&buyer(method), &bids(), &ties, &[7; 32]).unwrap();
        insta::assert_snapshot!(name, render(&compared));
    }
}

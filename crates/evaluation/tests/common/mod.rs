//! Needs and offers to compare.
#![allow(dead_code)]

use evaluation::{Basis, Delivery, Discount, Economics, Method, Need, Offer, Period, Side};
use jiff::Timestamp;
use rust_decimal::Decimal;

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// One per cent a month.
pub fn one_percent() -> Discount {
    Discount::Monthly(decimal("0.01"))
}

/// 1,000 accelerators in months of 730 hours, which cost $3.00 elsewhere.
pub fn need(months: usize) -> Need {
    let (hours, cover_price) = (decimal("730"), decimal("3"));
    Need::constant(months, Period { hours, accelerators: 1_000, cover_price })
}

pub fn buyer(method: Method) -> Basis {
    Basis { side: Side::BuyerBurdened, need: need(12), discount: one_percent(), method }
}

pub fn seller(method: Method, months: usize) -> Basis {
    Basis { side: Side::SellerBurdened, need: need(months), discount: one_percent(), method }
}

/// Accelerators for so many months, at a price.
pub fn economics(stretches: &[(usize, u64)], price: &str, up_front: &str) -> Economics {
    let price = decimal(price);
    let stretch = |&(months, accelerators)| vec![Delivery { accelerators, price }; months];
    let periods = stretches.iter().flat_map(stretch).collect();
    Economics { up_front: decimal(up_front), periods, effectiveness: Decimal::ONE }
}

/// $2.40 throughout.
pub fn x() -> Economics {
    economics(&[(12, 1_000)], "2.40", "0")
}

/// $2.10, but slowly: nothing for three months, then half.
pub fn y() -> Economics {
    economics(&[(3, 0), (3, 500), (6, 1_000)], "2.10", "0")
}

/// $2.25 from the second month, and half a million up front.
pub fn z() -> Economics {
    economics(&[(1, 0), (11, 1_000)], "2.25", "500000")
}

/// An offer that accepts any part, received `minute` minutes after the first.
pub fn offer(number: u32, economics: Economics, minute: i64) -> Offer {
    let bidder = format!("bidder-{number}");
    let received = Timestamp::from_second(1_740_000_000 + minute * 60).unwrap();
    Offer { number, bidder, holder: false, economics, minimum: 0, received, identity: Vec::new() }
}

pub fn xyz() -> Vec<Offer> {
    vec![offer(1, x(), 0), offer(2, y(), 10), offer(3, z(), 20)]
}

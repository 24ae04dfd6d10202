use proptest::prelude::*;
use signing::{JournalId, Message, Nonce, Purpose, Seal};

use crate::common::{JOURNAL, parts};

fn bid<'a>(party: &'a str, round: &'a str, bytes: &'a [u8]) -> Message<'a> {
    Message { journal: JOURNAL, purpose: Purpose::Bid, party, id: round, bytes }
}

#[test]
fn a_seal_opens_for_its_bid_alone() {
    let nonce = Nonce::new([3; 32]);
    let seal = Seal::of(&bid("coreweave", "halls", b"USD 2.10"), &nonce);
    assert!(seal.opens(&bid("coreweave", "halls", b"USD 2.10"), &nonce));
    assert!(!seal.opens(&bid("coreweave", "halls", b"USD 2.11"), &nonce));
    assert!(!seal.opens(&bid("coreweave", "halls", b"USD 2.10"), &Nonce::new([4; 32])));
    // Nobody hands in another's seal and opens it after them.
    assert!(!seal.opens(&bid("oracle", "halls", b"USD 2.10"), &nonce));
    assert!(!seal.opens(&bid("coreweave", "other", b"USD 2.10"), &nonce));
    let elsewhere =
        Message { journal: JournalId([8; 32]), ..bid("coreweave", "halls", b"USD 2.10") };
    assert!(!seal.opens(&elsewhere, &nonce));
    assert_eq!(seal.to_string().parse(), Ok(seal));
    assert_eq!(format!("{nonce:?}"), "Nonce(…)");
}

/// There are a thousand prices. Whoever tries them all without the nonce finds none that fits, and
/// two seals of one price have nothing in common.
#[test]
fn trying_every_price_confirms_none() {
    let nonce = Nonce::new(*blake3::hash(b"drawn by lot").as_bytes());
    let price = |cents: u32| format!("USD {}.{:02}", cents / 100, cents % 100);
    let seal = Seal::of(&bid("coreweave", "halls", price(210).as_bytes()), &nonce);
    for cents in 0..1000 {
        for guess in [[0; 32], [0xff; 32]] {
            let text = price(cents);
            assert!(!seal.opens(&bid("coreweave", "halls", text.as_bytes()), &Nonce::new(guess)));
        }
    }
    let again = Nonce::new(*blake3::hash(b"drawn again").as_bytes());
    assert_ne!(seal, Seal::of(&bid("coreweave", "halls", price(210).as_bytes()), &again));
}

proptest! {
    #[test]
    fn one_bid_opens_a_seal(a in parts(), b in parts(), one in any::<[u8; 32]>(), bit in 0..=256usize) {
        let mut other = one;
        if bit < 256 { other[bit / 8] ^= 1 << (bit % 8); }
        let seal = Seal::of(&a.message(), &Nonce::new(one));
        prop_assert!(seal.opens(&a.message(), &Nonce::new(one)));
        prop_assert_eq!(seal.opens(&b.message(), &Nonce::new(other)), a == b && one == other);
    }
}

//! The lottery between equal offers. Source: domain rules §3.4.
//!
//! Each offer has a ticket, and the lowest is drawn: `BLAKE3(seed; supplier, 0, number, received, seal)`,
//! keyed with the seed, of the supplier's name, a zero byte, the offer's number (four bytes, the lowest
//! first), the instant of its receipt (nanoseconds since 1970, sixteen bytes, the lowest first) and the
//! letters of the seal it was handed in under, if it was sealed.
//!
//! Nobody alone can know the outcome beforehand, or choose it:
//!
//! - Suppliers do not know the seed: its commitment, posted before the first offer, hides it, and it is
//!   revealed only when it is drawn from. Offers that come later are not drawn with it.
//! - The grantor knows the seed, but has posted its commitment before it could know when offers are
//!   received and what their seals are, on which the tickets depend; so no choice of a seed favours
//!   anybody. It cannot have another seed afterwards: that would be a collision of the hash.
//! - A ticket depends on no other offer, so nobody changes another's by bidding, or by not bidding, and
//!   each supplier can work out its own from the seed; who sees the whole case, all of them.
//!
//! What remains is that a grantor which does not like what it would draw may decline to reveal the seed,
//! and then nothing is awarded by lot; and that a grantor and a supplier who act together may look for
//! a receipt or a nonce that wins against the offers they know of. Sealed tenders leave little of that:
//! all seals are in before they are opened.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signing::{JournalId, Message, Nonce, Purpose, Seal};
use terms::Name;

use crate::case::Case;

/// A seed that was revealed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Drawn {
    /// The seed: 32 bytes in hexadecimal digits.
    pub seed: String,
    /// Since when everybody may know it.
    pub since: Timestamp,
}

/// The commitment of a grantor to the seed of the lottery in a case: BLAKE3 keyed with the seed over
/// the party and the case's name. The seed is random, so it hides itself. Source: [`signing::Seal`].
pub fn commitment(case: &str, grantor: &Name, seed: &[u8; 32]) -> String {
    let message = Message {
        // As of a sealed offer: the process does not know its journal.
        journal: JournalId::NONE,
        purpose: Purpose::Lottery,
        party: grantor.as_str(),
        id: case,
        bytes: &[],
    };
    Seal::of(&message, &Nonce::new(*seed)).to_string()
}

/// What an offer's ticket is made of beside its supplier and number.
pub(crate) fn identity(case: &Case, at: usize, received: Timestamp) -> Vec<u8> {
    let committed = case.tender.as_ref().is_some_and(|tender| tender.lottery.is_some());
    if !committed {
        return Vec::new();
    }
    let seal = case.seals.get(&at).map(String::as_bytes).unwrap_or_default();
    [received.as_nanosecond().to_le_bytes().as_slice(), seal].concat()
}

//! What a command rests on: the adopted terms and the book, as they stand.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sourcing::{Book, Case, Offered, Part, State};
use terms::Terms;

use super::When;
use crate::outcome::Failure;

/// What a command rests on.
pub struct Ground<'a> {
    /// The adopted terms.
    pub terms: &'a Terms,
    /// All cases.
    pub book: &'a Book,
    /// The zone of the agreement.
    pub zone: &'a TimeZone,
}

impl<'a> Ground<'a> {
    /// A case by its name.
    pub fn case(&self, name: &str) -> Result<&'a Case, Failure> {
        case(self.book, name)
    }

    /// The instant somebody wrote.
    pub fn instant(&self, when: When) -> Result<Timestamp, Failure> {
        when.instant(self.zone)
    }
}

/// More cases than these are not listed in an error.
const MANY: usize = 20;

/// A case by its name; else which names there are.
pub fn case<'a>(book: &'a Book, name: &str) -> Result<&'a Case, Failure> {
    book.case(name).ok_or_else(|| {
        let known: Vec<_> = book.cases().map(|(known, _)| known).take(MANY + 1).collect();
        let help = match known.len() {
            0 => "there is none yet; begin one with `charter request`".to_string(),
            1..=MANY => terms::finding::suggest(name, known),
            _ => "`charter rounds` lists them all".to_string(),
        };
        Failure::not_there(format!("no case is called `{name}`"), help)
    })
}

impl Ground<'_> {
    /// The terms of the offer that holders may match, in a part or the first that has one.
    pub fn presented(&self, name: &str, part: Option<usize>) -> Result<Option<Offered>, Failure> {
        let case = self.case(name)?;
        let mut parts = parts(case, part);
        let bid = parts.find_map(|part| match &part.state {
            State::Matching { bid, .. } => Some(*bid),
            State::Open(open) => open.bid,
            _ => None,
        });
        Ok(bid.and_then(|bid| case.bids.get(bid)).map(|bid| bid.terms.clone()))
    }

    /// The terms that are signed of a part, or of the first that is; those of the need if none is.
    pub fn signed(&self, name: &str, part: Option<usize>) -> Result<Offered, Failure> {
        let case = self.case(name)?;
        let signed = parts(case, part).find_map(|part| match &part.state {
            State::ThirdSigned { signed, .. } | State::Committed { signed, .. } => {
                Some(signed.terms.clone())
            }
            _ => None,
        });
        Ok(signed.unwrap_or_else(|| case.requirement.terms()))
    }
}

/// The parts of a case, or the one that is named.
fn parts(case: &Case, named: Option<usize>) -> impl Iterator<Item = &Part> {
    let parts = case.parts.iter().enumerate();
    parts.filter(move |(at, _)| named.is_none_or(|named| named == at + 1)).map(|(_, part)| part)
}

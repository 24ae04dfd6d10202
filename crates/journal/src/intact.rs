//! A whole journal, read some events at a time.

use crate::chain::Chain;
use crate::{Damage, Event, Filter, Journal, Position, ReadError};

const PAGE: u64 = 200;

/// The events up to where the journal ended when this was made, each seen to follow the one before.
pub(crate) struct Intact<'j> {
    journal: &'j Journal,
    until: Position,
    page: std::vec::IntoIter<Event>,
    pub chain: Chain,
}

impl<'j> Intact<'j> {
    pub async fn new(journal: &'j Journal) -> Result<Intact<'j>, ReadError> {
        let until = match journal.head().await {
            Ok(head) => head.position,
            // Told when it is reached: what is before it can still be read.
            Err(ReadError::Damaged { position, .. }) => position,
            Err(error) => return Err(error),
        };
        Ok(Intact { journal, until, page: Vec::new().into_iter(), chain: Chain::new() })
    }

    /// Where it ends.
    pub fn until(&self) -> Position {
        self.until
    }

    pub async fn next(&mut self) -> Result<Option<Event>, ReadError> {
        let at = self.chain.head.position;
        if self.until <= at {
            return Ok(None);
        }
        if self.page.len() == 0 {
            let page = async |limit| {
                let filter = Filter { limit: Some(limit), ..Filter::all() };
                self.journal.read(at, &filter).await
            };
            self.page = match page(PAGE).await {
                // One damaged event keeps the whole page back, and it may be a later one.
                Err(ReadError::Damaged { .. }) => page(1).await,
                page => page,
            }?
            .into_iter();
        }
        let damaged = |reason| ReadError::Damaged { position: at.next(), reason };
        let event = self.page.next().ok_or(damaged(Damage::CutOff { kept: self.until }))?;
        self.chain.follow(&event).map_err(damaged)?;
        Ok(Some(event))
    }
}

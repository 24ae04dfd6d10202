//! Which clauses and endings speak of which clause, and the order in which documents were made.

use std::collections::HashMap;

use super::Terms;
use crate::{ClauseId, Kind, Name};

/// What must be found quickly however many clauses and amendments there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Lineage {
    /// The clauses of an id, by place in `Terms::clauses`.
    of_id: HashMap<ClauseId, Vec<usize>>,
    /// The clauses that replace an id, by place in `Terms::clauses`.
    replacing: HashMap<ClauseId, Vec<usize>>,
    /// The endings of an id, by place in `Terms::endings`.
    ending: HashMap<ClauseId, Vec<usize>>,
    /// The document that founds an agreement.
    founding: HashMap<Name, usize>,
    /// The renewals of an agreement, by place in `Terms::clauses`, in the order they were made.
    renewals: HashMap<Name, Vec<usize>>,
    /// By document, its place in the order in which they were made.
    rank: Vec<usize>,
}

impl Lineage {
    pub fn of(terms: &Terms) -> Lineage {
        let mut lineage = Lineage::default();
        for (at, clause) in terms.clauses.iter().enumerate() {
            lineage.of_id.entry(clause.id.clone()).or_default().push(at);
            if let Some((id, _)) = &clause.replaces {
                lineage.replacing.entry(id.clone()).or_default().push(at);
            }
            let frame = terms.documents[clause.document].frame.as_ref();
            if let Some(frame) = frame.filter(|_| clause.id.kind == Kind::Renewal) {
                lineage.renewals.entry(frame.agreement.clone()).or_default().push(at);
            }
        }
        for (at, ending) in terms.endings.iter().enumerate() {
            lineage.ending.entry(ending.clause.clone()).or_default().push(at);
        }
        for (at, framed) in terms.documents.iter().enumerate() {
            if let Some(frame) = framed.frame.as_ref().filter(|frame| frame.founds.is_some()) {
                lineage.founding.entry(frame.agreement.clone()).or_insert(at);
            }
        }
        // Documents are made in the order in which they are signed; of those signed on one day the
        // one that takes effect first, then the one given first. What is supposed comes after all.
        let mut order: Vec<_> = (0..terms.documents.len()).collect();
        order.sort_by_key(|at| {
            let frame = terms.documents[*at].frame.as_ref();
            frame.map(|frame| (frame.supposed, frame.signed, frame.effective))
        });
        lineage.rank = vec![0; order.len()];
        for (rank, at) in order.into_iter().enumerate() {
            lineage.rank[at] = rank;
        }
        for renewals in lineage.renewals.values_mut() {
            renewals.sort_by_key(|at| lineage.rank[terms.clauses[*at].document]);
        }
        lineage
    }

    pub fn of_id(&self, id: &ClauseId) -> &[usize] {
        self.of_id.get(id).map_or(&[], Vec::as_slice)
    }

    pub fn replacing(&self, id: &ClauseId) -> &[usize] {
        self.replacing.get(id).map_or(&[], Vec::as_slice)
    }

    pub fn ending(&self, id: &ClauseId) -> &[usize] {
        self.ending.get(id).map_or(&[], Vec::as_slice)
    }

    pub fn founding(&self, agreement: &Name) -> Option<usize> {
        self.founding.get(agreement).copied()
    }

    pub fn renewals(&self, agreement: &Name) -> &[usize] {
        self.renewals.get(agreement).map_or(&[], Vec::as_slice)
    }

    pub fn rank(&self, document: usize) -> usize {
        self.rank.get(document).copied().unwrap_or_default()
    }
}

//! Which of the journal's events a party may see.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use journal::Event;
use terms::Terms;

use super::{Chronicle, parties_of};
use crate::outcome::Failure;
use crate::workspace::{Asker, CASE, DOCUMENT, MEASURED, Workspace};

/// What every party may see: what binds it, and who may sign for whom.
const OPEN: [&str; 3] = [DOCUMENT, "condition/", "keys/"];

/// What of the journal somebody may see; a party what binds everybody, what it caused itself outside of cases,
/// what was metered for consents of its own, and of cases what their clauses let it see.
pub struct Sight<'a> {
    asker: Asker,
    now: Timestamp,
    /// None where nothing was adopted; there are no cases then.
    terms: Option<Arc<Terms>>,
    chronicle: Box<Reading<'a>>,
    /// What it may see of each case that was asked about.
    cases: RefCell<BTreeMap<String, Rc<OfCase>>>,
}

/// Reads a case, by its name.
type Reading<'a> = dyn Fn(&str) -> Result<Arc<Chronicle>, Failure> + 'a;

/// Whether an event of a case may be seen.
type OfCase = dyn Fn(&Event) -> bool;

impl<'a> Sight<'a> {
    /// Of somebody, at the workspace's present. A case is read when the first event of it is asked about.
    ///
    /// # Errors
    /// [`Failure`] if the terms cannot be read.
    pub fn of(workspace: &'a Workspace, asker: Asker) -> Result<Sight<'a>, Failure> {
        let chronicle = |case: &str| Ok(Arc::new(Chronicle::of(workspace, case)?));
        Sight::with(workspace, asker, chronicle)
    }

    /// The same, where somebody has read the cases already.
    ///
    /// # Errors
    /// As [`Sight::of`].
    pub fn with(
        workspace: &Workspace,
        asker: Asker,
        chronicle: impl Fn(&str) -> Result<Arc<Chronicle>, Failure> + 'a,
    ) -> Result<Sight<'a>, Failure> {
        let adopted = !workspace.adoptions()?.is_empty();
        let terms = adopted.then(|| workspace.adopted_terms()).transpose()?;
        let (chronicle, cases) = (Box::new(chronicle), RefCell::default());
        Ok(Sight { asker, now: workspace.now, terms, chronicle, cases })
    }

    /// Whether an event may be seen.
    ///
    /// # Errors
    /// [`Failure`] if what that follows from cannot be read.
    pub fn sees(&self, event: &Event) -> Result<bool, Failure> {
        let stream = &event.stream;
        if self.asker == Asker::Machine {
            return Ok(true);
        }
        if let Some(case) = stream.strip_prefix(CASE) {
            return Ok(self.of_case(case)?(event));
        }
        let Some(party) = self.asker.party() else { return Ok(true) };
        if event.actor == party.as_str() || is_open(stream) {
            return Ok(true);
        }
        let is_theirs = |clause| {
            let terms = self.terms.as_ref();
            terms.is_some_and(|terms| parties_of(terms, clause).contains(party))
        };
        Ok(stream.strip_prefix(MEASURED).is_some_and(is_theirs))
    }

    /// Those of some events that may be seen.
    ///
    /// # Errors
    /// As [`Sight::sees`].
    pub fn seen(&self, mut events: Vec<Event>) -> Result<Vec<Event>, Failure> {
        let mut wrong = None;
        events.retain(|event| match self.sees(event) {
            Ok(sees) => sees,
            Err(failure) => {
                wrong = Some(failure);
                false
            }
        });
        wrong.map_or(Ok(events), Err)
    }

    /// What a party caused itself in a case is not all for its eyes: an answer of a holder may set free what
    /// others offer.
    fn of_case(&self, case: &str) -> Result<Rc<OfCase>, Failure> {
        if let Some(known) = self.cases.borrow().get(case) {
            return Ok(known.clone());
        }
        let visible: Rc<OfCase> = match &self.terms {
            Some(terms) => Rc::new((self.chronicle)(case)?.visible(terms, &self.asker, self.now)),
            None => Rc::new(|_| false),
        };
        self.cases.borrow_mut().insert(case.to_string(), visible.clone());
        Ok(visible)
    }
}

/// Whether what a stream holds may be seen by every party.
pub fn is_open(stream: &str) -> bool {
    OPEN.iter().any(|open| is_under(stream, open))
}

/// Whether a stream is the one named, or below it: `case/hall` names no part of `case/halls`.
pub fn is_under(stream: &str, named: &str) -> bool {
    match stream.strip_prefix(named) {
        Some(rest) => rest.is_empty() || named.ends_with('/') || rest.starts_with('/'),
        None => false,
    }
}

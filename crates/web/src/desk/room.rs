//! A workspace, open in one thread, with what pages ask of it again and again.

use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use journal::Event;
use shell::cases::{Chronicle, Chronicles, Sight, Turn, involved, is_open};
use shell::outcome::Failure;
use shell::workspace::{CASE, DOCUMENT, MEASURED, Months, Workspace};
use terms::compile::Framed;
use terms::{Finding, Name, Source, Terms};

use super::kept::{Kept, SeenWith};
use crate::viewer::Viewer;

/// The workspace, open, with what is read of it again and again.
pub struct Room {
    /// The workspace. Its present is that of the request.
    pub workspace: Workspace,
    kept: Arc<Kept>,
}

/// What waits for somebody.
#[derive(Debug, Clone)]
pub struct Needs {
    /// What they may do, the soonest deadline first, as much of it as was asked for.
    pub soonest: Vec<Need>,
    /// In how many parts of cases that concern them something runs.
    pub open: usize,
}

/// Something that somebody may do now.
#[derive(Debug, Clone)]
pub struct Need {
    /// The case.
    pub case: String,
    /// The part, from 0.
    pub part: usize,
    /// Where it stands.
    pub state: &'static str,
    /// By when.
    pub until: Option<Timestamp>,
    /// What can be done, as it is typed.
    pub may: Vec<String>,
}

impl Room {
    pub(super) fn of(mut workspace: Workspace, kept: Arc<Kept>) -> Room {
        workspace.share(kept.folded.clone());
        Room { workspace, kept }
    }

    /// The terms that have been adopted.
    ///
    /// # Errors
    /// [`Failure`] if nothing has been, or it does not fit together.
    pub fn terms(&self) -> Result<Arc<Terms>, Failure> {
        self.workspace.adopted_terms()
    }

    /// The terms as far as a viewer may look at them in an area: all, or those of some agreements alone.
    ///
    /// # Errors
    /// As [`Room::terms`].
    pub fn terms_for(&self, viewer: &Viewer, area: &str) -> Result<Arc<Terms>, Failure> {
        let terms = self.terms()?;
        if viewer.reads_all(area) {
            return Ok(terms);
        }
        let may_read = |framed: &&Framed| {
            // What only defines names is of all agreements.
            framed.frame.as_ref().is_none_or(|frame| viewer.reads(area, &frame.agreement))
        };
        let source =
            |framed: &Framed| Source { document: framed.document.clone(), known: framed.adopted };
        let sources: Vec<_> = terms.documents.iter().filter(may_read).map(source).collect();
        let (mut part, _) = terms::compile(&sources);
        part.occurrences.clone_from(&terms.occurrences);
        Ok(Arc::new(part))
    }

    /// What the journal says of months.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be read.
    pub fn months(&self) -> Result<Rc<Months>, Failure> {
        self.workspace.months()
    }

    /// What is wrong in the documents as they are now.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be read.
    pub fn findings(&self) -> Result<Arc<Vec<Finding>>, Failure> {
        self.kept.findings(&self.workspace)
    }

    /// What the journal has of every case, by name. Who asks for the fold afterwards finds each of them in it.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be read.
    pub fn chronicles(&self) -> Result<Arc<Chronicles>, Failure> {
        self.kept.chronicles(&self.workspace)
    }

    /// What parties hold of each other on a day, by terms that are those adopted or a part of them.
    ///
    /// # Errors
    /// [`Failure`] if the journal or the calls cannot be read.
    pub fn position(
        &self,
        terms: &Terms,
        on: Date,
        known: terms::Known,
    ) -> Result<settlement::position::Position, Failure> {
        let restated = self.kept.restated(&self.workspace, &*self.terms()?)?;
        shell::position_on(&self.workspace, terms, &restated, on, known)
    }

    /// Whose turn it is in a part of a case, as of the last seconds.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn turns(&self, case: &str, part: usize) -> Result<Arc<Vec<Turn>>, Failure> {
        self.kept.turns(&self.workspace, case, part)
    }

    /// Those of some events that a viewer may see.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn seen(&self, viewer: &Viewer, events: Vec<Event>) -> Result<Vec<Event>, Failure> {
        if viewer.sees_all {
            return Ok(events);
        }
        let chronicles = self.chronicles()?;
        let of = |case: &str| Ok(chronicles.get(case).cloned().unwrap_or_default());
        let sight = Sight::with(&self.workspace, viewer.party_or_nobody(), of)?;
        let mut seen = Vec::new();
        for event in events {
            let sees = match self.agreement_of(&event.stream)? {
                Some(agreement) if !viewer.reads("journal", &agreement) => false,
                Some(agreement) if viewer.sees_all_of(&agreement) => true,
                // What is of no agreement alone, but binds everybody, is for everybody.
                None if !viewer.reads_all("journal") => is_open(&event.stream),
                _ => sight.sees(&event)?,
            };
            if sees {
                seen.push(event);
            }
        }
        Ok(seen)
    }

    /// The agreement that a stream of the journal is about, if it is about one.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn agreement_of(&self, stream: &str) -> Result<Option<Name>, Failure> {
        if let Some(case) = stream.strip_prefix(CASE) {
            return Ok(self.workspace.fold()?.book.case(case).map(|case| case.agreement.clone()));
        }
        let named = [DOCUMENT, MEASURED].iter().any(|prefix| stream.starts_with(prefix));
        if !named || self.workspace.adoptions()?.is_empty() {
            return Ok(None);
        }
        let terms = self.terms()?;
        let place = match stream.strip_prefix(MEASURED) {
            Some(measured) => {
                let clause = terms.clauses.iter().find(|clause| clause.id.to_string() == measured);
                clause.map(|clause| clause.document)
            }
            None => {
                let document = stream.strip_prefix(DOCUMENT);
                terms.documents.iter().position(|of| Some(&*of.document.name) == document)
            }
        };
        let agreement = place.and_then(|place| terms.agreement_of(place));
        Ok(agreement.map(|agreement| agreement.name.clone()))
    }

    /// With which of a case's events a party comes to see each of them, by their places; none while it may not.
    ///
    /// # Errors
    /// [`Failure`] if the terms cannot be read.
    pub fn seen_with(
        &self,
        party: &Name,
        case: &str,
        chronicle: &Chronicle,
    ) -> Result<SeenWith, Failure> {
        self.kept.seen_with(&self.workspace, party, case, chronicle)
    }

    /// What a viewer's party may do now, the soonest deadline first; for who acts for nobody and sees all, what
    /// anybody may about what is due soonest.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn needs(&self, viewer: &Viewer, many: usize) -> Result<Needs, Failure> {
        let (fold, terms) = (self.workspace.fold()?, self.terms()?);
        let mut open = Vec::new();
        for (name, case) in fold.book.cases() {
            let concerns = viewer.reads("sourcing", &case.agreement)
                && match &viewer.party {
                    Some(party) => involved(&terms, case).contains(party),
                    None => viewer.sees_all_of(&case.agreement),
                };
            // What nothing runs in waits for nobody.
            let parts = case.parts.iter().enumerate();
            let parts = parts.filter(|(_, part)| concerns && part.state.is_pending());
            open.extend(parts.map(|(at, part)| (part.state.deadline(), name, at, part)));
        }
        open.sort_by_key(|(until, ..)| (until.is_none(), *until));
        let mut needs = Needs { soonest: Vec::new(), open: open.len() };
        for (until, name, at, part) in open {
            if needs.soonest.len() == many {
                break;
            }
            let turns = self.turns(name, at)?;
            let may: Vec<_> = match &viewer.party {
                Some(party) => {
                    let own = turns.iter().filter(|turn| turn.party == party.as_str());
                    own.flat_map(|turn| turn.may.iter().cloned()).collect()
                }
                None => turns
                    .iter()
                    .map(|turn| format!("{}: {}", turn.party, turn.may.join(", ")))
                    .collect::<Vec<_>>(),
            };
            if !may.is_empty() {
                let (case, state) = (name.to_string(), part.state.name());
                needs.soonest.push(Need { case, part: at, state, until, may });
            }
        }
        Ok(needs)
    }
}

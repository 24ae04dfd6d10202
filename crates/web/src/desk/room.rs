//! A workspace, open in one thread, with what pages ask of it again and again.

use std::rc::Rc;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use journal::Event;
use settlement::{Month, Usage};
use shell::cases::{ANYBODY, Chronicle, Chronicles, Sight, Turn, involved, is_open};
use shell::outcome::Failure;
use shell::workspace::{Asker, CASE, DOCUMENT, MEASURED, Months, Workspace};
use sourcing::State;
use terms::compile::Framed;
use terms::{Finding, Name, Source, Terms};

use super::kept::{Kept, SeenWith};
use super::known::Looking;
use crate::viewer::Viewer;
use crate::words;

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
    /// Where it stands, where that may be known.
    pub state: Option<&'static str>,
    /// By when.
    pub until: Option<Timestamp>,
    /// What can be done, in words; of who acts for nobody, by whom.
    pub may: String,
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

    /// What the calls of a month add up to.
    ///
    /// # Errors
    /// [`Failure`] if they cannot be read.
    pub fn sums(&self, month: Month) -> Result<Arc<Vec<Usage>>, Failure> {
        self.kept.sums(&self.workspace, month)
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
        let chronicles = self.chronicles()?;
        let of = |case: &str| Ok(chronicles.get(case).cloned().unwrap_or_default());
        let sight = Sight::with(&self.workspace, viewer.asker(), of)?;
        let whole = Sight::with(&self.workspace, Asker::Everything, of)?;
        let mut seen = Vec::new();
        for event in events {
            let agreement = match viewer.sees_all {
                true => None,
                false => self.agreement_of(&event.stream)?,
            };
            let sees = match agreement {
                Some(agreement) if !viewer.reads("journal", &agreement) => false,
                Some(agreement) if viewer.sees_all_of(&agreement) => whole.sees(&event)?,
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
        let (terms, changed) = (self.terms()?, self.workspace.fold()?.terms_changed);
        Ok(self.kept.seen_with(&terms, changed, party, case, chronicle))
    }

    /// What it takes to say what a viewer may know of cases.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn looking<'r>(&'r self, viewer: &'r Viewer) -> Result<Looking<'r>, Failure> {
        let (terms, chronicles) = (self.terms()?, self.chronicles()?);
        let terms_changed = self.workspace.fold()?.terms_changed;
        let (kept, now) = (&*self.kept, self.workspace.now);
        Ok(Looking { viewer, now, terms, terms_changed, chronicles, kept })
    }

    /// What a viewer's party may do now, the soonest deadline first; for who acts for nobody and sees all, what
    /// anybody may about what is due soonest.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn needs(&self, viewer: &Viewer, many: usize) -> Result<Needs, Failure> {
        let (fold, terms, looking) = (self.workspace.fold()?, self.terms()?, self.looking(viewer)?);
        let mut open = Vec::new();
        for (name, case) in fold.book.cases() {
            // What nothing runs in waits for nobody.
            let runs = |state: &State| state.is_pending() || state.deadline().is_some();
            if !case.parts.iter().any(|part| runs(&part.state)) {
                continue;
            }
            let Some(known) = looking.known(name, case) else { continue };
            let involved = involved(&terms, case);
            let offers_until = known.offers_until(self.workspace.now);
            let concerns = |party| involved.contains(party) || offers_until.is_some();
            if !viewer.party.as_ref().is_none_or(concerns) {
                continue;
            }
            for (at, _) in case.parts.iter().enumerate().filter(|(_, part)| runs(&part.state)) {
                let until = match known.state(at) {
                    Some(state) => state.deadline(),
                    None => offers_until.flatten(),
                };
                let state = known.state(at).map(State::name);
                open.push(Need {
                    case: name.to_string(),
                    part: at,
                    state,
                    until,
                    may: String::new(),
                });
            }
        }
        open.sort_by_key(|need| (need.until.is_none(), need.until));
        let mut needs = Needs { soonest: Vec::new(), open: open.len() };
        for need in open {
            if needs.soonest.len() == many {
                break;
            }
            let may = match &viewer.party {
                Some(party) => words::deeds(&self.own_turn(party, &need.case, need.part)?),
                None => {
                    let turns = self.turns(&need.case, need.part)?;
                    let of = |turn: &Turn| format!("{}: {}", turn.party, words::deeds(&turn.may));
                    turns.iter().map(of).collect::<Vec<_>>().join(", ")
                }
            };
            if !may.is_empty() {
                needs.soonest.push(Need { may, ..need });
            }
        }
        Ok(needs)
    }

    /// What a party may do about a part of a case now, as it is typed.
    ///
    /// # Errors
    /// [`Failure`] if the journal cannot be read.
    pub fn own_turn(&self, party: &Name, case: &str, part: usize) -> Result<Vec<String>, Failure> {
        let turns = self.turns(case, part)?;
        let own = turns.iter().find(|turn| turn.party == party.as_str());
        let fold = self.workspace.fold()?;
        let terms = self.terms()?;
        let is_stranger =
            fold.book.case(case).is_some_and(|case| !involved(&terms, case).contains(party));
        let turn = match own {
            None if is_stranger => turns.iter().find(|turn| turn.party == ANYBODY),
            own => own,
        };
        Ok(turn.map(|turn| turn.may.clone()).unwrap_or_default())
    }
}

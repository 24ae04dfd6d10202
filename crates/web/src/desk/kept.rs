//! What is kept of a workspace for all threads that read it: as of the last event that changed it, once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use journal::{Hash, Head, Position};
use settlement::{Month, Statement, Usage};
use shell::cases::{Chronicle, Chronicles, Turn, follow, turns};
use shell::outcome::Failure;
use shell::workspace::{Folded, Workspace};
use terms::{Finding, Name, Terms};

/// How long it is believed who may do what, where nothing happened: time alone changes that, too.
const TURNS_LAST: SignedDuration = SignedDuration::from_secs(30);

/// What threads share.
#[derive(Default)]
pub struct Kept {
    /// What the journal comes to.
    pub folded: Folded,
    chronicles: Mutex<Read>,
    seen: Mutex<Seen>,
    turns: Mutex<Turns>,
    findings: Mutex<Option<Resting<Documents, Vec<Finding>>>>,
    sums: Mutex<BTreeMap<Month, Sums>>,
    restated: Mutex<Option<Resting<Rests, Vec<Statement>>>>,
}

/// What was worked out, after what it rests on.
type Resting<On, What> = (On, Arc<What>);

/// What was read of each case of a journal, and up to where.
struct Read {
    journal: Option<Hash>,
    through: Head,
    chronicles: Arc<Chronicles>,
}

impl Default for Read {
    fn default() -> Read {
        Read { journal: None, through: Head::EMPTY, chronicles: Arc::default() }
    }
}

/// With which event each party comes to see each event of a case: as long as neither the case nor the terms
/// change, that is so.
#[derive(Default)]
struct Seen {
    terms_changed: Position,
    cases: BTreeMap<Name, BTreeMap<String, SeenWith>>,
}

/// The places of events, for each event that of the one with which it is seen.
pub type SeenWith = Arc<[Option<usize>]>;

/// Whose turn it is in the parts of cases, and when that was found out.
#[derive(Default)]
struct Turns {
    head: Position,
    /// By case and part.
    found: BTreeMap<(String, usize), Found>,
}

/// Whose turn it is, as of when.
type Found = (Timestamp, Arc<Vec<Turn>>);

/// What findings follow from: the texts as they are, and the last event that changed the terms.
type Documents = (blake3::Hash, Position);

/// What the calls of a month add up to.
type Sums = Resting<Option<blake3::Hash>, Vec<Usage>>;

/// What the statements of months follow from: the journal and the calls.
type Rests = (Position, Option<blake3::Hash>);

fn locked<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever came to a defect left there what was there before.
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    /// What the journal has of every case.
    pub fn chronicles(&self, workspace: &Workspace) -> Result<Arc<Chronicles>, Failure> {
        let fold = workspace.fold()?;
        let mut known = locked(&self.chronicles);
        if known.journal != fold.first {
            *known = Read { journal: fold.first, ..Read::default() };
        }
        if known.through.position < fold.head.position {
            let before = known.chronicles.as_ref().clone();
            let (chronicles, through) = follow(workspace, before, known.through)?;
            (known.chronicles, known.through) = (Arc::new(chronicles), through);
        }
        Ok(known.chronicles.clone())
    }

    /// With which of a case's events a party comes to see each of them, by terms that changed last at that position.
    pub fn seen_with(
        &self,
        terms: &Terms,
        terms_changed: Position,
        party: &Name,
        case: &str,
        chronicle: &Chronicle,
    ) -> SeenWith {
        let mut seen = locked(&self.seen);
        if seen.terms_changed != terms_changed {
            *seen = Seen { terms_changed, cases: BTreeMap::new() };
        }
        let cases = seen.cases.entry(party.clone()).or_default();
        match cases.get(case) {
            Some(with) if with.len() == chronicle.happened.len() => with.clone(),
            _ => {
                let with: SeenWith = chronicle.seen_with(terms, party).into();
                cases.insert(case.to_string(), with.clone());
                with
            }
        }
    }

    /// Whose turn it is in a part of a case. An answer is good until something happens or is due, and for some
    /// seconds at most; whatever is done is decided anew.
    pub fn turns(
        &self,
        workspace: &Workspace,
        case: &str,
        part: usize,
    ) -> Result<Arc<Vec<Turn>>, Failure> {
        let (fold, terms, now) = (workspace.fold()?, workspace.adopted_terms()?, workspace.now);
        let place = (case.to_string(), part);
        let is_due =
            |since: Timestamp| fold.book.next().is_some_and(|(at, _)| since < at && at <= now);
        {
            let mut turns = locked(&self.turns);
            if turns.head != fold.head.position {
                *turns = Turns { head: fold.head.position, found: BTreeMap::new() };
            }
            if let Some((since, found)) = turns.found.get(&place)
                && (SignedDuration::ZERO..TURNS_LAST).contains(&now.duration_since(*since))
                && !is_due(*since)
            {
                return Ok(found.clone());
            }
        }
        let found = Arc::new(turns(&terms, &fold.book, case, part, now));
        let mut turns = locked(&self.turns);
        if turns.head == fold.head.position {
            turns.found.insert(place, (now, found.clone()));
        }
        Ok(found)
    }

    /// What is wrong in the documents as they are now: somebody may save one without entering anything, so
    /// they are read each time, and compiled where they differ.
    pub fn findings(&self, workspace: &Workspace) -> Result<Arc<Vec<Finding>>, Failure> {
        let rests = (workspace.documents_stamp()?, workspace.fold()?.terms_changed);
        let mut kept = locked(&self.findings);
        if let Some((on, findings)) = &*kept
            && *on == rests
        {
            return Ok(findings.clone());
        }
        let findings = Arc::new(workspace.read_terms()?.findings);
        *kept = Some((rests, findings.clone()));
        Ok(findings)
    }

    /// What the calls of a month add up to.
    pub fn sums(&self, workspace: &Workspace, month: Month) -> Result<Arc<Vec<Usage>>, Failure> {
        let rests = workspace.usage_stamp()?;
        if let Some((on, sums)) = locked(&self.sums).get(&month)
            && *on == rests
            && rests.is_some()
        {
            return Ok(sums.clone());
        }
        let mut tries = 0;
        let sums = loop {
            let partitions = workspace.usage()?.partitions(month.first(), month.end())?;
            match settlement::sums(&partitions, &mut |_| {}) {
                // A gateway at work merges the segments of its day now and then.
                Err(error) if error.is_stale() && tries < 3 => tries += 1,
                sums => break Arc::new(sums?),
            }
        };
        locked(&self.sums).insert(month, (rests, sums.clone()));
        Ok(sums)
    }

    /// The statement of every settled month, as it comes out today.
    pub fn restated(
        &self,
        workspace: &Workspace,
        terms: &Terms,
    ) -> Result<Arc<Vec<Statement>>, Failure> {
        let rests = (workspace.fold()?.head.position, workspace.usage_stamp()?);
        let mut kept = locked(&self.restated);
        if let Some((on, statements)) = &*kept
            && *on == rests
            && rests.1.is_some()
        {
            return Ok(statements.clone());
        }
        let statements = Arc::new(shell::restated(workspace, terms)?);
        *kept = Some((rests, statements.clone()));
        Ok(statements)
    }
}

//! Plays commands before a watcher.

use std::sync::Arc;

use jiff::{Span, Timestamp};
use serde_json::Value;
use sourcing::command::decide_asking;
use sourcing::{Book, Command, Dated, Does, Guards, Refused};
use terms::Terms;

use super::{Happened, Law, Watcher, waits_for_ever};

/// Cases, all that happened in them, and who watches.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    pub book: Book,
    pub watcher: Watcher,
    pub journal: Journal,
    /// How many commands were carried out: their ids.
    pub commands: u32,
}

/// What happened, the latest first; copies share what they have in common.
#[derive(Debug, Clone, Default)]
pub struct Journal(Option<Arc<Entry>>);

#[derive(Debug)]
struct Entry {
    case: String,
    dated: Dated,
    before: Journal,
}

impl Journal {
    fn append(&mut self, case: &str, dated: Dated) {
        let before = self.clone();
        *self = Journal(Some(Arc::new(Entry { case: case.to_string(), dated, before })));
    }

    /// What happened, in order.
    pub fn entries(&self) -> Vec<(&str, &Dated)> {
        let (mut entries, mut next) = (Vec::new(), self);
        while let Some(entry) = &next.0 {
            entries.push((entry.case.as_str(), &entry.dated));
            next = &entry.before;
        }
        entries.reverse();
        entries
    }
}

impl Watched {
    /// What a command that is not carried out yet would lead to.
    pub fn decide(
        &self,
        guards: Guards,
        terms: &Terms,
        case: &str,
        now: Timestamp,
        command: &Command,
    ) -> Result<(Command, Vec<Dated>), Refused> {
        let looks = command.does == Does::Tick;
        let id = (!looks).then(|| format!("command-{}", self.commands));
        let command = Command { id, ..command.clone() };
        let happened = decide_asking(guards, terms, &self.book, case, &command, now)?;
        Ok((command, happened))
    }

    /// Decides a command, asking these guards, and folds what follows before the watcher. A refusal
    /// changes nothing.
    pub fn act(
        &mut self,
        guards: Guards,
        terms: &Terms,
        case: &str,
        now: Timestamp,
        command: &Command,
    ) -> Result<Vec<Dated>, Refused> {
        let (command, happened) = self.decide(guards, terms, case, now, command)?;
        self.carry_out(guards, terms, case, now, &command, &happened);
        Ok(happened)
    }

    /// Folds what follows from a command before the watcher. Invariants 10, 16 and 17 are about
    /// deciding itself, so they are seen to here.
    pub fn carry_out(
        &mut self,
        guards: Guards,
        terms: &Terms,
        case: &str,
        now: Timestamp,
        command: &Command,
        happened: &[Dated],
    ) {
        // Who withdrew an offer its event does not say; but what was asked for it stands with it.
        let named = |dated: &Dated| dated.command.is_some() || dated.by.is_some();
        let own = happened.iter().position(|dated| named(dated) || !dated.guards.is_empty());
        let others: Vec<_> =
            self.book.others(case).map(|(name, case)| (name.to_string(), case.clone())).collect();
        for (at, dated) in happened.iter().enumerate() {
            if Some(at) == own {
                self.watcher.carried_out(terms, &self.book, case, command);
            }
            self.fold(terms, case, command, Some(at) == own, dated);
        }
        if own.is_some() {
            self.commands += 1;
            self.again(guards, terms, case, now, command);
        }
        for (name, other) in others {
            if self.book.case(&name) != Some(&other) {
                self.watcher.broke(Law::CasesApart, format!("`{name}` changed by {command:?}"));
            }
        }
    }

    fn fold(&mut self, terms: &Terms, name: &str, command: &Command, first: bool, dated: &Dated) {
        let written = serde_json::to_value(dated).expect("an event can be written");
        self.read_back(dated, &written);
        let before = self.book.case(name).cloned();
        self.book.apply(name, dated);
        let (before, after, written) = (before.as_ref(), &self.book, &written);
        let happened = Happened { terms, name, before, command, first, dated, written, after };
        self.watcher.see(&happened);
        self.journal.append(name, dated.clone());
    }

    /// What is read is what was written, under the event's own name.
    fn read_back(&mut self, dated: &Dated, written: &Value) {
        let named = written["event"]["event"] == dated.event.name();
        let read = serde_json::from_value::<Dated>(written.clone());
        if !named || !read.as_ref().is_ok_and(|read| read == dated) {
            self.watcher.broke(Law::Replay, format!("{written} reads as {read:?}"));
        }
    }

    /// The same command once more changes nothing.
    fn again(
        &mut self,
        guards: Guards,
        terms: &Terms,
        case: &str,
        now: Timestamp,
        command: &Command,
    ) {
        let again = decide_asking(guards, terms, &self.book, case, command, now);
        if again != Ok(Vec::new()) {
            self.watcher.broke(Law::Idempotence, format!("{command:?}: {again:?}"));
        }
    }

    /// Time passes up to an instant, in every case.
    pub fn tick(&mut self, guards: Guards, terms: &Terms, now: Timestamp) {
        while let Some((at, case)) = self.book.next() {
            let (case, tick) = (case.to_string(), Command::new("clock", Does::Tick));
            // A receipt happens at its instant; a deadline waits for what is received then.
            let happened = match at <= now {
                true => self.act(guards, terms, &case, now, &tick),
                false => return,
            };
            match happened {
                Ok(happened) if happened.is_empty() => return,
                Ok(_) => {}
                Err(refused) => {
                    return self.watcher.broke(Law::Liveness, format!("time stops: {refused}"));
                }
            }
        }
    }

    /// The next instant at which something may be different: that of a timer, or just after it, or
    /// one of these.
    pub fn next(&self, now: Timestamp, instants: &[Timestamp]) -> Option<Timestamp> {
        let fixed = instants.iter().copied().filter(|at| now < *at).min();
        let timer = self.book.next().map(|(at, _)| match at <= now {
            true => now + Span::new().microseconds(1),
            false => at,
        });
        timer.into_iter().chain(fixed).min()
    }

    /// Liveness, invariant 7: whatever runs is ended by a timer that is still to come.
    pub fn see_that_nothing_waits(&mut self, now: Timestamp) {
        let waits = self.book.cases().find_map(|(_, case)| waits_for_ever(case));
        let overdue = self.book.next().filter(|(at, _)| *at < now);
        if let Some((at, case)) = overdue {
            let found = format!("`{case}` was due at {at}, and it is {now}");
            self.watcher.broke(Law::Liveness, found);
        }
        if let Some(waits) = waits {
            self.watcher.broke(Law::Liveness, waits);
        }
    }

    /// Invariant 17: the journal alone gives the book, also after it was written and read.
    pub fn see_that_it_replays(&mut self, begun: &Book) {
        let mut replayed = begun.clone();
        for (case, dated) in self.journal.entries() {
            let written = serde_json::to_string(dated).expect("an event can be written");
            match serde_json::from_str(&written) {
                Ok(read) => replayed.apply(case, &read),
                Err(error) => return self.watcher.broke(Law::Replay, error.to_string()),
            }
        }
        if replayed != self.book {
            self.watcher.broke(Law::Replay, "another book");
        }
    }
}

//! What becomes of the events that several writers want to append at once.

use std::rc::Rc;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

use crate::hash::Content;
use crate::store::{Seen, Writer};
use crate::tail::Tail;
use crate::{AppendError, Condition, Event, Hash, Head, NewEvent, Position, Salt, StorageError};

/// How far a writer's time may lie behind the last event's.
///
/// Several writers read their clocks before they queue, and machines that keep time by NTP differ by
/// less than a second: events may arrive a little late without any clock being wrong. Then they
/// are recorded at the last event's time, which is when they came after it.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// How deep a text may be nested for `serde_json` to read it.
const NESTED_MAX: usize = 127;

/// What one writer wants to append, all or nothing.
pub(crate) struct Asked {
    pub condition: Condition,
    pub recorded: Timestamp,
    pub events: Vec<Prepared>,
}

/// The same, with the way to answer.
pub(crate) struct Request {
    pub asked: Arc<Asked>,
    pub answer: oneshot::Sender<Result<Head, AppendError>>,
}

/// An event with its payload and time as they will be stored.
pub(crate) struct Prepared {
    pub event: NewEvent,
    pub effective: String,
    pub payload: String,
    pub salt: Salt,
}

impl Prepared {
    pub(crate) fn new(event: NewEvent) -> Result<Prepared, AppendError> {
        // PostgreSQL cannot hold it, and what one store accepts the other must.
        let names = [&event.kind, &event.stream, &event.actor];
        if names.into_iter().chain(&event.cause).any(|name| name.contains('\0')) {
            return Err(AppendError::Nul { kind: event.kind.replace('\0', "\\0") });
        }
        // What the journal accepts, it must be able to return. Only what is nested deep would not read
        // back, so texts with fewer brackets than that takes need not be tried.
        let stored = serde_json::to_string(&event.payload).and_then(|payload| {
            if payload.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() >= NESTED_MAX {
                serde_json::from_str::<serde_json::Value>(&payload)?;
            }
            Ok(payload)
        });
        match stored {
            Ok(payload) => {
                let salt = Salt::random().map_err(AppendError::Random)?;
                Ok(Prepared { effective: event.effective.to_string(), payload, salt, event })
            }
            Err(source) => Err(AppendError::Payload { kind: event.kind, source }),
        }
    }
}

impl From<Event> for Prepared {
    /// An event that was appended elsewhere, as it was stored there.
    fn from(event: Event) -> Prepared {
        let Event { kind, stream, actor, cause, effective, payload, salt, .. } = event;
        let written = payload.to_string();
        let event = NewEvent { kind, stream, actor, cause, effective, payload };
        Prepared { effective: effective.to_string(), payload: written, salt, event }
    }
}

/// An event in its place.
pub(crate) struct Row<'a> {
    pub prepared: &'a Prepared,
    pub recorded: Rc<str>,
    pub previous: Hash,
    pub head: Head,
}

/// A batch in the making: what was decided on so far, on top of what is stored.
pub(crate) struct Batch<'a> {
    pub rows: Vec<Row<'a>>,
    /// Where the journal will end.
    pub tail: Tail,
    recorded: Option<Timestamp>,
}

impl<'a> Batch<'a> {
    /// A batch to follow the event `last`. `known` is what is remembered of those before it.
    pub(crate) fn after(last: Option<&Event>, known: Tail) -> Batch<'a> {
        let head = last.map_or(Head::EMPTY, Event::head);
        // Somebody else appended meanwhile, so what is remembered is not all there is.
        let tail = if known.head == head { known } else { Tail::new(head) };
        Batch { rows: Vec::new(), tail, recorded: last.map(|last| last.recorded) }
    }

    /// Puts the events asked for behind those already there, if their condition holds there. A
    /// refusal is the inner result; the outer is that nothing could be decided.
    pub(crate) fn add(
        &mut self,
        asked: &'a Asked,
        writer: &mut dyn Writer,
    ) -> Result<Result<Head, AppendError>, StorageError> {
        if let Err(refusal) = self.check(&asked.condition, writer)? {
            return Ok(Err(refusal));
        }
        let recorded = match self.recorded {
            Some(last) if last.duration_since(asked.recorded) > TOLERANCE => {
                return Ok(Err(AppendError::ClockWentBack { last, given: asked.recorded }));
            }
            Some(last) => asked.recorded.max(last),
            None => asked.recorded,
        };
        if !asked.events.is_empty() {
            self.recorded = Some(recorded);
        }
        let recorded: Rc<str> = recorded.to_string().into();
        for prepared in &asked.events {
            let previous = self.tail.head.hash;
            let head = self.seal(prepared, &recorded);
            self.rows.push(Row { prepared, recorded: Rc::clone(&recorded), previous, head });
            let NewEvent { kind, stream, .. } = &prepared.event;
            self.tail.push(head, Seen { kind: kind.clone(), stream: stream.clone() });
        }
        Ok(Ok(self.tail.head))
    }

    /// Sees whether anything of the condition's came in: it is looked for from the condition's
    /// position on, on the disk and then in what is remembered, which goes on in this batch.
    fn check(
        &self,
        condition: &Condition,
        writer: &mut dyn Writer,
    ) -> Result<Result<(), AppendError>, StorageError> {
        let (after, head) = (condition.after, self.tail.head.position);
        if after > head {
            return Ok(Err(AppendError::BeyondHead { after, head }));
        }
        let mut found: Option<(Position, Seen)> = None;
        if after.next() < self.tail.first() {
            for filter in &condition.filters {
                let before = found.as_ref().map_or(self.tail.first(), |(position, _)| *position);
                found = writer.first(after, before, filter)?.or(found);
            }
        }
        let recent = || self.tail.find(after, &condition.filters);
        Ok(match found.or_else(|| recent().map(|(position, seen)| (position, seen.clone()))) {
            Some((position, Seen { kind, stream })) => {
                Err(AppendError::Conflict { after, position, kind, stream })
            }
            None => Ok(()),
        })
    }

    fn seal(&self, prepared: &Prepared, recorded: &str) -> Head {
        let event = &prepared.event;
        let content = Content {
            effective: prepared.effective.as_bytes(),
            kind: event.kind.as_bytes(),
            stream: event.stream.as_bytes(),
            actor: event.actor.as_bytes(),
            cause: event.cause.as_deref().map(str::as_bytes),
            payload: prepared.payload.as_bytes(),
            recorded: recorded.as_bytes(),
        }
        .hash(&prepared.salt);
        let Head { position, hash } = self.tail.head;
        let position = position.next();
        Head { position, hash: Hash::of_link(position, hash, content) }
    }
}

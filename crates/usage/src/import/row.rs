//! A row made of a record, or everything that is wrong with it.

use std::borrow::Cow;

use super::defaults::Given;
use super::field::{self, Reason};
use super::record::Record;
use crate::day::instant;
use crate::intake::Call;
use crate::schema::NAMES;
use crate::tokens::CLASSES;
use crate::{Event, EventId, Tokens};

/// A row with names of its own, or those of the record and the defaults.
pub(super) struct Row<'a> {
    /// None if it is known by what it says.
    pub id: Option<EventId>,
    pub at_ns: i64,
    pub names: [Cow<'a, str>; NAMES.len()],
    pub calls: u32,
    pub tokens: [u32; CLASSES],
}

impl Row<'_> {
    pub(super) fn call(&self) -> Call<'_> {
        let Self { at_ns, calls, tokens, .. } = *self;
        Call { at_ns, names: self.names.each_ref().map(|name| &**name), calls, tokens }
    }

    /// The row as an event; none if it is known by what it says alone.
    pub(super) fn event(&self) -> Option<Event> {
        let [channel, product, model, host, customer, tier] =
            self.names.each_ref().map(|name| name.to_string());
        let (at, tokens) = (instant(self.at_ns), Tokens::of_classes(self.tokens));
        let (id, calls) = (self.id?, self.calls);
        Some(Event { id, at, channel, product, model, host, customer, tier, calls, tokens })
    }
}

/// A record that is read into a row; what is wrong is noted, so that all of it is said at once.
pub(super) struct Reading<'a> {
    pub record: &'a Record<'a>,
    given: &'a Given,
    reasons: Vec<Reason>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(record: &'a Record<'a>, given: &'a Given) -> Self {
        Self { record, given, reasons: Vec::new() }
    }

    pub(super) fn wrong(&mut self, reason: Reason) {
        self.reasons.push(reason);
    }

    /// The value, or nothing if there is none and the reason is noted.
    pub(super) fn noted<T>(&mut self, value: Result<T, Reason>) -> Option<T> {
        value.map_err(|reason| self.reasons.push(reason)).ok()
    }

    /// What the record says; a reason if it says nothing.
    pub(super) fn needed(&mut self, name: &str) -> Option<Cow<'a, str>> {
        let text = self.record.text(name);
        if text.is_none() {
            self.wrong(format!("there is no `{name}`"));
        }
        text
    }

    /// The names of the row: each by the mapping, else under the name it has in the format, else
    /// by default.
    pub(super) fn names(
        &mut self,
        theirs: [Option<Cow<'a, str>>; NAMES.len()],
    ) -> [Cow<'a, str>; NAMES.len()] {
        let (record, given) = (self.record, self.given);
        let mut names: [Cow<'a, str>; NAMES.len()] = Default::default();
        for (((slot, column), own), default) in
            names.iter_mut().zip(NAMES).zip(theirs).zip(&given.names)
        {
            let source = given.columns.get(column).map(String::as_str);
            let found = source.map_or(own, |source| record.text(source));
            *slot = match (found, default) {
                (Some(Cow::Borrowed(text)), _) => {
                    let name = field::name(source.unwrap_or(column), text).map(Cow::Borrowed);
                    self.noted(name).unwrap_or_default()
                }
                (Some(Cow::Owned(text)), _) => {
                    let name = field::name(source.unwrap_or(column), &text);
                    self.noted(name.map(|name| Cow::Owned(name.to_owned()))).unwrap_or_default()
                }
                (None, Some(default)) => Cow::Borrowed(default),
                (None, None) => {
                    self.wrong(format!("nothing says `{column}`; pass a default for it"));
                    Cow::default()
                }
            };
        }
        names
    }

    pub(super) fn done<T>(self, row: T) -> Result<T, Vec<Reason>> {
        if self.reasons.is_empty() { Ok(row) } else { Err(self.reasons) }
    }
}

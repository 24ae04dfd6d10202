//! The deadlines of each party, as a feed that calendars subscribe to.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use icalendar::{Alarm, Calendar as ICalendar, Class, Component, Event, EventLike, EventStatus};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The name by which a feed says who made it (RFC 5545, section 3.7.3).
const MADE_BY: &str = "-//Charterparty//charter//EN";

/// How long what is over or cancelled stays in a feed, so that every subscriber hears of it.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long before a deadline there is an alarm.
const ALARMS: [TimeDelta; 2] = [TimeDelta::days(-1), TimeDelta::hours(-1)];

/// A moment by which a party must have acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Names this deadline among all of the party's, for ever, e.g. `case/7/response`.
    pub uid: String,
    /// The party.
    pub party: String,
    /// The last instant at which the party may act.
    pub at: Timestamp,
    /// The zone in which the agreement counts it. The title shows the time there; calendars show
    /// their own.
    pub zone: TimeZone,
    /// What is due, in a line.
    pub title: String,
    /// What is due, why, and where it is written.
    pub description: String,
}

/// The deadlines of all parties, and what became of earlier ones.
///
/// A fold: [observe](Calendar::observe) the open deadlines after every event, in order, and the same
/// events give the same feeds on any machine. Calendars learn of a change by a `SEQUENCE` that grows
/// (RFC 5545, section 3.8.7.4), which is counted here.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// By party and uid.
    entries: BTreeMap<(String, String), Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    deadline: Deadline,
    sequence: u32,
    cancelled: bool,
}

impl Calendar {
    /// A calendar that has seen nothing yet.
    #[must_use]
    pub fn new() -> Calendar {
        Calendar::default()
    }

    /// Takes note of all deadlines that are open at `now`.
    ///
    /// One with another time, title or description than before has moved. One that is not among
    /// them any more is cancelled if its time had not come; otherwise it is over and stays as it was.
    pub fn observe(&mut self, open: impl IntoIterator<Item = Deadline>, now: Timestamp) {
        let mut gone = std::mem::take(&mut self.entries);
        for deadline in open {
            let place = (deadline.party.clone(), deadline.uid.clone());
            let sequence = match gone.remove(&place) {
                None => 0,
                Some(known) if known.deadline == deadline && !known.cancelled => known.sequence,
                Some(known) => known.sequence + 1,
            };
            self.entries.insert(place, Entry { deadline, sequence, cancelled: false });
        }
        for (place, mut entry) in gone {
            if !entry.cancelled && entry.deadline.at > now {
                entry.cancelled = true;
                entry.sequence += 1;
            }
            self.entries.entry(place).or_insert(entry);
        }
    }

    /// The party's feed, in the form of RFC 5545: open deadlines, and for 90 days what is over or
    /// cancelled.
    ///
    /// `stamp` is when the feed is made. The same calendar and stamp give the same text.
    #[must_use]
    pub fn feed(&self, party: &str, stamp: Timestamp) -> String {
        let mut feed = ICalendar::empty();
        feed.append_property(("VERSION", "2.0"));
        feed.append_property(("PRODID", MADE_BY));
        feed.append_property(("METHOD", "PUBLISH"));
        feed.name(&one_line(&format!("Deadlines of {party}")));
        for entry in self.entries.values() {
            let recent = stamp.duration_since(entry.deadline.at) <= KEPT;
            if entry.deadline.party == party && recent {
                feed.push(entry.event(stamp));
            }
        }
        feed.to_string()
    }
}

impl Entry {
    fn event(&self, stamp: Timestamp) -> Event {
        let Deadline { uid, party, at, zone, title, description } = &self.deadline;
        let local = at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z");
        let title = one_line(&format!("{title} (by {local})"));
        // The same deadline of two parties may meet in one calendar.
        let uid = one_line(&format!("{uid}/{party}"));
        let mut event = Event::new();
        event
            .uid(&uid)
            .add_property("DTSTAMP", utc(stamp))
            .add_property("DTSTART", utc(*at))
            .summary(&title)
            .description(&text(description))
            .sequence(self.sequence)
            .class(Class::Private)
            // A deadline keeps nobody from being asked to a meeting.
            .add_property("TRANSP", "TRANSPARENT");
        if self.cancelled {
            event.status(EventStatus::Cancelled);
        } else {
            event.status(EventStatus::Confirmed);
            for before in ALARMS {
                let mut alarm = Alarm::display(&title, before);
                // Otherwise the library would ask the clock, and draw lots.
                alarm.add_property("DTSTAMP", utc(stamp));
                alarm.add_property("UID", format!("{uid}/{}", before.num_hours()));
                event.alarm(alarm);
            }
        }
        event.done()
    }
}

/// An instant in the form that needs no time zone.
fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The library escapes line feeds alone: any other control character would break or end a line.
fn text(words: &str) -> String {
    words.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

fn one_line(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

//! How time is counted. The numbers are those of the domain rules, §4.2.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::*;
use jiff::civil::{Date, DateTime, Time, date, time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use sourcing::deadline::ClockError;
use sourcing::{Channel, Clock};
use terms::{Calendar, Duration};

use Channel::{Courier, Email, Hand, Post, PostAbroad};

const FIVE: Time = time(17, 0, 0, 0);

fn calendar(holidays: &[&str]) -> Calendar {
    Calendar {
        holidays: holidays.iter().map(|day| day.parse().unwrap()).collect(),
        covers_from: date(2024, 1, 1),
        covers_until: date(2027, 1, 1),
    }
}

fn clock<'a>(zone: &str, cutoff: Time, calendars: &[&'a Calendar]) -> Clock<'a> {
    Clock { zone: TimeZone::get(zone).unwrap(), cutoff, calendars: calendars.to_vec() }
}

/// A wall-clock time of the clock's zone.
fn local(clock: &Clock<'_>, text: &str) -> Timestamp {
    let local: DateTime = text.parse().unwrap();
    local.to_zoned(clock.zone.clone()).unwrap().timestamp()
}

fn utc(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn days(count: u32) -> Duration {
    Duration::days(count)
}

fn bd(count: u32) -> Duration {
    Duration::business_days(count)
}

/// T1, T2, T8, T9, T11, T14: from sending to the last instant of the window.
#[test]
fn a_window_opens_at_its_deemed_receipt() {
    let us = calendar(UNITED_STATES);
    let la = clock("America/Los_Angeles", FIVE, &[&us]);
    let ny = clock("America/New_York", time(23, 59, 0, 0), &[&us]);
    #[rustfmt::skip]
    let rows = [
        // number, clock, sent, by, window, received, due, due in UTC
        ("T1",  &la, "2025-01-21 18:05",    Email, bd(10),   "2025-01-22 09:00", "2025-02-05 17:00", "2025-02-06T01:00Z"),
        ("T2",  &la, "2025-01-21 18:05",    Email, days(15), "2025-01-22 09:00", "2025-02-06 17:00", "2025-02-07T01:00Z"),
        ("T8",  &ny, "2025-12-24 10:00",    Hand,  bd(5),    "2025-12-24 10:00", "2026-01-02 23:59", "2026-01-03T04:59Z"),
        ("T9",  &la, "2025-05-23 12:00",    Post,  bd(5),    "2025-05-28 09:00", "2025-06-04 17:00", "2025-06-05T00:00Z"),
        ("T11", &la, "2025-01-20 10:00",    Email, days(15), "2025-01-21 09:00", "2025-02-05 17:00", "2025-02-06T01:00Z"),
        ("T14", &la, "2025-07-03 17:00:01", Email, bd(3),    "2025-07-07 09:00", "2025-07-10 17:00", "2025-07-11T00:00Z"),
    ];
    for (number, clock, sent, by, window, received, due, due_utc) in rows {
        let receipt = clock.deemed_receipt(local(clock, sent), by).unwrap();
        assert_eq!(receipt, local(clock, received), "{number}: received");
        let deadline = clock.deadline(receipt, window).unwrap();
        assert_eq!(deadline, local(clock, due), "{number}: due");
        assert_eq!(deadline, utc(due_utc), "{number}: due in UTC");
    }
}

/// T3, T4, T5, T10, T12, T13: from an instant to the last of the window.
#[test]
fn a_window_ends_at_the_cutoff_of_its_last_day() {
    let (us, england) = (calendar(UNITED_STATES), calendar(ENGLAND));
    let la = clock("America/Los_Angeles", FIVE, &[&us]);
    let both = clock("America/Los_Angeles", FIVE, &[&us, &england]);
    let months = Duration::months;
    #[rustfmt::skip]
    let rows = [
        // number, clock, from, window, due, due in UTC
        ("T3",              &la,   "2024-11-08 12:00", bd(30),               "2024-12-24 17:00", "2024-12-25T01:00Z"),
        ("T4",              &la,   "2025-03-03 12:00", days(10),             "2025-03-13 17:00", "2025-03-14T00:00Z"),
        ("T5",              &la,   "2025-03-03 12:00", Duration::hours(240), "2025-03-13 13:00", "2025-03-13T20:00Z"),
        ("T10 both",        &both, "2025-08-21 12:00", bd(5),                "2025-08-29 17:00", "2025-08-30T00:00Z"),
        ("T10 US alone",    &la,   "2025-08-21 12:00", bd(5),                "2025-08-28 17:00", "2025-08-29T00:00Z"),
        ("T12",             &la,   "2025-02-05 17:00", days(180),            "2025-08-04 17:00", "2025-08-05T00:00Z"),
        ("T13 August",      &la,   "2025-08-31 12:00", months(6),            "2026-02-28 17:00", "2026-03-01T01:00Z"),
        ("T13 November",    &la,   "2025-11-30 12:00", months(3),            "2026-02-28 17:00", "2026-03-01T01:00Z"),
        ("T13 leap year",   &la,   "2024-02-29 12:00", months(12),           "2025-02-28 17:00", "2025-03-01T01:00Z"),
        ("day 31 to 30",    &la,   "2025-03-31 12:00", months(1),            "2025-04-30 17:00", "2025-05-01T00:00Z"),
        ("onto a Saturday", &la,   "2025-01-22 09:00", days(10),             "2025-02-01 17:00", "2025-02-02T01:00Z"),
        ("onto a holiday",  &la,   "2025-06-27 09:00", days(7),              "2025-07-04 17:00", "2025-07-05T00:00Z"),
        ("day 0",           &la,   "2025-01-22 09:00", days(0),              "2025-01-22 17:00", "2025-01-23T01:00Z"),
        ("after its cutoff",&la,   "2025-01-22 18:00", days(0),              "2025-01-22 18:00", "2025-01-23T02:00Z"),
        ("DST ends",        &la,   "2025-10-27 12:00", days(10),             "2025-11-06 17:00", "2025-11-07T01:00Z"),
        ("the same, hours", &la,   "2025-10-27 12:00", Duration::hours(240), "2025-11-06 11:00", "2025-11-06T19:00Z"),
    ];
    for (number, clock, from, window, due, due_utc) in rows {
        let deadline = clock.deadline(local(clock, from), window).unwrap();
        assert_eq!(deadline, local(clock, due), "{number}");
        assert_eq!(deadline, utc(due_utc), "{number}: in UTC");
    }
}

/// T6 and T7.
#[test]
fn a_time_the_clock_skips_or_shows_twice_is_the_later_one() {
    let us = calendar(UNITED_STATES);
    let la = clock("America/Los_Angeles", FIVE, &[&us]);
    let rows = [
        ("T6", "2025-03-09 02:30", "2025-03-09T10:00Z"),
        ("just before the gap", "2025-03-09 01:59", "2025-03-09T09:59Z"),
        ("the gap begins", "2025-03-09 02:00", "2025-03-09T10:00Z"),
        ("the gap ends", "2025-03-09 03:00", "2025-03-09T10:00Z"),
        ("T7", "2025-11-02 01:30", "2025-11-02T09:30Z"),
        ("just before the fold", "2025-11-02 00:59", "2025-11-02T07:59Z"),
        ("the fold ends", "2025-11-02 02:00", "2025-11-02T10:00Z"),
    ];
    for (number, wall, instant) in rows {
        assert_eq!(la.instant(wall.parse().unwrap()).unwrap(), utc(instant), "{number}");
    }
}

/// A deadline whose cutoff falls into the gap or the fold.
#[test]
fn a_cutoff_that_is_skipped_or_shown_twice_is_the_later_one() {
    let us = calendar(UNITED_STATES);
    let rows = [
        (time(2, 30, 0, 0), "2025-03-08 12:00", "2025-03-09T10:00Z"),
        (time(1, 30, 0, 0), "2025-11-01 12:00", "2025-11-02T09:30Z"),
    ];
    for (cutoff, from, due) in rows {
        let la = clock("America/Los_Angeles", cutoff, &[&us]);
        assert_eq!(la.deadline(local(&la, from), days(1)).unwrap(), utc(due), "{from}");
    }
}

/// T15.
#[test]
fn a_month_has_the_hours_between_its_local_midnights() {
    let rows = [
        ("America/Los_Angeles", date(2025, 3, 1), 743),
        ("America/Los_Angeles", date(2025, 11, 1), 721),
        ("UTC", date(2025, 3, 1), 744),
        ("UTC", date(2025, 11, 1), 720),
    ];
    for (zone, first, hours) in rows {
        let clock = clock(zone, FIVE, &[]);
        let next = first.checked_add(Span::new().months(1)).unwrap();
        let elapsed = clock.midnight(next).unwrap().duration_since(clock.midnight(first).unwrap());
        assert_eq!(elapsed.as_hours(), hours, "{zone} {first}");
    }
}

/// Where the clock skips midnight itself, the day begins when the gap ends.
#[test]
fn a_day_whose_midnight_is_skipped_begins_after_the_gap() {
    let santiago = clock("America/Santiago", FIVE, &[]);
    assert_eq!(santiago.midnight(date(2024, 9, 8)).unwrap(), utc("2024-09-08T04:00Z"));
}

/// T16.
#[test]
fn an_answer_at_the_deadline_is_in_time_and_a_microsecond_later_is_not() {
    let terms = agreement(&first_refusal(""));
    let mut noticed = Play::default();
    let sent = at("2025-01-21 18:05");
    noticed.act(&terms, sent, LAB, request()).unwrap();
    noticed.act(&terms, sent, LAB, notify()).unwrap();
    let deadline = at("2025-02-05 17:00");

    let mut in_time = noticed.clone();
    let events = in_time.act(&terms, deadline, MERIDIAN, exercise_all()).unwrap();
    let names: Vec<_> = events.iter().map(|dated| dated.event.name()).collect();
    assert_eq!(names, ["round-opened", "exercised"]);

    let late = deadline + Span::new().microseconds(1);
    let refused = noticed.act(&terms, late, MERIDIAN, exercise_all()).unwrap_err();
    assert_eq!(refused.found, "this needs a part that is OPEN; there is 1000 × FREE");
    let events = noticed.act(&terms, late, "clock", sourcing::command::Does::Tick).unwrap();
    let seen: Vec<_> = events.iter().map(|dated| (dated.event.name(), dated.at)).collect();
    let received = at("2025-01-22 09:00");
    assert_eq!(seen, [("round-opened", received), ("lapsed", deadline), ("released", deadline)]);
}

#[test]
fn a_notice_is_received_in_business_hours() {
    let us = calendar(UNITED_STATES);
    let la = clock("America/Los_Angeles", FIVE, &[&us]);
    #[rustfmt::skip]
    let rows = [
        ("opening",                   "2025-01-22 09:00:00",        Email,      "2025-01-22 09:00"),
        ("in the day",                "2025-01-22 12:34:56",        Hand,       "2025-01-22 12:34:56"),
        ("closing",                   "2025-01-22 17:00:00",        Email,      "2025-01-22 17:00"),
        ("a microsecond after",       "2025-01-22 17:00:00.000001", Email,      "2025-01-23 09:00"),
        ("before opening",            "2025-01-22 08:59:59",        Email,      "2025-01-22 09:00"),
        ("before dawn",               "2025-01-22 00:00:00",        Courier,    "2025-01-22 09:00"),
        ("Friday night",              "2025-01-24 22:00:00",        Email,      "2025-01-27 09:00"),
        ("Saturday",                  "2025-01-25 12:00:00",        Courier,    "2025-01-27 09:00"),
        ("before a long weekend",     "2025-01-17 17:00:01",        Email,      "2025-01-21 09:00"),
        ("posted on a Saturday",      "2025-05-24 12:00:00",        Post,       "2025-05-28 09:00"),
        ("posted at night",           "2025-05-22 23:59:59",        Post,       "2025-05-27 09:00"),
        ("posted abroad",             "2025-05-23 12:00:00",        PostAbroad, "2025-06-02 09:00"),
        ("posted abroad over a year", "2024-12-20 12:00:00",        PostAbroad, "2024-12-30 09:00"),
    ];
    for (name, sent, by, received) in rows {
        let receipt = la.deemed_receipt(local(&la, sent), by).unwrap();
        assert_eq!(receipt, local(&la, received), "{name}");
    }
}

/// Guessing a holiday would make a deadline depend on when a table was last extended.
#[test]
fn a_day_outside_the_calendar_is_an_error() {
    let us = calendar(UNITED_STATES);
    let la = clock("America/Los_Angeles", FIVE, &[&us]);
    let day = |error: ClockError| match error {
        ClockError::Calendar(outside) => outside.day,
        ClockError::OutOfRange => panic!("expected a day outside the calendar"),
    };
    let received = |sent, by| la.deemed_receipt(local(&la, sent), by).unwrap_err();
    let due = |from, window| la.deadline(local(&la, from), window).unwrap_err();
    let rows: [(Date, ClockError); 5] = [
        (date(2027, 1, 1), due("2026-12-30 12:00", bd(2))),
        (date(2027, 1, 1), due("2026-12-30 12:00", bd(u32::MAX))),
        (date(2027, 1, 4), received("2027-01-04 10:00", Email)),
        (date(2027, 1, 1), received("2026-12-31 18:00", Email)),
        (date(2023, 12, 29), received("2023-12-29 10:00", Hand)),
    ];
    for (expected, error) in rows {
        assert_eq!(day(error), expected);
    }
    // Days, months and hours ask no calendar.
    assert!(la.deadline(local(&la, "2026-12-30 12:00"), days(30)).is_ok());
}

#[test]
fn a_deadline_beyond_the_last_year_is_an_error() {
    let la = clock("America/Los_Angeles", FIVE, &[]);
    let late = local(&la, "9999-12-29 12:00");
    for window in [
        days(3),
        bd(3),
        Duration::months(1),
        Duration::hours(100),
        days(u32::MAX),
        bd(u32::MAX),
        Duration::months(u32::MAX),
        Duration::hours(u32::MAX),
    ] {
        assert_eq!(la.deadline(late, window), Err(ClockError::OutOfRange), "{window}");
    }
    for by in [Post, PostAbroad] {
        assert_eq!(la.deemed_receipt(late, by), Err(ClockError::OutOfRange), "{by:?}");
    }
    assert_eq!(la.midnight(date(9999, 12, 31)), Err(ClockError::OutOfRange));
    assert!(la.deadline(Timestamp::MAX, days(0)).is_err());
}

/// An agreement need not name a calendar; it has weekends all the same.
#[test]
fn without_a_calendar_weekends_are_no_business_days() {
    let la = clock("America/Los_Angeles", FIVE, &[]);
    let received = la.deemed_receipt(local(&la, "2025-01-25 12:00"), Email).unwrap();
    assert_eq!(received, local(&la, "2025-01-27 09:00"));
    let due = la.deadline(local(&la, "2025-01-24 12:00"), bd(1)).unwrap();
    assert_eq!(due, local(&la, "2025-01-27 17:00"));
}

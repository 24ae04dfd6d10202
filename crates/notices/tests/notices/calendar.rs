use std::io::Write;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use notices::{Calendar, Deadline};
use serde_json::{Value, json};

use crate::common::{hours, python};

/// Reads a feed with Python's `icalendar` and says what is in it.
const READER: &str = r#"
import json, sys, icalendar
feed = sys.stdin.buffer.read()
calendar = icalendar.Calendar.from_ical(feed)
assert not calendar.errors and calendar["VERSION"] == "2.0" and calendar["PRODID"]
events = []
for event in calendar.walk("VEVENT"):
    assert not event.errors, event.errors
    assert not [key for key in ("UID", "DTSTAMP", "DTSTART", "SUMMARY") if key not in event]
    events.append({
        "uid": event["UID"],
        "stamp": event.decoded("DTSTAMP").isoformat(),
        "start": event.decoded("DTSTART").isoformat(),
        "summary": str(event["SUMMARY"]),
        "description": str(event["DESCRIPTION"]),
        "sequence": event["SEQUENCE"],
        "status": event["STATUS"],
        "alarms": [alarm.decoded("TRIGGER").total_seconds() for alarm in event.walk("VALARM")],
    })
print(json.dumps({"name": calendar["X-WR-CALNAME"], "events": events}))
"#;

fn read(feed: &str) -> Option<Value> {
    let mut python = Command::new(python("icalendar")?)
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(feed.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{feed}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn deadline(uid: &str, party: &str, when: &str) -> Deadline {
    Deadline {
        uid: uid.into(),
        party: party.into(),
        at: at(when),
        zone: TimeZone::get("America/Los_Angeles").unwrap(),
        title: "answer to case 7".into(),
        description: "right_of_first_refusal.new-capacity".into(),
    }
}

const NOW: &str = "2025-03-01T00:00:00Z";

#[test]
fn a_real_reader_understands_a_feed() {
    let mut calendar = Calendar::new();
    let odd = Deadline {
        title: "a; b, c \\ d: \"e\" \u{85}\r\nATTACH:x — ".to_owned() + &"老虎 ".repeat(40),
        description: "1; 2, 3\n\nBEGIN:VALARM\r\nEND:VEVENT\r4\u{7}".to_owned(),
        ..deadline("case/8, \"x\"", "microsoft", "2025-07-01T00:00:00Z")
    };
    calendar.observe(
        [
            deadline("case/7/response", "microsoft", "2025-03-09T01:00:00Z"),
            deadline("case/7/response", "openai", "2025-03-09T01:00:00Z"),
            odd.clone(),
        ],
        at(NOW),
    );
    let feed = calendar.feed("microsoft", at(NOW));
    assert!(feed.lines().all(|line| line.len() <= 76), "folded: {feed}");
    assert!(!feed.replace("\r\n", "").contains(['\r', '\n', '\u{7}']), "lines end in CR LF");
    let Some(read) = read(&feed) else { return };
    assert_eq!(read["name"], "Deadlines of microsoft");
    let [first, second] = &read["events"].as_array().unwrap()[..] else { panic!("{read}") };
    assert_eq!(
        first,
        &json!({
            "uid": "case/7/response/microsoft",
            "stamp": "2025-03-01T00:00:00+00:00",
            "start": "2025-03-09T01:00:00+00:00",
            // The day before the clocks change there.
            "summary": "answer to case 7 (by 2025-03-08 17:00 PST)",
            "description": "right_of_first_refusal.new-capacity",
            "sequence": 0,
            "status": "CONFIRMED",
            "alarms": [-86_400.0, -3_600.0],
        })
    );
    let title = odd.title.replace(['\u{85}', '\r', '\n'], " ");
    assert_eq!(second["summary"], format!("{title} (by 2025-06-30 17:00 PDT)"));
    assert_eq!(second["description"], "1; 2, 3\n\nBEGIN:VALARM\nEND:VEVENT4");
    assert_eq!(second["uid"], "case/8, \"x\"/microsoft");
}

/// What the party sees of one deadline, as (sequence, status, start, alarms).
fn seen(calendar: &Calendar, stamp: &str) -> Vec<(u32, String, String, usize)> {
    let feed = calendar.feed("microsoft", at(stamp));
    let mut events = Vec::new();
    for event in feed.split("BEGIN:VEVENT").skip(1) {
        let value = |name: &str| {
            let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_else(|| panic!("no {name} in {event}")).to_owned()
        };
        let alarms = event.matches("BEGIN:VALARM").count();
        events.push((
            value("SEQUENCE").parse().unwrap(),
            value("STATUS"),
            value("DTSTART"),
            alarms,
        ));
    }
    events
}

#[test]
fn what_moves_is_the_same_event_and_what_goes_is_cancelled() {
    let first = deadline("case/7/response", "microsoft", "2025-03-10T00:00:00Z");
    let moved = deadline("case/7/response", "microsoft", "2025-03-12T00:00:00Z");
    let other = deadline("case/9/response", "openai", "2025-03-12T00:00:00Z");
    let row = |sequence, status: &str, start: &str, alarms| {
        vec![(sequence, status.to_owned(), start.to_owned(), alarms)]
    };
    let mut calendar = Calendar::new();
    let now = at(NOW);
    calendar.observe([first.clone()], now);
    assert_eq!(seen(&calendar, NOW), row(0, "CONFIRMED", "20250310T000000Z", 2));
    calendar.observe([other.clone(), first], now + hours(1));
    assert_eq!(seen(&calendar, NOW), row(0, "CONFIRMED", "20250310T000000Z", 2));
    calendar.observe([moved.clone()], now + hours(2));
    assert_eq!(seen(&calendar, NOW), row(1, "CONFIRMED", "20250312T000000Z", 2));
    for _ in 0..2 {
        calendar.observe([other.clone()], now + hours(3));
        assert_eq!(seen(&calendar, NOW), row(2, "CANCELLED", "20250312T000000Z", 0));
    }
    calendar.observe([moved], now + hours(4));
    assert_eq!(seen(&calendar, NOW), row(3, "CONFIRMED", "20250312T000000Z", 2));
    // It is over, so nobody cancelled it; and in the end it is history.
    calendar.observe([], at("2025-03-12T00:00:00Z"));
    assert_eq!(seen(&calendar, "2025-06-10T00:00:00Z"), row(3, "CONFIRMED", "20250312T000000Z", 2));
    assert_eq!(seen(&calendar, "2025-06-10T00:00:01Z"), []);
}

#[test]
fn the_same_calendar_and_stamp_give_the_same_text() {
    let mut calendar = Calendar::new();
    calendar.observe([deadline("case/7", "microsoft", "2025-03-10T00:00:00Z")], at(NOW));
    let feed = calendar.feed("microsoft", at(NOW));
    // Whatever the library would add by itself comes from the clock or by chance.
    assert_eq!(feed.matches("DTSTAMP").count(), feed.matches("DTSTAMP:20250301T000000Z").count());
    assert_eq!(feed.matches("UID:").count(), feed.matches("UID:case/7/microsoft").count());
    insta::assert_snapshot!(feed.replace('\r', ""));
}

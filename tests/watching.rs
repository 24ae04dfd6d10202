//! Time passes by itself while `charter watch` runs, and each thing that is due happens once: however
//! many watch, and whenever they are killed.

use std::process::{Child, Stdio};
use std::time::Duration;

use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use serde_json::Value;

use crate::workspace::{Workspace, first_refusal};

/// The machine's time: what watches is not told another.
#[allow(clippy::disallowed_methods)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// How many cases wait.
const CASES: i64 = 6;

/// A window of whole hours that began in business hours and ends some seconds from now, a second
/// later for each case: the hours, and when each began.
fn windows(first_ends: Timestamp) -> (i64, Vec<Timestamp>) {
    let in_hours = |at: &Timestamp| {
        let at: Zoned = at.to_zoned(TimeZone::UTC);
        let weekend = matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday);
        !weekend && (9..16).contains(&at.hour())
    };
    let begun = |hours: i64| -> Vec<Timestamp> {
        let first = first_ends - SignedDuration::from_hours(hours);
        (0..CASES).map(|second| first + SignedDuration::from_secs(second)).collect()
    };
    let hours = (1..200).find(|hours| begun(*hours).iter().all(in_hours)).unwrap();
    (hours, begun(hours))
}

fn watch(workspace: &Workspace) -> Child {
    workspace.command(&["watch"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn wait_until(at: Timestamp) {
    let left = at.duration_since(now());
    std::thread::sleep(Duration::try_from(left).unwrap_or_default());
}

/// The events of a kind about a case.
fn events(workspace: &Workspace, case: &str, kind: &str) -> Vec<Value> {
    let about = format!("case/{case}");
    let events = workspace.json(&["journal", "log", "--about", &about, "--kind", kind]);
    events.as_array().unwrap().clone()
}

#[test]
fn what_is_due_happens_once_though_watchers_are_killed_and_many() {
    let workspace = Workspace::empty();
    // Long enough from now for everything to be entered before the first window ends.
    let first_ends = now() + SignedDuration::from_secs(12);
    let (hours, begun) = windows(first_ends);
    let says = format!("response_window = \"{hours} hours\"\n  free_window = \"unlimited\"");
    workspace.write("hosting.md", &first_refusal(&says));
    workspace.must(&["adopt", "--all", "--known", "signed"]);
    for (case, at) in begun.iter().enumerate() {
        let (case, at) = (format!("need-{case}"), at.to_string());
        let request = "--by lab --quantity 8_H100 --purpose training --need-by 2099-01-01 --months 12 \
                       --price USD_2";
        let mut words = vec!["request".to_string(), case.clone(), "--at".into(), at.clone()];
        words.extend(request.split_whitespace().map(|word| word.replace('_', " ")));
        workspace.must(&words.iter().map(String::as_str).collect::<Vec<_>>());
        workspace.must(&["notify", &case, "--by", "lab", "--channel", "hand", "--at", &at]);
    }
    assert!(now() < first_ends, "entering took too long for this test to mean anything");

    // Two watch; both are killed once the first windows have ended.
    let watchers = [watch(&workspace), watch(&workspace)];
    wait_until(first_ends + SignedDuration::from_millis(2_500));
    for mut watcher in watchers {
        assert!(watcher.try_wait().unwrap().is_none(), "a watcher ended by itself");
        watcher.kill().unwrap();
        watcher.wait().unwrap();
    }
    let lapsed = |case: i64| events(&workspace, &format!("need-{case}"), "lapsed").len();
    let so_far: usize = (0..CASES).map(lapsed).sum();
    assert!((1..6).contains(&so_far), "{so_far} windows ended while they watched");

    // The others end while nobody watches. Then two watch again.
    wait_until(first_ends + SignedDuration::from_secs(CASES + 1));
    let watchers = [watch(&workspace), watch(&workspace)];
    std::thread::sleep(Duration::from_secs(3));
    for watcher in watchers {
        let stop = std::process::Command::new("kill").arg(watcher.id().to_string()).status();
        assert!(stop.unwrap().success());
        let output = watcher.wait_with_output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.ends_with("stopped\n"), "{said}");
    }
    for (case, begun) in begun.iter().enumerate() {
        let case = format!("need-{case}");
        for kind in ["round-opened", "lapsed", "released"] {
            assert_eq!(events(&workspace, &case, kind).len(), 1, "{case}: {kind}");
        }
        // However late it was entered, it counts when it was due.
        let effective: Timestamp =
            events(&workspace, &case, "lapsed")[0]["effective"].as_str().unwrap().parse().unwrap();
        assert_eq!(effective, *begun + SignedDuration::from_hours(hours), "{case}");
    }
    assert!(workspace.must(&["tick"]).contains("nothing is due"));
}

//! `kill -9` at any moment while commands are given, time passes and parties are told: nothing that was
//! acknowledged is lost, nothing happens twice, and everybody is told of everything.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::telling::{BEGUN, SECRET, Server, end_leases, hooks, send, workspace};
use crate::workspace::{Workspace, rounds};

/// How many give commands at a time.
const LOADERS: usize = 2;

/// The events of a case whose window ends while somebody watches.
const BY_ITSELF: [&str; 3] = ["round-opened", "lapsed", "released"];

fn watch(workspace: &Workspace) -> Child {
    let mut watch = workspace.command(&["watch"]);
    watch.env("HOOK", SECRET).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs a command that may be killed; whether it was carried out.
fn carried_out(workspace: &Workspace, line: &str, running: &AtomicU32) -> bool {
    let at = BEGUN.to_string();
    let words: Vec<_> = line.split_whitespace().map(|word| word.replace('~', " ")).collect();
    let words = words.iter().map(String::as_str).chain(["--at", &at]).collect::<Vec<_>>();
    let mut command = workspace.command(&words);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    running.store(child.id(), Ordering::SeqCst);
    let done = child.wait().unwrap();
    running.store(0, Ordering::SeqCst);
    done.success()
}

/// States needs and gives notice of them until told to stop; what was acknowledged.
fn load(
    workspace: &Workspace,
    name: &str,
    stopped: &AtomicBool,
    running: &AtomicU32,
) -> Vec<(String, &'static str)> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let case = format!("{name}-{number}");
        let request = format!(
            "request {case} --by lab --quantity 8~H100 --purpose training \
             --need-by 2099-01-01 --months 12 --price USD~2"
        );
        let notify = format!("notify {case} --by lab --channel hand");
        for (line, event) in [(request, "requested"), (notify, "notice-sent")] {
            if stopped.load(Ordering::SeqCst) || !carried_out(workspace, &line, running) {
                return acknowledged;
            }
            acknowledged.push((case.clone(), event));
        }
    }
    acknowledged
}

/// How often each kind of event happened in each case.
fn happened(workspace: &Workspace) -> BTreeMap<String, BTreeMap<String, usize>> {
    let log = workspace.json(&["journal", "log"]);
    let mut happened: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for event in log.as_array().unwrap() {
        let text = |field: &str| event[field].as_str().unwrap().to_string();
        if let Some(case) = text("stream").strip_prefix("case/") {
            *happened.entry(case.to_string()).or_default().entry(text("kind")).or_default() += 1;
        }
    }
    happened
}

/// Who is told of what, by case.
fn told(rows: &Value) -> BTreeMap<String, Vec<(String, String)>> {
    let mut told: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in rows.as_array().unwrap() {
        let notice = &row["notice"];
        let text = |value: &Value| value.as_str().unwrap().to_string();
        let case = text(&notice["payload"]["case"]);
        told.entry(case).or_default().push((text(&notice["to"]), text(&notice["kind"])));
    }
    told.values_mut().for_each(|told| told.sort());
    told
}

/// Tells everything that is still to be told.
fn tell_all(workspace: &Workspace) -> Value {
    for _ in 0..10 {
        send(workspace).output().unwrap();
        let rows = workspace.json(&["notices"]);
        if rows.as_array().unwrap().iter().all(|row| row["state"] == "sent") {
            return rows;
        }
    }
    panic!("something cannot be told");
}

#[test]
fn a_killed_load_loses_nothing_acknowledged_and_repeats_nothing() {
    let Some(receiver) = Server::hooks("0") else { return };
    let clean = workspace("blind", &hooks(&receiver));
    let running = AtomicU32::new(0);
    for line in [
        "request a --quantity 8~H100 --purpose training --need-by 2099-01-01 --months 12 \
                  --price USD~2 --by lab",
        "notify a --by lab --channel hand",
    ] {
        assert!(carried_out(&clean, line, &running));
    }
    clean.must(&["tick"]);
    let expected = told(&tell_all(&clean)).remove("a").unwrap();
    let before = receiver.received().len();

    let workspace = workspace("blind", &hooks(&receiver));
    let mut acknowledged = Vec::new();
    let mut killed = 0;
    for round in 0..rounds(4, 200) {
        let stopped = AtomicBool::new(false);
        let running: Vec<_> = (0..LOADERS).map(|_| AtomicU32::new(0)).collect();
        let mut watching = watch(&workspace);
        thread::scope(|scope| {
            let loaders: Vec<_> = running
                .iter()
                .enumerate()
                .map(|(loader, running)| {
                    let (workspace, stopped) = (&workspace, &stopped);
                    let name = format!("need-{round}-{loader}");
                    scope.spawn(move || load(workspace, &name, stopped, running))
                })
                .collect();
            // Another moment each time, the same in every campaign.
            let share = (round as f64 * 0.618_033_988_7 + 0.3).fract();
            thread::sleep(Duration::from_secs_f64(0.2 + 1.5 * share));
            stopped.store(true, Ordering::SeqCst);
            for process in &running {
                let process = process.load(Ordering::SeqCst);
                if process != 0 {
                    let mut kill = std::process::Command::new("kill");
                    let kill = kill.args(["-9", &process.to_string()]).stderr(Stdio::null());
                    killed += usize::from(kill.status().unwrap().success());
                }
            }
            assert!(watching.try_wait().unwrap().is_none(), "round {round}: the watcher ended");
            watching.kill().unwrap();
            watching.wait().unwrap();
            for loader in loaders {
                acknowledged.extend(loader.join().unwrap());
            }
        });
        workspace.must(&["journal", "verify"]);
        end_leases(&workspace);
    }
    assert!(killed > 0, "no command was under way when it was to be killed");

    workspace.must(&["tick"]);
    let happened = happened(&workspace);
    for (case, event) in &acknowledged {
        assert_eq!(happened[case].get(*event), Some(&1), "{case}: {event} was acknowledged");
    }
    for (case, events) in &happened {
        for (event, times) in events.iter().filter(|(event, _)| *event != "command") {
            assert_eq!(*times, 1, "{case}: {event}");
        }
        let noticed = events.contains_key("notice-sent");
        for event in BY_ITSELF {
            assert_eq!(events.contains_key(event), noticed, "{case}: {event}");
        }
    }
    let rows = tell_all(&workspace);
    let told = told(&rows);
    for (case, events) in &happened {
        if events.contains_key("notice-sent") {
            assert_eq!(told[case], expected, "{case}: who was told of what");
        }
    }
    let key = |value: &Value| value["key"].as_str().unwrap().to_string();
    let sent: BTreeSet<_> = rows.as_array().unwrap().iter().map(key).collect();
    let received: BTreeSet<_> = receiver.received()[before..].iter().map(key).collect();
    assert_eq!(sent, received, "what was sent came, and what came twice has the same key");
    eprintln!("{} acknowledged, {killed} commands killed", acknowledged.len());
}

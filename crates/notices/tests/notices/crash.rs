//! Processes that die while they take and deliver. The test binary starts itself again as the child.
//!
//! The parent receives webhooks and mails, and kills the child between any two of its steps: at a
//! chance time, while a request waits for its answer, or as the answer goes out.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use notices::{Outbox, Settings, State};
use serde_json::Value;

use crate::common::{Scene, at, chance, courier, hours, notice, run, settings};
use crate::mail_server::MailServer;
use crate::webhook_server::{Reply, Server};

const PATH: &str = "NOTICES_CHILD_PATH";
const SETTINGS: &str = "NOTICES_CHILD_SETTINGS";
const BASE: &str = "NOTICES_CHILD_BASE";
const EVENTS: &str = "NOTICES_CHILD_EVENTS";

/// Takes all events in pieces and delivers in between, as the binary would. Time passes a second for
/// every look at the clock, from `base` hours on.
async fn take_and_deliver(outbox: &Outbox, settings: &Settings, base: i64, events: u64) {
    let courier = courier(settings);
    let seconds = AtomicI64::new(0);
    let clock = || at(seconds.fetch_add(1, Ordering::Relaxed)) + hours(base);
    loop {
        courier.deliver(outbox, clock).await.unwrap();
        let cursor = outbox.cursor().await.unwrap();
        let through = events.min(cursor + 3);
        if cursor == through {
            return;
        }
        let notices: Vec<_> = (cursor + 1..=through).map(notice).collect();
        outbox.take(cursor, through, &notices, settings, clock()).await.unwrap();
    }
}

/// Not a test of its own: does something only when a parent asks it to.
#[test]
fn child_delivers_until_it_is_killed() {
    let Some(path) = env::var_os(PATH) else {
        return;
    };
    let number = |name| env::var(name).unwrap().parse::<i64>().unwrap();
    let settings = settings(&env::var(SETTINGS).unwrap());
    run(async {
        let outbox = Outbox::open(path.as_ref()).await.unwrap();
        let events = u64::try_from(number(EVENTS)).unwrap();
        take_and_deliver(&outbox, &settings, number(BASE), events).await;
    });
}

/// Where the child of this turn is to die.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// After so many microseconds.
    Anywhere(u64),
    /// Before its n-th request from now is answered.
    Sent(u64),
    /// As its n-th request from now is answered.
    Answered(u64),
}

#[derive(Default)]
struct Turn {
    child: Option<Child>,
    death: Option<Death>,
}

impl Turn {
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

fn answer(turn: &Arc<Mutex<Turn>>, refused: &Mutex<BTreeSet<String>>, key: &str) -> Reply {
    let mut now = turn.lock().unwrap();
    match now.death {
        Some(Death::Sent(0)) => {
            now.death = None;
            now.kill();
        }
        Some(Death::Answered(0)) => {
            now.death = None;
            let later = Arc::clone(turn);
            thread::spawn(move || later.lock().unwrap().kill());
        }
        Some(Death::Sent(n)) => now.death = Some(Death::Sent(n - 1)),
        Some(Death::Answered(n)) => now.death = Some(Death::Answered(n - 1)),
        _ => {}
    }
    // Some fail at first, so that crashes meet failures and retries too.
    let some = key.ends_with(['0', '1', '2', '3']);
    Reply::Status(if some && refused.lock().unwrap().insert(key.to_owned()) { 500 } else { 204 })
}

#[test]
fn a_killed_process_loses_no_notice_and_repeats_with_the_same_key() {
    let kills: u64 = if env::var("CHARTER_LONG").is_ok_and(|long| long == "1") { 200 } else { 20 };
    let events = kills * 12;
    let scene = Scene::new();
    let turn = Arc::new(Mutex::new(Turn::default()));
    let server = {
        let (turn, refused) = (Arc::clone(&turn), Mutex::default());
        Server::answering(move |request| answer(&turn, &refused, request.key()))
    };
    let mails = MailServer::new(&[]);
    let mailed = mails.as_ref().map_or(String::new(), |mails| {
        format!(
            "email = [\"deals@oracle.example\"]\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\n\
             from = \"charter@lab.example\"\ntls = \"none\"",
            mails.port
        )
    });
    let text = format!(
        "[parties.oracle]\n\
         webhooks = [{{ url = \"{}\", secret_env = \"SECRET\", allow_private = true }}]\n{mailed}",
        server.url
    );
    let mut chance = chance(20_250_121);
    for base in 0..kills {
        let death = match chance() % 3 {
            0 => Death::Anywhere(chance() % 80_000),
            1 => Death::Sent(chance() % 6),
            _ => Death::Answered(chance() % 6),
        };
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "crash::child_delivers_until_it_is_killed", "--nocapture"])
            .env(PATH, &scene.path)
            .env(SETTINGS, &text)
            .env(BASE, base.to_string())
            .env(EVENTS, events.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        *turn.lock().unwrap() = Turn { child: Some(child), death: Some(death) };
        if let Death::Anywhere(microseconds) = death {
            thread::sleep(Duration::from_micros(microseconds));
            turn.lock().unwrap().kill();
        }
        let began = Instant::now();
        while turn.lock().unwrap().child.is_some() {
            assert!(began.elapsed() < Duration::from_secs(60), "turn {base}: {death:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }
    let settings = settings(&text);
    let ways = 1 + u64::from(mails.is_some());
    run(async {
        let outbox = scene.open().await;
        let base = i64::try_from(kills).unwrap();
        // Days apart, as the seconds of the clock above add up to hours.
        for day in 0..3 {
            take_and_deliver(&outbox, &settings, base + 24 * day, events).await;
        }
        let rows = outbox.list(None).await.unwrap();
        let left: Vec<_> = rows.iter().filter(|row| row.state != State::Sent).collect();
        assert!(left.is_empty(), "all got through but {left:#?}");
        assert_eq!(rows.len() as u64, events * ways);
        // Attempts were under way when the children died, so the kills hit what they aimed at.
        let lost: u32 = rows.iter().map(|row| row.attempts - row.failures - 1).sum();
        assert!(lost > 0, "no attempt was ever cut off");
    });

    let numbers = |received: Vec<(String, u64)>| {
        let mut keys = BTreeMap::<u64, BTreeSet<String>>::new();
        for (key, n) in received {
            keys.entry(n).or_default().insert(key);
        }
        assert_eq!(keys.len() as u64, events, "no notice is lost");
        assert!(keys.values().all(|keys| keys.len() == 1), "every repeat bears the same key");
        let all: BTreeSet<_> = keys.into_values().flatten().collect();
        assert_eq!(all.len() as u64, events, "no two notices share a key");
    };
    let hooked = server.received().into_iter().map(|request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        (request.key().to_owned(), body["data"]["n"].as_u64().unwrap())
    });
    numbers(hooked.collect());
    if let Some(mails) = mails {
        let mailed = mails.end().into_iter().map(|mail| {
            let id = mail["headers"]["message-id"].as_str().unwrap().to_owned();
            let text = mail["text"].as_str().unwrap();
            (id, text.split(' ').nth(1).unwrap().parse().unwrap())
        });
        numbers(mailed.collect());
    }
}

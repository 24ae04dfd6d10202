use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use notices::{DELAYS, Outcome, Settings, State};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::common::{
    OTHER_SECRET, SECRET, Scene, at, courier, deliver, hook_at, hours, notice, run, settings,
};
use crate::webhook_server::{Reply, Server};

#[expect(clippy::disallowed_methods, reason = "the verifier asks the clock, so this must be now")]
fn present() -> Timestamp {
    Timestamp::now()
}

/// The signature by Python's own library, written from the specification alone.
fn signature_by_python(secret: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let script = "import base64, hashlib, hmac, sys\n\
        secret, id, timestamp = sys.argv[1:]\n\
        key = base64.b64decode(secret.removeprefix('whsec_'))\n\
        signed = f'{id}.{timestamp}.'.encode() + sys.stdin.buffer.read()\n\
        mac = hmac.new(key, signed, hashlib.sha256).digest()\n\
        print('v1,' + base64.b64encode(mac).decode())";
    let mut python = Command::new("python3")
        .args(["-c", script, secret, id, timestamp])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(body).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_webhook_arrives_whole_and_verifies() {
    let server = Server::new([]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let attempts = deliver(&courier(&settings), &outbox, present()).await;
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0].outcome, Outcome::Sent);
        let stored = &outbox.list(None).await.unwrap()[0];
        assert_eq!((stored.state, stored.attempts, stored.failures), (State::Sent, 1, 0));

        let [request] = &server.received()[..] else { panic!("one request") };
        assert_eq!(request.key(), stored.key);
        assert!(!request.key().contains('.'), "the specification forbids it");
        assert_eq!(request.header("content-type"), "application/json");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let expected = json!({
            "type": "right.declined",
            "timestamp": at(-60).to_string(),
            "data": { "n": 1, "note": "weiß" },
        });
        assert_eq!(body, expected);

        Webhook::new(SECRET).unwrap().verify(&request.body, &request.headers).unwrap();
        Webhook::new(OTHER_SECRET).unwrap().verify(&request.body, &request.headers).unwrap_err();
        let timestamp = request.header("webhook-timestamp");
        let computed = signature_by_python(SECRET, request.key(), timestamp, &request.body);
        assert_eq!(request.header("webhook-signature"), computed);
    });
}

#[test]
fn while_secrets_change_both_sign() {
    let server = Server::new([]);
    let text = format!(
        "[parties.oracle]\n\
         webhooks = [{{ url = \"{}\", secret_env = \"BOTH\", allow_private = true }}]",
        server.url
    );
    let settings = settings(&text);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        deliver(&courier(&settings), &outbox, present()).await;
        let [request] = &server.received()[..] else { panic!("one request") };
        for secret in [SECRET, OTHER_SECRET] {
            Webhook::new(secret).unwrap().verify(&request.body, &request.headers).unwrap();
        }
    });
}

#[test]
fn failures_are_tried_again_with_the_same_key_and_a_new_timestamp() {
    let failures = [500, 503, 404, 401, 400, 408, 429].map(Reply::Status);
    let server = Server::new(failures);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let courier = courier(&settings);
        let mut now = at(0);
        for delay in &DELAYS[..failures.len()] {
            let attempts = deliver(&courier, &outbox, now).await;
            let [attempt] = &attempts[..] else { panic!("{attempts:?}") };
            let Outcome::Later { due, .. } = &attempt.outcome else { panic!("{attempt:?}") };
            assert!(due.duration_since(now) >= *delay, "{due} is too soon after {now}");
            assert!(due.duration_since(now) <= *delay * 11 / 10);
            let early = *due - SignedDuration::from_millis(1);
            assert_eq!(deliver(&courier, &outbox, early).await, []);
            now = *due;
        }
        let attempts = deliver(&courier, &outbox, now).await;
        assert_eq!(attempts[0].outcome, Outcome::Sent);
        assert_eq!(deliver(&courier, &outbox, now + hours(1000)).await, []);

        let requests = server.received();
        assert_eq!(requests.len(), failures.len() + 1);
        for pair in requests.windows(2) {
            assert_eq!(pair[0].key(), pair[1].key());
            assert_eq!(pair[0].body, pair[1].body);
            assert_ne!(pair[0].header("webhook-timestamp"), pair[1].header("webhook-timestamp"));
        }
    });
}

#[test]
fn after_the_last_delay_it_is_dead_until_somebody_asks() {
    let server = Server::new([Reply::Status(500); 10]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let courier = courier(&settings);
        let mut now = at(0);
        for _ in 0..10 {
            assert_eq!(deliver(&courier, &outbox, now).await.len(), 1);
            now += hours(30);
        }
        let dead = outbox.list(Some(State::Dead)).await.unwrap();
        let [dead] = &dead[..] else { panic!("{dead:?}") };
        assert_eq!(dead.last_error.as_deref(), Some("answered 500 Internal Server Error"));
        assert_eq!((dead.attempts, dead.failures), (10, 10));
        assert_eq!(deliver(&courier, &outbox, now + hours(1000)).await, []);

        outbox.retry(&dead.key, now).await.unwrap();
        assert_eq!(deliver(&courier, &outbox, now).await[0].outcome, Outcome::Sent);
        let keys: Vec<_> = server.received().iter().map(|r| r.key().to_owned()).collect();
        assert!(keys.iter().all(|key| *key == dead.key));
        let refused = outbox.retry(&dead.key, now).await.unwrap_err().to_string();
        assert_eq!(refused, format!("`{}` was sent; a notice is sent once", dead.key));
        let refused = outbox.retry("no such", now).await.unwrap_err().to_string();
        assert_eq!(refused, "the outbox has no `no such`; list it to see the keys");
    });
}

#[test]
fn whoever_is_gone_is_not_asked_again() {
    let server = Server::new([Reply::Status(410)]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let attempts = deliver(&courier(&settings), &outbox, at(0)).await;
        let reason = "answered 410 Gone: it wants no more".to_owned();
        assert_eq!(attempts[0].outcome, Outcome::Dead { reason });
        assert_eq!(outbox.list(Some(State::Dead)).await.unwrap().len(), 1);
    });
}

#[test]
fn retry_after_is_honoured() {
    let replies = [Reply::After(429, "3600"), Reply::After(503, "Wed, 15 Nov 2023 12:00:00 GMT")];
    let server = Server::new(replies);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let courier = courier(&settings);
        let first = &deliver(&courier, &outbox, at(0)).await[0].outcome;
        assert!(matches!(first, Outcome::Later { due, .. } if *due == at(3600)), "{first:?}");
        let second = &deliver(&courier, &outbox, at(3600)).await[0].outcome;
        let date: Timestamp = "2023-11-15T12:00:00Z".parse().unwrap();
        assert!(matches!(second, Outcome::Later { due, .. } if *due == date), "{second:?}");
    });
}

#[test]
fn redirects_are_not_followed() {
    let other = Server::new([]);
    let target: &'static str = other.url.clone().leak();
    let server = Server::new([Reply::Redirect(302, target), Reply::Redirect(308, target)]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(2, &settings).await;
        for attempt in deliver(&courier(&settings), &outbox, at(0)).await {
            let Outcome::Later { reason, .. } = attempt.outcome else { panic!() };
            assert!(reason.ends_with("redirects are not followed: name the final URL"), "{reason}");
        }
    });
    assert_eq!(other.received().len(), 0);
    assert_eq!(server.replies_left(), 0);
}

#[test]
fn a_huge_answer_is_not_read() {
    let server = Server::new([Reply::Endless]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(2, &settings).await;
        let began = Instant::now();
        let attempts = deliver(&courier(&settings), &outbox, at(0)).await;
        assert!(attempts.iter().all(|attempt| attempt.outcome == Outcome::Sent));
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    });
}

/// One receiver that hangs costs nobody else anything, and gets one request at a time.
#[test]
fn a_slow_receiver_holds_up_itself_alone() {
    let slow = Server::new([Reply::Slow(204, 1500), Reply::Slow(204, 1500)]);
    let quick = Server::new([]);
    let hook =
        |url: &str| format!("{{ url = \"{url}\", secret_env = \"SECRET\", allow_private = true }}");
    let hooks = [hook(&slow.url), hook(&quick.url)].join(", ");
    let settings: Settings = settings(&format!("[parties.oracle]\nwebhooks = [{hooks}]"));
    run(async {
        let (_scene, outbox) = Scene::with_notices(2, &settings).await;
        let courier = courier(&settings);
        let seen = async {
            while quick.received().len() < 2 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            slow.received().len()
        };
        let (attempts, seen) =
            futures_util::future::join(courier.deliver(&outbox, || at(0)), seen).await;
        assert_eq!(seen, 1, "the slow one got its first, and the quick one got all");
        assert_eq!(attempts.unwrap().len(), 4);
    });
}

#[test]
fn no_answer_at_all_ends_in_time() {
    let server = Server::new([Reply::Slow(204, 60_000)]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let courier = courier(&settings);
        let began = Instant::now();
        let attempts = deliver(&courier, &outbox, at(0)).await;
        assert!(began.elapsed() < Duration::from_secs(25));
        let Outcome::Later { reason, .. } = &attempts[0].outcome else { panic!() };
        assert_eq!(reason, "no answer within 20 seconds");
    });
}

#[test]
fn nobody_there_is_a_reason_without_the_url() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?token=words", listener.local_addr().unwrap());
    drop(listener);
    let settings = hook_at(&url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let attempts = deliver(&courier(&settings), &outbox, at(0)).await;
        let Outcome::Later { reason, .. } = &attempts[0].outcome else { panic!() };
        assert!(reason.contains("Connection refused"), "{reason}");
        assert!(!reason.contains("token"), "{reason}");
    });
}

/// `localhost` is a name, so this goes through the resolver; `allow_private` was not said.
#[test]
fn a_name_that_leads_into_a_private_network_is_not_connected_to() {
    let server = Server::new([]);
    // Any name that this machine resolves to itself, and that does not look so.
    let name = std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_owned();
    let resolves = std::net::ToSocketAddrs::to_socket_addrs(&(name.as_str(), 0));
    let private = resolves.is_ok_and(|mut found| {
        found.all(|found| match found.ip() {
            std::net::IpAddr::V4(ip) => ip.is_private() || ip.is_loopback(),
            std::net::IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
        })
    });
    if name.is_empty() || !private {
        eprintln!("skipped: this machine's name `{name}` does not lead to a private address");
        return;
    }
    let port = server.url.rsplit(':').next().unwrap();
    let settings = settings(&format!(
        "[parties.oracle]\nwebhooks = [{{ url = \"https://{name}:{port}\", secret_env = \"SECRET\" }}]"
    ));
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let attempts = deliver(&courier(&settings), &outbox, at(0)).await;
        let Outcome::Later { reason, .. } = &attempts[0].outcome else { panic!() };
        assert!(reason.contains("is in no public network"), "{reason}");
    });
    assert_eq!(server.received().len(), 0);
}

#[test]
fn whom_the_settings_leave_out_gets_nothing_any_more() {
    let server = Server::new([]);
    let before = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &before).await;
        let attempts = deliver(&courier(&Settings::default()), &outbox, at(0)).await;
        let reason = "the settings give `oracle` no such address any more".to_owned();
        assert_eq!(attempts[0].outcome, Outcome::Dead { reason });
        assert_eq!(server.received().len(), 0);
        // Once they are back, so is the notice.
        let key = &attempts[0].outgoing.key;
        outbox.retry(key, at(9)).await.unwrap();
        assert_eq!(deliver(&courier(&before), &outbox, at(9)).await.len(), 1);
        assert_eq!(server.received()[0].key(), key);
    });
}

/// What a server spawns must be `Send`, and a delivery that is dropped is made again.
#[test]
fn the_loop_runs_in_a_task_and_may_be_dropped() {
    let server = Server::new([Reply::Slow(204, 300_000)]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let outbox = std::sync::Arc::new(outbox);
        let start = |second| {
            let (courier, outbox) = (courier(&settings), std::sync::Arc::clone(&outbox));
            tokio::spawn(async move {
                courier.run(&outbox, || at(second), |attempt| drop(attempt.unwrap())).await;
            })
        };
        let arrived = async |count| {
            while server.received().len() < count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let first = start(0);
        arrived(1).await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        // The lease holds for a while, and then another process takes over.
        assert_eq!(deliver(&courier(&settings), &outbox, at(119)).await, []);
        let second = start(121);
        arrived(2).await;
        while outbox.list(Some(State::Sent)).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let late = notice(2);
        outbox.take(1, 2, &[late], &settings, at(121)).await.unwrap();
        arrived(3).await;
        second.abort();
        let requests = server.received();
        assert_eq!(requests[0].key(), requests[1].key());
        assert_ne!(requests[1].key(), requests[2].key());
    });
}

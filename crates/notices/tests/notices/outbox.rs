use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use notices::{Notice, OpenError, Outbox, Outcome, Settings, State, Way};
use proptest::prelude::*;

use crate::common::{Scene, at, courier, deliver, hook_at, hours, notice, run, settings};
use crate::webhook_server::Server;

/// Two parties with three addresses, none of which anybody sends to.
fn two_parties() -> Settings {
    settings(
        "[smtp]\nhost = \"smtp.lab.example\"\nfrom = \"charter@lab.example\"\n\
         [parties.oracle]\nemail = [\"deals@oracle.example\", \"law@oracle.example\"]\n\
         [parties.openai]\n\
         webhooks = [{ url = \"https://hooks.openai.example\", secret_env = \"SECRET\" }]",
    )
}

#[test]
fn every_address_of_the_party_gets_a_row_and_a_key_of_its_own() {
    run(async {
        let scene = Scene::new();
        let outbox = scene.open().await;
        assert_eq!(outbox.cursor().await.unwrap(), 0);
        let to = |party: &str, position| Notice { to: party.into(), ..notice(position) };
        let notices = [to("oracle", 2), to("openai", 2), to("openai", 5), to("meridian", 5)];
        let taken = outbox.take(0, 6, &notices, &two_parties(), at(3)).await.unwrap();
        assert_eq!(taken.enqueued, 4);
        assert_eq!(taken.unaddressed, BTreeSet::from(["meridian".to_owned()]));
        assert_eq!(outbox.cursor().await.unwrap(), 6);

        let rows = outbox.list(None).await.unwrap();
        let keys: BTreeSet<_> = rows.iter().map(|row| &row.key).collect();
        assert_eq!(keys.len(), 4);
        for row in &rows {
            assert_eq!(
                (row.state, row.attempts, row.taken, row.due),
                (State::Waiting, 0, at(3), at(3))
            );
            assert!(notices.contains(&row.notice));
            assert_eq!(row.way == Way::Email, row.address.contains('@'));
        }
    });
}

#[test]
fn keys_never_change() {
    // Receivers remember them. If this fails, a notice under way would be told twice.
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &hook_at("https://hooks.example/a")).await;
        let key = &outbox.list(None).await.unwrap()[0].key;
        assert_eq!(key, "notice_6ac61b1131ee981a11828763e40be088");
    });
}

#[test]
fn events_are_neither_left_out_nor_spoken_of_out_of_turn() {
    run(async {
        let (_scene, outbox) = Scene::with_notices(3, &two_parties()).await;
        let taken = |after, through, notices: Vec<Notice>| {
            let outbox = &outbox;
            async move {
                let taken = outbox.take(after, through, &notices, &two_parties(), at(1)).await;
                taken.map(|taken| taken.enqueued).map_err(|error| error.to_string())
            }
        };
        assert_eq!(
            taken(4, 6, vec![notice(5)]).await.unwrap_err(),
            "cannot take notices of what follows event 4: the outbox has only seen what goes up to \
             3; read on from there"
        );
        for position in [3, 6] {
            assert_eq!(
                taken(3, 5, vec![notice(position)]).await.unwrap_err(),
                format!(
                    "the notice `event-{position}` is of event {position}, which is not in \
                     3 < event <= 5"
                )
            );
        }
        assert_eq!(outbox.cursor().await.unwrap(), 3);
        // What was taken before is passed over, and an older span never turns the cursor back.
        assert_eq!(taken(1, 4, vec![notice(2), notice(3), notice(4)]).await.unwrap(), 2);
        assert_eq!(taken(0, 2, vec![notice(1), notice(2)]).await.unwrap(), 0);
        assert_eq!(outbox.cursor().await.unwrap(), 4);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However often, in whatever pieces and by however many the same events are taken, each notice
    /// is in the outbox once.
    #[test]
    fn taking_is_idempotent(
        spans in prop::collection::vec((0u64..30, 1u64..10), 1..20),
        handles in 1usize..4,
    ) {
        run(async {
            let scene = Scene::new();
            let settings = two_parties();
            let mut outboxes = Vec::new();
            for _ in 0..handles {
                outboxes.push(scene.open().await);
            }
            let mut cursor = 0;
            for (turn, (after, length)) in spans.into_iter().enumerate() {
                let through = after + length;
                let notices: Vec<_> = (after + 1..=through).map(notice).collect();
                let outbox = &outboxes[turn % handles];
                let taken = outbox.take(after, through, &notices, &settings, at(0)).await;
                match taken {
                    Ok(taken) => {
                        let new = through.saturating_sub(cursor);
                        prop_assert!(after <= cursor);
                        prop_assert_eq!(taken.enqueued, 2 * new);
                        cursor = cursor.max(through);
                    }
                    Err(_) => prop_assert!(after > cursor),
                }
                prop_assert_eq!(outboxes[0].cursor().await.unwrap(), cursor);
                let rows = outboxes[0].list(None).await.unwrap();
                let positions: Vec<_> = rows.iter().map(|row| row.notice.position).collect();
                let expected: Vec<_> = (1..=cursor).flat_map(|n| [n, n]).collect();
                prop_assert_eq!(positions, expected);
            }
            Ok(())
        })?;
    }
}

#[test]
fn several_may_take_and_deliver_at_once() {
    let server = Server::new([]);
    let settings = hook_at(&server.url);
    run(async {
        let scene = Scene::new();
        let workers: Vec<_> = (0..6)
            .map(|_| {
                let (path, settings) = (scene.path.clone(), settings.clone());
                tokio::spawn(async move {
                    // They also race to create the file.
                    let outbox = Outbox::open(&path).await.unwrap();
                    let courier = courier(&settings);
                    let mut sent = 0;
                    for n in 1..=20 {
                        outbox.take(n - 1, n, &[notice(n)], &settings, at(0)).await.unwrap();
                        sent += deliver(&courier, &outbox, at(0)).await.len();
                    }
                    sent
                })
            })
            .collect();
        let mut sent = 0;
        for worker in workers {
            sent += worker.await.unwrap();
        }
        let outbox = scene.open().await;
        sent += deliver(&courier(&settings), &outbox, at(0)).await.len();
        assert_eq!(sent, 20);
        let keys: BTreeSet<_> = server.received().iter().map(|r| r.key().to_owned()).collect();
        assert_eq!((keys.len(), server.received().len()), (20, 20), "each once");
    });
}

#[test]
fn what_was_sent_may_be_forgotten_and_is_not_sent_again() {
    let server = Server::new([]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(3, &settings).await;
        let courier = courier(&settings);
        assert_eq!(deliver(&courier, &outbox, at(0)).await.len(), 3);
        assert_eq!(outbox.forget_sent(at(0)).await.unwrap(), 0);
        assert_eq!(outbox.forget_sent(at(1)).await.unwrap(), 3);
        let again: Vec<_> = (1..=3).map(notice).collect();
        assert_eq!(outbox.take(0, 3, &again, &settings, at(9)).await.unwrap().enqueued, 0);
        assert_eq!(deliver(&courier, &outbox, at(9) + hours(1)).await, []);
    });
}

/// Whoever set the clock back by a year must not wait for a year.
#[test]
fn a_lease_of_a_clock_that_was_ahead_holds_nobody_up() {
    let server = Server::new([crate::webhook_server::Reply::Slow(204, 60_000)]);
    let settings = hook_at(&server.url);
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let courier = courier(&settings);
        let ahead = at(0) + hours(365 * 24);
        let attempt = courier.deliver(&outbox, || ahead);
        let dropped = tokio::time::timeout(std::time::Duration::from_millis(500), attempt).await;
        assert!(dropped.is_err());
        let attempts = deliver(&courier, &outbox, at(10)).await;
        assert_eq!(attempts[0].outcome, Outcome::Sent);
        assert_eq!(attempts[0].outgoing.attempts, 2);
    });
}

#[test]
fn what_is_not_an_outbox_is_refused_and_left_alone() {
    run(async {
        let scene = Scene::new();
        let refusal = async || {
            let refused = Outbox::open(&scene.path).await.unwrap_err().to_string();
            refused.replace(&scene.path.display().to_string(), "PATH")
        };
        fs::write(&scene.path, "hello ".repeat(1000)).unwrap();
        assert_eq!(
            refusal().await,
            "`PATH` is not an outbox; name another file, or move this one away"
        );
        assert_eq!(fs::read_to_string(&scene.path).unwrap(), "hello ".repeat(1000));
        fs::remove_file(&scene.path).unwrap();
        fs::create_dir(&scene.path).unwrap();
        assert_eq!(refusal().await, "`PATH` is a folder; name a file in it");
        fs::remove_dir(&scene.path).unwrap();
        scene.open().await.close().await.unwrap();
        let names = fs::read_dir(scene.folder.path()).unwrap().count();
        assert_eq!(names, 1, "a closed outbox is one file");
        fs::set_permissions(&scene.path, fs::Permissions::from_mode(0o444)).unwrap();
        assert_eq!(
            refusal().await,
            "`PATH` is read-only; make it writable, as delivering records every attempt"
        );
        let nowhere = scene.folder.path().join("no/such/outbox.db");
        let refused = Outbox::open(&nowhere).await.unwrap_err();
        assert!(matches!(refused, OpenError::CannotOpen { .. }), "{refused:?}");
    });
}

#[test]
fn a_payload_that_would_not_read_back_is_refused() {
    run(async {
        let scene = Scene::new();
        let outbox = scene.open().await;
        let nested = |levels| {
            (0..levels)
                .fold(serde_json::Value::Null, |inner, _| serde_json::Value::Array(vec![inner]))
        };
        let deep = Notice { payload: nested(128), ..notice(1) };
        let refused = outbox.take(0, 1, &[deep], &two_parties(), at(0)).await.unwrap_err();
        assert_eq!(refused.to_string(), "cannot store the notice `event-1`");
        assert_eq!(outbox.cursor().await.unwrap(), 0);
    });
}

//! What only a server can be asked, and how it is refused.

use journal::{Condition, Journal, OpenError, Position};

use crate::common::{Place, Scene, at, event, on_server, run};

/// A schema of its own, and its URL.
fn scene() -> Option<(Scene, String)> {
    let scene = Scene::postgres()?;
    let Place::Server(url) = scene.place.clone() else { unreachable!() };
    Some((scene, url))
}

async fn refusal(url: &str) -> OpenError {
    let refused = Journal::connect(url).await.unwrap_err();
    let existing = Journal::connect_existing(url).await.unwrap_err();
    assert_eq!(refused.to_string(), existing.to_string());
    refused
}

#[test]
fn reading_commands_create_no_table() {
    let Some((scene, url)) = scene() else { return };
    run(async {
        assert!(Journal::connect_existing(&url).await.unwrap().is_none());
        let head = scene.fill(1).await[1];
        let journal = scene.place.open_existing().await.unwrap().unwrap();
        assert_eq!(journal.head().await.unwrap(), head);
    });
}

#[test]
fn a_server_that_may_lose_what_it_acknowledged_is_refused() {
    let Some((_scene, url)) = scene() else { return };
    run(async {
        let refused = refusal(&format!("{url}%20-csynchronous_commit%3Doff")).await;
        assert!(
            refused
                .to_string()
                .ends_with("has `synchronous_commit = off`, and would lose what it acknowledged"),
            "{refused}"
        );
    });
}

#[test]
fn what_is_not_a_journal_is_refused_and_left_alone() {
    let Some((scene, url)) = scene() else { return };
    run(async {
        scene.sql("CREATE TABLE events (position bigint)").unwrap();
        assert!(matches!(refusal(&url).await, OpenError::NotAJournal(_)));
        scene.sql("COMMENT ON TABLE events IS 'charterparty journal, format 1'").unwrap();
        assert!(matches!(refusal(&url).await, OpenError::Older { found: 1, .. }));
        scene.sql("COMMENT ON TABLE events IS 'charterparty journal, format 9'").unwrap();
        assert!(matches!(refusal(&url).await, OpenError::Newer { found: 9, .. }));
        scene.sql("INSERT INTO events VALUES (7)").unwrap();
    });
}

#[test]
fn errors_name_the_server_and_never_a_password() {
    run(async {
        let hidden = "sesame";
        for (url, names) in [
            (format!("postgres://lab:{hidden}@127.0.0.1:1/charter"), "127.0.0.1:1/charter"),
            (format!("postgres://lab:{hidden}@127.0.0.1:port/charter"), "postgres://USER"),
            (format!("postgres://lab:{hidden}@[/charter"), "postgres://USER"),
            (format!("mysql://lab:{hidden}@127.0.0.1:1/charter"), "postgres://USER"),
        ] {
            let refused = refusal(&url).await;
            assert!(refused.to_string().contains(names), "{refused}");
            let report = format!("{refused:?} {refused:#?} {}", chain(&refused));
            assert!(!report.contains(hidden), "{report}");
        }
    });
    let Some((scene, url)) = scene() else { return };
    let password = url.split([':', '@']).nth(2).unwrap().to_owned();
    run(async {
        let journal = scene.open().await;
        scene.sql("DROP TABLE events").unwrap();
        let refused = journal.append(Condition::head(Position(0)), at(0), vec![event(1)]).await;
        let refused = refused.unwrap_err();
        let report = format!("{journal:?} {refused:?} {}", chain(&refused));
        assert!(chain(&refused).contains("the server `127.0.0.1:"), "{report}");
        assert!(!report.contains(&password));
        let wrong = url.replace(&password, "wrong-password");
        let refused = refusal(&wrong).await;
        assert!(matches!(refused, OpenError::CannotReach { .. }));
        assert!(!format!("{refused:?} {}", chain(&refused)).contains("wrong-password"));
    });
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Whoever may read and insert, and owns nothing, can append.
#[test]
fn a_writer_needs_no_more_than_to_read_and_insert() {
    let Some((scene, url)) = scene() else { return };
    run(async {
        scene.fill(1).await;
        let role = url.rsplit("%3D").next().unwrap();
        scene
            .sql(&format!(
                "CREATE ROLE {role} LOGIN PASSWORD 'clerk'; GRANT USAGE ON SCHEMA {role} TO {role}; \
                 GRANT SELECT, INSERT ON events TO {role}"
            ))
            .unwrap();
        let (_, server) = url.split_once('@').unwrap();
        let clerk = format!("postgres://{role}:clerk@{server}");
        let journal = Journal::connect(&clerk).await.unwrap();
        journal.append(Condition::head(Position(1)), at(1), vec![event(2)]).await.unwrap();
        journal.close().await.unwrap();
        scene.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).unwrap();
        let count: i64 = on_server(&url, async |connection| {
            sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(connection).await.unwrap()
        });
        assert_eq!(count, 2);
    });
}

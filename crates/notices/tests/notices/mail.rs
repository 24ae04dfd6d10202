use notices::{Notice, Outcome, Settings, State};
use serde_json::Value;

use crate::common::{Scene, at, courier, deliver, notice, run, settings};
use crate::mail_server::MailServer;

fn mail_to(server: &MailServer, email: &str, more: &str) -> Settings {
    settings(&format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nfrom = \"Charter <charter@lab.example>\"\n\
         tls = \"none\"\n{more}\n[parties.oracle]\nemail = [{email}]",
        server.port
    ))
}

fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    mail["headers"][name].as_str().unwrap_or_else(|| panic!("no {name} in {mail}"))
}

#[test]
fn a_mail_arrives_whole() {
    let Some(server) = MailServer::new(&[]) else { return };
    let settings = mail_to(&server, "\"deals@oracle.example\"", "");
    let (key, text) = run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let attempts = deliver(&courier(&settings), &outbox, at(7)).await;
        assert_eq!(attempts[0].outcome, Outcome::Sent);
        assert_eq!(outbox.list(Some(State::Sent)).await.unwrap().len(), 1);
        let outgoing = attempts[0].outgoing.clone();
        (outgoing.key, outgoing.notice.text)
    });
    let [mail] = &server.end()[..] else { panic!("one mail") };
    assert_eq!(mail["from"], "charter@lab.example");
    assert_eq!(mail["to"], serde_json::json!(["deals@oracle.example"]));
    assert_eq!(header(mail, "from"), "Charter <charter@lab.example>");
    assert_eq!(header(mail, "to"), "deals@oracle.example");
    assert_eq!(header(mail, "subject"), "Fall 1: „Weißer Wal“ abgelehnt");
    assert_eq!(header(mail, "message-id"), format!("<{key}@lab.example>"));
    // When it was put into the outbox, whenever the attempt is made.
    assert_eq!(header(mail, "date"), "Tue, 14 Nov 2023 22:13:20 +0000");
    assert_eq!(header(mail, "auto-submitted"), "auto-generated");
    assert_eq!(mail["name"], "lab.example");
    assert_eq!(mail["text"].as_str().unwrap().trim_end().replace("\r\n", "\n"), text.trim_end());
}

/// Words of parties and documents get into subjects. None of them may become a header.
#[test]
fn no_subject_and_no_text_becomes_a_header() {
    let Some(server) = MailServer::new(&[]) else { return };
    let settings = mail_to(&server, "\"deals@oracle.example\"", "");
    let evil = [
        "one\r\nBcc: victim@example.com",
        "one\nBcc: victim@example.com",
        "one\rBcc: victim@example.com\r\n\r\nanother body",
        "ü\r\nBcc: victim@example.com",
        "=?utf-8?q?one=0D=0ABcc:_victim@example.com?=",
        &format!("{}\r\n Bcc: victim@example.com", "long ".repeat(60)),
        "\0\u{85}\u{2028}Bcc: victim@example.com",
    ];
    let notices: Vec<_> = evil
        .iter()
        .zip(1..)
        .map(|(words, n)| Notice {
            subject: (*words).to_owned(),
            text: format!(
                "Bcc: victim@example.com\r\n.\r\nMAIL FROM:<victim@example.com>\r\n{words}"
            ),
            ..notice(n)
        })
        .collect();
    run(async {
        let scene = Scene::new();
        let outbox = scene.open().await;
        outbox.take(0, evil.len() as u64, &notices, &settings, at(0)).await.unwrap();
        for attempt in deliver(&courier(&settings), &outbox, at(0)).await {
            assert_eq!(attempt.outcome, Outcome::Sent);
        }
    });
    let mails = server.end();
    assert_eq!(mails.len(), evil.len());
    for mail in mails {
        assert_eq!(mail["to"], serde_json::json!(["deals@oracle.example"]));
        assert!(mail["headers"].get("bcc").is_none(), "{mail}");
        assert!(!header(&mail, "subject").contains(char::is_control), "{mail}");
        let (head, _) = mail["raw"].as_str().unwrap().split_once("\r\n\r\n").unwrap();
        let names: Vec<_> = head
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap().to_lowercase())
            .collect();
        let known = [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "content-type",
            "auto-submitted",
            "mime-version",
            "content-transfer-encoding",
        ];
        assert!(names.iter().all(|name| known.contains(&name.as_str())), "{names:?}");
    }
}

#[test]
fn a_refused_recipient_is_dead_and_a_busy_one_is_tried_again() {
    let Some(server) = MailServer::new(&[]) else { return };
    let all = "\"refused@oracle.example\", \"later@oracle.example\", \"deals@oracle.example\"";
    let settings = mail_to(&server, all, "");
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let courier = courier(&settings);
        for attempt in deliver(&courier, &outbox, at(0)).await {
            match (attempt.outgoing.address.as_str(), &attempt.outcome) {
                ("deals@oracle.example", Outcome::Sent) => {}
                ("refused@oracle.example", Outcome::Dead { reason }) => {
                    assert!(reason.contains("nobody of that name"), "{reason}");
                }
                ("later@oracle.example", Outcome::Later { reason, due }) => {
                    assert!(reason.contains("come back later"), "{reason}");
                    assert_eq!(deliver(&courier, &outbox, *due).await.len(), 1);
                }
                other => panic!("{other:?}"),
            }
        }
        let listed = outbox.list(None).await.unwrap();
        let state = |address: &str| {
            let found = listed.iter().find(|outgoing| outgoing.address == address).unwrap();
            (found.state, found.failures)
        };
        assert_eq!(state("deals@oracle.example"), (State::Sent, 0));
        assert_eq!(state("refused@oracle.example"), (State::Dead, 1));
        assert_eq!(state("later@oracle.example"), (State::Waiting, 2));
    });
    assert_eq!(server.end().len(), 1);
}

#[test]
fn the_right_password_opens_and_a_wrong_one_is_worth_another_attempt() {
    let Some(server) = MailServer::new(&["--wants-password"]) else { return };
    let with = |password: &str| {
        let more = format!("username_env = \"USERNAME\"\npassword_env = \"{password}\"");
        mail_to(&server, "\"deals@oracle.example\"", &more)
    };
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &with("PASSWORD")).await;
        let attempts = deliver(&courier(&with("WRONG")), &outbox, at(0)).await;
        let Outcome::Later { reason, due } = &attempts[0].outcome else { panic!("{attempts:?}") };
        assert_eq!(reason, "the mail server refuses our credentials, or wants some (535)");
        let without = mail_to(&server, "\"deals@oracle.example\"", "");
        let attempts = deliver(&courier(&without), &outbox, *due).await;
        let Outcome::Later { reason, due } = &attempts[0].outcome else { panic!("{attempts:?}") };
        assert_eq!(reason, "the mail server refuses our credentials, or wants some (530)");
        let attempts = deliver(&courier(&with("PASSWORD")), &outbox, *due).await;
        assert_eq!(attempts[0].outcome, Outcome::Sent);
    });
    assert_eq!(server.end().len(), 1);
}

#[test]
fn where_encryption_is_required_none_is_sent_without() {
    let Some(server) = MailServer::new(&[]) else { return };
    let settings = settings(&format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nfrom = \"charter@lab.example\"\n\
         [parties.oracle]\nemail = [\"deals@oracle.example\"]",
        server.port
    ));
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let attempts = deliver(&courier(&settings), &outbox, at(0)).await;
        let Outcome::Later { reason, .. } = &attempts[0].outcome else { panic!("{attempts:?}") };
        assert!(reason.to_lowercase().contains("starttls"), "{reason}");
    });
    assert_eq!(server.end().len(), 0);
}

#[test]
fn a_server_that_is_not_there_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let settings = settings(&format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"charter@lab.example\"\n\
         tls = \"opportunistic\"\n[parties.oracle]\nemail = [\"deals@oracle.example\"]",
    ));
    run(async {
        let (_scene, outbox) = Scene::with_notices(1, &settings).await;
        let attempts = deliver(&courier(&settings), &outbox, at(0)).await;
        let Outcome::Later { reason, .. } = &attempts[0].outcome else { panic!("{attempts:?}") };
        assert!(reason.contains("Connection refused"), "{reason}");
    });
}

//! Schemathesis asks a running server whatever its description allows, as somebody of each role.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
mod serving;

use std::process::Command;

use serving::{PEOPLE, Server};
use tokio::net::TcpListener;

/// How many requests of each kind: enough to meet each parameter with something odd.
const EXAMPLES: &str = "2";

#[tokio::test]
async fn every_role_is_answered_as_the_description_says() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/schemathesis/run");
    let prepared = Command::new(script).arg("prepare").status().unwrap();
    if prepared.code() == Some(3) {
        eprintln!("passed over: Schemathesis cannot be installed here");
        return;
    }
    assert!(prepared.success());
    // A role takes half a minute.
    let asking = if std::env::var_os("CHARTER_LONG").is_some() { PEOPLE.len() } else { 1 };
    for (who, ..) in PEOPLE.into_iter().take(asking) {
        let server = Server::open();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = axum::serve(listener, server.router.clone());
        let stopped = async { stopped.await.unwrap_or_default() };
        let serving = tokio::spawn(serving.with_graceful_shutdown(stopped).into_future());
        let asked = tokio::task::spawn_blocking(move || {
            Command::new(script).args([&url, who, EXAMPLES]).output().unwrap()
        });
        let asked = asked.await.unwrap();
        let _ = stop.send(());
        serving.await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&asked.stdout);
        assert!(
            asked.status.success(),
            "{who}: {said}\n{}",
            String::from_utf8_lossy(&asked.stderr)
        );
    }
}

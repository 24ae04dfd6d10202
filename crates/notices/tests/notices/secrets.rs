use std::path::Path;

use notices::{Courier, Settings};

use crate::common::{OTHER_SECRET, SECRET, Scene, at, courier, deliver, run, settings};
use crate::mail_server::MailServer;
use crate::webhook_server::{Reply, Server};

fn with_secrets(first: &str) -> Settings {
    settings(&format!(
        "[smtp]\nhost = \"smtp.lab.example\"\nfrom = \"charter@lab.example\"\n\
         username_env = \"USERNAME\"\npassword_env = \"PASSWORD\"\n\
         [parties.oracle]\nwebhooks = [\n\
         {{ url = \"https://hooks.oracle.example\", {first} }},\n\
         {{ url = \"https://other.oracle.example\", secret_env = \"THAT\" }},\n]"
    ))
}

fn refusal(settings: &Settings, environment: &dyn Fn(&str) -> Option<String>) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let refused = Courier::new(settings, folder, environment).unwrap_err().to_string();
    refused.replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn every_missing_secret_says_where_it_belongs() {
    let environment = |variable: &str| (variable == "PASSWORD").then(|| "  ".to_owned());
    let with_username = |variable: &str| match variable {
        "USERNAME" => Some("charter".to_owned()),
        other => environment(other),
    };
    assert_eq!(
        refusal(&with_secrets("secret_env = \"THIS\""), &with_username),
        "set the environment variable `THIS`: it holds the signing secret of \
         `https://hooks.oracle.example/`\n\
         set the environment variable `THAT`: it holds the signing secret of \
         `https://other.oracle.example/`\n\
         set the environment variable `PASSWORD`: it holds the password for `smtp.lab.example`"
    );
    assert!(refusal(&with_secrets("secret_file = \"no/such\""), &with_username).starts_with(
        "cannot read `FOLDER/no/such`, which holds the signing secret of \
             `https://hooks.oracle.example/`\n"
    ));
}

#[test]
fn a_secret_may_be_in_a_file_and_must_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(
        "[parties.oracle]\nwebhooks = \
         [{ url = \"https://hooks.oracle.example\", secret_file = \"oracle.secret\" }]",
    );
    let open = |secret: &str| {
        std::fs::write(folder.path().join("oracle.secret"), secret).unwrap();
        Courier::new(&settings, folder.path(), &|_| None)
    };
    for right in [format!("{SECRET}\n"), format!("{SECRET} {OTHER_SECRET}")] {
        open(&right).unwrap();
    }
    let unprefixed = SECRET.trim_start_matches("whsec_");
    let weak = "whsec_c2hvcnQ=";
    let long = format!("whsec_{}", "AAAA".repeat(22));
    for wrong in [unprefixed, weak, &long, "whsec_", &SECRET.replace('b', "!")] {
        let refused = open(wrong).unwrap_err().to_string();
        assert!(refused.starts_with("`oracle.secret` holds no signing secret of"), "{refused}");
        assert!(!refused.contains(unprefixed.get(..20).unwrap()), "{refused}");
    }
    let refused = open("").unwrap_err().to_string();
    assert!(refused.contains("oracle.secret`, which holds the signing secret"), "{refused}");
}

/// Nothing that is stored, shown or said has a secret in it, whatever goes wrong.
#[test]
fn no_secret_is_in_the_outbox_in_errors_or_in_debug_output() {
    let server = Server::new([Reply::Status(500), Reply::Status(401), Reply::Status(410)]);
    let mail = MailServer::new(&["--wants-password"]);
    let port = mail.as_ref().map_or(9, |mail| mail.port);
    let settings = settings(&format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nfrom = \"charter@lab.example\"\ntls = \"none\"\n\
         username_env = \"USERNAME\"\npassword_env = \"WRONG\"\n\
         [parties.oracle]\nemail = [\"deals@oracle.example\"]\n\
         webhooks = [{{ url = \"{}\", secret_env = \"SECRET\", allow_private = true }}]",
        server.url
    ));
    let courier = courier(&settings);
    run(async {
        let (scene, outbox) = Scene::with_notices(3, &settings).await;
        let attempts = deliver(&courier, &outbox, at(0)).await;
        assert_eq!(attempts.len(), 6);
        let rows = outbox.list(None).await.unwrap();
        let shown = format!("{courier:?} {settings:?} {outbox:?} {attempts:?} {rows:?}");
        outbox.close().await.unwrap();
        let stored = std::fs::read(&scene.path).unwrap();
        let everything = format!("{shown} {}", String::from_utf8_lossy(&stored));
        let in_base64 = "b3RoZXIgd29yZHM";
        for secret in [SECRET.trim_start_matches("whsec_"), "other words", in_base64] {
            assert!(!everything.contains(secret), "{secret} in {shown}");
        }
    });
}

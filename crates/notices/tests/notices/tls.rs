//! Encryption, with a certificate that `openssl` makes for `localhost`, trusted or not.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use notices::{Outbox, Outcome};

use crate::common::{at, courier, deliver, notice, run, settings};
use crate::mail_server::MailServer;

const SETTINGS: &str = "NOTICES_TLS_SETTINGS";
const TRUSTED: &str = "SSL_CERT_FILE";

/// A receiver that answers one request after another with 204.
const RECEIVER: &str = "
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers['content-length']))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*sys.argv[1:])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

fn certificate(folder: &Path) -> Option<(String, String)> {
    let path = |name: &str| folder.join(name).display().to_string();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        eprintln!("skipped: no `openssl` that makes certificates; install openssl");
        return None;
    }
    Some((certificate, key))
}

/// Delivers one notice by both ways in a process that trusts `trusted`, and returns what came of it.
fn delivered(settings: &str, trusted: &str) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "tls::child_delivers", "--nocapture"])
        .env(SETTINGS, settings)
        .env(TRUSTED, trusted)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Not a test of its own: does something only when its parent asks it to.
#[test]
fn child_delivers() {
    let Ok(text) = env::var(SETTINGS) else {
        return;
    };
    let settings = settings(&text);
    let folder = tempfile::tempdir().unwrap();
    run(async {
        let outbox = Outbox::open(&folder.path().join("outbox.db")).await.unwrap();
        outbox.take(0, 1, &[notice(1)], &settings, at(0)).await.unwrap();
        for attempt in deliver(&courier(&settings), &outbox, at(0)).await {
            let outcome = match attempt.outcome {
                Outcome::Sent => "sent".to_owned(),
                Outcome::Later { reason, .. } | Outcome::Dead { reason } => reason,
            };
            println!("\n{}: {outcome}", attempt.outgoing.way);
        }
    });
}

#[test]
fn whom_a_trusted_certificate_vouches_for_gets_it_encrypted() {
    let folder = tempfile::tempdir().unwrap();
    let Some((certificate, key)) = certificate(folder.path()) else { return };
    let Some(mails) = MailServer::new(&[&certificate, &key]) else { return };
    let mut receiver = Command::new("python3")
        .args(["-c", RECEIVER, &certificate, &key])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(receiver.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let text = format!(
        "[smtp]\nhost = \"localhost\"\nport = {}\nfrom = \"charter@lab.example\"\n\
         [parties.oracle]\nemail = [\"deals@oracle.example\"]\nwebhooks = [{{ \
         url = \"https://localhost:{}/\", secret_env = \"SECRET\", allow_private = true }}]",
        mails.port,
        port.trim()
    );
    let trusting = delivered(&text, &certificate);
    let empty = folder.path().join("none.pem");
    std::fs::write(&empty, "").unwrap();
    let wary = delivered(&text, &empty.display().to_string());
    receiver.kill().unwrap();
    receiver.wait().unwrap();

    assert!(trusting.contains("email: sent"), "{trusting}");
    assert!(trusting.contains("webhook: sent"), "{trusting}");
    for way in ["email: ", "webhook: "] {
        let line = wary.lines().find(|line| line.starts_with(way)).unwrap();
        assert!(line.contains("invalid peer certificate"), "{line}");
    }
    let [mail] = &mails.end()[..] else { panic!("one mail, to whom trusted") };
    assert_eq!(mail["encrypted"], true);
}

//! A mail server of Python's `aiosmtpd`, in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use crate::common::python;

pub struct MailServer {
    pub port: u64,
    process: Child,
    taken: Arc<Mutex<Vec<Value>>>,
    reader: Option<JoinHandle<()>>,
}

impl MailServer {
    /// `None` if this machine has no `aiosmtpd`.
    pub fn new(arguments: &[&str]) -> Option<MailServer> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notices/mail_server.py");
        let mut process = Command::new(python("aiosmtpd")?)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&taken);
        let reader = thread::spawn(move || {
            for line in lines {
                keep.lock().unwrap().push(serde_json::from_str(&line.unwrap()).unwrap());
            }
        });
        Some(MailServer { port, process, taken, reader: Some(reader) })
    }

    /// All mails it has taken, once it has ended.
    pub fn end(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

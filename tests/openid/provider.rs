//! A real OpenID provider in tests, and a browser that goes through it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, Url};

/// A provider that is stopped when the test is over.
pub struct Real(Child);

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the provider, and says where it is. None if it cannot be installed here, which is said aloud.
pub fn start(return_address: &str) -> Option<(Real, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/openid/run");
    let mut command = Command::new(script);
    command.arg(return_address).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Real(command.spawn().unwrap());
    let mut address = String::new();
    BufReader::new(child.0.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
    if address.is_empty() {
        let mut aside = String::new();
        child.0.stderr.as_mut().unwrap().read_to_string(&mut aside).unwrap();
        assert_eq!(child.0.wait().unwrap().code(), Some(3), "{aside}");
        eprintln!("skipped: {aside}");
        return None;
    }
    Some((child, address.trim().to_owned()))
}

/// A browser with cookies and no script.
pub struct Browser {
    client: Client,
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// A browser that has been nowhere.
    pub fn new() -> Browser {
        Browser { client: people::openid::http_client().unwrap(), cookies: Vec::new() }
    }

    /// Goes where it is sent, logs in and consents where it is asked, until it is sent to an address that
    /// begins so.
    pub async fn go(&mut self, address: &str, login: &str, until: &str) -> Url {
        let mut next = (Method::GET, Url::parse(address).unwrap(), String::new());
        for _ in 0..20 {
            let (method, address, form) = next;
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request = self.client.request(method, address.clone());
            let request = request.header(COOKIE, cookies.join("; "));
            let request =
                request.header("content-type", "application/x-www-form-urlencoded").body(form);
            let answer = request.send().await.unwrap();
            for cookie in answer.headers().get_all(SET_COOKIE) {
                let (name, value) = cookie.to_str().unwrap().split_once('=').unwrap();
                let value = value.split(';').next().unwrap().to_owned();
                self.cookies.retain(|(known, _)| known != name);
                if !value.is_empty() {
                    self.cookies.push((name.to_owned(), value));
                }
            }
            if let Some(to) = answer.headers().get(LOCATION) {
                let to = address.join(to.to_str().unwrap()).unwrap();
                if to.as_str().starts_with(until) {
                    return to;
                }
                next = (Method::GET, to, String::new());
                continue;
            }
            let page = answer.text().await.unwrap();
            let form = if page.contains("value=\"login\"") {
                format!("prompt=login&login={login}&password=x")
            } else if page.contains("value=\"consent\"") {
                "prompt=consent".to_owned()
            } else {
                panic!("{address}: {page}");
            };
            let action = page.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
            next = (Method::POST, address.join(action).unwrap(), form);
        }
        panic!("the provider sends round in circles");
    }
}

//! Somebody who visits a server, as a browser does that has no script.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use crate::serving::Served;

/// A browser, with the cookies it was given.
pub struct Visitor {
    address: String,
    cookies: BTreeMap<String, String>,
    /// Headers of its own.
    pub headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The headers, their names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Visitor {
    pub fn of(served: &Served) -> Visitor {
        Visitor::at(served.text("address"))
    }

    pub fn at(origin: &str) -> Visitor {
        let address = origin.strip_prefix("http://").unwrap().to_string();
        Visitor { address, cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// Makes the first account by the link of the set-up, and is let in.
    pub fn set_up(served: &Served, login: &str, password: &str) -> Visitor {
        let mut visitor = Visitor::of(served);
        let path = visitor.path(served.text("set_up"));
        let form = [("login", login), ("name", "First"), ("password", password)];
        assert_eq!(visitor.post(&path, &form).status, 303);
        visitor
    }

    /// Is let in with a password.
    pub fn logged_in(served: &Served, login: &str, password: &str) -> Visitor {
        let mut visitor = Visitor::of(served);
        let answer = visitor.post("/login", &[("login", login), ("password", password)]);
        assert_eq!(answer.status, 303, "{}", answer.text());
        visitor
    }

    /// The path of a link of this server's.
    pub fn path(&self, link: &str) -> String {
        link.strip_prefix(&format!("http://{}", self.address)).unwrap().to_string()
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// Sends a form, as if it were typed from nowhere.
    pub fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let fields = form.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        self.ask("POST", path, &fields.collect::<Vec<_>>().join("&"))
    }

    /// Sends a form from a page, with what the page has in it to show where it comes from.
    pub fn send(&mut self, page: &str, action: &str, form: &[(&str, &str)]) -> Answer {
        let text = self.get(page).text();
        let token = text.split_once("name=\"form_token\" value=\"").unwrap().1;
        let token = token.split('"').next().unwrap().to_string();
        self.post(action, &[form, &[("form_token", &token)]].concat())
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, id)| format!("{name}={id}")).collect();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        head += "connection: close\r\ncontent-type: application/x-www-form-urlencoded\r\n";
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head +=
            &format!("cookie: {}\r\ncontent-length: {}\r\n\r\n", cookies.join("; "), body.len());
        write!(stream, "{head}{body}").unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let answer = answer(&bytes);
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, id) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_string(), id.to_string());
        }
        answer
    }

    /// What its cookies hold.
    pub fn secrets(&self) -> Vec<String> {
        self.cookies.values().filter(|id| !id.is_empty()).cloned().collect()
    }
}

fn answer(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_lowercase(), value.to_string())
    });
    let mut answer = Answer { status, headers: headers.collect(), body: bytes[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == "chunked" {
        answer.body = of_chunks(&answer.body);
    }
    answer
}

fn of_chunks(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let length = std::str::from_utf8(&bytes[..end]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return body;
        }
        bytes = &bytes[end + 2..];
        body.extend_from_slice(&bytes[..length]);
        bytes = &bytes[length + 2..];
    }
}

fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

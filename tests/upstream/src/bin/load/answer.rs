//! Reads an answer off a connection, with no more work than is needed to trust it.

use std::time::Instant;

/// What of an answer is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Await {
    Head,
    Length(usize),
    Size,
    Chunk(usize),
    /// The end of line after a chunk.
    ChunkEnd,
    /// What comes after the last chunk, up to an empty line.
    Trailer,
    Whole,
}

/// An answer as far as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    awaited: Await,
    pub(crate) status: u16,
    /// The last bytes of the body.
    tail: [u8; 16],
    newline: bool,
    /// How many events came.
    pub(crate) events: u64,
    /// When the first event, or the first byte of any other body, came.
    pub(crate) first: Option<Instant>,
    /// When the latest event came.
    pub(crate) latest: Option<Instant>,
    /// Its `x-request-id`, if that is wanted.
    pub(crate) id: Option<String>,
    wants_id: bool,
    /// Whether the server closes the connection behind it.
    pub(crate) closes: bool,
}

impl Answer {
    pub(crate) fn new(wants_id: bool) -> Answer {
        Answer {
            awaited: Await::Head,
            status: 0,
            tail: [0; 16],
            newline: false,
            events: 0,
            first: None,
            latest: None,
            id: None,
            wants_id,
            closes: false,
        }
    }

    /// Whether all of it is there.
    pub(crate) fn is_whole(&self) -> bool {
        self.awaited == Await::Whole
    }

    /// Whether its body ends so.
    pub(crate) fn ends_with(&self, end: &[u8]) -> bool {
        self.tail.ends_with(end)
    }

    /// Takes in what was read. Gives how much of it was used; what is left waits for more.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<usize, &'static str> {
        let mut used = 0;
        while !self.is_whole() {
            let rest = &bytes[used..];
            let took = self.step(rest)?;
            if took == 0 {
                break;
            }
            used += took;
        }
        Ok(used)
    }

    fn step(&mut self, rest: &[u8]) -> Result<usize, &'static str> {
        match self.awaited {
            Await::Head => self.head(rest),
            Await::Length(left) | Await::Chunk(left) => {
                let took = left.min(rest.len());
                self.body(&rest[..took]);
                self.awaited = match (self.awaited, left - took) {
                    (Await::Length(_), 0) => Await::Whole,
                    (Await::Length(_), left) => Await::Length(left),
                    (_, 0) => Await::ChunkEnd,
                    (_, left) => Await::Chunk(left),
                };
                Ok(took)
            }
            Await::ChunkEnd | Await::Size | Await::Trailer => {
                let Some(end) = memchr::memchr(b'\n', rest) else { return Ok(0) };
                let line = rest[..end].trim_ascii();
                self.awaited = match self.awaited {
                    Await::ChunkEnd if line.is_empty() => Await::Size,
                    Await::ChunkEnd => return Err("a chunk is longer than its size"),
                    Await::Size => {
                        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
                        let size = str::from_utf8(digits).ok();
                        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
                        match size.ok_or("a chunk has no size")? {
                            0 => Await::Trailer,
                            size => Await::Chunk(size),
                        }
                    }
                    _ if line.is_empty() => Await::Whole,
                    _ => Await::Trailer,
                };
                Ok(end + 1)
            }
            Await::Whole => Ok(0),
        }
    }

    fn head(&mut self, rest: &[u8]) -> Result<usize, &'static str> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(rest).map_err(|_| "the answer is not HTTP")?;
        let httparse::Status::Complete(length) = parsed else { return Ok(0) };
        self.status = response.code.unwrap_or(0);
        self.awaited = Await::Whole;
        for header in response.headers.iter() {
            if header.name.eq_ignore_ascii_case("content-length") {
                let length = str::from_utf8(header.value).ok().and_then(|text| text.parse().ok());
                self.awaited = match length.ok_or("the length is no number")? {
                    0 => Await::Whole,
                    length => Await::Length(length),
                };
            } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
                self.awaited = Await::Size;
            } else if header.name.eq_ignore_ascii_case("connection") {
                self.closes = header.value.eq_ignore_ascii_case(b"close");
            } else if self.wants_id && header.name.eq_ignore_ascii_case("x-request-id") {
                self.id = Some(String::from_utf8_lossy(header.value).into_owned());
            }
        }
        Ok(length)
    }

    fn body(&mut self, bytes: &[u8]) {
        for place in memchr::memchr_iter(b'\n', bytes) {
            let before = if place == 0 { self.newline } else { bytes[place - 1] == b'\n' };
            self.events += u64::from(before);
        }
        if let Some(last) = bytes.last() {
            self.newline = *last == b'\n';
        }
        let kept = bytes.len().min(self.tail.len());
        self.tail.copy_within(kept.., 0);
        let start = self.tail.len() - kept;
        self.tail[start..].copy_from_slice(&bytes[bytes.len() - kept..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_however_it_is_cut() {
        let json = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}";
        let stream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            9\r\ndata: a\n\n\r\n7\r\ndata: [\r\n8\r\nDONE]\n\n!\r\n0\r\n\r\n";
        for (text, events, end) in [(json, 0, "{\"a\":1}"), (stream, 2, "[DONE]\n\n!")] {
            for step in 1..text.len() {
                let (mut answer, mut kept) = (Answer::new(false), Vec::new());
                for bytes in text.as_bytes().chunks(step) {
                    kept.extend_from_slice(bytes);
                    let used = answer.take(&kept).unwrap();
                    kept.drain(..used);
                }
                assert!(answer.is_whole(), "{text} by {step}");
                assert_eq!((answer.status, answer.events), (200, events), "{text} by {step}");
                assert!(answer.ends_with(end.as_bytes()), "{text} by {step}");
            }
        }
    }

    #[test]
    fn an_answer_tells_that_it_is_the_last() {
        for (head, closes) in
            [("", false), ("Connection: keep-alive\r\n", false), ("connection: close\r\n", true)]
        {
            let mut answer = Answer::new(false);
            answer
                .take(format!("HTTP/1.1 200 OK\r\n{head}Content-Length: 0\r\n\r\n").as_bytes())
                .unwrap();
            assert_eq!((answer.is_whole(), answer.closes), (true, closes), "{head}");
        }
    }

    #[test]
    fn what_is_not_whole_is_not_taken_for_it() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"a\":1}",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        ] {
            let mut answer = Answer::new(false);
            answer.take(text.as_bytes()).unwrap();
            assert!(!answer.is_whole(), "{text}");
        }
        let longer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n";
        assert!(Answer::new(false).take(longer.as_bytes()).is_err());
    }
}

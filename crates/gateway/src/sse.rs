//! Server-sent events, cut out of a stream of bytes as they come.
//!
//! Source: WHATWG HTML, "Server-sent events": lines end with CR LF, LF or CR, an empty line ends an
//! event, and several `data` lines are one text.

use bytes::{Bytes, BytesMut};
use memchr::memchr2;

/// One event, as the bytes it came in: its lines and the empty line that ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event(Bytes);

/// What a piece of a stream holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A whole event.
    Event(Event),
    /// Part of an event that is longer than the reader keeps; `last` ends it.
    Part {
        /// The bytes.
        bytes: Bytes,
        /// Whether it is the first of that event.
        first: bool,
        /// Whether the event ends with it.
        last: bool,
    },
}

/// Cuts a stream of bytes into events.
///
/// The bytes of all pieces, and of [`Reader::rest`], are the bytes that were pushed. Where a stream is
/// cut into chunks changes nothing, but that an event longer than `event_max` comes in other parts.
#[derive(Debug)]
pub struct Reader {
    event_max: usize,
    /// What has come of the event that is not whole yet.
    tail: BytesMut,
    /// Where in the event reading goes on.
    lines: Lines,
    /// Whether parts of the event have been handed out.
    in_parts: bool,
}

/// Where in an event a reader of lines is.
#[derive(Debug, Clone, Copy, Default)]
struct Lines {
    /// Whether the line has any byte.
    in_line: bool,
    /// Whether the last byte was CR, so that an LF belongs to it.
    after_cr: bool,
}

impl Lines {
    /// How many bytes there are up to the end of the event, or `None` if it does not end in them.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.after_cr {
                self.after_cr = false;
                if bytes[at] == b'\n' {
                    at += 1;
                    continue;
                }
            }
            let Some(end) = memchr2(b'\n', b'\r', &bytes[at..]) else {
                self.in_line = true;
                return None;
            };
            let empty = end == 0 && !self.in_line;
            at += end + 1;
            self.in_line = false;
            self.after_cr = bytes[at - 1] == b'\r';
            if empty {
                // An LF that is there already goes with its CR; one that comes later will begin
                // the next event, where it counts as nothing.
                if self.after_cr && bytes.get(at) == Some(&b'\n') {
                    self.after_cr = false;
                    at += 1;
                }
                return Some(at);
            }
        }
        None
    }
}

impl Reader {
    /// A reader that keeps at most `event_max` bytes of an event.
    pub fn new(event_max: usize) -> Reader {
        Reader { event_max, tail: BytesMut::new(), lines: Lines::default(), in_parts: false }
    }

    /// Hands out what `chunk` completes, in order.
    pub fn push(&mut self, mut chunk: Bytes, mut take: impl FnMut(Piece)) {
        while !chunk.is_empty() {
            let Some(end) = self.lines.end(&chunk) else {
                self.keep(chunk, &mut take);
                return;
            };
            let bytes = self.with_tail(chunk.split_to(end));
            take(match std::mem::take(&mut self.in_parts) {
                true => Piece::Part { bytes, first: false, last: true },
                false => Piece::Event(Event(bytes)),
            });
        }
    }

    /// What came after the last whole event; the stream has ended.
    pub fn rest(&mut self) -> Bytes {
        self.tail.split().freeze()
    }

    fn keep(&mut self, chunk: Bytes, take: &mut impl FnMut(Piece)) {
        if self.in_parts || self.tail.len() + chunk.len() > self.event_max {
            let first = !std::mem::replace(&mut self.in_parts, true);
            take(Piece::Part { bytes: self.with_tail(chunk), first, last: false });
            return;
        }
        self.tail.extend_from_slice(&chunk);
    }

    fn with_tail(&mut self, end: Bytes) -> Bytes {
        if self.tail.is_empty() {
            return end;
        }
        self.tail.extend_from_slice(&end);
        self.tail.split().freeze()
    }
}

impl Event {
    /// The bytes as they came.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The event's name; empty where it has none.
    pub fn name(&self) -> &[u8] {
        self.fields().filter(|(field, _)| *field == b"event").last().map_or(b"", |(_, name)| name)
    }

    /// The event's data: mostly one line, which is not copied.
    pub fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        let mut lines = self.fields().filter(|(field, _)| *field == b"data").map(|(_, data)| data);
        let first = lines.next().unwrap_or_default();
        match lines.next() {
            None => first.into(),
            Some(second) => {
                let rest = lines.map(<[u8]>::to_vec);
                let all: Vec<_> =
                    [first.to_vec(), second.to_vec()].into_iter().chain(rest).collect();
                all.join(&b'\n').into()
            }
        }
    }

    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut left = self.0.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.0);
        std::iter::from_fn(move || {
            let end = memchr2(b'\n', b'\r', left)?;
            let line = &left[..end];
            left = &left[end + 1..];
            Some(match memchr::memchr(b':', line) {
                Some(colon) => {
                    let value = &line[colon + 1..];
                    (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
                }
                None => (line, &b""[..]),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Name and data of an event.
    type Said = (Vec<u8>, Vec<u8>);

    /// The events that say something, and all bytes.
    fn read(event_max: usize, chunks: &[&[u8]]) -> (Vec<Said>, Vec<u8>) {
        let mut reader = Reader::new(event_max);
        let (mut events, mut all) = (Vec::new(), Vec::new());
        for chunk in chunks {
            reader.push(Bytes::copy_from_slice(chunk), |piece| match piece {
                Piece::Event(event) => {
                    all.extend_from_slice(event.bytes());
                    let said = (event.name().to_vec(), event.data().to_vec());
                    events.extend((said != (vec![], vec![])).then_some(said));
                }
                Piece::Part { bytes, .. } => all.extend_from_slice(&bytes),
            });
        }
        all.extend_from_slice(&reader.rest());
        (events, all)
    }

    fn event(name: &str, data: &str) -> Said {
        (name.into(), data.into())
    }

    #[test]
    fn events_are_what_the_standard_says() {
        for (text, expected) in [
            ("data: a\n\ndata: b\n\n", vec![event("", "a"), event("", "b")]),
            ("event: e\r\ndata: a\r\n\r\ndata:b\r\n\r\n", vec![event("e", "a"), event("", "b")]),
            ("data: a\r\rdata: b\r\r", vec![event("", "a"), event("", "b")]),
            ("data: a\n\r\ndata: b\r\n\n", vec![event("", "a"), event("", "b")]),
            ("data: a\ndata: b\ndata\n\n", vec![event("", "a\nb\n")]),
            (": comment\n\ndata: [DONE]\n\n", vec![event("", "[DONE]")]),
            ("\u{feff}data: a\n\n", vec![event("", "a")]),
            ("data:  two\n\n", vec![event("", " two")]),
            ("data: not whole\n", vec![]),
        ] {
            assert_eq!(read(1 << 20, &[text.as_bytes()]).0, expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_event_comes_in_parts() {
        let mut reader = Reader::new(8);
        let mut parts = Vec::new();
        for chunk in ["data: 0123", "4567", "89\n", "\ndata: x\n\n"] {
            reader.push(Bytes::from(chunk), |piece| parts.push(piece));
        }
        let part =
            |bytes, first, last| Piece::Part { bytes: Bytes::from_static(bytes), first, last };
        assert_eq!(parts[0], part(b"data: 0123", true, false));
        assert_eq!(parts[3], part(b"\n", false, true));
        assert!(matches!(&parts[4], Piece::Event(event) if &*event.data() == b"x"), "{parts:?}");
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(
            lines in proptest::collection::vec(
                ("(data|event|id|:|)(: ?)?[a-z:é ]{0,5}", "\r\n|\n|\r"), 0..14),
            cuts in proptest::collection::vec(0usize..200, 0..12),
            event_max in prop_oneof![Just(1usize << 20), 0usize..20],
        ) {
            let text: String = lines.iter().flat_map(|(line, end)| [&line[..], end]).collect();
            let text = text.as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();

            let (events, bytes) = read(event_max, &chunks);
            prop_assert_eq!(&bytes, text);
            if event_max == 1 << 20 {
                prop_assert_eq!(events, read(event_max, &[text]).0);
            }
        }
    }
}

//! HTTP/1.1 messages as bytes, without any connection (RFC 9112).

use bytes::{Buf, Bytes, BytesMut};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use thiserror::Error;

/// Most headers of an answer.
const HEADERS_MAX: usize = 128;

/// Most bytes of an answer's line and headers, and of the trailers after a chunked body.
const HEAD_BYTES_MAX: usize = 128 << 10;

/// Most bytes of the line in front of a chunk.
const CHUNK_LINE_MAX: usize = 256;

/// The line and headers of an answer, and how its body is told from what follows.
#[derive(Debug)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers as they came.
    pub headers: HeaderMap,
    /// How the body ends.
    pub framing: Framing,
    /// Whether another request may follow on the connection.
    pub keep_alive: bool,
}

/// How a body is told from what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// After so many more bytes.
    Length(u64),
    /// By an empty chunk.
    Chunked(Chunk),
    /// With the connection.
    UntilClose,
}

/// Where in a chunked body a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk {
    /// Before the line that says how long a chunk is.
    Size,
    /// In a chunk, with so many bytes to come.
    Data(u64),
    /// Before the line end after a chunk.
    End,
    /// In the lines after the last chunk, of which so many bytes have come.
    Trailers(usize),
    /// Behind it all.
    Done,
}

/// What has come of a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes; may be empty.
    pub bytes: Bytes,
    /// Whether the body ends with them.
    pub last: bool,
}

/// Bytes that are no answer, or could be read as two.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the upstream's answer is not HTTP/1.1: {0}")]
pub struct Malformed(&'static str);

/// A request's line and headers as they are written, one after the other.
#[derive(Debug)]
pub struct HeadWriter(Vec<u8>);

impl HeadWriter {
    /// Begins with the line.
    pub fn new(method: &Method, target: &str) -> HeadWriter {
        let mut bytes = Vec::with_capacity(1024);
        bytes.extend_from_slice(method.as_str().as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(target.as_bytes());
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        HeadWriter(bytes)
    }

    /// Adds a header.
    pub fn put(&mut self, name: &HeaderName, value: &[u8]) {
        self.0.extend_from_slice(name.as_str().as_bytes());
        self.0.extend_from_slice(b": ");
        self.0.extend_from_slice(value);
        self.0.extend_from_slice(b"\r\n");
    }

    /// Ends the head. `length` is that of the body; without one it is sent in chunks.
    pub fn end(mut self, method: &Method, length: Option<u64>) -> Vec<u8> {
        match length {
            // Without a body there is nothing to state, but for methods that usually have one.
            Some(0) if !matches!(*method, Method::POST | Method::PUT | Method::PATCH) => {}
            Some(length) => self.put(&header::CONTENT_LENGTH, length.to_string().as_bytes()),
            None => self.put(&header::TRANSFER_ENCODING, b"chunked"),
        }
        self.0.extend_from_slice(b"\r\n");
        self.0
    }
}

/// Takes an answer's head off a buffer, passing over interim ones; `None` if it is not whole yet.
///
/// # Errors
/// The bytes are no head, too many, or leave open where the body ends.
pub fn decode_head(buffer: &mut BytesMut, method: &Method) -> Result<Option<Head>, Malformed> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(buffer).map_err(|_| Malformed("its head cannot be read"))?;
        let httparse::Status::Complete(len) = parsed else {
            return match buffer.len() > HEAD_BYTES_MAX {
                true => Err(Malformed("its head is too long")),
                false => Ok(None),
            };
        };
        let code = response.code.unwrap_or_default();
        let status = StatusCode::from_u16(code).map_err(|_| Malformed("it has no status"))?;
        if status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS {
            buffer.advance(len);
            continue;
        }
        let is_1_1 = response.version == Some(1);
        let mut fields = HeaderMap::with_capacity(response.headers.len());
        for field in &*response.headers {
            let name = HeaderName::from_bytes(field.name.as_bytes())
                .map_err(|_| Malformed("a header's name cannot be read"))?;
            let value = HeaderValue::from_bytes(field.value)
                .map_err(|_| Malformed("a header's value cannot be read"))?;
            fields.append(name, value);
        }
        buffer.advance(len);
        let says = |word: &str| {
            let connection = fields.get_all(header::CONNECTION).iter();
            connection
                .filter_map(|value| value.to_str().ok())
                .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
        };
        let keep_alive = if is_1_1 { !says("close") } else { says("keep-alive") };
        let framing = framing(&fields, status, method)?;
        let keep_alive = keep_alive && framing != Framing::UntilClose;
        return Ok(Some(Head { status, headers: fields, framing, keep_alive }));
    }
}

/// RFC 9112 §6.3; what could be read in two ways is refused.
fn framing(headers: &HeaderMap, status: StatusCode, method: &Method) -> Result<Framing, Malformed> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let length = match lengths.next() {
        Some(first) => {
            if lengths.any(|other| other != first) {
                return Err(Malformed("it states two lengths"));
            }
            let digits = first.as_bytes();
            let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
            let length = first.to_str().ok().filter(|_| plain).and_then(|text| text.parse().ok());
            Some(length.ok_or(Malformed("its length is no number"))?)
        }
        None => None,
    };
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let chunked = match codings.next() {
        Some(coding) if codings.next().is_none() => {
            if !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
                return Err(Malformed("its transfer coding is not `chunked`"));
            }
            true
        }
        Some(_) => return Err(Malformed("it has two transfer codings")),
        None => false,
    };
    let has_body = *method != Method::HEAD
        && !status.is_informational()
        && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    match (has_body, chunked, length) {
        (_, true, Some(_)) => Err(Malformed("it states a length and chunks")),
        (false, ..) => Ok(Framing::Length(0)),
        (true, true, None) => Ok(Framing::Chunked(Chunk::Size)),
        (true, false, Some(length)) => Ok(Framing::Length(length)),
        (true, false, None) => Ok(Framing::UntilClose),
    }
}

impl Framing {
    /// Takes all there is of the body off a buffer. Several chunks come as one piece.
    ///
    /// # Errors
    /// The chunks cannot be read.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Piece, Malformed> {
        match self {
            Framing::Length(left) => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                *left -= take as u64;
                let last = *left == 0;
                Ok(Piece { bytes: buffer.split_to(take).freeze(), last })
            }
            Framing::UntilClose => Ok(Piece { bytes: buffer.split().freeze(), last: false }),
            Framing::Chunked(chunk) => decode_chunks(chunk, buffer),
        }
    }

    /// Whether the connection's end is the body's end.
    pub fn ends_with_connection(&self) -> bool {
        *self == Framing::UntilClose
    }

    /// Whether nothing is left of the body.
    pub fn is_done(&self) -> bool {
        matches!(self, Framing::Length(0) | Framing::Chunked(Chunk::Done))
    }
}

/// Moves the data of all chunks in a buffer together and takes it off.
fn decode_chunks(chunk: &mut Chunk, buffer: &mut BytesMut) -> Result<Piece, Malformed> {
    // `data` counts the bytes moved to the front; `at` is where reading goes on.
    let (mut data, mut at) = (0, 0);
    while at < buffer.len() {
        match decode_step(*chunk, &buffer[at..]) {
            Ok(None) => break,
            Ok(Some(Step { next, read, is_data })) => {
                if is_data {
                    buffer.copy_within(at..at + read, data);
                    data += read;
                }
                at += read;
                *chunk = next;
            }
            // What came before it is good, and comes first.
            Err(_) if data > 0 => break,
            Err(malformed) => return Err(malformed),
        }
    }
    let bytes = take_front(buffer, data, at);
    Ok(Piece { bytes, last: *chunk == Chunk::Done })
}

/// How far a chunked body could be read.
struct Step {
    next: Chunk,
    read: usize,
    is_data: bool,
}

/// Reads one part of a chunked body; `None` if it is not whole yet, or the body has ended.
fn decode_step(chunk: Chunk, rest: &[u8]) -> Result<Option<Step>, Malformed> {
    let step = |next, read| Ok(Some(Step { next, read, is_data: false }));
    match chunk {
        Chunk::Size => match memchr::memchr(b'\n', rest) {
            None if rest.len() > CHUNK_LINE_MAX => Err(Malformed("a chunk's line is too long")),
            None => Ok(None),
            Some(end) => match chunk_size(&rest[..end])? {
                0 => step(Chunk::Trailers(0), end + 1),
                size => step(Chunk::Data(size), end + 1),
            },
        },
        Chunk::Data(left) => {
            let read = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
            let left = left - read as u64;
            let next = if left == 0 { Chunk::End } else { Chunk::Data(left) };
            Ok(Some(Step { next, read, is_data: true }))
        }
        Chunk::End => match rest {
            [b'\r', b'\n', ..] => step(Chunk::Size, 2),
            [b'\r'] => Ok(None),
            _ => Err(Malformed("a chunk is longer than it says")),
        },
        Chunk::Trailers(seen) => {
            let end = memchr::memchr(b'\n', rest);
            let seen = seen + end.unwrap_or(rest.len());
            if seen > HEAD_BYTES_MAX {
                return Err(Malformed("its trailers are too long"));
            }
            match end {
                None => Ok(None),
                Some(end) if matches!(&rest[..end], b"" | b"\r") => step(Chunk::Done, end + 1),
                Some(end) => step(Chunk::Trailers(seen + 1), end + 1),
            }
        }
        Chunk::Done => Ok(None),
    }
}

/// Takes `data` bytes off the front, and drops what was read behind them up to `at`.
fn take_front(buffer: &mut BytesMut, data: usize, at: usize) -> Bytes {
    let bytes = buffer.split_to(data).freeze();
    buffer.advance(at - data);
    bytes
}

/// `1a;extension=x` up to the line's end.
fn chunk_size(line: &[u8]) -> Result<u64, Malformed> {
    let line = line.strip_suffix(b"\r").ok_or(Malformed("a chunk's line has no end"))?;
    let digits = line.split(|byte| matches!(byte, b';' | b' ' | b'\t')).next().unwrap_or_default();
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Malformed("a chunk's size cannot be read"));
    }
    let text = std::str::from_utf8(digits).map_err(|_| Malformed("a chunk's size is no text"))?;
    u64::from_str_radix(text, 16).map_err(|_| Malformed("a chunk's size is no number"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(text: &str) -> Result<Option<Head>, Malformed> {
        decode_head(&mut BytesMut::from(text), &Method::POST)
    }

    #[test]
    fn a_head_says_where_the_body_ends() {
        use Framing::*;
        let chunked = Chunked(Chunk::Size);
        for (text, framing, keep_alive) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", Length(5), true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", chunked, true),
            ("HTTP/1.1 200\r\n\r\n", UntilClose, false),
            ("HTTP/1.1 204 No\r\n\r\n", Length(0), true),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: x, Close\r\n\r\n",
                Length(5),
                false,
            ),
            ("HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n", Length(5), false),
            (
                "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 201 OK\r\ncontent-length: 0\r\n\r\n",
                Length(0),
                true,
            ),
        ] {
            let head = head(text).unwrap().unwrap();
            assert_eq!((head.framing, head.keep_alive), (framing, keep_alive), "{text}");
        }
        assert!(head("HTTP/1.1 200 OK\r\ncontent-len").unwrap().is_none());
    }

    #[test]
    fn a_head_with_two_readings_is_refused() {
        for text in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
            "HTTP/1.1 200 OK\r\nx y: 5\r\n\r\n",
            "SPDY\r\n\r\n",
        ] {
            assert!(head(text).is_err(), "{text}");
        }
    }

    fn body(framing: Framing, chunks: &[&[u8]]) -> Result<(Vec<u8>, bool, usize), Malformed> {
        let (mut framing, mut buffer) = (framing, BytesMut::new());
        let (mut all, mut last) = (Vec::new(), false);
        for chunk in chunks {
            buffer.extend_from_slice(chunk);
            let piece = framing.decode(&mut buffer)?;
            all.extend_from_slice(&piece.bytes);
            last |= piece.last;
        }
        // What is wrong shows once what came before it has been taken.
        framing.decode(&mut buffer)?;
        Ok((all, last, buffer.len()))
    }

    #[test]
    fn chunks_that_lie_are_refused() {
        for text in [
            "3\r\nabcd\r\n0\r\n\r\n",
            "g\r\n",
            "-1\r\n",
            "\r\n",
            "3\nabc\r\n",
            "ffffffffffffffffff\r\n",
        ] {
            let found = body(Framing::Chunked(Chunk::Size), &[text.as_bytes()]);
            assert!(found.is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(
            pieces in proptest::collection::vec("[a-z\r\n]{1,20}", 0..6),
            extension in prop_oneof![Just(""), Just(";x=y")],
            trailer in prop_oneof![Just(""), Just("x-sum: 1\r\n")],
            cuts in proptest::collection::vec(0usize..200, 0..12),
        ) {
            let mut text = String::new();
            for piece in &pieces {
                text += &format!("{:X}{extension}\r\n{piece}\r\n", piece.len());
            }
            text += &format!("0\r\n{trailer}\r\nNEXT");
            let text = text.as_bytes();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            let found = body(Framing::Chunked(Chunk::Size), &chunks).unwrap();
            prop_assert_eq!(found, (pieces.concat().into_bytes(), true, 4));
        }
    }

    #[test]
    fn a_request_is_written_whole() {
        for (method, length, expected) in [
            (Method::POST, Some(3), "POST /v1 HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\n"),
            (Method::GET, Some(0), "GET /v1 HTTP/1.1\r\nhost: h\r\n\r\n"),
            (
                Method::POST,
                None,
                "POST /v1 HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n",
            ),
        ] {
            let mut head = HeadWriter::new(&method, "/v1");
            head.put(&header::HOST, b"h");
            let bytes = head.end(&method, length);
            assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        }
    }
}

//! Finding out what an answer used while it passes.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use flate2::write::{GzDecoder, ZlibDecoder};
use memchr::memmem;

use super::find::Find;
use super::spoken::{Said, Spoken};
use crate::meter::{Tokens, tokens};
use crate::route::Endpoint;
use crate::sse::{Event, Piece, Reader};

/// Most bytes of one event that are held; what is longer is read as it passes.
const EVENT_MAX: usize = 64 << 10;

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As they are.
    Identity,
    /// gzip.
    Gzip,
    /// zlib, which HTTP calls deflate.
    Deflate,
    /// In a way nobody here can read.
    Unreadable,
}

/// Reads an answer as it passes.
#[derive(Debug)]
pub enum Inspector {
    /// It says nothing about what it used.
    Opaque,
    /// It is one JSON text.
    Json(Text),
    /// It is a stream of events.
    Events(Box<Events>),
}

/// A text, packed or not, in which usage is looked for.
#[derive(Debug)]
pub enum Text {
    /// As it is.
    Plain(Box<Sought>),
    /// Packed by gzip.
    Gzip(Box<GzDecoder<Sought>>),
    /// Packed by zlib.
    Deflate(Box<ZlibDecoder<Sought>>),
}

/// What is looked for in a JSON answer.
#[derive(Debug)]
pub struct Sought {
    usage: Find,
    id: Option<Find>,
    /// Of what is done later: its state, and the files in which its answers stand.
    state: Vec<Find>,
}

/// What an answer says of something that is done later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub status: String,
    /// The files in which its answers stand.
    pub files: Vec<String>,
}

/// A stream of events in which usage is looked for.
#[derive(Debug)]
pub struct Events {
    endpoint: Endpoint,
    reader: Reader,
    /// Whether the client did not ask for usage, so that it must not see any.
    hide: bool,
    usage: Option<Tokens>,
    /// Events in which the model wrote something.
    deltas: u64,
    /// What the model wrote, until it is said how much that was.
    spoken: Spoken,
    /// The id of the object that is being made.
    id: Option<String>,
    terminal: bool,
    /// The event that passes in parts.
    long: Option<(Vec<u8>, Find)>,
}

impl Sought {
    fn push(&mut self, bytes: &[u8]) {
        self.usage.push(bytes);
        if let Some(id) = &mut self.id {
            id.push(bytes);
        }
        self.state.iter_mut().for_each(|find| find.push(bytes));
    }
}

impl Write for Sought {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Inspector {
    /// Reads a JSON answer of an endpoint.
    pub fn json(endpoint: Endpoint, coding: Coding) -> Inspector {
        let makes_objects = endpoint.makes_objects();
        if endpoint.usage_path().is_none() && !makes_objects {
            return Inspector::Opaque;
        }
        let usage = Find::new(endpoint.usage_path().unwrap_or(&["usage"]));
        let id = makes_objects.then(|| Find::new(&["id"]));
        let state = endpoint.state_paths().iter().map(|path| Find::new(path)).collect();
        let find = Sought { usage, id, state };
        match coding {
            Coding::Identity => Inspector::Json(Text::Plain(Box::new(find))),
            Coding::Gzip => Inspector::Json(Text::Gzip(Box::new(GzDecoder::new(find)))),
            Coding::Deflate => Inspector::Json(Text::Deflate(Box::new(ZlibDecoder::new(find)))),
            Coding::Unreadable => Inspector::Opaque,
        }
    }

    /// Reads a stream of an endpoint.
    pub fn events(endpoint: Endpoint, hide: bool) -> Inspector {
        Inspector::Events(Box::new(Events {
            endpoint,
            reader: Reader::new(EVENT_MAX),
            hide,
            usage: None,
            deltas: 0,
            spoken: Spoken::default(),
            id: None,
            terminal: false,
            long: None,
        }))
    }

    /// Reads on; what is to go to the client now.
    pub fn push(&mut self, bytes: Bytes) -> Bytes {
        match self {
            Inspector::Opaque => bytes,
            Inspector::Json(text) => {
                text.push(&bytes);
                bytes
            }
            Inspector::Events(events) => events.push(bytes),
        }
    }

    /// What is still held back at the end.
    pub fn rest(&mut self) -> Bytes {
        match self {
            Inspector::Events(events) if events.hide => events.reader.rest(),
            _ => Bytes::new(),
        }
    }

    /// What was used, as far as the answer has said it.
    pub fn usage(&self) -> Option<Tokens> {
        match self {
            Inspector::Opaque => None,
            Inspector::Json(text) => tokens::reported(text.sought().usage.found()?),
            Inspector::Events(events) => events.usage,
        }
    }

    /// The id of the object that was made, where one was.
    pub fn id(&self) -> Option<String> {
        match self {
            Inspector::Opaque => None,
            Inspector::Json(text) => {
                serde_json::from_slice(text.sought().id.as_ref()?.found()?).ok()
            }
            Inspector::Events(events) => events.id.clone(),
        }
    }

    /// What was said of something that is done later.
    pub fn state(&self) -> Option<State> {
        let Inspector::Json(text) = self else { return None };
        let (status, files) = text.sought().state.split_first()?;
        let status = serde_json::from_slice(status.found()?).ok()?;
        let named = |find: &Find| {
            let one = serde_json::from_slice::<String>(find.found()?).map(|file| vec![file]);
            one.or_else(|_| serde_json::from_slice(find.found().unwrap_or_default())).ok()
        };
        let files = files.iter().filter_map(named).flatten().collect();
        Some(State { id: self.id()?, status, files })
    }

    /// Whether nothing more will be said: the client may take the answer for whole from here on.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Inspector::Events(events) if events.terminal)
    }

    /// Whether what has come is all of an answer, once its body has ended.
    pub fn is_whole(&self) -> bool {
        match self {
            Inspector::Opaque => true,
            Inspector::Json(text) => text.sought().usage.is_whole(),
            Inspector::Events(events) => events.terminal,
        }
    }

    /// What the model wrote, as far as it is known.
    pub fn take_spoken(&mut self) -> Spoken {
        match self {
            Inspector::Events(events) => std::mem::take(&mut events.spoken),
            _ => Spoken::default(),
        }
    }

    /// About how many tokens the model wrote, judged by how often it said something.
    pub fn written_about(&self) -> u64 {
        match self {
            Inspector::Events(events) => events.deltas,
            _ => 0,
        }
    }
}

impl Text {
    fn push(&mut self, bytes: &[u8]) {
        // What cannot be unpacked reports nothing; the client sees that as well.
        match self {
            Text::Plain(find) => find.push(bytes),
            Text::Gzip(decoder) => {
                let _ = decoder.write_all(bytes).and_then(|()| decoder.flush());
            }
            Text::Deflate(decoder) => {
                let _ = decoder.write_all(bytes).and_then(|()| decoder.flush());
            }
        }
    }

    fn sought(&self) -> &Sought {
        match self {
            Text::Plain(find) => find,
            Text::Gzip(decoder) => decoder.get_ref(),
            Text::Deflate(decoder) => decoder.get_ref(),
        }
    }
}

impl Events {
    fn push(&mut self, bytes: Bytes) -> Bytes {
        let mut reader = std::mem::replace(&mut self.reader, Reader::new(EVENT_MAX));
        let forward = match self.hide {
            false => {
                reader.push(bytes.clone(), |piece| {
                    self.read(&piece);
                });
                bytes
            }
            true => {
                let mut shown = BytesMut::with_capacity(bytes.len());
                reader.push(bytes, |piece| {
                    let hidden = self.read(&piece);
                    match piece {
                        _ if hidden => {}
                        Piece::Event(event) => without_null(event.bytes(), &mut shown),
                        Piece::Part { bytes, .. } => shown.extend_from_slice(&bytes),
                    }
                });
                shown.freeze()
            }
        };
        self.reader = reader;
        forward
    }

    /// Takes note of a piece; whether it is only there because we asked for usage.
    fn read(&mut self, piece: &Piece) -> bool {
        match piece {
            Piece::Event(event) => self.event(event),
            Piece::Part { bytes, first, last } => {
                if *first {
                    self.long = Some((first_name(bytes), Find::new(self.usage_path())));
                }
                if let Some((_, find)) = &mut self.long {
                    // What stands before the JSON text has no braces and no quotes.
                    find.push(bytes);
                }
                if *last && let Some((name, find)) = self.long.take() {
                    self.note(find.found());
                    self.terminal |= is_last(&name);
                }
                false
            }
        }
    }

    fn event(&mut self, event: &Event) -> bool {
        if self.is_of_choices() {
            return self.choice(event);
        }
        let data = event.data();
        if data.is_empty() {
            return false;
        }
        let name: Cow<'_, [u8]> = match event.name() {
            b"" => kind(&data).into(),
            name => name.into(),
        };
        self.terminal |= is_last(&name) || *data == *DONE;
        if *name == *b"response.created" {
            let mut id = Find::new(&["response", "id"]);
            id.push(&data);
            self.id = id.found().and_then(|id| serde_json::from_slice(id).ok());
        }
        let mut find = Find::new(self.usage_path());
        if usage(&data).is_some() {
            find.push(&data);
        }
        if !self.note(find.found()) && name.ends_with(b"delta") {
            self.deltas += 1;
            // Audio is no text.
            if self.endpoint != Endpoint::Speech {
                self.spoken.hear(&data, Said::InDelta);
            }
        }
        false
    }

    /// An event of an endpoint whose streams are of choices, which come by the dozen for each answer.
    fn choice(&mut self, event: &Event) -> bool {
        let bytes = event.bytes();
        let Some((_, at)) = usage(bytes) else {
            // No event without a choice has as few bytes as the last one.
            let done = bytes.len() < 32 && *event.data() == *DONE;
            self.terminal |= done;
            if !done && bytes.len() > 16 {
                self.wrote(bytes);
            }
            return false;
        };
        if is_null(&bytes[at..]) && usage(&bytes[at..]).is_none() {
            self.wrote(bytes);
            return false;
        }
        let data = event.data();
        let mut find = Find::new(self.usage_path());
        find.push(&data);
        if !self.note(find.found()) {
            self.wrote(&data);
            return false;
        }
        let mut choices = Find::new(&["choices"]);
        choices.push(&data);
        choices.found() == Some(b"[]")
    }

    fn wrote(&mut self, event: &[u8]) {
        self.deltas += 1;
        self.spoken.hear(event, Said::InChoices);
    }

    fn note(&mut self, usage: Option<&[u8]>) -> bool {
        let found = usage.and_then(tokens::reported);
        self.usage = found.or(self.usage);
        found.is_some()
    }

    fn usage_path(&self) -> &'static [&'static str] {
        match self.endpoint {
            Endpoint::Responses => &["response", "usage"],
            _ => &["usage"],
        }
    }

    fn is_of_choices(&self) -> bool {
        self.endpoint.must_ask_usage()
    }
}

/// Whether an event of this name is the last that says anything.
fn is_last(name: &[u8]) -> bool {
    matches!(
        name,
        b"response.completed"
            | b"response.incomplete"
            | b"response.failed"
            | b"image_generation.completed"
            | b"image_edit.completed"
            | b"transcript.text.done"
            | b"speech.audio.done"
            | b"error"
    )
}

/// The name in the data of an event that has none of its own.
fn kind(data: &[u8]) -> Vec<u8> {
    let mut find = Find::new(&["type"]);
    find.push(data);
    find.found().map(|name| name.trim_ascii_start()).map_or(Vec::new(), |name| {
        name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name).to_vec()
    })
}

/// The name of an event of which this is the beginning.
fn first_name(bytes: &[u8]) -> Vec<u8> {
    let line = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    line.strip_prefix(b"event:").map_or(Vec::new(), |name| name.trim_ascii().to_vec())
}

/// The data of the last event of a stream of choices.
const DONE: &[u8] = b"[DONE]";

/// The key of a member `usage`. In a string its quotes would have backslashes before them.
const USAGE: &[u8] = b"\"usage\"";

/// Where the first member `usage` begins, and where its value does.
fn usage(text: &[u8]) -> Option<(usize, usize)> {
    static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(USAGE));
    FINDER.find_iter(text).find_map(|at| {
        let after = &text[at + USAGE.len()..];
        let spaces = after.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        // What no colon follows is a text of its own.
        (after.get(spaces) == Some(&b':')).then_some((at, at + USAGE.len() + spaces + 1))
    })
}

fn is_null(value: &[u8]) -> bool {
    value.trim_ascii_start().starts_with(b"null")
}

/// Leaves out what an event says of usage because we asked for it at the stream's end.
fn without_null(event: &[u8], into: &mut BytesMut) {
    let member = usage(event).and_then(|(key, value)| {
        let start = key.checked_sub(1).filter(|at| event[*at] == b',')?;
        let spaces = event[value..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let end = value + spaces + 4;
        (event.get(end - 4..end) == Some(b"null")).then_some((start, end))
    });
    match member {
        Some((start, end)) => {
            into.extend_from_slice(&event[..start]);
            into.extend_from_slice(&event[end..]);
        }
        None => into.extend_from_slice(event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAT: &[&str] = &[
        "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}],\"usage\":null}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\",\\\"usage\\\":null\"}}],\"usage\":null}\n\n",
        "data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n",
        "data: [DONE]\n\n",
    ];

    fn pushed(inspector: &mut Inspector, bytes: &[u8], size: usize) -> Vec<u8> {
        let chunks = bytes.chunks(size).map(Bytes::copy_from_slice);
        let mut all: Vec<u8> = chunks.flat_map(|chunk| inspector.push(chunk)).collect();
        all.extend_from_slice(&inspector.rest());
        all
    }

    #[test]
    fn usage_that_was_not_asked_for_is_not_shown() {
        let all = CHAT.concat();
        let shown = all.replace(CHAT[2], "").replace("],\"usage\":null", "]");
        for size in [1, 7, 64, 4096] {
            for (hide, expected) in [(false, &all), (true, &shown)] {
                let mut inspector = Inspector::events(Endpoint::ChatCompletions, hide);
                let passed = pushed(&mut inspector, all.as_bytes(), size);
                assert_eq!(String::from_utf8(passed).unwrap(), *expected, "{size}");
                let tokens = Tokens { input: 7, output: 2, ..Tokens::default() };
                assert_eq!(inspector.usage(), Some(tokens));
                assert!(inspector.is_terminal() && inspector.is_whole());
                assert_eq!(inspector.written_about(), 2);
            }
        }
    }

    #[test]
    fn however_json_is_spaced_usage_is_found() {
        for (data, tokens, shown) in [
            (r#"{"choices":[{}],"usage" : null}"#, None, Some(r#"{"choices":[{}]}"#)),
            (r#"{"choices":["usage"],"usage":null}"#, None, Some(r#"{"choices":["usage"]}"#)),
            (r#"{"usage":null,"choices":[{}]}"#, None, Some(r#"{"usage":null,"choices":[{}]}"#)),
            (r#"{ "choices" : [] , "usage" : { "prompt_tokens" : 3 } }"#, Some(3), None),
            (r#"{"usage":{"prompt_tokens":3},"choices":[{}]}"#, Some(3), None),
        ] {
            let mut inspector = Inspector::events(Endpoint::ChatCompletions, true);
            let text = format!("data: {data}\n\n");
            let passed = pushed(&mut inspector, text.as_bytes(), 1000);
            assert_eq!(inspector.usage().map(|tokens| tokens.input), tokens, "{data}");
            if let Some(shown) = shown {
                assert_eq!(String::from_utf8(passed).unwrap(), format!("data: {shown}\n\n"));
            }
        }
    }

    #[test]
    fn a_stream_that_breaks_off_is_not_whole() {
        let mut inspector = Inspector::events(Endpoint::ChatCompletions, true);
        let cut = CHAT[..2].concat();
        pushed(&mut inspector, cut.as_bytes(), 10);
        assert!(!inspector.is_whole() && !inspector.is_terminal());
        assert_eq!((inspector.usage(), inspector.written_about()), (None, 2));
    }

    #[test]
    fn the_last_event_of_a_response_says_what_it_used() {
        for filling in [10, EVENT_MAX, 3 * EVENT_MAX] {
            let text = "x".repeat(filling);
            let stream = format!(
                "event: response.output_text.delta\ndata: {{\"delta\":\"usage\"}}\n\n\
                 event: response.completed\ndata: {{\"type\":\"response.completed\",\"response\":\
                 {{\"output\":\"{text}\",\"usage\":{{\"input_tokens\":3,\"output_tokens\":1}}}}}}\n\n"
            );
            for size in [100, 1 << 20] {
                let mut inspector = Inspector::events(Endpoint::Responses, false);
                let passed = pushed(&mut inspector, stream.as_bytes(), size);
                assert_eq!(passed, stream.as_bytes());
                let tokens = Tokens { input: 3, output: 1, ..Tokens::default() };
                assert_eq!(inspector.usage(), Some(tokens), "{filling} {size}");
                assert!(inspector.is_terminal());
                assert_eq!(inspector.written_about(), 1);
            }
        }
    }

    #[test]
    fn packed_answers_are_read() {
        use flate2::Compression;
        use flate2::write::{GzEncoder, ZlibEncoder};
        let text = br#"{"data":[1,2,3],"usage":{"prompt_tokens":8,"total_tokens":8}}"#;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(text).unwrap();
        for (coding, bytes) in [
            (Coding::Identity, text.to_vec()),
            (Coding::Gzip, gzip.finish().unwrap()),
            (Coding::Deflate, zlib.finish().unwrap()),
        ] {
            let mut inspector = Inspector::json(Endpoint::Embeddings, coding);
            assert_eq!(pushed(&mut inspector, &bytes, 9), bytes);
            assert!(inspector.is_whole(), "{coding:?}");
            assert_eq!(inspector.usage().map(|tokens| tokens.input), Some(8), "{coding:?}");

            let mut inspector = Inspector::json(Endpoint::Embeddings, coding);
            pushed(&mut inspector, &bytes[..bytes.len() / 2], 9);
            assert!(!inspector.is_whole(), "{coding:?}");
        }
    }
}

//! Messages of a WebSocket, read as its bytes pass (RFC 6455). Extensions are not agreed on, so a
//! payload is what it says.

use crate::body::find::Find;

/// Reads the frames that go one way.
#[derive(Debug)]
pub struct Frames {
    at: At,
    /// What has come of a frame's head.
    head: Vec<u8>,
    /// Which byte of the mask comes next.
    masked: usize,
    mask: Option<[u8; 4]>,
    /// The text message that is being read, over all its frames.
    message: Option<Message>,
    is_last: bool,
    is_control: bool,
}

#[derive(Debug, Clone, Copy)]
enum At {
    Head,
    Payload(u64),
}

/// What is looked for in a text message.
#[derive(Debug)]
pub struct Message {
    kind: Find,
    of_response: Find,
    usage: Find,
    /// Where a session says which model writes down what is said, in either version of it.
    transcribers: [Find; 2],
}

impl Default for Frames {
    fn default() -> Self {
        Self {
            at: At::Head,
            head: Vec::new(),
            masked: 0,
            mask: None,
            message: None,
            is_last: false,
            is_control: false,
        }
    }
}

impl Message {
    fn new() -> Message {
        Message {
            kind: Find::new(&["type"]),
            of_response: Find::new(&["response", "usage"]),
            usage: Find::new(&["usage"]),
            transcribers: [
                Find::new(&["session", "audio", "input", "transcription", "model"]),
                Find::new(&["session", "input_audio_transcription", "model"]),
            ],
        }
    }

    fn push(&mut self, text: &[u8]) {
        self.kind.push(text);
        self.of_response.push(text);
        self.usage.push(text);
        self.transcribers.iter_mut().for_each(|find| find.push(text));
    }

    /// The value of its member `type`, as JSON text.
    pub fn kind(&self) -> Option<&[u8]> {
        self.kind.found()
    }

    /// The value of `response.usage`, or of `usage` where there is none, as JSON text.
    pub fn usage(&self) -> Option<&[u8]> {
        self.of_response.found().or_else(|| self.usage.found())
    }

    /// The model that a session says writes down what is said.
    pub fn transcriber(&self) -> Option<String> {
        let found = self.transcribers.iter().find_map(Find::found)?;
        serde_json::from_slice(found).ok()
    }
}

impl Frames {
    /// Reads on; `take` gets each message that has come to its end. What is no WebSocket is read as
    /// far as it goes: the parties to it will say so to each other.
    pub fn push(&mut self, mut bytes: &[u8], mut take: impl FnMut(&Message)) {
        while !bytes.is_empty() {
            match self.at {
                At::Head => {
                    self.head.push(bytes[0]);
                    bytes = &bytes[1..];
                    if let Some(length) = self.begun() {
                        self.head.clear();
                        self.payload(&[], length, &mut take);
                    }
                }
                At::Payload(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let (payload, rest) = bytes.split_at(count);
                    self.payload(payload, left - count as u64, &mut take);
                    bytes = rest;
                }
            }
        }
    }

    /// The length of the payload, once the head is whole.
    fn begun(&mut self) -> Option<u64> {
        let [first, second, more @ ..] = &self.head[..] else { return None };
        let is_masked = second & 0x80 != 0;
        let (length, more) = match second & 0x7f {
            126 => {
                let (length, more) = more.split_first_chunk()?;
                (u64::from(u16::from_be_bytes(*length)), more)
            }
            127 => {
                let (length, more) = more.split_first_chunk()?;
                (u64::from_be_bytes(*length), more)
            }
            length => (u64::from(length), more),
        };
        self.mask = match is_masked {
            true => Some(*more.first_chunk()?),
            false => None,
        };
        let operation = first & 0x0f;
        (self.is_last, self.is_control, self.masked) = (first & 0x80 != 0, operation >= 8, 0);
        match operation {
            1 => self.message = Some(Message::new()),
            2 => self.message = None,
            _ => {}
        }
        Some(length)
    }

    fn payload(&mut self, payload: &[u8], left: u64, take: &mut impl FnMut(&Message)) {
        self.at = if left == 0 { At::Head } else { At::Payload(left) };
        if self.is_control {
            return;
        }
        if let Some(message) = &mut self.message {
            let unmasked: Vec<u8>;
            let text = match self.mask {
                Some(mask) => {
                    let keys = mask.iter().cycle().skip(self.masked);
                    unmasked = payload.iter().zip(keys).map(|(byte, key)| byte ^ key).collect();
                    self.masked = (self.masked + payload.len()) % 4;
                    &unmasked
                }
                None => payload,
            };
            message.push(text);
        }
        if left == 0
            && self.is_last
            && let Some(message) = self.message.take()
        {
            take(&message);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(first: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
        let bit = if mask.is_some() { 0x80 } else { 0 };
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..=125 => frame.push(bit | length as u8),
            length @ 126..=0xffff => {
                frame.push(bit | 126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                frame.push(bit | 127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        let mask_or_none = mask.unwrap_or_default();
        frame.extend_from_slice(&mask.map_or(vec![], |mask| mask.to_vec()));
        frame.extend(payload.iter().zip(mask_or_none.iter().cycle()).map(|(byte, key)| byte ^ key));
        frame
    }

    fn messages(bytes: &[u8], cuts: &[usize]) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut cuts: Vec<_> = cuts.iter().map(|cut| (*cut).min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let (mut frames, mut found) = (Frames::default(), Vec::new());
        for pair in cuts.windows(2) {
            frames.push(&bytes[pair[0]..pair[1]], |message| {
                let kind = message.kind().unwrap_or_default().to_vec();
                found.push((kind, message.usage().map(<[u8]>::to_vec)));
            });
        }
        found
    }

    proptest! {
        #[test]
        fn however_it_is_cut_and_framed_a_message_is_read(
            cuts in proptest::collection::vec(0usize..80_000, 0..8),
            part in 0usize..60,
            long in prop_oneof![Just(0usize), Just(200), Just(70_000)],
            mask in proptest::option::of(any::<[u8; 4]>()),
        ) {
            let text = format!(
                r#"{{"type":"response.done","x":"{}","response":{{"usage":{{"a":1}}}}}}"#,
                "x".repeat(long)
            );
            let (one, two) = text.as_bytes().split_at(part);
            let bytes = [
                frame(0x82, b"{\"type\":\"binary\"}", mask),
                frame(0x01, one, mask),
                frame(0x89, b"ping", mask),
                frame(0x80, two, mask),
                frame(0x81, br#"{"type":"other"}"#, mask),
                frame(0x88, b"", mask),
            ]
            .concat();
            let expected = [
                (b"\"response.done\"".to_vec(), Some(br#"{"a":1}"#.to_vec())),
                (b"\"other\"".to_vec(), None),
            ];
            prop_assert_eq!(messages(&bytes, &cuts), expected);
        }
    }
}

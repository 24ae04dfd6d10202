//! The few members of a request's body that a decision needs, read without the rest.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use thiserror::Error;

/// What a JSON request says of itself. A member given twice is an error: the upstream might read
/// the other one.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Peek<'a> {
    /// The model asked for, as JSON text.
    #[serde(borrow, default, deserialize_with = "text")]
    model: Option<&'a RawValue>,
    /// Whether the answer shall be a stream.
    #[serde(default)]
    pub stream: Option<bool>,
    /// What a stream shall hold.
    #[serde(borrow, default, deserialize_with = "text")]
    stream_options: Option<&'a RawValue>,
    #[serde(default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    max_completion_tokens: Option<u64>,
    #[serde(default)]
    max_output_tokens: Option<u64>,
    /// The stored response that this one goes on from.
    #[serde(borrow, default)]
    previous_response_id: Option<Cow<'a, str>>,
    /// The conversation that it goes on with: an id, or an object that has one.
    #[serde(borrow, default)]
    conversation: Option<&'a RawValue>,
    /// How speech shall come: as audio, or as events that say what they used.
    #[serde(borrow, default)]
    pub stream_format: Option<Cow<'a, str>>,
    /// Whether the answer is kept, where that can be said.
    #[serde(default)]
    pub store: Option<bool>,
    /// Whether the answer is made while nobody waits.
    #[serde(default, deserialize_with = "flag")]
    pub background: Option<bool>,
}

/// Why a body is no request.
#[derive(Debug, Error)]
pub enum NotARequest {
    /// It is other JSON, or none.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// It cannot be read.
    #[error("the body is not the JSON that is expected here")]
    NotJson(#[from] serde_json::Error),
}

/// A member as it stands, null included.
fn text<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(reader).map(Some)
}

/// A flag whose name says something else elsewhere, as the background of a picture, and is none then.
fn flag<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<bool>, D::Error> {
    let text = <&RawValue>::deserialize(reader)?.get();
    Ok(text.parse().ok())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Conversation {
    Id(String),
    Object { id: String },
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

impl<'a> Peek<'a> {
    /// Reads a JSON body.
    ///
    /// # Errors
    /// It is no JSON object, or one of the members has another type or is there twice.
    pub fn read(body: &'a [u8]) -> Result<Peek<'a>, NotARequest> {
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(NotARequest::NotAnObject);
        }
        let peek: Peek<'_> = serde_json::from_slice(body)?;
        if let Some(model) = peek.model {
            serde_json::from_str::<Option<Cow<'_, str>>>(model.get())?;
        }
        if let Some(conversation) = peek.conversation {
            serde_json::from_str::<Option<Conversation>>(conversation.get())?;
        }
        Ok(peek)
    }

    /// The model asked for.
    pub fn model(&self) -> Option<Cow<'a, str>> {
        let text = self.model?.get();
        // Without an escape, the text is what stands between the quotes.
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(plain) if !plain.contains('\\') => Some(plain.into()),
            _ => serde_json::from_str(text).ok()?,
        }
    }

    /// The stored objects that the answer rests on, which live at an upstream.
    pub fn rests_on(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let conversation =
            || match serde_json::from_str::<Option<_>>(self.conversation?.get()).ok()?? {
                Conversation::Id(id) | Conversation::Object { id } => Some(Cow::from(id)),
            };
        self.previous_response_id.clone().into_iter().chain(conversation())
    }

    /// Most tokens of the answer, by whichever of its names it goes.
    pub fn max_tokens(&self) -> Option<u64> {
        self.max_completion_tokens.or(self.max_output_tokens).or(self.max_tokens)
    }

    /// Whether the client asked for usage at the end of its stream.
    pub fn asks_usage(&self) -> bool {
        let options = self.stream_options.map(|options| serde_json::from_str(options.get()));
        matches!(options, Some(Ok(StreamOptions { include_usage: Some(true) })))
    }
}

/// The body of a request, read as `peek`, that names another model. Every other byte stays as it is.
pub fn with_model(body: &[u8], peek: &Peek<'_>, model: &str) -> Vec<u8> {
    let name = serde_json::Value::from(model).to_string();
    match peek.model {
        Some(old) => {
            let (start, end) = span(body, old);
            [&body[..start], name.as_bytes(), &body[end..]].concat()
        }
        None => {
            let object = body.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
            let empty = body[object..].trim_ascii_start().first() == Some(&b'}');
            let comma: &[u8] = if empty { b"" } else { b"," };
            [&body[..object], b"\"model\":", name.as_bytes(), comma, &body[object..]].concat()
        }
    }
}

/// Where in a body a member of it stands.
fn span(body: &[u8], member: &RawValue) -> (usize, usize) {
    let start = member.get().as_ptr() as usize - body.as_ptr() as usize;
    (start, start + member.get().len())
}

/// The body of a streamed request that asks for usage, which `body`, read as `peek`, did not.
///
/// Every other byte stays as it is. `None` where the body has a `stream_options` that is no object,
/// which is left to the upstream to refuse.
pub fn with_usage(body: &[u8], peek: &Peek<'_>) -> Option<Vec<u8>> {
    const ASK: &[u8] = b"\"include_usage\":true";
    let (at, before, after): (usize, &[u8], &[u8]) = match peek.stream_options {
        None => (body.iter().position(|byte| *byte == b'{')? + 1, b"\"stream_options\":{", b"},"),
        Some(options) => {
            let (start, end) = span(body, options);
            let text = options.get();
            if text == "null" {
                return Some([&body[..start], b"{", ASK, b"}", &body[end..]].concat());
            }
            let inner = text.strip_prefix('{')?.trim_start();
            // A member that is there, as false or null, gives way to ours.
            let members: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(text).ok()?;
            if members.contains_key("include_usage") {
                let mut members = members;
                members.insert("include_usage".to_string(), true.into());
                let options = serde_json::to_vec(&members).ok()?;
                return Some([&body[..start], &options, &body[end..]].concat());
            }
            (start + 1, b"", if inner == "}" { b"" } else { b"," })
        }
    };
    Some([&body[..at], before, ASK, after, &body[at..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_what_it_needs() {
        let body =
            br#"{"messages":[{"model":"no"}],"mod\u0065l":"gpt-4o","stream":true,"x":1.5e400,
            "max_completion_tokens":7,"stream_options":{"include_usage":true}}"#;
        let peek = Peek::read(body).unwrap();
        assert_eq!(peek.model().as_deref(), Some("gpt-4o"));
        assert_eq!((peek.stream, peek.max_tokens()), (Some(true), Some(7)));
        assert!(peek.asks_usage());
    }

    #[test]
    fn a_background_is_a_flag_or_a_colour() {
        for (body, expected) in [
            (r#"{"background":true}"#, Some(true)),
            (r#"{"background": false }"#, Some(false)),
            (r#"{"background":"transparent"}"#, None),
            (r#"{"background":"true"}"#, None),
            (r#"{"background":null}"#, None),
        ] {
            assert_eq!(Peek::read(body.as_bytes()).unwrap().background, expected, "{body}");
        }
    }

    #[test]
    fn what_an_answer_rests_on_is_found() {
        for (body, expected) in [
            ("{}", vec![]),
            (r#"{"previous_response_id":null,"conversation":null}"#, vec![]),
            (r#"{"previous_response_id":"resp_1"}"#, vec!["resp_1"]),
            (r#"{"conversation":"conv_1"}"#, vec!["conv_1"]),
            (
                r#"{"conversation":{"x":1,"id":"conv_1"},"previous_response_id":"resp_1"}"#,
                vec!["resp_1", "conv_1"],
            ),
        ] {
            let peek = Peek::read(body.as_bytes()).unwrap();
            assert_eq!(peek.rests_on().collect::<Vec<_>>(), expected, "{body}");
        }
    }

    #[test]
    fn a_model_is_put_in_the_place_of_another() {
        for (body, expected) in [
            (r#"{"a":1, "model" : "x" }"#, r#"{"a":1, "model" : "\"m" }"#),
            (r#" {"a":1}"#, r#" {"model":"\"m","a":1}"#),
            ("{ }", r#"{"model":"\"m" }"#),
            (r#"{"model":null}"#, r#"{"model":"\"m"}"#),
        ] {
            let peek = Peek::read(body.as_bytes()).unwrap();
            let changed = with_model(body.as_bytes(), &peek, "\"m");
            assert_eq!(String::from_utf8(changed.clone()).unwrap(), expected);
            assert_eq!(Peek::read(&changed).unwrap().model().as_deref(), Some("\"m"));
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for body in [
            r#"{"model":"gpt-4o","model":"gpt-5"}"#,
            r#"{"model":"gpt-4o","mod\u0065l":"gpt-5"}"#,
            r#"{"stream":true,"stream":false}"#,
            r#"{"model":"gpt-4o"} {"model":"gpt-5"}"#,
            r#"{"model":["gpt-5"]}"#,
            r#"["gpt-5"]"#,
            r#"{"conversation":{"id":"conv_1","id":"conv_2"}}"#,
            r#"{"conversation":["conv_1"]}"#,
            r#"{"model":"gpt-4o"#,
            "",
        ] {
            assert!(Peek::read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn usage_is_asked_for_beside_what_was_asked() {
        for (body, expected) in [
            (
                r#" {"model":"m" , "stream":true}"#,
                r#" {"stream_options":{"include_usage":true},"model":"m" , "stream":true}"#,
            ),
            (
                r#"{"stream":true,"stream_options":{"include_obfuscation":false} }"#,
                r#"{"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false} }"#,
            ),
            (
                r#"{"stream_options":{ },"stream":true}"#,
                r#"{"stream_options":{"include_usage":true },"stream":true}"#,
            ),
            (
                r#"{"stream_options":{"include_usage":false},"a":1}"#,
                r#"{"stream_options":{"include_usage":true},"a":1}"#,
            ),
            (r#"{"stream_options":null}"#, r#"{"stream_options":{"include_usage":true}}"#),
        ] {
            let peek = Peek::read(body.as_bytes()).unwrap();
            let changed = with_usage(body.as_bytes(), &peek).unwrap();
            assert_eq!(String::from_utf8(changed.clone()).unwrap(), expected);
            assert!(Peek::read(&changed).unwrap().asks_usage(), "{expected}");
        }
    }
}

//! How bytes are written: base64 for URLs, without padding, so that a key is one word anywhere.

use base64ct::{Base64UrlUnpadded, Encoding};

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The bytes of a text, if it is the one spelling of exactly so many.
pub(crate) fn decode<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    let read = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
    (read == LENGTH && encode(&bytes) == text).then_some(bytes)
}

/// Lets a type be serialised as the text that it is shown and read as.
macro_rules! as_text {
    ($type:ty, $error:ty) => {
        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.to_string()
            }
        }

        impl TryFrom<String> for $type {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }
    };
}
pub(crate) use as_text;

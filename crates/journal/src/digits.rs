//! 32 bytes that are written as 64 hexadecimal digits.

/// Gives a tuple struct of 32 bytes its one spelling: as text, in JSON and back.
macro_rules! digits {
    ($type:ident, $noun:literal, $error:ident) => {
        #[doc = concat!("A text that is not the hexadecimal form of ", $noun, ".")]
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[error("`{0}` is not {noun}; it has 64 digits from 0 to 9 and a to f", noun = $noun)]
        pub struct $error(String);

        impl $type {
            /// From its bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> $type {
                $type(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        }

        impl std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<$type, $error> {
                match blake3::Hash::from_hex(text) {
                    // One value has one spelling, so that two copies can be compared as text.
                    Ok(bytes) if bytes.to_hex().as_str() == text => Ok($type(*bytes.as_bytes())),
                    _ => Err($error(text.to_owned())),
                }
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.to_string()
            }
        }

        impl TryFrom<String> for $type {
            type Error = $error;

            fn try_from(text: String) -> Result<$type, $error> {
                text.parse()
            }
        }
    };
}

pub(crate) use digits;

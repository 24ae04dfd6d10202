//! Tokens by class: what is counted of a call, and what is priced.

use std::ops::Add;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The one list of classes, which all that goes by class is made of.
macro_rules! classes {
    ($($(#[$doc:meta])* $class:ident,)*) => {
        /// Tokens in classes that do not overlap: their sum is the whole.
        ///
        /// `N` is `u32` for one call as it is kept, and wider for what calls add up to.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        pub struct Tokens<N> {
            $($(#[$doc])* pub $class: N,)*
        }

        /// The names of the classes, in the order of [`Tokens::by_class`].
        pub const CLASS_NAMES: [&str; CLASSES] = [$(stringify!($class)),*];

        impl<N> Tokens<N> {
            /// The counts in the order of the fields.
            pub fn by_class(self) -> [N; CLASSES] {
                [$(self.$class),*]
            }

            /// Tokens with these counts, which stand in the order of the fields.
            pub fn of_classes(counts: [N; CLASSES]) -> Self {
                let [$($class),*] = counts;
                Self { $($class),* }
            }
        }
    };
}

/// How many classes of tokens there are.
pub const CLASSES: usize = 9;

classes! {
    /// Text read by the model, neither from a cache nor into one.
    input,
    /// Read from the provider's cache.
    cached,
    /// Read and written into the provider's cache.
    cache_write,
    /// Audio read by the model.
    audio_input,
    /// Images read by the model.
    image_input,
    /// Text written by the model for the client.
    output,
    /// Written by the model for itself.
    reasoning,
    /// Audio written by the model.
    audio_output,
    /// Images made by the model.
    image_output,
}

impl<N: Copy + Add<Output = N>> Tokens<N> {
    /// All that the model read.
    pub fn read(&self) -> N {
        self.input + self.cached + self.cache_write + self.audio_input + self.image_input
    }

    /// All that the model wrote.
    pub fn written(&self) -> N {
        self.output + self.reasoning + self.audio_output + self.image_output
    }

    /// The whole.
    pub fn total(&self) -> N {
        self.read() + self.written()
    }
}

/// Tokens by class, as in `input=120,output=40`; a class that is not there has none.
impl FromStr for Tokens<u64> {
    type Err = NotTokens;

    fn from_str(text: &str) -> Result<Self, NotTokens> {
        let mut counts = [0; CLASSES];
        for part in text.split(',') {
            let wrong = || NotTokens(part.to_string());
            let (class, count) = part.trim().split_once('=').ok_or_else(wrong)?;
            let place = CLASS_NAMES.iter().position(|name| *name == class).ok_or_else(wrong)?;
            // No call has as many, and their sum must be a number.
            counts[place] = count.parse::<u32>().map_err(|_| wrong())?.into();
        }
        Ok(Self::of_classes(counts))
    }
}

/// A text that says no tokens.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no class of tokens and their number; expected one such as `input=120`")]
pub struct NotTokens(String);

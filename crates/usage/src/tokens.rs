//! Tokens by class: what is counted of a call, and what is priced.

use std::ops::Add;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How many classes of tokens there are.
pub const CLASSES: usize = 9;

/// Tokens in classes that do not overlap: their sum is the whole.
///
/// `N` is `u32` for one call as it is kept, and wider for what calls add up to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Tokens<N> {
    /// Text read by the model, neither from a cache nor into one.
    pub input: N,
    /// Read from the provider's cache.
    pub cached: N,
    /// Read and written into the provider's cache.
    pub cache_write: N,
    /// Audio read by the model.
    pub audio_input: N,
    /// Images read by the model.
    pub image_input: N,
    /// Text written by the model for the client.
    pub output: N,
    /// Written by the model for itself.
    pub reasoning: N,
    /// Audio written by the model.
    pub audio_output: N,
    /// Images made by the model.
    pub image_output: N,
}

/// The names of the classes, in the order of [`Tokens::by_class`].
pub const CLASS_NAMES: [&str; CLASSES] = [
    "input",
    "cached",
    "cache_write",
    "audio_input",
    "image_input",
    "output",
    "reasoning",
    "audio_output",
    "image_output",
];

impl<N> Tokens<N> {
    /// The counts in the order of the fields.
    pub fn by_class(self) -> [N; CLASSES] {
        [
            self.input,
            self.cached,
            self.cache_write,
            self.audio_input,
            self.image_input,
            self.output,
            self.reasoning,
            self.audio_output,
            self.image_output,
        ]
    }

    /// Tokens with these counts, which stand in the order of the fields.
    pub fn of_classes(counts: [N; CLASSES]) -> Self {
        let [
            input,
            cached,
            cache_write,
            audio_input,
            image_input,
            output,
            reasoning,
            audio_output,
            image_output,
        ] = counts;
        Self {
            input,
            cached,
            cache_write,
            audio_input,
            image_input,
            output,
            reasoning,
            audio_output,
            image_output,
        }
    }
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

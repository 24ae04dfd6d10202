//! How long made-up calls are.
//!
//! The tables hold quantiles of the "Azure LLM inference trace 2023" (Azure Public Dataset,
//! CC BY 4.0; Patel et al., *Splitwise: Efficient Generative LLM Inference Using Phase
//! Splitting*, ISCA 2024). A length is drawn by inverting the distribution they describe, in
//! whole numbers: pick a place in 0..1000, find the two quantiles around it, and go between
//! them in proportion. Input and output are drawn apart, though in the traces they hang
//! together a little.

use rand_chacha::rand_core::Rng;

use serde::Deserialize;

use super::below;

/// What a call's length is modelled on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A chat: a long prompt and a long answer.
    Conversation,
    /// Code completion: a longer prompt and a short answer.
    Code,
}

/// The tokens of one call by class.
pub(super) struct Length {
    pub input: u32,
    pub cached_input: u32,
    pub output: u32,
}

/// The places of the quantiles, in thousandths. Closer together at the end, where lengths
/// leap: the longest thousandth of all answers is otherwise a tenth of all tokens.
const PLACES: [u64; 24] = [
    0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900,
    950, 975, 990, 999, 1000,
];

/// Tokens at each of [`PLACES`].
type Quantiles = [u32; PLACES.len()];

const CONVERSATION_INPUT: Quantiles = [
    2, 181, 207, 372, 387, 396, 403, 414, 703, 984, 1020, 1045, 1071, 1097, 1130, 1189, 1315, 1876,
    2734, 4083, 4092, 4142, 6212, 14050,
];
const CONVERSATION_OUTPUT: Quantiles = [
    7, 41, 54, 67, 77, 85, 91, 96, 103, 113, 129, 151, 177, 217, 384, 395, 400, 411, 424, 451, 522,
    601, 954, 1000,
];
const CODE_INPUT: Quantiles = [
    3, 75, 147, 232, 386, 578, 770, 938, 1075, 1261, 1469, 1690, 1909, 2164, 2433, 2745, 3192,
    3919, 5186, 7302, 7435, 7436, 7437, 7437,
];
const CODE_OUTPUT: Quantiles =
    [6, 6, 7, 7, 8, 9, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 29, 39, 55, 90, 145, 252, 824, 1899];

/// Eighths of the input read from a cache, one picked for each call. Assumed: the traces are
/// older than the vendors' caches. Vendors cache long prompts only, hence the least length.
const CACHED_EIGHTHS: [u32; 8] = [0, 0, 0, 0, 0, 2, 4, 6];
const CACHED_INPUT_MIN: u32 = 1024;

impl Shape {
    /// A name that never changes, for it is part of the seed.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Conversation => "conversation",
            Self::Code => "code",
        }
    }

    pub(super) fn draw(self, random: &mut impl Rng) -> Length {
        let (input, output) = match self {
            Self::Conversation => (&CONVERSATION_INPUT, &CONVERSATION_OUTPUT),
            Self::Code => (&CODE_INPUT, &CODE_OUTPUT),
        };
        let all_input = quantile(input, below(random, PLACE_SCALE * 1000));
        let pick = below(random, CACHED_EIGHTHS.len() as u64);
        let eighths = CACHED_EIGHTHS[usize::try_from(pick).unwrap_or(0)];
        let cached_input = if all_input < CACHED_INPUT_MIN { 0 } else { all_input / 8 * eighths };
        let output = quantile(output, below(random, PLACE_SCALE * 1000));
        Length { input: all_input - cached_input, cached_input, output }
    }
}

/// Steps in a thousandth, so that long gaps between quantiles are filled evenly.
const PLACE_SCALE: u64 = 1 << 20;

/// The length at `place`, in steps of a thousandth over [`PLACE_SCALE`].
fn quantile(quantiles: &Quantiles, place: u64) -> u32 {
    let above = PLACES.partition_point(|quantile| quantile * PLACE_SCALE <= place);
    let above = above.clamp(1, PLACES.len() - 1);
    let (start, end) = (PLACES[above - 1] * PLACE_SCALE, PLACES[above] * PLACE_SCALE);
    let (least, most) = (u64::from(quantiles[above - 1]), u64::from(quantiles[above]));
    let length = least + (most - least) * (place - start) / (end - start);
    u32::try_from(length).unwrap_or(u32::MAX)
}

use crate::value::words;

words! {
    /// The classes of a call's tokens. They do not overlap: their sum is the call.
    pub enum TokenClass {
        /// Text read by the model, neither from a cache nor into one.
        Input = "input",
        /// Read from a cache.
        Cached = "cached",
        /// Read and written into a cache.
        CacheWrite = "cache_write",
        /// Audio read by the model.
        AudioInput = "audio_input",
        /// Images read by the model.
        ImageInput = "image_input",
        /// Text written by the model for whoever called.
        Output = "output",
        /// Written by the model for itself.
        Reasoning = "reasoning",
        /// Audio written by the model.
        AudioOutput = "audio_output",
        /// Images made by the model.
        ImageOutput = "image_output",
    }
}

impl TokenClass {
    /// Every class, in the order of their columns.
    pub const ALL: [TokenClass; 9] = [
        TokenClass::Input,
        TokenClass::Cached,
        TokenClass::CacheWrite,
        TokenClass::AudioInput,
        TokenClass::ImageInput,
        TokenClass::Output,
        TokenClass::Reasoning,
        TokenClass::AudioOutput,
        TokenClass::ImageOutput,
    ];

    /// Whether the model read them: these cost what `input` does unless a price list says otherwise,
    /// and all others what `output` does.
    pub fn is_read(self) -> bool {
        self < TokenClass::Output
    }

    /// What a price list calls their price.
    pub fn attribute(self) -> &'static str {
        match self {
            TokenClass::Cached => "cached_input",
            class => class.word(),
        }
    }

    /// The class as people read it, as `cached input`.
    pub fn title(self) -> &'static str {
        match self {
            TokenClass::Input => "input",
            TokenClass::Cached => "cached input",
            TokenClass::CacheWrite => "cache write",
            TokenClass::AudioInput => "audio input",
            TokenClass::ImageInput => "image input",
            TokenClass::Output => "output",
            TokenClass::Reasoning => "reasoning",
            TokenClass::AudioOutput => "audio output",
            TokenClass::ImageOutput => "image output",
        }
    }
}

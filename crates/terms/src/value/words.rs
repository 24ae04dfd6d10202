//! Closed lists of words, such as `whole_lots` or `non_exclusive`.

/// Defines an enum whose variants are written as words in a document.
macro_rules! words {
    (
        $(#[doc = $about:literal])+
        pub enum $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ }
    ) => {
        $(#[doc = $about])+
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name { $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every word, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word as a document writes it.
            pub fn word(&self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What the word means, in a sentence.
            pub fn meaning(&self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The value a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::value::Value for $name {
            const EXPECTED: &'static str = concat!("one of", $(" `", $word, "`",)+);
            const ABOUT: &'static str = concat!($($about),+).trim_ascii();
            const FORM: $crate::value::Form = $crate::value::Form::Words(
                std::borrow::Cow::Borrowed(&[$(($word, concat!($($doc),+).trim_ascii())),+]),
            );

            fn read(
                expression: &$crate::value::Expression,
            ) -> Result<Self, $crate::value::Unreadable> {
                expression.word().and_then(Self::from_word).ok_or_else(|| {
                    let mut unreadable = $crate::value::unexpected::<Self>(expression);
                    if let Some(near) = expression.word().and_then(|word| {
                        $crate::finding::did_you_mean(word, Self::WORDS.iter().copied())
                    }) {
                        unreadable.help = format!("did you mean `{near}`?");
                    }
                    unreadable
                })
            }

            fn show(&self) -> String {
                self.word().to_string()
            }
        }
    };
}

pub(crate) use words;

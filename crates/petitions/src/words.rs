//! Closed sets of keywords, each stored and shown as one word.

/// Declares an enum with the word that each variant is stored and shown as, in one table.
///
/// The words are a file format: they never change.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident($what:literal) {
            $( $(#[$doc:meta])* $variant:ident = $word:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[$doc])* $variant, )+
        }

        impl $name {
            /// All of them, in order of declaration.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The word it is stored and shown as.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text::FormatError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err($crate::words::unknown($what, text, &[$( $word, )+])),
                }
            }
        }

        $crate::text::stored_as_text!($name, as_str);

        impl $name {
            #[allow(dead_code, reason = "what names a notice or its fields has no text of its own")]
            pub(crate) const FORMS: &'static [$crate::message::MessageForm] = &[$(
                $crate::message::MessageForm::of_word(stringify!($name), $word),
            )+];
        }

        impl $crate::message::AsValue for $name {
            fn as_value(&self) -> $crate::message::Value<'_> {
                $crate::message::Value::word(stringify!($name), self.as_str())
            }
        }
    };
}
pub(crate) use words;

use crate::text::FormatError;

/// Longest part of an unknown word that an error quotes. Unit: characters.
const QUOTED_CHARS_MAX: usize = 40;

pub(crate) fn unknown(what: &'static str, text: &str, known: &[&str]) -> FormatError {
    let text: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    FormatError::new(what, format!("{text:?} is none of {}", known.join(", ")))
}

//! The texts that people read, in Korean and in English.
//!
//! The domain speaks no language: it says [what](minwon_petitions::Message) is told, by a name and with
//! values. A [`Phrasebook`] has the text for each in one [`Language`], out of one file per language
//! (`text/ko.ftl`, `text/en.ftl`), and writes the values in: keywords by their texts, dates and
//! instants as they pass in Seoul, dues, periods and holidays. An office puts its own texts in the place of ours
//! by [`Phrasebook::with_texts`].
//!
//! ```
//! use minwon_language::{Language, Phrasebook};
//! use minwon_petitions::{ApplicationRejection, ApplicationStatus, Calendar, Due};
//!
//! let korean = Phrasebook::of(Language::Korean);
//! assert_eq!(korean.say(&ApplicationStatus::AwaitingSupplement), "보완요구");
//! let due: Due = "2026-03-09T10:00:00+09:00".parse()?;
//! assert_eq!(korean.say(&due), "2026년 3월 9일 10:00");
//! let day = Calendar::published().day("2025-05-06".parse()?)?;
//! assert_eq!(korean.say(&day), "부처님오신날 대체공휴일");
//! let rejection = ApplicationRejection::NoReasons;
//! assert_eq!(
//!     korean.say(&rejection),
//!     "거부처분을 할 때에는 그 사유를 하나 이상 밝혀야 합니다(민원처리법 제27조제3항)."
//! );
//!
//! let english = Phrasebook::of("en".parse()?);
//! assert_eq!(english.say(&due), "9 March 2026, 10:00 (Seoul)");
//! assert_eq!(english.say(&day), "Substitute for Buddha's Birthday");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod forms;
mod notices;
mod phrasebook;
mod writer;

#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

pub use phrasebook::{Phrasebook, TextsError};

/// A language that people are spoken to in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// Korean, written `ko`.
    #[default]
    Korean,
    /// English, written `en`.
    English,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Korean, Self::English];

    /// Its tag (BCP 47), for example `ko`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Korean => "ko",
            Self::English => "en",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no language there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no language {text:?} here; write `ko` or `en`")]
#[non_exhaustive]
pub struct LanguageError {
    /// The beginning of the given text.
    pub text: String,
}

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, LanguageError> {
        let known = Self::ALL.iter().find(|language| language.as_str() == text);
        known.copied().ok_or_else(|| LanguageError {
            text: text.chars().take(40).collect(),
        })
    }
}

//! Short validated texts: every name that could be swapped for another is a type of its own.

/// Why a text is not a valid name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no valid {what}: {reason}")]
#[non_exhaustive]
pub struct NameError {
    /// The expected kind of text, for example "stream name".
    pub what: &'static str,
    /// The text, cut after 80 characters.
    pub text: String,
    /// The rule it breaks.
    pub reason: &'static str,
}

impl NameError {
    pub(crate) fn new(what: &'static str, text: &str, reason: &'static str) -> Self {
        Self {
            what,
            text: text.chars().take(80).collect(),
            reason,
        }
    }

    pub(crate) fn check(
        what: &'static str,
        text: &str,
        rule: fn(&'static str, &str) -> Result<(), Self>,
    ) -> Result<(), Self> {
        rule(what, text)
    }
}

/// Longest name in bytes; the metadata layout keeps lengths in one byte.
pub(crate) const NAME_BYTES_MAX: usize = 128;

/// Checks what all names share: 1 to 128 bytes without white space and control characters. Names that
/// were stored keep this rule alone.
pub(crate) fn check_name(what: &'static str, text: &str) -> Result<(), NameError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = if text.is_empty() {
        "it is empty"
    } else if text.len() > NAME_BYTES_MAX {
        "it is longer than 128 bytes"
    } else if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        "it contains white space or a control character"
    } else {
        return Ok(());
    };
    Err(NameError::new(what, text, reason))
}

/// Checks a name that is given anew: all of it can be seen, and two that look alike are alike.
pub(crate) fn check_id(what: &'static str, text: &str) -> Result<(), NameError> {
    check_name(what, text)?;
    crate::foreign_text::check_id(text).map_err(|reason| NameError::new(what, text, reason))
}

/// Checks a part of a stream name: ASCII letters and digits, beginning with a letter.
pub(crate) fn check_word(what: &'static str, text: &str) -> Result<(), NameError> {
    check_name(what, text)?;
    let word = text.bytes().all(|b| b.is_ascii_alphanumeric());
    if word && text.as_bytes()[0].is_ascii_alphabetic() {
        return Ok(());
    }
    Err(NameError::new(
        what,
        text,
        "only ASCII letters and digits may stand here, a letter first",
    ))
}

/// Checks a dotted path: words of ASCII letters, digits and `-` with a full stop between.
pub(crate) fn check_path(what: &'static str, text: &str) -> Result<(), NameError> {
    check_name(what, text)?;
    let is_word = |word: &str| {
        let mut bytes = word.bytes();
        !word.is_empty() && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if text.split('.').all(is_word) {
        return Ok(());
    }
    Err(NameError::new(
        what,
        text,
        "only ASCII letters, digits and `-` may stand here, and full stops between them",
    ))
}

/// Reads a type from its text, borrowed where the format allows it.
///
/// # Errors
/// That of `read`, or of the deserializer.
#[doc(hidden)]
pub fn read_text<'de, D, T, X>(
    deserializer: D,
    read: fn(&str) -> Result<T, X>,
) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    X: std::fmt::Display,
{
    struct Reading<T, X>(fn(&str) -> Result<T, X>);
    impl<T, X: std::fmt::Display> serde::de::Visitor<'_> for Reading<T, X> {
        type Value = T;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Reading(read))
}

/// Stores a type as the text that `Display` writes and `FromStr` reads. With `as_str` the text is at
/// hand, and no formatter is needed.
#[doc(hidden)]
#[macro_export]
macro_rules! stored_as_text {
    ($name:ty) => {
        $crate::stored_as_text!(@write $name, collect_str, |value| value, str::parse);
    };
    ($name:ty, as_str) => {
        $crate::stored_as_text!($name, as_str, str::parse);
    };
    ($name:ty, as_str, $read:expr) => {
        $crate::stored_as_text!(@write $name, serialize_str, |value| value.as_str(), $read);
    };
    (@write $name:ty, $write:ident, |$value:ident| $text:expr, $read:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                to.$write($text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::read_text::<_, $name, _>(from, $read)
            }
        }
    };
}

/// Numbers that could be swapped, each of a type of its own.
macro_rules! number_newtype {
    ($(#[$doc:meta])* $name:ident($number:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name($number);

        impl $name {
            /// The one with this number.
            #[must_use]
            pub const fn new(number: $number) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn get(self) -> $number {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
pub(crate) use number_newtype;

/// Declares a text with a rule of its own; and with a second one where what was stored keeps less.
///
/// The error has a function `check` that applies a rule.
#[doc(hidden)]
#[macro_export]
macro_rules! text_newtype {
    (@stored $error:ty; $name:ident, $what:literal) => {
        $crate::stored_as_text!($name, as_str);
    };
    (@stored $error:ty; $name:ident, $what:literal, $stored:path) => {
        $crate::stored_as_text!($name, as_str, $name::stored);

        impl $name {
            /// One that was given when the rule asked for less: to read it, and to ask for what there
            /// is under it.
            ///
            /// # Errors
            /// Where the text breaks the rule that there always was.
            pub fn stored(text: &str) -> Result<Self, $error> {
                <$error>::check($what, text, $stored)?;
                Ok(Self(text.into()))
            }
        }
    };
    ($error:ty; $(#[$doc:meta])* $name:ident, $what:literal, $check:path $(, stored: $stored:path)?) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::sync::Arc<str>);

        $crate::text_newtype!(@stored $error; $name, $what $(, $stored)?);

        impl $name {
            /// Checks `text` and keeps it.
            ///
            /// # Errors
            /// Where the text breaks the rule of this type.
            pub fn new(text: impl AsRef<str>) -> Result<Self, $error> {
                let text = text.as_ref();
                <$error>::check($what, text, $check)?;
                Ok(Self(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let shown = $crate::foreign_text::shown(&self.0);
                write!(f, concat!(stringify!($name), "({})"), shown)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

/// The same with the names of core.
macro_rules! name_newtype {
    ($($text:tt)*) => {
        $crate::text_newtype!($crate::NameError; $($text)*);
    };
}
pub(crate) use name_newtype;

name_newtype! {
    /// The name of a namespace (general, car, building): ASCII letters and digits.
    NamespaceName, "namespace name", check_word
}
name_newtype! {
    /// The kind of a stream, for example `CarIssuance`: ASCII letters and digits.
    CategoryName, "category name", check_word
}
name_newtype! {
    /// The subject of an event, for example a petition: the same in all streams that have to do
    /// with it. Opaque, 1 to 128 bytes without white space.
    Subject, "subject", check_name
}
name_newtype! {
    /// Who gave a command, as an opaque id: never a person's name or registration number.
    ActorId, "actor id", check_id, stored: check_name
}
name_newtype! {
    /// The service that wrote an event: a dotted path, as `petitions.general.issuance`, of ASCII letters,
    /// digits and `-`. What it begins with groups services: see [`is_under`](Self::is_under).
    ServiceName, "service name", check_path, stored: check_name
}
name_newtype! {
    /// The stage of processing that an event belongs to, for example `receipt`.
    Stage, "stage", check_id, stored: check_name
}
name_newtype! {
    /// The stored name of an event type: past tense, with its prefix, as in
    /// `GeneralApplicationSubmitted`. A file format: never rename one without an upcaster.
    EventType, "event type", check_word
}
name_newtype! {
    /// Who keeps a checkpoint, for example a reactor. Explicit and stable: a renamed consumer
    /// starts again from the beginning.
    ConsumerName, "consumer name", check_id, stored: check_name
}
name_newtype! {
    /// The name of a projection, for example `petitions`: ASCII letters and digits.
    ProjectionName, "projection name", check_word
}
name_newtype! {
    /// The key of a view, for example the id of a petition; 1 to 128 bytes without white space.
    ViewKey, "view key", check_name
}

impl ServiceName {
    /// The words of the path, from the widest group to the service itself. Of a name that was given before
    /// names were paths, what stands between full stops.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// Returns whether it is `group`, or one of the services in it: whether its path begins with all the
    /// words of that one. `petitions.general.issuance` is under `petitions.general`, and not under
    /// `petitions.gen`.
    #[must_use]
    pub fn is_under(&self, group: &Self) -> bool {
        let rest = self.0.strip_prefix(&*group.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// The group of its first `words` words, to count or list services by; the whole path where it has no
    /// more.
    #[must_use]
    pub fn group(&self, words: std::num::NonZeroUsize) -> Self {
        let mut ends = self.0.match_indices('.').map(|(at, _)| at);
        match ends.nth(words.get() - 1) {
            Some(end) => Self(self.0[..end].into()),
            None => self.clone(),
        }
    }
}

impl From<&Subject> for ViewKey {
    /// The key of the view of a subject: both have one rule.
    fn from(subject: &Subject) -> Self {
        Self(subject.0.clone())
    }
}

impl ViewKey {
    /// Checks that a view can have the key `text`.
    ///
    /// # Errors
    /// [`NameError`](crate::NameError) where it cannot.
    pub fn check(text: &str) -> Result<(), crate::NameError> {
        check_name("view key", text)
    }
}

impl Subject {
    /// Checks that something new may begin under this id: all of it can be seen, and it is composed
    /// (NFC). What began under another, before that was a rule, is named by it as ever.
    ///
    /// # Errors
    /// [`NameError`](crate::NameError) where it may not.
    pub fn check_new(&self) -> Result<(), crate::NameError> {
        check_id("subject", &self.0)
    }

    /// The id of a stream as a subject: both have one rule.
    #[must_use]
    pub fn of_stream(stream: &crate::stream::StreamName) -> Self {
        Self(stream.id().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_refuse_what_the_layouts_cannot_hold() {
        assert!(Subject::new("2026-000123").is_ok());
        for bad in ["", "two words", "line\nbreak", &"x".repeat(129)] {
            assert!(Subject::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn new_ids_are_seen_and_composed_and_stored_ones_are_read() {
        for old in ["a\u{202e}b", "a\u{200b}b", "n\u{303}", "o_👩\u{200d}⚖"] {
            assert!(ActorId::new(old).is_err(), "{old:?}");
            assert!(old.parse::<ConsumerName>().is_err(), "{old:?}");
            let json = serde_json::to_string(old).unwrap();
            let read: ActorId = serde_json::from_str(&json).unwrap();
            assert_eq!(read.as_str(), old);
            let subject = Subject::new(old).unwrap();
            assert!(subject.check_new().is_err(), "{old:?}");
            assert!(!format!("{subject:?}").contains('\u{202e}'));
        }
        assert!(ActorId::stored("two words").is_err());
        assert_eq!(Subject::new("담당자-17").unwrap().check_new(), Ok(()));
    }

    #[test]
    fn services_are_dotted_paths_and_old_names_are_read() {
        for good in [
            "portal",
            "back-office",
            "petitions.general.issuance",
            "v2.1",
        ] {
            assert!(ServiceName::new(good).is_ok(), "{good:?}");
        }
        let long = "x".repeat(129);
        for bad in [
            "", ".", "a..b", ".a", "a.", "a_b", "a/b", "창구", "a b", &long,
        ] {
            assert!(ServiceName::new(bad).is_err(), "{bad:?}");
        }
        for old in ["a_b", "portal/\"1\"", "창구", "a..b"] {
            let json = serde_json::to_string(old).unwrap();
            let read: ServiceName = serde_json::from_str(&json).unwrap();
            assert_eq!(read, ServiceName::stored(old).unwrap());
        }
    }

    #[test]
    fn services_are_grouped_by_whole_words() {
        let name = |text| ServiceName::stored(text).unwrap();
        let issuance = name("petitions.general.issuance");
        for group in [
            "petitions",
            "petitions.general",
            "petitions.general.issuance",
        ] {
            assert!(issuance.is_under(&name(group)), "{group}");
        }
        let others = [
            "petitions.gen",
            "general",
            "petitions.general.issuance.car",
            "petitions.",
        ];
        for other in others {
            assert!(!issuance.is_under(&name(other)), "{other}");
        }
        assert!(issuance.words().eq(["petitions", "general", "issuance"]));
        let groups = [1, 2, 3, 9].map(|words| {
            let words = std::num::NonZeroUsize::new(words).unwrap();
            issuance.group(words).to_string()
        });
        let whole = "petitions.general.issuance";
        assert_eq!(groups, ["petitions", "petitions.general", whole, whole]);
    }

    #[test]
    fn words_refuse_the_separators_of_stream_names() {
        assert!(NamespaceName::new("general").is_ok());
        for bad in ["a-b", "a_b", "1st", "민원"] {
            assert!(NamespaceName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_error_quotes_the_text_and_the_rule() {
        let error = CategoryName::new("Car-Issuance").unwrap_err().to_string();
        assert_eq!(
            error,
            "\"Car-Issuance\" is no valid category name: only ASCII letters and digits may stand here, a letter first"
        );
    }
}

//! Where events live: stream names, versions and positions.

use std::{fmt, str::FromStr, sync::Arc};

use crate::text::{CategoryName, NameError, NamespaceName, check_name, check_word};

/// The name of a stream: namespace, category and id, written `general_CarIssuance-2026-000123`.
///
/// Cheap to clone. The text form is what a store keeps; namespace and category hold no separator,
/// so it reads back without doubt.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName {
    text: Arc<str>,
    category_at: u16,
    id_at: u16,
}

crate::stored_as_text!(StreamName);
crate::stored_as_text!(GlobalPosition);
crate::stored_as_text!(Token);

const WHAT: &str = "stream name";

impl StreamName {
    /// Puts a name together.
    ///
    /// # Errors
    /// [`NameError`] where `id` is empty, longer than 128 bytes, or holds white space or control
    /// characters.
    pub fn new(
        namespace: &NamespaceName,
        category: &CategoryName,
        id: &str,
    ) -> Result<Self, NameError> {
        check_name(WHAT, id)?;
        let category_at = namespace.as_str().len() + 1;
        let id_at = category_at + category.as_str().len() + 1;
        let text = format!("{namespace}_{category}-{id}").into();
        // Each part is at most 128 bytes, so both places fit.
        Ok(Self {
            text,
            category_at: category_at as u16,
            id_at: id_at as u16,
        })
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The namespace that owns the stream.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.text[..usize::from(self.category_at) - 1]
    }

    /// The kind of the stream.
    #[must_use]
    pub fn category(&self) -> &str {
        &self.text[usize::from(self.category_at)..usize::from(self.id_at) - 1]
    }

    /// Returns which stream of its kind it is.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.text[usize::from(self.id_at)..]
    }
}

impl FromStr for StreamName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let shape = || NameError::new(WHAT, text, "it is not namespace_Category-id");
        let (namespace, rest) = text.split_once('_').ok_or_else(shape)?;
        let (category, id) = rest.split_once('-').ok_or_else(shape)?;
        check_word(WHAT, namespace)?;
        check_word(WHAT, category)?;
        check_name(WHAT, id)?;
        let category_at = namespace.len() + 1;
        let id_at = category_at + category.len() + 1;
        Ok(Self {
            text: text.into(),
            category_at: category_at as u16,
            id_at: id_at as u16,
        })
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamName({})", self.text)
    }
}

crate::text::number_newtype! {
    /// The place of an event in its stream, from 0.
    StreamVersion(u64)
}

impl StreamVersion {
    /// The first event of a stream.
    pub const FIRST: Self = Self(0);

    /// The version `events` further on, at most the last that there is: stored numbers may be any.
    #[must_use]
    pub const fn plus(self, events: u64) -> Self {
        Self(self.0.saturating_add(events))
    }

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// Where the next event goes in a stream whose last event is at `last`.
    #[must_use]
    pub const fn after(last: Option<Self>) -> Self {
        match last {
            Some(last) => last.next(),
            None => Self::FIRST,
        }
    }
}

/// The version that an append expects of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpectedVersion {
    /// Nothing. Repeating such an append is recognised by looking through the whole stream, so
    /// its cost grows with the stream.
    Any,
    /// That it has no event yet.
    NoStream,
    /// That it has at least one event; repeats cost as under [`Any`](Self::Any).
    StreamExists,
    /// That its last event has exactly this version.
    Exactly(StreamVersion),
}

impl ExpectedVersion {
    /// The exact expectation for a stream whose last event is at `last`.
    #[must_use]
    pub const fn of(last: Option<StreamVersion>) -> Self {
        match last {
            Some(version) => Self::Exactly(version),
            None => Self::NoStream,
        }
    }

    /// Returns whether a stream whose last event is at `last` is as expected.
    #[must_use]
    pub fn admits(self, last: Option<StreamVersion>) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => last.is_none(),
            Self::StreamExists => last.is_some(),
            Self::Exactly(version) => last == Some(version),
        }
    }

    /// Where an append with this expectation starts, if the expectation names a place.
    #[must_use]
    pub fn starts_at(self) -> Option<StreamVersion> {
        match self {
            Self::Any | Self::StreamExists => None,
            Self::NoStream => Some(StreamVersion::FIRST),
            Self::Exactly(version) => Some(version.next()),
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any version"),
            Self::NoStream => f.write_str("no stream"),
            Self::StreamExists => f.write_str("an existing stream"),
            Self::Exactly(version) => write!(f, "version {version}"),
        }
    }
}

/// The place of an event in the whole log: opaque, ordered, 16 bytes.
///
/// Positions of different stores do not compare. Two numbers, since some logs need both to
/// resume; a store with one number uses it for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobalPosition {
    commit: u64,
    prepare: u64,
}

impl GlobalPosition {
    /// Before every event.
    pub const START: Self = Self::new(0);

    /// The position of a log that counts with one number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self {
            commit: number,
            prepare: number,
        }
    }

    /// The position of a log that keeps commit and prepare apart.
    #[must_use]
    pub const fn from_parts(commit: u64, prepare: u64) -> Self {
        Self { commit, prepare }
    }

    /// The commit part.
    #[must_use]
    pub const fn commit(self) -> u64 {
        self.commit
    }

    /// The prepare part.
    #[must_use]
    pub const fn prepare(self) -> u64 {
        self.prepare
    }

    /// Sixteen bytes that sort as positions do.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        ((u128::from(self.commit) << 64) | u128::from(self.prepare)).to_be_bytes()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let both = u128::from_be_bytes(bytes);
        Self {
            commit: (both >> 64) as u64,
            prepare: both as u64,
        }
    }
}

impl fmt::Display for GlobalPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.commit == self.prepare {
            write!(f, "{}", self.commit)
        } else {
            write!(f, "{}/{}", self.commit, self.prepare)
        }
    }
}

impl FromStr for GlobalPosition {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let parsed = match text.split_once('/') {
            None => text.parse().map(Self::new),
            Some((commit, prepare)) => commit
                .parse()
                .and_then(|commit| Ok(Self::from_parts(commit, prepare.parse()?))),
        };
        parsed.map_err(|_| NameError::new("position", text, "write its number, or commit/prepare"))
    }
}

/// Comes with the outcome of a command, so that a query can wait for the command's effect.
///
/// As text it is the namespace, `@` and the position, which goes into a header or a URL:
///
/// ```
/// use minwon_core::Token;
/// let token: Token = "general@42".parse()?;
/// assert_eq!(token.position.commit(), 42);
/// assert_eq!(token.to_string(), "general@42");
/// # Ok::<(), minwon_core::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The namespace whose log holds the effect.
    pub namespace: NamespaceName,
    /// The log up to here holds it.
    pub position: GlobalPosition,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.namespace, self.position)
    }
}

impl FromStr for Token {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts = text.split_once('@');
        let token = parts.and_then(|(namespace, position)| {
            Some(Self {
                namespace: NamespaceName::new(namespace).ok()?,
                position: position.parse().ok()?,
            })
        });
        let advice = "send the one that came with the command, as in general@42";
        token.ok_or_else(|| NameError::new("token", text, advice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_stream_name_reads_back_in_its_parts() {
        let name: StreamName = "general_CarIssuance-2026-000123".parse().unwrap();
        assert_eq!(
            (name.namespace(), name.category(), name.id()),
            ("general", "CarIssuance", "2026-000123")
        );
    }

    #[test]
    fn a_stream_name_without_its_parts_is_refused() {
        for bad in [
            "",
            "general",
            "general_Car",
            "_Car-1",
            "general_-1",
            "general_Car-",
            "a_b-c d",
        ] {
            assert!(bad.parse::<StreamName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_token_is_read_back_from_its_text() {
        for text in ["general@0", "general@42", "car@7/5"] {
            let token: Token = text.parse().unwrap();
            assert_eq!(token.to_string(), text);
            let json = serde_json::to_string(&token).unwrap();
            assert_eq!(json, format!("{text:?}"));
            assert_eq!(serde_json::from_str::<Token>(&json).unwrap(), token);
        }
        for wrong in [
            "",
            "general",
            "@1",
            "general@",
            "general@x",
            "a@b@1",
            "general@-1",
        ] {
            assert!(wrong.parse::<Token>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_expectation_names_the_place_it_starts_at() {
        let two = StreamVersion::new(2);
        assert_eq!(
            ExpectedVersion::Exactly(two).starts_at(),
            Some(StreamVersion::new(3))
        );
        assert_eq!(
            ExpectedVersion::NoStream.starts_at(),
            Some(StreamVersion::FIRST)
        );
        assert!(ExpectedVersion::of(Some(two)).admits(Some(two)));
        assert!(!ExpectedVersion::of(None).admits(Some(two)));
        assert!(!ExpectedVersion::StreamExists.admits(None));
    }

    proptest! {
        #[test]
        fn any_built_stream_name_parses_to_itself(
            namespace in "[a-z][a-z0-9]{0,9}", category in "[A-Z][a-zA-Z0-9]{0,9}", id in "[^\\s\\p{C}]{1,30}"
        ) {
            let namespace = NamespaceName::new(namespace).unwrap();
            let category = CategoryName::new(category).unwrap();
            let name = StreamName::new(&namespace, &category, &id).unwrap();
            let parsed: StreamName = name.as_str().parse().unwrap();
            prop_assert_eq!(parsed.namespace(), namespace.as_str());
            prop_assert_eq!(parsed.category(), category.as_str());
            prop_assert_eq!(parsed.id(), id);
        }

        #[test]
        fn position_bytes_sort_as_positions(a: (u64, u64), b: (u64, u64)) {
            let (a, b) = (GlobalPosition::from_parts(a.0, a.1), GlobalPosition::from_parts(b.0, b.1));
            prop_assert_eq!(a.cmp(&b), a.to_bytes().cmp(&b.to_bytes()));
            prop_assert_eq!(GlobalPosition::from_bytes(a.to_bytes()), a);
            prop_assert_eq!(a.to_string().parse::<GlobalPosition>(), Ok(a));
        }
    }
}

//! Names of read models, and which generations of one there are.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    checkpoint::Slice,
    projection::{SliceCount, ViewSchema},
    store::{StoreError, StoreErrorKind},
    text::{NamespaceName, ProjectionName},
};

/// The name of the read model of a projection in one namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ModelName {
    /// The namespace whose events it shows.
    pub namespace: NamespaceName,
    /// The projection.
    pub projection: ProjectionName,
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.projection)
    }
}

crate::text::number_newtype! {
    /// The number of a generation, from 1.
    Generation(u32)
}

impl Generation {
    /// The first one.
    pub const FIRST: Self = Self(1);
}

/// One generation of a read model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GenerationName {
    /// The read model.
    pub model: ModelName,
    /// Which generation of it.
    pub generation: Generation,
}

impl GenerationName {
    /// One of its slices.
    #[must_use]
    pub fn slice(&self, slice: Slice) -> SliceName {
        SliceName {
            generation: self.clone(),
            slice,
        }
    }
}

impl fmt::Display for GenerationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:g{}", self.model, self.generation)
    }
}

/// One slice of a generation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SliceName {
    /// The generation.
    pub generation: GenerationName,
    /// Which slice of it.
    pub slice: Slice,
}

impl fmt::Display for SliceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.generation, self.slice.get())
    }
}

/// The entry of a generation in a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationInfo {
    /// Its number.
    pub generation: Generation,
    /// The fold that fills it.
    pub schema: ViewSchema,
    /// Over how many slices it is spread.
    pub slices: SliceCount,
}

/// The fields of every catalogue, also that of a newer program.
#[derive(Deserialize)]
struct Known {
    #[serde(rename = "active")]
    _active: Generation,
    #[serde(rename = "newest")]
    _newest: Generation,
    #[serde(rename = "generations")]
    _generations: Vec<serde::de::IgnoredAny>,
}

/// Which generations of a read model there are, and which of them answers.
///
/// Kept as [text](Self::to_text).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The one that answers queries.
    pub active: Generation,
    /// The one that did so before, kept for going back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Generation>,
    /// The newest that there ever was: its number is given to no other, even where it is retired.
    pub newest: Generation,
    /// All that hold anything, in order of their numbers.
    pub generations: Vec<GenerationInfo>,
}

impl Catalogue {
    /// The text that stores keep: JSON, and the same catalogue is always the same text.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("numbers only")
    }

    /// Decodes a stored catalogue; none where no program wrote it, so that it is entered again.
    ///
    /// # Errors
    /// [`StoreErrorKind::NewerVersion`] where it says more than this program understands.
    pub fn from_text(text: &[u8]) -> Result<Option<Self>, StoreError> {
        match serde_json::from_slice(text) {
            Ok(catalogue) => Ok(Some(catalogue).filter(Self::has_next)),
            Err(error) if serde_json::from_slice::<Known>(text).is_ok() => {
                let what = "reading the catalogue of a read model failed";
                Err(StoreError::new(StoreErrorKind::NewerVersion, what).caused_by(error))
            }
            Err(_) => Ok(None),
        }
    }

    /// Returns whether no generation is newer than the newest, and one more could be.
    fn has_next(&self) -> bool {
        let mut named = self.generations.iter().map(|info| info.generation);
        self.newest.0 < u32::MAX
            && self.active <= self.newest
            && self.previous <= Some(self.newest)
            && named.all(|generation| generation <= self.newest)
    }

    /// The entry of `generation`.
    #[must_use]
    pub fn info(&self, generation: Generation) -> Option<&GenerationInfo> {
        self.generations
            .iter()
            .find(|info| info.generation == generation)
    }

    /// The entry of the generation that answers; none only in a damaged catalogue.
    #[must_use]
    pub fn active_info(&self) -> Option<&GenerationInfo> {
        self.info(self.active)
    }

    /// A number that no generation has, and none before had.
    #[must_use]
    pub fn next_generation(&self) -> Generation {
        Generation(self.newest.0 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_reads_back_and_its_form_is_frozen() {
        let text =
            r#"{"active":1,"newest":2,"generations":[{"generation":1,"schema":7,"slices":16}]}"#;
        let catalogue = Catalogue::from_text(text.as_bytes()).unwrap().unwrap();
        assert_eq!(catalogue.to_text(), text);
    }

    /// Found by the fuzz targets: the number of the next one would be none, or one that is taken.
    #[test]
    fn a_catalogue_whose_newest_is_not_is_damaged() {
        let entry = |number: u32| format!(r#"{{"generation":{number},"schema":7,"slices":16}}"#);
        for (active, newest, listed) in [(1, u32::MAX, 1), (1, 2, 3), (3, 2, 1)] {
            let listed = entry(listed);
            let text =
                format!(r#"{{"active":{active},"newest":{newest},"generations":[{listed}]}}"#);
            assert_eq!(
                Catalogue::from_text(text.as_bytes()).unwrap(),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn what_a_newer_program_wrote_is_not_taken_for_damage() {
        let text =
            r#"{"active":1,"newest":2,"generations":[{"generation":1,"schema":7,"slices":16}]}"#;
        for newer in [
            text.replace(r#""newest""#, r#""retired":[],"newest""#),
            text.replace(r#""schema""#, r#""fold":3,"schema""#),
        ] {
            let error = Catalogue::from_text(newer.as_bytes()).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::NewerVersion);
        }
        for junk in ["", "twelve", "{}", r#"{"active":1}"#, "[1]", "\u{0}"] {
            assert_eq!(
                Catalogue::from_text(junk.as_bytes()).unwrap(),
                None,
                "{junk}"
            );
        }
    }
}

//! Lifting events that an older program wrote into today's form.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    codec::{CodecError, EventShape},
    event::SchemaVersion,
};

type Lift = Arc<dyn Fn(&[u8]) -> Result<Vec<u8>, serde_json::Error> + Send + Sync>;

#[derive(Clone)]
struct Step {
    to_name: &'static str,
    to_version: SchemaVersion,
    lift: Lift,
}

/// A name without prefix, a schema version, and a payload in that form.
type Form<'a> = (Cow<'a, str>, SchemaVersion, Cow<'a, [u8]>);

/// Steps from old forms of events to newer ones, each from one form to the next.
///
/// Names are given without their prefix. Old forms are rare, so a step may take its time: it
/// reads the old struct, turns it into the new one and writes that again.
///
/// ```
/// use minwon_core::{SchemaVersion, Upcasters};
/// # use serde::{Serialize, Deserialize};
/// #[derive(Deserialize)]
/// struct OpenedV1 { who: String }
/// #[derive(Serialize)]
/// struct Opened { by: String }
///
/// let upcasters = Upcasters::default()
///     .step("DoorOpened", SchemaVersion::FIRST, |old: OpenedV1| Opened { by: old.who });
/// # let _ = upcasters;
/// ```
#[derive(Clone, Default)]
pub struct Upcasters {
    steps: BTreeMap<(&'static str, SchemaVersion), Step>,
}

/// A chain of upcasters that does not end at a form known today.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the upcaster for {name} version {version} leads to no form known today; add the missing step"
)]
#[non_exhaustive]
pub struct IncompleteUpcasters {
    /// The old name.
    pub name: String,
    /// The old form.
    pub version: SchemaVersion,
}

impl Upcasters {
    /// Adds a step from version `from` of an event to the next version.
    #[must_use]
    pub fn step<Old, New>(
        self,
        name: &'static str,
        from: SchemaVersion,
        upcast: impl Fn(Old) -> New + Send + Sync + 'static,
    ) -> Self
    where
        Old: DeserializeOwned,
        New: Serialize,
    {
        let lift: Lift =
            Arc::new(move |json| serde_json::to_vec(&upcast(serde_json::from_slice(json)?)));
        self.insert(
            name,
            from,
            Step {
                to_name: name,
                to_version: from.next(),
                lift,
            },
        )
    }

    /// Adds a step that renames an event and keeps its payload.
    #[must_use]
    pub fn rename(
        self,
        from: (&'static str, SchemaVersion),
        to: (&'static str, SchemaVersion),
    ) -> Self {
        let lift: Lift = Arc::new(|json| Ok(json.to_vec()));
        self.insert(
            from.0,
            from.1,
            Step {
                to_name: to.0,
                to_version: to.1,
                lift,
            },
        )
    }

    fn insert(mut self, name: &'static str, from: SchemaVersion, step: Step) -> Self {
        let before = self.steps.insert((name, from), step);
        assert!(
            before.is_none(),
            "two upcasters for version {from} of {name}"
        );
        self
    }

    /// Checks that every step leads, in the end, to one of `shapes`.
    ///
    /// # Errors
    /// [`IncompleteUpcasters`] for the first step that does not.
    pub fn check(&self, shapes: &[EventShape]) -> Result<(), IncompleteUpcasters> {
        let known = |name: &str, version| {
            shapes
                .iter()
                .any(|s| s.name == name && s.version == version)
        };
        for &(name, version) in self.steps.keys() {
            let mut at = (name, version);
            // More hops than steps mean a circle.
            for _ in 0..=self.steps.len() {
                match self.steps.get(&at) {
                    Some(step) => at = (step.to_name, step.to_version),
                    None => break,
                }
            }
            if !known(at.0, at.1) {
                return Err(IncompleteUpcasters {
                    name: name.into(),
                    version,
                });
            }
        }
        Ok(())
    }

    /// The old forms that a step leads away from.
    pub(crate) fn forms(&self) -> impl Iterator<Item = (&'static str, SchemaVersion)> {
        self.steps.keys().copied()
    }

    /// Lifts a payload until it has today's form.
    pub(crate) fn lift<'a>(
        &self,
        name: &'a str,
        version: SchemaVersion,
        json: &'a [u8],
        known: fn(&str) -> Option<SchemaVersion>,
    ) -> Result<Form<'a>, CodecError> {
        let mut form = (Cow::Borrowed(name), version, Cow::Borrowed(json));
        // More hops than steps mean a circle, which `check` refuses.
        for _ in 0..=self.steps.len() {
            let today = known(&form.0);
            if today == Some(form.1) {
                return Ok(form);
            }
            // Keys are static; the lookup needs a key of the same type with a shorter life.
            let step = self
                .steps
                .iter()
                .find(|((from, v), _)| *from == form.0 && *v == form.1);
            let Some((_, step)) = step else {
                return Err(match today {
                    Some(known) => CodecError::NoUpcaster {
                        name: form.0.into_owned(),
                        found: form.1,
                        known,
                    },
                    None => CodecError::UnknownType {
                        name: form.0.into_owned(),
                    },
                });
            };
            let lifted = (step.lift)(&form.2).map_err(|source| CodecError::Payload {
                name: form.0.clone().into_owned(),
                version: form.1,
                source,
            })?;
            form = (
                Cow::Borrowed(step.to_name),
                step.to_version,
                Cow::Owned(lifted),
            );
        }
        Err(CodecError::UnknownType {
            name: name.to_owned(),
        })
    }
}

impl fmt::Debug for Upcasters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrow = |(from, step): (&(&str, SchemaVersion), &Step)| {
            format!(
                "{} {} -> {} {}",
                from.0, from.1, step.to_name, step.to_version
            )
        };
        f.debug_list()
            .entries(self.steps.iter().map(arrow))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventCodec, stored_events};
    use serde::Deserialize;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct OpenedV1 {
        who: String,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct OpenedV2 {
        by: String,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Opened {
        by: String,
        hand: String,
    }

    stored_events! {
        #[derive(Debug, Clone, PartialEq)]
        enum DoorEvent {
            Opened(Opened) = "DoorOpened", 3, "use",
        }
    }

    fn upcasters() -> Upcasters {
        Upcasters::default()
            .rename(
                ("GateOpened", SchemaVersion::FIRST),
                ("DoorOpened", SchemaVersion::FIRST),
            )
            .step("DoorOpened", SchemaVersion::FIRST, |old: OpenedV1| {
                OpenedV2 { by: old.who }
            })
            .step("DoorOpened", SchemaVersion::new(2), |old: OpenedV2| {
                Opened {
                    by: old.by,
                    hand: "left".into(),
                }
            })
    }

    fn decode(name: &str, version: u16, json: &str) -> Result<DoorEvent, CodecError> {
        let codec = EventCodec::new("Car", upcasters()).unwrap();
        codec.decode(name, SchemaVersion::new(version), json.as_bytes())
    }

    fn opened() -> DoorEvent {
        Opened {
            by: "p-1".into(),
            hand: "left".into(),
        }
        .into()
    }

    #[test]
    fn every_old_form_becomes_todays() {
        assert_eq!(
            decode("CarGateOpened", 1, r#"{"who":"p-1"}"#).unwrap(),
            opened()
        );
        assert_eq!(
            decode("CarDoorOpened", 1, r#"{"who":"p-1"}"#).unwrap(),
            opened()
        );
        assert_eq!(
            decode("CarDoorOpened", 2, r#"{"by":"p-1"}"#).unwrap(),
            opened()
        );
        assert_eq!(
            decode("CarDoorOpened", 3, r#"{"by":"p-1","hand":"left"}"#).unwrap(),
            opened()
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let error = |name, version, json| decode(name, version, json).unwrap_err();
        assert!(matches!(
            error("CarDoorOpened", 4, "{}"),
            CodecError::NewerVersion { .. }
        ));
        assert!(matches!(
            error("CarDoorShut", 1, "{}"),
            CodecError::UnknownType { .. }
        ));
        assert!(matches!(
            error("BuildingDoorOpened", 1, "{}"),
            CodecError::ForeignPrefix { .. }
        ));
        assert!(matches!(
            error("CarDoorOpened", 0, "{}"),
            CodecError::NoUpcaster { .. }
        ));
        let damaged = error("CarDoorOpened", 1, "{\"who\":");
        assert!(std::error::Error::source(&damaged).is_some());
    }

    #[test]
    fn a_chain_with_a_missing_step_is_found_before_it_is_needed() {
        assert_eq!(upcasters().check(DoorEvent::SHAPES), Ok(()));
        let gap = Upcasters::default().step("DoorOpened", SchemaVersion::FIRST, |old: OpenedV1| {
            OpenedV2 { by: old.who }
        });
        assert!(gap.check(DoorEvent::SHAPES).is_err());
        let circle = Upcasters::default()
            .rename(("A", SchemaVersion::FIRST), ("B", SchemaVersion::FIRST))
            .rename(("B", SchemaVersion::FIRST), ("A", SchemaVersion::FIRST));
        assert!(circle.check(DoorEvent::SHAPES).is_err());
    }

    #[test]
    #[should_panic(expected = "two upcasters")]
    fn two_upcasters_for_one_form_are_a_bug() {
        let rename = (("A", SchemaVersion::FIRST), ("B", SchemaVersion::FIRST));
        let _ = Upcasters::default()
            .rename(rename.0, rename.1)
            .rename(rename.0, rename.1);
    }
}

//! Every stored event name, in one place.
//!
//! A file format: the prefix of the category ([`Category::prefix`]) stands in front of each name.
//! No name changes, and a changed payload needs a new version and a step in the upcasters below;
//! `tests/golden.rs` holds the frozen forms.

use minwon_core::{EventCodec, EventShape, EventType, SchemaVersion, Upcasters};

use crate::{
    application::{self, ApplicationEvent},
    category::Category,
    issuance::IssuanceEvent,
};

/// From every form of an application's events that was ever written to today's.
fn application_upcasters() -> Upcasters {
    let version = SchemaVersion::new;
    // The additions of version 2 may be left out; a file without them is exactly version 1.
    let (request, supplement) = ("ApplicationSupplementRequested", "ApplicationSupplemented");
    let submission = "ApplicationSubmitted";
    Upcasters::default()
        // An outage may be left out, too.
        .rename((submission, version(1)), (submission, version(2)))
        .step(
            "ApplicationReceived",
            version(1),
            application::received_since_2,
        )
        .rename((request, version(1)), (request, version(2)))
        .rename((supplement, version(1)), (supplement, version(2)))
}

/// From every form of an issuance's events that was ever written to today's.
fn issuance_upcasters() -> Upcasters {
    Upcasters::default()
}

/// Returns how an application's events are written and read.
pub(crate) fn application_codec(category: Category) -> EventCodec {
    codec(category, application_upcasters())
}

/// Returns how an issuance's events are written and read.
pub(crate) fn issuance_codec(category: Category) -> EventCodec {
    codec(category, issuance_upcasters())
}

fn codec(category: Category, upcasters: Upcasters) -> EventCodec {
    EventCodec::new(category.prefix(), upcasters).expect("a prefix is a word")
}

/// Every stored event name of these categories with the version in which it is written today, for
/// subscriptions and dead-letter streams.
#[must_use]
pub fn event_types(
    categories: impl IntoIterator<Item = Category>,
) -> Vec<(EventType, SchemaVersion)> {
    let shapes = || ApplicationEvent::SHAPES.iter().chain(IssuanceEvent::SHAPES);
    let named = |category: Category| {
        let codec = codec(category, Upcasters::default());
        shapes().map(move |shape| (codec.event_type(*shape), shape.version))
    };
    categories.into_iter().flat_map(named).collect()
}

/// The stage of processing that events of this stored name belong to; none where no event of any
/// category has it.
#[must_use]
pub fn stage_of(event_type: &EventType) -> Option<&'static str> {
    let mut shapes = ApplicationEvent::SHAPES.iter().chain(IssuanceEvent::SHAPES);
    let is_named = |shape: &&EventShape| {
        let category = event_type.as_str().strip_suffix(shape.name);
        category.is_some_and(|category| category.parse::<Category>().is_ok())
    };
    shapes.find(is_named).map(|shape| shape.stage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use minwon_core::{CodecError, StoredEvent};

    #[test]
    fn upcasters_lead_to_todays_forms() {
        assert_eq!(
            application_upcasters().check(ApplicationEvent::SHAPES),
            Ok(())
        );
        assert_eq!(issuance_upcasters().check(IssuanceEvent::SHAPES), Ok(()));
    }

    #[test]
    fn a_stored_name_has_a_stage() {
        let stage = |name: &str| stage_of(&name.parse().unwrap());
        assert_eq!(stage("CarIssuanceFeePaid"), Some("fee"));
        assert_eq!(stage("GeneralApplicationReceived"), Some("receipt"));
        assert_eq!(stage("PassportApplicationReceived"), Some("receipt"));
        assert_eq!(stage("ApplicationReceived"), None);
        assert_eq!(stage("CarInvoiceSent"), None);
    }

    fn check_is_foreign<E: StoredEvent>(codec: fn(Category) -> EventCodec, shape: EventShape) {
        for own in Category::BUILT_IN.iter().copied() {
            for other in Category::BUILT_IN
                .iter()
                .copied()
                .filter(|other| *other != own)
            {
                let name = codec(other).event_type(shape);
                let read = codec(own).decode::<E>(name.as_str(), shape.version, b"{}");
                assert!(
                    matches!(read, Err(CodecError::ForeignPrefix { .. })),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn no_category_reads_the_events_of_another() {
        for shape in ApplicationEvent::SHAPES {
            check_is_foreign::<ApplicationEvent>(application_codec, *shape);
        }
        for shape in IssuanceEvent::SHAPES {
            check_is_foreign::<IssuanceEvent>(issuance_codec, *shape);
        }
    }

    #[test]
    fn an_event_with_an_unknown_field_is_not_guessed_at() {
        let json = br#"{"reason":"The register is down","blame":"officer-1"}"#;
        let codec = issuance_codec(Category::Car);
        let read = codec.decode::<IssuanceEvent>("CarIssuanceFailed", SchemaVersion::FIRST, json);
        assert!(matches!(read, Err(CodecError::Payload { .. })), "{read:?}");
    }
}

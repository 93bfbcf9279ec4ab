//! The key under which an event is folded, or waits.

use std::borrow::Cow;

use minwon_core::{
    Failure, FailureClass, NameError, Projection, RecordedEvent, ViewKey, projection_key,
};

/// The key under which an event is folded, or waits.
#[derive(Debug)]
pub(crate) struct KeptKey<'e> {
    pub(crate) key: Cow<'e, str>,
    /// Why it cannot be folded; it waits under the key of its stream.
    bad: Option<NameError>,
}

#[derive(Debug, thiserror::Error)]
#[error("the projection names a key that no view can have")]
struct BadKey(#[source] NameError);

#[derive(Debug, thiserror::Error)]
#[error("the projection names another key now; raise its schema, and all is folded anew")]
struct OtherKey;

impl<'e> KeptKey<'e> {
    /// The key of `event`; none where it does not matter.
    pub(crate) fn of(projection: &impl Projection, event: &'e RecordedEvent) -> Option<Self> {
        let key = projection_key(projection, event)?;
        let Err(bad) = ViewKey::check(&key) else {
            return Some(Self { key, bad: None });
        };
        let of_stream = projection.key_of_stream(&event.stream);
        let of_stream = of_stream.filter(|key| ViewKey::check(key).is_ok());
        Some(Self {
            key: of_stream.unwrap_or(event.stream.id()).into(),
            bad: Some(bad),
        })
    }

    /// Returns why an event with this key cannot be folded, though it may be readable.
    pub(crate) fn failure(&self, event: &RecordedEvent) -> Option<Failure> {
        // That it is damaged says more.
        let bad = self.bad.as_ref().filter(|_| event.fault.is_none())?;
        let error = BadKey(bad.clone());
        Some(Failure::new(FailureClass::Handler, &error))
    }
}

/// Returns why an event is not tried again under a key that it had once.
pub(crate) fn has_another_key() -> Failure {
    Failure::new(FailureClass::Handler, &OtherKey)
}

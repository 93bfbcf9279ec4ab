//! Metadata of streams: what is hidden of a stream, and since when.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

/// `$tb` of a stream that is softly deleted.
pub(crate) const SOFT_DELETED: u64 = i64::MAX as u64;

/// The type of events that hold metadata.
pub(crate) const METADATA_TYPE: &str = "$metadata";

/// The stream that holds the metadata of `stream`.
pub(crate) fn metadata_stream(stream: &str) -> String {
    format!("$${stream}")
}

/// The metadata of `stream`, which `$$stream` holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct StreamMetadata {
    pub(crate) max_count: Option<u64>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) truncate_before: Option<u64>,
    /// All of it, for whoever writes a part anew.
    pub(crate) whole: Map<String, Value>,
}

impl StreamMetadata {
    /// Reads what the server understands of `json`; what is no JSON object says nothing.
    pub(crate) fn parse(json: &[u8]) -> Self {
        let whole: Map<String, Value> = serde_json::from_slice(json).unwrap_or_default();
        let number = |key: &str| whole.get(key).and_then(Value::as_u64);
        Self {
            max_count: number("$maxCount"),
            // Seconds, as the server reads them, whatever the client's own writer means.
            max_age: number("$maxAge").map(Duration::from_secs),
            truncate_before: number("$tb"),
            whole,
        }
    }

    /// The same metadata with another `$tb`, as JSON.
    pub(crate) fn with_truncate_before(&self, revision: u64) -> Vec<u8> {
        let mut whole = self.whole.clone();
        whole.insert("$tb".into(), revision.into());
        Value::Object(whole).to_string().into_bytes()
    }

    pub(crate) fn is_soft_deleted(&self) -> bool {
        self.truncate_before == Some(SOFT_DELETED)
    }

    /// The first revision that is not hidden by number, in a stream whose last one is `last`.
    pub(crate) fn first_revision(&self, last: u64) -> u64 {
        let by_count = self
            .max_count
            .map_or(0, |count| (last + 1).saturating_sub(count));
        by_count.max(self.truncate_before.unwrap_or(0))
    }

    /// Whether an event written at `created` is too old at `now`.
    pub(crate) fn has_expired(&self, created: SystemTime, now: SystemTime) -> bool {
        self.max_age.is_some_and(|age| created + age < now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_of_two_bounds_hides() {
        let metadata = StreamMetadata::parse(br#"{"$maxCount":2,"$tb":1,"own":true}"#);
        assert_eq!(metadata.first_revision(1), 1);
        assert_eq!(metadata.first_revision(9), 8);
        let whole = StreamMetadata::parse(&metadata.with_truncate_before(SOFT_DELETED));
        assert!(whole.is_soft_deleted());
        assert_eq!(whole.max_count, Some(2));
        assert_eq!(whole.whole["own"], true);
    }

    #[test]
    fn ages_are_seconds() {
        let metadata = StreamMetadata::parse(br#"{"$maxAge":60}"#);
        let then = SystemTime::UNIX_EPOCH;
        assert!(!metadata.has_expired(then, then + Duration::from_secs(60)));
        assert!(metadata.has_expired(then, then + Duration::from_secs(61)));
    }
}

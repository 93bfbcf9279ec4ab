//! A hash chain over a log: each event's hash covers the one before it.

use std::{fmt, num::NonZeroU32};

use sha2::{Digest as _, Sha256};

use crate::{
    event::RecordedEvent,
    store::{EventFilter, EventStore, StoreError, StoreErrorKind},
    stream::GlobalPosition,
};

/// The hash of a log up to an event: SHA-256 over the hash of the log before it, and over all that is
/// stored of it.
///
/// Two logs with one digest hold the same events in the same order. So a digest that is kept where nobody
/// who can write to the log can write shows whether anything before its position was changed, removed or
/// put in since. It shows nothing of what came after it, nor whether an event was true when it was written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LogDigest {
    position: GlobalPosition,
    hash: [u8; 32],
}

/// All that is stored of an event, as the log keeps it.
#[derive(Debug, Clone, Copy)]
pub struct LoggedEvent<'a> {
    /// Its place in the log.
    pub position: GlobalPosition,
    /// The name of its stream.
    pub stream: &'a [u8],
    /// Its place in that stream.
    pub version: u64,
    /// Its stored name.
    pub event_type: &'a [u8],
    /// The form of its payload.
    pub schema_version: u64,
    /// When the store took it. Unit: microseconds since the beginning of 1970, UTC.
    pub recorded_at: i64,
    /// Its metadata, encoded.
    pub metadata: &'a [u8],
    /// Its payload.
    pub payload: &'a [u8],
}

impl<'a> From<&'a RecordedEvent> for LoggedEvent<'a> {
    fn from(event: &'a RecordedEvent) -> Self {
        Self {
            position: event.position,
            stream: event.stream.as_str().as_bytes(),
            version: event.version.get(),
            event_type: event.event_type.as_str().as_bytes(),
            schema_version: event.schema_version.get().into(),
            recorded_at: event.recorded_at.unix_micros(),
            metadata: event.metadata.as_bytes(),
            payload: &event.payload,
        }
    }
}

impl LogDigest {
    /// The digest of a log without events.
    pub const START: Self = Self::new(GlobalPosition::START, [0; 32]);

    /// A digest that was kept.
    #[must_use]
    pub const fn new(position: GlobalPosition, hash: [u8; 32]) -> Self {
        Self { position, hash }
    }

    /// The last event it covers.
    #[must_use]
    pub const fn position(&self) -> GlobalPosition {
        self.position
    }

    /// The hash.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Covers `event` too, the next one of the log.
    pub fn include(&mut self, event: &LoggedEvent<'_>) {
        // Texts with their lengths, so that no two events give the same bytes.
        let mut hasher = Sha256::new_with_prefix(self.hash);
        let numbers = [
            event.position.commit(),
            event.position.prepare(),
            event.version,
            event.schema_version,
            event.recorded_at.cast_unsigned(),
            event.stream.len() as u64,
            event.event_type.len() as u64,
            event.metadata.len() as u64,
            event.payload.len() as u64,
        ];
        let mut head = [0; 72];
        for (place, number) in head.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        for part in [
            &head,
            event.stream,
            event.event_type,
            event.metadata,
            event.payload,
        ] {
            hasher.update(part);
        }
        self.position = event.position;
        self.hash = hasher.finalize().into();
    }
}

impl fmt::Debug for LogDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogDigest({} ", self.position)?;
        self.hash
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// A log that is not as it was when a digest of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogAltered {
    /// An event was changed, removed or put in.
    #[error(
        "the log is not what it was when the digest of position {up_to} was kept: an event after \
         position {after} and up to there was changed, removed or put in"
    )]
    Changed {
        /// Up to here the log is as it was.
        after: GlobalPosition,
        /// The position of the first digest that does not fit.
        up_to: GlobalPosition,
    },
    /// The log ends too early.
    #[error(
        "the log ends at position {end}, and a digest of position {up_to} was kept: the events between are missing"
    )]
    Shortened {
        /// The last event.
        end: GlobalPosition,
        /// The position of the first digest that is missing.
        up_to: GlobalPosition,
    },
}

/// Compares a log with digests that were kept of it, event by event.
#[derive(Debug)]
pub struct LogCheck {
    digest: LogDigest,
    /// The newest first.
    kept: Vec<LogDigest>,
    sound_up_to: GlobalPosition,
}

impl LogCheck {
    /// Begins before the first event.
    #[must_use]
    pub fn against(kept: impl IntoIterator<Item = LogDigest>) -> Self {
        let mut kept: Vec<_> = kept.into_iter().collect();
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.position));
        Self {
            digest: LogDigest::START,
            kept,
            sound_up_to: GlobalPosition::START,
        }
    }

    /// Takes the next event of the log.
    ///
    /// # Errors
    /// [`LogAltered`] where a digest of this position, or of one that no event has, does not fit.
    pub fn include(&mut self, event: &LoggedEvent<'_>) -> Result<(), LogAltered> {
        self.compare_before(event.position)?;
        self.digest.include(event);
        Ok(())
    }

    /// Compares with the digests of positions before `next`.
    fn compare_before(&mut self, next: GlobalPosition) -> Result<(), LogAltered> {
        while let Some(kept) = self.kept.pop_if(|kept| kept.position < next) {
            if kept != self.digest {
                return Err(LogAltered::Changed {
                    after: self.sound_up_to,
                    up_to: kept.position,
                });
            }
            self.sound_up_to = kept.position;
        }
        Ok(())
    }

    /// Returns the digest of the whole log, at its end.
    ///
    /// # Errors
    /// [`LogAltered`] where the last digest does not fit, or more events were there.
    pub fn finish(mut self) -> Result<LogDigest, LogAltered> {
        let end = self.digest.position;
        let behind = self.kept.iter().rfind(|kept| kept.position > end).copied();
        self.kept.retain(|kept| kept.position <= end);
        self.compare_before(GlobalPosition::from_parts(u64::MAX, u64::MAX))?;
        behind.map_or(Ok(self.digest), |kept| {
            let up_to = kept.position;
            Err(LogAltered::Shortened { end, up_to })
        })
    }
}

/// Reads a whole log, and compares it with digests that were kept of it; `progress` is called with each
/// position that it reached.
///
/// # Errors
/// [`StoreError`] of kind `Corrupt` where an event cannot be read or [the log was altered](LogAltered).
pub async fn check_log<S: EventStore>(
    store: &S,
    kept: impl IntoIterator<Item = LogDigest>,
    mut progress: impl FnMut(GlobalPosition),
) -> Result<LogDigest, StoreError> {
    let corrupt = |what| StoreError::new(StoreErrorKind::Corrupt, what);
    let altered = |error| corrupt("the event store was altered".to_owned()).caused_by(error);
    let mut check = LogCheck::against(kept);
    let mut after = GlobalPosition::START;
    loop {
        let page = store
            .read_all(after, &EventFilter::all(), PAGE_EVENTS)
            .await?;
        for event in &page.events {
            if let Some(fault) = &event.fault {
                let what = format!("event {} cannot be read", event.position);
                return Err(corrupt(what).caused_by((**fault).clone()));
            }
            check.include(&event.into()).map_err(altered)?;
        }
        after = page.position;
        progress(after);
        if page.is_end {
            return check.finish().map_err(altered);
        }
    }
}

/// Events read at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1000).expect("not 0");

#[cfg(test)]
mod tests {
    use super::*;

    const FILED: LoggedEvent<'_> = LoggedEvent {
        position: GlobalPosition::new(1),
        stream: b"general_Car-1",
        version: 0,
        event_type: b"CarFiled",
        schema_version: 1,
        recorded_at: 1_773_100_800_000_000,
        metadata: b"who and when",
        payload: b"{}",
    };

    fn log(events: u64) -> Vec<LoggedEvent<'static>> {
        let event = |number| LoggedEvent {
            position: GlobalPosition::new(number),
            version: number - 1,
            ..FILED
        };
        (1..=events).map(event).collect()
    }

    fn digest_of(events: &[LoggedEvent<'_>]) -> LogDigest {
        let mut digest = LogDigest::START;
        events.iter().for_each(|event| digest.include(event));
        digest
    }

    fn check(events: &[LoggedEvent<'_>], kept: &[LogDigest]) -> Result<LogDigest, LogAltered> {
        let mut check = LogCheck::against(kept.iter().copied());
        events.iter().try_for_each(|event| check.include(event))?;
        check.finish()
    }

    /// Digests are kept elsewhere for years: these bytes never change.
    #[test]
    fn the_hash_of_an_event_is_frozen() {
        let digest = format!("{:?}", digest_of(&[FILED]));
        let hash = "52e258fdfe91aae07f07a6ff641ef2d9e4cb9aa7f00b8960618461c854897f0d";
        assert_eq!(digest, format!("LogDigest(1 {hash})"));
    }

    #[test]
    fn every_part_of_an_event_counts() {
        let changes: [fn(&mut LoggedEvent<'static>); 9] = [
            |event| event.position = GlobalPosition::new(2),
            |event| event.position = GlobalPosition::from_parts(1, 2),
            |event| event.stream = b"general_Car-2",
            |event| event.version = 1,
            |event| event.event_type = b"CarFiles",
            |event| event.schema_version = 2,
            |event| event.recorded_at += 1,
            |event| event.metadata = b"who and then",
            |event| event.payload = b"[]",
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = FILED;
            change(&mut changed);
            assert_ne!(
                digest_of(&[changed]).hash,
                digest_of(&[FILED]).hash,
                "change {number}"
            );
        }
        let moved = LoggedEvent {
            event_type: b"CarFiledwho",
            metadata: b" and when",
            ..FILED
        };
        assert_ne!(
            digest_of(&[moved]).hash,
            digest_of(&[FILED]).hash,
            "where one part ends"
        );
    }

    #[test]
    fn a_log_as_it_was_is_sound_against_every_digest_of_it() {
        let log = log(5);
        let kept: Vec<_> = (0..=5)
            .rev()
            .map(|events| digest_of(&log[..events]))
            .collect();
        assert_eq!(check(&log, &kept), Ok(kept[0]));
        assert_eq!(check(&[], &[]), Ok(LogDigest::START));
    }

    #[test]
    fn what_was_altered_lies_between_two_digests() {
        let sound = log(6);
        let kept = [2, 4, 6].map(|events| digest_of(&sound[..events]));
        let at = |number| GlobalPosition::new(number);
        let changed = Err(LogAltered::Changed {
            after: at(2),
            up_to: at(4),
        });

        let mut payload = sound.clone();
        payload[2].payload = b"[]";
        assert_eq!(check(&payload, &kept), changed, "changed");
        let mut gap = sound.clone();
        gap.remove(3);
        assert_eq!(
            check(&gap, &kept),
            changed,
            "removed, with a hole in its place"
        );
        let mut swapped = sound.clone();
        swapped.swap(2, 3);
        assert_eq!(check(&swapped, &kept), changed, "out of order");

        let behind = Err(LogAltered::Changed {
            after: at(4),
            up_to: at(6),
        });
        payload = sound.clone();
        payload[5].payload = b"[]";
        assert_eq!(check(&payload, &kept), behind, "the last event");
        let shortened = Err(LogAltered::Shortened {
            end: at(5),
            up_to: at(6),
        });
        assert_eq!(check(&sound[..5], &kept), shortened);
        assert_eq!(
            check(&[], &kept[..1]),
            Err(LogAltered::Shortened {
                end: at(0),
                up_to: at(2)
            })
        );
    }
}

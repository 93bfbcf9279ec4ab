//! Whether an append is new, a repeat, or refused: the rules of the server's `CheckCommit`.

use uuid::Uuid;

use crate::log::Log;
use crate::positions::Position;

/// The stream's version as the writer expects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Any,
    StreamExists,
    NoStream,
    Revision(u64),
}

/// The outcome of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is written.
    Write,
    /// It has been written before; the last event has this revision and position.
    Repeated(u64, Position),
    /// The stream is not where the writer believes it to be.
    WrongVersion,
    /// The stream is tombstoned.
    Deleted,
}

/// Decides as the server does: only ids are compared, never what the events say.
pub(crate) fn check(log: &Log, stream: &str, expected: Expected, ids: &[Uuid]) -> Decision {
    let known = log.stream(stream);
    if known.is_some_and(|stream| stream.is_tombstoned) {
        return Decision::Deleted;
    }
    let is_soft_deleted = log.metadata(stream).is_soft_deleted();
    let last = known.and_then(|stream| stream.last());
    match expected {
        Expected::StreamExists if is_soft_deleted => Decision::Deleted,
        // A stream of which only metadata is there exists too.
        Expected::StreamExists if known.is_none() => Decision::WrongVersion,
        Expected::Any | Expected::StreamExists => check_recent(log, stream, ids),
        Expected::NoStream => match last {
            None => Decision::Write,
            Some(_) => match check_from(log, stream, 0, ids) {
                Repeat::None if is_soft_deleted => Decision::Write,
                found => found.into(),
            },
        },
        Expected::Revision(revision) => match last {
            // No check of ids: whoever reads the revision anew and repeats, writes twice.
            Some(last) if revision == last => Decision::Write,
            Some(last) if revision < last => check_from(log, stream, revision + 1, ids).into(),
            _ => Decision::WrongVersion,
        },
    }
}

/// The weak check: only what the server happens to remember.
fn check_recent(log: &Log, stream: &str, ids: &[Uuid]) -> Decision {
    let mut last = None;
    for (index, &id) in ids.iter().enumerate() {
        match log.recent_revision(id, stream) {
            Some(revision) => last = Some(revision),
            None if index == 0 => return Decision::Write,
            None => return Decision::WrongVersion,
        }
    }
    match last.and_then(|revision| log.event(stream, revision)) {
        Some(record) => Decision::Repeated(record.revision, record.position),
        None => Decision::Write,
    }
}

enum Repeat {
    None,
    Partly,
    Whole(u64, Position),
}

impl From<Repeat> for Decision {
    fn from(found: Repeat) -> Self {
        match found {
            Repeat::Whole(revision, position) => Self::Repeated(revision, position),
            Repeat::None | Repeat::Partly => Self::WrongVersion,
        }
    }
}

/// The strong check: whether the events from `first` on have these ids.
fn check_from(log: &Log, stream: &str, first: u64, ids: &[Uuid]) -> Repeat {
    let mut last = None;
    for (revision, &id) in (first..).zip(ids) {
        match log.event(stream, revision) {
            Some(record) if record.id == id => last = Some(record),
            _ if revision == first => return Repeat::None,
            _ => return Repeat::Partly,
        }
    }
    last.map_or(Repeat::None, |record| {
        Repeat::Whole(record.revision, record.position)
    })
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::log::Proposed;
    use crate::metadata::SOFT_DELETED;
    use crate::positions::Positions;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(1000 + number)
    }

    fn log(ids: &[u128]) -> Log {
        let mut log = Log::new(Positions::Offsets, 0, SystemTime::UNIX_EPOCH);
        let event = |&number: &u128| Proposed {
            id: id(number),
            event_type: "Filed".into(),
            content_type: "application/json".into(),
            custom_metadata: bytes::Bytes::new(),
            data: bytes::Bytes::new(),
        };
        log.write("s", ids.iter().map(event).collect(), SystemTime::UNIX_EPOCH);
        log
    }

    fn decide(log: &Log, expected: Expected, ids: &[u128]) -> Decision {
        check(
            log,
            "s",
            expected,
            &ids.iter().map(|&number| id(number)).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn repeats_are_known_by_ids_from_the_expected_revision_on() {
        let log = log(&[1, 2, 3]);
        let repeated = |revision: u64| {
            let record = log.event("s", revision).expect("it was written");
            Decision::Repeated(revision, record.position)
        };
        assert_eq!(decide(&log, Expected::NoStream, &[1, 2]), repeated(1));
        assert_eq!(decide(&log, Expected::Revision(0), &[2, 3]), repeated(2));
        assert_eq!(
            decide(&log, Expected::Revision(1), &[3, 4]),
            Decision::WrongVersion
        );
        assert_eq!(
            decide(&log, Expected::Revision(0), &[9]),
            Decision::WrongVersion
        );
        assert_eq!(
            decide(&log, Expected::Revision(3), &[9]),
            Decision::WrongVersion
        );
        assert_eq!(decide(&log, Expected::Any, &[2, 3]), repeated(2));
        assert_eq!(decide(&log, Expected::Any, &[3, 4]), Decision::WrongVersion);
    }

    #[test]
    fn a_refreshed_revision_lets_a_repeat_through() {
        assert_eq!(
            decide(&log(&[1]), Expected::Revision(0), &[1]),
            Decision::Write
        );
    }

    #[test]
    fn a_restart_forgets_repeats_that_expect_nothing() {
        let mut log = log(&[1]);
        log.forget_recent_ids();
        assert_eq!(decide(&log, Expected::Any, &[1]), Decision::Write);
        assert_ne!(decide(&log, Expected::NoStream, &[1]), Decision::Write);
    }

    #[test]
    fn a_softly_deleted_stream_can_be_begun_again() {
        let mut log = log(&[1]);
        log.truncate("s", SOFT_DELETED, id(50), SystemTime::UNIX_EPOCH);
        assert_eq!(decide(&log, Expected::NoStream, &[2]), Decision::Write);
        assert_eq!(
            decide(&log, Expected::StreamExists, &[2]),
            Decision::Deleted
        );
    }
}

//! The port to the event store: appending, reading, following.

use std::{future::Future, num::NonZeroU32, sync::Arc};

use crate::{
    event::{NewEvent, RecordedEvent},
    stream::{ExpectedVersion, GlobalPosition, StreamName, StreamVersion},
    text::{CategoryName, EventType, NamespaceName},
};

/// Largest payload of one event. Unit: bytes.
///
/// An event records what happened; forms and files are attachments, kept elsewhere and referred to.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;

/// Most events in one append. Unit: events.
pub const APPEND_EVENTS_MAX: usize = 4096;

/// An append-only log of streams.
///
/// Positions are assigned at commit by one writer: a reader that has seen position p has seen
/// everything before p, and no reader ever skips an event.
#[auto_impl::auto_impl(Arc)]
pub trait EventStore: Send + Sync {
    /// The type of [`feed`](Self::feed).
    type Feed: Feed;

    /// Appends all of `events`, or none, and returns when they are durable.
    ///
    /// An append whose event ids already stand where it would put them is a repeat: it changes
    /// nothing and returns what the first one returned. Dropping the future does not undo the
    /// append; it may or may not happen. Repeat it to know.
    ///
    /// # Errors
    /// [`AppendError`]; for all but [`OutcomeUnknown`](AppendError::OutcomeUnknown) nothing was
    /// written.
    fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send;

    /// Reads a stream from version `from` (inclusive), oldest first. A stream without events is an
    /// empty page. A page ends early where it would grow large; `is_end` says whether that is the
    /// end.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> impl Future<Output = Result<StreamPage, StoreError>> + Send;

    /// Reads the log after position `after` (exclusive), oldest first, leaving out what `filter`
    /// does not admit.
    ///
    /// A page that is not the end may hold fewer events than asked for, but not because of a few
    /// that the filter leaves out: it moves over thousands of them. A store that keeps the order of
    /// each namespace does not even look at what others wrote.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> impl Future<Output = Result<LogPage, StoreError>> + Send;

    /// The position of the last event in the log, [`START`](GlobalPosition::START) if there is
    /// none.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn head(&self) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send;

    /// The position of the last event at or before `until` that `filter` admits,
    /// [`START`](GlobalPosition::START) if there is none.
    ///
    /// It costs the same however much stands behind `until`, and in a store that keeps the order of
    /// each namespace also however much others wrote before it. No store looks further back than
    /// the event it answers.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send;

    /// Tries whether the caller may do what a service of `namespace` does, without leaving anything
    /// behind. Default: it may, as where there are no rights.
    ///
    /// # Errors
    /// [`StoreError`]: [`Misconfigured`](StoreErrorKind::Misconfigured) names the rights that are
    /// missing.
    fn try_rights(
        &self,
        _namespace: &NamespaceName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }

    /// About how far a position moves on with each event in the log: the measure of whoever asks
    /// how much was passed over. Default: 1, where positions count events.
    fn positions_per_event(&self) -> u64 {
        1
    }

    /// Follows the log after `after` (exclusive): first its history, then what comes, with no gap
    /// and no repeat between the two. It holds at most two batches in memory; a slow consumer
    /// slows nobody else.
    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self::Feed;
}

/// The log as it comes; see [`EventStore::feed`].
pub trait Feed: Send {
    /// Waits for the next batch. The future may be dropped at any point without losing an event.
    ///
    /// # Errors
    /// [`StoreError`]; the feed stays where it is, and the next call tries again.
    fn next(&mut self) -> impl Future<Output = Result<FeedBatch, StoreError>> + Send;
}

/// Where an append put its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The version of its last event.
    pub version: StreamVersion,
    /// The position of its last event.
    pub position: GlobalPosition,
    /// Whether the events already stood there.
    pub repeated: bool,
}

/// Part of one stream.
#[derive(Debug, Clone, Default)]
pub struct StreamPage {
    /// Oldest first, versions without a hole.
    pub events: Vec<RecordedEvent>,
    /// Whether the stream had no further event when this was read.
    pub is_end: bool,
}

/// Part of the log.
#[derive(Debug, Clone)]
pub struct LogPage {
    /// Oldest first.
    pub events: Vec<RecordedEvent>,
    /// Everything up to here has been looked at, also what the filter left out. Continue after it.
    pub position: GlobalPosition,
    /// Whether the log had no further event when this was read.
    pub is_end: bool,
}

/// One batch of a feed.
///
/// A batch may be empty: then only the position moved over events that the filter leaves out, or
/// the feed has just caught up.
#[derive(Debug, Clone)]
pub struct FeedBatch {
    /// Oldest first.
    pub events: Vec<RecordedEvent>,
    /// Resume after this position.
    pub position: GlobalPosition,
    /// Whether the log had no further event when this was read.
    pub caught_up: bool,
}

/// Which streams a reader wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
    namespace: Option<NamespaceName>,
    categories: Option<Arc<[CategoryName]>>,
}

impl EventFilter {
    /// Every event.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            namespace: None,
            categories: None,
        }
    }

    /// The events of one namespace.
    #[must_use]
    pub const fn namespace(namespace: NamespaceName) -> Self {
        Self {
            namespace: Some(namespace),
            categories: None,
        }
    }

    /// The events of some categories of one namespace.
    #[must_use]
    pub fn categories(
        namespace: NamespaceName,
        categories: impl IntoIterator<Item = CategoryName>,
    ) -> Self {
        Self {
            namespace: Some(namespace),
            categories: Some(categories.into_iter().collect::<Vec<_>>().into()),
        }
    }

    /// The same, and the events of one more category of the namespace.
    #[must_use]
    pub fn and_category(mut self, category: CategoryName) -> Self {
        if let Some(categories) = &self.categories
            && !categories.contains(&category)
        {
            self.categories = Some(categories.iter().cloned().chain([category]).collect());
        }
        self
    }

    /// The one namespace whose streams pass, if not all do: for stores that filter themselves.
    #[must_use]
    pub const fn wanted_namespace(&self) -> Option<&NamespaceName> {
        self.namespace.as_ref()
    }

    /// The categories of [`wanted_namespace`](Self::wanted_namespace) that pass, if not all do.
    #[must_use]
    pub fn wanted_categories(&self) -> Option<&[CategoryName]> {
        self.categories.as_deref()
    }

    /// Returns whether all that `other` admits passes here as well.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let Some(namespace) = &self.namespace else {
            return true;
        };
        other.namespace.as_ref() == Some(namespace)
            && self.categories.as_ref().is_none_or(|all| {
                let categories = other.categories.as_ref();
                categories.is_some_and(|some| some.iter().all(|one| all.contains(one)))
            })
    }

    /// Returns whether events of this stream pass.
    #[must_use]
    pub fn admits(&self, stream: &StreamName) -> bool {
        self.namespace
            .as_ref()
            .is_none_or(|wanted| wanted.as_str() == stream.namespace())
            && self.categories.as_ref().is_none_or(|wanted| {
                wanted
                    .iter()
                    .any(|category| category.as_str() == stream.category())
            })
    }
}

/// Why an append did not, or may not have, happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Somebody else appended first, or the caller's view of the stream is old.
    #[error("append to {stream} expected {expected}, but {}; read the stream again and decide anew",
        match actual { Some(v) => format!("its last event is version {v}"), None => "it has no event".into() })]
    Conflict {
        /// The stream.
        stream: StreamName,
        /// The version that the append expected.
        expected: ExpectedVersion,
        /// The version of the last event.
        actual: Option<StreamVersion>,
    },
    /// An event is over [`EVENT_BYTES_MAX`].
    #[error(
        "event {event_type} for {stream} has {bytes} bytes, the limit is {bytes_max}; \
         keep large things outside and refer to them as attachments"
    )]
    EventTooLarge {
        /// The stream.
        stream: StreamName,
        /// Which event.
        event_type: EventType,
        /// Its payload's size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The events are together over what this store takes in one append.
    #[error(
        "the append to {stream} has {bytes} bytes, this store takes {bytes_max} at once; \
         append less at a time, or keep large things outside as attachments"
    )]
    AppendTooLarge {
        /// The stream.
        stream: StreamName,
        /// The size of the events, as the store counts it.
        bytes: usize,
        /// The store's limit.
        bytes_max: usize,
    },
    /// No events, more than [`APPEND_EVENTS_MAX`], or one event twice.
    #[error("append to {stream} is malformed: {reason}")]
    Malformed {
        /// The stream.
        stream: StreamName,
        /// The cause, and how to put it right.
        reason: &'static str,
    },
    /// The store did not say whether it happened.
    #[error(
        "whether the append to {stream} happened is unknown; repeat it unchanged, which is safe"
    )]
    OutcomeUnknown {
        /// The stream.
        stream: StreamName,
        /// The cause.
        #[source]
        source: StoreError,
    },
    /// The store failed, and nothing was written.
    #[error("nothing was appended to {stream}")]
    Store {
        /// The stream.
        stream: StreamName,
        /// The cause.
        #[source]
        source: StoreError,
    },
}

impl AppendError {
    /// Checks what every store must refuse, whatever its state.
    ///
    /// # Errors
    /// [`Malformed`](Self::Malformed) or [`EventTooLarge`](Self::EventTooLarge).
    pub fn check(stream: &StreamName, events: &[NewEvent]) -> Result<(), Self> {
        let malformed = |reason| {
            Err(Self::Malformed {
                stream: stream.clone(),
                reason,
            })
        };
        if events.is_empty() {
            return malformed("it has no events; a command that changes nothing appends nothing");
        }
        if events.len() > APPEND_EVENTS_MAX {
            return malformed("it has more than 4096 events; split it");
        }
        if let Some(large) = events
            .iter()
            .find(|event| event.payload.len() > EVENT_BYTES_MAX)
        {
            return Err(Self::EventTooLarge {
                stream: stream.clone(),
                event_type: large.event_type.clone(),
                bytes: large.payload.len(),
                bytes_max: EVENT_BYTES_MAX,
            });
        }
        if has_duplicate_ids(events) {
            return malformed("two of its events have the same id; derive ids from the command");
        }
        if events
            .iter()
            .any(|event| std::str::from_utf8(&event.payload).is_err())
        {
            return malformed("a payload is no UTF-8; payloads are JSON");
        }
        Ok(())
    }
}

fn has_duplicate_ids(events: &[NewEvent]) -> bool {
    let mut ids: Vec<_> = events.iter().map(NewEvent::id).collect();
    ids.sort_unstable();
    ids.windows(2).any(|pair| pair[0] == pair[1])
}

/// The kinds of errors of a store that a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It is away for now; the same call may succeed later.
    Unavailable,
    /// Another process holds the right to write.
    Locked,
    /// There is no room left on its disk, or its size limit is reached.
    DiskFull,
    /// Its contents are damaged, or it is no event store at all.
    Corrupt,
    /// The first events of a stream, or all of them, were deleted or are hidden. The stream has no state
    /// then: it is neither new nor as short as what is left of it. It concerns that stream alone.
    Truncated,
    /// A newer program wrote it.
    NewerVersion,
    /// It was opened for reading only, or its files may not be written.
    ReadOnly,
    /// There is no store at that place.
    NotFound,
    /// It was closed.
    Closed,
    /// It is not set up as it has to be, or neither is the way to it.
    Misconfigured,
}

impl StoreErrorKind {
    /// The advice to whoever meets it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unavailable => "try again; if it stays so, see whether the store can be reached",
            Self::Locked => "stop the other writer, or open the store for reading only",
            Self::DiskFull => "free or add space and repeat; what was acknowledged is safe",
            Self::Corrupt => {
                "do not write to it; copy the files, then restore the newest sound backup"
            }
            Self::Truncated => {
                "find out who did that; if the store still has the events take it back, else get them \
                 from a backup, and write nothing to that stream meanwhile"
            }
            Self::NewerVersion => "update this program; the data was left as it is",
            Self::ReadOnly => "open it for writing, or write through the process that does",
            Self::NotFound => "check the path; a store opened for writing is created",
            Self::Closed => "open the store again",
            Self::Misconfigured => "change the settings, then open the store again",
        }
    }
}

/// The store failed: what it was doing, what kind of trouble it is, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {}", kind.advice())]
pub struct StoreError {
    kind: StoreErrorKind,
    doing: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// An error of this kind; `doing` says what failed and to what, as in
    /// "the event store petitions.db is damaged".
    pub fn new(kind: StoreErrorKind, doing: impl Into<String>) -> Self {
        Self {
            kind,
            doing: doing.into(),
            source: None,
        }
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    fn stream(name: &str) -> StreamName {
        name.parse().unwrap()
    }

    #[test]
    fn a_filter_admits_by_namespace_and_category() {
        let general = NamespaceName::new("general").unwrap();
        let category = CategoryName::new("CarIssuance").unwrap();
        let one = EventFilter::categories(general.clone(), [category]);
        assert!(one.admits(&stream("general_CarIssuance-1")));
        assert!(!one.admits(&stream("general_CarApplication-1")));
        assert!(!one.admits(&stream("car_CarIssuance-1")));
        assert!(EventFilter::namespace(general).admits(&stream("general_CarApplication-1")));
        assert!(EventFilter::all().admits(&stream("car_CarIssuance-1")));
        let more = one.and_category(CategoryName::new("CarApplication").unwrap());
        assert!(more.admits(&stream("general_CarApplication-1")));
        assert!(more.admits(&stream("general_CarIssuance-1")));
        assert!(!more.admits(&stream("car_CarApplication-1")));
    }

    #[test]
    fn a_filter_covers_what_admits_no_more() {
        let [general, car] = ["general", "car"].map(|name| NamespaceName::new(name).unwrap());
        let category = |name| CategoryName::new(name).unwrap();
        let some = EventFilter::categories(general.clone(), [category("A"), category("B")]);
        let one = EventFilter::categories(general.clone(), [category("A")]);
        let whole = EventFilter::namespace(general);
        let chain = [&EventFilter::all(), &whole, &some, &one];
        for (at, wide) in chain.iter().enumerate() {
            for (other, narrow) in chain.iter().enumerate() {
                assert_eq!(wide.covers(narrow), at <= other, "{wide:?} {narrow:?}");
            }
        }
        assert!(!whole.covers(&EventFilter::categories(car, [category("A")])));
    }

    #[test]
    fn every_error_says_what_happened_to_what_and_what_to_do() {
        let conflict = AppendError::Conflict {
            stream: stream("general_CarIssuance-1"),
            expected: ExpectedVersion::NoStream,
            actual: Some(StreamVersion::new(4)),
        };
        assert_eq!(
            conflict.to_string(),
            "append to general_CarIssuance-1 expected no stream, but its last event is version 4; \
             read the stream again and decide anew"
        );
        let full = StoreError::new(StoreErrorKind::DiskFull, "cannot write to petitions.db")
            .caused_by(std::io::Error::other("no space left on device"));
        assert!(
            full.to_string()
                .starts_with("cannot write to petitions.db: free or add space")
        );
        let source = full.source().expect("the cause is kept").to_string();
        assert_eq!(source, "no space left on device");
        let stream = stream("general_CarIssuance-1");
        for error in [
            AppendError::OutcomeUnknown {
                stream: stream.clone(),
                source: full,
            },
            AppendError::Store {
                stream,
                source: StoreError::new(StoreErrorKind::Closed, "x"),
            },
        ] {
            assert!(error.source().is_some(), "{error}");
        }
    }
}

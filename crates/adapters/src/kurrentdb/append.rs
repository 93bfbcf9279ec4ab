//! Appending: exact revisions only, repeats recognised, unknown outcomes found out.
//!
//! The server's own check for repeats compares event ids under an exact revision, and only there
//! can it be relied on. So an append whose outcome is unknown is sent again just as it was, with
//! the revision it had; and the stream is read where the server's answer leaves room for doubt.

mod read_back;

use std::sync::Arc;

use futures_util::FutureExt as _;
use minwon_core::{
    AppendError, Appended, ExpectedVersion, GlobalPosition, NewEvent, StoreError, StoreErrorKind,
    StreamName, StreamVersion,
};
use tokio::time::{self, Instant};

use self::read_back::ReadBack;
use super::{
    KurrentStore,
    client::{Answer, Client},
    codec::EncodedEvent,
    error::{Fault, Outcome, truncated},
    link::Tries,
    metadata::Form,
};

/// How often an append that names no version is tried while others append to the same stream.
const ROUNDS_MAX: u32 = 32;

/// One append on its way. It runs in a task of its own, so that a caller who no longer waits does
/// not leave it half known. What is rare in it is boxed: each would be ten kilobytes otherwise.
#[derive(Clone)]
pub(super) struct Append {
    store: KurrentStore,
    stream: StreamName,
    expected: ExpectedVersion,
    events: Arc<[EncodedEvent]>,
}

impl Append {
    /// Checks what can be checked without the server.
    pub(super) fn new(
        store: &KurrentStore,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Self, AppendError> {
        AppendError::check(stream, events)?;
        let bytes_max = store.link.options().append_bytes_max.get();
        let encode = |form| -> Arc<[EncodedEvent]> {
            let encode = |event| EncodedEvent::new(stream, event, form);
            events.iter().map(encode).collect()
        };
        let size = |events: &[EncodedEvent]| events.iter().map(EncodedEvent::size).sum::<usize>();
        let mut encoded = encode(Form::Full);
        if size(&encoded) > bytes_max {
            encoded = encode(Form::Dense);
        }
        let bytes = size(&encoded);
        if bytes > bytes_max {
            return Err(AppendError::AppendTooLarge {
                stream: stream.clone(),
                bytes,
                bytes_max,
            });
        }
        Ok(Self {
            store: store.clone(),
            stream: stream.clone(),
            expected,
            events: encoded,
        })
    }

    pub(super) async fn run(self) -> Result<Appended, AppendError> {
        let waiting = self.store.turns.take(&self.stream);
        let limit = self.store.link.options().call_timeout;
        let Ok(_turn) = time::timeout(limit, waiting).await else {
            let what = format!("earlier appends to {} are still under way", self.stream);
            return Err(self.failed(StoreError::new(StoreErrorKind::Unavailable, what)));
        };
        match self.expected {
            ExpectedVersion::NoStream => self.exactly(None).await,
            ExpectedVersion::Exactly(version) => self.exactly(Some(version)).await,
            ExpectedVersion::Any | ExpectedVersion::StreamExists => self.anywhere().boxed().await,
        }
    }

    /// Looks for the events, then appends behind the last one there is.
    async fn anywhere(&self) -> Result<Appended, AppendError> {
        let mut rounds = 0;
        loop {
            let found = self
                .find_first()
                .await
                .map_err(|fault| self.refused(fault))?;
            if let Some(first) = found.first {
                let there = self.read_back(first).await;
                return match there.map_err(|fault| self.refused(fault))? {
                    ReadBack::Ours { position, .. } => Ok(self.repeated(first, position)),
                    _ => Err(self.conflict(found.last)),
                };
            }
            if !self.expected.admits(found.last) {
                return Err(self.conflict(found.last));
            }
            match self.exactly(found.last).await {
                Err(AppendError::Conflict { .. }) if rounds < ROUNDS_MAX => rounds += 1,
                answer => return answer,
            }
        }
    }

    /// Appends behind `last`, as often as it takes to know what became of it.
    async fn exactly(&self, last: Option<StreamVersion>) -> Result<Appended, AppendError> {
        let first = StreamVersion::after(last);
        if first.get() > i64::MAX as u64 {
            return Err(self.conflict(self.last().boxed().await.map_err(|f| self.refused(f))?));
        }
        let (known, is_free) = tokio::join!(self.store.log_end(), self.check_free(last));
        let known = known.map_err(|fault| {
            let doing = format!(
                "reading the end of $all, before appending to {}",
                self.stream
            );
            self.failed(fault.into_store_error(doing))
        })?;
        is_free.map_err(|error| self.failed(error))?;
        let mut tries = Tries::new(self.store.link.options());
        let mut unknown = None;
        loop {
            let sent = Instant::now();
            let fault = match self.send(last).await {
                Ok(Answer::Written { revision, position }) => {
                    let last = StreamVersion::new(revision);
                    return self.written(first, known, (last, position), sent).await;
                }
                Ok(Answer::Elsewhere(revision)) => {
                    let actual = revision.map(StreamVersion::new);
                    return self.refused_by_version(first, known, actual).boxed().await;
                }
                Err(fault) => fault,
            };
            let (is_transient, outcome) = (fault.is_transient(), fault.outcome());
            tracing::debug!(stream = %self.stream, %fault, ?outcome, "an append was not answered");
            if outcome == Outcome::Unknown || unknown.is_none() {
                unknown = Some((fault, outcome));
            }
            if is_transient && tries.again().await {
                continue;
            }
            return match unknown {
                Some((fault, Outcome::Unknown)) => self.find_out(first, known, fault).boxed().await,
                Some((fault, Outcome::NotDone)) => Err(self.refused(fault)),
                None => unreachable!("a fault was just put there"),
            };
        }
    }

    /// The server would begin a stream anew that was deleted softly.
    async fn check_free(&self, last: Option<StreamVersion>) -> Result<(), StoreError> {
        let age_max = self.store.link.options().head_age_max;
        if last.is_some() || self.store.looks.take(&self.stream, age_max) {
            return Ok(());
        }
        let deletion = self.store.deletion_of(&self.stream).boxed().await;
        let deletion = deletion.map_err(|fault| {
            fault.into_store_error(format_args!(
                "before beginning {}, reading its metadata ($mr)",
                self.stream
            ))
        })?;
        deletion.map_or(Ok(()), Err)
    }

    async fn send(&self, last: Option<StreamVersion>) -> Result<Answer, Fault> {
        let limit = self.limit();
        let events = self.events.iter().map(EncodedEvent::to_message).collect();
        let (stream, last) = (self.stream.as_str(), last.map(StreamVersion::get));
        let send = |client: Client| async move { client.append(limit, stream, last, events).await };
        self.store.link.call(send).await
    }

    /// The server says that the events stand there; whether they already did before remains to be
    /// found out.
    async fn written(
        &self,
        first: StreamVersion,
        known: GlobalPosition,
        (last, position): (StreamVersion, Option<GlobalPosition>),
        sent: Instant,
    ) -> Result<Appended, AppendError> {
        let version = self.last_of(first);
        if let Some(position) = position.filter(|position| *position > known) {
            self.store.end.reached(position, sent);
            if last == version {
                return Ok(Appended {
                    version,
                    position,
                    repeated: false,
                });
            }
        }
        match self.read_back(first).boxed().await {
            Ok(ReadBack::Ours { position, is_same }) => {
                Ok(self.stands(first, known, position, is_same))
            }
            Ok(_) => Err(self.unknown(truncated(format!(
                "an append to {} was acknowledged, but its events are not at version {first}: the \
                 stream was deleted or cut off before, and went on at version {last}",
                self.stream
            )))),
            Err(fault) => Err(self.unknown(self.store_error(fault))),
        }
    }

    /// The stream is not where it was expected: because these events are there already, or others.
    async fn refused_by_version(
        &self,
        first: StreamVersion,
        known: GlobalPosition,
        actual: Option<StreamVersion>,
    ) -> Result<Appended, AppendError> {
        if actual < Some(self.last_of(first)) {
            return Err(self.conflict(actual));
        }
        match self.read_back(first).await {
            Ok(ReadBack::Ours { position, is_same }) => {
                Ok(self.stands(first, known, position, is_same))
            }
            Ok(_) => Err(self.conflict(actual)),
            Err(fault) => Err(self.unknown(self.store_error(fault))),
        }
    }

    /// Reads what stands where the events would be, after their append was never answered.
    async fn find_out(
        &self,
        first: StreamVersion,
        known: GlobalPosition,
        fault: Fault,
    ) -> Result<Appended, AppendError> {
        match self.read_back(first).await {
            Ok(ReadBack::Ours { position, is_same }) => {
                Ok(self.stands(first, known, position, is_same))
            }
            // The place is taken, so the append, should it still be under way, cannot succeed.
            Ok(ReadBack::Others { last }) => {
                let actual = self.last().boxed().await.ok().flatten();
                Err(self.conflict(actual.max(Some(last))))
            }
            Ok(ReadBack::Nothing) | Err(_) => Err(self.unknown(self.store_error(fault))),
        }
    }

    /// The events were read where they belong. Where they are not as we sent them, another sender
    /// was first.
    fn stands(
        &self,
        first: StreamVersion,
        known: GlobalPosition,
        position: GlobalPosition,
        is_same: bool,
    ) -> Appended {
        // Whoever repeats this append is to be told so.
        self.store.end.saw(position);
        Appended {
            repeated: position <= known || !is_same,
            ..self.repeated(first, position)
        }
    }

    fn repeated(&self, first: StreamVersion, position: GlobalPosition) -> Appended {
        Appended {
            version: self.last_of(first),
            position,
            repeated: true,
        }
    }

    fn last_of(&self, first: StreamVersion) -> StreamVersion {
        first.plus(self.events.len() as u64 - 1)
    }

    fn conflict(&self, actual: Option<StreamVersion>) -> AppendError {
        AppendError::Conflict {
            stream: self.stream.clone(),
            expected: self.expected,
            actual,
        }
    }

    fn refused(&self, fault: Fault) -> AppendError {
        self.failed(self.store_error(fault))
    }

    fn failed(&self, source: StoreError) -> AppendError {
        AppendError::Store {
            stream: self.stream.clone(),
            source,
        }
    }

    fn unknown(&self, source: StoreError) -> AppendError {
        AppendError::OutcomeUnknown {
            stream: self.stream.clone(),
            source,
        }
    }

    fn store_error(&self, fault: Fault) -> StoreError {
        fault.into_store_error(format_args!("appending to {}", self.stream))
    }
}

impl KurrentStore {
    /// A position that the log had reached when this was called, at the latest.
    async fn log_end(&self) -> Result<GlobalPosition, Fault> {
        let options = self.link.options();
        if let Some(position) = self.end.recent(options.head_age_max) {
            return Ok(position);
        }
        let sent = Instant::now();
        let position = self.last_position(options.call_timeout).boxed().await?;
        self.end.reached(position, sent);
        Ok(self.end.position())
    }
}

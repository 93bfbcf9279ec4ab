//! The ways in which the stand-in misbehaves.

use std::time::Duration;

use tonic::Code;

/// A fault of an append, a deletion or a tombstone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppendFault {
    /// ABORTED, and nothing was written.
    AbortBeforeCommit,
    /// ABORTED, yet it was written.
    AbortAfterCommit,
    /// The connection ends, and nothing was written.
    CutBeforeCommit,
    /// The connection ends, yet it was written.
    CutAfterCommit,
    /// DEADLINE_EXCEEDED, yet it was written.
    DeadlineAfterCommit,
    /// No answer until hangs are released. Then it is written, even if the client has long gone:
    /// a write that comes late.
    HangBeforeCommit,
    /// Written at once, but no answer until hangs are released.
    HangAfterCommit,
    /// Not the leader; the leader is named.
    NotLeader,
    /// Not the leader, and no leader is known.
    NoLeader,
    /// UNAVAILABLE, and nothing was written.
    Unavailable,
    /// Written, and the answer lacks its outcome.
    MissingOutcome,
    /// Written, and the answer lacks its position, as servers may leave it out.
    MissingPosition,
    /// Takes this long, in real time, before it is written.
    Slow(Duration),
}

/// A fault of a read that is no subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadFault {
    /// UNAVAILABLE at once.
    Unavailable,
    /// Not the leader; the leader is named.
    NotLeader,
    /// Not the leader, and no leader is known.
    NoLeader,
    /// Nothing after this many events, until hangs are released.
    HangAfter(u64),
    /// The connection ends after this many events.
    CutAfter(u64),
    /// An error after this many events.
    FailAfter(u64, Code),
    /// The read ends well after this many events, though there are more.
    EndAfter(u64),
    /// A message without content after this many events.
    MissingContentAfter(u64),
    /// All events have ids that are none.
    WrongIds,
    /// Each batch of events takes this long, in real time.
    Slow(Duration),
}

/// A fault of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscribeFault {
    /// UNAVAILABLE at once.
    Unavailable,
    /// Not the leader; the leader is named.
    NotLeader,
    /// Not the leader, and no leader is known.
    NoLeader,
    /// Not even confirmed until hangs are released.
    Hang,
    /// Confirmed, then silent after this many events until hangs are released, whatever happens.
    SilentAfter(u64),
    /// The connection ends after this many events.
    CutAfter(u64),
    /// An error after this many events.
    FailAfter(u64, Code),
    /// Ends with OK after this many events, which servers do when they shut down.
    EndAfter(u64),
    /// A message without content after this many events.
    MissingContentAfter(u64),
    /// Begins this many events (of the log or the stream) too early.
    Repeat(u64),
    /// All events have ids that are none.
    WrongIds,
    /// Each batch of events takes this long, in real time.
    Slow(Duration),
}

/// A fault while a client introduces itself or asks for the cluster's nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandshakeFault {
    /// UNAVAILABLE.
    Unavailable,
    /// UNIMPLEMENTED, as servers before 21.10 answer.
    Unimplemented,
    /// No answer until hangs are released.
    Hang,
    /// A string that is no version.
    WrongVersion,
}

/// Any way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Of an append, a deletion or a tombstone.
    Append(AppendFault),
    /// Of a read that is no subscription.
    Read(ReadFault),
    /// Of a subscription.
    Subscribe(SubscribeFault),
    /// Of what comes before.
    Handshake(HandshakeFault),
}

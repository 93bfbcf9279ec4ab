//! The messages and calls of KurrentDB that minwon uses, made from the files in `protos`.
//!
//! The code is checked in, so that nobody who builds minwon needs a compiler for protocol files. A
//! test makes it again and compares.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    rustdoc::all,
    reason = "the code is made"
)]

include!("made/event_store.client.rs");

/// Which nodes a cluster has.
pub mod gossip {
    include!("made/event_store.client.gossip.rs");
}

/// What a server is able to do.
pub mod server_features {
    include!("made/event_store.client.server_features.rs");
}

/// Reading, following, appending to and deleting streams.
pub mod streams {
    include!("made/event_store.client.streams.rs");
}

//! This is no database. It answers the KurrentDB client in tests, and misbehaves on demand.

/// The protocol, made from the files in `protos`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod protocol {
    tonic::include_proto!("protocol");
}

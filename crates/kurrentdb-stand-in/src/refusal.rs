//! Errors as the server reports them: a code, and what exactly in the trailers.

use std::net::SocketAddr;

use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use crate::version::ServerVersion;

fn refusal(
    code: Code,
    message: &str,
    exception: &'static str,
    more: &[(&'static str, String)],
) -> Status {
    let mut status = Status::new(code, message);
    let trailers = status.metadata_mut();
    trailers.insert("exception", MetadataValue::from_static(exception));
    for (key, value) in more {
        // What is no header value (a name in Hangul, say) is left out.
        if let Ok(value) = value.parse() {
            trailers.insert(*key, value);
        }
    }
    status
}

pub(crate) fn not_leader(leader: Option<SocketAddr>) -> Status {
    let Some(leader) = leader else {
        return Status::unknown("No leader info available in response");
    };
    refusal(
        Code::NotFound,
        "Leader info available",
        "not-leader",
        &[
            ("leader-endpoint-host", leader.ip().to_string()),
            ("leader-endpoint-port", leader.port().to_string()),
        ],
    )
}

pub(crate) fn stream_deleted(stream: &str) -> Status {
    let message = format!("Event stream '{stream}' is deleted.");
    refusal(
        Code::FailedPrecondition,
        &message,
        "stream-deleted",
        &[("stream-name", stream.to_owned())],
    )
}

pub(crate) fn wrong_version(stream: &str, expected: i64, actual: i64) -> Status {
    let message = format!(
        "Append failed due to WrongExpectedVersion. Stream: {stream}, Expected version: \
         {expected}, Actual version: {actual}"
    );
    refusal(
        Code::FailedPrecondition,
        &message,
        "wrong-expected-version",
        &[
            ("stream-name", stream.to_owned()),
            ("expected-version", expected.to_string()),
            ("actual-version", actual.to_string()),
        ],
    )
}

pub(crate) fn append_too_large(bytes_max: usize) -> Status {
    refusal(
        Code::InvalidArgument,
        &format!("Maximum Append Size of {bytes_max} Exceeded."),
        "maximum-append-size-exceeded",
        &[("maximum-append-size", bytes_max.to_string())],
    )
}

pub(crate) fn event_too_large(bytes: usize, bytes_max: usize) -> Status {
    refusal(
        Code::InvalidArgument,
        &format!("Maximum Append Event Size of {bytes_max} Exceeded."),
        "maximum-append-event-size-exceeded",
        &[
            ("maximum-append-event-size", bytes_max.to_string()),
            ("proposed-append-event-size", bytes.to_string()),
        ],
    )
}

pub(crate) fn missing_metadata(keys: &str) -> Status {
    refusal(
        Code::InvalidArgument,
        &format!("Required Metadata Property '{keys}' is missing"),
        "missing-required-metadata-property",
        &[("required-metadata-properties", keys.to_owned())],
    )
}

pub(crate) fn access_denied() -> Status {
    refusal(
        Code::PermissionDenied,
        "Access Denied",
        "access-denied",
        &[],
    )
}

pub(crate) fn invalid_position(version: ServerVersion) -> Status {
    if version.names_invalid_positions() {
        Status::invalid_argument("Trying to read from an invalid position.")
    } else {
        Status::unknown("Unexpected FilteredReadAllResult: InvalidPosition")
    }
}

//! Metadata of events in the bytes that embedded stores keep.

use bytes::Bytes;
use minwon_core::{
    ActorId, CommandFingerprint, EncodedMetadata, TraceParent, testing::sample_event,
};

use super::check_error;

pub(super) fn golden() -> Vec<Vec<u8>> {
    let plain = sample_event("fuzz").metadata;
    let mut full = plain.clone();
    full.actor = ActorId::new("담당자-17").unwrap();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    full.traceparent = Some(TraceParent::new(trace).unwrap());
    full.fingerprint = CommandFingerprint::of(&"approve");
    let bytes = |metadata| EncodedMetadata::from(metadata).as_bytes().to_vec();
    vec![bytes(&plain), bytes(&full)]
}

/// What is read, is written as the same bytes; and a check finds just what cannot be made of it.
pub(super) fn run(input: &[u8]) {
    let encoded = match EncodedMetadata::decode(Bytes::copy_from_slice(input)) {
        Ok(encoded) => encoded,
        Err(error) => return check_error(&error),
    };
    assert_eq!(encoded.as_bytes(), input);
    let texts = [
        encoded.subject(),
        encoded.stage(),
        encoded.source(),
        encoded.actor(),
        encoded.traceparent().unwrap_or_default(),
    ];
    assert!(texts.iter().map(|text| text.len()).sum::<usize>() <= input.len());
    let _ = (format!("{encoded:?}"), encoded.occurred_at().to_string());
    match encoded.to_metadata() {
        Ok(metadata) => {
            assert_eq!(encoded.check(), Ok(()));
            assert_eq!(EncodedMetadata::from(&metadata).as_bytes(), input);
        }
        Err(error) => {
            check_error(&error);
            assert_eq!(encoded.check(), Err(error));
        }
    }
}

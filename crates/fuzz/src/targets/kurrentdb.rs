//! Answers of a KurrentDB: an event, as its stream, time, type and metadata, one a line, and its data behind;
//! the parts of a snapshot, one a line; the position in a checkpoint.

use bytes::Bytes;
use minwon_adapters::kurrentdb::fuzzing::{Sent, checkpoint, event, metadata_of, snapshot};
use minwon_core::{NewEvent, RecordedEvent, StateSchema, testing::sample_event};

use super::{check_error, inputs, line};

const CREATED: &str = "17730180000000001";
const STREAM: &str = "general_GeneralApplication-2026-000123";

pub(super) fn golden() -> Vec<Vec<u8>> {
    let [full, dense] = metadata_of(&STREAM.parse().unwrap(), &sample_event("fuzz"));
    // As earlier builds wrote it: few changes would get past the checksum.
    let end = full.len() - br#","sum":"00000000"}"#.len();
    let old = Bytes::from([&full[..end], b"}"].concat());
    let event = |metadata: &Bytes| {
        let metadata = String::from_utf8_lossy(metadata);
        format!("{STREAM}\n{CREATED}\nGeneralApplicationSubmitted\n{metadata}\n{{}}")
    };
    let id = sample_event("fuzz").metadata.event_id;
    let part = |part: u32| {
        format!(
            r#"{{"schema":1,"version":3,"eventId":"{id}","position":"4","part":{part},"parts":2}}"#
        )
    };
    let texts = [
        event(&full),
        event(&dense),
        event(&old),
        format!("{}\n{}", part(1), part(0)),
        r#"{"position":"70/68"}"#.to_owned(),
    ];
    inputs(&texts.each_ref().map(String::as_str))
}

pub(super) fn run(input: &[u8]) {
    check_event(input);
    let lines = input
        .split(|&byte| byte == b'\n')
        .map(Bytes::copy_from_slice);
    let parts = lines.map(|metadata| (metadata.clone(), metadata));
    let stream = STREAM.parse().unwrap();
    if let Some(snapshot) = snapshot(parts, &stream, StateSchema::new(1)) {
        assert!(snapshot.state.len() <= input.len());
    }
    match checkpoint(input) {
        Ok(position) => assert_eq!(position.to_string().parse(), Ok(position)),
        Err(error) => check_error(&error),
    }
}

/// What is read, is written in both forms and read again as the same; what is not, is handed out with a mark.
fn check_event(input: &[u8]) {
    let (stream, rest) = line(input);
    let (created, rest) = line(rest);
    let (event_type, rest) = line(rest);
    let (metadata, data) = line(rest);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let sent = Sent {
        stream: Bytes::copy_from_slice(stream),
        created: text(created),
        event_type: text(event_type),
        metadata: Bytes::copy_from_slice(metadata),
        data: Bytes::copy_from_slice(data),
    };
    let Some(read) = event(sent.clone()) else {
        return;
    };
    assert_eq!(read.stream.as_str().as_bytes(), stream);
    let metadata = read.metadata.to_metadata().unwrap();
    if let Some(fault) = &read.fault {
        check_error(fault.as_ref());
        assert_eq!(metadata.subject.as_str(), read.stream.id());
        return;
    }
    assert!(str::from_utf8(&read.payload).is_ok());
    let new = NewEvent {
        event_type: read.event_type.clone(),
        schema_version: read.schema_version,
        metadata,
        payload: read.payload.clone(),
    };
    for metadata in metadata_of(&read.stream, &new) {
        let sent = Sent {
            metadata,
            ..sent.clone()
        };
        let again: RecordedEvent = event(sent).unwrap();
        assert_eq!(again, read);
    }
}

//! Stored names and forms: a change here is a change of the file format.

use super::*;
use crate::codec::StoredEvent as _;

const EVENT: &str = r#"{"position":"100","stream":"general_GeneralApplication-p-0","version":0,"id":"af17f931-ed75-5e9e-ad63-961f87949f45","type":"GeneralApplicationSubmitted","petition":"p-0"}"#;

#[test]
fn the_stored_form_of_each_event_stays() {
    let head = format!(r#"{{"consumer":"notifier","key":"p-0","event":{EVENT}"#);
    let failed = |port, attempts| {
        format!(
            r##"{head},"failure":{{"class":"handler","error":"port {port} is shut","group":"port # is shut"}},"attempts":{attempts}}}"##
        )
    };
    let decided = format!(r#"{head},"by":"operator-1","reason":"a duplicate"}}"#);
    let expected = [
        ("DeadLetterAdded", failed(1, 4)),
        ("DeadLetterParked", format!("{head}}}")),
        (
            "DeadLetterRetryRequested",
            format!(r#"{head},"by":"operator-1"}}"#),
        ),
        ("DeadLetterRetryFailed", failed(2, 2)),
        ("DeadLetterReleased", format!("{head}}}")),
        ("DeadLetterSkipped", decided.clone()),
        ("DeadLetterCompensated", decided),
    ];
    for (step, (name, json)) in STEPS.into_iter().zip(expected) {
        check(&step.of(consumer(0), 0), name, &json);
    }
    let opened = QueueOpened {
        event_type: EventType::new("GeneralReceived").unwrap(),
    };
    check(
        &opened.into(),
        "DeadLetterQueueOpened",
        r#"{"type":"GeneralReceived"}"#,
    );
    assert_eq!(DeadLetterEvent::SHAPES.len(), 8, "each has its line above");
}

#[track_caller]
fn check(event: &DeadLetterEvent, name: &str, json: &str) {
    let codec = dead_letter_codec();
    let shape = event.shape();
    assert_eq!(codec.event_type(shape).as_str(), name);
    assert_eq!((shape.version.get(), shape.stage), (1, "dead-letter"));
    assert_eq!(String::from_utf8(event.to_json().unwrap()).unwrap(), json);
    let read: DeadLetterEvent = codec.decode(name, shape.version, json.as_bytes()).unwrap();
    assert_eq!(read, *event);
}

#[test]
fn the_names_of_streams_and_failures_stay() {
    let namespace = NamespaceName::new("general").unwrap();
    let received = EventType::new("GeneralReceived").unwrap();
    let queue = dead_letter_queue(&namespace, &received);
    assert_eq!(queue.as_str(), "general_DeadLetters-GeneralReceived.DLQ");
    let directory = dead_letter_directory(&namespace);
    assert_eq!(directory.as_str(), "general_DeadLetters-queues");
    let classes = [
        FailureClass::Undecodable,
        FailureClass::Handler,
        FailureClass::Unavailable,
    ];
    assert_eq!(
        classes.map(FailureClass::as_str),
        ["undecodable", "handler", "unavailable"]
    );
    for class in classes {
        let stored = serde_json::to_string(&class).unwrap();
        assert_eq!(stored, format!("\"{}\"", class.as_str()));
    }
}

#[test]
fn the_longest_event_type_has_a_queue() {
    let namespace = NamespaceName::new("general").unwrap();
    let longest = EventType::new("x".repeat(128)).unwrap();
    assert_eq!(dead_letter_queue(&namespace, &longest).id().len(), 128);
}

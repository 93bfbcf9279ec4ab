//! Dead letters: events of queues, one a line as name and JSON; the snapshot of a queue, and the view of a
//! subject's letters.

use minwon_core::{
    DeadLetterBook, DeadLetterEvent, EventType, GlobalPosition, OpenQueue, Projection as _,
    SchemaVersion, Snapshot, SnapshotKey, StateSchema, Stored, StreamVersion, Timestamp, ViewKey,
    dead_letter_codec,
    testing::{recorded_event, sample_event},
};
use minwon_projections::{LetterView, LetterViews, fuzzing::kept_letters};

use super::{check_error, line};

const EVENT: &str = r#"{"position":"100","stream":"general_GeneralApplication-p-0","version":0,"id":"af17f931-ed75-5e9e-ad63-961f87949f45","type":"GeneralApplicationSubmitted","petition":"p-0"}"#;
const FAILURE: &str = r##"{"class":"handler","error":"port 1 is shut","group":"port # is shut"}"##;

pub(super) fn golden() -> Vec<Vec<u8>> {
    let head = format!(r#"{{"consumer":"notifier","key":"p-0","event":{EVENT}"#);
    let failed = format!(r#"{head},"failure":{FAILURE},"attempts":4}}"#);
    let decided = format!(r#"{head},"by":"operator-1","reason":"a duplicate"}}"#);
    let asked = format!(r#"{head},"by":"operator-1"}}"#);
    let again = format!(r#"{head},"failure":{FAILURE},"attempts":2,"kind":"compensated"}}"#);
    let parked = format!("{head}}}");
    let other = parked
        .replace(r#""100""#, r#""101""#)
        .replace("af17f931", "bf17f931");
    let letter =
        format!(r#"{{"letter":{{"failure":{FAILURE},"attempts":4,"retry_requested":true}}}}"#);
    let held = format!(
        r#"["notifier","p-0",{{"event":{EVENT},"state":{letter},"since":"2026-03-09T01:00:00Z"}}]"#
    );
    let queue = "GeneralApplicationSubmitted";
    let open =
        format!(r#"{{"type":"{queue}","held":[{held}],"owed":[["notifier","p-1",{EVENT}]]}}"#);
    let kept = format!(r#"{{"open":{open},"passed_over":0}}"#);
    let fate = |fate: &str| {
        format!(
            r#"{{"events":[{{"consumer":"notifier","key":"p-0","event":{EVENT},"since":"2026-03-09T01:00:00Z","fate":{fate}}}]}}"#
        )
    };
    let history = |lines: &[(&str, &str)]| {
        let lines = lines
            .iter()
            .map(|(name, json)| format!("DeadLetter{name} {json}\n"));
        lines.collect::<String>()
    };
    let texts = [
        history(&[
            ("Added", &failed),
            ("Parked", &other),
            ("RetryRequested", &asked),
        ]),
        history(&[
            ("Added", &failed),
            ("RetryRequested", &asked),
            ("RetryFailed", &again),
        ]),
        history(&[
            ("Added", &failed),
            ("Parked", &other),
            ("Released", &parked),
        ]),
        history(&[("Added", &failed), ("Skipped", &decided)]),
        history(&[
            ("Added", &failed),
            ("Compensated", &decided),
            ("RetryFailed", &again),
        ]),
        format!("DeadLetterQueueOpened {{\"type\":\"{queue}\"}}\n"),
        open,
        kept,
        fate(&format!(
            r#"{{"letter":{{"failure":{FAILURE},"attempts":4}}}}"#
        )),
        fate(r#""parked""#),
        fate(r#"{"given-up":{"by":"operator-1","reason":"a duplicate","owed":true}}"#),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

pub(super) fn run(input: &[u8]) {
    check_history(input);
    if let Ok(view) = serde_json::from_slice::<LetterView>(input) {
        check_view(&view);
    }
    if let Ok(open) = serde_json::from_slice::<OpenQueue>(input) {
        check_open(open);
    }
    let queue = EventType::new("GeneralApplicationSubmitted").unwrap();
    let snapshot = Snapshot {
        stream: "general_DeadLetters-GeneralApplicationSubmitted.DLQ"
            .parse()
            .unwrap(),
        schema: StateSchema::new(1),
        version: StreamVersion::FIRST,
        event_id: sample_event("fuzz").id(),
        position: GlobalPosition::START,
        state: input.to_vec(),
    };
    let key = SnapshotKey::new([7; 32]);
    assert_eq!(
        kept_letters(&snapshot, key, &queue),
        None,
        "without its seal"
    );
    if let Some(open) = kept_letters(&key.seal(snapshot), key, &queue) {
        assert!(open.is_of(&queue));
        check_open(open);
    }
}

/// What is read is folded into the book of letters and into the view of their subject.
fn check_history(mut input: &[u8]) {
    let (codec, views) = (dead_letter_codec(), LetterViews::<()>::default());
    let (mut book, mut view) = (DeadLetterBook::default(), None);
    let mut queues = Vec::new();
    while !input.is_empty() {
        let (text, rest) = line(input);
        input = rest;
        let mut parts = text.splitn(2, |&byte| byte == b' ');
        let (Some(Ok(name)), Some(json)) = (parts.next().map(str::from_utf8), parts.next()) else {
            continue;
        };
        if name.parse::<EventType>().is_err() {
            continue;
        }
        let event = match codec.decode::<DeadLetterEvent>(name, SchemaVersion::FIRST, json) {
            Ok(event) => event,
            Err(error) => {
                check_error(&error);
                continue;
            }
        };
        let written = codec.encode(&event).unwrap();
        let version = written.shape.version;
        let read =
            codec.decode::<DeadLetterEvent>(written.event_type.as_str(), version, &written.json);
        assert_eq!(read.unwrap(), event);
        book.apply(&event, Timestamp::UNIX_EPOCH);
        let stream = "general_DeadLetters-Filed.DLQ".parse().unwrap();
        let recorded = recorded_event(&stream, 0, sample_event("fuzz"));
        views.apply_letter(&mut view, &event, &recorded);
        queues.push(event.event_type().into_owned());
    }
    let _ = (book.groups(), book.newer_keys(), book.letters().count());
    queues
        .iter()
        .for_each(|queue| check_open(book.open_of(queue)));
    if let Some(view) = view {
        check_view(&view);
    }
}

/// What is open of a queue is taken over as it is.
fn check_open(open: OpenQueue) {
    let queue: EventType = {
        let json = serde_json::to_value(&open).unwrap();
        serde_json::from_value(json["type"].clone()).unwrap()
    };
    let mut book = DeadLetterBook::default();
    book.restore(open);
    let open = book.open_of(&queue);
    let json = serde_json::to_vec(&open).unwrap();
    assert_eq!(serde_json::from_slice::<OpenQueue>(&json).unwrap(), open);
    let mut again = DeadLetterBook::default();
    again.restore(open.clone());
    assert_eq!(again.open_of(&queue), open);
}

fn check_view(view: &LetterView) {
    let json = serde_json::to_vec(&Stored(view)).unwrap();
    let Stored(again) = serde_json::from_slice::<Stored<LetterView>>(&json).unwrap();
    assert_eq!(again, *view);
    let (key, mut entries) = (ViewKey::new("p-0").unwrap(), Vec::new());
    LetterViews::<()>::default().index(&key, view, &mut entries);
    let _ = view.letters().count() + view.waiting_for_a_newer_program().count();
}

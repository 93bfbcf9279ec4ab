//! What a read model keeps of a petition: its view, alone and in the document around it.

use minwon_core::{Stored, StreamVersion, ViewKey};
use minwon_petitions::PetitionView;
use minwon_projections::{
    document_json,
    fuzzing::{StoredDocument, sealed},
};

use super::petitions::{EVENTS, ask, fold, some};
use crate::corpus;

pub(super) fn golden() -> Vec<Vec<u8>> {
    let views = corpus::golden_views();
    let documents = views.iter().map(|view| {
        let streams =
            r#"[["car_CarApplication-2026-000123",3],["car_CarIssuance-2026-000123.1",0]]"#;
        let view = String::from_utf8_lossy(view);
        format!(r#"{{"streams":{streams},"view":{view}}}"#).into_bytes()
    });
    let documents: Vec<_> = documents.collect();
    let values = documents.iter().map(|json| {
        let document = StoredDocument::<PetitionView>::read(&key(), json).unwrap();
        let kept = document.write(&key());
        kept[1..kept.len() - 4].to_vec()
    });
    let values = values.collect();
    [views, documents, values].concat()
}

fn key() -> ViewKey {
    ViewKey::new("2026-000123").unwrap()
}

/// It is refused, or answers every question and goes on with every event.
pub(super) fn run(input: &[u8]) {
    if let Ok(Stored::<PetitionView>(view)) = serde_json::from_slice(input) {
        check(&view, input);
    }
    check_document(input, input);
    check_document(&sealed(&key(), input), input);
}

fn check_document(kept: &[u8], input: &[u8]) {
    let key = key();
    let _ = document_json(&key, kept);
    let Ok(mut document) = StoredDocument::<PetitionView>::read(&key, kept) else {
        return;
    };
    let kept = document.write(&key);
    let again = StoredDocument::<PetitionView>::read(&key, &kept).unwrap();
    assert_eq!(again.write(&key), kept);
    let json = document_json(&key, &kept).unwrap();
    let again = StoredDocument::<PetitionView>::read(&key, json.as_bytes()).unwrap();
    assert_eq!(again.write(&key), kept);
    let other = ViewKey::new("2026-000124").unwrap();
    assert!(StoredDocument::<PetitionView>::read(&other, &kept).is_err());
    if let Some(view) = document.view() {
        check(view, input);
    }
    let (event, _) = &EVENTS[0];
    let mut event = event.clone();
    for version in [0, 1, 4, 5, u64::MAX] {
        event.version = StreamVersion::new(version);
        document.advance(&event);
    }
}

fn check(view: &PetitionView, input: &[u8]) {
    let json = serde_json::to_vec(&Stored(view)).unwrap();
    let Stored(again) = serde_json::from_slice::<Stored<PetitionView>>(&json).unwrap();
    assert_eq!(again, *view);
    ask(view);
    some(&EVENTS, input).for_each(|event| fold(Some(view), event));
}

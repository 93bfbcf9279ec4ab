//! What is compared to move on: checkpoints of slices, catalogues of generations, positions and tokens.

use std::{error::Error, fmt::Display, str::FromStr};

use minwon_core::{
    Catalogue, CheckpointTextError, GlobalPosition, ListPlace, SliceCheckpoint, StoreErrorKind,
    StreamName, Timestamp, Token,
};

use super::{check_error, inputs};

pub(super) fn golden() -> Vec<Vec<u8>> {
    inputs(&[
        r#"{"incarnation":"0000000000c0ffee","schema":3,"phase":"ready","position":[70,68],"at":"2026-03-09T01:00:00Z"}"#,
        r#"{"incarnation":"0000000000c0ffee","schema":3,"phase":"building","position":[70,68],"event":["general_CarIssuance-2026-000123.1",4,"39ad8a40-ea5f-5084-8ebc-0b3187a01030"],"at":"2026-03-09T01:00:00Z"}"#,
        r#"{"active":1,"newest":2,"generations":[{"generation":1,"schema":7,"slices":16}]}"#,
        r#"{"active":2,"previous":1,"newest":3,"generations":[{"generation":1,"schema":7,"slices":16},{"generation":2,"schema":8,"slices":1}]}"#,
        "42",
        "70/68",
        "general@70/68",
        "general_CarIssuance-2026-000123.1",
        "2026-03-09T10:00:00.25+09:00",
        "0000000000000007 p-1",
    ])
}

pub(super) fn run(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        check_checkpoint(text);
        check_text::<GlobalPosition>(text);
        check_text::<ListPlace>(text);
        check_text::<StreamName>(text);
        check_text::<Timestamp>(text);
        check_text::<Token>(text);
    }
    match Catalogue::from_text(input) {
        Ok(None) => {}
        Ok(Some(catalogue)) => {
            let text = catalogue.to_text();
            let again = Catalogue::from_text(text.as_bytes()).unwrap();
            assert_eq!(again.as_ref(), Some(&catalogue));
            let next = catalogue.next_generation();
            assert!(catalogue.info(next).is_none(), "{text}");
            assert!(next > catalogue.newest && next > catalogue.active, "{text}");
        }
        Err(error) => {
            check_error(&error);
            assert_eq!(error.kind(), StoreErrorKind::NewerVersion);
        }
    }
}

/// Stores compare texts, so only the text that a checkpoint has is one: of any other, nobody could ever
/// say that it is the one that was expected.
fn check_checkpoint(text: &str) {
    match SliceCheckpoint::from_text(text) {
        Ok(checkpoint) => assert_eq!(checkpoint.to_text(), text),
        Err(error) => {
            check_error(&error);
            assert!(error.source().is_some());
            let is_newer = matches!(error, CheckpointTextError::Newer(_));
            assert!(!is_newer || text.contains("incarnation"), "{text}");
        }
    }
}

/// What is read, is shown in a text that is read as the same.
fn check_text<T: FromStr<Err: Error + 'static> + Display + PartialEq>(text: &str) {
    match text.parse::<T>() {
        Ok(read) => assert!(
            read.to_string()
                .parse::<T>()
                .is_ok_and(|again| again == read)
        ),
        Err(error) => check_error(&error),
    }
}

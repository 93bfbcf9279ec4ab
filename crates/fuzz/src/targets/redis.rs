//! Answers of a Redis, as they come over the wire; and names, members and cursors that stand in them.

use minwon_adapters::redis::fuzzing;
use minwon_core::{CLAIMANTS_MAX, GenerationName, ModelName, StoreError, StoreErrorKind};

use super::{check_error, inputs};

pub(super) fn golden() -> Vec<Vec<u8>> {
    let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
    let checkpoint = bulk(
        r#"{"incarnation":"0000000000000007","schema":1,"phase":"ready","position":[70,68],"at":"2026-03-09T01:00:00Z"}"#,
    );
    let array = |parts: &[String]| format!("*{}\r\n{}", parts.len(), parts.concat());
    let nil = "$-1\r\n".to_owned();
    let member = bulk("3:all0000000000000007p-1");
    let info = "# Server\r\nredis_version:7.4.1\r\nredis_mode:standalone\r\nmaxmemory_policy:noeviction\r\n";
    let keys = ["d:p-1", "l:receipt", "o:work", "c:day:2026-03-09"];
    let keys =
        keys.map(|key| format!("minwon:3:{{general:petitions:g1:7}}:0000000000000007:{key}"));
    let catalogue =
        r#"{"active":1,"newest":2,"generations":[{"generation":1,"schema":7,"slices":16}]}"#;
    let texts = [
        checkpoint.clone(),
        array(&[
            checkpoint.clone(),
            bulk(r#"{"streams":[],"view":7}"#),
            nil.clone(),
            array(&[bulk("5:valuep-1"), bulk("5:valuep-2")]),
            member.clone(),
            bulk("3"),
            nil,
        ]),
        array(&[checkpoint.clone(), array(&[member])]),
        array(&[checkpoint, array(&[bulk("received"), bulk("3")])]),
        bulk(catalogue),
        bulk(info),
        ":1\r\n".to_owned(),
        "-NOSCRIPT no such script\r\n".to_owned(),
        "%1\r\n+a\r\n:1\r\n".to_owned(),
        "3:all0000000000000007p-1".to_owned(),
        "5:valuep-1".to_owned(),
        r#"{"nodes":["10.0.0.1:6379"],"topology":"t","node":0,"cursor":17,"indexes":[["a","b"]]}"#
            .to_owned(),
    ];
    let texts = texts.iter().chain(&keys).map(String::as_str);
    inputs(&texts.collect::<Vec<_>>())
}

pub(super) fn run(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        check_text(text);
    }
    let Some(read) = fuzzing::read(input) else {
        return;
    };
    check(
        Some(read.checkpoint),
        &[StoreErrorKind::Corrupt, StoreErrorKind::NewerVersion],
    );
    check(Some(read.catalogue), &[StoreErrorKind::NewerVersion]);
    check(Some(read.server), &[StoreErrorKind::Misconfigured]);
    check(read.page, &[StoreErrorKind::Corrupt]);
    check(read.counts, &[StoreErrorKind::Corrupt]);
    if let Some(loaded) = check(read.loaded, &[StoreErrorKind::Corrupt]) {
        let lengths = [
            loaded.documents.len(),
            loaded.lookups.len(),
            loaded.lists.len(),
        ];
        assert_eq!((lengths, loaded.counts.len()), ([2, 1, 1], 2));
        let claimants = &loaded.lookups[0];
        assert!(claimants.len() <= CLAIMANTS_MAX && claimants.is_sorted());
    }
}

/// It is read, or refused with an error of one of these kinds.
fn check<T>(read: Option<Result<T, StoreError>>, kinds: &[StoreErrorKind]) -> Option<T> {
    match read? {
        Ok(read) => Some(read),
        Err(error) => {
            check_error(&error);
            assert!(kinds.contains(&error.kind()), "{error:?}");
            None
        }
    }
}

fn check_text(text: &str) {
    for again in fuzzing::members(text) {
        assert_eq!(again, text);
    }
    let generation = GenerationName {
        model: ModelName {
            namespace: "general".parse().unwrap(),
            projection: "petitions".parse().unwrap(),
        },
        generation: minwon_core::Generation::FIRST,
    };
    if fuzzing::is_part_of(&generation, text) {
        assert!(text.starts_with("minwon:3:{general:petitions:g1:"));
    }
    if let Ok(cursor) = fuzzing::resumed(text) {
        let again = fuzzing::resumed(cursor.as_str()).unwrap();
        assert_eq!(again.as_str(), cursor.as_str());
    }
}

//! Processes that are asked to end, spoken to over pipes: what they answered is there, and what they were at
//! is done, by them or by the next one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "ends/child.rs"]
mod child;
#[path = "ends/parent.rs"]
mod parent;

use minwon_test_panics as _;

use std::{collections::BTreeSet, path::Path};

use minwon::{
    PetitionService, ReadModels, Store, StoreUrl,
    engine::{CheckpointName, CheckpointStore as _, Slice},
    petitions::ApplicationStatus,
};
use serde_json::Value;

use self::{
    child::start,
    parent::{Child, status},
};

/// Answered, under way, refused: each petition is one of these, and nothing is handled twice.
#[tokio::test]
async fn who_is_asked_to_end_ends_what_is_under_way_and_nothing_else() {
    let (mut child, place) = Child::start();
    child.tell("file p-1");
    child.expect("filed p-1");
    child.tell("issue p-2");
    child.expect("asked p-2");
    child.signal("TERM");
    let socket = child.expect("ending");
    child.tell("file p-3");
    child.expect("refused p-3");
    child.tell("answer");
    child.expect("issued p-2");
    let ended: Value = serde_json::from_str(&child.expect("stopped 0")).unwrap();
    assert_eq!(child.exit_code(), Some(0));
    assert!(!Path::new(&socket).exists(), "{socket}");

    let (service, register) = start(&place.url());
    assert_eq!(
        status(&service, "p-1").await,
        Some(ApplicationStatus::Received)
    );
    assert_eq!(
        status(&service, "p-2").await,
        Some(ApplicationStatus::Completed)
    );
    assert_eq!(status(&service, "p-3").await, None);
    check_checkpoints(&service, &ended).await;
    register.close();
    service.settled().await.unwrap();
    let elsewhere = Store::open(&StoreUrl::Memory).unwrap();
    let all = service
        .namespace()
        .projector(ReadModels::beside(&elsewhere));
    let all = all.catch_up().await.unwrap().models[0].folded_events;
    let before = ended["projector"]["models"][0]["folded_events"].as_u64();
    let after = service.status().projector.models[0].folded_events;
    assert_eq!(before.unwrap() + after, all, "no event is folded twice");
    service.stop().await;
}

/// Where each reactor was when it ended is where the next one begins.
async fn check_checkpoints(service: &PetitionService, ended: &Value) {
    for reactor in ended["reactors"].as_array().unwrap() {
        for slice in reactor["slices"].as_array().unwrap() {
            let name = CheckpointName {
                namespace: service.namespace().name().clone(),
                consumer: reactor["reactor"].as_str().unwrap().parse().unwrap(),
                slice: Slice::new(slice["slice"].as_u64().unwrap().try_into().unwrap()),
            };
            let saved = service.namespace().store().load_checkpoint(&name).await;
            let said = slice["position"].as_str().unwrap();
            assert!(saved.unwrap() >= said.parse().unwrap(), "{name}: {said}");
        }
    }
}

/// Many file at once while the signal comes.
#[tokio::test]
async fn what_was_answered_is_there_and_what_was_refused_is_not() {
    let (mut child, place) = Child::start();
    child.tell("flood");
    let (mut filed, mut refused) = (BTreeSet::new(), BTreeSet::new());
    loop {
        let line = child.next();
        let (word, rest) = line.split_once(' ').unwrap();
        match word {
            "filed" => {
                filed.insert(rest.to_owned());
                if filed.len() == 50 {
                    child.signal("TERM");
                }
            }
            "refused" => {
                refused.insert(rest.to_owned());
            }
            "ending" => {}
            "stopped" => break assert!(rest.starts_with("0 "), "{rest}"),
            _ => panic!("{line}"),
        }
    }
    assert_eq!(child.exit_code(), Some(0));
    assert_eq!(
        refused.len(),
        child::FLOOD,
        "each was refused once, and went"
    );
    let (service, _register) = start(&place.url());
    for petition in &filed {
        let status = status(&service, petition).await;
        assert_eq!(status, Some(ApplicationStatus::Received), "{petition}");
    }
    for petition in &refused {
        assert_eq!(status(&service, petition).await, None, "{petition}");
    }
    service.stop().await;
}

/// Though the call under way would have half an hour.
#[tokio::test]
async fn a_second_signal_ends_it_at_once_and_nothing_is_lost() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let (mut child, place) = Child::start();
        child.tell("file p-1");
        child.expect("filed p-1");
        child.tell("issue p-2");
        child.expect("asked p-2");
        child.signal("TERM");
        child.expect("ending");
        child.signal(signal);
        assert_eq!(child.exit_code(), Some(code));

        let (service, register) = start(&place.url());
        assert_eq!(
            status(&service, "p-1").await,
            Some(ApplicationStatus::Received)
        );
        register.close();
        service.settled().await.unwrap();
        assert_eq!(
            status(&service, "p-2").await,
            Some(ApplicationStatus::Completed)
        );
        service.stop().await;
    }
}

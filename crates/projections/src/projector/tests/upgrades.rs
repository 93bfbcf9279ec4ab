//! Events that this version of the program cannot read, and the next one may.

use minwon_core::{
    DeadLetterEvent, EventFault, EventStore as _, FailureClass, FaultKind, StoredEvent as _,
};

use super::{poison::letters_of, *};
use crate::{
    ModelReader,
    testing::{Sum, Versioned, held},
};

/// Folds on until nothing more is written.
async fn settle(log: &Log, read_models: &MemoryReadModels, decoder: Versioned) {
    loop {
        let head = log.head();
        let (store, read_models) = (log.store.clone(), read_models.clone());
        let builder = ProjectorBuilder::new(namespace(), store, read_models, decoder, SystemClock);
        builder.project(Sums::new()).catch_up().await.unwrap();
        if log.head() == head {
            return;
        }
    }
}

/// Returns how often dead letters have an event of this name.
fn written(log: &Log, name: &str) -> usize {
    let written = super::poison::written(log);
    let written = written.iter().filter(|event| event.shape().name == name);
    written.count()
}

/// Whether what stands in `read_models` is what a program of the second version folds alone.
async fn assert_whole(log: &Log, read_models: &MemoryReadModels) {
    let alone = MemoryReadModels::new();
    settle(log, &alone, Versioned(2)).await;
    let of = generation(1);
    assert_eq!(held(read_models, &of).await, held(&alone, &of).await);
    let letters = letters_of(log);
    letters.refresh().await.unwrap();
    let blocked = letters.look(|book| {
        let all = book.consumers().flat_map(|(_, letters)| letters.keys());
        all.count()
    });
    assert_eq!(blocked, 0);
}

#[test]
fn what_a_newer_program_wrote_waits_without_a_letter_and_goes_on_with_that_program() {
    run(async {
        let (log, read_models) = (Log::of(&[2, 1]), MemoryReadModels::new());
        log.append_newer("p-0", 17);
        log.append("p-0");
        log.append_newer("p-2", 18);
        log.append("p-1");
        settle(&log, &read_models, Versioned(1)).await;
        let letters = letters_of(&log);
        letters.refresh().await.unwrap();
        assert_eq!(letters.look(|book| book.letters().count()), 0);
        let operator = letters.operator(minwon_core::ActorId::new("operator-1").unwrap());
        let waiting = operator.list(&crate::Selection::Newer).await.unwrap();
        let waiting: Vec<_> = waiting.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(waiting, ["p-0", "p-2"]);
        let reader = ModelReader::new(namespace(), Sums::new(), read_models.clone(), SystemClock);
        let events = async |petition| {
            let view: Option<Sum> = reader
                .get(&crate::testing::key(petition))
                .await
                .unwrap()
                .value;
            view.map(|view| view.events)
        };
        assert_eq!(events("p-0").await, Some(2), "it waits");
        assert_eq!(events("p-1").await, Some(2), "all others go on");
        // To start the old program again asks for nothing.
        let head = log.head();
        settle(&log, &read_models, Versioned(1)).await;
        assert_eq!(log.head(), head);
        settle(&log, &read_models, Versioned(2)).await;
        assert_eq!(events("p-0").await, Some(4));
        assert_eq!(events("p-2").await, Some(1));
        assert_eq!(
            written(&log, "RetryRequested"),
            2,
            "each key is asked for once"
        );
        assert_eq!(written(&log, "RetryFailed"), 0);
        assert_whole(&log, &read_models).await;
    });
}

#[test]
fn what_waits_for_a_program_that_never_comes_back_can_be_skipped() {
    run(async {
        let (log, read_models) = (Log::of(&[2]), MemoryReadModels::new());
        log.append_newer("p-0", 17);
        log.append("p-0");
        settle(&log, &read_models, Versioned(1)).await;
        let letters = letters_of(&log);
        let operator = letters.operator(minwon_core::ActorId::new("operator-1").unwrap());
        let waiting = operator.list(&crate::Selection::Newer).await.unwrap();
        operator
            .skip(&waiting, "rolled back for good")
            .await
            .unwrap();
        settle(&log, &read_models, Versioned(1)).await;
        assert_whole(&log, &read_models).await;
    });
}

#[test]
fn what_could_not_be_read_is_tried_again_by_a_decoder_that_has_changed_and_by_no_other() {
    run(async {
        let (log, read_models) = (Log::of(&[1, 1]), MemoryReadModels::new());
        log.append_saying("p-0", "x17");
        log.append("p-0");
        log.append_saying("p-1", "nonsense");
        settle(&log, &read_models, Versioned(1)).await;
        settle(&log, &read_models, Versioned(1)).await;
        assert_eq!(
            (written(&log, "Added"), written(&log, "RetryRequested")),
            (2, 0)
        );
        for _ in 0..2 {
            settle(&log, &read_models, Versioned(2)).await;
            assert_eq!(written(&log, "RetryRequested"), 2);
            assert_eq!(written(&log, "RetryFailed"), 1, "what stays nonsense");
        }
        let letters = letters_of(&log);
        letters.refresh().await.unwrap();
        let left = letters.look(|book| {
            let left = book.letters().map(|(_, key, _)| key.to_owned());
            left.collect::<Vec<_>>()
        });
        assert_eq!(left, ["p-1"]);
    });
}

#[test]
fn what_the_store_cannot_read_holds_the_key_of_its_stream_and_no_other() {
    for kind in [FaultKind::Foreign, FaultKind::Malformed, FaultKind::Damaged] {
        run(async {
            let (log, read_models) = (Log::of(&[2, 1]), MemoryReadModels::new());
            let bad = log.plant("p-0", kind);
            log.plant("p-7", kind);
            log.append("p-0");
            log.append("p-1");
            settle(&log, &read_models, Versioned(1)).await;
            let added: Vec<_> = super::poison::written(&log)
                .into_iter()
                .filter_map(|event| match event {
                    DeadLetterEvent::Added(added) => Some(added),
                    _ => None,
                })
                .collect();
            let mut added = added;
            added.sort_by_key(|added| added.event.position);
            let keys: Vec<_> = added.iter().map(|added| added.key.as_str()).collect();
            assert_eq!(keys, ["p-0", "p-7"]);
            assert!(
                added
                    .iter()
                    .all(|it| it.failure.class == FailureClass::Damaged)
            );
            assert_eq!(added[0].event.position, bad);
            assert_eq!(written(&log, "Parked"), 1);
            // Neither the same program nor the next one asks for what nobody can read.
            settle(&log, &read_models, Versioned(2)).await;
            assert_eq!(written(&log, "RetryRequested"), 0);
            // An operator asks in vain, and then goes on without it.
            let letters = letters_of(&log);
            super::poison::ask_again(&letters, "p-0", added[0].event.clone()).await;
            settle(&log, &read_models, Versioned(2)).await;
            assert_eq!(written(&log, "RetryFailed"), 1);
            for added in added {
                super::poison::skip(&letters, &added.key, added.event).await;
            }
            settle(&log, &read_models, Versioned(2)).await;
            assert_whole(&log, &read_models).await;
        });
    }
}

#[test]
fn what_is_no_letter_among_letters_stops_nobody() {
    run(async {
        let (log, read_models) = (Log::of(&[1, 1]), MemoryReadModels::new());
        log.append_saying("p-0", "nonsense");
        settle(&log, &read_models, Versioned(1)).await;
        let letters = letters_of(&log);
        letters.refresh().await.unwrap();
        let letter = poison::first_letter(&log, "p-0").await;
        let queue = minwon_core::dead_letter_queue(&namespace(), &letter.event_type);
        let directory = minwon_core::dead_letter_directory(&namespace());
        let junk = "general_DeadLetters-Junk.DLQ".parse().unwrap();
        for stream in [&queue, &directory, &junk] {
            log.store
                .plant(stream, EventFault::new(FaultKind::Foreign, "by hand"));
            let event = [crate::testing::numbered("p-9", 7, log.head().commit())];
            let any = minwon_core::ExpectedVersion::Any;
            log.store.append(stream, any, &event).await.unwrap();
        }
        log.append("p-0");
        log.append("p-1");
        settle(&log, &read_models, Versioned(1)).await;
        assert_eq!(written(&log, "Parked"), 1, "behind the junk");
        let operator = letters.operator(minwon_core::ActorId::new("operator-1").unwrap());
        let list = operator.list(&crate::Selection::All).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(operator.show(&list[0]).await.unwrap().history.len(), 1);
        assert_eq!(letters.passed_over(), 4);
        super::poison::skip(&letters, "p-0", letter).await;
        settle(&log, &read_models, Versioned(1)).await;
        assert_whole(&log, &read_models).await;
    });
}

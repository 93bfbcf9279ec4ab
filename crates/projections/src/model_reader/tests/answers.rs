//! Single views, and when there is no answer.

use minwon_core::{IndexEntry, ListChange, SliceWrites};

use super::*;

#[test]
fn a_view_is_found_by_key_and_by_value() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let reader = reader(&read_models, SystemClock);
        for number in 0..20 {
            let key = key(&format!("p-{number}"));
            let answer = reader.get(&key).await.unwrap();
            let sum = answer.value.expect("it was folded");
            assert_eq!(sum.events, 3);
            assert_eq!(answer.as_of.position, log.head());
            assert_eq!(answer.as_of.generation.get(), 1);
            assert!(!answer.as_of.went_backwards);
            let value = lookup(&format!("{key}/{}", sum.sum));
            let found = reader.find(&value).await.unwrap();
            assert_eq!(found.value, Some((key, sum)));
        }
        assert_eq!(reader.get(&key("nobody")).await.unwrap().value, None);
        let nothing = reader.find(&lookup("nothing")).await.unwrap();
        assert_eq!(nothing.value, None);
        let counts = reader.counts(PARITY, "all").await.unwrap().value;
        assert_eq!(counts.values().sum::<u64>(), 20);
        let none = reader.counts(PARITY, "none").await.unwrap().value;
        assert!(none.is_empty());
    });
}

#[test]
fn nothing_is_said_to_be_missing_before_the_read_model_is_complete() {
    run(async {
        let log = endless(&[3; 20]);
        let read_models = Flaky::sound(&log);
        assert!(all_rebuilding(&read_models).await, "never built");
        let builder = projector(&log, &read_models).project(Sums::new());
        drop(builder.catch_up().await.unwrap_err());
        assert!(all_rebuilding(&read_models).await, "half built");
        let answer = reader(&read_models, SystemClock).get(&key("p-0")).await;
        let Err(QueryError::Rebuilding { position, .. }) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(position, GlobalPosition::new(60));
    });
}

#[test]
fn nothing_is_said_to_be_missing_after_everything_was_lost() {
    run(async {
        let log = Log::of(&[3; 20]);
        let read_models = Flaky::sound(&log);
        catch_up(&log, &read_models).await;
        let reader = reader(&read_models, SystemClock);
        assert!(reader.get(&key("p-0")).await.unwrap().value.is_some());
        read_models.flush(&[generation(1)]);
        assert!(is_rebuilding(&reader.get(&key("p-0")).await));
        assert!(all_rebuilding(&read_models).await);
        catch_up(&log, &read_models).await;
        assert!(reader.get(&key("p-0")).await.unwrap().value.is_some());
    });
}

#[test]
fn a_lost_slice_is_rebuilding_and_the_others_answer() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 40]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let lost = slice_of(&generation(1), "p-0");
        read_models.wipe(&lost);
        let reader = reader(&read_models, SystemClock);
        for number in 0..40 {
            let petition = format!("p-{number}");
            let is_lost = slice_of(&generation(1), &petition) == lost;
            let answer = reader.get(&key(&petition)).await;
            assert_eq!(is_rebuilding(&answer), is_lost, "{petition}");
            if let Ok(Answer {
                value: Some(sum), ..
            }) = answer
            {
                let value = lookup(&format!("{petition}/{}", sum.sum));
                assert!(reader.find(&value).await.unwrap().value.is_some());
            }
        }
        assert!(is_rebuilding(&reader.find(&lookup("nothing")).await));
        assert!(is_rebuilding(&reader.counts(PARITY, "all").await));
        let part = ListPart::first(NonZeroU32::MIN);
        assert!(is_rebuilding(&reader.list(&list_of("even"), &part).await));
    });
}

#[test]
fn an_answer_is_as_of_the_slowest_slice_that_was_asked() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let slow = slice_of(&generation(1), "p-0");
        let (behind, copy) = (log.head(), read_models.snapshot(&slow));
        let head = log.append("p-7");
        catch_up(&log, &read_models).await;
        read_models.restore(&copy);
        let reader = reader(&read_models, SystemClock);
        let of_key = async |petition| reader.get(&key(petition)).await.unwrap().as_of.position;
        assert_eq!(of_key("p-0").await, behind);
        assert_eq!(of_key("p-7").await, head);
        let counts = reader.counts(PARITY, "all").await.unwrap();
        assert_eq!(counts.as_of.position, behind);
        let (list, all) = (list_of("even"), ListPart::first(NonZeroU32::MAX));
        let listed = reader.list(&list, &all).await.unwrap();
        assert_eq!(listed.as_of.position, behind);
        let nothing = reader.find(&lookup("nothing")).await.unwrap();
        assert_eq!(nothing.as_of.position, behind);
    });
}

#[test]
fn a_program_of_another_fold_gets_an_error() {
    run(async {
        let (log, read_models) = (Log::of(&[3]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let sums = Sums::with_schema(2);
        let reader = ModelReader::new(namespace(), sums, read_models, SystemClock);
        for _ in 0..2 {
            let answer = reader.get(&key("p-0")).await;
            assert!(matches!(answer, Err(QueryError::OtherFold { .. })));
        }
    });
}

#[test]
fn a_damaged_document_is_an_error() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 3]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let writes = SliceWrites {
            documents: vec![(key("p-1"), Some("half a docu".into()))],
            ..SliceWrites::default()
        };
        by_hand(&read_models, "p-1", writes).await;
        let reader = reader(&read_models, SystemClock);
        let answer = reader.get(&key("p-1")).await;
        let Err(QueryError::Damaged { key: of, .. }) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(of, key("p-1"));
        assert!(reader.get(&key("p-2")).await.is_ok());
    });
}

/// A value leads to a view only as long as that claims it.
#[test]
fn a_value_that_leads_astray_leads_nowhere() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 3]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let stale = lookup("p-1/0");
        let writes = SliceWrites {
            lookups: vec![(stale.clone(), key("p-1"), ListChange::Take)],
            ..SliceWrites::default()
        };
        by_hand(&read_models, "p-1", writes).await;
        let reader = reader(&read_models, SystemClock);
        assert_eq!(reader.find(&stale).await.unwrap().value, None);
        // Where another slice is not complete, nobody knows.
        let other = slice_of(&generation(1), "p-2");
        assert_ne!(other, slice_of(&generation(1), "p-1"));
        read_models.wipe(&other);
        assert!(is_rebuilding(&reader.find(&stale).await));
    });
}

/// Claims what is the same for all.
#[derive(Debug)]
struct Careless(Sums);

impl Projection for Careless {
    type Event = u64;
    type View = crate::testing::Sum;

    fn name(&self) -> &minwon_core::ProjectionName {
        self.0.name()
    }

    fn schema(&self) -> minwon_core::ViewSchema {
        self.0.schema()
    }

    fn apply(
        &self,
        view: &mut Option<Self::View>,
        event: &u64,
        recorded: &minwon_core::RecordedEvent,
    ) {
        self.0.apply(view, event, recorded);
    }

    fn index(&self, _: &ViewKey, _: &Self::View, entries: &mut Vec<IndexEntry>) {
        entries.push(IndexEntry::lookup(LAST, "the same"));
    }
}

/// Claims the number of its events, and stands once in a list for each of them.
#[derive(Debug)]
struct Counting(Sums);

impl Projection for Counting {
    type Event = u64;
    type View = crate::testing::Sum;

    fn name(&self) -> &minwon_core::ProjectionName {
        self.0.name()
    }

    fn schema(&self) -> minwon_core::ViewSchema {
        self.0.schema()
    }

    fn apply(
        &self,
        view: &mut Option<Self::View>,
        event: &u64,
        recorded: &minwon_core::RecordedEvent,
    ) {
        self.0.apply(view, event, recorded);
    }

    fn index(&self, _: &ViewKey, view: &Self::View, entries: &mut Vec<IndexEntry>) {
        entries.push(IndexEntry::lookup(LAST, "the same"));
        entries.push(IndexEntry::lookup(LAST, view.events.to_string()));
        for order in 0..view.events {
            let place = IndexEntry::listed(STEPS, "all", minwon_core::Order::new(order));
            entries.push(place);
        }
    }
}

async fn counting(
    log: &Log,
    read_models: &MemoryReadModels,
) -> ModelReader<Counting, MemoryReadModels, SystemClock> {
    let builder = projector(log, read_models).project(Counting(Sums::new()));
    builder.catch_up().await.unwrap();
    let counting = Counting(Sums::new());
    ModelReader::new(namespace(), counting, read_models.clone(), SystemClock)
}

/// Also where they are of one slice.
#[test]
fn of_several_that_claim_a_value_each_is_found_by_what_is_known_of_it() {
    run(async {
        // Sixteen slices: of twenty petitions some share one.
        let lengths: Vec<_> = (1..=20).collect();
        let (log, read_models) = (Log::of(&lengths), MemoryReadModels::new());
        let reader = counting(&log, &read_models).await;
        let mut sums = std::collections::BTreeSet::new();
        for number in 0..20 {
            let key = key(&format!("p-{number}"));
            let sum = reader.get(&key).await.unwrap().value.unwrap().sum;
            assert!(sums.insert(sum), "their sums distinguish them");
            let found = reader
                .find_where(&lookup("the same"), |view| view.sum == sum)
                .await;
            assert_eq!(found.unwrap().value.unwrap().0, key);
        }
        let nobody = reader
            .find_where(&lookup("the same"), |view| view.events > 20)
            .await;
        assert_eq!(nobody.unwrap().value, None);
        let all = reader.find(&lookup("the same")).await;
        let Err(error @ QueryError::Ambiguous { .. }) = all else {
            panic!("twenty claim it");
        };
        assert!(error.to_string().contains("whose"), "{error}");
    });
}

#[test]
fn who_is_left_with_a_value_is_found_by_it() {
    run(async {
        let twin = |petition: &&String| {
            slice_of(&generation(1), petition) == slice_of(&generation(1), "p-0")
        };
        let petitions: Vec<_> = (1..99).map(|number| format!("p-{number}")).collect();
        let (one, other) = ("p-0", petitions.iter().find(twin).unwrap());
        for goes in [one, other] {
            let (log, read_models) = (Log::new(), MemoryReadModels::new());
            log.append(one);
            log.append(other);
            let reader = counting(&log, &read_models).await;
            let both = reader.find(&lookup("1")).await;
            assert!(
                matches!(both, Err(QueryError::Ambiguous { .. })),
                "{both:?}"
            );
            log.append(goes);
            let reader = counting(&log, &read_models).await;
            let stays = if goes == one { other } else { one };
            for (value, wanted) in [("1", stays), ("2", goes)] {
                let found = reader.find(&lookup(value)).await.unwrap().value;
                assert_eq!(found.unwrap().0, key(wanted));
            }
        }
    });
}

/// Pages of any size come to the whole list.
#[test]
fn a_view_with_several_places_in_a_list_is_shown_at_each_of_them() {
    run(async {
        let (log, read_models) = (Log::of(&[3, 1, 2]), MemoryReadModels::new());
        let reader = counting(&log, &read_models).await;
        let list = ListName {
            index: STEPS,
            partition: "all".into(),
        };
        let all = ["p-0", "p-1", "p-2", "p-0", "p-2", "p-0"];
        for limit in 1..8 {
            let (mut shown, mut part) =
                (Vec::new(), ListPart::first(NonZeroU32::new(limit).unwrap()));
            loop {
                let page = reader.list(&list, &part).await.unwrap().value;
                shown.extend(page.views.into_iter().map(|(key, _)| key));
                let Some(next) = page.next else { break };
                part = part.after(next);
            }
            assert_eq!(shown, all.map(key), "{limit} at a time");
        }
    });
}

#[test]
fn a_value_that_several_claim_is_ambiguous() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 3]), MemoryReadModels::new());
        let builder = projector(&log, &read_models).project(Careless(Sums::new()));
        builder.catch_up().await.unwrap();
        let careless = Careless(Sums::new());
        let reader = ModelReader::new(namespace(), careless, read_models, SystemClock);
        let answer = reader.find(&lookup("the same")).await;
        let Err(QueryError::Ambiguous { keys, .. }) = answer else {
            panic!("{answer:?}");
        };
        assert!(keys.len() > 1, "{keys:?}");
    });
}

#[test]
fn a_store_that_is_away_is_no_answer() {
    run(async {
        let log = Log::of(&[3]);
        let read_models = Flaky::sound(&log);
        catch_up(&log, &read_models).await;
        let reader = reader(&read_models, SystemClock);
        assert!(reader.get(&key("p-0")).await.is_ok());
        read_models.go_away();
        let answer = reader.get(&key("p-0")).await;
        assert!(matches!(answer, Err(QueryError::Store(_))), "{answer:?}");
    });
}

/// Handlers of web frameworks and `tokio::spawn` ask for it.
#[test]
fn all_that_is_waited_for_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let (log, models) = (Log::new(), MemoryReadModels::new());
    let reader = reader(&models, SystemClock);
    let (key, lookup, list) = (key("p"), lookup("v"), list_of("even"));
    let (part, token) = (
        ListPart::first(NonZeroU32::MIN),
        Token {
            namespace: namespace(),
            position: GlobalPosition::START,
        },
    );
    is_send(reader.get(&key));
    is_send(reader.find(&lookup));
    is_send(reader.list(&list, &part));
    is_send(reader.counts(PARITY, "all"));
    is_send(reader.wait_for(&token, Duration::ZERO));
    is_send(reader.wait_for_key(&token, &key, Duration::ZERO));
    is_send(projector(&log, &models).project(Sums::new()).catch_up());
    is_send(projector(&log, &models).rebuild(Sums::new()));
    let first = minwon_core::Generation::FIRST;
    is_send(projector(&log, &models).resume_rebuild(Sums::new(), first));
    let (one, model) = (generation(1), crate::testing::model());
    is_send(crate::promote(&models, &one));
    is_send(crate::roll_back(&models, &model));
    is_send(crate::retire(&models, &one));
    let (sums, all) = (Sums::new(), minwon_core::EventFilter::all());
    let (store, numbers) = (&log.store, crate::testing::Numbers);
    is_send(crate::verify(
        store,
        &models,
        numbers,
        sums,
        &all,
        &one,
        |_| (),
    ));
    is_send(crate::measure_lag(
        store,
        &models,
        &model,
        &all,
        &SystemClock,
    ));
    is_send(crate::fold_log(store, GlobalPosition::START, all, |_| {
        Ok::<(), std::fmt::Error>(())
    }));
    let rebuild = |rebuild: crate::Rebuild<minwon_core::testing::MemoryStore, MemoryReadModels>| {
        is_send(rebuild.reached(GlobalPosition::START));
        is_send(rebuild.caught_up(|_| ()));
    };
    let other = |rebuild: crate::Rebuild<minwon_core::testing::MemoryStore, MemoryReadModels>| {
        is_send(rebuild.promote());
    };
    let last = |rebuild: crate::Rebuild<minwon_core::testing::MemoryStore, MemoryReadModels>| {
        is_send(rebuild.abandon());
    };
    let projector = |projector: crate::Projector| {
        is_send(projector.reached(GlobalPosition::START));
        is_send(projector.stop());
    };
    let _ = (rebuild, other, last, projector);
}

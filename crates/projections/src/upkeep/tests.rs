use minwon_adapters::SystemClock;
use minwon_core::{
    ReadModelAdmin, ReadModelStore, SliceWrites,
    testing::{Call, CallError, Hook, Hooked, MemoryReadModels},
};
use tokio::sync::Barrier;

use super::*;
use crate::{
    Earlier, ModelReader, Versions, promote, retire,
    testing::{
        Fault, Faults, Flaky, Fragile, Log, Sums, by_hand, check, fragile, generation, key, model,
        namespace, projector, run,
    },
};

/// A service with its read model, and what an operator does about it.
fn keep<R>(log: &Log, read_models: &R) -> (Projector, Upkeep)
where
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    let versions = Versions::of(Sums::new());
    let builder = projector(log, read_models).project_versions(versions);
    builder.start_with_upkeep()
}

async fn look(upkeep: &Upkeep) -> ModelLook {
    upkeep.look(&model()).await.unwrap()
}

async fn generation_look(upkeep: &Upkeep, number: u32) -> Option<GenerationLook> {
    let number = Generation::new(number);
    let generations = look(upkeep).await.generations;
    generations.into_iter().find(|it| it.generation == number)
}

async fn roles(upkeep: &Upkeep) -> Vec<(u32, GenerationRole)> {
    let generations = look(upkeep).await.generations.into_iter();
    generations
        .map(|it| (it.generation.get(), it.role))
        .collect()
}

/// Waits until something is so; within an hour of paused time.
async fn until<F: Future<Output = bool>>(is_so: impl Fn() -> F) {
    while !is_so().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn built(upkeep: &Upkeep, number: u32) -> Work {
    let work = async || {
        let build = generation_look(upkeep, number).await?.build;
        Some(build?.0)
    };
    until(async || work().await.is_some_and(|it| it.done.is_some())).await;
    work().await.unwrap()
}

/// Waits until a projector works on a generation.
async fn works_on(projector: &Projector, number: u32) {
    let mut status = projector.status();
    let is_on = |status: &ProjectorStatus| {
        let mut models = status.models.iter();
        models.any(|it| it.generation == Some(Generation::new(number)))
    };
    status.wait_for(is_on).await.unwrap();
}

async fn promoted(upkeep: &Upkeep, number: u32, answering: u32) -> Result<(), UpkeepError> {
    let answering = Generation::new(answering);
    upkeep.promote(&generation(number), answering).await
}

#[test]
fn the_service_goes_over_to_what_was_built_beside_and_back_and_always_answers() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        let reader = ModelReader::new(namespace(), Sums::new(), read_models.clone(), SystemClock);
        let events = async || {
            let answer = reader.get(&key("p-3")).await.unwrap();
            let events = answer.value.unwrap().events;
            (events, answer.as_of.generation.get())
        };
        assert_eq!(events().await, (3, 1));
        assert_eq!(upkeep.rebuild(&model()).await.unwrap(), generation(2));
        let work = built(&upkeep, 2).await;
        assert_eq!((work.folded_events, work.target), (30, Some(log.head())));
        assert_eq!(events().await, (3, 1), "not promoted by itself");
        // It goes on with what comes, as does the one that answers.
        let new = log.append("p-3");
        projector.reached(new).await.unwrap();
        promoted(&upkeep, 2, 1).await.unwrap();
        assert_eq!(events().await, (4, 2));
        works_on(&projector, 2).await;
        let new = log.append("p-3");
        projector.reached(new).await.unwrap();
        assert_eq!(events().await, (5, 2));
        // One restart, to go over: no commit was refused, as nobody else wrote there.
        assert_eq!(projector.status().borrow().restarts, 1);
        check(&log, &read_models, &generation(2)).await;
        let shown = generation_look(&upkeep, 2).await.unwrap();
        assert_eq!((shown.role, shown.build), (GenerationRole::Answers, None));

        let (one, two) = (Generation::new(1), Generation::new(2));
        upkeep.roll_back(&model(), two, one).await.unwrap();
        works_on(&projector, 1).await;
        assert_eq!(events().await.0, 5, "never less than was shown");
        projector.reached(new).await.unwrap();
        assert_eq!(events().await, (5, 1));
        check(&log, &read_models, &generation(1)).await;
        let again = upkeep.roll_back(&model(), two, one).await;
        assert!(matches!(again, Err(UpkeepError::Changed { .. })));
        upkeep.retire(&generation(2)).await.unwrap();
        assert_eq!(roles(&upkeep).await, [(1, GenerationRole::Answers)]);
        let answering = upkeep.retire(&generation(1)).await;
        let is_answering = matches!(
            answering,
            Err(UpkeepError::Rebuild(RebuildError::Answering { .. }))
        );
        assert!(is_answering);
        projector.stop().await;
    });
}

#[test]
fn of_several_that_ask_for_it_one_builds() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        let (other_projector, other) = keep(&log, &read_models);
        other_projector.reached(log.head()).await.unwrap();
        let model = model();
        let asked = join_all([&upkeep, &other, &upkeep].map(|it| it.rebuild(&model))).await;
        let (begun, refused): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
        assert_eq!((begun.len(), refused.len()), (1, 2));
        for refused in refused {
            let Err(UpkeepError::UnderWay { generation: found }) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(found, generation(2));
        }
        assert!(matches!(
            upkeep.plan(&model).await,
            Err(UpkeepError::UnderWay { .. })
        ));
        assert!(matches!(
            upkeep.resume(&generation(2)).await,
            Err(UpkeepError::UnderWay { .. })
        ));
        assert!(matches!(
            upkeep.resume(&generation(1)).await,
            Err(UpkeepError::NotToBeBuilt { .. })
        ));
    });
}

/// To enter what stands there already succeeds, so both were told that it is.
/// Once it is on, the first two that change a catalogue have both looked at it before either does.
struct Together {
    both: Barrier,
    is_on: watch::Sender<bool>,
}

impl<S> Hook<S> for Together {
    type Memory = ();

    async fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if matches!(call, Call::SaveCatalogue { .. }) && *self.is_on.borrow() {
            self.both.wait().await;
            self.is_on.send_replace(false);
        }
        run.await
    }
}

#[test]
fn of_two_that_enter_it_at_the_same_time_one_builds() {
    run(async {
        let (both, is_on) = (Barrier::new(2), watch::Sender::new(false));
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let read_models = Hooked::new(read_models, Together { both, is_on });
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        let (_other_projector, other) = keep(&log, &read_models);
        read_models.hook().is_on.send_replace(true);
        let model = model();
        let (one, two) = tokio::join!(upkeep.rebuild(&model), other.rebuild(&model));
        let (begun, refused) = if one.is_ok() { (one, two) } else { (two, one) };
        assert_eq!(begun.unwrap(), generation(2));
        assert!(matches!(refused, Err(UpkeepError::UnderWay { .. })));
    });
}

#[test]
fn what_a_killed_process_leaves_stands_still_until_somebody_goes_on_with_it() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        upkeep.rebuild(&model()).await.unwrap();
        // At once: nothing is committed yet.
        drop((projector, upkeep));
        let (projector, upkeep) = keep(&log, &read_models);
        let last = log.append("p-3");
        projector.reached(last).await.unwrap();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let left = generation_look(&upkeep, 2).await.unwrap();
        assert_eq!((left.role, left.is_complete), (GenerationRole::Next, false));
        assert_eq!((left.build, left.position), (None, GlobalPosition::START));
        works_on(&projector, 1).await;
        assert!(matches!(
            promoted(&upkeep, 2, 1).await,
            Err(UpkeepError::Rebuild(RebuildError::NotReady { .. }))
        ));
        assert!(matches!(
            upkeep.rebuild(&model()).await,
            Err(UpkeepError::UnderWay { .. })
        ));
        upkeep.resume(&generation(2)).await.unwrap();
        built(&upkeep, 2).await;
        // Killed again when it was complete; what came since is folded first.
        drop((projector, upkeep));
        let (projector, upkeep) = keep(&log, &read_models);
        let last = log.append("p-3");
        projector.reached(last).await.unwrap();
        assert!(matches!(
            promoted(&upkeep, 2, 1).await,
            Err(UpkeepError::Rebuild(RebuildError::Behind { .. }))
        ));
        upkeep.resume(&generation(2)).await.unwrap();
        let work = built(&upkeep, 2).await;
        assert_eq!(work.folded_events, 1, "only what came since");
        promoted(&upkeep, 2, 1).await.unwrap();
        works_on(&projector, 2).await;
        check(&log, &read_models, &generation(2)).await;
        projector.stop().await;
    });
}

#[test]
fn what_another_process_promotes_is_handed_over_and_what_it_retires_says_so() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        upkeep.rebuild(&model()).await.unwrap();
        built(&upkeep, 2).await;
        promote(&read_models, &generation(2)).await.unwrap();
        let build = async || generation_look(&upkeep, 2).await.unwrap().build;
        until(async || build().await.is_none()).await;
        works_on(&projector, 2).await;
        let last = log.append("p-3");
        projector.reached(last).await.unwrap();
        check(&log, &read_models, &generation(2)).await;

        upkeep.rebuild(&model()).await.unwrap();
        built(&upkeep, 3).await;
        retire(&read_models, &generation(3)).await.unwrap();
        let gone = async || generation_look(&upkeep, 3).await.unwrap();
        let has_failed = |build: &Option<(Work, BuildState)>| match build {
            Some((_, BuildState::Failed { why })) => why.contains("was retired"),
            _ => false,
        };
        until(async || has_failed(&gone().await.build)).await;
        assert_eq!(gone().await.role, GenerationRole::Gone);
        // The next one takes its place.
        assert_eq!(upkeep.rebuild(&model()).await.unwrap(), generation(4));
        assert_eq!(generation_look(&upkeep, 3).await, None);
    });
}

#[test]
fn a_build_is_stopped_and_gone_on_with_and_ends_with_its_service() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        let name = upkeep.rebuild(&model()).await.unwrap();
        upkeep.stop_build(&name).await.unwrap();
        let state = async || generation_look(&upkeep, 2).await.unwrap().build.unwrap().1;
        assert_eq!(state().await, BuildState::Stopped);
        assert!(matches!(
            upkeep.stop_build(&name).await,
            Err(UpkeepError::NotUnderWay { .. })
        ));
        upkeep.resume(&name).await.unwrap();
        built(&upkeep, 2).await;
        assert_eq!(state().await, BuildState::Running);
        upkeep.shut_down().await;
        assert_eq!(state().await, BuildState::Stopped);
        assert!(matches!(
            upkeep.resume(&name).await,
            Err(UpkeepError::Ending)
        ));
        assert!(matches!(
            upkeep.verify(&name).await,
            Err(UpkeepError::Ending)
        ));
        // Nobody keeps the projector's end from being seen.
        projector.shut_down().await;
    });
}

/// No bar hides what is in the way.
#[test]
fn a_build_that_something_is_in_the_way_of_says_what() {
    run(async {
        let log = Log::of(&[3; 10]);
        let read_models = Flaky::sound(&log);
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        log.append_newer_letter();
        upkeep.rebuild(&model()).await.unwrap();
        let waits = async || {
            let build = generation_look(&upkeep, 2).await.unwrap().build;
            matches!(build, Some((work, BuildState::Waits { why })) if work.done.is_none() && why.contains("dead letters"))
        };
        until(waits).await;
        upkeep.retire(&generation(2)).await.unwrap();
        assert_eq!(generation_look(&upkeep, 2).await, None);
    });
}

#[test]
fn what_a_newer_program_builds_is_not_built_twice_nor_promoted_past() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (old, _) = keep(&log, &read_models);
        old.reached(log.head()).await.unwrap();
        old.stop().await;
        log.append_newer_letter();
        let versions =
            Versions::of(Sums::with_schema(2)).and_earlier(Earlier::new(Sums::new(), |sum| sum));
        let builder = projector(&log, &read_models).project_versions(versions);
        let (projector, upkeep) = builder.start_with_upkeep();
        works_on(&projector, 2).await;
        let refused = upkeep.rebuild(&model()).await;
        assert!(matches!(refused, Err(UpkeepError::UnderWay { .. })));
        let refused = upkeep.resume(&generation(2)).await;
        assert!(matches!(refused, Err(UpkeepError::NotToBeBuilt { .. })));
        assert!(generation_look(&upkeep, 2).await.unwrap().is_kept);
    });
}

/// Its projector would go over to the third one, which is being built, and promote that.
#[test]
fn nobody_goes_back_to_an_earlier_fold_while_a_third_is_built() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (old, _) = keep(&log, &read_models);
        old.reached(log.head()).await.unwrap();
        old.stop().await;
        let versions =
            Versions::of(Sums::with_schema(2)).and_earlier(Earlier::new(Sums::new(), |sum| sum));
        let builder = projector(&log, &read_models).project_versions(versions);
        let (_projector, upkeep) = builder.start_with_upkeep();
        let is_promoted = async || roles(&upkeep).await.contains(&(2, GenerationRole::Answers));
        until(is_promoted).await;
        upkeep.rebuild(&model()).await.unwrap();
        built(&upkeep, 3).await;
        let (one, two) = (Generation::new(1), Generation::new(2));
        for refused in [
            upkeep.roll_back(&model(), two, one).await,
            promoted(&upkeep, 1, 2).await,
        ] {
            let Err(UpkeepError::UnderWay { generation: third }) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(third, generation(3));
        }
        upkeep.retire(&generation(3)).await.unwrap();
        upkeep.roll_back(&model(), two, one).await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        let expected = [
            (1, GenerationRole::Answers),
            (2, GenerationRole::AnsweredBefore),
        ];
        assert_eq!(roles(&upkeep).await, expected);
    });
}

#[test]
fn held_keys_are_promoted_on_purpose_only() {
    run(async {
        let (log, read_models) = (Log::of(&[2, 1, 2]), MemoryReadModels::new());
        let faults = Faults::default();
        faults.set_fixed(true);
        log.poison("p-0", Fault::Panics);
        let builder = fragile(&log, &read_models, &faults).project(Fragile::new(&faults));
        let (projector, upkeep) = builder.start_with_upkeep();
        projector.reached(log.head()).await.unwrap();
        faults.set_fixed(false);
        upkeep.rebuild(&model()).await.unwrap();
        built(&upkeep, 2).await;
        assert_eq!(generation_look(&upkeep, 2).await.unwrap().held_keys, 1);
        assert!(matches!(
            promoted(&upkeep, 2, 1).await,
            Err(UpkeepError::Rebuild(RebuildError::MoreHeld { .. }))
        ));
        let build = generation_look(&upkeep, 2).await.unwrap().build;
        assert_eq!(build.unwrap().1, BuildState::Running, "it goes on");
        let (one, two) = (Generation::new(1), generation(2));
        let other = upkeep.promote_despite_held(&two, two.generation).await;
        assert!(matches!(other, Err(UpkeepError::Changed { .. })));
        upkeep.promote_despite_held(&two, one).await.unwrap();
        works_on(&projector, 2).await;
        projector.stop().await;
    });
}

#[test]
fn a_promotion_waits_while_the_log_grows() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        upkeep.rebuild(&model()).await.unwrap();
        let grow = async {
            for _ in 0..200 {
                let last = log.append("p-3");
                projector.reached(last).await.unwrap();
            }
        };
        let promote = async {
            built(&upkeep, 2).await;
            promoted(&upkeep, 2, 1).await.unwrap();
        };
        tokio::join!(grow, promote);
        works_on(&projector, 2).await;
        projector.reached(log.head()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        check(&log, &read_models, &generation(2)).await;
        projector.stop().await;
    });
}

#[test]
fn what_was_lost_is_not_gone_back_to() {
    run(async {
        let log = Log::of(&[3; 10]);
        let read_models = Flaky::sound(&log);
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        upkeep.rebuild(&model()).await.unwrap();
        built(&upkeep, 2).await;
        promoted(&upkeep, 2, 1).await.unwrap();
        works_on(&projector, 2).await;
        read_models.flush(&[generation(1), generation(2)]);
        tokio::time::sleep(Duration::from_secs(10)).await;
        projector.reached(log.head()).await.unwrap();
        let back = upkeep
            .roll_back(&model(), Generation::new(2), Generation::new(1))
            .await;
        let is_lost = matches!(
            back,
            Err(UpkeepError::Rebuild(RebuildError::NotReady { .. }))
        );
        assert!(is_lost);
        check(&log, &read_models, &generation(2)).await;
    });
}

#[test]
fn a_plan_counts_the_events_and_knows_how_long_the_last_build_took() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        let plan = upkeep.plan(&model()).await.unwrap();
        assert_eq!((plan.events, plan.is_counted, plan.time), (30, true, None));
        assert_eq!((plan.answering, plan.generation.get()), (generation(1), 2));
        lock(&upkeep.rates).insert(model(), 10.0);
        let plan = upkeep.plan(&model()).await.unwrap();
        assert_eq!(plan.time, Some(Duration::from_secs(3)));
        assert_eq!(
            look(&upkeep).await.generations.len(),
            1,
            "nothing was begun"
        );
    });
}

#[test]
fn a_verification_names_what_differs_and_is_kept() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let (projector, upkeep) = keep(&log, &read_models);
        projector.reached(log.head()).await.unwrap();
        let verified = async || {
            upkeep.verify(&generation(1)).await.unwrap();
            let busy = upkeep.verify(&generation(1)).await;
            assert!(matches!(busy, Err(UpkeepError::Verifying { .. })));
            let verification = async || look(&upkeep).await.verification.unwrap();
            until(async || verification().await.ended.is_some()).await;
            match verification().await.state {
                VerifyState::Done(verification) => verification,
                other => panic!("{other:?}"),
            }
        };
        assert!(verified().await.is_sound());
        let nothing = SliceWrites {
            documents: vec![(key("p-3"), None)],
            ..SliceWrites::default()
        };
        by_hand(&read_models, "p-3", nothing).await;
        assert!(!verified().await.is_sound());
        upkeep.verify(&generation(1)).await.unwrap();
        upkeep.stop_verification(&generation(1)).unwrap();
        let verification = look(&upkeep).await.verification.unwrap();
        assert_eq!(verification.state, VerifyState::Stopped);
        assert!(upkeep.stop_verification(&generation(1)).is_err());
    });
}

#[test]
fn the_time_left_is_said_once_it_can_be() {
    let at = |second| Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(second));
    let work = Work {
        began: at(100),
        done: None,
        folded_events: 0,
        from: GlobalPosition::new(1_000),
        position: GlobalPosition::new(1_000),
        target: None,
    };
    assert_eq!((work.share(), work.time_left(at(110))), (0.0, None));
    let target = Some(GlobalPosition::new(2_000));
    let some = Work {
        folded_events: 200,
        position: GlobalPosition::new(1_250),
        target,
        ..work
    };
    assert_eq!(some.events_per_second(at(110)), Some(20.0));
    assert_eq!(some.time_left(at(110)), Some(Duration::from_secs(30)));
    // What comes in after that counts no more.
    let all = Work {
        position: GlobalPosition::new(9_000),
        done: Some(at(120)),
        ..some
    };
    assert_eq!((all.share(), all.time_left(at(500))), (1.0, None));
    assert_eq!(all.events_per_second(at(500)), Some(10.0));
    let nothing = Work {
        target: Some(GlobalPosition::new(1_000)),
        ..work
    };
    assert_eq!(nothing.share(), 1.0, "there is nothing to fold");
}

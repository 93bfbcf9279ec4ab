//! A read side that stands further back than it did.

use minwon_core::{Incarnation, Timestamp, ViewSchema};

use super::*;

#[test]
fn a_step_backwards_is_reported_once_and_counted() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let copy = read_models.snapshot(&slice_of(&generation(1), "p-0"));
        log.append("p-0");
        catch_up(&log, &read_models).await;
        let reader = reader(&read_models, SystemClock);
        let ask = async |petition| reader.get(&key(petition)).await.unwrap();
        assert!(!ask("p-0").await.as_of.went_backwards);
        read_models.restore(&copy);
        let answer = ask("p-0").await;
        assert!(answer.as_of.went_backwards);
        assert_eq!(answer.value.unwrap().events, 3);
        assert_eq!(reader.times_gone_backwards(), 1);
        assert!(!ask("p-0").await.as_of.went_backwards, "reported once");
        catch_up(&log, &read_models).await;
        assert!(!ask("p-0").await.as_of.went_backwards);
        assert_eq!(reader.times_gone_backwards(), 1);
    });
}

#[test]
fn a_question_of_all_slices_notices_one_that_went_backwards() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let copy = read_models.snapshot(&slice_of(&generation(1), "p-0"));
        log.append("p-0");
        catch_up(&log, &read_models).await;
        let (list, all) = (list_of("even"), ListPart::first(NonZeroU32::MAX));
        for question in 0..3 {
            let reader = reader(&read_models, SystemClock);
            let ask = async || match question {
                0 => reader.counts(PARITY, "all").await.unwrap().as_of,
                1 => reader.list(&list, &all).await.unwrap().as_of,
                _ => reader.find(&lookup("nothing")).await.unwrap().as_of,
            };
            assert!(!ask().await.went_backwards);
            read_models.restore(&copy);
            assert!(ask().await.went_backwards);
            assert!(!ask().await.went_backwards);
            assert_eq!(reader.times_gone_backwards(), 1);
            catch_up(&log, &read_models).await;
        }
    });
}

#[test]
fn a_slice_that_begins_anew_went_backwards_however_far_it_is() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let reader = reader(&read_models, SystemClock);
        reader.get(&key("p-0")).await.unwrap();
        read_models.wipe(&slice_of(&generation(1), "p-0"));
        catch_up(&log, &read_models).await;
        let answer = reader.get(&key("p-0")).await.unwrap();
        assert!(answer.as_of.went_backwards);
        assert_eq!(reader.times_gone_backwards(), 1);
    });
}

#[test]
fn a_promotion_is_no_step_backwards() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let reader = reader(&read_models, SystemClock);
        let before = reader.get(&key("p-0")).await.unwrap();
        let rebuild = projector(&log, &read_models).rebuild(Sums::new());
        let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
        assert!(rebuild.promote().await.is_ok());
        let after = reader.get(&key("p-0")).await.unwrap();
        assert_eq!(before.value, after.value);
        assert_eq!(
            (before.as_of.generation.get(), after.as_of.generation.get()),
            (1, 2)
        );
        assert_eq!(reader.times_gone_backwards(), 0);
    });
}

fn checkpoint(life: u64, position: u64) -> SliceCheckpoint {
    SliceCheckpoint {
        incarnation: Incarnation::new(life),
        schema: ViewSchema::new(1),
        phase: Phase::Ready,
        position: GlobalPosition::new(position),
        last_event: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

/// The places of one slice when questions overlap: each is asked, then answered.
struct Overlap {
    seen: Seen,
    slice: SliceName,
}

impl Overlap {
    fn new() -> Self {
        let (seen, slice) = (Seen::default(), slice_of(&generation(1), "p-0"));
        Self { seen, slice }
    }

    fn ask(&self) -> Option<Place> {
        self.seen.places(std::slice::from_ref(&self.slice))[0]
    }

    fn answer(&self, asked: Option<Place>, found: Option<(u64, u64)>) -> bool {
        let found = found.map(|(life, position)| checkpoint(life, position));
        self.seen.note(&self.slice, asked, found.as_ref())
    }

    /// A question that nothing overlaps.
    fn see(&self, life: u64, position: u64) -> bool {
        self.answer(self.ask(), Some((life, position)))
    }
}

#[test]
fn a_question_overtaken_by_another_is_no_step_backwards() {
    let slice = Overlap::new();
    assert!(!slice.see(1, 5));
    let slow = slice.ask();
    assert!(!slice.see(1, 10));
    assert!(!slice.answer(slow, Some((1, 6))), "as of when it was asked");
    assert!(!slice.see(1, 10), "and the other is not forgotten");
    assert!(slice.see(1, 9));
    assert_eq!(slice.seen.times_gone_backwards(), 1);
}

#[test]
fn two_questions_that_see_the_same_step_count_it_once() {
    let slice = Overlap::new();
    slice.see(1, 10);
    let (one, two) = (slice.ask(), slice.ask());
    assert!(slice.answer(one, Some((1, 5))));
    assert!(slice.answer(two, Some((1, 6))), "both answers are older");
    assert_eq!(slice.seen.times_gone_backwards(), 1);
    assert!(!slice.see(1, 6));
    assert_eq!(slice.seen.times_gone_backwards(), 1);
}

/// A late answer of the life before must not be taken for news of this one.
#[test]
fn a_late_answer_of_an_earlier_life_changes_nothing() {
    let slice = Overlap::new();
    slice.see(1, 10);
    let late = slice.ask();
    assert!(slice.see(2, 3));
    assert!(!slice.answer(late, Some((1, 11))));
    assert!(!slice.see(2, 4));
    let late = slice.ask();
    assert!(slice.answer(slice.ask(), None), "it is lost");
    assert!(!slice.answer(late, Some((2, 5))));
    assert!(!slice.see(3, 1), "reported already");
    assert_eq!(slice.seen.times_gone_backwards(), 2);
}

/// Counts warnings, and the slices that they speak of.
#[derive(Default, Clone)]
struct Warnings(std::sync::Arc<std::sync::Mutex<Vec<BTreeMap<&'static str, u64>>>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN && metadata.target().contains("model_reader")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        #[derive(Default)]
        struct Numbers(BTreeMap<&'static str, u64>);
        impl tracing::field::Visit for Numbers {
            fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}

            fn record_u64(&mut self, field: &tracing::field::Field, value: u64) {
                self.0.insert(field.name(), value);
            }
        }
        let mut numbers = Numbers::default();
        event.record(&mut numbers);
        self.0.lock().unwrap().push(numbers.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_flush_is_warned_of_once_and_not_slice_by_slice() {
    let warnings = Warnings::default();
    let clock = minwon_core::testing::ManualClock::new(Timestamp::UNIX_EPOCH);
    tracing::subscriber::with_default(warnings.clone(), || {
        run(async {
            let (log, read_models) = (Log::of(&[3; 20]), MemoryReadModels::new());
            catch_up(&log, &read_models).await;
            let reader = reader(&read_models, clock.clone());
            let petitions: Vec<_> = (0..20).map(|number| format!("p-{number}")).collect();
            let slices = || {
                let slices = petitions.iter().map(|it| slice_of(&generation(1), it));
                slices.collect::<std::collections::BTreeSet<_>>()
            };
            assert!(slices().len() > 3, "questions of several slices");
            let flush = async || {
                reader.counts(PARITY, "all").await.unwrap();
                slices().iter().for_each(|slice| read_models.wipe(slice));
                catch_up(&log, &read_models).await;
                for petition in &petitions {
                    reader.get(&key(petition)).await.unwrap();
                }
            };
            flush().await;
            assert_eq!(reader.times_gone_backwards(), slices().len() as u64);
            flush().await;
            clock.advance(Duration::from_secs(61));
            flush().await;
        });
    });
    let warnings = warnings.0.lock().unwrap();
    let of = |name| warnings.iter().map(|it| it[name]).collect::<Vec<_>>();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert_eq!(of("slices"), [1, 1]);
    assert!(of("slices_unsaid")[1] > 6, "{warnings:?}");
}

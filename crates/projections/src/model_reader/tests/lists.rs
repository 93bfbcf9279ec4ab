//! Lists, part by part.

use std::sync::atomic::{AtomicU32, Ordering};

use minwon_core::testing::{Call, CallError, Hook, Hooked};

use super::*;
use crate::testing::Sum;

/// All parts of a list, one after the other.
async fn all_parts<R, T>(
    reader: &ModelReader<Sums, R, T>,
    partition: &str,
    first: ListPart,
) -> Vec<(ViewKey, Sum)>
where
    R: ReadModelStore + ReadModelAdmin,
    T: Timer,
{
    let (list, mut part, mut views) = (list_of(partition), first, Vec::new());
    loop {
        let answer = reader.list(&list, &part).await.unwrap().value;
        assert!(answer.views.len() <= part.limit.get() as usize);
        views.extend(answer.views);
        match answer.next {
            Some(place) => part = part.after(place),
            None => return views,
        }
    }
}

#[test]
fn parts_of_any_size_give_everything_once_and_in_order() {
    run(async {
        let lengths: Vec<u64> = (0..47).map(|number| 1 + number * 7 % 5).collect();
        let (log, read_models) = (Log::of(&lengths), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let reader = reader(&read_models, SystemClock);
        let mut expected = Vec::new();
        for number in 0..47 {
            let key = key(&format!("p-{number}"));
            let sum = reader.get(&key).await.unwrap().value.unwrap();
            expected.push((sum.events, key, sum));
        }
        expected.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        for (remainder, partition) in [(0, "even"), (1, "odd"), (2, "neither")] {
            let is_in = |(_, _, sum): &&(u64, ViewKey, Sum)| sum.sum % 2 == remainder;
            let ascending = expected.iter().filter(is_in);
            let mut ascending: Vec<_> = ascending
                .map(|(_, key, sum)| (key.clone(), sum.clone()))
                .collect();
            for limit in [1, 2, 3, 7, 23, 1_000] {
                let first = ListPart::first(NonZeroU32::new(limit).unwrap());
                let listed = all_parts(&reader, partition, first.clone()).await;
                assert_eq!(listed, ascending, "{partition} by {limit}");
                let listed = all_parts(&reader, partition, first.last_first()).await;
                ascending.reverse();
                assert_eq!(listed, ascending, "{partition} by {limit}, last first");
                ascending.reverse();
            }
        }
    });
}

/// A view may leave its place between the look at the list and the look at the view.
#[test]
fn a_view_stands_where_it_is_listed_though_it_moves_meanwhile() {
    let rates = Rates {
        slow: 700,
        ..Rates::default()
    };
    let mut left_out = 0;
    for seed in 0..20 {
        left_out += run(async {
            let mut rng = SeededRng::new(seed);
            let log = Log::of(&[2; 12]);
            let read_models = Flaky::new(&log, seed, rates);
            let running = projector(&log, &read_models).project(Sums::new()).start();
            running.reached(log.head()).await.unwrap();
            let growing = async {
                for _ in 0..60 {
                    log.grow(&mut rng, 12);
                    let wait = Duration::from_millis(rng.below(10));
                    tokio::time::sleep(wait).await;
                }
            };
            let listing = async {
                let (reader, mut left_out) = (reader(&read_models, SystemClock), 0);
                let all = ListPart::first(NonZeroU32::new(100).unwrap());
                for _ in 0..20 {
                    let mut seen = 0;
                    for (remainder, partition) in [(0, "even"), (1, "odd")] {
                        let answer = reader.list(&list_of(partition), &all).await.unwrap();
                        assert!(!answer.as_of.went_backwards);
                        let views = answer.value.views;
                        assert!(views.iter().all(|(_, sum)| sum.sum % 2 == remainder));
                        assert!(views.is_sorted_by_key(|(_, sum)| sum.events));
                        seen += views.len();
                    }
                    left_out += u64::from(seen < 12);
                }
                assert_eq!(reader.times_gone_backwards(), 0);
                left_out
            };
            tokio::join!(growing, listing).1
        });
    }
    assert!(left_out > 0, "no view ever moved meanwhile");
}

/// Counts the places that are asked for.
#[derive(Default)]
struct Asked(AtomicU32);

impl<S> Hook<S> for Asked {
    type Memory = ();

    async fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if let Call::List { query, .. } = call {
            self.0.fetch_add(query.limit.get(), Ordering::Relaxed);
        }
        run.await
    }
}

/// They are those of the views, and of a long list no more is read than stands there, but for a first look.
#[test]
fn the_keys_before_a_place_cost_what_stands_there() {
    run(async {
        let lengths: Vec<u64> = (0..1_500).map(|number| 1 + number % 5).collect();
        let (log, read_models) = (Log::of(&lengths), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let read_models = Hooked::new(read_models, Asked::default());
        let reader = reader(&read_models, SystemClock);
        let whole = ListPart::first(NonZeroU32::new(10_000).unwrap());
        let all = all_parts(&reader, "odd", whole).await;
        assert!(all.len() > 2 * KEYS_FIRST.get() as usize, "{}", all.len());
        let list = list_of("odd");
        let slices = u32::from(Sums::new().slices().get());
        for end in 0..8 {
            for most in [1, 255, 256, 257, 700, 10_000] {
                let most = NonZeroU32::new(most).unwrap();
                read_models.hook().0.store(0, Ordering::Relaxed);
                let keys = reader.keys_before(&list, Order::new(end), most);
                let keys = keys.await.unwrap().value;
                let before = all.iter().filter(|(_, sum)| sum.events < end);
                let before: Vec<_> = before.map(|(key, _)| key.clone()).collect();
                let expected = &before[..before.len().min(most.get() as usize)];
                assert_eq!(keys, expected, "{most} before {end}");
                let asked = read_models.hook().0.load(Ordering::Relaxed) / slices;
                let found = u32::try_from(keys.len()).unwrap();
                assert!(asked <= 3 * found + KEYS_FIRST.get(), "{asked} for {found}");
            }
        }
    });
}

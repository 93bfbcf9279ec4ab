//! Every stored byte may be hostile: what is spoilt is told, and never served.

use std::{collections::BTreeMap, future::Future};

use super::{
    Violation,
    case::{Verdict, ensure, run_rule},
};
use crate::{StoreError, StoreErrorKind, testing::SeededRng};

/// A place in which a store keeps something, and what stands there.
#[derive(Debug, Clone)]
pub struct StoredPlace {
    /// What such places hold, as the name of a column: those of one kind can be swapped.
    pub kind: String,
    /// Which of them it is.
    pub name: String,
    /// What stands there.
    pub bytes: Vec<u8>,
}

/// The hand of somebody who changes what a store keeps, behind its back.
///
/// A whole number is its eight bytes, the highest first.
pub trait SpoilStored {
    /// The store.
    type Store;

    /// Opens what is kept now; whoever asks has dropped the store that was opened before.
    fn open(&mut self) -> impl Future<Output = Result<Self::Store, StoreError>>;

    /// Every place of a store that nobody has open, and remembers what they hold as sound.
    fn places(&mut self) -> impl Future<Output = Vec<StoredPlace>>;

    /// Puts other bytes into one of them; returns whether that place takes such bytes.
    fn put(&mut self, place: &StoredPlace, bytes: &[u8]) -> impl Future<Output = bool>;

    /// Puts back everything that was sound.
    fn mend(&mut self) -> impl Future<Output = ()>;

    /// Returns whether the store's own thorough look tells that it is damaged, where it has one.
    fn is_found_by_check(&mut self, store: &Self::Store) -> impl Future<Output = bool> {
        let _ = store;
        async { false }
    }
}

/// What becomes of stored bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spoil {
    Flip,
    Cut,
    Repeat,
    Swap,
}

impl Spoil {
    /// What it makes of the place with the number `at`, and of others with it.
    fn of(self, places: &[StoredPlace], at: usize, rng: &mut SeededRng) -> Vec<(usize, Vec<u8>)> {
        let place = &places[at];
        let mut bytes = place.bytes.clone();
        let mut below = |bound: usize| rng.below(bound as u64) as usize;
        match self {
            Self::Flip => {
                if let Some(byte) = bytes.get_mut(below(place.bytes.len())) {
                    *byte ^= 1 << below(8);
                }
            }
            Self::Cut => bytes.truncate(below(place.bytes.len())),
            Self::Repeat => {
                let from = below(bytes.len());
                let to = from + below(bytes.len() - from) + 1;
                let part = place.bytes.get(from..to).unwrap_or_default();
                bytes.splice(from..from, part.iter().copied());
            }
            Self::Swap => {
                let is_other =
                    |it: &usize| places[*it].kind == place.kind && places[*it].bytes != place.bytes;
                let others: Vec<_> = (0..places.len()).filter(is_other).collect();
                return match others.get(below(others.len())) {
                    Some(&other) => vec![(at, places[other].bytes.clone()), (other, bytes)],
                    None => Vec::new(),
                };
            }
        }
        if bytes == place.bytes {
            return Vec::new();
        }
        vec![(at, bytes)]
    }
}

/// Spoils places one after the other, each kind as often as the others; `look` says whether the store
/// behaves then. Returns what went wrong, once for each kind of place.
pub(super) async fn spoil_each<H: SpoilStored>(
    hand: &mut H,
    spoil: Spoil,
    (seed, times): (u64, u32),
    look: impl AsyncFn(&mut H) -> Verdict,
) -> Verdict {
    let places = hand.places().await;
    let mut of_kinds = BTreeMap::<&str, Vec<usize>>::new();
    for (at, place) in places.iter().enumerate() {
        of_kinds.entry(&place.kind).or_default().push(at);
    }
    let of_kinds: Vec<_> = of_kinds.into_iter().collect();
    let (mut spoilt, mut wrong) = (0, BTreeMap::new());
    for time in 0..times {
        let seed = seed.wrapping_add(u64::from(time));
        let mut rng = SeededRng::new(seed);
        let Some((kind, of_kind)) = of_kinds.get(time as usize % of_kinds.len().max(1)) else {
            break;
        };
        let at = of_kind[rng.below(of_kind.len() as u64) as usize];
        let mut is_spoilt = false;
        for (at, bytes) in spoil.of(&places, at, &mut rng) {
            is_spoilt |= hand.put(&places[at], &bytes).await;
        }
        if is_spoilt {
            spoilt += 1;
            if let Err(violation) = run_rule(look(hand)).await {
                let what = format!(
                    "{spoil:?} of {} (seed {seed}): {violation}",
                    places[at].name
                );
                wrong.entry(*kind).or_insert(what);
            }
        }
        hand.mend().await;
    }
    ensure(spoilt > 0, || "nothing could be spoilt".into())?;
    let wrong: Vec<_> = wrong.into_values().collect();
    ensure(wrong.is_empty(), || wrong.join("\n  "))
}

/// The answer, where there is one; none where the store tells in its error that it is damaged.
pub(super) fn unless_reported<T>(answer: Result<T, StoreError>) -> Verdict<Option<T>> {
    use StoreErrorKind::{Corrupt, NewerVersion};
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.kind(), Corrupt | NewerVersion) => Ok(None),
        Err(error) => {
            let told = Violation::from(error);
            Err(Violation::new(format!(
                "damage is told as something else: {told}"
            )))
        }
    }
}

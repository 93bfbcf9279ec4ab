//! In which order letters are asked for: as in the log, and of a key one at a time.

use std::collections::{BTreeSet, HashMap, VecDeque};

use minwon_core::ConsumerName;

use super::Letter;

/// Letters that are handed out portion by portion; each costs the logarithm of how many there are.
pub(super) struct Portions {
    /// None where it has been handed out.
    letters: Vec<Option<Letter>>,
    /// Of each key the next letter.
    fronts: BTreeSet<usize>,
    /// The letters behind each front, by front; no queue is empty.
    behind: HashMap<usize, VecDeque<usize>>,
}

impl Portions {
    /// Of letters in the order in which they are to be handed out.
    pub(super) fn of(letters: Vec<Letter>) -> Self {
        let mut front_of = HashMap::<(&ConsumerName, &str), usize>::new();
        let mut fronts = BTreeSet::new();
        let mut behind = HashMap::<usize, VecDeque<usize>>::new();
        for (at, letter) in letters.iter().enumerate() {
            let front = front_of
                .entry((&letter.consumer, &letter.key))
                .or_insert(at);
            if *front == at {
                fronts.insert(at);
            } else {
                behind.entry(*front).or_default().push_back(at);
            }
        }
        Self {
            letters: letters.into_iter().map(Some).collect(),
            fronts,
            behind,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fronts.is_empty()
    }

    /// The next letters, none of the key of another: it is its turn when that is released.
    pub(super) fn next(&mut self, letters_max: usize) -> Vec<Letter> {
        let mut portion = Vec::new();
        let mut next_fronts = Vec::new();
        while portion.len() < letters_max
            && let Some(front) = self.fronts.pop_first()
        {
            portion.extend(self.letters[front].take());
            if let Some(mut behind) = self.behind.remove(&front)
                && let Some(next) = behind.pop_front()
            {
                next_fronts.push(next);
                if !behind.is_empty() {
                    self.behind.insert(next, behind);
                }
            }
        }
        self.fronts.extend(next_fronts);
        portion
    }

    /// The letters that have not been handed out.
    pub(super) fn into_letters(self) -> Vec<Letter> {
        self.letters.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use minwon_core::testing::SeededRng;

    use super::*;
    use crate::dead_letters::tests::{a_letter, event_ref};

    /// The expected portions, found by going through all that is left each time.
    fn by_looking_at_all(letters: &[Letter], letters_max: usize) -> Vec<Vec<Letter>> {
        let mut rest: VecDeque<_> = letters.iter().cloned().collect();
        let mut portions = Vec::new();
        while !rest.is_empty() {
            let (mut portion, mut left) = (Vec::new(), VecDeque::new());
            let mut keys = BTreeSet::new();
            for letter in rest.drain(..) {
                if portion.len() < letters_max && keys.insert(letter.key.clone()) {
                    portion.push(letter);
                } else {
                    left.push_back(letter);
                }
            }
            rest = left;
            portions.push(portion);
        }
        portions
    }

    #[test]
    fn portions_are_those_of_who_looks_at_all_that_is_left_each_time() {
        for seed in 0..200 {
            let mut rng = SeededRng::new(seed);
            let keys = 1 + rng.below(12);
            let letters = (0..rng.below(60)).map(|version| {
                let subject = format!("p-{}", rng.below(keys));
                a_letter(&event_ref(&subject, version))
            });
            let letters: Vec<_> = letters.collect();
            let letters_max = 1 + rng.below(8) as usize;
            let mut portions = Portions::of(letters.clone());
            let mut found = Vec::new();
            while !portions.is_empty() {
                found.push(portions.next(letters_max));
            }
            let expected = by_looking_at_all(&letters, letters_max);
            assert_eq!(found, expected, "seed {seed}");
        }
    }
}

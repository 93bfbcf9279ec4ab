//! In which order letters are asked for: as in the log, and of a key one at a time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::Letter;

/// Letters that are handed out portion by portion; each costs the logarithm of how many there are.
pub(super) struct Portions {
    /// Of each key the letters that are left with their places, by the place of the first.
    keys: BTreeMap<usize, VecDeque<(usize, Letter)>>,
}

impl Portions {
    /// Of letters in the order in which they are to be handed out.
    pub(super) fn of(letters: Vec<Letter>) -> Self {
        let mut keys = HashMap::<_, VecDeque<_>>::new();
        for (at, letter) in letters.into_iter().enumerate() {
            let key = (letter.consumer.clone(), letter.key.clone());
            keys.entry(key).or_default().push_back((at, letter));
        }
        Self {
            keys: keys.into_values().map(|of| (of[0].0, of)).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The next letters, none of the key of another: it is its turn when that is released.
    pub(super) fn next(&mut self, letters_max: usize) -> Vec<Letter> {
        let (mut portion, mut left) = (Vec::new(), Vec::new());
        while portion.len() < letters_max
            && let Some((_, mut of_key)) = self.keys.pop_first()
        {
            portion.extend(of_key.pop_front().map(|(_, letter)| letter));
            if let Some((next, _)) = of_key.front() {
                left.push((*next, of_key));
            }
        }
        self.keys.extend(left);
        portion
    }

    /// The letters that have not been handed out.
    pub(super) fn into_letters(self) -> Vec<Letter> {
        let mut left: Vec<_> = self.keys.into_values().flatten().collect();
        left.sort_unstable_by_key(|(at, _)| *at);
        left.into_iter().map(|(_, letter)| letter).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, VecDeque};

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

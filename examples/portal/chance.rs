//! Chance that can be repeated.

use std::ops::Range;

/// Random numbers by SplitMix64 (Steele, Lea and Flood 2014): good enough to choose how a
/// petition goes, and the same on every machine.
pub(crate) struct Chance(u64);

impl Chance {
    /// The chance of one petition. It depends on nothing but seed and number, so petitions may be
    /// processed in any order.
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut chance = Self(seed);
        Self(chance.next() ^ number)
    }

    /// A number from `range`, which must not be empty.
    pub(crate) fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }

    /// Returns whether something happens that happens `percent` times in a hundred.
    pub(crate) fn happens(&mut self, percent: u64) -> bool {
        self.within(0..100) < percent
    }

    /// One of `choices`, which come with their weights.
    pub(crate) fn weighted<T: Copy>(&mut self, choices: &[(u64, T)]) -> T {
        let total = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.within(0..total);
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        unreachable!("what is left is below the sum of all weights")
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

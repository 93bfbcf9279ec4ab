//! Chance that can be repeated.

/// Random numbers from a seed: the same seed gives the same numbers, on every machine.
///
/// This is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014). It is good enough to choose faults and interleavings, and no good for secrets.
///
/// ```
/// use minwon_core::testing::SeededRng;
///
/// let (mut one, mut two) = (SeededRng::new(7), SeededRng::new(7));
/// assert_eq!(one.next_u64(), two.next_u64());
/// assert!(one.below(6) < 6);
/// ```
#[derive(Debug, Clone)]
pub struct SeededRng(u64);

impl SeededRng {
    /// The numbers that belong to `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, each of the 2^64 as likely.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product: without division, and biased by less than bound / 2^64.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Whether something happens that happens `per_mille` times in a thousand.
    pub fn happens(&mut self, per_mille: u16) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// A generator of its own: what is drawn from one does not change what the other gives.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.next_u64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The known answers for this seed, as at https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64
        let mut rng = SeededRng::new(1_234_567);
        let numbers = [(); 3].map(|()| rng.next_u64());
        assert_eq!(
            numbers,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn rates_are_kept_and_bounds_hold() {
        let mut rng = SeededRng::new(1);
        let hits = (0..10_000).filter(|_| rng.happens(100)).count();
        assert!(
            (800..1200).contains(&hits),
            "{hits} of 10,000 at 100 per mille"
        );
        assert!((0..1000).all(|_| !rng.happens(0) && rng.happens(1000) && rng.below(3) < 3));
        assert_eq!(rng.below(0), 0);
    }
}

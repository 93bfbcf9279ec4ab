//! Faults by chance, from a seed.

use crate::fault::{AppendFault, Fault, HandshakeFault, ReadFault, SubscribeFault};
use crate::random::Random;

/// Which faults occur how often, drawn anew for every call from a seed.
///
/// Calls draw in the order in which they arrive, so a run repeats exactly only where the calls do.
#[derive(Clone, Debug)]
pub struct FaultPlan {
    seed: u64,
    pub(crate) append: Vec<(u16, AppendFault)>,
    pub(crate) read: Vec<(u16, ReadFault)>,
    pub(crate) subscribe: Vec<(u16, SubscribeFault)>,
    pub(crate) handshake: Vec<(u16, HandshakeFault)>,
}

impl FaultPlan {
    /// A plan without any fault.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            append: Vec::new(),
            read: Vec::new(),
            subscribe: Vec::new(),
            handshake: Vec::new(),
        }
    }

    /// Lets so many calls of its kind in a thousand meet `fault`.
    ///
    /// A call meets one fault at most: the shares of one kind add up, to 1000 at most.
    #[must_use]
    pub fn per_mille(mut self, share: u16, fault: impl Into<Fault>) -> Self {
        match fault.into() {
            Fault::Append(fault) => self.append.push((share, fault)),
            Fault::Read(fault) => self.read.push((share, fault)),
            Fault::Subscribe(fault) => self.subscribe.push((share, fault)),
            Fault::Handshake(fault) => self.handshake.push((share, fault)),
        }
        self
    }

    pub(crate) fn into_dice(self) -> Dice {
        Dice {
            random: Random::new(self.seed),
            plan: self,
        }
    }

    pub(crate) fn draw<F: Copy>(random: &mut Random, faults: &[(u16, F)]) -> Option<F> {
        let mut drawn = random.below(1000);
        for &(share, fault) in faults {
            match drawn.checked_sub(share.into()) {
                Some(rest) => drawn = rest,
                None => return Some(fault),
            }
        }
        None
    }
}

/// A plan and where its chances have got to.
pub(crate) struct Dice {
    pub(crate) random: Random,
    pub(crate) plan: FaultPlan,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept() {
        let faults = [(100, 'a'), (300, 'b')];
        let mut random = Random::new(1);
        let drawn: Vec<_> = (0..10_000)
            .map(|_| FaultPlan::draw(&mut random, &faults))
            .collect();
        let share = |fault| drawn.iter().filter(|drawn| **drawn == Some(fault)).count();
        assert!((900..1100).contains(&share('a')), "{}", share('a'));
        assert!((2800..3200).contains(&share('b')), "{}", share('b'));
    }
}

//! Where records stand in the log.

use crate::random::Random;

/// Bytes that a record needs besides its payload, so that positions look like those of a log.
const RECORD_BYTES: u64 = 96;

/// A place in `$all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Where the record was committed.
    pub commit: u64,
    /// Where the record itself stands.
    pub prepare: u64,
}

/// How records are placed in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Positions {
    /// Byte offsets, commit and prepare the same: what servers write today.
    Offsets,
    /// Offsets with holes between them, as after scavenging.
    Gaps,
    /// Commit behind prepare, often one commit for a whole append, with holes: what transactions
    /// of old clients left behind.
    Transactions,
}

/// Gives out positions, each greater than all before.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    kind: Positions,
    random: Random,
    end: u64,
}

impl Placement {
    pub(crate) fn new(kind: Positions, seed: u64) -> Self {
        Self {
            kind,
            random: Random::new(seed ^ 0x706f_7369),
            end: 0,
        }
    }

    /// The end of the log: where the next record goes at the earliest.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// From here on other positions than those that another copy of this log gives out.
    pub(crate) fn diverge(&mut self, salt: u64) {
        self.random = Random::new(self.random.clone().next() ^ salt);
    }

    /// Positions for the records of one append, by the bytes of each.
    pub(crate) fn place(&mut self, sizes: &[usize]) -> Vec<Position> {
        let together = self.kind == Positions::Transactions && self.random.below(2) == 0;
        let mut placed: Vec<Position> = Vec::with_capacity(sizes.len());
        for &size in sizes {
            let prepare = self.reserve(size);
            let commit = match self.kind {
                Positions::Transactions if !together => self.reserve(0),
                _ => prepare,
            };
            placed.push(Position { commit, prepare });
        }
        if together {
            let commit = self.reserve(0);
            placed
                .iter_mut()
                .for_each(|position| position.commit = commit);
        }
        placed
    }

    fn reserve(&mut self, size: usize) -> u64 {
        let hole = match self.kind {
            Positions::Offsets => 0,
            Positions::Gaps | Positions::Transactions => self.random.below(5_000),
        };
        let position = self.end + hole;
        self.end = position + RECORD_BYTES + size as u64;
        position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_always_grow() {
        for kind in [Positions::Offsets, Positions::Gaps, Positions::Transactions] {
            let mut placement = Placement::new(kind, 7);
            let all: Vec<_> = (0..100)
                .flat_map(|_| placement.place(&[10, 20, 0]))
                .collect();
            assert!(all.is_sorted_by(|a, b| a < b), "{kind:?}");
            assert_eq!(
                all.iter()
                    .any(|position| position.commit != position.prepare),
                kind == Positions::Transactions
            );
        }
    }
}

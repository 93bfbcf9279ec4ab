//! The rules of checkpoint stores.

use futures_util::future::join_all;

use super::case::{Case, Checkpoints, Verdict, ensure, ensure_eq};
use crate::{CheckpointError, CheckpointName, CheckpointStore, GlobalPosition};

const START: GlobalPosition = GlobalPosition::START;

const fn at(number: u64) -> GlobalPosition {
    GlobalPosition::new(number)
}

impl<S: CheckpointStore> Case<'_, S, Checkpoints> {
    /// Moves the checkpoint of slice 0, which must succeed.
    async fn moves(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Verdict {
        self.store.save_checkpoint(name, expected, position).await?;
        self.is_at(name, position).await
    }

    /// Moving is refused because it is `there`, and leaves it there.
    async fn is_not_moved(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        there: GlobalPosition,
    ) -> Verdict {
        let answer = self.store.save_checkpoint(name, expected, at(7)).await;
        let is_right = matches!(&answer, Err(CheckpointError::Moved { actual, .. })
            if *actual == there);
        ensure(is_right, || {
            format!("at {there}, moved from {expected}: not told so, but {answer:?}")
        })?;
        self.is_at(name, there).await
    }

    async fn is_at(&self, name: &CheckpointName, wanted: GlobalPosition) -> Verdict {
        let found = self.store.load_checkpoint(name).await?;
        ensure_eq("the checkpoint", &found, &wanted)
    }

    pub(super) async fn a_checkpoint_starts_at_the_start(&self) -> Verdict {
        self.is_at(&self.checkpoint("1", 0), START).await?;
        self.is_at(&self.checkpoint("1", u16::MAX), START).await
    }

    pub(super) async fn a_checkpoint_moves_from_where_it_is(&self) -> Verdict {
        let checkpoint = self.checkpoint("1", 0);
        self.moves(&checkpoint, START, at(5)).await?;
        self.moves(&checkpoint, at(5), at(6)).await?;
        self.moves(&checkpoint, at(6), at(1000)).await
    }

    pub(super) async fn a_checkpoint_elsewhere_is_not_moved(&self) -> Verdict {
        let checkpoint = self.checkpoint("1", 0);
        self.is_not_moved(&checkpoint, at(4), START).await?;
        self.moves(&checkpoint, START, at(5)).await?;
        for expected in [START, at(4), at(9)] {
            self.is_not_moved(&checkpoint, expected, at(5)).await?;
        }
        Ok(())
    }

    /// Whatever it is expected to be at: the answer to the first move may have been lost.
    pub(super) async fn a_repeated_move_succeeds(&self) -> Verdict {
        let checkpoint = self.checkpoint("1", 0);
        self.moves(&checkpoint, START, START).await?;
        for _ in 0..3 {
            self.moves(&checkpoint, START, at(5)).await?;
        }
        self.moves(&checkpoint, at(5), at(5)).await
    }

    /// A rebuild begins anew: the store keeps a position, it does not judge it.
    pub(super) async fn a_checkpoint_moves_back_for_who_knows_where_it_is(&self) -> Verdict {
        let checkpoint = self.checkpoint("1", 0);
        self.moves(&checkpoint, START, at(5)).await?;
        self.moves(&checkpoint, at(5), at(3)).await?;
        self.moves(&checkpoint, at(3), START).await
    }

    pub(super) async fn both_parts_of_a_position_are_kept(&self) -> Verdict {
        let checkpoint = self.checkpoint("1", 0);
        // The largest that a log with 64-bit offsets can have.
        let far = GlobalPosition::from_parts(i64::MAX as u64, i64::MAX as u64 - 1);
        let near = GlobalPosition::from_parts(5, 3);
        self.moves(&checkpoint, START, near).await?;
        let elsewhere = GlobalPosition::from_parts(5, 4);
        self.is_not_moved(&checkpoint, elsewhere, near).await?;
        self.moves(&checkpoint, near, far).await
    }

    pub(super) async fn slices_are_apart(&self) -> Verdict {
        let slices = [0, 1, 10, 256, u16::MAX];
        let checkpoints = slices.map(|slice| self.checkpoint("1", slice));
        self.are_apart(&checkpoints).await
    }

    pub(super) async fn consumers_are_apart(&self) -> Verdict {
        let consumers = ["1", "10", "1%", "a", "A", "알림", "a:1", "a/1"];
        let checkpoints = consumers.map(|name| self.checkpoint(name, 1));
        self.are_apart(&checkpoints).await
    }

    /// Consumers of one name in several namespaces, each at a place of its own.
    pub(super) async fn namespaces_are_apart(&self) -> Verdict {
        let of = |namespace| CheckpointName {
            namespace,
            ..self.checkpoint("1", 0)
        };
        let namespaces = [self.namespace(), self.longer_namespace()];
        self.are_apart(&namespaces.map(of)).await
    }

    /// Checkpoints that are never moved, begun or held up by another one.
    async fn are_apart(&self, checkpoints: &[CheckpointName]) -> Verdict {
        for (number, name) in (1..).zip(checkpoints) {
            self.is_at(name, START).await?;
            self.moves(name, START, at(number)).await?;
        }
        for (number, name) in (1..).zip(checkpoints) {
            self.is_at(name, at(number)).await?;
            self.moves(name, at(number), at(number + 100)).await?;
        }
        for (number, name) in (1..).zip(checkpoints) {
            self.is_at(name, at(number + 100)).await?;
        }
        Ok(())
    }

    pub(super) async fn one_of_two_movers_wins(&self) -> Verdict {
        let checkpoint = self.checkpoint("1", 0);
        let mut there = START;
        for round in 1..=10 {
            let places: Vec<_> = (0..4).map(|mover| at(round * 10 + mover)).collect();
            let save = |place: &_| self.store.save_checkpoint(&checkpoint, there, *place);
            let answers = join_all(places.iter().map(save)).await;
            let saved = places.iter().zip(&answers);
            let winners: Vec<_> = saved.filter(|(_, answer)| answer.is_ok()).collect();
            ensure_eq("winners", &winners.len(), &1)?;
            there = *winners[0].0;
            self.is_at(&checkpoint, there).await?;
        }
        Ok(())
    }
}

//! The rules of checkpoint stores.

use futures_util::future::join_all;

use super::case::{Case, Verdict, ensure, ensure_eq};
use crate::{CheckpointError, CheckpointStore, ConsumerName, GlobalPosition, Slice};

const START: GlobalPosition = GlobalPosition::START;
const SLICE: Slice = Slice::new(0);

const fn at(number: u64) -> GlobalPosition {
    GlobalPosition::new(number)
}

/// Moves the checkpoint of slice 0, which must succeed.
async fn moves<S: CheckpointStore>(
    case: &Case<'_, S>,
    consumer: &ConsumerName,
    expected: GlobalPosition,
    position: GlobalPosition,
) -> Verdict {
    case.store
        .save_checkpoint(consumer, SLICE, expected, position)
        .await?;
    is_at(case, consumer, SLICE, position).await
}

async fn is_at<S: CheckpointStore>(
    case: &Case<'_, S>,
    consumer: &ConsumerName,
    slice: Slice,
    wanted: GlobalPosition,
) -> Verdict {
    let found = case.store.load_checkpoint(consumer, slice).await?;
    ensure_eq("the checkpoint", &found, &wanted)
}

pub(super) async fn a_checkpoint_starts_at_the_start<S: CheckpointStore>(
    case: &Case<'_, S>,
) -> Verdict {
    is_at(case, &case.consumer("1"), SLICE, START).await?;
    is_at(case, &case.consumer("1"), Slice::new(u16::MAX), START).await
}

pub(super) async fn a_checkpoint_moves_from_where_it_is<S: CheckpointStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let consumer = case.consumer("1");
    moves(case, &consumer, START, at(5)).await?;
    moves(case, &consumer, at(5), at(6)).await?;
    moves(case, &consumer, at(6), at(1000)).await
}

pub(super) async fn a_checkpoint_elsewhere_is_not_moved<S: CheckpointStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let consumer = case.consumer("1");
    for (there, expected) in [
        (START, at(4)),
        (at(5), START),
        (at(5), at(4)),
        (at(5), at(9)),
    ] {
        if there > START {
            moves(case, &consumer, START, there).await?;
        }
        let answer = case
            .store
            .save_checkpoint(&consumer, SLICE, expected, at(7))
            .await;
        let is_right =
            matches!(&answer, Err(CheckpointError::Moved { actual, .. }) if *actual == there);
        ensure(is_right, || {
            format!("at {there}, moved from {expected}: not told so, but {answer:?}")
        })?;
        is_at(case, &consumer, SLICE, there).await?;
    }
    Ok(())
}

/// Whatever it is expected to be at: the answer to the first move may have been lost.
pub(super) async fn a_repeated_move_succeeds<S: CheckpointStore>(case: &Case<'_, S>) -> Verdict {
    let consumer = case.consumer("1");
    moves(case, &consumer, START, START).await?;
    for _ in 0..3 {
        moves(case, &consumer, START, at(5)).await?;
    }
    moves(case, &consumer, at(5), at(5)).await
}

/// A rebuild begins anew: the store keeps a position, it does not judge it.
pub(super) async fn a_checkpoint_moves_back_for_who_knows_where_it_is<S: CheckpointStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let consumer = case.consumer("1");
    moves(case, &consumer, START, at(5)).await?;
    moves(case, &consumer, at(5), at(3)).await?;
    moves(case, &consumer, at(3), START).await
}

pub(super) async fn both_parts_of_a_position_are_kept<S: CheckpointStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let consumer = case.consumer("1");
    // The largest that a log with 64-bit offsets can have.
    let far = GlobalPosition::from_parts(i64::MAX as u64, i64::MAX as u64 - 1);
    let near = GlobalPosition::from_parts(5, 3);
    moves(case, &consumer, START, near).await?;
    let elsewhere = GlobalPosition::from_parts(5, 4);
    let answer = case
        .store
        .save_checkpoint(&consumer, SLICE, elsewhere, far)
        .await;
    let is_right = matches!(answer, Err(CheckpointError::Moved { .. }));
    ensure(is_right, || format!("{elsewhere} was taken for {near}"))?;
    moves(case, &consumer, near, far).await
}

pub(super) async fn slices_are_apart<S: CheckpointStore>(case: &Case<'_, S>) -> Verdict {
    let consumer = case.consumer("1");
    let slices = [0, 1, 10, 256, u16::MAX].map(Slice::new);
    for slice in slices {
        let position = at(u64::from(slice.get()) + 1);
        case.store
            .save_checkpoint(&consumer, slice, START, position)
            .await?;
    }
    for slice in slices {
        let position = at(u64::from(slice.get()) + 1);
        is_at(case, &consumer, slice, position).await?;
    }
    Ok(())
}

pub(super) async fn consumers_are_apart<S: CheckpointStore>(case: &Case<'_, S>) -> Verdict {
    let consumers = ["1", "10", "1%", "a", "A", "알림"].map(|name| case.consumer(name));
    for (number, consumer) in (1..).zip(&consumers) {
        moves(case, consumer, START, at(number)).await?;
    }
    for (number, consumer) in (1..).zip(&consumers) {
        is_at(case, consumer, SLICE, at(number)).await?;
    }
    Ok(())
}

pub(super) async fn one_of_two_movers_wins<S: CheckpointStore>(case: &Case<'_, S>) -> Verdict {
    let consumer = case.consumer("1");
    let mut there = START;
    for round in 1..=10 {
        let places: Vec<_> = (0..4).map(|mover| at(round * 10 + mover)).collect();
        let moves = places
            .iter()
            .map(|place| case.store.save_checkpoint(&consumer, SLICE, there, *place));
        let answers = join_all(moves).await;
        let winners = places
            .iter()
            .zip(&answers)
            .filter(|(_, answer)| answer.is_ok());
        let winners: Vec<_> = winners.map(|(place, _)| *place).collect();
        ensure_eq("winners", &winners.len(), &1)?;
        there = winners[0];
        is_at(case, &consumer, SLICE, there).await?;
    }
    Ok(())
}

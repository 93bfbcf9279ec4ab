//! Following the log while others write to it: no reader may ever skip an event.

use std::cell::Cell;

use futures_util::future::{try_join, try_join_all};

use super::case::{Case, Verdict, at_most, ensure_eq, ids, new_ids};
use super::feeds::Follower;
use crate::{
    EventFilter, EventId, EventStore,
    ExpectedVersion::{self, Any},
    GlobalPosition,
    testing::{SeededRng, yield_now, yield_times},
};

pub(super) async fn a_waiting_feed_wakes_for_every_append<S: EventStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let head = case.store.head().await?;
    let mut follower = Follower::start(case, head, case.own_events(), 10);
    let mut wanted = Vec::new();
    for round in 0..50 {
        let event = [case.event(&round.to_string())];
        wanted.extend(new_ids(&event));
        let append = async {
            // So that the feed begins to wait first, now longer, now less long.
            yield_times(round % 7).await;
            case.append(&case.stream("1"), Any, &event).await
        };
        try_join(append, follower.until(case, event[0].id())).await?;
    }
    follower.brought(&wanted)
}

pub(super) async fn a_dropped_wait_loses_nothing<S: EventStore>(case: &Case<'_, S>) -> Verdict {
    let start = case.store.head().await?;
    let mut wanted = new_ids(&case.write_stream("1", 6).await?);
    let mut follower = Follower::start(case, start, case.own_events(), 2);
    for round in 0..30 {
        // Dropped after one poll, or after a few, in the history, at the seam and behind it.
        for reads in [0, round % 5] {
            follower.next_within(case, reads).await?;
        }
        let event = case.event(&format!("live {round}"));
        wanted.push(event.id());
        case.append(&case.stream("1"), Any, std::slice::from_ref(&event))
            .await?;
        follower.next_within(case, 0).await?;
    }
    follower.until(case, wanted[wanted.len() - 1]).await?;
    follower.brought(&wanted)
}

/// How many writers append at once, and how often each.
const WRITERS: u64 = 4;
const ROUNDS: u32 = 25;

/// Feeds that begin at different times and places follow several writers; in the end each of them
/// must have brought all that the log holds after its start, once and in order.
pub(super) async fn feeds_under_concurrent_writers_bring_everything_once<S: EventStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let start = case.store.head().await?;
    let last = case.event("the last one of all");
    let written = Cell::new(0);
    let write = async {
        try_join_all((0..WRITERS).map(|writer| write(case, writer, &written))).await?;
        case.append(&case.stream("shared"), Any, std::slice::from_ref(&last))
            .await
    };
    let follow =
        try_join_all((0..8).map(|number| follow(case, start, number, &written, last.id())));
    let (_, followed) = try_join(write, follow).await?;
    let log = case.read_log(start, 100).await?;
    let events = ids(&log);
    let total = WRITERS * u64::from(1 + ROUNDS * 2) + 1;
    ensure_eq("events in the log", &(events.len() as u64), &total)?;
    for (after, brought) in followed {
        let begins = log.partition_point(|event| event.position <= after);
        ensure_eq("what a feed brought", &brought, &events[begins..].to_vec())?;
    }
    Ok(())
}

/// One writer: in turns on a stream of its own and on one that all share. `written` counts for
/// all.
async fn write<S: EventStore>(case: &Case<'_, S>, writer: u64, written: &Cell<u32>) -> Verdict {
    let mut rng = SeededRng::new(writer);
    let stream = case.stream(&format!("own-{writer}"));
    let first = [case.event(&format!("{writer} first"))];
    let mut own = case
        .append(&stream, ExpectedVersion::NoStream, &first)
        .await?;
    for round in 0..ROUNDS {
        yield_times(rng.below(4)).await;
        let shared = [case.event(&format!("{writer} shared {round}"))];
        case.append(&case.stream("shared"), Any, &shared).await?;
        let event = [case.event(&format!("{writer} own {round}"))];
        let expected = ExpectedVersion::Exactly(own.version);
        own = case.append(&stream, expected, &event).await?;
        written.set(written.get() + 1);
    }
    Ok(())
}

/// Follows until `last` has come: where the feed began, and which of the rule's own events it
/// brought. Odd feeds read with a filter, even ones see all.
async fn follow<S: EventStore>(
    case: &Case<'_, S>,
    start: GlobalPosition,
    number: u32,
    written: &Cell<u32>,
    last: EventId,
) -> Verdict<(GlobalPosition, Vec<EventId>)> {
    while written.get() < number / 2 * ROUNDS / 2 {
        yield_now().await;
    }
    let after = match number % 4 {
        0 | 1 => start,
        2 => case.store.head().await?,
        _ => some_position(case, start).await?,
    };
    let filter = match number % 2 {
        0 => EventFilter::all(),
        _ => case.own_events(),
    };
    let mut follower = Follower::start(case, after, filter, 1 + number * number);
    follower.until(case, last).await?;
    let own = case.own_events();
    follower.events.retain(|event| own.admits(&event.stream));
    Ok((after, ids(&follower.events)))
}

/// A position in the midst of what has been written so far.
async fn some_position<S: EventStore>(
    case: &Case<'_, S>,
    start: GlobalPosition,
) -> Verdict<GlobalPosition> {
    let page = case
        .store
        .read_all(start, &case.own_events(), at_most(20))
        .await?;
    Ok(page.position)
}

//! The bulkhead: so many calls at once, so many more that wait, and no others.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use minwon_core::Timer;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::GuardError;
use crate::patience::within;

/// How many may be inside, and how many may wait at the door for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) in_flight_max: usize,
    pub(super) waiting_max: usize,
    pub(super) wait_max: Duration,
}

#[derive(Debug)]
pub(super) struct Bulkhead {
    room: Room,
    places: Semaphore,
    waiting: AtomicUsize,
}

impl Bulkhead {
    pub(super) fn new(room: Room) -> Self {
        Self {
            room,
            places: Semaphore::new(room.in_flight_max),
            waiting: AtomicUsize::new(0),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.room.in_flight_max - self.places.available_permits()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// A place inside, in the order of asking. Dropping it gives it back; dropping the future
    /// leaves the queue.
    pub(super) async fn enter<T: Timer>(
        &self,
        timer: &T,
    ) -> Result<SemaphorePermit<'_>, GuardError> {
        // No overtaking: a place given back belongs to whoever waits first, before it is free.
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        let _waiter = self.queue()?;
        match within(timer, self.room.wait_max, self.places.acquire()).await {
            Some(place) => Ok(place.expect("the semaphore is never closed")),
            None => Err(GuardError::WaitedTooLong {
                wait_max: self.room.wait_max,
            }),
        }
    }

    fn queue(&self) -> Result<Waiter<'_>, GuardError> {
        let one_more = |waiting| (waiting < self.room.waiting_max).then_some(waiting + 1);
        self.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .map(|_| Waiter(&self.waiting))
            .map_err(|_| GuardError::Busy {
                in_flight_max: self.room.in_flight_max,
                waiting_max: self.room.waiting_max,
            })
    }
}

/// One who waits; the drop counts them out.
struct Waiter<'a>(&'a AtomicUsize);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

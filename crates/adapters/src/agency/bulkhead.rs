//! The bulkhead: so many calls at once, so many more that wait, and no others.

use std::time::Duration;

use minwon_core::Timer;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::GuardError;
use crate::retries::within;

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
    inside: Semaphore,
    /// For those inside and those that wait.
    places: Semaphore,
}

impl Bulkhead {
    pub(super) fn new(room: Room) -> Self {
        Self {
            room,
            inside: Semaphore::new(room.in_flight_max),
            places: Semaphore::new(room.in_flight_max + room.waiting_max),
        }
    }

    pub(super) const fn room(&self) -> Room {
        self.room
    }

    pub(super) fn in_flight(&self) -> usize {
        self.room.in_flight_max - self.inside.available_permits()
    }

    pub(super) fn waiting(&self) -> usize {
        let free = self.places.available_permits();
        let all = self.room.in_flight_max + self.room.waiting_max - free;
        all.saturating_sub(self.in_flight())
    }

    /// A place inside, in the order of asking. Dropping it gives it back; dropping the future
    /// leaves the queue.
    pub(super) async fn enter<T: Timer>(
        &self,
        timer: &T,
    ) -> Result<[SemaphorePermit<'_>; 2], GuardError> {
        let place = self.places.try_acquire().map_err(|_| GuardError::Busy {
            in_flight_max: self.room.in_flight_max,
            waiting_max: self.room.waiting_max,
        })?;
        match within(timer, self.room.wait_max, self.inside.acquire()).await {
            Some(inside) => Ok([inside.expect("the semaphore is never closed"), place]),
            None => Err(GuardError::WaitedTooLong {
                wait_max: self.room.wait_max,
            }),
        }
    }
}

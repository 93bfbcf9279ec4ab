//! An agency that answers when a test says so, and requests polled by hand.

use std::{
    future::Future,
    num::{NonZeroU32, NonZeroUsize},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use minwon_adapters::{
    Retries,
    agency::{GuardError, GuardedLink, GuardedLinkBuilder},
};
use minwon_core::{Timestamp, testing::ManualClock};
use minwon_petitions::{AgencyError, AgencyLink};
use tokio::sync::oneshot;

pub(crate) type Answer = Result<&'static str, AgencyError>;
pub(crate) type Guard = GuardedLink<Agency, ManualClock>;

/// Keeps every question until [`answer`](Self::answer). A clone is the same agency.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agency {
    questions: Arc<Mutex<Vec<oneshot::Sender<Answer>>>>,
    in_flight: Arc<AtomicUsize>,
    asked: Arc<AtomicU64>,
}

impl Agency {
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Answers one of the questions that somebody still waits for.
    pub(crate) fn answer(&self, which: usize, answer: Answer) {
        let mut questions = self.questions.lock().unwrap();
        questions.retain(|question| !question.is_closed());
        if let Some(place) = which.checked_rem(questions.len()) {
            questions.swap_remove(place).send(answer).unwrap();
        }
    }
}

struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AgencyLink<u32> for Agency {
    type Answer = &'static str;

    async fn ask(&self, _: &u32) -> Answer {
        let (sender, receiver) = oneshot::channel();
        self.questions.lock().unwrap().push(sender);
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let _in_flight = InFlight(&self.in_flight);
        receiver.await.unwrap()
    }
}

pub(crate) fn away() -> Answer {
    Err(AgencyError::Unavailable("away".into()))
}

pub(crate) fn refused() -> Answer {
    Err(AgencyError::Refused("no such person".into()))
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::new(Timestamp::UNIX_EPOCH)
}

/// A guard whose limits are small: one try, 2 at once, 1 that waits for 10 seconds, time-out 5
/// seconds, breaker at 3 failures in a row, open for 30 seconds.
pub(crate) fn guard(
    agency: &Agency,
    clock: &ManualClock,
) -> GuardedLinkBuilder<Agency, ManualClock> {
    GuardedLink::builder(agency.clone())
        .timer(clock.clone())
        .retries(tries(1))
        .timeout(secs(5))
        .in_flight_max(NonZeroUsize::new(2).unwrap())
        .waiting_max(1, secs(10))
        .breaker_opens_at(nonzero(3), nonzero(3))
        .breaker_wait(secs(30))
}

pub(crate) fn tries(tries: u32) -> Retries {
    Retries::default()
        .tries_max(nonzero(tries))
        .pauses(secs(1), secs(4))
        .jitter_seed(7)
}

pub(crate) fn nonzero(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// A request that goes on only when it is polled.
pub(crate) struct Request<'a>(Pin<Box<dyn Future<Output = Answer> + Send + 'a>>);

impl<'a> Request<'a> {
    /// Begins one, and lets it come as far as it can.
    pub(crate) fn begin(guard: &'a Guard) -> (Self, Option<Answer>) {
        let mut request = Self(Box::pin(async { guard.ask(&7).await }));
        let answer = request.poll();
        (request, answer)
    }

    /// Its answer, if it is there by now.
    pub(crate) fn poll(&mut self) -> Option<Answer> {
        match self
            .0
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        }
    }
}

/// A request that is answered so far as the agency and the guard answer at once.
pub(crate) fn ask(guard: &Guard, agency: &Agency, answer: Answer) -> Answer {
    let (mut request, early) = Request::begin(guard);
    early.unwrap_or_else(|| {
        agency.answer(0, answer);
        request.poll().unwrap()
    })
}

pub(crate) fn guard_error(answer: Answer) -> GuardError {
    match answer {
        Err(AgencyError::Unavailable(error)) => *error.downcast().unwrap(),
        other => panic!("{other:?} is not the guard's"),
    }
}

//! The task behind a feed: subscribes, hands on, and begins again where a subscription ends.

use std::{convert::Infallible, future::poll_fn};

use minwon_core::{FeedBatch, GlobalPosition, StoreError};
use minwon_kurrentdb_protocol::streams::read_req::options::FilterOptions;
use tokio::{
    sync::mpsc::{self, error::SendError},
    task::yield_now,
    time::{Instant, sleep, sleep_until},
};

use super::{intake::Intake, subscription::Subscription, troubles::Troubles};
use crate::kurrentdb::{
    error::Fault,
    link::{Begun, Link},
    options::KurrentOptions,
    read::{has_more, last_position},
};

/// The item that the consumer gets.
pub(super) type Handed = Result<FeedBatch, StoreError>;

pub(super) struct Follower {
    pub(super) link: Link,
    pub(super) options: KurrentOptions,
    pub(super) filter: FilterOptions,
    pub(super) intake: Intake,
    pub(super) troubles: Troubles,
    /// Holds one batch; another is in the intake.
    pub(super) consumer: mpsc::Sender<Handed>,
}

/// Why a subscription is no longer followed.
enum End {
    /// It ended, could not begin, or does not bring what is there.
    Failed(Fault),
    /// The consumer dropped the feed.
    Deserted,
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

/// The first event while a subscription is followed.
enum Step {
    Came(Result<(), Fault>),
    Room(Result<(), SendError<()>>),
    Quiet,
}

impl Follower {
    /// Follows the log until the consumer is gone.
    pub(super) async fn run(mut self) {
        loop {
            let Err(end) = self.follow().await;
            if self.recover(end).await.is_err() {
                return;
            }
        }
    }

    /// Subscribes, and hands on what comes for as long as it comes.
    async fn follow(&mut self) -> Result<Infallible, End> {
        let begun = self.link.begin().await?;
        let Err(end) = self.follow_on(&begun).await;
        Err(match end {
            End::Failed(fault) => End::Failed(self.link.note_fault(&begun, fault)),
            End::Deserted => End::Deserted,
        })
    }

    async fn follow_on(&mut self, begun: &Begun) -> Result<Infallible, End> {
        let (client, limit) = (&begun.client, self.options.call_timeout);
        // From the same node as the subscription: another node may be further, and what only that
        // one has would be passed over here.
        let log_end = last_position(client, limit).await?;
        self.intake.begin(log_end);
        let (after, filter) = (self.intake.position(), self.filter.clone());
        let mut subscription = Subscription::open(client, limit, after, filter).await?;
        let mut quiet_since = Instant::now();
        let mut missing = None;
        loop {
            match self.step(&mut subscription, quiet_since).await {
                Step::Came(came) => {
                    came?;
                    self.is_sound(begun);
                }
                Step::Room(room) => {
                    room.map_err(|_| End::Deserted)?;
                    let handed = hand_over(&self.consumer, &mut self.intake).await;
                    handed.map_err(|_| End::Deserted)?;
                    // The consumer's turn, also where this feed never has to wait.
                    yield_now().await;
                }
                Step::Quiet => missing = self.look(begun, missing).await?,
            }
            quiet_since = Instant::now();
        }
    }

    /// Takes what has come before it hands anything on, so batches are as large as they can be
    /// while the consumer is busy.
    async fn step(&mut self, subscription: &mut Subscription, quiet_since: Instant) -> Step {
        let (may_take, has_news) = (!self.intake.is_full(), self.intake.has_news());
        let come = poll_fn(|context| subscription.poll_messages(context, &mut self.intake));
        tokio::select! {
            biased;
            came = come, if may_take => Step::Came(came),
            room = has_room(&self.consumer), if has_news => Step::Room(room),
            () = sleep_until(quiet_since + self.options.quiet_timeout), if may_take => Step::Quiet,
        }
    }

    /// Checks, after a while without events, whether there were any. Events that are in the log are
    /// `missing` at first, as they may be on their way; the subscription counts as silent if they
    /// have not come by the next look.
    async fn look(
        &mut self,
        begun: &Begun,
        missing: Option<GlobalPosition>,
    ) -> Result<Option<GlobalPosition>, End> {
        let silent = || End::Failed(Fault::TimedOut(self.options.quiet_timeout));
        let position = self.intake.position();
        if !self.intake.is_live() || missing == Some(position) {
            return Err(silent());
        }
        let client = &begun.client;
        let log_end = last_position(client, self.options.call_timeout).await?;
        if log_end > position {
            let (filter, limit) = (self.filter.clone(), self.options.scan_timeout);
            if has_more(client, limit, position, filter).await? {
                return Ok(Some(position));
            }
        }
        self.intake.considered_up_to(log_end);
        self.is_sound(begun);
        Ok(None)
    }

    /// Something came through.
    fn is_sound(&mut self, begun: &Begun) {
        self.link.note_answer(begun);
        self.troubles.are_over();
    }

    /// Reports to the consumer what it has to know, and pauses before the next try.
    async fn recover(&mut self, end: End) -> Result<(), Deserted> {
        self.intake.end();
        if self.intake.has_news() {
            // Events that came before the trouble are handed out first.
            let handed = hand_over(&self.consumer, &mut self.intake).await;
            handed.map_err(|_| Deserted)?;
        }
        let error = match end {
            End::Deserted => return Err(Deserted),
            End::Failed(fault) => {
                let position = self.intake.position();
                fault.into_store_error(format_args!("following the log after {position}"))
            }
        };
        let (is_reported, pause) = self.troubles.add(&error, Instant::now());
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            ?pause,
            "subscribing anew"
        );
        if is_reported {
            // A consumer that is busy with an earlier batch has no use for it yet, and none any
            // more when the trouble is over by then.
            let _ = self.consumer.try_send(Err(error));
        }
        sleep(pause).await;
        Ok(())
    }
}

/// The consumer dropped the feed.
struct Deserted;

async fn has_room(consumer: &mpsc::Sender<Handed>) -> Result<(), SendError<()>> {
    consumer.reserve().await.map(drop)
}

/// Hands on what has come, as soon as there is room for it. The consumer may go at any time, also
/// between the look whether there is room and the use of it.
async fn hand_over(
    consumer: &mpsc::Sender<Handed>,
    intake: &mut Intake,
) -> Result<(), SendError<()>> {
    let room = consumer.reserve().await?;
    room.send(Ok(intake.hand_over()));
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
mod tests {
    use std::num::NonZeroU32;

    use minwon_core::EventFilter;

    use super::*;

    #[tokio::test]
    async fn a_consumer_that_went_after_there_was_room_is_no_bug() {
        let filter = EventFilter::all();
        let mut intake = Intake::new(GlobalPosition::START, filter, NonZeroU32::MIN);
        let (consumer, batches) = mpsc::channel(1);
        has_room(&consumer).await.unwrap();
        drop(batches);
        assert!(hand_over(&consumer, &mut intake).await.is_err());
        assert!(has_room(&consumer).await.is_err());
    }
}

//! One subscription to the log.

use std::{
    task::{Context, Poll, ready},
    time::Duration,
};

use minwon_core::GlobalPosition;
use minwon_kurrentdb_protocol::streams::read_req::options::FilterOptions;

use super::intake::Intake;
use crate::kurrentdb::{
    client::{Client, Messages},
    error::Fault,
};

/// Messages taken before others of the runtime get their turn.
const MESSAGES_PER_POLL_MAX: usize = 256;

pub(super) struct Subscription(Messages);

impl Subscription {
    /// Subscribes to `$all` after `after`.
    pub(super) async fn open(
        client: &Client,
        limit: Duration,
        after: GlobalPosition,
        filter: FilterOptions,
    ) -> Result<Self, Fault> {
        client.subscribe(limit, after, filter).await.map(Self)
    }

    /// Gives the intake what has arrived, until that is full. Ready as soon as there was anything.
    pub(super) fn poll_messages(
        &mut self,
        context: &mut Context<'_>,
        intake: &mut Intake,
    ) -> Poll<Result<(), Fault>> {
        for taken in 0..MESSAGES_PER_POLL_MAX {
            let message = match self.0.poll_next(context) {
                Poll::Pending if taken > 0 => break,
                pending => ready!(pending),
            };
            match message {
                Some(message) => {
                    intake.take(message?);
                    if intake.is_full() {
                        break;
                    }
                }
                // In an orderly way, which subscriptions never should.
                None => return Poll::Ready(Err(Fault::CutOff)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

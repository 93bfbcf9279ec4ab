//! One subscription of the client, polled so that it cannot do harm.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_util::{Stream, stream};
use kurrentdb::{
    Client, StreamPosition, SubscribeToAllOptions, SubscriptionEvent, SubscriptionFilter,
};
use minwon_core::{GlobalPosition, StoreError};

use super::{
    guard::{Unwound, guarded},
    intake::Intake,
};
use crate::kurrentdb::codec::client_position;

/// Messages taken before others of the runtime get their turn.
const MESSAGES_PER_POLL_MAX: usize = 256;

/// How a subscription ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// With an error of the server, or of the way to it.
    Failed(kurrentdb::Error),
    /// In an orderly way, which subscriptions never should.
    Orderly,
    /// With a panic in the client.
    Panicked(String),
    /// By us, with something that must not be passed over.
    Unreadable(StoreError),
}

type Messages = dyn Stream<Item = kurrentdb::Result<SubscriptionEvent>> + Send;

pub(super) struct Subscription {
    messages: Pin<Box<Messages>>,
}

impl Subscription {
    /// Subscribes to `$all` after `after`, never at its end: an end is another place each time.
    /// The client's own resubscribing stays off, since it forgets checkpoints.
    pub(super) async fn open(
        client: &Client,
        after: GlobalPosition,
        filter: SubscriptionFilter,
    ) -> Self {
        let position =
            client_position(after).map_or(StreamPosition::Start, StreamPosition::Position);
        let options = SubscribeToAllOptions::default()
            .position(position)
            .filter(filter);
        let subscription = Box::new(client.subscribe_to_all(&options).await);
        // Waiting for the client's next message must not be cut short, or it loses its stream.
        // Here the wait is kept from poll to poll.
        let messages = stream::unfold(subscription, |mut subscription| async move {
            let message = subscription.next_subscription_event().await;
            Some((message, subscription))
        });
        Self {
            messages: Box::pin(messages),
        }
    }

    /// Gives the intake what has arrived, until that is full. Ready as soon as there was anything.
    pub(super) fn poll_messages(
        &mut self,
        context: &mut Context<'_>,
        intake: &mut Intake,
    ) -> Poll<Result<(), Ended>> {
        let polled = guarded(|| self.poll_unguarded(context, intake));
        polled.unwrap_or_else(|unwound| {
            Poll::Ready(Err(match unwound {
                Unwound::AtTheEnd => Ended::Orderly,
                Unwound::Panicked(text) => Ended::Panicked(text),
            }))
        })
    }

    fn poll_unguarded(
        &mut self,
        context: &mut Context<'_>,
        intake: &mut Intake,
    ) -> Poll<Result<(), Ended>> {
        for taken in 0..MESSAGES_PER_POLL_MAX {
            let message = match self.messages.as_mut().poll_next(context) {
                Poll::Pending if taken > 0 => break,
                pending => ready!(pending),
            };
            match message {
                Some(Ok(message)) => {
                    intake.take(message).map_err(Ended::Unreadable)?;
                    if intake.is_full() {
                        break;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(Ended::Failed(error))),
                None => return Poll::Ready(Err(Ended::Orderly)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

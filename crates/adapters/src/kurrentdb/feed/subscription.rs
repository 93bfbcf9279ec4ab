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

use super::{guard::guarded, intake::Intake};
use crate::kurrentdb::{codec::client_position, error::Fault};

/// Messages taken before others of the runtime get their turn.
const MESSAGES_PER_POLL_MAX: usize = 256;

/// Why a subscription is no longer followed.
#[derive(Debug)]
pub(super) enum End {
    /// It ended, could not begin, or does not bring what is there.
    Failed(Fault),
    /// It brought what must neither be handed on nor be passed over.
    Unreadable(StoreError),
    /// The consumer dropped the feed.
    Deserted,
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
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
    ) -> Poll<Result<(), End>> {
        guarded(|| self.poll_unguarded(context, intake))
            .unwrap_or_else(|fault| Poll::Ready(Err(fault.into())))
    }

    fn poll_unguarded(
        &mut self,
        context: &mut Context<'_>,
        intake: &mut Intake,
    ) -> Poll<Result<(), End>> {
        for taken in 0..MESSAGES_PER_POLL_MAX {
            let message = match self.messages.as_mut().poll_next(context) {
                Poll::Pending if taken > 0 => break,
                pending => ready!(pending),
            };
            match message {
                Some(Ok(message)) => {
                    intake.take(message).map_err(End::Unreadable)?;
                    if intake.is_full() {
                        break;
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(Fault::Client(error).into())),
                // In an orderly way, which subscriptions never should.
                None => return Poll::Ready(Err(Fault::CutOff.into())),
            }
        }
        Poll::Ready(Ok(()))
    }
}

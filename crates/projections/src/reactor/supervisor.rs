//! One session after the other, one at a time.

use std::sync::Arc;

use futures_util::future::try_join_all;
use minwon_core::{
    CheckpointStore, CommandExecutor, ConsumerLetters, EventDecoder, EventFilter, EventStore,
    Generation, GenerationName, GlobalPosition, ModelName, NamespaceName, ProjectionName, Reactor,
    Slice, StoreError, Timer, key_hash,
};
use tokio::sync::mpsc;

use super::{
    end::{ReactorStop, SessionEnd},
    handler::Handler,
    held::has_task,
    recorder::Request,
    session::Session,
    slices::Slices,
};
use crate::{SharedFeed, dead_letters::Window, projector::Membership, supervise::out_of_time};

/// How long a reactor goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    Stopped,
    /// The head of the log when it was started.
    Head,
}

/// Batches between the reader and the work.
const BATCHES_WAITING: usize = 1;

pub(super) struct Supervisor<S: EventStore, D, R, E, T> {
    pub(super) handler: Handler<S, D, R, E, T>,
    pub(super) feed: SharedFeed<S>,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) filter: EventFilter,
    pub(super) membership: Option<Membership>,
}

/// Where a session begins.
struct Opening<S, T> {
    /// What was given up behind the checkpoints.
    given_up: Window<S, T>,
    checkpoints: Vec<(Slice, GlobalPosition)>,
    /// Keys of which something that is held back can be worked on.
    looks: Vec<Arc<str>>,
}

impl<S, D, R, E, T> Supervisor<S, D, R, E, T>
where
    S: EventStore + CheckpointStore + 'static,
    D: EventDecoder<Event = R::Event>,
    R: Reactor,
    E: CommandExecutor<R::Command>,
    T: Timer + 'static,
{
    pub(super) async fn supervise(mut self) -> ReactorStop {
        let reason = self.bounded_sessions().await;
        if let Some(membership) = &self.membership {
            membership.leave(&self.share_name()).await;
        }
        reason
    }

    /// Sessions that end some time after it was asked to stop, whatever the store does.
    async fn bounded_sessions(&mut self) -> ReactorStop {
        let (timer, stop) = (Arc::clone(&self.handler.timer), self.handler.stop.clone());
        // Turns have their time first, then checkpoints.
        let limit = self.handler.options.stop_time_max.saturating_mul(2);
        let out_of_time = out_of_time(timer, stop, limit);
        tokio::select! {
            biased;
            reason = self.sessions() => reason,
            () = out_of_time => ReactorStop::Requested,
        }
    }

    async fn sessions(&mut self) -> ReactorStop {
        let until = match self.handler.until {
            Until::Stopped => None,
            Until::Head => match self.head().await {
                Ok(head) => Some(head),
                Err(SessionEnd::Stop(reason)) => return reason,
                Err(_) => return ReactorStop::Requested,
            },
        };
        loop {
            let end = self.session(until).await;
            match end {
                SessionEnd::Stop(reason) => return reason,
                SessionEnd::Stopping => return ReactorStop::Requested,
                // What it met is waited for where it is met again: in opening, at the latest.
                SessionEnd::Away(_) | SessionEnd::Unavailable(_) | SessionEnd::Reassigned => {}
            }
            self.handler
                .status
                .send_modify(|status| status.restarts += 1);
        }
    }

    async fn head(&self) -> Result<GlobalPosition, SessionEnd> {
        let mut patience = self.handler.patience();
        loop {
            match self.handler.store.head().await {
                Ok(head) => return Ok(head),
                Err(error) => patience.wait(error.into()).await?,
            }
        }
    }

    /// From the checkpoints to the first trouble.
    async fn session(&mut self, until: Option<GlobalPosition>) -> SessionEnd {
        let opening = match self.open_at_last().await {
            Ok(opening) => opening,
            Err(end) => return end,
        };
        let Opening {
            given_up,
            checkpoints,
            looks,
        } = opening;
        // Whoever asked for these in the session before is gone, and will ask again.
        while self.requests.try_recv().is_ok() {}
        let (name, handler) = (self.share_name(), &self.handler);
        let slices = Slices::new(&checkpoints);
        let (sender, receiver) = mpsc::channel(BATCHES_WAITING);
        let mut session = Session::new(handler, slices, looks, given_up);
        let reading = async {
            let from = checkpoints.iter().map(|(_, checkpoint)| *checkpoint).min();
            let end = match from {
                Some(from) => {
                    let filter = self.filter.clone();
                    let feed = self.feed.follow(from, filter, handler.options.batch());
                    handler.read_on(feed, from, &checkpoints, sender).await
                }
                // No slice is ours: nothing to read until a heartbeat brings one.
                None => SessionEnd::Stopping,
            };
            match end {
                // The work ends by itself.
                SessionEnd::Stopping => std::future::pending().await,
                end => end,
            }
        };
        let heartbeats = heartbeats(
            handler,
            self.membership.as_ref(),
            &name,
            checkpoints.iter().map(|(slice, _)| *slice),
        );
        let end = tokio::select! {
            end = session.work(receiver, until) => end,
            end = reading => end,
            reason = handler.keep_records(&mut self.requests) => SessionEnd::Stop(reason),
            end = heartbeats => end,
        };
        if let Err(worse @ SessionEnd::Stop(_)) = session.leave().await {
            return worse;
        }
        end
    }

    async fn open_at_last(&self) -> Result<Opening<S, T>, SessionEnd> {
        let mut patience = self.handler.patience();
        loop {
            match self.open().await {
                Err(end) => patience.wait(end).await?,
                opening => return opening,
            }
        }
    }

    async fn open(&self) -> Result<Opening<S, T>, SessionEnd> {
        let handler = &self.handler;
        let slices = match &self.membership {
            Some(membership) => {
                let count = handler.reactor.slices();
                membership.heartbeat(&self.share_name(), count).await?
            }
            None => handler.reactor.slices().slices().collect(),
        };
        let loads = slices.iter().map(async |&slice| {
            let loaded = handler
                .store
                .load_checkpoint(&handler.checkpoint(slice))
                .await;
            Ok::<_, StoreError>((slice, loaded?))
        });
        let mut checkpoints = try_join_all(loads).await?;
        checkpoints.sort_unstable_by_key(|(slice, _)| *slice);
        // The head is asked after the checkpoints, which a twin may be moving, and so are the
        // queues: whatever a checkpoint has passed is in them by then.
        let head = handler.store.head().await?;
        if let Some(&(slice, checkpoint)) = checkpoints.iter().find(|(_, at)| *at > head) {
            return Err(SessionEnd::Stop(ReactorStop::AheadOfLog {
                slice,
                checkpoint,
                head,
            }));
        }
        handler.letters.refresh().await?;
        let from = checkpoints.iter().map(|(_, checkpoint)| *checkpoint).min();
        let given_up = handler.letters.window(from.unwrap_or(head)).await?;
        self.ask_after_upgrade(&slices).await?;
        let looks = self.looks(&slices).await;
        Ok(Opening {
            given_up,
            checkpoints,
            looks,
        })
    }

    /// Has tried again what another decoder could not read.
    async fn ask_after_upgrade(&self, slices: &[Slice]) -> Result<(), SessionEnd> {
        let handler = &self.handler;
        let (count, name) = (handler.reactor.slices(), handler.name());
        let decoder = handler.decoder.fingerprint();
        let requests = |letters: &ConsumerLetters| {
            let is_ours = |key: &str| slices.contains(&count.slice_of(key));
            letters.requests_after_upgrade(name, decoder, is_ours)
        };
        let requests = handler
            .letters
            .look(|book| book.of(name).map(requests))
            .await;
        match requests {
            Some(requests) if !requests.is_empty() => handler.letters.record(requests).await?,
            _ => {}
        }
        Ok(())
    }

    /// Keys of some slices of which something that is held back can be worked on.
    async fn looks(&self, slices: &[Slice]) -> Vec<Arc<str>> {
        let handler = &self.handler;
        let count = handler.reactor.slices();
        let looks = |letters: &ConsumerLetters| {
            let keys = letters.keys().chain(letters.owing_keys());
            let is_ours = |key: &&str| slices.contains(&count.slice_of(key));
            let mut keys: Vec<_> = keys
                .filter(is_ours)
                .filter(|key| has_task(letters, key))
                .map(Arc::from)
                .collect();
            keys.sort_unstable();
            keys.dedup();
            keys
        };
        let looked = handler
            .letters
            .look(|book| book.of(handler.name()).map(looks));
        looked.await.unwrap_or_default()
    }

    /// What the slices are shared under.
    fn share_name(&self) -> GenerationName {
        share_name(
            self.handler.letters.namespace(),
            self.handler.name().as_str(),
        )
    }
}

/// The name under which members share a reactor's slices. A projection's name is a word, and a
/// reactor's may be any name.
fn share_name(namespace: &NamespaceName, reactor: &str) -> GenerationName {
    let readable: String = reactor
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect();
    let word = format!("Reactor{readable}{:016x}", key_hash(reactor));
    GenerationName {
        model: ModelName {
            namespace: namespace.clone(),
            projection: ProjectionName::new(word).expect("letters and digits"),
        },
        generation: Generation::new(1),
    }
}

/// Says again and again that this member is alive, until it has other slices than before.
async fn heartbeats<S, D, R, E, T>(
    handler: &Handler<S, D, R, E, T>,
    membership: Option<&Membership>,
    name: &GenerationName,
    slices: impl Iterator<Item = Slice>,
) -> SessionEnd
where
    R: Reactor,
    T: Timer,
{
    let Some(membership) = membership else {
        return std::future::pending().await;
    };
    let slices: Vec<_> = slices.collect();
    loop {
        handler.timer.sleep(membership.heartbeat_wait()).await;
        let count = handler.reactor.slices();
        match membership.heartbeat(name, count).await {
            Ok(mut now) => {
                now.sort_unstable();
                if now != slices {
                    return SessionEnd::Reassigned;
                }
            }
            // Leases spare work, no more: two on one slice are safe.
            Err(error) => tracing::warn!(%error, "a heartbeat failed; the slices stay for now"),
        }
    }
}

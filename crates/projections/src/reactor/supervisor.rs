//! One session after the other, one at a time.

use std::sync::Arc;

use futures_util::future::try_join_all;
use minwon_core::{
    CheckpointStore as _, ConsumerLetters, EventDecoder as _, EventFilter, EventStore as _,
    Generation, GenerationName, GlobalPosition, ModelName, ProjectionName, Reactor as _, Slice,
    StoreError, Timer as _, key_hash,
};
use tokio::sync::mpsc;

use super::{
    Setup,
    handler::Handler,
    held::has_task,
    recorder::{Request, keep_records},
    session::Session,
    slices::Slices,
};
use crate::{
    SharedFeed,
    dead_letters::Window,
    end::{SessionEnd, StopReason},
    projector::Membership,
    supervise::{Again, Until, out_of_time},
};

/// Batches between the reader and the work.
const BATCHES_WAITING: usize = 1;

pub(super) struct Supervisor<U: Setup> {
    pub(super) handler: Handler<U>,
    pub(super) feed: SharedFeed<U::Store>,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) filter: EventFilter,
    pub(super) membership: Option<Membership>,
    pub(super) again: Again,
}

/// Where a session begins.
struct Opening<U: Setup> {
    /// The events that were given up behind the checkpoints.
    given_up: Window<U::Store, U::Timer>,
    checkpoints: Vec<(Slice, GlobalPosition)>,
    /// Keys of which something that is held back can be worked on.
    looks: Vec<Arc<str>>,
}

impl<U: Setup> Supervisor<U> {
    pub(super) async fn supervise(mut self) -> StopReason {
        loop {
            let reason = self.bounded_sessions().await;
            let waits = &self.handler.waits;
            if let Some(membership) = &self.membership {
                membership.leave(&self.share_name(), &waits.timer).await;
            }
            let ends = waits.until == Until::Head;
            if ends
                || !self
                    .again
                    .is_wanted(&waits.part, &reason, &waits.stop)
                    .await
            {
                return reason;
            }
        }
    }

    /// Sessions that end some time after it was asked to stop, whatever the store does.
    async fn bounded_sessions(&mut self) -> StopReason {
        let waits = &self.handler.waits;
        let (timer, stop) = (Arc::clone(&waits.timer), waits.stop.clone());
        // Turns have their time first, then checkpoints.
        let limit = self.handler.options.stop_time_max.saturating_mul(2);
        let out_of_time = out_of_time(timer, stop, limit);
        tokio::select! {
            biased;
            reason = self.sessions() => reason,
            () = out_of_time => StopReason::Requested,
        }
    }

    async fn sessions(&mut self) -> StopReason {
        let waits = &self.handler.waits;
        let until = match waits.until {
            Until::Stopped => None,
            Until::Head => match waits.until_done(|| self.handler.store.head()).await {
                Ok(head) => Some(head),
                Err(SessionEnd::Stop(reason)) => return reason,
                Err(_) => return StopReason::Requested,
            },
        };
        loop {
            let end = self.session(until).await;
            match end {
                SessionEnd::Stop(reason) => return reason,
                SessionEnd::Stopping => return StopReason::Requested,
                // The trouble that it met is waited for where it is met again: in opening, at the
                // latest.
                _ => {}
            }
            let status = &self.handler.waits.status;
            status.send_modify(|status| status.restarts += 1);
        }
    }

    /// From the checkpoints to the first trouble.
    async fn session(&mut self, until: Option<GlobalPosition>) -> SessionEnd {
        let opening = match self.handler.waits.until_done(|| self.open()).await {
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
        let owned: Vec<_> = checkpoints.iter().map(|(slice, _)| *slice).collect();
        let heartbeats = heartbeats(handler, self.membership.as_ref(), &name, &owned);
        let end = tokio::select! {
            end = session.work(receiver, until) => end,
            end = reading => end,
            reason = keep_records(&handler.letters, &handler.waits, &mut self.requests) => {
                SessionEnd::Stop(reason)
            }
            end = heartbeats => end,
        };
        if let Err(worse @ SessionEnd::Stop(_)) = session.leave().await {
            return worse;
        }
        end
    }

    async fn open(&self) -> Result<Opening<U>, SessionEnd> {
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
            return Err(SessionEnd::Stop(StopReason::AheadOfLog {
                slice,
                checkpoint,
                head,
            }));
        }
        handler.letters.refresh().await?;
        let from = checkpoints.iter().map(|(_, checkpoint)| *checkpoint).min();
        let given_up = handler.letters.window(from.unwrap_or(head)).await?;
        let count = handler.reactor.slices();
        let is_ours = |key: &str| slices.contains(&count.slice_of(key));
        let decoder = handler.decoder.fingerprint();
        let asked = handler
            .letters
            .ask_after_upgrade(handler.name(), decoder, is_ours);
        asked.await?;
        let looks = self.looks(&slices);
        Ok(Opening {
            given_up,
            checkpoints,
            looks,
        })
    }

    /// Keys of some slices of which something that is held back can be worked on.
    fn looks(&self, slices: &[Slice]) -> Vec<Arc<str>> {
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
        handler.look(looks).unwrap_or_default()
    }

    /// The name under which members share its slices. A projection's name is a word, and a reactor's
    /// may be any name.
    fn share_name(&self) -> GenerationName {
        let reactor = self.handler.name().as_str();
        let readable = reactor.chars().filter(char::is_ascii_alphanumeric);
        let readable: String = readable.take(64).collect();
        let word = format!("Reactor{readable}{:016x}", key_hash(reactor));
        GenerationName {
            model: ModelName {
                namespace: self.handler.letters.namespace().clone(),
                projection: ProjectionName::new(word).expect("letters and digits"),
            },
            generation: Generation::new(1),
        }
    }
}

/// Says again and again that this member is alive, until it has other slices than before.
async fn heartbeats<U: Setup>(
    handler: &Handler<U>,
    membership: Option<&Membership>,
    name: &GenerationName,
    slices: &[Slice],
) -> SessionEnd {
    let Some(membership) = membership else {
        return std::future::pending().await;
    };
    let count = handler.reactor.slices();
    loop {
        handler.waits.timer.sleep(membership.heartbeat_wait()).await;
        if membership.have_slices_changed(name, count, slices).await {
            return SessionEnd::Reassigned;
        }
    }
}

//! Waiting until a read model shows something: all who wait share one look at it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon_core::{
    GlobalPosition, ModelName, Projection, ReadModelAdmin, ReadModelStore, Slice, SliceCheckpoint,
    SliceCount, Timer, Timestamp, Token, ViewKey, Wanted,
};
use tokio::sync::{Mutex as TurnMutex, watch};

use super::{AsOf, ModelReader, QueryError};
use crate::{ProjectorStatus, lock::lock};

/// How long a wait pauses between two looks: a part of the time it has lasted, so that what comes
/// soon is seen soon, and what takes minutes costs little.
const PAUSE_PART: u32 = 8;
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The same where a projector in this process reports what it has committed. It may not be the one
/// that works on the slice.
const WOKEN_PAUSE_MIN: Duration = Duration::from_millis(50);

/// The looks that all who wait share.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// Whoever holds it looks for all.
    turn: TurnMutex<()>,
    waiting: Mutex<Waiting>,
    last: watch::Sender<Option<Arc<Look>>>,
    /// Reports that the read model has moved.
    projector: Option<watch::Receiver<ProjectorStatus>>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Looks begun so far.
    begun: u64,
    /// Who waits, and for which key; none for all of them.
    keys: BTreeMap<u64, Option<ViewKey>>,
    next_id: u64,
}

/// One look at the slices that somebody waits for.
#[derive(Debug)]
struct Look {
    number: u64,
    slices: SliceCount,
    found: BTreeMap<Slice, Result<AsOf, GlobalPosition>>,
}

impl Looks {
    pub(super) fn wake_by(&mut self, projector: watch::Receiver<ProjectorStatus>) {
        self.projector = Some(projector);
    }

    pub(super) fn waiters(&self) -> usize {
        lock(&self.waiting).keys.len()
    }

    /// From now on looks are at `key` as well.
    fn enter(&self, key: Option<&ViewKey>) -> Entered<'_> {
        let mut waiting = lock(&self.waiting);
        let id = waiting.next_id;
        waiting.next_id += 1;
        waiting.keys.insert(id, key.cloned());
        Entered {
            looks: self,
            id,
            next: waiting.begun,
        }
    }

    /// Begins a look: its number, and the keys that it has to look at; none for all.
    fn begin(&self) -> (u64, Option<Vec<ViewKey>>) {
        let mut waiting = lock(&self.waiting);
        let number = waiting.begun;
        waiting.begun += 1;
        (number, waiting.keys.values().cloned().collect())
    }
}

/// One who waits.
struct Entered<'a> {
    looks: &'a Looks,
    id: u64,
    /// The first look that shows something new: an earlier one may have missed it.
    next: u64,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        lock(&self.looks.waiting).keys.remove(&self.id);
    }
}

impl Look {
    /// Returns whether it shows what `token` stands for; none where it looked elsewhere.
    fn shows(
        &self,
        token: &Token,
        key: Option<&ViewKey>,
        model: &ModelName,
    ) -> Option<Result<AsOf, QueryError>> {
        let slices: Vec<_> = match key {
            Some(key) => vec![self.slices.slice_of(key.as_str())],
            None => self.slices.slices().collect(),
        };
        let (mut earliest, mut building): (Option<AsOf>, Option<GlobalPosition>) = (None, None);
        for slice in slices {
            match self.found.get(&slice)? {
                Err(at) => building = Some(building.map_or(*at, |least| least.min(*at))),
                Ok(as_of) => {
                    let as_of = as_of.clone();
                    earliest = Some(match earliest {
                        Some(so_far) => so_far.earlier(as_of),
                        None => as_of,
                    });
                }
            }
        }
        let model = model.clone();
        if let Some(position) = building {
            return Some(Err(QueryError::Rebuilding { model, position }));
        }
        let as_of = earliest?;
        Some(match token.position {
            wanted if as_of.position < wanted => Err(QueryError::NotYet {
                model,
                wanted,
                reached: as_of.position,
            }),
            _ => Ok(as_of),
        })
    }
}

impl<P: Projection, R: ReadModelStore + ReadModelAdmin, T: Timer> ModelReader<P, R, T> {
    pub(super) async fn wait(
        &self,
        token: &Token,
        key: Option<&ViewKey>,
        time_out: Duration,
    ) -> Result<AsOf, QueryError> {
        if token.namespace != self.model.namespace {
            return Err(QueryError::ForeignToken {
                model: self.model.clone(),
                token: token.clone(),
            });
        }
        let began_at = self.timer.now();
        let give_up_at = began_at.saturating_add(time_out);
        let mut entered = self.looks.enter(key);
        let mut projector = self.looks.projector.clone();
        loop {
            if let Some(projector) = &mut projector {
                projector.mark_unchanged();
            }
            let not_there = match self.look_shared(&mut entered).await {
                Ok(look) => match look.shows(token, key, &self.model) {
                    Some(Ok(as_of)) => return Ok(as_of),
                    Some(Err(not_there)) => not_there,
                    None => continue,
                },
                Err(error @ QueryError::Rebuilding { .. }) => error,
                Err(error) => return Err(error),
            };
            let now = self.timer.now();
            // The process is ending: it shows nothing more, and nobody is to wait for it.
            let is_ended = projector.as_ref().is_some_and(|it| it.borrow().has_ended());
            if is_ended || now >= give_up_at {
                return Err(not_there);
            }
            let pause = pause(began_at, now, projector.is_some());
            let pause = pause.min(between(now, give_up_at));
            self.pause(pause, &entered, &mut projector).await;
        }
    }

    /// Until the read model may have moved, or another has looked.
    async fn pause(
        &self,
        pause: Duration,
        entered: &Entered<'_>,
        projector: &mut Option<watch::Receiver<ProjectorStatus>>,
    ) {
        let mut last = self.looks.last.subscribe();
        let is_news = |look: &Option<Arc<Look>>| {
            let look = look.as_ref();
            look.is_some_and(|look| look.number >= entered.next)
        };
        let moved = async {
            match &mut *projector {
                Some(projector) => projector.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        let is_there = tokio::select! {
            is_there = moved => is_there,
            _ = last.wait_for(is_news) => true,
            () = self.timer.sleep(pause) => true,
        };
        if !is_there {
            // It has stopped, and reports nothing any more.
            *projector = None;
        }
    }

    /// The next look: one's own, or that of another who waits.
    async fn look_shared(&self, entered: &mut Entered<'_>) -> Result<Arc<Look>, QueryError> {
        let mut last = self.looks.last.subscribe();
        loop {
            let news = last.borrow_and_update().clone();
            if let Some(look) = news.filter(|look| look.number >= entered.next) {
                entered.next = look.number + 1;
                return Ok(look);
            }
            tokio::select! {
                biased;
                _ = last.changed() => {}
                _turn = self.looks.turn.lock() => {
                    let news = last.borrow_and_update().clone();
                    if news.is_none_or(|look| look.number < entered.next) {
                        let look = Arc::new(self.look().await?);
                        self.looks.last.send_replace(Some(look));
                    }
                }
            }
        }
    }

    async fn look(&self) -> Result<Look, QueryError> {
        let (number, keys) = self.looks.begin();
        let keys = &keys;
        self.query(None, move |active| async move {
            let mut names = match keys {
                Some(keys) => keys.iter().map(|key| active.slice_of(key)).collect(),
                None => active.slices(),
            };
            names.sort_unstable_by_key(|name| name.slice);
            names.dedup_by_key(|name| name.slice);
            let before = self.seen.places(&names);
            let wanted = Wanted::default();
            let loads = names
                .iter()
                .map(|name| self.read_models.load(name, &wanted));
            let loaded = futures_util::future::try_join_all(loads).await?;
            if !active.answers_all {
                // Another one may be complete.
                active.all_ready(loaded.iter().map(|loaded| &loaded.checkpoint))?;
            }
            let checkpoints = loaded.iter().map(|loaded| &loaded.checkpoint);
            let each = self.as_of_each(&active, &names, before, checkpoints);
            let found = names.iter().zip(&loaded).zip(each);
            let found = found.map(|((name, loaded), as_of)| {
                let ready = is_ready(loaded.checkpoint.as_ref());
                (name.slice, ready.map(|()| as_of))
            });
            let found = found.collect();
            Ok(Look {
                number,
                slices: active.info.slices,
                found,
            })
        })
        .await
    }
}

/// Checks that a slice can be asked; the error says how far it is.
fn is_ready(checkpoint: Option<&SliceCheckpoint>) -> Result<(), GlobalPosition> {
    match checkpoint {
        Some(checkpoint) if checkpoint.phase == minwon_core::Phase::Ready => Ok(()),
        Some(checkpoint) => Err(checkpoint.position),
        None => Err(GlobalPosition::START),
    }
}

fn pause(began_at: Timestamp, now: Timestamp, is_woken: bool) -> Duration {
    let min = if is_woken { WOKEN_PAUSE_MIN } else { PAUSE_MIN };
    (between(began_at, now) / PAUSE_PART).clamp(min, PAUSE_MAX)
}

fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    let micros = later.unix_micros().saturating_sub(earlier.unix_micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

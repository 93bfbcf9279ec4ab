//! Answers what the machines of slices want, from the log and the store of read models.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::try_join_all;
use minwon_core::{EventStore, GlobalPosition, Projection, ReadModelStore, SliceName, Wanted};

use super::{Backends, SettingsOn, given_up::GivenUp};
use crate::{
    end::SessionEnd,
    slice::{
        CommitStep, Definition, LastRead, SliceCommit, SliceMachine, Want,
        kept_key::KeptKey,
        key_fold::{PAGE_EVENTS, read_key, read_log},
        page::Page,
        views::Refold,
    },
    truncated::what_is_there,
};

/// So many keys are read from the log at once.
const READ_AT_ONCE: usize = 16;

/// Answers what the machines of slices want.
pub(crate) struct Answers<P: Projection, B: Backends> {
    pub(super) settings: Arc<SettingsOn<B>>,
    pub(super) definition: Arc<Definition<P>>,
    pub(super) given_up: GivenUp<B::Log, B::Timer>,
    /// Held while keys of one slice are folded again: a pass through the log is not made for
    /// several at once.
    pub(super) refolding: tokio::sync::Mutex<()>,
}

impl<P: Projection, B: Backends> Answers<P, B> {
    /// Folds on what a machine has taken of a page, which wants something first.
    pub(super) async fn fold_on(
        &self,
        slice: &mut SliceMachine<P>,
        mut want: Want,
        page: &Page,
        is_complete: bool,
    ) -> Result<(), SessionEnd> {
        loop {
            self.answer(slice, want).await?;
            match slice.fold(page, is_complete)? {
                Some(next) => want = next,
                None => return Ok(()),
            }
        }
    }

    /// The next commit of a slice.
    pub(super) async fn commit(
        &self,
        slice: &mut SliceMachine<P>,
        last_read: &LastRead,
    ) -> Result<SliceCommit, SessionEnd> {
        loop {
            match slice.commit(last_read)? {
                CommitStep::Ready(commit) => return Ok(*commit),
                CommitStep::Wants(want) => self.answer(slice, want).await?,
            }
        }
    }

    async fn answer(&self, slice: &mut SliceMachine<P>, want: Want) -> Result<(), SessionEnd> {
        match want {
            Want::Stored(documents, counts) => {
                let wanted = Wanted {
                    documents: &documents,
                    counts: &counts,
                    ..Wanted::default()
                };
                let loaded = self.load(&slice.name, &wanted).await?;
                slice.loaded(loaded)?;
            }
            Want::Stream(stream, from) => {
                let store = &self.settings.store;
                let page = store.read_stream(&stream, from, PAGE_EVENTS).await;
                slice.read(&what_is_there(page)?)?;
            }
            Want::Refolds(refolds, up_to) => self.refold(slice, refolds, up_to).await?,
        }
        Ok(())
    }

    pub(super) async fn load(
        &self,
        slice: &SliceName,
        wanted: &Wanted<'_>,
    ) -> Result<minwon_core::Loaded, SessionEnd> {
        let loaded = self.settings.read_models.load(slice, wanted).await;
        loaded.map_err(SessionEnd::of_read_models)
    }

    /// Folds keys of a slice again, of which everything up to `up_to` was seen.
    async fn refold(
        &self,
        slice: &mut SliceMachine<P>,
        refolds: Vec<Refold>,
        up_to: GlobalPosition,
    ) -> Result<(), SessionEnd> {
        let _one_at_a_time = self.refolding.lock().await;
        let store = &*self.settings.store;
        let (listed, coarse): (Vec<_>, Vec<_>) =
            refolds.into_iter().partition(|it| it.streams.is_some());
        for some in listed.chunks(READ_AT_ONCE) {
            let streams = some.iter().flat_map(|refold| &refold.streams);
            let reads = try_join_all(streams.map(|streams| read_key(store, streams)));
            let read = reads.await?;
            for (refold, events) in some.iter().zip(read) {
                let events = events.ok_or_else(|| slice.lost(&refold.key))?;
                let places = events.iter().map(|event| (event.position, event.id()));
                let given_up = self.given_up.among(places, up_to).await?;
                let mut folding = refold.folding();
                for event in &events {
                    slice.add(&mut folding, event, &given_up);
                }
                let open = self.open_letters(refold.key.as_str());
                slice.refolded(refold, folding, &open);
            }
        }
        self.refold_coarse(slice, &coarse, up_to).await
    }

    /// Folds keys again whose streams are not listed, all with one pass through the log.
    async fn refold_coarse(
        &self,
        slice: &mut SliceMachine<P>,
        refolds: &[Refold],
        up_to: GlobalPosition,
    ) -> Result<(), SessionEnd> {
        if refolds.is_empty() {
            return Ok(());
        }
        let foldings = refolds.iter().map(|it| (it.key.as_str(), it.folding()));
        let mut foldings: HashMap<_, _> = foldings.collect();
        let given_up = self.given_up.all(up_to).await?;
        let (store, after) = (&*self.settings.store, GlobalPosition::START);
        let projection = &*self.definition.projection;
        let read = read_log(store, &self.settings.filter, after, up_to, |event| {
            let kept = KeptKey::of(projection, event);
            if let Some(folding) = kept.and_then(|kept| foldings.get_mut(&*kept.key)) {
                slice.add(folding, event, &given_up);
            }
        });
        read.await?;
        for refold in refolds {
            if let Some(folding) = foldings.remove(refold.key.as_str()) {
                let open = self.open_letters(refold.key.as_str());
                slice.refolded(refold, folding, &open);
            }
        }
        Ok(())
    }
}

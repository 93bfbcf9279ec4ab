//! Lets dead letters and documents agree, and writes the letters of commits.

use std::{collections::BTreeSet, num::NonZeroU32};

use minwon_core::{
    DeadLetterBook, DeadLetterEvent, Direction, EventRef, GlobalPosition, ListName, ListQuery,
    Projection, ReadModelStore, RecordedEvent, SliceCount, ViewKey, Wanted,
};

use super::{Backends, answers::Answers};
use crate::{
    dead_letters::Traces,
    document::Document,
    end::SessionEnd,
    held::{ALL, HELD, Held},
    slice::{
        Documents, OpenLetter, SliceMachine,
        kept_key::KeptKey,
        key_fold::{read_key, read_log},
        letters::{Before, Letters},
    },
};

/// Held keys that are looked at at a time. Unit: keys.
const PAGE_KEYS: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

impl<P: Projection, B: Backends> Answers<P, B> {
    /// The events of a key that letters say are held back, each with whether somebody asked to try
    /// it again.
    pub(super) fn open_letters(&self, key: &str) -> Vec<OpenLetter> {
        let look = |book: &DeadLetterBook| {
            let letters = book.of(&self.definition.consumer);
            let held = letters.into_iter().flat_map(|letters| letters.held(key));
            held.map(|held| (held.event.clone(), held.is_retry_requested()))
                .collect()
        };
        self.settings.letters.look(look)
    }

    /// Writes the letters that have to be durable before a commit.
    pub(super) async fn write_before(
        &self,
        letters: Vec<Before>,
        traces: &Traces,
    ) -> Result<(), SessionEnd> {
        if letters.is_empty() {
            return Ok(());
        }
        let letters = self.settings.letters.look(|book| {
            let given_up = |event| {
                book.of(&self.definition.consumer)
                    .is_some_and(|letters| letters.is_given_up(event))
            };
            // An event behind one that is given up further on in the log waits in passing.
            let letters = letters.into_iter();
            let letters = letters.filter(|before| !before.waits_for.is_some_and(given_up));
            letters.map(|before| before.letter).collect()
        });
        self.write(letters, traces).await
    }

    /// Writes letters.
    pub(super) async fn write(
        &self,
        letters: Vec<DeadLetterEvent>,
        traces: &Traces,
    ) -> Result<(), SessionEnd> {
        if !letters.is_empty() {
            self.settings.letters.record_in(letters, traces).await?;
        }
        Ok(())
    }

    /// Lets letters and documents agree again, after a crash, a flush or a promotion.
    pub(super) async fn reconcile(
        &self,
        slices: SliceCount,
        machines: &mut [Option<SliceMachine<P>>],
    ) -> Result<(), SessionEnd> {
        let mut letters = Letters::default();
        let keys = self.settings.letters.look(|book| {
            let of = book.of(&self.definition.consumer);
            let keys = of.into_iter().flat_map(|letters| letters.keys());
            keys.map(str::to_owned).collect::<BTreeSet<_>>()
        });
        for machine in machines.iter_mut().flatten().filter(|it| it.is_born()) {
            let is_here = |key: &&String| slices.slice_of(key) == machine.name.slice;
            let here = keys.iter().filter(is_here);
            let here: Vec<_> = here.filter_map(|key| ViewKey::new(key).ok()).collect();
            for keys in here.chunks(PAGE_KEYS.get() as usize) {
                for (key, document) in self.documents(machine, keys).await? {
                    let open = self.open_letters(key.as_str());
                    machine.release_stale(&key, &document, open);
                }
            }
            self.add_missing(machine).await?;
            letters.append(machine.take_letters());
        }
        let before = letters.before.into_iter().map(|before| before.letter);
        let all = before.chain(letters.after).collect();
        self.write(all, &letters.traces).await
    }

    /// Asks for another try of what another decoder could not read. The requests are read with the
    /// log, as anybody's: what a slice holds follows from the log alone.
    pub(super) async fn ask_after_upgrade(
        &self,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<(), SessionEnd> {
        let definition = &*self.definition;
        let letters = &self.settings.letters;
        let decoder = definition.decode.fingerprint;
        let asked = letters.ask_after_upgrade(&definition.consumer, decoder, is_ours);
        Ok(asked.await?)
    }

    /// Writes letters for all that is held back in a slice: letters that are there are not written
    /// again.
    async fn add_missing(&self, machine: &mut SliceMachine<P>) -> Result<(), SessionEnd> {
        let mut query = ListQuery {
            list: ListName {
                index: HELD,
                partition: ALL.into(),
            },
            after: None,
            direction: Direction::Ascending,
            limit: PAGE_KEYS,
        };
        loop {
            let page = self.settings.read_models.list(&machine.name, &query).await;
            let page = page.map_err(SessionEnd::of_read_models)?;
            let keys: Vec<_> = page.places.iter().map(|place| place.key.clone()).collect();
            for (key, document) in self.documents(machine, &keys).await? {
                if let Some(held) = &document.held {
                    let waiting = self.waiting(machine, &key, &document, held).await?;
                    machine.add_missing(&key, held, waiting);
                }
            }
            if page.places.len() < PAGE_KEYS.get() as usize {
                return Ok(());
            }
            query.after = page.places.last().cloned();
        }
    }

    /// The events that wait behind the one that holds a key back, without a letter so far.
    async fn waiting(
        &self,
        machine: &SliceMachine<P>,
        key: &ViewKey,
        document: &Document<P::View>,
        held: &Held,
    ) -> Result<Vec<EventRef>, SessionEnd> {
        let folded = machine.folded();
        // Without what was given up there is one for each event, and nothing is missing.
        if self.has_letters(key, held, folded) {
            return Ok(Vec::new());
        }
        let (store, after) = (&*self.settings.store, held.event.position);
        let waits = |event: &RecordedEvent| {
            let kept = KeptKey::of(&*self.definition.projection, event);
            event.position > after && kept.is_some_and(|kept| kept.key == key.as_str())
        };
        let mut waiting = Vec::<EventRef>::new();
        let mut note = |event: &RecordedEvent| waiting.extend(waits(event).then(|| event.into()));
        match document.seen() {
            Some(streams) => {
                let events = read_key(store, &streams).await?;
                events.iter().flatten().for_each(&mut note);
            }
            None => read_log(store, &self.settings.filter, after, folded, note).await?,
        }
        let places = waiting.iter().map(|event| (event.position, event.id));
        let given_up = self.given_up.among(places, folded).await?;
        waiting.retain(|event| !given_up.contains(&event.id));
        Ok(waiting)
    }

    /// Returns whether there is a letter for every event of a key that is held back.
    fn has_letters(&self, key: &ViewKey, held: &Held, up_to: GlobalPosition) -> bool {
        let open = self.open_letters(key.as_str());
        let held_back = open.iter().map(|(event, _)| event.position);
        let held_back = held_back.filter(|at| (held.event.position..=up_to).contains(at));
        held_back.count() as u64 > held.parked
    }

    /// Documents of a slice, as of where this session found it.
    async fn documents(
        &self,
        machine: &SliceMachine<P>,
        keys: &[ViewKey],
    ) -> Result<Documents<P::View>, SessionEnd> {
        let wanted = Wanted {
            documents: keys,
            ..Wanted::default()
        };
        let loaded = self.load(&machine.name, &wanted).await?;
        machine.documents(keys, loaded)
    }
}

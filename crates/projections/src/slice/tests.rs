//! The machine of a slice alone. However pages, answers and outcomes of commits follow each other,
//! whatever twins and flushes do in between: what the store has in the end is the fold of the log.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use minwon_core::{ActorId, DeadLetterBook, IndexEntry, RetryRequested, Skipped, Slice, Timestamp};
use proptest::prelude::*;

use super::{views::tests::Kept, *};
use crate::testing::{Numbers, Sum, Sums, generation, recorded};

/// Behind everything.
const END: GlobalPosition = GlobalPosition::new(u64::MAX);

/// A log, and the store of one slice.
#[derive(Default)]
struct World {
    log: Vec<Entry>,
    kept: Kept,
    checkpoint: Option<SliceCheckpoint>,
    book: DeadLetterBook,
    lives: u64,
}

/// An event, or a decision about one.
#[derive(Clone)]
struct Entry {
    event: RecordedEvent,
    letter: Option<DeadLetterEvent>,
}

/// Something that is appended to the log.
#[derive(Debug, Clone, Copy)]
enum Append {
    Good(u8),
    Bad(u8),
    /// Somebody skips the event that holds the key back.
    Skip(u8),
    /// Somebody asks to try it again.
    Retry(u8),
    /// An event of the key 9, which may be lost.
    OnceLost {
        is_lost: bool,
    },
}

/// Something that happens while the log is followed.
#[derive(Debug, Clone, Copy)]
enum Happening {
    /// So many events are folded.
    Page(usize),
    /// A commit is under way while so many events more are folded, before or after it takes effect;
    /// about so many views stay in memory.
    Commit {
        more: usize,
        is_early: bool,
        views_max: usize,
    },
    /// A commit is refused, or not answered for: whether it took effect.
    Crash { committed: bool },
    /// Another machine folds so many events and commits them.
    Twin(usize),
    /// The store loses everything.
    Flush,
    /// The slice starts again in place of its earlier life, as after damage.
    Anew,
}

fn appends() -> impl Strategy<Value = Vec<Append>> {
    let one = prop_oneof![
        8 => (0..5_u8).prop_map(Append::Good),
        1 => (0..5_u8).prop_map(Append::Bad),
        1 => (0..5_u8).prop_map(Append::Skip),
        1 => (0..5_u8).prop_map(Append::Retry),
        2 => any::<bool>().prop_map(|is_lost| Append::OnceLost { is_lost }),
    ];
    prop::collection::vec(one, 0..70)
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        6 => (1..9_usize).prop_map(Happening::Page),
        4 => (0..5_usize, any::<bool>(), 0..7_usize).prop_map(|(more, is_early, views_max)| {
            Happening::Commit { more, is_early, views_max }
        }),
        1 => any::<bool>().prop_map(|committed| Happening::Crash { committed }),
        1 => (1..9_usize).prop_map(Happening::Twin),
        1 => Just(Happening::Flush),
        1 => Just(Happening::Anew),
    ];
    prop::collection::vec(one, 0..40)
}

fn definition() -> Arc<Definition<Sums>> {
    Arc::new(Definition {
        projection: Arc::new(Sums::new()),
        decode: Decode::by(Numbers),
        consumer: ConsumerName::new("sums").unwrap(),
    })
}

/// The expected end of a key: its view,
type Expected = BTreeMap<String, (Option<Sum>, Option<(EventId, u64)>)>;

impl World {
    fn of(appends: &[Append]) -> Self {
        let mut world = Self::default();
        let mut versions = BTreeMap::<u8, u64>::new();
        let mut has_lost = false;
        for append in appends {
            let position = world.log.len() as u64 + 1;
            let mut next = |petition: u8| {
                let version = versions.entry(petition).or_default();
                *version += 1;
                recorded(&format!("p-{petition}"), *version - 1, position)
            };
            let entry = match *append {
                Append::Good(petition) => Entry::of(next(petition)),
                Append::Bad(petition) => {
                    let mut event = next(petition);
                    event.payload = Bytes::from_static(b"no number");
                    Entry::of(event)
                }
                Append::OnceLost { is_lost } => {
                    let event = next(9);
                    if is_lost && !has_lost && event.version > StreamVersion::FIRST {
                        has_lost = true;
                        continue;
                    }
                    Entry::of(event)
                }
                Append::Skip(petition) | Append::Retry(petition) => {
                    let key = format!("p-{petition}");
                    let Some(held) = world.held(&key) else {
                        continue;
                    };
                    let (consumer, by) =
                        (definition().consumer.clone(), ActorId::new("o").unwrap());
                    let letter = match append {
                        Append::Skip(_) => Skipped {
                            consumer,
                            key,
                            event: held,
                            by,
                            reason: "it cannot be read".to_owned(),
                        }
                        .into(),
                        _ => RetryRequested {
                            consumer,
                            key,
                            event: held,
                            by,
                        }
                        .into(),
                    };
                    Entry {
                        event: recorded("letters", position, position),
                        letter: Some(letter),
                    }
                }
            };
            world.log.push(entry);
        }
        world
    }

    /// The event that holds a key back, by all that was appended so far.
    fn held(&self, key: &str) -> Option<EventRef> {
        let given_up = self.given_up(END);
        let mut events = self.events_of(key);
        let held = events.find(|event| !is_good(event) && !given_up.contains(&event.id()));
        held.map(EventRef::from)
    }

    fn events_of<'w>(&'w self, key: &'w str) -> impl Iterator<Item = &'w RecordedEvent> {
        let events = self.log.iter().filter(|entry| entry.letter.is_none());
        let events = events.map(|entry| &entry.event);
        events.filter(move |event| event.metadata.subject() == key)
    }

    fn given_up(&self, up_to: GlobalPosition) -> HashSet<EventId> {
        let entries = self.log.iter();
        let entries = entries.filter(|entry| entry.event.position <= up_to);
        let letters = entries.filter_map(|entry| entry.letter.as_ref());
        let skipped = letters.filter(|letter| matches!(letter, DeadLetterEvent::Skipped(_)));
        skipped.map(|letter| letter.event().unwrap().id).collect()
    }

    /// The fold of the log, by hand.
    fn expected(&self) -> Expected {
        let given_up = self.given_up(END);
        let mut all = Expected::new();
        for petition in (0..5).chain([9]) {
            let key = format!("p-{petition}");
            let (mut next, mut view, mut held) = (0, None, None);
            for event in self.events_of(&key) {
                let fits = event.version.get() == next;
                next = event.version.get() + 1;
                match &mut held {
                    Some((_, parked)) => *parked += 1,
                    None if given_up.contains(&event.id()) => {}
                    None if fits && is_good(event) => {
                        let view: &mut Sum = view.get_or_insert_default();
                        view.add(event.position.commit());
                    }
                    None => held = Some((event.id(), 0)),
                }
            }
            if next > 0 {
                all.insert(key, (view, held));
            }
        }
        all
    }

    fn machine(&mut self) -> SliceMachine<Sums> {
        let name = generation(1).slice(Slice::new(0));
        match self.checkpoint.clone() {
            Some(checkpoint) => {
                SliceMachine::resume(name, &definition(), checkpoint).with_letters()
            }
            None => self.anew(),
        }
    }

    fn anew(&mut self) -> SliceMachine<Sums> {
        self.lives += 1;
        let (name, life) = (
            generation(1).slice(Slice::new(0)),
            Incarnation::new(self.lives),
        );
        SliceMachine::begin(name, &definition(), self.checkpoint.clone(), life).with_letters()
    }

    fn page(&self, machine: &SliceMachine<Sums>, events: usize) -> Page {
        let folded = machine.folded();
        let known = self.log.iter();
        let known = known
            .take_while(|entry| entry.event.position <= folded)
            .count();
        // The reader may have begun further back, for the sake of another slice.
        let again = known.min(2);
        let rest = self.log.iter().skip(known - again);
        let entries: Vec<_> = rest.take(again + events).cloned().collect();
        let definition = definition();
        let contents = entries.iter().map(|entry| match &entry.letter {
            Some(letter) => definition.content_of_letter(letter.clone()),
            None => definition.content_of(&entry.event, |_| true),
        });
        Page {
            contents: contents.collect(),
            position: entries.last().map_or(folded, |entry| entry.event.position),
            caught_up: false,
            events: entries.into_iter().map(|entry| entry.event).collect(),
        }
    }

    fn fold(&self, machine: &mut SliceMachine<Sums>, events: usize) -> Result<(), SessionEnd> {
        let (page, definition) = (self.page(machine, events), definition());
        for (at, (event, content)) in (0..).zip(page.events.iter().zip(&page.contents)) {
            if let Some(route) = definition.route(event, content) {
                machine.take(route, at, event);
            }
        }
        while let Some(want) = machine.fold(&page, false)? {
            self.answer(machine, want)?;
        }
        Ok(())
    }

    fn answer(&self, machine: &mut SliceMachine<Sums>, want: Want) -> Result<(), SessionEnd> {
        let mut loaded = Loaded {
            checkpoint: self.checkpoint.clone(),
            ..Loaded::default()
        };
        match want {
            Want::Stored(keys, cells) => {
                let documents = keys.iter().map(|key| self.kept.documents.get(key).cloned());
                loaded.documents = documents.collect();
                let count = |cell| self.kept.counts.get(cell).copied().unwrap_or(0);
                loaded.counts = cells.iter().map(count).collect();
                machine.loaded(loaded)?;
            }
            Want::Stream(stream, from) => {
                let events = self.log.iter().map(|entry| &entry.event);
                let events = events.filter(|it| it.stream == stream && it.version >= from);
                // As few as a page can hold.
                let events: Vec<_> = events.take(1).cloned().collect();
                machine.read(&events)?;
            }
            Want::Refolds(refolds, up_to) => {
                let given_up = self.given_up(up_to);
                for refold in refolds {
                    let mut folding = refold.folding();
                    let key = refold.key.as_str();
                    let events = self.events_of(key);
                    for event in events.take_while(|event| event.position <= up_to) {
                        machine.add(&mut folding, event, &given_up);
                    }
                    let letters = self.book.of(&definition().consumer);
                    let open = letters.into_iter().flat_map(|letters| letters.held(key));
                    let open = open.map(|held| (held.event.clone(), held.is_retry_requested()));
                    let open: Vec<_> = open.collect();
                    machine.refolded(&refold, folding, &open);
                }
            }
        }
        Ok(())
    }

    /// The next commit.
    fn next_commit(&self, machine: &mut SliceMachine<Sums>) -> Result<SliceCommit, SessionEnd> {
        let last_read = LastRead {
            event: None,
            recorded_at: Timestamp::UNIX_EPOCH,
        };
        loop {
            match machine.commit(&last_read)? {
                CommitStep::Ready(commit) => return Ok(*commit),
                CommitStep::Wants(want) => self.answer(machine, want)?,
            }
        }
    }

    fn commit(&mut self, machine: &mut SliceMachine<Sums>) -> Result<bool, SessionEnd> {
        let commit = self.next_commit(machine)?;
        Ok(self.write(commit))
    }

    /// Writes a commit where the store is where that expects it; whether it was.
    fn write(&mut self, commit: SliceCommit) -> bool {
        for before in commit.letters.before {
            self.book.apply(&before.letter, Timestamp::UNIX_EPOCH);
        }
        if commit.expected != self.checkpoint {
            return false;
        }
        let life = |checkpoint: &SliceCheckpoint| checkpoint.incarnation;
        if self.checkpoint.as_ref().map(life) != Some(life(&commit.next)) {
            self.kept = Kept::default();
        }
        self.kept.apply(commit.writes);
        self.checkpoint = Some(commit.next);
        self.all_held_have_letters();
        for after in &commit.letters.after {
            self.book.apply(after, Timestamp::UNIX_EPOCH);
        }
        true
    }

    /// Letters are durable before a checkpoint passes their events.
    fn all_held_have_letters(&self) {
        let letters = self.book.of(&definition().consumer);
        for (key, document) in &self.kept.documents {
            if let Some(held) = Document::<Sum>::read(key, document).unwrap().held {
                let has_letter = letters.is_some_and(|it| it.is_held(key.as_str(), &held.event));
                assert!(has_letter, "{key} has no letter");
            }
        }
    }

    /// Lets something happen; a machine that cannot go on is thrown away.
    fn happen(&mut self, machine: &mut SliceMachine<Sums>, happening: Happening) {
        let went_on = match happening {
            Happening::Page(events) => self.fold(machine, events).map(|()| true),
            Happening::Commit {
                more,
                is_early,
                views_max,
            } => self.next_commit(machine).and_then(|commit| {
                let is_accepted = if is_early {
                    let is_accepted = self.write(commit);
                    self.fold(machine, more)?;
                    is_accepted
                } else {
                    self.fold(machine, more)?;
                    self.write(commit)
                };
                if is_accepted {
                    machine.committed(views_max);
                }
                Ok(is_accepted)
            }),
            Happening::Crash { committed } => {
                let _ = committed && self.commit(machine).is_ok_and(|is_accepted| is_accepted);
                Ok(false)
            }
            Happening::Twin(events) => {
                let mut twin = self.machine();
                self.fold(&mut twin, events).unwrap();
                self.commit(&mut twin).map(|_| true)
            }
            Happening::Flush => {
                (self.kept, self.checkpoint) = (Kept::default(), None);
                Ok(true)
            }
            Happening::Anew => {
                *machine = self.anew();
                Ok(true)
            }
        };
        match went_on {
            Ok(true) => {}
            Ok(false) | Err(SessionEnd::Refused) => *machine = self.machine(),
            Err(other) => panic!("nothing is damaged: {other:?}"),
        }
    }

    /// Folds and commits all that is left, as often as it takes.
    fn finish(&mut self, machine: &mut SliceMachine<Sums>) {
        for _ in 0..3 {
            self.happen(machine, Happening::Page(self.log.len()));
            let commit = Happening::Commit {
                more: 0,
                is_early: true,
                views_max: 0,
            };
            self.happen(machine, commit);
        }
    }

    fn check(&self) {
        let (mut found, mut lookups) = (Expected::new(), 0);
        for (key, document) in &self.kept.documents {
            let document = Document::<Sum>::read(key, document).unwrap();
            let entries = views::entries(&Sums::new(), key, &document).unwrap();
            for entry in entries {
                match entry {
                    IndexEntry::Lookup(lookup) => {
                        assert!(self.kept.lookups.contains(&(lookup, key.clone())));
                        lookups += 1;
                    }
                    IndexEntry::Listed { list, .. } => {
                        assert!(self.kept.lists.iter().any(|(it, _)| *it == list));
                    }
                    IndexEntry::Counted(cell) => assert!(self.kept.counts.contains_key(&cell)),
                }
            }
            let held = document.held.map(|held| (held.event.id, held.parked));
            found.insert(key.to_string(), (document.view, held));
        }
        assert_eq!(found, self.expected());
        assert_eq!(self.kept.lookups.len(), lookups, "nothing else is claimed");
    }
}

impl Entry {
    fn of(event: RecordedEvent) -> Self {
        let letter = None;
        Self { event, letter }
    }
}

fn is_good(event: &RecordedEvent) -> bool {
    Decode::by(Numbers).read(event).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_comes_to_the_fold_of_the_log(
        appends in appends(),
        happenings in happenings(),
    ) {
        let mut world = World::of(&appends);
        let mut machine = world.machine();
        for happening in happenings {
            world.happen(&mut machine, happening);
        }
        world.finish(&mut machine);
        world.check();
    }
}

/// A machine whose slice has everything folded, and its world.
fn folded(appends: &[Append]) -> (World, SliceMachine<Sums>) {
    let mut world = World::of(appends);
    let mut machine = world.machine();
    world.finish(&mut machine);
    (world, machine)
}

#[test]
fn documents_of_another_moment_are_not_folded_upon() {
    let (mut world, _) = folded(&[Append::Good(1), Append::Good(1)]);
    let mut machine = world.machine();
    let before = (world.kept.clone(), world.checkpoint.clone());
    world.log.push(Entry::of(recorded("p-1", 2, 3)));
    world.happen(&mut machine, Happening::Twin(1));
    let moved = world.fold(&mut machine, 1);
    assert!(matches!(moved, Err(SessionEnd::Refused)), "{moved:?}");
    (world.kept, world.checkpoint) = before;
    let mut machine = world.machine();
    world.finish(&mut machine);
    world.check();
}

#[test]
fn an_event_that_the_reader_passed_over_is_its_fault_and_one_that_the_store_lost_the_slices() {
    let (mut world, machine) = folded(&[Append::Good(1), Append::Good(2)]);
    for number in 1..4 {
        world
            .log
            .push(Entry::of(recorded("p-1", number, number + 2)));
    }
    // The reader brings the last of three events, of which the log has all.
    let mut reading = world.machine();
    let missed = world.log.split_off(2);
    world.log.push(missed[2].clone());
    let page = world.page(&reading, 1);
    let at = u32::try_from(page.events.len() - 1).unwrap();
    world.log.truncate(2);
    world.log.extend(missed);
    let fold = |machine: &mut SliceMachine<Sums>, world: &World| {
        let (event, content) = (&page.events[at as usize], &page.contents[at as usize]);
        let definition = definition();
        machine.take(definition.route(event, content).unwrap(), at, event);
        while let Some(want) = machine.fold(&page, false)? {
            world.answer(machine, want)?;
        }
        Ok::<_, SessionEnd>(())
    };
    let passed_over = fold(&mut reading, &world).unwrap_err();
    assert!(
        matches!(passed_over, SessionEnd::Stop(StopReason::PassedOver { expected, .. }) if expected.get() == 1),
        "{passed_over:?}"
    );
    // The store has a checkpoint behind these events, and a document without them.
    let checkpoint = world.checkpoint.as_mut().unwrap();
    checkpoint.position = GlobalPosition::new(4);
    let damaged = fold(&mut world.machine(), &world).unwrap_err();
    let SessionEnd::Damaged(damaged) = damaged else {
        panic!("{damaged:?}")
    };
    assert_eq!(damaged.at, Some(GlobalPosition::new(5)));
    // Where it was folded again since, it cannot be the store's fault once more.
    drop(machine);
    let mut machine = world.machine();
    machine.complaint = Some(GlobalPosition::new(5));
    let again = fold(&mut machine, &world).unwrap_err();
    assert!(
        matches!(again, SessionEnd::Stop(StopReason::PassedOver { .. })),
        "{again:?}"
    );
}

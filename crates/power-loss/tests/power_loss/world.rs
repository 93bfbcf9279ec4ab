//! A store on a disk, through many losses of power.

use std::{collections::BTreeMap, num::NonZeroU32, ops::AddAssign, path::PathBuf};

use futures_util::future::{join_all, join3};
use minwon_adapters::sqlite::SqliteStore;
use minwon_core::{
    CheckpointError, CheckpointName, CheckpointStore, CommitError, CountCell, EventFilter,
    EventStore, Generation, GenerationName, GlobalPosition, Incarnation, IndexName, ModelName,
    Phase, ReadModelStore, Slice, SliceCheckpoint, SliceName, SliceWrites, StreamVersion,
    Timestamp, ViewKey, ViewSchema, Wanted, testing::SeededRng,
};
use minwon_power_loss::{Disk, Faults, Loss, Step};
use tempfile::TempDir;

use crate::book::{Book, not_corrupt};

const PAGE: NonZeroU32 = NonZeroU32::new(1000).unwrap();

/// Where power is lost: at one of so many steps of a kind, or of all. Most steps are writes to the log, so
/// left to chance alone the others would hardly be met.
const CUTS: [(Option<Step>, u64); 17] = [
    (None, 40),
    (None, 400),
    (None, 400),
    (None, 2500),
    (Some(Step::SyncLog), 5),
    (Some(Step::SyncLog), 20),
    (Some(Step::SyncLog), 20),
    (Some(Step::SyncLog), 50),
    (Some(Step::SyncLog), 100),
    (Some(Step::WriteDatabase), 2),
    (Some(Step::WriteDatabase), 100),
    (Some(Step::SyncDatabase), 1),
    (Some(Step::SyncDatabase), 3),
    (Some(Step::Truncate), 1),
    (Some(Step::Delete), 1),
    (Some(Step::Create), 1),
    (Some(Step::Create), 3),
];

/// Streams that are written to. Unit: streams.
const STREAMS: u64 = 40;

/// Documents of the read model. Unit: documents.
const DOCUMENTS: u64 = 30;

/// Counts of events of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) cuts: u64,
    pub(crate) cut_at: BTreeMap<Option<Step>, u64>,
    pub(crate) loss: Loss,
    pub(crate) syncs_failed: u64,
    pub(crate) writes_refused: u64,
    pub(crate) appends: u64,
    pub(crate) events: u64,
    pub(crate) commits: u64,
    pub(crate) unknown_there: u64,
    pub(crate) unknown_absent: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.cuts += other.cuts;
        for (step, cuts) in other.cut_at {
            *self.cut_at.entry(step).or_default() += cuts;
        }
        self.loss.pieces += other.loss.pieces;
        self.loss.pieces_lost += other.loss.pieces_lost;
        self.loss.pieces_torn += other.loss.pieces_torn;
        self.loss.names_lost += other.loss.names_lost;
        self.syncs_failed += other.syncs_failed;
        self.writes_refused += other.writes_refused;
        self.appends += other.appends;
        self.events += other.events;
        self.commits += other.commits;
        self.unknown_there += other.unknown_there;
        self.unknown_absent += other.unknown_absent;
    }
}

pub(crate) struct World {
    directory: TempDir,
    disk: Disk,
    rng: SeededRng,
    faults: Faults,
    book: Book,
    model: Counted,
    consumer: Counted,
    pub(crate) tally: Tally,
}

/// Something that goes on by one: up to where it was acknowledged, and how far it was asked to.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    acknowledged: u64,
    asked: u64,
}

impl Counted {
    /// Takes what was found after a start.
    fn compare(&mut self, what: &str, found: u64) -> Result<(), String> {
        if !(self.acknowledged..=self.asked).contains(&found) {
            return Err(format!("{what} is at {found}: {self:?}"));
        }
        (self.acknowledged, self.asked) = (found, found);
        Ok(())
    }
}

impl World {
    pub(crate) fn new(seed: u64, faults: Faults) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut rng = SeededRng::new(seed);
        let disk = Disk::mount(directory.path(), rng.next_u64()).unwrap();
        Self {
            directory,
            disk,
            rng,
            faults,
            book: Book::new(seed),
            model: Counted::default(),
            consumer: Counted::default(),
            tally: Tally::default(),
        }
    }

    /// Lives through so many losses of power.
    ///
    /// # Errors
    /// Data that was lost, torn or made up.
    pub(crate) async fn live(&mut self, cuts: u64) -> Result<(), String> {
        let mut running = None;
        while self.tally.cuts < cuts {
            self.disk.set_faults(self.faults);
            let (kind, steps) = CUTS[self.rng.below(CUTS.len() as u64) as usize];
            self.disk.cut_after(self.rng.below(steps), kind);
            if kind == Some(Step::Create) {
                // Files are made where a store is opened that was closed.
                running = None;
            }
            let store = match running.take() {
                Some(store) => Some(store),
                None => self.open()?,
            };
            if let Some(store) = store {
                self.work(&store).await?;
                store.close();
            }
            self.lose_power();
            running = Some(self.compare().await?);
            if self.rng.happens(400) {
                // Closed in order, which leaves no log.
                running = None;
            }
        }
        (self.tally.syncs_failed, self.tally.writes_refused) = self.disk.faults_seen();
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("petitions.db")
    }

    /// Opens the store; none where power is lost meanwhile.
    fn open(&self) -> Result<Option<SqliteStore>, String> {
        let path = self.path();
        let mut tries = 0;
        loop {
            match crate::open(&self.disk, &path) {
                Ok(store) => return Ok(Some(store)),
                // So many faults in a row are none.
                Err(error) if tries > 50 => return Err(format!("does not open: {error:?}")),
                Err(error) => not_corrupt(error.kind())?,
            }
            if !self.disk.has_power() {
                return Ok(None);
            }
            tries += 1;
        }
    }

    fn lose_power(&mut self) {
        self.disk.cut();
        *self.tally.cut_at.entry(self.disk.cut_at()).or_default() += 1;
        self.tally.cuts += 1;
        let loss = self.disk.restore().unwrap();
        self.tally += Tally {
            loss,
            ..Tally::default()
        };
    }

    /// Reads the log as it stands until what is returned is dropped.
    fn read(&self) -> rusqlite::Result<rusqlite::Connection> {
        let reader = rusqlite::Connection::open(self.path())?;
        reader.execute_batch("BEGIN; SELECT count(*) FROM events")?;
        Ok(reader)
    }

    /// Uses the store until power is lost, or for a while.
    async fn work(&mut self, store: &SqliteStore) -> Result<(), String> {
        let rounds_max = if self.rng.happens(100) { 500 } else { 50 };
        let rounds = self.rng.below(rounds_max);
        // Somebody reads for a while, so that the log is written back in part.
        let reads = match self.rng.happens(500) {
            true => self.rng.below(rounds / 8 + 1)..self.rng.below(rounds + 1),
            false => 0..0,
        };
        let mut reader = None;
        for round in 0..rounds {
            if reads.start == round && !reads.is_empty() {
                // Where power is lost meanwhile, nobody reads.
                reader = self.read().ok();
            }
            if reads.end == round {
                reader = None;
            }
            if !self.disk.has_power() {
                break;
            }
            let (syncs_failed, _) = self.disk.faults_seen();
            let mut streams: Vec<u64> = (0..STREAMS).collect();
            let mut appends = Vec::new();
            for _ in 0..self.rng.below(5) {
                let stream = streams.swap_remove(self.rng.below(streams.len() as u64) as usize);
                appends.extend(self.book.next_append(stream, &mut self.rng));
            }
            let appends = join_all(appends.into_iter().map(|append| append.ask(store)));
            let with_model = self.rng.happens(400);
            let with_consumer = self.rng.happens(100);
            let (mut model, mut consumer) = (self.model, self.consumer);
            let model_moves = async {
                match with_model {
                    true => commit(store, &mut model).await,
                    false => Ok(()),
                }
            };
            let consumer_moves = async {
                match with_consumer {
                    true => checkpoint(store, &mut consumer).await,
                    false => Ok(()),
                }
            };
            let (appends, modelled, consumed) = join3(appends, model_moves, consumer_moves).await;
            modelled?;
            consumed?;
            self.tally.commits += u64::from(model.acknowledged > self.model.acknowledged);
            (self.model, self.consumer) = (model, consumer);
            for append in appends {
                self.book.note(append?);
                self.tally.appends += 1;
            }
            if self.disk.faults_seen().0 > syncs_failed && self.rng.happens(200) {
                // A disk that fails is likely to be gone soon.
                self.disk.cut();
            }
        }
        drop(reader);
        Ok(())
    }

    /// Starts the store again, as a service would, and holds all of it against the book.
    async fn compare(&mut self) -> Result<SqliteStore, String> {
        self.disk.set_faults(Faults {
            failed_log_syncs: 0,
            failed_database_syncs: 0,
            full_writes: 0,
            ..self.faults
        });
        let Some(store) = self.open()? else {
            return Err("power was lost out of turn".into());
        };
        let report = store.check().await.map_err(|error| format!("{error:?}"))?;
        let mut log = Vec::new();
        let mut after = GlobalPosition::START;
        loop {
            let page = store.read_all(after, &EventFilter::all(), PAGE).await;
            let page = page.map_err(|error| format!("{error:?}"))?;
            after = page.position;
            log.extend(page.events);
            if page.is_end {
                break;
            }
        }
        if report.events != log.len() as u64 {
            return Err(format!("{report:?}, and {} events are read", log.len()));
        }
        self.tally.events = log.len() as u64;
        let cleared = self.book.compare(&log)?;
        self.tally.unknown_there += cleared.there;
        self.tally.unknown_absent += cleared.absent;
        self.compare_streams(&store, &log).await?;
        self.compare_model(&store).await?;
        let position = store.load_checkpoint(&consumer_name()).await;
        let position = position.map_err(|error| format!("{error:?}"))?;
        self.consumer
            .compare("the consumer's checkpoint", position.commit())?;
        if let Some(append) = self.book.to_repeat()
            && self.rng.happens(500)
        {
            let append = append.ask(&store).await?;
            self.book.note(append);
        }
        Ok(store)
    }

    async fn compare_streams(
        &mut self,
        store: &SqliteStore,
        log: &[minwon_core::RecordedEvent],
    ) -> Result<(), String> {
        let Some(last) = log.last() else {
            return Ok(());
        };
        let page = store
            .read_stream(&last.stream, StreamVersion::FIRST, PAGE)
            .await;
        let page = page.map_err(|error| format!("{error:?}"))?;
        let of_stream = log.iter().filter(|event| event.stream == last.stream);
        if !page.events.iter().eq(of_stream.take(page.events.len())) || page.events.is_empty() {
            return Err(format!("{} is read otherwise than the log", last.stream));
        }
        Ok(())
    }

    /// A slice is what its commits up to one of them make it, and no more.
    async fn compare_model(&mut self, store: &SqliteStore) -> Result<(), String> {
        let keys: Vec<_> = (0..DOCUMENTS).map(key).collect();
        let wanted = Wanted {
            documents: &keys,
            counts: &[count_cell()],
            ..Wanted::default()
        };
        let loaded = store.load(&slice(), &wanted).await;
        let loaded = loaded.map_err(|error| format!("{error:?}"))?;
        if loaded.is_damaged {
            return Err("the slice is damaged".into());
        }
        let found = loaded.checkpoint.map_or(0, |at| at.position.commit());
        self.model.compare("the slice", found)?;
        let mut documents = BTreeMap::new();
        for commit in 1..=found {
            documents.extend(writes(commit).documents);
        }
        let meant: Vec<_> = keys
            .iter()
            .map(|key| documents.get(key).cloned().flatten())
            .collect();
        if loaded.documents != meant || loaded.counts != [found] {
            return Err(format!("the slice at {found} is {:?}", loaded.documents));
        }
        Ok(())
    }
}

/// Commits the next step of the slice.
async fn commit(store: &SqliteStore, at: &mut Counted) -> Result<(), String> {
    let (from, to) = (at.acknowledged, at.acknowledged + 1);
    if at.asked > to {
        return Err(format!("asked too far: {at:?}"));
    }
    let expected = (from > 0).then(|| slice_checkpoint(from));
    for _ in 0..3 {
        let next = slice_checkpoint(to);
        let answer = store
            .commit(&slice(), expected.as_ref(), &next, &writes(to))
            .await;
        match answer {
            Ok(()) => {
                (at.acknowledged, at.asked) = (to, to);
                return Ok(());
            }
            Err(CommitError::OutcomeUnknown { source, .. }) => {
                not_corrupt(source.kind())?;
                at.asked = to;
            }
            Err(CommitError::Store { source, .. }) => {
                not_corrupt(source.kind())?;
                if at.asked == from {
                    return Ok(());
                }
            }
            Err(error) => return Err(format!("the slice at {at:?}: {error:?}")),
        }
    }
    Ok(())
}

async fn checkpoint(store: &SqliteStore, at: &mut Counted) -> Result<(), String> {
    let (from, to) = (
        GlobalPosition::new(at.acknowledged),
        GlobalPosition::new(at.acknowledged + 1),
    );
    at.asked = at.acknowledged + 1;
    for _ in 0..3 {
        match store.save_checkpoint(&consumer_name(), from, to).await {
            Ok(()) => {
                at.acknowledged += 1;
                return Ok(());
            }
            Err(CheckpointError::Store { source, .. }) => not_corrupt(source.kind())?,
            Err(error) => return Err(format!("the consumer at {at:?}: {error:?}")),
        }
    }
    Ok(())
}

/// The changes of the commit of this number: some documents are put, one is removed.
fn writes(commit: u64) -> SliceWrites {
    let put = (0..5).map(|step| {
        let document = format!("{{\"commit\":{commit},\"filler\":\"{}\"}}", "y".repeat(400));
        ((commit * 7 + step) % DOCUMENTS, Some(document.into()))
    });
    let documents = put.chain([((commit * 7 + 5) % DOCUMENTS, None)]);
    SliceWrites {
        documents: documents
            .map(|(number, document)| (key(number), document))
            .collect(),
        counts: vec![(count_cell(), commit)],
        ..SliceWrites::default()
    }
}

fn key(number: u64) -> ViewKey {
    ViewKey::new(format!("2026-{number:06}")).unwrap()
}

fn count_cell() -> CountCell {
    CountCell {
        index: IndexName::new("commits"),
        group: "all".into(),
        member: "all".into(),
    }
}

fn slice() -> SliceName {
    let model = ModelName {
        namespace: "general".parse().unwrap(),
        projection: "petitions".parse().unwrap(),
    };
    let generation = Generation::FIRST;
    GenerationName { model, generation }.slice(Slice::new(0))
}

fn slice_checkpoint(commit: u64) -> SliceCheckpoint {
    SliceCheckpoint {
        incarnation: Incarnation::new(1),
        schema: ViewSchema::new(1),
        phase: Phase::Ready,
        position: GlobalPosition::new(commit),
        last_event: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

fn consumer_name() -> CheckpointName {
    CheckpointName {
        namespace: "general".parse().unwrap(),
        consumer: "power".parse().unwrap(),
        slice: Slice::new(0),
    }
}

//! Hostile bytes of read models and leases.

use std::{
    collections::BTreeSet,
    num::{NonZeroU16, NonZeroU32},
    time::Duration,
};

use super::{
    Report,
    case::{Verdict, ensure, ensure_eq, run_rule},
    hostile::{Spoil, SpoilStored, spoil_each, unless_reported},
    read_model_admin::catalogue,
    read_models::{INDEX, all_kinds, cell, checkpoint_of, documents, key, list, lookup, place},
};
use crate::{
    Counts, Direction, Generation, GenerationName, ListChange, ListPage, ListQuery, Loaded,
    MemberName, ModelName, NamespaceName, ProjectionName, ReadModelAdmin, ReadModelStore, Slice,
    SliceCount, SliceLeases, SliceName, SliceWrites, StoreError, StoredItem, Wanted,
};

/// More than a value that belongs to two of them can change.
const SLICES: u16 = 4;

/// Slices whose answers one spoilt value can change: as where it moves from one to another.
const CHANGED_MAX: usize = 2;

/// Pages after which a scan of so few things is called endless.
const PAGES_MAX: u32 = 10_000;

const RULES: [(&str, &str, Spoil); 4] = [
    (
        "a_flipped_bit_harms_one_place",
        "leases_stand_a_flipped_bit",
        Spoil::Flip,
    ),
    ("a_cut_harms_one_place", "leases_stand_a_cut", Spoil::Cut),
    (
        "a_repeat_harms_one_place",
        "leases_stand_a_repeat",
        Spoil::Repeat,
    ),
    (
        "a_swap_harms_no_more_than_two",
        "leases_stand_a_swap",
        Spoil::Swap,
    ),
];

pub(super) async fn report<H>(hand: &mut H, seed: u64, times: u32) -> Report
where
    H: SpoilStored<Store: ReadModelStore + ReadModelAdmin>,
{
    let mut report = Report::new("ReadModelStore (hostile bytes)");
    let sound = match fill(hand).await {
        Ok(sound) => sound,
        Err(violation) => {
            report.add("a_sound_store_is_filled", Err(violation));
            return report;
        }
    };
    for (rule, _, spoil) in RULES {
        let look = async |hand: &mut H| look(hand, &sound).await;
        let spoilt = spoil_each(hand, spoil, (seed, times.div_ceil(4)), look);
        report.add(rule, run_rule(spoilt).await);
    }
    report
}

pub(super) async fn report_leases<H>(hand: &mut H, seed: u64, times: u32) -> Report
where
    H: SpoilStored<Store: SliceLeases>,
{
    let mut report = Report::new("SliceLeases (hostile bytes)");
    if let Err(violation) = share(hand).await {
        report.add("a_sound_store_is_filled", Err(violation));
        return report;
    }
    for (_, rule, spoil) in RULES {
        let look = async |hand: &mut H| share(hand).await;
        let spoilt = spoil_each(hand, spoil, (seed, times.div_ceil(4)), look);
        report.add(rule, run_rule(spoilt).await);
    }
    report
}

fn generation() -> GenerationName {
    let model = ModelName {
        namespace: NamespaceName::new("hostile").expect("a word"),
        projection: ProjectionName::new("petitions").expect("a word"),
    };
    let generation = Generation::FIRST;
    GenerationName { model, generation }
}

pub(crate) fn slices() -> impl Iterator<Item = SliceName> {
    (0..SLICES).map(|number| generation().slice(Slice::new(number)))
}

/// Something of each kind, and of most several.
fn writes(slice: &SliceName) -> SliceWrites {
    let number = u64::from(slice.slice.get());
    let mut writes = all_kinds(number + 1);
    let keys = ["a-1", "b-2", "민원-3"];
    let more = documents(keys.map(|key| (key, Some(r#"{"view":"민원"}"#))));
    writes.documents.extend(more.documents);
    for (at, one) in (0..).zip(keys) {
        let take = ListChange::Take;
        writes.lookups.push((lookup("v"), key(one), take));
        writes.lists.push((list("p"), place(at, one), take));
        writes.counts.push((cell("g", one), at + 3));
    }
    writes
}

/// All answers about one slice; none where the store tells that it is damaged.
#[derive(Debug, PartialEq)]
struct Answers {
    loaded: Option<Loaded>,
    listed: Option<ListPage>,
    counts: Option<Counts>,
    scanned: Option<BTreeSet<StoredItem>>,
}

impl Answers {
    async fn of<S: ReadModelStore + ReadModelAdmin>(store: &S, slice: &SliceName) -> Verdict<Self> {
        let SliceWrites {
            documents,
            lookups,
            lists,
            counts,
        } = writes(slice);
        let wanted = Wanted {
            documents: &documents.into_iter().map(|it| it.0).collect::<Vec<_>>(),
            lookups: &lookups.into_iter().map(|it| it.0).collect::<Vec<_>>(),
            lists: &lists.into_iter().map(|it| (it.0, it.1)).collect::<Vec<_>>(),
            counts: &counts.into_iter().map(|it| it.0).collect::<Vec<_>>(),
        };
        let query = ListQuery {
            list: list("p"),
            after: None,
            direction: Direction::Ascending,
            limit: NonZeroU32::new(100).expect("not 0"),
        };
        Ok(Self {
            loaded: unless_reported(store.load(slice, &wanted).await)?,
            listed: unless_reported(store.list(slice, &query).await)?,
            counts: unless_reported(store.counts(slice, INDEX, "g").await)?,
            scanned: unless_reported(scan(store, slice).await?)?,
        })
    }
}

async fn scan<S: ReadModelAdmin>(
    store: &S,
    slice: &SliceName,
) -> Verdict<Result<BTreeSet<StoredItem>, StoreError>> {
    let (mut all, mut cursor) = (BTreeSet::new(), None);
    for _ in 0..PAGES_MAX {
        let page = match store.scan(&slice.generation, cursor).await {
            Ok(page) => page,
            Err(error) => return Ok(Err(error)),
        };
        let own = page.items.into_iter().filter(|it| it.0 == slice.slice);
        all.extend(own.map(|(_, item)| item));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(Ok(all));
        }
    }
    ensure(false, || "a scan comes to no end".into()).map(|()| Ok(all))
}

async fn fill<H>(hand: &mut H) -> Verdict<Vec<(SliceName, Answers)>>
where
    H: SpoilStored<Store: ReadModelStore + ReadModelAdmin>,
{
    let store = hand.open().await?;
    let mut sound = Vec::new();
    for slice in slices() {
        let next = checkpoint_of(1, 7);
        store.commit(&slice, None, &next, &writes(&slice)).await?;
        let answers = Answers::of(&store, &slice).await?;
        let all = [answers.loaded.is_some(), answers.scanned.is_some()];
        ensure_eq("what is answered of a sound slice", &all, &[true; 2])?;
        sound.push((slice, answers));
    }
    let model = generation().model;
    store.save_catalogue(&model, None, &catalogue(1, 1)).await?;
    Ok(sound)
}

/// Damage is told or is of its place, and whatever it is: what it hit can begin anew.
async fn look<H>(hand: &mut H, sound: &[(SliceName, Answers)]) -> Verdict
where
    H: SpoilStored<Store: ReadModelStore + ReadModelAdmin>,
{
    let Some(store) = unless_reported(hand.open().await)? else {
        return Ok(());
    };
    let mut changed = Vec::new();
    for (slice, answers) in sound {
        // A scan is of all slices, and tells of damage in any.
        let mut found = Answers::of(&store, slice).await?;
        if found.scanned.is_none() {
            found.scanned.clone_from(&answers.scanned);
        }
        if found != *answers {
            changed.push(slice.to_string());
        }
    }
    ensure(changed.len() <= CHANGED_MAX, || {
        format!("other answers than before of {changed:?}")
    })?;
    for (slice, answers) in sound {
        let here = unless_reported(store.load(slice, &Wanted::default()).await)?;
        // What a newer program may have written is left to that.
        let Some(here) = here else { continue };
        let (next, writes) = (checkpoint_of(2, 1), writes(slice));
        let begun = store.commit(slice, here.checkpoint.as_ref(), &next, &writes);
        begun.await?;
        let found = Answers::of(&store, slice).await?;
        let told = |loaded: &Option<Loaded>| {
            let loaded = loaded.clone().unwrap_or_default();
            let Loaded {
                documents, counts, ..
            } = loaded;
            (documents, loaded.lookups, loaded.lists, counts)
        };
        ensure_eq(
            "a slice that began anew",
            &told(&found.loaded),
            &told(&answers.loaded),
        )?;
    }
    let model = generation().model;
    if let Some(found) = unless_reported(store.load_catalogue(&model).await)? {
        let next = catalogue(2, 2);
        let saved = store.save_catalogue(&model, found.as_ref(), &next);
        saved.await?;
        let kept = store.load_catalogue(&model).await?;
        ensure_eq("a catalogue that was put back", &kept, &Some(next))?;
    }
    Ok(())
}

/// Two members share slices, and neither gets what there is not, nor what the other has.
async fn share<H: SpoilStored<Store: SliceLeases>>(hand: &mut H) -> Verdict {
    let store = hand.open().await?;
    let slices = NonZeroU16::new(SLICES).expect("not 0");
    let members = ["one", "two"].map(|name| MemberName::new(name).expect("a name"));
    let mut shares = [Vec::new(), Vec::new()];
    // After two rounds everybody has met everybody.
    for _ in 0..2 {
        for (member, share) in members.iter().zip(&mut shares) {
            let (generation, count) = (generation(), SliceCount::new(slices));
            let hour = Duration::from_secs(3600);
            let leases = store.heartbeat(&generation, count, member, hour).await?;
            *share = leases.iter().map(|lease| lease.slice.get()).collect();
            let counted = leases.iter().all(|lease| lease.epoch.get() > 0);
            ensure(counted, || format!("epochs count from 1: {leases:?}"))?;
        }
    }
    let all: Vec<_> = shares.iter().flatten().copied().collect();
    let apart: BTreeSet<_> = all.iter().filter(|slice| **slice < SLICES).collect();
    ensure(apart.len() == all.len(), || {
        format!("slices of both, or that there are not: {shares:?}")
    })
}

use futures_executor::block_on;

use super::super::*;
use crate::{
    CommitError, Generation, GenerationName, Incarnation, ModelName, NamespaceName, Phase,
    ProjectionName, ReadModelAdmin, ReadModelStore, Slice, SliceCheckpoint, SliceWrites, Timestamp,
    ViewKey, ViewSchema, Wanted,
    testing::{MemoryReadModels, conformance},
};

const ALWAYS: u16 = 1000;

type Builder = FaultsBuilder<MemoryReadModels>;

fn faulty(seed: u64, rates: impl Fn(Builder) -> Builder) -> Faulty<MemoryReadModels> {
    rates(Faulty::builder(MemoryReadModels::new(), seed)).build()
}

fn slice() -> SliceName {
    let model = ModelName {
        namespace: NamespaceName::new("general").unwrap(),
        projection: ProjectionName::new("petitions").unwrap(),
    };
    let generation = Generation::FIRST;
    GenerationName { model, generation }.slice(Slice::new(0))
}

fn checkpoint(position: u64) -> SliceCheckpoint {
    SliceCheckpoint {
        incarnation: Incarnation::new(1),
        schema: ViewSchema::new(1),
        phase: Phase::Ready,
        position: GlobalPosition::new(position),
        last_event: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

fn commit(store: &impl ReadModelStore, from: u64) -> Result<(), CommitError> {
    let expected = (from > 0).then(|| checkpoint(from));
    let writes = SliceWrites {
        documents: vec![(ViewKey::new("k").unwrap(), Some("{}".into()))],
        ..SliceWrites::default()
    };
    let next = checkpoint(from + 1);
    block_on(store.commit(&slice(), expected.as_ref(), &next, &writes))
}

fn position(store: &impl ReadModelStore) -> Option<u64> {
    let loaded = block_on(store.load(&slice(), &Wanted::default())).unwrap();
    loaded.checkpoint.map(|at| at.position.commit())
}

#[test]
fn without_rates_every_contract_is_kept() {
    let open = async || faulty(1, |faults| faults);
    block_on(conformance::read_model_store(open)).assert_all_hold();
    block_on(conformance::read_model_admin(open)).assert_all_hold();
}

#[test]
fn the_same_seed_brings_the_same_faults() {
    let run = |seed| {
        let store = faulty(seed, |faults| {
            faults
                .lost_acknowledgements_per_mille(200)
                .lost_requests_per_mille(200)
                .unavailable_per_mille(200)
        });
        let answers: Vec<_> = (0..50)
            .map(|_| format!("{:?}", commit(&store, 0)))
            .collect();
        (answers, store.faults())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let (_, counts) = run(7);
    assert!(
        counts.lost_acknowledgements > 0 && counts.lost_requests > 0,
        "{counts:?}"
    );
    assert!(counts.unavailable > 0, "{counts:?}");
}

#[test]
fn only_a_lost_acknowledgement_leaves_something_behind() {
    type Rates = fn(Builder) -> Builder;
    type IsRight = fn(&CommitError) -> bool;
    let cases: [(Rates, IsRight, Option<u64>); 3] = [
        (
            |faults| faults.lost_acknowledgements_per_mille(ALWAYS),
            |error| matches!(error, CommitError::OutcomeUnknown { .. }),
            Some(1),
        ),
        (
            |faults| faults.lost_requests_per_mille(ALWAYS),
            |error| matches!(error, CommitError::OutcomeUnknown { .. }),
            None,
        ),
        (
            |faults| faults.unavailable_per_mille(ALWAYS),
            |error| matches!(error, CommitError::Store { .. }),
            None,
        ),
    ];
    for (rates, is_right, left) in cases {
        let store = faulty(1, rates);
        let error = commit(&store, 0).unwrap_err();
        assert!(is_right(&error), "{error:?}");
        assert_eq!(position(store.inner()), left, "{error:?}");
        assert_eq!(store.faults().total(), 1);
        store.heal();
        assert!(commit(&store, 0).is_ok(), "repeating is safe");
    }
}

#[test]
fn a_slice_is_lost_or_goes_back_before_a_call() {
    let models = MemoryReadModels::new();
    commit(&models, 0).unwrap();
    let earlier = models.snapshot(&slice());
    commit(&models, 1).unwrap();

    let back = models.clone();
    let store = Faulty::builder(models.clone(), 1)
        .rolled_back_slices_per_mille(ALWAYS, move |_| back.restore(&earlier))
        .build();
    assert!(
        matches!(commit(&store, 2), Err(CommitError::Moved { actual: Some(at), .. })
        if at.position.commit() == 1)
    );

    let lost = models.clone();
    let store = Faulty::builder(models, 1)
        .lost_slices_per_mille(ALWAYS, move |slice| lost.wipe(slice))
        .build();
    assert!(matches!(
        commit(&store, 1),
        Err(CommitError::Moved { actual: None, .. })
    ));
    assert_eq!(store.faults().lost_slices, 1);
}

#[test]
fn an_outage_lasts_until_the_store_comes_up() {
    let store = faulty(1, |faults| faults);
    store.go_down();
    assert!(matches!(commit(&store, 0), Err(CommitError::Store { .. })));
    let model = slice().generation.model;
    assert!(block_on(store.load_catalogue(&model)).is_err());
    store.come_up();
    assert!(commit(&store, 0).is_ok());
    assert_eq!(store.faults().unavailable, 2);
}

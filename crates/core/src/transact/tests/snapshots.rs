//! Snapshots save reading; they never decide anything.

use std::num::NonZeroU64;

use futures_executor::block_on;

use super::{
    account::{
        Account, AccountCommand, Handler, balance, command, give, handler, pay_in, recorded, stream,
    },
    probe::Probe,
};
use crate::{
    Decider, Snapshot, SnapshotKey, SnapshotPolicy, SnapshotStore, StateSchema, StreamVersion,
};

/// A handler with nothing cached that takes a snapshot every three events.
fn snapshotting(store: &Probe, snapshots: &Probe) -> Handler<Probe, Probe> {
    let three = NonZeroU64::new(3).unwrap();
    handler(store).snapshots(snapshots.clone(), SnapshotPolicy::every(three))
}

fn kept(store: &Probe) -> Option<Snapshot> {
    block_on(store.load_snapshot(&stream(), Account::STATE_SCHEMA)).unwrap()
}

/// A store with eight events of 1 each, and the snapshot taken after the sixth.
fn scene() -> (Probe, Snapshot) {
    let store = Probe::default();
    let handler = snapshotting(&store, &store);
    (0..8).for_each(|n| drop(give(&handler, &pay_in(&n.to_string(), 1)).unwrap()));
    let snapshot = kept(&store).expect("a snapshot was due");
    store.calls();
    (store, snapshot)
}

#[test]
fn a_snapshot_is_taken_when_it_is_due_and_saves_reading() {
    let (store, snapshot) = scene();
    assert_eq!(snapshot.version, StreamVersion::new(5));
    assert_eq!(snapshot.event_id, recorded(store.inner())[5].id());
    let cold = snapshotting(&store, &store);
    assert_eq!(balance(&cold), 8);
    assert_eq!(
        store.events_read(),
        3,
        "the last one of the snapshot, and two more"
    );
}

#[test]
fn a_command_from_before_a_snapshot_is_known() {
    let (store, _) = scene();
    let cold = snapshotting(&store, &store);
    let first = give(&cold, &pay_in("0", 1)).unwrap();
    assert!(first.repeated);
    assert_eq!(first.version, Some(StreamVersion::FIRST));
    assert_eq!(balance(&cold), 8);
}

/// With `snapshot` in the place of the one that fits, the account is what it is.
#[track_caller]
fn is_not_trusted(store: &Probe, snapshot: &Snapshot) {
    let snapshots = Probe::default();
    block_on(snapshots.save_snapshot(snapshot)).unwrap();
    let cold = snapshotting(store, &snapshots);
    let events = recorded(store.inner()).len() as i64;
    assert_eq!(balance(&cold), events);
    assert!(give(&cold, &pay_in("0", 1)).unwrap().repeated);
    give(&cold, &command("out", AccountCommand::PayOut(events))).unwrap();
    assert_eq!(balance(&handler(store)), 0);
}

/// The snapshot of an account that holds 1000, not sealed yet.
fn rich(snapshot: &Snapshot) -> Snapshot {
    let state = SnapshotKey::of_process().open(snapshot).unwrap();
    let text = std::str::from_utf8(state).unwrap();
    Snapshot {
        state: text.replace("\"balance\":6", "\"balance\":1000").into(),
        ..snapshot.clone()
    }
}

/// The same, by somebody who has the key: nothing but what else it says can give it away.
fn sealed(snapshot: Snapshot) -> Snapshot {
    SnapshotKey::of_process().seal(snapshot)
}

#[test]
fn a_forged_snapshot_is_ignored() {
    let (store, snapshot) = scene();
    let with_its_seal = [&snapshot.state[..32], &rich(&snapshot).state].concat();
    let changed = Snapshot {
        state: with_its_seal,
        ..snapshot
    };
    is_not_trusted(&store, &changed);
    let (store, snapshot) = scene();
    is_not_trusted(&store, &SnapshotKey::new([0; 32]).seal(rich(&snapshot)));
    // As they were kept before there were seals.
    let (store, snapshot) = scene();
    is_not_trusted(&store, &rich(&snapshot));
}

#[test]
fn a_seal_is_of_one_stream_one_version_and_one_fold() {
    let (_, snapshot) = scene();
    let key = SnapshotKey::of_process();
    assert!(key.open(&snapshot).is_some());
    let moved = [
        Snapshot {
            stream: "general_GeneralAccount-2".parse().unwrap(),
            ..snapshot.clone()
        },
        Snapshot {
            version: StreamVersion::new(4),
            ..snapshot.clone()
        },
        Snapshot {
            schema: StateSchema::new(2),
            ..snapshot
        },
    ];
    for moved in moved {
        assert_eq!(key.open(&moved), None);
    }
}

#[test]
fn a_snapshot_that_fits_is_what_counts() {
    // The others of these tests prove nothing unless this one is believed.
    let (store, snapshot) = scene();
    let snapshots = Probe::default();
    block_on(snapshots.save_snapshot(&sealed(rich(&snapshot)))).unwrap();
    assert_eq!(balance(&snapshotting(&store, &snapshots)), 1002);
}

#[test]
fn a_snapshot_of_another_fold_is_ignored() {
    let (store, snapshot) = scene();
    is_not_trusted(
        &store,
        &sealed(Snapshot {
            schema: StateSchema::new(2),
            ..rich(&snapshot)
        }),
    );
}

#[test]
fn a_damaged_snapshot_is_ignored() {
    for state in [
        &b""[..],
        b"{}",
        b"{\"commands\":[],\"state\":7}",
        &[0xff; 9],
    ] {
        let (store, mut snapshot) = scene();
        snapshot.state = state.to_vec();
        is_not_trusted(&store, &snapshot);
        is_not_trusted(&scene().0, &sealed(snapshot));
    }
}

#[test]
fn a_snapshot_ahead_of_the_stream_is_ignored() {
    for version in [8, 9, 1000] {
        let (store, snapshot) = scene();
        let ahead = Snapshot {
            version: StreamVersion::new(version),
            ..rich(&snapshot)
        };
        is_not_trusted(&store, &sealed(ahead));
    }
}

#[test]
fn a_snapshot_of_another_history_is_ignored() {
    // After a restored store has gone on: the same version holds another event.
    let (store, snapshot) = scene();
    let other = Snapshot {
        event_id: recorded(store.inner())[4].id(),
        ..rich(&snapshot)
    };
    is_not_trusted(&store, &sealed(other));
    let (store, snapshot) = scene();
    let elsewhere = Snapshot {
        position: recorded(store.inner())[6].position,
        ..rich(&snapshot)
    };
    is_not_trusted(&store, &sealed(elsewhere));
}

#[test]
fn no_command_fails_for_a_snapshot() {
    let (store, snapshots) = (Probe::default(), Probe::default());
    snapshots.go_down();
    for round in 0..7 {
        // A new handler each time, so that loading fails as well as saving.
        let handler = snapshotting(&store, &snapshots);
        give(&handler, &pay_in(&round.to_string(), 1)).unwrap();
    }
    assert_eq!(balance(&handler(&store)), 7);
    let stream = stream();
    let kept = snapshots
        .inner()
        .load_snapshot(&stream, Account::STATE_SCHEMA);
    assert_eq!(block_on(kept).unwrap(), None);
}

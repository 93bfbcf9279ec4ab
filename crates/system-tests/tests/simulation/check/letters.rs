//! Dead letters have causes, and nothing is lost behind them.

use std::collections::BTreeSet;

use minwon::{
    engine::{
        CheckpointName, CheckpointStore, ConsumerName, DeadLetterEvent, DeadLetters, EventId,
        FailureClass, Reactor as _, RecordedEvent, SliceCount, dead_letter_codec, read_dead_letter,
    },
    petitions::flow::{CompensationReactor, CompletionReactor, IssuanceReactor},
};

use super::{
    super::{outside, world::World},
    Ended,
};

pub(super) const REACTORS: [&str; 4] = ["issuance", "completion", "compensation", "notifications"];

pub(super) async fn check(ended: &Ended<'_>) {
    check_causes(ended);
    check_nothing_is_held(ended).await;
    check_checkpoints(ended).await;
}

/// Each letter is explained by what was broken; an outage explains none. And what was broken made
/// a letter of each reactor that has to read it, or was parked.
fn check_causes(ended: &Ended<'_>) {
    let (codec, mut held) = (dead_letter_codec(), BTreeSet::<(String, EventId)>::new());
    let mut asked_at = None;
    for recorded in ended
        .log
        .iter()
        .filter(|it| minwon::engine::is_dead_letter(it))
    {
        match read_dead_letter(&codec, recorded).expect("it can be read") {
            DeadLetterEvent::Added(added) => {
                ended.world.fate.note("letters");
                if !is_explained(ended, &added) {
                    ended.wrong(
                        added.event.subject.as_str(),
                        format!("no cause for {added:?}"),
                    );
                }
                held.insert((added.consumer.to_string(), added.event.id));
            }
            DeadLetterEvent::Parked(parked) => {
                ended.world.fate.note("parked events");
                held.insert((parked.consumer.to_string(), parked.event.id));
            }
            DeadLetterEvent::RetryRequested(_) => {
                asked_at.get_or_insert(recorded.position);
            }
            _ => {}
        }
    }
    // Where nobody ever asked for a retry there was no letter to begin with, and all that had
    // happened until then was read.
    let until = asked_at.unwrap_or(ended.decisions.fixed_at);
    let events = ended
        .log
        .iter()
        .filter(|it| !minwon::engine::is_dead_letter(it) && it.position <= until);
    for event in events.filter(|it| ended.world.fate.is_poisoned(it.id())) {
        for reactor in REACTORS {
            if reads(reactor, event) && !held.contains(&(reactor.to_owned(), event.id())) {
                let at = event.position;
                ended.wrong(event.metadata.subject(), format!("{reactor} has read {at}"));
            }
        }
    }
}

/// Returns whether a reactor may have to react to an event of this kind.
fn reads(reactor: &str, event: &RecordedEvent) -> bool {
    match reactor {
        "issuance" => IssuanceReactor::default().key(event).is_some(),
        "completion" => CompletionReactor::default().key(event).is_some(),
        "compensation" => CompensationReactor::default().key(event).is_some(),
        _ => true,
    }
}

fn is_explained(ended: &Ended<'_>, added: &minwon::engine::Added) -> bool {
    let world = ended.world;
    match (added.failure.class, added.consumer.as_str()) {
        (FailureClass::Undecodable, _) => world.fate.is_poisoned(added.event.id),
        (FailureClass::Handler, "notifications") => {
            outside::is_untellable(&world.fate, &added.event.id.to_string())
        }
        (FailureClass::Handler, "issuance") => {
            world.policy().is_wrong_about(added.event.subject.as_str())
        }
        _ => false,
    }
}

async fn check_nothing_is_held(ended: &Ended<'_>) {
    let (store, clock) = (ended.world.store.inner().clone(), ended.world.clock);
    let letters = DeadLetters::new(World::namespace_name(), store, clock);
    letters.refresh().await.expect("they can be read");
    let held = |book: &minwon::engine::DeadLetterBook| {
        let keys = book.consumers().flat_map(|(consumer, letters)| {
            let keys = letters.keys().chain(letters.owing_keys());
            keys.map(move |key| (key.to_owned(), consumer.to_string()))
        });
        keys.collect::<Vec<_>>()
    };
    for (petition, consumer) in letters.look(held) {
        ended.wrong(
            &petition,
            format!("something is still held back of {consumer}"),
        );
    }
}

/// A reactor that was stopped in good order has handled the whole log.
async fn check_checkpoints(ended: &Ended<'_>) {
    let Some(head) = ended.log.last().map(|it| it.position) else {
        return;
    };
    for reactor in REACTORS {
        for slice in SliceCount::DEFAULT.slices() {
            let name = CheckpointName {
                namespace: World::namespace_name(),
                consumer: ConsumerName::new(reactor).expect("a word"),
                slice,
            };
            let at = ended.world.store.inner().load_checkpoint(&name).await;
            let at = at.expect("it is in memory");
            if at < head {
                ended.wrong(
                    reactor,
                    format!("slice {slice:?} is at {at}, and the log at {head}"),
                );
            }
        }
    }
}

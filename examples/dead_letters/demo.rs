//! A store in memory in which a consumer has failed, and an operator who looks after it.

mod petitions;

use std::num::NonZeroU32;

use minwon::{
    ActorId, Added, ConsumerName, DeadLetterEvent, EventFilter, EventRef, EventStore, FailureClass,
    GlobalPosition, Namespace, NamespaceName, Parked, Store, StoreUrl, SystemClock, Timestamp,
    projections::{DeadLetters, Selection},
};

use crate::{
    report::Report,
    shared::{Failure, say},
};

/// The petition whose citizen can be told.
const TOLD: &str = "2026-000124";

pub(crate) async fn run(report: &Report) -> Result<(), Failure> {
    let store = Store::open(&StoreUrl::Memory)?;
    let namespace = Namespace::new(NamespaceName::new("general")?, store.clone(), SystemClock);
    for (petition, receipt) in [
        ("2026-000123", "R-2026-000456"),
        (TOLD, "R-2026-000457"),
        ("2026-000125", "R-2026-000458"),
    ] {
        petitions::file(&namespace, petition, receipt).await?;
    }
    let letters = DeadLetters::new(namespace.name().clone(), store, SystemClock);
    fail(&letters, namespace.store()).await?;
    look_after(&letters, report).await
}

/// The notifier cannot tell two citizens that their petitions were filed.
async fn fail(letters: &DeadLetters<Store, SystemClock>, store: &Store) -> Result<(), Failure> {
    let filter = EventFilter::namespace(letters.namespace().clone());
    let page = store.read_all(GlobalPosition::START, &filter, NonZeroU32::MAX);
    let mut blocked = Vec::new();
    let mut told = Vec::new();
    for event in page.await?.events.iter().map(EventRef::from) {
        let (consumer, key) = (ConsumerName::new("notifier")?, event.petition.to_string());
        if blocked.contains(&key) {
            told.push(DeadLetterEvent::from(Parked {
                consumer,
                key,
                event,
            }));
        } else if key != TOLD {
            let error = format!("no answer from 10.0.0.7:2525 about {key}");
            blocked.push(key.clone());
            told.push(DeadLetterEvent::from(Added {
                consumer,
                key,
                event,
                failure: minwon::Failure::of_text(FailureClass::Handler, &error),
                attempts: 4,
            }));
        }
    }
    Ok(letters.record(told).await?)
}

/// What an operator does about it.
async fn look_after(
    letters: &DeadLetters<Store, SystemClock>,
    report: &Report,
) -> Result<(), Failure> {
    let operator = letters.operator(ActorId::new("operator")?);
    let listed = operator.list(&Selection::All).await?;
    let first = listed.first().ok_or("the demo has letters")?;
    // Programs get one object: what is left in the end.
    if !report.is_json {
        say("What could not be handled? (list)\n")?;
        report.letters(&listed)?;
        say("\nAll for one cause? (groups)\n")?;
        report.groups(&operator.groups().await?)?;
        say("\nWhat about the first? (show)\n")?;
        report.detail(&operator.show(first).await?)?;
        say("\nThis citizen was told by post. (skip)\n")?;
    }
    let skipped = std::slice::from_ref(first);
    operator.skip(skipped, "told by post").await?;
    if !report.is_json {
        report.decided("skipped", first)?;
        say("\nWhat was decided, by whom and why? (decisions)\n")?;
        report.decisions(&operator.decisions(Timestamp::UNIX_EPOCH).await?)?;
        say("\nWhat is left?\n")?;
    }
    report.letters(&operator.list(&Selection::All).await?)
}

//! Effects come in the order of their causes.

use std::collections::{BTreeMap, HashMap};

use minwon::{
    engine::{EventId, GlobalPosition},
    petitions::{ApplicationEvent, IssuanceEvent, PetitionEvent},
};

use super::{Ended, History};

pub(super) fn check(ended: &Ended<'_>) {
    let places: HashMap<EventId, GlobalPosition> = ended
        .log
        .iter()
        .map(|event| (event.id(), event.position))
        .collect();
    for history in ended.histories.values() {
        check_effects(ended, history, &places);
    }
}

/// Whose effect it is, where a reactor may have brought it about.
fn reactor_of(event: &PetitionEvent) -> Option<&'static str> {
    Some(match event {
        PetitionEvent::Issuance(event) => match event {
            IssuanceEvent::Requested(_)
            | IssuanceEvent::IdentityVerified(_)
            | IssuanceEvent::FeePaid(_)
            | IssuanceEvent::FeeWaived(_)
            | IssuanceEvent::SourceDataRequested(_)
            | IssuanceEvent::SourceDataFailed(_)
            | IssuanceEvent::DocumentIssued(_) => "issuance",
            IssuanceEvent::Cancelled(_) | IssuanceEvent::Failed(_) => "compensation",
            // Nobody of the choreography does the rest.
            _ => return None,
        },
        PetitionEvent::Application(
            ApplicationEvent::Approved(_) | ApplicationEvent::Completed(_),
        ) => "completion",
        PetitionEvent::Application(_) => return None,
    })
}

fn check_effects(ended: &Ended<'_>, history: &History, places: &HashMap<EventId, GlobalPosition>) {
    let mut last = BTreeMap::<&str, GlobalPosition>::new();
    for (recorded, event) in &history.events {
        let cause = EventId::from_bytes(*recorded.metadata.causation_id().as_bytes());
        // What people and deadlines bring about has no event for its cause.
        let (Some(reactor), Some(&cause)) = (reactor_of(event), places.get(&cause)) else {
            continue;
        };
        // A caller who waits for the document goes back to the receipt whenever they call again.
        if matches!(
            event,
            PetitionEvent::Issuance(IssuanceEvent::DocumentIssued(_))
        ) && is_receipt(ended, cause)
        {
            continue;
        }
        if cause >= recorded.position {
            ended.wrong(
                &history.petition,
                format!("{} is before its cause", recorded.position),
            );
        }
        let before = last.insert(reactor, cause);
        if before.is_some_and(|before| before > cause) {
            let at = recorded.position;
            ended.wrong(
                &history.petition,
                format!("{at} is out of the order of its causes"),
            );
        }
    }
}

fn is_receipt(ended: &Ended<'_>, at: GlobalPosition) -> bool {
    let place = ended.log.binary_search_by_key(&at, |it| it.position);
    let event = &ended.log[place.expect("it is in the log")];
    event.event_type.as_str().ends_with("ApplicationReceived")
}

//! Where petitions, documents and fees end up.

use std::collections::BTreeSet;

use minwon::petitions::{
    ApplicationEvent, ApplicationStatus, Date, IssuanceEvent, IssuanceState as Issuance,
    IssuanceStatus as Status, ServiceType,
    application::{CompletionOutcome, Stage},
    issuance::{Attempt, AttemptStage, IssuanceResult},
};

use super::{super::outside, Ended, History};

pub(super) fn check(ended: &Ended<'_>) {
    let mut numbers = BTreeSet::new();
    for history in ended.histories.values() {
        check_ending(ended, history);
        check_race(ended, history);
        for id in history.issuances.keys() {
            let events = history.issuance_events(id);
            check_document(ended, history, &events, &mut numbers);
            check_fee(ended, history, id, &events);
        }
    }
    check_handed_out(ended);
}

/// Every petition is at its end, or lawfully waits for somebody.
fn check_ending(ended: &Ended<'_>, history: &History) {
    let petition = history.petition.as_str();
    let policy = ended.world.policy();
    let is_given_up = ended.decisions.compensated.contains(petition);
    let (service, attempts) = (history.service(), history.issuances.values());
    let attempts: Vec<_> = attempts.collect();
    if attempts.len() > 1 {
        ended.wrong(petition, "there is more than one attempt");
    }
    let attempt = attempts.first().copied();
    let is_linked = service.is_linked();
    let (filed, attempt) = (
        history.application.filed(),
        attempt.and_then(Issuance::attempt),
    );
    let is_lawful = filed.is_some_and(|filed| {
        let document = attempt.map(Attempt::status);
        match (&filed.stage, document) {
            // The end.
            (Stage::Withdrawn(_), document) => is_over(document),
            (Stage::Completed(completed), document) => match (completed.outcome(), document) {
                (CompletionOutcome::Refused, document) => is_over(document),
                (CompletionOutcome::Granted, Some(_)) => {
                    is_linked == is_verification_over(ended, attempt)
                        && (is_linked || is_entered_by_hand(attempt))
                }
                (CompletionOutcome::Granted, None) => {
                    !policy.leads_to_a_document(petition, service)
                }
                _ => false,
            },
            // Waiting for an officer or for the petitioner.
            (Stage::Submitted, None) => true,
            (Stage::Rejected | Stage::UnderObjection(_), document) => is_over(document),
            (Stage::Received | Stage::InReview | Stage::AwaitingSupplement(_), None) => {
                service != ServiceType::InstantIssuance || is_given_up
            }
            // Nothing came of it, the fee is back, and an officer looks.
            (Stage::Received | Stage::InReview, Some(Status::Failed)) => {
                service == ServiceType::InstantIssuance
            }
            (Stage::Approved, Some(Status::Failed)) => is_linked || is_given_up,
            (Stage::Approved, None) => is_given_up,
            // The agency has not reported yet what it did.
            (Stage::Approved, Some(Status::Authorized)) => !is_linked,
            _ => false,
        }
    });
    if !is_lawful {
        let (application, status) = (history.application.status(), attempt.map(Attempt::status));
        ended.wrong(
            petition,
            format!("a {service} petition is {application:?} and its issuance {status:?}"),
        );
    }
    if attempt.map(Attempt::status) == Some(Status::Failed) && !is_given_up {
        check_failed_for_a_reason(ended, history);
    }
}

/// Whether no document stands, and none is made.
const fn is_over(attempt: Option<Status>) -> bool {
    matches!(
        attempt,
        None | Some(Status::Cancelled | Status::Failed | Status::Revoked)
    )
}

/// Months have passed: a document can no longer be verified, and that is on record.
fn is_verification_over(ended: &Ended<'_>, attempt: Option<&Attempt>) -> bool {
    let Some(AttemptStage::Expired(expired)) = attempt.map(|attempt| &attempt.stage) else {
        return false;
    };
    ended.world.fate.note("verifications over");
    Date::in_seoul(expired.noted_at) > expired.verifiable_until
}

/// Whether an officer entered the result, which stands.
fn is_entered_by_hand(attempt: Option<&Attempt>) -> bool {
    attempt.is_some_and(|attempt| {
        attempt.status() == Status::Issued
            && matches!(attempt.result.as_deref(), Some(IssuanceResult::Manual(_)))
    })
}

/// An attempt fails since the register refuses, or does not answer five times; or since the
/// petition was withdrawn or refused.
fn check_failed_for_a_reason(ended: &Ended<'_>, history: &History) {
    let is_refused = outside::is_refused(&ended.world.fate, &history.petition);
    let is_final = |event: &&IssuanceEvent| match event {
        IssuanceEvent::SourceDataFailed(failed) => {
            failed.retry_at.is_none() && (is_refused || failed.attempt == 5)
        }
        _ => false,
    };
    let events = history.issuances.keys().next();
    let events = events.map(|id| history.issuance_events(id));
    let events = events.unwrap_or_default();
    if !events.iter().any(is_final) && !is_decided_against(history) {
        ended.wrong(&history.petition, "an attempt failed without a reason");
    }
    ended.world.fate.note("attempts that failed");
}

fn is_decided_against(history: &History) -> bool {
    let mut events = history.application_events();
    events.any(|(_, event)| {
        matches!(
            event,
            ApplicationEvent::Withdrawn(_) | ApplicationEvent::Rejected(_)
        )
    })
}

/// Of a withdrawal or refusal and an issuance that race, one wins.
fn check_race(ended: &Ended<'_>, history: &History) {
    let mut ends = 0;
    for (_, event) in history.application_events() {
        ends += u32::from(matches!(
            event,
            ApplicationEvent::Withdrawn(_)
                | ApplicationEvent::Completed(_)
                | ApplicationEvent::ObjectionDismissed(_)
        ));
    }
    if ends > 1 {
        ended.wrong(&history.petition, "it has more than one end");
    }
    let is_decided_against = is_decided_against(history);
    let is_withdrawn = history.application.status() == Some(ApplicationStatus::Withdrawn);
    let mut attempts = history.issuances.values().filter_map(Issuance::status);
    if is_decided_against
        && attempts
            .clone()
            .any(|it| matches!(it, Status::Issued | Status::Expired))
    {
        ended.wrong(
            &history.petition,
            "it was withdrawn or refused, and its document stands",
        );
    }
    if is_decided_against && attempts.any(|it| it == Status::Revoked) {
        ended.world.fate.note(if is_withdrawn {
            "documents revoked after a withdrawal"
        } else {
            "documents revoked after a refusal"
        });
    }
}

/// At most one document, with a number that no other has.
fn check_document(
    ended: &Ended<'_>,
    history: &History,
    events: &[&IssuanceEvent],
    numbers: &mut BTreeSet<String>,
) {
    let mut results = 0;
    for event in events {
        match event {
            IssuanceEvent::DocumentIssued(document) => {
                results += 1;
                if !numbers.insert(document.verification_number.to_string()) {
                    ended.wrong(&history.petition, "another document has the same number");
                }
            }
            IssuanceEvent::ResultEnteredManually(_) => results += 1,
            _ => {}
        }
    }
    if results > 1 {
        ended.wrong(
            &history.petition,
            format!("one attempt has {results} results"),
        );
    }
}

/// A fee that was paid has its document, or is given back once; never both.
fn check_fee(ended: &Ended<'_>, history: &History, id: &str, events: &[&IssuanceEvent]) {
    let count = |is_it: fn(&IssuanceEvent) -> bool| events.iter().filter(|it| is_it(it)).count();
    let paid = count(|it| matches!(it, IssuanceEvent::FeePaid(_)));
    let refunded = count(|it| matches!(it, IssuanceEvent::FeeRefunded(_)));
    let is_owed = match history.issuances[id].status() {
        Some(Status::Cancelled | Status::Failed | Status::Revoked) => paid,
        _ => 0,
    };
    if paid > 1 || refunded != is_owed {
        let what =
            format!("{id} was paid {paid} times and refunded {refunded} times, not {is_owed}");
        ended.wrong(&history.petition, what);
    }
    ended.world.fate.note_times("refunds", refunded as u64);
}

/// The document that a caller got is the one on record.
fn check_handed_out(ended: &Ended<'_>) {
    for (petition, document) in ended.world.handed_out.borrow().iter() {
        let history = &ended.histories[petition];
        let mut events = history
            .issuances
            .keys()
            .flat_map(|id| history.issuance_events(id));
        let is_it = |event: &IssuanceEvent| matches!(event, IssuanceEvent::DocumentIssued(it) if it == document);
        if !events.any(is_it) {
            ended.wrong(petition, "a document was handed out that is not on record");
        }
    }
}

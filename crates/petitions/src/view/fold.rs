//! What each event changes in a view.
//!
//! As in the aggregates, an event that no decision could have written leaves the view as it is.

use minwon_core::{PetitionId, RecordedEvent};

use super::{
    document::DocumentView,
    petition::{ApplicationView, ObjectionView, PetitionView, SupplementView},
    timeline::{step_of_application, step_of_issuance},
};
use crate::{
    application::{ApplicationStatus, ReminderSubject},
    catalogue::{ApplicationEvent, IssuanceEvent},
    category::Category,
    issuance::{IssuanceId, IssuanceStatus},
    reader::PetitionEvent,
    statute::SUPPLEMENT_EXTENSIONS_MAX,
};

pub(super) fn apply(
    view: &mut Option<PetitionView>,
    (category, event): &(Category, PetitionEvent),
    recorded: &RecordedEvent,
) {
    // A petition has one category for life.
    if view.as_ref().is_some_and(|view| view.category != *category) {
        return;
    }
    match event {
        PetitionEvent::Application(event) => apply_application(view, *category, event, recorded),
        PetitionEvent::Issuance(event) => apply_issuance(view, *category, event, recorded),
    }
}

/// The view, begun where there was none.
fn begun<'v>(
    view: &'v mut Option<PetitionView>,
    category: Category,
    recorded: &RecordedEvent,
) -> Option<&'v mut PetitionView> {
    if view.is_none() {
        // Only an id that breaks a rule made after it was written stays without a view.
        let id = PetitionId::new(recorded.metadata.petition_id()).ok()?;
        *view = Some(PetitionView::new(id, category));
    }
    view.as_mut()
}

fn apply_application(
    view: &mut Option<PetitionView>,
    category: Category,
    event: &ApplicationEvent,
    recorded: &RecordedEvent,
) {
    let before = view.as_ref().and_then(PetitionView::status);
    let Some(after) = ApplicationStatus::after(before, event) else {
        return;
    };
    let application = view.as_ref().and_then(|view| view.application.as_ref());
    if before == Some(after) && !application.is_some_and(|filed| is_note(event, filed)) {
        return;
    }
    let Some(view) = begun(view, category, recorded) else {
        return;
    };
    let occurred_at = recorded.metadata.occurred_at();
    let (what, at) = step_of_application(event, occurred_at);
    view.timeline.push(what, at);
    match (&mut view.application, event) {
        (None, ApplicationEvent::Submitted(submitted)) => {
            view.application = Some(ApplicationView::submitted(submitted));
        }
        (None, _) => {}
        (Some(application), event) => application.follow(event, after, occurred_at),
    }
}

/// Whether the event is told of the petition although it leads nowhere else.
fn is_note(event: &ApplicationEvent, filed: &ApplicationView) -> bool {
    use ApplicationStatus::{
        Approved, AwaitingSupplement, InReview, Received, Rejected, Submitted, Suspended,
        UnderObjection,
    };
    match event {
        ApplicationEvent::ClericalErrorCorrected(_) => {
            matches!(filed.status, Submitted | Received)
        }
        ApplicationEvent::TransferredToAgency(_) => filed.status == Submitted,
        ApplicationEvent::ReceiptSlipIssued(_) => {
            matches!(
                filed.status,
                Received | InReview | AwaitingSupplement | Suspended
            )
        }
        ApplicationEvent::Modified(_) => {
            matches!(
                filed.status,
                Submitted | Received | InReview | AwaitingSupplement | Suspended
            )
        }
        ApplicationEvent::Assigned(_)
        | ApplicationEvent::Reassigned(_)
        | ApplicationEvent::TransferredToDepartment(_)
        | ApplicationEvent::ConsultationRequested(_) => filed.status == InReview,
        ApplicationEvent::ConsultationReplied(_) | ApplicationEvent::ConsultationExtended(_) => {
            matches!(filed.status, InReview | AwaitingSupplement | Suspended)
        }
        ApplicationEvent::ProgressRecorded(_) => {
            matches!(
                filed.status,
                InReview | AwaitingSupplement | Suspended | UnderObjection
            )
        }
        ApplicationEvent::DeadlineMissed(missed) => {
            let is_open = matches!(filed.status, Received | InReview | Approved);
            is_open && filed.missed_at.is_none() && filed.due() == Some(missed.due)
        }
        ApplicationEvent::ProgressNotified(notice) => {
            let is_open = matches!(
                filed.status,
                Received | InReview | AwaitingSupplement | Suspended | Approved
            );
            is_open && notice.number == filed.notices.saturating_add(1)
        }
        ApplicationEvent::ReminderIssued(reminder) => is_reminder(reminder.about, filed),
        ApplicationEvent::SupplementPeriodExtended(_) => {
            let is_left = |open: &SupplementView| open.extensions < SUPPLEMENT_EXTENSIONS_MAX;
            filed.supplement.as_ref().is_some_and(is_left)
        }
        ApplicationEvent::SupplementRerequested(_) => {
            let is_first = |open: &SupplementView| !open.again;
            filed.supplement.as_ref().is_some_and(is_first)
        }
        ApplicationEvent::SupplementUndeliverable(failed) => {
            let is_next =
                |open: &SupplementView| failed.attempt == open.undelivered.saturating_add(1);
            filed.supplement.as_ref().is_some_and(is_next)
        }
        ApplicationEvent::PeriodExtended(_) => filed.is_extendable() && filed.extensions.is_empty(),
        ApplicationEvent::PeriodExtendedAgain(_) => {
            filed.is_extendable() && filed.extensions.len() == 1
        }
        ApplicationEvent::DeadlineRecalculated(_) => {
            filed.is_extendable() || filed.status == Approved
        }
        ApplicationEvent::ResultNotified(_) => {
            matches!(filed.status, Approved | Rejected) && filed.notice.is_none()
        }
        ApplicationEvent::ObjectionDecisionExtended(_) => {
            let is_first =
                |objection: &ObjectionView| !objection.extended && objection.decision.is_none();
            filed.objection.as_ref().is_some_and(is_first)
        }
        ApplicationEvent::Submitted(_)
        | ApplicationEvent::Returned(_)
        | ApplicationEvent::DeemedWithdrawn(_)
        | ApplicationEvent::ClockSuspended(_)
        | ApplicationEvent::ClockResumed(_)
        | ApplicationEvent::ObjectionFiled(_)
        | ApplicationEvent::ObjectionUpheld(_)
        | ApplicationEvent::ObjectionDismissed(_)
        | ApplicationEvent::Received(_)
        | ApplicationEvent::SupplementRequested(_)
        | ApplicationEvent::Supplemented(_)
        | ApplicationEvent::Approved(_)
        | ApplicationEvent::Rejected(_)
        | ApplicationEvent::Withdrawn(_)
        | ApplicationEvent::Completed(_)
        | ApplicationEvent::MergedInto(_)
        | ApplicationEvent::ClosedAsRepeated(_)
        | ApplicationEvent::ClosedAsExempt(_)
        | ApplicationEvent::ClosedUncollected(_) => false,
    }
}

/// Whether a reminder of this is one of something open.
fn is_reminder(about: ReminderSubject, filed: &ApplicationView) -> bool {
    use ApplicationStatus::{Approved, InReview, Received};
    match about {
        ReminderSubject::SupplementOverdue => {
            let is_first = |supplement: &SupplementView| supplement.reminded_at.is_none();
            filed.supplement.as_ref().is_some_and(is_first)
        }
        ReminderSubject::PetitionOverdue => matches!(filed.status, Received | InReview | Approved),
    }
}

fn apply_issuance(
    view: &mut Option<PetitionView>,
    category: Category,
    event: &IssuanceEvent,
    recorded: &RecordedEvent,
) {
    let Some(attempt) = IssuanceId::attempt_in(recorded.stream.id()) else {
        return;
    };
    let documents = view.as_ref().map_or(&[][..], |view| &view.documents);
    let place = documents.binary_search_by_key(&attempt, |document| document.attempt);
    let before = place.ok().map(|place| documents[place].status);
    let Some(after) = IssuanceStatus::after(before, event) else {
        return;
    };
    if before == Some(after) && !is_issuance_note(event, after) {
        return;
    }
    let Some(view) = begun(view, category, recorded) else {
        return;
    };
    let occurred_at = recorded.metadata.occurred_at();
    let (what, at) = step_of_issuance(event, occurred_at);
    view.timeline.push(what, at);
    match (place, event) {
        (Err(place), IssuanceEvent::Requested(request)) => {
            let document = DocumentView::requested(attempt, request);
            view.documents.insert(place, document);
        }
        (Err(_), _) => {}
        (Ok(place), event) => view.documents[place].follow(event, after, occurred_at),
    }
}

/// Whether the event is told in `status` although it leads nowhere else.
const fn is_issuance_note(event: &IssuanceEvent, status: IssuanceStatus) -> bool {
    use IssuanceStatus::{Cancelled, Failed, Generating, Issued, Requested, Revoked};
    matches!(
        (event, status),
        (
            IssuanceEvent::IdentityVerified(_) | IssuanceEvent::FeeAssessed(_),
            Requested
        ) | (IssuanceEvent::SourceDataRetrieved(_), Generating)
            | (
                IssuanceEvent::DocumentViewed(_)
                    | IssuanceEvent::DocumentPrinted(_)
                    | IssuanceEvent::DocumentDelivered(_)
                    | IssuanceEvent::DocumentVerified(_),
                Issued
            )
            | (IssuanceEvent::FeeRefunded(_), Cancelled | Failed | Revoked)
    )
}

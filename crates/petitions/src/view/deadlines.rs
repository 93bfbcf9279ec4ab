//! What of a petition waits for its time.

use minwon_core::{
    IndexEntry, IndexName, ListName, Order, Projection, ProjectionName, RecordedEvent, StreamName,
    Timestamp, ViewKey, ViewSchema,
};
use serde::{Deserialize, Serialize};

use super::{micros, petition::is_zero};
use crate::{
    application::{ApplicationStatus, UNDELIVERED_MIN, moved_due},
    catalogue::{ApplicationEvent, IssuanceEvent},
    category::Category,
    date::Date,
    deadline::{Deadline, DeadlineKind},
    due::Due,
    issuance::IssuanceId,
    reader::{PetitionEvent, petition_of_stream},
};

const DEADLINES: IndexName = IndexName::new("deadlines");

/// Folds the events of a petition and of its documents into what waits for its time.
///
/// A projection of its own, beside [`PetitionViews`](super::PetitionViews): whoever keeps deadlines
/// asks for [what is due](Self::pending), the earliest first, and needs nothing else of a petition.
#[derive(Debug, Clone)]
pub struct DeadlineViews {
    name: ProjectionName,
}

impl DeadlineViews {
    /// The fingerprint of views and places.
    ///
    /// `tests/golden/views.rs` tells when to raise it.
    pub const SCHEMA: ViewSchema = ViewSchema::new(3);

    /// The petitions of which something waits for its time, by the earliest of it.
    #[must_use]
    pub fn pending() -> ListName {
        ListName {
            index: DEADLINES,
            partition: "all".into(),
        }
    }

    /// Where in [`pending`](Self::pending) a petition stands whose earliest deadline is at
    /// `instant`: what stands there or before is due then.
    #[must_use]
    pub fn order(instant: Timestamp) -> Order {
        instant.into()
    }
}

impl Default for DeadlineViews {
    fn default() -> Self {
        Self {
            name: ProjectionName::new("deadlines").expect("a word"),
        }
    }
}

impl Projection for DeadlineViews {
    type Event = (Category, PetitionEvent);
    type View = DeadlineView;

    fn name(&self) -> &ProjectionName {
        &self.name
    }

    fn schema(&self) -> ViewSchema {
        Self::SCHEMA
    }

    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        self.key_of_stream(&event.stream)
    }

    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        Some(petition_of_stream(stream))
    }

    fn apply(
        &self,
        view: &mut Option<DeadlineView>,
        (category, event): &Self::Event,
        recorded: &RecordedEvent,
    ) {
        // A petition has one category for life.
        if view.as_ref().is_some_and(|view| view.category != *category) {
            return;
        }
        match event {
            PetitionEvent::Application(event) => apply_application(view, *category, event),
            PetitionEvent::Issuance(event) => apply_issuance(view, *category, event, recorded),
        }
    }

    fn index(&self, _: &ViewKey, view: &DeadlineView, entries: &mut Vec<IndexEntry>) {
        let earliest = view.pending().first().map(|deadline| deadline.at);
        entries.extend(earliest.map(|at| IndexEntry::Listed {
            list: Self::pending(),
            order: Self::order(at),
        }));
    }
}

/// What of a petition waits for its time, and what has to be known to tell.
///
/// One that has ended keeps its view, with nothing in it: a late failure of a register would else
/// begin a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeadlineView {
    /// What the petition is about.
    pub category: Category,
    /// Where it stands; none where only events of its documents were folded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<ApplicationStatus>,
    /// How often it was received: again after each transfer to another agency.
    #[serde(default, skip_serializing_if = "is_zero")]
    receipts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptTimes>,
    /// How often a supplement was requested.
    #[serde(default, skip_serializing_if = "is_zero")]
    requests: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    supplement: Option<SupplementTimes>,
    /// Until when the petitioner may object to a refusal.
    #[serde(
        with = "micros::due_option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    may_object: Option<Due>,
    /// Until when an objection has to be decided.
    #[serde(
        with = "micros::due_option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    objection: Option<Due>,
    /// When registers are asked again, by issuance: one time at most for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retries: Vec<Retry>,
    /// Until when documents can be verified, by issuance: also of a petition that has ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    proofs: Vec<Proof>,
}

/// What a receipt set off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptTimes {
    #[serde(rename = "at", with = "micros")]
    received_at: Timestamp,
    #[serde(with = "micros::due")]
    due: Due,
    /// The due that was noted as missed; another may have taken its place since.
    #[serde(
        with = "micros::due_option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    missed: Option<Due>,
    /// How many notices of the progress were sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    notices: u32,
}

/// What a request for a supplement set off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SupplementTimes {
    #[serde(with = "micros::due")]
    due: Due,
    /// Whether the petitioner was reminded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reminded: bool,
    /// How often a request did not reach the petitioner.
    #[serde(default, skip_serializing_if = "is_zero")]
    undelivered: u32,
}

/// What an officer has to see to, or may: nothing that happens by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfficerTask {
    /// From this instant on the petition may be returned, or the supplement requested again if it
    /// was not yet (D24③, D25①).
    Return {
        /// The first instant.
        from: Timestamp,
    },
    /// The petition may be deemed withdrawn: two requests did not reach the petitioner (D25②).
    DeemWithdrawn,
    /// An objection has to be decided (A35②).
    DecideObjection {
        /// Until when.
        due: Due,
    },
}

/// When a register is asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    issuance: IssuanceId,
    /// Which time it will be asked then.
    attempt: u32,
    #[serde(with = "micros")]
    at: Timestamp,
}

/// Until when a document can be verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    issuance: IssuanceId,
    until: Date,
    /// Whether the document waits at the agency: while it does, nobody holds it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    waits: bool,
}

impl DeadlineView {
    const fn new(category: Category) -> Self {
        Self {
            category,
            status: None,
            receipts: 0,
            receipt: None,
            requests: 0,
            supplement: None,
            may_object: None,
            objection: None,
            retries: Vec::new(),
            proofs: Vec::new(),
        }
    }

    /// The deadlines that wait for their time or are due, the earliest first.
    #[must_use]
    pub fn pending(&self) -> Vec<Deadline> {
        let mut pending = Vec::new();
        if let (Some(status), Some(receipt)) = (self.status, &self.receipt) {
            if has_running_clock(status) && !receipt.due.is_noted_by(receipt.missed) {
                pending.push(Deadline::application_due(self.receipts, receipt.due));
            }
            if is_told_of_progress(status) {
                let number = receipt.notices.saturating_add(1);
                let received_at = receipt.received_at;
                pending.push(Deadline::progress_notice(
                    self.receipts,
                    received_at,
                    number,
                ));
            }
        }
        if let Some(supplement) = self.supplement.as_ref().filter(|s| !s.reminded) {
            pending.push(Deadline::supplement_due(self.requests, supplement.due));
        }
        if let Some(due) = self.may_object {
            pending.push(Deadline::objection_period(due));
        }
        pending.extend(self.retries.iter().map(Retry::deadline));
        let held = self.proofs.iter().filter(|proof| !proof.waits);
        pending.extend(held.map(Proof::deadline));
        // Stable: what is due at one instant keeps the order above.
        pending.sort_by_key(|deadline| deadline.at);
        pending
    }

    /// What an officer has to see to, or may, now or later.
    #[must_use]
    pub fn officer_tasks(&self) -> Vec<OfficerTask> {
        let mut tasks = Vec::new();
        if let Some(supplement) = &self.supplement {
            let from = Deadline::supplement_due(self.requests, supplement.due).at;
            tasks.push(OfficerTask::Return { from });
            if supplement.undelivered >= UNDELIVERED_MIN {
                tasks.push(OfficerTask::DeemWithdrawn);
            }
        }
        tasks.extend(
            self.objection
                .map(|due| OfficerTask::DecideObjection { due }),
        );
        tasks
    }

    fn has_ended(&self) -> bool {
        self.status.is_some_and(ApplicationStatus::is_end)
    }

    fn follow(&mut self, event: &ApplicationEvent) {
        use ApplicationEvent as Event;
        self.move_due(event);
        match event {
            Event::Received(received) => {
                self.receipts = self.receipts.saturating_add(1);
                self.receipt = Some(ReceiptTimes {
                    received_at: received.received_at,
                    due: received.due,
                    missed: None,
                    notices: 0,
                });
            }
            Event::SupplementRequested(request) => {
                self.requests = self.requests.saturating_add(1);
                self.supplement = Some(SupplementTimes {
                    due: request.due,
                    reminded: false,
                    undelivered: 0,
                });
            }
            Event::Supplemented(_) => self.supplement = None,
            // It waits for its receipt by the competent agency.
            Event::TransferredToAgency(_) => self.receipt = None,
            Event::ObjectionFiled(objection) => {
                self.may_object = None;
                self.objection = Some(objection.deadline.due);
            }
            Event::ObjectionUpheld(_) => self.objection = None,
            Event::Withdrawn(_)
            | Event::Completed(_)
            | Event::Returned(_)
            | Event::DeemedWithdrawn(_)
            | Event::ObjectionDismissed(_)
            | Event::MergedInto(_)
            | Event::ClosedAsRepeated(_)
            | Event::ClosedAsExempt(_)
            | Event::ClosedUncollected(_) => {
                self.receipt = None;
                self.supplement = None;
                self.may_object = None;
                self.objection = None;
                self.retries = Vec::new();
            }
            Event::DeadlineMissed(_)
            | Event::SupplementPeriodExtended(_)
            | Event::SupplementRerequested(_)
            | Event::SupplementUndeliverable(_)
            | Event::ClockSuspended(_)
            | Event::ClockResumed(_)
            | Event::PeriodExtended(_)
            | Event::PeriodExtendedAgain(_)
            | Event::DeadlineRecalculated(_)
            | Event::ResultNotified(_)
            | Event::ObjectionDecisionExtended(_)
            | Event::ProgressNotified(_)
            | Event::ReminderIssued(_)
            | Event::Submitted(_)
            | Event::ProgressRecorded(_)
            | Event::Approved(_)
            | Event::Rejected(_)
            | Event::ReceiptSlipIssued(_)
            | Event::ClericalErrorCorrected(_)
            | Event::Assigned(_)
            | Event::Reassigned(_)
            | Event::TransferredToDepartment(_)
            | Event::ConsultationRequested(_)
            | Event::ConsultationReplied(_)
            | Event::ConsultationExtended(_)
            | Event::Modified(_) => {}
        }
    }

    fn move_due(&mut self, event: &ApplicationEvent) {
        if let (Some(moved), Some(receipt)) = (moved_due(event), &mut self.receipt) {
            receipt.due = moved.due;
        }
    }

    /// Follows an event that tells that a deadline has fired or moved, and leads nowhere else.
    fn strike_off(&mut self, event: &ApplicationEvent) {
        if self.status.is_some_and(is_told_of_progress) {
            self.move_due(event);
        }
        let (Some(status), Some(receipt)) = (self.status, &mut self.receipt) else {
            return;
        };
        match event {
            ApplicationEvent::DeadlineMissed(missed)
                if has_running_clock(status) && missed.due == receipt.due =>
            {
                receipt.missed = Some(missed.due);
            }
            ApplicationEvent::ProgressNotified(notice)
                if is_told_of_progress(status)
                    && notice.number == receipt.notices.saturating_add(1) =>
            {
                receipt.notices = notice.number;
            }
            ApplicationEvent::ReminderIssued(_) => {
                if let Some(supplement) = &mut self.supplement {
                    supplement.reminded = true;
                }
            }
            ApplicationEvent::SupplementPeriodExtended(extended) => {
                if let Some(supplement) = &mut self.supplement {
                    supplement.due = extended.deadline.due;
                }
            }
            ApplicationEvent::SupplementRerequested(again) => {
                if let Some(supplement) = &mut self.supplement {
                    let due = again.deadline.due;
                    // The same request folded once more is none.
                    if supplement.reminded || supplement.due != due {
                        self.requests = self.requests.saturating_add(1);
                    }
                    supplement.due = due;
                    supplement.reminded = false;
                }
            }
            ApplicationEvent::SupplementUndeliverable(failed) => {
                if let Some(supplement) = &mut self.supplement {
                    supplement.undelivered = supplement.undelivered.max(failed.attempt);
                }
            }
            ApplicationEvent::ResultNotified(told) if status == ApplicationStatus::Rejected => {
                self.may_object = told.objection.as_ref().map(|objection| objection.due);
            }
            ApplicationEvent::ObjectionDecisionExtended(extended) => {
                if let Some(due) = &mut self.objection {
                    *due = extended.deadline.due;
                }
            }
            _ => {}
        }
    }
}

impl Retry {
    fn deadline(&self) -> Deadline {
        Deadline {
            kind: DeadlineKind::SourceRetry {
                issuance: self.issuance.clone(),
                attempt: self.attempt,
            },
            // Attempts are counted on and on.
            term: 1,
            at: self.at,
        }
    }
}

impl Proof {
    fn deadline(&self) -> Deadline {
        Deadline::verification_end(self.issuance.clone(), self.until)
    }
}

/// Whether time counts towards the due: not while a supplement is awaited or the law stops the
/// clock otherwise (D20), and not once a refusal has told the result.
const fn has_running_clock(status: ApplicationStatus) -> bool {
    use ApplicationStatus as Status;
    match status {
        Status::Received | Status::InReview | Status::Approved => true,
        Status::Submitted
        | Status::AwaitingSupplement
        | Status::Suspended
        | Status::Rejected
        | Status::UnderObjection
        | Status::Completed
        | Status::Returned
        | Status::Withdrawn
        | Status::Closed => false,
    }
}

/// Whether the petitioner is told of the progress now and then (D23).
const fn is_told_of_progress(status: ApplicationStatus) -> bool {
    match status {
        ApplicationStatus::AwaitingSupplement | ApplicationStatus::Suspended => true,
        status => has_running_clock(status),
    }
}

fn apply_application(
    view: &mut Option<DeadlineView>,
    category: Category,
    event: &ApplicationEvent,
) {
    let before = view.as_ref().and_then(|view| view.status);
    let Some(after) = ApplicationStatus::after(before, event) else {
        return;
    };
    let view = view.get_or_insert_with(|| DeadlineView::new(category));
    if before == Some(after) {
        view.strike_off(event);
    } else {
        view.status = Some(after);
        view.follow(event);
    }
}

fn apply_issuance(
    view: &mut Option<DeadlineView>,
    category: Category,
    event: &IssuanceEvent,
    recorded: &RecordedEvent,
) {
    let Ok(issuance) = recorded.stream.id().parse::<IssuanceId>() else {
        return;
    };
    if let Some(view) = view {
        // Whatever happens to an attempt: what was planned before it does not hold any more.
        view.retries.retain(|retry| retry.issuance != issuance);
        follow_document(view, &issuance, event);
    }
    match event {
        IssuanceEvent::SourceDataFailed(failed) => {
            let Some(at) = failed.retry_at else { return };
            let view = view.get_or_insert_with(|| DeadlineView::new(category));
            if !view.has_ended() {
                let retry = Retry {
                    issuance,
                    attempt: failed.attempt.saturating_add(1),
                    at,
                };
                insert(&mut view.retries, retry, |retry| &retry.issuance);
            }
        }
        IssuanceEvent::DocumentIssued(document) => {
            let view = view.get_or_insert_with(|| DeadlineView::new(category));
            let proof = Proof {
                issuance,
                until: document.verifiable_until,
                waits: false,
            };
            insert(&mut view.proofs, proof, |proof| &proof.issuance);
        }
        _ => {}
    }
}

/// What happens to a document that is out, as far as it tells until when it can be verified.
fn follow_document(view: &mut DeadlineView, issuance: &IssuanceId, event: &IssuanceEvent) {
    match event {
        IssuanceEvent::DocumentReadyForPickup(_) | IssuanceEvent::DocumentCollected(_) => {
            let is_it = |proof: &&mut Proof| proof.issuance == *issuance;
            if let Some(proof) = view.proofs.iter_mut().find(is_it) {
                proof.waits = matches!(event, IssuanceEvent::DocumentReadyForPickup(_));
            }
        }
        IssuanceEvent::DocumentIssued(_)
        | IssuanceEvent::VerificationExpired(_)
        | IssuanceEvent::DocumentRevoked(_)
        | IssuanceEvent::DocumentDiscarded(_) => {
            view.proofs.retain(|proof| proof.issuance != *issuance);
        }
        _ => {}
    }
}

/// Puts an entry where its issuance stands in order.
fn insert<E>(entries: &mut Vec<E>, entry: E, issuance: impl Fn(&E) -> &IssuanceId) {
    let place = entries.partition_point(|other| issuance(other) < issuance(&entry));
    entries.insert(place, entry);
}

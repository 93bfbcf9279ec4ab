//! The pending deadlines of a petition, as a function of its state.

use minwon_core::{ListName, Order, Timestamp};

use super::{PetitionViews, petition::PetitionView, places::DEADLINES};
use crate::{
    application::{Application, ApplicationStatus as Status, Stage, UNDELIVERED_MIN},
    deadline::{Deadline, DeadlineKind},
    due::Due,
    issuance::{Attempt, IssuanceId, IssuanceStatus},
};

/// A task that an officer has to do, or may do: nothing that happens by itself.
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

impl PetitionViews {
    /// The petitions of which something waits for its time, by the earliest of it.
    #[must_use]
    pub fn pending() -> ListName {
        super::places::list(DEADLINES, super::places::ALL)
    }

    /// Where in [`pending`](Self::pending) a petition stands whose earliest deadline is at
    /// `instant`: what stands there or before is due then.
    #[must_use]
    pub fn pending_order(instant: Timestamp) -> Order {
        instant.into()
    }
}

impl PetitionView {
    /// The deadlines that wait for their time or are due, the earliest first.
    #[must_use]
    pub fn pending(&self) -> Vec<Deadline> {
        let mut pending = Vec::new();
        if let Some(filed) = self.filed() {
            filed.add_pending(&mut pending);
        }
        let issuances = || {
            self.issuances.iter().filter_map(|issuance| {
                let id = IssuanceId::of_attempt(&self.id, issuance.attempt)?;
                Some((id, issuance.attempt()?))
            })
        };
        // Nobody asks a register for a petition that has ended.
        if !self.application.has_ended() {
            pending.extend(issuances().filter_map(|(id, attempt)| attempt.retry(id)));
        }
        // A document can be verified whatever became of its petition.
        pending.extend(issuances().filter_map(|(id, attempt)| attempt.verification_end(id)));
        // Stable: what is due at one instant keeps the order above.
        pending.sort_by_key(|deadline| deadline.at);
        pending
    }

    /// Returns the tasks that an officer has to do, or may do, now or later.
    #[must_use]
    pub fn officer_tasks(&self) -> Vec<OfficerTask> {
        match self.filed().map(|filed| (filed, &filed.stage)) {
            Some((filed, Stage::AwaitingSupplement(supplement))) => {
                let requests = filed.supplement_requests;
                let from = Deadline::supplement_due(requests, supplement.due).at;
                let mut tasks = vec![OfficerTask::Return { from }];
                if supplement.undelivered >= UNDELIVERED_MIN {
                    tasks.push(OfficerTask::DeemWithdrawn);
                }
                tasks
            }
            Some((_, Stage::UnderObjection(objection))) => {
                let due = objection.due;
                vec![OfficerTask::DecideObjection { due }]
            }
            _ => Vec::new(),
        }
    }
}

impl Application {
    fn add_pending(&self, pending: &mut Vec<Deadline>) {
        let status = self.status();
        if let Some(case) = &self.case {
            if self.can_be_late() && !case.is_missed() {
                pending.push(Deadline::application_due(self.receipts, case.due));
            }
            if Status::IN_PROGRESS.contains(&status) {
                pending.push(Deadline::progress_notice(
                    self.receipts,
                    case.receipt.received_at,
                    case.next_notice(),
                ));
            }
        }
        if let Some(supplement) = self.supplement()
            && supplement.reminded_at.is_none()
        {
            let requests = self.supplement_requests;
            pending.push(Deadline::supplement_due(requests, supplement.due));
        }
        pending.extend(self.may_object_until().map(Deadline::objection_period));
    }
}

impl Attempt {
    /// When its register is asked again.
    fn retry(&self, issuance: IssuanceId) -> Option<Deadline> {
        let failed = self.failure()?;
        let is_waiting = self.status() == IssuanceStatus::Authorized;
        Some(Deadline {
            kind: DeadlineKind::SourceRetry {
                issuance,
                attempt: failed.attempt.saturating_add(1),
            },
            // Attempts are counted on and on.
            term: 1,
            at: failed.retry_at.filter(|_| is_waiting)?,
        })
    }

    /// Returns until when its document can be verified. While it waits at the agency, nobody holds
    /// it.
    fn verification_end(&self, issuance: IssuanceId) -> Option<Deadline> {
        let until = self.document()?.verifiable_until;
        let is_held = self.status() == IssuanceStatus::Issued;
        is_held.then(|| Deadline::verification_end(issuance, until))
    }
}

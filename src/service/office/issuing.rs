//! Opening and ending attempts to issue a document.

use minwon_core::{ActorId, Command, ExecuteError, GlobalPosition};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicationState, ApplicationStatus, Category, IssuanceCommand, IssuanceId, IssuanceRejection,
    IssuanceStatus, ServiceType, Text,
    application::{Complete, DueDocument},
    flow::Occasion,
    issuance::{Basis, Cancel, Fail, FeeConsequence, Revoke},
};

use super::{Office, Task, failed, sources::NoData};
use crate::namespace::{ServiceClock, ServiceStore};

/// In whose name the issuance service acts.
pub(super) const ISSUANCE: &str = "issuance";

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// Requests the document that a petition leads to and settles identity and fee, if it is time
    /// for that: for what is issued at once when it is received, else when it is approved.
    ///
    /// A petition that was withdrawn since its event may still get an attempt, as it may where it is
    /// withdrawn a moment later: the step of its fee looks at the petition as it stands.
    pub(super) async fn open_issuance(
        &self,
        task: Task<'_>,
        occasion: Occasion,
        id: &PetitionId,
    ) -> Result<(), ExecuteError> {
        let position = task.cause.position;
        let state = self.application_up_to(task.category, id, position);
        let Some(basis) = basis(occasion, &state.await?) else {
            return Ok(());
        };
        let Some(facts) = self.facts(task.category, id).await? else {
            return Ok(());
        };
        // A type that the catalogue does not list any more is put aside until somebody has looked
        // into it.
        match self.order(&facts).map_err(failed)? {
            Some(order) => {
                let request = order.request(&facts, basis);
                let commands = [
                    self.command(task, "request", request),
                    self.command(task, "authorize", order.authorize()),
                ];
                self.open_attempt(task.category, id, &commands).await
            }
            None => self.complete(task, id).await,
        }
    }

    /// Opens the first attempt that has not come to nothing. One that has belongs to an earlier
    /// decision: a petition may be refused, and granted once its objection is upheld (A35).
    ///
    /// A step that is given again stops at the attempt that it opened, whatever became of that:
    /// its commands are known there. So a failure alone opens no further attempt.
    async fn open_attempt(
        &self,
        category: Category,
        petition: &PetitionId,
        commands: &[Command<IssuanceCommand>],
    ) -> Result<(), ExecuteError> {
        let mut id = IssuanceId::first(petition);
        while self.issue(category, &id, commands).await? == Issuing::CameToNothing {
            id = id.next();
        }
        Ok(())
    }

    /// Gives commands to an issuance. That things have moved on is no failure.
    pub(in crate::service) async fn issue(
        &self,
        category: Category,
        id: &IssuanceId,
        commands: &[Command<IssuanceCommand>],
    ) -> Result<Issuing, ExecuteError> {
        match self.namespace.give_issuance(category, id, commands).await? {
            Ok(given) => {
                let token = given.into_iter().next_back().and_then(|last| last.token);
                let up_to = token.map_or(GlobalPosition::START, |token| token.position);
                Ok(Issuing::Taken { up_to })
            }
            Err(rejection) if has_moved_on(&rejection) => {
                tracing::debug!(issuance = %id, %rejection, "a step is not needed any more");
                Ok(if has_come_to_nothing(&rejection) {
                    Issuing::CameToNothing
                } else {
                    Issuing::MovedOn
                })
            }
            Err(rejection) => Err(failed(rejection)),
        }
    }

    /// Ends a petition that was decided and leads to no document.
    async fn complete(&self, task: Task<'_>, id: &PetitionId) -> Result<(), ExecuteError> {
        let complete = Complete {
            officer: ActorId::new(ISSUANCE).expect("a word"),
            answer: None,
            attachments: Vec::new(),
            document: DueDocument::NotDue,
            completed_at: self.namespace.timer().now(),
        };
        let command = [self.command(task, "complete", complete)];
        let given = self.namespace.give_application(task.category, id, &command);
        given.await.map(drop)
    }

    /// Ends every attempt of a petition that was withdrawn or refused: what is not issued is
    /// cancelled, what is issued is revoked, and a fee that was paid is refunded with either.
    ///
    /// An attempt that is being generated is left alone: where it is issued, the step that would
    /// complete the petition finds it so and revokes.
    pub(super) async fn call_off(
        &self,
        task: Task<'_>,
        petition: &PetitionId,
    ) -> Result<(), ExecuteError> {
        let category = task.category;
        let state = self.application(category, petition).await?;
        let Some(why) = state.decided_against() else {
            return Ok(());
        };
        let mut id = IssuanceId::first(petition);
        loop {
            let Some(status) = self.issuance(category, &id).await?.status() else {
                return Ok(());
            };
            if status.can_be_cancelled() {
                let reason = self.reason(why);
                self.end(task, &id, Cancel { reason }).await?;
                // It may have gone on meanwhile; then it is looked at once more.
                let now = self.issuance(category, &id).await?.status();
                if now.is_some_and(|now| now.can_be_cancelled() || now.is_out()) {
                    continue;
                }
            } else if status.is_out() {
                self.revoke(task, &id, why).await?;
            }
            id = id.next();
        }
    }

    /// Gives up every attempt of a petition that is not issued, on an operator's word.
    pub(super) async fn give_up(
        &self,
        task: Task<'_>,
        petition: &PetitionId,
    ) -> Result<(), ExecuteError> {
        let mut id = IssuanceId::first(petition);
        loop {
            let Some(status) = self.issuance(task.category, &id).await?.status() else {
                return Ok(());
            };
            if status.is_under_way() {
                let reason = self.reason("An operator gave the issuance up");
                self.end(task, &id, Fail { reason }).await?;
            }
            id = id.next();
        }
    }

    /// Fails an attempt whose register will not be asked again, which refunds the fee.
    pub(super) async fn fail(&self, task: Task<'_>, id: &IssuanceId) -> Result<(), ExecuteError> {
        let state = self.issuance(task.category, id).await?;
        let attempt = state.attempt();
        let Some(attempt) = attempt.filter(|attempt| attempt.status().is_under_way()) else {
            return Ok(());
        };
        // Older events have the words of the register itself, which a petitioner must not see.
        let reason = self.reason(match attempt.failure() {
            Some(_) => NoData::Refused.words(),
            None => "The issuance was given up",
        });
        self.end(task, id, Fail { reason }).await
    }

    pub(super) async fn revoke(
        &self,
        task: Task<'_>,
        id: &IssuanceId,
        why: &'static str,
    ) -> Result<(), ExecuteError> {
        let revoke = Revoke {
            authority: self.settings.agency.clone(),
            reason: self.reason(why),
            fee: FeeConsequence::Refunded,
        };
        self.end(task, id, revoke).await
    }

    pub(super) async fn end(
        &self,
        task: Task<'_>,
        id: &IssuanceId,
        end: impl Into<IssuanceCommand>,
    ) -> Result<(), ExecuteError> {
        let end = end.into();
        let part = format!("{}/{id}", end.words());
        let command = self.command(task, &part, end);
        self.issue(task.category, id, &[command]).await.map(drop)
    }

    pub(super) fn reason(&self, text: &str) -> Text {
        Text::new(text).expect("a sentence of ours")
    }
}

/// Where an attempt is, to which commands were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Issuing {
    /// It took them; its last event that they wrote or saw stands there.
    Taken { up_to: GlobalPosition },
    /// It is further already.
    MovedOn,
    /// It had ended without a document that stands, before them.
    CameToNothing,
}

/// Returns the basis of the request for the document; none while it is too early for it. Each
/// occasion opens one attempt at most, so the receipt of a petition that is granted later opens
/// none.
fn basis(occasion: Occasion, petition: &ApplicationState) -> Option<Basis> {
    use {ApplicationStatus as Status, Occasion::*, ServiceType as Service};
    let application = Status::Approved;
    let filed = petition.filed()?;
    match (occasion, filed.filing.service, filed.status()) {
        (Receipt, Service::InstantIssuance, Status::Received | Status::InReview)
        // Granted by an officer: since its first attempt failed, or after an objection to a
        // refusal was upheld (A35).
        | (Approval, Service::InstantIssuance, Status::Approved) => Some(Basis::Instant),
        (Approval, Service::DeadlineBound, Status::Approved) => {
            Some(Basis::DeadlineBound { application })
        }
        (Approval, Service::Unlinked, Status::Approved) => {
            Some(Basis::Unlinked { application })
        }
        _ => None,
    }
}

/// Returns whether a rejection only says that somebody else was faster. A rejection of the order
/// itself, for example of a wrong fee, is a fault that somebody has to look at.
fn has_moved_on(rejection: &IssuanceRejection) -> bool {
    matches!(
        rejection,
        IssuanceRejection::AlreadyRequested { .. }
            | IssuanceRejection::AlreadyAuthorized
            | IssuanceRejection::AlreadyIssued { .. }
            | IssuanceRejection::BeingGenerated { .. }
            | IssuanceRejection::NotGenerating { .. }
            | IssuanceRejection::WaitsForPickup { .. }
            | IssuanceRejection::WrongAttempt { .. }
            | IssuanceRejection::Ended { .. }
    )
}

/// Returns whether an attempt had ended, and the petitioner has no document of it.
fn has_come_to_nothing(rejection: &IssuanceRejection) -> bool {
    use IssuanceStatus::{Cancelled, Failed, Revoked};
    matches!(
        rejection,
        IssuanceRejection::Ended {
            status: Cancelled | Failed | Revoked,
            ..
        }
    )
}

//! Ending a petition whose document is out.

use minwon_core::{
    ActorId, Cause, CommandId, EventStore, ExecuteError, SnapshotStore, Timer, TransactError,
};
use minwon_petitions::{
    ApplicationCommand, ApplicationState, Category, IssuanceId, IssuanceState,
    application::{Approve, Complete, CompletionOutcome},
};

use super::{Office, failed, failure, issuing::ISSUANCE};
use crate::service::{RegisterLink, order::IssuancePolicy};

/// The petition was decided against while its document was made.
#[derive(Debug, thiserror::Error)]
#[error(
    "a document is out for petition {petition}, which is {status}; revoke it, or mend the petition"
)]
struct DecidedOtherwise {
    petition: String,
    status: &'static str,
}

/// What closing a petition came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Closing {
    /// The petition is completed.
    Completed,
    /// It had been withdrawn, so the document was revoked.
    Revoked,
}

/// How often the petition may change between looking and deciding before somebody else tries.
const LOOKS_MAX: u32 = 4;

impl<S, T, P, L> Office<S, T, P, L>
where
    S: EventStore + SnapshotStore + Clone + 'static,
    T: Timer + Clone + 'static,
    P: IssuancePolicy,
    L: RegisterLink,
{
    /// Approves where that is left to do, and completes. Where the petitioner withdrew first the
    /// document is revoked and its fee refunded: of a withdrawal and an issuance that race, the one
    /// that is first on the petition's stream wins.
    pub(in crate::service) async fn close(
        &self,
        category: Category,
        issuance: &IssuanceId,
        step: CommandId,
        cause: &Cause,
    ) -> Result<Closing, ExecuteError> {
        let id = issuance.petition();
        let stream = self.namespace.application_stream(category, id);
        let handler = self.namespace.applications(category);
        let mut looks = 0;
        loop {
            let (state, _) = handler.state(&stream).await.map_err(failure)?;
            let commands = match &state {
                ApplicationState::Received(_) | ApplicationState::InReview(_) => {
                    self.closing(step, cause, &[approve().into(), complete().into()])
                }
                ApplicationState::Approved { .. } => {
                    self.closing(step, cause, &[complete().into()])
                }
                ApplicationState::Withdrawn(_) => {
                    self.revoke_withdrawn(category, issuance, step, cause)
                        .await?;
                    return Ok(Closing::Revoked);
                }
                ApplicationState::Completed(completed)
                    if completed.outcome != CompletionOutcome::Refused =>
                {
                    return Ok(Closing::Completed);
                }
                ApplicationState::None => return Ok(Closing::Completed),
                ApplicationState::Completed(_)
                | ApplicationState::Submitted(_)
                | ApplicationState::AwaitingSupplement { .. }
                | ApplicationState::Rejected { .. } => {
                    // A document that is no more needs no decision.
                    return match self.issuance(category, issuance).await? {
                        IssuanceState::Issued { .. } => Err(failed(DecidedOtherwise {
                            petition: id.as_str().to_owned(),
                            status: state.status().map_or("unknown", |it| it.as_str()),
                        })),
                        _ => Ok(Closing::Revoked),
                    };
                }
            };
            match handler.transact_all(&stream, &commands).await {
                Ok(_) => return Ok(Closing::Completed),
                // Somebody was faster, maybe the petitioner: look again.
                Err(TransactError::Rejected { .. }) if looks < LOOKS_MAX => looks += 1,
                Err(error) => return Err(failure(error)),
            }
        }
    }

    fn closing(
        &self,
        step: CommandId,
        cause: &Cause,
        commands: &[ApplicationCommand],
    ) -> Vec<minwon_core::Command<ApplicationCommand>> {
        let command = |body: &ApplicationCommand| {
            self.command(step, body.words(), ISSUANCE, cause, body.clone())
        };
        commands.iter().map(command).collect()
    }
}

fn approve() -> Approve {
    Approve {
        officer: ActorId::new(ISSUANCE).expect("a word"),
        conditions: Vec::new(),
    }
}

fn complete() -> Complete {
    Complete {
        officer: ActorId::new(ISSUANCE).expect("a word"),
        answer: None,
        attachments: Vec::new(),
    }
}

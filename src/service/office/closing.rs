//! Ending a petition whose document is out.

use minwon_core::{ActorId, Cause, CommandId, ExecuteError, Timestamp, TransactError};
use minwon_petitions::{
    ApplicationCommand, ApplicationStatus, Category, IssuanceId,
    application::{Approve, Complete, DueDocument},
};

use super::{Office, failed, failure, issuing::ISSUANCE};
use crate::namespace::{ServiceClock, ServiceStore};

/// A document is out for a petition that is not where it could be completed.
#[derive(Debug, thiserror::Error)]
#[error(
    "a document is out for petition {petition}, which is {status}; revoke it, or mend the petition"
)]
struct OutOfTurn {
    petition: String,
    status: &'static str,
}

/// The outcome of closing a petition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Closing {
    /// The petition is completed.
    Completed,
    /// It had been withdrawn or refused, so the document was revoked.
    Revoked,
}

/// How often the petition may change between looking and deciding before somebody else tries.
const LOOKS_MAX: u32 = 4;

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// Approves where that is left to do, and completes. Where the petitioner withdrew first, or an
    /// officer refused, the document is revoked and its fee refunded: of two that race, the one
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
        let now = self.namespace.timer().now();
        let mut looks = 0;
        loop {
            let (state, _) = handler.state(&stream).await.map_err(failure)?;
            if let Some(why) = state.decided_against() {
                self.revoke(category, issuance, why, step, cause).await?;
                return Ok(Closing::Revoked);
            }
            let commands = match state.status() {
                Some(ApplicationStatus::Received | ApplicationStatus::InReview) => {
                    self.closing(step, cause, &[approve().into(), complete(now).into()])
                }
                Some(ApplicationStatus::Approved) => {
                    self.closing(step, cause, &[complete(now).into()])
                }
                None | Some(ApplicationStatus::Completed | ApplicationStatus::Closed) => {
                    return Ok(Closing::Completed);
                }
                Some(status) => {
                    // A document that is no more needs no decision.
                    let issuance = self.issuance(category, issuance).await?.status();
                    return match issuance {
                        Some(document) if document.is_out() => Err(failed(OutOfTurn {
                            petition: id.as_str().to_owned(),
                            status: status.as_str(),
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
        let command =
            |body: &ApplicationCommand| self.command(step, body.words(), cause, body.clone());
        commands.iter().map(command).collect()
    }
}

fn approve() -> Approve {
    Approve {
        officer: ActorId::new(ISSUANCE).expect("a word"),
        conditions: Vec::new(),
    }
}

fn complete(completed_at: Timestamp) -> Complete {
    Complete {
        officer: ActorId::new(ISSUANCE).expect("a word"),
        answer: None,
        attachments: Vec::new(),
        document: DueDocument::Finished,
        completed_at,
    }
}

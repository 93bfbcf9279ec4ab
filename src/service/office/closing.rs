//! Ending a petition whose document is out.

use minwon_core::{ActorId, Command, ExecuteError, Timestamp};
use minwon_petitions::{
    ApplicationCommand, ApplicationStatus, IssuanceId,
    application::{Approve, Complete, DueDocument},
};

use super::{Office, Task, failed, issuing::ISSUANCE};
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
        task: Task<'_>,
        issuance: &IssuanceId,
    ) -> Result<Closing, ExecuteError> {
        let id = issuance.petition();
        let now = self.namespace.timer().now();
        let mut looks = 0;
        loop {
            let state = self.application(task.category, id).await?;
            if let Some(why) = state.decided_against() {
                self.revoke(task, issuance, why).await?;
                return Ok(Closing::Revoked);
            }
            let commands = match state.status() {
                Some(ApplicationStatus::Received | ApplicationStatus::InReview) => {
                    self.closing(task, [approve().into(), complete(now).into()])
                }
                Some(ApplicationStatus::Approved) => self.closing(task, [complete(now).into()]),
                None | Some(ApplicationStatus::Completed | ApplicationStatus::Closed) => {
                    return Ok(Closing::Completed);
                }
                Some(status) => {
                    // A document that is no more needs no decision.
                    let issuance = self.issuance(task.category, issuance).await?.status();
                    return match issuance {
                        Some(document) if document.is_out() => Err(failed(OutOfTurn {
                            petition: id.as_str().to_owned(),
                            status: status.as_str(),
                        })),
                        _ => Ok(Closing::Revoked),
                    };
                }
            };
            let given = self
                .namespace
                .give_application(task.category, id, &commands);
            match given.await? {
                Ok(_) => return Ok(Closing::Completed),
                // Somebody was faster, maybe the petitioner: look again.
                Err(_) if looks < LOOKS_MAX => looks += 1,
                Err(rejection) => return Err(failed(rejection)),
            }
        }
    }

    fn closing<const N: usize>(
        &self,
        task: Task<'_>,
        commands: [ApplicationCommand; N],
    ) -> Vec<Command<ApplicationCommand>> {
        let command = |body: ApplicationCommand| self.command(task, body.words(), body);
        commands.map(command).into()
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

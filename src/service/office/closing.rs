//! Ending a petition whose document is out.

use minwon_core::{ActorId, Command, ExecuteError, GlobalPosition, Timestamp};
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
const LOOKS_MAX: u32 = 5;

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
            let state = match looks {
                // It may be old: then appending shows that. An end that it shows has come for good.
                0 => {
                    let kept = self.application_up_to(task.category, id, GlobalPosition::START);
                    kept.await?
                }
                _ => self.application(task.category, id).await?,
            };
            let commands = match (state.status(), state.decided_against()) {
                (Some(ApplicationStatus::Received | ApplicationStatus::InReview), _) => {
                    self.closing(task, [approve().into(), complete(now).into()])
                }
                (Some(ApplicationStatus::Approved), _) => {
                    self.closing(task, [complete(now).into()])
                }
                (Some(ApplicationStatus::Completed | ApplicationStatus::Closed), None) => {
                    return Ok(Closing::Completed);
                }
                _ if looks == 0 => {
                    looks += 1;
                    continue;
                }
                (_, Some(why)) => {
                    self.revoke(task, issuance, why).await?;
                    return Ok(Closing::Revoked);
                }
                (None, _) => return Ok(Closing::Completed),
                (Some(status), None) => return self.out_of_turn(task, issuance, status).await,
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

    /// A document may be out for a petition that cannot be completed. One that is no more needs no
    /// decision.
    async fn out_of_turn(
        &self,
        task: Task<'_>,
        issuance: &IssuanceId,
        status: ApplicationStatus,
    ) -> Result<Closing, ExecuteError> {
        let document = self.issuance(task.category, issuance).await?.status();
        match document {
            Some(document) if document.is_out() => Err(failed(OutOfTurn {
                petition: issuance.petition().as_str().to_owned(),
                status: status.as_str(),
            })),
            _ => Ok(Closing::Revoked),
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

//! Whether a document is genuine that somebody holds, asked and put on record.

use minwon_core::{CommandId, ExecuteError, Timestamp};
use minwon_petitions::{
    ApplicantId, Category, Date, DocumentVerdict, IssuanceEvent, IssuanceId, IssuanceRejection,
    IssuanceStatus, PetitionView, PetitionViews, VerificationNumber,
    issuance::{VerificationVerdict, VerifyDocument},
};
use minwon_projections::QueryError;

use super::{limits::Refused, office::Office};
use crate::{
    DocumentResult, IssuedDocument, ResultQuery,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
    origin::Origin,
};

/// The question whether a document is genuine.
pub(crate) struct Asked {
    pub(crate) id: CommandId,
    pub(crate) origin: Origin,
    pub(crate) number: VerificationNumber,
    pub(crate) key: ApplicantId,
}

/// Why it is not said whether a document is genuine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// As many calls are under way and waiting as the limits of the namespace allow.
    #[error("the namespace has as many calls under way as its limits allow; try again later")]
    Overloaded,
    /// The service was asked to end, and takes nothing on; nothing was written.
    #[error("the service is ending; ask with the same id where another one runs")]
    Ending,
    /// The asker has asked about too many documents.
    #[error("too many questions about documents by number; ask again from {until} on")]
    TooOften {
        /// The first instant at which the question would be taken.
        until: Timestamp,
    },
    /// The read models do not say which petition the document belongs to.
    #[error("the read models do not say which document has the number")]
    Query(#[from] QueryError),
    /// The log does not say whether the document stands.
    #[error("the log does not say whether the document stands; ask again later")]
    Log(#[source] ExecuteError),
    /// The question could not be put on record.
    #[error("the question was not put on record; ask again with the same id, which is safe")]
    Failed(#[from] ExecuteError),
}

impl From<Refused> for VerificationError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Overloaded => Self::Overloaded,
            Refused::Ending => Self::Ending,
        }
    }
}

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// Finds the document in the read model and asks the issuance itself, whose word is the newest.
    /// A wrong key gets the same answer as a wrong number: the document does not exist.
    pub(crate) async fn verify<R: ServiceReadModels>(
        &self,
        asked: &Asked,
        results: &ResultQuery<R, T>,
    ) -> Result<DocumentResult, VerificationError> {
        results.take_question(asked.origin.actor())?;
        let lookup = PetitionViews::by_document(&asked.number);
        let is_it = |view: &PetitionView| is_key(view, &asked.key);
        let found = results.reader().find_where(&lookup, is_it).await?.value;
        let Some((_, view)) = found else {
            return Ok(DocumentResult::unknown());
        };
        let view = results.as_logged(view, asked.number).await?;
        let document = view.document(asked.number);
        let issuance = document.as_ref();
        let issuance = issuance.and_then(|it| IssuanceId::of_attempt(&view.id, it.attempt));
        let (Some(document), Some(issuance)) = (document, issuance) else {
            return Ok(DocumentResult::unknown());
        };
        let verdict = match self.ask(view.category, &issuance, asked).await? {
            Some(verdict) => verdict,
            // It stands, and says nothing new: what is shown of it holds.
            None => view.verify(asked.number, Date::in_seoul(self.namespace.timer().now())),
        };
        Ok(match verdict {
            DocumentVerdict::Unknown => DocumentResult::unknown(),
            verdict => DocumentResult {
                verdict,
                issued: IssuedDocument::of(document),
            },
        })
    }

    async fn ask(
        &self,
        category: Category,
        issuance: &IssuanceId,
        asked: &Asked,
    ) -> Result<Option<DocumentVerdict>, ExecuteError> {
        let now = self.namespace.timer().now();
        let verify = VerifyDocument {
            number: asked.number,
            key: asked.key.clone(),
            verified_at: now,
        };
        let petition = issuance.petition();
        let command = [asked.origin.command(asked.id, petition, now, verify)];
        let given = self.namespace.give_issuance(category, issuance, &command);
        Ok(match given.await? {
            Ok(outcomes) => outcomes[0].events.iter().find_map(said),
            Err(rejection) => refused(&rejection),
        })
    }
}

fn is_key(view: &PetitionView, key: &ApplicantId) -> bool {
    let filed = view.filed();
    // Where only the document is known, the issuance itself looks at the key.
    filed.is_none_or(|filed| filed.filing.applicant == *key)
}

const fn said(event: &IssuanceEvent) -> Option<DocumentVerdict> {
    match event {
        IssuanceEvent::DocumentVerified(verified) => Some(match verified.verdict {
            VerificationVerdict::Genuine => DocumentVerdict::Genuine,
            VerificationVerdict::Expired => DocumentVerdict::Expired,
        }),
        _ => None,
    }
}

/// Returns what a refusal says about the document; none where it waits at the agency and stands, or
/// the clock of this host is behind that of the one that issued it.
const fn refused(rejection: &IssuanceRejection) -> Option<DocumentVerdict> {
    match rejection {
        IssuanceRejection::Ended { status, .. } => Some(match status {
            IssuanceStatus::Expired => DocumentVerdict::Expired,
            IssuanceStatus::Revoked | IssuanceStatus::Discarded => DocumentVerdict::Revoked,
            _ => DocumentVerdict::Unknown,
        }),
        IssuanceRejection::WaitsForPickup { .. } | IssuanceRejection::BeforeCause(_) => None,
        _ => Some(DocumentVerdict::Unknown),
    }
}

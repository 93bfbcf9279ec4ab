//! Filing a petition.

use minwon_core::{
    CommandHandler, CommandId, CommandIdError, CorrelationId, ExecuteError, NameError, Outcome,
    StreamName, Token, TransactError,
};
use minwon_petitions::{
    ApplicationEvent, ApplicationRejection, IssuanceRejection, PetitionApplication, PetitionId,
    PetitionTypeRejection, ReceiptNumber,
    application::{Receive, Submit},
};

use super::{failure::failure, limits::Refused};
use crate::{
    Namespace,
    namespace::{ServiceClock, ServiceStore},
    origin::{Origin, part_of},
};

/// A petition as it comes in.
#[derive(Debug, Clone)]
pub(crate) struct Filing {
    /// Repeated with every retry: the effect comes once.
    pub(crate) id: CommandId,
    pub(crate) petition: PetitionId,
    pub(crate) origin: Origin,
    pub(crate) submit: Submit,
}

/// The answer to whoever files a petition. Serialises as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    /// The petition.
    pub petition: PetitionId,
    /// The number it was received under; none where it has only been submitted.
    pub receipt_number: Option<ReceiptNumber>,
    /// With this a query waits until it sees the petition.
    pub token: Token,
    /// Whether it had been filed before by the same command.
    pub repeated: bool,
}

/// Why a petition was not filed, or its document not issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilingError {
    /// As many calls are under way and waiting as the limits of the namespace allow.
    #[error("the namespace has as many calls under way as its limits allow; try again later")]
    Overloaded,
    /// The service was asked to end, and takes nothing on; nothing was written.
    #[error("the service is ending; file it with the same id where another one runs")]
    Ending,
    /// The petition is not what the catalogue of petition types offers; nothing was written.
    #[error("the petition is not one that is offered")]
    NotOffered(#[source] PetitionTypeRejection),
    /// No petition is filed under this id: a character of it is not seen, it is not composed (NFC), or
    /// it is too long for any document of the petition. Nothing was written.
    #[error("the petition's id is none that a petition is filed under; file it under another")]
    PetitionId(#[source] NameError),
    /// The domain does not take the petition.
    #[error("the petition was refused")]
    Refused(#[source] ApplicationRejection),
    /// Under this id another petition was filed, or it is nil; nothing was written.
    #[error("the id of the filing was refused")]
    Id(#[source] CommandIdError),
    /// The petition is received, and the domain does not issue the document.
    #[error("the petition is received, but its document was not issued")]
    NotIssued(#[source] IssuanceRejection),
    /// The office's policy says that no document follows from such a petition.
    #[error("no document follows from petition {petition}; file it without waiting for one")]
    NoDocument {
        /// The petition.
        petition: PetitionId,
    },
    /// The petitioner withdrew the petition meanwhile; nothing is issued, and nothing to pay.
    #[error("petition {petition} was withdrawn meanwhile")]
    Withdrawn {
        /// The petition.
        petition: PetitionId,
    },
    /// Nobody can file until an operator has changed settings or given rights, which the causes name.
    /// The steps that were done are kept.
    #[error("the petition is not through, and none is until the service is set up as it has to be")]
    Misconfigured(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It failed for what does not pass by itself and concerns this petition: its stream is damaged or was
    /// deleted, or what is filed is too large. The steps that were done are kept.
    #[error(
        "the petition is not through, and filing it again changes nothing until what the causes name is \
         mended"
    )]
    Stuck(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something is away that will come back. The steps that were done are kept, and the work goes on by
    /// itself.
    #[error("the petition is not through; file it again with the same id, which is safe")]
    Failed(#[source] ExecuteError),
}

impl From<Refused> for FilingError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Overloaded => Self::Overloaded,
            Refused::Ending => Self::Ending,
        }
    }
}

impl From<ExecuteError> for FilingError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Misconfigured(source) => Self::Misconfigured(source),
            ExecuteError::Failed(source) => Self::Stuck(source),
            error @ ExecuteError::Transient(_) => Self::Failed(error),
        }
    }
}

impl FilingError {
    fn from_transact(error: TransactError<ApplicationRejection>) -> Self {
        match error {
            TransactError::Rejected { rejection, .. } => Self::Refused(rejection),
            TransactError::Id(error) => Self::Id(error),
            error => failure(error).into(),
        }
    }
}

/// Returns the number that the petition was received under, by what is recorded: whoever repeats a
/// filing may have drawn another.
async fn recorded_number<S: ServiceStore, T: ServiceClock>(
    handler: &CommandHandler<S, PetitionApplication, T, S>,
    stream: &StreamName,
    outcomes: &[Outcome<ApplicationEvent>],
) -> Result<Option<ReceiptNumber>, FilingError> {
    let mut events = outcomes.iter().flat_map(|outcome| &outcome.events);
    let written = events.find_map(|event| match event {
        ApplicationEvent::Received(received) => Some(received.receipt_number.clone()),
        _ => None,
    });
    // What was only submitted under this id may have been received under another since.
    if written.is_some() || !outcomes.iter().any(|outcome| outcome.repeated) {
        return Ok(written);
    }
    let state = handler.state(stream).await;
    let (state, _) = state.map_err(FilingError::from_transact)?;
    let case = state.filed().and_then(|filed| filed.case.as_ref());
    Ok(case.map(|case| case.receipt.receipt_number.clone()))
}

impl Filing {
    /// Submits the petition, and receives it where `receive` says how, in one append.
    pub(crate) async fn write<S: ServiceStore, T: ServiceClock>(
        &self,
        namespace: &Namespace<S, T>,
        receive: Option<&Receive>,
    ) -> Result<Receipt, FilingError> {
        let origin = self.origin.clone().correlated(self.correlation());
        let (petition, now) = (&self.petition, namespace.timer().now());
        let submit = self.submit.clone();
        let submit = origin.command(part_of(self.id, "submit"), petition, now, submit);
        // Whoever repeats it may have drawn another number for the receipt: the first one counts.
        let submit = submit.fingerprinted();
        let receive_it = receive
            .map(|receive| origin.command(self.receive_id(), petition, now, receive.clone()));
        let commands: Vec<_> = [submit].into_iter().chain(receive_it).collect();
        let stream = namespace.application_stream(self.submit.category, petition);
        if self.id.is_nil() {
            return Err(FilingError::Id(CommandIdError::Nil { stream }));
        }
        let handler = namespace.applications(self.submit.category);
        let given = handler.transact_all(&stream, &commands).await;
        let outcomes = given.map_err(FilingError::from_transact)?;
        let last = outcomes.last().expect("one command at least");
        Ok(Receipt {
            petition: petition.clone(),
            receipt_number: recorded_number(handler, &stream, &outcomes).await?,
            token: last.token.clone().expect("a filed petition has events"),
            repeated: outcomes.iter().all(|outcome| outcome.repeated),
        })
    }

    /// Returns the id that ties all consequences together: the session's correlation id, or else
    /// the filing.
    pub(crate) fn correlation(&self) -> CorrelationId {
        self.origin.correlation().unwrap_or_else(|| self.id.into())
    }

    /// Under which id the petition is received.
    pub(crate) fn receive_id(&self) -> CommandId {
        part_of(self.id, "receive")
    }
}

//! Filing a petition, and issuing a document while the caller waits.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use minwon_core::{
    ActorId, Cause, Command, CommandContext, CommandId, CorrelationId, EventId, EventStore,
    ExecuteError, PetitionId, ReactionKind, Reactor, ServiceName, SnapshotStore, Timer, Token,
    TransactError, reaction_id,
};
use minwon_petitions::{
    ApplicationCommand, ApplicationRejection, IssuanceEvent, IssuanceId, IssuanceRejection,
    PetitionTypeRejection, ReceiptNumber,
    application::{Receive, Submit},
    flow::{CompletionReactor, IssuanceReactor},
    issuance::{Basis, DocumentIssued, IssueDocument, Requested},
};
use tokio::sync::watch;

use super::{
    failure::{failed, failure},
    office::{Closing, ISSUANCE, Office, part_of},
    order::{DocumentOrder, PetitionFacts, SourceData},
};

/// A petition as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// Chosen once by the caller and repeated with every retry: the effect comes once.
    pub id: CommandId,
    /// The petition.
    pub petition: PetitionId,
    /// Who files it.
    pub actor: ActorId,
    /// Through which service.
    pub source: ServiceName,
    /// What is filed.
    pub submit: Submit,
}

/// What whoever files a petition is answered at once.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// What a call for instant issuance comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstantAnswer {
    /// The document.
    Issued(InstantDocument),
    /// The petition is received, and the register does not answer: the document follows by itself,
    /// or the petitioner is told that it does not.
    Following {
        /// The receipt.
        receipt: Receipt,
        /// What the register said, or what was said in its place.
        reason: String,
    },
}

/// A document that was issued while the caller waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstantDocument {
    /// Which attempt it came of.
    pub issuance: IssuanceId,
    /// The document.
    pub document: DocumentIssued,
    /// The receipt.
    pub receipt: Receipt,
}

/// Why a petition was not filed, or its document not issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilingError {
    /// As many calls are under way and waiting as the limits of the namespace allow.
    #[error("the namespace has as many calls under way as its limits allow; try again later")]
    Overloaded,
    /// The petition is not what the catalogue of petition types offers; nothing was written.
    #[error("the petition is not one that is offered")]
    NotOffered(#[source] PetitionTypeRejection),
    /// The domain does not take the petition.
    #[error("the petition was refused")]
    Refused(#[source] ApplicationRejection),
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
    /// Something failed. What was done is kept, and goes on by itself.
    #[error("the petition is not through; file it again with the same id, which is safe")]
    Failed(#[source] ExecuteError),
}

impl From<ExecuteError> for FilingError {
    fn from(error: ExecuteError) -> Self {
        Self::Failed(error)
    }
}

impl<S, T> Office<S, T>
where
    S: EventStore + SnapshotStore + Clone + 'static,
    T: Timer + Clone + 'static,
{
    /// Submits a petition, and receives it where `receive` says how, in one append.
    pub(super) async fn file(
        &self,
        filing: &Filing,
        receive: Option<&Receive>,
    ) -> Result<Receipt, FilingError> {
        self.check_filing(filing, receive).await?;
        self.submit(filing, receive).await
    }

    async fn check_filing(
        &self,
        filing: &Filing,
        receive: Option<&Receive>,
    ) -> Result<(), FilingError> {
        let (petition, submit) = (&filing.petition, &filing.submit);
        let checked = self.check_offered(petition, submit, receive).await?;
        checked.map_err(FilingError::NotOffered)
    }

    /// Writes what was found to be offered.
    async fn submit(
        &self,
        filing: &Filing,
        receive: Option<&Receive>,
    ) -> Result<Receipt, FilingError> {
        let mut commands = vec![self.filing_command(filing, "submit", filing.submit.clone())];
        if let Some(receive) = receive {
            commands.push(self.filing_command(filing, "receive", receive.clone()));
        }
        let category = filing.submit.category;
        let stream = self
            .namespace
            .application_stream(category, &filing.petition);
        let handler = self.namespace.applications(category);
        let outcomes = match handler.transact_all(&stream, &commands).await {
            Ok(outcomes) => outcomes,
            Err(TransactError::Rejected { rejection, .. }) => {
                return Err(FilingError::Refused(rejection));
            }
            Err(error) => return Err(failure(error).into()),
        };
        let last = outcomes.last().expect("one command at least");
        Ok(Receipt {
            petition: filing.petition.clone(),
            receipt_number: receive.map(|receive| receive.receipt_number.clone()),
            token: last.token.clone().expect("a filed petition has events"),
            repeated: outcomes.iter().all(|outcome| outcome.repeated),
        })
    }

    /// Files a petition and issues its document: three appends, of which none waits for a feed.
    pub(super) async fn issue_now(
        &self,
        filing: &Filing,
        receive: &Receive,
    ) -> Result<InstantAnswer, FilingError> {
        // Until this call is over, the choreography leaves the petition to it.
        let _under_way = self.under_way.begin(&filing.petition);
        self.check_filing(filing, Some(receive)).await?;
        let facts = PetitionFacts::of_submit(&filing.petition, &filing.submit);
        let order = self.order(&facts).map_err(FilingError::NotOffered)?;
        let order = order.ok_or_else(|| FilingError::NoDocument {
            petition: filing.petition.clone(),
        })?;
        let receipt = self.submit(filing, Some(receive)).await?;
        let cause = self.received(filing, &receipt);
        let issued = if receipt.repeated {
            self.last_issued(&facts).await?
        } else {
            None
        };
        let (issuance, document) = match issued {
            Some(issued) => issued,
            None => {
                let first = IssuanceId::first(&filing.petition);
                match self.issue_at_once(&facts, &order, &first, &cause).await? {
                    Ok(document) => (first, document),
                    Err(reason) => return Ok(InstantAnswer::Following { receipt, reason }),
                }
            }
        };
        self.close_at_once(&facts, &issuance, &document, &cause)
            .await?;
        Ok(InstantAnswer::Issued(InstantDocument {
            issuance,
            document,
            receipt,
        }))
    }

    fn filing_command(
        &self,
        filing: &Filing,
        part: &str,
        body: impl Into<ApplicationCommand>,
    ) -> Command<ApplicationCommand> {
        let (petition, actor) = (filing.petition.clone(), filing.actor.clone());
        let now = self.namespace.timer().now();
        let context = CommandContext::new(petition, actor, filing.source.clone(), now);
        let context = context.correlated(CorrelationId::from(filing.id));
        Command::new(part_of(filing.id, part), context, body)
    }

    /// The event that the choreography would react to.
    fn received(&self, filing: &Filing, receipt: &Receipt) -> Cause {
        Cause {
            event_id: part_of(filing.id, "receive").event_id(0),
            position: receipt.token.position,
            correlation_id: filing.id.into(),
            petition_id: filing.petition.clone(),
            occurred_at: self.namespace.timer().now(),
        }
    }

    /// The document of the last attempt that has one which stands. Of a petition that was refused
    /// first and granted after an objection, that is not the first attempt.
    async fn last_issued(
        &self,
        facts: &PetitionFacts,
    ) -> Result<Option<(IssuanceId, DocumentIssued)>, FilingError> {
        let mut last = None;
        let mut id = IssuanceId::first(&facts.id);
        loop {
            let issuance = self.issuance(facts.category, &id).await?;
            if issuance.status().is_none() {
                return Ok(last);
            }
            if let Some(document) = issuance.document() {
                last = Some((id.clone(), document.clone()));
            }
            id = id.next();
        }
    }

    async fn already_issued(
        &self,
        facts: &PetitionFacts,
        id: &IssuanceId,
    ) -> Result<Option<DocumentIssued>, FilingError> {
        let issuance = self.issuance(facts.category, id).await?;
        Ok(issuance.document().cloned())
    }

    /// Asks the register first, so that no fee is taken for what it does not give; then requests,
    /// authorises and issues in one append. The commands have the ids that the choreography's step
    /// would give them.
    async fn issue_at_once(
        &self,
        facts: &PetitionFacts,
        order: &DocumentOrder,
        id: &IssuanceId,
        cause: &Cause,
    ) -> Result<Result<DocumentIssued, String>, FilingError> {
        let request = order.request(facts, Basis::Instant);
        let asked = Requested {
            service: request.basis.service(),
            applicant: request.applicant.clone(),
            document_type: request.document_type.clone(),
            copies: request.copies,
            fee: request.fee,
        };
        let question = self.source_request(facts.category, id, &asked);
        let SourceData { document } = match self.ask_register(&question).await {
            Ok(data) => data,
            Err(error) => {
                let reason = super::office::reason(&error);
                return Ok(Err(reason.as_str().to_owned()));
            }
        };
        let step = first_step(&IssuanceReactor::default(), cause.event_id);
        let issue = IssueDocument {
            verification_number: self.number(cause.position.commit())?,
            issued_at: self.namespace.timer().now(),
            document,
        };
        let commands = [
            self.command(step, "request", ISSUANCE, cause, request),
            self.command(step, "authorize", ISSUANCE, cause, order.authorize()),
            self.command(step, "issue", ISSUANCE, cause, issue),
        ];
        let stream = self
            .namespace
            .issuance_stream(facts.category, id)
            .map_err(failed)?;
        let handler = self.namespace.issuances(facts.category);
        match handler.transact_all(&stream, &commands).await {
            Ok(mut outcomes) => {
                let last = outcomes.pop().expect("three commands");
                let document = last.events.into_iter().find_map(|event| match event {
                    IssuanceEvent::DocumentIssued(document) => Some(document),
                    _ => None,
                });
                match document {
                    Some(document) => Ok(Ok(document)),
                    None => self.issued_by_others(facts, id).await,
                }
            }
            Err(TransactError::Rejected { rejection, .. }) => {
                match self.already_issued(facts, id).await? {
                    Some(document) => Ok(Ok(document)),
                    None => Err(FilingError::NotIssued(rejection)),
                }
            }
            Err(error) => Err(failure(error).into()),
        }
    }

    async fn issued_by_others(
        &self,
        facts: &PetitionFacts,
        id: &IssuanceId,
    ) -> Result<Result<DocumentIssued, String>, FilingError> {
        let document = self.already_issued(facts, id).await?;
        Ok(document.ok_or_else(|| "another process issues the document".to_owned()))
    }

    async fn close_at_once(
        &self,
        facts: &PetitionFacts,
        id: &IssuanceId,
        document: &DocumentIssued,
        cause: &Cause,
    ) -> Result<(), FilingError> {
        let step = first_step(&IssuanceReactor::default(), cause.event_id);
        let issued = part_of(step, "issue").event_id(0);
        let step = first_step(&CompletionReactor::default(), issued);
        let cause = Cause {
            event_id: issued,
            ..cause.clone()
        };
        match self.close(facts.category, id, step, &cause).await {
            Ok(Closing::Completed) => Ok(()),
            Ok(Closing::Revoked) => Err(FilingError::Withdrawn {
                petition: facts.id.clone(),
            }),
            // The document is out, and the choreography completes the petition.
            Err(error) => {
                let number = document.verification_number;
                tracing::info!(petition = %facts.id, %number, %error, "left to the choreography");
                Ok(())
            }
        }
    }
}

/// The id of the first step that a reactor takes at an event.
fn first_step(reactor: &impl Reactor, event: EventId) -> CommandId {
    reaction_id(reactor.name(), ReactionKind::Handled, event, 0)
}

/// Petitions that somebody waits for in this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnderWay {
    calls: Arc<Mutex<Calls>>,
}

#[derive(Debug, Default)]
struct Calls {
    by_petition: HashMap<PetitionId, Vec<(u64, watch::Receiver<()>)>>,
    begun: u64,
}

/// A call under way; it is over when this is dropped, however it ended.
#[derive(Debug)]
pub(crate) struct Call {
    under_way: UnderWay,
    petition: PetitionId,
    number: u64,
    _over: watch::Sender<()>,
}

impl UnderWay {
    fn begin(&self, petition: &PetitionId) -> Call {
        let (over, is_over) = watch::channel(());
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.begun += 1;
        let number = calls.begun;
        let of_petition = calls.by_petition.entry(petition.clone()).or_default();
        of_petition.push((number, is_over));
        Call {
            under_way: self.clone(),
            petition: petition.clone(),
            number,
            _over: over,
        }
    }

    /// Waits until nobody here works on the petition while a caller waits.
    pub(super) async fn over(&self, petition: &PetitionId) {
        loop {
            let call = {
                let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
                let of_petition = calls.by_petition.get(petition);
                of_petition.and_then(|calls| calls.first().map(|(_, is_over)| is_over.clone()))
            };
            let Some(mut is_over) = call else { return };
            // Nothing is ever sent: this ends when the call does.
            let _ = is_over.changed().await;
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut calls = self
            .under_way
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(of_petition) = calls.by_petition.get_mut(&self.petition) {
            of_petition.retain(|(number, _)| *number != self.number);
            if of_petition.is_empty() {
                calls.by_petition.remove(&self.petition);
            }
        }
    }
}

//! Issuing a document while the caller waits.

use minwon_core::{Cause, CommandId, EventId, ReactionKind, Reactor, reaction_id};
use minwon_petitions::{
    IssuanceEvent, IssuanceId,
    application::Receive,
    flow::{CompletionReactor, IssuanceReactor},
    issuance::{Basis, DocumentIssued, IssueDocument, Requested},
};

use serde::{Serializer, ser::SerializeStruct as _};

use super::{
    filing::{Filing, FilingError, Receipt},
    office::{Closing, Office, Task},
    order::{DocumentOrder, PetitionFacts, SourceData},
};
use crate::{
    namespace::{ServiceClock, ServiceStore},
    origin::part_of,
};

/// The answer to a call for instant issuance. Serialises with the number of the document masked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum InstantAnswer {
    /// The document.
    Issued(InstantDocument),
    /// The petition is received, and the register does not answer: the document follows by itself,
    /// or the petitioner is notified that it does not.
    Following {
        /// The receipt.
        receipt: Receipt,
        /// Why the document is not there yet. What the register said itself is in the log alone.
        #[serde(skip)]
        reason: &'static str,
    },
}

/// A document that was issued while the caller waited. Serialises with its number masked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct InstantDocument {
    /// The attempt that it was made in.
    pub issuance: IssuanceId,
    /// The document.
    #[serde(serialize_with = "masked")]
    pub document: DocumentIssued,
    /// The receipt.
    pub receipt: Receipt,
}

fn masked<S: Serializer>(document: &DocumentIssued, serializer: S) -> Result<S::Ok, S::Error> {
    let mut shown = serializer.serialize_struct("DocumentIssued", 3)?;
    shown.serialize_field("masked_number", &document.verification_number.masked())?;
    shown.serialize_field("issued_at", &document.issued_at.in_seoul())?;
    shown.serialize_field("verifiable_until", &document.verifiable_until)?;
    shown.end()
}

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// Files a petition and issues its document: three appends, of which none waits for a feed.
    pub(crate) async fn issue_now(
        &self,
        filing: &Filing,
        receive: &Receive,
    ) -> Result<InstantAnswer, FilingError> {
        // Until this call is over, the choreography leaves the petition to it.
        let _under_way = self.under_way.begin(&filing.petition);
        let (petition, submit) = (&filing.petition, &filing.submit);
        let checked = self.check_offered(petition, submit, Some(receive)).await?;
        checked.map_err(FilingError::NotOffered)?;
        let facts = PetitionFacts::of_submit(&filing.petition, &filing.submit);
        let order = self.order(&facts).map_err(FilingError::NotOffered)?;
        let order = order.ok_or_else(|| FilingError::NoDocument {
            petition: filing.petition.clone(),
        })?;
        let receipt = filing.write(&self.namespace, Some(receive)).await?;
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

    /// The event that the choreography would react to.
    fn received(&self, filing: &Filing, receipt: &Receipt) -> Cause {
        Cause {
            event_id: filing.receive_id().event_id(0),
            position: receipt.token.position,
            correlation_id: filing.correlation(),
            subject: filing.petition.clone(),
            occurred_at: self.namespace.timer().now(),
            traceparent: filing.origin.traceparent().cloned(),
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

    /// Asks the register first, so that no fee is taken for what it does not give; then requests,
    /// authorises and issues in one append. The commands have the ids that the choreography's step
    /// would give them.
    async fn issue_at_once(
        &self,
        facts: &PetitionFacts,
        order: &DocumentOrder,
        id: &IssuanceId,
        cause: &Cause,
    ) -> Result<Result<DocumentIssued, &'static str>, FilingError> {
        let request = order.request(facts, Basis::Instant);
        let asked = Requested {
            service: request.basis.service(),
            applicant: request.applicant.clone(),
            document_type: request.document_type.clone(),
            copies: request.copies,
            fee: request.fee,
        };
        let step = first_step(&IssuanceReactor::default(), cause.event_id);
        let task = Task {
            category: facts.category,
            step,
            cause,
        };
        let question = self.source_request(task, id, &asked);
        let SourceData { document } = match self.ask_register(&question).await {
            Ok(data) => data,
            Err(why) => return Ok(Err(why.words())),
        };
        let issue = IssueDocument {
            verification_number: self.number()?,
            issued_at: self.namespace.timer().now(),
            document,
        };
        let commands = [
            self.command(task, "request", request),
            self.command(task, "authorize", order.authorize()),
            self.command(task, "issue", issue),
        ];
        let given = self.namespace.give_issuance(facts.category, id, &commands);
        let given = given.await?;
        let events = given.iter().flatten().flat_map(|outcome| &outcome.events);
        let document = events.into_iter().find_map(|event| match event {
            IssuanceEvent::DocumentIssued(document) => Some(document.clone()),
            _ => None,
        });
        // Without one, somebody else was first.
        let document = match document {
            Some(document) => Some(document),
            None => self.issuance(facts.category, id).await?.document().cloned(),
        };
        match (document, given) {
            (Some(document), _) => Ok(Ok(document)),
            (None, Ok(_)) => Ok(Err("another process issues the document")),
            (None, Err(rejection)) => Err(FilingError::NotIssued(rejection)),
        }
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
        let task = Task {
            category: facts.category,
            step,
            cause: &cause,
        };
        match self.close(task, id).await {
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

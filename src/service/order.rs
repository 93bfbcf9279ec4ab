//! The order that a petition leads to: the service team's own knowledge.

use minwon_core::{NamespaceName, TraceParent};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicantId, Attachment, Category, Channel, DocumentType, IssuanceId, PetitionCatalogue,
    PetitionKind, PetitionType, ServiceType, Won,
    application::Submit,
    issuance::{Authorize, Basis, FeeSettlement, IdentityMethod, Request},
};
use minwon_petitions::{Reference, application::Submitted};

/// Says which document a petition leads to, what it costs and how that is settled.
///
/// A pure function: asked again, after a crash or by another process, it says the same.
pub trait IssuancePolicy: Send + Sync + 'static {
    /// The document that follows from a petition, once it may; none where no document does, as
    /// for a grievance that is upheld.
    fn order(&self, petition: &PetitionFacts) -> Option<DocumentOrder>;

    /// The catalogue that whatever is filed has to keep to, as
    /// [`CataloguePolicy`](super::CataloguePolicy) has one. Default: none, and any petition type
    /// may be filed.
    fn petition_types(&self) -> Option<&PetitionCatalogue> {
        None
    }
}

impl<F> IssuancePolicy for F
where
    F: Fn(&PetitionFacts) -> Option<DocumentOrder> + Send + Sync + 'static,
{
    fn order(&self, petition: &PetitionFacts) -> Option<DocumentOrder> {
        self(petition)
    }
}

/// The policy of a service that issues no documents.
pub(super) struct NoDocuments;

impl IssuancePolicy for NoDocuments {
    fn order(&self, _: &PetitionFacts) -> Option<DocumentOrder> {
        None
    }
}

/// The facts about a petition that are known from the day it was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PetitionFacts {
    /// The petition.
    pub id: PetitionId,
    /// The category of the petition.
    pub category: Category,
    /// How it is served.
    pub service: ServiceType,
    /// Its kind, as declared.
    pub kind: PetitionKind,
    /// How it was filed.
    pub channel: Channel,
    /// The petition type.
    pub petition_type: PetitionType,
    /// Who petitions.
    pub applicant: ApplicantId,
}

impl PetitionFacts {
    pub(super) fn of(id: &PetitionId, category: Category, submitted: &Submitted) -> Self {
        Self {
            id: id.clone(),
            category,
            service: submitted.service,
            kind: submitted.kind,
            channel: submitted.channel.clone(),
            petition_type: submitted.petition_type.clone(),
            applicant: submitted.applicant.clone(),
        }
    }

    /// The facts of a petition as it is submitted.
    #[must_use]
    pub fn of_submit(id: &PetitionId, submit: &Submit) -> Self {
        Self {
            id: id.clone(),
            category: submit.category,
            service: submit.service,
            kind: submit.kind,
            channel: submit.channel.clone(),
            petition_type: submit.petition_type.clone(),
            applicant: submit.applicant.clone(),
        }
    }
}

/// A document to be issued, with identity and fee settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOrder {
    /// The kind of document.
    pub document_type: DocumentType,
    /// How many: 1 to [`COPIES_MAX`](minwon_petitions::issuance::COPIES_MAX).
    pub copies: u16,
    /// The assessed fee.
    pub fee: Won,
    /// How the petitioner proved who they are when they filed.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept, if it is.
    pub evidence: Option<Reference>,
    /// How the fee was settled. A payment of 0 where the fee is 0 means no payment: then the fee is
    /// entered as waived.
    pub settlement: FeeSettlement,
}

/// Why nothing was paid of a fee of 0.
const FREE_OF_CHARGE: &str = "Free of charge";

impl DocumentOrder {
    /// The command that requests the document, on this basis.
    #[must_use]
    pub fn request(&self, petition: &PetitionFacts, basis: Basis) -> Request {
        Request {
            category: petition.category,
            basis,
            applicant: petition.applicant.clone(),
            document_type: self.document_type.clone(),
            copies: self.copies,
            fee: self.fee,
        }
    }

    /// The command that settles identity and fee; a free document is waived, whatever the policy says.
    #[must_use]
    pub fn authorize(&self) -> Authorize {
        Authorize {
            identity: self.identity,
            evidence: self.evidence.clone(),
            fee: self.settlement(),
        }
    }

    /// A policy that always says "paid" is right of every fee but 0, which nobody pays; without
    /// this, every free document would be refused, and wait for an operator.
    fn settlement(&self) -> FeeSettlement {
        match &self.settlement {
            FeeSettlement::Paid { amount, .. } if (*amount, self.fee) == (Won::ZERO, Won::ZERO) => {
                FeeSettlement::Waived {
                    ground: FREE_OF_CHARGE.parse().expect("a short text"),
                }
            }
            settlement => settlement.clone(),
        }
    }
}

/// The question to a register whose answer a document is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRequest {
    /// The namespace.
    pub namespace: NamespaceName,
    /// The category of the document's petition.
    pub category: Category,
    /// For which attempt to issue. The register is asked again under the same id.
    pub issuance: IssuanceId,
    /// The kind of document.
    pub document_type: DocumentType,
    /// Who gets it.
    pub applicant: ApplicantId,
    /// The trace that the question is part of, if it is part of one. A link that speaks HTTP hands it on
    /// as the header `traceparent`.
    pub traceparent: Option<TraceParent>,
}

/// The answer of a register.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceData {
    /// The document made of it, if it is kept.
    pub document: Option<Attachment>,
}

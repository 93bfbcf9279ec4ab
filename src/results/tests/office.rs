//! An office in memory: whole petitions in one call, for tests of the read side.

use minwon_adapters::memory::{MemoryReadModels, MemoryStore};
use minwon_core::{
    ActorId, CommandId, EventMetadata, NamespaceName, NewEvent, SchemaVersion, Timestamp, Token,
};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicationCommand, Category, Channel, IssuanceCommand, Period, PetitionKind, ServiceType,
    VerificationNumber,
    application::{
        Assign, LackSeen, ReceiptDue, Receive, RequestSupplement, Submit, TransferToAgency,
        Withdraw,
    },
    issuance::{
        Authorize, Basis, Collect, FeeConsequence, FeeSettlement, IdentityMethod, IssueDocument,
        MakeReadyForPickup, Print, Request, Revoke,
    },
};

use crate::{Namespace, Petition, ResultQuery, SystemClock};

const CATEGORY: Category = Category::General;

pub(super) struct Office {
    pub(super) namespace: Namespace<MemoryStore>,
    pub(super) read_models: MemoryReadModels,
    pub(super) results: ResultQuery<MemoryReadModels>,
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn id(petition: &str) -> PetitionId {
    PetitionId::new(petition).unwrap()
}

impl Office {
    pub(super) fn new() -> Self {
        let name = NamespaceName::new("general").unwrap();
        let namespace = Namespace::new(name, MemoryStore::with_clock(SystemClock), SystemClock);
        let read_models = MemoryReadModels::with_clock(SystemClock);
        let results = namespace.results(read_models.clone());
        Self {
            namespace,
            read_models,
            results,
        }
    }

    pub(super) async fn catch_up(&self) {
        let projector = self.namespace.projector(self.read_models.clone());
        projector.catch_up().await.unwrap();
    }

    /// Files a petition for `document`s at once.
    pub(super) async fn submit(&self, petition: &str, applicant: &str, when: &str) -> Token {
        let submit = Submit {
            category: CATEGORY,
            service: ServiceType::InstantIssuance,
            kind: PetitionKind::Statutory,
            channel: Channel::Online,
            petition_type: "resident registration abstract".parse().unwrap(),
            applicant: applicant.parse().unwrap(),
            agency: "agency-1".parse().unwrap(),
            submitted_at: at(when),
            attachments: Vec::new(),
        };
        self.petition(petition, submit).await
    }

    pub(super) async fn receive(&self, petition: &str, due: &str) -> Token {
        self.receive_as(petition, &format!("R-{petition}"), due)
            .await
    }

    /// Receives it under this number.
    pub(super) async fn receive_as(&self, petition: &str, number: &str, due: &str) -> Token {
        let receive = Receive {
            receipt_number: number.parse().unwrap(),
            kind: PetitionKind::Statutory,
            period: Period::Immediate,
            due: ReceiptDue::Imported {
                due: due.parse().unwrap(),
                calendar_version: "test".parse().unwrap(),
            },
            department: "counter".parse().unwrap(),
            received_at: at("2026-03-09T09:00:00+09:00"),
        };
        self.petition(petition, receive).await
    }

    /// Passes it to another agency.
    pub(super) async fn transfer(&self, petition: &str) -> Token {
        let transfer = TransferToAgency {
            agency: "agency-2".parse().unwrap(),
            reason: "It keeps the register".parse().unwrap(),
            by: ActorId::new("officer-1").unwrap(),
            transferred_at: at("2026-03-09T09:00:00+09:00"),
        };
        self.petition(petition, transfer).await
    }

    /// Gives the petition to an officer, which brings it into review.
    pub(super) async fn assign(&self, petition: &str, officer: &str) -> Token {
        let assign = Assign {
            officer: ActorId::new(officer).unwrap(),
            by: ActorId::new("head-1").unwrap(),
            assigned_at: at("2026-03-09T09:30:00+09:00"),
        };
        self.petition(petition, assign).await
    }

    /// Asks the petitioner for something up to a due.
    pub(super) async fn ask(&self, petition: &str, due: &str) -> Token {
        let request = RequestSupplement {
            items: vec!["Page 2".parse().unwrap()],
            due: due.parse().unwrap(),
            officer: ActorId::new("officer-1").unwrap(),
            requested_at: at("2026-03-09T10:00:00+09:00"),
            lack: LackSeen::OnReceipt,
        };
        self.petition(petition, request).await
    }

    /// Receives it for so long by the statute.
    pub(super) async fn receive_for(&self, petition: &str, period: &str) -> Token {
        let receive = Receive {
            receipt_number: format!("R-{petition}").parse().unwrap(),
            kind: PetitionKind::Statutory,
            period: period.parse().unwrap(),
            due: ReceiptDue::ByStatute,
            department: "counter".parse().unwrap(),
            received_at: at("2026-03-09T09:00:00+09:00"),
        };
        self.petition(petition, receive).await
    }

    /// Takes a petition back.
    pub(super) async fn withdraw(&self, petition: &str, applicant: &str) -> Token {
        let withdraw = Withdraw {
            by: applicant.parse().unwrap(),
            reason: None,
        };
        self.petition(petition, withdraw).await
    }

    /// Issues a document; answers its number.
    pub(super) async fn issue(&self, petition: &str, when: &str) -> VerificationNumber {
        let request = Request {
            category: CATEGORY,
            basis: Basis::Instant,
            applicant: "applicant-1".parse().unwrap(),
            document_type: "abstract".parse().unwrap(),
            copies: 1,
            fee: minwon_petitions::Won::ZERO,
        };
        let token = self.issuance(petition, request).await;
        let authorize = Authorize {
            identity: IdentityMethod::Fingerprint,
            evidence: None,
            fee: FeeSettlement::Waived {
                ground: "free of charge".parse().unwrap(),
            },
        };
        self.issuance(petition, authorize).await;
        let number = VerificationNumber::from_random(token.position.commit());
        let issue = IssueDocument {
            verification_number: number,
            issued_at: at(when),
            document: None,
        };
        self.issuance(petition, issue).await;
        number
    }

    pub(super) async fn print(&self, petition: &str, when: &str) {
        let print = Print {
            copies: 1,
            printed_at: at(when),
        };
        self.issuance(petition, print).await;
    }

    pub(super) async fn make_ready(&self, petition: &str, expected_on: &str) {
        let ready = MakeReadyForPickup {
            place: "agency-1".parse().unwrap(),
            expected_on: expected_on.parse().unwrap(),
            ready_at: at("2026-03-09T11:00:00+09:00"),
        };
        self.issuance(petition, ready).await;
    }

    pub(super) async fn collect(&self, petition: &str, when: &str) {
        let collect = Collect {
            identity: IdentityMethod::IdentityCard,
            evidence: None,
            officer: "clerk-1".parse().unwrap(),
            collected_at: at(when),
        };
        self.issuance(petition, collect).await;
    }

    pub(super) async fn revoke(&self, petition: &str) {
        let revoke = Revoke {
            authority: "agency-1".parse().unwrap(),
            reason: "The register had an error".parse().unwrap(),
            fee: FeeConsequence::Kept,
        };
        self.issuance(petition, revoke).await;
    }

    pub(super) async fn petition(
        &self,
        petition: &str,
        body: impl Into<ApplicationCommand>,
    ) -> Token {
        let done = self.clerk(petition).give(body).await;
        done.unwrap().token.unwrap()
    }

    async fn issuance(&self, petition: &str, body: impl Into<IssuanceCommand>) -> Token {
        let attempt = self.clerk(petition).first_attempt().unwrap();
        attempt.give(body).await.unwrap().token.unwrap()
    }

    fn clerk(&self, petition: &str) -> Petition<Namespace<MemoryStore>> {
        let clerk = ActorId::new("clerk-1").unwrap();
        let session = self.namespace.as_actor(clerk, "office".parse().unwrap());
        let session = session.at(at("2026-03-09T09:00:00+09:00"));
        session.petition(CATEGORY, id(petition))
    }
}

/// An event that is no petition's.
pub(super) fn foreign_event() -> NewEvent {
    let command_id = CommandId::derive(&[8; 16], "invoice");
    NewEvent {
        event_type: "InvoiceSent".parse().unwrap(),
        schema_version: SchemaVersion::FIRST,
        metadata: EventMetadata {
            event_id: command_id.event_id(0),
            command_id,
            correlation_id: command_id.into(),
            causation_id: command_id.into(),
            occurred_at: at("2026-03-09T09:00:00+09:00"),
            subject: id("p-1"),
            stage: "invoice".parse().unwrap(),
            source: "accounting".parse().unwrap(),
            actor: "clerk-1".parse().unwrap(),
            traceparent: None,
            fingerprint: None,
        },
        payload: "{}".into(),
    }
}

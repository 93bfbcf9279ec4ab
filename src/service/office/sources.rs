//! Asking the register that a document is made from. The register is outside the saga: what it
//! answers, and that it does not, becomes an event.

use std::time::Duration;

use minwon_core::{ExecuteError, GlobalPosition, foreign_text};

use minwon_petitions::AgencyError;
use minwon_petitions::{
    ApplicationStatus, IssuanceId, IssuanceState, IssuanceStatus as Status, VerificationNumber,
    issuance::{
        Attempt, Cancel, Fail, IssueDocument, NoteSourceFailure, Requested, RetrieveSourceData,
    },
};

use super::{Office, Task, issuing::Issuing};
use crate::namespace::{ServiceClock, ServiceStore};
use crate::service::order::{SourceData, SourceRequest};

/// The register was silent.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {limit:?}")]
struct NoAnswer {
    limit: Duration,
}

/// Why the register gave nothing, in words that a petitioner may read: its own may speak of anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum NoData {
    /// It may answer later.
    Away,
    /// Asking again is no use.
    Refused,
}

impl NoData {
    pub(in crate::service) const fn words(self) -> &'static str {
        match self {
            Self::Away => "The register does not answer for now",
            Self::Refused => "The register did not give what the document is made of",
        }
    }
}

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// Asks the register, as the attempt with this number, and issues the document. Where it does
    /// not answer, that is noted, and a deadline asks again; after the last time the attempt fails,
    /// which refunds the fee.
    pub(super) async fn fetch_source(
        &self,
        task: Task<'_>,
        id: &IssuanceId,
        attempt: u32,
    ) -> Result<(), ExecuteError> {
        let state = self.begin_try(task, id, attempt).await?;
        // Only the try that is under way asks: an older one that is repeated has nothing to say.
        let is_it = |now: &&Attempt| now.status() == Status::Generating && now.asked == attempt;
        let Some(now) = state.attempt().filter(is_it) else {
            return Ok(());
        };
        let question = self.source_request(task, id, &now.request);
        match self.ask_register(&question).await {
            Ok(data) => self.issue_document(task, id, data).await,
            Err(why) => {
                self.note_failure(task, id, attempt, why).await?;
                // A withdrawal that came while the register was asked left the attempt alone.
                self.end_decided_against(task, id).await.map(drop)
            }
        }
    }

    /// Asks the register. One that is silent for long does not answer: whoever asks has one of a few
    /// places, and others wait for it. Its own words of why it gives nothing go to the log alone.
    pub(in crate::service) async fn ask_register(
        &self,
        request: &SourceRequest,
    ) -> Result<SourceData, NoData> {
        let limit = self.settings.source_time_max;
        let answer = tokio::select! {
            biased;
            answer = self.register.ask(request) => answer,
            () = self.namespace.timer().sleep(limit) => {
                Err(AgencyError::Unavailable(Box::new(NoAnswer { limit })))
            }
        };
        answer.map_err(|error| {
            let why = foreign_text::causes(&error).collect::<Vec<_>>().join(": ");
            tracing::info!(issuance = %request.issuance, why, "no source data");
            match error {
                AgencyError::Unavailable(_) => NoData::Away,
                AgencyError::Refused(_) => NoData::Refused,
            }
        })
    }

    /// Writes down that the register is asked for the time with this number, if it is to be, and returns
    /// the attempt after that. Who writes it may die before it asks: for every time after the first, the
    /// event itself has the register asked.
    pub(in crate::service) async fn begin_try(
        &self,
        task: Task<'_>,
        id: &IssuanceId,
        attempt: u32,
    ) -> Result<IssuanceState, ExecuteError> {
        let category = task.category;
        let state = match task.cause.position {
            // Time brings it about, and no event.
            GlobalPosition::START => self.issuance(category, id).await?,
            position => self.issuance_up_to(category, id, position).await?,
        };
        let nothing = Ok(IssuanceState::default());
        let is_it = |now: &Attempt| match now.status() {
            Status::Authorized => now.request.service.is_linked(),
            status => status == Status::Generating,
        };
        if !state.attempt().is_some_and(is_it) || self.end_decided_against(task, id).await? {
            return nothing;
        }
        let retrieve = RetrieveSourceData {
            attempt,
            requested_at: self.namespace.timer().now(),
        };
        let command = self.command(task, "retrieve", retrieve);
        match self.issue(category, id, &[command]).await? {
            Issuing::Taken { up_to } => self.issuance_up_to(category, id, up_to).await,
            Issuing::MovedOn | Issuing::CameToNothing => nothing,
        }
    }

    /// Where the petition was withdrawn or refused, ends an attempt without a document; whether it was.
    async fn end_decided_against(
        &self,
        task: Task<'_>,
        id: &IssuanceId,
    ) -> Result<bool, ExecuteError> {
        let (category, petition) = (task.category, id.petition());
        let kept = self.application_up_to(category, petition, GlobalPosition::START);
        if kept.await?.status() == Some(ApplicationStatus::Approved) {
            // An approval stands, whatever happened since.
            return Ok(false);
        }
        let petition = self.application(category, petition).await?;
        let Some(why) = petition.decided_against() else {
            return Ok(false);
        };
        let reason = self.reason(why);
        match self.issuance(task.category, id).await?.status() {
            Some(status) if status.can_be_cancelled() => {
                self.end(task, id, Cancel { reason }).await?;
            }
            // A document that is being made cannot be called off. It fails, unless it is issued
            // first: then the step that would complete the petition revokes it.
            Some(Status::Generating) => {
                self.end(task, id, Fail { reason }).await?;
            }
            _ => {}
        }
        Ok(true)
    }

    pub(in crate::service) fn source_request(
        &self,
        task: Task<'_>,
        id: &IssuanceId,
        request: &Requested,
    ) -> SourceRequest {
        SourceRequest {
            namespace: self.namespace.name().clone(),
            category: task.category,
            issuance: id.clone(),
            document_type: request.document_type.clone(),
            applicant: request.applicant.clone(),
            traceparent: task.cause.traceparent.clone(),
        }
    }

    async fn issue_document(
        &self,
        task: Task<'_>,
        id: &IssuanceId,
        data: SourceData,
    ) -> Result<(), ExecuteError> {
        let issue = IssueDocument {
            verification_number: self.number()?,
            issued_at: self.namespace.timer().now(),
            document: data.document,
        };
        let command = self.command(task, "issue", issue);
        self.issue(task.category, id, &[command]).await.map(drop)
    }

    /// A number for a document. Where a command is repeated, the one in the event is the document's.
    pub(in crate::service) fn number(&self) -> Result<VerificationNumber, ExecuteError> {
        let bits = self.randomness.draw();
        let bits = bits.map_err(|error| ExecuteError::Transient(Box::new(error)))?;
        Ok(VerificationNumber::from_random(bits))
    }

    async fn note_failure(
        &self,
        task: Task<'_>,
        id: &IssuanceId,
        attempt: u32,
        why: NoData,
    ) -> Result<(), ExecuteError> {
        let reason = self.reason(why.words());
        let is_last = why == NoData::Refused || attempt >= self.settings.source_attempts_max;
        let now = self.namespace.timer().now();
        let again = now.saturating_add(self.settings.source_wait(attempt));
        let noted = NoteSourceFailure {
            attempt,
            reason,
            // Without another try the attempt fails, which is the step of another reactor.
            retry_at: (!is_last).then_some(again),
            failed_at: now,
        };
        let command = self.command(task, "note", noted);
        self.issue(task.category, id, &[command]).await.map(drop)
    }
}

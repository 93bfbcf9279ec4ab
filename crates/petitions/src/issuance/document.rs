//! The outcome of an issuance: a document, or a result entered by hand.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    AttemptStage as Stage, Issuance, IssuanceRejection as Rejection, IssuanceResult,
    IssuanceState as State, IssuanceStatus as Status, Requested, SourceAnswer,
    rule::{Decision, happened, refuse, unchanged},
};
use crate::{
    attachment::Attachment,
    chapter::{Happening, Rule},
    date::Date,
    flow::Next,
    notice::{NoticeContent, NoticeField, NoticeKind},
    text::{DocumentType, Text},
    time_order::Cause,
    verification_number::VerificationNumber,
};

impl State {
    /// Keeps the result of an attempt that is being made; returns whether there was one.
    fn issue(&mut self, result: IssuanceResult) -> bool {
        let Some(attempt) = self.at_mut(Status::IN_THE_MAKING) else {
            return false;
        };
        attempt.stage = Stage::Issued;
        // That it failed before is of no interest any more.
        if matches!(attempt.answer.as_deref(), Some(SourceAnswer::Failure(_))) {
            attempt.answer = None;
        }
        attempt.result = Some(Box::new(result));
        true
    }

    /// Returns the request and its result, once the result is issued.
    fn result_out(&self) -> Option<(&Requested, &IssuanceResult)> {
        let attempt = self.at(Status::OUT)?;
        Some((&attempt.request, attempt.result.as_deref()?))
    }
}

/// How long a document can be verified. Unit: days after the day of issue.
///
/// Source: domain notes, section 1 (documents of Government24 say so of themselves).
pub const VERIFIABLE_DAYS: u32 = 90;

/// Issues the document out of a linked register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssueDocument {
    /// Its number, as [drawn](VerificationNumber::from_random) for it: repeated commands may bring others,
    /// and the first stays.
    pub verification_number: VerificationNumber,
    /// When it is issued; the time in which it can be verified runs from here.
    pub issued_at: Timestamp,
    /// The document, if it is kept.
    pub document: Option<Attachment>,
}

/// The document was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentIssued {
    /// The number by which it can be verified.
    pub verification_number: VerificationNumber,
    /// Its kind.
    pub document_type: DocumentType,
    /// How many.
    pub copies: u16,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The last day in Seoul on which it can be verified.
    pub verifiable_until: Date,
    /// The document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Attachment>,
}

/// A document is made from the register's answer, once (A28, D32). Our addition to the table: also
/// where the question was not recorded, as in an instant issuance, which asks before anything is
/// written.
impl Rule<Issuance> for IssueDocument {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        if let Some(attempt) = state.at(Status::IN_THE_MAKING) {
            if !attempt.request.service.is_linked() {
                return Err(Rejection::Unlinked);
            }
            return happened(self.document(&attempt.request));
        }
        if let Some((request, IssuanceResult::Document(issued))) = state.result_out()
            && *issued == self.document(request)
        {
            return unchanged();
        }
        Err(refuse(state, Self::WORDS))
    }
}

impl IssueDocument {
    fn document(&self, request: &Requested) -> DocumentIssued {
        DocumentIssued {
            verification_number: self.verification_number,
            document_type: request.document_type.clone(),
            copies: request.copies,
            issued_at: self.issued_at,
            verifiable_until: Date::in_seoul(self.issued_at).plus_days(VERIFIABLE_DAYS),
            document: self.document.clone(),
        }
    }
}

impl Happening<State> for DocumentIssued {
    fn apply(&self, state: &mut State) -> bool {
        state.issue(IssuanceResult::Document(self.clone()))
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.asked_or_answered()
    }

    /// Its number stands on the document: whoever else reads the message need not have it.
    fn notice(&self) -> Option<NoticeContent> {
        let notice =
            NoticeKind::DocumentIssued.with(NoticeField::DocumentType, &self.document_type);
        Some(notice.with(NoticeField::VerifiableUntil, self.verifiable_until))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CloseApplication)
    }
}

/// Enters what an agency without a link did. Such an agency hands out documents of its own, so
/// none of our verification numbers is assigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnterResultManually {
    /// Who enters it.
    pub officer: ActorId,
    /// The result of the agency's work.
    pub result: Text,
    /// The agency's document, if it is kept.
    pub document: Option<Attachment>,
}

/// An officer entered what an agency without a link did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultEnteredManually {
    /// Who entered it.
    pub officer: ActorId,
    /// The result of the agency's work.
    pub result: Text,
    /// The agency's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Attachment>,
}

/// Where no register is linked an officer enters the result, and nowhere else.
impl Rule<Issuance> for EnterResultManually {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let entered = ResultEnteredManually {
            officer: self.officer.clone(),
            result: self.result.clone(),
            document: self.document.clone(),
        };
        if let Some(attempt) = state.at(Status::IN_THE_MAKING) {
            let service = attempt.request.service;
            if service.is_linked() {
                return Err(Rejection::Linked { service });
            }
            return happened(entered);
        }
        if let Some((_, IssuanceResult::Manual(result))) = state.result_out()
            && *result == entered
        {
            return unchanged();
        }
        Err(refuse(state, Self::WORDS))
    }
}

impl Happening<State> for ResultEnteredManually {
    fn apply(&self, state: &mut State) -> bool {
        state.issue(IssuanceResult::Manual(self.clone()))
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::ResultEntered.with(NoticeField::Answer, &self.result))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CloseApplication)
    }
}

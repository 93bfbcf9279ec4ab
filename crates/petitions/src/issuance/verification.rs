//! Whether a document is genuine (진위확인), and how long that is said.

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, AttemptStage as Stage, DocumentIssued, Issuance, IssuanceRejection as Rejection,
    IssuanceState as State, IssuanceStatus as Status,
    delivery::note_use,
    rule::{Decision, happened, refuse_use, unchanged},
};
use crate::{
    chapter::{Happening, Rule},
    date::Date,
    text::ApplicantId,
    time_order::Cause,
    verification_number::VerificationNumber,
    words::words,
};

/// The attempt whose document can be verified.
fn verifiable<'s>(
    state: &'s State,
    command: &'static str,
) -> Result<(&'s Attempt, &'s DocumentIssued), Rejection> {
    let Some(attempt) = state.at(&[Status::Issued]) else {
        return Err(refuse_use(state, command));
    };
    match attempt.document() {
        Some(document) => Ok((attempt, document)),
        None => Err(Rejection::NotVerifiable { command }),
    }
}

/// Asks whether a document is genuine that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyDocument {
    /// The number that stands on it.
    pub number: VerificationNumber,
    /// The petitioner's key: to whom it was issued.
    pub key: ApplicantId,
    /// When.
    pub verified_at: Timestamp,
}

/// Somebody who held the document asked whether it is genuine (진위확인), and was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentVerified {
    /// The verdict that was given.
    pub verdict: VerificationVerdict,
    /// When.
    pub verified_at: Timestamp,
}

words! {
    /// The verdict on a document whose number and key were right.
    pub enum VerificationVerdict("verification verdict") {
        /// It was issued, and can be relied on.
        Genuine = "genuine",
        /// It was issued, and the days on which it can be verified are over.
        Expired = "expired",
    }
}

/// Number and key have to be right; then 90 days from the issue a document is genuine, and after
/// them it is never said to be, whether or not it was noted that they are over.
impl Rule<Issuance> for VerifyDocument {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let (attempt, document) = verifiable(state, Self::WORDS)?;
        if document.verification_number != self.number || attempt.request.applicant != self.key {
            return Err(Rejection::NoSuchDocument);
        }
        let is_over = Date::in_seoul(self.verified_at) > document.verifiable_until;
        let verified = DocumentVerified {
            verdict: if is_over {
                VerificationVerdict::Expired
            } else {
                VerificationVerdict::Genuine
            },
            verified_at: self.verified_at,
        };
        let before = attempt.usage.as_ref().and_then(|it| it.verified.as_ref());
        if before == Some(&verified) {
            return unchanged();
        }
        happened(verified)
    }
}

/// Whoever asked is answered on the spot, so no notice reports it.
impl Happening<State> for DocumentVerified {
    fn apply(&self, state: &mut State) -> bool {
        note_use(state, |usage| usage.verified = Some(self.clone()))
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.issued()
    }
}

/// Notes that the days are over on which the document can be verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExpireVerification {
    /// When.
    pub noted_at: Timestamp,
}

/// The days on which the document can be verified are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationExpired {
    /// The last of them.
    pub verifiable_until: Date,
    /// When that was noted.
    pub noted_at: Timestamp,
}

/// The verification ends with the 90th day; the keeper of deadlines notes it on day 91.
impl Rule<Issuance> for ExpireVerification {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        if let Some(Stage::Expired(before)) = state.stage()
            && before.noted_at == self.noted_at
        {
            return unchanged();
        }
        let (_, document) = verifiable(state, Self::WORDS)?;
        let until = document.verifiable_until;
        if Date::in_seoul(self.noted_at) <= until {
            return Err(Rejection::StillVerifiable { until });
        }
        happened(VerificationExpired {
            verifiable_until: until,
            noted_at: self.noted_at,
        })
    }
}

/// The notice of the issue already said so to the petitioner.
impl Happening<State> for VerificationExpired {
    fn apply(&self, state: &mut State) -> bool {
        let end = Stage::Expired(Box::new(self.clone()));
        state.go(&[Status::Issued], end)
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.issued()
    }
}

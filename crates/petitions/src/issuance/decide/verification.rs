//! Whether a document is genuine (진위확인), and how long that is told.

use super::{Decision, Rejection, State, happened, refuse_use, unchanged};
use crate::{
    date::Date,
    issuance::{
        command::{ExpireVerification, VerifyDocument},
        event::{DocumentVerified, VerificationExpired, VerificationVerdict},
        state::IssuanceResult,
    },
};

/// Number and key have to be right; then 90 days from the issue a document is genuine, and after
/// them it is never said to be, whether or not it was noted that they are over.
pub(super) fn verify(state: &State, command: &VerifyDocument) -> Decision {
    match state {
        State::Issued {
            request,
            result: IssuanceResult::Document(document),
            usage,
            ..
        } => {
            if document.verification_number != command.number || request.applicant != command.key {
                return Err(Rejection::NoSuchDocument);
            }
            let is_over = Date::in_seoul(command.verified_at) > document.verifiable_until;
            let verified = DocumentVerified {
                verdict: if is_over {
                    VerificationVerdict::Expired
                } else {
                    VerificationVerdict::Genuine
                },
                verified_at: command.verified_at,
            };
            if usage.verified.as_ref() == Some(&verified) {
                return unchanged();
            }
            happened(verified)
        }
        State::Issued {
            result: IssuanceResult::Manual(_),
            ..
        } => Err(Rejection::NotVerifiable {
            command: VerifyDocument::WORDS,
        }),
        State::None
        | State::Requested { .. }
        | State::Authorized { .. }
        | State::Generating { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse_use(state, VerifyDocument::WORDS)),
    }
}

/// The verification ends with the 90th day; the keeper of deadlines notes it on day 91.
pub(super) fn expire(state: &State, command: &ExpireVerification) -> Decision {
    match state {
        State::Issued {
            result: IssuanceResult::Document(document),
            ..
        } => {
            let until = document.verifiable_until;
            if Date::in_seoul(command.noted_at) <= until {
                return Err(Rejection::StillVerifiable { until });
            }
            happened(VerificationExpired {
                verifiable_until: until,
                noted_at: command.noted_at,
            })
        }
        State::Issued {
            result: IssuanceResult::Manual(_),
            ..
        } => Err(Rejection::NotVerifiable {
            command: ExpireVerification::WORDS,
        }),
        State::Expired(before) if before.noted_at == command.noted_at => unchanged(),
        State::None
        | State::Requested { .. }
        | State::Authorized { .. }
        | State::Generating { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse_use(state, ExpireVerification::WORDS)),
    }
}

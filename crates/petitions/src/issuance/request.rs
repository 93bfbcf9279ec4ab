//! Asking for a document.

use serde::{Deserialize, Serialize};

use super::{
    Issuance, IssuanceRejection as Rejection, IssuanceState as State, Won,
    rule::{Decision, happened, refuse, unchanged},
};
use crate::{
    application::ApplicationStatus,
    category::{Category, ServiceType},
    chapter::{Happening, Rule},
    text::{ApplicantId, DocumentType},
};

/// Most copies of one document. Unit: copies.
///
/// A bound of ours, far above the 20 copies from which on the law allows more time (D12⑤).
pub const COPIES_MAX: u16 = 1_000;

/// Asks for a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The category, which has to be that of the stream.
    pub category: Category,
    /// The basis of the request.
    #[serde(skip)]
    pub basis: Basis,
    /// Who gets the document.
    pub applicant: ApplicantId,
    /// The kind of document.
    pub document_type: DocumentType,
    /// How many: 1 to [`COPIES_MAX`].
    pub copies: u16,
    /// The assessed fee; online it may be 0.
    pub fee: Won,
}

/// How the document's petition is served, with what has to be known for that. A standing is looked
/// up just before the command is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Anybody entitled may ask at once; nothing has to be approved.
    Instant,
    /// The petition has to be approved.
    DeadlineBound {
        /// Where it stands.
        application: ApplicationStatus,
    },
    /// The petition has to be approved.
    Unlinked {
        /// Where it stands.
        application: ApplicationStatus,
    },
}

impl Basis {
    /// Returns how the petition is served.
    #[must_use]
    pub const fn service(self) -> ServiceType {
        match self {
            Self::Instant => ServiceType::InstantIssuance,
            Self::DeadlineBound { .. } => ServiceType::DeadlineBound,
            Self::Unlinked { .. } => ServiceType::Unlinked,
        }
    }

    /// Where the petition has to be approved: where it stands.
    #[must_use]
    pub const fn application(self) -> Option<ApplicationStatus> {
        match self {
            Self::Instant => None,
            Self::DeadlineBound { application } | Self::Unlinked { application } => {
                Some(application)
            }
        }
    }
}

/// A document was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requested {
    /// How its petition is served.
    pub service: ServiceType,
    /// Who gets the document.
    pub applicant: ApplicantId,
    /// The kind of document.
    pub document_type: DocumentType,
    /// How many.
    pub copies: u16,
    /// The assessed fee. Unit: won.
    pub fee: Won,
}

/// One attempt, for one request. A document of a kind that is bound to a deadline is issued for an
/// approved petition only.
impl Rule<Issuance> for Request {
    fn decide(&self, decider: &Issuance, state: &State) -> Decision {
        let requested = Requested {
            service: self.basis.service(),
            applicant: self.applicant.clone(),
            document_type: self.document_type.clone(),
            copies: self.copies,
            fee: self.fee,
        };
        let Some(attempt) = state.attempt() else {
            self.check(decider.petition_category)?;
            return happened(requested);
        };
        let status = attempt.status();
        if status.is_end() {
            return Err(refuse(state, Self::WORDS));
        }
        if attempt.request == requested {
            return unchanged();
        }
        Err(Rejection::AlreadyRequested { status })
    }
}

impl Request {
    fn check(&self, own: Category) -> Result<(), Rejection> {
        if self.category != own {
            return Err(Rejection::ForeignCategory {
                asked: self.category,
                own,
            });
        }
        if !(1..=COPIES_MAX).contains(&self.copies) {
            return Err(Rejection::Copies {
                copies: self.copies,
            });
        }
        match self.basis.application() {
            None | Some(ApplicationStatus::Approved) => Ok(()),
            Some(status) => Err(Rejection::ApplicationNotApproved { status }),
        }
    }
}

impl Happening<State> for Requested {
    fn apply(&self, state: &mut State) -> bool {
        state.request(self)
    }
}

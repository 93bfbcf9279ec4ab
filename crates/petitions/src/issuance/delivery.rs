//! How an issued document reaches the petitioner: looked at, printed, delivered.

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Issuance, IssuanceRejection as Rejection, IssuanceState as State,
    IssuanceStatus as Status, Usage,
    rule::{Decision, happened, refuse_use, unchanged},
};
use crate::{
    chapter::{Happening, Rule},
    date::Date,
    text::{Agency, Reference},
    time_order::Cause,
    words::words,
};

/// The attempt whose document may be used at `now`.
fn in_use<'s>(
    state: &'s State,
    command: &'static str,
    now: Timestamp,
) -> Result<&'s Attempt, Rejection> {
    let Some(attempt) = state.at(&[Status::Issued]) else {
        return Err(refuse_use(state, command));
    };
    check_verifiable(attempt, now)?;
    Ok(attempt)
}

/// Our reading: nobody is served with a document that can no longer be verified, whether that was
/// noted yet or not. Of a result entered by hand the agency knows how long it is good for.
pub(super) fn check_verifiable(attempt: &Attempt, now: Timestamp) -> Result<(), Rejection> {
    match attempt.document() {
        Some(document) if Date::in_seoul(now) > document.verifiable_until => {
            Err(Rejection::VerificationOver {
                until: document.verifiable_until,
            })
        }
        _ => Ok(()),
    }
}

/// Notes a use of the issued document, as an event records it; returns whether there is a document.
pub(super) fn note_use(state: &mut State, note: impl FnOnce(&mut Usage)) -> bool {
    let attempt = state.at_mut(&[Status::Issued]);
    attempt
        .map(|attempt| note(attempt.usage.get_or_insert_default()))
        .is_some()
}

/// Looks at the document (열람).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// When.
    pub viewed_at: Timestamp,
}

/// The document was looked at (열람).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentViewed {
    /// When.
    pub viewed_at: Timestamp,
}

/// Looking at a document uses nothing up.
impl Rule<Issuance> for View {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let viewed = DocumentViewed {
            viewed_at: self.viewed_at,
        };
        let attempt = in_use(state, Self::WORDS, self.viewed_at)?;
        let before = attempt.usage.as_ref().and_then(|it| it.viewed.as_ref());
        if before == Some(&viewed) {
            return unchanged();
        }
        happened(viewed)
    }
}

impl Happening<State> for DocumentViewed {
    fn apply(&self, state: &mut State) -> bool {
        note_use(state, |usage| usage.viewed = Some(self.clone()))
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.issued()
    }
}

/// Prints copies of the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Print {
    /// How many: from 1 to as many as are left of those that were asked for.
    pub copies: u16,
    /// When.
    pub printed_at: Timestamp,
}

/// Copies of the document were printed, all in all no more than were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentPrinted {
    /// How many this time.
    pub copies: u16,
    /// When.
    pub printed_at: Timestamp,
}

/// All prints together are no more than the copies that were asked and paid for.
impl Rule<Issuance> for Print {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let &Self { copies, printed_at } = self;
        let printed = DocumentPrinted { copies, printed_at };
        let attempt = in_use(state, Self::WORDS, printed_at)?;
        let usage = attempt.usage.as_deref();
        if usage.and_then(|usage| usage.printed.as_ref()) == Some(&printed) {
            return unchanged();
        }
        let used_up = usage.map_or(0, |usage| usage.copies_printed);
        let left = attempt.request.copies.saturating_sub(used_up);
        if !(1..=left).contains(&copies) {
            return Err(Rejection::PrintsBeyondCopies {
                asked: copies,
                left,
            });
        }
        happened(printed)
    }
}

impl Happening<State> for DocumentPrinted {
    fn apply(&self, state: &mut State) -> bool {
        note_use(state, |usage| {
            usage.copies_printed = usage.copies_printed.saturating_add(self.copies);
            usage.printed = Some(self.clone());
        })
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.issued()
    }
}

/// Delivers the document as an electronic certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deliver {
    /// To whom.
    pub to: Delivery,
    /// Under which id whoever takes it keeps the delivery, if it does. Never an address.
    pub receipt: Option<Reference>,
    /// When.
    pub delivered_at: Timestamp,
}

/// To whom an electronic certificate goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Delivery {
    /// Into the petitioner's electronic document wallet.
    Wallet,
    /// To the petitioner by e-mail.
    Email,
    /// To an agency that the petitioner named.
    Agency(Agency),
}

/// The document was delivered (교부) as an electronic certificate (전자증명서).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDelivered {
    /// How.
    pub way: DeliveryWay,
    /// To which agency, where it went to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// Under which id whoever took it keeps the delivery. Never an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Reference>,
    /// When.
    pub delivered_at: Timestamp,
}

words! {
    /// How an electronic certificate reaches whoever is to have it.
    pub enum DeliveryWay("delivery way") {
        /// Into the petitioner's electronic document wallet (전자문서지갑).
        Wallet = "wallet",
        /// To the petitioner by e-mail.
        Email = "e-mail",
        /// To an agency that the petitioner named.
        Agency = "agency",
    }
}

/// As an electronic certificate, or through an agency (A14, A28-2).
impl Rule<Issuance> for Deliver {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let (way, agency) = match &self.to {
            Delivery::Wallet => (DeliveryWay::Wallet, None),
            Delivery::Email => (DeliveryWay::Email, None),
            Delivery::Agency(agency) => (DeliveryWay::Agency, Some(agency.clone())),
        };
        let delivered = DocumentDelivered {
            way,
            agency,
            receipt: self.receipt.clone(),
            delivered_at: self.delivered_at,
        };
        let attempt = in_use(state, Self::WORDS, self.delivered_at)?;
        let before = attempt.usage.as_ref().and_then(|it| it.delivered.as_ref());
        if before == Some(&delivered) {
            return unchanged();
        }
        happened(delivered)
    }
}

impl Happening<State> for DocumentDelivered {
    fn apply(&self, state: &mut State) -> bool {
        note_use(state, |usage| usage.delivered = Some(self.clone()))
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.issued()
    }
}

//! A document on paper that waits for the petitioner (A27④, D25④).

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    AttemptStage as Stage, IdentityMethod, Issuance, IssuanceRejection as Rejection,
    IssuanceState as State, IssuanceStatus as Status, Pickup,
    delivery::check_verifiable,
    rule::{Decision, at, happened, refuse, refuse_use, unchanged},
};
use crate::{
    calendar::Calendar,
    chapter::{Happening, Rule},
    date::Date,
    due::Due,
    notice::{NoticeContent, NoticeField, NoticeKind},
    statute,
    text::{Agency, CalendarVersion, Reference},
    time_order::Cause,
};

/// Has the document on paper wait for the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MakeReadyForPickup {
    /// Where.
    pub place: Agency,
    /// When the petition was to be completed: from that day on it is kept for 15 days (D25④).
    pub expected_on: Date,
    /// Since when it waits.
    pub ready_at: Timestamp,
}

/// The paper document waits for the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentReadyForPickup {
    /// Where.
    pub place: Agency,
    /// When the petition was to be completed (처리완료 예정일).
    pub expected_on: Date,
    /// Until when it is kept for the petitioner (D25④); after that it may be discarded.
    pub collect_until: Due,
    /// The calendar that this was counted with.
    pub calendar_version: CalendarVersion,
    /// Since when it waits.
    pub ready_at: Timestamp,
}

/// A document on paper waits at the agency for whoever shows who they are (A27④).
impl Rule<Issuance> for MakeReadyForPickup {
    fn decide(&self, decider: &Issuance, state: &State) -> Decision {
        let Some(attempt) = state.at(Status::OUT) else {
            return Err(refuse_use(state, Self::WORDS));
        };
        if attempt.stage == Stage::ReadyForPickup {
            let ready = self.ready(&decider.calendar)?;
            let before = attempt.pickup.as_ref().map(|pickup| &pickup.ready);
            if before == Some(&ready) {
                return unchanged();
            }
            return Err(refuse_use(state, Self::WORDS));
        }
        if attempt.collected().is_some() {
            return Err(Rejection::AlreadyCollected {
                command: Self::WORDS,
            });
        }
        check_verifiable(attempt, self.ready_at)?;
        happened(self.ready(&decider.calendar)?)
    }
}

impl MakeReadyForPickup {
    /// The 15 days run from the expected completion. Our reading: a document that is ready later
    /// than that is kept 15 days as well.
    fn ready(&self, calendar: &Calendar) -> Result<DocumentReadyForPickup, Rejection> {
        let from = self.expected_on.max(Date::in_seoul(self.ready_at));
        Ok(DocumentReadyForPickup {
            place: self.place.clone(),
            expected_on: self.expected_on,
            collect_until: statute::collection_due(from, calendar)?,
            calendar_version: calendar.version().clone(),
            ready_at: self.ready_at,
        })
    }
}

impl Happening<State> for DocumentReadyForPickup {
    fn apply(&self, state: &mut State) -> bool {
        let Some(attempt) = state.at_mut(&[Status::Issued]) else {
            return false;
        };
        attempt.stage = Stage::ReadyForPickup;
        attempt.pickup = Some(Box::new(Pickup {
            ready: self.clone(),
            collected: None,
        }));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.issued()
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::DocumentReady.with(NoticeField::Place, &self.place);
        Some(notice.with(NoticeField::CollectUntil, self.collect_until))
    }
}

fn ready(state: &State) -> Option<Cause> {
    let ready_at = state.attempt()?.pickup.as_ref()?.ready.ready_at;
    Some(("the time since which the document waits", ready_at))
}

/// Returns why nobody is handed a document in `state`.
fn refuse_pickup(state: &State, command: &'static str) -> Rejection {
    match state.attempt() {
        Some(attempt) if attempt.stage == Stage::Issued && attempt.collected().is_some() => {
            Rejection::AlreadyCollected { command }
        }
        Some(attempt) if attempt.stage == Stage::Issued || attempt.status().is_under_way() => {
            Rejection::NotReadyForPickup { command }
        }
        _ => refuse(state, command),
    }
}

/// Hands the document over that waits for the petitioner. Nobody gets it without a proof of who
/// they are (A27④).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collect {
    /// How whoever came proved who they are.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept, if it is.
    pub evidence: Option<Reference>,
    /// Who hands it over.
    pub officer: ActorId,
    /// When.
    pub collected_at: Timestamp,
}

/// The paper document was handed over, after the identity was checked (A27④).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentCollected {
    /// How whoever came proved who they are.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Reference>,
    /// Who handed it over.
    pub officer: ActorId,
    /// When.
    pub collected_at: Timestamp,
}

/// The document goes to whoever has shown who they are (A27④), and goes once.
impl Rule<Issuance> for Collect {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let collected = DocumentCollected {
            identity: self.identity,
            evidence: self.evidence.clone(),
            officer: self.officer.clone(),
            collected_at: self.collected_at,
        };
        let Some(attempt) = state.at(Status::OUT) else {
            return Err(refuse_pickup(state, Self::WORDS));
        };
        match attempt.stage {
            Stage::ReadyForPickup => happened(collected),
            _ if attempt.collected() == Some(&collected) => unchanged(),
            _ => Err(refuse_pickup(state, Self::WORDS)),
        }
    }
}

impl Happening<State> for DocumentCollected {
    fn apply(&self, state: &mut State) -> bool {
        let Some(attempt) = state.at_mut(&[Status::ReadyForPickup]) else {
            return false;
        };
        attempt.stage = Stage::Issued;
        if let Some(pickup) = &mut attempt.pickup {
            pickup.collected = Some(self.clone());
        }
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        ready(state)
    }
}

/// Discards the document that nobody collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discard {
    /// Who discards it.
    pub officer: ActorId,
    /// When.
    pub discarded_at: Timestamp,
}

/// The paper document was discarded, since nobody collected it in time (D25④).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDiscarded {
    /// Who discarded it.
    pub officer: ActorId,
    /// When.
    pub discarded_at: Timestamp,
}

/// A document that was not collected may be discarded when its days are over (D25④).
impl Rule<Issuance> for Discard {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let discarded = DocumentDiscarded {
            officer: self.officer.clone(),
            discarded_at: self.discarded_at,
        };
        if matches!(state.stage(), Some(Stage::Discarded(before)) if **before == discarded) {
            return unchanged();
        }
        let waiting = at(state, &[Status::ReadyForPickup], Self::WORDS);
        let waiting = waiting.map_err(|_| refuse_pickup(state, Self::WORDS))?;
        match &waiting.pickup {
            Some(pickup) if !pickup.ready.collect_until.is_overdue_at(self.discarded_at) => {
                Err(Rejection::KeptForPetitioner {
                    until: pickup.ready.collect_until,
                })
            }
            _ => happened(discarded),
        }
    }
}

impl Happening<State> for DocumentDiscarded {
    fn apply(&self, state: &mut State) -> bool {
        let end = Stage::Discarded(Box::new(self.clone()));
        state.go(&[Status::ReadyForPickup], end)
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        ready(state)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::DocumentDiscarded.into())
    }
}

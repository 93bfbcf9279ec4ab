//! A petition as it is shown: the states of its aggregates, and what happened when.

use crate::PetitionId;
use minwon_core::{RecordedEvent, Stored, StoredView, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    document::{DocumentVerdict, DocumentView},
    micros,
    timeline::{Step, Timeline},
};
use crate::{
    application::{Application, ApplicationState, ApplicationStatus},
    category::Category,
    date::Date,
    issuance::{Attempt, IssuanceId, IssuanceState, IssuanceStatus},
    reader::PetitionEvent,
    verification_number::VerificationNumber,
};

/// All that is shown of a petition: where it stands, what happened to it, and its documents.
///
/// It is the state of its application and of each attempt to issue a document, as the aggregates
/// themselves fold them, and what only a view has beside them. It holds the numbers by which
/// documents are verified, so it is kept ([`StoredView`]) and not serialised:
/// [`result`](Self::result) is what may be shown.
///
/// ```compile_fail
/// # fn shown(view: &minwon_petitions::PetitionView) {
/// serde_json::to_string(view).unwrap();
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
#[non_exhaustive]
pub struct PetitionView {
    /// Its id.
    pub id: PetitionId,
    /// The category of the petition.
    pub category: Category,
    /// The petition itself; nothing where only events of its documents were folded.
    #[serde(rename = "filed", default, skip_serializing_if = "is_not_filed")]
    pub application: ApplicationState,
    /// When it ended.
    #[serde(
        rename = "ended",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub ended_at: Option<Timestamp>,
    /// The attempts to issue a document for it, in their order.
    #[serde(
        serialize_with = "store_all",
        deserialize_with = "restore_all",
        default,
        skip_serializing_if = "Vec::is_empty"
    )]
    pub issuances: Vec<IssuanceView>,
    /// The steps of the petition, and when they happened.
    #[serde(rename = "log")]
    pub timeline: Timeline,
}

/// An attempt to issue a document, and when it ended in which way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
#[non_exhaustive]
pub struct IssuanceView {
    /// Its number, from 1.
    #[serde(rename = "n")]
    pub attempt: u32,
    /// Where it stands.
    pub state: IssuanceState,
    /// When the document was issued, or its result entered by hand.
    #[serde(
        rename = "issued",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub issued_at: Option<Timestamp>,
    /// When it ended.
    #[serde(
        rename = "ended",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub ended_at: Option<Timestamp>,
}

fn is_not_filed(application: &ApplicationState) -> bool {
    application.filed().is_none()
}

impl StoredView for PetitionView {
    fn store<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, to)
    }

    fn restore<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
}

impl StoredView for IssuanceView {
    fn store<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, to)
    }

    fn restore<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::deserialize(from)
    }
}

fn store_all<S: Serializer>(issuances: &[IssuanceView], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(issuances.iter().map(Stored))
}

fn restore_all<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IssuanceView>, D::Error> {
    let stored = Vec::<Stored<_>>::deserialize(from)?;
    let issuances = stored.into_iter().map(|Stored(issuance)| issuance);
    let issuances: Vec<IssuanceView> = issuances.collect();
    let attempts = issuances.iter().map(|issuance| issuance.attempt);
    // An attempt is looked up by its number.
    if std::iter::once(0)
        .chain(attempts)
        .is_sorted_by(|one, next| one < next)
    {
        return Ok(issuances);
    }
    let said = "attempts to issue a document are out of order";
    Err(serde::de::Error::custom(said))
}

/// The view after an event.
pub(super) fn apply(
    view: &mut Option<PetitionView>,
    (category, event): &(Category, PetitionEvent),
    recorded: &RecordedEvent,
) {
    if let Some(view) = view {
        // A petition has one category for life.
        if view.category == *category {
            view.follow(event, recorded);
        }
        return;
    }
    // Only an id that breaks a rule made after it was written stays without a view.
    let Ok(id) = PetitionId::new(recorded.metadata.subject()) else {
        return;
    };
    let mut begun = PetitionView::new(id, *category);
    if begun.follow(event, recorded) {
        *view = Some(begun);
    }
}

impl PetitionView {
    fn new(id: PetitionId, category: Category) -> Self {
        Self {
            id,
            category,
            application: ApplicationState::default(),
            ended_at: None,
            issuances: Vec::new(),
            timeline: Timeline::default(),
        }
    }

    /// Follows an event; whether it mattered.
    fn follow(&mut self, event: &PetitionEvent, recorded: &RecordedEvent) -> bool {
        let occurred_at = recorded.metadata.occurred_at();
        let (has_mattered, (what, at)) = match event {
            PetitionEvent::Application(event) => {
                let (what, at) = event.step();
                let at = at.unwrap_or(occurred_at);
                let has_mattered = event.happening().apply(&mut self.application);
                if has_mattered && self.application.has_ended() {
                    self.ended_at = Some(at);
                }
                (has_mattered, (what, at))
            }
            PetitionEvent::Issuance(event) => {
                let Some(attempt) = IssuanceId::attempt_in(recorded.stream.id()) else {
                    return false;
                };
                let happening = event.happening();
                let (what, at) = event.step();
                let at = at.unwrap_or(occurred_at);
                let apply = |state: &mut IssuanceState| happening.apply(state);
                (self.follow_issuance(attempt, apply, at), (what, at))
            }
        };
        if has_mattered {
            self.timeline.push(what, at);
        }
        has_mattered
    }

    fn follow_issuance(
        &mut self,
        attempt: u32,
        apply: impl FnOnce(&mut IssuanceState) -> bool,
        at: Timestamp,
    ) -> bool {
        let place = self
            .issuances
            .binary_search_by_key(&attempt, |issuance| issuance.attempt);
        match place {
            Ok(place) => self.issuances[place].follow(apply, at),
            Err(place) => {
                let mut begun = IssuanceView {
                    attempt,
                    state: IssuanceState::default(),
                    issued_at: None,
                    ended_at: None,
                };
                let has_mattered = begun.follow(apply, at);
                if has_mattered {
                    self.issuances.insert(place, begun);
                }
                has_mattered
            }
        }
    }

    /// The petition itself; none where nothing is known but its documents.
    #[must_use]
    pub fn filed(&self) -> Option<&Application> {
        self.application.filed()
    }

    /// Where the petition stands; none where nothing is known but its documents.
    #[must_use]
    pub fn status(&self) -> Option<ApplicationStatus> {
        self.application.status()
    }

    /// Returns the last step.
    #[must_use]
    pub fn last_step(&self) -> Option<&Step> {
        self.timeline.steps().last()
    }

    /// The attempts to issue a document for it, in their order, as they are shown.
    pub fn documents(&self) -> impl Iterator<Item = DocumentView> {
        self.issuances.iter().filter_map(IssuanceView::shown)
    }

    /// The same view with no attempt but this one, as the issuance's own events say: for a question
    /// whose answer may not rest on a read model.
    #[must_use]
    pub fn with_attempt(mut self, attempt: u32, state: IssuanceState) -> Self {
        let issued_at = state.attempt().and_then(Attempt::document);
        self.issuances = vec![IssuanceView {
            attempt,
            issued_at: issued_at.map(|document| document.issued_at),
            ended_at: None,
            state,
        }];
        self
    }

    /// The document with this verification number.
    #[must_use]
    pub fn document(&self, number: VerificationNumber) -> Option<DocumentView> {
        let mut issuances = self.issuances.iter();
        issuances
            .find(|issuance| issuance.has_number(number))?
            .shown()
    }

    /// Returns the answer, on a day in Seoul, to whoever asks about the document with this number.
    ///
    /// Two documents should never share a number. Where they do, the worse is said.
    #[must_use]
    pub fn verify(&self, number: VerificationNumber, on: Date) -> DocumentVerdict {
        self.issuances
            .iter()
            .filter_map(|issuance| issuance.verdict(number, on))
            .max()
            .unwrap_or(DocumentVerdict::Unknown)
    }
}

impl IssuanceView {
    fn follow(&mut self, apply: impl FnOnce(&mut IssuanceState) -> bool, at: Timestamp) -> bool {
        let has_ended = self.has_ended();
        if !apply(&mut self.state) {
            return false;
        }
        if self.issued_at.is_none() && self.attempt().is_some_and(|it| it.result.is_some()) {
            self.issued_at = Some(at);
        }
        // After its end a refund may still follow.
        if self.has_ended() && !has_ended {
            self.ended_at = Some(at);
        }
        true
    }

    fn has_ended(&self) -> bool {
        self.state.status().is_some_and(IssuanceStatus::is_end)
    }

    pub(super) fn attempt(&self) -> Option<&Attempt> {
        self.state.attempt()
    }
}

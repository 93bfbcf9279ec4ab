//! The steps of an officer while a petition is examined.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ApplicationState as State, ApplicationStatus as Status, PetitionApplication, Stage,
    rule::{Decision, at, happened},
};
use crate::{
    chapter::{Happening, Rule},
    text::{Activity, Department},
};

/// Notes a step of work. It takes a received petition into review.
///
/// While a supplement is awaited such a step is a mere note: the law stops the clock (D20), not
/// the work on what is not missing, and only the petitioner's supplement ends the waiting. So it is
/// while the clock stands on another ground, and while an objection is examined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordProgress {
    /// The activity that was carried out.
    pub activity: Activity,
    /// Who did it.
    pub officer: ActorId,
    /// Where it was done, if that is known.
    pub department: Option<Department>,
    /// When it was done. A step done again at the same time is a step more: only the id of the
    /// command shows that it was sent again.
    pub noted_at: Timestamp,
}

/// A step of work was done. An addition of ours to the catalogue: the everyday work of an office,
/// which has no legal effect of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressRecorded {
    /// The activity that was carried out.
    pub activity: Activity,
    /// Who did it.
    pub officer: ActorId,
    /// Where it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<Department>,
    /// When it was done.
    pub noted_at: Timestamp,
}

/// Work may be done on it: also while it waits, and while an objection is examined.
const EXAMINED: &[Status] = &[
    Status::Received,
    Status::InReview,
    Status::AwaitingSupplement,
    Status::Suspended,
    Status::UnderObjection,
];

/// Always recorded: a step is a note, not a transition, and equal notes may be two. Clocks are
/// coarse, an imported log may know the day alone; only the command's id distinguishes a step sent
/// again from one done again.
impl Rule<PetitionApplication> for RecordProgress {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        at(state, EXAMINED, Self::WORDS)?;
        happened(ProgressRecorded {
            activity: self.activity.clone(),
            officer: self.officer.clone(),
            department: self.department.clone(),
            noted_at: self.noted_at,
        })
    }
}

impl Happening<State> for ProgressRecorded {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(EXAMINED) else {
            return false;
        };
        if filed.stage == Stage::Received {
            filed.stage = Stage::InReview;
        }
        true
    }
}

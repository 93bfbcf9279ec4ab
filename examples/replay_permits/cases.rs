//! From parts of cases to portions of petitions.

use std::mem;

use minwon::{
    Timestamp,
    engine::{Command, StreamName},
    petitions::{ApplicationCommand, PetitionApplication},
};
use minwon_xes::{CaseAttributes, CasePart};

use crate::{
    fit::{Fitting, instant},
    petition::{self, Identity, Petition, Step},
};

/// Steps of one case that are held back until its end is seen. Unit: events.
///
/// Filing a petition takes the attributes of its case, and a few tools write these after the
/// events, against the standard. Up to so many events that does no harm; of a longer case the
/// attributes seen so far count.
const HELD_EVENTS_MAX: usize = 10_000;

/// A stretch of one petition's history, from its beginning or from where the last one ended.
pub(crate) struct Portion {
    /// The stream of the petition.
    pub(crate) stream: StreamName,
    /// The name of the case in messages.
    pub(crate) case: String,
    /// The commands to carry out, in this order.
    pub(crate) commands: Vec<Command<ApplicationCommand>>,
    /// Whether the case ends here.
    pub(crate) is_last: bool,
}

/// Turns the cases of a log into petitions, one case after the other.
pub(crate) struct Cases {
    application: PetitionApplication,
    case: Case,
    fitting: Fitting,
    /// Cases with attributes that came too late to count.
    belated: u64,
}

/// The case that is being read.
#[derive(Default)]
struct Case {
    identity: Identity,
    held: Vec<Step>,
    filed: Option<Filed>,
}

struct Filed {
    petition: Petition,
    attributes: CaseAttributes,
}

impl Cases {
    pub(crate) fn new() -> Self {
        Self {
            application: petition::application(),
            case: Case::default(),
            fitting: Fitting::default(),
            belated: 0,
        }
    }

    /// Returns the warnings to the user about the cases taken.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let belated = (self.belated > 0).then(|| {
            format!(
                "{} cases have more than {HELD_EVENTS_MAX} events with attributes after them; \
                 these attributes were left out",
                self.belated
            )
        });
        self.fitting.warning().into_iter().chain(belated).collect()
    }

    /// Takes the next part of the log. Returns what can be carried out now.
    pub(crate) fn take(&mut self, part: CasePart) -> Option<Portion> {
        if part.first {
            self.case.identity = Identity {
                ordinal: part.ordinal,
                first_activity: part.events.first().and_then(|e| e.activity.clone()),
                first_time: part.events.first().and_then(|e| e.timestamp.map(instant)),
                name: None,
            };
        }
        let fitted = |event| Step::new(event, &mut self.fitting);
        self.case.held.extend(part.events.iter().map(fitted));
        let is_due = part.last || self.case.held.len() >= HELD_EVENTS_MAX;
        is_due.then(|| self.portion(&part))
    }

    fn portion(&mut self, part: &CasePart) -> Portion {
        let mut case = mem::take(&mut self.case);
        let steps = mem::take(&mut case.held);
        let mut commands = Vec::with_capacity(steps.len() + 4);
        let mut filed = match case.filed.take() {
            Some(filed) => filed,
            None => {
                case.identity.name.clone_from(&part.attributes.name);
                let at = filed_at(&part.attributes, &steps);
                let petition = Petition::new(&case.identity, &self.application, at);
                commands.extend(petition.open(&part.attributes, &mut self.fitting));
                let attributes = part.attributes.clone();
                Filed {
                    petition,
                    attributes,
                }
            }
        };
        commands.extend(steps.into_iter().map(|step| filed.petition.record(step)));
        if part.last {
            commands.extend(self.end(&filed, &part.attributes));
        }
        let portion = Portion {
            stream: filed.petition.stream.clone(),
            case: case.identity.to_string(),
            commands,
            is_last: part.last,
        };
        if !part.last {
            case.filed = Some(filed);
            self.case = case;
        }
        portion
    }

    fn end(
        &mut self,
        filed: &Filed,
        attributes: &CaseAttributes,
    ) -> Vec<Command<ApplicationCommand>> {
        let is_belated = facts_of_filing(attributes) != facts_of_filing(&filed.attributes);
        self.belated += u64::from(is_belated);
        let Some(enddate) = attributes.enddate else {
            return Vec::new();
        };
        let responsible = self.fitting.id(attributes.responsible.as_deref());
        filed
            .petition
            .complete(instant(enddate), responsible)
            .collect()
    }
}

/// When a case was filed: at its first step, as far as that has a time.
fn filed_at(attributes: &CaseAttributes, steps: &[Step]) -> Timestamp {
    let first = steps.first().and_then(|step| step.noted_at);
    first
        .or_else(|| attributes.startdate.map(instant))
        .or_else(|| steps.iter().find_map(|step| step.noted_at))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Returns the facts that have to be known when a case is filed.
fn facts_of_filing(attributes: &CaseAttributes) -> impl PartialEq {
    let CaseAttributes {
        name,
        channel,
        department,
        deadline,
        ..
    } = attributes;
    (name, channel, department, deadline)
}

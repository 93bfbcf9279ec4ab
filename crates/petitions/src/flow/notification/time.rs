//! What petitioners are told of periods, and of objections to what was decided in them.

use super::{Filed, Told, in_seoul, list};
use crate::{due::Due, text::Text};

pub(super) fn told_of_time(event: &Filed) -> Told {
    Some(match event {
        Filed::SupplementPeriodExtended(extended) => {
            let due = in_seoul(extended.deadline.due);
            let text = format!("You have longer to supply what is missing: until {due}.");
            ("supplement-extended", text)
        }
        Filed::SupplementRerequested(again) => {
            let due = in_seoul(again.deadline.due);
            let text = format!(
                "What was missing was not supplied in time. Please supply it until {due}, or your \
                 documents may be returned."
            );
            ("supplement-requested-again", text)
        }
        Filed::Returned(returned) => {
            let reasons = list(&returned.reasons);
            let text = format!("Your documents are returned. Reasons: {reasons}.");
            ("returned", text)
        }
        Filed::DeemedWithdrawn(_) => {
            let text = "You could not be reached, so your petition counts as withdrawn.".to_owned();
            ("deemed-withdrawn", text)
        }
        // Reason and expected completion are told without delay (D21).
        Filed::PeriodExtended(extended) => (
            "extended",
            told_of_extension(&extended.reason, extended.deadline.due),
        ),
        Filed::PeriodExtendedAgain(extended) => (
            "extended-again",
            told_of_extension(&extended.reason, extended.deadline.due),
        ),
        Filed::DeadlineRecalculated(recalculated) => {
            ("due-moved", told_of_due(recalculated.deadline.due))
        }
        Filed::ClockResumed(resumed) => ("due-moved", told_of_due(resumed.deadline.as_ref()?.due)),
        Filed::ObjectionFiled(objection) => {
            let due = in_seoul(objection.deadline.due);
            let text = format!("Your objection was received. It is to be decided until {due}.");
            ("objection-received", text)
        }
        Filed::ObjectionDecisionExtended(extended) => {
            let (reason, due) = (&extended.reason, in_seoul(extended.deadline.due));
            let text = format!("The decision on your objection takes until {due}: {reason}");
            ("objection-extended", text)
        }
        Filed::ObjectionUpheld(upheld) => {
            let reasons = list(&upheld.reasons);
            let text = format!(
                "Your objection was upheld, and your petition is examined anew. Reasons: {reasons}."
            );
            ("objection-upheld", text)
        }
        Filed::ObjectionDismissed(dismissed) => {
            let reasons = list(&dismissed.reasons);
            let text = format!(
                "Your objection was dismissed. Reasons: {reasons}. Administrative appeal and \
                 lawsuit remain open to you."
            );
            ("objection-dismissed", text)
        }
        _ => return None,
    })
}

fn told_of_extension(reason: &Text, due: Due) -> String {
    let due = in_seoul(due);
    format!("The work on your petition takes longer, until {due}: {reason}")
}

fn told_of_due(due: Due) -> String {
    format!("Your petition is now due {}.", in_seoul(due))
}

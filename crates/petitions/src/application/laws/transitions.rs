//! The state machine as the notes on the law have it, section 7: where each command may be given, and
//! where the petition stands after it. The machine is held against it under each version of the law.

use proptest::{prelude::*, test_runner::TestRunner};

use super::{apply, lives};
use crate::application::{
    ApplicationCommand as Command,
    ApplicationStatus::{self as Status, *},
    tests::{application, under_each_law},
};
use minwon_core::Decider;

/// Where a petition stands after a command.
#[derive(Debug, Clone, Copy)]
enum To {
    /// Where it stood.
    Same,
    At(Status),
}
use To::{At, Same};

/// Received and not decided.
const OPEN: &[Status] = &[Received, InReview, AwaitingSupplement, Suspended];
const NOT_CONCLUDED: &[Status] = &[Submitted, Received, InReview, AwaitingSupplement, Suspended];
const IN_PROGRESS: &[Status] = &[Received, InReview, AwaitingSupplement, Suspended, Approved];
const AT_AN_OFFICE: &[Status] = &[Received, InReview];

/// By the words of a command: from where to where. Nothing but the first two is given without a petition.
const TABLE: &[(&str, &[Status], To)] = &[
    ("submit", &[], At(Submitted)),
    ("register after an outage", &[], At(Received)),
    ("receive", &[Submitted], At(Received)),
    ("issue a receipt slip for", OPEN, Same),
    ("correct a clerical error in", &[Submitted, Received], Same),
    (
        "transfer to another agency",
        &[Submitted, Received, InReview],
        At(Submitted),
    ),
    ("transfer to another department", AT_AN_OFFICE, At(InReview)),
    ("assign", AT_AN_OFFICE, At(InReview)),
    ("reassign", AT_AN_OFFICE, At(InReview)),
    ("merge", &[Received], At(Closed)),
    ("record progress of", AT_AN_OFFICE, At(InReview)),
    // An objection is examined as well.
    (
        "record progress of",
        &[AwaitingSupplement, Suspended, UnderObjection],
        Same,
    ),
    (
        "request a supplement to",
        AT_AN_OFFICE,
        At(AwaitingSupplement),
    ),
    (
        "extend the supplement period of",
        &[AwaitingSupplement],
        Same,
    ),
    ("supplement", &[AwaitingSupplement], At(InReview)),
    ("request again a supplement to", &[AwaitingSupplement], Same),
    (
        "note the undeliverable request to",
        &[AwaitingSupplement],
        Same,
    ),
    ("return", &[AwaitingSupplement], At(Returned)),
    ("deem withdrawn", &[AwaitingSupplement], At(Withdrawn)),
    ("stop the clock of", AT_AN_OFFICE, At(Suspended)),
    ("resume the clock of", &[Suspended], At(InReview)),
    ("consult another agency about", &[InReview], Same),
    ("enter an agency's answer to", OPEN, Same),
    ("extend the consultation about", OPEN, Same),
    ("extend the period of", OPEN, Same),
    ("extend again the period of", OPEN, Same),
    ("recalculate the due of", IN_PROGRESS, Same),
    ("notify the progress of", IN_PROGRESS, Same),
    ("note the missed due of", IN_PROGRESS, Same),
    ("issue a reminder for", IN_PROGRESS, Same),
    ("modify", NOT_CONCLUDED, Same),
    ("withdraw", NOT_CONCLUDED, At(Withdrawn)),
    // From Received what is instant or of the kind other.
    ("approve", AT_AN_OFFICE, At(Approved)),
    ("reject", &[InReview], At(Rejected)),
    ("notify the result of", &[Approved], At(Completed)),
    ("notify the result of", &[Rejected], Same),
    // From InReview what ends in an answer.
    ("complete", &[InReview, Approved, Rejected], At(Completed)),
    ("close as uncollected", &[Approved], At(Closed)),
    ("object to", &[Rejected], At(UnderObjection)),
    ("extend the objection period of", &[UnderObjection], Same),
    ("uphold the objection to", &[UnderObjection], At(InReview)),
    ("dismiss the objection to", &[UnderObjection], At(Completed)),
    ("close as repeated", AT_AN_OFFICE, At(Closed)),
    ("close as exempt", AT_AN_OFFICE, At(Closed)),
];

/// Where the table says that a petition stands after `command`; none where it is not to be given.
fn after(command: &Command, from: Option<Status>) -> Option<Status> {
    let may_be_given = |statuses: &[Status]| match from {
        None => statuses.is_empty(),
        Some(status) => statuses.contains(&status),
    };
    let row = |(words, statuses, _): &&(&str, &[Status], To)| {
        *words == command.words() && may_be_given(statuses)
    };
    let (.., to) = TABLE.iter().find(row)?;
    match *to {
        Same => from,
        At(status) => Some(status),
    }
}

#[test]
fn every_command_stands_in_the_table() {
    for words in Command::WORDS {
        assert!(TABLE.iter().any(|(row, ..)| row == words), "{words}");
    }
}

#[test]
fn the_machine_goes_no_way_that_the_table_does_not_have() {
    under_each_law(|| {
        let config = ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let mut runner = TestRunner::new(config);
        let checked = runner.run(&lives(), |commands| {
            let application = application();
            let mut state = application.initial();
            let mut was_approved = false;
            for command in &commands {
                let events = application.decide(&state, command).unwrap_or_default();
                if events.is_empty() {
                    continue;
                }
                let from = state.status();
                state = apply(state, &events);
                // What is known to be approved need not be looked at again.
                was_approved |= state.status() == Some(Approved);
                prop_assert!(!was_approved || state.decided_against().is_none());
                prop_assert_eq!(
                    state.status(),
                    after(command, from),
                    "{:?} from {:?}",
                    command,
                    from
                );
            }
            Ok(())
        });
        checked.unwrap();
    });
}

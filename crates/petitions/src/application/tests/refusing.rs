//! Commands that no petition takes.

use super::*;

#[test]
fn no_command_refuses_a_receipt() {
    // A9①: an agency may not withhold or refuse it. What a petition can be asked for is this,
    // and nothing else.
    let refusals = Command::WORDS
        .iter()
        .filter(|words| words.contains("refuse") || words.contains("decline"));
    assert_eq!(refusals.count(), 0);
    // The one thing that happens to a submitted petition besides its receipt and what its
    // petitioner wants is a transfer to the agency that is competent, which has to receive it.
    let taken = taken_at(Status::Submitted);
    let words: Vec<_> = taken.iter().map(Command::words).collect();
    assert_eq!(
        words,
        [
            "receive",
            "withdraw",
            "correct a clerical error in",
            "transfer to another agency",
            "modify",
        ]
    );
}

/// The good commands that a statutory petition at this status takes.
fn taken_at(status: Status) -> Vec<Command> {
    use minwon_core::Decider;
    let apply = |state, event: &Event| application().evolve(state, event);
    let state = at(status).iter().fold(application().initial(), apply);
    let mut commands = commands(ServiceType::DeadlineBound, PetitionKind::Statutory);
    commands.retain(|command| {
        let events = application().decide(&state, command).unwrap_or_default();
        !events.is_empty()
    });
    commands
}

#[test]
fn nothing_happens_to_a_petition_that_has_ended() {
    let ends = Status::ALL.iter().copied().filter(|status| status.is_end());
    for status in ends {
        assert_eq!(taken_at(status), [], "{status}");
    }
}

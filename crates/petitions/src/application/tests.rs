mod clock;
mod closing;
mod commands;
mod deadlines;
mod due;
mod ending;
mod extensions;
mod handling;
mod objections;
mod order;
mod outage;
mod receiving;
mod refusing;
mod results;
mod reviewing;
mod ruling;
pub(super) mod samples;
mod submitting;
mod supplements;

use std::cell::Cell;

use crate::PetitionId;
use minwon_core::{StoredEvent, testing::given};

use super::{
    ApplicationCommand as Command, ApplicationEvent as Event, ApplicationRejection as Rejection,
    ApplicationStatus as Status, *,
};
use crate::{
    ATTACHMENTS_MAX, Attachment, Category, Channel, Due, PetitionKind, ServiceType, Sha256,
    TEXTS_MAX, Text,
};
pub(super) use commands::*;
use samples::*;

thread_local! {
    static LATER_DAYS: Cell<u32> = const { Cell::new(0) };
}

/// Weeks from the days of the tests to days on which every provision is in force.
const WEEKS_TO_THE_PRESENT_LAW: u32 = 13;

/// Runs a test on its own days, of March 2026, and so many weeks later, under the later versions of the law.
pub(super) fn under_each_law(test: impl Fn()) {
    for weeks in [0, WEEKS_TO_THE_PRESENT_LAW] {
        LATER_DAYS.set(7 * weeks);
        test();
    }
    LATER_DAYS.set(0);
}

/// Reads a value; a date or time as many days later as the [law of the test](under_each_law) says.
pub(super) fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    let date = text.split('T').next().unwrap_or_default();
    match (date.parse::<crate::Date>(), LATER_DAYS.get()) {
        (Ok(day), days @ 1..) => {
            let later = day.plus_days(days).to_string();
            text.replacen(date, &later, 1).parse().unwrap()
        }
        _ => text.parse().unwrap(),
    }
}

pub(super) fn application() -> PetitionApplication {
    PetitionApplication::new(Category::Car)
}

/// A due that was counted with the published calendar.
pub(super) fn counted(due: &str) -> CountedDue {
    CountedDue {
        due: read(due),
        calendar_version: crate::Calendar::published().version().clone(),
    }
}

fn attachment() -> Attachment {
    Attachment {
        uri: read("s3://forms/1.pdf"),
        media_type: read("application/pdf"),
        bytes: 1024,
        sha256: Sha256::from_bytes([7; 32]),
    }
}

fn texts(count: usize) -> Vec<Text> {
    (0..count).map(|n| read(&format!("Item {n}"))).collect()
}

/// One good command of each kind, in the order of declaration.
fn commands(service: ServiceType, kind: PetitionKind) -> Vec<Command> {
    vec![
        submit(service, kind).into(),
        receive(kind).into(),
        record_progress("Examine").into(),
        request_supplement().into(),
        supplement().into(),
        mark_missed().into(),
        notify_progress(1).into(),
        issue_reminder().into(),
        approve().into(),
        reject().into(),
        withdraw().into(),
        complete().into(),
        extend_supplement_period().into(),
        request_again().into(),
        mark_undeliverable(1).into(),
        return_documents().into(),
        deem_withdrawn().into(),
        suspend().into(),
        resume().into(),
        extend_period().into(),
        extend_period_again().into(),
        recalculate().into(),
        notify_result().into(),
        file_objection().into(),
        extend_objection_decision().into(),
        uphold_objection().into(),
        dismiss_objection().into(),
        register_backdated(service, kind).into(),
        issue_slip().into(),
        correct_error().into(),
        assign().into(),
        reassign().into(),
        to_department().into(),
        to_agency().into(),
        consult().into(),
        reply().into(),
        extend_consultation().into(),
        modify().into(),
        merge().into(),
        close_as_repeated().into(),
        close_as_exempt().into(),
        close_uncollected().into(),
    ]
}

/// Returns the events when these commands are given one after the other.
fn history(commands: impl IntoIterator<Item = Command>) -> Vec<Event> {
    use minwon_core::Decider;
    let application = application();
    let mut state = application.initial();
    let mut events = Vec::new();
    for command in commands {
        for event in application.decide(&state, &command).unwrap() {
            state = application.evolve(state, &event);
            events.push(event);
        }
    }
    events
}

/// How a petition gets to a status, if that is possible today.
fn path(status: Status, service: ServiceType, kind: PetitionKind) -> Option<Vec<Command>> {
    let to = |status| path(status, service, kind);
    let (before, command): (_, Command) = match status {
        Status::Submitted => (Some(Vec::new()), submit(service, kind).into()),
        Status::Received => (to(Status::Submitted), receive(kind).into()),
        Status::InReview => (to(Status::Received), record_progress("Register").into()),
        Status::AwaitingSupplement => (to(Status::InReview), request_supplement().into()),
        Status::Approved => (to(Status::InReview), approve().into()),
        Status::Rejected => (to(Status::InReview), reject().into()),
        Status::Completed => (to(Status::Approved), complete().into()),
        Status::Withdrawn => (to(Status::InReview), withdraw().into()),
        Status::Suspended => (to(Status::InReview), suspend().into()),
        // Nobody objects to what is not statutory.
        Status::UnderObjection if kind != PetitionKind::Statutory => return None,
        Status::UnderObjection => (to(Status::Rejected), file_objection().into()),
        Status::Returned => (to(Status::AwaitingSupplement), return_documents().into()),
        Status::Closed => (to(Status::Received), merge().into()),
    };
    before.map(|before| [before, vec![command]].concat())
}

fn after(status: Status, commands: impl IntoIterator<Item = Command>) -> Vec<Event> {
    let path = path(status, ServiceType::DeadlineBound, PetitionKind::Statutory);
    history(path.unwrap().into_iter().chain(commands))
}

fn folded(events: impl IntoIterator<Item = Event>) -> ApplicationState {
    use minwon_core::Decider;
    let application = application();
    let events = events.into_iter();
    events.fold(application.initial(), |state, event| {
        application.evolve(state, &event)
    })
}

fn at_with(status: Status, service: ServiceType, kind: PetitionKind) -> Vec<Event> {
    history(path(status, service, kind).unwrap())
}

/// The history of a deadline-bound, statutory petition that stands at `status`.
fn at(status: Status) -> Vec<Event> {
    at_with(status, ServiceType::DeadlineBound, PetitionKind::Statutory)
}

/// One row per command, one mark per status (the first for none): `+` something happens, `=`
/// nothing changes, `-` it is rejected, `.` no such petition comes there.
fn table(service: ServiceType, kind: PetitionKind) -> String {
    use minwon_core::Decider;
    let application = application();
    let reachable = Status::ALL.iter().map(|&s| path(s, service, kind));
    let states: Vec<_> = std::iter::once(Some(Vec::new()))
        .chain(reachable)
        .map(|path| {
            let apply = |state, event| application.evolve(state, &event);
            Some(
                history(path?)
                    .into_iter()
                    .fold(application.initial(), apply),
            )
        })
        .collect();
    let row = |command: &Command| {
        let mark = |state: &Option<_>| match state {
            None => " .",
            Some(state) => match application.decide(state, command) {
                Ok(events) if events.is_empty() => " =",
                Ok(_) => " +",
                Err(_) => " -",
            },
        };
        let marks: String = states.iter().map(mark).collect();
        format!("{:34}{marks}\n", command.words())
    };
    commands(service, kind).iter().map(row).collect()
}

/// The table with other marks for one command.
fn with_row(table: &str, words: &str, marks: &str) -> String {
    let lines = table.lines().map(|line| {
        if line.starts_with(&format!("{words:34}")) {
            format!("{words:34} {marks}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

#[test]
fn every_command_has_its_place_in_the_tables() {
    let all = commands(ServiceType::DeadlineBound, PetitionKind::Statutory);
    let words: Vec<_> = all.iter().map(Command::words).collect();
    assert_eq!(words, Command::WORDS);
}

#[test]
fn what_is_allowed_when() {
    under_each_law(check_what_is_allowed_when);
}

fn check_what_is_allowed_when() {
    //                                  None      InReview  Rejected  Withdrawn
    //                                  | Submitted Awaiting. UnderObjection
    //                                  | | Received  Suspended Completed
    //                                  | | | |   | | Approved  Returned, Closed
    let statutory = "\
submit                             + - - - - - - - - - - - -
receive                            - + = = = = = = = - - - -
record progress of                 - - + + + + - - + - - - -
request a supplement to            - - + + = - - - - - - - -
supplement                         - - - - + - - - - - - - -
note the missed due of             - - + + - - + - - - - - -
notify the progress of             - - + + + + + - - - - - -
issue a reminder for               - - - - + - - - - - - - -
approve                            - - - + - - = - - - - - -
reject                             - - - + - - - = - - - - -
withdraw                           - + + + + + - - - - - = -
complete                           - - - - - - + - - = - - -
extend the supplement period of    - - - - + - - - - - - - -
request again a supplement to      - - - - + - - - - - - - -
note the undeliverable request to  - - - - + - - - - - - - -
return                             - - - - + - - - - - = - -
deem withdrawn                     - - - - - - - - - - - - -
stop the clock of                  - - + + - = - - - - - - -
resume the clock of                - - - - - + - - - - - - -
extend the period of               - - + + + + - - - - - - -
extend again the period of         - - - - - - - - - - - - -
recalculate the due of             - - = = = = = - - - - - -
notify the result of               - - - - - - + + - - - - -
object to                          - - - - - - - + = - - - -
extend the objection period of     - - - - - - - - + - - - -
uphold the objection to            - - - - - - - - + - - - -
dismiss the objection to           - - - - - - - - + - - - -
register after an outage           + - - - - - - - - - - - -
issue a receipt slip for           - - + + + + - - - - - - -
correct a clerical error in        - + + - - - - - - - - - -
assign                             - - + + - - - - - - - - -
reassign                           - - - - - - - - - - - - -
transfer to another department     - - + + - - - - - - - - -
transfer to another agency         - + + + - - - - - - - - -
consult another agency about       - - - + - - - - - - - - -
enter an agency's answer to        - - - - - - - - - - - - -
extend the consultation about      - - - - - - - - - - - - -
modify                             - + + + + + - - - - - - -
merge                              - - + - - - - - - - - - =
close as repeated                  - - - - - - - - - - - - -
close as exempt                    - - - - - - - - - - - - -
close as uncollected               - - - - - - + - - - - - -
";
    let (bound, kinds) = (ServiceType::DeadlineBound, PetitionKind::ALL);
    assert_eq!(table(bound, PetitionKind::Statutory), statutory);
    assert_eq!(
        table(ServiceType::Unlinked, PetitionKind::Statutory),
        statutory
    );

    let at_once = |table: &str| with_row(table, "approve", "- - + + - - = - - - - - -");
    assert_eq!(
        table(ServiceType::InstantIssuance, PetitionKind::Statutory),
        at_once(statutory)
    );

    // Nobody objects to what is not statutory, so such a refusal can be completed at once.
    for &kind in kinds
        .iter()
        .filter(|kind| **kind != PetitionKind::Statutory)
    {
        let mut expected: String = statutory
            .lines()
            .map(|line| {
                // None stands behind the words, and UnderObjection 8 marks later.
                let place = 35 + 2 * 8;
                format!("{}.{}\n", &line[..place], &line[place + 1..])
            })
            .collect();
        expected = with_row(&expected, "object to", "- - - - - - - - . - - - -");
        expected = match kind.ends_in_answer() {
            true => with_row(&expected, "complete", "- - - + - - + + . = - - -"),
            false => with_row(&expected, "complete", "- - - - - - + + . = - - -"),
        };
        // A21, A23: these ends are for what is not statutory.
        let early = "- - + + - - - - . - - - -";
        expected = with_row(&expected, "close as repeated", early);
        expected = with_row(&expected, "close as exempt", early);
        if kind == PetitionKind::Other {
            expected = with_row(&expected, "approve", "- - + + - - = - . - - - -");
        }
        assert_eq!(table(bound, kind), expected, "{kind}");
    }
}

#[test]
fn nothing_but_submission_begins_a_petition() {
    for command in commands(ServiceType::DeadlineBound, PetitionKind::Statutory) {
        let words = command.words();
        if matches!(command, Command::Submit(_) | Command::RegisterBackdated(_)) {
            continue;
        }
        given(&application(), [])
            .when(command)
            .then_rejected(Rejection::NotSubmitted { command: words });
    }
}

#[test]
fn rejections_say_what_happened_and_what_to_do() {
    let decide = |status, command: Command| {
        use minwon_core::Decider;
        let state = at(status)
            .iter()
            .fold(application().initial(), |s, e| application().evolve(s, e));
        application()
            .decide(&state, &command)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        decide(Status::InReview, complete().into()),
        "cannot complete a statutory petition that is undecided; approve or reject it first"
    );
    assert_eq!(
        decide(Status::AwaitingSupplement, approve().into()),
        "cannot approve a petition while a supplement is awaited (due 2026-03-20)"
    );
    assert_eq!(
        decide(Status::Withdrawn, record_progress("Examine").into()),
        "cannot record progress of a petition that is withdrawn; its stream has ended"
    );
}

#[test]
fn every_kind_of_event_is_reached() {
    let to = |status, more: Vec<Command>| {
        let path = path(status, ServiceType::DeadlineBound, PetitionKind::Statutory);
        history(path.unwrap().into_iter().chain(more))
    };
    let waiting = vec![
        notify_progress(1).into(),
        extend_supplement_period().into(),
        IssueReminder {
            issued_at: read("2026-03-24T00:00:00+09:00"),
            ..issue_reminder()
        }
        .into(),
        RerequestSupplement {
            requested_at: read("2026-03-24T10:00:00+09:00"),
            ..request_again()
        }
        .into(),
        mark_undeliverable(1).into(),
        mark_undeliverable(2).into(),
    ];
    let objected = |end: Command| {
        let middle = vec![
            notify_result().into(),
            file_objection().into(),
            extend_objection_decision().into(),
        ];
        to(Status::Rejected, [middle, vec![end]].concat())
    };
    let later = crate::Calendar::published().with_holiday(read("2026-03-13"));
    let recalculated = {
        use minwon_core::Decider;
        let under_later = application().with_calendar(later.unwrap());
        let state = at(Status::Received)
            .iter()
            .fold(under_later.initial(), |s, e| under_later.evolve(s, e));
        under_later.decide(&state, &recalculate().into()).unwrap()
    };
    let mut names: Vec<_> = [
        at(Status::Completed),
        at(Status::Withdrawn),
        at(Status::Returned),
        to(Status::Received, vec![mark_missed().into()]),
        to(
            Status::AwaitingSupplement,
            [waiting.clone(), vec![supplement().into()]].concat(),
        ),
        to(
            Status::AwaitingSupplement,
            [waiting, vec![deem_withdrawn().into()]].concat(),
        ),
        to(
            Status::Suspended,
            vec![
                resume().into(),
                extend_period().into(),
                extend_period_again().into(),
            ],
        ),
        objected(uphold_objection().into()),
        objected(dismiss_objection().into()),
        recalculated,
        handling::all_events(),
    ]
    .concat()
    .iter()
    .map(|event| event.shape().name)
    .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Event::SHAPES.len());
}

mod closing;
mod deadlines;
mod ending;
mod handling;
mod outage;
mod receiving;
mod refusing;
mod results;
mod reviewing;
mod ruling;
pub(super) mod samples;
mod submitting;

use minwon_core::{PetitionId, StoredEvent, testing::given};

use super::{
    ApplicationCommand as Command, ApplicationRejection as Rejection, ApplicationStatus as Status,
    Approve, Complete, CompletionOutcome, IssueReminder, MarkDeadlineMissed, NotifyProgress,
    PetitionApplication, Receive, RecordProgress, Reject, ReminderSubject, RequestSupplement,
    Submit, Supplement, Withdraw, event, progress_notice_at,
};
use super::{
    Assign, CloseAsExempt, CloseAsRepeated, CloseUncollected, CorrectClericalError, DocumentForm,
    DueDocument, ExemptionGround, IssueReceiptSlip, Merge, Modify, NotifyResult, Outage,
    Petitioners, Reassign, RegisterBackdated, ReplyConsultation, RequestConsultation,
    TransferToAgency, TransferToDepartment,
};
use crate::{
    ATTACHMENTS_MAX, Attachment, Category, Channel, Due, PetitionKind, ServiceType, Sha256,
    TEXTS_MAX, Text, catalogue::ApplicationEvent as Event,
};
use samples::*;

/// Reads any text of the crate.
pub(super) fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn application() -> PetitionApplication {
    PetitionApplication::new(Category::Car)
}

pub(super) fn submit(service: ServiceType, kind: PetitionKind) -> Submit {
    Submit {
        category: Category::Car,
        service,
        kind,
        channel: Channel::Online,
        petition_type: read("Transfer of a vehicle"),
        applicant: read("applicant-1"),
        agency: read("Seoul"),
        submitted_at: read("2026-03-09T09:00:00+09:00"),
        attachments: vec![attachment()],
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

pub(super) fn receive(kind: PetitionKind) -> Receive {
    Receive {
        receipt_number: read("2026-000123"),
        kind,
        period: read("7 days"),
        due: read("2026-03-17"),
        department: read("Vehicles"),
        calendar_version: read("kr-2026.1"),
        received_at: read("2026-03-09T10:00:00+09:00"),
    }
}

pub(super) fn record_progress(activity: &str) -> RecordProgress {
    RecordProgress {
        activity: read(activity),
        officer: read("officer-1"),
        department: None,
        noted_at: read("2026-03-10T10:00:00+09:00"),
    }
}

pub(super) fn request_supplement() -> RequestSupplement {
    RequestSupplement {
        items: vec![read("The contract of sale")],
        due: read("2026-03-20"),
        officer: read("officer-1"),
        requested_at: read("2026-03-10T11:00:00+09:00"),
    }
}

pub(super) fn supplement() -> Supplement {
    Supplement {
        by: read("applicant-1"),
        supplemented_at: read("2026-03-12T09:00:00+09:00"),
        attachments: vec![attachment()],
        note: Some(read("Here it is")),
    }
}

pub(super) fn mark_missed() -> MarkDeadlineMissed {
    MarkDeadlineMissed {
        due: read("2026-03-17"),
        noted_at: read("2026-03-18T00:00:00+09:00"),
    }
}

pub(super) fn notify_progress(number: u32) -> NotifyProgress {
    NotifyProgress {
        number,
        notified_at: progress_notice_at(receive(PetitionKind::Other).received_at, number),
    }
}

pub(super) fn issue_reminder() -> IssueReminder {
    IssueReminder {
        about: ReminderSubject::SupplementOverdue,
        issued_at: read("2026-03-21T00:00:00+09:00"),
    }
}

pub(super) fn approve() -> Approve {
    Approve {
        officer: read("officer-2"),
        conditions: Vec::new(),
    }
}

pub(super) fn reject() -> Reject {
    Reject {
        officer: read("officer-2"),
        reasons: vec![read("The seller does not own the vehicle")],
        remedies: vec![read("Objection within 60 days")],
    }
}

pub(super) fn withdraw() -> Withdraw {
    Withdraw {
        by: read("applicant-1"),
        reason: None,
    }
}

pub(super) fn complete() -> Complete {
    Complete {
        officer: read("officer-3"),
        answer: Some(read("See the attached document")),
        attachments: Vec::new(),
        document: DueDocument::NotDue,
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
        register_backdated(service, kind).into(),
        issue_slip().into(),
        correct_error().into(),
        assign().into(),
        reassign().into(),
        to_department().into(),
        to_agency().into(),
        consult().into(),
        reply().into(),
        modify().into(),
        merge().into(),
        close_as_repeated().into(),
        close_as_exempt().into(),
        close_uncollected().into(),
    ]
}

/// What happens when these commands are given one after the other.
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
        Status::Closed => (to(Status::Received), merge().into()),
        Status::Suspended | Status::UnderObjection | Status::Returned => return None,
    };
    before.map(|before| [before, vec![command]].concat())
}

fn at_with(status: Status, service: ServiceType, kind: PetitionKind) -> Vec<Event> {
    history(path(status, service, kind).unwrap())
}

/// The history of a deadline-bound, statutory petition that stands at `status`.
fn at(status: Status) -> Vec<Event> {
    at_with(status, ServiceType::DeadlineBound, PetitionKind::Statutory)
}

/// One row per command, one mark per status (the first for none): `+` something happens, `=`
/// nothing changes, `-` it is rejected.
fn table(service: ServiceType, kind: PetitionKind) -> String {
    use minwon_core::Decider;
    let application = application();
    let reachable = Status::ALL.iter().filter_map(|&s| path(s, service, kind));
    let states: Vec<_> = std::iter::once(Vec::new())
        .chain(reachable)
        .map(|path| {
            let apply = |state, event| application.evolve(state, &event);
            history(path).into_iter().fold(application.initial(), apply)
        })
        .collect();
    let row = |command: &Command| {
        let mark = |state| match application.decide(state, command) {
            Ok(events) if events.is_empty() => " =",
            Ok(_) => " +",
            Err(_) => " -",
        };
        let marks: String = states.iter().map(mark).collect();
        format!("{:24}{marks}\n", command.words())
    };
    commands(service, kind).iter().map(row).collect()
}

#[test]
fn every_command_has_its_place_in_the_tables() {
    let all = commands(ServiceType::DeadlineBound, PetitionKind::Statutory);
    let words: Vec<_> = all.iter().map(Command::words).collect();
    assert_eq!(words, Command::WORDS);
}

#[test]
fn what_is_allowed_when() {
    //                        None     InReview  Rejected
    //                        | Submitted AwaitingSupplement
    //                        | | Received Approved Completed
    //                        | | | |  | | | |   Withdrawn
    let deadline_bound = "\
submit                   + - - - - - - - -
receive                  - + = = = = = - -
record progress of       - - + + + - - - -
request a supplement to  - - + + = - - - -
supplement               - - - - + - - - -
note the missed due of   - - + + - + - - -
tell the progress of     - - + + + + - - -
issue a reminder for     - - - - + - - - -
approve                  - - - + - = - - -
reject                   - - - + - - = - -
withdraw                 - + + + + - - - =
complete                 - - - - - + + = -
";
    let statutory = PetitionKind::Statutory;
    assert_eq!(table(ServiceType::DeadlineBound, statutory), deadline_bound);
    assert_eq!(table(ServiceType::Unlinked, statutory), deadline_bound);
    assert_eq!(
        table(ServiceType::DeadlineBound, PetitionKind::Grievance),
        deadline_bound
    );

    let at_once = deadline_bound.replace(
        "approve                  - - - +",
        "approve                  - - + +",
    );
    assert_eq!(table(ServiceType::InstantIssuance, statutory), at_once);

    let answer = |table: &str| {
        table.replace(
            "complete                 - - - -",
            "complete                 - - - +",
        )
    };
    let answered = answer(deadline_bound);
    assert_eq!(
        table(ServiceType::DeadlineBound, PetitionKind::Inquiry),
        answered
    );
    assert_eq!(
        table(ServiceType::DeadlineBound, PetitionKind::Suggestion),
        answered
    );
    let other = answer(&at_once);
    assert_eq!(
        table(ServiceType::DeadlineBound, PetitionKind::Other),
        other
    );
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
    let mut names: Vec<_> = [Status::Completed, Status::Rejected, Status::Withdrawn]
        .into_iter()
        .flat_map(at)
        .chain(handling::all_events())
        .chain(history(
            path(
                Status::AwaitingSupplement,
                ServiceType::DeadlineBound,
                PetitionKind::Statutory,
            )
            .unwrap()
            .into_iter()
            .chain([
                notify_progress(1).into(),
                issue_reminder().into(),
                supplement().into(),
                mark_missed().into(),
            ]),
        ))
        .map(|event| event.shape().name)
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Event::SHAPES.len());
}

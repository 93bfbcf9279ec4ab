mod authorizing;
mod delivering;
mod ending;
mod fees;
mod issuing;
mod order;
mod picking_up;
mod requesting;
mod sources;
mod verifying;

use minwon_core::{Decider, StoredEvent, testing::given};

use super::{
    IssuanceCommand as Command, IssuanceEvent as Event, IssuanceRejection as Rejection,
    IssuanceStatus as Status, *,
};
use crate::{Attachment, ServiceType, Sha256, application::ApplicationStatus};

/// Reads any text of the crate.
pub(super) fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn issuance() -> Issuance {
    Issuance::new(Category::Building)
}

pub(super) fn basis(service: ServiceType, application: ApplicationStatus) -> Basis {
    match service {
        ServiceType::InstantIssuance => Basis::Instant,
        ServiceType::DeadlineBound => Basis::DeadlineBound { application },
        ServiceType::Unlinked => Basis::Unlinked { application },
    }
}

pub(super) fn request(service: ServiceType) -> Request {
    Request {
        category: Category::Building,
        basis: basis(service, ApplicationStatus::Approved),
        applicant: read("applicant-1"),
        document_type: read("건축물대장"),
        copies: 2,
        fee: Won::new(500),
    }
}

pub(super) fn paid(won: u32) -> FeeSettlement {
    FeeSettlement::Paid {
        amount: Won::new(won),
        payment: read("payment-1"),
    }
}

pub(super) fn waived() -> FeeSettlement {
    FeeSettlement::Waived {
        ground: read("Free of charge online"),
    }
}

pub(super) fn authorize(fee: FeeSettlement) -> Authorize {
    Authorize {
        identity: IdentityMethod::SimpleAuthentication,
        evidence: Some(read("proof-1")),
        fee,
    }
}

pub(super) fn verify_identity() -> VerifyIdentity {
    let Authorize {
        identity, evidence, ..
    } = authorize(waived());
    VerifyIdentity { identity, evidence }
}

pub(super) fn assess(won: u32) -> AssessFee {
    AssessFee {
        amount: Won::new(won),
        ground: Some(read("Reduced for a person of merit")),
    }
}

pub(super) fn pay(won: u32) -> PayFee {
    PayFee {
        amount: Won::new(won),
        payment: read("payment-1"),
    }
}

pub(super) fn waive() -> WaiveFee {
    WaiveFee {
        ground: read("Free of charge online"),
    }
}

pub(super) fn retrieve(attempt: u32) -> RetrieveSourceData {
    RetrieveSourceData {
        attempt,
        requested_at: read("2026-03-09T23:29:00+09:00"),
    }
}

pub(super) fn note_data(attempt: u32) -> NoteSourceData {
    NoteSourceData {
        attempt,
        source: Some(read("register-1")),
        retrieved_at: read("2026-03-09T23:29:10+09:00"),
    }
}

pub(super) fn note_failure(attempt: u32) -> NoteSourceFailure {
    NoteSourceFailure {
        attempt,
        reason: read("The register does not answer"),
        retry_at: Some(read("2026-03-09T23:39:00+09:00")),
        failed_at: read("2026-03-09T23:29:30+09:00"),
    }
}

pub(super) fn issue_document() -> IssueDocument {
    IssueDocument {
        verification_number: read("1710-2306-8611-4233"),
        issued_at: read("2026-03-09T23:30:00+09:00"),
        document: Some(attachment()),
    }
}

pub(super) fn enter_result() -> EnterResultManually {
    EnterResultManually {
        officer: read("officer-1"),
        result: read("Handed out at the counter"),
        document: None,
    }
}

pub(super) fn view() -> View {
    View {
        viewed_at: read("2026-03-10T09:00:00+09:00"),
    }
}

pub(super) fn print(copies: u16) -> Print {
    Print {
        copies,
        printed_at: read("2026-03-10T09:01:00+09:00"),
    }
}

pub(super) fn deliver(to: Delivery) -> Deliver {
    Deliver {
        to,
        receipt: Some(read("delivery-1")),
        delivered_at: read("2026-03-10T09:02:00+09:00"),
    }
}

/// Ready before the petition was to be completed, on a Friday.
pub(super) fn make_ready() -> MakeReadyForPickup {
    MakeReadyForPickup {
        place: read("Jongno-gu"),
        expected_on: read("2026-03-13"),
        ready_at: read("2026-03-12T09:00:00+09:00"),
    }
}

pub(super) fn collect() -> Collect {
    Collect {
        identity: IdentityMethod::IdentityCard,
        evidence: Some(read("proof-2")),
        officer: read("officer-1"),
        collected_at: read("2026-03-13T17:00:00+09:00"),
    }
}

/// 15 days from Friday the 13th end on Saturday the 28th, which is put off to Monday the 30th.
pub(super) fn discard() -> Discard {
    Discard {
        officer: read("officer-1"),
        discarded_at: read("2026-03-31T00:00:00+09:00"),
    }
}

pub(super) fn verify(at: &str) -> VerifyDocument {
    VerifyDocument {
        number: issue_document().verification_number,
        key: request(ServiceType::InstantIssuance).applicant,
        verified_at: read(at),
    }
}

/// Day 91 after the day of issue.
pub(super) const DAY_91: &str = "2026-06-08T00:00:00+09:00";

pub(super) fn expire() -> ExpireVerification {
    ExpireVerification {
        noted_at: read(DAY_91),
    }
}

pub(super) fn fail() -> Fail {
    Fail {
        reason: read("The register does not answer"),
    }
}

pub(super) fn cancel() -> Cancel {
    Cancel {
        reason: read("Asked for by mistake"),
    }
}

pub(super) fn revoke() -> Revoke {
    Revoke {
        authority: read("Jongno-gu"),
        reason: read("The register was wrong"),
        fee: FeeConsequence::Kept,
    }
}

fn attachment() -> Attachment {
    Attachment {
        uri: read("s3://documents/1.pdf"),
        media_type: read("application/pdf"),
        bytes: 2048,
        sha256: Sha256::from_bytes([9; 32]),
    }
}

/// One good command of each kind, in the order of declaration.
fn commands(service: ServiceType) -> Vec<Command> {
    vec![
        request(service).into(),
        verify_identity().into(),
        assess(300).into(),
        pay(500).into(),
        waive().into(),
        authorize(paid(500)).into(),
        retrieve(1).into(),
        note_data(1).into(),
        note_failure(1).into(),
        issue_document().into(),
        enter_result().into(),
        view().into(),
        print(1).into(),
        deliver(Delivery::Wallet).into(),
        make_ready().into(),
        collect().into(),
        discard().into(),
        verify("2026-03-10T09:03:00+09:00").into(),
        expire().into(),
        fail().into(),
        cancel().into(),
        revoke().into(),
    ]
}

/// Returns the events when these commands are given one after the other.
fn history(commands: impl IntoIterator<Item = Command>) -> Vec<Event> {
    let issuance = issuance();
    let mut state = issuance.initial();
    let mut events = Vec::new();
    for command in commands {
        for event in issuance.decide(&state, &command).unwrap() {
            state = issuance.evolve(state, &event);
            events.push(event);
        }
    }
    events
}

/// Returns the history when `command` is given after these events.
fn history_after(before: &[Event], command: Command) -> Vec<Event> {
    history_of(before, &command).unwrap()
}

/// Returns the history when `command` is given after these events, or the reason for the refusal.
fn history_of(before: &[Event], command: &Command) -> Result<Vec<Event>, Rejection> {
    let issuance = issuance();
    let state = before.iter().fold(issuance.initial(), |state, event| {
        issuance.evolve(state, event)
    });
    issuance.decide(&state, command)
}

/// Returns the history when `command` is given after these events, with what led there.
fn then(before: Vec<Event>, command: impl Into<Command>) -> Vec<Event> {
    let after = history_after(&before, command.into());
    [before, after].concat()
}

/// The refund of the fee.
fn refunded() -> Event {
    FeeRefunded {
        amount: Won::new(500),
        payment: read("payment-1"),
    }
    .into()
}

/// How an issuance gets to a status, if that is possible today.
fn path(status: Status, service: ServiceType) -> Option<Vec<Command>> {
    let to = |status| path(status, service);
    let (before, command): (_, Command) = match status {
        Status::Requested => (Some(Vec::new()), request(service).into()),
        Status::Authorized => (to(Status::Requested), authorize(paid(500)).into()),
        Status::Generating if service == ServiceType::Unlinked => return None,
        Status::Generating => (to(Status::Authorized), retrieve(1).into()),
        Status::Issued if service == ServiceType::Unlinked => {
            (to(Status::Authorized), enter_result().into())
        }
        Status::Issued => (to(Status::Authorized), issue_document().into()),
        Status::Cancelled => (to(Status::Authorized), cancel().into()),
        Status::Failed => (to(Status::Authorized), fail().into()),
        Status::ReadyForPickup => (to(Status::Issued), make_ready().into()),
        // A result entered by hand has no number to verify.
        Status::Expired if service == ServiceType::Unlinked => return None,
        Status::Expired => (to(Status::Issued), expire().into()),
        Status::Revoked => (to(Status::Issued), revoke().into()),
        Status::Discarded => (to(Status::ReadyForPickup), discard().into()),
    };
    before.map(|before| [before, vec![command]].concat())
}

fn at_with(status: Status, service: ServiceType) -> Vec<Event> {
    history(path(status, service).unwrap())
}

/// The history of an instant issuance that stands at `status`.
fn at(status: Status) -> Vec<Event> {
    at_with(status, ServiceType::InstantIssuance)
}

/// The history of an issuance whose register was asked once in vain.
fn failed_once() -> Vec<Event> {
    let path = path(Status::Generating, ServiceType::InstantIssuance).unwrap();
    history([path, vec![note_failure(1).into()]].concat())
}

/// One row per command, one mark per status (the first for none): `+` something happens, `=`
/// nothing changes, `-` it is rejected.
fn table(service: ServiceType) -> String {
    let issuance = issuance();
    let reachable = Status::ALL.iter().filter_map(|&s| path(s, service));
    let states: Vec<_> = std::iter::once(Vec::new())
        .chain(reachable)
        .map(|path| {
            let apply = |state, event| issuance.evolve(state, &event);
            history(path).into_iter().fold(issuance.initial(), apply)
        })
        .collect();
    let row = |command: &Command| {
        let mark = |state| match issuance.decide(state, command) {
            Ok(events) if events.is_empty() => " =",
            Ok(_) => " +",
            Err(_) => " -",
        };
        let marks: String = states.iter().map(mark).collect();
        format!("{:24}{marks}\n", command.words())
    };
    commands(service).iter().map(row).collect()
}

#[test]
fn every_command_has_its_place_in_the_tables() {
    let words: Vec<_> = commands(ServiceType::Unlinked)
        .iter()
        .map(Command::words)
        .collect();
    assert_eq!(words, Command::WORDS);
}

#[test]
fn what_is_allowed_when() {
    // None, Requested, Authorized, Generating, Issued, ReadyForPickup, Expired, Cancelled, Failed,
    // Revoked, Discarded.
    let linked = "\
request                  + = = = = = - - - - -
verify the identity for  - + = = - - - - - - -
assess the fee of        - + - - - - - - - - -
pay the fee of           - - = = - - - - - - -
waive the fee of         - - - - - - - - - - -
authorize                - + = = - - - - - - -
fetch source data for    - - + = - - - - - - -
note the source data of  - - - + - - - - - - -
note a failed fetch of   - - - + - - - - - - -
issue a document for     - - + + = = - - - - -
enter a result for       - - - - - - - - - - -
view the document of     - - - - + - - - - - -
print the document of    - - - - + - - - - - -
deliver the document of  - - - - + - - - - - -
make ready for pick-up   - - - - + = - - - - -
collect the document of  - - - - - + - - - - -
discard the document of  - - - - - + - - - - =
verify the document of   - - - - + - - - - - -
end the verification of  - - - - + - = - - - -
fail                     - + + + - - - - = - -
cancel                   - + + - - - - = - - -
revoke                   - - - - + + - - - = -
";
    assert_eq!(table(ServiceType::InstantIssuance), linked);
    assert_eq!(table(ServiceType::DeadlineBound), linked);

    // The same without Generating and Expired: there is no register to ask, and no number to
    // verify.
    let unlinked = "\
request                  + = = = = - - - -
verify the identity for  - + = - - - - - -
assess the fee of        - + - - - - - - -
pay the fee of           - - = - - - - - -
waive the fee of         - - - - - - - - -
authorize                - + = - - - - - -
fetch source data for    - - - - - - - - -
note the source data of  - - - - - - - - -
note a failed fetch of   - - - - - - - - -
issue a document for     - - - - - - - - -
enter a result for       - - + = = - - - -
view the document of     - - - + - - - - -
print the document of    - - - + - - - - -
deliver the document of  - - - + - - - - -
make ready for pick-up   - - - + = - - - -
collect the document of  - - - - + - - - -
discard the document of  - - - - + - - - =
verify the document of   - - - - - - - - -
end the verification of  - - - - - - - - -
fail                     - + + - - - = - -
cancel                   - + + - - = - - -
revoke                   - - - + + - - = -
";
    assert_eq!(table(ServiceType::Unlinked), unlinked);
}

/// Nobody pays before they have proved who they are, so the table has no payment.
#[test]
fn whoever_has_proved_who_they_are_may_pay_or_be_waived() {
    let identified = then(at(Status::Requested), verify_identity());
    for command in [Command::from(pay(500)), waive().into()] {
        assert_eq!(history_after(&identified, command).len(), 1);
    }
}

#[test]
fn a_stream_has_room_for_every_attempt_at_petitions_of_117_bytes() {
    let stream = |bytes: usize, attempt: u32| {
        let id = read(&format!("{}.{attempt}", "p".repeat(bytes)));
        issuance().stream(&read("building"), &id)
    };
    assert!(stream(117, u32::MAX).is_ok());
    assert!(stream(118, u32::MAX).is_err());
    assert!(stream(126, 1).is_ok());
    assert!(stream(127, 1).is_err());
}

#[test]
fn nothing_but_a_request_begins_an_issuance() {
    for command in commands(ServiceType::InstantIssuance).drain(1..) {
        let words = command.words();
        given(&issuance(), [])
            .when(command)
            .then_rejected(Rejection::NotRequested { command: words });
    }
}

#[test]
fn an_ended_issuance_says_so() {
    let reachable = |status: &Status| path(*status, ServiceType::InstantIssuance).is_some();
    let ends: Vec<_> = Status::ALL
        .iter()
        .copied()
        .filter(|status| status.is_end() && reachable(status))
        .collect();
    let expected = [
        Status::Expired,
        Status::Cancelled,
        Status::Failed,
        Status::Revoked,
        Status::Discarded,
    ];
    assert_eq!(ends, expected);
    for status in ends {
        // But for the very command that ended it, which changes nothing.
        let mut repeated = 0;
        for command in commands(ServiceType::InstantIssuance) {
            let words = command.words();
            if history_of(&at(status), &command) == Ok(Vec::new()) {
                repeated += 1;
                continue;
            }
            given(&issuance(), at(status))
                .when(command)
                .then_rejected(Rejection::Ended {
                    command: words,
                    status,
                });
        }
        assert_eq!(repeated, 1, "{status}");
    }
    let ended = Rejection::Ended {
        command: "request",
        status: Status::Failed,
    };
    assert_eq!(
        ended.to_string(),
        "cannot request an issuance that is failed; request the next attempt"
    );
}

#[test]
fn every_kind_of_event_is_reached() {
    let free = Request {
        fee: Won::ZERO,
        ..request(ServiceType::InstantIssuance)
    };
    let reduced = [
        request(ServiceType::InstantIssuance).into(),
        assess(300).into(),
    ];
    let used: [Command; 6] = [
        view().into(),
        print(2).into(),
        deliver(Delivery::Email).into(),
        verify("2026-03-10T09:03:00+09:00").into(),
        make_ready().into(),
        collect().into(),
    ];
    let ends = Status::ALL.iter().copied().filter(|status| status.is_end());
    let mut names: Vec<_> = ends
        .flat_map(at)
        .chain(at_with(Status::Issued, ServiceType::Unlinked))
        .chain(history(reduced))
        .chain(then(at(Status::Generating), note_data(1)))
        .chain(used.into_iter().fold(at(Status::Issued), then))
        .chain(at(Status::Generating))
        .chain(failed_once())
        .chain(history([free.into(), authorize(waived()).into()]))
        .map(|event| event.shape().name)
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Event::SHAPES.len());
}

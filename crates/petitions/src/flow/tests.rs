//! The steps that each event asks for: every stored form of every event, as the golden files hold
//! them.

use std::{collections::BTreeSet, fs, path::Path};

use minwon_core::{
    EventDecoder, Reactor, RecordedEvent, SchemaVersion,
    testing::{recorded_event, sample_event},
};

use super::{
    CompensationReactor, CompletionReactor, IssuanceReactor, NotificationReactor, Occasion, Step,
};
use crate::{
    ApplicationEvent, Category, EventReader, IssuanceEvent, Notice, NoticeField, NoticeKind,
    PetitionEvent,
};

type Meant = (Category, PetitionEvent);

/// An event with this name, as a store hands it out.
fn recorded(category: Category, name: &str, json: Vec<u8>) -> RecordedEvent {
    let stream = if name.starts_with("Application") {
        format!("general_{category}Application-2026-000123")
    } else {
        format!("general_{category}Issuance-2026-000123.2")
    };
    let mut event = sample_event("flow");
    event.event_type = format!("{category}{name}").parse().unwrap();
    event.payload = json.into();
    recorded_event(&stream.parse().unwrap(), 0, event)
}

/// All golden events, by their files' names; and that there is one of every kind.
fn golden(category: Category) -> Vec<(String, RecordedEvent)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events");
    let mut events: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            let parts: Vec<_> = file.split('.').collect();
            let [name, version, fill, "json"] = parts[..] else {
                panic!("{file} is named otherwise");
            };
            let mut event = recorded(category, name, fs::read(&path).unwrap());
            event.schema_version = SchemaVersion::new(version[1..].parse().unwrap());
            let label = match version {
                "v1" => format!("{name} {fill}"),
                _ => format!("{name} {version} {fill}"),
            };
            (label, event)
        })
        .collect();
    events.sort_by(|(one, _), (other, _)| one.cmp(other));
    let kinds: BTreeSet<_> = events.iter().map(|(_, e)| e.event_type.clone()).collect();
    let all = ApplicationEvent::SHAPES.len() + IssuanceEvent::SHAPES.len();
    assert_eq!(kinds.len(), all, "a kind of event has no golden file");
    events
}

/// The reaction of a reactor to an event.
type React<R, C> = fn(&R, &Meant, &RecordedEvent, &mut Vec<C>);

fn asked<R: Reactor, C>(reactor: &R, react: React<R, C>, event: &RecordedEvent) -> Vec<C> {
    let meant = EventReader::default().decode(event).unwrap();
    let mut commands = Vec::new();
    react(reactor, &meant, event, &mut commands);
    let is_followed = reactor.key(event).is_some();
    assert!(is_followed || commands.is_empty(), "{event:?} is missed");
    commands
}

/// One line for each event that asks for something.
fn table<R: Reactor>(reactor: &R, react: React<R, Step>) -> String {
    let line = |(label, event): &(String, RecordedEvent)| {
        let steps = asked(reactor, react, event);
        let words: Vec<_> = steps.iter().map(words).collect();
        match &words[..] {
            [] => String::new(),
            _ => format!("{label}: {}\n", words.join(", ")),
        }
    };
    golden(Category::Car).iter().map(line).collect()
}

fn words(step: &Step) -> String {
    match step {
        Step::OpenIssuance {
            occasion,
            category,
            petition,
        } => {
            let after = match occasion {
                Occasion::Receipt => "receipt",
                Occasion::Approval => "approval",
            };
            format!("after {after} open issuance for {category} {petition}")
        }
        Step::FetchSource {
            category,
            issuance,
            attempt,
        } => format!("fetch source for {category} {issuance}, attempt {attempt}"),
        Step::CloseApplication { category, issuance } => {
            format!("close application of {category} {issuance}")
        }
        Step::CallOffIssuance { category, petition } => {
            format!("call off issuance for {category} {petition}")
        }
        Step::FailIssuance { category, issuance } => format!("fail {category} {issuance}"),
        Step::GiveUpIssuance { category, petition } => {
            format!("give up issuance for {category} {petition}")
        }
    }
}

#[test]
fn the_names_of_reactors_are_frozen() {
    // A renamed reactor begins with the first event again, and its commands have other ids.
    assert_eq!(IssuanceReactor::default().name().as_str(), "issuance");
    assert_eq!(CompletionReactor::default().name().as_str(), "completion");
    assert_eq!(
        CompensationReactor::default().name().as_str(),
        "compensation"
    );
    assert_eq!(
        NotificationReactor::default().name().as_str(),
        "notifications"
    );
}

/// The kinds of event that a reactor follows, in the forms of today.
fn followed(reactor: &impl Reactor) -> BTreeSet<String> {
    let all = golden(Category::Car).into_iter();
    let followed = all.filter(|(_, event)| reactor.key(event).is_some());
    followed
        .map(|(label, _)| label.split(' ').next().unwrap().to_owned())
        .collect()
}

#[test]
fn a_reactor_passes_over_what_asks_it_for_nothing() {
    let counts = [
        followed(&IssuanceReactor::default()).len(),
        followed(&CompletionReactor::default()).len(),
        followed(&CompensationReactor::default()).len(),
    ];
    assert_eq!(counts, [5, 2, 8]);
}

/// It may be what the reactor would have to react to, if it could read it.
#[test]
fn what_is_not_known_here_is_passed_over_by_no_reactor() {
    let known = |name| recorded(Category::Car, name, b"{}".to_vec());
    for name in ["ApplicationProgressRecorded", "IssuanceDocumentPrinted"] {
        let reactor = CompletionReactor::default();
        assert_eq!(reactor.key(&known(name)), None, "{name}");
        let mut newer = known(name);
        newer.schema_version = SchemaVersion::new(99);
        assert!(reactor.key(&newer).is_some(), "{name} of a newer program");
        let mut stray = known(name);
        stray.event_type = format!("Building{name}").parse().unwrap();
        assert!(reactor.key(&stray).is_some(), "{name} of another category");
        let mut stray = known(name);
        stray.stream = stray.stream.as_str().replace("123", "124").parse().unwrap();
        assert!(reactor.key(&stray).is_some(), "{name} of another petition");
    }
    let unknown = known("ApplicationPainted");
    assert!(CompletionReactor::default().key(&unknown).is_some());
}

#[test]
fn a_document_is_opened_by_the_petition_and_made_once_the_fee_is_settled() {
    assert_eq!(
        table(&IssuanceReactor::default(), IssuanceReactor::react),
        "\
ApplicationApproved full: after approval open issuance for Car 2026-000123
ApplicationApproved minimal: after approval open issuance for Car 2026-000123
ApplicationReceived full: after receipt open issuance for Car 2026-000123
ApplicationReceived v2 full: after receipt open issuance for Car 2026-000123
ApplicationReceived v2 minimal: after receipt open issuance for Car 2026-000123
IssuanceFeePaid full: fetch source for Car 2026-000123.2, attempt 1
IssuanceFeeWaived full: fetch source for Car 2026-000123.2, attempt 1
"
    );
}

#[test]
fn a_register_that_is_asked_again_is_asked_by_the_event_that_says_so() {
    let asked_for = |attempt: u32| {
        let json = format!(r#"{{"attempt":{attempt},"requested_at":"2026-03-09T01:00:01Z"}}"#);
        let event = recorded(Category::Car, "IssuanceSourceDataRequested", json.into());
        let steps = asked(&IssuanceReactor::default(), IssuanceReactor::react, &event);
        steps.iter().map(words).collect::<Vec<_>>()
    };
    // The first time is the fee's.
    assert!(asked_for(1).is_empty());
    assert_eq!(
        asked_for(2),
        ["fetch source for Car 2026-000123.2, attempt 2"]
    );
}

#[test]
fn what_could_not_be_handled_on_the_way_to_a_document_gives_the_document_up() {
    assert_eq!(
        table(&IssuanceReactor::default(), IssuanceReactor::compensate),
        "\
ApplicationApproved full: give up issuance for Car 2026-000123
ApplicationApproved minimal: give up issuance for Car 2026-000123
ApplicationReceived full: give up issuance for Car 2026-000123
ApplicationReceived v2 full: give up issuance for Car 2026-000123
ApplicationReceived v2 minimal: give up issuance for Car 2026-000123
IssuanceFeePaid full: fail Car 2026-000123.2
IssuanceFeeWaived full: fail Car 2026-000123.2
"
    );
}

#[test]
fn a_result_closes_the_petition() {
    assert_eq!(
        table(&CompletionReactor::default(), CompletionReactor::react),
        "\
IssuanceDocumentIssued full: close application of Car 2026-000123.2
IssuanceDocumentIssued minimal: close application of Car 2026-000123.2
IssuanceResultEnteredManually full: close application of Car 2026-000123.2
IssuanceResultEnteredManually minimal: close application of Car 2026-000123.2
"
    );
}

#[test]
fn a_withdrawal_a_refusal_and_a_register_that_failed_for_good_are_made_up_for() {
    // In full, the failure says when the register will be asked again.
    assert_eq!(
        table(&CompensationReactor::default(), CompensationReactor::react),
        "\
ApplicationClosedAsExempt full: call off issuance for Car 2026-000123
ApplicationClosedAsRepeated full: call off issuance for Car 2026-000123
ApplicationClosedAsRepeated minimal: call off issuance for Car 2026-000123
ApplicationDeemedWithdrawn full: call off issuance for Car 2026-000123
ApplicationMergedInto full: call off issuance for Car 2026-000123
ApplicationRejected full: call off issuance for Car 2026-000123
ApplicationReturned full: call off issuance for Car 2026-000123
ApplicationWithdrawn full: call off issuance for Car 2026-000123
ApplicationWithdrawn minimal: call off issuance for Car 2026-000123
IssuanceSourceDataFailed minimal: fail Car 2026-000123.2
"
    );
}

#[test]
fn nothing_makes_up_for_what_the_other_reactors_could_not_handle() {
    let completion = CompletionReactor::default();
    assert_eq!(table(&completion, CompletionReactor::compensate), "");
    let compensation = CompensationReactor::default();
    assert_eq!(table(&compensation, CompensationReactor::compensate), "");
    let notifications = NotificationReactor::default();
    for (_, event) in golden(Category::Car) {
        assert_eq!(
            asked(&notifications, NotificationReactor::compensate, &event),
            []
        );
    }
}

#[test]
fn steps_stay_in_the_category_of_their_event() {
    for category in Category::BUILT_IN.iter().copied() {
        for (label, event) in golden(category) {
            let steps = [
                asked(&IssuanceReactor::default(), IssuanceReactor::react, &event),
                asked(&CompletionReactor::default(), Reactor::react, &event),
                asked(&CompensationReactor::default(), Reactor::react, &event),
            ]
            .concat();
            for step in steps {
                assert!(
                    words(&step).contains(&format!(" {category} ")),
                    "{label}: {step:?}"
                );
            }
            let notices = asked(&NotificationReactor::default(), Reactor::react, &event);
            assert!(notices.iter().all(|notice| notice.category == category));
        }
    }
}

#[test]
fn the_stream_of_no_attempt_asks_for_nothing() {
    for (label, mut event) in golden(Category::Car) {
        if label.starts_with("Issuance") {
            event.stream = "general_CarIssuance-2026-000123".parse().unwrap();
            let steps = [
                asked(&IssuanceReactor::default(), IssuanceReactor::react, &event),
                asked(&CompletionReactor::default(), Reactor::react, &event),
                asked(&CompensationReactor::default(), Reactor::react, &event),
            ];
            assert_eq!(steps.concat(), [], "{label}");
        }
    }
}

/// Returns one line for each event that petitioners are notified of.
fn notices() -> String {
    let line = |(label, event): &(String, RecordedEvent)| {
        let notices = asked(&NotificationReactor::default(), Reactor::react, event);
        match &notices[..] {
            [] => String::new(),
            [Notice { content, .. }] => {
                let fields = serde_json::to_string(&content.fields).unwrap();
                format!("{label}: {} {fields}\n", content.kind)
            }
            _ => panic!("{label} has more than one notice: {notices:?}"),
        }
    };
    golden(Category::Car).iter().map(line).collect()
}

#[test]
fn petitioners_are_notified_of_what_concerns_them_and_once() {
    assert_eq!(
        notices(),
        r#"ApplicationApproved full: approved {"conditions":["The tax is paid within 30 days"]}
ApplicationApproved minimal: approved {}
ApplicationClericalErrorCorrected full: corrected {"corrections":["Plate 12가3456 instead of 12가3465"]}
ApplicationClockResumed full: due-moved {"due":"2026-03-20"}
ApplicationClosedAsExempt full: closed-as-exempt {"ground":"remedy-under-way","reason":"A lawsuit about it is under way"}
ApplicationClosedAsRepeated full: closed-as-repeated {}
ApplicationClosedAsRepeated minimal: closed-as-repeated {}
ApplicationClosedUncollected full: closed-uncollected {}
ApplicationCompleted full: completed {"outcome":"granted","answer":"The vehicle is registered"}
ApplicationCompleted minimal: completed {"outcome":"granted"}
ApplicationDeadlineRecalculated full: due-moved {"due":"2026-04-06"}
ApplicationDeemedWithdrawn full: deemed-withdrawn {}
ApplicationMergedInto full: merged {"into":"2026-000100","purpose":"A crossing at the school"}
ApplicationObjectionDecisionExtended full: objection-extended {"reason":"The committee meets later","objection_due":"2026-04-27"}
ApplicationObjectionDismissed full: objection-dismissed {"reasons":["The register was right"]}
ApplicationObjectionFiled full: objection-received {"objection_due":"2026-04-16"}
ApplicationObjectionFiled minimal: objection-received {"objection_due":"2026-04-16"}
ApplicationObjectionUpheld full: objection-upheld {"reasons":["The register was wrong"]}
ApplicationObjectionUpheld minimal: objection-upheld {"reasons":["The register was wrong"]}
ApplicationPeriodExtended full: extended {"reason":"The vehicle has to be inspected","due":"2026-03-31"}
ApplicationPeriodExtendedAgain full: extended-again {"reason":"Another agency has to answer","due":"2026-04-03"}
ApplicationProgressNotified full: progress {"days":30,"day":"2026-04-08"}
ApplicationReceived full: received {"receipt_number":"2026-000123","due":"2026-03-17"}
ApplicationReceived v2 full: received {"receipt_number":"2026-000123","due":"2026-03-17"}
ApplicationReceived v2 minimal: received {"receipt_number":"2026-000123","due":"2026-03-17"}
ApplicationRejected full: rejected {"reasons":["The seller does not own the vehicle"],"remedies":["Objection within 60 days","Administrative appeal"]}
ApplicationReminderIssued full: supplement-overdue {}
ApplicationReturned full: returned {"reasons":["The contract of sale was not supplied"]}
ApplicationSupplementPeriodExtended full: supplement-extended {"supplement_due":"2026-03-23"}
ApplicationSupplementRequested full: supplement-requested {"items":["Contract of sale","Certificate of insurance"],"supplement_due":"2026-03-20T09:00:00Z"}
ApplicationSupplementRequested v2 full: supplement-requested {"items":["Contract of sale","Certificate of insurance"],"supplement_due":"2026-03-20T09:00:00Z"}
ApplicationSupplementRequested v2 minimal: supplement-requested {"items":["Contract of sale","Certificate of insurance"],"supplement_due":"2026-03-20T09:00:00Z"}
ApplicationSupplementRerequested full: supplement-requested-again {"supplement_due":"2026-04-03"}
ApplicationTransferredToAgency full: transferred {"to":"인천광역시 중구","reason":"The vehicle is registered there"}
ApplicationTransferredToAgency minimal: transferred {"to":"인천광역시 중구","reason":"The vehicle is registered there"}
ApplicationWithdrawn full: withdrawn {}
ApplicationWithdrawn minimal: withdrawn {}
IssuanceCancelled full: issuance-cancelled {"reason":"Asked for by mistake"}
IssuanceDocumentDiscarded full: document-discarded {}
IssuanceDocumentIssued full: document-issued {"document_type":"자동차등록원부","verifiable_until":"2026-06-07"}
IssuanceDocumentIssued minimal: document-issued {"document_type":"자동차등록원부","verifiable_until":"2026-06-07"}
IssuanceDocumentReadyForPickup full: document-ready {"place":"서울특별시 종로구","collect_until":"2026-03-25"}
IssuanceDocumentRevoked full: document-revoked {"authority":"서울특별시 종로구","reason":"The register was wrong"}
IssuanceFailed full: issuance-failed {"reason":"The register did not answer"}
IssuanceFeeAssessed full: fee-assessed {"amount":300,"reason":"Reduced for a person of merit"}
IssuanceFeeAssessed minimal: fee-assessed {"amount":300}
IssuanceFeeRefunded full: fee-refunded {"amount":300}
IssuanceResultEnteredManually full: result-entered {"answer":"Handed out at the counter"}
IssuanceResultEnteredManually minimal: result-entered {"answer":"Handed out at the counter"}
"#
    );
}

#[test]
fn a_notice_of_each_kind_speaks_of_what_its_kind_declares() {
    // The petition itself says what is missing, where the event does not.
    let of_petition = [NoticeField::Items, NoticeField::SupplementDue];
    let mut said = BTreeSet::new();
    for (label, event) in golden(Category::Car) {
        for notice in asked(&NotificationReactor::default(), Reactor::react, &event) {
            let kind = notice.content.kind;
            said.insert((kind, None));
            for (field, _) in notice.content.fields.iter() {
                let declared = kind.fields().contains(&field)
                    || NoticeField::OF_EVERY_PETITION.contains(&field);
                assert!(declared, "{label}: {field}");
                said.insert((kind, Some(field)));
            }
        }
    }
    for &kind in NoticeKind::ALL {
        assert!(said.contains(&(kind, None)), "{kind} is never sent");
        let missing = |field: &&NoticeField| {
            !said.contains(&(kind, Some(**field))) && !of_petition.contains(field)
        };
        let unsaid: Vec<_> = kind.fields().iter().filter(missing).collect();
        assert!(unsaid.is_empty(), "{kind} never says {unsaid:?}");
    }
}

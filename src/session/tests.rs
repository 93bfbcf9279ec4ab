//! One way in, with a service behind it and without.

use std::num::NonZeroUsize;

use minwon_core::{EventStore, StreamVersion, Timestamp};
use minwon_petitions::{
    ApplicationStatus, Channel, IssuanceStatus, PetitionCatalogue, PetitionKind, ServiceType, Won,
    application::Withdraw,
    issuance::{Basis, Request},
};

use super::*;
use crate::{
    ReadModels, Store, SystemClock,
    service::{CataloguePolicy, Limits, OfficeSettings},
};

fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn namespace(store: &Store) -> Namespace<Store> {
    Namespace::new(read("general"), store.clone(), SystemClock)
}

fn store() -> Store {
    Store::open(&read("memory:")).unwrap()
}

fn submit() -> Submit {
    Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: read("certificate of building use"),
        applicant: read("applicant-42"),
        agency: read("agency-3020000"),
        submitted_at: read("2026-03-09T09:00:00+09:00"),
        attachments: Vec::new(),
    }
}

fn withdraw() -> Withdraw {
    Withdraw {
        by: read("applicant-42"),
        reason: None,
    }
}

fn petition<D: Door>(session: &Session<D>) -> Petition<D> {
    session.petition(Category::General, read("p-1"))
}

#[tokio::test]
async fn what_a_session_says_once_stands_on_each_of_its_commands() {
    let store = store();
    let namespace = namespace(&store);
    let at: Timestamp = read("2020-05-04T10:00:00+09:00");
    let correlation = CorrelationId::from_bytes([9; 16]);
    let trace =
        TraceParent::new("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
    let session = namespace.as_actor(read("applicant-42"), read("portal"));
    let session = session.at(at).correlated(correlation).traced(trace.clone());
    let petition = petition(&session);
    petition.give(submit()).await.unwrap();
    petition.give(withdraw()).await.unwrap();
    let page = store
        .read_stream(&petition.stream(), StreamVersion::FIRST, read("9"))
        .await;
    let events = page.unwrap().events;
    assert_eq!(events.len(), 2);
    for event in &events {
        let said = &event.metadata;
        assert_eq!((said.actor(), said.source()), ("applicant-42", "portal"));
        assert_eq!(
            (said.occurred_at(), said.correlation_id()),
            (at, correlation)
        );
        assert_eq!(said.traceparent(), Some(trace.as_str()));
    }
    let [one, other] = [0, 1].map(|it| events[it].metadata.command_id());
    assert_ne!(one, other, "each command has an id of its own");
}

#[tokio::test]
async fn under_one_id_a_command_takes_effect_once() {
    let namespace = namespace(&store());
    let session = namespace.as_actor(read("applicant-42"), read("portal"));
    let (petition, id) = (petition(&session), CommandId::random());
    let first = petition.give_as(id, submit()).await.unwrap();
    let again = petition.give_as(id, submit()).await.unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!(first.token, again.token);
    // Given as another command, it is refused as what it is.
    let other = petition.give(submit()).await;
    assert!(matches!(other, Err(CommandError::Rejected(_))), "{other:?}");
}

/// Two namespaces in one process stand for two processes.
#[tokio::test]
async fn a_state_is_that_of_the_log_whoever_wrote_it() {
    let store = store();
    let (here, there) = (namespace(&store), namespace(&store));
    let [here, there] = [&here, &there].map(|it| it.as_actor(read("applicant-42"), read("portal")));
    let (here, there) = (petition(&here), petition(&there));
    here.give(submit()).await.unwrap();
    let status = here.state().await.unwrap().status();
    assert_eq!(status, Some(ApplicationStatus::Submitted));
    there.give(withdraw()).await.unwrap();
    let status = here.state().await.unwrap().status();
    assert_eq!(status, Some(ApplicationStatus::Withdrawn));
}

#[tokio::test]
async fn an_attempt_is_worked_on_as_the_petition_is() {
    let namespace = namespace(&store());
    let session = namespace.as_actor(read("applicant-42"), read("portal"));
    let attempt = petition(&session).first_attempt().unwrap();
    let request = Request {
        category: Category::General,
        basis: Basis::Instant,
        applicant: read("applicant-42"),
        document_type: read("resident register"),
        copies: 1,
        fee: Won::ZERO,
    };
    attempt.give(request).await.unwrap();
    let status = attempt.state().await.unwrap().status();
    assert_eq!(status, Some(IssuanceStatus::Requested));
}

#[tokio::test]
async fn through_a_service_it_stays_within_its_limits() {
    let store = store();
    let limits = Limits::default().calls_max(NonZeroUsize::MIN);
    let service = PetitionService::builder(namespace(&store), ReadModels::beside(&store))
        .limits(limits.waiting_calls_max(0))
        .start();
    let session = service.as_actor(read("applicant-42"), read("portal"));
    let petition = petition(&session);
    let turn = service.enter().await.unwrap();
    let given = petition.give(submit()).await;
    assert!(matches!(given, Err(CommandError::Overloaded)), "{given:?}");
    let attempt = petition.first_attempt().unwrap();
    let filed = petition.file(CommandId::random(), submit(), None).await;
    assert!(matches!(filed, Err(FilingError::Overloaded)), "{filed:?}");
    assert_eq!(attempt.state().await.unwrap().status(), None);
    drop(turn);
    let given = petition.give(submit()).await.unwrap();
    let minute = Duration::from_secs(60);
    let result = petition.result(given.token.as_ref(), minute).await.unwrap();
    let status = result.value.map(|result| result.status);
    assert_eq!(status, Some(ApplicationStatus::Submitted));
    service.stop().await;
}

#[tokio::test]
async fn what_is_not_offered_is_not_filed_however_it_is_given() {
    let store = store();
    let catalogue = "[[petition_type]]\nname = \"complaint\"\ncategory = \"General\"\n\
        kind = \"grievance\"\nservice = \"deadline-bound\"\nperiod = \"7 days\"\n";
    let catalogue = PetitionCatalogue::parse(catalogue).unwrap();
    let policy = CataloguePolicy::new(catalogue, |_, _| unreachable!("nothing is issued"));
    let settings = OfficeSettings::new(read("Jongno District Office"));
    let service = PetitionService::builder(namespace(&store), ReadModels::beside(&store))
        .issuing(settings, policy, crate::service::NoRegister)
        .start();
    let session = service.as_actor(read("applicant-42"), read("portal"));
    let petition = petition(&session);
    let given = petition.give(submit()).await;
    assert!(
        matches!(given, Err(CommandError::NotOffered(_))),
        "{given:?}"
    );
    assert_eq!(petition.state().await.unwrap().status(), None);
    service.stop().await;
}

/// A document has a stream of its own, whose id is the petition's and the number of the attempt.
#[tokio::test]
async fn an_id_that_leaves_no_room_for_an_attempt_is_refused_at_filing() {
    let namespace = namespace(&store());
    let session = namespace.as_actor(read("applicant-42"), read("portal"));
    for (bytes, is_filed) in [(126, true), (127, false), (128, false)] {
        let petition = session.petition(Category::General, read(&"p".repeat(bytes)));
        match petition.give(submit()).await {
            Ok(_) => assert!(is_filed, "{bytes} bytes"),
            Err(error) => assert!(
                !is_filed && matches!(error, CommandError::PetitionId(_)),
                "{error:?}"
            ),
        }
        let filed = petition.file(CommandId::random(), submit(), None).await;
        let is_too_long = matches!(filed, Err(FilingError::PetitionId(_)));
        assert_eq!(is_too_long, !is_filed, "{filed:?}");
        let state = petition.state().await.unwrap();
        assert_eq!(state.filed().is_some(), is_filed);
    }
}

/// Two ids that look alike, or one that looks like another, are a way to another's petition.
#[tokio::test]
async fn an_id_that_cannot_be_seen_or_is_not_composed_is_refused_at_filing_and_goes_on_where_it_is_old()
 {
    let namespace = namespace(&store());
    let session = namespace.as_actor(read("applicant-42"), read("portal"));
    for id in ["a\u{202e}b", "a\u{200b}b", "n\u{303}-1", "o_👩\u{200d}⚖"] {
        let petition = session.petition(Category::General, read(id));
        let given = petition.give(submit()).await;
        assert!(
            matches!(given, Err(CommandError::PetitionId(_))),
            "{given:?}"
        );
        let filed = petition.file(CommandId::random(), submit(), None).await;
        assert!(
            matches!(filed, Err(FilingError::PetitionId(_))),
            "{filed:?}"
        );
        assert_eq!(petition.state().await.unwrap().status(), None);

        // As a program did that did not know the rule.
        let submitted = [petition.command(CommandId::random(), submit())];
        let given = namespace.give_application(Category::General, petition.id(), &submitted);
        given.await.unwrap().unwrap();
        petition.give(withdraw()).await.unwrap();
        let status = petition.state().await.unwrap().status();
        assert_eq!(status, Some(ApplicationStatus::Withdrawn));
    }
}

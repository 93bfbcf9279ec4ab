//! A database that others use too, and streams that somebody cut off: a service over it starts, catches up
//! and goes on, and says what it met.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

use std::{collections::BTreeSet, error::Error};

use minwon::{
    ActorId, Clock, CommandId, Namespace, PetitionService, ReadModels, Store, SystemClock,
    engine::{FailureClass, Letter, Selection},
    foreign_text,
    petitions::{
        ApplicationStatus, Category, Channel, PetitionCatalogue, PetitionKind, ServiceType,
        application::{Submit, Withdraw},
    },
    service::{CataloguePolicy, NoRegister, OfficeSettings},
};
use minwon_kurrentdb_stand_in::{Call, StandIn};

const FILE: &str = r#"
categories = ["Passport"]

[[petition_type]]
name = "passport"
category = "Passport"
kind = "statutory"
service = "unlinked"
period = "8 days"
document = "passport"
fees = { counter = 53000 }
"#;

const PASSPORT: Category = Category::new("Passport");

fn stream(petition: &str) -> String {
    format!("general_PassportApplication-{petition}")
}

/// A process of its own, as far as the library can tell: nothing is shared with another one.
fn start(server: &StandIn) -> PetitionService {
    let store = Store::open(&server.url().parse().unwrap()).unwrap();
    let catalogue = PetitionCatalogue::parse(FILE).unwrap();
    let namespace = Namespace::new("general".parse().unwrap(), store, SystemClock)
        .with_categories(catalogue.categories());
    let read_models = ReadModels::beside(namespace.store());
    let policy = CataloguePolicy::new(catalogue, |_, _| unreachable!("no fee is taken"));
    PetitionService::builder(namespace, read_models)
        .issuing(OfficeSettings::default(), policy, NoRegister)
        .start()
}

fn somebody() -> ActorId {
    "applicant-42".parse().unwrap()
}

async fn file(service: &PetitionService, petition: &str) -> Result<(), String> {
    let submit = Submit {
        category: PASSPORT,
        service: ServiceType::Unlinked,
        kind: PetitionKind::Statutory,
        channel: Channel::Counter,
        petition_type: "passport".parse().unwrap(),
        applicant: "applicant-42".parse().unwrap(),
        agency: "agency-3020000".parse().unwrap(),
        submitted_at: SystemClock.now(),
        attachments: Vec::new(),
    };
    let applicant = service.as_actor(somebody(), "portal".parse().unwrap());
    let petition = applicant.petition(PASSPORT, petition.parse().unwrap());
    let filed = petition.file(CommandId::random(), submit, None).await;
    filed.map(drop).map_err(|error| told(&error))
}

async fn withdraw(service: &PetitionService, petition: &str) -> Result<(), String> {
    let applicant = service.as_actor(somebody(), "portal".parse().unwrap());
    let petition = applicant.petition(PASSPORT, petition.parse().unwrap());
    let by = "applicant-42".parse().unwrap();
    let given = petition.give(Withdraw { by, reason: None }).await;
    given.map(drop).map_err(|error| told(&error))
}

/// An error with its causes.
fn told(error: &(dyn Error + 'static)) -> String {
    let causes: Vec<_> = foreign_text::causes(error).collect();
    causes.join(": ")
}

async fn status(service: &PetitionService, petition: &str) -> Option<ApplicationStatus> {
    let petition = petition.parse().unwrap();
    let shown = service.results().petition(&petition).await.unwrap();
    shown.value.and_then(|view| view.status())
}

async fn letters(service: &PetitionService) -> Vec<Letter> {
    let operator = service.dead_letters().operator(somebody());
    operator.list(&Selection::All).await.unwrap()
}

/// The keys of letters of a class.
fn keys(letters: &[Letter], class: FailureClass) -> BTreeSet<&str> {
    let of_class = letters
        .iter()
        .filter(|letter| letter.failure.class == class);
    of_class.map(|letter| letter.key.as_str()).collect()
}

/// The metadata of an event of ours without its checksum, as earlier builds wrote it.
fn metadata_of(server: &StandIn, stream: &str) -> String {
    let metadata = server.stream(stream)[0].custom_metadata.clone();
    let metadata = String::from_utf8(metadata.to_vec()).unwrap();
    let (fields, _) = metadata.split_once(r#","sum":"#).unwrap();
    format!("{fields}}}")
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_others_stop_no_service_at_its_start_nor_at_work() {
    let server = StandIn::start().await.unwrap();
    let service = start(&server);
    file(&service, "2026-1").await.unwrap();
    service.settled().await.unwrap();
    let ours = metadata_of(&server, &stream("2026-1"));

    let write = |server: &StandIn, round: u32| {
        // In no category of ours.
        server.write("general_Unknown-1", "Something", "{}", "");
        server.write(
            "general_Category-x",
            "PassportApplicationSubmitted",
            "{}",
            "",
        );
        server.write("general_Category-x", "Known", "{}", ours.clone());
        server.write("general", "Something", "{}", "");
        server.write("general_Unknown", "Something", "{}", "");
        server.write("invoice-7", "InvoicePaid", "{}", "");
        server.write("$stats-127.0.0.1", "$statsCollected", "{}", "");
        server.link("$ce-general_PassportApplication", &stream("2026-1"), 0);
        server.link("general_Links-1", &stream("2026-1"), 0);
        server.set_metadata(&stream("2026-1"), r#"{"own":true}"#);
        // In one of ours.
        let at = |name: &str| stream(&format!("{name}{round}"));
        server.write(&at("bare-"), "Something", "{}", "");
        server.write(&at("json-"), "Something", "{}", r#"{"user":7}"#);
        server.write(&at("text-"), "Something", "no JSON", "neither");
        server.write(&at("dollar-"), "$something", "{}", ours.clone());
        server.link(&at("link-"), &stream("2026-1"), 0);
        let known = "PassportApplicationSubmitted";
        server.write(&at("broken-"), known, r#"{"category":7}"#, ours.clone());
        server.write(&at("half-"), known, "{", ours.clone());
    };
    let expect = |letters: &[Letter], rounds: u32| {
        let named = |names: &[&str]| -> BTreeSet<String> {
            let of_round = |round| names.iter().map(move |name| format!("{name}{round}"));
            (1..=rounds).flat_map(of_round).collect()
        };
        let found = |class| -> BTreeSet<String> {
            keys(letters, class)
                .into_iter()
                .map(str::to_owned)
                .collect()
        };
        let foreign = named(&["bare-", "json-", "text-", "dollar-", "link-"]);
        assert_eq!(found(FailureClass::Damaged), foreign);
        let broken = named(&["broken-", "half-"]);
        assert_eq!(found(FailureClass::Undecodable), broken);
    };

    // At work.
    write(&server, 1);
    file(&service, "2026-2").await.unwrap();
    withdraw(&service, "2026-2").await.unwrap();
    service.settled().await.unwrap();
    expect(&letters(&service).await, 1);
    let health = service.health();
    assert!(health.ready, "{health}");
    assert_eq!(health.passed_over.events, 4, "{health}");
    let last = health.passed_over.last.unwrap();
    assert_eq!(last.as_str(), "general_Links-1");
    service.stop().await;

    // At the start.
    write(&server, 2);
    let service = start(&server);
    service.settled().await.unwrap();
    expect(&letters(&service).await, 2);
    file(&service, "2026-3").await.unwrap();
    service.settled().await.unwrap();
    let withdrawn = Some(ApplicationStatus::Withdrawn);
    assert_eq!(status(&service, "2026-2").await, withdrawn);
    assert!(status(&service, "2026-1").await.is_some());
    assert!(status(&service, "2026-3").await.is_some());
    assert!(service.health().ready, "{}", service.health());
    service.stop().await;
}

/// In whatever way the beginning of a stream went, who asks is told so with the stream's name, and
/// nobody is told that there is no such petition.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_cut_off_is_told_and_its_views_are_kept() {
    type Cut = fn(&StandIn, &str);
    let cuts: [(&str, Cut); 4] = [
        ("$maxCount", |server, stream| {
            server.set_metadata(stream, r#"{"$maxCount":1}"#);
        }),
        ("$tb", |server, stream| {
            server.set_metadata(stream, r#"{"$tb":1}"#);
        }),
        ("deleted", |server, stream| server.delete(stream)),
        ("tombstoned", |server, stream| server.tombstone(stream)),
    ];
    for (how, cut) in cuts {
        let server = StandIn::start().await.unwrap();
        let service = start(&server);
        for petition in ["2026-1", "2026-2"] {
            file(&service, petition).await.unwrap();
            withdraw(&service, petition).await.unwrap();
        }
        service.settled().await.unwrap();
        cut(&server, &stream("2026-1"));
        let withdrawn = Some(ApplicationStatus::Withdrawn);
        assert_eq!(status(&service, "2026-1").await, withdrawn, "{how}");
        service.stop().await;

        for is_scavenged in [false, true] {
            if is_scavenged {
                server.scavenge();
            }
            let service = start(&server);
            service.settled().await.unwrap();
            assert_eq!(status(&service, "2026-2").await, withdrawn, "{how}");
            assert!(service.health().ready, "{how}: {}", service.health());
            let asked = withdraw(&service, "2026-1").await;
            let said = asked.expect_err(how);
            assert!(said.contains(&stream("2026-1")), "{how}: {said}");
            let names_it = said.contains("cut off") || said.contains("deleted");
            assert!(names_it || said.contains("tombstoned"), "{how}: {said}");
            // A petition is neither filed anew over it, nor does what it was change.
            let filed = file(&service, "2026-1").await;
            let said = filed.expect_err(how);
            assert!(said.contains(&stream("2026-1")), "{how}: {said}");
            service.settled().await.unwrap();
            let found = letters(&service).await;
            let damaged = keys(&found, FailureClass::Damaged);
            if is_scavenged {
                // Nothing is left to fold, and the letter says so.
                assert_eq!(damaged, BTreeSet::from(["2026-1"]), "{how}");
            } else {
                assert_eq!(status(&service, "2026-1").await, withdrawn, "{how}");
                assert_eq!(damaged, BTreeSet::new(), "{how}");
            }
            service.stop().await;
        }
    }
}

/// What a service asked of the server until it had caught up.
#[derive(Debug)]
struct Asked {
    reads: u64,
    subscriptions: u64,
    considered: u64,
    checkpoints: u64,
    sent: u64,
}

async fn asked_to_open(server: &StandIn) -> Asked {
    let now = || Asked {
        reads: server.calls(Call::Read),
        subscriptions: server.calls(Call::Subscribe),
        considered: server.events_considered(),
        checkpoints: server.checkpoints_sent(),
        sent: server.events_sent(),
    };
    let before = now();
    let service = start(server);
    service.settled().await.unwrap();
    let after = now();
    service.stop().await;
    Asked {
        reads: after.reads - before.reads,
        subscriptions: after.subscriptions - before.subscriptions,
        considered: after.considered - before.considered,
        checkpoints: after.checkpoints - before.checkpoints,
        sent: after.sent - before.sent,
    }
}

/// The server looks through events of others; a service is told seldom that it does, and of none of them.
#[tokio::test(flavor = "multi_thread")]
async fn opening_asks_little_more_where_others_wrote_much() {
    const OF_OTHERS: u64 = 10_000;
    let mut asked = Vec::new();
    for of_others in [0, OF_OTHERS] {
        let server = StandIn::start().await.unwrap();
        for number in 0..of_others {
            server.write(&format!("invoice-{}", number % 97), "InvoicePaid", "{}", "");
        }
        let service = start(&server);
        file(&service, "2026-1").await.unwrap();
        service.settled().await.unwrap();
        service.stop().await;
        asked.push(asked_to_open(&server).await);
    }
    let [alone, beside] = &asked[..] else {
        unreachable!("both were opened")
    };
    let each = OF_OTHERS / 512 + 2;
    let most = alone.checkpoints + beside.subscriptions * each;
    assert!(beside.checkpoints <= most, "{asked:#?}");
    // Once for the two projections, which begin at the start of the log, where neither is too slow for it.
    assert!(beside.considered < 3 * OF_OTHERS, "{asked:#?}");
    // Whose subscriptions last asks no more often; a machine that is too slow for it begins some anew.
    let begun_anew = beside.subscriptions.saturating_sub(alone.subscriptions);
    let twice = 2 * alone.sent.max(alone.reads) * (1 + begun_anew);
    assert!(beside.sent <= twice && beside.reads <= twice, "{asked:#?}");
    println!("{asked:#?}");
}

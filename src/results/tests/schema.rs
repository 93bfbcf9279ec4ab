//! Answers as they are serialised, held to the schema that is checked in.

use std::{
    num::NonZeroU32,
    sync::{Arc, LazyLock},
    time::Duration,
};

use minwon_core::{
    ActorId, Added, Compensated, ConsumerName, DeadLetterEvent, EventId, EventRef, Failure,
    FailureClass, Parked, QueueOpened, Released, RetryFailed, RetryRequested, Skipped, Token,
};
use minwon_petitions::{
    Group, Grouping, IssuanceId, VerificationNumber,
    application::{DueDocument, ExtendPeriod, FileObjection, NotifyResult, Reject},
    issuance::DocumentIssued,
    statute::ExtensionGround,
};
use minwon_projections::{
    Ended, ErrorClass, Health, Letter, ListPart, PartHealth, PartState, Paused, QueueEntry,
};
use serde::Serialize;
use serde_json::Value;

use super::office::{Office, at, id};
use crate::{
    OpenCounts, PetitionService,
    service::{InstantAnswer, InstantDocument, Receipt, Stuck, Tracking},
};

/// Just so much of JSON Schema as `docs/schema/answers.json` is written in.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../docs/schema/answers.json")).unwrap()
});

fn faults(schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let fault = |what: &str| vec![format!("{path}: {what}: {value}")];
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return faults(&SCHEMA["$defs"][name], value, path);
    }
    if schema.get("allOf").is_some() {
        let whole = serde_json::json!({ "oneOf": with_states(schema) });
        return faults(&whole, value, path);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let all = choices.iter().map(|choice| faults(choice, value, path));
        let all: Vec<_> = all.collect();
        return match all.iter().filter(|faults| faults.is_empty()).count() {
            1 => Vec::new(),
            0 => all.concat(),
            _ => fault("fits several choices"),
        };
    }
    if let Some(only) = schema.get("const") {
        return if only == value {
            Vec::new()
        } else {
            fault("is another constant")
        };
    }
    let is_of_type = match schema["type"].as_str().unwrap() {
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("no such type here: {other}"),
    };
    if !is_of_type {
        return fault("is of another type");
    }
    let text = value.as_str().unwrap_or_default();
    if schema["enum"]
        .as_array()
        .is_some_and(|words| !words.contains(value))
    {
        return fault("is no such word");
    }
    match schema["format"].as_str() {
        Some("date-time") if !text.ends_with("+09:00") || text.len() < 25 => {
            return fault("is not with Seoul's offset");
        }
        Some("date") if text.parse::<minwon_petitions::Date>().is_err() => {
            return fault("is no day");
        }
        _ => {}
    }
    let mut found = Vec::new();
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(faults(&schema["items"], item, &format!("{path}[{place}]")));
    }
    if let Some(fields) = value.as_object() {
        for required in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(required.as_str().unwrap()) {
                found.push(format!("{path}: has no {required}"));
            }
        }
        for (name, field) in fields {
            let path = format!("{path}.{name}");
            let of_all = schema
                .get("additionalProperties")
                .filter(|it| it.is_object());
            match schema["properties"].get(name).or(of_all) {
                Some(schema) => found.extend(faults(schema, field, &path)),
                None => found.push(format!("{path}: is not in the schema")),
            }
        }
    }
    found
}

/// The schemas of an object that has the fields of its state among its own, one for each state.
fn with_states(schema: &Value) -> Vec<Value> {
    let name = schema["allOf"][0]["$ref"].as_str().unwrap();
    let states = &SCHEMA["$defs"][name.strip_prefix("#/$defs/").unwrap()];
    let states = states["oneOf"].as_array().unwrap();
    let with = |state: &Value| {
        let mut whole = state.clone();
        let required = schema["required"].as_array().unwrap().iter().cloned();
        whole["required"].as_array_mut().unwrap().extend(required);
        let properties = schema["properties"].as_object().unwrap().clone();
        let own = whole["properties"].as_object_mut().unwrap();
        own.extend(properties);
        whole
    };
    states.iter().map(with).collect()
}

/// Holds an answer to its schema, and to what no answer may hold.
fn check(name: &str, answer: &impl Serialize) -> Value {
    let value = serde_json::to_value(answer).unwrap();
    let schema = &SCHEMA["$defs"][name];
    assert!(schema.is_object(), "no schema {name}");
    assert_eq!(faults(schema, &value, name), [""; 0], "{value:#}");
    let text = value.to_string();
    let digits = |word: &str| word.bytes().filter(u8::is_ascii_digit).count() == 16;
    let numbers = text
        .split('"')
        .filter(|word| word.len() == 19 && digits(word));
    assert_eq!(numbers.count(), 0, "a number that is not masked: {text}");
    value
}

async fn ask(office: &Office, petition: &str) -> Value {
    office.catch_up().await;
    let now = at("2026-03-10T09:00:00+09:00");
    let answer = office.results.result_of(&id(petition), now).await.unwrap();
    check("petition_answer", &answer)["value"].clone()
}

#[tokio::test]
async fn the_answer_about_a_petition_keeps_to_its_schema_at_every_step() {
    let office = Office::new();
    office
        .submit("p-1", "applicant-1", "2026-03-09T09:00:00+09:00")
        .await;
    let submitted = ask(&office, "p-1").await;
    assert_eq!(submitted["status"], "submitted");
    assert_eq!(submitted["submitted_at"], "2026-03-09T09:00:00+09:00");
    office.receive_for("p-1", "7 days").await;
    office.assign("p-1", "officer-7").await;
    let running = ask(&office, "p-1").await;
    assert_eq!(running["remaining"]["clock"], "running");
    office.ask("p-1", "2026-03-13").await;
    let standing = ask(&office, "p-1").await;
    assert_eq!(standing["remaining"]["clock"], "standing");
    assert_eq!(standing["stop"]["cause"], "supplement");
    assert_eq!(standing["supplement"]["due"], "2026-03-13");
    assert_eq!(ask(&office, "p-9").await, Value::Null);
}

#[tokio::test]
async fn so_does_what_was_refused_and_objected_to() {
    let office = Office::new();
    office
        .submit("p-1", "applicant-1", "2026-03-09T09:00:00+09:00")
        .await;
    office.receive_for("p-1", "7 days").await;
    office.assign("p-1", "officer-7").await;
    let extend = ExtendPeriod {
        by: "3 days".parse().unwrap(),
        ground: ExtensionGround::SiteCheck,
        reason: "The building has to be seen".parse().unwrap(),
        officer: "officer-7".parse().unwrap(),
        extended_at: at("2026-03-09T11:00:00+09:00"),
    };
    office.petition("p-1", extend).await;
    let extended = ask(&office, "p-1").await;
    assert_eq!(extended["extensions"][0]["by"], "3 days");
    let reject = Reject {
        officer: "officer-7".parse().unwrap(),
        reasons: vec!["The lease has ended".parse().unwrap()],
        remedies: vec!["Object within 60 days".parse().unwrap()],
    };
    office.petition("p-1", reject).await;
    let notify = NotifyResult {
        officer: "officer-7".parse().unwrap(),
        document: DueDocument::NotDue,
        notified_at: at("2026-03-09T12:00:00+09:00"),
    };
    office.petition("p-1", notify).await;
    let refused = ask(&office, "p-1").await;
    assert_eq!(refused["decision"]["outcome"], "rejected");
    assert!(refused["may_object_until"].is_string(), "{refused}");
    let object = FileObjection {
        by: "applicant-1".parse().unwrap(),
        grounds: "The lease has not ended".parse().unwrap(),
        attachments: Vec::new(),
        filed_at: at("2026-03-09T13:00:00+09:00"),
    };
    office.petition("p-1", object).await;
    let objected = ask(&office, "p-1").await;
    assert_eq!(objected["status"], "under-objection");
    assert_eq!(objected["objection"]["decision"], Value::Null);
}

#[tokio::test]
async fn so_do_documents_and_lists() {
    let office = Office::new();
    let now = at("2026-03-10T09:00:00+09:00");
    office
        .submit("p-1", "applicant-1", "2026-03-09T09:00:00+09:00")
        .await;
    office.receive("p-1", "2026-03-16").await;
    let number = office.issue("p-1", "2026-03-09T10:00:00+09:00").await;
    office.make_ready("p-1", "2026-03-17").await;
    let result = ask(&office, "p-1").await;
    assert_eq!(result["documents"][0]["masked_number"], number.masked());
    assert!(
        result["documents"][0]["pickup"]["place"].is_string(),
        "{result}"
    );
    let on = minwon_petitions::Date::in_seoul(now);
    let held = office
        .results
        .document(&super::asker(), &number, on)
        .await
        .unwrap()
        .value;
    assert_eq!(check("document_result", &held)["verdict"], "genuine");
    office
        .submit("p-2", "applicant-1", "2026-03-09T09:30:00+09:00")
        .await;
    office.catch_up().await;
    let applicant = "applicant-1".parse().unwrap();
    let one = ListPart::first(NonZeroU32::MIN);
    let own = office.results.of_applicant(&applicant, &one);
    let list = office.results.shown(own.await.unwrap(), now);
    let list = check("petition_list_answer", &list);
    assert_eq!(list["value"]["items"][0]["id"], "p-2");
    // The next part begins where the text says.
    let next = list["value"]["next"].as_str().unwrap().parse().unwrap();
    let rest = ListPart::first(NonZeroU32::MIN).after(next);
    let own = office.results.of_applicant(&applicant, &rest);
    let list = check(
        "petition_list_answer",
        &office.results.shown(own.await.unwrap(), now),
    );
    assert_eq!(list["value"]["items"][0]["id"], "p-1");
}

fn letter() -> Letter {
    let stream = "general_GeneralApplication-p-1".parse().unwrap();
    let event = EventRef {
        position: minwon_core::GlobalPosition::new(7),
        stream,
        version: minwon_core::StreamVersion::new(2),
        id: EventId::from_bytes([1; 16]),
        event_type: "GeneralApplicationReceived".parse().unwrap(),
        subject: id("p-1"),
    };
    Letter {
        consumer: ConsumerName::new("issuance").unwrap(),
        key: "p-1".into(),
        event: event.clone(),
        failure: Failure::new(FailureClass::Handler, &std::io::Error::other("it is away")),
        attempts: 8,
        since: at("2026-03-09T09:00:00+09:00"),
        retry_requested: false,
        parked: vec![event],
    }
}

#[test]
fn so_do_health_letters_and_receipts() {
    let since = at("2026-03-09T09:00:00+09:00");
    let part = |state| PartHealth {
        part: "projection petitions".into(),
        state,
        is_ready: true,
        was_ready: true,
        stuck_since: Some(since),
    };
    let paused = Paused {
        class: ErrorClass::Passing,
        why: "the store is away".into(),
        since,
        next_try: since,
        tries: 3,
    };
    let ended = Ended {
        class: None,
        why: "it was asked to stop".into(),
        at: since,
    };
    let parts = [
        PartState::Running,
        PartState::Paused(paused),
        PartState::Stopped(ended),
    ];
    let parts = parts.map(part).into();
    let health = Health::of(parts, since, Duration::from_secs(60));
    let health = check("health", &health);
    assert_eq!(health["parts"][1]["class"], "passing");
    check("letter", &letter());
    let receipt = Receipt {
        petition: id("p-1"),
        receipt_number: None,
        token: "general@42".parse::<Token>().unwrap(),
        repeated: false,
    };
    let receipt_json = check("receipt", &receipt);
    assert_eq!(receipt_json["token"], "general@42");
    let following = InstantAnswer::Following {
        receipt: receipt.clone(),
        reason: "a register's own words",
    };
    let following = check("instant_answer", &following);
    assert!(!following.to_string().contains("own words"), "{following}");
    check("stuck", &Stuck::from(&letter()));
    let number = VerificationNumber::from_random(0x1234_5678_9abc_def0);
    let issued = InstantAnswer::Issued(InstantDocument {
        issuance: IssuanceId::first(&receipt.petition),
        document: DocumentIssued {
            verification_number: number,
            document_type: "abstract".parse().unwrap(),
            copies: 1,
            issued_at: since,
            verifiable_until: "2026-06-07".parse().unwrap(),
            document: None,
        },
        receipt,
    });
    let issued = check("instant_answer", &issued);
    assert_eq!(issued["document"]["masked_number"], number.masked());
}

fn queue_events() -> [DeadLetterEvent; 8] {
    let Letter {
        consumer,
        key,
        event,
        failure,
        attempts,
        ..
    } = letter();
    let by: ActorId = "operator-1".parse().unwrap();
    let reason = "sent by post".to_owned();
    macro_rules! about_the_event {
        ($name:ident { $($field:ident: $value:expr),* }) => {
            DeadLetterEvent::$name($name {
                consumer: consumer.clone(),
                key: key.clone(),
                event: event.clone(),
                $($field: $value),*
            })
        };
    }
    [
        DeadLetterEvent::QueueOpened(QueueOpened {
            event_type: event.event_type.clone(),
        }),
        about_the_event!(Added {
            failure: failure.clone(),
            attempts: attempts
        }),
        about_the_event!(Parked {}),
        about_the_event!(RetryRequested { by: by.clone() }),
        about_the_event!(RetryFailed {
            failure: failure,
            attempts: attempts,
            kind: None
        }),
        about_the_event!(Released { kind: None }),
        about_the_event!(Skipped {
            by: by.clone(),
            reason: reason.clone()
        }),
        about_the_event!(Compensated {
            by: by,
            reason: reason
        }),
    ]
}

#[test]
fn so_does_whatever_stands_in_a_queue_of_dead_letters() {
    for event in queue_events() {
        let entry = QueueEntry {
            position: letter().event.position,
            at: letter().since,
            by: "operator-1".parse().unwrap(),
            event,
        };
        let shown = check("queue_entry", &entry);
        assert_eq!(shown["what"], entry.what());
    }
}

#[tokio::test]
async fn so_do_counts_and_where_a_petition_is_stuck() {
    let office = Office::new();
    let submitted = "2026-03-09T09:00:00+09:00";
    office.submit("p-1", "applicant-1", submitted).await;
    office.receive_for("p-1", "7 days").await;
    office.assign("p-1", "officer-7").await;
    office.catch_up().await;
    let results = &office.results;
    let tracking = Tracking {
        petition: results.result_of(&id("p-1"), at(submitted)).await.unwrap(),
        stuck: vec![Stuck::from(&letter())],
    };
    let tracking = check("tracking", &tracking);
    assert_eq!(tracking["stuck"][0]["holds"], "petition");
    for by in Grouping::ALL {
        let counts = results.open_counts(*by).await.unwrap();
        let shown = check("open_counts_answer", &counts)["value"].clone();
        let read = |(group, count): (&String, &Value)| {
            (group.parse::<Group>().unwrap(), count.as_u64().unwrap())
        };
        let read: OpenCounts = shown.as_object().unwrap().iter().map(read).collect();
        assert_eq!(read, counts.value, "{shown}");
        assert_eq!(read.len(), 1, "{by}");
    }
    let day = minwon_petitions::Date::in_seoul(at(submitted));
    let counts = results.day_counts(day).await.unwrap();
    let counts = check("day_counts_answer", &counts);
    assert_eq!(counts["value"]["instant-issuance/in-review"], 1);
}

#[tokio::test]
async fn so_does_the_status_of_a_service_in_every_state() {
    let office = Office::new();
    office
        .submit("p-1", "applicant-1", "2026-03-09T09:00:00+09:00")
        .await;
    let read_models = office.read_models.clone();
    let service = PetitionService::builder(office.namespace.clone(), read_models).start();
    service.settled().await.unwrap();
    let mut status = service.status();
    let running = check("service_status", &status);
    assert_eq!(running["keeper"]["state"], "running");
    assert_eq!(running["projector"]["models"][0]["is_ready"], true);
    assert_eq!(
        running["projector"]["models"][0]["model"]["projection"],
        "petitions"
    );
    let why = Arc::<str>::from("the store is away");
    for state in [
        PartState::Paused(Paused {
            class: ErrorClass::Passing,
            why: Arc::clone(&why),
            since: letter().since,
            next_try: letter().since,
            tries: 3,
        }),
        PartState::Stopped(Ended {
            class: Some(ErrorClass::Bug),
            why: Arc::clone(&why),
            at: letter().since,
        }),
    ] {
        status.keeper.state = state.clone();
        status.projector.paused = Some(Arc::clone(&why));
        for model in &mut status.projector.models {
            model.state = state.clone();
            model.not_promoted = Some(Arc::clone(&why));
            model.behind_since = Some(letter().since);
        }
        for reactor in &mut status.reactors {
            reactor.state = state.clone();
            reactor.paused = Some(Arc::clone(&why));
        }
        let shown = check("service_status", &status);
        assert_eq!(shown["keeper"]["why"], *why);
    }
    service.stop().await;
}

//! The API, as a program meets it.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{Method, Request, header},
};
use http_body_util::BodyExt as _;
use minwon_console::record::Deed;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::world::{World, file};

/// All that is only looked at.
const LOOKS: [&str; 13] = [
    "/api/status",
    "/api/health",
    "/api/service",
    "/api/lag",
    "/api/petitions/p-1",
    "/api/log?last=10",
    "/api/log?subject=p-1",
    "/api/messages?subject=p-1",
    "/api/letters",
    "/api/letters/groups",
    "/api/letters/one?petition=p-1",
    "/api/letters/decisions",
    "/api/letters/asks",
];

/// A program with headers of its own.
struct Program {
    router: Router,
    headers: Vec<(&'static str, String)>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: header::HeaderMap,
    body: Value,
}

impl World {
    fn program(&self, token: &str) -> Program {
        Program {
            router: self.place.clone(),
            headers: vec![("authorization", format!("Bearer {token}"))],
        }
    }
}

impl Program {
    async fn ask(&self, method: Method, to: &str, body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(to);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(body).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body);
        let body = serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {text}"));
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    async fn get(&self, to: &str) -> Answer {
        self.ask(Method::GET, to, Body::empty()).await
    }

    async fn post(&self, to: &str, body: &Value) -> Answer {
        self.ask(Method::POST, to, Body::from(body.to_string()))
            .await
    }

    /// An answer that is there.
    async fn see(&self, to: &str) -> Value {
        let answer = self.get(to).await;
        assert_eq!(answer.status, 200, "{to}: {answer:?}");
        answer.body
    }

    /// Asks for an act on all letters, as the preview shows them.
    async fn act(&self, act: &str, reason: &str) -> Answer {
        let preview = self.see(&format!("/api/letters/ask?act={act}")).await;
        let ask = json!({
            "act": act, "reason": reason, "count": preview["count"], "until": preview["until"],
        });
        self.post("/api/letters/asks", &ask).await
    }

    /// What was asked for, once it is over.
    async fn until_over(&self, ask: &Value) -> Value {
        let (number, mut tried, mut begun) = (&ask["ask"], 0, false);
        loop {
            let to = format!("/api/letters/asks/{number}?wait=30&tried={tried}&begun={begun}");
            let ask = self.see(&to).await;
            let count = |name: &str| ask[name].as_u64().unwrap();
            tried = count("gone") + count("failed");
            begun = ask["state"] == "runs";
            if ask["state"] != "waits" && !begun {
                return ask;
            }
        }
    }
}

impl Answer {
    #[track_caller]
    fn is_problem(&self, status: u16, kind: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let form = &self.headers[header::CONTENT_TYPE];
        assert_eq!(form, "application/problem+json", "{self:?}");
        let kind = format!("urn:minwon:problem:{kind}");
        assert_eq!(self.body["type"], kind, "{self:?}");
        assert_eq!(self.body["status"], status, "{self:?}");
        assert_ne!(self.body["title"], "", "{self:?}");
    }
}

#[tokio::test]
async fn a_token_alone_opens_the_api_and_no_cookie() {
    let world = World::stuck(&["p-1"]).await;
    let page = world
        .browser()
        .post("/sign-in", &[("credential", "kim:look,read,mend")])
        .await;
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap();
    let mut program = world.program("kim:look,read,mend");
    program.headers = vec![("cookie", cookie.split(';').next().unwrap().to_owned())];
    let before = world.record.deeds();
    for look in LOOKS {
        let answer = program.get(look).await;
        answer.is_problem(401, "no-token");
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    let ask = json!({ "act": "retry", "count": 1, "until": i64::MAX });
    program
        .post("/api/letters/asks", &ask)
        .await
        .is_problem(401, "no-token");
    program
        .post("/api/letters/asks/1/stop", &json!({}))
        .await
        .is_problem(401, "no-token");
    assert_eq!(world.record.deeds(), before);
}

#[tokio::test]
async fn whoever_is_not_known_or_may_not_look_is_refused_and_that_is_on_record() {
    let world = World::stuck(&["p-1"]).await;
    let long = "k".repeat(9_000);
    for (token, status, kind) in [
        ("nobody", 401, "sign-in-refused"),
        (&*long, 401, "sign-in-refused"),
        ("kim:", 403, "forbidden-look"),
        ("kim:mend", 403, "forbidden-look"),
    ] {
        let answer = world.program(token).get("/api/status").await;
        answer.is_problem(status, kind);
        assert!(!answer.body.to_string().contains(token), "{answer:?}");
    }
    assert_eq!(world.record.deeds(), vec![(None, Deed::NotLetIn); 4]);
}

#[tokio::test]
async fn many_bad_tokens_are_few_lines_of_the_record_and_keep_no_good_one_out() {
    let world = World::new();
    for _ in 0..30 {
        let answer = world.program("nobody").get("/api/status").await;
        answer.is_problem(401, "sign-in-refused");
    }
    world.program("kim:look").see("/api/health").await;
    assert_eq!(world.record.deeds(), vec![(None, Deed::NotLetIn); 10]);
}

#[tokio::test]
async fn whoever_may_look_sees_no_payload_and_changes_nothing() {
    let world = World::stuck(&["p-1"]).await;
    let lee = world.program("lee:look");
    for look in LOOKS {
        let seen = lee.see(look).await;
        assert!(!seen.to_string().contains("applicant-1"), "{look}: {seen}");
    }
    for look in [
        "/api/petitions/p-1?payload=true",
        "/api/log?payload=true",
        "/api/messages?subject=p-1&payload=true",
    ] {
        lee.get(look).await.is_problem(403, "forbidden-read");
    }
    lee.get("/api/letters/ask?act=retry")
        .await
        .is_problem(403, "forbidden-mend");
    let ask = json!({ "act": "retry", "count": 1, "until": i64::MAX });
    lee.post("/api/letters/asks", &ask)
        .await
        .is_problem(403, "forbidden-mend");
    lee.post("/api/letters/asks/1/approve", &json!({}))
        .await
        .is_problem(403, "forbidden-approve");
    lee.post("/api/letters/asks/1/stop", &json!({}))
        .await
        .is_problem(403, "forbidden-mend");
    let han = world.program("han:mend,read,approve");
    han.post("/api/letters/asks", &ask)
        .await
        .is_problem(403, "forbidden-look");
    let groups = world.service.letters().groups().await.unwrap().value;
    assert_eq!(groups.values().sum::<u64>(), 1);
}

#[tokio::test]
async fn each_look_is_on_record_and_what_cannot_be_is_not_shown() {
    let world = World::stuck(&["p-1"]).await;
    let park = world.program("park:look,read");
    let petition = park.see("/api/petitions/p-1?payload=true").await;
    assert_eq!(petition["events"][0]["payload"]["applicant"], "applicant-1");
    park.see("/api/log?after=0&max=2&payload=true").await;
    park.see("/api/messages?subject=p-1").await;
    park.see("/api/letters?consumer=notifications").await;
    let letter = park.see("/api/letters/one?petition=p-1").await;
    assert!(letter["payload"].is_object(), "{letter}");
    let deeds: Vec<_> = world
        .record
        .deeds()
        .into_iter()
        .map(|(by, deed)| {
            assert_eq!(by.as_deref(), Some("park"));
            deed
        })
        .collect();
    let log = |from: &str, to: &str, wanted: &str, payload| Deed::LookedAtLog {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        wanted: wanted.to_owned(),
        payload,
    };
    let [petition, tail, found, list, event] = &deeds[..] else {
        panic!("{deeds:?}");
    };
    let looked = Deed::LookedAtPetition {
        petition: "p-1".parse().unwrap(),
        payload: true,
    };
    assert_eq!(*petition, looked);
    assert_eq!(*tail, log("1", "2", "", true));
    assert!(
        matches!(found, Deed::LookedAtLog { wanted, payload: false, .. } if wanted == "subject=p-1")
    );
    assert_eq!(
        *list,
        Deed::LookedAtList {
            list: "notifications".to_owned()
        }
    );
    assert!(
        matches!(event, Deed::LookedAtEvent { payload: true, subject, .. } if subject == "p-1")
    );

    world.record.fill();
    for look in [
        "/api/petitions/p-1",
        "/api/log?last=10",
        "/api/messages?subject=p-1",
        "/api/letters",
        "/api/letters/one?petition=p-1",
        "/api/letters/decisions",
    ] {
        let answer = park.get(look).await;
        answer.is_problem(502, "no-answer");
        assert!(
            answer.body.to_string().contains("no space left"),
            "{answer:?}"
        );
    }
    let kim = world.program("kim:look,mend");
    let ask = json!({ "act": "skip", "reason": "by post", "count": 1, "until": i64::MAX });
    kim.post("/api/letters/asks", &ask)
        .await
        .is_problem(502, "no-answer");
    let groups = world.service.letters().groups().await.unwrap().value;
    assert_eq!(groups.values().sum::<u64>(), 1, "nothing was decided");
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_a_problem_of_a_kind_that_stays() {
    let world = World::stuck(&["p-1"]).await;
    let kim = world.program("kim:look,mend");
    for (look, status, kind) in [
        ("/api/nowhere", 404, "no-such-page"),
        ("/api/petitions/p-9", 404, "no-such-petition"),
        ("/api/letters?event=x", 400, "malformed-filter"),
        ("/api/letters?after=x", 400, "malformed-place"),
        ("/api/log?after=x", 400, "malformed-request"),
        ("/api/log?trace=x", 400, "malformed-filter"),
        ("/api/lag?models=a%20b", 400, "malformed-filter"),
        ("/api/letters/asks/9", 404, "no-such-ask"),
        ("/api/letters/one?petition=p-9", 404, "no-such-letter"),
        ("/api/letters/ask?act=forget", 400, "malformed-request"),
    ] {
        let answer = kim.get(look).await;
        answer.is_problem(status, kind);
        assert_eq!(answer.headers["minwon-api"], "1");
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    }
    kim.post("/api/status", &json!({}))
        .await
        .is_problem(405, "no-such-method");
    kim.post("/api/letters/asks", &json!({ "act": "retry" }))
        .await
        .is_problem(400, "malformed-request");
    let long = "x".repeat(70_000);
    kim.post("/api/letters/asks", &json!(long))
        .await
        .is_problem(413, "too-long");
    kim.act("skip", "  ").await.is_problem(400, "no-reason");
    let of_lee = json!({ "act": "retry", "count": 1, "until": i64::MAX, "by": "lee" });
    kim.post("/api/letters/asks", &of_lee)
        .await
        .is_problem(400, "other-operator");
    let mut korean = world.program("kim:look");
    korean.headers.push(("accept-language", "ko".to_owned()));
    let answer = korean.get("/api/petitions/p-9").await;
    assert!(
        answer.body["title"].as_str().unwrap().contains("민원"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn without_an_index_that_is_said_and_the_log_is_looked_through() {
    let world = World::without_index();
    world.file(&["p-1", "p-2"]).await;
    let kim = world.program("kim:look");
    kim.get("/api/messages?subject=p-2")
        .await
        .is_problem(404, "no-index");
    let found = kim
        .see("/api/log?subject=p-2&types=GeneralApplicationSubmitted")
        .await;
    let events = found["events"].as_array().unwrap();
    assert_eq!(events.len(), 1, "{found}");
    assert_eq!(
        (&events[0]["subject"], &events[0]["by"]),
        (&json!("p-2"), &json!("scan"))
    );
    assert_eq!(found["is_end"], true);
}

#[tokio::test]
async fn the_log_comes_in_parts_and_whoever_waits_is_answered_by_what_comes() {
    let world = World::stuck(&["p-1"]).await;
    let kim = world.program("kim:look");
    let first = kim.see("/api/log?after=0&max=1").await;
    assert_eq!(
        (&first["position"], &first["is_end"]),
        (&json!("1"), &json!(false))
    );
    let rest = kim.see("/api/log?after=1").await;
    assert_eq!(rest["is_end"], true);
    let end = rest["position"].as_str().unwrap();
    let until = kim.see("/api/log?after=0&until=1").await;
    assert_eq!(until["events"].as_array().unwrap().len(), 1);
    let last = kim.see("/api/log?last=1").await;
    assert_eq!(
        (&last["position"], last["events"].as_array().unwrap().len()),
        (&json!(end), 1)
    );
    let waited = async {
        loop {
            let part = kim
                .see(&format!("/api/log?after={end}&wait=30&subject=p-2"))
                .await;
            if part["events"][0]["subject"] == "p-2" {
                return;
            }
        }
    };
    tokio::join!(waited, file(&world.service, "p-2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_tried_again_to_the_end_and_each_outcome_is_told() {
    let world = World::stuck(&["p-1", "p-2", "p-3", "p-4"]).await;
    let kim = world.program("kim:look,mend");
    let preview = kim.see("/api/letters/ask?act=retry").await;
    let portions: Vec<_> = preview["portions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_array().unwrap().len())
        .collect();
    assert_eq!((portions, &preview["count"]), (vec![1, 2, 1], &json!(4)));
    let failed = kim.until_over(&kim.act("retry", "").await.body).await;
    assert_eq!(
        (&failed["state"], &failed["failed"]),
        (&json!("failed"), &json!(1)),
        "{failed}"
    );
    assert!(failed["error"].as_str().unwrap().contains("has expired"));
    let letters = kim.see("/api/letters/asks/1/letters").await;
    assert!(
        letters["letters"][0]["outcome"]["failed-again"].is_object(),
        "{letters}"
    );
    assert_eq!(letters["letters"][1]["outcome"], Value::Null);
    world.mail.mend();
    let done = kim.until_over(&kim.act("retry", "").await.body).await;
    assert_eq!(
        (&done["state"], &done["gone"]),
        (&json!("done"), &json!(4)),
        "{done}"
    );
    let letters = kim.see("/api/letters/asks/2/letters").await;
    let letters = letters["letters"].as_array().unwrap().iter();
    assert!(letters.clone().all(|it| it["outcome"] == "released"));
    let listed = kim.see("/api/letters/asks").await;
    assert_eq!(listed["asks"][0], done);
    kim.get("/api/letters/ask?act=retry").await;
    // The read model of letters follows the log.
    world.service.settled().await.unwrap();
    assert_eq!(
        world.service.letters().groups().await.unwrap().value.len(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_waits_for_another_as_on_the_pages() {
    let world = World::with(minwon_console::Console::four_eyes);
    world.file(&["p-1"]).await;
    let (kim, lee) = (
        world.program("kim:look,mend,approve"),
        world.program("lee:look,approve"),
    );
    let ask = kim.act("skip", "sent by post").await.body;
    assert_eq!(
        (&ask["state"], &ask["needs_approval"]),
        (&json!("waits"), &json!(true))
    );
    let nothing = json!({});
    kim.post("/api/letters/asks/1/approve", &nothing)
        .await
        .is_problem(400, "own-ask");
    let down = lee
        .post("/api/letters/asks/1/turn-down", &nothing)
        .await
        .body;
    assert_eq!(
        (&down["state"], &down["turned_down_by"]),
        (&json!("turned-down"), &json!("lee"))
    );
    lee.post("/api/letters/asks/1/approve", &nothing)
        .await
        .is_problem(404, "ask-is-decided");
    kim.act("skip", "sent by post").await;
    let approved = lee.post("/api/letters/asks/2/approve", &nothing).await.body;
    let done = kim.until_over(&approved).await;
    assert_eq!(
        (&done["state"], &done["by"]),
        (&json!("done"), &json!("kim"))
    );
    let deeds = world.record.deeds();
    assert!(
        deeds.contains(&(Some("lee".into()), Deed::Approved { ask: 2 })),
        "{deeds:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_by_mistake_is_taken_back() {
    let world = World::with(|console| console.grace(Duration::from_secs(1_000_000)));
    world.file(&["p-1"]).await;
    let kim = world.program("kim:look,mend");
    let ask = kim.act("compensate", "wrong one").await.body;
    assert_eq!(
        (&ask["state"], &ask["needs_approval"]),
        (&json!("waits"), &json!(false))
    );
    let down = kim
        .post("/api/letters/asks/1/turn-down", &json!({}))
        .await
        .body;
    assert_eq!(down["turned_down_by"], "kim");
    let groups = world.service.letters().groups().await.unwrap().value;
    assert_eq!(groups.values().sum::<u64>(), 1);
}

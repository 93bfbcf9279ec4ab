//! Who comes in, and what they may do there.

use axum::http::header;
use minwon_console::{probes, record::Deed};

use crate::{browser::Browser, mending::confirm, world::World};

/// Pages that one only looks at.
const PAGES: [&str; 15] = [
    "/",
    "/flow",
    "/messages",
    "/messages/one?stream=general_GeneralApplication-p-1&version=0",
    "/letters",
    "/letters?by=consumer",
    "/letters?by=type",
    "/letters/list",
    "/letters/asks",
    "/petitions/p-1",
    "/read-models",
    "/work",
    "/work?list=late",
    "/work?list=department",
    "/work?list=officer&of=officer-7",
];

#[tokio::test]
async fn nobody_sees_anything_who_has_not_signed_in() {
    let world = World::stuck(&["p-1"]).await;
    let mut browser = world.browser();
    for page in PAGES {
        let answer = browser.get(page).await;
        assert_eq!(
            (answer.status, answer.leads_to()),
            (303, "/sign-in"),
            "{page}"
        );
    }
    for form in [
        "/letters/ask",
        "/letters/asks/1/approve",
        "/letters/asks/1/stop",
        "/sign-out",
    ] {
        let answer = browser.post(form, &[("act", "retry")]).await;
        assert_eq!(
            (answer.status, answer.leads_to()),
            (303, "/sign-in"),
            "{form}"
        );
    }
    assert_eq!(world.record.deeds(), []);
}

#[tokio::test]
async fn whoever_has_no_role_is_let_in_nowhere_and_that_is_on_record() {
    let world = World::new();
    let mut browser = world.browser();
    for credential in ["nobody", "kim:", "kim:mend", &"k".repeat(9_000)] {
        let answer = browser
            .post("/sign-in", &[("credential", credential)])
            .await;
        assert_eq!(answer.status, 403);
        answer.shows("That does not let anybody in.");
        assert_eq!(browser.get("/").await.leads_to(), "/sign-in");
    }
    assert_eq!(world.record.deeds(), vec![(None, Deed::NotLetIn); 4]);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_refused_too_often_is_turned_away_unheard_which_is_on_record_once() {
    let world = World::new();
    let kim = world.signed_in("kim:look").await;
    let mut browser = world.browser();
    let mut statuses = Vec::new();
    for _ in 0..30 {
        let answer = browser.post("/sign-in", &[("credential", "guess")]).await;
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [[403; 10], [429; 10], [429; 10]].concat());
    let answer = browser.post("/sign-in", &[("credential", "kim:look")]);
    let answer = answer.await;
    assert_eq!(answer.status, 429);
    answer.shows("Try again in 10 minutes; nothing was looked at.");
    let after = answer.headers[header::RETRY_AFTER].to_str().unwrap();
    assert!((590..=600).contains(&after.parse().unwrap()), "{after}");
    // Who is in stays in.
    let mut kim = kim;
    kim.see("/").await;
    let told = [(None, Deed::TurnedAway { count: 21 })];
    let deeds = world.record.once_there_are(12).await;
    assert_eq!(deeds[0], (Some("kim".into()), Deed::SignedIn));
    assert_eq!(deeds[1..11], vec![(None, Deed::NotLetIn); 10]);
    assert_eq!(deeds[11..], told);
}

#[tokio::test]
async fn whoever_may_look_sees_all_pages_and_changes_nothing() {
    let world = World::stuck(&["p-1"]).await;
    let mut lee = world.signed_in("lee:look").await;
    for page in PAGES {
        let page = lee.see(page).await;
        page.hides("Try again …");
        page.hides("applicant-1");
    }
    let page = lee.see("/").await;
    for (to, fields) in [
        (
            "/letters/ask",
            vec![("act", "retry"), ("count", "1"), ("until", "0")],
        ),
        ("/letters/asks/1/approve", vec![]),
        ("/letters/asks/1/stop", vec![]),
    ] {
        let answer = lee.send(&page, to, &fields).await;
        assert_eq!(answer.status, 403, "{to}: {}", answer.text);
        answer.shows("needs the role");
    }
    assert_eq!(lee.get("/letters/ask?act=retry").await.status, 403);
}

#[tokio::test]
async fn payloads_are_shown_to_whoever_may_read_and_that_is_on_record() {
    let world = World::stuck(&["p-1"]).await;
    let mut park = world.signed_in("park:look,read").await;
    park.see("/petitions/p-1").await.shows("applicant-1");
    let list = park.see("/letters/list").await;
    let one = list.text.split("/letters/one?").nth(1).unwrap();
    let one = format!(
        "/letters/one?{}",
        one.split('"').next().unwrap().replace("&amp;", "&")
    );
    park.see(&one).await.shows("<h2>Payload</h2>");
    let deeds = world.record.deeds();
    let is_read = |(by, deed): &(Option<String>, Deed)| {
        by.as_deref() == Some("park")
            && matches!(deed, Deed::LookedAtEvent { payload: true, subject, .. } if subject == "p-1")
    };
    assert!(deeds.iter().any(is_read), "{deeds:?}");
    let looked = Deed::LookedAtPetition {
        petition: "p-1".parse().unwrap(),
        payload: true,
    };
    assert!(deeds.contains(&(Some("park".into()), looked)), "{deeds:?}");
}

#[tokio::test]
async fn what_cannot_be_put_on_record_is_not_shown() {
    let world = World::stuck(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,read,mend").await;
    let preview = kim.see("/letters/ask?act=skip").await;
    world.record.fill();
    let answer = kim.get("/petitions/p-1").await;
    assert_eq!(answer.status, 502);
    answer.shows("no space left on device");
    answer.hides("applicant-1");
    let answer = confirm(&mut kim, &preview, "skip", "sent by post").await;
    assert_eq!(answer.status, 502);
    let groups = world.service.letters().groups().await.unwrap().value;
    assert_eq!(groups.values().sum::<u64>(), 1, "nothing was decided");
}

#[tokio::test]
async fn a_form_of_another_site_is_not_taken() {
    let world = World::stuck(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let mut lee = world.signed_in("lee:look,mend").await;
    let preview = kim.see("/letters/ask?act=skip").await;
    let (count, until) = (preview.hidden("count"), preview.hidden("until"));
    let mut fields = vec![
        ("act", "skip"),
        ("count", &*count),
        ("until", &*until),
        ("reason", "because"),
    ];
    assert_eq!(
        kim.post("/letters/ask", &fields).await.status,
        403,
        "without"
    );
    let of_lee = lee.see("/").await.hidden("form");
    fields.push(("form", &of_lee));
    let answer = kim.post("/letters/ask", &fields).await;
    assert_eq!(answer.status, 403, "of somebody else");
    answer.shows("This form is not of your session.");
    let groups = world.service.letters().groups().await.unwrap().value;
    assert_eq!(groups.values().sum::<u64>(), 1);
}

#[tokio::test]
async fn every_answer_keeps_scripts_and_frames_of_others_out() {
    let world = World::new();
    let mut kim = world.signed_in("kim:look").await;
    for page in ["/", "/nowhere", "/assets/console.css", "/petitions/none"] {
        let answer = kim.get(page).await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.contains("default-src 'none'"), "{page}");
        assert!(policy.contains("frame-ancestors 'none'"), "{page}");
        assert!(!policy.contains("unsafe"), "{page}");
        assert_eq!(
            answer.headers[header::X_CONTENT_TYPE_OPTIONS],
            "nosniff",
            "{page}"
        );
        answer.hides(" style=");
        answer.hides("onclick");
    }
    let page = kim.see("/").await;
    assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn a_session_has_a_cookie_that_scripts_and_open_connections_never_see() {
    let world = World::with(|console| console.below("/console/"));
    let mut browser = world.browser();
    let answer = browser
        .post("/console/sign-in", &[("credential", "kim:look")])
        .await;
    assert_eq!(answer.leads_to(), "/console");
    assert_eq!(browser.get("/console/").await.leads_to(), "/console");
    let cookie = answer.headers[header::SET_COOKIE]
        .to_str()
        .unwrap()
        .to_owned();
    for part in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/console"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let page = browser.see("/console").await;
    page.shows("href=\"/console/letters\"");
    page.hides("kim:look");
    let out = browser.send(&page, "/console/sign-out", &[]).await;
    assert_eq!(out.leads_to(), "/console/sign-in");
    // Also whoever kept the cookie.
    let mut thief = world.browser();
    thief.keep(cookie.split(';').next().unwrap());
    assert_eq!(thief.get("/console").await.leads_to(), "/console/sign-in");
}

#[tokio::test]
async fn a_language_is_chosen_and_leads_back_to_no_other_site() {
    let world = World::stuck(&[]).await;
    let mut browser = world.signed_in("kim:look").await;
    browser.see("/").await.shows("All is well.");
    let answer = browser
        .get("/language?lang=ko&back=/letters%3Fby%3Dtype")
        .await;
    assert_eq!(answer.leads_to(), "/letters?by=type");
    browser.see("/").await.shows("모두 정상입니다.");
    for back in [
        "//example.org/",
        "https://example.org/",
        "/\\example.org",
        "",
    ] {
        let back = back.replace('/', "%2F").replace('\\', "%5C");
        let answer = browser.get(&format!("/language?lang=en&back={back}")).await;
        assert_eq!(answer.leads_to(), "/", "{back}");
    }
}

#[tokio::test]
async fn probes_ask_nobody_to_sign_in_and_say_nothing_but_a_word() {
    let world = World::new();
    let mut browser = Browser::new(probes(&world.service));
    world.file(&[]).await;
    for (probe, word) in [
        ("started", "started\n"),
        ("ready", "ready\n"),
        ("live", "live\n"),
    ] {
        let answer = browser.get(&format!("/health/{probe}")).await;
        assert_eq!((answer.status, &*answer.text), (200, word));
    }
    world.service.stop().await;
    let ready = browser.get("/health/ready").await;
    assert_eq!((ready.status, &*ready.text), (503, "not ready\n"));
    assert_eq!(
        browser.get("/health/live").await.status,
        200,
        "it ends as it was asked to"
    );
    assert_eq!(browser.get("/health/started").await.status, 200);
    let mut kim = world.signed_in("kim:look").await;
    kim.see("/").await.shows("The service is ending");
}

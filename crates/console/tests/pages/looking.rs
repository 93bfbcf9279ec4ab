//! What an operator sees.

use crate::world::{World, record};

#[tokio::test]
async fn in_one_look_all_is_well() {
    let world = World::new();
    world.mail.mend();
    world.file(&["p-1", "p-2"]).await;
    let mut kim = world.signed_in("kim:look").await;
    let page = kim.see("/").await;
    page.shows("All is well.");
    page.shows("projection petitions");
    page.shows("reactor notifications");
    page.hides("could not be handled");
}

#[tokio::test]
async fn what_is_wrong_stands_first_with_what_to_do() {
    let world = World::stuck(&["p-1", "p-2", "p-3"]).await;
    let mut kim = world.signed_in("kim:look").await;
    let page = kim.see("/").await;
    page.hides("All is well.");
    page.shows("Something needs you.");
    page.shows("3 events could not be handled.");
    // What is foreign is text, and no part of the page.
    page.shows("535 &lt;b&gt;the password&lt;/b&gt; has expired");
}

#[tokio::test]
async fn a_part_that_has_stopped_is_named_with_why_and_since_when() {
    let world = World::new();
    world.file(&["p-1"]).await;
    world.service.projector().shut_down().await;
    let mut kim = world.signed_in("kim:look").await;
    let page = kim.see("/").await;
    page.shows("The service does not do all of its work.");
    page.shows("<strong>projection petitions</strong>: stopped");
    page.shows("start the service again");
}

#[tokio::test]
async fn letters_are_counted_by_what_they_have_in_common() {
    let world = World::stuck(&["p-1", "p-2"]).await;
    let mut kim = world.signed_in("kim:look").await;
    let page = kim.see("/letters").await;
    page.shows(
        "/letters/list?consumer=notifications&amp;type=GeneralApplicationReceived&amp;cause=",
    );
    let consumer = kim.see("/letters?by=consumer").await;
    consumer.shows("/letters/list?consumer=notifications\">2</a>");
    let list = kim.see("/letters/list?consumer=notifications").await;
    list.shows("/petitions/p-1\">p-1</a>");
    list.shows("/petitions/p-2\">p-2</a>");
    let none = kim.see("/letters/list?consumer=issuance").await;
    none.shows("There is no dead letter here.");
}

#[tokio::test]
async fn lists_come_in_parts_and_no_part_leaves_one_out() {
    let world = World::new();
    let names: Vec<_> = (0..120).map(|number| format!("p-{number:03}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    world.file(&names).await;
    let mut kim = world.signed_in("kim:look").await;
    for list in [
        "/letters/list",
        "/work?list=department&of=Jongno%20District%20Office%09Civil%20Affairs",
    ] {
        let (mut seen, mut to, mut parts) = (Vec::new(), list.to_owned(), 0);
        loop {
            let page = kim.see(&to).await;
            parts += 1;
            let links = page.text.split("/petitions/").skip(1);
            seen.extend(links.map(|link| link.split('"').next().unwrap().to_owned()));
            let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else {
                break;
            };
            to = next.split('"').next().unwrap().replace("&amp;", "&");
        }
        seen.sort();
        assert_eq!((parts, seen.len()), (3, 120), "{list}");
        seen.dedup();
        assert_eq!(seen, names, "{list}");
    }
}

#[tokio::test]
async fn a_petition_is_told_from_filing_to_where_it_is_stuck() {
    let world = World::stuck(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look").await;
    for q in ["p-1", "R-p-1", "%20p-1%20"] {
        assert_eq!(
            kim.get(&format!("/find?q={q}")).await.leads_to(),
            "/petitions/p-1",
            "{q}"
        );
    }
    let page = kim.see("/petitions/p-1").await;
    page.shows("Stuck: 1 of its events could not be handled.");
    page.shows("Those who ask are told all of this");
    page.shows("From here on its time runs.");
    let filed = page.text.find("GeneralApplicationSubmitted").unwrap();
    let received = page.text.rfind("GeneralApplicationReceived").unwrap();
    assert!(filed < received);
    let korean = world.signed_in("kim:look").await;
    let page = korean.in_korean().see("/petitions/p-1").await;
    page.shows("막힘: 사건 1건을 처리하지 못했습니다.");
}

#[tokio::test]
async fn what_there_is_not_is_said_to_be_not_there() {
    let world = World::stuck(&[]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    for (to, status) in [
        ("/petitions/p-9", 404),
        ("/petitions/%00", 404),
        ("/nowhere", 404),
        ("/letters/one?event=7", 404),
        ("/letters/one?event=seven", 400),
        ("/letters/list?consumer=no%20name", 400),
        ("/letters/list?after=nowhere", 400),
        ("/letters/asks/7", 404),
        ("/letters/asks/seven", 400),
        ("/letters/ask?act=retry", 404),
        ("/letters/ask?act=burn", 400),
        ("/work?list=none", 400),
    ] {
        let answer = kim.get(to).await;
        assert_eq!(answer.status, status, "{to}: {}", answer.text);
    }
}

#[tokio::test]
async fn the_read_models_say_how_far_they_are() {
    let world = World::new();
    world.mail.mend();
    world.file(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look").await;
    let page = kim.see("/read-models").await;
    page.shows("petitions");
    page.shows("letters");
    page.shows("answers");
}

#[tokio::test]
async fn messages_are_found_by_what_is_known_of_them() {
    let world = World::stuck(&["p-1", "p-2"]).await;
    let mut kim = world.signed_in("kim:look").await;
    let all = kim.see("/messages").await;
    all.shows("GeneralApplicationReceived");
    all.shows("/petitions/p-2");
    // Also what was written about letters.
    all.shows("Added");
    for (query, shown, hidden) in [
        ("subject=p-1", "/petitions/p-1", "/petitions/p-2"),
        ("service=portal", "GeneralApplicationReceived", "Added"),
        (
            "types=GeneralApplicationSubmitted",
            "GeneralApplicationSubmitted</a>",
            "GeneralApplicationReceived</a>",
        ),
        (
            "types=GeneralApplicationSubmitted,%20GeneralApplicationReceived&subject=p-1",
            "Received</a>",
            "p-2",
        ),
        (
            "before=2020-01-01T09:00",
            "There is no such message",
            "/petitions/p-1",
        ),
        (
            "since=2020-01-01T09:00&before=2120-01-01T09:00:30",
            "/petitions/p-1",
            "no such message",
        ),
        ("unreadable=1", "There is no such message", "/petitions/p-1"),
        (
            "trace=of%20nobody",
            "This cannot be meant: Trace",
            "/petitions/p-1",
        ),
        (
            "correlation=1",
            "This cannot be meant: Request",
            "/petitions/p-1",
        ),
        (
            "since=yesterday",
            "This cannot be meant: Since",
            "/petitions/p-1",
        ),
        ("types=,", "This cannot be meant: Events", "/petitions/p-1"),
    ] {
        let page = kim.see(&format!("/messages?{query}")).await;
        page.shows(shown);
        let found = page.text.split("<tbody>").nth(1).unwrap_or_default();
        assert!(!found.contains(hidden), "{query}: {hidden} in {found}");
    }
}

#[tokio::test]
async fn a_message_is_shown_with_what_caused_it_and_what_it_caused() {
    let world = World::stuck(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look").await;
    let one = "/messages/one?stream=general_GeneralApplication-p-1&version=1";
    let page = kim.see(one).await;
    page.shows("citizen-1 · portal");
    page.shows("<strong>GeneralApplicationReceived</strong>");
    page.shows(">GeneralApplicationSubmitted</a>");
    page.hides("applicant-1");
    for (query, status) in [
        ("stream=general_GeneralApplication-p-1&version=7", 404),
        ("stream=general_GeneralApplication-p-7&version=0", 404),
        ("stream=other_GeneralApplication-p-1&version=0", 404),
        ("stream=&version=0", 400),
        ("stream=general_GeneralApplication-p-1&version=-1", 400),
        ("version=1", 400),
    ] {
        let answer = kim.get(&format!("/messages/one?{query}")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn without_an_index_it_is_said_that_there_is_none() {
    let world = World::without_index();
    world.file(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look").await;
    kim.see("/messages")
        .await
        .shows("This service keeps no index of messages");
    let one = "/messages/one?stream=general_GeneralApplication-p-1&version=0";
    let page = kim.see(one).await;
    page.shows("citizen-1 · portal");
    page.shows("This service keeps no index of messages");
    kim.see("/flow").await.shows("built with `index_messages`");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_held_up_are_told_from_those_that_wait_behind_them() {
    let world = World::stuck(&["p-1", "p-2"]).await;
    world.ask_for_a_supplement("p-1").await;
    let mut kim = world.signed_in("kim:look").await;
    let page = kim.see("/messages?failed=1").await;
    let rows: Vec<_> = page.text.split("<tr").skip(2).collect();
    // The assignment waits as well.
    assert_eq!(rows.len(), 4, "{}", page.text);
    let row = |petition: &str, event: &str| {
        let is_it =
            |row: &&&str| row.contains(&format!("/petitions/{petition}\"")) && row.contains(event);
        *rows.iter().find(is_it).unwrap()
    };
    for petition in ["p-1", "p-2"] {
        let row = row(petition, "GeneralApplicationReceived");
        assert!(row.contains("notifications could not handle it"), "{row}");
        assert!(row.contains("535 &lt;b&gt;the password"), "{row}");
    }
    let waits = row("p-1", "GeneralApplicationSupplementRequested");
    assert!(
        waits.contains("waits behind another, for notifications"),
        "{waits}"
    );
    assert!(!waits.contains("could not handle"), "{waits}");
    for (query, received, supplement) in [
        (
            "types=GeneralApplicationReceived,%20GeneralApplicationSupplementRequested",
            2,
            1,
        ),
        ("types=GeneralApplicationSupplementRequested", 0, 1),
        ("types=GeneralApplicationSubmitted", 0, 0),
        ("subject=p-2", 1, 0),
        ("subject=p-3", 0, 0),
        ("service=portal", 2, 0),
        ("service=nobody", 0, 0),
        ("before=2020-01-01T09:00", 0, 0),
    ] {
        let page = kim.see(&format!("/messages?failed=1&{query}")).await;
        let count = |text| {
            page.text
                .split("<td>")
                .filter(|it| it.contains(text))
                .count()
        };
        let found = (
            count("ApplicationReceived</a>"),
            count("SupplementRequested</a>"),
        );
        assert_eq!(found, (received, supplement), "{query}");
    }
}

#[tokio::test]
async fn messages_that_are_held_up_come_in_parts_and_no_part_leaves_one_out() {
    let names: Vec<_> = (0..120).map(|number| format!("p-{number:03}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let world = World::stuck(&names).await;
    let mut kim = world.signed_in("kim:look").await;
    let first = "/messages?types=GeneralApplicationReceived&failed=1";
    let (mut seen, mut to, mut parts) = (Vec::new(), first.to_owned(), 0);
    loop {
        let page = kim.see(&to).await;
        parts += 1;
        let links = page.text.split("/petitions/").skip(1);
        seen.extend(links.map(|link| link.split('"').next().unwrap().to_owned()));
        let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else {
            break;
        };
        to = next.split('"').next().unwrap().replace("&amp;", "&");
        assert!(to.contains("failed=1") && to.contains("types="), "{to}");
    }
    seen.reverse();
    assert_eq!(
        (parts, &*seen),
        (
            3,
            &*names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()
        )
    );
}

#[tokio::test]
async fn what_was_looked_for_last_is_shown_again_until_all_is() {
    let world = World::stuck(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look").await;
    kim.see("/messages").await;
    let sought = "/messages?types=GeneralApplicationReceived&failed=1";
    kim.see(sought).await.shows("value=\"1\" checked");
    assert_eq!(kim.get("/messages").await.leads_to(), sought);
    // What cannot be meant is not remembered, and nobody else is shown it.
    kim.see("/messages?types=,").await;
    assert_eq!(kim.get("/messages").await.leads_to(), sought);
    let mut lee = world.signed_in("lee:look").await;
    lee.see("/messages").await;
    kim.see("/messages?subject=").await.shows("/petitions/p-1");
    kim.see("/messages").await;
}

#[tokio::test]
async fn what_led_to_what_is_drawn_and_said_with_how_often_and_what_is_held_up() {
    let world = World::stuck(&["p-1", "p-2"]).await;
    world.ask_for_a_supplement("p-2").await;
    let mut kim = world.signed_in("kim:look").await;
    let page = kim.see("/flow").await;
    let row = |event: &str| {
        let rows = page.text.split("<tr").filter(|row| row.contains("<td>"));
        let rows: Vec<_> = rows
            .filter(|row| row.contains(&format!("\">{event}</a>")))
            .collect();
        assert_eq!(rows.len(), 1, "{event} in {}", page.text);
        rows[0].to_owned()
    };
    let received = row("GeneralApplicationReceived");
    for said in [
        "<td>portal</td>",
        "<td class=\"number\">2</td>",
        "/letters/list?type=GeneralApplicationReceived\">notifications: 2</a>",
    ] {
        assert!(received.contains(said), "no {said} in {received}");
    }
    let asked = row("GeneralApplicationSupplementRequested");
    assert!(
        asked.contains("<td>a command</td><td>back-office</td>"),
        "{asked}"
    );
    assert!(asked.contains("<td class=\"number\">1</td>"), "{asked}");
    page.shows("a command → GeneralApplicationAssigned · back-office: 1</title>");
    page.shows("<g class=\"node wrong\">");
    page.shows("! notifications: 2</text>");
    // Letters are no work.
    page.hides("LetterAdded");
    let korean = world.signed_in("kim:look").await;
    korean.in_korean().see("/flow").await.shows("사건의 흐름");
}

#[tokio::test]
async fn what_has_waited_too_long_is_found_by_what_it_waits_for() {
    let world = World::stuck(&["p-1", "p-2"]).await;
    world.ask_for_a_supplement("p-2").await;
    let mut kim = world.signed_in("kim:look").await;
    let categories = kim.see("/work?list=waiting").await;
    categories.shows("/work?list=waiting&amp;of=General\"");
    for (what, hours, waits) in [
        ("officer", "0", vec!["p-1"]),
        ("officer", "1", vec![]),
        ("supplement", "0", vec!["p-2"]),
        ("supplement", "", vec![]),
        ("register", "0", vec![]),
        ("agency", "0", vec![]),
        ("notice", "0", vec![]),
        ("letter", "0", vec!["p-1", "p-2"]),
        ("letter", "1", vec![]),
    ] {
        let page = kim
            .see(&format!(
                "/work?list=waiting&of=General&for={what}&hours={hours}"
            ))
            .await;
        for petition in ["p-1", "p-2"] {
            let is_there = page.text.contains(&format!("/petitions/{petition}\""));
            assert_eq!(
                is_there,
                waits.contains(&petition),
                "{what} {hours} {petition}"
            );
        }
    }
    for bad in ["for=godot", "hours=-1", "hours=1e9", "hours=99999"] {
        let page = kim
            .get(&format!("/work?list=waiting&of=General&{bad}"))
            .await;
        assert_eq!(page.status, 400, "{bad}");
    }
}

/// What is refused is answered, and no dead letter: but where all is refused, it is said.
#[tokio::test]
async fn a_register_that_gives_nothing_stands_among_what_is_wrong() {
    let world = World::new();
    for (issuance, outcome) in [
        ("i-1", "GeneralIssuanceDocumentIssued"),
        ("i-2", "GeneralIssuanceSourceDataFailed"),
        ("i-3", "GeneralIssuanceSourceDataFailed"),
    ] {
        record(&world.service, issuance, outcome).await;
    }
    let mut kim = world.signed_in("kim:look").await;
    kim.see("/").await.hides("a register was asked for");
    record(&world.service, "i-4", "GeneralIssuanceSourceDataFailed").await;
    let page = kim.see("/").await;
    page.shows("Of the last 4 documents that a register was asked for, 3 could not be made.");
    page.hides("All is well.");
    kim.see("/messages?types=GeneralIssuanceSourceDataFailed")
        .await
        .shows("i-4");
}

//! What an operator does about what could not be handled.

use std::time::Duration;

use minwon::{
    ListPart, ReadModels, Store,
    engine::{ProjectorStatus, Selection},
};
use minwon_console::{Console, record::Deed};
use minwon_test_servers::RedisServer;

use crate::{
    browser::{Browser, Page},
    world::{World, file, file_at},
};

/// Asks for an act on all letters, as the page shows them; the page of what was asked for.
async fn ask(browser: &mut Browser, act: &str, reason: &str) -> (Page, String) {
    let preview = browser.see(&format!("/letters/ask?act={act}")).await;
    let answer = confirm(browser, &preview, act, reason).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let to = answer.leads_to().to_owned();
    (browser.see(&to).await, to)
}

/// Sends the form of a preview.
pub(crate) async fn confirm(
    browser: &mut Browser,
    preview: &Page,
    act: &str,
    reason: &str,
) -> Page {
    let (count, until) = (preview.hidden("count"), preview.hidden("until"));
    let fields = [
        ("act", act),
        ("count", &count),
        ("until", &until),
        ("reason", reason),
    ];
    browser.send(preview, "/letters/ask", &fields).await
}

/// Looks at what was asked for until it is over.
async fn until_over(browser: &mut Browser, to: &str) -> Page {
    loop {
        let page = browser.see(to).await;
        if !page.text.contains("data-refresh") {
            return page;
        }
        tokio::task::yield_now().await;
    }
}

async fn letters(world: &World) -> u64 {
    let answer = world
        .service
        .settled()
        .await
        .map(|_| world.service.letters());
    answer.unwrap().groups().await.unwrap().value.values().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mended_cause_and_all_are_tried_again() {
    let world = World::stuck(&["p-1", "p-2", "p-3", "p-4"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let preview = kim.see("/letters/ask?act=retry").await;
    preview.shows("4 events");
    preview.shows("of 4 petitions");
    preview.shows("and none of them due today or late.");
    world.mail.mend();
    let (_, to) = ask(&mut kim, "retry", "").await;
    until_over(&mut kim, &to).await.shows("done · 4/4");
    assert_eq!(letters(&world).await, 0);
    kim.see("/").await.shows("All is well.");
}

#[tokio::test]
async fn what_is_late_is_counted_before_anything_is_done() {
    let world = World::stuck(&["p-1", "p-2"]).await;
    let long_ago = "2026-01-02T10:00:00+09:00".parse().unwrap();
    file_at(&world.service, "p-3", long_ago).await;
    world.service.settled().await.unwrap();
    let mut kim = world.signed_in("kim:look,mend").await;
    kim.see("/").await.shows("Late</a></dt><dd>1</dd>");
    let preview = kim.see("/letters/ask?act=retry").await;
    preview.shows("of 3 petitions");
    preview.shows("and 1 of them due today or late.");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_first_fails_again_nothing_more_is_tried() {
    let world = World::stuck(&["p-1", "p-2", "p-3"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let (_, to) = ask(&mut kim, "retry", "").await;
    let page = until_over(&mut kim, &to).await;
    page.shows("ended, as one failed · 0/3");
    page.shows("1 failed again.");
    page.shows("has expired");
    assert_eq!(letters(&world).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_give_up_an_event_needs_a_reason_and_is_on_record() {
    let world = World::stuck(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let preview = kim.see("/letters/ask?act=skip").await;
    let answer = confirm(&mut kim, &preview, "skip", "  ").await;
    assert_eq!(answer.status, 400);
    answer.shows("This needs a reason.");
    assert_eq!(letters(&world).await, 1);

    let (_, to) = ask(&mut kim, "skip", "sent by post").await;
    until_over(&mut kim, &to).await.shows("done · 1/1");
    assert_eq!(letters(&world).await, 0);
    let deeds = world.record.deeds();
    let (
        by,
        Deed::Asked {
            act, count, reason, ..
        },
    ) = deeds.last().unwrap()
    else {
        panic!("{deeds:?}");
    };
    assert_eq!(
        (by.as_deref(), *act, *count, &**reason),
        (Some("kim"), "skip", 1, "sent by post")
    );
    // The log has it too, in kim's name.
    let operator = world
        .service
        .dead_letters()
        .operator("audit".parse().unwrap());
    let decisions = operator
        .decisions(minwon::Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let decisions: Vec<_> = decisions
        .iter()
        .map(|it| (it.by.as_str(), it.what(), it.why()))
        .collect();
    assert_eq!(decisions, [("kim", "skipped", Some("sent by post"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_to_what_came_in_after_it_was_shown() {
    let world = World::stuck(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let preview = kim.see("/letters/ask?act=skip").await;
    world.file(&["p-2"]).await;
    let answer = confirm(&mut kim, &preview, "skip", "sent by post").await;
    until_over(&mut kim, answer.leads_to())
        .await
        .shows("done · 1/1");
    assert_eq!(letters(&world).await, 1);
    let left = world
        .service
        .letters()
        .list(&Selection::All, &ListPart::default())
        .await
        .unwrap();
    let left: Vec<_> = left
        .value
        .letters
        .iter()
        .map(|it| it.event.subject.as_str())
        .collect();
    assert_eq!(left, ["p-2"]);
    // And nothing is done twice.
    let again = confirm(&mut kim, &preview, "skip", "sent by post").await;
    assert_eq!(again.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_four_eyes_another_approves_and_nobody_their_own() {
    let world = World::with(minwon_console::Console::four_eyes);
    world.file(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend,approve").await;
    let mut lee = world.signed_in("lee:look,approve").await;
    let mut han = world.signed_in("han:look,mend").await;
    let (page, to) = ask(&mut kim, "skip", "sent by post").await;
    page.shows("waits for somebody else to approve");
    page.hides(">Approve<");
    assert_eq!(letters(&world).await, 1);

    let approve = format!("{to}/approve");
    let own = kim.send(&page, &approve, &[]).await;
    assert_eq!(own.status, 400);
    own.shows("Somebody else than who asked has to approve.");
    let of_han = han.see("/").await;
    assert_eq!(han.send(&of_han, &approve, &[]).await.status, 403);
    assert_eq!(letters(&world).await, 1);

    let of_lee = lee.see(&to).await;
    of_lee.shows(">Approve<");
    assert_eq!(lee.send(&of_lee, &approve, &[]).await.status, 303);
    until_over(&mut lee, &to).await.shows("done · 1/1");
    assert_eq!(letters(&world).await, 0);
    assert_eq!(lee.send(&of_lee, &approve, &[]).await.status, 404, "once");
    let deeds = world.record.deeds();
    assert!(
        deeds.contains(&(Some("lee".into()), Deed::Approved { ask: 1 })),
        "{deeds:?}"
    );
    // A retry gives nothing up, and needs nobody.
    world.file(&["p-2"]).await;
    world.mail.mend();
    let (_, to) = ask(&mut kim, "retry", "").await;
    until_over(&mut kim, &to).await.shows("done · 1/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_approval_is_taken_back_or_turned_down() {
    let world = World::with(minwon_console::Console::four_eyes);
    world.file(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let mut lee = world.signed_in("lee:look,approve").await;
    let (page, to) = ask(&mut kim, "skip", "sent by post").await;
    page.shows(">Take back<");
    kim.send(&page, &format!("{to}/turn-down"), &[]).await;
    kim.see(&to).await.shows("turned down · kim");
    let of_lee = lee.see(&to).await;
    assert_eq!(
        lee.send(&of_lee, &format!("{to}/approve"), &[])
            .await
            .status,
        404
    );
    let (_, to) = ask(&mut kim, "skip", "sent by post").await;
    let of_lee = lee.see(&to).await;
    of_lee.shows(">Turn down<");
    lee.send(&of_lee, &format!("{to}/turn-down"), &[]).await;
    kim.see(&to).await.shows("turned down · lee");
    assert_eq!(letters(&world).await, 1);
    kim.see("/letters/asks").await.shows("turned down · lee");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_by_mistake_is_taken_back_before_it_begins() {
    let world = World::with(|console| console.grace(Duration::from_secs(1_000_000)));
    world.file(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let (page, to) = ask(&mut kim, "skip", "wrong one").await;
    page.shows("can be taken back until then");
    page.hides(">Approve<");
    kim.send(&page, &format!("{to}/turn-down"), &[]).await;
    kim.see(&to).await.shows("turned down · kim");
    assert_eq!(letters(&world).await, 1);
}

#[tokio::test]
async fn who_may_mend_has_what_has_stopped_begin_again_and_that_is_on_record() {
    let world = World::stuck(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let mut lee = world.signed_in("lee:look").await;
    let of_lee = lee.see("/").await;
    assert_eq!(lee.send(&of_lee, "/start-again", &[]).await.status, 403);
    let page = kim.see("/").await;
    page.hides("Have what has stopped begin again");
    assert_eq!(kim.send(&page, "/start-again", &[]).await.status, 303);
    let deeds = world.record.deeds();
    assert_eq!(
        deeds.last(),
        Some(&(Some("kim".into()), Deed::StartedAgain))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stopped_begins_with_no_further_letter() {
    let world = World::stuck(&["p-1", "p-2", "p-3"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    world.mail.mend();
    world.mail.hold(true);
    let (page, to) = ask(&mut kim, "retry", "").await;
    world.mail.is_under_way().await;
    let stopped = kim.send(&page, &format!("{to}/stop"), &[]).await;
    assert_eq!(stopped.status, 303);
    world.mail.hold(false);
    until_over(&mut kim, &to).await.shows("stopped · 1/3");
    assert_eq!(letters(&world).await, 2);
    let deeds = world.record.deeds();
    assert!(
        deeds.contains(&(Some("kim".into()), Deed::Stopped { ask: 1 })),
        "{deeds:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stopped_for_want_of_a_right_runs_once_that_is_given_back_and_somebody_asks() {
    let redis = RedisServer::start();
    let store = Store::open(&"memory:".parse().unwrap()).unwrap();
    let read_models = ReadModels::open(&redis.url().parse().unwrap()).await;
    let world = World::over(store, read_models.unwrap(), true, Console::router);
    world.mail.mend();
    world.file(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    kim.see("/").await.shows("All is well.");

    let right = |right| redis.cli(&["ACL", "SETUSER", "default", right]);
    assert_eq!(right("-zadd"), "OK");
    file(&world.service, "p-2").await;
    let mut status = world.service.projector().status();
    // Each of them has something to write; who asks before one has stopped does not ask that one.
    let all_have_stopped = |status: &ProjectorStatus| {
        let mut models = status.models.iter();
        models.all(|model| model.state.has_stopped())
    };
    status.wait_for(all_have_stopped).await.unwrap();
    let page = kim.see("/").await;
    page.shows("The service does not do all of its work.");
    page.shows("<strong>projection petitions</strong>: stopped, ");
    page.shows("this user has no right to ZADD, which a commit needs");
    page.shows("Change what the cause names, then have it begin again.");

    assert_eq!(right("+zadd"), "OK");
    assert_eq!(kim.send(&page, "/start-again", &[]).await.status, 303);
    let all_run = |status: &ProjectorStatus| {
        let mut models = status.models.iter();
        models.all(|model| !model.state.has_stopped())
    };
    status.wait_for(all_run).await.unwrap();
    world.file(&["p-3"]).await;
    kim.see("/").await.shows("All is well.");
    kim.see("/petitions/p-2")
        .await
        .shows("Those who ask are told all of this");
}

//! What an operator does about what could not be handled.

use fantoccini::key::Key;
use minwon_console::{Console, Served};
use minwon_test_servers::ChromeDriver;

use crate::{browser::Browser, world::World};

const STUCK: [&str; 4] = ["p-1", "p-2", "p-3", "p-4"];

/// The way from what is wrong to all of its letters being tried again, as far as its last click.
async fn ask_for_a_retry(browser: &Browser) {
    browser.click(".verdict a[href='/letters']").await;
    browser.click("td.number a").await;
    browser.click("button[value=retry]").await;
    browser.shows("4 events of 4 petitions").await;
    browser.shows("One is tried first").await;
    browser.click("form.stacked button").await;
    browser.wait_for("#progress").await;
}

async fn ends_well(browser: &Browser, world: &World<Served>) {
    assert_eq!(browser.text("#progress .headline").await, "done · 4/4");
    assert!(!browser.has("[data-refresh]").await);
    assert_eq!(world.letters().await, 0);
    browser.go("/").await;
    browser.shows("All is well.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn from_what_is_wrong_to_done_by_clicks_while_the_page_follows() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&STUCK).await);
    let browser = Browser::signed_in(&driver, &world, "kim:look,mend").await;
    world.mail.mend();
    ask_for_a_retry(&browser).await;
    browser.shows("done · 4/4").await;
    ends_well(&browser, &world).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_goes_without_scripts() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&STUCK).await);
    let flags = ["--blink-settings=scriptEnabled=false"];
    let browser = Browser::start_with(&driver, &world, &flags).await;
    browser.sign_in("kim:look,mend").await;
    browser.go("/petitions/p-1").await;
    assert!(browser.has("form[data-filters][hidden]").await, "it ran");
    browser.go("/").await;
    world.mail.mend();
    ask_for_a_retry(&browser).await;
    while browser.has("[data-refresh]").await {
        browser.reload().await;
    }
    ends_well(&browser, &world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_goes_by_the_keyboard_alone() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&STUCK).await);
    let browser = Browser::signed_in(&driver, &world, "kim:look,mend").await;
    world.mail.mend();
    // The first key leads past what stands on each page.
    browser.press(Key::Tab).await;
    let skips = "return document.activeElement.matches('.skip')\
         && document.activeElement.getBoundingClientRect().left >= 0";
    assert_eq!(browser.run(skips, &[]).await, true);
    browser.press(Key::Enter).await;
    browser.press(Key::Tab).await;
    let arrived = "return document.activeElement.matches('main a')";
    assert_eq!(browser.run(arrived, &[]).await, true);

    browser.press(Key::Enter).await;
    browser.wait_for("td.number a").await;
    browser.tab_to("td.number a").await;
    browser.press(Key::Enter).await;
    browser.wait_for("button[value=retry]").await;
    browser.tab_to("button[value=retry]").await;
    browser.press(Key::Enter).await;
    // The reason has the focus already.
    browser.wait_for("#reason:focus").await;
    browser.press("the password is renewed").await;
    browser.tab_to("form.stacked button").await;
    browser.press(Key::Enter).await;
    browser.shows("done · 4/4").await;
    browser.shows("the password is renewed").await;
    ends_well(&browser, &world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_four_eyes_two_browsers_agree() {
    let (driver, world) = (
        ChromeDriver::start(),
        World::<Served>::with(Console::four_eyes).await,
    );
    world.file(&["p-1"]).await;
    let kim = Browser::signed_in(&driver, &world, "kim:look,mend,approve").await;
    let lee = Browser::signed_in(&driver, &world, "lee:look,approve").await;
    kim.go("/letters/ask?act=skip").await;
    // The browser itself asks for a reason.
    kim.click("form.stacked button").await;
    assert!(kim.has("#reason:invalid").await);
    assert_eq!(kim.path().await, "/letters/ask?act=skip");
    kim.press("sent by post").await;
    kim.click("form.stacked button").await;
    kim.shows("waits for somebody else to approve").await;
    assert!(!kim.has("form[action$='/approve']").await);
    let ask = kim.path().await;

    lee.go("/letters/asks").await;
    lee.click("td.number a").await;
    assert_eq!(lee.path().await, ask);
    lee.shows("sent by post").await;
    lee.click("form[action$='/approve'] button").await;
    lee.shows("done · 1/1").await;
    assert_eq!(world.letters().await, 0);
    kim.reload().await;
    kim.shows("done · 1/1").await;
}

//! What an operator sees, and how they come to it.

use std::time::Duration;

use fantoccini::key::Key;
use minwon::engine::Selection;
use minwon_test_servers::ChromeDriver;
use serde_json::{Value, json};

use crate::{browser::Browser, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_on_this_machine_stays_signed_in_and_signs_out() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&[]).await);
    let browser = Browser::start(&driver, &world).await;
    browser.sign_in("kim:look").await;
    assert_eq!(browser.path().await, "/");
    // A browser takes it without encryption from its own machine alone.
    let cookie = browser.cookie("minwon-console").await;
    assert_eq!(
        (cookie.secure(), cookie.http_only()),
        (Some(true), Some(true))
    );
    assert_eq!(browser.run("return document.cookie", &[]).await, "");
    browser.reload().await;
    browser.shows("All is well.").await;
    browser.click(".who button").await;
    browser.wait_for("#credential").await;
    browser.go("/letters").await;
    assert_eq!(browser.path().await, "/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_stands_first_and_goes_by_itself_once_it_is_mended() {
    let (driver, world) = (
        ChromeDriver::start(),
        World::stuck(&["p-1", "p-2", "p-3"]).await,
    );
    let browser = Browser::signed_in(&driver, &world, "kim:look").await;
    browser.wait_for("main > h1 + .verdict.wrong").await;
    browser.shows("3 events could not be handled.").await;
    browser.run("window.isTheSame = true", &[]).await;

    // Whoever is on the way by the keyboard stays where they are.
    browser.tab_to(".verdict a[href='/letters']").await;
    world.file(&["p-4"]).await;
    browser.shows("4 events could not be handled.").await;
    let focused = "return document.activeElement.matches(\".verdict a[href='/letters']\")";
    assert_eq!(browser.run(focused, &[]).await, true);

    world.mail.mend();
    let operator = world
        .service
        .dead_letters()
        .operator("lee".parse().unwrap());
    let letters = operator.list(&Selection::All).await.unwrap();
    let report = operator.retry_listed(letters, Duration::from_secs(120));
    assert!(report.await.unwrap().is_complete());
    browser.wait_for("main > h1 + .verdict.well").await;
    // And nothing below it says otherwise.
    browser
        .wait_for("#figures > section:first-child > .figures")
        .await;
    let same = browser.run("return window.isTheSame", &[]).await;
    assert_eq!(same, true, "the page was loaded anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_of_a_story_is_remembered() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&["p-1"]).await);
    let browser = Browser::signed_in(&driver, &world, "kim:look").await;
    let shown = async || {
        let shown = "return [...document.querySelectorAll('#story > li')]\
             .filter((line) => line.checkVisibility()).length";
        browser.run(shown, &[]).await
    };
    let (petition, failed) = ("input[value=petition]", "input[name=failed]");
    browser.go("/petitions/p-1").await;
    assert_eq!(shown().await, 2);
    browser.click(failed).await;
    assert_eq!(shown().await, 1);
    browser.reload().await;
    assert_eq!(shown().await, 1);
    let is_checked = browser.wait_for(failed).await.is_selected().await;
    assert!(is_checked.unwrap());
    browser.click(petition).await;
    assert_eq!(shown().await, 0);
    browser.go("/").await;
    browser.go("/petitions/p-1").await;
    assert_eq!(shown().await, 0);
    browser.click(petition).await;
    browser.click(failed).await;
    assert_eq!(shown().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petition_is_found_from_everywhere() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&["p-1"]).await);
    let browser = Browser::signed_in(&driver, &world, "kim:look").await;
    browser.tab_to("input[name=q]").await;
    browser.press("R-p-1").await;
    browser.press(Key::Enter).await;
    browser
        .shows("Stuck: 1 of its events could not be handled.")
        .await;
    assert_eq!(browser.path().await, "/petitions/p-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_script_runs_that_is_not_the_consoles_own() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&[]).await);
    let browser = Browser::signed_in(&driver, &world, "kim:look").await;
    assert_eq!(browser.errors().await, [""; 0]);
    let smuggled = "const it = document.createElement('script');\
         it.textContent = 'window.isSmuggled = true'; document.body.append(it);\
         return window.isSmuggled ?? null";
    assert_eq!(browser.run(smuggled, &[]).await, Value::Null);
    let errors = browser.errors().await;
    assert!(
        matches!(&errors[..], [error] if error.contains("Content Security Policy")),
        "{errors:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flow_is_a_picture_with_a_name_that_is_scrolled_and_not_the_page() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&["p-1"]).await);
    let browser = Browser::signed_in(&driver, &world, "kim:look").await;
    let narrow = json!({ "width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": false });
    browser
        .pretend("Emulation.setDeviceMetricsOverride", narrow)
        .await;
    browser.go("/flow").await;
    let picture = browser.wait_for("figure.flow svg[role=img]").await;
    let said = picture.attr("aria-labelledby").await.unwrap().unwrap();
    let named = "return arguments[0].split(' ').map((id) => document.getElementById(id).textContent).join(' ')";
    let name = browser.run(named, &[&said]).await;
    assert_eq!(name, "The flow of events The table below says the same.");
    let fits = "const figure = document.querySelector('figure.flow');\
         return [document.documentElement.scrollWidth <= innerWidth, figure.scrollWidth > figure.clientWidth]";
    assert_eq!(browser.run(fits, &[]).await, json!([true, true]));
    // By the keyboard it is scrolled as well.
    browser.tab_to("figure.flow").await;
    // No text is longer than what it stands in, and no line begins or ends beside the picture.
    let within = "const box = (it) => it.getBoundingClientRect();\
         const whole = box(document.querySelector('figure.flow svg'));\
         const nodes = [...document.querySelectorAll('.flow .node')];\
         const isIn = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1;\
         return nodes.length > 2 && nodes.every((node) => isIn(box(node), whole)\
             && [...node.querySelectorAll('text')].every((text) => isIn(box(text), box(node.querySelector('rect')))))\
             && [...document.querySelectorAll('.flow .edge')].every((edge) => isIn(box(edge), whole))";
    assert_eq!(browser.run(within, &[]).await, true);
    assert_eq!(browser.errors().await, [""; 0]);
}

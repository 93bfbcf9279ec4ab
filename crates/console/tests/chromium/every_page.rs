//! What holds on every page: nothing of it is refused by the browser, and nobody is kept out by how it looks.

use minwon_test_servers::ChromeDriver;
use serde_json::{Value, json};

use crate::{browser::Browser, world::World};

/// What is wrong with the page that is shown.
const FAULTS: &str = include_str!("faults.js");

/// A narrow screen. Unit: pixels.
const NARROW: u32 = 360;

const PAGES: [&str; 24] = [
    "/",
    "/work?list=waiting&of=General&for=officer&hours=0",
    "/flow",
    "/messages?failed=1",
    "/messages",
    "/messages?trace=of%20nobody",
    "/messages/one?stream=general_GeneralApplication-p-1&version=1",
    "/letters",
    "/letters?by=consumer",
    "/letters?by=type",
    "/letters/list",
    "/letters/one?event=2",
    "/letters/ask?act=retry",
    "/letters/ask?act=skip",
    "/letters/asks",
    "/letters/asks/1",
    "/petitions/p-1",
    "/read-models",
    "/work",
    "/work?list=late",
    "/work?list=department",
    "/work?list=department&of=Jongno%20District%20Office%09Civil%20Affairs",
    "/nowhere",
    "/sign-in",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_page_keeps_anybody_out_in_either_language_light_or_dark() {
    let (driver, world) = (ChromeDriver::start(), World::stuck(&["p-1"]).await);
    let browser = Browser::signed_in(&driver, &world, "kim:look,read,mend").await;
    // One that fails again, for its page has most on it.
    browser.go("/letters/ask?act=retry").await;
    browser.click("form.stacked button").await;
    browser.shows("1 failed again.").await;
    let narrow = json!({ "width": NARROW, "height": 740, "deviceScaleFactor": 1, "mobile": false });
    browser
        .pretend("Emulation.setDeviceMetricsOverride", narrow)
        .await;
    let mut faults = Vec::new();
    for language in ["en", "ko"] {
        browser
            .go(&format!("/language?lang={language}&back=/"))
            .await;
        let lang = browser.wait_for("html").await.attr("lang").await;
        assert_eq!(lang.unwrap().as_deref(), Some(language));
        browser.errors().await;
        for page in PAGES {
            browser.go(page).await;
            for scheme in ["light", "dark"] {
                let scheme = [json!({ "name": "prefers-color-scheme", "value": scheme })];
                let media = json!({ "features": scheme });
                browser.pretend("Emulation.setEmulatedMedia", media).await;
                let found = browser.run(FAULTS, &[]).await;
                let found = found.as_array().unwrap().iter().filter_map(Value::as_str);
                faults.extend(found.map(|it| format!("{page} in {language}: {it}")));
            }
            let errors = browser.errors().await.into_iter();
            // That there is no such page is no fault of the page that says so.
            let errors = errors.filter(|it| !(page == "/nowhere" && it.contains("/nowhere - ")));
            faults.extend(errors.map(|it| format!("{page} in {language}: {it}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

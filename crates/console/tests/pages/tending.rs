//! What an operator does about read models while a service runs.

use std::time::Duration;

use minwon::{
    Namespace, PetitionService, ReadModels, Store, SystemClock,
    engine::{Generation, Membership, ModelName},
};
use minwon_console::{Console, record::Deed};

use crate::{
    browser::{Browser, Page},
    world::{Kept, World, file},
};

const HOME: &str = "/read-models";

/// Previews an act on a generation and confirms it.
async fn tend(browser: &mut Browser, act: &str, generation: u32, reason: &str) -> Page {
    let preview = preview(browser, act, generation).await;
    confirm(browser, &preview, act, generation, reason).await
}

async fn preview(browser: &mut Browser, act: &str, generation: u32) -> Page {
    let to = format!("{HOME}/act?act={act}&model=petitions&generation={generation}");
    browser.see(&to).await
}

async fn confirm(
    browser: &mut Browser,
    preview: &Page,
    act: &str,
    generation: u32,
    reason: &str,
) -> Page {
    let fields = [
        ("act", act),
        ("model", "petitions"),
        ("generation", &generation.to_string()),
        ("answering", &preview.hidden("answering")),
        ("reason", reason),
    ];
    let to = format!("{HOME}/act");
    browser.send(preview, &to, &fields).await
}

async fn does(browser: &mut Browser, act: &str, generation: u32, reason: &str) {
    let answer = tend(browser, act, generation, reason).await;
    assert_eq!(answer.status, 303, "{act}: {}", answer.text);
    assert_eq!(answer.leads_to(), HOME);
}

/// Looks until a page shows something.
async fn until_shown(browser: &mut Browser, text: &str) -> Page {
    loop {
        let page = browser.see(HOME).await;
        if page.text.contains(text) {
            return page;
        }
        tokio::task::yield_now().await;
    }
}

/// Waits until the service's own projector works on a generation of the petitions.
async fn works_on(service: &PetitionService, generation: u32) {
    let mut status = service.projector().status();
    let is_on = |status: &minwon::engine::ProjectorStatus| {
        let mut models = status.models.iter();
        models.any(|it| {
            it.model.projection.as_str() == "petitions"
                && it.generation == Some(Generation::new(generation))
        })
    };
    status.wait_for(is_on).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_is_built_anew_and_answers_and_is_gone_back_from_and_removed() {
    let world = World::new();
    world.mail.mend();
    world.file(&["p-1", "p-2"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    let dry = preview(&mut kim, "rebuild", 1).await;
    dry.shows("events are folded.");
    dry.shows("is not known yet");
    kim.see(HOME).await.hides("Building petitions");
    does(&mut kim, "rebuild", 1, "").await;
    let built = until_shown(&mut kim, "complete, follows the log").await;
    built.shows("100 %");
    built.shows("events/s");
    // A second one is refused, also where its preview was seen before.
    let refused = confirm(&mut kim, &dry, "rebuild", 1, "").await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    refused.shows("Another generation is being built");

    world.file(&["p-3"]).await;
    does(&mut kim, "promote", 2, "").await;
    works_on(&world.service, 2).await;
    world.file(&["p-4"]).await;
    let page = kim.see("/petitions/p-4").await;
    page.shows("p-4");
    let page = kim.see(HOME).await;
    page.shows("answered before");
    page.hides("Building petitions");
    // The next is told how long it takes.
    let dry = preview(&mut kim, "rebuild", 2).await;
    dry.shows("As fast as the last time");

    let back = preview(&mut kim, "roll-back", 1).await;
    let refused = confirm(&mut kim, &back, "roll-back", 1, " ").await;
    assert_eq!(refused.status, 400);
    refused.shows("This needs a reason.");
    does(&mut kim, "roll-back", 1, "the new one is worse").await;
    // What was shown before that does not hold any more.
    let refused = confirm(&mut kim, &back, "roll-back", 1, "again").await;
    assert_eq!(refused.status, 409);
    refused.shows("Another generation answers");
    works_on(&world.service, 1).await;
    world.service.settled().await.unwrap();
    kim.see("/petitions/p-4").await.shows("p-4");
    does(&mut kim, "retire", 2, "").await;
    kim.see(HOME).await.hides("answered before");

    let deeds = world.record.deeds();
    let deeds = deeds.iter().filter_map(|(by, deed)| match deed {
        Deed::TendedReadModel {
            act,
            generation,
            reason,
        } => Some((by.as_deref(), *act, &**generation, &**reason)),
        _ => None,
    });
    let kim = Some("kim");
    let expected = [
        (kim, "rebuild", "general:petitions:g1", ""),
        (kim, "rebuild", "general:petitions:g1", ""),
        (kim, "promote", "general:petitions:g2", ""),
        (
            kim,
            "roll-back",
            "general:petitions:g1",
            "the new one is worse",
        ),
        (kim, "retire", "general:petitions:g2", ""),
    ];
    assert_eq!(deeds.collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_stopped_and_gone_on_with() {
    let world = World::new();
    world.mail.mend();
    world.file(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    does(&mut kim, "rebuild", 1, "").await;
    does(&mut kim, "stop-build", 2, "").await;
    kim.see(HOME).await.shows("stopped");
    does(&mut kim, "resume", 2, "").await;
    until_shown(&mut kim, "complete, follows the log").await;
    does(&mut kim, "retire", 2, "").await;
    kim.see(HOME).await.hides("Building petitions");
    // It ends with the service, and nothing is begun then.
    does(&mut kim, "rebuild", 1, "").await;
    world.service.stop().await;
    kim.see(HOME).await.shows("Building petitions · 3: stopped");
    let refused = tend(&mut kim, "resume", 3, "").await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    refused.shows("The service is ending");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_is_proved_against_the_log() {
    let world = World::new();
    world.mail.mend();
    world.file(&["p-1"]).await;
    let mut kim = world.signed_in("kim:look,mend").await;
    for model in ["petitions", "letters", "messages"] {
        let to = format!("{HOME}/act?act=verify&model={model}&generation=1");
        let preview = kim.see(&to).await;
        let fields = [
            ("act", "verify"),
            ("model", model),
            ("generation", "1"),
            ("answering", "1"),
        ];
        let answer = kim.send(&preview, &format!("{HOME}/act"), &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let verified = format!("Proving {model} · 1: it is what the log says");
        until_shown(&mut kim, &verified).await.shows("none differs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_tends_read_models_without_the_role() {
    let world = World::new();
    world.mail.mend();
    world.file(&["p-1"]).await;
    let mut lee = world.signed_in("lee:look,read,approve").await;
    lee.see(HOME).await.hides("act=rebuild");
    let refused = lee
        .get("/read-models/act?act=rebuild&model=petitions&generation=1")
        .await;
    assert_eq!(refused.status, 403);
    let mut kim = world.signed_in("kim:look,mend").await;
    let shown = preview(&mut kim, "rebuild", 1).await;
    let refused = confirm(&mut lee, &shown, "rebuild", 1, "").await;
    assert_eq!(refused.status, 403, "the form is kim's");
    for (to, status) in [
        ("/read-models/act?act=rebuild&model=none&generation=1", 404),
        (
            "/read-models/act?act=retire&model=petitions&generation=7",
            404,
        ),
        (
            "/read-models/act?act=burn&model=petitions&generation=1",
            400,
        ),
    ] {
        assert_eq!(kim.get(to).await.status, status, "{to}");
    }
    world.record.fill();
    let refused = tend(&mut kim, "rebuild", 1, "").await;
    assert_eq!(refused.status, 502);
    kim.see(HOME).await.hides("Building petitions");
}

/// A service that shares the slices with others, and its console.
fn shared(store: &Store, read_models: &ReadModels, member: &str) -> (PetitionService, Browser) {
    let namespace = Namespace::new("general".parse().unwrap(), store.clone(), SystemClock);
    let leases = read_models.leases().unwrap();
    let time_to_live = Duration::from_millis(600);
    let member = Membership::new(leases, member.parse().unwrap(), time_to_live);
    let service = PetitionService::builder(namespace, read_models.clone())
        .engine(|engine| engine.share_as(member))
        .start();
    let console = Console::new(service.clone(), World::everybody(), Kept::default());
    (service, Browser::new(console.router()))
}

/// One builds, the other has it answer: both go over, and both go back.
#[tokio::test(flavor = "multi_thread")]
async fn two_services_on_one_redis_build_one_generation() {
    let redis = minwon_test_servers::RedisServer::start();
    let read_models = ReadModels::open(&redis.url().parse().unwrap())
        .await
        .unwrap();
    let store = Store::open(&"memory:".parse().unwrap()).unwrap();
    let (one, mut kim) = shared(&store, &read_models, "one");
    let (two, mut lee) = shared(&store, &read_models, "two");
    for (browser, credential) in [(&mut kim, "kim:look,mend"), (&mut lee, "lee:look,mend")] {
        let fields = [("credential", credential)];
        assert_eq!(browser.post("/sign-in", &fields).await.status, 303);
    }
    for number in 0..30 {
        file(&one, &format!("p-{number}")).await;
    }
    two.settled().await.unwrap();
    // Both had seen that none is being built.
    let (first, second) = (
        preview(&mut kim, "rebuild", 1).await,
        preview(&mut lee, "rebuild", 1).await,
    );
    let (first, second) = tokio::join!(
        confirm(&mut kim, &first, "rebuild", 1, ""),
        confirm(&mut lee, &second, "rebuild", 1, ""),
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    if first.status != 303 {
        std::mem::swap(&mut kim, &mut lee);
    }
    until_shown(&mut kim, "complete, follows the log").await;
    lee.see(HOME).await.shows("begun before, stands still");
    // The other one builds it as well: they share its slices.
    does(&mut lee, "resume", 2, "").await;
    until_shown(&mut lee, "complete, follows the log").await;
    file(&one, "p-30").await;
    does(&mut lee, "promote", 2, "").await;
    works_on(&one, 2).await;
    works_on(&two, 2).await;
    file(&two, "p-31").await;
    // Slices may change hands at any moment, so neither service alone knows that all is folded; and who asks
    // learns a little later which generation answers.
    let check = async |generation| {
        for service in [&one, &two] {
            let (results, petition) = (service.results(), "p-31".parse().unwrap());
            let mut is_there = false;
            while !is_there {
                tokio::task::yield_now().await;
                let view = results.petition(&petition).await.unwrap();
                let is_it = view.as_of.generation == Generation::new(generation);
                is_there = is_it && view.value.is_some();
            }
        }
    };
    check(2).await;
    loop {
        let page = kim.see(HOME).await;
        if !page.text.contains("Building petitions") {
            break;
        }
        tokio::task::yield_now().await;
    }
    does(&mut kim, "verify", 2, "").await;
    until_shown(&mut kim, "it is what the log says").await;
    does(&mut kim, "roll-back", 1, "to see that it works").await;
    works_on(&one, 1).await;
    works_on(&two, 1).await;
    check(1).await;
    let model = ModelName {
        namespace: "general".parse().unwrap(),
        projection: "petitions".parse().unwrap(),
    };
    let look = one.upkeep().look(&model).await.unwrap();
    assert_eq!(look.generations.len(), 2);
    one.stop().await;
    two.stop().await;
}

//! The laws: what holds of every petition when all is over, by the log.

mod deadlines;
mod flow;
mod letters;
mod notices;
mod order;
mod views;

use std::{collections::BTreeMap, num::NonZeroU32};

use minwon::{
    Timestamp,
    engine::{Decider, EventDecoder, EventFilter, EventStore, GlobalPosition, RecordedEvent},
    petitions::{
        ApplicationEvent, ApplicationState, Category, EventReader, Issuance, IssuanceEvent,
        IssuanceState, PetitionApplication, PetitionEvent, ServiceType,
    },
};

use super::{operator::Decisions, run::Report, world::World};

/// All that happened to one petition.
pub(crate) struct History {
    pub(crate) petition: String,
    pub(crate) category: Category,
    pub(crate) events: Vec<(RecordedEvent, PetitionEvent)>,
    pub(crate) application: ApplicationState,
    /// By the id of the attempt.
    pub(crate) issuances: BTreeMap<String, IssuanceState>,
}

impl History {
    fn new(petition: &str, category: Category) -> Self {
        Self {
            petition: petition.to_owned(),
            category,
            events: Vec::new(),
            application: ApplicationState::default(),
            issuances: BTreeMap::new(),
        }
    }

    fn follow(&mut self, recorded: RecordedEvent, event: PetitionEvent) {
        match &event {
            PetitionEvent::Application(event) => {
                let decider = PetitionApplication::new(self.category);
                let state = std::mem::take(&mut self.application);
                self.application = decider.evolve(state, event);
            }
            PetitionEvent::Issuance(event) => {
                let decider = Issuance::new(self.category);
                let id = recorded.stream.id().to_owned();
                let state = self.issuances.remove(&id).unwrap_or_default();
                self.issuances.insert(id, decider.evolve(state, event));
            }
        }
        self.events.push((recorded, event));
    }

    pub(crate) fn application_events(
        &self,
    ) -> impl Iterator<Item = (&RecordedEvent, &ApplicationEvent)> {
        self.events
            .iter()
            .filter_map(|(recorded, event)| match event {
                PetitionEvent::Application(event) => Some((recorded, event)),
                PetitionEvent::Issuance(_) => None,
            })
    }

    /// Events of one attempt to issue.
    pub(crate) fn issuance_events(&self, id: &str) -> Vec<&IssuanceEvent> {
        let of_attempt = |(recorded, event): &'_ (RecordedEvent, PetitionEvent)| match event {
            PetitionEvent::Issuance(_) => recorded.stream.id() == id,
            PetitionEvent::Application(_) => false,
        };
        let events = self.events.iter().filter(|it| of_attempt(it));
        let events = events.filter_map(|(_, event)| match event {
            PetitionEvent::Issuance(event) => Some(event),
            PetitionEvent::Application(_) => None,
        });
        events.collect()
    }

    pub(crate) fn service(&self) -> ServiceType {
        let submitted = self
            .application_events()
            .find_map(|(_, event)| match event {
                ApplicationEvent::Submitted(submitted) => Some(submitted.service),
                _ => None,
            });
        submitted.expect("it begins with a submission")
    }
}

/// The log when all is over, and what is known beside it.
pub(crate) struct Ended<'a> {
    pub(crate) world: &'a World,
    pub(crate) decisions: &'a Decisions,
    pub(crate) log: Vec<RecordedEvent>,
    pub(crate) histories: BTreeMap<String, History>,
    pub(crate) now: Timestamp,
}

impl Ended<'_> {
    fn wrong(&self, petition: &str, what: impl std::fmt::Display) {
        self.world.wrong(format!("{petition}: {what}"));
    }
}

pub(crate) async fn laws(world: &World, decisions: &Decisions) -> Report {
    let log = whole_log(world).await;
    let reader = EventReader::default();
    let mut histories = BTreeMap::<String, History>::new();
    for recorded in log.iter().filter(|it| !minwon::engine::is_dead_letter(it)) {
        let (category, event) = reader.decode(recorded).expect("it can be read");
        let petition = recorded.metadata.subject();
        let history = histories
            .entry(petition.to_owned())
            .or_insert_with(|| History::new(petition, category));
        history.follow(recorded.clone(), event);
    }
    let ended = Ended {
        now: minwon::Clock::now(&world.clock),
        world,
        decisions,
        log,
        histories,
    };
    flow::check(&ended);
    order::check(&ended);
    notices::check(&ended);
    deadlines::check(&ended);
    letters::check(&ended).await;
    views::check(&ended).await;
    report(&ended)
}

async fn whole_log(world: &World) -> Vec<RecordedEvent> {
    let (mut log, mut after) = (Vec::new(), GlobalPosition::START);
    let (all, most) = (EventFilter::all(), NonZeroU32::new(4096).expect("not 0"));
    loop {
        let page = world.store.inner().read_all(after, &all, most);
        let page = page.await.expect("it is in memory");
        log.extend(page.events);
        after = page.position;
        if page.is_end {
            return log;
        }
    }
}

fn report(ended: &Ended<'_>) -> Report {
    let mut wrongs = ended.world.wrongs.borrow().clone();
    // The first wrong with its petition's events says most.
    let blamed = ended.histories.values().find(|history| {
        let begin = format!("{}:", history.petition);
        wrongs.iter().any(|wrong| wrong.starts_with(&begin))
    });
    wrongs.extend(blamed.map(in_short));
    Report {
        happened: happened(ended),
        petitions: ended.histories.len() as u64,
        events: ended.log.len() as u64,
        wrongs,
    }
}

fn in_short(history: &History) -> String {
    let mut text = format!("what happened to {}:", history.petition);
    for (recorded, _) in &history.events {
        let payload = String::from_utf8_lossy(&recorded.payload);
        text.push_str(&format!(
            "\n    {} {} {} by {} {payload}",
            recorded.position,
            recorded.metadata.occurred_at(),
            recorded.event_type,
            recorded.metadata.actor(),
        ));
    }
    text
}

fn happened(ended: &Ended<'_>) -> BTreeMap<&'static str, u64> {
    let world = ended.world;
    let (store, models) = (world.store.faults(), world.models.faults());
    let faults = [
        ("conflicts", store.conflicts),
        ("lost acknowledgements", store.lost_acknowledgements),
        ("lost requests", store.lost_requests),
        ("refused calls of the store", store.unavailable),
        ("broken feeds", store.feed_errors),
        ("redeliveries", store.redeliveries),
        (
            "lost acknowledgements of read models",
            models.lost_acknowledgements,
        ),
        ("lost requests of read models", models.lost_requests),
        ("refused calls of read models", models.unavailable),
        ("lost slices", models.lost_slices),
        ("slices that went back in time", models.rolled_back_slices),
    ];
    for (what, times) in faults {
        world.fate.note_times(what, times);
    }
    let mut happened = world.fate.happened();
    happened.retain(|_, times| *times > 0);
    happened
}

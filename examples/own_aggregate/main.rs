//! How does an aggregate of one's own run on the engine? Parking permits: `docs/own-aggregate.md`.

#[path = "../shared/options.rs"]
mod options;
#[path = "../shared/mod.rs"]
mod shared;

use std::{process::ExitCode, time::Duration};

use minwon::engine::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Car {
    plate: String,
    zone: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum PermitEvent {
    Requested(Car),
    Granted {},
}
impl PlainEvent for PermitEvent {}

#[derive(Debug, Clone, Serialize)]
enum PermitCommand {
    Request(Car),
    Grant,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Permit {
    car: Car,
    is_granted: bool,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("nobody has asked for this permit")]
struct NotRequested;

struct Permits;
impl Decider for Permits {
    type Command = PermitCommand;
    type Event = PermitEvent;
    type State = Option<Permit>;
    type Rejection = NotRequested;

    fn initial(&self) -> Option<Permit> {
        None
    }

    fn decide(&self, permit: &Self::State, command: &PermitCommand) -> Decision<Self> {
        match (permit, command) {
            (None, PermitCommand::Request(car)) => Ok(vec![PermitEvent::Requested(car.clone())]),
            (None, PermitCommand::Grant) => Err(NotRequested),
            (Some(it), PermitCommand::Grant) if !it.is_granted => Ok(vec![PermitEvent::Granted {}]),
            _ => Ok(vec![]), // It is so already.
        }
    }

    fn evolve(&self, permit: Option<Permit>, event: &PermitEvent) -> Option<Permit> {
        let (car, is_granted) = match event {
            PermitEvent::Requested(car) => (car.clone(), false),
            PermitEvent::Granted {} => (permit?.car, true),
        };
        Some(Permit { car, is_granted })
    }
}

const ZONE: IndexName = IndexName::new("zone");
const WAIT: Duration = Duration::from_secs(5);

async fn run() -> Result<(), shared::Failure> {
    let (parking, read_models) = options::open("parking").await?;
    let permits = parking.aggregates(Named::new("Permit", Permits)?);
    let by_zone = StateViews::new("permits", Permits, |permit, entries| {
        entries.push(IndexEntry::listed(ZONE, &*permit.car.zone, Order::new(0)));
    })?;
    let granting = ReactorFn::new("granting", |event, _, commands| {
        if matches!(event, PermitEvent::Requested(car) if !car.plate.contains('허')) {
            commands.push(PermitCommand::Grant);
        }
    })?;
    let engine = permits.engine(read_models).project(by_zone.clone());
    let engine = engine.react(granting, permits.clone()).start();
    let shown = engine.ask(by_zone);

    let resident = permits.as_actor("resident-7".parse()?, "portal".parse()?);
    for (id, plate) in [("p-1", "12가3456"), ("p-2", "34허5678")] {
        let (subject, plate, zone) = (id.parse()?, plate.into(), "north".into());
        let request = PermitCommand::Request(Car { plate, zone });
        let token = resident.give(&subject, request).await?.token;
        let seen = shown.get_after(token.as_ref(), &subject, WAIT).await?;
        shared::say(format!("{id} is shown at once: {:?}", seen.value))?;
    }
    engine.settled().await?;
    let (north, part) = (ZONE.list("north"), ListPart::default());
    for (id, permit) in shown.list(&north, &part).await?.value.views {
        shared::say(format!("{id} in the end: {permit:?}"))?;
    }
    engine.stop().await;
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run().await)
}

#[test]
fn what_was_requested_is_granted_once() {
    let (plate, zone) = ("12가3456".into(), "north".into());
    let requested = PermitEvent::Requested(Car { plate, zone });
    let given = |events| testing::given(&Permits, events).when(PermitCommand::Grant);
    given(vec![]).then_rejected(NotRequested);
    given(vec![requested.clone()]).then([PermitEvent::Granted {}]);
    given(vec![requested, PermitEvent::Granted {}]).then([]);
}

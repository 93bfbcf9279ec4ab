//! A petition as the log has it.

use minwon::{
    ActorId, Clock as _, Namespace, PetitionId, QueryError, SystemClock,
    engine::{DeadLetters, GlobalPosition, Selection},
    foreign_text,
    language::Phrasebook,
    operator::api::{EventSays, KnownOf, Payload, PetitionShown},
    petitions::Calendar,
};
use serde_json::json;

use crate::{
    events,
    failure::{Failure, Found},
    options::ShowPetition,
    output::{Out, complain},
    place::Place,
    table::Table,
};

pub(crate) async fn run(place: &Place, show: &ShowPetition, out: Out) -> Result<Found, Failure> {
    let namespace = place.of(place.namespace().await?);
    let events = namespace.log_of(&show.petition).await?;
    let Some(last) = events.last().map(|event| event.position) else {
        let (petition, name) = (&show.petition, namespace.name());
        complain(&format!(
            "the log has no event of a petition {petition} in {name}; is the category named that it is of?"
        ));
        return Ok(Found::Wrong);
    };
    let (reader, book) = (namespace.reader(), Phrasebook::of(place.language));
    let mut shown = PetitionShown::of(
        show.petition.clone(),
        &events,
        |event| reader.read(event),
        (Calendar::published(), SystemClock.now()),
        &book,
        Payload::shown_if(show.payload),
    );
    let (name, store) = (namespace.name().clone(), place.store.clone());
    let letters = DeadLetters::new(name, store, SystemClock).operator(ActorId::new("show")?);
    let selection = Selection::Subject(show.petition.clone());
    shown.letters = letters.list(&selection).await?;
    shown.read_model = known(place, &namespace, &show.petition, last).await?;
    self::show(&shown, out)
}

/// Shows a petition that is there.
pub(crate) fn show(shown: &PetitionShown, out: Out) -> Result<Found, Failure> {
    out.print(|| json!(shown), || text(shown))?;
    Ok(Found::Well)
}

/// What the read model says about a petition whose last event is at `last`.
async fn known(
    place: &Place,
    namespace: &Namespace,
    petition: &PetitionId,
    last: GlobalPosition,
) -> Result<Option<KnownOf>, Failure> {
    let Some(read_models) = &place.read_models else {
        return Ok(None);
    };
    let results = namespace.results(read_models.clone());
    Ok(Some(match results.petition(petition).await {
        Ok(answer) => KnownOf::AsOf {
            as_of: answer.as_of.position,
            is_up_to_date: answer.as_of.position >= last,
        },
        Err(QueryError::Store(error)) => return Err(error.into()),
        Err(error) => KnownOf::NoAnswer {
            no_answer: foreign_text::causes(&error).collect::<Vec<_>>().join(": "),
        },
    }))
}

fn text(shown: &PetitionShown) -> String {
    let mut text = format!("Petition {}\n", shown.petition);
    for line in &shown.told {
        text += &format!("  {line}\n");
    }
    if let Some(unread) = &shown.unread {
        let (position, why) = (unread.position, &unread.why);
        text += &format!("  as far as position {position}, which cannot be read: {why}\n");
    }
    let mut table = Table::new(["POSITION", "RECORDED AT", "EVENT", "BY"]);
    for event in &shown.events {
        let position = event.position.to_string();
        let EventSays::This(facts) = &event.says else {
            table.row([position, String::new(), "cannot be read".to_owned()]);
            continue;
        };
        let at = facts.recorded_at.in_seoul().to_string();
        table.row([
            position,
            at,
            facts.event_type.to_string(),
            facts.actor.clone(),
        ]);
        if let Some(payload) = &facts.payload {
            table.row([String::new(), events::payload(payload)]);
        }
    }
    text += &format!("\n{}\n", table.or(""));
    for letter in &shown.letters {
        text += &format!(
            "Stuck: {} at {} is a dead letter of {}; `minwon letters show --consumer {} --event {}` says why.\n",
            letter.event.event_type,
            letter.event.position,
            letter.consumer,
            letter.consumer,
            letter.event.position,
        );
    }
    text + &match &shown.read_model {
        None => "The read model was not looked at; write --redis redis://HOST:PORT.".to_owned(),
        Some(KnownOf::AsOf {
            as_of,
            is_up_to_date: true,
        }) => {
            format!("The read model shows all of it, as of position {as_of}.")
        }
        Some(KnownOf::AsOf { as_of, .. }) => format!(
            "The read model does not show all of it yet: it is as of position {as_of}; see `minwon lag`."
        ),
        Some(KnownOf::NoAnswer { no_answer }) => {
            format!("The read model gives no answer: {no_answer}.")
        }
    }
}

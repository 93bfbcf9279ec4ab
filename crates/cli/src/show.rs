//! A petition as the log has it.

use minwon::{
    ActorId, Clock as _, Namespace, PetitionId, QueryError, SystemClock,
    engine::{DeadLetters, GlobalPosition, Letter, Projection as _, RecordedEvent, Selection},
    foreign_text,
    language::Phrasebook,
    petitions::{Calendar, PetitionResult, PetitionView, PetitionViews},
};
use serde_json::{Value, json};

use crate::{
    events::{self, Payload},
    failure::{Failure, Found},
    options::ShowPetition,
    output::{Out, complain},
    place::Place,
    table::Table,
};

/// All that is known about a petition.
struct Shown {
    id: PetitionId,
    events: Vec<RecordedEvent>,
    /// None where nothing is known but its documents.
    result: Option<PetitionResult>,
    /// The first event that this program cannot read, and why; what comes after it is not in the result.
    unread: Option<(GlobalPosition, String)>,
    letters: Vec<Letter>,
    /// What the read model says of it.
    read_model: Option<Known>,
}

/// Whether those who ask the read model are told the same.
enum Known {
    /// As of this position; all events of the petition are in the answer, or not yet.
    AsOf(GlobalPosition, bool),
    /// There is no answer, for this reason.
    NoAnswer(String),
}

pub(crate) async fn run(place: &Place, show: &ShowPetition, out: Out) -> Result<Found, Failure> {
    let namespace = place.of(place.namespace().await?);
    let events = namespace.log_of(&show.petition).await?;
    if events.is_empty() {
        let (petition, name) = (&show.petition, namespace.name());
        complain(&format!(
            "the log has no event of a petition {petition} in {name}; is the category named that it is of?"
        ));
        return Ok(Found::Wrong);
    }
    let (view, unread) = fold(&namespace, &events);
    let (name, store) = (namespace.name().clone(), place.store.clone());
    let letters = DeadLetters::new(name, store, SystemClock);
    let letters = letters.operator(ActorId::new("show")?);
    let last = events
        .last()
        .map_or(GlobalPosition::START, |it| it.position);
    let shown = Shown {
        result: view.and_then(|view| view.result(Calendar::published(), SystemClock.now())),
        unread,
        letters: letters
            .list(&Selection::Subject(show.petition.clone()))
            .await?,
        read_model: known(place, &namespace, &show.petition, last).await?,
        id: show.petition.clone(),
        events,
    };
    let payload = Payload::shown_if(show.payload);
    let book = Phrasebook::of(place.language);
    out.print(|| shown.json(payload), || shown.text(payload, &book))?;
    Ok(Found::Well)
}

/// The view of a petition as its events come to, up to the first that cannot be read.
fn fold(
    namespace: &Namespace,
    events: &[RecordedEvent],
) -> (Option<PetitionView>, Option<(GlobalPosition, String)>) {
    let (reader, views) = (namespace.reader(), PetitionViews::default());
    let mut view = None;
    for recorded in events {
        let read = match &recorded.fault {
            Some(fault) => Err(fault.to_string()),
            None => reader.read(recorded).map_err(|error| {
                let causes: Vec<_> = foreign_text::causes(&error).collect();
                causes.join(": ")
            }),
        };
        match read {
            Ok(event) => views.apply(&mut view, &event, recorded),
            Err(why) => return (view, Some((recorded.position, why))),
        }
    }
    (view, None)
}

/// What the read model says about a petition whose last event is at `last`.
async fn known(
    place: &Place,
    namespace: &Namespace,
    petition: &PetitionId,
    last: GlobalPosition,
) -> Result<Option<Known>, Failure> {
    let Some(read_models) = &place.read_models else {
        return Ok(None);
    };
    let results = namespace.results(read_models.clone());
    Ok(Some(match results.petition(petition).await {
        Ok(answer) => Known::AsOf(answer.as_of.position, answer.as_of.position >= last),
        Err(QueryError::Store(error)) => return Err(error.into()),
        Err(error) => Known::NoAnswer(foreign_text::causes(&error).collect::<Vec<_>>().join(": ")),
    }))
}

impl Shown {
    fn json(&self, payload: Payload) -> Value {
        let events = self.events.iter();
        let unread = self.unread.as_ref();
        json!({
            "petition": self.id,
            "result": self.result,
            "events": events.map(|event| events::json(event, payload)).collect::<Vec<_>>(),
            "unread": unread.map(|(position, why)| json!({ "position": position, "why": why })),
            "letters": self.letters,
            "read_model": self.read_model.as_ref().map(|known| match known {
                Known::AsOf(position, is_whole) => json!({ "as_of": position, "is_up_to_date": is_whole }),
                Known::NoAnswer(why) => json!({ "no_answer": why }),
            }),
        })
    }

    fn text(&self, payload: Payload, book: &Phrasebook) -> String {
        let mut text = format!("Petition {}\n", self.id);
        for line in self.result.iter().flat_map(PetitionResult::lines) {
            text += &format!("  {}\n", book.message(&line));
        }
        if let Some((position, why)) = &self.unread {
            text += &format!("  as far as position {position}, which cannot be read: {why}\n");
        }
        let mut table = Table::new(["POSITION", "RECORDED AT", "EVENT", "BY"]);
        for event in &self.events {
            let (event_type, by) = match event.fault {
                Some(_) => ("cannot be read", ""),
                None => (event.event_type.as_str(), event.metadata.actor()),
            };
            let at = event.recorded_at.in_seoul().to_string();
            let position = event.position.to_string();
            table.row([position, at, event_type.to_owned(), by.to_owned()]);
            if payload == Payload::Shown {
                let payload = String::from_utf8_lossy(&event.payload).into_owned();
                table.row([String::new(), payload]);
            }
        }
        text += &format!("\n{}\n", table.or(""));
        for letter in &self.letters {
            text += &format!(
                "Stuck: {} at {} is a dead letter of {}; `minwon letters show --consumer {} --event {}` says why.\n",
                letter.event.event_type,
                letter.event.position,
                letter.consumer,
                letter.consumer,
                letter.event.position,
            );
        }
        text + &match &self.read_model {
            None => "The read model was not looked at; write --redis redis://HOST:PORT.".to_owned(),
            Some(Known::AsOf(position, true)) => {
                format!("The read model shows all of it, as of position {position}.")
            }
            Some(Known::AsOf(position, false)) => format!(
                "The read model does not show all of it yet: it is as of position {position}; see `minwon lag`."
            ),
            Some(Known::NoAnswer(why)) => format!("The read model gives no answer: {why}."),
        }
    }
}

//! The generations of a read model: which there are, building one anew, going back, removing one.
//!
//! A generation is filled by the service that runs, so whatever is changed here is changed while none does: the
//! right to write the store file is taken, which a service has. A service that is named does it itself.

mod asking;

use clap::{Args, Subcommand};
use minwon::{
    NamespaceName, ReadModels, Store, StoreErrorKind,
    adapters::sqlite::SqliteStore,
    engine::{
        Catalogue, EventStore as _, Generation, GenerationInfo, GenerationName, Messages,
        ModelName, Projection, ProjectionName, ReadModelAdmin as _, Rebuild, RebuildError,
        SliceCount, ViewSchema, retire, roll_back,
    },
    operator::api::Role,
    petitions::{Category, PetitionEvent, PetitionViews},
};
use serde_json::{Value, json};

pub(crate) use self::asking::{LOOK_WAIT, ask, look, tell, tend};
use crate::{
    confirm::confirm,
    failure::{Failure, Found, Usage, while_doing},
    output::Out,
    place::Place,
    progress::Progress,
    table::Table,
};

#[derive(Debug, Args)]
pub(crate) struct Rebuilding {
    #[command(subcommand)]
    task: Option<Task>,
    /// The read model
    #[arg(long, value_name = "NAME", default_value = "petitions", global = true)]
    model: ProjectionName,
    /// Changes it without asking once more, as a script has to
    #[arg(long, global = true)]
    yes: bool,
    /// Why, for the record of a service; it asks for that to go back, and with --despite-held
    #[arg(long, value_name = "TEXT", global = true)]
    reason: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Lists the generations, and says which of them answers (the default)
    List,
    /// Folds the log into a new generation, and has that answer; of petitions and messages only
    Start {
        /// Has it answer even where it holds more keys back than the one before
        #[arg(long)]
        despite_held: bool,
    },
    /// Stops what a service builds; `start` goes on with it
    Stop,
    /// Has the generation before the one that answers answer again
    RollBack,
    /// Removes a generation that does not answer
    Retire {
        /// Its number
        generation: u32,
    },
}

pub(crate) async fn run(place: &Place, rebuild: &Rebuilding, out: Out) -> Result<Found, Failure> {
    let model = ModelName {
        namespace: place.namespace().await?,
        projection: rebuild.model.clone(),
    };
    let ask = |question: String| rebuild.confirm(&question);
    match rebuild.task.as_ref().unwrap_or(&Task::List) {
        Task::List => return list(place.read_models()?, &model, out).await,
        Task::Start { despite_held } => {
            let is_of_messages = model.projection.as_str() == Messages::<()>::NAME;
            let petitions = place.of(model.namespace.clone()).model();
            if model != petitions && !is_of_messages {
                let what = "only `petitions` and `messages` are built here; its service builds a \
                            read model of its own";
                return Err(Usage::new(what).into());
            }
            let opened = writing(place)?;
            ask(format!(
                "Fold the log into {model} anew, and have that answer?"
            ))?;
            let name = &model.namespace;
            if is_of_messages {
                start(place, name, opened, Messages::default(), *despite_held).await?;
            } else {
                start(place, name, opened, PetitionViews::default(), *despite_held).await?;
            }
        }
        Task::Stop => {
            let what =
                "what is built here ends with its command; --service stops what a service builds";
            return Err(Usage::new(what).into());
        }
        Task::RollBack => {
            let (_store, read_models) = writing(place)?;
            ask(format!(
                "Have the generation of {model} before answer again?"
            ))?;
            roll_back(&read_models, &model).await?;
        }
        Task::Retire { generation } => {
            let (_store, read_models) = writing(place)?;
            let (model, generation) = (model.clone(), Generation::new(*generation));
            let name = GenerationName { model, generation };
            ask(format!("Remove {name} with all that it holds?"))?;
            retire(&read_models, &name).await?;
        }
    }
    list(place.read_models()?, &model, out).await
}

impl Rebuilding {
    fn confirm(&self, question: &str) -> Result<(), Failure> {
        match self.yes {
            true => Ok(()),
            false => confirm(question),
        }
    }
}

/// The store and the read models to write to, while no service does.
fn writing(place: &Place) -> Result<(Store, ReadModels), Failure> {
    let Store::Sqlite(file) = &place.store else {
        let what = "whether a service of this server runs cannot be known here; it builds its read \
                    models itself, as docs/upgrading.md says";
        return Err(Usage::new(what).into());
    };
    let store = Store::Sqlite(open(file)?);
    let read_models = match place.read_models()? {
        ReadModels::Sqlite(views) if views.path() == file.path() => ReadModels::beside(&store),
        ReadModels::Sqlite(views) => ReadModels::Sqlite(open(views)?),
        elsewhere => elsewhere.clone(),
    };
    Ok((store, read_models))
}

fn open(file: &SqliteStore) -> Result<SqliteStore, Failure> {
    let path = file.path().display();
    SqliteStore::open(file.path()).map_err(|error| {
        let doing = match error.kind() {
            StoreErrorKind::Locked => format!(
                "a service has {path}, and fills the read models; stop it first, or give the new \
                 version to it, and it builds that beside the one that answers (docs/upgrading.md)"
            ),
            _ => format!("{path} could not be opened to write to it"),
        };
        while_doing(doing)(error).into()
    })
}

async fn start<P>(
    place: &Place,
    name: &NamespaceName,
    (store, read_models): (Store, ReadModels),
    projection: P,
    despite_held: bool,
) -> Result<(), Failure>
where
    P: Projection<Event = (Category, PetitionEvent)>,
{
    let head = store.head().await?;
    let namespace = place.of_store(name.clone(), store);
    let projector = namespace.projector_of(read_models);
    let mut rebuild = projector.rebuild(projection).await?;
    let generation = rebuild.generation().clone();
    let progress = Progress::new();
    let stuck = format!(
        "{generation} does not answer, and the one before still does; `minwon rebuild retire {}` removes it",
        generation.generation
    );
    loop {
        let caught_up = rebuild.caught_up(|it| {
            let (events, position) = (it.folded_events, it.position);
            progress.show(format_args!(
                "folded {events} events, up to {position} of {head}"
            ));
        });
        let built = caught_up.await.map_err(while_doing(stuck.clone()))?;
        match promoted(built, despite_held).await {
            Ok(projector) => {
                projector.stop().await;
                return Ok(());
            }
            Err((behind, RebuildError::Behind { .. })) => rebuild = behind,
            Err((_, error)) => return Err(while_doing(stuck)(error).into()),
        }
    }
}

type Building = Rebuild<Store, ReadModels>;

async fn promoted(
    built: Building,
    despite_held: bool,
) -> Result<minwon::engine::Projector, (Building, RebuildError)> {
    match despite_held {
        true => built.promote_despite_held().await,
        false => built.promote().await,
    }
}

async fn list(read_models: &ReadModels, model: &ModelName, out: Out) -> Result<Found, Failure> {
    let catalogue = read_models.load_catalogue(model).await?;
    let generations = catalogue.iter().flat_map(|it| &it.generations);
    let role = |info: &GenerationInfo| catalogue.as_ref().map_or(Role::Other, |it| role(it, info));
    let line = |info: &GenerationInfo| -> Value {
        json!({ "generation": info.generation, "schema": info.schema, "slices": info.slices, "role": role(info) })
    };
    let json = || json!({ "read_model": model.to_string(), "generations": generations.clone().map(line).collect::<Vec<_>>() });
    let row = |info: &GenerationInfo| (info.generation.get(), info.schema, info.slices, role(info));
    out.print(json, || {
        table(&model.to_string(), generations.clone().map(row))
    })?;
    Ok(Found::well_if(catalogue.is_some()))
}

fn table(
    model: &str,
    generations: impl Iterator<Item = (u32, ViewSchema, SliceCount, Role)>,
) -> String {
    let mut table = Table::new(["GENERATION", "SCHEMA", "SLICES", "ROLE"]);
    for (generation, schema, slices, role) in generations {
        table.row([
            generation.to_string(),
            schema.to_string(),
            slices.get().to_string(),
            told(role).to_owned(),
        ]);
    }
    format!("{model}\n\n{}", table.or("It was never built."))
}

const fn told(role: Role) -> &'static str {
    match role {
        Role::Answers => "answers",
        Role::AnsweredBefore => "answered before",
        Role::Next => "next",
        Role::Other => "-",
    }
}

fn role(catalogue: &Catalogue, info: &GenerationInfo) -> Role {
    if catalogue.active == info.generation {
        Role::Answers
    } else if catalogue.previous == Some(info.generation) {
        Role::AnsweredBefore
    } else if info.generation > catalogue.active {
        Role::Next
    } else {
        Role::Other
    }
}

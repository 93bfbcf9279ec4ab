//! Where an example keeps its events and read models, as the user says.

#[path = "read_models.rs"]
mod read_models;
#[path = "store.rs"]
mod store;

use clap::Parser;
use minwon::{Namespace, ReadModels, Store, SystemClock};

use crate::shared::{Failure, say};

/// Runs an example.
#[derive(Debug, Parser)]
struct Options {
    /// Keeps the events there: memory:, sqlite:PATH or kurrentdb://HOST:PORT, which needs
    /// `--features kurrentdb`; every run has a namespace of its own
    #[arg(long, value_name = "URL", default_value = "memory:")]
    store: String,
    /// Keeps the read models in this Redis, as redis://HOST:PORT; needs `--features redis`
    /// [default: beside the events in memory or a file, else in memory]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
}

/// Opens what the command line names, and says where that is: a namespace that no run before this one wrote
/// to, and a place for its read models.
pub(crate) async fn open(name: &str) -> Result<(Namespace<Store>, ReadModels), Failure> {
    let options = Options::parse();
    let (url, store) = store::open(&options.store)?;
    let read_models = read_models::open(options.redis.as_deref(), &store).await?;
    let (events, views) = (store::place(&url), read_models::place(&read_models));
    say(format_args!(
        "Events are {events}, the read models {views}."
    ))?;
    // A Redis remembers, and what it remembers is of another log.
    let name = format!("{name}{}", std::process::id());
    let name = store::namespace(&name, &url)?;
    Ok((Namespace::new(name, store, SystemClock), read_models))
}

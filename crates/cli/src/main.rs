//! The command `minwon`: what an operator sees and decides, beside a service that runs.
//!
//! It only looks, but for decisions about dead letters: those are carried out by the service that has the store
//! file, over the socket beside it, or by this program while no service runs. `docs/command.md` describes it.

mod confirm;
mod events;
mod failure;
mod find;
mod lag;
mod letters;
mod options;
mod output;
mod pages;
mod place;
mod progress;
mod settings;
mod show;
mod status;
mod table;
mod tail;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    failure::{Failure, Found},
    options::{Options, Task},
    place::Place,
    settings::Settings,
};

#[tokio::main]
async fn main() -> ExitCode {
    failure::exit(run(Options::parse()).await)
}

async fn run(options: Options) -> Result<Found, Failure> {
    match &options.task {
        Task::Completions { shell } => return pages::completions(*shell),
        Task::Man { directory } => return pages::man(directory.as_deref()),
        _ => {}
    }
    let settings = Settings::of(options.common)?;
    let out = settings.out;
    let place = Place::open(settings).await?;
    match &options.task {
        Task::Status => status::run(&place, out).await,
        Task::Lag(limits) => lag::run(&place, limits, out).await,
        Task::Show(show) => show::run(&place, show, out).await,
        Task::Tail(tail) => tail::run(&place, tail, out).await,
        Task::Find(find) => find::run(&place, find, out).await,
        Task::Letters(letters) => letters::run(&place, letters, out).await,
        Task::Completions { .. } | Task::Man { .. } => unreachable!("they need no store"),
    }
}

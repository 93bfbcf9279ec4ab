//! The command `minwon`: what an operator sees and decides, beside a service that runs.
//!
//! It only looks, but for decisions about dead letters. It asks a service that runs, over the API of its console; or it
//! opens the store, and has decisions carried out by the service that has the store file, over the socket beside it,
//! or carries them out itself while no service runs. What is built anew or restored is
//! so only while none runs. `docs/command.md` describes it.

mod backup;
mod check;
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
mod rebuild;
mod service;
mod settings;
mod show;
mod status;
mod table;
mod tail;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    check::Digest,
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
    match &options.task {
        Task::Restore(restore) if settings.service.is_none() => {
            return backup::restore(settings.store.as_deref(), restore, out).await;
        }
        Task::Digest(Digest::NewKey { name, secret }) => return check::new_key(name, secret, out),
        _ => {}
    }
    if let Some(at) = &settings.service {
        return service::run(at, &settings, &options.task, out).await;
    }
    let place = Place::open(settings).await?;
    match &options.task {
        Task::Status => status::run(&place, out).await,
        Task::Lag(limits) => lag::run(&place, limits, out).await,
        Task::Show(show) => show::run(&place, show, out).await,
        Task::Tail(tail) => tail::run(&place, tail, out).await,
        Task::Find(find) => find::run(&place, find, out).await,
        Task::Letters(letters) => letters::run(&place, letters, out).await,
        Task::Check(kept) => check::run(&place, kept, out).await,
        Task::Digest(Digest::Sign { secret }) => check::sign(&place, secret, out).await,
        Task::Verify => verify::run(&place, out).await,
        Task::Rebuild(rebuild) => rebuild::run(&place, rebuild, out).await,
        Task::Backup(backup) => backup::back_up(&place, backup, out).await,
        Task::Restore(_)
        | Task::Digest(Digest::NewKey { .. })
        | Task::Completions { .. }
        | Task::Man { .. } => unreachable!("they look at no store"),
    }
}

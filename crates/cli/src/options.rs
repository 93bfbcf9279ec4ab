//! The command line.

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use minwon::{
    CorrelationId, NamespaceName, PetitionId, ServiceName,
    engine::{EventType, GlobalPosition, ProjectionName, Subject, TraceId},
    language::Language,
    petitions::Category,
};

use crate::{
    backup::{Backup, Restore},
    check::{Digest, Kept},
    find::trace_id,
    letters::Letters,
    rebuild::Rebuilding,
};

/// Looks after a petition service: what is in its log, how far its read models are, what could not be
/// handled.
#[derive(Debug, Parser)]
#[command(name = "minwon", version, after_help = EXIT_CODES)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) task: Task,
}

const EXIT_CODES: &str = "Exit codes:
  0  all is well
  1  what was looked for is wrong or missing; the output says what
  2  a mistake on the command line or in the settings
  3  there is no answer, or not all was done; standard error says why

An option counts before its environment variable (MINWON_STORE, MINWON_REDIS, MINWON_SERVICE,
MINWON_TOKEN_FILE, MINWON_NAMESPACE, MINWON_LANG, MINWON_CONFIG, MINWON_BY), and that before the file
with settings. A token stands in a file or in MINWON_TOKEN, never on the command line.";

#[derive(Debug, Args)]
#[command(next_help_heading = "Where and how")]
pub(crate) struct Common {
    /// The event store: sqlite:PATH or kurrentdb://HOST:PORT. A file is opened for reading, beside the
    /// service that writes to it
    // As text: a parser of command lines would repeat it, password and all, where it complains.
    #[arg(
        long,
        value_name = "URL",
        global = true,
        env = "MINWON_STORE",
        hide_env_values = true
    )]
    pub(crate) store: Option<String>,
    /// The read models, where they are not in the file of the events: redis://HOST:PORT, or sqlite:PATH of a
    /// file of their own
    #[arg(
        long,
        value_name = "URL",
        global = true,
        env = "MINWON_REDIS",
        hide_env_values = true
    )]
    pub(crate) redis: Option<String>,
    /// A service to ask, by the address of its console: https://HOST/PATH, or http://127.0.0.1:PORT on this machine.
    /// It takes the place of --store and --redis
    #[arg(
        long,
        value_name = "URL",
        global = true,
        env = "MINWON_SERVICE",
        hide_env_values = true
    )]
    pub(crate) service: Option<String>,
    /// The file with the token that --service lets in; else it is taken from the variable MINWON_TOKEN
    #[arg(long, value_name = "FILE", global = true, env = "MINWON_TOKEN_FILE")]
    pub(crate) token_file: Option<std::path::PathBuf>,
    /// Sends the token to --service over a network without encryption, where anybody on the way can read it
    #[arg(long, global = true)]
    pub(crate) unencrypted: bool,
    /// The namespace; all of them, or the only one there is, where none is named
    #[arg(long, value_name = "NAME", global = true, env = "MINWON_NAMESPACE")]
    pub(crate) namespace: Option<NamespaceName>,
    /// A category of petitions beside those of the library; may be repeated
    #[arg(long = "category", value_name = "NAME", global = true)]
    pub(crate) categories: Vec<Category>,
    /// A file with settings [default: /etc/minwon.toml, where it is there]
    #[arg(long, value_name = "FILE", global = true, env = "MINWON_CONFIG")]
    pub(crate) config: Option<std::path::PathBuf>,
    /// The language of what petitioners are told: ko or en [default: en]
    #[arg(long, value_name = "LANG", global = true, env = "MINWON_LANG")]
    pub(crate) lang: Option<Language>,
    /// Prints JSON: one object, or for tail and find one a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Shows the log, its read models and letters, and who listens for operators
    Status,
    /// Measures how far the read models are behind the log
    Lag(LagLimits),
    /// Shows a petition as the log has it: where it stands, its events and letters
    Show(ShowPetition),
    /// Prints events as they are appended, until it is interrupted
    Tail(Tail),
    /// Finds events, by the index of messages where there is one, or by reading the log
    Find(Find),
    /// Looks after dead letters: what consumers of the log could not handle
    Letters(Letters),
    /// Reads the whole log and checks that it is what was written to it
    Check(Kept),
    /// Makes digests of a log, signed, which show later whether it was altered
    #[command(subcommand)]
    Digest(Digest),
    /// Folds the log again and compares the read model of petitions with that, and the index of messages
    Verify,
    /// Shows the generations of a read model, builds one anew, goes back to the one before
    Rebuild(Rebuilding),
    /// Copies a store file beside its service, and checks the copy
    Backup(Backup),
    /// Puts a checked backup where the store is to be, where nothing is yet
    Restore(Restore),
    /// Prints what a shell needs to complete this command
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Prints the page for man
    Man {
        /// Writes a page for each task into this directory
        #[arg(value_name = "DIR")]
        directory: Option<std::path::PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LagLimits {
    /// A read model of your own, of petitions' events, beside those of the library; may be repeated
    #[arg(long = "model", value_name = "NAME")]
    pub(crate) models: Vec<ProjectionName>,
    /// More events behind than this is wrong
    #[arg(long, value_name = "N")]
    pub(crate) events_max: Option<u64>,
    /// That an event waits for longer than this is wrong
    #[arg(long, value_name = "SECONDS")]
    pub(crate) wait_max: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct ShowPetition {
    /// Its id
    pub(crate) petition: PetitionId,
    /// Prints the payloads of its events as well
    #[arg(long)]
    pub(crate) payload: bool,
}

/// Most events that `tail` looks back.
pub(crate) const LAST_MAX: u32 = 1_000;

#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// Begins with so many events that are there, at most 1000 [default: 10 of a file, none of a server]
    #[arg(long, short = 'n', value_name = "N", conflicts_with = "after",
          value_parser = clap::value_parser!(u32).range(..=i64::from(LAST_MAX)))]
    pub(crate) last: Option<u32>,
    /// Begins after this position
    #[arg(long, value_name = "POSITION")]
    pub(crate) after: Option<GlobalPosition>,
    /// Ends after so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// Prints payloads as well
    #[arg(long)]
    pub(crate) payload: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Find {
    #[command(flatten)]
    pub(crate) wanted: Wanted,
    /// Begins after this position
    #[arg(long, value_name = "POSITION", default_value_t = GlobalPosition::START)]
    pub(crate) after: GlobalPosition,
    /// Ends at this position [default: the end of the log]
    #[arg(long, value_name = "POSITION")]
    pub(crate) until: Option<GlobalPosition>,
    /// Ends after so many events were found
    #[arg(long, value_name = "N", default_value_t = 1_000,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) found_max: u64,
    /// Reads the log even where there is an index, which has only what its service follows
    #[arg(long)]
    pub(crate) scan: bool,
    /// Prints payloads as well
    #[arg(long)]
    pub(crate) payload: bool,
}

/// What is looked for: events of which all holds that is said.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Wanted {
    /// Events of one trace, by its id of 32 hexadecimal digits or a whole traceparent
    #[arg(long, value_name = "ID", value_parser = trace_id)]
    pub(crate) trace: Option<TraceId>,
    /// Events of one request, by its correlation id
    #[arg(long, value_name = "UUID")]
    pub(crate) correlation: Option<CorrelationId>,
    /// Events of one subject, as a petition
    #[arg(long, value_name = "ID")]
    pub(crate) subject: Option<Subject>,
    /// Events of one type; may be repeated, for those of any of these
    #[arg(long = "event-type", value_name = "TYPE")]
    pub(crate) types: Vec<EventType>,
    /// Events that one service wrote, or one under it, as `source` shows it
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<ServiceName>,
}

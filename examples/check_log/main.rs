//! Was the log altered since it was written?
//!
//! ```sh
//! cargo run --example check_log                      # a story: two forgers, and what finds them out
//! cargo run --example check_log -- new-key office.example --secret office.key > office.pub
//! cargo run --example check_log -- sign sqlite:petitions.db --secret office.key > 2026-11-30.note
//! cargo run --example check_log -- check sqlite:petitions.db --by "$(cat office.pub)" --against 2026-11-30.note
//! ```
//!
//! A digest stands for every event before it. Signed, and kept where nobody can write who can write to the
//! log, it shows whether anything before it was changed, removed or put in since. Of what came after it, and
//! of whether an event was true when it was written, it shows nothing.

#[path = "../shared/mod.rs"]
mod shared;
#[path = "../shared/store.rs"]
mod store;
mod story;

use std::{
    fs,
    io::{IsTerminal as _, Write as _, stderr},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use minwon::{
    Clock as _, DigestSigner, DigestVerifier, LogDigest, SignedDigest, Store, StoreUrl,
    SystemClock, adapters::sqlite::SqliteStore,
};

use crate::shared::{Failure, say, while_doing};

/// Checks a log against digests that were kept of it; without a task it shows on a log of its own what
/// that finds out.
#[derive(Debug, Parser)]
#[command(name = "check_log")]
struct Options {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Makes a key: the secret goes to a new file, the public key to standard output
    NewKey {
        /// Who signs, as a host name
        name: String,
        /// The file for the secret key
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
    },
    /// Checks the log and prints its digest, signed; keep it elsewhere
    Sign {
        /// sqlite:PATH, or the URL of a server, which needs its feature
        store: String,
        /// The file with the secret key
        #[arg(long, value_name = "FILE")]
        secret: PathBuf,
    },
    /// Checks the log, also against digests that were kept elsewhere
    Check {
        /// sqlite:PATH, or the URL of a server, which needs its feature
        store: String,
        /// A file with a signed digest; may be repeated
        #[arg(long, value_name = "FILE", requires = "by")]
        against: Vec<PathBuf>,
        /// The public key of who signed them
        #[arg(long, value_name = "KEY")]
        by: Option<String>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<(), Failure> {
    match &options.task {
        None => story::run().await,
        Some(Task::NewKey { name, secret }) => new_key(name, secret),
        Some(Task::Sign { store, secret }) => {
            let signer: DigestSigner = read(secret)?.parse()?;
            let digest = check(store, Vec::new()).await?;
            let signed_at = SystemClock.now();
            let note = signer.sign(&SignedDigest { digest, signed_at });
            Ok(say(note.trim_end())?)
        }
        Some(Task::Check { store, against, by }) => {
            let kept = kept(against, by.as_deref())?;
            let digest = check(store, kept).await?;
            let kept = against.len();
            let end = digest.position();
            Ok(say(format_args!(
                "The log is sound up to position {end}. Digests kept elsewhere that it fits: {kept}."
            ))?)
        }
    }
}

fn new_key(name: &str, secret: &Path) -> Result<(), Failure> {
    let signer = DigestSigner::generate(name)?;
    let doing = format!("{} could not be made", secret.display());
    write_secret(secret, &signer.to_secret_text()).map_err(while_doing(doing))?;
    Ok(say(signer.verifier())?)
}

/// Writes a file that was not there, for its owner alone.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn read(path: &Path) -> Result<String, Failure> {
    let doing = format!("{} could not be read", path.display());
    Ok(fs::read_to_string(path).map_err(while_doing(doing))?)
}

fn kept(files: &[PathBuf], by: Option<&str>) -> Result<Vec<LogDigest>, Failure> {
    let Some(by) = by else { return Ok(Vec::new()) };
    let verifier: DigestVerifier = by.parse()?;
    let verify = |file: &PathBuf| -> Result<LogDigest, Failure> {
        let note = read(file)?;
        let doing = format!("{} proves nothing", file.display());
        Ok(verifier.verify(&note).map_err(while_doing(doing))?.digest)
    };
    files.iter().map(verify).collect()
}

/// Reads the whole log, beside a service that writes to it.
async fn check(url: &str, kept: Vec<LogDigest>) -> Result<LogDigest, Failure> {
    let store = match url.parse()? {
        StoreUrl::Sqlite(path) => Store::Sqlite(SqliteStore::open_read_only(path)?),
        _ => store::open(url)?.1,
    };
    let is_shown = stderr().is_terminal();
    let digest = store.check(kept, move |position| {
        if is_shown {
            // Whoever watches sees the last; where it cannot be shown, nothing is lost.
            let _ = write!(stderr(), "\rchecked up to position {position}");
        }
    });
    let checked = digest.await;
    if is_shown {
        let _ = writeln!(stderr());
    }
    Ok(checked?)
}

//! Was the log altered since it was written?
//!
//! ```sh
//! cargo run --example check_log      # a story: two forgers, and what finds them out
//! ```
//!
//! A digest stands for every event before it. Signed, and kept where nobody can write who can write to the
//! log, it shows whether anything before it was changed, removed or put in since. Of what came after it, and
//! of whether an event was true when it was written, it shows nothing. `minwon check` and `minwon digest` do for
//! your log what this shows.

#[path = "../shared/mod.rs"]
mod shared;

use std::{error::Error as _, path::Path, process::ExitCode, time::Duration};

use minwon::{
    Clock as _, CommandId, DigestSigner, LogDigest, Namespace, PetitionService, ReadModels,
    SignedDigest, Store, SystemClock,
    adapters::sqlite::SqliteStore,
    petitions::{Category, Channel, PetitionKind, ServiceType, application::Submit},
};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::shared::{Failure, say, while_doing};

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run().await)
}

async fn run() -> Result<(), Failure> {
    let directory = TempDir::new().map_err(while_doing("no temporary directory could be made"))?;
    let path = directory.path().join("petitions.db");
    write(&path).await?;

    let store = SqliteStore::open(&path)?;
    let (digest, signed_at) = (store.log_digest().await?, SystemClock.now());
    store.close();
    let office = DigestSigner::generate("office.example")?;
    let note = office.sign(&SignedDigest { digest, signed_at });
    say(format_args!(
        "The office signs a digest of its log, and keeps it elsewhere:\n\n{note}"
    ))?;
    let kept = office.verifier().verify(&note)?.digest;

    say("A forger gives a petition to somebody else, and fixes its checksum.")?;
    forge(&path)?;
    report(&path, "check", None).await?;

    say("\nAnother one also writes the digests in the file anew.")?;
    Connection::open(&path)?.execute("DELETE FROM log_digests", [])?;
    SqliteStore::open(&path)?.close();
    report(&path, "check", None).await?;
    report(&path, "check against the digest that was kept", Some(kept)).await
}

async fn report(path: &Path, what: &str, kept: Option<LogDigest>) -> Result<(), Failure> {
    let store = SqliteStore::open_read_only(path)?;
    match store.check_against(kept, |_| ()).await {
        Ok(report) => say(format_args!("  {what}: {} events, sound", report.events))?,
        Err(error) => {
            let why = error.source().map(ToString::to_string);
            let why = why.unwrap_or_else(|| error.to_string());
            say(format_args!("  {what}: {why}"))?;
        }
    }
    Ok(())
}

/// Three petitions, filed as always.
async fn write(path: &Path) -> Result<(), Failure> {
    let store = Store::Sqlite(SqliteStore::open(path)?);
    let read_models = ReadModels::beside(&store);
    let general = Namespace::new("general".parse()?, store, SystemClock);
    let service = PetitionService::builder(general, read_models).start();
    for number in 1..=3 {
        let applicant = format!("applicant-{number}");
        let session = service.as_actor(applicant.parse()?, "portal".parse()?);
        let petition = session.petition(Category::General, format!("2026-{number}").parse()?);
        let submit = Submit {
            category: Category::General,
            service: ServiceType::DeadlineBound,
            kind: PetitionKind::Statutory,
            channel: Channel::Online,
            petition_type: "certificate of building use".parse()?,
            applicant: applicant.parse()?,
            agency: "agency-3020000".parse()?,
            submitted_at: SystemClock.now(),
            attachments: Vec::new(),
        };
        let filed = petition.file(CommandId::random(), submit, None).await?;
        petition
            .result(Some(&filed.token), Duration::from_secs(60))
            .await?;
    }
    service.stop().await;
    Ok(())
}

/// Changes an event in the file, as a person with a shell can.
fn forge(path: &Path) -> Result<(), Failure> {
    let file = Connection::open(path)?;
    let sql = "SELECT metadata, replace(payload, 'applicant-2', 'applicant-9') FROM events WHERE position = 2";
    let (metadata, payload): (Vec<u8>, String) = file.query_row(sql, [], |row| row.try_into())?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&metadata);
    checksum.update(payload.as_bytes());
    let sql = "UPDATE events SET payload = ?1, checksum = ?2 WHERE position = 2";
    file.execute(sql, (payload, checksum.finalize()))?;
    Ok(())
}

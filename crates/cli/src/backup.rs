//! Copies of a store file that are known to be sound, and their way back.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::Args;
use minwon::{Store, StoreUrl, adapters::sqlite::SqliteStore};
use serde_json::json;

use crate::{
    check::{Kept, Verdict, look},
    failure::{Failure, Found, Usage, while_doing},
    output::{Out, complain},
    place::Place,
    progress::Progress,
};

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The file that is made; nothing may be there
    pub(crate) target: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup; it is only read
    pub(crate) backup: PathBuf,
    #[command(flatten)]
    pub(crate) kept: Kept,
}

/// Copies the store as it stands now, beside the service, and checks the copy.
pub(crate) async fn back_up(place: &Place, backup: &Backup, out: Out) -> Result<Found, Failure> {
    let Store::Sqlite(store) = &place.store else {
        return Err(Usage::new(FILES).into());
    };
    copy(store, &backup.target).await?;
    let verdict = check(&backup.target, &[]).await?;
    tell(&verdict, &backup.target, out)
}

/// Puts a backup where the store is to be, where nothing is yet: the backup is checked before, the store
/// after.
pub(crate) async fn restore(
    store: Option<&str>,
    restore: &Restore,
    out: Out,
) -> Result<Found, Failure> {
    let url = store.ok_or_else(|| Usage::new("where to? Write --store sqlite:PATH"))?;
    let url: StoreUrl = url.parse().map_err(Usage::of("`--store` is wrong"))?;
    let StoreUrl::Sqlite(target) = url else {
        return Err(Usage::new(FILES).into());
    };
    free(&target)?;
    let kept = restore.kept.read()?;
    let verdict = check(&restore.backup, &kept).await?;
    if let Verdict::Damaged(_) = verdict {
        complain("nothing was restored");
        return tell(&verdict, &restore.backup, out);
    }
    copy(&open(&restore.backup)?, &target).await?;
    let verdict = check(&target, &kept).await?;
    tell(&verdict, &target, out)
}

const FILES: &str = "only a store file is backed up and restored here; a server has its own means \
                     for that";

/// Checks that nothing is where a store is to be. A file that SQLite keeps beside another store of that name
/// would be taken for a part of this one.
fn free(target: &Path) -> Result<(), Failure> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut path = OsString::from(target);
        path.push(suffix);
        let path = PathBuf::from(path);
        if path.symlink_metadata().is_ok() {
            let (path, target) = (path.display(), target.display());
            return Err(format!(
                "{path} is there, and nothing is overwritten; stop the service, and move {target} with \
                 its -wal and -shm to another directory, where they stay together"
            )
            .into());
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<SqliteStore, Failure> {
    let doing = format!("{} could not be opened", path.display());
    Ok(SqliteStore::open_read_only(path).map_err(while_doing(doing))?)
}

async fn copy(source: &SqliteStore, target: &Path) -> Result<(), Failure> {
    let progress = Progress::new();
    let copied = source.backup(target, move |it| {
        let (done, total) = (it.bytes_done >> 20, it.bytes_total >> 20);
        progress.show(format_args!("copied {done} of {total} MiB"));
    });
    let (from, to) = (source.path().display(), target.display());
    let doing = format!("{from} could not be copied to {to}");
    Ok(copied.await.map_err(while_doing(doing))?)
}

async fn check(path: &Path, kept: &[minwon::LogDigest]) -> Result<Verdict, Failure> {
    look(&Store::Sqlite(open(path)?), kept.to_vec()).await
}

fn tell(verdict: &Verdict, path: &Path, out: Out) -> Result<Found, Failure> {
    let json = || {
        let mut json = verdict.json();
        json["file"] = json!(path.display().to_string());
        json
    };
    let path = path.display();
    let text = || match verdict {
        Verdict::Sound(digest) => format!(
            "{path} is sound, and holds the log up to position {}.",
            digest.position()
        ),
        Verdict::Damaged(causes) => {
            format!("{path} is not sound: {}", causes.join("\n  caused by: "))
        }
    };
    out.print(json, text)?;
    Ok(Found::well_if(matches!(verdict, Verdict::Sound(_))))
}

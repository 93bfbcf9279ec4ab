//! The rights that a service needs, each tried before the service misses it.
//!
//! Nothing is written: servers look at rights first, so an append or a deletion that expects a revision
//! which no stream has is refused for that only where it may be made.

use std::fmt;

use minwon_core::{NamespaceName, StoreError, StoreErrorKind};

use super::{KurrentStore, bookkeeping, client::Client, error::Fault};

/// A revision that no stream ever has.
const NEVER: u64 = 1 << 48;

#[derive(Debug, Clone, Copy)]
enum Right {
    ReadAll,
    Read,
    Write,
    WriteMetadata,
    ReadMetadata,
    Delete,
}

impl KurrentStore {
    /// Tries each right; names those that are missing.
    pub(super) async fn try_each_right(&self, namespace: &NamespaceName) -> Result<(), StoreError> {
        let own = format!("minwon-rights/{namespace}");
        let events = format!("{namespace}_Rights-tried");
        let mut missing = Vec::new();
        for (right, stream) in [
            (Right::ReadAll, "$all"),
            (Right::Read, &events),
            (Right::Write, &events),
            // A stream that was deleted is told from one that never was by its metadata.
            (Right::ReadMetadata, &events),
            (Right::Read, &own),
            (Right::Write, &own),
            (Right::WriteMetadata, &own),
            (Right::Delete, &own),
        ] {
            match self.try_right(right, stream).await {
                Ok(()) => {}
                Err(Fault::AccessDenied) => missing.push(format!("{right} on {stream}")),
                Err(fault) => {
                    let doing = format_args!("trying the right {right} on {stream}");
                    return Err(fault.into_store_error(doing));
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let what = format!(
            "KurrentDB does not give the user of {} what a service needs: {}. The lists that give it \
             stand in docs/kurrentdb.md, under users and rights",
            self.url,
            missing.join(", ")
        );
        Err(StoreError::new(StoreErrorKind::Misconfigured, what))
    }

    async fn try_right(&self, right: Right, stream: &str) -> Result<(), Fault> {
        let limit = self.link.options().call_timeout;
        if matches!(right, Right::ReadAll) {
            return self.last_position(limit).await.map(drop);
        }
        let metadata = format!("$${stream}");
        let event = || {
            vec![bookkeeping::json_event(
                bookkeeping::id_of(&[]),
                "Tried",
                &(),
            )]
        };
        let (stream, metadata) = (stream, metadata.as_str());
        let tried = self.link.read(|client: Client| async move {
            let append = |stream| client.append(limit, stream, Some(NEVER), event());
            let read = async |stream| {
                let mut events = client.read_stream(limit, stream, None, 1).await?;
                events.next(limit).await.map(drop)
            };
            match right {
                Right::ReadAll | Right::Read => read(stream).await,
                Right::ReadMetadata => read(metadata).await,
                Right::Write => append(stream).await.map(drop),
                Right::WriteMetadata => append(metadata).await.map(drop),
                Right::Delete => client.delete(limit, stream, Some(NEVER)).await,
            }
        });
        match tried.await {
            // There is no such stream, or not so: it was looked for.
            Err(Fault::NoStream | Fault::Tombstoned) => Ok(()),
            Err(Fault::Answered { code, .. }) if super::error::is_refusal(code) => Ok(()),
            tried => tried,
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadAll | Self::Read => "to read ($r)",
            Self::Write => "to append ($w)",
            Self::WriteMetadata => "to write metadata ($mw)",
            Self::ReadMetadata => "to read metadata ($mr)",
            Self::Delete => "to delete ($d)",
        })
    }
}

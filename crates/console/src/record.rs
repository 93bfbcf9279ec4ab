//! What operators did and looked at, on record.

use std::{
    io::{self, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use minwon::{ActorId, NamespaceName, PetitionId, Timestamp, engine::GlobalPosition};
use serde::Serialize;
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
    sync::Mutex,
};

/// Keeps what operators did and looked at: the port to wherever an office has to keep it, and for how long.
///
/// The console shows nothing of a petition, and does nothing, that could not be put on record first.
#[async_trait]
pub trait Record: Send + Sync + 'static {
    /// Keeps a line, durably.
    ///
    /// # Errors
    /// [`RecordError`]: then it did not happen.
    async fn keep(&self, line: &RecordLine) -> Result<(), RecordError>;
}

/// Something that an operator did or looked at. Serialises as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordLine {
    /// When.
    pub at: String,
    /// Of which namespace.
    pub namespace: NamespaceName,
    /// Who; none where somebody was not let in.
    pub by: Option<ActorId>,
    /// What.
    #[serde(flatten)]
    pub what: Deed,
}

/// A deed of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Deed {
    /// Signed in.
    SignedIn,
    /// Was not let in.
    NotLetIn,
    /// Came too often to be let in, and was turned away unheard; told once for all in some minutes.
    TurnedAway {
        /// How many times.
        count: u64,
    },
    /// Signed out.
    SignedOut,
    /// Looked at a petition.
    LookedAtPetition {
        /// Which.
        petition: PetitionId,
        /// Whether the payloads of its events were shown.
        payload: bool,
    },
    /// Looked at an event.
    LookedAtEvent {
        /// Where it stands in the log.
        position: GlobalPosition,
        /// Whose it is.
        subject: String,
        /// Whether its payload was shown.
        payload: bool,
    },
    /// Looked at events of the log.
    LookedAtLog {
        /// Where the first of them stands.
        from: GlobalPosition,
        /// Where the last of them stands.
        to: GlobalPosition,
        /// Which of those between; all of them, where it says nothing.
        wanted: String,
        /// Whether their payloads were shown.
        payload: bool,
    },
    /// Looked at a list of petitions or of their letters.
    LookedAtList {
        /// Which.
        list: String,
    },
    /// Asked for letters to be tried again, skipped or compensated.
    Asked {
        /// The number of what was asked for.
        ask: u64,
        /// What.
        act: &'static str,
        /// Of which letters, in the words of the console.
        letters: String,
        /// How many they are.
        count: usize,
        /// Why.
        reason: String,
    },
    /// Approved of what another had asked for.
    Approved {
        /// The number of what was asked for.
        ask: u64,
    },
    /// Turned down what was asked for, or took it back.
    TurnedDown {
        /// The number of what was asked for.
        ask: u64,
    },
    /// Had the parts begin again that had stopped by themselves.
    StartedAgain,
    /// Had something done about a generation of a read model.
    TendedReadModel {
        /// What.
        act: &'static str,
        /// About which; of a rebuild, the one that answered when it was begun.
        generation: String,
        /// Why; may be empty.
        reason: String,
    },
    /// Stopped what was being carried out.
    Stopped {
        /// The number of what was asked for.
        ask: u64,
    },
}

/// Something could not be put on record.
#[derive(Debug, thiserror::Error)]
#[error("it could not be put on record, and so it was not done; see to {place}")]
pub struct RecordError {
    /// Where it should have been kept.
    pub place: String,
    /// The cause.
    #[source]
    pub source: io::Error,
}

impl RecordLine {
    /// A line about what was done at `at`.
    #[must_use]
    pub fn new(at: Timestamp, namespace: NamespaceName, by: Option<ActorId>, what: Deed) -> Self {
        let at = at.in_seoul().to_string();
        Self {
            at,
            namespace,
            by,
            what,
        }
    }
}

/// A file with a JSON object a line, oldest first, synced line by line. Only its owner may read it. It
/// grows for as long as it is kept; whoever moves it away starts the service again.
#[derive(Debug, Clone)]
pub struct RecordFile {
    path: Arc<Path>,
    file: Arc<Mutex<File>>,
}

impl RecordFile {
    /// Opens the file, or begins it.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, RecordError> {
        let path = path.into();
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        options.mode(0o600);
        let open = async {
            let mut file = options.read(true).open(&path).await?;
            // A line that a crash cut short stands by itself.
            if file.metadata().await?.len() > 0 {
                let mut last = [0];
                file.seek(SeekFrom::End(-1)).await?;
                file.read_exact(&mut last).await?;
                if last != *b"\n" {
                    file.write_all(b"\n").await?;
                }
            }
            Ok(file)
        };
        let file = open.await.map_err(|source| fault(&path, source))?;
        Ok(Self {
            path: path.into(),
            file: Arc::new(Mutex::new(file)),
        })
    }
}

#[async_trait]
impl Record for RecordFile {
    async fn keep(&self, line: &RecordLine) -> Result<(), RecordError> {
        let mut bytes = serde_json::to_vec(line).map_err(io::Error::from);
        let (path, file) = (Arc::clone(&self.path), Arc::clone(&self.file));
        // Whoever goes away meanwhile leaves no half of a line.
        let kept = tokio::spawn(async move {
            let bytes = match &mut bytes {
                Ok(bytes) => bytes,
                Err(_) => return bytes.map(drop),
            };
            bytes.push(b'\n');
            let mut file = file.lock().await;
            file.write_all(bytes).await?;
            file.flush().await?;
            file.sync_data().await
        });
        let kept = kept
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)));
        kept.map_err(|source| fault(&path, source))
    }
}

fn fault(path: &Path, source: io::Error) -> RecordError {
    RecordError {
        place: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn line(what: Deed) -> RecordLine {
        let kim = Some("kim".parse().unwrap());
        RecordLine::new(Timestamp::UNIX_EPOCH, "general".parse().unwrap(), kim, what)
    }

    #[tokio::test]
    async fn lines_are_kept_in_their_order_and_a_torn_one_stands_by_itself() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("record.jsonl");
        let record = RecordFile::open(&path).await.unwrap();
        record.keep(&line(Deed::SignedIn)).await.unwrap();
        // As a machine that loses its power leaves it.
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, br#"{"at":"1970"#))
            .unwrap();
        let record = RecordFile::open(&path).await.unwrap();
        let petition = "p-1".parse().unwrap();
        record
            .keep(&line(Deed::LookedAtPetition {
                petition,
                payload: true,
            }))
            .await
            .unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"at\":\"1970-01-01T09:00:00+09:00\",\"namespace\":\"general\",\"by\":\"kim\",\"what\":\"signed-in\"}\n\
             {\"at\":\"1970\n\
             {\"at\":\"1970-01-01T09:00:00+09:00\",\"namespace\":\"general\",\"by\":\"kim\",\
             \"what\":\"looked-at-petition\",\"petition\":\"p-1\",\"payload\":true}\n"
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("record.jsonl");
        RecordFile::open(&path).await.unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_kept_says_where_and_why() {
        let directory = TempDir::new().unwrap();
        let error = RecordFile::open(directory.path()).await.unwrap_err();
        let place = directory.path().display().to_string();
        assert!(error.to_string().contains(&place), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

//! Where a benchmark keeps its events.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use minwon::{Store, StoreUrl};
use minwon_core::{EventFilter, NamespaceName, StreamName};
use tempfile::TempDir;

use crate::{office::Failure, workload};

/// The namespace where the store holds nothing else.
const OWN: &str = "general";

/// The store of a benchmark.
#[derive(Debug)]
pub struct Place {
    url: Option<StoreUrl>,
    /// The store that the user named, where it stays: opened once, for a file has one writer.
    shared: Option<Store>,
    /// Of this run, on the disk of the events where these are in a file.
    dir: Option<TempDir>,
    /// Logs handed out so far.
    logs: AtomicU64,
}

/// A log that nobody else writes to. Clones share it.
#[derive(Debug, Clone)]
pub struct Log {
    /// Where it is.
    pub store: Store,
    /// A name that nobody else has there.
    pub namespace: NamespaceName,
    /// The store holds nothing else.
    is_alone: bool,
}

impl Place {
    /// The store that the user named; else files in `dir` that are removed after the run. Blocks
    /// where it is a file.
    ///
    /// The URL comes as text: a parser of command lines would repeat it, password and all, where
    /// it complains.
    ///
    /// # Errors
    /// Where the URL names no store, or one that cannot be opened.
    pub fn open(url: Option<&str>, dir: &Path) -> Result<Self, Failure> {
        #[cfg(feature = "metrics")]
        crate::keep_metrics();
        let url: Option<StoreUrl> = url.map(str::parse).transpose()?;
        let shared = match &url {
            None | Some(StoreUrl::Memory) => None,
            Some(url) => Some(Store::open(url)?),
        };
        let dir = match &url {
            None => Some(TempDir::new_in(dir)?),
            Some(StoreUrl::Sqlite(file)) => Some(TempDir::new_in(beside(file))?),
            Some(_) => None,
        };
        Ok(Self {
            url,
            shared,
            dir,
            logs: AtomicU64::new(0),
        })
    }

    /// An empty log: a store of its own where that costs nothing, else a namespace that no run has
    /// had.
    ///
    /// # Errors
    /// The error of the store.
    pub fn log(&self) -> Result<Log, Failure> {
        let number = self.logs.fetch_add(1, Ordering::Relaxed);
        let store = match (&self.shared, &self.dir) {
            (Some(store), _) => store.clone(),
            (None, Some(dir)) => {
                let file = dir.path().join(format!("log{number}.db"));
                Store::open(&StoreUrl::Sqlite(file))?
            }
            (None, None) => Store::open(&StoreUrl::Memory)?,
        };
        Ok(Log {
            store,
            namespace: self.namespace(number)?,
            is_alone: self.shared.is_none(),
        })
    }

    /// A name that no other log of this store has, of this run or another.
    fn namespace(&self, number: u64) -> Result<NamespaceName, Failure> {
        if self.shared.is_none() {
            return Ok(NamespaceName::new(OWN)?);
        }
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let process = std::process::id();
        Ok(NamespaceName::new(format!(
            "bench{nanos:x}p{process}n{number}"
        ))?)
    }

    /// A directory on the disk of the events, removed after the run; none where there is no such
    /// disk. What cannot be measured without is left out.
    #[must_use]
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_ref().map(TempDir::path)
    }
}

/// The directory of a file.
fn beside(file: &Path) -> PathBuf {
    match file.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => ".".into(),
    }
}

/// A suffix of titles: empty where the benchmark chose the store.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.url {
            None => Ok(()),
            Some(StoreUrl::Memory) => f.write_str("; events in memory"),
            Some(url) => write!(f, "; events in {url}"),
        }
    }
}

impl Log {
    /// The log in this SQLite file, which is kept and holds nothing else. Blocks.
    ///
    /// # Errors
    /// The error of the store.
    pub fn in_file(path: &Path) -> Result<Self, Failure> {
        Ok(Self {
            store: Store::open(&StoreUrl::Sqlite(path.to_owned()))?,
            namespace: NamespaceName::new(OWN)?,
            is_alone: true,
        })
    }

    /// The stream of the petition with this number.
    #[must_use]
    pub fn stream(&self, number: u64) -> StreamName {
        workload::stream(&self.namespace, number)
    }

    /// All of it, and nothing of what others have written.
    #[must_use]
    pub fn filter(&self) -> EventFilter {
        if self.is_alone {
            return EventFilter::all();
        }
        EventFilter::namespace(self.namespace.clone())
    }

    /// A namespace of the same store for something else, which nobody but this run has.
    ///
    /// # Errors
    /// Where `name` does not fit into a name.
    pub fn another(&self, name: &str) -> Result<NamespaceName, Failure> {
        if self.is_alone {
            return Ok(NamespaceName::new(name)?);
        }
        Ok(NamespaceName::new(format!("{}{name}", self.namespace))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_its_own_is_as_it_was_before_there_was_a_choice() {
        let dir = tempfile::tempdir().unwrap();
        for url in [None, Some("memory:")] {
            let place = Place::open(url, dir.path()).unwrap();
            let log = place.log().unwrap();
            assert_eq!(log.namespace.as_str(), "general");
            assert_eq!(log.filter(), EventFilter::all());
            assert_eq!(place.dir().is_some(), url.is_none());
        }
    }

    #[test]
    fn in_a_store_that_stays_no_log_has_the_name_of_another() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("kept.db").display());
        let place = Place::open(Some(&url), Path::new("/no/such/place")).unwrap();
        let (one, other) = (place.log().unwrap(), place.log().unwrap());
        assert_ne!(one.namespace, other.namespace);
        assert_ne!(one.another("raw").unwrap(), other.another("raw").unwrap());
        assert_ne!(one.filter(), EventFilter::all());
        // What is measured against the disk is measured on that of the file.
        let parent = place.dir().and_then(Path::parent);
        assert_eq!(parent, Some(dir.path()));
        assert_eq!(place.to_string(), format!("; events in {url}"));
    }

    #[test]
    fn a_password_is_not_repeated() {
        let text = "kurentdb://user:secret@host";
        let error = Place::open(Some(text), Path::new(".")).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

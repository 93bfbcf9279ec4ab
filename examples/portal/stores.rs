//! Where the branches keep their events: each in a file of its own, or all in one store.

use minwon::{NameError, NamespaceName, Store, StoreUrl, petitions::Category};

use crate::{Options, place::Place, shared::Failure, store};

/// The stores of all branches.
pub(crate) struct Stores {
    kept: Kept,
    prefix: String,
}

enum Kept {
    /// In one file each.
    Apart(Place),
    /// In one store, as namespaces of it.
    Together(StoreUrl, Store),
}

impl Stores {
    pub(crate) fn open(options: &Options) -> Result<Self, Failure> {
        let kept = match &options.store {
            Some(url) => {
                let (url, store) = store::open(url)?;
                Kept::Together(url, store)
            }
            None => Kept::Apart(Place::new(options.data.as_deref())?),
        };
        let prefix = options.prefix.clone();
        Ok(Self { kept, prefix })
    }

    /// The namespace of a branch.
    pub(crate) fn namespace(&self, category: Category) -> Result<NamespaceName, NameError> {
        let name = category.prefix().to_ascii_lowercase();
        NamespaceName::new(format!("{}{name}", self.prefix))
    }

    /// The store of a namespace, and its URL. Blocks, and there is nobody yet to hold up.
    pub(crate) fn of(&self, namespace: &NamespaceName) -> Result<(StoreUrl, Store), Failure> {
        match &self.kept {
            Kept::Together(url, store) => Ok((url.clone(), store.clone())),
            Kept::Apart(place) => {
                let url = StoreUrl::Sqlite(place.directory().join(format!("{namespace}.db")));
                let store = Store::open(&url)?;
                Ok((url, store))
            }
        }
    }

    /// Returns whether positions in the log of one branch are those in the log of another.
    pub(crate) fn are_one(&self) -> bool {
        matches!(self.kept, Kept::Together(..))
    }

    /// Returns whether there will be something left to look at.
    pub(crate) fn stay(&self) -> bool {
        match &self.kept {
            Kept::Apart(place) => matches!(place, Place::Kept(_)),
            Kept::Together(url, _) => *url != StoreUrl::Memory,
        }
    }

    /// Returns whether other processes may write to them.
    pub(crate) fn have_many_writers(&self) -> bool {
        matches!(&self.kept, Kept::Together(StoreUrl::Server(_), _))
    }
}

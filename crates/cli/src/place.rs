//! Where the events and the read models are, opened so that nothing is changed.

use std::num::NonZeroU32;

use minwon::{
    Namespace, NamespaceName, ReadModels, ReadModelsUrl, Store, StoreUrl, SystemClock,
    adapters::sqlite::SqliteStore, language::Language, petitions::Category,
};

use crate::{
    failure::{Failure, Usage, while_doing},
    output::complain,
    settings::Settings,
};

/// Most namespaces that are looked at, or named, at once.
const NAMESPACES_MAX: NonZeroU32 = NonZeroU32::new(20).expect("not 0");

/// A store to look at.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) url: StoreUrl,
    pub(crate) store: Store,
    /// None where nobody said where those of a server are.
    pub(crate) read_models: Option<ReadModels>,
    pub(crate) language: Language,
    namespace: Option<NamespaceName>,
    categories: Vec<Category>,
}

impl Place {
    pub(crate) async fn open(settings: Settings) -> Result<Self, Failure> {
        let url = settings.store.ok_or_else(|| Usage::new(WHICH))?;
        let url: StoreUrl = url.parse().map_err(Usage::of("`--store` is wrong"))?;
        let store = match &url {
            StoreUrl::Memory => return Err(Usage::new(WHICH).into()),
            StoreUrl::Sqlite(path) => {
                let doing = format!("the store {} could not be opened", path.display());
                let opened = SqliteStore::open_read_only(path);
                Store::Sqlite(opened.map_err(while_doing(doing))?)
            }
            _ => Store::open(&url)?,
        };
        let read_models = match (settings.redis, &store) {
            (Some(url), _) => Some(open_read_models(&url).await?),
            (None, Store::Sqlite(_)) => Some(ReadModels::beside(&store)),
            _ => None,
        };
        Ok(Self {
            url,
            store,
            read_models,
            language: settings.language,
            namespace: settings.namespace,
            categories: settings.categories,
        })
    }

    /// The read models, for what cannot do without.
    pub(crate) fn read_models(&self) -> Result<&ReadModels, Usage> {
        self.read_models
            .as_ref()
            .ok_or_else(|| Usage::new("where are the read models? Write --redis redis://HOST:PORT"))
    }

    /// The namespaces that are meant: the one that was named, or those that there are.
    pub(crate) async fn namespaces(&self) -> Result<Vec<NamespaceName>, Failure> {
        let known = || self.store.namespaces(NAMESPACES_MAX);
        let Some(name) = &self.namespace else {
            let known = known().await?;
            if !known.is_all {
                complain("there are more namespaces than are shown; name one with --namespace");
            }
            return Ok(known.names);
        };
        // A namespace that does not exist has no trouble, which must not look like good news.
        if self.store.has_namespace(name).await? {
            return Ok(vec![name.clone()]);
        }
        let known = known().await?;
        let mut names: Vec<_> = known.names.iter().map(ToString::to_string).collect();
        names.extend((!known.is_all).then(|| "…".to_owned()));
        let what_is_there = match names.len() {
            0 => "it is empty".to_owned(),
            _ => format!("write --namespace and one of: {}", names.join(", ")),
        };
        let what = format!("the store has no namespace {name}; {what_is_there}");
        Err(Usage::new(what).into())
    }

    /// The one namespace that is meant.
    pub(crate) async fn namespace(&self) -> Result<NamespaceName, Failure> {
        let mut names = self.namespaces().await?;
        match names.len() {
            0 => Err(Usage::new("the store is empty").into()),
            1 => Ok(names.remove(0)),
            _ => {
                let names: Vec<_> = names.iter().map(ToString::to_string).collect();
                let names = names.join(", ");
                let what = format!("which namespace? Write --namespace and one of: {names}");
                Err(Usage::new(what).into())
            }
        }
    }

    /// A namespace with the categories of petitions that were named.
    pub(crate) fn of(&self, name: NamespaceName) -> Namespace {
        self.of_store(name, self.store.clone())
    }

    /// The same in the store as it was opened otherwise.
    pub(crate) fn of_store(&self, name: NamespaceName, store: Store) -> Namespace {
        let namespace = Namespace::new(name, store, SystemClock);
        namespace.with_categories(self.categories.iter().copied())
    }

    /// The filter for events of the namespace that was named, or of all.
    pub(crate) async fn events(&self) -> Result<minwon::engine::EventFilter, Failure> {
        use minwon::engine::EventFilter;
        if self.namespace.is_none() {
            return Ok(EventFilter::all());
        }
        Ok(EventFilter::namespace(self.namespace().await?))
    }
}

const WHICH: &str = "which store? Write --store sqlite:PATH or --store kurrentdb://HOST:PORT, set \
                     MINWON_STORE, or write `store = \"…\"` into /etc/minwon.toml";

async fn open_read_models(url: &str) -> Result<ReadModels, Failure> {
    let url: ReadModelsUrl = url.parse().map_err(Usage::of("`--redis` is wrong"))?;
    match &url {
        ReadModelsUrl::Memory => Err(Usage::new(
            "read models in memory are another process's; write --redis redis://HOST:PORT",
        )
        .into()),
        ReadModelsUrl::Sqlite(path) => {
            let doing = format!("the read models {} could not be opened", path.display());
            let opened = SqliteStore::open_read_only(path);
            Ok(ReadModels::Sqlite(opened.map_err(while_doing(doing))?))
        }
        _ => Ok(ReadModels::open(&url).await?),
    }
}

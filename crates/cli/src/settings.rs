//! What is set: by an option, an environment variable or a file, in this order.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use minwon::{NamespaceName, language::Language, petitions::Category};
use serde::Deserialize;

use crate::{
    failure::{Failure, Usage, While, while_doing},
    options::Common,
    output::Out,
};

/// Where settings are looked for that no option and no variable says.
const FILE: &str = "/etc/minwon.toml";

/// Longest file with settings. Unit: bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// All that is set.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) store: Option<String>,
    pub(crate) redis: Option<String>,
    /// A service to ask in place of both.
    pub(crate) service: Option<ServiceAt>,
    pub(crate) namespace: Option<NamespaceName>,
    pub(crate) categories: Vec<Category>,
    pub(crate) language: Language,
    pub(crate) out: Out,
}

/// Where a service is, and what lets somebody in there.
#[derive(Debug)]
pub(crate) struct ServiceAt {
    pub(crate) url: String,
    pub(crate) token: TokenAt,
    /// Whether the token may go over a network as it is.
    pub(crate) unencrypted: bool,
}

/// Where a token is.
pub(crate) enum TokenAt {
    File(PathBuf),
    /// In the environment.
    Here(String),
    Nowhere,
}

impl std::fmt::Debug for TokenAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenAt")
    }
}

/// The file; each field is the option of its name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    store: Option<String>,
    redis: Option<String>,
    service: Option<String>,
    #[serde(rename = "token-file")]
    token_file: Option<PathBuf>,
    namespace: Option<NamespaceName>,
    #[serde(default)]
    categories: Vec<String>,
    lang: Option<String>,
}

impl Settings {
    pub(crate) fn of(options: Common) -> Result<Self, Failure> {
        let (path, stored) = match options.config {
            Some(path) => (path.clone(), read(&path)?.ok_or_else(|| none(&path))?),
            None => (FILE.into(), read(Path::new(FILE))?.unwrap_or_default()),
        };
        let wrong = |what: &str| format!("{what} of {} is wrong", path.display());
        let mut categories = options.categories;
        for name in stored.categories {
            categories.push(name.parse().map_err(Usage::of(wrong("a category")))?);
        }
        let language = match (options.lang, stored.lang) {
            (Some(language), _) => language,
            (_, Some(text)) => text.parse().map_err(Usage::of(wrong("`lang`")))?,
            _ => Language::English,
        };
        // A variable that is set to nothing says nothing.
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let given = Named {
            store: given(options.store),
            redis: given(options.redis),
            service: given(options.service),
        };
        let named = given.or(Named {
            store: stored.store,
            redis: stored.redis,
            service: stored.service,
        })?;
        let token_file = options
            .token_file
            .filter(|path| !path.as_os_str().is_empty());
        let token = match (token_file.or(stored.token_file), env::var("MINWON_TOKEN")) {
            (Some(path), _) => TokenAt::File(path),
            (None, Ok(token)) if !token.is_empty() => TokenAt::Here(token),
            _ => TokenAt::Nowhere,
        };
        Ok(Self {
            store: named.store,
            redis: named.redis,
            service: named.service.map(|url| ServiceAt {
                url,
                token,
                unencrypted: options.unencrypted,
            }),
            namespace: options.namespace.or(stored.namespace),
            categories,
            language,
            out: if options.json { Out::Json } else { Out::Text },
        })
    }
}

/// What is asked: a store and its read models, or a service.
struct Named {
    store: Option<String>,
    redis: Option<String>,
    service: Option<String>,
}

impl Named {
    /// This, where it names a service, and else both with `other` for what it leaves open.
    fn or(self, other: Self) -> Result<Self, Usage> {
        let (this, other) = (self.one()?, other.one()?);
        if this.service.is_some() {
            return Ok(this);
        }
        let is_store = this.store.is_some() || this.redis.is_some();
        Ok(Self {
            service: other.service.filter(|_| !is_store),
            store: this.store.or(other.store),
            redis: this.redis.or(other.redis),
        })
    }

    /// # Errors
    /// Where it names a service and a store: nobody knows which of them is meant.
    fn one(self) -> Result<Self, Usage> {
        if self.service.is_some() && (self.store.is_some() || self.redis.is_some()) {
            return Err(Usage::new(
                "a service and a store are named, and only one of them can be asked: write --service, or else \
                 --store and --redis (or their variables, or their lines in the file)",
            ));
        }
        Ok(self)
    }
}

fn none(path: &Path) -> Usage {
    let path = path.display();
    Usage::new(format!("the file with settings {path} is not there"))
}

/// Reads a file with settings; none where it is not there.
fn read(path: &Path) -> Result<Option<Stored>, Failure> {
    let unreadable = |error: io::Error| -> While {
        let doing = format!("the settings in {} could not be read", path.display());
        while_doing(doing)(error)
    };
    let is_too_long = match fs::metadata(path) {
        Ok(found) => found.len() > FILE_BYTES_MAX,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error).into()),
    };
    if is_too_long {
        let path = path.display();
        let what = format!("{path} has more than {FILE_BYTES_MAX} bytes; settings are shorter");
        return Err(Usage::new(what).into());
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let stored = toml::from_str(&text);
    stored.map(Some).map_err(|error| {
        // Its own text quotes the line, with the password in it.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        let (path, message) = (path.display(), error.message());
        Usage::new(format!("{path}, line {line}: {message}")).into()
    })
}

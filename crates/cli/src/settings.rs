//! What is set: by an option, an environment variable or a file, in this order.

use std::{fs, io, path::Path};

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
    pub(crate) namespace: Option<NamespaceName>,
    pub(crate) categories: Vec<Category>,
    pub(crate) language: Language,
    pub(crate) out: Out,
}

/// The file; each field is the option of its name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    store: Option<String>,
    redis: Option<String>,
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
        Ok(Self {
            store: given(options.store).or(stored.store),
            redis: given(options.redis).or(stored.redis),
            namespace: options.namespace.or(stored.namespace),
            categories,
            language,
            out: if options.json { Out::Json } else { Out::Text },
        })
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

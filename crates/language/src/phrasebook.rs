//! The texts of one language.

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use fluent_syntax::ast::Entry;
use minwon_petitions::{AsValue, Message, Value};

use crate::{
    Language,
    forms::{self, Name},
    notices::PARTS,
    writer::Writer,
};

/// The texts of one language. Cloning one is cheap.
#[derive(Clone)]
pub struct Phrasebook {
    language: Language,
    /// Each in the place of those before it.
    resources: Vec<Arc<FluentResource>>,
    bundle: Arc<FluentBundle<Arc<FluentResource>>>,
}

impl Phrasebook {
    /// The texts that come with the library.
    #[must_use]
    pub fn of(language: Language) -> Self {
        static KOREAN: LazyLock<Phrasebook> = LazyLock::new(|| {
            Phrasebook::built_in(Language::Korean, include_str!("../text/ko.ftl"))
        });
        static ENGLISH: LazyLock<Phrasebook> = LazyLock::new(|| {
            Phrasebook::built_in(Language::English, include_str!("../text/en.ftl"))
        });
        match language {
            Language::Korean => KOREAN.clone(),
            Language::English => ENGLISH.clone(),
        }
    }

    fn built_in(language: Language, texts: &str) -> Self {
        let texts = FluentResource::try_new(texts.to_owned());
        Self::of_resources(
            language,
            vec![Arc::new(texts.expect("a test reads both files"))],
        )
    }

    fn of_resources(language: Language, resources: Vec<Arc<FluentResource>>) -> Self {
        let tag = language.as_str().parse().expect("a tag of BCP 47");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Marks around each value, for languages that are written from right to left.
        bundle.set_use_isolating(false);
        for resource in &resources {
            bundle.add_resource_overriding(Arc::clone(resource));
        }
        Self {
            language,
            resources,
            bundle: Arc::new(bundle),
        }
    }

    /// The same with texts of an office's own in the place of ours: a file in the format of
    /// [Fluent](https://projectfluent.org), with those keys of `text/ko.ftl` that are to read otherwise.
    ///
    /// ```
    /// use minwon_language::{Language, Phrasebook};
    /// use minwon_petitions::ApplicationStatus;
    ///
    /// let korean = Phrasebook::of(Language::Korean);
    /// let own = korean.with_texts("application-status-received = 접수 완료")?;
    /// assert_eq!(own.say(&ApplicationStatus::Received), "접수 완료");
    /// assert!(korean.with_texts("application-status-recieved = 접수 완료").is_err());
    /// # Ok::<(), minwon_language::TextsError>(())
    /// ```
    ///
    /// # Errors
    /// [`TextsError`] where it is no such file, or speaks of what there is not: then a text would never be
    /// shown, or shown with a gap.
    pub fn with_texts(&self, texts: &str) -> Result<Self, TextsError> {
        let texts = FluentResource::try_new(texts.to_owned()).map_err(|(_, faults)| {
            let fault = faults.first().map(ToString::to_string);
            TextsError::Syntax(fault.unwrap_or_default())
        })?;
        self.check(&texts)?;
        let mut resources = self.resources.clone();
        resources.push(Arc::new(texts));
        Ok(Self::of_resources(self.language, resources))
    }

    /// Checks that texts take the place of others, and speak of nothing that there is not.
    fn check(&self, texts: &FluentResource) -> Result<(), TextsError> {
        let forms = forms::all();
        let resources = self.resources.iter().map(AsRef::as_ref).chain([texts]);
        let terms = resources.flat_map(FluentResource::entries);
        let terms = terms.filter_map(|entry| match entry {
            Entry::Term(term) => Some(term.id.name),
            _ => None,
        });
        let terms: BTreeSet<_> = terms.collect();
        for entry in texts.entries() {
            let (key, pattern, values) = match entry {
                Entry::Message(message) => {
                    let key = message.id.name;
                    let unknown = || TextsError::UnknownKey { key: key.into() };
                    let values = forms.get(key).ok_or_else(unknown)?;
                    let no_text = || TextsError::NoText { key: key.into() };
                    let pattern = message.value.as_ref().ok_or_else(no_text)?;
                    (key, pattern, Some(values))
                }
                // A term is words alone.
                Entry::Term(term) => (term.id.name, &term.value, None),
                _ => continue,
            };
            let has_parts = key.starts_with("notice-") && !PARTS.contains(&key);
            for name in forms::names(pattern) {
                let is_known = values.is_some_and(|values| match name {
                    Name::Value(name) => values.contains(&name),
                    Name::Text(name) => has_parts && PARTS.contains(&name),
                    Name::Term(name) => terms.contains(name),
                    Name::Other(_) => false,
                });
                if !is_known {
                    let known = values.map_or(String::new(), |values| values.join(", "));
                    let (key, name) = (key.to_owned(), name.to_string());
                    return Err(TextsError::UnknownValue { key, name, known });
                }
            }
        }
        Ok(())
    }

    /// The language of its texts.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Returns how a keyword, a date, a due, a period, a holiday or a rejection reads.
    #[must_use]
    pub fn say(&self, told: &(impl AsValue + ?Sized)) -> String {
        self.value(&told.as_value())
    }

    /// Returns how a value reads. A phrase reads as it is, for it has texts only within a message.
    #[must_use]
    pub fn value(&self, value: &Value<'_>) -> String {
        Writer::new(self).value("", value)
    }

    /// Returns how a message reads.
    #[must_use]
    pub fn message(&self, message: &Message<'_>) -> String {
        Writer::new(self).message(message)
    }

    /// The text with this key; none where there is none. What could not be written in is added to `faults`.
    pub(crate) fn text(
        &self,
        key: &str,
        values: &FluentArgs<'_>,
        faults: &mut Vec<String>,
    ) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(values), &mut errors);
        faults.extend(errors.iter().map(|error| format!("{key}: {error}")));
        Some(text.into_owned())
    }

    #[cfg(test)]
    pub(crate) fn resource(&self) -> &FluentResource {
        &self.resources[0]
    }
}

impl std::fmt::Debug for Phrasebook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phrasebook")
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

/// Why texts of an office's own are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextsError {
    /// It is no Fluent.
    #[error("this is no file of texts: {0}; write `key = text`, one a line")]
    Syntax(String),
    /// There is no text that it could take the place of.
    #[error("there is no text with the key {key}; take one that stands in the library's file")]
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A key with attributes alone.
    #[error("the key {key} has no text; write one behind its equals sign")]
    NoText {
        /// The key.
        key: String,
    },
    /// A text that speaks of what its message does not have.
    #[error("the text of {key} speaks of {name}, and there is only: {known}")]
    UnknownValue {
        /// The key.
        key: String,
        /// That of which it speaks, as it stands in the text.
        name: String,
        /// The names of those that there are.
        known: String,
    },
}

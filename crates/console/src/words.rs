//! The words of the console, in Korean and English.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use minwon::{
    Timestamp,
    language::{Language, Phrasebook},
};

/// The words of one language.
pub(crate) struct Words {
    pub(crate) language: Language,
    /// The words of the domain.
    pub(crate) book: Phrasebook,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    pub(crate) fn of(language: Language) -> &'static Self {
        static KOREAN: LazyLock<Words> =
            LazyLock::new(|| Words::built_in(Language::Korean, include_str!("../text/ko.ftl")));
        static ENGLISH: LazyLock<Words> =
            LazyLock::new(|| Words::built_in(Language::English, include_str!("../text/en.ftl")));
        match language {
            Language::English => &ENGLISH,
            _ => &KOREAN,
        }
    }

    fn built_in(language: Language, texts: &str) -> Self {
        let tag = language.as_str().parse().expect("a tag of BCP 47");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        bundle.set_use_isolating(false);
        let texts = FluentResource::try_new(texts.to_owned()).expect("a test reads both files");
        bundle.add_resource_overriding(texts);
        Self {
            language,
            book: Phrasebook::of(language),
            bundle,
        }
    }

    /// The text with this key.
    pub(crate) fn say(&self, key: &str) -> String {
        self.with(key, [])
    }

    /// The text with this key and values in it. A key that there is not is its own text; in debug builds it
    /// panics.
    pub(crate) fn with<'v, const N: usize>(
        &self,
        key: &str,
        values: [(&'v str, FluentValue<'v>); N],
    ) -> String {
        let text = self.bundle.get_message(key).and_then(|it| it.value());
        debug_assert!(text.is_some(), "no text with the key {key}");
        let Some(text) = text else {
            return key.to_owned();
        };
        let values: FluentArgs<'_> = values.into_iter().collect();
        let text = self
            .bundle
            .format_pattern(text, Some(&values), &mut Vec::new());
        text.into_owned()
    }

    /// The text of a count.
    pub(crate) fn count(&self, key: &str, count: u64) -> String {
        self.with(key, [("count", count.into())])
    }
}

/// An instant as it passes in Seoul, to the second: `2026-11-30 14:05:09`.
pub(crate) fn clock(at: Timestamp) -> String {
    let text = at.in_seoul().to_string();
    text.chars()
        .take(19)
        .map(|c| if c == 'T' { ' ' } else { c })
        .collect()
}

/// A length of time in its largest two units: `2 d 3 h`, `4 min 5 s`.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.unix_micros().saturating_sub(from.unix_micros()).max(0) / 1_000_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{days} d {} h", hours % 24)
    } else if hours > 0 {
        format!("{hours} h {} min", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes} min {} s", seconds % 60)
    } else {
        format!("{seconds} s")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The keys of a file with the variables that each speaks of.
    fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        FluentResource::try_new(text.to_owned()).expect("Fluent");
        let mut keys = BTreeMap::<_, BTreeSet<_>>::new();
        let mut key = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with(' ')) {
                name.clone_into(&mut key);
                assert!(!keys.contains_key(&key), "{key} stands there twice");
            }
            let variables = line.split('$').skip(1);
            let variables = variables.filter_map(|rest| rest.split([' ', '}']).next());
            keys.entry(key.clone())
                .or_default()
                .extend(variables.map(str::to_owned));
        }
        keys
    }

    #[test]
    fn both_languages_say_the_same_things_of_the_same_values() {
        let (korean, english) = (
            include_str!("../text/ko.ftl"),
            include_str!("../text/en.ftl"),
        );
        assert_eq!(keys(korean), keys(english));
        assert!(keys(korean).len() > 100);
    }

    #[test]
    fn lengths_of_time_are_told_in_their_largest_two_units() {
        let at = |seconds: i64| Timestamp::from_unix_micros(seconds * 1_000_000).unwrap();
        for (seconds, text) in [
            (-5, "0 s"),
            (59, "59 s"),
            (245, "4 min 5 s"),
            (7_260, "2 h 1 min"),
            (180_000, "2 d 2 h"),
        ] {
            assert_eq!(span(at(0), at(seconds)), text);
        }
        assert_eq!(clock(at(0)), "1970-01-01 09:00:00");
    }
}

//! Asking for dead letters.

use std::{collections::BTreeMap, num::NonZeroU32};

use minwon_core::{
    LetterGroup, ListName, ListPlace, NamespaceName, Projection, ReadModelAdmin, ReadModelStore,
    Subject, Timer, ViewKey,
};

use super::{
    ALL, COUNTS, Fate, LETTERS, LetterView, LetterViews, NEWER, by_id, by_position, group_of,
    list_of, list_of_group,
};
use crate::{
    Answer, EarlierVersions, ListPart, ModelReader, Projector, QueryError, Versions,
    dead_letters::{EventAt, Letter, Selection, in_log_order},
};

/// Most letters under other keys that one subject is reported to wait behind. Unit: letters.
const BEHIND_MAX: NonZeroU32 = NonZeroU32::new(64).expect("not 0");

/// Asks the read model of dead letters. An answer costs what it holds, however many letters there
/// are or ever were.
///
/// Events that wait behind a letter are shown for the letter's own subject only.
#[derive(Debug)]
pub struct LetterReader<R, T> {
    letters: ModelReader<LetterViews<()>, R, T>,
}

/// Part of a list of letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterPage {
    /// The letters, in the order of the log; but where a subject has several, they stand together
    /// at the first.
    pub letters: Vec<Letter>,
    /// Where the next part begins; none at the end.
    pub next: Option<ListPlace>,
}

impl LetterPage {
    /// All that there is.
    fn whole(letters: Vec<Letter>) -> Self {
        Self {
            letters,
            next: None,
        }
    }
}

impl<R: ReadModelStore + ReadModelAdmin, T: Timer> LetterReader<R, T> {
    /// A reader of the dead letters of a namespace.
    pub fn new(namespace: NamespaceName, read_models: R, timer: T) -> Self {
        let letters = Versions::of(LetterViews::<()>::default());
        Self::of_versions(namespace, &letters, read_models, timer)
    }

    /// A reader of the dead letters of a namespace, which understands their views in these versions.
    pub fn of_versions<N, E>(
        namespace: NamespaceName,
        versions: &Versions<N, E>,
        read_models: R,
        timer: T,
    ) -> Self
    where
        N: Projection<View = LetterView>,
        E: EarlierVersions<N>,
    {
        Self {
            letters: ModelReader::of_versions(namespace, versions, read_models, timer),
        }
    }

    /// Whoever waits is woken by this projector; see [`ModelReader::woken_by`].
    #[must_use]
    pub fn woken_by(mut self, projector: &Projector) -> Self {
        self.letters = self.letters.woken_by(projector.status());
        self
    }

    /// The views themselves: what was given up is in them, and one can wait for them.
    pub fn views(&self) -> &ModelReader<LetterViews<()>, R, T> {
        &self.letters
    }

    /// Where a subject is stuck: the letters of its events, and those that its events wait behind;
    /// of the latter 64 at most for each key. In the order of the log.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn of_subject(&self, subject: &Subject) -> Result<Answer<Vec<Letter>>, QueryError> {
        let key = ViewKey::new(subject.as_str()).expect("a subject's id is a name");
        let answer = self.letters.get(&key).await?;
        let view = answer.value.unwrap_or_default();
        let mut letters: Vec<_> = view.letters().collect();
        for (consumer, key) in behind_others(&view, subject) {
            let list = list(list_of("key", key));
            let page = self.page_of(&list, &ListPart::first(BEHIND_MAX)).await?;
            let others = page.value.letters.into_iter();
            letters.extend(others.filter(|letter| {
                letter.consumer.as_str() == consumer
                    && letter.key == key
                    && letter.event.subject != *subject
            }));
        }
        in_log_order(&mut letters);
        Ok(Answer {
            value: letters,
            as_of: answer.as_of,
        })
    }

    /// Part of the letters of a selection. The limit of `part` is in subjects, of which each has
    /// some letters; of one event or one subject all are returned at once.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn list(
        &self,
        selection: &Selection,
        part: &ListPart,
    ) -> Result<Answer<LetterPage>, QueryError> {
        let partition = match selection {
            Selection::All => ALL.to_owned(),
            Selection::Newer => NEWER.to_owned(),
            Selection::Group(group) => list_of_group(group),
            Selection::EventType(event_type) => list_of("type", event_type.as_str()),
            Selection::Consumer(consumer) => list_of("consumer", consumer.as_str()),
            Selection::Key(key) => list_of("key", key),
            Selection::Subject(subject) => {
                return Ok(self.of_subject(subject).await?.map(LetterPage::whole));
            }
            Selection::Event { event, .. } => {
                let letters = self.of_event(*event).await?;
                return Ok(letters.map(|letters| LetterPage::whole(meant(selection, letters))));
            }
        };
        let page = self.page_of(&list(partition), part).await?;
        Ok(page.map(|page| LetterPage {
            letters: meant(selection, page.letters),
            next: page.next,
        }))
    }

    /// Returns how many letters there are, by consumer, event type and cause.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn groups(&self) -> Result<Answer<BTreeMap<LetterGroup, u64>>, QueryError> {
        let counts = self.letters.counts(COUNTS, ALL).await?;
        Ok(counts.map(|counts| {
            let mut groups = BTreeMap::new();
            for (member, count) in counts {
                if let Some(group) = group_of(&member).filter(|_| count > 0) {
                    *groups.entry(group).or_default() += count;
                }
            }
            groups
        }))
    }

    async fn page_of(
        &self,
        list: &ListName,
        part: &ListPart,
    ) -> Result<Answer<LetterPage>, QueryError> {
        let answer = self.letters.list(list, part).await?;
        let letters_of = |view: &LetterView| -> Vec<_> {
            match &*list.partition {
                NEWER => view.waiting_for_a_newer_program().collect(),
                _ => view.letters().collect(),
            }
        };
        Ok(answer.map(|answer| LetterPage {
            letters: answer
                .views
                .iter()
                .flat_map(|(_, view)| letters_of(view))
                .collect(),
            next: answer.next,
        }))
    }

    async fn of_event(&self, event: EventAt) -> Result<Answer<Vec<Letter>>, QueryError> {
        let lookup = match event {
            EventAt::Id(id) => by_id(&id.to_string()),
            EventAt::Position(position) => by_position(position),
        };
        let found = self.letters.find(&lookup).await?;
        Ok(found.map(|found| {
            let view = found.map(|(_, view)| view).unwrap_or_default();
            view.letters().collect()
        }))
    }
}

fn list(partition: String) -> ListName {
    ListName {
        index: LETTERS,
        partition: partition.into(),
    }
}

fn meant(selection: &Selection, mut letters: Vec<Letter>) -> Vec<Letter> {
    letters.retain(|letter| selection.means(letter));
    letters
}

/// Consumers and keys, other than the subject itself, that events of a subject are held under.
fn behind_others<'v>(
    view: &'v LetterView,
    subject: &Subject,
) -> std::collections::BTreeSet<(&'v str, &'v str)> {
    let held = view.events().iter();
    let held = held.filter(|of| !matches!(of.fate, Fate::GivenUp { .. }));
    let elsewhere = held.filter(|of| of.key != subject.as_str());
    elsewhere
        .map(|of| (of.consumer.as_str(), of.key.as_str()))
        .collect()
}

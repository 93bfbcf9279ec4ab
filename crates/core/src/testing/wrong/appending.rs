//! Wrong appends.

use std::{borrow::Cow, num::NonZeroU32};

use super::reading::{Wrong, WrongEvents};
use crate::{
    APPEND_EVENTS_MAX, AppendError, Appended, CommandId, EVENT_BYTES_MAX, EventFilter, EventStore,
    ExpectedVersion::{self, Any, Exactly, NoStream, StreamExists},
    GlobalPosition, NewEvent, RecordedEvent, StreamName, StreamVersion,
    memory::MemoryStore,
    testing::{yield_now, yield_times},
};

/// Unit: bytes.
const LARGE: usize = 1 << 20;

const MANY: NonZeroU32 = NonZeroU32::MAX;

type Answer = Result<Appended, AppendError>;

/// An append, on its way into the store.
struct Try<'a> {
    store: &'a MemoryStore,
    stream: &'a StreamName,
    expected: ExpectedVersion,
    events: &'a [NewEvent],
}

impl Try<'_> {
    async fn append(&self, expected: ExpectedVersion, events: &[NewEvent]) -> Answer {
        self.store.append(self.stream, expected, events).await
    }

    async fn as_it_is(&self) -> Answer {
        self.append(self.expected, self.events).await
    }

    fn conflict(&self, actual: Option<StreamVersion>) -> Answer {
        Err(AppendError::Conflict {
            stream: self.stream.clone(),
            expected: self.expected,
            actual,
        })
    }

    async fn there(&self) -> Vec<RecordedEvent> {
        let all = self
            .store
            .read_stream(self.stream, StreamVersion::FIRST, MANY);
        all.await.unwrap().events
    }

    /// Whether an event of another stream is such.
    async fn elsewhere(&self, is_such: impl Fn(&RecordedEvent) -> bool) -> bool {
        let all = EventFilter::all();
        let all = self.store.read_all(GlobalPosition::START, &all, MANY);
        let events = all.await.unwrap().events;
        events
            .iter()
            .any(|e| e.stream != *self.stream && is_such(e))
    }
}

impl WrongEvents {
    pub(super) async fn append_wrongly(
        &self,
        store: &MemoryStore,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Answer {
        let events = &*self.misread(events);
        let it = Try {
            store,
            stream,
            expected: match self.wrong {
                Wrong::IgnoresTheExpectation => Any,
                _ => expected,
            },
            events,
        };
        let answer = match self.misjudge(&it).await {
            Some(answer) => answer,
            None => self.carry_out(&it).await,
        };
        let answer = match answer {
            Ok(appended) => self.misreport_success(&it, appended).await,
            Err(AppendError::Conflict { actual, .. }) => self.misreport_conflict(&it, actual).await,
            Err(error) => Err(error),
        };
        let mut notes = self.notes();
        notes.streams.insert(stream.clone());
        if let Ok(appended) = &answer {
            notes.last_append = Some((stream.clone(), first_version(*appended, events)));
        }
        answer
    }

    /// Takes the events for others than they are.
    fn misread<'e>(&self, events: &'e [NewEvent]) -> Cow<'e, [NewEvent]> {
        let without_payload = |is_bad: fn(&NewEvent) -> bool| {
            let mut events = events.to_vec();
            let bad = events.iter_mut().filter(|event| is_bad(event));
            bad.for_each(|event| event.payload = "null".into());
            events.into()
        };
        match self.wrong {
            Wrong::TakesOversizedEvents => without_payload(|e| e.payload.len() > EVENT_BYTES_MAX),
            Wrong::TakesBytes => without_payload(|e| std::str::from_utf8(&e.payload).is_err()),
            Wrong::TakesTooManyEvents => (&events[..events.len().min(APPEND_EVENTS_MAX)]).into(),
            Wrong::TakesOneEventTwice => {
                let mut events = events.to_vec();
                events.sort_by_key(NewEvent::id);
                events.dedup_by_key(|event| event.id());
                events.into()
            }
            _ => events.into(),
        }
    }

    /// An answer that a right store would not give, before it appends anything.
    async fn misjudge(&self, it: &Try<'_>) -> Option<Answer> {
        let events = it.events;
        let bytes: usize = events.iter().map(|event| event.payload.len()).sum();
        let refuses = match self.wrong {
            Wrong::TakesEmptyAppends if events.is_empty() => {
                return Some(Ok(Appended {
                    version: StreamVersion::FIRST,
                    position: GlobalPosition::START,
                    repeated: false,
                }));
            }
            Wrong::WritesWhatIsTooLarge if bytes > LARGE => {
                let _ = it.as_it_is().await;
                return Some(Err(AppendError::AppendTooLarge {
                    stream: it.stream.clone(),
                    bytes,
                    bytes_max: LARGE,
                }));
            }
            Wrong::RefusesExistingStreams => it.expected == StreamExists,
            Wrong::RefusesLargeAppends => events.len() > 1000,
            Wrong::RefusesLargeEvents => events.iter().any(|e| e.payload.len() > 32 * 1024),
            Wrong::RefusesAppendsAtOnce => self.notes().under_way > 0,
            Wrong::ForgetsTheNamespace if it.expected == NoStream => {
                let name = |stream: &StreamName| {
                    let (category, id) = (stream.category(), stream.id());
                    (category.to_owned(), id.to_owned())
                };
                it.elsewhere(|old| name(&old.stream) == name(it.stream))
                    .await
            }
            Wrong::KnowsIdsOfOtherStreams => {
                it.elsewhere(|old| events.iter().any(|new| new.id() == old.id()))
                    .await
            }
            _ => false,
        };
        refuses.then(|| it.conflict(None))
    }

    async fn carry_out(&self, it: &Try<'_>) -> Answer {
        let _under_way = UnderWay::begin(self);
        match self.wrong {
            Wrong::WritesWhileItChecks => {
                let small = |event: &&NewEvent| event.payload.len() <= EVENT_BYTES_MAX;
                let sound = it.events.iter().take_while(small).count();
                if 0 < sound && sound < it.events.len() {
                    it.append(it.expected, &it.events[..sound]).await?;
                }
                it.as_it_is().await
            }
            Wrong::ChecksThenAppends => {
                let admits = it
                    .expected
                    .admits(it.there().await.last().map(|e| e.version));
                yield_now().await;
                let expected = if admits { Any } else { it.expected };
                it.append(expected, it.events).await
            }
            Wrong::AppendsInTwoSteps if it.events.len() > 1 => {
                let (first, second) = it.events.split_at(it.events.len() / 2);
                let half = it.append(it.expected, first).await?;
                yield_now().await;
                it.append(Exactly(half.version), second).await
            }
            Wrong::RefusesAppendsAtOnce => {
                yield_now().await;
                it.as_it_is().await
            }
            Wrong::CallsTwinsNew => {
                yield_now().await;
                let answer = it.as_it_is().await?;
                let repeated = answer.repeated && self.notes().under_way == 1;
                Ok(Appended { repeated, ..answer })
            }
            Wrong::NumbersBeforeItCommits => {
                let answer = it.as_it_is().await?;
                let first = first_version(answer, it.events).get();
                let versions = (first..=answer.version.get()).map(StreamVersion::new);
                let hidden: Vec<_> = versions.map(|v| (it.stream.clone(), v)).collect();
                self.notes().hidden.extend(hidden.iter().cloned());
                yield_times(first % 4).await;
                self.notes().hidden.retain(|event| !hidden.contains(event));
                Ok(answer)
            }
            _ => it.as_it_is().await,
        }
    }

    async fn misreport_success(&self, it: &Try<'_>, appended: Appended) -> Answer {
        let there = it.there().await;
        let last = there.last().map(|event| event.version);
        let is_last = last == Some(appended.version);
        let has_no_place = it.expected.starts_at().is_none();
        let is_there = |new: &NewEvent| there.iter().any(|old| old.payload == new.payload);
        match self.wrong {
            Wrong::AnswersTheStart => Ok(Appended {
                position: GlobalPosition::START,
                ..appended
            }),
            Wrong::CountsPositionsDown => Ok(Appended {
                position: GlobalPosition::new(1_000_000 - appended.position.commit()),
                ..appended
            }),
            Wrong::CallsNewEventsARepeat => Ok(Appended {
                repeated: true,
                ..appended
            }),
            _ if !appended.repeated => Ok(appended),
            Wrong::AppendsARepeatAgain => {
                let events: Vec<_> = it.events.iter().map(renamed).collect();
                it.append(Any, &events).await
            }
            Wrong::ConflictsOnARepeat => it.conflict(last),
            Wrong::ConflictsOnARepeatWithoutPlace if has_no_place => it.conflict(last),
            Wrong::ForgetsEarlierAppends | Wrong::WantsTheWholeAppend if !is_last => {
                it.conflict(last)
            }
            Wrong::ComparesPayloads if !it.events.iter().all(is_there) => it.conflict(last),
            _ => Ok(appended),
        }
    }

    async fn misreport_conflict(&self, it: &Try<'_>, actual: Option<StreamVersion>) -> Answer {
        match self.wrong {
            Wrong::HidesTheActualVersion => it.conflict(None),
            Wrong::LeavesPartOfAConflict => {
                it.append(Any, &it.events[..1]).await?;
                it.conflict(actual)
            }
            Wrong::TakesALongerAppendForARepeat => {
                let shorter = &it.events[..it.events.len() - 1];
                let answer = it.append(it.expected, shorter).await;
                answer.or_else(|_| it.conflict(actual))
            }
            Wrong::TakesOtherEventsForARepeat => {
                match (it.expected.starts_at(), it.there().await) {
                    (Some(place), there) if there.last().is_some_and(|e| place <= e.version) => {
                        let last = &there[there.len() - 1];
                        Ok(Appended {
                            version: last.version,
                            position: last.position,
                            repeated: true,
                        })
                    }
                    _ => it.conflict(actual),
                }
            }
            _ => it.conflict(actual),
        }
    }
}

/// Counts the appends that have begun and not ended, dropped ones as well.
struct UnderWay<'a>(&'a WrongEvents);

impl<'a> UnderWay<'a> {
    fn begin(store: &'a WrongEvents) -> Self {
        store.notes().under_way += 1;
        Self(store)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.notes().under_way -= 1;
    }
}

fn first_version(appended: Appended, events: &[NewEvent]) -> StreamVersion {
    let last = appended.version.get();
    StreamVersion::new((last + 1).saturating_sub(events.len() as u64))
}

/// The same event under another id.
fn renamed(event: &NewEvent) -> NewEvent {
    let mut event = event.clone();
    let command = CommandId::derive(event.id().as_bytes(), "again");
    event.metadata.event_id = command.event_id(0);
    event
}

//! Wrong appends.

use std::{borrow::Cow, num::NonZeroU32};

use super::{Wrong, WrongStore};
use crate::{
    APPEND_EVENTS_MAX, AppendError, Appended, CommandId, EVENT_BYTES_MAX, EventFilter, EventStore,
    ExpectedVersion::{self, Any, Exactly, NoStream, StreamExists},
    GlobalPosition, NewEvent, RecordedEvent, StoreError, StreamName, StreamVersion,
    testing::{yield_now, yield_times},
};

/// Unit: bytes.
const LARGE: usize = 1 << 20;

fn bytes(events: &[NewEvent]) -> usize {
    events.iter().map(|event| event.payload.len()).sum()
}

const MANY: NonZeroU32 = NonZeroU32::MAX;

type Answer = Result<Appended, AppendError>;

impl<S: EventStore> WrongStore<S> {
    pub(super) async fn append_wrongly(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Answer {
        let expected = match self.wrong {
            Wrong::IgnoresTheExpectation => Any,
            _ => expected,
        };
        let events = self.misread(events);
        let answer = match self.misjudge(stream, expected, &events).await {
            Some(answer) => answer,
            None => self.carry_out(stream, expected, &events).await,
        };
        let answer = self.misreport(stream, expected, &events, answer).await;
        self.note(stream, &events, &answer);
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
    async fn misjudge(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Option<Answer> {
        let conflict = || Some(Err(conflict(stream, expected, None)));
        match self.wrong {
            Wrong::TakesEmptyAppends if events.is_empty() => Some(Ok(Appended {
                version: StreamVersion::FIRST,
                position: GlobalPosition::START,
                repeated: false,
            })),
            Wrong::RefusesExistingStreams if expected == StreamExists => conflict(),
            Wrong::RefusesLargeAppends if events.len() > 1000 => conflict(),
            Wrong::RefusesLargeEvents if events.iter().any(|e| e.payload.len() > 32 * 1024) => {
                conflict()
            }
            Wrong::RefusesAppendsAtOnce if self.notes().under_way > 0 => conflict(),
            Wrong::WritesWhatIsTooLarge if bytes(events) > LARGE => {
                let _ = self.store.append(stream, expected, events).await;
                Some(Err(AppendError::AppendTooLarge {
                    stream: stream.clone(),
                    bytes: bytes(events),
                    bytes_max: LARGE,
                }))
            }
            Wrong::ForgetsTheNamespace
                if expected == NoStream && self.is_of_another_namespace(stream).await =>
            {
                conflict()
            }
            Wrong::KnowsIdsOfOtherStreams if self.knows_elsewhere(stream, events).await => {
                conflict()
            }
            _ => None,
        }
    }

    async fn is_of_another_namespace(&self, stream: &StreamName) -> bool {
        let all = self
            .store
            .read_all(GlobalPosition::START, &EventFilter::all(), MANY)
            .await;
        let is_twin = |old: &RecordedEvent| {
            let name = |stream: &StreamName| (stream.category().to_owned(), stream.id().to_owned());
            old.stream != *stream && name(&old.stream) == name(stream)
        };
        all.is_ok_and(|page| page.events.iter().any(is_twin))
    }

    async fn knows_elsewhere(&self, stream: &StreamName, events: &[NewEvent]) -> bool {
        let all = self
            .store
            .read_all(GlobalPosition::START, &EventFilter::all(), MANY)
            .await;
        let is_twin = |old: &RecordedEvent| {
            old.stream != *stream && events.iter().any(|new| new.id() == old.id())
        };
        all.is_ok_and(|page| page.events.iter().any(is_twin))
    }

    async fn carry_out(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Answer {
        let _under_way = UnderWay::begin(self);
        match self.wrong {
            Wrong::WritesWhileItChecks => {
                let small = |event: &&NewEvent| event.payload.len() <= EVENT_BYTES_MAX;
                let sound = events.iter().take_while(small).count();
                if 0 < sound && sound < events.len() {
                    self.store
                        .append(stream, expected, &events[..sound])
                        .await?;
                }
                self.store.append(stream, expected, events).await
            }
            Wrong::ChecksThenAppends => {
                let admits = expected.admits(self.last(stream).await?.map(|e| e.version));
                yield_now().await;
                let expected = if admits { Any } else { expected };
                self.store.append(stream, expected, events).await
            }
            Wrong::AppendsInTwoSteps if events.len() > 1 => {
                let (first, second) = events.split_at(events.len() / 2);
                let half = self.store.append(stream, expected, first).await?;
                yield_now().await;
                let expected = Exactly(half.version);
                self.store.append(stream, expected, second).await
            }
            Wrong::RefusesAppendsAtOnce => {
                yield_now().await;
                self.store.append(stream, expected, events).await
            }
            Wrong::CallsTwinsNew => {
                yield_now().await;
                let answer = self.store.append(stream, expected, events).await?;
                let repeated = answer.repeated && self.notes().under_way == 1;
                Ok(Appended { repeated, ..answer })
            }
            Wrong::NumbersBeforeItCommits => {
                self.number_then_commit(stream, expected, events).await
            }
            _ => self.store.append(stream, expected, events).await,
        }
    }

    async fn number_then_commit(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Answer {
        let answer = self.store.append(stream, expected, events).await?;
        let first = first_version(answer, events).get();
        let hidden: Vec<_> = (first..=answer.version.get())
            .map(|version| (stream.clone(), StreamVersion::new(version)))
            .collect();
        self.notes().hidden.extend(hidden.iter().cloned());
        yield_times(first % 4).await;
        hidden.iter().for_each(|event| {
            self.notes().hidden.remove(event);
        });
        Ok(answer)
    }

    /// Answers otherwise than it went.
    async fn misreport(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
        answer: Answer,
    ) -> Answer {
        match answer {
            Ok(appended) => {
                self.misreport_success(stream, expected, events, appended)
                    .await
            }
            Err(AppendError::Conflict { actual, .. }) => {
                self.misreport_conflict(stream, expected, events, actual)
                    .await
            }
            Err(error) => Err(error),
        }
    }

    async fn misreport_success(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
        appended: Appended,
    ) -> Answer {
        let last = self.last(stream).await?.map(|event| event.version);
        let is_last = last == Some(appended.version);
        let has_no_place = expected.starts_at().is_none();
        let conflict = Err(conflict(stream, expected, last));
        let start = GlobalPosition::START;
        match self.wrong {
            Wrong::AnswersTheStart => Ok(Appended {
                position: start,
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
                let events: Vec<_> = events.iter().map(renamed).collect();
                self.store.append(stream, Any, &events).await
            }
            Wrong::ConflictsOnARepeat => conflict,
            Wrong::ConflictsOnARepeatWithoutPlace if has_no_place => conflict,
            Wrong::ForgetsEarlierAppends | Wrong::WantsTheWholeAppend if !is_last => conflict,
            Wrong::ComparesPayloads if !self.holds(stream, events).await? => conflict,
            _ => Ok(appended),
        }
    }

    async fn misreport_conflict(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
        actual: Option<StreamVersion>,
    ) -> Answer {
        let conflict = |actual| Err(conflict(stream, expected, actual));
        match self.wrong {
            Wrong::HidesTheActualVersion => conflict(None),
            Wrong::LeavesPartOfAConflict => {
                self.store.append(stream, Any, &events[..1]).await?;
                conflict(actual)
            }
            Wrong::TakesALongerAppendForARepeat => {
                let shorter = &events[..events.len() - 1];
                let answer = self.store.append(stream, expected, shorter).await;
                answer.or_else(|_| conflict(actual))
            }
            Wrong::TakesOtherEventsForARepeat => {
                match (expected.starts_at(), self.last(stream).await?) {
                    (Some(place), Some(last)) if place <= last.version => Ok(Appended {
                        version: last.version,
                        position: last.position,
                        repeated: true,
                    }),
                    _ => conflict(actual),
                }
            }
            _ => conflict(actual),
        }
    }

    /// Whether these payloads are all in the stream.
    async fn holds(&self, stream: &StreamName, events: &[NewEvent]) -> Result<bool, AppendError> {
        let there = self.all(stream).await?;
        let is_there = |new: &NewEvent| there.iter().any(|old| old.payload == new.payload);
        Ok(events.iter().all(is_there))
    }

    async fn last(&self, stream: &StreamName) -> Result<Option<RecordedEvent>, AppendError> {
        Ok(self.all(stream).await?.pop())
    }

    async fn all(&self, stream: &StreamName) -> Result<Vec<RecordedEvent>, AppendError> {
        let failed = |source: StoreError| AppendError::Store {
            stream: stream.clone(),
            source,
        };
        let page = self
            .store
            .read_stream(stream, StreamVersion::FIRST, MANY)
            .await;
        Ok(page.map_err(failed)?.events)
    }

    fn note(&self, stream: &StreamName, events: &[NewEvent], answer: &Answer) {
        let mut notes = self.notes();
        notes.streams.insert(stream.clone());
        if let Ok(appended) = answer {
            notes.last_append = Some((stream.clone(), first_version(*appended, events)));
        }
    }
}

/// Counts the appends that have begun and not ended, dropped ones as well.
struct UnderWay<'a, S: EventStore>(&'a WrongStore<S>);

impl<'a, S: EventStore> UnderWay<'a, S> {
    fn begin(store: &'a WrongStore<S>) -> Self {
        store.notes().under_way += 1;
        Self(store)
    }
}

impl<S: EventStore> Drop for UnderWay<'_, S> {
    fn drop(&mut self) {
        self.0.notes().under_way -= 1;
    }
}

fn conflict(
    stream: &StreamName,
    expected: ExpectedVersion,
    actual: Option<StreamVersion>,
) -> AppendError {
    AppendError::Conflict {
        stream: stream.clone(),
        expected,
        actual,
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

//! A repeated append changes nothing and answers what the first one answered.

use super::case::{Case, Verdict, ensure, ensure_eq, ids, new_ids};

use crate::{
    AppendError, Appended, EventStore,
    ExpectedVersion::{self, Any, Exactly, NoStream, StreamExists},
    NewEvent, StreamName, StreamVersion,
};

/// What the stream "1" holds: one event, three of one append, one.
struct Scene {
    stream: StreamName,
    events: Vec<NewEvent>,
    appended: Appended,
}

impl Scene {
    /// Sets the scene: the append of three expects `expected`, and has an event before it unless
    /// it expects no stream.
    async fn set<S: EventStore>(
        case: &Case<'_, S>,
        expected: ExpectedVersion,
        after: &[&str],
    ) -> Verdict<Self> {
        let stream = case.stream("1");
        if expected != NoStream {
            case.append(&stream, NoStream, &[case.event("before")])
                .await?;
        }
        let events = case.events("repeated", 3);
        let appended = case.append(&stream, expected, &events).await?;
        for label in after {
            case.append(&stream, Any, &[case.event(label)]).await?;
        }
        Ok(Self {
            stream,
            events,
            appended,
        })
    }
}

impl<S: EventStore> Case<'_, S> {
    /// The whole rule for one expectation: repeated at once, and after others have appended.
    async fn a_repeat_changes_nothing(&self, expected: ExpectedVersion) -> Verdict {
        let scene = Scene::set(self, expected, &[]).await?;
        self.repeat(&scene, expected).await?;
        for label in ["later", "later still"] {
            self.append(&scene.stream, Any, &self.events(label, 2))
                .await?;
            self.repeat(&scene, expected).await?;
        }
        Ok(())
    }

    async fn repeat(&self, scene: &Scene, expected: ExpectedVersion) -> Verdict {
        let before = self.read(&scene.stream).await?;
        let answer = self
            .store
            .append(&scene.stream, expected, &scene.events)
            .await?;
        let wanted = Appended {
            repeated: true,
            ..scene.appended
        };
        ensure_eq("answer to a repeat", &answer, &wanted)?;
        ensure_eq("the stream", &self.read(&scene.stream).await?, &before)
    }

    pub(super) async fn a_repeat_under_no_stream_changes_nothing(&self) -> Verdict {
        self.a_repeat_changes_nothing(NoStream).await
    }

    pub(super) async fn a_repeat_under_exactly_changes_nothing(&self) -> Verdict {
        self.a_repeat_changes_nothing(Exactly(StreamVersion::FIRST))
            .await
    }

    pub(super) async fn a_repeat_under_any_changes_nothing(&self) -> Verdict {
        self.a_repeat_changes_nothing(Any).await
    }

    pub(super) async fn a_repeat_under_stream_exists_changes_nothing(&self) -> Verdict {
        self.a_repeat_changes_nothing(StreamExists).await
    }

    pub(super) async fn a_repeat_is_known_by_its_ids_alone(&self) -> Verdict {
        let mut scene = Scene::set(self, NoStream, &["later"]).await?;
        for event in &mut scene.events {
            event.payload = "\"written by a newer program\"".into();
        }
        self.repeat(&scene, NoStream).await
    }

    /// Appends `events` where `scene` appended its own, which must conflict and change nothing.
    async fn conflicts(
        &self,
        scene: &Scene,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Verdict {
        let before = self.read(&scene.stream).await?;
        let answer = self.store.append(&scene.stream, expected, events).await;
        let last = before.last().map(|event| event.version);
        let is_right =
            matches!(&answer, Err(AppendError::Conflict { actual, .. }) if *actual == last);
        ensure(is_right, || {
            format!("expecting {expected}: no conflict with {last:?}, but {answer:?}")
        })?;
        ensure_eq("the stream", &self.read(&scene.stream).await?, &before)
    }

    pub(super) async fn other_events_at_the_same_place_conflict(&self) -> Verdict {
        let scene = Scene::set(self, NoStream, &["later"]).await?;
        let others = self.events("other", 3);
        self.conflicts(&scene, NoStream, &others).await?;
        self.conflicts(&scene, Exactly(StreamVersion::FIRST), &others)
            .await?;
        // The same events, but each in another's place.
        let mut turned = scene.events.clone();
        turned.rotate_left(1);
        self.conflicts(&scene, NoStream, &turned).await
    }

    /// Once where the stream ends with the repeated events, once where others follow.
    pub(super) async fn a_repeat_with_further_events_conflicts(&self) -> Verdict {
        let scene = Scene::set(self, Exactly(StreamVersion::FIRST), &[]).await?;
        let more = self.events("repeated", 4);
        for expected in [Exactly(StreamVersion::FIRST), Any, StreamExists] {
            self.conflicts(&scene, expected, &more).await?;
        }
        self.append(&scene.stream, Any, &[self.event("later")])
            .await?;
        for expected in [Exactly(StreamVersion::FIRST), Any, StreamExists] {
            self.conflicts(&scene, expected, &more).await?;
        }
        Ok(())
    }

    /// A store keeps events, not appends: it cannot know that there were more, and need not.
    pub(super) async fn the_first_part_of_an_append_is_a_repeat(&self) -> Verdict {
        let scene = Scene::set(self, NoStream, &[]).await?;
        let first_two = &scene.events[..2];
        let answer = self
            .store
            .append(&scene.stream, NoStream, first_two)
            .await?;
        let read = self.read(&scene.stream).await?;
        ensure(answer.repeated, || "it was taken for new".into())?;
        let place = (answer.version, answer.position);
        let second = read.get(1).map(|event| (event.version, event.position));
        ensure_eq("its last event", &Some(place), &second)?;
        ensure_eq("the stream", &ids(&read), &new_ids(&scene.events))
    }

    pub(super) async fn the_same_ids_on_another_stream_are_no_repeat(&self) -> Verdict {
        let scene = Scene::set(self, NoStream, &[]).await?;
        let twin = self.stream("2");
        self.append(&twin, NoStream, &scene.events).await?;
        ensure_eq(
            "the twin",
            &ids(&self.read(&twin).await?),
            &new_ids(&scene.events),
        )
    }
}

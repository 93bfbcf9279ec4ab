//! A repeated append changes nothing and answers what the first one answered.

use super::case::{Case, Verdict, ensure, ensure_eq, ids, new_ids};
use crate::{
    AppendError, Appended, EventStore,
    ExpectedVersion::{self, Any, Exactly, NoStream, StreamExists},
    NewEvent, StreamName, StreamVersion,
};

/// What a stream holds: an event, unless it was to be new, and three of one append.
struct Scene {
    stream: StreamName,
    events: Vec<NewEvent>,
    appended: Appended,
}

/// An expectation that holds of a stream with one event.
const FIRST: ExpectedVersion = Exactly(StreamVersion::FIRST);

impl<S: EventStore> Case<'_, S> {
    /// Sets the scene: the append of three expects `expected`, and has an event before it unless
    /// it expects no stream.
    async fn scene(&self, id: &str, expected: ExpectedVersion) -> Verdict<Scene> {
        let stream = self.stream(id);
        if expected != NoStream {
            self.add(id, &format!("{id} before"), 1).await?;
        }
        let events = self.events(id, 3);
        let appended = self.append(&stream, expected, &events).await?;
        Ok(Scene {
            stream,
            events,
            appended,
        })
    }

    /// Under each expectation: repeated at once, and after others have appended.
    pub(super) async fn a_repeat_changes_nothing(&self) -> Verdict {
        for (id, expected) in [
            ("none", NoStream),
            ("exactly", FIRST),
            ("any", Any),
            ("exists", StreamExists),
        ] {
            let scene = self.scene(id, expected).await?;
            self.repeat(&scene, expected).await?;
            for label in ["later", "later still"] {
                self.add(id, &format!("{id} {label}"), 2).await?;
                self.repeat(&scene, expected).await?;
            }
        }
        Ok(())
    }

    async fn repeat(&self, scene: &Scene, expected: ExpectedVersion) -> Verdict {
        let before = self.read(&scene.stream).await?;
        let (stream, mut wanted) = (&scene.stream, scene.appended);
        wanted.repeated = true;
        let answer = self.store.append(stream, expected, &scene.events).await?;
        ensure_eq("answer to a repeat", &answer, &wanted)?;
        ensure_eq("the stream", &self.read(&scene.stream).await?, &before)
    }

    pub(super) async fn a_repeat_is_known_by_its_ids_alone(&self) -> Verdict {
        let mut scene = self.scene("1", NoStream).await?;
        self.add("1", "later", 1).await?;
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
        let is_right = matches!(&answer, Err(AppendError::Conflict { actual, .. })
            if *actual == last);
        ensure(is_right, || {
            format!("expecting {expected}: no conflict with {last:?}, but {answer:?}")
        })?;
        ensure_eq("the stream", &self.read(&scene.stream).await?, &before)
    }

    pub(super) async fn other_events_at_the_same_place_conflict(&self) -> Verdict {
        let scene = self.scene("1", NoStream).await?;
        self.add("1", "later", 1).await?;
        let others = self.events("other", 3);
        self.conflicts(&scene, NoStream, &others).await?;
        self.conflicts(&scene, FIRST, &others).await?;
        // The same events, but each in another's place.
        let mut turned = scene.events.clone();
        turned.rotate_left(1);
        self.conflicts(&scene, NoStream, &turned).await
    }

    /// Once where the stream ends with the repeated events, once where others follow.
    pub(super) async fn a_repeat_with_further_events_conflicts(&self) -> Verdict {
        let scene = self.scene("1", FIRST).await?;
        let more = self.events("1", 4);
        for label in ["later", "later still"] {
            for expected in [FIRST, Any, StreamExists] {
                self.conflicts(&scene, expected, &more).await?;
            }
            self.add("1", label, 1).await?;
        }
        Ok(())
    }

    /// A store keeps events, not appends: it cannot know that there were more, and need not.
    pub(super) async fn the_first_part_of_an_append_is_a_repeat(&self) -> Verdict {
        let scene = self.scene("1", NoStream).await?;
        let (stream, first_two) = (&scene.stream, &scene.events[..2]);
        let answer = self.store.append(stream, NoStream, first_two).await?;
        let read = self.read(&scene.stream).await?;
        ensure(answer.repeated, || "it was taken for new".into())?;
        let place = (answer.version, answer.position);
        let second = read.get(1).map(|event| (event.version, event.position));
        ensure_eq("its last event", &Some(place), &second)?;
        ensure_eq("the stream", &ids(&read), &new_ids(&scene.events))
    }

    pub(super) async fn the_same_ids_on_another_stream_are_no_repeat(&self) -> Verdict {
        let scene = self.scene("1", NoStream).await?;
        let twin = self.stream("2");
        self.append(&twin, NoStream, &scene.events).await?;
        self.holds(&twin, &scene.events).await
    }
}

//! Several appends at once, and appends that nobody waits for.

use futures_util::future::join_all;

use super::case::{Case, Verdict, ensure, ensure_eq, ids, new_ids};
use crate::{
    AppendError, Appended, EventStore,
    ExpectedVersion::{self, Any, NoStream},
    StreamVersion,
};

impl<S: EventStore> Case<'_, S> {
    pub(super) async fn one_writer_wins_each_version(&self) -> Verdict {
        let stream = self.stream("1");
        let mut won = Vec::new();
        for round in 0..10_u64 {
            let expected = ExpectedVersion::of(round.checked_sub(1).map(StreamVersion::new));
            let events: Vec<_> = (0..8)
                .map(|writer| [self.event(&format!("{round}/{writer}"))])
                .collect();
            let appends = events
                .iter()
                .map(|e| self.store.append(&stream, expected, e));
            let answers = join_all(appends).await;
            for (answer, event) in answers.into_iter().zip(&events) {
                match answer {
                    Ok(_) => won.push(event[0].id()),
                    Err(AppendError::Conflict { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            ensure_eq("winners so far", &(won.len() as u64), &(round + 1))?;
        }
        ensure_eq("the stream", &ids(&self.read(&stream).await?), &won)
    }

    pub(super) async fn writers_of_many_streams_all_succeed(&self) -> Verdict {
        let start = self.store.head().await?;
        let writers = (0..16).map(|writer| async move {
            let stream = self.stream(&writer.to_string());
            let events = self.events(&writer.to_string(), 6);
            let mut expected = NoStream;
            for two in events.chunks(2) {
                let appended = self.append(&stream, expected, two).await?;
                expected = ExpectedVersion::Exactly(appended.version);
            }
            self.holds(&stream, &events).await
        });
        join_all(writers).await.into_iter().collect::<Verdict>()?;
        let total = self.read_log(start, 10).await?.len();
        ensure_eq("events in the log", &total, &(16 * 6))
    }

    pub(super) async fn identical_appends_at_once_write_once(&self) -> Verdict {
        for (id, expected) in [("none", NoStream), ("any", Any)] {
            let stream = self.stream(id);
            let events = self.events(id, 2);
            let twins = (0..6).map(|_| self.store.append(&stream, expected, &events));
            let answers: Result<Vec<Appended>, _> = join_all(twins).await.into_iter().collect();
            let answers = answers?;
            let new = answers.iter().filter(|answer| !answer.repeated).count();
            ensure_eq("answers that call it new", &new, &1)?;
            let same = answers.iter().all(|a| a.position == answers[0].position);
            ensure(same, || format!("the answers differ: {answers:?}"))?;
            self.holds(&stream, &events).await?;
        }
        Ok(())
    }

    /// The append is dropped before it is polled again, or after a few reads of the store.
    pub(super) async fn a_dropped_append_is_whole_or_absent(&self) -> Verdict {
        for reads in 0..20 {
            let stream = self.stream(&reads.to_string());
            let before = self.event(&format!("{reads} before"));
            self.append_one(&stream, NoStream, &before).await?;
            let expected = ExpectedVersion::Exactly(StreamVersion::FIRST);
            let events = self.events(&reads.to_string(), 4);
            let append = self.store.append(&stream, expected, &events);
            drop(self.within(reads / 2, append).await);
            for _ in 0..3 {
                let found = self.read(&stream).await?.len();
                ensure(found == 1 || found == 5, || {
                    format!("{} of 4 events of a dropped append are there", found - 1)
                })?;
            }
            self.store.append(&stream, expected, &events).await?;
            let read = self.read(&stream).await?;
            ensure_eq("repeated", &ids(&read[1..]), &new_ids(&events))?;
        }
        Ok(())
    }
}

//! Streams that were just found to be new, so that whoever read one and begins it looks once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use minwon_core::StreamName;
use tokio::time::Instant;

/// Most streams that are remembered: as many as a busy service begins in the time that a look counts.
const STREAMS_MAX: usize = 4096;

/// When it was asked whether a stream was deleted, and it was not. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks(Arc<Mutex<HashMap<StreamName, Instant>>>);

impl Looks {
    /// The stream was found new by a question that was sent at `sent`.
    pub(super) fn found_new(&self, stream: &StreamName, sent: Instant, age_max: Duration) {
        let mut looks = self.looks();
        if looks.len() >= STREAMS_MAX {
            looks.retain(|_, sent| sent.elapsed() < age_max);
        }
        if looks.len() < STREAMS_MAX {
            looks.insert(stream.clone(), sent);
        }
    }

    /// Whether it was, within `age_max`. Each look counts once: then the stream is there.
    pub(super) fn take(&self, stream: &StreamName, age_max: Duration) -> bool {
        let sent = self.looks().remove(stream);
        sent.is_some_and(|sent| sent.elapsed() < age_max)
    }

    fn looks(&self) -> MutexGuard<'_, HashMap<StreamName, Instant>> {
        // Every change is a single call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_counts_once_and_for_a_while() {
        let (looks, sent) = (Looks::default(), Instant::now());
        let stream: StreamName = "general_Case-1".parse().expect("a name");
        let (long, over) = (Duration::MAX, Duration::ZERO);
        assert!(!looks.take(&stream, long));
        looks.found_new(&stream, sent, long);
        assert!(looks.take(&stream, long));
        assert!(!looks.take(&stream, long));
        looks.found_new(&stream, sent, long);
        assert!(!looks.take(&stream, over));
    }

    #[test]
    fn so_many_streams_are_remembered_and_what_is_too_old_makes_room() {
        let (looks, sent) = (Looks::default(), Instant::now());
        let stream = |number: usize| -> StreamName {
            format!("general_Case-{number}").parse().expect("a name")
        };
        for number in 0..STREAMS_MAX + 10 {
            looks.found_new(&stream(number), sent, Duration::MAX);
        }
        assert_eq!(looks.looks().len(), STREAMS_MAX);
        looks.found_new(&stream(STREAMS_MAX), sent, Duration::ZERO);
        assert_eq!(looks.looks().len(), 1);
    }
}

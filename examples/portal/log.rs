//! What a log holds.

use std::convert::Infallible;

use minwon::engine::{EventFilter, EventStore, FoldError, GlobalPosition, fold_log};

use crate::petition;

/// What there is in a log.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) events: u64,
    /// The highest number of a petition; 0 where there is none.
    pub(crate) last_number: u64,
}

impl Held {
    /// The next petition takes the number after the highest one found, not after their count: a
    /// run that was killed may have left numbers out.
    pub(crate) async fn read<S: EventStore>(
        store: &S,
        filter: EventFilter,
    ) -> Result<Self, FoldError<Infallible>> {
        let mut before = Self::default();
        fold_log(store, GlobalPosition::START, filter, |event| {
            before.events += 1;
            let number = petition::number(event.metadata.petition_id()).unwrap_or(0);
            before.last_number = before.last_number.max(number);
            Ok(())
        })
        .await?;
        Ok(before)
    }
}

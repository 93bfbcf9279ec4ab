//! Time that a processing period does not count.

use std::collections::{BTreeMap, BTreeSet};

use minwon_core::Timestamp;

use super::{count::Range, error::ExclusionError, provision::OUTAGES_NOT_COUNTED};
use crate::{
    calendar::{WORKING_DAY_MICROS, overlap_with_working_hours},
    date::Date,
};

/// Time that a processing period does not count (D20): by whole days, as supplements, hearings
/// and the like (D20, item 1; Decree of the Administrative Procedures Act 11), and outages of the
/// system (D20, item 2).
///
/// They may overlap, and come in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exclusions {
    intervals: BTreeSet<(Date, Date)>,
    outages: BTreeSet<(Timestamp, Timestamp)>,
    /// Days of which nothing counts: in order, apart, in epoch days.
    days: Vec<Range>,
    /// All that does not count: in order and apart.
    spans: Vec<(Timestamp, Timestamp)>,
}

impl Exclusions {
    /// Nothing is excluded.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// With the days from `first` to `last`, both among them: of a supplement, the day on which
    /// the request was sent and the day on which it was met.
    ///
    /// # Errors
    /// [`ExclusionError::DaysBackwards`] where `last` is before `first`.
    pub fn with_days(mut self, first: Date, last: Date) -> Result<Self, ExclusionError> {
        if last < first {
            return Err(ExclusionError::DaysBackwards { first, last });
        }
        self.intervals.insert((first, last));
        Ok(self.rebuilt())
    }

    /// With an outage from `from` until right before `until`, during which petitions could not be
    /// processed. A period in hours skips just that time. A period in days skips the days of whose
    /// office hours outages leave nothing: our reading, as D20 does not say it by day. An outage that
    /// began before 2026-05-06 [is counted](OUTAGES_NOT_COUNTED) as any other time.
    ///
    /// # Errors
    /// [`ExclusionError::OutageBackwards`] where `until` is before `from`.
    pub fn with_outage(
        mut self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Self, ExclusionError> {
        if until < from {
            return Err(ExclusionError::OutageBackwards { from, until });
        }
        if !OUTAGES_NOT_COUNTED.is_in_force_for(Date::in_seoul(from)) {
            return Ok(self);
        }
        self.outages.insert((from, until));
        Ok(self.rebuilt())
    }

    /// Returns whether nothing of `day` counts.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.days_around(day).is_some()
    }

    pub(super) fn days(&self) -> &[Range] {
        &self.days
    }

    pub(super) fn spans(&self) -> &[(Timestamp, Timestamp)] {
        &self.spans
    }

    /// The excluded days among which `day` is.
    pub(super) fn days_around(&self, day: Date) -> Option<Range> {
        let day = day.epoch_days();
        let after = self.days.partition_point(|&(_, end)| end <= day);
        let around = *self.days.get(after)?;
        (around.0 <= day).then_some(around)
    }

    fn rebuilt(mut self) -> Self {
        let outages = united(self.outages.iter().copied().collect());
        let mut days: Vec<_> = self.intervals.iter().map(as_days).collect();
        days.extend(days_taken_by(&outages));
        let mut spans: Vec<_> = self.intervals.iter().map(as_instants).collect();
        spans.extend(outages);
        self.days = united(days);
        self.spans = united(spans);
        self
    }
}

fn as_days(&(first, last): &(Date, Date)) -> Range {
    (first.epoch_days(), last.epoch_days() + 1)
}

fn as_instants(&(first, last): &(Date, Date)) -> (Timestamp, Timestamp) {
    // The last day that there is has no next one, and no calendar reaches it.
    (first.start_in_seoul(), last.plus_days(1).start_in_seoul())
}

/// The days of whose office hours outages leave nothing. The outages are apart.
fn days_taken_by(outages: &[(Timestamp, Timestamp)]) -> Vec<Range> {
    let mut days = Vec::new();
    let mut at_ends: BTreeMap<Date, i64> = BTreeMap::new();
    for &(from, until) in outages {
        let (first, last) = (Date::in_seoul(from), Date::in_seoul(until));
        for day in BTreeSet::from([first, last]) {
            *at_ends.entry(day).or_default() += overlap_with_working_hours(day, from, until);
        }
        let between = (first.epoch_days() + 1, last.epoch_days());
        if between.0 < between.1 {
            days.push(between);
        }
    }
    let taken = at_ends
        .iter()
        .filter(|(_, taken)| **taken == WORKING_DAY_MICROS);
    days.extend(taken.map(|(day, _)| (day.epoch_days(), day.epoch_days() + 1)));
    days
}

/// The same ranges in order, those that meet as one.
fn united<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort_unstable();
    let mut united: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (from, until) in ranges {
        match united.last_mut() {
            Some((_, end)) if from <= *end => *end = until.max(*end),
            _ => united.push((from, until)),
        }
    }
    united
}

//! The inputs that a petition's due is computed from.
//!
//! The due is a pure function of what happened and of a calendar: [`due_of`] counts it from the
//! events alone. A decision that moves it counts it the same way and writes it into its event, with
//! the version of the calendar, rather than into an event beside it: so a due that no longer holds
//! never stands between two events.

use std::time::Duration;

use minwon_core::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::{ApplicationEvent, ApplicationState, Receipt, ReceiptDue};
use crate::{
    calendar::{Calendar, CalendarError},
    date::Date,
    due::Due,
    period::Period,
    statute::{Exclusions, ExtensionGround, ProcessingTerm, SuspensionGround, investigation_end},
    view::micros,
};

/// How often a period is extended (D21).
const EXTENSIONS_MAX: usize = 2;
/// How often a grievance is investigated without the time being counted: once, and once more as
/// the extension of that (D17④).
pub(super) const INVESTIGATIONS_MAX: usize = 2;

/// The parts of a petition's history that move its due after receipt: time that is not counted
/// (D20), and extensions (D21).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    #[serde(
        default,
        deserialize_with = "none_backwards",
        skip_serializing_if = "Vec::is_empty"
    )]
    not_counted: Vec<NotCounted>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    extensions: Vec<GrantedExtension>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stopped: Option<Stop>,
    /// Since when each investigation on the spot stopped it, which has an end by law (D17④).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    investigations: Vec<Timestamp>,
}

/// Time that is not counted (D20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NotCounted {
    /// Whole days, both ends among them: from that of an instant on.
    Days {
        #[serde(with = "micros")]
        since: Timestamp,
        last: Date,
    },
    /// An outage.
    Outage {
        #[serde(with = "micros")]
        from: Timestamp,
        #[serde(with = "micros")]
        until: Timestamp,
    },
}

/// Reads parts of which none ends before it begins: the term counts on it, and somebody else may have
/// written over a view.
fn none_backwards<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<NotCounted>, D::Error> {
    let parts = Vec::<NotCounted>::deserialize(from)?;
    if parts.iter().all(NotCounted::is_forwards) {
        return Ok(parts);
    }
    let said = "a stop of the clock ends before it begins";
    Err(serde::de::Error::custom(said))
}

/// Since when the clock stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stop {
    #[serde(with = "micros")]
    since: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    by_instant: bool,
}

/// An extension of the processing period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GrantedExtension {
    /// By how much.
    pub by: Period,
    /// Until when the petition had to be completed then; a clock that stood since moved it on.
    #[serde(with = "micros::due")]
    pub until: Due,
    /// Why.
    pub ground: ExtensionGround,
    /// When.
    #[serde(rename = "at", with = "micros")]
    pub extended_at: Timestamp,
}

impl Clock {
    /// Stops it on a ground that the law lists.
    pub(super) fn suspend(&mut self, ground: SuspensionGround, since: Timestamp) {
        if ground == SuspensionGround::Investigation && self.stopped.is_none() {
            self.investigations.push(since);
        }
        self.stop(since, ground.is_by_instant());
    }

    /// The term of the petition with this receipt.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not cover all that is counted.
    pub(crate) fn term(
        &self,
        calendar: &Calendar,
        receipt: &Receipt,
    ) -> Result<ProcessingTerm, CalendarError> {
        let begun = (receipt.received_at, receipt.period);
        self.term_without(&self.not_counted, calendar, begun)
    }

    /// Returns since when it stands; none while it runs.
    #[must_use]
    pub fn stands_since(&self) -> Option<Timestamp> {
        self.stopped.as_ref().map(|stop| stop.since)
    }

    /// Returns how much working time is left at `now` until a due that stands, of a period that
    /// began with a receipt. While the clock stands it is what is left if it runs on now: the due
    /// will move, so it is counted again. By days nothing passes meanwhile; of an outage a period
    /// in days gives back whole days only, and one by the calendar days that nobody works on as
    /// well.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not cover all that is counted, or `now`.
    pub(crate) fn remaining_until(
        &self,
        due: Due,
        begun: (Timestamp, Period),
        now: Timestamp,
        calendar: &Calendar,
    ) -> Result<Duration, CalendarError> {
        let stands = self.stands_since().is_some_and(|since| since <= now);
        let not_counted = self.not_counted_until(now);
        let term = self.term_without(&not_counted, calendar, begun)?;
        if stands {
            return term.remaining_at(now, calendar);
        }
        term.remaining_until(due, now, calendar)
    }

    /// Returns whether it stands since after all that was not counted before: a log may record it
    /// otherwise.
    #[cfg(test)]
    pub(crate) fn stands_in_order(&self) -> bool {
        let stopped_on = self.stands_since().map(Date::in_seoul);
        self.not_counted.iter().all(|part| match *part {
            NotCounted::Days { last, .. } => Some(last) < stopped_on,
            NotCounted::Outage { until, .. } => Some(Date::in_seoul(until)) < stopped_on,
        })
    }

    /// Returns whether nothing has happened to it.
    pub(crate) fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// The same with what does not count up to `now` of a stop that lasts.
    ///
    /// # Errors
    /// Those of [`term`](Self::term).
    pub(crate) fn term_at(
        &self,
        now: Timestamp,
        calendar: &Calendar,
        receipt: &Receipt,
    ) -> Result<ProcessingTerm, CalendarError> {
        let begun = (receipt.received_at, receipt.period);
        self.term_without(&self.not_counted_until(now), calendar, begun)
    }

    /// Returns the time that does not count, of a stop that lasts up to `now`.
    fn not_counted_until(&self, now: Timestamp) -> Vec<NotCounted> {
        let open = self.stopped.as_ref().and_then(|stop| stop.until(now));
        self.not_counted.iter().cloned().chain(open).collect()
    }

    fn term_without(
        &self,
        not_counted: &[NotCounted],
        calendar: &Calendar,
        begun: (Timestamp, Period),
    ) -> Result<ProcessingTerm, CalendarError> {
        let not_counted = self.within_the_law(not_counted, calendar)?;
        term(calendar, begun, &not_counted, &self.extensions)
    }

    /// The same parts, of investigations no more than the law leaves uncounted: so many days of the
    /// first and of the second, and nothing of a third (D17④, ⑤).
    fn within_the_law(
        &self,
        not_counted: &[NotCounted],
        calendar: &Calendar,
    ) -> Result<Vec<NotCounted>, CalendarError> {
        let mut parts = Vec::with_capacity(not_counted.len());
        for part in not_counted {
            let of_part = |since: &Timestamp| *since == part.since();
            let number = self.investigations.iter().position(of_part);
            match (part, number) {
                (&NotCounted::Days { since, last }, Some(before)) => {
                    if before < INVESTIGATIONS_MAX {
                        let end = investigation_end(Date::in_seoul(since), before > 0, calendar)?;
                        let last = last.min(end);
                        parts.push(NotCounted::Days { since, last });
                    }
                }
                _ => parts.push(part.clone()),
            }
        }
        Ok(parts)
    }

    /// When the last stop of it ended, by the day where that is all that the law looks at.
    pub(super) fn ran_on_at(&self) -> Option<Timestamp> {
        self.not_counted.last().map(|part| match *part {
            NotCounted::Days { last, .. } => last.start_in_seoul(),
            NotCounted::Outage { until, .. } => until,
        })
    }

    /// The extensions that were granted, in their order.
    #[must_use]
    pub fn extensions(&self) -> &[GrantedExtension] {
        &self.extensions
    }

    /// Returns how often an investigation on the spot stopped it.
    pub(super) const fn investigations(&self) -> usize {
        self.investigations.len()
    }

    pub(super) fn stop(&mut self, since: Timestamp, by_instant: bool) {
        // A clock that stands goes on standing since it stopped.
        self.stopped.get_or_insert(Stop { since, by_instant });
    }

    pub(super) fn run_on(&mut self, until: Timestamp) {
        if let Some(stop) = self.stopped.take() {
            // Clocks differ, and what was imported may say anything: no stop ends before it begins.
            let until = until.max(stop.since);
            self.not_counted.extend(stop.until(until));
        }
    }

    pub(super) fn extend(&mut self, extension: GrantedExtension) {
        if self.extensions.len() < EXTENSIONS_MAX {
            self.extensions.push(extension);
        }
    }
}

impl Stop {
    /// Returns the time that did not count if the clock runs on after `until`; nothing where that is
    /// before it began.
    fn until(&self, until: Timestamp) -> Option<NotCounted> {
        if self.by_instant {
            let from = self.since;
            return (from <= until).then_some(NotCounted::Outage { from, until });
        }
        let (first, last) = (Date::in_seoul(self.since), Date::in_seoul(until));
        let since = self.since;
        (first <= last).then_some(NotCounted::Days { since, last })
    }
}

impl NotCounted {
    /// When the clock stopped.
    fn since(&self) -> Timestamp {
        match *self {
            Self::Days { since, .. } => since,
            Self::Outage { from, .. } => from,
        }
    }

    fn is_forwards(&self) -> bool {
        match *self {
            Self::Days { since, last } => Date::in_seoul(since) <= last,
            Self::Outage { from, until } => from <= until,
        }
    }

    fn excluded_with(&self, others: Exclusions) -> Exclusions {
        let with = match *self {
            Self::Days { since, last } => others.with_days(Date::in_seoul(since), last),
            Self::Outage { from, until } => others.with_outage(from, until),
        };
        with.expect("no stop is made or read that ends before it begins")
    }
}

/// The term that began with a receipt, with what was not counted, in the order of its events, and extensions.
fn term(
    calendar: &Calendar,
    (received_at, period): (Timestamp, Period),
    not_counted: &[NotCounted],
    extensions: &[GrantedExtension],
) -> Result<ProcessingTerm, CalendarError> {
    let term_at = |instant: Timestamp, excluded: &Exclusions| {
        let term = ProcessingTerm::new(received_at, period);
        let granted = extensions.iter().filter(|it| it.extended_at <= instant);
        // An extension that no decision granted, in another unit, is passed over.
        granted.fold(term.excluding(excluded.clone()), |term, extension| {
            let extended = term.clone().with_extension(extension.by);
            extended.unwrap_or(term)
        })
    };
    let mut excluded = Exclusions::none();
    for part in not_counted {
        let since = part.since();
        // A clock that has run out does not stop: what was missed stays missed, also where the
        // whole day on which that happened would not count (our reading of D20).
        if !term_at(since, &excluded)
            .due(calendar)?
            .is_overdue_at(since)
        {
            excluded = part.excluded_with(excluded);
        }
    }
    Ok(term_at(Timestamp::MAX, &excluded))
}

/// Returns until when a petition with this history has to be completed, counted again with
/// `calendar`; none where it is not received. A due that came from [another system](ReceiptDue::Imported)
/// does not change.
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover all that is counted.
pub fn due_of<'e>(
    history: impl IntoIterator<Item = &'e ApplicationEvent>,
    calendar: &Calendar,
) -> Result<Option<Due>, CalendarError> {
    let mut state = ApplicationState::default();
    for event in history {
        event.happening().apply(&mut state);
    }
    let Some(case) = state.filed().and_then(|filed| filed.case.as_ref()) else {
        return Ok(None);
    };
    match case.receipt.due {
        ReceiptDue::Imported { due, .. } => Ok(Some(due)),
        ReceiptDue::ByStatute => case
            .clock
            .term(calendar, &case.receipt)?
            .due(calendar)
            .map(Some),
    }
}

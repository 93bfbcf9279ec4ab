//! What the due of a petition follows from.
//!
//! The due is a pure function of what happened and of a calendar: [`due_of`] counts it from the
//! events alone. A decision that moves it counts it the same way and writes it into its event,
//! with the version of the calendar, rather than into an event beside it: so there is no moment
//! between two events at which a due stands that holds no more.

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{CountedDue, DueBasis, Received};
use crate::{
    calendar::{Calendar, CalendarError},
    catalogue::ApplicationEvent as Event,
    date::Date,
    due::Due,
    period::Period,
    statute::{Exclusions, ExtensionGround, ProcessingTerm, SuspensionGround, investigation_end},
};

/// How often a period is extended (D21).
const EXTENSIONS_MAX: usize = 2;
/// How often a grievance is investigated without the time being counted: once, and once more as
/// the extension of that (D17④).
pub(super) const INVESTIGATIONS_MAX: usize = 2;

/// What moves the due of a petition after its receipt: time that is not counted (D20), and
/// extensions (D21).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    not_counted: Vec<NotCounted>,
    extensions: Vec<GrantedExtension>,
    stopped: Option<Stop>,
}

/// Time that is not counted (D20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum NotCounted {
    /// Whole days, both ends among them: from that of an instant on.
    Days { since: Timestamp, last: Date },
    /// The same of an investigation on the spot, which has an end by law (D17④).
    Investigation { since: Timestamp, last: Date },
    /// An outage.
    Outage { from: Timestamp, until: Timestamp },
}

/// How the time of a stop is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Measure {
    Days,
    Investigation,
    Instants,
}

/// Since when the clock stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stop {
    since: Timestamp,
    measure: Measure,
}

/// An extension that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GrantedExtension {
    pub(super) by: Period,
    pub(super) ground: ExtensionGround,
    pub(super) extended_at: Timestamp,
}

impl Clock {
    /// Follows an event of the petition after its receipt.
    pub(super) fn follow(&mut self, event: &Event) {
        match event {
            Event::SupplementRequested(request) => {
                self.stop(request.requested_at, Measure::Days);
            }
            Event::ClockSuspended(stopped) => {
                self.stop(stopped.suspended_at, Measure::of(stopped.ground));
            }
            // Our reading: a refusal that falls took no time. The law sets none to examine the
            // petition anew, so what was left when the refusal was told runs on.
            Event::ResultNotified(notice) => self.stop(notice.notified_at, Measure::Days),
            Event::ObjectionFiled(objection) => self.stop(objection.filed_at, Measure::Days),
            Event::Supplemented(supplement) => self.run_on(supplement.supplemented_at),
            Event::ClockResumed(resumed) => self.run_on(resumed.resumed_at),
            Event::ObjectionUpheld(upheld) => self.run_on(upheld.upheld_at),
            Event::PeriodExtended(extended) => {
                self.extend(extended.by, extended.ground, extended.extended_at);
            }
            Event::PeriodExtendedAgain(extended) => {
                self.extend(extended.by, extended.ground, extended.extended_at);
            }
            _ => {}
        }
    }

    /// The term of the petition with this receipt.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not cover all that is counted.
    pub(super) fn term(
        &self,
        calendar: &Calendar,
        receipt: &Received,
    ) -> Result<ProcessingTerm, CalendarError> {
        term(calendar, receipt, &self.not_counted, &self.extensions)
    }

    /// The same with what does not count up to `now` of a stop that lasts.
    ///
    /// # Errors
    /// Those of [`term`](Self::term).
    pub(super) fn term_at(
        &self,
        now: Timestamp,
        calendar: &Calendar,
        receipt: &Received,
    ) -> Result<ProcessingTerm, CalendarError> {
        let open = self.stopped.as_ref().and_then(|stop| stop.until(now));
        let not_counted: Vec<_> = self.not_counted.iter().cloned().chain(open).collect();
        term(calendar, receipt, &not_counted, &self.extensions)
    }

    /// The clock as it runs on after it stood until `until`.
    ///
    /// # Errors
    /// The instant since which it stands, where that is later.
    pub(super) fn running_from(mut self, until: Timestamp) -> Result<Self, Timestamp> {
        if let Some(stop) = &self.stopped
            && stop.until(until).is_none()
        {
            return Err(stop.since);
        }
        self.run_on(until);
        Ok(self)
    }

    /// The clock after an extension.
    pub(super) fn extended(
        mut self,
        by: Period,
        ground: ExtensionGround,
        extended_at: Timestamp,
    ) -> Self {
        self.extend(by, ground, extended_at);
        self
    }

    /// The extensions that were granted, in their order.
    pub(super) fn extensions(&self) -> &[GrantedExtension] {
        &self.extensions
    }

    /// How often an investigation on the spot stopped it.
    pub(super) fn investigations(&self) -> usize {
        let is_one = |part: &&NotCounted| matches!(part, NotCounted::Investigation { .. });
        self.not_counted.iter().filter(is_one).count()
    }

    fn stop(&mut self, since: Timestamp, measure: Measure) {
        // A clock that stands goes on standing since it stopped.
        self.stopped.get_or_insert(Stop { since, measure });
    }

    fn run_on(&mut self, until: Timestamp) {
        let stop = self.stopped.take();
        self.not_counted
            .extend(stop.and_then(|stop| stop.until(until)));
    }

    fn extend(&mut self, by: Period, ground: ExtensionGround, extended_at: Timestamp) {
        if self.extensions.len() < EXTENSIONS_MAX {
            self.extensions.push(GrantedExtension {
                by,
                ground,
                extended_at,
            });
        }
    }
}

impl Measure {
    const fn of(ground: SuspensionGround) -> Self {
        match ground {
            SuspensionGround::Investigation => Self::Investigation,
            _ if ground.is_by_instant() => Self::Instants,
            _ => Self::Days,
        }
    }
}

impl Stop {
    /// What did not count if the clock runs on after `until`; nothing where it ends before it
    /// began, which no decision writes.
    fn until(&self, until: Timestamp) -> Option<NotCounted> {
        let since = self.since;
        let last = Date::in_seoul(until);
        let has_begun = match self.measure {
            Measure::Instants => since <= until,
            Measure::Days | Measure::Investigation => Date::in_seoul(since) <= last,
        };
        has_begun.then_some(match self.measure {
            Measure::Instants => NotCounted::Outage { from: since, until },
            Measure::Days => NotCounted::Days { since, last },
            Measure::Investigation => NotCounted::Investigation { since, last },
        })
    }
}

impl NotCounted {
    /// When the clock stopped.
    fn since(&self) -> Timestamp {
        match *self {
            Self::Days { since, .. } | Self::Investigation { since, .. } => since,
            Self::Outage { from, .. } => from,
        }
    }

    /// `others` and this part, before which there were so many `investigations`.
    fn excluded_with(
        &self,
        others: Exclusions,
        investigations: usize,
        calendar: &Calendar,
    ) -> Result<Exclusions, CalendarError> {
        let with = match *self {
            Self::Days { since, last } => others.with_days(Date::in_seoul(since), last),
            // What it takes beyond its end by law counts, and a third one altogether.
            Self::Investigation { .. } if investigations >= INVESTIGATIONS_MAX => {
                return Ok(others);
            }
            Self::Investigation { since, last } => {
                let first = Date::in_seoul(since);
                let end = investigation_end(first, investigations > 0, calendar)?;
                others.with_days(first, last.min(end))
            }
            Self::Outage { from, until } => others.with_outage(from, until),
        };
        Ok(with.expect("no stop ends before it begins"))
    }
}

/// The term of a receipt with what was not counted, in the order of its events, and extensions.
fn term(
    calendar: &Calendar,
    receipt: &Received,
    not_counted: &[NotCounted],
    extensions: &[GrantedExtension],
) -> Result<ProcessingTerm, CalendarError> {
    let term_at = |instant: Timestamp, excluded: &Exclusions| {
        let term = ProcessingTerm::new(receipt.received_at, receipt.period);
        let granted = extensions.iter().filter(|it| it.extended_at <= instant);
        // An extension that no decision granted, in another unit, is passed over.
        granted.fold(term.excluding(excluded.clone()), |term, extension| {
            let extended = term.clone().with_extension(extension.by);
            extended.unwrap_or(term)
        })
    };
    let mut excluded = Exclusions::none();
    let mut investigations = 0;
    for part in not_counted {
        let since = part.since();
        // A clock that has run out does not stop: what was missed stays missed, also where the
        // whole day on which that happened would not count (our reading of D20).
        if !term_at(since, &excluded)
            .due(calendar)?
            .is_overdue_at(since)
        {
            excluded = part.excluded_with(excluded, investigations, calendar)?;
        }
        investigations += usize::from(matches!(part, NotCounted::Investigation { .. }));
    }
    Ok(term_at(Timestamp::MAX, &excluded))
}

/// Until when a petition has to be completed that has this history, counted with `calendar`; none
/// before it was received. A due that was only [told](DueBasis::Told) stays what it is.
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover all that is counted.
pub fn due_of<'e>(
    history: impl IntoIterator<Item = &'e Event>,
    calendar: &Calendar,
) -> Result<Option<Due>, CalendarError> {
    let mut received: Option<(&Received, Clock)> = None;
    for event in history {
        match (event, &mut received) {
            // Also of a petition that was transferred: it has a new term from then on (D13).
            (Event::Received(receipt), _) => received = Some((receipt, Clock::default())),
            (_, Some((_, clock))) => clock.follow(event),
            (_, None) => {}
        }
    }
    match received {
        None => Ok(None),
        Some((receipt, _)) if receipt.basis == DueBasis::Told => Ok(Some(receipt.due)),
        Some((receipt, clock)) => clock.term(calendar, receipt)?.due(calendar).map(Some),
    }
}

/// The due that a petition has from this event on, if it moves it; that of a receipt is not among
/// them.
#[must_use]
pub const fn moved_due(event: &Event) -> Option<&CountedDue> {
    match event {
        Event::Supplemented(supplement) => supplement.deadline.as_ref(),
        Event::ClockResumed(resumed) => resumed.deadline.as_ref(),
        Event::PeriodExtended(extended) => Some(&extended.deadline),
        Event::PeriodExtendedAgain(extended) => Some(&extended.deadline),
        Event::DeadlineRecalculated(recalculated) => Some(&recalculated.deadline),
        Event::ObjectionUpheld(upheld) => upheld.deadline.as_ref(),
        _ => None,
    }
}

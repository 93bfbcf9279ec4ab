//! The time that is left of a petition's period: a question with a time, as the answer changes
//! without an event.

use std::{fmt, time::Duration};

use minwon_core::Timestamp;

use super::petition::PetitionView;
use crate::{
    application::{Application, Case, Stage},
    calendar::{Calendar, CalendarError},
    due::Due,
    message::{AsValue, Message, Value, messages},
    statute::SuspensionGround,
};

messages! {
    /// The time that is left of a petition's period.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Remaining {
        /// The clock runs.
        Running {
            /// The working time that is left; none on the evening of the last day.
            left: Duration,
        },
        /// The clock stands still.
        Standing {
            /// The working time that is left if it runs on now.
            left: Duration,
            /// The stop of the clock.
            stop: ClockStop,
        },
        /// The due has passed.
        Overdue {
            /// The working time since.
            by: Duration,
        },
    }
}

/// The cause that stops the clock of a petition, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct ClockStop {
    /// The cause.
    pub cause: StopCause,
    /// Since when.
    #[serde(serialize_with = "minwon_core::in_seoul::instant")]
    pub since: Timestamp,
}

messages! {
    /// The causes that stop the clock of a petition.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum StopCause {
        /// The petitioner was asked for what is missing (A22).
        Supplement,
        /// A ground that the law lists (D20).
        Suspension(SuspensionGround),
        /// The petitioner was notified of a refusal: no work is left, unless an objection is upheld
        /// (A35).
        Refusal,
    }
}

impl AsValue for ClockStop {
    fn as_value(&self) -> Value<'_> {
        Value::Message(Message {
            of: "ClockStop",
            name: "",
            values: vec![
                ("cause", self.cause.as_value()),
                ("since", Value::Instant(self.since)),
            ],
        })
    }
}

impl PetitionView {
    /// Returns the time that is left of its period at `now`, up to the due that it is shown with;
    /// none before it was received, and after it was refused or has ended.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not cover the due, or `now`; so of a case that
    /// was imported without a due.
    pub fn remaining(
        &self,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Option<Remaining>, CalendarError> {
        let filed = self.filed();
        filed.map_or(Ok(None), |filed| filed.remaining(calendar, now))
    }
}

impl Application {
    /// Returns the stop of its clock now; none while it runs, where it had run out before, and
    /// after the petition has ended.
    ///
    /// This holds for a due from [another system](crate::application::ReceiptDue::Imported) too: nobody is late during the
    /// wait, although the due does not move.
    #[must_use]
    pub fn clock_stop(&self) -> Option<ClockStop> {
        let cause = match &self.stage {
            Stage::AwaitingSupplement(_) => StopCause::Supplement,
            Stage::Suspended(suspension) => StopCause::Suspension(suspension.ground),
            Stage::Rejected | Stage::UnderObjection(_) => StopCause::Refusal,
            _ => return None,
        };
        let case = self.case.as_ref()?;
        let since = case.clock.stands_since()?;
        // A petition that was late before its decision is no longer late after it.
        let has_run_out = cause != StopCause::Refusal && case.due.is_overdue_at(since);
        (!has_run_out).then_some(ClockStop { cause, since })
    }

    /// Returns the due that the offices work towards; none while the clock stands, before the
    /// receipt and after the notice of the decision. A petition is late if this due has passed.
    #[must_use]
    pub fn running_due(&self) -> Option<Due> {
        let is_running = match self.stage {
            Stage::Received | Stage::InReview | Stage::Approved => true,
            // A clock that has run out does not stop.
            Stage::AwaitingSupplement(_) | Stage::Suspended(_) => self.clock_stop().is_none(),
            _ => false,
        };
        self.due().filter(|_| is_running)
    }

    /// Returns until when the petitioner may object to the refusal (A35); none where there is
    /// nothing to object to.
    #[must_use]
    pub fn may_object_until(&self) -> Option<Due> {
        let objection = self.result_notice()?.objection.as_ref()?;
        (self.stage == Stage::Rejected).then_some(objection.due)
    }

    pub(super) fn remaining(
        &self,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Option<Remaining>, CalendarError> {
        let Some(case) = &self.case else {
            return Ok(None);
        };
        if let Some(stop) = self.clock_stop() {
            let left = case.left_at(now, calendar)?;
            return Ok(Some(Remaining::Standing { left, stop }));
        }
        let Some(due) = self.running_due() else {
            return Ok(None);
        };
        if due.is_overdue_at(now) {
            let by = calendar.working_time_between(due.last_instant(), now)?;
            return Ok(Some(Remaining::Overdue { by }));
        }
        let left = case.left_at(now, calendar)?;
        Ok(Some(Remaining::Running { left }))
    }
}

impl Case {
    /// Returns how much working time is left.
    fn left_at(&self, now: Timestamp, calendar: &Calendar) -> Result<Duration, CalendarError> {
        if !self.is_counted() {
            // Nothing moves such a due, so the time up to it passes whatever is waited for.
            return calendar.working_time_between(now, self.due.last_instant());
        }
        let received = (self.receipt.received_at, self.receipt.period);
        self.clock
            .remaining_until(self.due, received, now, calendar)
    }
}

/// As whoever waits reads it: `2 days 3 h 20 min`, with days of 8 working hours, as A19① counts
/// them.
impl fmt::Display for Remaining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running { left } => write!(f, "{} left", WorkingTime(*left)),
            Self::Standing { left, stop } => {
                let cause = stop.cause;
                write!(f, "{} left; stands still, {cause}", WorkingTime(*left))
            }
            Self::Overdue { by } => write!(f, "overdue by {}", WorkingTime(*by)),
        }
    }
}

impl fmt::Display for StopCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Supplement => f.write_str("supplement"),
            Self::Suspension(ground) => ground.fmt(f),
            Self::Refusal => f.write_str("refusal"),
        }
    }
}

/// Working time in words.
struct WorkingTime(Duration);

/// Working time of a working day. Unit: minutes.
const DAY_MINUTES: u64 = 8 * 60;

impl fmt::Display for WorkingTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.as_secs() / 60;
        let (days, hours) = (minutes / DAY_MINUTES, minutes % DAY_MINUTES / 60);
        match days {
            0 => {}
            1 => f.write_str("1 day ")?,
            days => write!(f, "{days} days ")?,
        }
        write!(f, "{hours} h {:02} min", minutes % 60)
    }
}

//! Events that the passing of time causes: a due that passes, and the notices that are then due.

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Application, ApplicationRejection as Rejection, ApplicationState as State,
    ApplicationStatus as Status, PetitionApplication,
    rule::{Decision, case_at, happened, refuse, unchanged},
    supplement::{awaited, awaited_mut},
};
use crate::{
    chapter::{Happening, Rule},
    date::Date,
    due::Due,
    notice::{NoticeContent, NoticeField, NoticeKind},
    words::words,
};

/// Notes that a petition was not completed in time.
///
/// Our reading of who can still be late: whoever has neither refused nor completed. With the notice
/// of a refusal the petitioner has the result, and the time after it is theirs, to object in. While
/// a supplement is awaited or the clock stands otherwise no time counts (D20), so nothing is
/// missed but what was before. Each due is missed once; one that has moved on is another, one that
/// has moved back is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkDeadlineMissed {
    /// The due that was missed; it must be the petition's present one.
    pub due: Due,
    /// When that was noted; the due must have passed by then.
    pub noted_at: Timestamp,
}

/// The petition was not completed in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineMissed {
    /// The due that was missed.
    pub due: Due,
    /// When that was noted.
    pub noted_at: Timestamp,
}

/// Only once the due has passed (A19), and once for each due.
impl Rule<PetitionApplication> for MarkDeadlineMissed {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let &Self { due, noted_at } = self;
        let (filed, case) = case_at(state, Status::IN_PROGRESS, Self::WORDS)?;
        if !filed.can_be_late() {
            return Err(refuse(state, Self::WORDS));
        }
        let present = case.due;
        if due != present {
            return Err(Rejection::OtherDue { due, present });
        }
        // Missed is missed: that it was noted at another time adds nothing.
        if case.is_missed() {
            return unchanged();
        }
        if !due.is_overdue_at(noted_at) {
            return Err(Rejection::NotOverdue { due, at: noted_at });
        }
        happened(DeadlineMissed { due, noted_at })
    }
}

/// For those who look after the work, not for the petitioner.
impl Happening<State> for DeadlineMissed {
    fn apply(&self, state: &mut State) -> bool {
        if !state.filed().is_some_and(Application::can_be_late) {
            return false;
        }
        match state.case_mut(Status::IN_PROGRESS) {
            Some(case) if case.due == self.due && case.missed_at().is_none() => {
                case.missed = Some(self.clone());
                true
            }
            _ => false,
        }
    }
}

/// The interval at which a petitioner is notified of the progress (D23). Unit: days since receipt.
pub const PROGRESS_NOTICE_DAYS: u32 = 30;

/// The first instant at which the progress notice with this number, from 1, is to be sent: the
/// beginning of the day after so many times 30 days, of which that of the receipt is none (Civil Act
/// 157, 159).
#[must_use]
pub fn progress_notice_at(received_at: Timestamp, number: u32) -> Timestamp {
    let days = PROGRESS_NOTICE_DAYS
        .saturating_mul(number)
        .saturating_add(1);
    Date::in_seoul(received_at).plus_days(days).start_in_seoul()
}

/// The number, from 1, of the last progress notice that was to be sent by `now`; 0 for none.
pub(crate) fn latest_progress_notice(received_at: Timestamp, now: Timestamp) -> u32 {
    let day = |instant| Date::in_seoul(instant).epoch_days();
    let passed = day(now) - day(received_at) - 1;
    u32::try_from(passed / i64::from(PROGRESS_NOTICE_DAYS)).unwrap_or(0)
}

/// Notifies the petitioner of the progress (D23): when 30 days have passed since receipt, and after
/// every 30 days more. Whoever asks in between (D23①) is answered out of the read model at once,
/// which is no event of the petition.
///
/// Where several are to be sent, as after a standstill, only the last one is: the others would say
/// what is no longer true. Those are passed over, and the state [counts](super::Case::notices_missed)
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotifyProgress {
    /// Which notice of the petition is to be sent, from 1: this one or a later one. Each comes once.
    pub number: u32,
    /// When it is sent; [`PROGRESS_NOTICE_DAYS`](super::PROGRESS_NOTICE_DAYS) days for each notice
    /// must have passed since receipt.
    pub notified_at: Timestamp,
}

/// The petitioner was notified of the progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressNotified {
    /// Which notice of the petition it was, from 1. Those between it and the one before were not sent
    /// in their time, and never will be.
    pub number: u32,
    /// When.
    pub notified_at: Timestamp,
}

/// When 30 days have passed since the receipt, and after every 30 days more (D23①, ②).
impl Rule<PetitionApplication> for NotifyProgress {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let &Self {
            number,
            notified_at,
        } = self;
        let (_, case) = case_at(state, Status::IN_PROGRESS, Self::WORDS)?;
        // The petitioner has been notified, of this or of what is newer.
        if number < case.next_notice() {
            return unchanged();
        }
        let received_at = case.receipt.received_at;
        let latest = latest_progress_notice(received_at, notified_at);
        if latest < number {
            return Err(Rejection::NoticeTooEarly {
                number,
                notified_at,
                earliest: progress_notice_at(received_at, number),
            });
        }
        happened(ProgressNotified {
            number: latest,
            notified_at,
        })
    }
}

impl Happening<State> for ProgressNotified {
    fn apply(&self, state: &mut State) -> bool {
        match state.case_mut(Status::IN_PROGRESS) {
            Some(case) if self.number >= case.next_notice() => {
                let missed = self.number - case.next_notice();
                case.notices_missed = case.notices_missed.saturating_add(missed);
                case.progress = Some(self.clone());
                true
            }
            _ => false,
        }
    }

    /// With its day, so that it stays true however late the message is delivered.
    fn notice(&self) -> Option<NoticeContent> {
        let days = self.number.saturating_mul(PROGRESS_NOTICE_DAYS);
        let notice = NoticeKind::Progress.with(NoticeField::Days, days);
        Some(notice.with(NoticeField::Day, Date::in_seoul(self.notified_at)))
    }
}

/// Sends a reminder (독촉장) of what is overdue. The petitioner is reminded once of each request
/// for a supplement, the responsible department once of each due of the petition (D28②); time that
/// does not count is nobody's delay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssueReminder {
    /// The overdue matter.
    pub about: ReminderSubject,
    /// When it is sent; its subject must be overdue by then.
    pub issued_at: Timestamp,
}

/// A reminder (독촉장) of what is overdue was sent: to the petitioner, or to the department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReminderIssued {
    /// The overdue matter.
    pub about: ReminderSubject,
    /// When.
    pub issued_at: Timestamp,
}

words! {
    /// The matter that a reminder is about, which also decides who gets it.
    pub enum ReminderSubject("subject of a reminder") {
        /// Missing items were not supplied in time, and the petitioner is reminded: a custom, which
        /// no article asks for.
        SupplementOverdue = "supplement-overdue",
        /// The petition was not completed in time, of which the petition examiner (민원심사관)
        /// reminds the responsible department (D28②).
        PetitionOverdue = "petition-overdue",
    }
}

/// Of each request for a supplement the petitioner is reminded once; of each due of the petition
/// the responsible department is (D28②).
impl Rule<PetitionApplication> for IssueReminder {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let &Self { about, issued_at } = self;
        let (due, is_reminded) = match about {
            ReminderSubject::SupplementOverdue => {
                let (_, supplement) = awaited(state, Self::WORDS)?;
                (supplement.due, supplement.reminded_at.is_some())
            }
            ReminderSubject::PetitionOverdue => {
                let (_, case) = case_at(state, Status::AT_WORK, Self::WORDS)?;
                (case.due, case.reminded == Some(case.due))
            }
        };
        if is_reminded {
            return unchanged();
        }
        if !due.is_overdue_at(issued_at) {
            return Err(Rejection::NotOverdue { due, at: issued_at });
        }
        happened(ReminderIssued { about, issued_at })
    }
}

impl Happening<State> for ReminderIssued {
    fn apply(&self, state: &mut State) -> bool {
        match self.about {
            ReminderSubject::SupplementOverdue => match awaited_mut(state) {
                Some(supplement) if supplement.reminded_at.is_none() => {
                    supplement.reminded_at = Some(self.issued_at);
                    true
                }
                _ => false,
            },
            ReminderSubject::PetitionOverdue => match state.case_mut(Status::AT_WORK) {
                Some(case) if case.reminded != Some(case.due) => {
                    case.reminded = Some(case.due);
                    true
                }
                _ => false,
            },
        }
    }

    fn notice(&self) -> Option<NoticeContent> {
        match self.about {
            ReminderSubject::SupplementOverdue => Some(NoticeKind::SupplementOverdue.into()),
            // The department is reminded, not the petitioner.
            ReminderSubject::PetitionOverdue => None,
        }
    }
}

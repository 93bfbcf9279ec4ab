//! Supplements (보완): missing items that are asked for, asked for again, supplied, or not (A22, D24,
//! D25, R9).

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ApplicationRejection as Rejection, ApplicationState as State, ApplicationStatus as Status,
    Case, CountedDue, Filing, PetitionApplication, Stage, Withdrawal,
    rule::{
        Decision, case_at, check_applicant, check_attachments, check_reasons, check_texts, counted,
        happened, refuse, run_on, running_since, unchanged,
    },
};
use crate::{
    attachment::Attachment,
    calendar::Calendar,
    chapter::{Happening, Rule},
    date::Date,
    due::Due,
    flow::Next,
    notice::{NoticeContent, NoticeField, NoticeKind},
    period::Period,
    statute::{
        SUPPLEMENT_EXTENSIONS_MAX, extended_supplement_due, put_off, supplement_request_due,
        supplement_rerequest_due, working_days_until,
    },
    text::{ApplicantId, Text},
    time_order::{Cause, later},
    view::{is_zero, micros},
    words::words,
};

/// How many requests that do not reach the petitioner make a petition withdrawn (D25②).
pub(crate) const UNDELIVERED_MIN: u32 = 2;

/// A supplement that is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenSupplement {
    /// The request.
    pub request: SupplementRequested,
    /// Until when it has to be supplied now.
    #[serde(with = "micros::due")]
    pub due: Due,
    /// The extensions that the petitioner got.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<SupplementPeriodExtended>,
    /// The second request, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<SupplementRerequested>,
    /// How often a request did not reach the petitioner.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undelivered: u32,
    /// When that was last known.
    #[serde(
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub undelivered_at: Option<Timestamp>,
    /// When the petitioner was reminded of the latest request.
    #[serde(
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub reminded_at: Option<Timestamp>,
}

impl OpenSupplement {
    /// The request that the petitioner answers.
    fn asked(&self) -> Cause {
        ("the request for the supplement", self.request.requested_at)
    }

    /// The last time that a request did not reach the petitioner; before that, the request.
    fn failed_or_asked(&self) -> Cause {
        let failed = self
            .undelivered_at
            .map(|at| ("the failed delivery before", at));
        later(self.asked(), failed)
    }

    /// The number of the attempt to reach the petitioner that may fail next.
    const fn next_attempt(&self) -> u32 {
        self.undelivered.saturating_add(1)
    }
}

/// The supplement that is awaited.
pub(super) fn awaited<'s>(
    state: &'s State,
    command: &'static str,
) -> Result<(&'s Filing, &'s OpenSupplement), Rejection> {
    if let Some(filed) = state.filed()
        && let Stage::AwaitingSupplement(supplement) = &filed.stage
    {
        return Ok((&filed.filing, supplement));
    }
    Err(match state.status() {
        Some(status @ (Status::Received | Status::InReview | Status::Suspended)) => {
            Rejection::NoSupplementAwaited { status }
        }
        _ => refuse(state, command),
    })
}

/// The same, to change it.
pub(super) fn awaited_mut(state: &mut State) -> Option<&mut OpenSupplement> {
    match &mut state.at_mut(&[Status::AwaitingSupplement])?.stage {
        Stage::AwaitingSupplement(supplement) => Some(supplement),
        _ => None,
    }
}

/// Asks the petitioner for what is missing (보완요구, A22①).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestSupplement {
    /// The missing items: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub items: Vec<Text>,
    /// Until when it has to be supplied. A day that is not worked on is put off to the next one that is
    /// (General Act on Public Administration 6①); it must leave a
    /// [reasonable period](PetitionApplication::with_supplement_days_min).
    pub due: Due,
    /// Who asks.
    pub officer: ActorId,
    /// When the request was sent; the clock stands still from this day on (D20).
    pub requested_at: Timestamp,
    /// When the lack was seen. A lack seen on receipt is asked about within 8 working hours (R9).
    pub lack: LackSeen,
}

/// The petitioner was asked for what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementRequested {
    /// The missing items.
    pub items: Vec<Text>,
    /// Until when it has to be supplied.
    pub due: Due,
    /// Who asked.
    pub officer: ActorId,
    /// When the request was sent.
    pub requested_at: Timestamp,
    /// Whether the lack was seen at receipt or only later (R9). Version 1 did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lack: Option<LackSeen>,
}

words! {
    /// When it was seen that something is missing (R9).
    pub enum LackSeen("time at which a lack was seen") {
        /// When the petition was received: it is asked for within 8 working hours.
        OnReceipt = "on-receipt",
        /// Only later: it is asked for at once.
        Later = "later",
    }
}

/// Missing items are asked for once they are seen (A22①), with one request at a time.
impl Rule<PetitionApplication> for RequestSupplement {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let calendar = &decider.calendar;
        let is_counted = state.filed().and_then(|filed| filed.case.as_ref());
        let is_counted = is_counted.is_some_and(Case::is_counted);
        let due = if is_counted {
            put_off(self.due, calendar)?
        } else {
            self.due
        };
        let requested = SupplementRequested {
            items: self.items.clone(),
            due,
            officer: self.officer.clone(),
            requested_at: self.requested_at,
            lack: Some(self.lack),
        };
        if let Some(Stage::AwaitingSupplement(supplement)) = state.stage()
            && supplement.request == requested
        {
            return unchanged();
        }
        let (_, case) = case_at(state, Status::UNDECIDED, Self::WORDS)?;
        self.check()?;
        self.check_is_asked_in_time(calendar, case)?;
        if is_counted {
            decider.check_supplement_period(due, self.requested_at)?;
        }
        happened(requested)
    }
}

impl PetitionApplication {
    /// Checks that a period is reasonable (A22①).
    fn check_supplement_period(&self, due: Due, requested_at: Timestamp) -> Result<(), Rejection> {
        let days_min = self.supplement_days_min;
        if working_days_until(due, requested_at, &self.calendar)? >= days_min {
            return Ok(());
        }
        Err(Rejection::SupplementPeriodTooShort {
            due,
            requested_at,
            days_min,
        })
    }
}

impl RequestSupplement {
    fn check(&self) -> Result<(), Rejection> {
        if self.items.is_empty() {
            return Err(Rejection::NothingMissing);
        }
        if !self.due.is_after(self.requested_at) {
            return Err(Rejection::SupplementDueTooEarly {
                due: self.due,
                requested_at: self.requested_at,
            });
        }
        check_texts("missing items", &self.items)
    }

    /// Within 8 working hours of receipt, unless the lack was seen only later (R9). How it was
    /// done elsewhere is not for us to refuse.
    fn check_is_asked_in_time(&self, calendar: &Calendar, case: &Case) -> Result<(), Rejection> {
        if self.lack == LackSeen::Later || !case.is_counted() {
            return Ok(());
        }
        let due = supplement_request_due(case.receipt.received_at, calendar)?;
        if due.is_overdue_at(self.requested_at) {
            let at = self.requested_at;
            return Err(Rejection::SupplementRequestedLate { due, at });
        }
        Ok(())
    }
}

impl Happening<State> for SupplementRequested {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(Status::UNDECIDED) else {
            return false;
        };
        filed.stop_clock(self.requested_at);
        filed.supplement_requests = filed.supplement_requests.saturating_add(1);
        filed.stage = Stage::AwaitingSupplement(Box::new(OpenSupplement {
            request: self.clone(),
            due: self.due,
            extensions: Vec::new(),
            again: None,
            undelivered: 0,
            undelivered_at: None,
            reminded_at: None,
        }));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        running_since(state)
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::SupplementRequested.with(NoticeField::Items, &self.items);
        Some(notice.with(NoticeField::SupplementDue, self.due))
    }
}

/// Gives the petitioner longer to supply what is missing, who asked for it before the time was
/// over; at most [twice](crate::statute::SUPPLEMENT_EXTENSIONS_MAX) (D24②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtendSupplementPeriod {
    /// Who asked; only the petitioner may.
    pub asked_by: ApplicantId,
    /// By how much longer: days, weeks, months or years, counted from the day after the due.
    pub by: Period,
    /// Who grants it.
    pub officer: ActorId,
    /// When; the due must not have passed by then.
    pub extended_at: Timestamp,
}

/// The petitioner was given longer to supply what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementPeriodExtended {
    /// Who asked for it.
    pub asked_by: ApplicantId,
    /// By how much longer.
    pub by: Period,
    /// Until when it has to be supplied now.
    pub deadline: CountedDue,
    /// Who granted it.
    pub officer: ActorId,
    /// When.
    pub extended_at: Timestamp,
}

/// Before the time is over, and at most twice (D24②).
impl Rule<PetitionApplication> for ExtendSupplementPeriod {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let (filing, supplement) = awaited(state, Self::WORDS)?;
        let &Self {
            by, extended_at, ..
        } = self;
        let is_on_record = |extended: &SupplementPeriodExtended| {
            extended.by == by && extended.extended_at == extended_at
        };
        if supplement.extensions.iter().any(is_on_record) {
            return unchanged();
        }
        check_applicant(&filing.applicant, &self.asked_by, Self::WORDS)?;
        if supplement.extensions.len() >= SUPPLEMENT_EXTENSIONS_MAX as usize {
            return Err(Rejection::SupplementExtendedTwice);
        }
        let due = supplement.due;
        if due.is_overdue_at(extended_at) {
            return Err(Rejection::PeriodOver {
                due,
                at: extended_at,
            });
        }
        let extended = extended_supplement_due(due.day(), by, &decider.calendar)?;
        happened(SupplementPeriodExtended {
            asked_by: self.asked_by.clone(),
            by,
            deadline: counted(extended, &decider.calendar),
            officer: self.officer.clone(),
            extended_at,
        })
    }
}

impl Happening<State> for SupplementPeriodExtended {
    fn apply(&self, state: &mut State) -> bool {
        match awaited_mut(state) {
            Some(supplement)
                if supplement.extensions.len() < SUPPLEMENT_EXTENSIONS_MAX as usize =>
            {
                supplement.due = self.deadline.due;
                supplement.extensions.push(self.clone());
                true
            }
            _ => false,
        }
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        let supplement = state.filed()?.supplement()?;
        let again = supplement.again.as_ref();
        let again = again.map(|again| ("the second request for it", again.requested_at));
        Some(later(supplement.asked(), again))
    }

    fn notice(&self) -> Option<NoticeContent> {
        let due = self.deadline.due;
        Some(NoticeKind::SupplementExtended.with(NoticeField::SupplementDue, due))
    }
}

/// Asks the petitioner once more for what was not supplied in time (D24③).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RerequestSupplement {
    /// Within which period: at most
    /// [10 days](crate::statute::SUPPLEMENT_REREQUEST_DAYS_MAX).
    pub period: Period,
    /// Who asks.
    pub officer: ActorId,
    /// When the request is sent; the first period must be over by then.
    pub requested_at: Timestamp,
}

/// The petitioner was asked once more for what was not supplied in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementRerequested {
    /// Within which period.
    pub period: Period,
    /// Until when it has to be supplied now.
    pub deadline: CountedDue,
    /// Who asked.
    pub officer: ActorId,
    /// When the request was sent.
    pub requested_at: Timestamp,
}

/// When the first period is over, once, within at most 10 days (D24③).
impl Rule<PetitionApplication> for RerequestSupplement {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let (_, supplement) = awaited(state, Self::WORDS)?;
        let &Self {
            period,
            requested_at,
            ..
        } = self;
        if let Some(again) = &supplement.again {
            if again.period == period && again.requested_at == requested_at {
                return unchanged();
            }
            return Err(Rejection::SupplementRerequested);
        }
        if !supplement.due.is_overdue_at(requested_at) {
            return Err(Rejection::NotOverdue {
                due: supplement.due,
                at: requested_at,
            });
        }
        let calendar = &decider.calendar;
        let due = supplement_rerequest_due(Date::in_seoul(requested_at), period, calendar)?;
        happened(SupplementRerequested {
            period,
            deadline: counted(due, calendar),
            officer: self.officer.clone(),
            requested_at,
        })
    }
}

/// The petitioner is reminded of each request once, so of this one again.
impl Happening<State> for SupplementRerequested {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(&[Status::AwaitingSupplement]) else {
            return false;
        };
        match &mut filed.stage {
            Stage::AwaitingSupplement(supplement) if supplement.again.is_none() => {
                supplement.due = self.deadline.due;
                supplement.again = Some(self.clone());
                supplement.reminded_at = None;
                filed.supplement_requests = filed.supplement_requests.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    fn notice(&self) -> Option<NoticeContent> {
        let due = self.deadline.due;
        Some(NoticeKind::SupplementRequestedAgain.with(NoticeField::SupplementDue, due))
    }
}

/// Supplies what was missing (보완). Late is not too late, as long as nothing was returned
/// (A22②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Supplement {
    /// Who supplies it.
    pub by: ApplicantId,
    /// When it arrived; the clock runs again from the next day on (D20).
    pub supplemented_at: Timestamp,
    /// Forms and files, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// A note from the petitioner.
    pub note: Option<Text>,
}

/// The petitioner supplied what was missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supplemented {
    /// Who supplied it.
    pub by: ApplicantId,
    /// When it arrived.
    pub supplemented_at: Timestamp,
    /// Forms and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// A note from the petitioner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// Until when the petition has to be completed now; none where its due came from another
    /// system, and in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<CountedDue>,
}

/// The clock runs on from the day after the supplement arrived (D20, item 1). Late is not too late
/// (A22②).
impl Rule<PetitionApplication> for Supplement {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let (filing, _) = awaited(state, Self::WORDS)?;
        let (_, case) = case_at(state, &[Status::AwaitingSupplement], Self::WORDS)?;
        check_applicant(&filing.applicant, &self.by, Self::WORDS)?;
        check_attachments(&self.attachments)?;
        happened(Supplemented {
            by: self.by.clone(),
            supplemented_at: self.supplemented_at,
            attachments: self.attachments.clone(),
            note: self.note.clone(),
            deadline: run_on(&decider.calendar, case, self.supplemented_at)?,
        })
    }
}

impl Happening<State> for Supplemented {
    fn apply(&self, state: &mut State) -> bool {
        let from = &[Status::AwaitingSupplement];
        state.go_on(from, self.supplemented_at, self.deadline.as_ref())
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        Some(state.filed()?.supplement()?.asked())
    }
}

/// Notes that a request for a supplement did not reach the petitioner, whose address is unknown
/// (D25②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkSupplementUndeliverable {
    /// Which attempt to reach the petitioner failed, from 1; each comes once, and none before the
    /// one before.
    pub attempt: u32,
    /// Why.
    pub reason: Text,
    /// When that was known.
    pub noted_at: Timestamp,
}

/// A request for a supplement did not reach the petitioner, whose address is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementUndeliverable {
    /// Which attempt to reach the petitioner failed, from 1.
    pub attempt: u32,
    /// Why.
    pub reason: Text,
    /// When that was known.
    pub noted_at: Timestamp,
}

/// Each request that comes back is noted, in turn (D25②).
impl Rule<PetitionApplication> for MarkSupplementUndeliverable {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let (_, supplement) = awaited(state, Self::WORDS)?;
        let number = self.attempt;
        // That it failed is known.
        if (1..=supplement.undelivered).contains(&number) {
            return unchanged();
        }
        let next = supplement.next_attempt();
        if number != next {
            return Err(Rejection::WrongAttempt { number, next });
        }
        happened(SupplementUndeliverable {
            attempt: number,
            reason: self.reason.clone(),
            noted_at: self.noted_at,
        })
    }
}

impl Happening<State> for SupplementUndeliverable {
    fn apply(&self, state: &mut State) -> bool {
        match awaited_mut(state) {
            Some(supplement) if self.attempt == supplement.next_attempt() => {
                supplement.undelivered = self.attempt;
                supplement.undelivered_at = Some(self.noted_at);
                true
            }
            _ => false,
        }
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        Some(state.filed()?.supplement()?.failed_or_asked())
    }
}

/// Sends the documents back, since what was missing was not supplied in time (반려, D25①).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Return {
    /// Who sends them back.
    pub officer: ActorId,
    /// Why: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub reasons: Vec<Text>,
    /// When; the period, with what it was extended by, must be over by then.
    pub returned_at: Timestamp,
}

/// The documents were sent back, since what was missing was not supplied in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// Who sent them back.
    pub officer: ActorId,
    /// Why.
    pub reasons: Vec<Text>,
    /// When.
    pub returned_at: Timestamp,
}

/// Only when the period is over, with all that it was extended by, and with reasons (D25①).
impl Rule<PetitionApplication> for Return {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let returned = Returned {
            officer: self.officer.clone(),
            reasons: self.reasons.clone(),
            returned_at: self.returned_at,
        };
        if matches!(state.stage(), Some(Stage::Returned(before)) if **before == returned) {
            return unchanged();
        }
        let (_, supplement) = awaited(state, Self::WORDS)?;
        check_reasons(Self::WORDS, &self.reasons)?;
        if !supplement.due.is_overdue_at(self.returned_at) {
            return Err(Rejection::NotOverdue {
                due: supplement.due,
                at: self.returned_at,
            });
        }
        happened(returned)
    }
}

impl Happening<State> for Returned {
    fn apply(&self, state: &mut State) -> bool {
        let end = Stage::Returned(Box::new(self.clone()));
        state.go(&[Status::AwaitingSupplement], end)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::Returned.with(NoticeField::Reasons, &self.reasons))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CallOff)
    }
}

/// Takes the petition for withdrawn, since two requests for a supplement did not reach the
/// petitioner (D25②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeemWithdrawn {
    /// Who finds so.
    pub officer: ActorId,
    /// When.
    pub deemed_at: Timestamp,
}

/// The petition counts as withdrawn, since no request for a supplement reached the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeemedWithdrawn {
    /// Who found so.
    pub officer: ActorId,
    /// When.
    pub deemed_at: Timestamp,
}

/// Only when two requests did not reach the petitioner (D25②).
impl Rule<PetitionApplication> for DeemWithdrawn {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        if let Some(Stage::Withdrawn(end)) = state.stage()
            && matches!(**end, Withdrawal::Deemed(_))
        {
            return unchanged();
        }
        let (_, supplement) = awaited(state, Self::WORDS)?;
        if supplement.undelivered < UNDELIVERED_MIN {
            return Err(Rejection::MayBeReached {
                undelivered: supplement.undelivered,
            });
        }
        happened(DeemedWithdrawn {
            officer: self.officer.clone(),
            deemed_at: self.deemed_at,
        })
    }
}

impl Happening<State> for DeemedWithdrawn {
    fn apply(&self, state: &mut State) -> bool {
        let end = Withdrawal::Deemed(self.clone());
        state.go(
            &[Status::AwaitingSupplement],
            Stage::Withdrawn(Box::new(end)),
        )
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        Some(state.filed()?.supplement()?.failed_or_asked())
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::DeemedWithdrawn.into())
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CallOff)
    }
}

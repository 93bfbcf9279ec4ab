//! Where a petition stands.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Approved, ClericalErrorCorrected, Clock, ClockSuspended, Closing, Completed, CompletionOutcome,
    Consultation, DeadlineMissed, Modified, ObjectionDismissed, ObjectionFiled, OpenObjection,
    OpenSupplement, ProgressNotified, ReceiptDue, Received, Rejected, ResultNotified, Returned,
    Submitted, TransferredToAgency, Withdrawal,
};
use crate::{
    category::{PetitionKind, ServiceType},
    channel::Channel,
    due::Due,
    period::Period,
    text::{Agency, ApplicantId, Department, PetitionType, ReceiptNumber},
    view::{is_zero, micros},
    words::words,
};

/// Where a petition stands, with all that a decision, a deadline or a view needs to know about it.
/// It keeps that after its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApplicationState(Option<Box<Application>>);

/// Most numbers of earlier receipts under which a petition is found.
///
/// A bound of ours: a transfer goes to the agency that is competent, so a second one is an error already.
pub const FORMER_NUMBERS_MAX: usize = 16;

/// A petition that was filed. Data of one stage alone stands in that [`Stage`], data that outlives
/// the stage beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Application {
    /// Where it stands.
    pub stage: Stage,
    /// The filing, as it stands now.
    pub filing: Filing,
    /// The case that its receipt opened; none before the agency that has it received it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// The numbers of receipts that transfers to other agencies ended, the oldest first: under each
    /// of them it is still found. At most [`FORMER_NUMBERS_MAX`], the newest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_numbers: Vec<ReceiptNumber>,
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Box<Ruling>>,
    /// The last objection that was decided. One that is not belongs to its stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_objection: Option<Box<Objection>>,
    /// How often it was received: again after each transfer to another agency.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub receipts: u32,
    /// How often a supplement was requested.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub supplement_requests: u32,
}

/// A stage of a petition.
///
/// The event that led to a stage is kept where a repeated command is recognised by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Filed.
    Submitted,
    /// Taken in.
    Received,
    /// Being examined.
    InReview,
    /// The petitioner was asked for what is missing.
    AwaitingSupplement(Box<OpenSupplement>),
    /// The clock stands still on a ground that the law lists.
    Suspended(Box<ClockSuspended>),
    /// Granted.
    Approved,
    /// Refused.
    Rejected,
    /// The petitioner objects to the refusal.
    UnderObjection(Box<OpenObjection>),
    /// The end, after a decision or an answer.
    Completed(Box<Completion>),
    /// The end: sent back, since what was missing was not supplied.
    Returned(Box<Returned>),
    /// The end, at the petitioner's wish or as if.
    Withdrawn(Box<Withdrawal>),
    /// The end without a decision, or with a document that nobody collected.
    Closed(Box<Closing>),
}

/// How a petition was completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// After a decision or an answer.
    Completed(Completed),
    /// The refusal stands.
    ObjectionDismissed(ObjectionDismissed),
}

/// A decision, and the notice of it to the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Ruling {
    /// The decision.
    pub decision: Decision,
    /// The notice to the petitioner, if it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<ResultNotified>,
}

/// The kinds of decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The petition was granted.
    Approved(Approved),
    /// It was refused.
    Rejected(Rejected),
}

/// An objection that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Objection {
    /// The objection as it was filed.
    pub filed: ObjectionFiled,
    /// Until when it had to be decided.
    pub due: Due,
    /// Whether that had been extended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extended: bool,
    /// How it was decided.
    pub outcome: ObjectionOutcome,
    /// When.
    pub decided_at: Timestamp,
}

words! {
    /// How an objection was decided.
    pub enum ObjectionOutcome("outcome of an objection") {
        /// It was upheld: the petition is examined again.
        Upheld = "upheld",
        /// It was wrong: the refusal stands.
        Dismissed = "dismissed",
    }
}

/// The content of a petition as filed, and the agency where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Filing {
    /// Who petitions.
    #[serde(rename = "by")]
    pub applicant: ApplicantId,
    /// How it is served.
    pub service: ServiceType,
    /// Its kind: as declared, then as the agency found it.
    pub kind: PetitionKind,
    /// The petition type.
    #[serde(rename = "type")]
    pub petition_type: PetitionType,
    /// How it was filed.
    pub channel: Channel,
    /// The agency that has it.
    pub agency: Agency,
    /// When it was submitted, to whichever agency.
    #[serde(rename = "at", with = "micros")]
    pub submitted_at: Timestamp,
    /// The transfer that brought it there, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Box<TransferredToAgency>>,
    /// The last correction of a clerical error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<Box<ClericalErrorCorrected>>,
    /// The petitioner's last modification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modification: Option<Box<Modified>>,
}

/// The case that a receipt opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Case {
    /// The receipt.
    pub receipt: Receipt,
    /// Until when it has to be completed now.
    #[serde(with = "micros::due")]
    pub due: Due,
    /// The events that move the due.
    #[serde(default, skip_serializing_if = "Clock::is_untouched")]
    pub clock: Clock,
    /// The due that was noted as missed; another may have taken its place since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<DeadlineMissed>,
    /// The due of which the responsible department was reminded.
    #[serde(
        with = "micros::due_option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub reminded: Option<Due>,
    /// The last notice of the progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<ProgressNotified>,
    /// How many notices of the progress were not sent in their time, and were passed over.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub notices_missed: u32,
    /// The responsible department (처리주무부서), where it is not that of the receipt any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved_to: Option<Department>,
    /// The officer in charge (담당자); none before it was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<ActorId>,
    /// When it was last given to an officer or a department.
    #[serde(
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub handed_at: Option<Timestamp>,
    /// When the petitioner was given a receipt slip.
    #[serde(
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub slip_issued_at: Option<Timestamp>,
    /// The consultations of other agencies, the last one of each; at most
    /// [`CONSULTATIONS_MAX`](super::CONSULTATIONS_MAX).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consultations: Vec<Consultation>,
}

/// A receipt, but for the kind, which the [`Filing`] has from then on, and a due that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Receipt {
    /// The number it was received under.
    #[serde(rename = "number")]
    pub receipt_number: ReceiptNumber,
    /// The processing period.
    pub period: Period,
    /// The responsible department.
    #[serde(rename = "dept")]
    pub department: Department,
    /// When it was received.
    #[serde(rename = "at", with = "micros")]
    pub received_at: Timestamp,
    /// The basis of the due.
    #[serde(default, skip_serializing_if = "ReceiptDue::is_by_statute")]
    pub due: ReceiptDue,
}

impl ApplicationState {
    /// The petition; none before it was filed.
    #[must_use]
    pub fn filed(&self) -> Option<&Application> {
        self.0.as_deref()
    }

    /// Where the petition stands, in one word; none before it was submitted.
    #[must_use]
    pub fn status(&self) -> Option<ApplicationStatus> {
        self.filed().map(Application::status)
    }

    /// Returns whether nothing can happen to the petition any more.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.status().is_some_and(ApplicationStatus::is_end)
    }

    /// Returns why the petition gets no document any more, if it does not: it was withdrawn, refused or
    /// closed. A document that nobody collected stays valid.
    #[must_use]
    pub fn decided_against(&self) -> Option<&'static str> {
        match self.stage()? {
            Stage::Withdrawn(_) => Some("The petition was withdrawn"),
            Stage::Returned(_) => Some("The petition was returned"),
            Stage::Closed(closing) => closing.decided_against(),
            Stage::Rejected | Stage::UnderObjection(_) => Some("The petition was refused"),
            Stage::Completed(end) if end.outcome() == CompletionOutcome::Refused => {
                Some("The petition was refused")
            }
            _ => None,
        }
    }

    pub(super) fn stage(&self) -> Option<&Stage> {
        self.filed().map(|filed| &filed.stage)
    }

    pub(super) fn file(&mut self, filed: Application) -> bool {
        let is_first = self.0.is_none();
        if is_first {
            self.0 = Some(Box::new(filed));
        }
        is_first
    }

    /// The petition where it stands at one of `statuses`.
    pub(super) fn at(&self, statuses: &[ApplicationStatus]) -> Option<&Application> {
        let is_there = |filed: &&Application| statuses.contains(&filed.status());
        self.filed().filter(is_there)
    }

    /// The same, to change it.
    pub(super) fn at_mut(&mut self, statuses: &[ApplicationStatus]) -> Option<&mut Application> {
        let is_there = |filed: &&mut Application| statuses.contains(&filed.status());
        self.0.as_deref_mut().filter(is_there)
    }

    /// Returns the case of a petition that stands at one of `statuses`, to change it.
    pub(super) fn case_mut(&mut self, statuses: &[ApplicationStatus]) -> Option<&mut Case> {
        self.at_mut(statuses)?.case.as_mut()
    }

    /// Takes a petition that stands at one of `from` to a stage; whether it did.
    pub(super) fn go(&mut self, from: &[ApplicationStatus], to: Stage) -> bool {
        let filed = self.at_mut(from);
        filed.map(|filed| filed.stage = to).is_some()
    }
}

impl From<&Submitted> for Application {
    fn from(submitted: &Submitted) -> Self {
        Self {
            stage: Stage::Submitted,
            filing: submitted.into(),
            case: None,
            former_numbers: Vec::new(),
            ruling: None,
            decided_objection: None,
            receipts: 0,
            supplement_requests: 0,
        }
    }
}

impl From<&Submitted> for Filing {
    fn from(submitted: &Submitted) -> Self {
        Self {
            applicant: submitted.applicant.clone(),
            service: submitted.service,
            kind: submitted.kind,
            petition_type: submitted.petition_type.clone(),
            channel: submitted.channel.clone(),
            agency: submitted.agency.clone(),
            submitted_at: submitted.submitted_at,
            transfer: None,
            correction: None,
            modification: None,
        }
    }
}

impl Filing {
    /// When it reached the window of the agency that has it: the time to receive it runs from here.
    #[must_use]
    pub fn reached_at(&self) -> Timestamp {
        let transfer = self.transfer.as_ref();
        transfer.map_or(self.submitted_at, |transfer| transfer.transferred_at)
    }
}

impl From<&Received> for Case {
    fn from(receipt: &Received) -> Self {
        Self {
            receipt: receipt.into(),
            due: receipt.due,
            clock: Clock::default(),
            missed: None,
            reminded: None,
            progress: None,
            notices_missed: 0,
            moved_to: None,
            officer: None,
            handed_at: None,
            slip_issued_at: None,
            consultations: Vec::new(),
        }
    }
}

impl Application {
    /// Where it stands, in one word.
    #[must_use]
    pub const fn status(&self) -> ApplicationStatus {
        use ApplicationStatus as Status;
        match self.stage {
            Stage::Submitted => Status::Submitted,
            Stage::Received => Status::Received,
            Stage::InReview => Status::InReview,
            Stage::AwaitingSupplement(_) => Status::AwaitingSupplement,
            Stage::Suspended(_) => Status::Suspended,
            Stage::Approved => Status::Approved,
            Stage::Rejected => Status::Rejected,
            Stage::UnderObjection(_) => Status::UnderObjection,
            Stage::Completed(_) => Status::Completed,
            Stage::Returned(_) => Status::Returned,
            Stage::Withdrawn(_) => Status::Withdrawn,
            Stage::Closed(_) => Status::Closed,
        }
    }

    /// Returns until when it has to be completed; none before it was received.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        self.case.as_ref().map(|case| case.due)
    }

    /// The officer in charge (담당자); none before it was assigned.
    #[must_use]
    pub fn officer(&self) -> Option<&ActorId> {
        self.case.as_ref()?.officer.as_ref()
    }

    /// Returns the request for a supplement that the petitioner has not answered yet.
    #[must_use]
    pub fn supplement(&self) -> Option<&OpenSupplement> {
        match &self.stage {
            Stage::AwaitingSupplement(supplement) => Some(supplement),
            _ => None,
        }
    }

    /// Returns the notice of the decision to the petitioner.
    #[must_use]
    pub fn result_notice(&self) -> Option<&ResultNotified> {
        self.ruling.as_ref()?.notice.as_ref()
    }

    /// Takes the clock to a standstill, if it runs.
    pub(super) fn stop_clock(&mut self, since: Timestamp) {
        if let Some(case) = &mut self.case {
            case.clock.stop(since, false);
        }
    }

    /// Returns whether an agency can be late with it: its clock runs, or stopped when the due had passed.
    pub(crate) fn can_be_late(&self) -> bool {
        let status = self.status();
        ApplicationStatus::AT_WORK.contains(&status)
            || ApplicationStatus::OPEN.contains(&status) && self.stopped_too_late()
    }

    fn stopped_too_late(&self) -> bool {
        let stopped = |case: &Case| {
            let since = case.clock.stands_since();
            since.is_some_and(|since| case.due.is_overdue_at(since))
        };
        self.case.as_ref().is_some_and(stopped)
    }

    /// Returns whether it may be approved without a recorded step of review: what is issued at
    /// once, and what is dealt with at once (D16).
    pub(super) fn is_decided_at_once(&self) -> bool {
        self.filing.service == ServiceType::InstantIssuance
            || self.filing.kind == PetitionKind::Other
    }
}

impl Case {
    /// The responsible department (처리주무부서): that of the receipt, or the last one that the
    /// petition was transferred to.
    #[must_use]
    pub fn department(&self) -> &Department {
        self.moved_to.as_ref().unwrap_or(&self.receipt.department)
    }

    /// When it was noted that the due was missed; none where it was not, or has moved since.
    #[must_use]
    pub fn missed_at(&self) -> Option<Timestamp> {
        let missed = self.missed.as_ref();
        let missed = missed.filter(|missed| missed.due == self.due)?;
        Some(missed.noted_at)
    }

    /// Returns whether the present due, or a later one that has moved back since, was noted as
    /// missed.
    pub(crate) fn is_missed(&self) -> bool {
        self.due.is_noted_by(self.missed.as_ref().map(|it| it.due))
    }

    /// Returns how many notices of the progress were sent.
    #[must_use]
    pub fn notices(&self) -> u32 {
        self.last_notice().saturating_sub(self.notices_missed)
    }

    fn last_notice(&self) -> u32 {
        self.progress.as_ref().map_or(0, |notice| notice.number)
    }

    /// The number of the progress notice that comes next.
    pub(crate) fn next_notice(&self) -> u32 {
        self.last_notice().saturating_add(1)
    }

    /// Returns whether its due follows from the statute; of what was imported it does not.
    pub(crate) fn is_counted(&self) -> bool {
        self.receipt.due.is_by_statute()
    }
}

impl Completion {
    /// Returns how it ended.
    #[must_use]
    pub const fn outcome(&self) -> CompletionOutcome {
        match self {
            Self::Completed(completed) => completed.outcome,
            Self::ObjectionDismissed(_) => CompletionOutcome::Refused,
        }
    }
}

words! {
    /// Where a petition stands, in one word: for read models, and for facts that are looked up.
    pub enum ApplicationStatus("status") {
        /// Filed, and not yet taken in.
        Submitted = "submitted",
        /// Taken in (접수).
        Received = "received",
        /// Being examined (처리중).
        InReview = "in-review",
        /// The petitioner was asked for what is missing (보완요청).
        AwaitingSupplement = "awaiting-supplement",
        /// The clock stands still on a ground that the law lists.
        Suspended = "suspended",
        /// Granted.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
        /// The petitioner objects to the refusal (이의신청).
        UnderObjection = "under-objection",
        /// The end, after a decision or an answer (완료).
        Completed = "completed",
        /// The end: sent back, since what was missing was not supplied (반려).
        Returned = "returned",
        /// The end, at the petitioner's wish (취하).
        Withdrawn = "withdrawn",
        /// The end without a decision, on a ground that the law lists.
        Closed = "closed",
    }
}

impl ApplicationStatus {
    /// Received, and no work is done for it elsewhere: it can be decided, handed over or closed.
    pub(super) const UNDECIDED: &[Self] = &[Self::Received, Self::InReview];
    /// Received and not decided.
    pub(super) const OPEN: &[Self] = &[
        Self::Received,
        Self::InReview,
        Self::AwaitingSupplement,
        Self::Suspended,
    ];
    /// Filed and not decided: processing is not concluded (A22②).
    pub(super) const UNCONCLUDED: &[Self] = &[
        Self::Submitted,
        Self::Received,
        Self::InReview,
        Self::AwaitingSupplement,
        Self::Suspended,
    ];
    /// An agency can be late with it: it is received, neither refused nor completed, and its clock
    /// runs (D20).
    pub(crate) const AT_WORK: &[Self] = &[Self::Received, Self::InReview, Self::Approved];
    /// The petitioner is notified of the progress now and then (D23).
    pub(crate) const IN_PROGRESS: &[Self] = &[
        Self::Received,
        Self::InReview,
        Self::AwaitingSupplement,
        Self::Suspended,
        Self::Approved,
    ];

    /// Returns whether nothing can happen to the petition any more.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Returned | Self::Withdrawn | Self::Closed
        )
    }
}

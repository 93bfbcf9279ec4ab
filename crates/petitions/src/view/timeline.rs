//! The steps of a petition and when they happened, in short.

use std::fmt;

use minwon_core::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
    ser::SerializeSeq,
};

use crate::words::words;

/// Most steps kept beside the first one: the newest. Unit: steps.
///
/// An everyday petition has about ten. This many make about 2 kB of a view, which is written
/// whole with every change.
pub const NEWEST_STEPS_MAX: usize = 64;

const SECOND_MICROS: i64 = 1_000_000;

words! {
    /// A step of a petition's life, in one word.
    pub enum StepKind("step") {
        /// The petition was filed.
        Submitted = "submitted",
        /// It was taken in.
        Received = "received",
        /// A step of work was done.
        Progress = "progress",
        /// The petitioner was asked for what is missing.
        SupplementRequested = "supplement-requested",
        /// The petitioner supplied it.
        Supplemented = "supplemented",
        /// The petition was not completed in time.
        DeadlineMissed = "deadline-missed",
        /// The petitioner was notified of the progress.
        ProgressNotified = "progress-notified",
        /// The petitioner was reminded of what is overdue.
        Reminded = "reminded",
        /// The petition was granted.
        Approved = "approved",
        /// It was refused.
        Rejected = "rejected",
        /// The petitioner took it back.
        Withdrawn = "withdrawn",
        /// The work on it ended.
        Completed = "completed",
        /// The petitioner got longer to supply what is missing.
        SupplementExtended = "supplement-extended",
        /// The petitioner was asked for it once more.
        SupplementRequestedAgain = "supplement-requested-again",
        /// A request for it did not reach the petitioner.
        SupplementUndeliverable = "supplement-undeliverable",
        /// The documents were sent back.
        Returned = "returned",
        /// The petition counts as withdrawn.
        DeemedWithdrawn = "deemed-withdrawn",
        /// The clock was stopped.
        Suspended = "suspended",
        /// It runs again.
        Resumed = "resumed",
        /// The period was extended.
        Extended = "extended",
        /// It was extended a second time.
        ExtendedAgain = "extended-again",
        /// The due was counted again.
        DueRecalculated = "due-recalculated",
        /// The petitioner was notified of the result.
        ResultNotified = "result-notified",
        /// The petitioner objected.
        ObjectionFiled = "objection-filed",
        /// The time to decide the objection was extended.
        ObjectionExtended = "objection-extended",
        /// The objection was upheld.
        ObjectionUpheld = "objection-upheld",
        /// The objection was dismissed.
        ObjectionDismissed = "objection-dismissed",
        /// The petitioner was given a receipt slip.
        ReceiptSlipIssued = "receipt-slip-issued",
        /// A clerical error was corrected.
        ClericalErrorCorrected = "clerical-error-corrected",
        /// It was given to an officer.
        Assigned = "assigned",
        /// It was given to another officer.
        Reassigned = "reassigned",
        /// It went to another department.
        TransferredToDepartment = "transferred-to-department",
        /// It went to the competent agency.
        TransferredToAgency = "transferred-to-agency",
        /// Another agency was asked for its opinion.
        ConsultationRequested = "consultation-requested",
        /// That agency was given longer to answer.
        ConsultationExtended = "consultation-extended",
        /// That agency answered.
        ConsultationReplied = "consultation-replied",
        /// The petitioner modified it.
        Modified = "modified",
        /// It was merged into another petition.
        Merged = "merged",
        /// It was closed as repeated.
        ClosedAsRepeated = "closed-as-repeated",
        /// It was closed as exempt from being handled.
        ClosedAsExempt = "closed-as-exempt",
        /// It was closed since nobody collected its document.
        ClosedUncollected = "closed-uncollected",
        /// A document was asked for.
        DocumentRequested = "document-requested",
        /// The petitioner proved who they are.
        IdentityVerified = "identity-verified",
        /// The fee was assessed again.
        FeeAssessed = "fee-assessed",
        /// The fee was paid.
        FeePaid = "fee-paid",
        /// The fee need not be paid.
        FeeWaived = "fee-waived",
        /// The fee has to be given back.
        FeeRefunded = "fee-refunded",
        /// The register was asked for what the document is made of.
        SourceRequested = "source-requested",
        /// The register gave it.
        SourceRetrieved = "source-retrieved",
        /// The register did not give it.
        SourceFailed = "source-failed",
        /// The document was issued.
        DocumentIssued = "document-issued",
        /// An officer entered what an agency without a link did.
        ResultEntered = "result-entered",
        /// The document was looked at.
        DocumentViewed = "document-viewed",
        /// Copies of it were printed.
        DocumentPrinted = "document-printed",
        /// It was delivered as an electronic certificate.
        DocumentDelivered = "document-delivered",
        /// On paper, it waits for the petitioner.
        DocumentReady = "document-ready",
        /// The petitioner collected it.
        DocumentCollected = "document-collected",
        /// Nobody collected it, and it was discarded.
        DocumentDiscarded = "document-discarded",
        /// Somebody asked whether it is genuine.
        DocumentVerified = "document-verified",
        /// The days are over on which it can be verified.
        VerificationExpired = "verification-expired",
        /// The attempt to issue was called off.
        IssuanceCancelled = "issuance-cancelled",
        /// The attempt to issue was given up.
        IssuanceFailed = "issuance-failed",
        /// The document was taken back.
        DocumentRevoked = "document-revoked",
    }
}

/// Something that happened to a petition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The kind of step.
    pub what: StepKind,
    /// When, to the full second: by the event's own time where it has one, else by the time of its
    /// occurrence in the metadata.
    pub at: Timestamp,
}

/// The steps of a petition and when they happened, in the order of the log: the first step and the
/// newest ones.
///
/// Stored as one flat list: how many steps were left out, then for each its word and how many
/// seconds it came after the one before, the first after the Unix epoch. That is half of what
/// a list of objects takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    steps: Vec<Step>,
    left_out: u32,
}

impl Timeline {
    /// The steps that are kept, oldest first. Where some were [left out](Self::left_out), they
    /// stood behind the first.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns how many steps were left out.
    #[must_use]
    pub const fn left_out(&self) -> u32 {
        self.left_out
    }

    pub(super) fn push(&mut self, what: StepKind, at: Timestamp) {
        if self.steps.len() > NEWEST_STEPS_MAX {
            self.steps.remove(1);
            self.left_out = self.left_out.saturating_add(1);
        }
        let at = full_second(seconds(at)).unwrap_or(at);
        self.steps.push(Step { what, at });
    }
}

const fn seconds(instant: Timestamp) -> i64 {
    instant.unix_micros().div_euclid(SECOND_MICROS)
}

fn full_second(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_unix_micros(seconds.checked_mul(SECOND_MICROS)?).ok()
}

impl Serialize for Timeline {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(1 + 2 * self.steps.len()))?;
        list.serialize_element(&self.left_out)?;
        let mut before = 0;
        for step in &self.steps {
            let second = seconds(step.at);
            list.serialize_element(&step.what)?;
            list.serialize_element(&(second - before))?;
            before = second;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Timeline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(TimelineVisitor)
    }
}

struct TimelineVisitor;

impl<'de> Visitor<'de> for TimelineVisitor {
    type Value = Timeline;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("how many steps were left out, then a word and seconds for each step")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Timeline, A::Error> {
        let short = || de::Error::custom("the timeline is cut short");
        let left_out = list.next_element()?.ok_or_else(short)?;
        let mut steps = Vec::with_capacity(8);
        let mut second = 0_i64;
        while let Some(what) = list.next_element()? {
            let later: i64 = list.next_element()?.ok_or_else(short)?;
            let at;
            (second, at) = second
                .checked_add(later)
                .and_then(|second| Some((second, full_second(second)?)))
                .ok_or_else(|| de::Error::custom("a step happened outside the calendar"))?;
            if steps.len() > NEWEST_STEPS_MAX {
                return Err(de::Error::custom(
                    "the timeline has more steps than are kept",
                ));
            }
            steps.push(Step { what, at });
        }
        Ok(Timeline { steps, left_out })
    }
}

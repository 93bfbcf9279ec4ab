//! The law's time: until when something is due, as pure functions of what happened and of a
//! [`Calendar`](crate::Calendar).
//!
//! [`ProcessingTerm`] is the period of a petition from its receipt on: first day counted, time
//! that is not counted, extensions. The functions beside it are the periods that the law sets for
//! everything else. A holiday that is designated later makes another calendar; the same term asked
//! with that one has the new due:
//!
//! ```
//! use minwon_petitions::{Calendar, statute::ProcessingTerm};
//! let received_at = "2026-03-09T10:00:00+09:00".parse()?;
//! let term = ProcessingTerm::new(received_at, "7 days".parse()?);
//! let calendar = Calendar::published();
//! assert_eq!(term.due(calendar)?.to_string(), "2026-03-17");
//!
//! let later = calendar.with_holiday("2026-03-13".parse()?)?;
//! assert_eq!(term.due(&later)?.to_string(), "2026-03-18");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Each count is a distance on one of three axes (working time, working days, days), on
//! which ranges are skipped. Articles are those of the Act (A), its Enforcement Decree (D) and its
//! Enforcement Rule (R) in the text of 2026-05-06, and of the Civil Act. What is not in force for every
//! petition stands in [`PROVISIONS`].

mod basis;
mod count;
mod days;
mod error;
mod exclusions;
mod extension;
mod fixed;
mod provision;
mod suspension;
mod term;

#[cfg(test)]
mod tests;

pub use crate::application::{PROGRESS_NOTICE_DAYS, progress_notice_at};
pub use basis::LegalBasis;
pub(crate) use days::COUNT_FORMS;
pub use days::{CountedDay, DayCounts, days_after};
pub use error::{ExclusionError, ExtensionError, FixedPeriodError};
pub use exclusions::Exclusions;
pub use extension::{Consent, Extension, ExtensionGround};
pub(crate) use fixed::investigation_end;
pub use fixed::{
    COLLECTION_DAYS, INVESTIGATION_DAYS, INVESTIGATION_EXTENSION_DAYS, OBJECTION_DAYS,
    OBJECTION_DECISION_DAYS, RECEIPT_HOURS, SUPPLEMENT_EXTENSIONS_MAX,
    SUPPLEMENT_REREQUEST_DAYS_MAX, collection_due, extended_objection_decision_due,
    extended_supplement_due, objection_decision_due, objection_due, progress_notices_owed, put_off,
    receipt_due, supplement_due, supplement_request_due, supplement_rerequest_due, transfer_due,
    working_days_until,
};
pub use provision::{
    AppliesBy, EXTENSION_GROUNDS_LIMITED, OUTAGES_NOT_COUNTED, PROVISIONS, Provision,
};
pub use suspension::SuspensionGround;
pub use term::ProcessingTerm;

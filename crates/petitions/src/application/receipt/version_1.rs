//! The first form of a receipt, which did not say what its due followed from.

use minwon_core::Timestamp;
use serde::Deserialize;

use super::{DueBasis, Received};
use crate::{
    calendar::Calendar,
    category::PetitionKind,
    due::Due,
    period::Period,
    statute::ProcessingTerm,
    text::{CalendarVersion, Department, ReceiptNumber},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceivedV1 {
    receipt_number: ReceiptNumber,
    kind: PetitionKind,
    period: Period,
    due: Due,
    department: Department,
    calendar_version: CalendarVersion,
    received_at: Timestamp,
}

/// The form since version 2. The due was given by whoever received the petition; where the statute
/// counts the same with the calendar that is named, it is the statute's.
pub(crate) fn received_since_2(old: ReceivedV1) -> Received {
    let counted = || {
        let calendar = Calendar::of_version(&old.calendar_version).ok()?;
        let term = ProcessingTerm::new(old.received_at, old.period);
        term.due(&calendar).ok()
    };
    let basis = match counted() {
        Some(due) if due == old.due => DueBasis::Statute,
        _ => DueBasis::Imported,
    };
    Received {
        receipt_number: old.receipt_number,
        kind: old.kind,
        period: old.period,
        due: old.due,
        department: old.department,
        calendar_version: old.calendar_version,
        basis,
        received_at: old.received_at,
        late: false,
    }
}

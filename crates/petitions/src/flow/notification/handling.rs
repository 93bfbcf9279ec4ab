//! What petitioners are told of the way of a petition through the offices, and of its end without
//! a decision.

use super::{Filed, Told, list};

pub(super) fn told_of_handling(event: &Filed) -> Told {
    Some(match event {
        Filed::ClericalErrorCorrected(correction) => {
            let corrections = list(&correction.corrections);
            let text = format!("As you agreed, your petition was corrected: {corrections}.");
            ("corrected", text)
        }
        // The petitioner is told where the petition is now (D13).
        Filed::TransferredToAgency(transfer) => {
            let (agency, reason) = (&transfer.to, &transfer.reason);
            let text = format!(
                "Your petition was transferred to {agency}: {reason}. The time to process it \
                 begins when it is received there."
            );
            ("transferred", text)
        }
        Filed::MergedInto(merged) => {
            let (into, purpose) = (merged.into.as_str(), &merged.purpose);
            let text = format!(
                "Your petition is handled together with others of the same purpose, under \
                 {into}: {purpose}."
            );
            ("merged", text)
        }
        Filed::ClosedAsRepeated(_) => {
            let text = "Your petition repeats what was answered before, and was closed.".to_owned();
            ("closed-as-repeated", text)
        }
        // The reason is to be told (A21).
        Filed::ClosedAsExempt(closed) => {
            let text = format!(
                "Your petition was closed without being handled: {}",
                closed.reason
            );
            ("closed-as-exempt", text)
        }
        Filed::ClosedUncollected(_) => {
            let text = "Your document was not collected in time. Your petition was closed.";
            ("closed-uncollected", text.to_owned())
        }
        _ => return None,
    })
}

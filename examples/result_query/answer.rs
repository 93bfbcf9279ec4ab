//! The whole answer about one petition, as the petitioner reads it.

use std::fmt;

use minwon::petitions::{
    PetitionResult,
    view::{DocumentSummary, ReceiptResult},
};

/// The answer as lines of a name and what there is to say.
pub(crate) struct WholeAnswer<'a>(pub(crate) &'a PetitionResult);

impl WholeAnswer<'_> {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let Self(result) = self;
        let mut lines = vec![
            (
                "petition",
                format!("{}, {}", result.petition_type, result.kind),
            ),
            ("status", result.status.to_string()),
            ("agency", result.agency.to_string()),
        ];
        lines.extend(result.receipt.iter().flat_map(receipt));
        lines.extend(
            result
                .officer
                .iter()
                .map(|officer| ("officer", officer.as_str().to_owned())),
        );
        lines.push(("working time", remaining(result)));
        if let Some(stop) = result.stop {
            lines.push((
                "clock stands",
                format!("{}, since {}", stop.cause, stop.since),
            ));
        }
        if let Some(open) = &result.supplement {
            let items: Vec<_> = open.items.iter().map(|item| item.as_str()).collect();
            lines.push((
                "to supply",
                format!("{}, due {}", items.join(", "), open.due),
            ));
        }
        for extension in &result.extensions {
            let text = format!("by {}, until {}", extension.by, extension.until);
            lines.push(("extended", format!("{text}, {}", extension.ground)));
        }
        lines.push(("notices", result.notices.to_string()));
        if let Some(until) = result.may_object_until {
            lines.push(("objection", format!("may be filed until {until}")));
        }
        if let Some(objection) = &result.objection {
            lines.push((
                "objection",
                format!("to be decided until {}", objection.due),
            ));
        }
        lines.extend(result.documents.iter().map(document));
        lines
    }
}

fn receipt(receipt: &ReceiptResult) -> [(&'static str, String); 4] {
    [
        ("department", receipt.department.to_string()),
        (
            "received",
            format!("{}, as {}", receipt.received_at, receipt.number),
        ),
        ("period", receipt.period.to_string()),
        ("due", receipt.due.to_string()),
    ]
}

fn remaining(result: &PetitionResult) -> String {
    match &result.remaining {
        Ok(Some(remaining)) => remaining.to_string(),
        Ok(None) => "nothing is waited for".into(),
        Err(error) => error.to_string(),
    }
}

fn document(document: &DocumentSummary) -> (&'static str, String) {
    let number = document.masked_number.as_deref().unwrap_or("no number");
    let text = format!("{}, {}, {number}", document.document_type, document.status);
    ("document", text)
}

impl fmt::Display for WholeAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let text: Vec<_> = lines
            .iter()
            .map(|(name, text)| format!("  {name:12}  {text}"))
            .collect();
        f.write_str(&text.join("\n"))
    }
}

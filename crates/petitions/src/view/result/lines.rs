//! The answer about a petition line by line, in no language yet.

use super::{DocumentSummary, PetitionResult, ReceiptResult};
use crate::{
    message::{AsValue, Message, MessageForm, Value},
    view::Remaining,
};

const OF: &str = "ResultLine";

/// The lines that there are.
pub(crate) const RESULT_FORMS: &[MessageForm] = &[
    form("petition", &["petition_type", "kind"]),
    form("status", &["status"]),
    form("agency", &["agency"]),
    form("department", &["department"]),
    form("received", &["received_at", "number"]),
    form("period", &["period"]),
    form("due", &["due"]),
    form("officer", &["officer"]),
    form("remaining", &["remaining"]),
    form("nothing-awaited", &[]),
    form("uncounted", &["cause"]),
    form("stop", &["stop"]),
    form("supplement", &["items", "due"]),
    form("extension", &["by", "until", "ground"]),
    form("notices", &["count"]),
    form("objection-open", &["until"]),
    form("objection-filed", &["due"]),
    form("document", &["document_type", "status"]),
    form(
        "document-with-number",
        &["document_type", "status", "number"],
    ),
];

const fn form(name: &'static str, values: &'static [&'static str]) -> MessageForm {
    MessageForm {
        of: OF,
        name,
        values,
    }
}

fn line<'a, const N: usize>(
    name: &'static str,
    values: [(&'static str, &'a dyn AsValue); N],
) -> Message<'a> {
    let values = values.map(|(name, value)| (name, value.as_value()));
    Message {
        of: OF,
        name,
        values: values.into(),
    }
}

impl PetitionResult {
    /// Returns what a petitioner reads, line by line: what it is and where it stands, who has it, until
    /// when, what is awaited, and the documents. A language has a text for each line.
    #[must_use]
    pub fn lines(&self) -> Vec<Message<'_>> {
        let mut lines = vec![
            line(
                "petition",
                [("petition_type", &self.petition_type), ("kind", &self.kind)],
            ),
            line("status", [("status", &self.status)]),
            line("agency", [("agency", &self.agency)]),
        ];
        lines.extend(self.receipt.iter().flat_map(ReceiptResult::lines));
        let officer = self.officer.iter();
        lines.extend(officer.map(|officer| line("officer", [("officer", officer)])));
        lines.push(match &self.remaining {
            Ok(Some(remaining)) => line("remaining", [("remaining", remaining)]),
            Ok(None) => line("nothing-awaited", []),
            Err(error) => line("uncounted", [("cause", error)]),
        });
        // While it stands, what is left says so.
        let is_said = matches!(self.remaining, Ok(Some(Remaining::Standing { .. })));
        let stop = self.stop.iter().filter(|_| !is_said);
        lines.extend(stop.map(|stop| line("stop", [("stop", stop)])));
        let supplement = self.supplement.iter();
        lines.extend(
            supplement.map(|open| line("supplement", [("items", &open.items), ("due", &open.due)])),
        );
        lines.extend(self.extensions.iter().map(|extension| {
            let (by, until, ground) = (&extension.by, &extension.until, &extension.ground);
            line(
                "extension",
                [("by", by), ("until", until), ("ground", ground)],
            )
        }));
        lines.push(line("notices", [("count", &self.notices)]));
        let until = self.may_object_until.iter();
        lines.extend(until.map(|until| line("objection-open", [("until", until)])));
        let objection = self.objection.iter();
        lines.extend(objection.map(|objection| line("objection-filed", [("due", &objection.due)])));
        lines.extend(self.documents.iter().map(DocumentSummary::line));
        lines
    }
}

impl ReceiptResult {
    fn lines(&self) -> [Message<'_>; 4] {
        [
            line("department", [("department", &self.department)]),
            line(
                "received",
                [("received_at", &self.received_at), ("number", &self.number)],
            ),
            line("period", [("period", &self.period)]),
            line("due", [("due", &self.due)]),
        ]
    }
}

impl DocumentSummary {
    fn line(&self) -> Message<'_> {
        let mut line = line(
            "document",
            [
                ("document_type", &self.document_type),
                ("status", &self.status),
            ],
        );
        if let Some(number) = &self.masked_number {
            line.name = "document-with-number";
            line.values.push(("number", Value::Text(number)));
        }
        line
    }
}

//! Validated texts: short ids and titles, and the free text that people write.

use std::borrow::Cow;

use minwon_core::foreign_text;

use crate::message::{AsValue, Message, Value};

/// Why a text is not what it should be.
///
/// The text itself is quoted only where it is a keyword: free text may speak of persons, and
/// errors end up in logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no valid {what}: {rule}")]
#[non_exhaustive]
pub struct FormatError {
    /// The kind of text that was expected, for example "receipt number".
    pub what: &'static str,
    /// The rule it breaks.
    pub rule: Cow<'static, str>,
}

impl FormatError {
    pub(crate) fn new(what: &'static str, rule: impl Into<Cow<'static, str>>) -> Self {
        let rule = rule.into();
        debug_assert!(KINDS.contains(&what), "{what} has no form");
        if let Cow::Borrowed(rule) = rule {
            debug_assert!(RULES.contains(&rule), "{rule:?} has no form");
        }
        Self { what, rule }
    }

    pub(crate) fn check(
        what: &'static str,
        text: &str,
        rule: fn(&str) -> Result<(), &'static str>,
    ) -> Result<(), Self> {
        rule(text).map_err(|rule| Self::new(what, rule))
    }
}

impl AsValue for FormatError {
    fn as_value(&self) -> Value<'_> {
        let rule = match &self.rule {
            Cow::Borrowed(rule) => Value::Phrase(rule),
            // It quotes the keyword, and lists those that there are as they are stored.
            Cow::Owned(rule) => Value::Text(rule),
        };
        Value::Message(Message {
            of: "FormatError",
            name: "",
            values: vec![("what", Value::Phrase(self.what)), ("rule", rule)],
        })
    }
}

/// The kinds of text that can be expected, in the words of [`FormatError::what`].
pub(crate) const KINDS: &[&str] = &[
    "activity",
    "agency",
    "applicant id",
    "basis of a due",
    "calendar version",
    "category",
    "channel",
    "consequence for the fee",
    "count",
    "date",
    "delivery way",
    "department",
    "document type",
    "due",
    "field of a notice",
    "ground for an exemption",
    "ground for an extension",
    "ground for stopping the clock",
    "group",
    "group of petitions",
    "grouping",
    "identity method",
    "issuance id",
    "kind of notice",
    "legal basis",
    "media type",
    "officer",
    "outcome",
    "outcome of an objection",
    "period",
    "petition kind",
    "petition type",
    "receipt number",
    "reference",
    "service type",
    "SHA-256",
    "sort of petitioners",
    "status",
    "step",
    "subject of a reminder",
    "text",
    "time at which a lack was seen",
    "URI",
    "verdict",
    "verification number",
    "verification verdict",
];

/// The rules that a text can break, in the words of [`FormatError::rule`].
pub(crate) const RULES: &[&str] = &[
    "it contains a character that is not seen, as a control or a zero-width one",
    "it is not in the composed form of Unicode (NFC); compose it first",
    "it must be 1 to 23 ASCII letters and digits, a letter first, and hold neither `Application` nor `Issuance`",
    "it must be 21 digits, or 16",
    "it must be 64 hexadecimal digits",
    "it must be YYYY-MM-DD",
    "it must be YYYY-MM-DD or an instant in RFC 3339",
    "it must be `immediate` or a number and a unit, as in `7 days` or `8 hours`",
    "it must be a grouping, `/` and a name",
    "it must be a petition id, a dot and a number from 1, as in 2026-000123.1",
    "it must be a service type, `/` and a status",
    "it must be an agency, a tab and a department",
    "it must be an id",
    "it must be at least one of its unit",
    "it must be one line without control characters",
    "it must be printable ASCII without spaces, quotes and backslashes",
    "it must be scheme:rest",
    "it must be type/subtype",
    "it must have 1 to 128 bytes",
    "it must have 1 to 200 bytes",
    "it must have at most 1,500 bytes; put longer texts into an attachment",
    "it must have at most 127 bytes",
    "it must have at most 255 bytes",
    "it must have no characters that change the order of reading",
    "it must have no control characters but line breaks and tabs",
    "it must have no white space and no control character",
    "it must not be blank",
    "it must not begin or end with white space",
    "its digits do not fit together; one was mistyped",
    "no document has so high a number",
    "the calendar has no such day",
];

/// Most texts in one list of an event, for example reasons.
///
/// Two full lists, each character escaped, stay below core's limit of 64 KiB per event.
pub const TEXTS_MAX: usize = 10;

/// Longest free text. Unit: bytes. See [`TEXTS_MAX`].
const TEXT_BYTES_MAX: usize = 1_500;
/// Longest title. Unit: bytes; Korean letters take three.
const TITLE_BYTES_MAX: usize = 200;
/// Longest id. Unit: bytes; the limit of core's ids.
const ID_BYTES_MAX: usize = 128;

/// 1 to 128 bytes without white space; what was stored keeps this alone.
fn check_stored_id(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > ID_BYTES_MAX {
        Err("it must have 1 to 128 bytes")
    } else if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err("it must have no white space and no control character")
    } else {
        Ok(())
    }
}

/// As [`check_stored_id`], and all of it can be seen and is composed (NFC).
fn check_id(text: &str) -> Result<(), &'static str> {
    check_stored_id(text)?;
    foreign_text::check_id(text)
}

/// One line of 1 to 200 bytes, read in one order.
pub(crate) fn check_title(text: &str) -> Result<(), &'static str> {
    check_stored_title(text)?;
    foreign_text::check_prose(text)
}

/// One line of 1 to 200 bytes; what was stored keeps this alone.
fn check_stored_title(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > TITLE_BYTES_MAX {
        Err("it must have 1 to 200 bytes")
    } else if is_plain(text.as_bytes()) {
        Ok(())
    } else if text.trim() != text {
        Err("it must not begin or end with white space")
    } else if text.chars().any(char::is_control) {
        Err("it must be one line without control characters")
    } else {
        Ok(())
    }
}

/// Printable ASCII that neither begins nor ends with a blank: nearly all texts of programs, and quick
/// to see.
fn is_plain(text: &[u8]) -> bool {
    !text.starts_with(b" ")
        && !text.ends_with(b" ")
        && text.iter().all(|b| matches!(b, b' '..=b'~'))
}

/// 1 to 1,500 bytes in any number of lines, read in one order.
fn check_text(text: &str) -> Result<(), &'static str> {
    check_stored_text(text)?;
    foreign_text::check_prose(text)
}

/// 1 to 1,500 bytes in any number of lines; what was stored keeps this alone.
fn check_stored_text(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        Err("it must not be blank")
    } else if text.len() > TEXT_BYTES_MAX {
        Err("it must have at most 1,500 bytes; put longer texts into an attachment")
    } else if is_plain(text.as_bytes()) {
        Ok(())
    } else if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        Err("it must have no control characters but line breaks and tabs")
    } else {
        Ok(())
    }
}

pub(crate) use minwon_core::stored_as_text;

/// A text with a rule of its own; and with a second one where what was stored keeps less.
macro_rules! text_newtype {
    ($($text:tt)*) => {
        minwon_core::text_newtype!($crate::text::FormatError; $($text)*);
    };
}
pub(crate) use text_newtype;

text_newtype! {
    /// The petitioner (민원인), as an opaque id: never a name or a resident registration number.
    /// 1 to 128 bytes without white space.
    ApplicantId, "applicant id", check_id, stored: check_stored_id
}
text_newtype! {
    /// The number under which a petition was received (접수번호); 1 to 128 bytes without white
    /// space.
    ReceiptNumber, "receipt number", check_id, stored: check_stored_id
}
text_newtype! {
    /// The version of the calendar of holidays that a due was computed with, which shows whether a
    /// holiday was designated later; 1 to 128 bytes without white space.
    CalendarVersion, "calendar version", check_id, stored: check_stored_id
}
text_newtype! {
    /// The id that another system keeps a fact under, for example a payment; 1 to 128 bytes
    /// without white space.
    Reference, "reference", check_id, stored: check_stored_id
}
text_newtype! {
    /// An administrative agency; one line of 1 to 200 bytes.
    Agency, "agency", check_title, stored: check_stored_title
}
text_newtype! {
    /// The department responsible within an agency (처리주무부서); one line of 1 to 200 bytes.
    Department, "department", check_title, stored: check_stored_title
}
text_newtype! {
    /// The type of a petition, as the Handling Standards Table (A36) names it; one line of 1 to 200
    /// bytes.
    PetitionType, "petition type", check_title, stored: check_stored_title
}
text_newtype! {
    /// The kind of document that is issued, for example a building register (건축물대장); one
    /// line of 1 to 200 bytes.
    DocumentType, "document type", check_title, stored: check_stored_title
}
text_newtype! {
    /// A step of work on a petition, in the agency's own words; one line of 1 to 200 bytes.
    Activity, "activity", check_title, stored: check_stored_title
}
text_newtype! {
    /// The name of an office, a telephone number or a mail address, as petitioners are told it; one
    /// line of 1 to 200 bytes.
    ContactLine, "line of a contact", check_title, stored: check_stored_title
}
text_newtype! {
    /// A text that somebody wrote, for example a reason: 1 to 1,500 bytes, line breaks allowed. It
    /// names no person.
    Text, "text", check_text, stored: check_stored_text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_text_keeps_its_rule() {
        assert!(ApplicantId::new("a-17").is_ok());
        assert!(ApplicantId::new("Hong Gil-dong").is_err());
        assert!(Department::new("건축허가과").is_ok());
        assert!(Department::new(" permits").is_err());
        assert!(Department::new("two\nlines").is_err());
        assert!(Text::new("two\r\nlines").is_ok());
        assert!(Text::new(" \n").is_err());
        assert!(Text::new("bell\u{7}").is_err());
    }

    #[test]
    fn new_texts_are_read_in_one_order_and_new_ids_are_seen_and_composed() {
        for order in ["a\u{202e}b", "a\u{2067}b", "a\u{200f}b", "a\u{61c}b"] {
            assert!(Text::new(order).is_err(), "{order:?}");
            assert!(Department::new(order).is_err(), "{order:?}");
            let json = serde_json::to_string(order).unwrap();
            let read: Text = serde_json::from_str(&json).unwrap();
            assert_eq!(read.as_str(), order);
        }
        for id in ["a\u{202e}b", "a\u{200b}b", "n\u{303}", "o_👩\u{200d}⚖"] {
            assert!(ApplicantId::new(id).is_err(), "{id:?}");
            assert!(id.parse::<ReceiptNumber>().is_err(), "{id:?}");
            assert_eq!(ApplicantId::stored(id).unwrap().as_str(), id);
        }
        // Families are drawn with joiners, and people write as they are used to.
        assert!(Text::new("👩\u{200d}⚖ n\u{303}").is_ok());
    }

    #[test]
    fn limits_are_counted_in_bytes() {
        assert!(Text::new("가".repeat(500)).is_ok());
        assert!(Text::new("가".repeat(501)).is_err());
        assert!(Activity::new("a".repeat(200)).is_ok());
        assert!(Activity::new("a".repeat(201)).is_err());
        assert!(ReceiptNumber::new("1".repeat(129)).is_err());
    }

    #[test]
    fn an_error_does_not_repeat_what_was_written() {
        let error = ApplicantId::new("Hong Gil-dong").unwrap_err().to_string();
        assert_eq!(
            error,
            "no valid applicant id: it must have no white space and no control character"
        );
    }

    #[test]
    fn stored_text_is_checked_when_it_is_read() {
        assert!(serde_json::from_str::<ApplicantId>(r#""a-17""#).is_ok());
        assert!(serde_json::from_str::<ApplicantId>(r#""a 17""#).is_err());
        assert!(serde_json::from_str::<ApplicantId>("17").is_err());
    }
}

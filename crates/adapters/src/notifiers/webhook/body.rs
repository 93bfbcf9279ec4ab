//! The body of a webhook.

use std::fmt::Write;

use bytes::Bytes;
use minwon_core::{ActorId, EventId, NamespaceName, Timestamp};
use minwon_petitions::{Contact, NoticeFields, NoticeKind, Notification, PetitionId};
use serde::Serialize;

/// The body. The golden file is its contract: fields may be added, at the end, and nothing else.
#[derive(Serialize)]
struct Body<'a> {
    key: &'a str,
    namespace: &'a NamespaceName,
    petition: &'a PetitionId,
    event: &'a EventId,
    recipient: &'a ActorId,
    kind: NoticeKind,
    text: &'a str,
    occurred_at: Timestamp,
    fields: &'a NoticeFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    article: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a Contact>,
}

pub(super) fn body_of(notification: &Notification, key: &str) -> Bytes {
    let body = Body {
        key,
        namespace: &notification.namespace,
        petition: &notification.petition_id,
        event: &notification.event_id,
        recipient: &notification.recipient,
        kind: notification.kind,
        text: &notification.text,
        occurred_at: notification.occurred_at,
        fields: &notification.fields,
        article: notification.kind.article(),
        contact: notification.contact.as_ref(),
    };
    let json = serde_json::to_vec(&body).expect("texts can be written as JSON");
    json.into()
}

/// The key as a header can carry it. The full stop is encoded too: it separates what is signed.
pub(super) fn header_of(key: &str) -> String {
    let mut header = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~/:".contains(&byte) {
            header.push(byte.into());
        } else {
            write!(header, "%{byte:02X}").expect("a String takes all that is written");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use minwon_petitions::{Date, Due, NoticeField, ReceiptNumber, Text, Won};

    use super::*;

    fn notification() -> Notification {
        Notification {
            event_id: "018f6b2c-7a10-5c3e-9a55-3f2b8e6d4c11".parse().unwrap(),
            namespace: "general".parse().unwrap(),
            petition_id: "2026-000123".parse().unwrap(),
            recipient: "citizen-7f3a".parse().unwrap(),
            kind: NoticeKind::Completed,
            fields: fields(),
            contact: Some(Contact {
                office: "종로구청 자동차관리과".parse().unwrap(),
                telephone: Some("02-2148-0000".parse().unwrap()),
                mail: None,
            }),
            text: "민원 2026-000123 처리가 \"완료\"되었습니다.".into(),
            occurred_at: "2026-03-09T10:00:00.25+09:00".parse().unwrap(),
            traceparent: None,
        }
    }

    /// A value of each form.
    fn fields() -> NoticeFields {
        let items: Vec<Text> = vec!["매매계약서".parse().unwrap(), "보험증서".parse().unwrap()];
        let due: Due = "2026-03-20T18:00:00+09:00".parse().unwrap();
        let day: Date = "2026-03-09".parse().unwrap();
        let number: ReceiptNumber = "2026-000123".parse().unwrap();
        let mut fields = NoticeFields::default();
        fields.set(NoticeField::ReceiptNumber, &number);
        fields.set(NoticeField::Items, &items);
        fields.set(NoticeField::SupplementDue, due);
        fields.set(NoticeField::Due, Due::On(day));
        fields.set(NoticeField::Day, day);
        fields.set(NoticeField::Days, 30);
        fields.set(NoticeField::Amount, Won::new(12_500));
        fields.set(NoticeField::Outcome, "granted");
        fields
    }

    /// The golden file is what receivers were built for, broken into lines. It is not changed.
    #[test]
    fn the_body_is_as_frozen() {
        let golden = include_str!("../../../tests/golden/webhook.json");
        let one_line: String = golden.lines().map(str::trim_start).collect();
        let notification = notification();
        let body = body_of(&notification, &notification.idempotency_key());
        let spaced = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(spaced, one_line.replace("\": ", "\":"));
    }

    #[test]
    fn a_key_of_any_characters_fits_in_a_header() {
        assert_eq!(header_of("general/P-1/0a1b"), "general/P-1/0a1b");
        assert_eq!(header_of("a.b/민%/c d"), "a%2Eb/%EB%AF%BC%25/c%20d");
    }
}

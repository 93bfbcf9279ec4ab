//! The texts of notices to petitioners.

use fluent_bundle::{FluentArgs, FluentValue};
use minwon_petitions::{
    AsValue, ContactLine, Message, NoticeField, NoticeKind, NoticeValue, Notification, Value,
};

use crate::{Phrasebook, forms::key};

/// In the place of a value that a notice does not have. No text of a petition holds it.
const ABSENT: &str = "\0";

/// The parts that notices share: what is said of the petition, and whom to ask.
pub(crate) const PARTS: [&str; 2] = ["notice-petition", "notice-contact"];

/// What any notice may speak of, beside its own fields: what is known of its petition, the provision, when
/// it happened, and the contact.
pub(crate) fn common() -> Vec<&'static str> {
    let fields = NoticeField::OF_EVERY_PETITION.iter();
    let fields = fields.map(|field| field.as_str());
    let others = ["article", "mail", "occurred_at", "office", "telephone"];
    fields.chain(others).collect()
}

/// The names of the values of the text of each kind of notice, by key.
pub(crate) fn forms() -> impl Iterator<Item = (String, Vec<&'static str>)> {
    NoticeKind::ALL.iter().map(|kind| {
        let own = kind.fields().iter().map(|field| field.as_str());
        (
            key("notice", kind.as_str()),
            common().into_iter().chain(own).collect(),
        )
    })
}

impl Phrasebook {
    /// Returns the text of a notification to a petitioner, whatever text it has.
    ///
    /// It is that of the key `notice-` and the [kind](NoticeKind), which may speak of the kind's own
    /// [fields](NoticeKind::fields), of `$receipt_number`, `$petition_type`, `$due`, `$agency`, `$article`,
    /// `$occurred_at`, and of the [contact](minwon_petitions::Contact) as `$office`, `$telephone` and
    /// `$mail`. A line that names what the notice does not have is left out, so that one text serves with
    /// a telephone number and without. `{ notice-petition }` and `{ notice-contact }` are parts that notices
    /// share.
    ///
    /// ```
    /// use minwon_language::{Language, Phrasebook};
    ///
    /// let own = Phrasebook::of(Language::Korean).with_texts(
    ///     "notice-received =
    ///         민원 접수 안내
    ///         ▶ 접수번호: { $receipt_number }
    ///         ▶ 처리기한: { $due }
    ///         { notice-contact }",
    /// )?;
    /// // A notice of receipt speaks of nothing that is missing.
    /// assert!(own.with_texts("notice-received = { $items }").is_err());
    /// # Ok::<(), minwon_language::TextsError>(())
    /// ```
    #[must_use]
    pub fn notice(&self, notification: &Notification) -> String {
        self.notice_with(notification, &mut Vec::new())
    }

    /// The same; what could not be written in is added to `faults`.
    pub(crate) fn notice_with(
        &self,
        notification: &Notification,
        faults: &mut Vec<String>,
    ) -> String {
        let kind = notification.kind.as_str();
        let values = self.values_of(notification);
        let text = self.text(&key("notice", kind), &values, faults);
        let text = text.unwrap_or_else(|| {
            faults.push(format!("{kind}: there is no such text"));
            kind.to_owned()
        });
        let lines = text.lines().filter(|line| !line.contains(ABSENT));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn values_of(&self, notification: &Notification) -> FluentArgs<'static> {
        let mut values = FluentArgs::new();
        let own = notification.kind.fields().iter();
        for field in own.chain(NoticeField::OF_EVERY_PETITION) {
            let value = notification.fields.get(*field);
            values.set(field.as_str(), self.field(*field, value));
        }
        let article = notification.kind.article().map(|name| {
            let (of, values) = ("article", Vec::new());
            self.message(&Message { of, name, values })
        });
        values.set("article", or_absent(article));
        values.set("occurred_at", self.say(&notification.occurred_at));
        let contact = notification.contact.as_ref();
        let line = |line: Option<&ContactLine>| or_absent(line.map(ToString::to_string));
        values.set("office", line(contact.map(|it| &it.office)));
        values.set(
            "telephone",
            line(contact.and_then(|it| it.telephone.as_ref())),
        );
        values.set("mail", line(contact.and_then(|it| it.mail.as_ref())));
        values
    }

    fn field(&self, field: NoticeField, value: Option<&NoticeValue>) -> FluentValue<'static> {
        match value {
            Some(NoticeValue::Text(text)) if field == NoticeField::Reason => {
                self.reason(text).into()
            }
            // A text may choose its words by these.
            Some(NoticeValue::Number(number)) => (*number).into(),
            Some(NoticeValue::Keyword(word)) => (*word).into(),
            Some(value) => self.numbered(&value.as_value()).into(),
            None => ABSENT.into(),
        }
    }

    /// A reason of an officer's stands as it was written. Those of the library's own services stand in
    /// events in English, and read as their texts.
    fn reason(&self, reason: &str) -> String {
        let own = self.text(&key("reason", reason), &FluentArgs::new(), &mut Vec::new());
        own.unwrap_or_else(|| reason.to_owned())
    }

    /// Several are numbered: they may be sentences.
    fn numbered(&self, value: &Value<'_>) -> String {
        match value {
            Value::List(values) if values.len() > 1 => {
                let values = values.iter().enumerate();
                let numbered = values.map(|(at, it)| format!("{}) {}", at + 1, self.value(it)));
                numbered.collect::<Vec<_>>().join(" ")
            }
            Value::List(values) => values.first().map(|it| self.value(it)).unwrap_or_default(),
            value => self.value(value),
        }
    }
}

fn or_absent(text: Option<String>) -> FluentValue<'static> {
    text.map_or_else(|| ABSENT.into(), Into::into)
}

#[cfg(test)]
mod tests {
    use minwon_petitions::{Contact, NoticeFields, Text};

    use super::*;
    use crate::{Language, TextsError};

    fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn texts(texts: &[&str]) -> NoticeValue {
        NoticeValue::Texts(texts.iter().map(|text| read::<Text>(text)).collect())
    }

    /// A value of the form that the field has.
    fn value(field: NoticeField) -> NoticeValue {
        let due = |text| NoticeValue::Due(read(text));
        let text = |text: &str| NoticeValue::Text(text.to_owned());
        match field {
            NoticeField::Agency => text("종로구청"),
            NoticeField::Amount => NoticeValue::Amount(minwon_petitions::Won::new(12_500)),
            NoticeField::Answer => text("등록되었습니다."),
            NoticeField::Authority => text("종로구청"),
            NoticeField::CollectUntil => due("2026-03-25"),
            NoticeField::Conditions => texts(&["취득세를 30일 안에 납부할 것"]),
            NoticeField::Corrections => texts(&["12가3465 → 12가3456"]),
            NoticeField::Day => NoticeValue::Date(read("2026-04-09")),
            NoticeField::Days => NoticeValue::Number(30),
            NoticeField::DocumentType => text("자동차등록원부"),
            NoticeField::Due => due("2026-03-17"),
            NoticeField::Ground => NoticeValue::Keyword("remedy-under-way"),
            NoticeField::Into => text("2026-000100"),
            NoticeField::Items => texts(&["매매계약서", "보험가입증명서"]),
            NoticeField::ObjectionDue => due("2026-04-16"),
            NoticeField::Outcome => NoticeValue::Keyword("granted"),
            NoticeField::PetitionType => text("자동차 이전등록"),
            NoticeField::Place => text("종로구청 1층 민원실"),
            NoticeField::Purpose => text("학교 앞 횡단보도 설치"),
            NoticeField::Reason => text("현장 확인이 필요합니다."),
            NoticeField::Reasons => texts(&["매도인이 소유자가 아닙니다.", "보험이 없습니다."]),
            NoticeField::ReceiptNumber => text("2026-000123"),
            NoticeField::Remedies => texts(&["60일 이내 이의신청", "행정심판"]),
            NoticeField::SupplementDue => due("2026-03-20T18:00:00+09:00"),
            NoticeField::To => text("인천광역시 중구청"),
            NoticeField::VerifiableUntil => NoticeValue::Date(read("2026-06-07")),
        }
    }

    fn notification(kind: NoticeKind, fields: &[NoticeField]) -> Notification {
        let mut set = NoticeFields::default();
        for &field in fields {
            set.set(field, value(field));
        }
        Notification {
            event_id: read("018f6b2c-7a10-5c3e-9a55-3f2b8e6d4c11"),
            namespace: read("general"),
            petition_id: read("2026-000123"),
            recipient: read("citizen-7f3a"),
            kind,
            fields: set,
            contact: Some(Contact {
                office: read("자동차관리과"),
                telephone: Some(read("02-2148-0000")),
                mail: Some(read("car@jongno.example")),
            }),
            text: String::new(),
            occurred_at: read("2026-03-09T10:00:00+09:00"),
            traceparent: None,
        }
    }

    fn all_fields(kind: NoticeKind) -> Vec<NoticeField> {
        [NoticeField::OF_EVERY_PETITION, kind.fields()].concat()
    }

    fn written(book: &Phrasebook, notification: &Notification) -> String {
        let mut faults = Vec::new();
        let text = book.notice_with(notification, &mut faults);
        assert_eq!(faults, [""; 0]);
        text
    }

    /// Each kind with all that it may have.
    fn check_golden(language: Language, golden: &str) {
        let book = Phrasebook::of(language);
        let mut all = String::new();
        for &kind in NoticeKind::ALL {
            let text = written(&book, &notification(kind, &all_fields(kind)));
            assert!(text.contains("02-2148-0000"), "{kind} names no contact");
            all += &format!("== {kind}\n{text}\n\n");
        }
        assert_eq!(all.trim_end(), golden.trim_end());
    }

    #[test]
    fn every_kind_of_notice_reads_so_in_korean() {
        let golden = include_str!("../tests/golden/notices.ko.txt");
        check_golden(Language::Korean, golden);
    }

    #[test]
    fn every_kind_of_notice_reads_so_in_english() {
        let golden = include_str!("../tests/golden/notices.en.txt");
        check_golden(Language::English, golden);
    }

    #[test]
    fn a_notice_shows_each_of_its_own_fields() {
        // A ground stands in the reason as well, and an outcome chooses the words.
        let unshown = [NoticeField::Ground, NoticeField::Outcome];
        for &language in Language::ALL {
            let book = Phrasebook::of(language);
            for &kind in NoticeKind::ALL {
                let all = all_fields(kind);
                let full = written(&book, &notification(kind, &all));
                for field in kind.fields().iter().filter(|it| !unshown.contains(it)) {
                    let rest: Vec<_> = all.iter().filter(|it| *it != field).copied().collect();
                    let less = written(&book, &notification(kind, &rest));
                    assert_ne!(full, less, "{language}: {kind} does not show {field}");
                }
            }
        }
    }

    #[test]
    fn lines_without_a_value_are_left_out() {
        let kind = NoticeKind::Withdrawn;
        let fields = [NoticeField::PetitionType, NoticeField::Agency];
        let mut withdrawn = notification(kind, &fields);
        let book = Phrasebook::of(Language::Korean);
        let with_contact = "신청하신 민원이 취하되었습니다.\n- 민원명: 자동차 이전등록\n\
                            - 담당 기관: 종로구청\n- 담당 부서: 자동차관리과\n- 전화: 02-2148-0000";
        withdrawn.contact.as_mut().unwrap().mail = None;
        assert_eq!(written(&book, &withdrawn), with_contact);
        withdrawn.contact = None;
        let without = "신청하신 민원이 취하되었습니다.\n- 민원명: 자동차 이전등록\n\
                       - 담당 기관: 종로구청";
        assert_eq!(written(&book, &withdrawn), without);
    }

    #[test]
    fn a_reason_of_a_services_own_is_told_in_the_language_and_an_officers_as_it_was_written() {
        let book = Phrasebook::of(Language::Korean);
        for (reason, line) in [
            (
                "The petition was withdrawn",
                "- 사유: 민원이 취하되었습니다.",
            ),
            ("The lease has ended", "- 사유: The lease has ended"),
            ("임대차가 끝났습니다", "- 사유: 임대차가 끝났습니다"),
        ] {
            let mut failed = notification(NoticeKind::IssuanceFailed, &[]);
            let reason: Text = read(reason);
            failed.fields.set(NoticeField::Reason, &reason);
            let text = written(&book, &failed);
            assert!(text.lines().any(|it| it == line), "{text}");
        }
    }

    #[test]
    fn the_outcome_chooses_the_words() {
        let book = Phrasebook::of(Language::Korean);
        for (outcome, words) in [
            ("granted", "받아들여졌습니다."),
            ("refused", "받아들여지지 않았습니다."),
            ("answered", "답변드립니다."),
        ] {
            let mut completed = notification(NoticeKind::Completed, &[]);
            completed.fields.set(NoticeField::Outcome, outcome);
            let text = written(&book, &completed);
            assert!(text.lines().next().unwrap().ends_with(words), "{text}");
        }
    }

    #[test]
    fn an_office_puts_its_own_notice_in_the_place_of_ours() {
        let own = "-office = 종로구청 민원실
notice-received =
    { -office } 접수 안내
    접수번호 { $receipt_number }, 기한 { $due }
    { notice-contact }
notice-contact = 문의 { $telephone }";
        let own = Phrasebook::of(Language::Korean).with_texts(own).unwrap();
        let received = NoticeKind::Received;
        let text = written(&own, &notification(received, &all_fields(received)));
        assert_eq!(
            text,
            "종로구청 민원실 접수 안내\n접수번호 2026-000123, 기한 2026년 3월 17일\n\
             문의 02-2148-0000"
        );
        // The others are ours, with the office's contact.
        let text = written(&own, &notification(NoticeKind::Withdrawn, &[]));
        assert!(
            text.ends_with("취하되었습니다.\n문의 02-2148-0000"),
            "{text}"
        );
    }

    /// At once, and not with the first notice.
    #[test]
    fn a_notice_that_could_not_be_written_is_refused() {
        let refused = |texts: &str| {
            let refused = Phrasebook::of(Language::Korean).with_texts(texts);
            refused.unwrap_err()
        };
        let unknown = refused("notice-recieved = 접수");
        assert!(matches!(unknown, TextsError::UnknownKey { key } if key == "notice-recieved"));
        for (text, speaks_of) in [
            ("notice-received = { $items }", "$items"),
            (
                "notice-completed = { $outcome ->\n   *[granted] { $reasons }\n }",
                "$reasons",
            ),
            ("notice-received = { notice-withdrawn }", "notice-withdrawn"),
            ("notice-contact = { notice-contact }", "notice-contact"),
            ("date = { notice-contact }", "notice-contact"),
            ("notice-received = { -offise }", "-offise"),
            ("notice-received = { NUMBER($due) }", "NUMBER"),
            ("-office = { -office }", "-office"),
            ("-office = { $office }", "$office"),
        ] {
            let error = refused(text);
            assert!(
                matches!(&error, TextsError::UnknownValue { name, .. } if name == speaks_of),
                "{text}: {error}"
            );
        }
        assert!(matches!(refused("notice-received"), TextsError::Syntax(_)));
    }
}

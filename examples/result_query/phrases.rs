//! What the story says around the answers, in the language that was chosen. The answers themselves are
//! written by the phrasebook.

use minwon::{
    DocumentResult, PetitionId, Timestamp,
    language::{Language, Phrasebook},
    petitions::{ApplicationStatus, Date, view::Step},
};

pub(crate) struct Phrases {
    pub(crate) book: Phrasebook,
}

impl Phrases {
    pub(crate) fn of(language: Language) -> Self {
        let book = Phrasebook::of(language);
        Self { book }
    }

    fn either(&self, korean: String, english: String) -> String {
        match self.book.language() {
            Language::Korean => korean,
            _ => english,
        }
    }

    fn headed(&self, korean: String, english: String, as_of: u64) -> String {
        self.either(
            format!("\n{korean}  ({as_of}번째 사건 기준)"),
            format!("\n{english}  (as of event {as_of})"),
        )
    }

    pub(crate) fn places(&self, events: &str, views: &str) -> String {
        let name = |place: &str| place.trim_start_matches("in ").to_owned();
        self.either(
            format!("사건 저장소: {}, 조회 모델: {}", name(events), name(views)),
            format!("Events are {events}, the read models {views}."),
        )
    }

    pub(crate) fn stands(
        &self,
        petition: &PetitionId,
        status: ApplicationStatus,
        as_of: u64,
    ) -> String {
        let status = self.book.say(&status);
        self.headed(
            format!("민원 {petition} 조회: {status}"),
            format!("Where is {petition}? {status}"),
            as_of,
        )
    }

    pub(crate) fn step(&self, step: &Step) -> String {
        let (at, what) = (self.book.say(&step.at), self.book.say(&step.what));
        format!("  {at}  {what}")
    }

    pub(crate) fn happened(&self, receipt: &str, petition: &PetitionId, as_of: u64) -> String {
        self.headed(
            format!("접수번호 {receipt}(민원 {petition})의 처리 경과"),
            format!("What happened to {receipt}, that is {petition}?"),
            as_of,
        )
    }

    pub(crate) fn all_about(&self, receipt: &str, now: Timestamp, as_of: u64) -> String {
        let now = self.book.say(&now);
        self.headed(
            format!("접수번호 {receipt} 전체 조회, {now}"),
            format!("All about {receipt} at {now}"),
            as_of,
        )
    }

    pub(crate) fn filed_by(&self, applicant: &str, as_of: u64) -> String {
        self.headed(
            format!("신청인 {applicant}의 민원, 최근 것부터"),
            format!("Filed by {applicant}, the newest first"),
            as_of,
        )
    }

    pub(crate) fn about_documents(&self) -> String {
        self.either(
            "\n문서확인번호로 진위 확인".to_owned(),
            "\nAsked about documents by their numbers".to_owned(),
        )
    }

    pub(crate) fn document(&self, number: &str, on: Date, document: &DocumentResult) -> String {
        let (on, verdict) = (self.book.say(&on), self.book.say(&document.verdict));
        let issued = document.issued.as_ref().map_or_else(String::new, |issued| {
            let issued_on = self.book.say(&issued.issued_on);
            let (of, korean) = (&issued.document_type, format!("발급일 {issued_on}"));
            format!(
                " {of}, {}",
                self.either(korean, format!("issued {issued_on}"))
            )
        });
        format!("  {number}, {on}: {verdict}{issued}")
    }
}

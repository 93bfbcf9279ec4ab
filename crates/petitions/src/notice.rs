//! What a petitioner is notified of: a kind of notice, and what it speaks of as fields. The words are
//! made by whoever sends it.

use minwon_core::Timestamp;
use serde::{Serialize, Serializer};

use crate::{
    PetitionId,
    application::ApplicationState,
    category::Category,
    date::Date,
    due::Due,
    issuance::Won,
    text::{Agency, DocumentType, PetitionType, ReceiptNumber, Text},
    words::words,
};

/// Something that a petitioner is notified of. Who that is does not stand in every event: whoever
/// sends it looks the petition's applicant up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The petition's category.
    pub category: Category,
    /// What it says.
    pub content: NoticeContent,
}

/// What a notice says, in no language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeContent {
    /// The kind of notice.
    pub kind: NoticeKind,
    /// What it speaks of.
    pub fields: NoticeFields,
}

words! {
    /// The kinds of notice, each with the template that its words are made from.
    pub enum NoticeKind("kind of notice") {
        /// The petition was granted.
        Approved = "approved",
        /// It was merged with others.
        Merged = "merged",
        /// It was closed without being handled, on a ground that the law lists.
        ClosedAsExempt = "closed-as-exempt",
        /// It was closed since it repeats what was answered before.
        ClosedAsRepeated = "closed-as-repeated",
        /// It was closed since its document was not collected.
        ClosedUncollected = "closed-uncollected",
        /// The work on it is done.
        Completed = "completed",
        /// A clerical error was corrected.
        Corrected = "corrected",
        /// It counts as withdrawn.
        DeemedWithdrawn = "deemed-withdrawn",
        /// A document on paper was discarded.
        DocumentDiscarded = "document-discarded",
        /// A document was issued.
        DocumentIssued = "document-issued",
        /// A document waits to be collected.
        DocumentReady = "document-ready",
        /// A document was taken back.
        DocumentRevoked = "document-revoked",
        /// The petition has another due.
        DueMoved = "due-moved",
        /// Its processing period was extended.
        Extended = "extended",
        /// The period was extended a second time.
        ExtendedAgain = "extended-again",
        /// A fee was assessed.
        FeeAssessed = "fee-assessed",
        /// A fee is given back.
        FeeRefunded = "fee-refunded",
        /// The issuance of a document was called off.
        IssuanceCancelled = "issuance-cancelled",
        /// A document could not be issued.
        IssuanceFailed = "issuance-failed",
        /// An objection was dismissed.
        ObjectionDismissed = "objection-dismissed",
        /// The time to decide an objection was extended.
        ObjectionExtended = "objection-extended",
        /// An objection was received.
        ObjectionReceived = "objection-received",
        /// An objection was upheld.
        ObjectionUpheld = "objection-upheld",
        /// The progress, now and then (D23).
        Progress = "progress",
        /// The petition was received.
        Received = "received",
        /// It was refused.
        Rejected = "rejected",
        /// An agency without a link entered a result.
        ResultEntered = "result-entered",
        /// The documents are returned.
        Returned = "returned",
        /// There is more time to supply what is missing.
        SupplementExtended = "supplement-extended",
        /// What is missing was not supplied in time.
        SupplementOverdue = "supplement-overdue",
        /// Something is missing.
        SupplementRequested = "supplement-requested",
        /// What is missing is asked for once more.
        SupplementRequestedAgain = "supplement-requested-again",
        /// The petition was transferred to another agency.
        Transferred = "transferred",
        /// It was withdrawn.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What a notice may speak of, by the name that templates and receivers know it by.
    pub enum NoticeField("field of a notice") {
        /// The agency that has the petition.
        Agency = "agency",
        /// How much money. Unit: won.
        Amount = "amount",
        /// The answer, or the result of the work.
        Answer = "answer",
        /// Who took a document back.
        Authority = "authority",
        /// Until when a document can be collected.
        CollectUntil = "collect_until",
        /// The conditions of a grant; none of one without.
        Conditions = "conditions",
        /// What was corrected.
        Corrections = "corrections",
        /// The day that a notice of progress speaks of.
        Day = "day",
        /// How many days have passed.
        Days = "days",
        /// The kind of document.
        DocumentType = "document_type",
        /// Until when the petition has to be completed, which is when it is expected to be (D23①); none
        /// before it was received.
        Due = "due",
        /// The ground of the law, as its keyword.
        Ground = "ground",
        /// The petition with which this one is handled.
        Into = "into",
        /// What is missing.
        Items = "items",
        /// Until when an objection is to be decided.
        ObjectionDue = "objection_due",
        /// How a petition ended, as a keyword: `granted`, `refused` or `answered`.
        Outcome = "outcome",
        /// The type of the petition.
        PetitionType = "petition_type",
        /// Where a document can be collected.
        Place = "place",
        /// The purpose that petitions share.
        Purpose = "purpose",
        /// Why.
        Reason = "reason",
        /// Why, as a list.
        Reasons = "reasons",
        /// The number that the petition was received under; none before. After a transfer, that of the
        /// agency that had it.
        ReceiptNumber = "receipt_number",
        /// What the petitioner can do against it.
        Remedies = "remedies",
        /// Until when something missing is to be supplied.
        SupplementDue = "supplement_due",
        /// The agency that a petition was transferred to.
        To = "to",
        /// Until when a document can be verified.
        VerifiableUntil = "verifiable_until",
    }
}

impl NoticeField {
    /// Those of the petition itself, which any notice may have.
    pub const OF_EVERY_PETITION: &'static [Self] = &[
        Self::Agency,
        Self::Due,
        Self::PetitionType,
        Self::ReceiptNumber,
    ];
}

/// The value of a field. Serialises as a string, a number or a list of strings; times as RFC 3339, days
/// as `2026-03-09`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum NoticeValue {
    /// Text that somebody wrote, a name or a number as it stands on record.
    Text(String),
    /// Several texts.
    Texts(Vec<Text>),
    /// Until when something has to be done.
    Due(Due),
    /// A day in Seoul.
    Date(Date),
    /// An instant.
    Instant(Timestamp),
    /// How many.
    Number(u32),
    /// An amount of money.
    Amount(Won),
    /// One word of a closed set.
    Keyword(&'static str),
}

/// What a notice speaks of, each field once. Serialises as a map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeFields(Vec<(NoticeField, NoticeValue)>);

impl NoticeFields {
    /// Sets a field, in the place of what it had.
    pub fn set(&mut self, field: NoticeField, value: impl Into<NoticeValue>) {
        let value = value.into();
        match self.0.iter_mut().find(|(set, _)| *set == field) {
            Some((_, present)) => *present = value,
            None => self.0.push((field, value)),
        }
    }

    /// Returns the value of a field.
    #[must_use]
    pub fn get(&self, field: NoticeField) -> Option<&NoticeValue> {
        let found = self.0.iter().find(|(set, _)| *set == field);
        found.map(|(_, value)| value)
    }

    /// All fields that have a value.
    pub fn iter(&self) -> impl Iterator<Item = (NoticeField, &NoticeValue)> {
        self.0.iter().map(|(field, value)| (*field, value))
    }
}

impl Serialize for NoticeFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl NoticeKind {
    /// The fields that a notice of this kind may have beside
    /// [those of every petition](NoticeField::OF_EVERY_PETITION).
    #[must_use]
    pub const fn fields(self) -> &'static [NoticeField] {
        use NoticeField as Field;
        match self {
            Self::Approved => &[Field::Conditions],
            Self::ClosedAsExempt => &[Field::Ground, Field::Reason],
            Self::Completed => &[Field::Outcome, Field::Answer],
            Self::Corrected => &[Field::Corrections],
            Self::DocumentIssued => &[Field::DocumentType, Field::VerifiableUntil],
            Self::DocumentReady => &[Field::Place, Field::CollectUntil],
            Self::DocumentRevoked => &[Field::Authority, Field::Reason],
            Self::Extended | Self::ExtendedAgain => &[Field::Reason],
            Self::FeeAssessed => &[Field::Amount, Field::Reason],
            Self::FeeRefunded => &[Field::Amount],
            Self::IssuanceCancelled | Self::IssuanceFailed => &[Field::Reason],
            Self::Merged => &[Field::Into, Field::Purpose],
            Self::ObjectionExtended => &[Field::Reason, Field::ObjectionDue],
            Self::ObjectionReceived => &[Field::ObjectionDue],
            Self::ObjectionDismissed | Self::ObjectionUpheld | Self::Returned => &[Field::Reasons],
            Self::Progress => &[Field::Days, Field::Day],
            Self::Rejected => &[Field::Reasons, Field::Remedies],
            Self::ResultEntered => &[Field::Answer],
            Self::SupplementExtended
            | Self::SupplementOverdue
            | Self::SupplementRequested
            | Self::SupplementRequestedAgain => &[Field::Items, Field::SupplementDue],
            Self::Transferred => &[Field::To, Field::Reason],
            Self::ClosedAsRepeated
            | Self::ClosedUncollected
            | Self::DeemedWithdrawn
            | Self::DocumentDiscarded
            | Self::DueMoved
            | Self::Received
            | Self::Withdrawn => &[],
        }
    }

    /// The article that what the notice speaks of follows from; none where no single one does.
    #[must_use]
    pub const fn article(self) -> Option<&'static str> {
        Some(match self {
            Self::Approved | Self::Completed | Self::ResultEntered => "A27①",
            Self::ClosedAsExempt => "A21",
            Self::ClosedAsRepeated => "A23",
            Self::ClosedUncollected | Self::DocumentDiscarded => "D25④",
            Self::Corrected => "D6⑤",
            Self::DeemedWithdrawn => "D25②",
            Self::DocumentReady => "A27④",
            Self::Extended | Self::ExtendedAgain => "D21①",
            Self::Merged => "D6⑦",
            Self::ObjectionReceived => "A35①",
            Self::ObjectionDismissed | Self::ObjectionExtended | Self::ObjectionUpheld => "A35②",
            Self::Progress => "D23①",
            Self::Received => "D6②",
            Self::Rejected => "A27③",
            Self::Returned => "D25①",
            Self::SupplementExtended => "D24②",
            Self::SupplementRequested => "A22①",
            Self::SupplementRequestedAgain => "D24③",
            Self::Transferred => "A16",
            Self::Withdrawn => "A22②",
            Self::DocumentIssued
            | Self::DocumentRevoked
            | Self::DueMoved
            | Self::FeeAssessed
            | Self::FeeRefunded
            | Self::IssuanceCancelled
            | Self::IssuanceFailed
            | Self::SupplementOverdue => return None,
        })
    }

    /// A notice of this kind with a field.
    pub(crate) fn with(self, field: NoticeField, value: impl Into<NoticeValue>) -> NoticeContent {
        NoticeContent::from(self).with(field, value)
    }
}

impl From<NoticeKind> for NoticeContent {
    fn from(kind: NoticeKind) -> Self {
        Self {
            kind,
            fields: NoticeFields::default(),
        }
    }
}

impl NoticeContent {
    /// The same with another field; where its value is an empty list, without.
    pub(crate) fn with(mut self, field: NoticeField, value: impl Into<NoticeValue>) -> Self {
        match value.into() {
            NoticeValue::Texts(texts) if texts.is_empty() => {}
            value => self.fields.set(field, value),
        }
        self
    }

    /// The same with another field, if it has a value.
    pub(crate) fn with_some(
        self,
        field: NoticeField,
        value: Option<impl Into<NoticeValue>>,
    ) -> Self {
        match value {
            Some(value) => self.with(field, value),
            None => self,
        }
    }

    /// The same with what its event does not say: the petition as it stood right after the event, with
    /// its number, its due, and what it is asked to supply.
    #[must_use]
    pub fn of_petition(mut self, petition: &ApplicationState) -> Self {
        let Some(filed) = petition.filed() else {
            return self;
        };
        let number = match &filed.case {
            Some(case) => Some(&case.receipt.receipt_number),
            None => filed.former_numbers.last(),
        };
        let asked = filed.supplement();
        let asked = asked.filter(|_| self.kind.fields().contains(&NoticeField::Items));
        if let Some(asked) = asked {
            self = self
                .with(NoticeField::Items, &asked.request.items)
                .with(NoticeField::SupplementDue, asked.due);
        }
        self.with(NoticeField::PetitionType, &filed.filing.petition_type)
            .with(NoticeField::Agency, &filed.filing.agency)
            .with_some(NoticeField::ReceiptNumber, number)
            .with_some(NoticeField::Due, filed.due())
    }
}

macro_rules! values {
    ($($value:ty => $variant:ident,)+) => {
        $( impl From<$value> for NoticeValue {
            fn from(value: $value) -> Self {
                Self::$variant(value.into())
            }
        } )+
    };
}

values! {
    &'static str => Keyword,
    Due => Due,
    Date => Date,
    Timestamp => Instant,
    u32 => Number,
    Won => Amount,
}

impl From<&Vec<Text>> for NoticeValue {
    fn from(texts: &Vec<Text>) -> Self {
        Self::Texts(texts.clone())
    }
}

/// Texts and names on record.
macro_rules! texts {
    ($($text:ty)+) => {
        $( impl From<&$text> for NoticeValue {
            fn from(text: &$text) -> Self {
                Self::Text(text.as_str().to_owned())
            }
        } )+
    };
}

texts! { Agency DocumentType PetitionId PetitionType ReceiptNumber Text }

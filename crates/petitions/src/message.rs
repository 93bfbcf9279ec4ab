//! What people are told, in no language yet.

use minwon_core::{ActorId, Timestamp};

use crate::{
    application::{self, ApplicationCommand, ApplicationEvent, ApplicationRejection},
    calendar::{CalendarError, DayKind},
    category::{Category, PetitionKind, ServiceType},
    channel::Channel,
    date::Date,
    due::Due,
    issuance::{self, IssuanceCommand, IssuanceEvent, IssuanceRejection, Won},
    period::Period,
    petition_types::PetitionTypeRejection,
    statute::{ExtensionError, ExtensionGround, FixedPeriodError, SuspensionGround},
    text::{
        Activity, Agency, ApplicantId, CalendarVersion, Department, DocumentType, PetitionType,
        ReceiptNumber, Reference, Text,
    },
    time_order::CAUSES,
    view,
};

/// Something that people are told: a keyword or a sentence, by its name and with the values that its
/// text speaks of. The text itself is made at the edge, in the language of whoever reads it.
///
/// ```
/// use minwon_petitions::{ApplicationRejection, ApplicationStatus, AsValue, Value};
///
/// let rejection = ApplicationRejection::AlreadySubmitted { status: ApplicationStatus::InReview };
/// let Value::Message(message) = rejection.as_value() else { panic!("a rejection is a message") };
/// assert_eq!((message.of, message.name), ("ApplicationRejection", "AlreadySubmitted"));
/// assert_eq!(message.values, [("status", ApplicationStatus::InReview.as_value())]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// The type that it is a value of, for example `PetitionKind` or `ApplicationRejection`.
    pub of: &'static str,
    /// Which of them: a variant, or the word that a keyword is stored as. Empty where there is one.
    pub name: &'a str,
    /// The values that the text may speak of, by name.
    pub values: Vec<(&'static str, Value<'a>)>,
}

/// A value that a text speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// A keyword or a sentence of its own. A keyword that has no form, as a category of a team's own,
    /// is shown as it is stored.
    Message(Message<'a>),
    /// One of the phrases that are used as a value with this name alone.
    Phrase(&'static str),
    /// A name or a text that somebody wrote, which is the same in every language.
    Text(&'a str),
    /// A number.
    Count(u64),
    /// An amount of money.
    Won(Won),
    /// An instant, shown by the clocks of Seoul.
    Instant(Timestamp),
    /// A day.
    Day(Date),
    /// Until when something has to be done.
    Due(Due),
    /// A processing period.
    Period(Period),
    /// The name of a public holiday in the calendar, for example `Substitute(HangulDay)`.
    Holiday(&'a str),
    /// Several.
    List(Vec<Self>),
}

impl<'a> Value<'a> {
    pub(crate) const fn word(of: &'static str, name: &'a str) -> Self {
        let values = Vec::new();
        Self::Message(Message { of, name, values })
    }
}

/// What can be told to people.
pub trait AsValue {
    /// Returns it in no language.
    fn as_value(&self) -> Value<'_>;
}

/// A message that there is, and the names of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageForm {
    /// The type that it is a value of; the name of the value, where it is a [phrase](Value::Phrase).
    pub of: &'static str,
    /// Which of them.
    pub name: &'static str,
    /// The names of the values.
    pub values: &'static [&'static str],
}

impl MessageForm {
    pub(crate) const fn of_word(of: &'static str, name: &'static str) -> Self {
        let values = &[];
        Self { of, name, values }
    }
}

/// Every keyword, phrase and sentence that a language needs a text for.
#[must_use]
pub fn message_forms() -> Vec<MessageForm> {
    let enums: &[&[MessageForm]] = &[
        PetitionKind::FORMS,
        ServiceType::FORMS,
        ExtensionGround::FORMS,
        SuspensionGround::FORMS,
        application::ApplicationStatus::FORMS,
        application::CompletionOutcome::FORMS,
        application::DueBasis::FORMS,
        application::ExemptionGround::FORMS,
        application::LackSeen::FORMS,
        application::ObjectionOutcome::FORMS,
        application::Petitioners::FORMS,
        application::ReminderSubject::FORMS,
        issuance::DeliveryWay::FORMS,
        issuance::FeeConsequence::FORMS,
        issuance::IdentityMethod::FORMS,
        issuance::IssuanceStatus::FORMS,
        issuance::VerificationVerdict::FORMS,
        view::DocumentVerdict::FORMS,
        view::Grouping::FORMS,
        view::StepKind::FORMS,
        ApplicationRejection::FORMS,
        IssuanceRejection::FORMS,
        PetitionTypeRejection::FORMS,
        FixedPeriodError::FORMS,
        ExtensionError::FORMS,
        CalendarError::FORMS,
        &[MessageForm {
            of: "BeforeCause",
            name: "",
            values: &["at", "cause", "cause_at"],
        }],
    ];
    let shapes = ApplicationEvent::SHAPES.iter().chain(IssuanceEvent::SHAPES);
    let mut stages: Vec<_> = shapes.map(|shape| shape.stage).collect();
    stages.sort_unstable();
    stages.dedup();
    let phrases: [(&'static str, &[&'static str]); 8] = [
        ("command", ApplicationCommand::WORDS),
        ("command", IssuanceCommand::WORDS),
        ("command", &[application::AGREE_TO_CORRECT]),
        ("takes", application::TAKES),
        ("what", application::COUNTED),
        ("article", application::ARTICLES),
        ("cause", CAUSES),
        ("stage", &stages),
    ];
    let phrases = phrases.into_iter().flat_map(|(of, names)| {
        let names = names.iter();
        names.map(move |name| MessageForm::of_word(of, name))
    });
    let days = ["working", "saturday", "sunday"];
    let days = days.map(|name| MessageForm::of_word("DayKind", name));
    let channels = Channel::WORDS.map(|name| MessageForm::of_word("Channel", name));
    let categories = ["General", "Car", "Building"];
    let categories = categories.map(|name| MessageForm::of_word("Category", name));
    let enums = enums.iter().copied().flatten().copied();
    enums
        .chain(phrases.collect::<Vec<_>>())
        .chain(days)
        .chain(channels)
        .chain(categories)
        .collect()
}

/// Declares an enum each of whose variants is a message: its fields are the values, and an error that
/// it wraps is the value `cause`.
macro_rules! messages {
    (@bind $name:ident $type:ty) => { $name };
    (@cause $type:ty) => { "cause" };
    (
        $(#[$($meta:tt)*])*
        pub enum $name:ident {
            $(
                $(#[$($variant_meta:tt)*])*
                $variant:ident
                $({ $( $(#[$($field_meta:tt)*])* $field:ident: $type:ty ),+ $(,)? })?
                $(( $(#[$($cause_meta:tt)*])* $cause:ty ))?
            ),+ $(,)?
        }
    ) => {
        $(#[$($meta)*])*
        pub enum $name {
            $(
                $(#[$($variant_meta)*])*
                $variant
                $({ $( $(#[$($field_meta)*])* $field: $type ),+ })?
                $(( $(#[$($cause_meta)*])* $cause ))?
            ),+
        }

        impl $name {
            pub(crate) const FORMS: &'static [$crate::message::MessageForm] = &[$(
                $crate::message::MessageForm {
                    of: stringify!($name),
                    name: stringify!($variant),
                    values: &[
                        $( $( stringify!($field) ),+ )?
                        $( $crate::message::messages!(@cause $cause) )?
                    ],
                }
            ),+];
        }

        impl $crate::message::AsValue for $name {
            fn as_value(&self) -> $crate::message::Value<'_> {
                use $crate::message::{AsValue, Message, Value};
                let (name, values) = match self {
                    $(
                        Self::$variant
                        $({ $( $field ),+ })?
                        $(( $crate::message::messages!(@bind cause $cause) ))?
                        => {
                            let values = vec![
                                $( $( (stringify!($field), AsValue::as_value($field)) ),+ )?
                                $( ("cause", <$cause as AsValue>::as_value(cause)) )?
                            ];
                            (stringify!($variant), values)
                        }
                    )+
                };
                Value::Message(Message { of: stringify!($name), name, values })
            }
        }
    };
}
pub(crate) use messages;

macro_rules! as_value {
    ($( $type:ty => |$value:ident| $made:expr; )+) => {
        $( impl AsValue for $type {
            fn as_value(&self) -> Value<'_> {
                let $value = self;
                $made
            }
        } )+
    };
}

as_value! {
    &'static str => |phrase| Value::Phrase(phrase);
    u16 => |count| Value::Count((*count).into());
    u32 => |count| Value::Count((*count).into());
    usize => |count| Value::Count(u64::try_from(*count).unwrap_or(u64::MAX));
    // Years, which are counted from 0 on.
    i32 => |year| Value::Count(u64::try_from(*year).unwrap_or(0));
    Won => |won| Value::Won(*won);
    Timestamp => |instant| Value::Instant(*instant);
    Date => |day| Value::Day(*day);
    Due => |due| Value::Due(*due);
    Period => |period| Value::Period(*period);
    Category => |category| Value::word("Category", category.as_str());
    Channel => |channel| Value::word("Channel", channel.as_str());
    minwon_core::Stage => |stage| Value::word("stage", stage.as_str());
    DayKind => |kind| match kind {
        Self::Working => Value::word("DayKind", "working"),
        Self::Saturday => Value::word("DayKind", "saturday"),
        Self::Sunday => Value::word("DayKind", "sunday"),
        Self::Holiday(name) => Value::Holiday(name),
    };
    ActorId => |text| Value::Text(text.as_str());
    Activity => |text| Value::Text(text.as_str());
    Agency => |text| Value::Text(text.as_str());
    ApplicantId => |text| Value::Text(text.as_str());
    CalendarVersion => |text| Value::Text(text.as_str());
    Department => |text| Value::Text(text.as_str());
    DocumentType => |text| Value::Text(text.as_str());
    PetitionType => |text| Value::Text(text.as_str());
    ReceiptNumber => |text| Value::Text(text.as_str());
    Reference => |text| Value::Text(text.as_str());
    Text => |text| Value::Text(text.as_str());
}

impl<T: AsValue> AsValue for Vec<T> {
    fn as_value(&self) -> Value<'_> {
        Value::List(self.iter().map(AsValue::as_value).collect())
    }
}

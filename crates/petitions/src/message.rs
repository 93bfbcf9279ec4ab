//! Messages to people, in no language yet.

use std::time::Duration;

use minwon_core::{ActorId, NameError, Timestamp};

use crate::{
    application::{self, ApplicationCommand, ApplicationEvent, ApplicationRejection},
    calendar::{CalendarError, DayKind},
    category::{Category, PetitionKind, ServiceType},
    channel::Channel,
    date::Date,
    deadline::DeadlineKind,
    due::Due,
    issuance::{self, IssuanceCommand, IssuanceEvent, IssuanceId, IssuanceRejection, Won},
    notice::{NoticeKind, NoticeValue},
    period::Period,
    petition_types::PetitionTypeRejection,
    statute::{
        COUNT_FORMS, ExclusionError, ExtensionError, ExtensionGround, FixedPeriodError, LegalBasis,
        SuspensionGround,
    },
    text::{
        Activity, Agency, ApplicantId, CalendarVersion, Department, DocumentType, KINDS,
        PetitionType, RULES, ReceiptNumber, Reference, Text,
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
    /// Working time.
    WorkingTime(Duration),
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

    const fn of_struct(of: &'static str, values: &'static [&'static str]) -> Self {
        let name = "";
        Self { of, name, values }
    }
}

/// The names of core that people write, in the words of [`NameError::what`].
const NAMES: &[&str] = &[
    "actor id",
    "namespace name",
    "service name",
    "subject",
    "UUID",
];

/// The rules that they can break beside those of texts, in the words of [`NameError::reason`].
const NAME_RULES: &[&str] = &[
    "it is empty",
    "it is longer than 128 bytes",
    "it contains white space or a control character",
    "only ASCII letters and digits may stand here, a letter first",
    "write one as 8-4-4-4-12 hexadecimal digits",
];

/// Every keyword, phrase and sentence that a language needs a text for.
#[must_use]
pub fn message_forms() -> Vec<MessageForm> {
    let enums: &[&[MessageForm]] = &[
        PetitionKind::FORMS,
        ServiceType::FORMS,
        ExtensionGround::FORMS,
        SuspensionGround::FORMS,
        LegalBasis::FORMS,
        COUNT_FORMS,
        view::RESULT_FORMS,
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
        ExclusionError::FORMS,
        CalendarError::FORMS,
        DeadlineKind::FORMS,
        view::Remaining::FORMS,
        view::StopCause::FORMS,
        &[
            MessageForm::of_struct("BeforeCause", &["at", "cause", "cause_at"]),
            MessageForm::of_struct("ClockStop", &["cause", "since"]),
            MessageForm::of_struct("FormatError", &["what", "rule"]),
            MessageForm::of_struct("NameError", &["what", "text", "rule"]),
            MessageForm::of_struct("IssuanceId", &["petition", "attempt"]),
        ],
    ];
    let shapes = ApplicationEvent::SHAPES.iter().chain(IssuanceEvent::SHAPES);
    let mut stages: Vec<_> = shapes.map(|shape| shape.stage).collect();
    stages.sort_unstable();
    stages.dedup();
    let of_notices = NoticeKind::ALL.iter().filter_map(|kind| kind.article());
    let mut articles: Vec<_> = application::ARTICLES.to_vec();
    articles.extend(of_notices);
    articles.sort_unstable();
    articles.dedup();
    let phrases: [(&'static str, &[&'static str]); 12] = [
        ("command", ApplicationCommand::WORDS),
        ("command", IssuanceCommand::WORDS),
        ("command", &[application::AGREE_TO_CORRECT]),
        ("takes", application::TAKES),
        ("what", application::COUNTED),
        ("article", &articles),
        ("cause", CAUSES),
        ("stage", &stages),
        ("what", KINDS),
        ("what", NAMES),
        ("rule", RULES),
        ("rule", NAME_RULES),
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
    Duration => |time| Value::WorkingTime(*time);
    IssuanceId => |id| Value::Message(Message {
        of: "IssuanceId",
        name: "",
        values: vec![
            ("petition", Value::Text(id.petition().as_str())),
            ("attempt", Value::Count(id.attempt().into())),
        ],
    });
    Category => |category| Value::word("Category", category.as_str());
    Channel => |channel| Value::word("Channel", channel.as_str());
    minwon_core::Stage => |stage| Value::word("stage", stage.as_str());
    NameError => |error| Value::Message(Message {
        of: "NameError",
        name: "",
        values: vec![
            ("what", Value::Phrase(error.what)),
            ("text", Value::Text(&error.text)),
            ("rule", Value::Phrase(error.reason)),
        ],
    });
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
    NoticeValue => |value| match value {
        Self::Text(text) => Value::Text(text),
        Self::Texts(texts) => texts.as_value(),
        Self::Due(due) => Value::Due(*due),
        Self::Date(day) => Value::Day(*day),
        Self::Instant(instant) => Value::Instant(*instant),
        Self::Number(number) => Value::Count((*number).into()),
        Self::Amount(won) => Value::Won(*won),
        Self::Keyword(word) => Value::Text(word),
    };
}

impl<T: AsValue> AsValue for Vec<T> {
    fn as_value(&self) -> Value<'_> {
        Value::List(self.iter().map(AsValue::as_value).collect())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    /// Checks that a language has a text for the value, and for all that it speaks of.
    pub(crate) fn check_is_told(value: &Value<'_>) {
        check("", value, &message_forms());
    }

    fn check(as_value: &str, value: &Value<'_>, forms: &[MessageForm]) {
        match value {
            Value::Phrase(phrase) => {
                let is_listed = |form: &&MessageForm| (form.of, form.name) == (as_value, *phrase);
                assert!(
                    forms.iter().any(|form| is_listed(&form)),
                    "{as_value} {phrase}"
                );
            }
            Value::Message(message) if matches!(message.of, "Category" | "Channel") => {
                assert_eq!(message.values, []);
            }
            Value::Message(message) => {
                let is_listed =
                    |form: &&MessageForm| (form.of, form.name) == (message.of, message.name);
                let form = forms.iter().find(is_listed);
                let form = form.unwrap_or_else(|| panic!("{message:?} has no form"));
                let names: Vec<_> = message.values.iter().map(|(name, _)| *name).collect();
                assert_eq!(names, form.values, "{message:?}");
                for (name, value) in &message.values {
                    check(name, value, forms);
                }
            }
            Value::List(values) => values
                .iter()
                .for_each(|value| check(as_value, value, forms)),
            _ => {}
        }
    }

    /// The names of the enums that a macro declares somewhere below `folder`.
    fn declared(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                declared(&path, names);
            } else if !path.ends_with("message.rs") && !path.ends_with("words.rs") {
                let source = fs::read_to_string(&path).unwrap();
                for keyword in ["\nwords! {", "\nmessages! {"] {
                    let rests = source.split(keyword).skip(1);
                    names.extend(rests.map(|rest| {
                        let (_, name) = rest.split_once("pub enum ").unwrap();
                        let end = name.find([' ', '(']).unwrap();
                        name[..end].to_owned()
                    }));
                }
            }
        }
    }

    #[test]
    fn every_keyword_and_every_message_that_is_declared_has_its_forms_listed() {
        let mut names = BTreeSet::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        declared(&folder, &mut names);
        assert!(names.contains("ApplicationRejection") && names.contains("PetitionKind"));
        let listed: BTreeSet<_> = message_forms()
            .iter()
            .map(|form| form.of.to_owned())
            .collect();
        // These name whole texts and the values in them: see `Phrasebook::notice`.
        for of_notices in ["NoticeKind", "NoticeField"] {
            assert!(names.remove(of_notices));
        }
        let missing: Vec<_> = names.difference(&listed).collect();
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn names_and_texts_that_break_a_rule_are_told() {
        let long = "x".repeat(129);
        for text in ["", "a b", "a\u{200b}", "n\u{303}", &long] {
            check_is_told(&ApplicantId::new(text).unwrap_err().as_value());
            check_is_told(&ActorId::new(text).unwrap_err().as_value());
        }
        for text in ["", "a b"] {
            check_is_told(&minwon_core::Subject::new(text).unwrap_err().as_value());
        }
        let name = minwon_core::NamespaceName::new("a-b").unwrap_err();
        check_is_told(&name.as_value());
        let id = "1".parse::<minwon_core::CommandId>().unwrap_err();
        check_is_told(&id.as_value());
        check_is_told(&"soon".parse::<Due>().unwrap_err().as_value());
    }

    /// What a keyword is called where it is none.
    #[test]
    fn every_sort_of_keyword_has_its_name_listed() {
        fn visit(folder: &Path) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    visit(&path);
                    continue;
                }
                let source = fs::read_to_string(&path).unwrap();
                for rest in source.split("\nwords! {").skip(1) {
                    let (_, rest) = rest.split_once("(\"").unwrap();
                    let (kind, _) = rest.split_once("\")").unwrap();
                    assert!(KINDS.contains(&kind), "{kind}");
                }
            }
        }
        visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    }

    #[test]
    fn what_there_is_of_everybodys_is_listed_by_its_name() {
        for category in Category::BUILT_IN {
            check_listed(&category.as_value());
        }
        for word in Channel::WORDS {
            let channel: Channel = word.parse().unwrap();
            assert!(!matches!(channel, Channel::Other(_)), "{word}");
            check_listed(&channel.as_value());
        }
        for kind in [DayKind::Working, DayKind::Saturday, DayKind::Sunday] {
            check_is_told(&kind.as_value());
        }
    }

    fn check_listed(value: &Value<'_>) {
        let Value::Message(message) = value else {
            panic!("{value:?} is no message");
        };
        let forms = message_forms();
        let is_listed = |form: &MessageForm| (form.of, form.name) == (message.of, message.name);
        assert!(forms.iter().any(is_listed), "{message:?}");
    }
}

//! The errors of a service as messages to people: the domain's own, where one is the cause, and else advice. The failure itself is for operators, who read the errors.

use minwon_petitions::{AsValue, Message, PetitionId, Value};

use crate::{
    CommandError,
    service::{FilingError, VerificationError},
};

const fn error<'a>(
    of: &'static str,
    name: &'a str,
    values: Vec<(&'static str, Value<'a>)>,
) -> Value<'a> {
    Value::Message(Message { of, name, values })
}

fn about(petition: &PetitionId) -> Vec<(&'static str, Value<'_>)> {
    vec![("petition", Value::Text(petition.as_str()))]
}

const OVERLOADED: Value<'static> = error("CommandError", "Overloaded", Vec::new());
const ENDING: Value<'static> = error("CommandError", "Ending", Vec::new());
const ID: Value<'static> = error("CommandError", "Id", Vec::new());

impl<R: AsValue> AsValue for CommandError<R> {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Overloaded => OVERLOADED,
            Self::Ending => ENDING,
            Self::NotOffered(rejection) => rejection.as_value(),
            Self::PetitionId(name) => name.as_value(),
            Self::Rejected(rejection) => rejection.as_value(),
            Self::Id(_) => ID,
            Self::Failed { .. } => error("CommandError", "Failed", Vec::new()),
        }
    }
}

impl AsValue for FilingError {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Overloaded => OVERLOADED,
            Self::Ending => ENDING,
            Self::NotOffered(rejection) => rejection.as_value(),
            Self::PetitionId(name) => name.as_value(),
            Self::Refused(rejection) => rejection.as_value(),
            Self::Id(_) => ID,
            Self::NotIssued(rejection) => error(
                "FilingError",
                "NotIssued",
                vec![("cause", rejection.as_value())],
            ),
            Self::NoDocument { petition } => error("FilingError", "NoDocument", about(petition)),
            Self::Withdrawn { petition } => error("FilingError", "Withdrawn", about(petition)),
            Self::Misconfigured(_) | Self::Stuck(_) => error("FilingError", "Stuck", Vec::new()),
            Self::Failed(_) => error("FilingError", "Failed", Vec::new()),
        }
    }
}

impl AsValue for VerificationError {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Overloaded => OVERLOADED,
            Self::Ending => ENDING,
            Self::TooOften { until } => {
                let values = vec![("until", until.as_value())];
                error("VerificationError", "TooOften", values)
            }
            Self::Query(_) | Self::Log(_) => error("VerificationError", "Unknown", Vec::new()),
            Self::Failed(_) => error("VerificationError", "Failed", Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use minwon_core::{CommandId, CommandIdError, ExecuteError, StreamName};
    use minwon_petitions::{ApplicationRejection, IssuanceRejection, PetitionTypeRejection};

    use super::*;
    use crate::language::{Language, Phrasebook};

    fn failed() -> ExecuteError {
        ExecuteError::Failed("the disk is full".into())
    }

    fn petition() -> PetitionId {
        PetitionId::new("2026-000123").unwrap()
    }

    fn check(told: &dyn AsValue) {
        for language in Language::ALL {
            let text = Phrasebook::of(*language).say(told);
            // What has no text reads as its name.
            let is_sentence = text.ends_with(['.', ')']) && text.contains(' ');
            assert!(is_sentence && !text.contains('$'), "{text}");
        }
    }

    fn not_offered() -> PetitionTypeRejection {
        let petition_type = "Permit".parse().unwrap();
        PetitionTypeRejection::NotListed { petition_type }
    }

    #[test]
    fn every_error_of_a_petition_is_told() {
        let name = || PetitionId::new("a b").unwrap_err();
        let stream: StreamName = "car_CarApplication-2026-1".parse().unwrap();
        let id = || CommandIdError::Nil {
            stream: stream.clone(),
        };
        type Command = CommandError<ApplicationRejection>;
        check(&Command::Overloaded);
        check(&Command::Ending);
        check(&Command::NotOffered(not_offered()));
        check(&Command::PetitionId(name()));
        check(&Command::Rejected(ApplicationRejection::NoReasons));
        check(&Command::Id(id()));
        let source = failed();
        let id_of_command = CommandId::from_bytes([1; 16]);
        check(&Command::Failed {
            id: id_of_command,
            source,
        });

        check(&FilingError::Overloaded);
        check(&FilingError::Ending);
        check(&FilingError::NotOffered(not_offered()));
        check(&FilingError::PetitionId(name()));
        check(&FilingError::Refused(ApplicationRejection::NoReasons));
        check(&FilingError::Id(id()));
        check(&FilingError::NotIssued(IssuanceRejection::Unlinked));
        check(&FilingError::NoDocument {
            petition: petition(),
        });
        check(&FilingError::Withdrawn {
            petition: petition(),
        });
        check(&FilingError::Failed(failed()));
        check(&FilingError::Misconfigured("a right is missing".into()));
        check(&FilingError::Stuck("the stream was deleted".into()));
    }

    #[test]
    fn every_error_of_a_verification_is_told() {
        check(&VerificationError::Overloaded);
        check(&VerificationError::Ending);
        let until = "2026-03-09T10:00:00+09:00".parse().unwrap();
        check(&VerificationError::TooOften { until });
        check(&VerificationError::Log(failed()));
        check(&VerificationError::Failed(failed()));
    }

    #[test]
    fn what_the_domain_says_is_told_as_it_is() {
        let book = Phrasebook::of(Language::Korean);
        let error = FilingError::NotIssued(IssuanceRejection::Unlinked);
        assert_eq!(
            book.say(&error),
            "민원은 접수되었으나 문서가 발급되지 않았습니다. 연계되지 않은 서비스입니다. 처리결과를 직접 입력하시기 바랍니다."
        );
    }
}

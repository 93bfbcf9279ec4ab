//! Deadlines: commands that are given at a certain time if nothing happens before.

use std::{fmt, time::Duration};

use crate::PetitionId;
use minwon_core::{ActorId, CommandId, NamespaceName, Timestamp};

use crate::{
    application::{
        ApplicationCommand, Complete, DueDocument, IssueReminder, MarkDeadlineMissed,
        NotifyProgress, ReminderSubject, progress_notice_at,
    },
    category::Category,
    date::Date,
    due::Due,
    flow::Step,
    issuance::{ExpireVerification, IssuanceCommand, IssuanceId},
    message::messages,
};

/// Scope of the ids of what deadlines fire. Stored: ids are derived from it.
const SCOPE: [u8; 16] = *b"minwon/deadlines";

/// In whose name a petition is completed when its time has come.
const CLOCK: &str = "deadlines";

/// A deadline of a petition: what fires, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// The kind of deadline.
    pub kind: DeadlineKind,
    /// Which of the petition's receipts, or of its requests for a supplement, it follows from:
    /// counted from 1. A petition that is transferred is received again, and its notices start
    /// again. 1 for all that comes once.
    pub term: u32,
    /// The first instant at which it fires.
    pub at: Timestamp,
}

messages! {
    /// The subject of a deadline.
    ///
    /// Written as a key that no other deadline of the petition in the same term has, for example
    /// `application-due/2026-03-09`, `progress-notice/2` or `source-retry/2026-000123.1/3`.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum DeadlineKind {
        /// The petition has to be completed; fires right after the due's last instant.
        ApplicationDue {
            /// Until when.
            due: Due,
        },
        /// The petitioner has to supply what is missing; fires right after the due's last instant.
        SupplementDue {
            /// Until when.
            due: Due,
        },
        /// The petitioner is to be notified of the progress (D23).
        ProgressNotice {
            /// Which notice, from 1.
            number: u32,
        },
        /// The petitioner may object to a refusal; fires right after the due's last instant, when
        /// nothing is left but to complete the petition (A35①).
        ObjectionPeriod {
            /// Until when.
            due: Due,
        },
        /// The register is to be asked again.
        SourceRetry {
            /// For which attempt to issue.
            issuance: IssuanceId,
            /// Which time it will be asked then, from 2.
            attempt: u32,
        },
        /// The days are over on which a document can be verified.
        VerificationEnd {
            /// Of which attempt to issue.
            issuance: IssuanceId,
        },
    }
}

/// The command that a deadline fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firing {
    /// A command to the petition itself.
    Command(ApplicationCommand),
    /// A command to an attempt to issue a document for it.
    Issuance(IssuanceId, IssuanceCommand),
    /// A step for a service.
    Step(Step),
}

impl Deadline {
    pub(crate) fn application_due(term: u32, due: Due) -> Self {
        Self {
            kind: DeadlineKind::ApplicationDue { due },
            term,
            at: right_after(due),
        }
    }

    pub(crate) fn supplement_due(term: u32, due: Due) -> Self {
        Self {
            kind: DeadlineKind::SupplementDue { due },
            term,
            at: right_after(due),
        }
    }

    pub(crate) fn objection_period(due: Due) -> Self {
        Self {
            kind: DeadlineKind::ObjectionPeriod { due },
            term: 1,
            at: right_after(due),
        }
    }

    pub(crate) fn progress_notice(term: u32, received_at: Timestamp, number: u32) -> Self {
        Self {
            kind: DeadlineKind::ProgressNotice { number },
            term,
            at: progress_notice_at(received_at, number),
        }
    }

    /// The day after the last one on which a document can be verified.
    pub(crate) fn verification_end(issuance: IssuanceId, verifiable_until: Date) -> Self {
        Self {
            kind: DeadlineKind::VerificationEnd { issuance },
            term: 1,
            at: right_after(Due::On(verifiable_until)),
        }
    }

    /// Returns a key that distinguishes it from all other deadlines of its petition. A stored form:
    /// ids are derived from it.
    #[must_use]
    pub fn key(&self) -> String {
        match self.term {
            0 | 1 => self.kind.to_string(),
            later => format!("{}/term-{later}", self.kind),
        }
    }

    /// The id of the command that it fires: always the same, so that it fires once, however often
    /// and by whomsoever it is fired; and that of no other term, which would be taken for a repeat.
    #[must_use]
    pub fn command_id(&self, namespace: &NamespaceName, petition: &PetitionId) -> CommandId {
        CommandId::derive(&SCOPE, format!("{namespace}/{petition}/{}", self.key()))
    }

    /// Returns the command that it fires at `now`. Where things have moved on since it was looked
    /// up, the petition or the issuance refuses it.
    #[must_use]
    pub fn fire(&self, category: Category, now: Timestamp) -> Firing {
        Firing::Command(match &self.kind {
            &DeadlineKind::ApplicationDue { due } => {
                MarkDeadlineMissed { due, noted_at: now }.into()
            }
            DeadlineKind::SupplementDue { .. } => IssueReminder {
                about: ReminderSubject::SupplementOverdue,
                issued_at: now,
            }
            .into(),
            &DeadlineKind::ProgressNotice { number } => NotifyProgress {
                number,
                notified_at: now,
            }
            .into(),
            DeadlineKind::ObjectionPeriod { .. } => Complete {
                officer: ActorId::new(CLOCK).expect("a word"),
                answer: None,
                attachments: Vec::new(),
                // A refused petition leads to no document.
                document: DueDocument::NotDue,
                completed_at: now,
            }
            .into(),
            DeadlineKind::SourceRetry { issuance, attempt } => {
                return Firing::Step(Step::FetchSource {
                    category,
                    issuance: issuance.clone(),
                    attempt: *attempt,
                });
            }
            DeadlineKind::VerificationEnd { issuance } => {
                let expire = ExpireVerification { noted_at: now };
                return Firing::Issuance(issuance.clone(), expire.into());
            }
        })
    }
}

impl fmt::Display for DeadlineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApplicationDue { due } => write!(f, "application-due/{due}"),
            Self::SupplementDue { due } => write!(f, "supplement-due/{due}"),
            Self::ObjectionPeriod { due } => write!(f, "objection-period/{due}"),
            Self::ProgressNotice { number } => write!(f, "progress-notice/{number}"),
            Self::SourceRetry { issuance, attempt } => {
                write!(f, "source-retry/{issuance}/{attempt}")
            }
            Self::VerificationEnd { issuance } => write!(f, "verification-end/{issuance}"),
        }
    }
}

fn right_after(due: Due) -> Timestamp {
    due.last_instant().saturating_add(Duration::from_micros(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: std::str::FromStr<Err: fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    const AT: &str = "2026-05-01T00:00:00Z";

    fn deadlines() -> [Deadline; 6] {
        let kinds = [
            DeadlineKind::ApplicationDue {
                due: read("2026-03-09"),
            },
            DeadlineKind::SupplementDue {
                due: read("2026-03-20T09:00:00Z"),
            },
            DeadlineKind::ProgressNotice { number: 2 },
            DeadlineKind::ObjectionPeriod {
                due: read("2026-05-15"),
            },
            DeadlineKind::SourceRetry {
                issuance: read("2026-000123.1"),
                attempt: 3,
            },
            DeadlineKind::VerificationEnd {
                issuance: read("2026-000123.1"),
            },
        ];
        let deadline = |kind| Deadline {
            kind,
            term: 1,
            at: read(AT),
        };
        kinds.map(deadline)
    }

    #[test]
    fn keys_are_frozen() {
        let keys = [
            "application-due/2026-03-09",
            "supplement-due/2026-03-20T09:00:00Z",
            "progress-notice/2",
            "objection-period/2026-05-15",
            "source-retry/2026-000123.1/3",
            "verification-end/2026-000123.1",
        ];
        assert_eq!(deadlines().map(|deadline| deadline.key()), keys);
    }

    #[test]
    fn later_terms_have_keys_and_ids_of_their_own() {
        let [first, ..] = deadlines();
        let second = Deadline {
            term: 2,
            ..first.clone()
        };
        assert_eq!(second.key(), "application-due/2026-03-09/term-2");
        let (namespace, petition) = (read("car"), read("2026-000123"));
        let id = |deadline: &Deadline| deadline.command_id(&namespace, &petition);
        assert_ne!(id(&first), id(&second));
    }

    #[test]
    fn ids_are_frozen_and_no_two_petitions_share_one() {
        let id = |namespace: &str, petition: &str| {
            let namespace = NamespaceName::new(namespace).unwrap();
            let petition = PetitionId::new(petition).unwrap();
            deadlines()[0].command_id(&namespace, &petition).to_string()
        };
        // A stored form: what has fired under another id would fire again.
        assert_eq!(
            id("car", "2026-000123"),
            "4eac4cf2-e687-520e-a075-07b29eb22276"
        );
        let all = [
            id("car", "2026-000123"),
            id("car", "2026-000124"),
            id("general", "2026-000123"),
        ];
        let unique: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len());
    }

    #[test]
    fn an_id_does_not_depend_on_when_it_fires() {
        let [deadline, ..] = deadlines();
        let moved = Deadline {
            at: Timestamp::MAX,
            ..deadline.clone()
        };
        let (namespace, petition) = (
            NamespaceName::new("car").unwrap(),
            PetitionId::new("2026-000123").unwrap(),
        );
        assert_eq!(
            moved.command_id(&namespace, &petition),
            deadline.command_id(&namespace, &petition)
        );
    }

    #[test]
    fn each_fires_what_it_is_about_at_the_time_that_it_is() {
        let now: Timestamp = read("2026-05-02T12:00:00Z");
        let expected = [
            Firing::Command(
                MarkDeadlineMissed {
                    due: read("2026-03-09"),
                    noted_at: now,
                }
                .into(),
            ),
            Firing::Command(
                IssueReminder {
                    about: ReminderSubject::SupplementOverdue,
                    issued_at: now,
                }
                .into(),
            ),
            Firing::Command(
                NotifyProgress {
                    number: 2,
                    notified_at: now,
                }
                .into(),
            ),
            Firing::Command(
                Complete {
                    officer: read("deadlines"),
                    answer: None,
                    attachments: Vec::new(),
                    document: DueDocument::NotDue,
                    completed_at: now,
                }
                .into(),
            ),
            Firing::Step(Step::FetchSource {
                category: Category::Car,
                issuance: read("2026-000123.1"),
                attempt: 3,
            }),
            Firing::Issuance(
                read("2026-000123.1"),
                ExpireVerification { noted_at: now }.into(),
            ),
        ];
        let fired = deadlines().map(|deadline| deadline.fire(Category::Car, now));
        assert_eq!(fired, expected);
    }
}

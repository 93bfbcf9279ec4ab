//! Extending the processing period (D21).
//!
//! Received on Monday 2026-03-09 at 10:00 for 7 days: due on 03-17.

use super::*;
use crate::statute::{ExtensionError, ExtensionGround};

fn in_review(more: impl IntoIterator<Item = Command>) -> Vec<Event> {
    let path = path(
        Status::InReview,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    );
    history(path.unwrap().into_iter().chain(more))
}

fn extended(command: ExtendPeriod, due: &str) -> Event {
    PeriodExtended {
        by: command.by,
        ground: command.ground,
        reason: command.reason,
        deadline: counted(due),
        officer: command.officer,
        extended_at: command.extended_at,
    }
    .into()
}

fn extended_again(command: ExtendPeriodAgain, due: &str) -> Event {
    PeriodExtendedAgain {
        by: command.by,
        ground: command.ground,
        reason: command.reason,
        consent_of: command.consent_of,
        deadline: counted(due),
        officer: command.officer,
        extended_at: command.extended_at,
    }
    .into()
}

fn refused(error: ExtensionError) -> Rejection {
    Rejection::Extension(error)
}

#[test]
fn a_period_is_extended_once_from_its_due_on() {
    // D21①: 7 working days after 03-17 are 03-26.
    for status in [
        Status::Received,
        Status::InReview,
        Status::AwaitingSupplement,
        Status::Suspended,
    ] {
        given(&application(), at(status))
            .when(extend_period())
            .then([extended(extend_period(), "2026-03-26")]);
    }
    let once = in_review([extend_period().into()]);
    given(&application(), once.clone())
        .when(extend_period())
        .then([]);
    given(&application(), once)
        .when(ExtendPeriod {
            by: read("1 day"),
            ..extend_period()
        })
        .then_rejected(refused(ExtensionError::NoConsent));
}

#[test]
fn a_second_extension_takes_the_petitioners_consent() {
    // D21①, proviso: 3 working days after 03-26 are 03-31.
    let once = in_review([extend_period().into()]);
    given(&application(), once.clone())
        .when(extend_period_again())
        .then([extended_again(extend_period_again(), "2026-03-31")]);
    given(&application(), once)
        .when(ExtendPeriodAgain {
            consent_of: read("applicant-2"),
            ..extend_period_again()
        })
        .then_rejected(Rejection::ConsentOfAnother);
    given(&application(), in_review([]))
        .when(extend_period_again())
        .then_rejected(Rejection::NotExtendedYet);
}

#[test]
fn there_is_no_third_extension() {
    // D21①, proviso.
    let twice = in_review([extend_period().into(), extend_period_again().into()]);
    given(&application(), twice.clone())
        .when(extend_period_again())
        .then([]);
    given(&application(), twice.clone())
        .when(ExtendPeriodAgain {
            by: read("1 day"),
            ..extend_period_again()
        })
        .then_rejected(refused(ExtensionError::Exhausted));
    given(&application(), twice)
        .when(ExtendPeriod {
            by: read("1 day"),
            ..extend_period()
        })
        .then_rejected(refused(ExtensionError::Exhausted));
}

#[test]
fn no_extension_is_longer_than_the_period() {
    // D21①.
    let too_long = || {
        refused(ExtensionError::TooLong {
            by: read("8 days"),
            period: read("7 days"),
        })
    };
    given(&application(), in_review([]))
        .when(ExtendPeriod {
            by: read("8 days"),
            ..extend_period()
        })
        .then_rejected(too_long());
    given(&application(), in_review([extend_period().into()]))
        .when(ExtendPeriodAgain {
            by: read("8 days"),
            ..extend_period_again()
        })
        .then_rejected(too_long());
}

#[test]
fn a_period_that_is_over_is_not_extended() {
    // D21①: the due is 03-17.
    let late = ExtendPeriod {
        extended_at: read("2026-03-18T00:00:00+09:00"),
        ..extend_period()
    };
    given(&application(), in_review([]))
        .when(late.clone())
        .then_rejected(refused(ExtensionError::Overdue {
            due: read("2026-03-17"),
            at: late.extended_at,
        }));
    // While a supplement is awaited the clock stands, so the period is not over (D20).
    given(&application(), at(Status::AwaitingSupplement))
        .when(late.clone())
        .then([extended(late, "2026-03-26")]);
}

#[test]
fn what_lies_in_the_agencys_own_house_is_no_ground_for_what_was_received_since_2026_05_06() {
    // D21②; Decree 36296, addenda Art. 4.
    let received = |received_at: &str| {
        history([
            Submit {
                submitted_at: read(received_at),
                ..submit(ServiceType::DeadlineBound, PetitionKind::Statutory)
            }
            .into(),
            Receive {
                received_at: read(received_at),
                period: read("20 days"),
                ..receive(PetitionKind::Statutory)
            }
            .into(),
        ])
    };
    let own_house = [
        ExtensionGround::Workload,
        ExtensionGround::LateAssignment,
        ExtensionGround::Absence,
    ];
    for &ground in ExtensionGround::ALL {
        let extend = ExtendPeriod {
            ground,
            extended_at: read("2026-05-06T10:00:00+09:00"),
            ..extend_period()
        };
        given(&application(), received("2026-05-05T23:59:59+09:00"))
            .when(extend.clone())
            .then([extended(extend.clone(), "2026-06-15")]);
        let office = application();
        let asked = given(&office, received("2026-05-06T00:00:00+09:00")).when(extend.clone());
        if own_house.contains(&ground) {
            asked.then_rejected(refused(ExtensionError::ForbiddenGround { ground }));
        } else {
            asked.then([extended(extend, "2026-06-15")]);
        }
    }
}

#[test]
fn what_is_decided_is_not_extended() {
    for status in [Status::Approved, Status::Rejected] {
        given(&application(), at(status))
            .when(extend_period())
            .then_rejected(Rejection::Decided {
                command: "extend the period of",
                status,
            });
    }
}

//! Extensions, by example.

use super::*;

fn extension(by: &str, on: &str) -> Extension {
    Extension {
        by: period(by),
        ground: ExtensionGround::Cooperation,
        extended_at: seoul(on),
        consent: Consent::NotGiven,
    }
}

fn extended(
    term: &ProcessingTerm,
    extension: &Extension,
) -> Result<ProcessingTerm, ExtensionError> {
    term.extended(extension, Calendar::published())
}

fn check_by(received_at: &str, of: &str, by: &[&str], expected: &str) {
    let mut term = term(received_at, of);
    for by in by {
        let extension = Extension {
            consent: Consent::Given,
            ..extension(by, received_at)
        };
        term = extended(&term, &extension).unwrap();
    }
    let counted = term.due(Calendar::published());
    assert_eq!(counted, Ok(due(expected)), "{of} and {by:?}");
}

#[test]
fn an_extension_counts_on_from_the_original_due() {
    check_by("2026-03-09 10:00", "7 days", &["7 days"], "2026-03-26");
    check_by("2026-03-09 10:00", "7 days", &["3 days"], "2026-03-20");
    check_by("2026-03-09 10:00", "7 days", &["1 week"], "2026-03-24");
    check_by("2026-03-09 14:00", "3 days", &["1 day"], "2026-03-13 14:00");
    check_by(
        "2026-03-09 10:00",
        "immediate",
        &["2 hours"],
        "2026-03-09 16:00",
    );
    check_by("2026-03-10 10:00", "1 month", &["1 month"], "2026-05-11");
    // From the day after a due that was put off.
    check_by("2026-08-26 10:00", "1 month", &["2 weeks"], "2026-10-12");
    check_by(
        "2026-03-09 10:00",
        "7 days",
        &["7 days", "7 days"],
        "2026-04-06",
    );
}

#[test]
fn what_is_excluded_is_so_during_extensions_too() {
    let exclusions = excluding(&[("2026-03-11", "2026-03-16"), ("2026-03-25", "2026-03-25")]);
    let term = term("2026-03-09 10:00", "7 days").excluding(exclusions);
    let extended = term.with_extension(period("7 days")).unwrap();
    let counted = extended.due(Calendar::published());
    assert_eq!(counted, Ok(due("2026-04-02")));
}

#[test]
fn a_second_extension_takes_consent_and_there_is_no_third() {
    let once = extended(
        &term("2026-03-09 10:00", "7 days"),
        &extension("2 days", "2026-03-10 10:00"),
    )
    .unwrap();
    let again = extension("7 days", "2026-03-19 23:59");
    assert_eq!(extended(&once, &again), Err(ExtensionError::NoConsent));
    let agreed = Extension {
        consent: Consent::Given,
        ..again
    };
    let twice = extended(&once, &agreed).unwrap();
    assert_eq!(twice.due(Calendar::published()), Ok(due("2026-03-30")));
    assert_eq!(extended(&twice, &agreed), Err(ExtensionError::Exhausted));
}

#[test]
fn an_extension_is_no_longer_than_the_period() {
    for (of, by, allowed) in [
        ("7 days", "7 days", true),
        ("7 days", "8 days", false),
        ("3 days", "3 days", true),
        ("3 days", "24 hours", true),
        ("3 days", "25 hours", false),
        ("immediate", "3 hours", true),
        ("immediate", "1 day", false),
        ("1 month", "1 month", true),
        ("1 month", "2 months", false),
        ("1 year", "12 months", true),
        ("1 month", "2 weeks", true),
        ("1 month", "20 days", true),
        ("1 month", "30 days", false),
        ("7 days", "1 month", false),
    ] {
        let extended = extended(
            &term("2026-03-09 10:00", of),
            &extension(by, "2026-03-09 11:00"),
        );
        if allowed {
            assert!(extended.is_ok(), "{of} by {by}: {extended:?}");
        } else {
            let error = ExtensionError::TooLong {
                by: period(by),
                period: period(of),
            };
            assert_eq!(extended, Err(error), "{of} by {by}");
        }
    }
}

#[test]
fn hours_and_days_do_not_mix() {
    for (of, by) in [
        ("7 days", "8 hours"),
        ("1 month", "immediate"),
        ("3 days", "1 week"),
        ("immediate", "1 month"),
    ] {
        let extended = extended(
            &term("2026-03-09 10:00", of),
            &extension(by, "2026-03-09 11:00"),
        );
        assert!(
            matches!(extended, Err(ExtensionError::OtherUnit { .. })),
            "{of} by {by}"
        );
    }
}

#[test]
fn only_a_period_that_runs_is_extended() {
    let seven_days = term("2026-03-09 10:00", "7 days");
    assert!(extended(&seven_days, &extension("7 days", "2026-03-17 23:59")).is_ok());
    let late = extended(&seven_days, &extension("7 days", "2026-03-18 00:00"));
    assert!(
        matches!(late, Err(ExtensionError::Overdue { .. })),
        "{late:?}"
    );
    let hours = term("2026-03-09 14:00", "3 days");
    assert!(extended(&hours, &extension("1 day", "2026-03-12 14:00")).is_ok());
    assert!(extended(&hours, &extension("1 day", "2026-03-12 14:01")).is_err());
}

/// Decree 36296, addenda Art. 4: of what was received before, the grounds stay as they were.
#[test]
fn the_agency_s_own_house_is_no_ground_for_what_was_received_since_may_6_2026() {
    use ExtensionGround::{Absence, LateAssignment, Workload};
    let calendar = Calendar::published();
    for &ground in ExtensionGround::ALL {
        let extension = Extension {
            ground,
            ..extension("7 days", "2026-05-06 10:00")
        };
        let before = extended(&term("2026-05-04 10:00", "7 days"), &extension).unwrap();
        assert_eq!(before.due(calendar), Ok(due("2026-05-22")), "{ground}");
        let before = extended(&term("2026-05-05 23:59", "7 days"), &extension);
        assert!(before.is_ok(), "{ground}");
        let since = extended(&term("2026-05-06 00:00", "7 days"), &extension);
        if matches!(ground, Workload | LateAssignment | Absence) {
            assert_eq!(since, Err(ExtensionError::ForbiddenGround { ground }));
        } else {
            assert!(since.is_ok(), "{ground}");
        }
    }
}

#[test]
fn an_uncovered_due_is_the_cause_and_not_the_message() {
    use std::error::Error as _;
    let late = term("2030-12-31 17:00", "7 days");
    let error = extended(&late, &extension("7 days", "2030-12-31 17:00")).unwrap_err();
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("runs past 2030"), "{cause}");
    assert!(!error.to_string().contains(&cause));
    let error =
        extended_supplement_due(date("2030-12-31"), period("5 days"), Calendar::published());
    assert!(error.unwrap_err().source().is_some());
    let error = Calendar::published().with_holiday(date("2031-01-02"));
    assert!(error.unwrap_err().source().is_some());
}

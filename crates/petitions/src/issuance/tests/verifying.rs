//! Whether a document is genuine, and for how long that is answered.

use super::*;
use crate::issuance::VerificationVerdict as Verdict;

const DAY_90: &str = "2026-06-07T23:59:59.999999+09:00";

fn verified(verdict: Verdict, at: &str) -> Event {
    DocumentVerified {
        verdict,
        verified_at: read(at),
    }
    .into()
}

#[test]
fn a_document_is_genuine_for_ninety_days() {
    for at_time in ["2026-03-09T23:30:00+09:00", DAY_90] {
        given(&issuance(), at(Status::Issued))
            .when(verify(at_time))
            .then([verified(Verdict::Genuine, at_time)]);
    }
}

/// Also where the keeper of deadlines has not noted it yet.
#[test]
fn after_ninety_days_no_document_is_said_to_be_genuine() {
    for at_time in [DAY_91, "2027-01-01T00:00:00+09:00"] {
        given(&issuance(), at(Status::Issued))
            .when(verify(at_time))
            .then([verified(Verdict::Expired, at_time)]);
    }
}

#[test]
fn number_and_key_have_to_be_right() {
    let other_number = VerifyDocument {
        number: read("0000-0000-0000-0001"),
        ..verify(DAY_90)
    };
    let other_key = VerifyDocument {
        key: read("applicant-2"),
        ..verify(DAY_90)
    };
    for wrong in [other_number, other_key] {
        given(&issuance(), at(Status::Issued))
            .when(wrong)
            .then_rejected(Rejection::NoSuchDocument);
    }
}

#[test]
fn a_result_entered_by_hand_has_no_number_to_verify() {
    for command in [Command::from(verify(DAY_90)), expire().into()] {
        let words = command.words();
        given(&issuance(), at_with(Status::Issued, ServiceType::Unlinked))
            .when(command)
            .then_rejected(Rejection::NotVerifiable { command: words });
    }
}

#[test]
fn the_verification_ends_on_day_ninety_one_and_not_before() {
    let early = ExpireVerification {
        noted_at: read(DAY_90),
    };
    given(&issuance(), at(Status::Issued))
        .when(early)
        .then_rejected(Rejection::StillVerifiable {
            until: read("2026-06-07"),
        });
    let expired = VerificationExpired {
        verifiable_until: read("2026-06-07"),
        noted_at: read(DAY_91),
    };
    given(&issuance(), at(Status::Issued))
        .when(expire())
        .then([expired.into()]);
    given(&issuance(), at(Status::Expired))
        .when(expire())
        .then([]);
}

#[test]
fn a_document_that_waits_at_the_agency_expires_when_it_is_out_again() {
    given(&issuance(), at(Status::ReadyForPickup))
        .when(expire())
        .then_rejected(Rejection::WaitsForPickup {
            command: "end the verification of",
        });
    let collected = then(at(Status::ReadyForPickup), collect());
    assert_eq!(history_after(&collected, expire().into()).len(), 1);
}

#[test]
fn a_document_keeps_its_first_number() {
    let second = IssueDocument {
        verification_number: crate::VerificationNumber::from_random(1),
        issued_at: read("2026-03-10T00:00:00+09:00"),
        ..issue_document()
    };
    given(&issuance(), at(Status::Issued))
        .when(second)
        .then_rejected(Rejection::AlreadyIssued {
            command: "issue a document for",
        });
}

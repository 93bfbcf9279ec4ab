//! Asking for a document.

use super::*;
use crate::issuance::COPIES_MAX;

#[test]
fn a_request_is_recorded_with_all_it_says() {
    for service in ServiceType::ALL.iter().copied() {
        let Request {
            applicant,
            document_type,
            copies,
            fee,
            ..
        } = request(service);
        let requested = Requested {
            service,
            applicant,
            document_type,
            copies,
            fee,
        };
        given(&issuance(), [])
            .when(request(service))
            .then([requested.into()]);
    }
}

#[test]
fn another_categorys_issuance_is_refused() {
    for own in Category::BUILT_IN.iter().copied() {
        for asked in Category::BUILT_IN
            .iter()
            .copied()
            .filter(|asked| *asked != own)
        {
            let request = Request {
                category: asked,
                ..request(ServiceType::InstantIssuance)
            };
            given(&Issuance::new(own), [])
                .when(request)
                .then_rejected(Rejection::ForeignCategory { asked, own });
        }
    }
}

#[test]
fn copies_have_bounds() {
    let asking = |copies| {
        given(&issuance(), []).when(Request {
            copies,
            ..request(ServiceType::InstantIssuance)
        })
    };
    for copies in [0, COPIES_MAX + 1] {
        asking(copies).then_rejected(Rejection::Copies { copies });
    }
    let most = Request {
        copies: COPIES_MAX,
        ..request(ServiceType::InstantIssuance)
    };
    assert_eq!(history([most.into()]).len(), 1);
}

#[test]
fn only_an_approved_application_has_documents_issued() {
    for service in [ServiceType::DeadlineBound, ServiceType::Unlinked] {
        for status in ApplicationStatus::ALL.iter().copied() {
            let request = Request {
                basis: basis(service, status),
                ..request(service)
            };
            let asking = given(&issuance(), []).when(request.clone());
            match status {
                ApplicationStatus::Approved => asking.then(history([request.into()])),
                _ => asking.then_rejected(Rejection::ApplicationNotApproved { status }),
            }
        }
    }
}

#[test]
fn one_attempt_is_for_one_request() {
    let same = request(ServiceType::InstantIssuance);
    let other = Request {
        copies: 3,
        ..same.clone()
    };
    for status in [Status::Requested, Status::Authorized, Status::Issued] {
        given(&issuance(), at(status)).when(same.clone()).then([]);
        given(&issuance(), at(status))
            .when(other.clone())
            .then_rejected(Rejection::AlreadyRequested { status });
    }
}

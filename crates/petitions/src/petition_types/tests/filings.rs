//! Filings beside a catalogue.

use super::{super::*, QUESTION, REGISTER};
use crate::application::Submit;

fn catalogue() -> PetitionCatalogue {
    PetitionCatalogue::parse(&format!("{REGISTER}{QUESTION}")).unwrap()
}

fn register() -> Submit {
    Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "register".parse().unwrap(),
        applicant: "applicant-1".parse().unwrap(),
        agency: "agency".parse().unwrap(),
        submitted_at: "2026-03-09T09:00:00+09:00".parse().unwrap(),
        attachments: Vec::new(),
    }
}

fn question() -> Submit {
    Submit {
        category: Category::Car,
        kind: PetitionKind::Inquiry,
        petition_type: "question".parse().unwrap(),
        ..register()
    }
}

fn check_refused(submit: &Submit, message: &str) {
    let rejection = catalogue().check_filing(submit).unwrap_err();
    assert_eq!(rejection.to_string(), message);
}

#[test]
fn what_is_listed_is_filed() {
    let catalogue = catalogue();
    let entry = catalogue.check_filing(&register()).unwrap();
    assert_eq!(entry.name.as_str(), "register");
    assert!(catalogue.check_filing(&question()).is_ok());
}

#[test]
fn what_is_listed_otherwise_is_refused() {
    check_refused(
        &Submit {
            petition_type: "registers".parse().unwrap(),
            ..register()
        },
        "petition type `registers` is not in the petition catalogue; take a name that is, or add it \
         there",
    );
    check_refused(
        &Submit {
            category: Category::Car,
            ..register()
        },
        "petition type `register` is of category General and not Car; file it there",
    );
    check_refused(
        &Submit {
            kind: PetitionKind::Grievance,
            ..register()
        },
        "petition type `register` is of kind statutory and not grievance; declare it so",
    );
    check_refused(
        &Submit {
            service: ServiceType::Unlinked,
            ..register()
        },
        "petition type `register` is served as deadline-bound and not as unlinked; file it so",
    );
}

/// A document whose fee nobody knows is not promised.
#[test]
fn a_document_is_offered_where_it_has_a_fee() {
    check_refused(
        &Submit {
            channel: Channel::Kiosk,
            ..register()
        },
        "petition type `register` is not offered by kiosk, only by online, counter",
    );
    let desk = "Desk".parse().unwrap();
    assert!(
        catalogue()
            .check_filing(&Submit {
                channel: desk,
                ..register()
            })
            .is_err()
    );
    let post = Channel::Post;
    assert!(
        catalogue()
            .check_filing(&Submit {
                channel: post,
                ..question()
            })
            .is_ok()
    );
}

/// A17.
#[test]
fn a_petition_is_received_with_the_published_period() {
    let catalogue = catalogue();
    let entry = catalogue.listed(&"register".parse().unwrap()).unwrap();
    let check = |kind, period: &str| entry.check_period(kind, period.parse().unwrap());
    assert_eq!(check(PetitionKind::Statutory, "7 days"), Ok(()));
    let rejection = check(PetitionKind::Statutory, "8 days").unwrap_err();
    assert_eq!(
        rejection.to_string(),
        "petition type `register` has a period of 7 days and not of 8 days; receive it so"
    );
    // A petition that turns out to be a question has the period of questions.
    assert_eq!(check(PetitionKind::Inquiry, "14 days"), Ok(()));
}

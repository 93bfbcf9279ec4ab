//! Filing a petition.

use super::*;

fn submit() -> Submit {
    super::submit(ServiceType::DeadlineBound, PetitionKind::Statutory)
}

#[test]
fn a_petition_is_submitted_with_all_it_says() {
    let Submit {
        service,
        kind,
        channel,
        petition_type,
        applicant,
        agency,
        submitted_at,
        attachments,
        ..
    } = submit();
    given(&application(), []).when(submit()).then([Submitted {
        service,
        kind,
        channel,
        petition_type,
        applicant,
        agency,
        submitted_at,
        attachments,
        outage: None,
    }
    .into()]);
}

#[test]
fn a_stream_takes_one_submission() {
    given(&application(), at(Status::Submitted))
        .when(submit())
        .then_rejected(Rejection::AlreadySubmitted {
            status: Status::Submitted,
        });
}

#[test]
fn another_categorys_petition_is_refused() {
    for own in Category::BUILT_IN {
        let application = PetitionApplication::new(*own);
        for asked in Category::BUILT_IN.iter().filter(|asked| *asked != own) {
            given(&application, [])
                .when(Submit {
                    category: *asked,
                    ..submit()
                })
                .then_rejected(Rejection::ForeignCategory {
                    asked: *asked,
                    own: *own,
                });
        }
    }
}

#[test]
fn only_other_petitions_may_be_spoken() {
    for channel in [Channel::Telephone, Channel::Oral] {
        for kind in PetitionKind::ALL.iter().copied() {
            let spoken = Submit {
                kind,
                channel: channel.clone(),
                ..submit()
            };
            let submitting = given(&application(), []).when(spoken);
            if kind == PetitionKind::Other {
                let events = history([Submit {
                    kind,
                    channel: channel.clone(),
                    ..submit()
                }
                .into()]);
                submitting.then(events);
            } else {
                submitting.then_rejected(Rejection::MustBeWritten {
                    kind,
                    channel: channel.clone(),
                });
            }
        }
    }
}

#[test]
fn attachments_are_counted() {
    let with = |count| Submit {
        attachments: vec![attachment(); count],
        ..submit()
    };
    assert_eq!(history([with(ATTACHMENTS_MAX).into()]).len(), 1);
    given(&application(), [])
        .when(with(ATTACHMENTS_MAX + 1))
        .then_rejected(Rejection::TooMany {
            what: "attachments",
            count: 101,
            count_max: 100,
        });
}

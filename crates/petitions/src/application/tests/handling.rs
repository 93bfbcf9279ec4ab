//! The way of a petition through the offices.

use super::*;

/// Every event of this side of a petition's life.
pub(super) fn all_events() -> Vec<Event> {
    let (service, kind) = (ServiceType::DeadlineBound, PetitionKind::Inquiry);
    let received = || {
        let (submit, receive) = (submit(service, kind).into(), receive(kind).into());
        vec![submit, receive]
    };
    let handled = [
        submit(service, kind).into(),
        correct_error().into(),
        TransferToAgency {
            transferred_at: read("2026-03-09T09:30:00+09:00"),
            ..to_agency()
        }
        .into(),
        receive(kind).into(),
        issue_slip().into(),
        assign().into(),
        reassign().into(),
        TransferToDepartment {
            transferred_at: read("2026-03-10T10:00:00+09:00"),
            ..to_department()
        }
        .into(),
        consult().into(),
        extend_consultation().into(),
        reply().into(),
        modify().into(),
        approve().into(),
        close_uncollected().into(),
    ];
    let ended_early = [
        merge().into(),
        close_as_repeated().into(),
        close_as_exempt().into(),
    ]
    .map(|end: Command| history(received().into_iter().chain([end])));
    [history(handled), ended_early.concat()].concat()
}

#[test]
fn a_receipt_slip_is_given_once() {
    // D6②.
    let issued_at = issue_slip().issued_at;
    given(&application(), at(Status::Received))
        .when(issue_slip())
        .then([ReceiptSlipIssued { issued_at }.into()]);
    let given_out = [
        at(Status::Received),
        vec![ReceiptSlipIssued { issued_at }.into()],
    ];
    given(&application(), given_out.concat())
        .when(IssueReceiptSlip {
            issued_at: read("2026-03-10T10:00:00+09:00"),
        })
        .then([]);
    given(&application(), at(Status::Submitted))
        .when(issue_slip())
        .then_rejected(Rejection::NotReceived {
            command: "issue a receipt slip for",
        });
}

#[test]
fn a_clerical_error_is_corrected_with_the_petitioners_consent() {
    // D6⑤.
    for status in [Status::Submitted, Status::Received] {
        let correcting = |command| given(&application(), at(status)).when(command);
        correcting(correct_error()).then([ClericalErrorCorrected {
            corrections: correct_error().corrections,
            consent_of: read("applicant-1"),
            officer: read("officer-1"),
            corrected_at: correct_error().corrected_at,
        }
        .into()]);
        correcting(CorrectClericalError {
            consent_of: None,
            ..correct_error()
        })
        .then_rejected(Rejection::NoConsent {
            command: "correct a clerical error in",
            article: "D6⑤",
        });
        correcting(CorrectClericalError {
            consent_of: Some(read("applicant-2")),
            ..correct_error()
        })
        .then_rejected(Rejection::NotTheApplicant {
            command: "agree to correct",
        });
        correcting(CorrectClericalError {
            corrections: Vec::new(),
            ..correct_error()
        })
        .then_rejected(Rejection::NothingToCorrect);
    }
    given(&application(), at(Status::InReview))
        .when(correct_error())
        .then_rejected(Rejection::OutOfTurn {
            command: "correct a clerical error in",
            status: Status::InReview,
            takes: "submitted or received",
        });
}

/// The case of a petition on which work is done.
fn case(events: Vec<Event>) -> Case {
    use minwon_core::Decider;
    let apply = |state, event| application().evolve(state, &event);
    let state = events.into_iter().fold(application().initial(), apply);
    let filed = state.at(Status::UNDECIDED);
    filed.and_then(|filed| filed.case.clone()).unwrap()
}

#[test]
fn an_assigned_petition_is_in_review_with_its_officer_in_charge() {
    for status in [Status::Received, Status::InReview] {
        given(&application(), at(status))
            .when(assign())
            .then([Assigned {
                officer: read("officer-1"),
                by: read("head-1"),
                assigned_at: assign().assigned_at,
            }
            .into()]);
        let assigned = after(status, [assign().into()]);
        assert_eq!(case(assigned.clone()).officer, Some(read("officer-1")));
        given(&application(), assigned)
            .then_state(|state| state.status() == Some(Status::InReview));
    }
}

#[test]
fn a_petition_has_one_officer_in_charge() {
    let assigned = || after(Status::Received, [assign().into()]);
    let to_other = Assign {
        officer: read("officer-2"),
        ..assign()
    };
    given(&application(), assigned())
        .when(to_other)
        .then_rejected(Rejection::AlreadyAssigned {
            officer: read("officer-1"),
        });
    given(&application(), assigned()).when(assign()).then([]);
    given(&application(), assigned())
        .when(reassign())
        .then([Reassigned {
            from: read("officer-1"),
            to: read("officer-2"),
            reason: reassign().reason,
            by: read("head-1"),
            reassigned_at: reassign().reassigned_at,
        }
        .into()]);
    let reassigned = after(Status::Received, [assign().into(), reassign().into()]);
    assert_eq!(case(reassigned.clone()).officer, Some(read("officer-2")));
    given(&application(), reassigned).when(reassign()).then([]);
    given(&application(), at(Status::InReview))
        .when(reassign())
        .then_rejected(Rejection::NotAssigned);
}

#[test]
fn a_department_that_takes_a_petition_over_assigns_it_anew() {
    // D13.
    let transferred = after(Status::Received, [assign().into(), to_department().into()]);
    let moved = case(transferred.clone());
    assert_eq!(*moved.department(), read("Vehicle taxes"));
    assert_eq!(moved.officer, None);
    given(&application(), transferred.clone())
        .when(to_department())
        .then([]);
    given(&application(), transferred)
        .when(TransferToDepartment {
            department: read("Vehicles"),
            ..to_department()
        })
        .then([TransferredToDepartment {
            from: read("Vehicle taxes"),
            to: read("Vehicles"),
            by: read("officer-1"),
            transferred_at: to_department().transferred_at,
        }
        .into()]);
}

#[test]
fn a_transferred_petition_is_submitted_at_the_competent_agency() {
    // A16, D13.
    for status in [Status::Submitted, Status::Received] {
        let transferred = after(status, [to_agency().into()]);
        given(&application(), transferred.clone()).then_state(|state| {
            let filing = &state.at(&[Status::Submitted]).unwrap().filing;
            filing.agency == read("Incheon") && filing.reached_at() == to_agency().transferred_at
        });
        // The same again changes nothing; back to where it came from is another transfer.
        given(&application(), transferred.clone())
            .when(to_agency())
            .then([]);
        let back = TransferToAgency {
            agency: read("Seoul"),
            ..to_agency()
        };
        assert_eq!(
            after(status, [to_agency().into(), back.into()]).len(),
            transferred.len() + 1
        );
    }
}

#[test]
fn an_agency_does_not_transfer_a_petition_to_itself() {
    given(&application(), at(Status::Received))
        .when(TransferToAgency {
            agency: read("Seoul"),
            ..to_agency()
        })
        .then_rejected(Rejection::SameAgency {
            agency: read("Seoul"),
        });
}

/// A16, D13③: it is often the officer who sees that another agency is competent.
#[test]
fn what_is_assigned_or_with_a_department_goes_to_another_agency_too() {
    for handed in [assign().into(), to_department().into()] {
        let state = folded(after(Status::Received, [handed, to_agency().into()]));
        let filed = state.filed().unwrap();
        assert_eq!(filed.status(), Status::Submitted);
        assert_eq!(filed.filing.agency, read("Incheon"));
        assert!(
            filed.case.is_none(),
            "its period begins with the receipt there"
        );
    }
}

#[test]
fn the_period_begins_anew_with_the_receipt_by_the_competent_agency() {
    let again = Receive {
        receipt_number: read("IC-2026-77"),
        department: read("Incheon vehicles"),
        received_at: read("2026-03-10T10:00:00+09:00"),
        ..receive(PetitionKind::Statutory)
    };
    let events = after(
        Status::Received,
        [issue_slip().into(), to_agency().into(), again.into()],
    );
    let case = case(events);
    assert_eq!(case.receipt.received_at, read("2026-03-10T10:00:00+09:00"));
    assert_eq!(case.receipt.receipt_number, read("IC-2026-77"));
    assert_eq!(*case.department(), read("Incheon vehicles"));
    // Nothing is left of the time at the first agency.
    assert_eq!(
        (case.missed_at(), case.notices(), case.slip_issued_at),
        (None, 0, None)
    );
}

#[test]
fn another_agency_answers_inside_the_period() {
    // A20: the petition is due on 2026-03-17.
    let consulting = |answer_due: &str| {
        let command = RequestConsultation {
            answer_due: read(answer_due),
            ..consult()
        };
        given(&application(), at(Status::InReview)).when(command)
    };
    for answer_due in ["2026-03-17", "2026-03-16", "2026-03-17T18:00:00+09:00"] {
        consulting(answer_due).then([ConsultationRequested {
            agency: read("Police"),
            question: consult().question,
            answer_due: read(answer_due),
            officer: read("officer-1"),
            requested_at: consult().requested_at,
        }
        .into()]);
    }
    consulting("2026-03-18").then_rejected(Rejection::AnswerAfterDue {
        answer_due: read("2026-03-18"),
        due: read("2026-03-17"),
    });
    consulting("2026-03-10").then_rejected(Rejection::AnswerDueTooEarly {
        due: read("2026-03-10"),
        requested_at: consult().requested_at,
    });
    given(&application(), at(Status::Received))
        .when(consult())
        .then_rejected(Rejection::NotInReview {
            command: "consult another agency about",
        });
}

#[test]
fn an_agency_is_asked_one_question_at_a_time() {
    // A20.
    let further = || RequestConsultation {
        question: read("And its owner?"),
        requested_at: read("2026-03-12T11:00:00+09:00"),
        ..consult()
    };
    let asked = || after(Status::InReview, [consult().into()]);
    given(&application(), asked()).when(consult()).then([]);
    given(&application(), asked())
        .when(further())
        .then_rejected(Rejection::AlreadyConsulted {
            agency: read("Police"),
            answer_due: read("2026-03-16"),
        });
    let answered = after(
        Status::InReview,
        [consult().into(), reply().into(), further().into()],
    );
    assert_eq!(case(answered).consultations.len(), 1);
}

#[test]
fn only_who_was_asked_answers_and_once() {
    // A20.
    let command = "enter an agency's answer to";
    given(&application(), at(Status::InReview))
        .when(reply())
        .then_rejected(Rejection::NotConsulted {
            agency: read("Police"),
        });
    let answered = || after(Status::InReview, [consult().into(), reply().into()]);
    given(&application(), answered()).when(reply()).then([]);
    given(&application(), answered())
        .when(ReplyConsultation {
            answer: read("It is"),
            ..reply()
        })
        .then_rejected(Rejection::AlreadyReplied {
            agency: read("Police"),
        });
    given(
        &application(),
        after(Status::InReview, [consult().into(), approve().into()]),
    )
    .when(reply())
    .then_rejected(Rejection::Decided {
        command,
        status: Status::Approved,
    });
}

#[test]
fn an_agency_gets_longer_to_answer_once_and_by_no_more_than_it_had() {
    // A20②, ③: asked on 03-10 at 10:30 until the end of 03-16, it had 6 days and 13:30 hours.
    let asked = || after(Status::InReview, [consult().into()]);
    let until = |answer_due: &str| ExtendConsultation {
        answer_due: read(answer_due),
        ..extend_consultation()
    };
    for answer_due in [
        "2026-03-17",
        "2026-03-22",
        "2026-03-23T13:29:59.999998+09:00",
    ] {
        let ExtendConsultation {
            agency,
            answer_due,
            reason,
            extended_at,
        } = until(answer_due);
        given(&application(), asked())
            .when(until(&answer_due.to_string()))
            .then([ConsultationExtended {
                agency,
                answer_due,
                reason,
                extended_at,
            }
            .into()]);
    }
    for answer_due in [
        "2026-03-16",
        "2026-03-15",
        "2026-03-23T13:30:00+09:00",
        "2026-03-23",
    ] {
        given(&application(), asked())
            .when(until(answer_due))
            .then_rejected(Rejection::ConsultationExtendedTooFar {
                answer_due: read(answer_due),
                due: read("2026-03-16"),
                latest: read("2026-03-23T13:29:59.999998+09:00"),
            });
    }
    let extended = || {
        after(
            Status::InReview,
            [consult().into(), extend_consultation().into()],
        )
    };
    given(&application(), extended())
        .when(extend_consultation())
        .then([]);
    given(&application(), extended())
        .when(until("2026-03-23"))
        .then_rejected(Rejection::ConsultationExtended {
            agency: read("Police"),
        });
    given(&application(), extended())
        .when(RequestConsultation {
            question: read("And its owner?"),
            ..consult()
        })
        .then_rejected(Rejection::AlreadyConsulted {
            agency: read("Police"),
            answer_due: read("2026-03-20"),
        });
}

#[test]
fn an_agency_says_in_time_that_it_takes_longer() {
    // A20③.
    let late = ExtendConsultation {
        extended_at: read("2026-03-17T00:00:00+09:00"),
        ..extend_consultation()
    };
    given(&application(), after(Status::InReview, [consult().into()]))
        .when(late.clone())
        .then_rejected(Rejection::PeriodOver {
            due: read("2026-03-16"),
            at: late.extended_at,
        });
    given(&application(), at(Status::InReview))
        .when(extend_consultation())
        .then_rejected(Rejection::NotConsulted {
            agency: read("Police"),
        });
    let answered = after(Status::InReview, [consult().into(), reply().into()]);
    given(&application(), answered)
        .when(extend_consultation())
        .then_rejected(Rejection::AlreadyReplied {
            agency: read("Police"),
        });
}

#[test]
fn an_answer_is_taken_late_and_while_a_supplement_is_awaited() {
    let late = ReplyConsultation {
        replied_at: read("2026-05-12T10:00:00+09:00"),
        ..reply()
    };
    let events = after(
        Status::InReview,
        [
            consult().into(),
            request_supplement().into(),
            late.clone().into(),
        ],
    );
    let Some(Event::ConsultationReplied(replied)) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(replied.replied_at, late.replied_at);
}

#[test]
fn consultations_are_bounded() {
    let asked = |n: usize| RequestConsultation {
        agency: read(&format!("Agency {n}")),
        ..consult()
    };
    let full = after(
        Status::InReview,
        (0..CONSULTATIONS_MAX).map(|n| asked(n).into()),
    );
    given(&application(), full)
        .when(asked(CONSULTATIONS_MAX))
        .then_rejected(Rejection::TooManyConsulted {
            count_max: CONSULTATIONS_MAX,
        });
}

#[test]
fn only_the_petitioner_modifies_and_not_after_the_decision() {
    // A22②.
    for status in [
        Status::Submitted,
        Status::Received,
        Status::InReview,
        Status::AwaitingSupplement,
    ] {
        let Modify {
            by,
            changes,
            attachments,
            modified_at,
        } = modify();
        given(&application(), at(status))
            .when(modify())
            .then([Modified {
                by,
                changes,
                attachments,
                modified_at,
            }
            .into()]);
        given(&application(), at(status))
            .when(Modify {
                by: read("applicant-2"),
                ..modify()
            })
            .then_rejected(Rejection::NotTheApplicant { command: "modify" });
        given(&application(), after(status, [modify().into()]))
            .when(modify())
            .then([]);
    }
    for status in [Status::Approved, Status::Rejected] {
        given(&application(), at(status))
            .when(modify())
            .then_rejected(Rejection::Decided {
                command: "modify",
                status,
            });
    }
}

#[test]
fn an_electronic_petition_goes_on_at_once_and_one_on_paper_within_eight_working_hours() {
    // D13: submitted on Monday at 09:00, received at 10:00, transferred at 15:00.
    let transferred = |channel: Channel, is_received: bool| {
        let submit = Submit {
            channel,
            ..submit(ServiceType::DeadlineBound, PetitionKind::Statutory)
        };
        let receive = is_received.then(|| receive(PetitionKind::Statutory).into());
        let commands = [submit.into()].into_iter().chain(receive);
        match history(commands.chain([to_agency().into()])).pop() {
            Some(Event::TransferredToAgency(transfer)) => transfer,
            event => panic!("{event:?}"),
        }
    };
    let electronic = transferred(Channel::Online, false);
    assert_eq!(electronic.due, Some(read("2026-03-09T09:00:00+09:00")));
    // Late is recorded, and no reason to keep it.
    assert!(
        electronic
            .due
            .unwrap()
            .is_overdue_at(electronic.transferred_at)
    );
    let on_paper = transferred(Channel::Counter, false);
    assert_eq!(on_paper.due, Some(read("2026-03-09T18:00:00+09:00")));
    let received = transferred(Channel::Counter, true);
    assert_eq!(received.due, Some(read("2026-03-10T10:00:00+09:00")));
}

#[test]
fn beyond_the_calendar_a_petition_goes_on_as_well() {
    let mut submit = submit(ServiceType::DeadlineBound, PetitionKind::Statutory);
    submit.channel = Channel::Post;
    submit.submitted_at = read("1999-03-09T09:00:00+09:00");
    let events = history([submit.into(), to_agency().into()]);
    assert!(matches!(&events[1], Event::TransferredToAgency(transfer) if transfer.due.is_none()));
}

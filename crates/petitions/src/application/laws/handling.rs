//! Commands of filing, handling and closing, good ones and others.

use proptest::{prelude::*, sample::select};

use super::{petitioners, submissions};
use crate::application::{
    ApplicationCommand as Command, Assign, CloseAsExempt, CloseAsRepeated, CloseUncollected,
    CorrectClericalError, DocumentForm, ExemptionGround, ExtendConsultation, Merge, Modify,
    Petitioners, Reassign, RegisterBackdated, ReplyConsultation, RequestConsultation,
    TransferToAgency, TransferToDepartment,
    tests::{
        read, receive,
        samples::{
            assign, close_as_exempt, close_as_repeated, close_uncollected, consult, correct_error,
            extend_consultation, issue_slip, merge, modify, reassign, register_backdated, reply,
            to_agency, to_department,
        },
    },
};

fn officers() -> impl Strategy<Value = minwon_core::ActorId> {
    select(vec!["officer-1", "officer-2"]).prop_map(read)
}

/// On paper in an outage, or outside it.
pub(super) fn backdated() -> impl Strategy<Value = Command> {
    let received = select(vec![
        "2026-03-09T10:00:00+09:00",
        "2026-03-09T19:00:00+09:00",
    ]);
    (submissions(), received).prop_filter_map("a submission", |(command, received_at)| {
        let Command::Submit(submit) = command else {
            return None;
        };
        let mut receive = receive(submit.kind);
        receive.received_at = read(received_at);
        let backdated = register_backdated(submit.service, submit.kind);
        Some(
            RegisterBackdated {
                submit,
                receive,
                ..backdated
            }
            .into(),
        )
    })
}

/// The work of offices on a petition up to the decision.
pub(super) fn handling() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(issue_slip().into()),
        prop::option::of(petitioners()).prop_map(|consent_of| CorrectClericalError {
            consent_of,
            ..correct_error()
        }
        .into()),
        officers().prop_map(|officer| Assign {
            officer,
            ..assign()
        }
        .into()),
        officers().prop_map(|officer| Reassign {
            officer,
            ..reassign()
        }
        .into()),
        select(vec!["Vehicles", "Vehicle taxes"]).prop_map(|department| TransferToDepartment {
            department: read(department),
            ..to_department()
        }
        .into()),
        petitioners().prop_map(|by| Modify { by, ..modify() }.into()),
        consultations(),
    ]
}

fn consultations() -> impl Strategy<Value = Command> {
    let agencies = || select(vec!["Police", "Taxes"]);
    let dues = select(vec!["2026-03-16", "2026-03-10", "2026-12-01"]);
    prop_oneof![
        (agencies(), dues).prop_map(|(agency, answer_due)| RequestConsultation {
            agency: read(agency),
            answer_due: read(answer_due),
            ..consult()
        }
        .into()),
        agencies().prop_map(|agency| ExtendConsultation {
            agency: read(agency),
            ..extend_consultation()
        }
        .into()),
        agencies().prop_map(|agency| ReplyConsultation {
            agency: read(agency),
            ..reply()
        }
        .into()),
    ]
}

/// Transfers to other agencies, after which a receipt begins the period again.
pub(super) fn transfers() -> impl Strategy<Value = Command> {
    select(vec!["Seoul", "Incheon"]).prop_map(|agency| {
        TransferToAgency {
            agency: read(agency),
            ..to_agency()
        }
        .into()
    })
}

/// Ends without a decision, or with a document that nobody collects.
pub(super) fn closings() -> impl Strategy<Value = Command> {
    let instants = select(vec![
        "2026-04-01T12:00:00+09:00",
        "2026-06-02T12:00:00+09:00",
    ]);
    let forms = select(vec![DocumentForm::Paper, DocumentForm::Electronic]);
    prop_oneof![
        (4..6_u32).prop_map(|petitioners| Merge {
            petitioners,
            ..merge()
        }
        .into()),
        (2..4_u32, 1..3_u32, select(Petitioners::ALL)).prop_map(
            |(times, results_notified, petitioners)| CloseAsRepeated {
                times,
                results_notified,
                petitioners,
                ..close_as_repeated()
            }
            .into()
        ),
        select(ExemptionGround::ALL).prop_map(|ground| CloseAsExempt {
            ground,
            ..close_as_exempt()
        }
        .into()),
        (forms, instants).prop_map(|(form, closed_at)| CloseUncollected {
            form,
            closed_at: read(closed_at),
            ..close_uncollected()
        }
        .into()),
    ]
}

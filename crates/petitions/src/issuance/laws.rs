//! The laws that hold for every history.

use minwon_core::{Aggregate, Decider};
use proptest::{prelude::*, sample::select};

use super::{
    Attempt, Cancel, Collect, Deliver, Delivery, Discard, EnterResultManually, ExpireVerification,
    Fail, FeeConsequence, IssuanceCommand as Command, IssuanceEvent as Event, IssuanceResult,
    IssuanceState as State, IssuanceStatus as Status, IssueDocument, MakeReadyForPickup,
    NoteSourceFailure, Print, Request, Revoke, VerificationVerdict, VerifyDocument, View, Won,
    tests::{
        DAY_91, assess, authorize, basis, collect, deliver, discard, enter_result, issuance,
        issue_document, make_ready, note_data, note_failure, paid, pay, print, read, request,
        retrieve, revoke, verify, verify_identity, waive, waived,
    },
};
use crate::{
    AsValue as _, Category, Date, ServiceType, application::ApplicationStatus,
    message::tests::check_is_told,
};

fn requests() -> impl Strategy<Value = Command> {
    let standings =
        prop_oneof![9 => Just(ApplicationStatus::Approved), 1 => select(ApplicationStatus::ALL)];
    let categories = prop_oneof![9 => Just(Category::Building), 1 => Just(Category::Car)];
    let fees = select(vec![0, 500]);
    (
        select(ServiceType::ALL),
        standings,
        categories,
        0..4_u16,
        fees,
    )
        .prop_map(|(service, standing, category, copies, fee)| {
            let fee = Won::new(fee);
            let basis = basis(service, standing);
            Request {
                category,
                basis,
                copies,
                fee,
                ..request(service)
            }
            .into()
        })
}

fn authorizations() -> impl Strategy<Value = Command> {
    let fees = select(vec![waived(), paid(0), paid(500)]);
    let by_steps = select(vec![
        verify_identity().into(),
        assess(300).into(),
        assess(0).into(),
        pay(500).into(),
        pay(300).into(),
        waive().into(),
    ]);
    prop_oneof![fees.prop_map(|fee| authorize(fee).into()), by_steps]
}

/// Around the days on which something ends.
fn moments() -> impl Strategy<Value = &'static str> {
    select(vec![
        "2026-03-10T09:00:00+09:00",
        "2026-03-10T09:00:01+09:00",
        "2026-03-31T00:00:00+09:00",
        DAY_91,
    ])
}

fn uses() -> impl Strategy<Value = Command> {
    let deliveries = select(vec![Delivery::Wallet, Delivery::Agency(read("Jongno-gu"))]);
    let keys = select(vec!["applicant-1", "applicant-2"]);
    prop_oneof![
        moments().prop_map(|at| View {
            viewed_at: read(at)
        }
        .into()),
        (0..4_u16, moments()).prop_map(|(copies, at)| {
            Print {
                printed_at: read(at),
                ..print(copies)
            }
            .into()
        }),
        (deliveries, moments()).prop_map(|(to, at)| {
            Deliver {
                delivered_at: read(at),
                ..deliver(to)
            }
            .into()
        }),
        (keys, moments()).prop_map(|(key, at)| {
            VerifyDocument {
                key: read(key),
                ..verify(at)
            }
            .into()
        }),
        moments().prop_map(|at| ExpireVerification { noted_at: read(at) }.into()),
    ]
}

fn pickups() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => moments().prop_map(|at| {
            MakeReadyForPickup {
                ready_at: read(at),
                ..make_ready()
            }
            .into()
        }),
        2 => moments().prop_map(|at| {
            Collect {
                collected_at: read(at),
                ..collect()
            }
            .into()
        }),
        1 => moments().prop_map(|at| {
            Discard {
                discarded_at: read(at),
                ..discard()
            }
            .into()
        }),
    ]
}

fn results() -> impl Strategy<Value = Command> {
    let numbers = select(vec!["1710-2306-8611-4233", "0000-0000-0000-0001"]);
    prop_oneof![
        numbers.prop_map(|number| {
            IssueDocument {
                verification_number: read(number),
                ..issue_document()
            }
            .into()
        }),
        select(vec!["Posted", "Handed out"]).prop_map(|result| {
            EnterResultManually {
                result: read(result),
                ..enter_result()
            }
            .into()
        }),
    ]
}

fn attempts() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(1), 3 => Just(2), 1 => Just(0), 1 => Just(3)]
}

fn sources() -> impl Strategy<Value = Command> {
    let retries = select(vec![None, Some("2026-03-10T00:00:00+09:00")]);
    prop_oneof![
        attempts().prop_map(|attempt| retrieve(attempt).into()),
        attempts().prop_map(|attempt| note_data(attempt).into()),
        (attempts(), retries).prop_map(|(attempt, retry_at)| {
            NoteSourceFailure {
                retry_at: retry_at.map(read),
                ..note_failure(attempt)
            }
            .into()
        }),
    ]
}

fn endings() -> impl Strategy<Value = Command> {
    let reasons = || select(vec!["One reason", "Another"]).prop_map(read);
    prop_oneof![
        reasons().prop_map(|reason| Fail { reason }.into()),
        reasons().prop_map(|reason| Cancel { reason }.into()),
        (reasons(), select(FeeConsequence::ALL)).prop_map(|(reason, fee)| {
            Revoke {
                reason,
                fee,
                ..revoke()
            }
            .into()
        }),
    ]
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        2 => requests(),
        2 => authorizations(),
        6 => sources(),
        2 => results(),
        3 => uses(),
        2 => pickups(),
        1 => endings(),
    ]
}

/// The uses of a document that is out.
fn handling() -> impl Strategy<Value = Command> {
    prop_oneof![4 => uses(), 3 => pickups(), 1 => commands()]
}

/// Commands of which the first are likely to open an issuance and to settle its fee, so that most
/// of the rest meets one that can go on.
fn lives() -> impl Strategy<Value = Vec<Command>> {
    let settled = prop::collection::vec(authorizations(), 0..3);
    let rest = || prop::collection::vec(commands(), 0..16);
    let handled = (results(), prop::collection::vec(handling(), 0..8))
        .prop_map(|(result, handling)| [vec![result], handling].concat());
    let rest = prop_oneof![
        2 => rest(),
        1 => (handled, rest()).prop_map(|(handled, rest)| [handled, rest].concat()),
    ];
    (requests(), settled, rest)
        .prop_map(|(first, settled, rest)| [vec![first], settled, rest].concat())
}

fn apply(state: State, events: &[Event]) -> State {
    let issuance = issuance();
    events
        .iter()
        .fold(state, |state, event| issuance.evolve(state, event))
}

/// Returns the state and the events when the commands are given one after the other, and rejected
/// ones are ignored.
fn live(commands: &[Command]) -> (State, Vec<Event>) {
    let issuance = issuance();
    let mut state = issuance.initial();
    let mut happened = Vec::new();
    for command in commands {
        let events = issuance.decide(&state, command).unwrap_or_default();
        state = apply(state, &events);
        happened.extend(events);
    }
    (state, happened)
}

/// The events of whole lives, for the laws of read models.
pub(crate) fn histories() -> impl Strategy<Value = Vec<Event>> {
    lives().prop_map(|commands| live(&commands).1)
}

fn has_ended(state: &State) -> bool {
    state.status().is_some_and(Status::is_end)
}

/// The state, but for whether the fee was given back with the document: the one thing that an event
/// can still add after an end, since the end does not record it itself.
fn without_refund(mut state: State) -> State {
    if let Some(attempt) = state.at_mut(Status::ALL) {
        attempt.refunded = false;
    }
    state
}

/// The command that took the document back.
fn revocation(commands: &[Command]) -> Option<&Revoke> {
    (1..=commands.len()).find_map(|count| match &commands[count - 1] {
        Command::Revoke(revoke) if live(&commands[..count]).0.status() == Some(Status::Revoked) => {
            Some(revoke)
        }
        _ => None,
    })
}

fn count(events: &[Event], is: fn(&Event) -> bool) -> usize {
    events.iter().filter(|event| is(event)).count()
}

proptest! {
    #[test]
    fn what_a_life_is_refused_has_a_text(commands in lives()) {
        let (decider, mut state) = (issuance(), issuance().initial());
        for command in &commands {
            match decider.decide(&state, command) {
                Ok(events) => state = apply(state, &events),
                Err(rejection) => check_is_told(&rejection.as_value()),
            }
        }
    }

    #[test]
    fn a_repeated_command_has_no_second_effect(commands in lives()) {
        let issuance = issuance();
        let mut state = issuance.initial();
        for command in &commands {
            if let Ok(events) = issuance.decide(&state, command) {
                state = apply(state, &events);
                let again = issuance.decide(&state, command).unwrap_or_default();
                prop_assert_eq!(again, []);
            }
        }
    }

    #[test]
    fn an_issuance_comes_to_one_result_at_most(commands in lives()) {
        let (_, events) = live(&commands);
        let results = count(&events, |e| {
            matches!(e, Event::DocumentIssued(_) | Event::ResultEnteredManually(_))
        });
        prop_assert!(results <= 1);
    }

    #[test]
    fn a_register_is_asked_once_at_a_time_and_in_order(commands in lives()) {
        let mut asked = 0;
        let mut failed = 0;
        for event in live(&commands).1 {
            match event {
                Event::SourceDataRequested(source) => {
                    prop_assert_eq!((source.attempt, failed), (asked + 1, asked));
                    asked = source.attempt;
                }
                Event::SourceDataFailed(failure) => {
                    prop_assert_eq!((failure.attempt, failed + 1), (asked, asked));
                    failed = failure.attempt;
                }
                Event::Cancelled(_) => prop_assert_eq!(failed, asked),
                _ => {}
            }
        }
    }

    #[test]
    fn a_fee_is_refunded_if_and_only_if_it_was_paid_for_nothing(commands in lives()) {
        let (state, events) = live(&commands);
        let paid = count(&events, |e| matches!(e, Event::FeePaid(_)));
        let refunded = count(&events, |e| matches!(e, Event::FeeRefunded(_)));
        let for_nothing = match state.status() {
            Some(Status::Cancelled | Status::Failed) => true,
            Some(Status::Revoked) => revocation(&commands).is_some_and(|revoke| {
                revoke.fee == FeeConsequence::Refunded
            }),
            _ => false,
        };
        prop_assert_eq!(refunded, if for_nothing { paid } else { 0 });
        prop_assert!(paid <= 1);
    }

    #[test]
    fn an_ended_issuance_has_no_further_event(
        commands in lives(),
        more in prop::collection::vec(commands(), 1..16),
    ) {
        let (state, _) = live(&commands);
        if has_ended(&state) {
            for command in more {
                prop_assert_eq!(issuance().decide(&state, &command).unwrap_or_default(), []);
            }
        }
    }

    #[test]
    fn events_of_another_life_are_taken_and_revive_nothing(one in lives(), other in lives()) {
        let (state, _) = live(&one);
        let (_, foreign) = live(&other);
        let after = apply(state.clone(), &foreign);
        if has_ended(&state) {
            prop_assert_eq!(without_refund(after), without_refund(state));
        }
    }

    #[test]
    fn an_event_that_does_not_matter_changes_nothing(one in histories(), other in histories()) {
        let mut state = issuance().initial();
        for event in one {
            for foreign in &other {
                let mut after = state.clone();
                let has_mattered = foreign.happening().apply(&mut after);
                prop_assert!(has_mattered || after == state);
            }
            prop_assert!(event.happening().apply(&mut state), "{event:?}");
        }
    }

    #[test]
    fn no_more_copies_are_printed_than_were_asked_for(commands in lives()) {
        let (mut asked, mut printed) = (0, 0);
        for event in live(&commands).1 {
            match event {
                Event::Requested(request) => asked = request.copies,
                Event::DocumentPrinted(print) => printed += print.copies,
                _ => {}
            }
            prop_assert!(printed <= asked);
        }
    }

    #[test]
    fn what_is_paid_is_what_was_assessed_last(commands in lives()) {
        let mut assessed = Won::ZERO;
        for event in live(&commands).1 {
            match event {
                Event::Requested(request) => assessed = request.fee,
                Event::FeeAssessed(fee) => assessed = fee.amount,
                Event::FeePaid(paid) => prop_assert_eq!(paid.amount, assessed),
                Event::FeeWaived(waived) => prop_assert_eq!(waived.amount, assessed),
                _ => {}
            }
        }
    }

    #[test]
    fn a_verdict_is_genuine_up_to_the_last_day_and_expired_after(commands in lives()) {
        let mut until = None;
        for event in live(&commands).1 {
            match event {
                Event::DocumentIssued(document) => until = Some(document.verifiable_until),
                Event::DocumentVerified(verified) => {
                    let is_over = Some(Date::in_seoul(verified.verified_at)) > until;
                    prop_assert_eq!(verified.verdict == VerificationVerdict::Expired, is_over);
                }
                Event::VerificationExpired(expired) => {
                    prop_assert_eq!(Some(expired.verifiable_until), until);
                    prop_assert!(Some(Date::in_seoul(expired.noted_at)) > until);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_paper_is_handed_over_once_and_only_from_where_it_waits(commands in lives()) {
        let mut waits = false;
        let mut collected = 0;
        for event in live(&commands).1 {
            match event {
                Event::DocumentReadyForPickup(_) => waits = true,
                Event::DocumentCollected(_) => {
                    prop_assert!(waits);
                    (waits, collected) = (false, collected + 1);
                }
                Event::DocumentDiscarded(_) => prop_assert!(waits),
                _ => {}
            }
            prop_assert!(collected <= 1);
        }
    }

    #[test]
    fn a_document_that_stands_is_notified(commands in lives()) {
        let (state, _) = live(&commands);
        let is_document = |attempt: &Attempt| {
            matches!(attempt.result.as_deref(), Some(IssuanceResult::Document(_)))
        };
        let is_out = state.status().is_some_and(Status::is_out);
        let stands = is_out && state.attempt().is_some_and(is_document);
        prop_assert_eq!(state.document().is_some(), stands);
    }

    #[test]
    fn a_kept_state_reads_back(commands in lives()) {
        let (state, _) = live(&commands);
        let json = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
    }

    #[test]
    fn events_read_back(commands in lives()) {
        let issuance = issuance();
        for event in live(&commands).1 {
            let stored = issuance.codec().encode(&event).unwrap();
            let read: Event = issuance.codec()
                .decode(stored.event_type.as_str(), stored.shape.version, &stored.json)
                .unwrap();
            prop_assert_eq!(read, event);
        }
    }
}

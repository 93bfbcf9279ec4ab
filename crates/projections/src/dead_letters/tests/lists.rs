//! The lists that an operator sees.

use minwon_core::{Clock as _, LetterGroup, testing::ManualClock};

use super::*;

/// Three petitions of which something could not be handled.
struct Desk {
    log: Log,
    letters: DeadLetters<MemoryStore, ManualClock>,
    clock: ManualClock,
    refs: Vec<EventRef>,
}

impl Desk {
    async fn new() -> Self {
        // In the log: a-0 b-1 c-2 a-3 b-4 c-5.
        let log = Log::of(&[2, 2, 2]);
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let letters = letters(&log.store, &clock);
        let refs = refs(&log);
        let desk = Self {
            log,
            letters,
            clock,
            refs,
        };
        let mut of_agency = added(AGENCY, &desk.refs[1]);
        if let DeadLetterEvent::Added(added) = &mut of_agency {
            added.failure = failure("no such register");
        }
        let all = [
            added(NOTIFIER, &desk.refs[2]),
            added(NOTIFIER, &desk.refs[0]),
            parked(NOTIFIER, &desk.refs[3]),
            of_agency,
        ];
        desk.letters.record(all.to_vec()).await.unwrap();
        desk
    }

    fn operator(&self) -> Operator<MemoryStore, ManualClock> {
        self.letters.operator(operator())
    }

    /// Which letters are meant, by their places in the log.
    async fn meant(&self, selection: &Selection) -> Vec<usize> {
        let letters = self.operator().list(selection).await.unwrap();
        let place = |letter: &Letter| {
            let mut refs = self.refs.iter();
            refs.position(|event| *event == letter.event).unwrap()
        };
        letters.iter().map(place).collect()
    }
}

fn event_at(event: EventAt, of: Option<&str>) -> Selection {
    Selection::Event {
        consumer: of.map(consumer),
        event,
    }
}

#[test]
fn a_selection_means_its_letters_in_the_order_of_the_log() {
    run(async {
        let desk = Desk::new().await;
        let (first, second) = (&desk.refs[0], &desk.refs[1]);
        let by_id = |of| event_at(EventAt::Id(first.id), of);
        let group = |of, cause: &str| {
            Selection::Group(LetterGroup {
                consumer: consumer(of),
                event_type: first.event_type.clone(),
                cause: cause.to_owned(),
            })
        };
        let petition = |id: &str| Selection::Subject(Subject::new(id).unwrap());
        let cases = [
            (Selection::All, vec![0, 1, 2]),
            (by_id(None), vec![0]),
            (by_id(Some(NOTIFIER)), vec![0]),
            (by_id(Some(AGENCY)), vec![]),
            (event_at(EventAt::Position(second.position), None), vec![1]),
            (event_at(EventAt::Id(desk.refs[3].id), None), vec![]),
            (group(NOTIFIER, "port # is shut"), vec![0, 2]),
            (group(NOTIFIER, "no such register"), vec![]),
            (group(AGENCY, "no such register"), vec![1]),
            (
                Selection::EventType(first.event_type.clone()),
                vec![0, 1, 2],
            ),
            (
                Selection::EventType(EventType::new("Other").unwrap()),
                vec![],
            ),
            (Selection::Consumer(consumer(NOTIFIER)), vec![0, 2]),
            (Selection::Key("p-0".to_owned()), vec![0]),
            (petition("p-1"), vec![1]),
            (petition("p-9"), vec![]),
        ];
        for (selection, expected) in cases {
            assert_eq!(desk.meant(&selection).await, expected, "{selection:?}");
        }
    });
}

#[test]
fn a_letter_lists_what_waits_behind_it() {
    run(async {
        let desk = Desk::new().await;
        let petition = Subject::new("p-0").unwrap();
        let stuck = desk.operator().of_subject(&petition).await.unwrap();
        let expected = Letter {
            consumer: consumer(NOTIFIER),
            key: "p-0".to_owned(),
            event: desk.refs[0].clone(),
            failure: failure("port 17 is shut"),
            attempts: 4,
            since: Timestamp::UNIX_EPOCH,
            retry_requested: false,
            parked: vec![desk.refs[3].clone()],
        };
        assert_eq!(stuck, [expected]);
    });
}

/// Where a key is more than a petition, one petition may wait behind another's letter.
#[test]
fn a_petition_is_stuck_behind_the_letter_of_another() {
    run(async {
        let desk = Desk::new().await;
        let mut behind = parked(NOTIFIER, &desk.refs[4]);
        if let DeadLetterEvent::Parked(parked) = &mut behind {
            parked.key = "p-0".to_owned();
        }
        desk.letters.record(vec![behind]).await.unwrap();
        let petition = Selection::Subject(Subject::new("p-1").unwrap());
        assert_eq!(desk.meant(&petition).await, [0, 1]);
    });
}

#[test]
fn letters_are_counted_by_cause_and_by_queue() {
    run(async {
        let desk = Desk::new().await;
        let groups = desk.operator().groups().await.unwrap();
        let in_short = |(group, letters): (LetterGroup, u64)| {
            (group.consumer.to_string(), group.cause, letters)
        };
        let groups: Vec<_> = groups.into_iter().map(in_short).collect();
        let expected = [
            (AGENCY.to_owned(), "no such register".to_owned(), 1),
            (NOTIFIER.to_owned(), "port # is shut".to_owned(), 2),
        ];
        assert_eq!(groups, expected);
    });
}

#[test]
fn a_letter_is_shown_with_its_event_and_its_history() {
    run(async {
        let desk = Desk::new().await;
        desk.clock.advance(Duration::from_secs(5));
        let request = retry_requested(NOTIFIER, &desk.refs[0]);
        desk.letters.record(vec![request.clone()]).await.unwrap();
        let again = retry_failed(NOTIFIER, &desk.refs[0], "port 18 is shut");
        desk.letters.record(vec![again.clone()]).await.unwrap();
        let operator = desk.operator();
        let by_id = event_at(EventAt::Id(desk.refs[0].id), None);
        let letter = operator.list(&by_id).await.unwrap().remove(0);
        let shown = operator.show(&letter).await.unwrap();
        assert_eq!(shown.letter, letter);
        assert_eq!(shown.event, desk.log.events()[0]);
        assert_eq!(
            (letter.attempts, letter.failure),
            (5, failure("port 18 is shut"))
        );
        let events: Vec<_> = shown.history.iter().map(|entry| &entry.event).collect();
        let added = added(NOTIFIER, &desk.refs[0]);
        assert_eq!(events, [&added, &request, &again]);
        let entry = &shown.history[2];
        assert_eq!((entry.by.as_str(), entry.at), (NOTIFIER, desk.clock.now()));
        desk.letters
            .record(vec![released(NOTIFIER, &desk.refs[0])])
            .await
            .unwrap();
        let gone = operator.show(&shown.letter).await.unwrap_err();
        assert!(matches!(gone, OperatorError::NotALetter { .. }), "{gone}");
    });
}

#[test]
fn a_letter_of_another_log_is_an_error() {
    run(async {
        let desk = Desk::new().await;
        let elsewhere = event_ref("p-7", 3);
        desk.letters
            .record(vec![added(NOTIFIER, &elsewhere)])
            .await
            .unwrap();
        let operator = desk.operator();
        let by_key = Selection::Key("p-7".to_owned());
        let letter = operator.list(&by_key).await.unwrap().remove(0);
        let error = operator.show(&letter).await.unwrap_err();
        assert!(matches!(error, OperatorError::EventGone { .. }), "{error}");
    });
}

#[test]
fn a_second_letter_of_a_key_does_not_wait() {
    run(async {
        let desk = Desk::new().await;
        let second = added(NOTIFIER, &desk.refs[3]);
        desk.letters.record(vec![second]).await.unwrap();
        let by_key = Selection::Key("p-0".to_owned());
        let letters = desk.operator().list(&by_key).await.unwrap();
        assert_eq!(letters.len(), 2);
        assert!(letters.iter().all(|letter| letter.parked.is_empty()));
    });
}

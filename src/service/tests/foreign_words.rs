//! Words of registers and receivers, which may quote anybody's numbers and the machine's own matters.

use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon_core::{ActorId, FailureClass, Timer};
use minwon_petitions::{IssuanceStatus, PetitionId, ServiceType};
use minwon_projections::Selection;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::{InstantAnswer, World, run};

const WORDS: &str = "ORA-01017: SELECT name FROM residents WHERE rrn = '900101-1234567' at \
                     db7.internal\u{1b}[2J, call 010-1234-5678 or mail dba@registry.example.kr";

/// Text that must not stand anywhere.
const PERSONAL: [&str; 5] = ["900101", "1234567", "1234-5678", "dba@", "\u{1b}"];
/// Text that operators may read and petitioners may not.
const INTERNAL: [&str; 4] = ["ORA-01017", "SELECT", "residents", "db7.internal"];

fn check(text: &str, not_in_it: &[&str]) {
    for secret in not_in_it {
        assert!(!text.contains(secret), "{secret:?} in {text}");
    }
}

fn check_shown(text: &str) {
    check(text, &PERSONAL);
    check(text, &INTERNAL);
}

/// Keeps all that is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl Visit for Lines {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        writeln!(self.0.lock().unwrap(), "{field}={value}").unwrap();
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record_debug(field, &value);
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Runs a test and returns what it logged.
fn logged(test: impl Future<Output = ()>) -> String {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || run(test));
    let lines = lines.0.lock().unwrap();
    lines.clone()
}

#[test]
fn what_a_register_says_reaches_no_petitioner_and_no_event() {
    for refuses in [true, false] {
        let log = logged(async {
            let mut world = World::new();
            world.look_wait = Duration::from_secs(60);
            world.register.say(WORDS, refuses);
            let service = world.start();
            let answer = world.issue_now(&service, "p-1").await.unwrap();
            let InstantAnswer::Following { reason, .. } = &answer else {
                panic!("{answer:?}");
            };
            assert!(reason.starts_with("The register"), "{reason}");
            check_shown(&format!("{answer:?}"));
            world
                .file(&service, "p-2", ServiceType::DeadlineBound)
                .await
                .unwrap();
            world.approve(&service, "p-2").await;
            world.clock.sleep(Duration::from_secs(86_400)).await;
            service.settled().await.unwrap();
            let failed = Some(IssuanceStatus::Failed);
            assert_eq!(world.issuance(&service, "p-2").await, failed);

            check_shown(&world.written());
            let texts = world.notice_texts().join("\n");
            assert!(
                texts.contains("발급하지 못하였습니다") && texts.contains("- 사유: 원본"),
                "{texts}"
            );
            check_shown(&texts);
            let id = PetitionId::new("p-2").unwrap();
            let tracked = service.track(&id).await.unwrap();
            check_shown(&serde_json::to_string(&tracked).unwrap());
            let view = service.results().petition(&id).await.unwrap();
            check_shown(&format!("{view:?}"));
            check_shown(&format!("{:?}", service.health()));
            service.stop().await;
        });
        assert!(log.contains("why=") && log.contains("ORA-01017"), "{log}");
        check(&log, &PERSONAL);
    }
}

#[test]
fn what_a_receiver_of_notices_says_is_kept_masked_and_for_operators() {
    let log = logged(async {
        let world = World::new();
        world.refuse_notices_saying(WORDS);
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        service.settled().await.unwrap();
        let operator = ActorId::new("operator-1").unwrap();
        let letters = service.dead_letters().operator(operator);
        let letters = letters.list(&Selection::All).await.unwrap();
        let failure = &letters[0].failure;
        assert_eq!(failure.class, FailureClass::Handler);
        assert!(failure.error.contains("ORA-01017"), "{failure:?}");
        assert!(failure.error.contains("<resident number>"), "{failure:?}");
        check(&format!("{letters:?}"), &PERSONAL);
        check(&world.written(), &PERSONAL);
        let id = PetitionId::new("p-1").unwrap();
        let tracked = service.track(&id).await.unwrap();
        assert_eq!(tracked.stuck.len(), 1);
        check_shown(&serde_json::to_string(&tracked).unwrap());
        service.stop().await;
    });
    assert!(log.contains("ORA-01017"), "{log}");
    check(&log, &PERSONAL);
}

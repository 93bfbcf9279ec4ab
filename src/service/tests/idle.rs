//! A service that has nothing to do asks nobody anything.

use std::time::Duration;

use minwon_adapters::{SystemClock, memory::MemoryReadModels};
use minwon_core::{Timer, testing::Faulty};
use minwon_petitions::{ApplicationStatus, ServiceType};
use minwon_projections::ProjectorOptions;

use super::world::{World, run};

const HOUR: Duration = Duration::from_secs(3_600);

/// Longer than in production, as a month has many seconds.
const LOOK_WAIT: Duration = Duration::from_secs(60);

/// Where the read models count their changes, neither projections nor the keeper look in vain,
/// though the keeper waits for the end of a period.
#[test]
fn a_service_that_has_nothing_to_do_asks_no_store() {
    run(async {
        let mut world = World::new();
        world.look_wait = LOOK_WAIT;
        let read_models = Faulty::builder(MemoryReadModels::with_clock(SystemClock), 1).build();
        let options = ProjectorOptions::default().look_wait(LOOK_WAIT);
        let service = world.start_on(read_models.clone(), options);
        world.issue_now(&service, "p-1").await.unwrap();
        let filed = world.file(&service, "p-2", ServiceType::DeadlineBound);
        filed.await.unwrap();
        service.settled().await.unwrap();
        // The events of an earlier process were looked for.
        world.clock.sleep(Duration::from_secs(700)).await;
        let reads = world.reads();
        read_models.go_down();
        world.clock.sleep(12 * HOUR).await;
        let asked = read_models.faults().unavailable;
        assert_eq!(asked, 0, "calls to the read models");
        assert_eq!(world.reads() - reads, 0, "calls to the event store");
        read_models.come_up();
        world.issue_now(&service, "p-3").await.unwrap();
        service.settled().await.unwrap();
        let status = world.application(&service, "p-3").await;
        assert_eq!(status, Some(ApplicationStatus::Completed));
        world.clock.sleep(31 * 24 * HOUR).await;
        service.settled().await.unwrap();
        assert_eq!(world.count("GeneralApplicationDeadlineMissed"), 1);
        service.stop().await;
    });
}

/// The state that a step needs comes from the cache of its command handler, which reads what is
/// new: however long its story is, it is not read again. A notice reads it, up to its event, and a
/// service that notifies nobody reads nothing for it.
#[test]
fn steps_read_no_petition_from_its_beginning() {
    run(async {
        let mut world = World::new();
        world.notifies = false;
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        for note in 0..100 {
            let note = format!("note {note}");
            let noted = world.application_command(&service, "p-1", &note, super::progress());
            noted.await.unwrap();
        }
        service.settled().await.unwrap();
        let before = world.whole_reads();
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        let status = world.application(&service, "p-1").await;
        assert_eq!(status, Some(ApplicationStatus::Completed));
        assert_eq!(world.whole_reads() - before, 0);
        service.stop().await;
    });
}

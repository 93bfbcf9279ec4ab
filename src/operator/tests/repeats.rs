//! A request that is given again.

use super::*;

async fn requested(world: &World) -> usize {
    let decisions = world.decisions().await;
    let requested = |it: &&QueueEntry| matches!(it.event, DeadLetterEvent::RetryRequested(_));
    decisions.iter().filter(requested).count()
}

#[tokio::test]
async fn a_repeated_retry_is_answered_and_not_asked_for_again() {
    let world = World::new().await;
    let _listener = world.listen();
    let first = request("retry", "kim", retry_all());
    let answer = world.ask(first.clone()).await.unwrap();
    world.fail_again(0).await;
    assert_eq!(world.ask(first.clone()).await.unwrap(), answer);
    assert_eq!(requested(&world).await, 1);
    let another = request("another", "kim", retry_all());
    world.ask(another).await.unwrap();
    assert_eq!(requested(&world).await, 2);
    let reused = Request {
        asked: skip(world.one(0)),
        ..first
    };
    assert_eq!(kind(world.ask(reused).await), RefusalKind::IdReused);
}

#[tokio::test]
async fn of_two_repeats_at_once_one_waits_for_the_other() {
    let world = World::new().await;
    let _listener = world.listen();
    let asked = request("skip", "kim", skip(world.one(0)));
    let twice = [world.ask(asked.clone()), world.ask(asked)];
    for answer in futures_util::future::join_all(twice).await {
        let answer = answer.unwrap();
        assert!(
            matches!(&answer, Answer::Decided(decided) if !decided.repeated),
            "{answer:?}"
        );
    }
    assert_eq!(world.decisions().await.len(), 1);
}

#[tokio::test]
async fn a_decision_whose_answer_was_lost_in_a_crash_is_found_in_the_log() {
    let world = World::new().await;
    let asked = request("skip", "kim", skip(world.one(0)));
    {
        let _listener = world.listen();
        world.ask(asked.clone()).await.unwrap();
    }
    let _listener = world.listen();
    let again = world.ask(asked.clone()).await.unwrap();
    assert!(
        matches!(&again, Answer::Decided(decided) if decided.repeated),
        "{again:?}"
    );
    assert_eq!(world.decisions().await.len(), 1);
    // Another operator learns who was first.
    let other = world.ask(request("other", "lee", skip(world.one(0)))).await;
    let text = other.as_ref().unwrap_err().to_string();
    assert!(text.contains("kim decided so (sent by post)"), "{text}");
    assert_eq!(kind(other), RefusalKind::AlreadyGivenUp);
    let other_deed = Asked::Compensate {
        letter: world.one(0),
        reason: "sent by post".into(),
    };
    let other_deed = world.ask(request("deed", "kim", other_deed)).await;
    assert_eq!(kind(other_deed), RefusalKind::AlreadyGivenUp);
}

#[tokio::test]
async fn what_was_refused_may_be_asked_for_again() {
    let world = World::new().await;
    let _listener = world.listen();
    let early = Added {
        consumer: ConsumerName::new("issuance").unwrap(),
        key: "p-1".into(),
        failure: refusal(),
        event: world.events[0].clone(),
        attempts: 1,
    };
    let letter = OneLetter {
        consumer: early.consumer.clone(),
        ..world.one(0)
    };
    let asked = request("skip", "kim", skip(letter));
    assert_eq!(
        kind(world.ask(asked.clone()).await),
        RefusalKind::NotALetter
    );
    world.letters.record(vec![early.into()]).await.unwrap();
    assert!(world.ask(asked).await.is_ok());
}

#[tokio::test]
async fn a_service_remembers_a_bounded_number_of_requests() {
    let world = World::new().await;
    let desk = OperatorDesk::new(world.letters.clone());
    let first = request("first", "kim", retry_all());
    let answer = desk.answer(&first).await;
    for number in 0..REQUESTS_REMEMBERED {
        desk.answer(&request(&format!("{number}"), "kim", retry_none()))
            .await;
    }
    world.fail_again(0).await;
    assert_ne!(
        desk.answer(&first).await.outcome,
        answer.outcome,
        "forgotten: tried once more"
    );
}

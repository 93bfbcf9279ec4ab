//! The requests on the wire, and the effect of each answer.

use std::time::Duration;

use minwon_adapters::notifiers::webhook::{VerifyError, WebhookError, WebhookSecret};
use minwon_core::Clock;
use minwon_petitions::{Notification, Notifier};
use tokio::{io::AsyncReadExt, join, net::TcpListener};

use crate::{
    receiver::{Receiver, Reply},
    support::{PauseTimer, TIMEOUT, builder, gave_up, notification, notifier, refused, secret},
};

const OK: Reply = Reply::Status(200, "");

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_notification_arrives_signed() {
    let (timer, receiver) = (PauseTimer::new(), Receiver::start([OK]).await);
    let notifier = notifier(&receiver.url, &timer);
    notifier.notify(&notification()).await.unwrap();
    let [request] = receiver.received().try_into().unwrap();
    assert_eq!(request.line, "POST /notices HTTP/1.1");
    assert_eq!(request.header("content-type"), "application/json");
    assert!(request.header("user-agent").starts_with("minwon/"));
    let id = "general/2026%2E%EB%AF%BC%EC%9B%90/018f6b2c-7a10-5c3e-9a55-3f2b8e6d4c11";
    assert_eq!(request.header("webhook-id"), id);
    assert_eq!(request.header("idempotency-key"), id);
    assert_eq!(request.header("webhook-timestamp"), "1773050400");
    assert!(
        request
            .body
            .contains(r#""petition":"2026.민원","event":"018f"#)
    );
    assert_eq!(request.verify(&secret(), timer.now()), Ok(()));
    assert_eq!(timer.clock.sleepers(), 0, "no time-out is left behind");
}

#[tokio::test]
async fn the_trace_of_a_notification_goes_with_it() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let (timer, receiver) = (PauseTimer::new(), Receiver::start([OK, OK]).await);
    let notifier = notifier(&receiver.url, &timer);
    let traced = Notification {
        traceparent: Some(trace.parse().unwrap()),
        ..notification()
    };
    notifier.notify(&traced).await.unwrap();
    notifier.notify(&notification()).await.unwrap();
    let [traced, untraced] = receiver.received().try_into().unwrap();
    assert_eq!(traced.header("traceparent"), trace);
    assert_eq!(untraced.headers.get("traceparent"), None);
    assert_eq!(traced.body, untraced.body);
}

#[tokio::test]
async fn a_forged_or_old_request_is_noticed() {
    let (timer, receiver) = (PauseTimer::new(), Receiver::start([OK]).await);
    let notifier = notifier(&receiver.url, &timer);
    notifier.notify(&notification()).await.unwrap();
    let [mut request] = receiver.received().try_into().unwrap();
    let sent_at = timer.now();
    let late = sent_at.saturating_add(secs(301));
    let old = Err(VerifyError::OutOfTime { sent_at });
    assert_eq!(request.verify(&secret(), late), old);
    request.body = request.body.replace("completed", "rejected");
    let forged = Err(VerifyError::Signature);
    assert_eq!(request.verify(&secret(), sent_at), forged);
}

#[tokio::test]
async fn a_repeat_has_the_same_key_on_the_same_connection() {
    let (timer, receiver) = (PauseTimer::new(), Receiver::start([OK, OK]).await);
    let notifier = notifier(&receiver.url, &timer);
    for _ in 0..2 {
        notifier.notify(&notification()).await.unwrap();
        timer.clock.advance(secs(60));
    }
    let [one, two] = receiver.received().try_into().unwrap();
    assert_eq!(one.header("webhook-id"), two.header("webhook-id"));
    assert_eq!(one.body, two.body);
    assert_ne!(
        one.header("webhook-timestamp"),
        two.header("webhook-timestamp")
    );
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn while_a_secret_is_changed_both_fit() {
    let (timer, receiver) = (PauseTimer::new(), Receiver::start([OK]).await);
    let previous = WebhookSecret::from_bytes(&[8; 32]).unwrap();
    let builder = builder(&receiver.url, &timer).previous_secret(previous.clone());
    builder
        .build()
        .unwrap()
        .notify(&notification())
        .await
        .unwrap();
    let [request] = receiver.received().try_into().unwrap();
    for known in [secret(), previous] {
        assert_eq!(request.verify(&known, timer.now()), Ok(()));
    }
    let unknown = WebhookSecret::from_bytes(&[9; 32]).unwrap();
    assert!(request.verify(&unknown, timer.now()).is_err());
}

#[tokio::test]
async fn a_receiver_in_trouble_is_tried_again() {
    for trouble in [408, 429, 500, 502, 503, 504] {
        let timer = PauseTimer::new();
        let receiver = Receiver::start([Reply::Status(trouble, ""), OK]).await;
        let notifier = notifier(&receiver.url, &timer);
        notifier.notify(&notification()).await.unwrap();
        let [one, two] = receiver.received().try_into().unwrap();
        assert_eq!(one.header("webhook-id"), two.header("webhook-id"));
        assert_ne!(
            one.header("webhook-signature"),
            two.header("webhook-signature")
        );
        assert_eq!(two.verify(&secret(), timer.now()), Ok(()));
        let [pause] = timer.pauses().try_into().unwrap();
        assert!((secs(1)..=secs(2)).contains(&pause), "{pause:?}");
    }
}

#[tokio::test]
async fn tries_are_bounded() {
    let script = [500, 503, 502].map(|status| Reply::Status(status, ""));
    let (timer, receiver) = (PauseTimer::new(), Receiver::start(script).await);
    let notifier = notifier(&receiver.url, &timer);
    let (tries, last) = gave_up(notifier.notify(&notification()).await);
    assert!(matches!(last, WebhookError::Status { status: 502, .. }));
    assert_eq!((tries, timer.pauses().len()), (3, 2));
}

#[tokio::test]
async fn a_receiver_that_asks_for_patience_gets_it() {
    for (headers, seconds) in [
        ("retry-after: 7\r\n", 7),
        ("retry-after: Mon, 09 Mar 2026 10:00:40 GMT\r\n", 40),
    ] {
        let timer = PauseTimer::new();
        let receiver = Receiver::start([Reply::Status(429, headers), OK]).await;
        let notifier = notifier(&receiver.url, &timer);
        notifier.notify(&notification()).await.unwrap();
        assert_eq!(timer.pauses(), [secs(seconds)]);
    }
}

#[tokio::test]
async fn more_patience_than_allowed_ends_the_tries() {
    let reply = Reply::Status(503, "retry-after: 61\r\n");
    let (timer, receiver) = (PauseTimer::new(), Receiver::start([reply]).await);
    let notifier = notifier(&receiver.url, &timer);
    let (tries, last) = gave_up(notifier.notify(&notification()).await);
    assert_eq!((tries, last.retry_after()), (1, Some(secs(61))));
    assert_eq!(timer.pauses(), []);
}

#[tokio::test]
async fn a_receiver_that_hangs_is_left_after_the_timeout() {
    let script = [Reply::Hang, OK];
    let (timer, receiver) = (PauseTimer::new(), Receiver::start(script).await);
    let notifier = notifier(&receiver.url, &timer);
    let notification = notification();
    let (notified, ()) = join!(notifier.notify(&notification), async {
        receiver.has_received(1).await;
        timer.clock.advance(TIMEOUT);
    });
    notified.unwrap();
    assert_eq!(receiver.received().len(), 2);
    assert_eq!(
        receiver.connections(),
        2,
        "a connection that hangs is not used again"
    );
}

#[tokio::test]
async fn a_receiver_that_always_hangs_is_away() {
    let script = [Reply::Hang, Reply::Hang, Reply::Hang];
    let (timer, receiver) = (PauseTimer::new(), Receiver::start(script).await);
    let notifier = notifier(&receiver.url, &timer);
    let notification = notification();
    let (notified, ()) = join!(notifier.notify(&notification), async {
        for requests in 1..=3 {
            receiver.has_received(requests).await;
            timer.clock.advance(TIMEOUT);
        }
    });
    let (tries, last) = gave_up(notified);
    assert_eq!(tries, 3);
    assert!(matches!(last, WebhookError::TimedOut { timeout: TIMEOUT }));
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_anew() {
    let (timer, receiver) = (PauseTimer::new(), Receiver::start([Reply::Break, OK]).await);
    let notifier = notifier(&receiver.url, &timer);
    notifier.notify(&notification()).await.unwrap();
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn where_nobody_listens_the_receiver_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let timer = PauseTimer::new();
    let notified = notifier(&url, &timer).notify(&notification()).await;
    let (tries, last) = gave_up(notified);
    assert_eq!(tries, 3);
    assert!(matches!(last, WebhookError::Connection(_)));
}

#[tokio::test]
async fn a_refusal_is_final() {
    for refusal in [400, 401, 404, 410, 422] {
        let timer = PauseTimer::new();
        let receiver = Receiver::start([Reply::Status(refusal, "")]).await;
        let notified = notifier(&receiver.url, &timer)
            .notify(&notification())
            .await;
        assert!(
            matches!(refused(notified), WebhookError::Status { status, .. } if status == refusal)
        );
        assert_eq!((receiver.received().len(), timer.pauses().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for redirect in [301, 302, 307, 308] {
        let timer = PauseTimer::new();
        let headers = "location: /elsewhere\r\n";
        let receiver = Receiver::start([Reply::Status(redirect, headers)]).await;
        let notified = notifier(&receiver.url, &timer)
            .notify(&notification())
            .await;
        let error = refused(notified).to_string();
        assert!(error.contains("set the address"), "{error}");
        assert_eq!(receiver.received().len(), 1);
    }
}

/// Whether a certificate is checked rightly is rustls's to test; here, that https means encrypted.
#[tokio::test]
async fn https_is_spoken_encrypted() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let timer = PauseTimer::new();
    let notifier = notifier(&url, &timer);
    let notification = notification();
    let (notified, ()) = join!(notifier.notify(&notification), async {
        for _ in 0..3 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let first = stream.read_u8().await.unwrap();
            assert_eq!(first, 0x16, "a TLS handshake");
        }
    });
    assert!(matches!(
        gave_up(notified),
        (3, WebhookError::Connection(_))
    ));
}

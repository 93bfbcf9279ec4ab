//! The messages on the socket: a format that programs of other versions read, and whatever else
//! somebody may send.

use super::*;

const SKIP: &str = r#"{"version":1,"id":"6f1c2a34-8f0e-4c5e-9a53-0d6a3a1c7b21","namespace":"general","by":"kim","ask":"skip","consumer":"notifier","event":{"position":"00000000000000070000000000000007"},"reason":"sent by post"}"#;

fn skip_at_7(position: GlobalPosition) -> Request {
    Request {
        id: "6f1c2a34-8f0e-4c5e-9a53-0d6a3a1c7b21".parse().unwrap(),
        ..request(
            "any",
            "kim",
            skip(OneLetter {
                consumer: consumer(),
                event: EventAt::Position(position),
            }),
        )
    }
}

#[test]
fn the_format_of_requests_and_replies_stays() {
    let position = GlobalPosition::new(7);
    let asked = skip_at_7(position);
    let json = serde_json::to_string(&asked).unwrap();
    let place = serde_json::to_string(&position).unwrap();
    let golden = SKIP.replace("\"00000000000000070000000000000007\"", &place);
    assert_eq!(json, golden);
    assert_eq!(Request::parse(golden.as_bytes()).unwrap(), asked);
    let retry = request("retry", "kim", retry_all());
    let json = serde_json::to_string(&retry).unwrap();
    assert!(
        json.ends_with(r#""by":"kim","ask":"retry","letters":"all","wait_seconds":0}"#),
        "{json}"
    );
    let refusal = Refusal::of_text(RefusalKind::NotALetter, "no");
    let reply = Reply::new(None, Err(refusal));
    assert_eq!(
        String::from_utf8(reply.line()).unwrap(),
        r#"{"version":1,"id":null,"refused":{"kind":"not-a-letter","message":"no","causes":[]}}"#
    );
    let newer = r#"{"version":1,"id":null,"refused":{"kind":"too-late","message":"no"}}"#;
    let newer: Reply = serde_json::from_str(newer).unwrap();
    assert!(matches!(
        newer.outcome,
        Outcome::Refused(Refusal {
            kind: RefusalKind::Other,
            ..
        })
    ));
}

/// Returns the service's answer to a line.
fn say(stream: &mut BufReader<UnixStream>, line: &[u8]) -> Option<Reply> {
    stream.get_mut().write_all(line).unwrap();
    stream.get_mut().write_all(b"\n").unwrap();
    let mut answer = String::new();
    stream.read_line(&mut answer).unwrap();
    (!answer.is_empty()).then(|| serde_json::from_str(&answer).unwrap())
}

fn refused(reply: Option<Reply>) -> RefusalKind {
    match reply.map(|reply| reply.outcome) {
        Some(Outcome::Refused(refusal)) => refusal.kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn junk_is_answered_and_the_next_request_as_well() {
    let world = World::new().await;
    let _listener = world.listen();
    let socket = world.socket();
    let talk = move || {
        let mut stream = BufReader::new(UnixStream::connect(&socket).unwrap());
        let nested = "[".repeat(REQUEST_BYTES_MAX);
        let junk = [
            &b""[..],
            b"GET / HTTP/1.1",
            b"\xff\xfe\x00",
            b"null",
            b"[]",
            b"{}",
            br#"{"version":1}"#,
            br#"{"version":-1}"#,
            br#"{"version":1,"id":"6f1c2a34-8f0e-4c5e-9a53-0d6a3a1c7b21","namespace":"general","by":"kim","ask":"drop-all"}"#,
            br#"{"version":1,"id":"6f1c2a34-8f0e-4c5e-9a53-0d6a3a1c7b21","namespace":"a b","by":"kim","ask":"retry","letters":"all","wait_seconds":0}"#,
            nested.as_bytes(),
        ];
        for line in junk {
            let kind = refused(say(&mut stream, line));
            assert_eq!(
                kind,
                RefusalKind::BadRequest,
                "{}",
                String::from_utf8_lossy(line)
            );
        }
        for end in 0..SKIP.len() {
            assert_eq!(
                refused(say(&mut stream, &SKIP.as_bytes()[..end])),
                RefusalKind::BadRequest
            );
        }
        let newer = SKIP.replace(r#""version":1"#, r#""version":2"#);
        let newer = say(&mut stream, newer.as_bytes()).unwrap();
        assert!(newer.id.is_some());
        assert_eq!(refused(Some(newer)), RefusalKind::OtherVersion);
        let groups = serde_json::to_vec(&request("groups", "kim", retry_none())).unwrap();
        let answered = say(&mut stream, &groups).unwrap();
        assert!(
            matches!(answered.outcome, Outcome::Answer(_)),
            "{answered:?}"
        );
        // Too long: answered, and the connection ends.
        let long = vec![b' '; REQUEST_BYTES_MAX + 1];
        let too_long = say(&mut stream, &long).unwrap();
        let Outcome::Refused(refusal) = too_long.outcome else {
            panic!("{too_long:?}");
        };
        assert!(refusal.message.contains("at most"), "{refusal:?}");
        let mut rest = String::new();
        assert_eq!(stream.read_line(&mut rest).unwrap_or(0), 0, "{rest}");
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
    assert_eq!(world.decisions().await.len(), 0);
}

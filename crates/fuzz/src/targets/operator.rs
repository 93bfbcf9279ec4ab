//! What comes over an operator's socket: requests, and the replies to them.

use minwon::operator::{REQUEST_VERSION, Reply, Request, read_request};

use super::{ERROR_BYTES_MAX, inputs};

pub(super) fn golden() -> Vec<Vec<u8>> {
    let head = r#"{"version":1,"id":"39ad8a40-ea5f-5084-8ebc-0b3187a01030","namespace":"general","by":"operator-1""#;
    let reply = r#"{"version":1,"id":"39ad8a40-ea5f-5084-8ebc-0b3187a01030""#;
    let event = r#"{"position":"100","stream":"general_GeneralApplication-p-0","version":0,"id":"af17f931-ed75-5e9e-ad63-961f87949f45","type":"GeneralApplicationSubmitted","petition":"p-0"}"#;
    let failure = r##"{"class":"handler","error":"port 1 is shut","group":"port # is shut"}"##;
    let letter = format!(
        r#"{{"consumer":"notifier","key":"p-0","event":{event},"failure":{failure},"attempts":4,"since":"2026-03-09T01:00:00Z","retry_requested":false,"waiting":2}}"#
    );
    let texts = [
        format!(r#"{head},"ask":"retry","letters":"all","wait_seconds":60}}"#),
        format!(
            r#"{head},"ask":"retry","letters":{{"event":{{"consumer":"notifier","event":{{"position":"100"}}}}}},"wait_seconds":0}}"#
        ),
        format!(
            r#"{head},"ask":"skip","consumer":"notifier","event":{{"id":"af17f931-ed75-5e9e-ad63-961f87949f45"}},"reason":"a duplicate"}}"#
        ),
        format!(
            r#"{head},"ask":"compensate","consumer":"notifier","event":{{"position":"100"}},"reason":"x"}}"#
        ),
        format!(r#"{reply},"refused":{{"kind":"busy","message":"later","causes":["x"]}}}}"#),
        format!(
            r#"{reply},"answer":{{"decided":{{"consumer":"notifier","event":{event},"repeated":false}}}}}}"#
        ),
        format!(
            r#"{reply},"answer":{{"retried":{{"results":[{{"letter":{letter},"outcome":{{"failed-again":{failure}}}}}],"not_requested":[{letter}],"left":1}}}}}}"#
        ),
    ];
    inputs(&texts.each_ref().map(String::as_str))
}

pub(super) fn run(input: &[u8]) {
    match read_request(input) {
        Ok(request) => {
            assert_eq!(request.version, REQUEST_VERSION);
            let line = serde_json::to_vec(&request).unwrap();
            let again: Request = read_request(&line).unwrap();
            assert_eq!(again, request);
        }
        Err(reply) => {
            check_reply(&reply);
            let line = serde_json::to_vec(&reply).unwrap();
            assert!(line.len() <= 2 * ERROR_BYTES_MAX && !line.contains(&b'\n'));
        }
    }
    if let Ok(reply) = serde_json::from_slice::<Reply>(input) {
        check_reply(&reply);
    }
}

fn check_reply(reply: &Reply) {
    let line = serde_json::to_vec(reply).unwrap();
    assert_eq!(serde_json::from_slice::<Reply>(&line).unwrap(), *reply);
}

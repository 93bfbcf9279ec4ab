//! Answers to reads of streams, message by message, as no client shows them.

use minwon_kurrentdb_protocol::{
    StreamIdentifier,
    streams::{
        ReadReq,
        read_req::{
            Options,
            options::{
                ControlOption, CountOption, FilterOption, ReadDirection, StreamOption,
                StreamOptions, UuidOption, stream_options::RevisionOption, uuid_option,
            },
        },
        read_resp::Content,
        streams_client::StreamsClient,
    },
};
use minwon_kurrentdb_stand_in::{Code, StandIn};
use tonic::{Request, Status, transport::Endpoint};

use crate::kit::soon;

/// What is answered to a read of `stream` from its start, with other options by `change`.
pub(crate) async fn ask(
    stand_in: &StandIn,
    stream: &str,
    change: impl FnOnce(&mut Options),
    authorization: Option<&str>,
) -> Result<Vec<String>, Status> {
    let address = format!("http://127.0.0.1:{}", stand_in.port(0));
    let endpoint = Endpoint::from_shared(address).expect("an address");
    let mut client = StreamsClient::new(soon(endpoint.connect()).await.expect("it listens"));
    let mut options = Options {
        stream_option: Some(from(stream, RevisionOption::Start(Default::default()))),
        uuid_option: Some(UuidOption {
            content: Some(uuid_option::Content::String(Default::default())),
        }),
        filter_option: Some(FilterOption::NoFilter(Default::default())),
        count_option: Some(CountOption::Count(1000)),
        control_option: Some(ControlOption { compatibility: 1 }),
        ..Options::default()
    };
    change(&mut options);
    let mut request = Request::new(ReadReq {
        options: Some(options),
    });
    if let Some(authorization) = authorization {
        let header = authorization.parse().expect("a header");
        request.metadata_mut().insert("authorization", header);
    }
    let mut messages = soon(client.read(request)).await?.into_inner();
    let mut answers = Vec::new();
    while let Some(message) = soon(messages.message()).await? {
        answers.push(match message.content {
            Some(Content::Event(event)) => {
                let event = event.event.expect("an event");
                format!("event {}", event.stream_revision)
            }
            Some(Content::FirstStreamPosition(revision)) => format!("first {revision}"),
            Some(Content::LastStreamPosition(revision)) => format!("last {revision}"),
            Some(Content::StreamNotFound(_)) => "not found".into(),
            _ => "something else".into(),
        });
    }
    Ok(answers)
}

fn from(stream: &str, start: RevisionOption) -> StreamOption {
    StreamOption::Stream(StreamOptions {
        stream_identifier: Some(StreamIdentifier {
            stream_name: stream.as_bytes().to_vec().into(),
        }),
        revision_option: Some(start),
    })
}

async fn read(stand_in: &StandIn, change: impl FnOnce(&mut Options)) -> Vec<String> {
    let answers = ask(stand_in, "s", change, None).await;
    answers.expect("the stream may be read")
}

fn at(revision: u64, count: u64) -> impl FnOnce(&mut Options) {
    move |options| {
        options.stream_option = Some(from("s", RevisionOption::Revision(revision)));
        options.count_option = Some(CountOption::Count(count));
    }
}

fn backwards(count: u64) -> impl FnOnce(&mut Options) {
    move |options| {
        options.stream_option = Some(from("s", RevisionOption::End(Default::default())));
        options.count_option = Some(CountOption::Count(count));
        options.set_read_direction(ReadDirection::Backwards);
    }
}

/// A stand-in with so many events in the stream `s`.
async fn with_events(count: u64) -> StandIn {
    let builder = StandIn::builder().acknowledges_at_once();
    let stand_in = builder.start().await.expect("there is a free port");
    for _ in 0..count {
        stand_in.write("s", "Somebodys", "{}", "");
    }
    stand_in
}

#[tokio::test]
async fn the_last_revision_comes_behind_the_events_however_many_are_wanted() {
    let stand_in = with_events(3).await;
    assert_eq!(
        read(&stand_in, |_| {}).await,
        ["event 0", "event 1", "event 2", "last 2"]
    );
    assert_eq!(read(&stand_in, at(1, 1)).await, ["event 1", "last 2"]);
    assert_eq!(
        read(&stand_in, backwards(2)).await,
        ["event 2", "event 1", "last 2"]
    );
    let unasked = read(&stand_in, |options| options.control_option = None).await;
    assert_eq!(unasked, ["event 0", "event 1", "event 2"]);
}

#[tokio::test]
async fn behind_its_end_a_stream_says_where_it_would_go_on() {
    let stand_in = with_events(3).await;
    assert_eq!(read(&stand_in, at(3, 10)).await, ["last 2"]);
    assert_eq!(read(&stand_in, at(9, 10)).await, ["first 3", "last 2"]);
}

/// A server looks at pages of 32 events.
#[tokio::test]
async fn a_stream_that_begins_late_says_so_only_if_the_first_page_is_empty() {
    let stand_in = with_events(3).await;
    for cut in [r#"{"$maxCount":1}"#, r#"{"$tb":2}"#] {
        stand_in.set_metadata("s", cut);
        assert_eq!(
            read(&stand_in, |_| {}).await,
            ["event 2", "last 2"],
            "{cut}"
        );
        assert_eq!(
            read(&stand_in, at(0, 2)).await,
            ["first 2", "event 2", "last 2"],
            "{cut}"
        );
        assert_eq!(
            read(&stand_in, at(1, 2)).await,
            ["event 2", "last 2"],
            "{cut}"
        );
        assert_eq!(
            read(&stand_in, backwards(9)).await,
            ["event 2", "last 2"],
            "{cut}"
        );
    }
    let stand_in = with_events(40).await;
    stand_in.set_metadata("s", r#"{"$tb":33}"#);
    let answers = read(&stand_in, |_| {}).await;
    assert_eq!(answers[..2], ["first 33", "event 33"]);
    assert_eq!(answers.len(), 9);
}

#[tokio::test]
async fn a_stream_whose_events_are_all_cut_off_is_there_and_empty() {
    let stand_in = with_events(3).await;
    stand_in.set_metadata("s", r#"{"$tb":9}"#);
    assert_eq!(read(&stand_in, |_| {}).await, ["first 3", "last 2"]);
    assert_eq!(
        read(&stand_in, at(0, 4)).await,
        ["first 9", "first 3", "last 2"]
    );
    assert_eq!(
        read(&stand_in, at(3, 4)).await,
        ["first 9", "first 3", "last 2"]
    );
    assert_eq!(read(&stand_in, at(3, 40)).await, ["last 2"]);
    assert_eq!(read(&stand_in, backwards(4)).await, ["last 2"]);
}

#[tokio::test]
async fn a_stream_that_is_deleted_is_not_found_until_it_is_begun_anew() {
    let stand_in = with_events(3).await;
    stand_in.delete("s");
    assert_eq!(read(&stand_in, |_| {}).await, ["not found"]);
    assert_eq!(read(&stand_in, backwards(1)).await, ["not found"]);
    stand_in.write("s", "Somebodys", "{}", "");
    assert_eq!(read(&stand_in, |_| {}).await, ["event 3", "last 3"]);
    assert_eq!(
        read(&stand_in, at(0, 3)).await,
        ["first 3", "event 3", "last 3"]
    );
    let metadata = stand_in.stream("$$s");
    assert_eq!(
        metadata.last().expect("it was deleted").data,
        r#"{"$tb":3}"#
    );
}

#[tokio::test]
async fn a_tombstone_ends_a_stream_for_ever() {
    let stand_in = with_events(1).await;
    stand_in.tombstone("s");
    let error = ask(&stand_in, "s", |_| {}, None).await;
    let error = error.expect_err("it is gone");
    assert_eq!(error.code(), Code::FailedPrecondition);
    let exception = error.metadata().get("exception").expect("it says which");
    assert_eq!(exception, "stream-deleted");
}

#[tokio::test]
async fn what_others_write_is_read_as_they_wrote_it() {
    let stand_in = with_events(1).await;
    stand_in.link("s", "general_Petition-1", 7);
    let link = stand_in.stream("s").pop().expect("it was written");
    assert_eq!(
        (&*link.event_type, &*link.data),
        ("$>", &b"7@general_Petition-1"[..])
    );
    assert!(link.custom_metadata.is_empty());
    assert_eq!(
        read(&stand_in, |_| {}).await,
        ["event 0", "event 1", "last 1"]
    );
}

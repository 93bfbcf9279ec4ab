use kurrentdb::StreamState::{Any, NoStream};
use kurrentdb::{Client, DeleteStreamOptions, Error, ReadAllOptions};
use minwon_kurrentdb_stand_in::{ADMINS, Code, ServiceRight, StandIn};

use crate::answers::ask;
use crate::kit::{append, client_of, in_short, next, read_all, read_stream, soon, until_caught_up};

/// A stand-in that knows an administrator and a clerk, and a client of each.
async fn office() -> (StandIn, Client, Client) {
    let builder = StandIn::builder()
        .acknowledges_at_once()
        .user("admin", "changeit", [ADMINS])
        .user("clerk", "secret", ["clerks"]);
    let stand_in = builder.start().await.expect("there is a free port");
    let admin = client_of(&stand_in.url_as("admin:changeit"));
    let clerk = client_of(&stand_in.url_as("clerk:secret"));
    (stand_in, admin, clerk)
}

/// What may be done to a stream, in the letters of an access control list.
async fn allowed(client: &Client, stream: &str) -> Vec<&'static str> {
    let meta = format!("$${stream}");
    let options = DeleteStreamOptions::default();
    let outcomes = [
        ("w", append(client, stream, Any, [1]).await.map(|_| ())),
        ("r", read_stream(client, stream).await.map(|_| ())),
        ("mw", describe(client, stream, "{}").await),
        ("mr", read_stream(client, &meta).await.map(|_| ())),
        (
            "d",
            soon(client.delete_stream(stream, &options))
                .await
                .map(|_| ()),
        ),
    ];
    let mut allowed = Vec::new();
    for (right, outcome) in outcomes {
        match outcome {
            Ok(()) | Err(Error::ResourceNotFound) => allowed.push(right),
            Err(Error::AccessDenied) => {}
            Err(error) => panic!("{right}: {error:?}"),
        }
    }
    allowed
}

async fn describe(client: &Client, stream: &str, json: &'static str) -> kurrentdb::Result<()> {
    let event = kurrentdb::EventData::binary("$metadata", json.into());
    soon(client.append_to_stream(format!("$${stream}"), &Default::default(), event))
        .await
        .map(|_| ())
}

const EVERYTHING: [&str; 5] = ["w", "r", "mw", "mr", "d"];

#[tokio::test]
async fn only_those_who_are_known_are_let_in() {
    let (stand_in, ..) = office().await;
    for url in [
        stand_in.url(),
        stand_in.url_as("clerk:wrong"),
        stand_in.url_as("nobody:secret"),
    ] {
        let error = append(&client_of(&url), "s", NoStream, [1])
            .await
            .expect_err("a stranger");
        assert!(matches!(error, Error::AccessDenied), "{error:?}");
    }
    let nobody = ask(&stand_in, "s", |_| {}, None)
        .await
        .expect_err("has no name");
    assert_eq!(nobody.code(), Code::PermissionDenied);
    let exception = nobody.metadata().get("exception").expect("it says which");
    assert_eq!(exception, "access-denied");
    for credentials in ["Basic bm9ib2R5OnNlY3JldA==", "Basic ???", "Bearer x"] {
        let stranger = ask(&stand_in, "s", |_| {}, Some(credentials)).await;
        let stranger = stranger.expect_err("is not known");
        assert_eq!(stranger.code(), Code::Unauthenticated, "{credentials}");
    }
    assert!(
        ask(&stand_in, "s", |_| {}, Some("Basic Y2xlcms6c2VjcmV0"))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn streams_are_for_everybody_and_those_of_the_system_for_administrators() {
    let (_stand_in, admin, clerk) = office().await;
    assert_eq!(allowed(&clerk, "s").await, EVERYTHING);
    assert!(allowed(&clerk, "$s").await.is_empty());
    assert_eq!(allowed(&admin, "$s").await, EVERYTHING);
    let all = ReadAllOptions::default();
    let error = read_all(&clerk, &all)
        .await
        .expect_err("all is not for clerks");
    assert!(matches!(error, Error::AccessDenied), "{error:?}");
    assert!(!read_all(&admin, &all).await.expect("it is").is_empty());
}

#[tokio::test]
async fn where_there_are_no_users_everybody_may_do_everything() {
    let builder = StandIn::builder().acknowledges_at_once();
    let stand_in = builder.start().await.expect("there is a free port");
    for url in [stand_in.url(), stand_in.url_as("nobody:secret")] {
        assert_eq!(allowed(&client_of(&url), "$s").await, EVERYTHING);
    }
    for stream in ["$all", "$$"] {
        let error = append(&client_of(&stand_in.url()), stream, Any, [1])
            .await
            .expect_err("nobody writes there");
        assert!(matches!(error, Error::AccessDenied), "{stream}: {error:?}");
    }
}

#[tokio::test]
async fn all_may_be_read_by_whom_its_metadata_names() {
    let (_stand_in, admin, clerk) = office().await;
    for (list, is_allowed) in [
        (r#"{"$acl":{"$r":["$admins","clerk"]}}"#, true),
        (r#"{"$acl":{"$r":"$admins"}}"#, false),
        (r#"{"$acl":{"$r":"clerks"}}"#, true),
        (r#"{"$acl":{"$w":"clerks"}}"#, false),
        (r#"{"$acl":"$userStreamAcl"}"#, true),
        ("{}", false),
    ] {
        describe(&admin, "$all", list)
            .await
            .expect("an administrator");
        let read = read_all(&clerk, &ReadAllOptions::default()).await;
        assert_eq!(read.is_ok(), is_allowed, "{list}");
        assert!(read_all(&admin, &ReadAllOptions::default()).await.is_ok());
    }
}

#[tokio::test]
async fn a_streams_own_list_comes_before_the_settings_and_those_before_what_a_server_begins_with() {
    let (stand_in, admin, clerk) = office().await;
    let settings =
        r#"{"$userStreamAcl":{"$r":"clerk","$w":"clerk","$mr":"clerks","$mw":"$admins"}}"#;
    let event = kurrentdb::EventData::binary("update-default-acl", settings.into());
    soon(admin.append_to_stream("$settings", &Default::default(), event))
        .await
        .expect("an administrator");
    // Nothing is said of deletions there.
    assert_eq!(allowed(&clerk, "s").await, ["w", "r", "mr", "d"]);
    let own = r#"{"$acl":{"$r":"$admins","$mw":"clerk"}}"#;
    describe(&admin, "own", own)
        .await
        .expect("an administrator");
    let before = stand_in.stream("$$own").len();
    let error = read_stream(&clerk, "own").await.expect_err("its own list");
    assert!(matches!(error, Error::AccessDenied), "{error:?}");
    append(&clerk, "own", Any, [1]).await.expect("the settings");
    describe(&clerk, "own", "{}").await.expect("its own list");
    assert_eq!(stand_in.stream("$$own").len(), before + 1);
    read_stream(&clerk, "own").await.expect("the list is gone");
}

#[tokio::test]
async fn each_right_of_a_service_can_be_withheld_by_itself() {
    let (stand_in, admin, clerk) = office().await;
    let letter = |right| match right {
        ServiceRight::ReadAll => "all",
        ServiceRight::Read => "r",
        ServiceRight::Write => "w",
        ServiceRight::WriteMetadata => "mw",
        ServiceRight::ReadMetadata => "mr",
        ServiceRight::Delete => "d",
    };
    let may = async |client: &Client| {
        let mut may = allowed(client, "general_Petition-1").await;
        may.extend(
            read_all(client, &ReadAllOptions::default())
                .await
                .ok()
                .map(|_| "all"),
        );
        may
    };
    append(&admin, "general_Petition-1", Any, [1])
        .await
        .expect("an administrator");
    stand_in.grant("clerk", &ServiceRight::ALL);
    assert_eq!(may(&clerk).await, ["w", "r", "mw", "mr", "d", "all"]);
    assert_eq!(stand_in.refusals(), 0);
    for withheld in ServiceRight::ALL {
        stand_in.grant("clerk", &withheld.others());
        let mut expected = vec!["w", "r", "mw", "mr", "d", "all"];
        expected.retain(|right| *right != letter(withheld));
        assert_eq!(may(&clerk).await, expected, "{withheld:?}");
    }
    assert_eq!(stand_in.refusals(), 6);
    assert_eq!(may(&admin).await.len(), 6);
}

#[tokio::test]
async fn a_user_may_be_disabled_and_get_another_password_while_subscriptions_go_on() {
    let (stand_in, admin, clerk) = office().await;
    let options = kurrentdb::SubscribeToStreamOptions::default();
    let mut subscription = clerk.subscribe_to_stream("s", &options).await;
    until_caught_up(&mut subscription).await;
    let refused = async |client: &Client| {
        let error = append(client, "s", Any, [9]).await;
        matches!(error, Err(Error::AccessDenied))
    };
    stand_in.disable_user("clerk");
    assert!(refused(&clerk).await);
    append(&admin, "s", Any, [1]).await.expect("another user");
    let event = next(&mut subscription).await.expect("it goes on");
    assert_eq!(in_short(&event), "event 1");
    stand_in.enable_user("clerk");
    assert!(!refused(&clerk).await);
    stand_in.set_password("clerk", "another");
    assert!(refused(&clerk).await);
    assert!(!refused(&client_of(&stand_in.url_as("clerk:another"))).await);
}

use kurrentdb::StreamState::{Any, NoStream};
use kurrentdb::{Error, ReadAllOptions};
use minwon_kurrentdb_stand_in::{Access, StandIn};

use crate::kit::{append, client_of, read_all, read_stream};

#[tokio::test]
async fn only_those_who_are_known_are_let_in_and_only_admins_read_all() {
    let stand_in = StandIn::builder()
        .user("admin", "changeit", Access::Admin)
        .user("clerk", "secret", Access::Streams)
        .start()
        .await
        .expect("there is a free port");
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
    let clerk = client_of(&stand_in.url_as("clerk:secret"));
    append(&clerk, "s", NoStream, [1])
        .await
        .expect("streams are for clerks");
    assert_eq!(
        read_stream(&clerk, "s").await.expect("so is reading them"),
        [1]
    );
    append(&clerk, "$$s", Any, [2])
        .await
        .expect("so is what is said of them");
    let error = read_all(&clerk, &ReadAllOptions::default())
        .await
        .expect_err("all is not");
    assert!(matches!(error, Error::AccessDenied), "{error:?}");
    let admin = client_of(&stand_in.url_as("admin:changeit"));
    assert!(
        !read_all(&admin, &ReadAllOptions::default())
            .await
            .expect("it is")
            .is_empty()
    );
}

#[tokio::test]
async fn streams_of_the_system_are_not_for_writing() {
    let stand_in = StandIn::start().await.expect("there is a free port");
    let client = client_of(&stand_in.url());
    for stream in ["$all", "$mine", "$$"] {
        let error = append(&client, stream, Any, [1])
            .await
            .expect_err("it is reserved");
        assert!(matches!(error, Error::AccessDenied), "{stream}: {error:?}");
    }
}

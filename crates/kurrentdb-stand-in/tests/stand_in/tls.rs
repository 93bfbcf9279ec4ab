use kurrentdb::StreamState::{Any, NoStream};
use minwon_kurrentdb_stand_in::{Authority, Certificate, StandIn};

use crate::kit::{append, client_of, read_stream, soon};

async fn encrypted(certificate: &Certificate) -> StandIn {
    let builder = StandIn::builder().tls(certificate);
    builder.start().await.expect("there is a free port")
}

/// Whether a new client comes through.
async fn is_let_in(url: &str) -> bool {
    let url = format!("{url}&maxDiscoverAttempts=2");
    append(&client_of(&url), "s", Any, [1]).await.is_ok()
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_comes_through() {
    let stand_in = encrypted(&Authority::new("ours").certificate()).await;
    let url = stand_in.url();
    assert!(url.contains("tls=true&tlsCaFile=/"), "{url}");
    let client = client_of(&url);
    append(&client, "s", NoStream, [1])
        .await
        .expect("it is encrypted");
    assert_eq!(read_stream(&client, "s").await.expect("it is there"), [1]);
    let several = StandIn::builder()
        .nodes(3)
        .tls(&Authority::new("ours").certificate());
    let several = several.start().await.expect("there are free ports");
    several.move_leader(2);
    append(&client_of(&several.url()), "s", NoStream, [1])
        .await
        .expect("the leader is found");
}

#[tokio::test]
async fn wrong_certificates_and_those_of_another_authority_are_not_trusted() {
    let (ours, other) = (Authority::new("ours"), Authority::new("ours"));
    let stand_in = encrypted(&ours.certificate()).await;
    for (certificate, is_sound) in [
        (ours.certificate(), true),
        (ours.certificate_for("db.example"), false),
        (ours.expired_certificate(), false),
        (ours.future_certificate(), false),
        (other.certificate(), false),
    ] {
        stand_in.replace_certificate(&certificate);
        assert_eq!(is_let_in(&stand_in.url()).await, is_sound);
    }
    let file = stand_in.authority_file().expect("it is encrypted");
    other.write_to(file).expect("it is ours to write");
    assert!(is_let_in(&stand_in.url()).await);
}

#[tokio::test]
async fn open_connections_outlive_a_certificate_and_new_ones_see_the_next() {
    let authority = Authority::new("ours");
    let stand_in = encrypted(&authority.certificate()).await;
    let client = client_of(&stand_in.url());
    append(&client, "s", Any, [1]).await.expect("it is trusted");
    stand_in.replace_certificate(&authority.expired_certificate());
    append(&client, "s", Any, [2])
        .await
        .expect("nobody looks again");
    stand_in.cut_connections();
    soon(stand_in.until_connections(0)).await;
    append(&client, "s", Any, [3])
        .await
        .expect_err("it has expired");
    stand_in.replace_certificate(&authority.certificate());
    assert!(is_let_in(&stand_in.url()).await);
}

#[tokio::test]
async fn who_speaks_plainly_to_an_encrypted_port_is_not_answered_nor_the_other_way() {
    let encrypted = encrypted(&Authority::new("ours").certificate()).await;
    let plain = StandIn::start().await.expect("there is a free port");
    let at = |port: u16, settings: &str| format!("kurrentdb://127.0.0.1:{port}?{settings}");
    assert!(!is_let_in(&at(encrypted.port(0), "tls=false")).await);
    let (_, settings) = encrypted
        .url()
        .split_once('?')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("settings");
    assert!(!is_let_in(&at(plain.port(0), &settings)).await);
    assert!(is_let_in(&at(encrypted.port(0), &settings)).await);
}

#[tokio::test]
async fn a_client_that_says_nothing_holds_nobody_up() {
    let stand_in = encrypted(&Authority::new("ours").certificate()).await;
    let silent = tokio::net::TcpStream::connect(("127.0.0.1", stand_in.port(0)));
    let silent = silent.await.expect("it listens");
    soon(stand_in.until_connections(1)).await;
    assert!(is_let_in(&stand_in.url()).await);
    drop(silent);
}

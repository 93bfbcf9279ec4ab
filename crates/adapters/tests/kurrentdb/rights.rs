//! Users, passwords and rights.

use std::{
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Instant,
};

use minwon_adapters::kurrentdb::{
    CredentialSource, Credentials, CredentialsFile, KurrentFeed, KurrentOptions, KurrentStore,
};
use minwon_core::{
    AppendError, CheckpointName, CheckpointStore, EventFilter, EventStore,
    ExpectedVersion::{self, NoStream},
    Feed, GlobalPosition, NamespaceName, Slice, StoreErrorKind, StreamName,
};
use minwon_kurrentdb_stand_in::{ADMINS, Call, ServiceRight, StandIn};
use tokio::sync::watch;

use crate::scene::{PAGE, events, ids_in_log, impatient, new_ids, open, patient, stream, told};

const USER: &str = "minwon";

fn namespace() -> NamespaceName {
    NamespaceName::new("general").unwrap()
}

async fn with_user(rights: &[ServiceRight]) -> StandIn {
    let builder = StandIn::builder().user(USER, "secret", []);
    let stand_in = builder.start().await.unwrap();
    stand_in.grant(USER, rights);
    stand_in
}

fn store_of(stand_in: &StandIn) -> KurrentStore {
    open(&stand_in.url_as("minwon:secret"), patient())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_set_of_rights_is_enough_and_trying_it_leaves_nothing_behind() {
    let stand_in = with_user(&ServiceRight::ALL).await;
    let store = store_of(&stand_in);
    let before = stand_in.log().len();
    store.try_rights(&namespace()).await.unwrap();
    assert_eq!(stand_in.log().len(), before);
    let new = events("new", 2);
    store.append(&stream(1), NoStream, &new).await.unwrap();
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), PAGE);
    while feed.next().await.unwrap().events.is_empty() {}
    store.try_rights(&namespace()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_right_that_is_missing_is_named() {
    for (missing, named) in [
        (ServiceRight::ReadAll, "to read ($r) on $all"),
        (ServiceRight::Read, "to read ($r) on general_"),
        (ServiceRight::Write, "to append ($w) on general_"),
        (
            ServiceRight::WriteMetadata,
            "to write metadata ($mw) on minwon-",
        ),
        (
            ServiceRight::ReadMetadata,
            "to read metadata ($mr) on general_",
        ),
        (ServiceRight::Delete, "to delete ($d) on minwon-"),
    ] {
        let stand_in = with_user(&missing.others()).await;
        let error = store_of(&stand_in).try_rights(&namespace()).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
        let text = told(&error);
        assert!(text.contains(named), "{missing:?}: {text}");
        let others = ["$all", "($w)", "($mw)", "($mr)", "($d)"];
        let others = others.iter().filter(|other| !named.contains(**other));
        for other in others {
            assert!(!text.contains(other), "{missing:?}: {text}");
        }
        assert!(text.contains("kurrentdb://minwon:***@"), "{text}");
        stand_in.grant(USER, &ServiceRight::ALL);
        store_of(&stand_in).try_rights(&namespace()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_says_that_it_may_not_read_the_end_of_the_log() {
    let stand_in = with_user(&ServiceRight::ReadAll.others()).await;
    let store = store_of(&stand_in);
    let error = store.append(&stream(1), NoStream, &events("new", 1)).await;
    let text = told(&error.unwrap_err());
    assert!(text.contains("reading the end of $all"), "{text}");
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), PAGE);
    let error = feed.next().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
}

/// It could be one that was deleted.
#[tokio::test(flavor = "multi_thread")]
async fn no_stream_is_begun_without_the_right_to_see_whether_it_was_deleted() {
    let stand_in = with_user(&ServiceRight::ReadMetadata.others()).await;
    let store = store_of(&stand_in);
    let before = stand_in.log().len();
    let error = store.append(&stream(1), NoStream, &events("new", 1)).await;
    let AppendError::Store { source, .. } = error.unwrap_err() else {
        panic!("nothing was written")
    };
    assert_eq!(source.kind(), StoreErrorKind::Misconfigured, "{source}");
    let text = told(&source);
    assert!(
        text.contains("($mr)") && text.contains("lacks the right"),
        "{text}"
    );
    assert_eq!(stand_in.log().len(), before);
    stand_in.grant(USER, &ServiceRight::ALL);
    let new = events("new", 1);
    let written = store.append(&stream(1), NoStream, &new).await.unwrap();
    // What is there is not asked for.
    stand_in.grant(USER, &ServiceRight::ReadMetadata.others());
    let last = ExpectedVersion::Exactly(written.version);
    store
        .append(&stream(1), last, &events("more", 1))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_may_not_be_set_up_is_told() {
    let stand_in = with_user(&ServiceRight::WriteMetadata.others()).await;
    let name = CheckpointName {
        namespace: namespace(),
        consumer: "issuance".parse().unwrap(),
        slice: Slice::new(0),
    };
    let next = GlobalPosition::new(7);
    let saved = store_of(&stand_in)
        .save_checkpoint(&name, GlobalPosition::START, next)
        .await;
    let text = told(&saved.unwrap_err());
    assert!(text.contains("lacks the right"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_may_be_changed_under_a_running_service() {
    let stand_in = with_user(&ServiceRight::ALL).await;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("login");
    fs::write(&path, "minwon:secret\n").unwrap();
    let url = stand_in.url();
    let with = if url.contains('?') { "&" } else { "?" };
    let url = format!("{url}{with}credentialsFile={}", path.display());
    let store = open(&url, patient());
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), PAGE);
    for round in 0..3 {
        let new = events(round, 1);
        store.append(&stream(round), NoStream, &new).await.unwrap();
        assert_eq!(ids_in_log(&stand_in, &stream(round)), new_ids(&new));
        let mut came = Vec::new();
        while came.is_empty() {
            came = feed.next().await.unwrap().events;
        }
        fs::write(&path, format!("minwon:secret{round}")).unwrap();
        stand_in.set_password(USER, &format!("secret{round}"));
    }
}

/// Passwords from anywhere.
#[derive(Debug, Clone, Default)]
struct Vault(Arc<Mutex<Option<Credentials>>>);

impl CredentialSource for Vault {
    fn credentials(&self) -> std::io::Result<Credentials> {
        let sealed = || std::io::Error::other("the vault is sealed");
        self.0.lock().unwrap().clone().ok_or_else(sealed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_come_from_a_port_which_may_fail() {
    let stand_in = with_user(&ServiceRight::ALL).await;
    let vault = Vault::default();
    let store = open(&stand_in.url(), patient().credentials(vault.clone()));
    let error = store.head().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
    assert!(told(&error).contains("the vault is sealed"));
    let credentials = Credentials::new(USER, "secret").unwrap();
    *vault.0.lock().unwrap() = Some(credentials);
    store.head().await.unwrap();
}

/// Others are tried at once, whichever call refused the old ones: the first one or a later one.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refused_the_user_is_asked_at_once_with_other_credentials() {
    let stand_in = with_user(&ServiceRight::ALL).await;
    let vault = Vault::default();
    let store = open(&stand_in.url(), patient().credentials(vault.clone()));
    let keep = |password: &str| {
        *vault.0.lock().unwrap() = Some(Credentials::new(USER, password).unwrap());
    };
    keep("wrong");
    for password in ["secret", "another", "secret"] {
        stand_in.set_password(USER, password);
        for _ in 0..3 {
            let error = store.head().await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
        }
        keep(password);
        store.head().await.unwrap();
    }
}

/// A source of credentials that a team wrote, and that panics at its first and third call.
#[derive(Debug, Default)]
struct Shaky(AtomicU32);

impl CredentialSource for Shaky {
    fn credentials(&self) -> std::io::Result<Credentials> {
        let call = self.0.fetch_add(1, Ordering::Relaxed);
        assert!(![0, 2].contains(&call), "the vault is shaky on purpose");
        Ok(Credentials::new(USER, "secret").unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_credentials_that_panics_is_told_and_harms_nothing() {
    let stand_in = with_user(&ServiceRight::ALL).await;
    let store = open(&stand_in.url(), patient().credentials(Shaky::default()));
    // When it connects.
    let error = store.head().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
    let text = told(&error);
    assert!(text.contains("panicked: the vault is shaky"), "{text}");
    store.head().await.unwrap();
    // When the user is refused.
    stand_in.disable_user(USER);
    let error = store.head().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
    stand_in.enable_user(USER);
    open(&stand_in.url_as("minwon:secret"), patient())
        .head()
        .await
        .unwrap();
}

#[test]
fn a_file_of_credentials_holds_a_user_and_a_password() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("login");
    let read = || CredentialsFile::new(&path).credentials();
    assert!(read().is_err());
    for (text, is_sound) in [
        ("user:hu:sh\r\n", true),
        ("user", false),
        ("", false),
        (":hush", false),
        ("user:hu\nsh", false),
    ] {
        fs::write(&path, text).unwrap();
        let read = read();
        assert_eq!(read.is_ok(), is_sound, "{text:?}");
        let shown = format!("{read:?}");
        assert!(
            !shown.contains("hush") && !shown.contains("hu:sh"),
            "{shown}"
        );
    }
    fs::write(&path, vec![b'a'; 5000]).unwrap();
    assert!(read().unwrap_err().to_string().contains("too large"));
}

/// Neither is waited for, nor is memory taken for what does not end.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_settings_that_is_none_is_told() {
    let place = tempfile::tempdir().unwrap();
    let pipe = place.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let sparse = place.path().join("sparse");
    let file = fs::File::create(&sparse).unwrap();
    file.set_len(1 << 40).unwrap();
    let paths = [&pipe, &sparse, Path::new("/dev/zero"), place.path()];
    for path in paths {
        let error = CredentialsFile::new(path).credentials().unwrap_err();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
        let path = path.display();
        for setting in [
            format!("credentialsFile={path}&tls=false"),
            format!("tlsCaFile={path}"),
            format!("userCertFile={path}&userKeyFile={path}&tlsVerifyCert=false"),
        ] {
            let url = format!("kurrentdb://127.0.0.1:1?{setting}");
            let error = match KurrentStore::open(&url.parse().unwrap(), impatient()) {
                Ok(store) => store.head().await.unwrap_err(),
                Err(error) => error,
            };
            assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
            let text = told(&error);
            let said = ["no regular file", "too large"];
            assert!(said.iter().any(|said| text.contains(said)), "{text}");
        }
    }
}

/// A user who is unknown is told so at once, and is not asked for again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_the_user_is_left_alone_for_a_while() {
    let stand_in = StandIn::builder().user("admin", "changeit", [ADMINS]);
    let stand_in = stand_in.start().await.unwrap();
    let store = open(&stand_in.url_as("nobody:knows"), impatient());
    let began = Instant::now();
    for _ in 0..100 {
        let error = store.head().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
    }
    let asked = stand_in.calls(Call::Read) + stand_in.calls(Call::Handshake);
    let most = 2 * (1 + began.elapsed().as_secs());
    assert!(asked <= most, "{asked} calls");
    let options = KurrentOptions::default();
    let known = open(&stand_in.url_as("admin:changeit"), options);
    known.head().await.unwrap();
}

/// Appends one event after the other to a stream of its own, each again, as it is, until it is there;
/// until it is told to stop. Tells `refused` of each that was refused. Returns how many there are.
async fn write(
    store: KurrentStore,
    number: u32,
    refused: watch::Sender<u32>,
    stop: Arc<AtomicBool>,
) -> u32 {
    let mut expected = NoStream;
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            return round;
        }
        let new = events(format_args!("{number}-{round}"), 1);
        let written = loop {
            match store.append(&stream(number), expected, &new).await {
                Ok(written) => break written,
                Err(AppendError::Store { source, .. }) => {
                    let kind = source.kind();
                    assert_eq!(kind, StoreErrorKind::Misconfigured, "{}", told(&source));
                    refused.send_modify(|count| *count += 1);
                    tokio::task::yield_now().await;
                }
                // The connection was cut, and the user may not look for it.
                Err(AppendError::OutcomeUnknown { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        };
        expected = ExpectedVersion::Exactly(written.version);
    }
    unreachable!("it is told to stop")
}

/// The ids of all events up to the one that is in the stream `last`.
async fn follow(mut feed: KurrentFeed, last: StreamName) -> Vec<[u8; 16]> {
    let mut came = Vec::new();
    loop {
        match feed.next().await {
            Ok(batch) => {
                for event in batch.events {
                    if event.stream == last {
                        return came;
                    }
                    came.push(*event.id().as_bytes());
                }
            }
            Err(error) => assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}"),
        }
    }
}

const WRITERS: u32 = 4;

/// A user who is disabled under load loses nothing, and nothing is there twice when it is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_may_be_disabled_and_enabled_under_load() {
    let stand_in = with_user(&ServiceRight::ALL).await;
    let store = store_of(&stand_in);
    let (refused, mut refusals) = watch::channel(0);
    let stop = Arc::new(AtomicBool::new(false));
    let writer = |number| write(store.clone(), number, refused.clone(), Arc::clone(&stop));
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| tokio::spawn(writer(number)))
        .collect();
    let feed = store.feed(GlobalPosition::START, EventFilter::all(), PAGE);
    let follower = tokio::spawn(follow(feed, stream("last")));
    let mut changes = stand_in.changes();
    for round in 0..3 {
        changes.changed().await.unwrap();
        stand_in.disable_user(USER);
        if round > 0 {
            // The feed's subscription, which would go on, begins anew: in vain.
            stand_in.cut_connections();
        }
        let enough = *refusals.borrow_and_update() + WRITERS;
        let refused = refusals.wait_for(|count| *count >= enough);
        refused.await.unwrap();
        stand_in.enable_user(USER);
        changes.mark_unchanged();
    }
    changes.changed().await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let mut wanted = Vec::new();
    for (number, writer) in (0..).zip(writers) {
        let rounds = writer.await.unwrap();
        let new = (0..rounds).flat_map(|round| events(format_args!("{number}-{round}"), 1));
        let new: Vec<_> = new.collect();
        assert_eq!(ids_in_log(&stand_in, &stream(number)), new_ids(&new));
        wanted.extend(new_ids(&new));
    }
    let last = events("last", 1);
    store
        .append(&stream("last"), NoStream, &last)
        .await
        .unwrap();
    let mut came = follower.await.unwrap();
    came.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(came, wanted);
}

//! Where the socket is, and what may be there before.

use std::{
    fs,
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt, symlink},
        net::UnixListener,
    },
};

use super::*;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn own_directory(path: &Path) {
    fs::DirBuilder::new().mode(0o700).create(path).unwrap();
}

#[tokio::test]
async fn only_the_user_of_the_service_may_ask() {
    let world = World::new().await;
    let listener = world.listen();
    assert_eq!(listener.socket(), world.socket());
    assert_eq!(mode(&world.socket()), 0o600);
    assert_eq!(mode(world.socket().parent().unwrap()), 0o700);
}

#[tokio::test]
async fn a_directory_that_others_may_look_into_is_refused() {
    let world = World::new().await;
    let directory = world.socket().parent().unwrap().to_owned();
    fs::DirBuilder::new()
        .mode(0o755)
        .create(&directory)
        .unwrap();
    let desk = || OperatorDesk::new(world.letters.clone());
    let refused = listen(&world.socket(), desk()).unwrap_err();
    assert!(
        matches!(refused, ListenError::NotOurDirectory { .. }),
        "{refused}"
    );
    fs::remove_dir(&directory).unwrap();
    let elsewhere = world.directory.path().join("elsewhere");
    own_directory(&elsewhere);
    symlink(&elsewhere, &directory).unwrap();
    let refused = listen(&world.socket(), desk()).unwrap_err();
    assert!(
        matches!(refused, ListenError::NotOurDirectory { .. }),
        "{refused}"
    );
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[tokio::test]
async fn a_socket_that_a_killed_service_left_is_replaced() {
    let world = World::new().await;
    own_directory(world.socket().parent().unwrap());
    // Bound and gone without being removed, as after `kill -9`.
    drop(UnixListener::bind(world.socket()).unwrap());
    assert!(world.socket().exists());
    let _listener = world.listen();
    assert!(
        world
            .ask(request("groups", "kim", retry_none()))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn what_is_no_socket_is_left_alone() {
    let world = World::new().await;
    own_directory(world.socket().parent().unwrap());
    let precious = world.directory.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    let desk = || OperatorDesk::new(world.letters.clone());
    for is_link in [false, true] {
        if is_link {
            symlink(&precious, world.socket()).unwrap();
        } else {
            fs::write(world.socket(), "precious").unwrap();
        }
        let refused = listen(&world.socket(), desk()).unwrap_err();
        assert!(
            matches!(refused, ListenError::NotASocket { .. }),
            "{refused}"
        );
        assert_eq!(fs::read(world.socket()).unwrap(), b"precious");
        fs::remove_file(world.socket()).unwrap();
    }
}

#[tokio::test]
async fn of_two_services_of_a_namespace_the_first_listens() {
    let world = World::new().await;
    let first = world.listen();
    let desk = || OperatorDesk::new(world.letters.clone());
    let refused = listen(&world.socket(), desk()).unwrap_err();
    assert!(matches!(refused, ListenError::Taken { .. }), "{refused}");
    assert!(
        world
            .ask(request("groups", "kim", retry_none()))
            .await
            .is_ok()
    );
    drop(first);
    assert!(listen(&world.socket(), desk()).is_ok());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_path_may_be_longer_than_a_socket_takes() {
    let mut world = World::new().await;
    world.directory = tempfile::Builder::new()
        .prefix(&"long".repeat(40))
        .tempdir()
        .unwrap();
    let listener = world.listen();
    assert!(
        world
            .ask(request("groups", "kim", retry_none()))
            .await
            .is_ok()
    );
    drop(listener);
    assert!(!world.socket().exists());
}

use super::*;

fn read(text: &str) -> KurrentUrl {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

#[test]
fn one_node_and_clusters_are_read() {
    for (text, hosts, is_cluster) in [
        ("kurrentdb://127.0.0.1:2113?tls=false", 1, false),
        ("esdb://db.example", 1, false),
        ("KurrentDB://db.example", 1, false),
        (
            "kdb://admin:changeit@a:1,b:2,c:3?tls=true&nodePreference=Leader",
            3,
            true,
        ),
        ("kurrent+discover://cluster.example:2113/", 1, true),
        ("ESDB+DISCOVER://[::1]:7", 1, true),
    ] {
        let settings = read(text).settings;
        assert_eq!(settings.hosts.len(), hosts, "{text}");
        assert_eq!(settings.is_cluster, is_cluster, "{text}");
    }
    let settings = read("kdb://[::1],b.c:2?tls=false").settings;
    let shown: Vec<_> = settings.hosts.iter().map(Host::to_string).collect();
    assert_eq!(shown, ["[::1]:2113", "b.c:2"]);
}

#[test]
fn what_is_written_is_what_is_meant() {
    for (password, meant) in [
        ("a=b;c,d", "a=b;c,d"),
        ("a:b", "a:b"),
        ("a%40b%3fc%23d%2Fe%25", "a@b?c#d/e%"),
        ("%EB%B9%84%EB%B0%80", "비밀"),
        ("a+b", "a+b"),
    ] {
        let url = read(&format!("kurrentdb://u%73er:{password}@a:1,b:2"));
        let login = url.settings.login.as_ref().expect("there is a password");
        assert_eq!((login.user(), login.password()), ("user", meant));
        assert_eq!(url.settings.hosts.len(), 2, "{password}");
    }
    let settings = read("kurrentdb://a?tlsCaFile=/etc/a+b%20c.crt").settings;
    let tls = settings.tls.as_ref().expect("it is on by default");
    assert_eq!(tls.ca_file.as_deref(), Some("/etc/a+b c.crt".as_ref()));
}

#[test]
fn a_password_is_never_shown() {
    let url = read("kurrentdb://admin:secret@127.0.0.1:2113?tls=false");
    assert_eq!(
        url.to_string(),
        "kurrentdb://admin:***@127.0.0.1:2113?tls=false"
    );
    assert!(!format!("{url:?} {:?}", url.settings).contains("secret"));
    for bad in [
        "kurrentdb://admin:secret@a:port",
        "kurrentdb://admin:sec%ret@a",
        "kurrentdb://admin:a?secret@a",
        "kurrentdb://admin:a?secret=b@a",
        "kurrentdb://admin:a#secret@a",
        "kurrentdb://admin:a/secret@a",
        "kurrentdb://admin:a@secret@a",
        "http://admin:secret@a",
        "kurrentdb://admin:secret@",
        "kurrentdb://admin:secret@a?nodePreference=secret",
    ] {
        let error = bad.parse::<KurrentUrl>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}

#[test]
fn what_others_could_read_or_forge_is_refused_unless_the_url_accepts_it() {
    for (text, is_taken) in [
        ("kurrentdb://u:secret@127.0.0.1:2113?tls=false", true),
        ("kurrentdb://u:secret@localhost,127.0.0.2:1?tls=false", true),
        ("kurrentdb://a?tls=false", true),
        ("kurrentdb://u:secret@a", true),
        ("kurrentdb://u:secret@a?tls=false", false),
        ("kurrentdb://a?tls=false&credentialsFile=/run/login", false),
        ("kurrentdb://u:secret@localhost,a?tls=FALSE", false),
        ("kurrentdb+discover://u:secret@a?tls=false", false),
        ("kurrentdb://a?tlsVerifyCert=false", false),
        ("kurrentdb://localhost?tlsVerifyCert=false", true),
        ("kurrentdb://u:secret@a?tls=false&insecure=accepted", true),
        ("kurrentdb://a?insecure=accepted&tlsVerifyCert=false", true),
        ("kurrentdb://u:secret@a?tls=false&insecure=yes", false),
    ] {
        let read = text.parse::<KurrentUrl>();
        assert_eq!(read.is_ok(), is_taken, "{text}: {read:?}");
        let shown = read.map_or_else(|error| error.to_string(), |url| url.to_string());
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_it_is() {
    for (text, wanted) in [
        ("kurrentdb:a", "no scheme"),
        ("postgres://a", "postgres"),
        ("kurrentdb://?tls=false", "a host is missing"),
        ("kurrentdb://a,,b", "a host is missing"),
        ("kurrentdb://a/b", "a host is missing or not sound"),
        ("kurrentdb://[::1", "a host is missing or not sound"),
        ("kurrentdb://a:", "no port"),
        ("kurrentdb://a:70000", "no port"),
        ("kurrentdb://[::1]2113", "no port"),
        ("kurrentdb://a#b", "write %23"),
        ("kurrentdb://a?tsl=false", "\"tsl\""),
        ("kurrentdb://a?tls=maybe", "tls has to be true or false"),
        ("kurrentdb://a?tls=", "tls has no value"),
        ("kurrentdb://a?tls=true&TLS=false", "tls stands twice"),
        (
            "kurrentdb://a?defaultDeadline=-1",
            "defaultDeadline has to be 1 to",
        ),
        (
            "kurrentdb://a?keepAliveInterval=5",
            "keepAliveInterval has to be 10000 to",
        ),
        ("kurrentdb://a?maxDiscoverAttempts=0", "1 to 1000 attempts"),
        ("kurrentdb://a?tlsCaFile=a b", "tlsCaFile has no value"),
        ("kurrentdb://a?userCertFile=x", "go together"),
        (
            "kurrentdb://a?nodePreference=follower",
            "nodePreference has",
        ),
        ("kurrentdb://user@a", "without a password"),
        ("kurrentdb://user:@a", "user and password may hold"),
        ("kurrentdb://us%0Aer:p@a", "a line break"),
        (
            "kurrentdb://u:p@a?credentialsFile=/x",
            "a password and a credentialsFile",
        ),
    ] {
        let error = text.parse::<KurrentUrl>().unwrap_err().to_string();
        assert!(error.contains(wanted), "{text}: {error}");
        assert!(error.contains("kurrentdb+discover://"), "{error}");
    }
}

//! A service that runs, asked over the API of its console: no store is opened, and no shell on its machine needed.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use async_trait::async_trait;
use minwon::{Namespace, PetitionService, ReadModels, Store, SystemClock, Timestamp};
use minwon_console::{
    Authentication, AuthenticationError, Console, Operator, Record, Role, Served,
    record::{Deed, RecordError, RecordLine},
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned, crypto::aws_lc_rs, pki_types::PrivatePkcs8KeyDer,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{Mail, Run, bare, file, rest};

/// Everybody is let in as who they say, with the roles that they say: `kim:look,mend`.
struct Everybody;

#[async_trait]
impl Authentication for Everybody {
    async fn operator(
        &self,
        credential: &str,
        _: Timestamp,
    ) -> Result<Operator, AuthenticationError> {
        let refused = || AuthenticationError::Refused("it is no name with roles".into());
        let (id, roles) = credential.split_once(':').ok_or_else(refused)?;
        let role = |role: &str| match role {
            "look" => Some(Role::Look),
            "read" => Some(Role::Read),
            "mend" => Some(Role::Mend),
            "approve" => Some(Role::Approve),
            _ => None,
        };
        Ok(Operator {
            id: id.parse().unwrap(),
            roles: roles.split(',').filter_map(role).collect(),
            until: None,
        })
    }
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<RecordLine>>>);

#[async_trait]
impl Record for Kept {
    async fn keep(&self, line: &RecordLine) -> Result<(), RecordError> {
        self.0.lock().unwrap().push(line.clone());
        Ok(())
    }
}

/// A service in memory with its console on a port of this machine.
struct Office {
    service: PetitionService,
    mail: Arc<Mail>,
    record: Kept,
    served: Served,
}

impl Office {
    /// One where these petitions were filed, and nobody could be told of it.
    async fn stuck(petitions: &[&str]) -> Self {
        Self::with(petitions, |console| console.grace(Duration::ZERO)).await
    }

    async fn with(petitions: &[&str], options: impl FnOnce(Console) -> Console) -> Self {
        let store = Store::open(&"memory:".parse().unwrap()).unwrap();
        let read_models = ReadModels::beside(&store);
        let namespace = Namespace::new("general".parse().unwrap(), store, SystemClock);
        let mail = Arc::<Mail>::default();
        let service = PetitionService::builder(namespace, read_models)
            .notifying(Arc::clone(&mail))
            .engine(|engine| engine.index_messages())
            .start();
        for petition in petitions {
            file(&service, petition).await;
        }
        service.settled().await.unwrap();
        let record = Kept::default();
        let console = Console::new(service.clone(), Everybody, record.clone());
        let served = options(console).serve_here(0).await.unwrap();
        Self {
            service,
            mail,
            record,
            served,
        }
    }

    fn url(&self) -> String {
        format!("http://{}", self.served.address())
    }

    /// Runs the command as whoever the token says.
    async fn run(&self, token: &str, arguments: &str) -> Run {
        let mut command = asking(&self.url(), token, arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        Run::of(&output.await.unwrap())
    }

    /// The JSON of a run that ended with this code.
    async fn json(&self, code: i32, token: &str, arguments: &str) -> Value {
        let run = self.run(token, &format!("--json {arguments}")).await;
        assert_eq!(run.code, code, "{run:?}");
        serde_json::from_str(run.stdout.trim()).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }

    /// The error of a run that ended with this code.
    async fn error(&self, code: i32, token: &str, arguments: &str) -> String {
        let run = self.run(token, arguments).await;
        assert_eq!((run.code, &*run.stdout), (code, ""), "{run:?}");
        assert!(!run.stderr.contains(token), "{run:?}");
        run.stderr
    }

    async fn letters(&self) -> u64 {
        self.service.settled().await.unwrap();
        let groups = self.service.letters().groups().await.unwrap().value;
        groups.values().sum()
    }
}

fn asking(url: &str, token: &str, arguments: &str) -> Command {
    let mut command = bare();
    command.env("MINWON_TOKEN", token).args(["--service", url]);
    command.args(arguments.split_whitespace());
    command
}

/// The events that are printed one a line.
fn lines(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const LOOK: &str = "lee:look";
const MEND: &str = "kim:look,mend";

#[tokio::test(flavor = "multi_thread")]
async fn a_service_tells_how_it_is() {
    let office = Office::stuck(&["p-1"]).await;
    let status = office.json(1, LOOK, "status").await;
    assert_eq!(status["namespaces"][0]["namespace"], "general");
    assert_eq!(status["namespaces"][0]["letters"], 1);
    assert_eq!(status["well"], false);
    assert_eq!(status["health"]["ready"], true, "{status}");
    assert_eq!(status["read_models"][0]["read_model"], "petitions");
    let text = office.run(LOOK, "status").await.stdout;
    assert!(text.contains(&office.url()), "{text}");
    assert!(text.contains("The service does all of its work."), "{text}");
    let lag = office.json(0, LOOK, "lag --events-max 0").await;
    let names: Vec<_> = lag["read_models"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["read_model"])
        .collect();
    assert_eq!(names, ["petitions", "letters"]);
    let never = office.json(1, LOOK, "lag --model departments").await;
    assert_eq!(never["read_models"][1]["built"], false);
    office.mail.mend();
    office.run(MEND, "letters retry --yes").await;
    office.letters().await;
    assert_eq!(office.json(0, LOOK, "status").await["well"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petition_is_shown_as_beside_its_store_and_payloads_to_whoever_may_read() {
    let office = Office::stuck(&["p-1"]).await;
    let shown = office.json(0, LOOK, "show p-1").await;
    assert_eq!(shown["result"]["status"], "received");
    assert_eq!(shown["events"].as_array().unwrap().len(), 2);
    assert_eq!(shown["events"][0]["payload"], Value::Null);
    assert_eq!(shown["letters"][0]["consumer"], "notifications");
    assert_eq!(shown["read_model"]["is_up_to_date"], true, "{shown}");
    let korean = office.run(LOOK, "--lang ko show p-1").await.stdout;
    assert!(korean.contains("접수"), "{korean}");
    let read = office.json(0, "park:look,read", "show p-1 --payload").await;
    assert_eq!(read["events"][0]["payload"]["applicant"], "applicant-1");
    let error = office.error(3, LOOK, "show p-1 --payload").await;
    assert!(error.contains("needs the role \"read\""), "{error}");
    let none = office.error(1, LOOK, "show p-2").await;
    assert!(none.contains("no petition with this id"), "{none}");
    let deeds = office.record.0.lock().unwrap().clone();
    let by: Vec<_> = deeds
        .iter()
        .filter_map(|line| line.by.as_ref())
        .map(ToString::to_string)
        .collect();
    assert_eq!(by, ["lee", "lee", "park", "lee"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_found_and_followed() {
    let office = Office::stuck(&["p-1", "p-2"]).await;
    let found = office.run(LOOK, "--json find --subject p-2").await;
    let found = lines(&found);
    assert!(
        found
            .iter()
            .all(|it| it["subject"] == "p-2" && it["by"] == "index"),
        "{found:?}"
    );
    let correlation = found[0]["correlation_id"].as_str().unwrap();
    let scanned = office.run(LOOK, "--json find --scan --subject p-2").await;
    assert!(lines(&scanned).iter().all(|it| it["by"] == "scan"));
    assert_eq!(lines(&scanned).len(), found.len());
    for what in [
        format!("--correlation {correlation}"),
        "--subject p-2 --event-type GeneralApplicationSubmitted".to_owned(),
        "--source portal --subject p-2".to_owned(),
    ] {
        let run = office.run(LOOK, &format!("--json find {what}")).await;
        assert_eq!(
            lines(&run)[0]["event_type"],
            "GeneralApplicationSubmitted",
            "{what}: {run:?}"
        );
    }
    let none = office.error(1, LOOK, "find --subject p-3").await;
    assert!(none.contains("says the index of messages"), "{none}");
    let first = office
        .run(LOOK, "--json find --source portal --found-max 1")
        .await;
    assert_eq!(lines(&first).len(), 1, "{first:?}");

    let after = office.run(LOOK, "--json tail --after 1 --count 2").await;
    let places: Vec<_> = lines(&after)
        .iter()
        .map(|it| it["position"].clone())
        .collect();
    assert_eq!(places, ["2", "3"]);
    let mut command = asking(&office.url(), LOOK, "--json tail -n 1 --count 3");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = tokio::task::spawn_blocking(move || {
        let mut child: Child = command.spawn().unwrap();
        // Once the old event was printed, whatever comes is new.
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        child.stdout = Some(stdout.into_inner());
        child
    });
    let child = child.await.unwrap();
    file(&office.service, "p-3").await;
    let run = tokio::task::spawn_blocking(|| rest(child)).await.unwrap();
    let subjects: Vec<_> = lines(&run).iter().map(|it| it["subject"].clone()).collect();
    assert_eq!(subjects, ["p-3", "p-3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_looked_at_and_tried_again_to_the_end() {
    let office = Office::stuck(&["p-1", "p-2", "p-3", "p-4"]).await;
    let groups = office.json(0, LOOK, "letters").await;
    assert_eq!(groups["groups"][0]["letters"], 4);
    let listed = office
        .json(0, LOOK, "letters list --consumer notifications")
        .await;
    assert_eq!(listed["letters"].as_array().unwrap().len(), 4);
    let place = listed["letters"][0]["event"]["position"].as_str().unwrap();
    let shown = format!("letters show --consumer notifications --event {place}");
    let shown = office.json(0, LOOK, &shown).await;
    assert_eq!(shown["history"][0]["what"], "added");
    assert_eq!(shown["payload"], Value::Null, "lee may not read");
    let none = office
        .error(1, LOOK, "letters show --consumer notifications --event 999")
        .await;
    assert!(
        none.contains("is no dead letter of notifications"),
        "{none}"
    );

    let plan = office.json(0, MEND, "letters retry --dry-run").await;
    assert_eq!(plan["portions"][0].as_array().unwrap().len(), 1);
    let failed = office.json(1, MEND, "letters retry --yes").await;
    assert_eq!(failed["complete"], false);
    assert!(
        failed["results"][0]["outcome"]["failed-again"].is_object(),
        "{failed}"
    );
    assert_eq!(failed["not_requested"].as_array().unwrap().len(), 3);
    office.mail.mend();
    let nobody = office.error(2, MEND, "letters retry").await;
    assert!(nobody.contains("--yes"), "{nobody}");
    let retried = office.json(0, MEND, "letters retry --yes --by kim").await;
    assert_eq!(retried["complete"], true, "{retried}");
    assert_eq!(retried["results"].as_array().unwrap().len(), 4);
    assert_eq!(office.letters().await, 0);
    let none = office.json(0, MEND, "letters retry --yes").await;
    assert_eq!(none["results"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skip_is_taken_back_before_it_begins_and_done_where_it_is_not() {
    let office = Office::with(&["p-1"], |it| it.grace(Duration::from_secs(1_000_000))).await;
    let listed = office.json(0, LOOK, "letters list").await;
    let place = listed["letters"][0]["event"]["position"].as_str().unwrap();
    let skip =
        format!("letters skip --consumer notifications --event {place} --reason by-post --yes");
    let asked = office.json(0, MEND, &format!("{skip} --no-wait")).await;
    assert_eq!(
        (&asked["state"], &asked["by"]),
        (&json!("waits"), &json!("kim"))
    );
    let back = office.json(0, MEND, "letters turn-down 1").await;
    assert_eq!(back["turned_down_by"], "kim");
    assert_eq!(office.letters().await, 1);
    let again = office.error(3, MEND, "letters turn-down 1").await;
    assert!(again.contains("decided already"), "{again}");

    let office = Office::stuck(&["p-1"]).await;
    let done = office.json(0, MEND, &skip).await;
    assert_eq!(done["decided"], "skipped", "{done}");
    assert_eq!(done["event"]["position"], place);
    assert_eq!(office.letters().await, 0);
    let decisions = office.json(0, LOOK, "letters decisions").await;
    let decision = &decisions["decisions"][0];
    assert_eq!(
        (&decision["by"], &decision["why"]),
        (&json!("kim"), &json!("by-post"))
    );
    let again = office.error(1, MEND, &skip).await;
    assert!(
        again.contains("is no dead letter of notifications"),
        "{again}"
    );
    let asks = office.run(LOOK, "letters asks").await.stdout;
    assert!(asks.contains("done"), "{asks}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_four_eyes_a_skip_waits_until_another_approves() {
    let office = Office::with(&["p-1"], Console::four_eyes).await;
    let listed = office.json(0, LOOK, "letters list").await;
    let place = listed["letters"][0]["event"]["position"].as_str().unwrap();
    let skip =
        format!("letters skip --consumer notifications --event {place} --reason by-post --yes");
    let run = office.run(MEND, &skip).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("`minwon letters approve 1`"), "{run:?}");
    let own = office
        .error(3, "kim:look,approve", "letters approve 1")
        .await;
    assert!(own.contains("Somebody else than who asked"), "{own}");
    let mut ask = office
        .json(0, "lee:look,approve", "letters approve 1")
        .await;
    while ask["state"] != "done" {
        assert_eq!(ask["state"], "runs", "{ask}");
        ask = office.json(0, LOOK, "letters ask 1").await;
    }
    assert_eq!(office.letters().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_let_in_or_has_not_the_role_is_told_so() {
    let office = Office::stuck(&["p-1"]).await;
    let refused = office.error(3, "s3cret", "status").await;
    assert!(refused.contains("refused (401)"), "{refused}");
    assert!(refused.contains("does not let anybody in"), "{refused}");
    let role = office.error(3, LOOK, "letters retry --yes").await;
    assert!(role.contains("needs the role \"mend\""), "{role}");
    let other = office.error(3, MEND, "letters retry --yes --by park").await;
    assert!(
        other.contains("somebody else than who was named"),
        "{other}"
    );
    assert_eq!(office.letters().await, 1);
    let namespace = office.error(2, LOOK, "--namespace genral status").await;
    assert!(
        namespace.contains("has the namespace general, and not genral"),
        "{namespace}"
    );

    let directory = TempDir::new().unwrap();
    let token = directory.path().join("token");
    fs::write(&token, "lee:look\n").unwrap();
    let url = office.url();
    let run = move |token: &std::path::Path| {
        let mut command = bare();
        command
            .args(["--service", &url, "status", "--token-file"])
            .arg(token);
        Run::of(&command.output().unwrap())
    };
    let (away, none) = (directory.path().join("away"), directory.path().join("none"));
    fs::write(&none, "\n").unwrap();
    let runs = tokio::task::spawn_blocking(move || [run(&token), run(&away), run(&none)]);
    let [run, away, none] = runs.await.unwrap();
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(away.code, 2, "{away:?}");
    assert!(away.stderr.contains("could not be read"), "{away:?}");
    assert_eq!(none.code, 2, "{none:?}");
}

/// A service and a store, a service without a token, a task that needs the store.
#[test]
fn what_cannot_be_meant_is_a_mistake_that_says_what_to_write() {
    let url = "http://127.0.0.1:1";
    for (arguments, says) in [
        ("--store memory: status", "only one of them"),
        ("--redis redis://127.0.0.1 status", "only one of them"),
        ("rebuild roll-back --yes", "write --reason"),
        ("check", "without --service"),
        ("backup /nowhere", "without --service"),
        ("restore /nowhere", "without --service"),
        ("rebuild start --despite-held --yes", "write --reason"),
    ] {
        let run = Run::of(&asking(url, LOOK, arguments).output().unwrap());
        assert_eq!(run.code, 2, "{arguments}: {run:?}");
        assert!(run.stderr.contains(says), "{arguments}: {run:?}");
    }
    let mut command = bare();
    let run = Run::of(&command.args(["--service", url, "status"]).output().unwrap());
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("--token-file"), "{run:?}");
    let run = Run::of(
        &asking("http://office.example", LOOK, "status")
            .output()
            .unwrap(),
    );
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("--unencrypted"), "{run:?}");
    let mut command = bare();
    let run = command.args(["--store", "memory:", "letters", "approve", "1"]);
    let run = Run::of(&run.output().unwrap());
    assert_eq!(run.code, 2, "{run:?}");
}

#[test]
fn options_and_variables_count_before_the_file() {
    let directory = TempDir::new().unwrap();
    let settings = directory.path().join("minwon.toml");
    let run = |text: &str, arguments: &[&str]| {
        fs::write(&settings, text).unwrap();
        let mut command = bare();
        command
            .env("MINWON_CONFIG", &settings)
            .env("MINWON_TOKEN", LOOK);
        Run::of(&command.args(arguments).arg("status").output().unwrap())
    };
    let service = "service = \"http://127.0.0.1:1\"\n";
    let run_of = run(service, &[]);
    assert_eq!(run_of.code, 3, "{run_of:?}");
    assert!(
        run_of
            .stderr
            .contains("http://127.0.0.1:1 cannot be reached"),
        "{run_of:?}"
    );
    let of_store = run(service, &["--store", "sqlite:/nowhere/petitions.db"]);
    assert!(
        of_store.stderr.contains("could not be opened"),
        "{of_store:?}"
    );
    let of_service = run(
        "store = \"sqlite:/nowhere\"\n",
        &["--service", "http://127.0.0.1:1"],
    );
    assert!(
        of_service.stderr.contains("cannot be reached"),
        "{of_service:?}"
    );
    let both = run(&format!("{service}store = \"sqlite:/nowhere\"\n"), &[]);
    assert_eq!(both.code, 2, "{both:?}");
}

/// Over an encrypted connection a token goes to whom the machine trusts, and to nobody else.
#[test]
fn a_service_behind_encryption_is_asked_where_its_certificate_is_trusted() {
    let directory = TempDir::new().unwrap();
    let made = || rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (its, other) = (made(), made());
    let (trusted, strange) = (directory.path().join("its"), directory.path().join("other"));
    fs::write(&trusted, its.cert.pem()).unwrap();
    fs::write(&strange, other.cert.pem()).unwrap();
    let key = PrivatePkcs8KeyDer::from(its.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![its.cert.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let asked = thread::spawn(move || {
        let asked = |_| {
            let (stream, _) = listener.accept().unwrap();
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(session, stream);
            let mut asked = [0; 4_096];
            // Whoever does not trust this hangs up.
            let length = stream.read(&mut asked).unwrap_or(0);
            let body = "{\"type\":\"urn:minwon:problem:x\",\"title\":\"not today\",\"status\":403}";
            let head = format!("minwon-api: 1\r\ncontent-length: {}", body.len());
            let _ = write!(stream, "HTTP/1.1 403 Forbidden\r\n{head}\r\n\r\n{body}");
            let _ = stream.flush();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        };
        [0, 1].map(asked)
    });
    let run = |certificates: &std::path::Path| {
        let mut command = asking(&url, LOOK, "status");
        command
            .env_remove("SSL_CERT_DIR")
            .env("SSL_CERT_FILE", certificates);
        Run::of(&command.output().unwrap())
    };
    let refused = run(&strange);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.stderr.contains("cannot be reached"), "{refused:?}");
    let answered = run(&trusted);
    assert!(
        answered.stderr.contains("refused (403): not today"),
        "{answered:?}"
    );
    let [refused, answered] = asked.join().unwrap();
    assert_eq!(refused, "");
    assert!(answered.contains("Bearer lee:look"), "{answered}");
}

/// Answers one request with this; what was asked.
fn answering(answer: Vec<u8>) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4_096];
        let length = stream.read(&mut asked).unwrap();
        // Whoever has seen enough hangs up.
        let _ = stream.write_all(&answer);
        String::from_utf8_lossy(&asked[..length]).into_owned()
    });
    (url, asked)
}

#[test]
fn an_answer_that_is_none_is_reported_and_changes_no_terminal() {
    let answer = |head: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
    };
    let big = 17 * 1024 * 1024;
    let mut too_big =
        format!("HTTP/1.1 200 OK\r\nminwon-api: 1\r\ncontent-length: {big}\r\n\r\n").into_bytes();
    too_big.extend(vec![b' '; big]);
    let problem = "{\"type\":\"urn:minwon:problem:x\",\"title\":\"\\u001b[31mred\",\"status\":403}";
    for (answer, says) in [
        (
            answer("200 OK\r\nminwon-api: 1", "<html>"),
            "cannot be read",
        ),
        (
            answer("200 OK\r\nminwon-api: 1", "{\"head\":7}"),
            "cannot be read",
        ),
        (answer("200 OK", "{}"), "is no console"),
        (answer("404 Not Found", ""), "is no console"),
        (answer("200 OK\r\nminwon-api: 2", "{}"), "speaks version 2"),
        (
            answer("302 Found\r\nlocation: https://elsewhere.example/", ""),
            "leads to https://elsewhere.example/",
        ),
        (answer("403 Forbidden\r\nminwon-api: 1", problem), "red"),
        (
            b"HTTP/1.1 200 OK\r\nminwon-api: 1\r\ncontent-length: 9\r\n\r\n{".to_vec(),
            "broke off",
        ),
        (b"what?".to_vec(), "cannot be reached"),
        (too_big, "longer than"),
    ] {
        let (url, asked) = answering(answer);
        let run = Run::of(&asking(&url, "lee:s3cret", "status").output().unwrap());
        assert_eq!((run.code, &*run.stdout), (3, ""), "{says}: {run:?}");
        assert!(run.stderr.contains(says), "{says}: {run:?}");
        assert!(
            !run.stderr.contains('\u{1b}') && !run.stderr.contains("s3cret"),
            "{run:?}"
        );
        let asked = asked.join().unwrap().to_lowercase();
        assert!(
            asked.contains("authorization: bearer lee:s3cret"),
            "{asked}"
        );
        assert!(asked.starts_with("get /api/status?"), "{asked}");
    }
}

/// Whoever may look sees the generations; whoever may mend has one built anew, had answer, gone back to and removed,
/// and all of it stands on record.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_is_built_anew_while_its_service_answers() {
    let office = Office::stuck(&["p-1", "p-2"]).await;
    let roles = |model: &Value| -> Vec<String> {
        let generations = model["generations"].as_array().unwrap().iter();
        let told = generations.map(|it| format!("{} {}", it["generation"], it["role"]));
        told.map(|it| it.replace('"', "")).collect()
    };
    let first = office.json(0, LOOK, "rebuild").await;
    assert_eq!(roles(&first), ["1 answers"]);
    assert_eq!(first["read_model"], "general:petitions");
    let refused = office.error(3, LOOK, "rebuild start --yes").await;
    assert!(refused.contains("needs the role \"mend\""), "{refused}");

    let built = office.json(0, MEND, "rebuild start --yes").await;
    assert_eq!(roles(&built), ["1 answered before", "2 answers"]);
    let shown = office.json(0, LOOK, "show p-1").await;
    assert_eq!(shown["result"]["status"], "received");
    let why = "rebuild roll-back --yes --reason it-was-better";
    let back = office.json(0, MEND, why).await;
    assert_eq!(roles(&back), ["1 answers", "2 answered before"]);
    let answers = office.error(3, MEND, "rebuild retire 1 --yes").await;
    assert!(answers.contains("answers"), "{answers}");
    let none = office.error(3, MEND, "rebuild retire 9 --yes").await;
    assert!(none.contains("with this number"), "{none}");
    let removed = office.json(0, MEND, "rebuild retire 2 --yes").await;
    assert_eq!(roles(&removed), ["1 answers"]);
    let nothing = office.error(3, MEND, "rebuild stop").await;
    assert!(nothing.contains("that is being built"), "{nothing}");

    let deeds = office.record.0.lock().unwrap().clone();
    let tended = deeds.iter().filter_map(|line| match &line.what {
        Deed::TendedReadModel { act, reason, .. } => Some((*act, reason.as_str())),
        _ => None,
    });
    let tended: Vec<_> = tended.collect();
    let expected = [
        ("rebuild", ""),
        ("promote", ""),
        ("roll-back", "it-was-better"),
        ("retire", ""),
        ("retire", ""),
    ];
    assert_eq!(tended, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_proves_its_read_models_against_its_log() {
    let office = Office::stuck(&["p-1", "p-2"]).await;
    let verified = office.json(0, MEND, "verify").await;
    let models = verified["read_models"].as_array().unwrap();
    let told = models.iter().map(|it| {
        let generation = it["generation"].as_str().unwrap().to_owned();
        (generation, it["different"].clone())
    });
    let told: Vec<_> = told.collect();
    let of = |model: &str| (format!("general:{model}:g1"), json!(0));
    assert_eq!(told, [of("messages"), of("petitions"), of("letters")]);
    assert!(models.iter().all(|it| it["items"] != 0), "{verified}");
    let refused = office.error(3, LOOK, "verify").await;
    assert!(refused.contains("needs the role \"mend\""), "{refused}");
}

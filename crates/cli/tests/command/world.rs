//! A service on a store file, and the command run beside it.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use minwon::{
    Clock as _, CommandId, Namespace, Notification, Notifier, NotifyError, PetitionService,
    ReadModels, Store, StoreUrl, SystemClock,
    petitions::{
        Category, Channel, PetitionKind, ServiceType,
        application::{ReceiptDue, Receive, Submit},
    },
};
use serde_json::Value;
use tempfile::TempDir;

/// Mail that is refused until somebody mends it.
#[derive(Default)]
pub(crate) struct Mail(AtomicBool);

impl Mail {
    pub(crate) fn mend(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Notifier for Mail {
    async fn notify(&self, _: &Notification) -> Result<(), NotifyError> {
        match self.0.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(NotifyError::Refused("535 the password has expired".into())),
        }
    }
}

/// A directory for a store file.
pub(crate) struct World {
    directory: TempDir,
    pub(crate) mail: Arc<Mail>,
}

/// What a run of the command came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
            mail: Arc::default(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.path("petitions.db")
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&StoreUrl::Sqlite(self.store())).unwrap()
    }

    /// Starts a service whose mail goes nowhere.
    pub(crate) fn start(&self) -> PetitionService {
        let store = self.open();
        let read_models = ReadModels::beside(&store);
        let namespace = Namespace::new("general".parse().unwrap(), store, SystemClock);
        let builder = PetitionService::builder(namespace, read_models);
        builder.notifying(Arc::clone(&self.mail)).start()
    }

    /// As [`filed`](Self::filed), by a service that keeps the index of messages in these read models, or else in
    /// the file.
    pub(crate) async fn indexed(petitions: &[&str], read_models: Option<ReadModels>) -> Self {
        let world = Self::new();
        let store = world.open();
        let read_models = read_models.unwrap_or_else(|| ReadModels::beside(&store));
        let namespace = Namespace::new("general".parse().unwrap(), store, SystemClock);
        let builder = PetitionService::builder(namespace, read_models);
        let service = builder.engine(|engine| engine.index_messages()).start();
        for petition in petitions {
            file(&service, petition).await;
        }
        service.settled().await.unwrap();
        service.stop().await;
        world
    }

    /// A file in which these petitions were filed, by a service that is gone, and whose mail went out.
    pub(crate) async fn filed(petitions: &[&str]) -> Self {
        let world = Self::new();
        world.mail.mend();
        let service = world.start();
        for petition in petitions {
            file(&service, petition).await;
        }
        service.settled().await.unwrap();
        service.stop().await;
        world
    }

    /// Runs the command on the store of this world.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        let output = command(&self.store(), arguments).output().unwrap();
        Run::of(&output)
    }

    /// The JSON of a run that ended with this code.
    pub(crate) fn json(&self, code: i32, arguments: &str) -> Value {
        let run = self.run(&format!("--json {arguments}"));
        assert_eq!(run.code, code, "{run:?}");
        serde_json::from_str(run.stdout.trim()).unwrap_or_else(|error| panic!("{error}: {run:?}"))
    }

    /// The error of a run that ended with this code.
    pub(crate) fn error(&self, code: i32, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!((run.code, &*run.stdout), (code, ""), "{run:?}");
        run.stderr
    }

    /// Starts the command, and leaves it running.
    pub(crate) fn start_command(&self, arguments: &str) -> Child {
        let mut command = command(&self.store(), arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        // A task's panic does not end a program.
        assert!(!stderr.contains("panicked at"), "{stderr}");
        let code = output.status.code().unwrap();
        Self {
            code,
            stdout,
            stderr,
        }
    }
}

/// The command without the settings of whoever runs the tests.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minwon"));
    let names = [
        "STORE",
        "REDIS",
        "SERVICE",
        "TOKEN",
        "TOKEN_FILE",
        "NAMESPACE",
        "CONFIG",
        "LANG",
        "BY",
    ];
    for name in names {
        command.env_remove(format!("MINWON_{name}"));
    }
    command.stdin(Stdio::null());
    command
}

fn command(store: &Path, arguments: &str) -> Command {
    let mut command = bare();
    command.arg("--store");
    command.arg(format!("sqlite:{}", store.display()));
    command.args(arguments.split_whitespace());
    command
}

/// The whole output of a command that was left running.
pub(crate) fn rest(mut child: Child) -> Run {
    let mut stdout = Vec::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut stdout)
        .unwrap();
    let mut output = child.wait_with_output().unwrap();
    output.stdout = stdout;
    Run::of(&output)
}

/// Files a petition, which is received at once.
pub(crate) async fn file(service: &PetitionService, petition: &str) {
    let now = SystemClock.now();
    let submit = Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "permit".parse().unwrap(),
        applicant: "applicant-1".parse().unwrap(),
        agency: "Jongno District Office".parse().unwrap(),
        submitted_at: now,
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: format!("R-{petition}").parse().unwrap(),
        kind: PetitionKind::Statutory,
        period: "7 days".parse().unwrap(),
        due: ReceiptDue::ByStatute,
        department: "Civil Affairs".parse().unwrap(),
        received_at: now,
    };
    let citizen = service.as_actor("citizen-1".parse().unwrap(), "portal".parse().unwrap());
    let id = CommandId::derive(&[5; 16], petition);
    let petition = citizen.petition(Category::General, petition.parse().unwrap());
    petition.file(id, submit, Some(&receive)).await.unwrap();
}

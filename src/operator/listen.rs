//! Listening for operators: blocking, on few threads of its own, so that no socket depends on how
//! the runtime is set up, and no peer that is slow holds the service up.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use minwon_core::{EventStore, Timer};
use tokio::{
    sync::{mpsc, oneshot},
    task::{AbortHandle, JoinSet},
};

use super::{
    CONNECTIONS_MAX, OperatorDesk, REQUEST_BYTES_MAX, Refusal, RefusalKind, Reply, Request,
    place::{self, ShortPath},
};

/// How long a connection may say nothing.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// How long an answer may take to be read.
const WRITE_MAX: Duration = Duration::from_secs(10);

/// Pause after a connection could not be accepted, as where too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a service does not listen for operators.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Other users have a right to the directory, or it is no directory.
    #[error(
        "{} has to be a directory that only the user of the service may look into (mode 0700); \
         move away what is there, or choose another place", path.display()
    )]
    NotOurDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// Something else is there, as a file or a link.
    #[error("{} is no socket; move it away, or choose another place", path.display())]
    NotASocket {
        /// The path of what is there.
        path: PathBuf,
    },
    /// Another service of the namespace listens there.
    #[error("another service listens for operators at {}; operators can ask that one", path.display())]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{doing} {} failed; see to the cause, and start the service again", path.display())]
    Io {
        /// The operation that failed.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
}

impl ListenError {
    /// The error where the system refused to do something to `path`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

/// A listener for operators. Dropping it ends it: a request in hand may have been carried out, and
/// its client is asked to send it again.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: PathBuf,
    is_stopping: Arc<AtomicBool>,
    desk: AbortHandle,
    /// Held until the socket is removed.
    _lock: File,
}

/// A request, and where its answer goes.
type Job = (Request, oneshot::Sender<Reply>);

/// Listens at `socket` for what operators ask of a service. Needs a tokio runtime, which carries out
/// what is asked.
pub(crate) fn listen<S, T>(socket: &Path, desk: OperatorDesk<S, T>) -> Result<Listener, ListenError>
where
    S: EventStore + 'static,
    T: Timer + 'static,
{
    let failed = |doing| ListenError::io(doing, socket);
    let lock = place::take(socket)?;
    let short = ShortPath::of(socket).map_err(failed("listening at"))?;
    let listener = UnixListener::bind(short.as_path()).map_err(failed("listening at"))?;
    place::close_to_others(socket).map_err(failed("closing to others"))?;
    let (jobs, queue) = mpsc::channel(CONNECTIONS_MAX);
    let is_stopping = Arc::new(AtomicBool::new(false));
    let door = Door {
        listener,
        is_stopping: Arc::clone(&is_stopping),
        jobs,
    };
    let thread = thread::Builder::new().name("minwon-operator".into());
    thread
        .spawn(move || door.keep())
        .map_err(failed("listening at"))?;
    let desk = tokio::spawn(carry_out(queue, desk)).abort_handle();
    Ok(Listener {
        socket: socket.to_owned(),
        is_stopping,
        desk,
        _lock: lock,
    })
}

impl Listener {
    /// Where it listens.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Release);
        self.desk.abort();
        // The thread waits for a connection; this is one.
        let woken = ShortPath::of(&self.socket).and_then(|it| UnixStream::connect(it.as_path()));
        let removed = fs::remove_file(&self.socket);
        if let Err(error) = woken.map(drop).and(removed) {
            let socket = self.socket.display();
            tracing::debug!(%socket, %error, "the socket of operators was not there any more");
        }
    }
}

/// Carries out the requests that come in. Requests that come at once are carried out at once, as
/// decisions exclude each other in the log.
async fn carry_out<S, T>(mut jobs: mpsc::Receiver<Job>, desk: OperatorDesk<S, T>)
where
    S: EventStore + 'static,
    T: Timer + 'static,
{
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            job = jobs.recv() => {
                let Some((request, reply)) = job else { return };
                let desk = desk.clone();
                under_way.spawn(async move {
                    let _ = reply.send(desk.answer(&request).await);
                });
            }
            Some(done) = under_way.join_next() => {
                if let Err(error) = done {
                    tracing::error!(%error, "an operator's request was not carried out");
                }
            }
        }
    }
}

/// Who lets operators in.
struct Door {
    listener: UnixListener,
    is_stopping: Arc<AtomicBool>,
    jobs: mpsc::Sender<Job>,
}

impl Door {
    fn keep(self) {
        // Each who is inside has a clone.
        let inside = Arc::new(());
        loop {
            let accepted = self.listener.accept();
            if self.is_stopping.load(Ordering::Acquire) {
                return;
            }
            match accepted {
                Ok((stream, _)) => self.let_in(stream, &inside),
                Err(error) => {
                    tracing::debug!(%error, "an operator could not be let in");
                    thread::sleep(ACCEPT_PAUSE);
                }
            }
        }
    }

    fn let_in(&self, stream: UnixStream, inside: &Arc<()>) {
        let place = Arc::clone(inside);
        let has_place = Arc::strong_count(inside) <= 1 + CONNECTIONS_MAX;
        let jobs = self.jobs.clone();
        let thread = thread::Builder::new().name("minwon-operator".into());
        let serve = move || {
            let _place = place;
            if let Err(error) = serve(stream, &jobs, has_place) {
                tracing::debug!(%error, "an operator is gone");
            }
        };
        if let Err(error) = thread.spawn(serve) {
            tracing::debug!(%error, "an operator could not be let in");
        }
    }
}

/// Answers one connection, line by line, until it ends.
fn serve(stream: UnixStream, jobs: &mpsc::Sender<Job>, has_place: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE_MAX))?;
    stream.set_write_timeout(Some(WRITE_MAX))?;
    let mut reader = BufReader::new(&stream);
    if !has_place {
        let message = "too many operators ask at once; try again in a moment";
        return say(&stream, &refused(RefusalKind::Busy, message));
    }
    let mut line = Vec::new();
    loop {
        line.clear();
        // One byte more than allowed, and the end of the line.
        let bytes_max = REQUEST_BYTES_MAX as u64 + 2;
        if reader
            .by_ref()
            .take(bytes_max)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(());
        }
        let content = line.strip_suffix(b"\n").unwrap_or(&line);
        if content.len() > REQUEST_BYTES_MAX {
            let message = format!("a request has at most {REQUEST_BYTES_MAX} bytes");
            // The next bytes do not begin a line.
            return say(&stream, &refused(RefusalKind::BadRequest, message));
        }
        let reply = match Request::parse(content) {
            Ok(request) => ask(jobs, request),
            Err(refused) => *refused,
        };
        say(&stream, &reply)?;
    }
}

fn ask(jobs: &mpsc::Sender<Job>, request: Request) -> Reply {
    let id = request.id;
    let (reply, answer) = oneshot::channel();
    let sent = jobs.blocking_send((request, reply)).ok();
    sent.and_then(|()| answer.blocking_recv().ok()).unwrap_or_else(|| {
        let message = "the service stopped before it answered; give the same request again, and \
                       what was decided is not decided twice";
        let refusal = Refusal::of_text(RefusalKind::Stopping, message);
        Reply::new(Some(id), Err(refusal))
    })
}

fn refused(kind: RefusalKind, message: impl Into<String>) -> Reply {
    Reply::new(None, Err(Refusal::of_text(kind, message)))
}

fn say(mut stream: &UnixStream, reply: &Reply) -> io::Result<()> {
    let mut line = reply.line();
    line.push(b'\n');
    stream.write_all(&line)
}

//! Asking a service that runs. Blocking, as its other side is.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Answer, Outcome, Refusal, Reply, Request, place::ShortPath};

/// Longest answer: [`LETTERS_MAX`](super::LETTERS_MAX) letters and some room. Unit: bytes.
const REPLY_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// How long a request may take to be taken.
const WRITE_MAX: Duration = Duration::from_secs(10);

/// A connection to a service that listens for operators.
#[derive(Debug)]
pub struct OperatorClient {
    socket: PathBuf,
    stream: BufReader<UnixStream>,
}

/// Why a service that runs gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorClientError {
    /// Nobody listens there.
    #[error("no service listens for operators at {}", socket.display())]
    NobodyListens {
        /// Where.
        socket: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// Another user's service, for one.
    #[error(
        "the socket {} cannot be used; only the user that the service runs as may", socket.display()
    )]
    Denied {
        /// Where.
        socket: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// The connection broke; whether the request was carried out is not known.
    #[error(
        "the service at {} did not answer, and what was asked may have been decided; give the same \
         request again, and nothing is decided twice", socket.display()
    )]
    NoAnswer {
        /// Where.
        socket: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
    /// Its answer cannot be read.
    #[error(
        "the service at {} answered something that this program cannot read; use a program as new \
         as the service", socket.display()
    )]
    Unreadable {
        /// Where.
        socket: PathBuf,
        /// The error in it.
        #[source]
        source: io::Error,
    },
    /// The service said no.
    #[error("{}", refusal.message)]
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

impl OperatorClient {
    /// Connects to the service that listens at `socket`; see
    /// [`socket_beside`](super::socket_beside). Blocks.
    ///
    /// # Errors
    /// [`OperatorClientError::NobodyListens`], [`OperatorClientError::Denied`].
    pub fn connect(socket: &Path) -> Result<Self, OperatorClientError> {
        let connect = || {
            let stream = UnixStream::connect(ShortPath::of(socket)?.as_path())?;
            stream.set_write_timeout(Some(WRITE_MAX))?;
            Ok(stream)
        };
        let socket = socket.to_owned();
        match connect() {
            Ok(stream) => {
                let stream = BufReader::new(stream);
                Ok(Self { socket, stream })
            }
            Err(source) => Err(match io::Error::kind(&source) {
                io::ErrorKind::PermissionDenied => OperatorClientError::Denied { socket, source },
                _ => OperatorClientError::NobodyListens { socket, source },
            }),
        }
    }

    /// Asks, and waits for the answer as long as the service takes: a retry is answered for once
    /// its consumers have tried. Blocks.
    ///
    /// # Errors
    /// [`OperatorClientError`]. After [`NoAnswer`](OperatorClientError::NoAnswer) the same request
    /// may be given again, on a new connection.
    pub fn ask(&mut self, request: &Request) -> Result<Answer, OperatorClientError> {
        let line = self.exchange(request);
        let line = line.map_err(|source| OperatorClientError::NoAnswer {
            socket: self.socket.clone(),
            source,
        })?;
        let reply: Reply = serde_json::from_slice(&line).map_err(|error| {
            let (socket, source) = (self.socket.clone(), error.into());
            OperatorClientError::Unreadable { socket, source }
        })?;
        match reply.outcome {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Refused(refusal) => Err(OperatorClientError::Refused { refusal }),
        }
    }

    fn exchange(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        // A service that is busy says so and closes at once, perhaps before it was asked.
        let asked = self.stream.get_mut().write_all(&line);
        let mut answer = Vec::new();
        self.stream
            .by_ref()
            .take(REPLY_BYTES_MAX)
            .read_until(b'\n', &mut answer)?;
        if answer.is_empty() {
            return Err(asked.err().unwrap_or(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(answer)
    }
}

//! A receiver that answers by a script, and keeps what it got.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use minwon_adapters::notifiers::webhook::{VerifyError, WebhookHeaders, WebhookSecret};
use minwon_core::Timestamp;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// The reaction to one request.
pub(crate) enum Reply {
    /// Answers with a status and headers, each ended by CR LF.
    Status(u16, &'static str),
    /// Answers never, and keeps the connection.
    Hang,
    /// Closes the connection half way through the first line of an answer.
    Break,
}

/// One request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        &self.headers[name]
    }

    pub(crate) fn verify(&self, secret: &WebhookSecret, now: Timestamp) -> Result<(), VerifyError> {
        let headers = WebhookHeaders {
            id: self.header("webhook-id"),
            timestamp: self.header("webhook-timestamp"),
            signature: self.header("webhook-signature"),
        };
        secret.verify(headers, self.body.as_bytes(), now)
    }
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Reply>>,
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    connections: watch::Sender<usize>,
}

/// Listens on a free port of its own until it is dropped.
pub(crate) struct Receiver {
    pub(crate) url: String,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

impl Receiver {
    pub(crate) async fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/notices", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into_iter().collect()),
            ..Shared::default()
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, Arc::clone(&shared)));
        Self {
            url,
            shared,
            _accepting: accepting,
        }
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.shared.connections.borrow()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn has_received(&self, requests: usize) {
        let mut count = self.shared.count.subscribe();
        count.wait_for(|&count| count >= requests).await.unwrap();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        shared.connections.send_modify(|count| *count += 1);
        connections.spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufStream::new(stream);
    while let Some(request) = read(&mut stream).await {
        shared.received.lock().unwrap().push(request);
        shared.count.send_modify(|count| *count += 1);
        let reply = shared.script.lock().unwrap().pop_front();
        let answer = match reply.expect("more requests than the script has") {
            Reply::Status(status, headers) => {
                format!("HTTP/1.1 {status} X\r\n{headers}content-length: 5\r\n\r\nhello")
            }
            Reply::Hang => std::future::pending().await,
            Reply::Break => "HTTP/1.1 20".into(),
        };
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        if answer.len() < 15 {
            return;
        }
    }
}

/// The next request; nothing at the end of the connection, or where it is not HTTP.
async fn read(stream: &mut BufStream<TcpStream>) -> Option<Received> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        match line.trim_end() {
            "" if line.is_empty() => return None,
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let headers: BTreeMap<_, _> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(Received {
        line: lines.swap_remove(0),
        headers,
        body: String::from_utf8(body).ok()?,
    })
}

//! One Prometheus server.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use tempfile::TempDir;

use crate::process::{Process, free_port, wait_until};

/// How often a port is chosen anew where another process took it first. Unit: times.
const STARTS_MAX: u32 = 5;

/// A Prometheus server, which scrapes one program twice a second, as the job `minwon`. It ends with this value.
#[derive(Debug)]
pub struct PrometheusServer {
    // Dropped before the directory that it writes to.
    process: Process,
    address: SocketAddr,
    _dir: TempDir,
}

impl PrometheusServer {
    /// Starts one that scrapes `target`, a host and a port, and waits until it answers.
    #[must_use]
    pub fn scraping(target: &str) -> Self {
        for _ in 0..STARTS_MAX {
            if let Some(server) = Self::try_start(target) {
                return server;
            }
        }
        panic!("prometheus did not start on any of {STARTS_MAX} ports");
    }

    fn try_start(target: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("prometheus.yml");
        let scrape = format!(
            "global: {{ scrape_interval: 500ms, scrape_timeout: 500ms }}\n\
             scrape_configs:\n- job_name: minwon\n  static_configs:\n  - targets: ['{target}']\n"
        );
        fs::write(&config, scrape).unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let args = [
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", dir.path().join("data").display()),
            format!("--web.listen-address={address}"),
        ];
        let log = dir.path().join("prometheus.log");
        let process = Process::start("prometheus", &args, &log);
        let mut server = Self {
            process,
            address,
            _dir: dir,
        };
        let mut is_over = false;
        wait_until("an answer of prometheus", || {
            is_over = !server.process.is_running();
            is_over
                || server
                    .get("/-/ready")
                    .is_ok_and(|(status, _)| status == 200)
        });
        // Another one may have the port, and answer.
        (!is_over && server.process.is_running()).then_some(server)
    }

    /// The answer to an instant query: HTTP status and JSON.
    #[must_use]
    pub fn query(&self, query: &str) -> (u16, String) {
        let encoded = query.bytes().fold(String::new(), |mut encoded, byte| {
            write!(encoded, "%{byte:02x}").unwrap();
            encoded
        });
        let path = format!("/api/v1/query?query={encoded}");
        self.get(&path).unwrap()
    }

    /// Asks until `is_there` says so of the JSON of an answer, which is returned.
    #[track_caller]
    pub fn wait_for(&self, query: &str, is_there: impl Fn(&str) -> bool) -> String {
        let mut answered = String::new();
        wait_until(&format!("an answer to {query}"), || {
            let (status, answer) = self.query(query);
            assert_eq!(status, 200, "{query}: {answer}");
            answered = answer;
            is_there(&answered)
        });
        answered
    }

    /// HTTP/1.0, whose answer ends with its connection.
    fn get(&self, path: &str) -> io::Result<(u16, String)> {
        let mut connection = TcpStream::connect(self.address)?;
        write!(connection, "GET {path} HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
        let (_, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        Ok((status.unwrap_or(0), body.to_owned()))
    }
}

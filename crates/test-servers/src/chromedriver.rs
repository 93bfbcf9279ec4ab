//! One driver of headless browsers.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

use tempfile::TempDir;

use crate::process::{Process, free_port, wait_until};

/// How often a port is chosen anew where another process took it first. Unit: times.
const STARTS_MAX: u32 = 5;

/// A driver of Chromium, which speaks WebDriver. It ends with this value, and every browser that it started
/// with it.
#[derive(Debug)]
pub struct ChromeDriver {
    // Dropped before the directory that it writes to.
    process: Process,
    address: SocketAddr,
    _dir: TempDir,
}

impl ChromeDriver {
    /// Starts one, and waits until it answers.
    #[must_use]
    pub fn start() -> Self {
        for _ in 0..STARTS_MAX {
            if let Some(driver) = Self::try_start() {
                return driver;
            }
        }
        panic!("chromedriver did not start on any of {STARTS_MAX} ports");
    }

    fn try_start() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let args = [format!("--port={}", address.port())];
        let log = dir.path().join("chromedriver.log");
        // What the browsers keep goes there too.
        let files = [("TMPDIR", dir.path())];
        let mut driver = Self {
            process: Process::start_with("chromedriver", &args, &files, &log),
            address,
            _dir: dir,
        };
        let mut is_over = false;
        wait_until("an answer of chromedriver", || {
            is_over = !driver.process.is_running();
            is_over
                || driver
                    .get("/status")
                    .is_ok_and(|answer| answer.contains("\"ready\":true"))
        });
        // Another one may have the port, and answer.
        (!is_over && driver.process.is_running()).then_some(driver)
    }

    /// Where it is spoken to: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The driver keeps a connection open, whatever it is asked; an answer ends where its length says.
    fn get(&self, path: &str) -> io::Result<String> {
        let mut connection = TcpStream::connect(self.address)?;
        let host = self.address;
        write!(connection, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")?;
        let mut lines = BufReader::new(connection);
        let mut bytes = 0;
        loop {
            let mut line = String::new();
            lines.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    bytes = value.trim().parse().map_err(io::Error::other)?;
                }
                Some(_) => {}
                None if line.starts_with("HTTP/") => {}
                None => break,
            }
        }
        let mut answer = String::new();
        lines.take(bytes).read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for ChromeDriver {
    fn drop(&mut self) {
        // A driver that is killed leaves its browsers behind; one that is asked ends them first.
        if self.get("/shutdown").is_ok() {
            self.process.wait();
        }
    }
}

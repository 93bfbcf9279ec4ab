//! The handle of tests: starting and stopping, faults, and looks at the log.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::{fs, io};

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::watch;
use uuid::Uuid;

use crate::access::User;
use crate::append;
use crate::builder::Builder;
use crate::certificates::Certificate;
use crate::connection::Cutter;
use crate::fault::Fault;
use crate::log::{Log, Proposed, Record};
use crate::metadata::{METADATA_TYPE, SOFT_DELETED, metadata_stream};
use crate::node::{NO_LEADER, Node, Shared};
use crate::plan::FaultPlan;
use crate::positions::Position;
use crate::service;
use crate::tally::Call;

/// A server that is no database: see the crate's first lines for what it cannot prove.
///
/// Nodes are ended when it is dropped.
pub struct StandIn {
    shared: Arc<Shared>,
    /// Holds the file of the authority.
    directory: Option<TempDir>,
}

/// A copy of the log, to be restored later.
pub struct Backup(Log);

impl Builder {
    /// Starts the stand-in on the current Tokio runtime.
    ///
    /// # Errors
    ///
    /// If there is no such port to be had, or the file of the authority cannot be written.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime.
    #[expect(
        clippy::unused_async,
        reason = "it must be called in a runtime, and may wait one day"
    )]
    pub async fn start(self) -> io::Result<StandIn> {
        let port_of = |index| if index == 0 { self.port } else { 0 };
        let nodes = (0..self.nodes).map(|index| Node::reserve(port_of(index)));
        let nodes = nodes.collect::<io::Result<Vec<_>>>()?;
        let directory = self.config.tls.as_ref().map(write_authority).transpose()?;
        let stand_in = StandIn {
            shared: Arc::new(Shared::new(self.config, nodes)),
            directory,
        };
        if self.is_up {
            stand_in.start_all()?;
        }
        Ok(stand_in)
    }
}

const AUTHORITY_FILE: &str = "ca.crt";

fn write_authority(certificate: &Certificate) -> io::Result<TempDir> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join(AUTHORITY_FILE);
    fs::write(file, &certificate.authority_pem)?;
    Ok(directory)
}

impl StandIn {
    /// One node on a free port, with default settings.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub async fn start() -> io::Result<Self> {
        Builder::default().start().await
    }

    /// Settings other than the default.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The connection string of all nodes.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_with("")
    }

    /// The same with `credentials`, as in `login:password`.
    #[must_use]
    pub fn url_as(&self, credentials: &str) -> String {
        self.url_with(&format!("{credentials}@"))
    }

    fn url_with(&self, user: &str) -> String {
        let hosts: Vec<_> = self
            .shared
            .nodes
            .iter()
            .map(|node| node.address.to_string())
            .collect();
        format!(
            "kurrentdb://{user}{}?{}",
            hosts.join(","),
            self.url_settings()
        )
    }

    fn url_settings(&self) -> String {
        match self.authority_file() {
            Some(file) => format!("tls=true&tlsCaFile={}", file.display()),
            None => "tls=false".into(),
        }
    }

    /// The file that [`url`](Self::url) names as the authority, where connections are encrypted. Tests may
    /// replace it.
    #[must_use]
    pub fn authority_file(&self) -> Option<PathBuf> {
        let directory = self.directory.as_ref()?;
        Some(directory.path().join(AUTHORITY_FILE))
    }

    /// Shows `certificate` to new connections, and encrypts them if it did not before. The file of the
    /// authority stays as it is, and so do connections that are open.
    pub fn replace_certificate(&self, certificate: &Certificate) {
        self.shared.set_tls(Arc::clone(&certificate.server));
    }

    /// The connection string of one node alone.
    ///
    /// # Panics
    ///
    /// If there is no such node, as all methods that name one.
    #[must_use]
    pub fn node_url(&self, node: usize) -> String {
        let address = self.shared.nodes[node].address;
        format!("kurrentdb://{address}?{}", self.url_settings())
    }

    /// The port of a node.
    #[must_use]
    pub fn port(&self, node: usize) -> u16 {
        self.shared.nodes[node].address.port()
    }

    /// Starts the nodes that are down, on the ports they had, over the same log.
    ///
    /// # Errors
    ///
    /// If a port cannot be had again.
    pub fn start_all(&self) -> io::Result<()> {
        (0..self.shared.nodes.len()).try_for_each(|node| self.start_node(node))
    }

    /// Starts one node.
    ///
    /// # Errors
    ///
    /// If its port cannot be had again.
    pub fn start_node(&self, node: usize) -> io::Result<()> {
        service::start(&self.shared, node)
    }

    /// Ends all nodes and their connections; the log stays, what ids were written is forgotten.
    pub async fn stop_all(&self) {
        for node in 0..self.shared.nodes.len() {
            self.stop_node(node).await;
        }
    }

    /// Ends one node and its connections. Who leads does not change by that.
    pub async fn stop_node(&self, node: usize) {
        if let Some(server) = self.shared.nodes[node].stop() {
            // It was aborted; what counts is that the port is free afterwards.
            let _ = server.await;
        }
        if self.shared.leads(node) {
            self.shared.log().forget_recent_ids();
        }
    }

    /// Ends all nodes and starts them again.
    ///
    /// # Errors
    ///
    /// If a port cannot be had again.
    pub async fn restart(&self) -> io::Result<()> {
        self.stop_all().await;
        self.start_all()
    }

    /// Ends all connections; the nodes go on listening.
    pub fn cut_connections(&self) {
        self.shared
            .nodes
            .iter()
            .for_each(|node| node.for_each_connection(Cutter::cut));
    }

    /// Nothing comes through the connections that there are, neither way, and nobody hears of it, as
    /// when a firewall forgets them; new connections work.
    pub fn freeze_connections(&self) {
        self.shared
            .nodes
            .iter()
            .for_each(|node| node.for_each_connection(Cutter::freeze));
    }

    /// The bytes that frozen connections held up come through.
    pub fn thaw_connections(&self) {
        self.shared
            .nodes
            .iter()
            .for_each(|node| node.for_each_connection(Cutter::thaw));
    }

    /// Lets another node lead. Calls that require the leader are refused by all others, and such
    /// subscriptions end there.
    pub fn move_leader(&self, node: usize) {
        assert!(node < self.shared.nodes.len(), "there is no node {node}");
        self.shared.lead(node);
    }

    /// Lets no node lead.
    pub fn depose_leader(&self) {
        self.shared.lead(NO_LEADER);
    }

    /// Gives another password to a user. Calls with the old one are refused from now on; subscriptions go
    /// on, as a server looks at who asks once, when a call begins.
    ///
    /// # Panics
    ///
    /// If there is no such user, as all methods that name one.
    pub fn set_password(&self, login: &str, password: &str) {
        self.change_user(login, |user| user.password = password.into());
    }

    /// Refuses the calls of a user from now on; subscriptions go on.
    pub fn disable_user(&self, login: &str) {
        self.change_user(login, |user| user.is_enabled = false);
    }

    /// Lets a user in again.
    pub fn enable_user(&self, login: &str) {
        self.change_user(login, |user| user.is_enabled = true);
    }

    fn change_user(&self, login: &str, change: impl FnOnce(&mut User)) {
        let is_known = self.shared.config.users.change(login, change);
        assert!(is_known, "there is no user {login}");
    }

    /// Lets the next call of the fault's kind meet `fault`; faults of one kind queue up.
    pub fn misbehave(&self, fault: impl Into<Fault>) {
        self.misbehave_on("", fault);
    }

    /// The same for calls on streams whose names begin with `prefix` (`$all` is one) only.
    pub fn misbehave_on(&self, prefix: &str, fault: impl Into<Fault>) {
        self.shared.faults.push(prefix, fault.into());
    }

    /// Draws faults by chance from now on, where none is due.
    pub fn misbehave_by(&self, plan: FaultPlan) {
        self.shared.faults.plan(plan);
    }

    /// Forgets the faults that are due and the plan, and lets go what hangs.
    pub fn behave(&self) {
        self.shared.faults.clear();
        self.release();
    }

    /// Lets go what hangs now.
    pub fn release(&self) {
        self.shared.faults.release();
    }

    /// How many calls and subscriptions hang now.
    #[must_use]
    pub fn hanging(&self) -> usize {
        *self.shared.faults.hanging().borrow()
    }

    /// Waits until at least so many hang.
    pub async fn until_hanging(&self, at_least: usize) {
        let mut hanging = self.shared.faults.hanging();
        // The sender lives as long as we do.
        let _ = hanging.wait_for(|hanging| *hanging >= at_least).await;
    }

    /// How many of the faults asked for have not been met yet.
    #[must_use]
    pub fn due(&self) -> usize {
        self.shared.faults.due()
    }

    /// How often `fault` took effect.
    #[must_use]
    pub fn occurred(&self, fault: impl Into<Fault>) -> u64 {
        self.shared.faults.count(fault.into())
    }

    /// How often each fault took effect.
    #[must_use]
    pub fn occurred_by_fault(&self) -> HashMap<Fault, u64> {
        self.shared.faults.counts()
    }

    /// Waits until `fault` has taken effect at least so often.
    pub async fn until_occurred(&self, fault: impl Into<Fault>, at_least: u64) {
        let fault = fault.into();
        let mut occurred = self.shared.faults.occurred.subscribe();
        let _ = occurred
            .wait_for(|_| self.shared.faults.count(fault) >= at_least)
            .await;
    }

    /// Every record ever written, hidden and scavenged ones too, in the order of `$all`.
    #[must_use]
    pub fn log(&self) -> Vec<Arc<Record>> {
        self.shared.log().records().to_vec()
    }

    /// Whether `$all` shows a record after `after` that `admits`.
    pub fn any_after(&self, after: Position, admits: impl Fn(&Record) -> bool) -> bool {
        let log = self.shared.log();
        let records = log.records().iter().enumerate().rev();
        let mut news = records.take_while(|(_, record)| record.position > after);
        news.any(|(index, record)| log.shows(index) && admits(record))
    }

    /// Notifies whenever the log has changed.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }

    /// Every record ever written to `stream`, hidden or not.
    #[must_use]
    pub fn stream(&self, stream: &str) -> Vec<Arc<Record>> {
        let log = self.shared.log();
        let events = log.stream(stream).map_or(&[][..], |stream| &stream.events);
        events
            .iter()
            .map(|&index| Arc::clone(&log.records()[index]))
            .collect()
    }

    /// Events handed to connections so far, by reads and subscriptions together.
    #[must_use]
    pub fn events_sent(&self) -> u64 {
        self.shared.events_sent.load(Ordering::Relaxed)
    }

    /// How many events of `$all` filters were tried on, by reads and subscriptions together.
    #[must_use]
    pub fn events_considered(&self) -> u64 {
        self.shared.tally.considered.load(Ordering::Relaxed)
    }

    /// How many checkpoints were sent to subscriptions.
    #[must_use]
    pub fn checkpoints_sent(&self) -> u64 {
        self.shared.tally.checkpoints.load(Ordering::Relaxed)
    }

    /// How many calls of a kind have come, refused ones too.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.shared.tally.calls(call)
    }

    /// How often the acknowledgement of what a client had sent was delayed to the end of its time, 40 ms,
    /// before the client sent more: once for each call of a client with Nagle's algorithm. Only Linux
    /// tells; elsewhere, and where acknowledgements are sent at once, this is 0.
    #[must_use]
    pub fn delayed_acknowledgements(&self) -> u64 {
        let delayed = &self.shared.tally.delayed_acknowledgements;
        delayed.load(Ordering::Relaxed)
    }

    /// How many calls were refused for the user: unknown, disabled, with a wrong password, or without the
    /// right.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.shared.tally.refusals.load(Ordering::Relaxed)
    }

    /// How many subscriptions are open now.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        *self.shared.tally.subscriptions.borrow()
    }

    /// Waits until exactly so many subscriptions are open.
    pub async fn until_subscriptions(&self, open: usize) {
        let mut subscriptions = self.shared.tally.subscriptions.subscribe();
        // The sender lives as long as we do.
        let _ = subscriptions.wait_for(|count| *count == open).await;
    }

    /// Waits until exactly so many connections are open, at all nodes together.
    pub async fn until_connections(&self, open: usize) {
        let mut connections = self.shared.tally.connections.subscribe();
        // The sender lives as long as we do.
        let _ = connections.wait_for(|count| *count == open).await;
    }

    /// Writes an event as somebody else would, past all checks and faults; answers its place.
    ///
    /// `data` and `metadata` need not be what our own events look like. An event without metadata has an
    /// empty one.
    pub fn write(
        &self,
        stream: &str,
        event_type: &str,
        data: impl Into<Bytes>,
        metadata: impl Into<Bytes>,
    ) -> Position {
        let now = (self.shared.config.clock)();
        let id = self.next_id();
        let mut log = self.shared.log();
        let event = Proposed {
            id,
            event_type: event_type.into(),
            content_type: "application/json".into(),
            custom_metadata: metadata.into(),
            data: data.into(),
        };
        let (_, position) = append::write(&mut log, stream, vec![event], now);
        drop(log);
        self.shared.notify_change();
        position
    }

    /// Writes a link to the event of `to` that has `revision`, as projections of the server do.
    pub fn link(&self, stream: &str, to: &str, revision: u64) -> Position {
        self.write(stream, "$>", format!("{revision}@{to}"), "")
    }

    /// Says something of `stream`, in JSON: `$maxCount`, `$maxAge`, `$tb`, `$acl` and what else one likes.
    /// What was said before is forgotten.
    pub fn set_metadata(&self, stream: &str, json: impl Into<Bytes>) -> Position {
        self.write(&metadata_stream(stream), METADATA_TYPE, json, "")
    }

    /// Deletes `stream` as somebody else would, so that it can be begun anew.
    pub fn delete(&self, stream: &str) {
        let id = self.next_id();
        let now = (self.shared.config.clock)();
        self.shared.log().truncate(stream, SOFT_DELETED, id, now);
        self.shared.notify_change();
    }

    /// Deletes `stream` for ever, as somebody else would.
    pub fn tombstone(&self, stream: &str) {
        let now = (self.shared.config.clock)();
        self.shared.log().tombstone(stream, now);
        self.shared.notify_change();
    }

    /// The id of an event of somebody else's.
    fn next_id(&self) -> Uuid {
        let number = self.shared.log().records().len() as u128;
        Uuid::from_u128(0x6f74_6865_7200 << 64 | number)
    }

    /// Changes the record with this number in [`log`](Self::log), as a disk does that turns bits: from now on
    /// it is sent so.
    ///
    /// # Panics
    ///
    /// Where there is no such record.
    pub fn spoil(&self, number: usize, change: impl FnOnce(&mut Record)) {
        self.shared.log().spoil(number, change);
    }

    /// Removes from `$all` what is truncated, too many, too old or deleted in its stream.
    pub fn scavenge(&self) {
        let now = (self.shared.config.clock)();
        self.shared.log().scavenge(now);
    }

    /// Copies the log.
    #[must_use]
    pub fn backup(&self) -> Backup {
        Backup(self.shared.log().clone())
    }

    /// Puts the log back to what it was, as operators do with a stopped server: connections end.
    /// Later writes stand at other positions than before.
    pub fn restore(&self, backup: &Backup) {
        let mut log = self.shared.log();
        let mut restored = backup.0.clone();
        restored.diverge(log.records().len() as u64);
        *log = restored;
        drop(log);
        self.cut_connections();
        self.shared.notify_change();
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        for node in &self.shared.nodes {
            node.stop();
        }
        self.release();
    }
}

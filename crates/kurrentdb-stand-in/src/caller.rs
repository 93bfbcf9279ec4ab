//! The checks before every call: who may make it, and where.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::access::Act;
use crate::fault::HandshakeFault;
use crate::node::Shared;
use crate::refusal;

/// One node, as its services see it.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) shared: Arc<Shared>,
    pub(crate) node: usize,
}

/// Whether a call insists on the leader.
pub(crate) fn requires_leader(headers: &MetadataMap) -> bool {
    headers
        .get("requires-leader")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

impl Service {
    /// Refuses whoever may not, and whoever wants the leader where it is not.
    pub(crate) fn admit(
        &self,
        headers: &MetadataMap,
        act: Act,
        stream: &str,
    ) -> Result<(), Status> {
        let users = &self.shared.config.users;
        if users.are_known() {
            let checked = users.check(&self.shared.log(), headers, act, stream);
            self.note_refusal(checked)?;
        }
        if requires_leader(headers) && !self.shared.leads(self.node) {
            return Err(refusal::not_leader(self.shared.leader()));
        }
        Ok(())
    }

    fn note_refusal(&self, checked: Result<(), Status>) -> Result<(), Status> {
        checked.inspect_err(|_| {
            let refusals = &self.shared.tally.refusals;
            refusals.fetch_add(1, Ordering::Relaxed);
        })
    }

    /// A leader that is not this node, as far as there is one, for those who are sent elsewhere.
    pub(crate) fn other_leader(&self) -> Option<SocketAddr> {
        self.shared.leader()
    }

    /// The fault that a call meets before any work; whether the version is to be wrong.
    pub(crate) async fn handshake(
        &self,
        headers: &MetadataMap,
        call: &str,
    ) -> Result<bool, Status> {
        self.note_refusal(self.shared.config.users.authenticate(headers))?;
        let faults = &self.shared.faults;
        let Some(fault) = faults.next::<HandshakeFault>(call) else {
            return Ok(false);
        };
        faults.note(fault);
        match fault {
            HandshakeFault::Unavailable => Err(Status::unavailable("Server Is Not Ready")),
            HandshakeFault::Unimplemented => Err(Status::unimplemented("")),
            HandshakeFault::WrongVersion => Ok(true),
            HandshakeFault::Hang => {
                faults.hang().await;
                Ok(false)
            }
        }
    }
}

//! Deciding through the service that has the store file, which is the only one that may write it.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use minwon::{
    ActorId, CommandId, NamespaceName,
    engine::Selection,
    operator::{
        Answer, Asked, Decided, OneLetter, OperatorClient, OperatorClientError, REQUEST_VERSION,
        Request, Retried, socket_beside,
    },
};

use crate::failure::{Failure, while_doing};

/// A service that runs, and who asks it.
pub(super) struct Remote {
    client: OperatorClient,
    namespace: NamespaceName,
    by: ActorId,
    asked: u32,
}

impl Remote {
    /// Connects to the service that has the store; `why` it is needed is reported where no service
    /// is there.
    pub(super) fn of(
        store: &Path,
        namespace: &NamespaceName,
        by: &ActorId,
        why: Failure,
    ) -> Result<Self, Failure> {
        let socket = socket_beside(store, namespace);
        let client = match OperatorClient::connect(&socket) {
            Err(OperatorClientError::NobodyListens { .. }) => {
                let doing = format!(
                    "another process has the store, and no service of the namespace {namespace} \
                     listens for operators at {}; start it with an operator socket, or decide while \
                     it does not run",
                    socket.display()
                );
                return Err(while_doing(doing)(why).into());
            }
            client => client?,
        };
        Ok(Self {
            client,
            namespace: namespace.clone(),
            by: by.clone(),
            asked: 0,
        })
    }

    pub(super) fn retry(&mut self, letters: &Selection, wait: u32) -> Result<Retried, Failure> {
        let mut all = Retried::default();
        loop {
            let asked = Asked::Retry {
                letters: letters.clone(),
                wait_seconds: wait,
            };
            let Answer::Retried(retried) = self.ask(asked)? else {
                return Err(unexpected());
            };
            let is_stuck = !retried.not_requested.is_empty() || retried.results.is_empty();
            all.results.extend(retried.results);
            all.not_requested.extend(retried.not_requested);
            all.left = retried.left;
            if all.left == 0 || is_stuck || !all.are_gone() {
                return Ok(all);
            }
        }
    }

    pub(super) fn skip(&mut self, letter: OneLetter, reason: &str) -> Result<Decided, Failure> {
        let reason = reason.to_owned();
        self.decide(Asked::Skip { letter, reason })
    }

    pub(super) fn compensate(
        &mut self,
        letter: OneLetter,
        reason: &str,
    ) -> Result<Decided, Failure> {
        let reason = reason.to_owned();
        self.decide(Asked::Compensate { letter, reason })
    }

    fn decide(&mut self, asked: Asked) -> Result<Decided, Failure> {
        match self.ask(asked)? {
            Answer::Decided(decided) => Ok(decided),
            _ => Err(unexpected()),
        }
    }

    fn ask(&mut self, asked: Asked) -> Result<Answer, Failure> {
        self.asked += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let name = format!("{}/{}/{}", std::process::id(), now.as_nanos(), self.asked);
        let request = Request {
            version: REQUEST_VERSION,
            id: CommandId::derive(b"minwon.operators", name),
            namespace: self.namespace.clone(),
            by: self.by.clone(),
            asked,
        };
        Ok(self.client.ask(&request)?)
    }
}

fn unexpected() -> Failure {
    "the service answered something else; use a program as new as the service".into()
}

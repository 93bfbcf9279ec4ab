//! The way of an append, a deletion and a tombstone into the log.

use tonic::Status;

use crate::caller::Service;
use crate::connection::Cutter;
use crate::fault::AppendFault;
use crate::node::Shared;
use crate::refusal;

/// The answer to a write; by default it lacks its outcome.
pub(crate) trait Answer: Default + Send + 'static {
    fn without_position(self) -> Self;
}

/// Runs `commit` as a server does: once it has begun it does not end with the client's interest.
/// It meets the fault that is due, before or after.
pub(crate) async fn run<T: Answer>(
    service: &Service,
    stream: &str,
    cutter: Option<Cutter>,
    commit: impl FnOnce(&Shared) -> Result<T, Status> + Send + 'static,
) -> Result<Result<T, Status>, Status> {
    let fault = service.shared.faults.next::<AppendFault>(stream);
    let service = service.clone();
    let task = tokio::spawn(async move {
        let Some(fault) = fault else {
            return commit(&service.shared);
        };
        let shared = &service.shared;
        shared.faults.note(fault);
        before(&service, fault, cutter.as_ref()).await?;
        let outcome = commit(shared);
        after(&service, fault, cutter.as_ref()).await?;
        match fault {
            AppendFault::MissingOutcome => Ok(T::default()),
            AppendFault::MissingPosition => outcome.map(T::without_position),
            _ => outcome,
        }
    });
    task.await
        .map_err(|error| Status::internal(format!("the stand-in panicked: {error}")))
}

async fn before(
    service: &Service,
    fault: AppendFault,
    cutter: Option<&Cutter>,
) -> Result<(), Status> {
    match fault {
        AppendFault::AbortBeforeCommit => Err(Status::aborted(
            "Operation timed out: Prepare phase timeout",
        )),
        AppendFault::CutBeforeCommit => Err(cut(cutter)),
        AppendFault::NotLeader => Err(refusal::not_leader(service.other_leader())),
        AppendFault::NoLeader => Err(refusal::not_leader(None)),
        AppendFault::Unavailable => Err(Status::unavailable("Server Is Too Busy")),
        AppendFault::HangBeforeCommit => {
            service.shared.faults.hang().await;
            Ok(())
        }
        AppendFault::Slow(time) => {
            tokio::time::sleep(time).await;
            Ok(())
        }
        AppendFault::AbortAfterCommit
        | AppendFault::CutAfterCommit
        | AppendFault::DeadlineAfterCommit
        | AppendFault::HangAfterCommit
        | AppendFault::MissingOutcome
        | AppendFault::MissingPosition => Ok(()),
    }
}

async fn after(
    service: &Service,
    fault: AppendFault,
    cutter: Option<&Cutter>,
) -> Result<(), Status> {
    match fault {
        AppendFault::AbortAfterCommit => {
            Err(Status::aborted("Operation timed out: Commit phase timeout"))
        }
        AppendFault::CutAfterCommit => Err(cut(cutter)),
        AppendFault::DeadlineAfterCommit => Err(Status::deadline_exceeded("Deadline Exceeded")),
        AppendFault::HangAfterCommit => {
            service.shared.faults.hang().await;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Cuts the connection; nobody hears the answer.
fn cut(cutter: Option<&Cutter>) -> Status {
    if let Some(cutter) = cutter {
        cutter.cut();
    }
    Status::unavailable("the connection was cut")
}

//! The port to an outside register. It is never part of a saga: what it answers becomes an event
//! of ours, and what it does not answer does too.

use std::{error::Error, fmt, future::Future, sync::Arc};

/// Asks an outside agency, for example the register that a document is made from.
///
/// Implementations ask once. Time-outs, retries, a circuit breaker and a bulkhead are put around
/// any of them by one adapter.
pub trait AgencyLink<Request>: Send + Sync + 'static {
    /// The answer of the agency.
    type Answer: Send + 'static;

    /// Asks. The future may be dropped at any point; the agency may have been asked by then.
    ///
    /// # Errors
    /// [`AgencyError`].
    fn ask(
        &self,
        request: &Request,
    ) -> impl Future<Output = Result<Self::Answer, AgencyError>> + Send;
}

impl<R: Sync, L: AgencyLink<R>> AgencyLink<R> for Arc<L> {
    type Answer = L::Answer;

    fn ask(&self, request: &R) -> impl Future<Output = Result<L::Answer, AgencyError>> + Send {
        L::ask(self, request)
    }
}

/// Why an agency did not answer.
#[derive(Debug)]
pub enum AgencyError {
    /// It is away, too slow or overloaded; it may answer later.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// It answered that it will not: asking again is no use.
    Refused(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for AgencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable(_) => "the agency does not answer for now",
            Self::Refused(_) => "the agency refused",
        })
    }
}

impl Error for AgencyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(source) | Self::Refused(source) => Some(&**source),
        }
    }
}

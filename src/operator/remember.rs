//! Requests that were answered, so that a repeat is answered and not carried out again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use minwon_core::CommandId;
use tokio::sync::OnceCell;

use super::{Answer, REQUESTS_REMEMBERED, Refusal, RefusalKind, Request};

/// The last requests and their outcomes. A clone shares them.
#[derive(Debug, Clone, Default)]
pub(super) struct Remembered {
    requests: Arc<Mutex<VecDeque<Kept>>>,
}

/// A request, and its answer once there is one.
#[derive(Debug, Clone)]
struct Kept {
    request: Arc<Request>,
    answer: Arc<OnceCell<Answer>>,
}

impl Remembered {
    /// Carries a request out, unless that was done: then it returns the same answer. Of two at once
    /// one waits for the other. A request that was refused is not remembered, and may be sent
    /// again.
    pub(super) async fn once<F>(
        &self,
        request: &Request,
        carry_out: impl FnOnce() -> F,
    ) -> Result<Answer, Refusal>
    where
        F: Future<Output = Result<Answer, Refusal>>,
    {
        let kept = self.keep(request);
        if *kept.request != *request {
            return Err(reused(request.id));
        }
        kept.answer.get_or_try_init(carry_out).await.cloned()
    }

    fn keep(&self, request: &Request) -> Kept {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let known = requests.iter().find(|kept| kept.request.id == request.id);
        if let Some(known) = known {
            return known.clone();
        }
        let kept = Kept {
            request: Arc::new(request.clone()),
            answer: Arc::default(),
        };
        requests.push_back(kept.clone());
        if requests.len() > REQUESTS_REMEMBERED {
            requests.pop_front();
        }
        kept
    }
}

fn reused(id: CommandId) -> Refusal {
    let message = format!("another request had the id {id}; give each request an id of its own");
    Refusal::of_text(RefusalKind::IdReused, message)
}

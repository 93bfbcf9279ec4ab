//! Carrying out what an event brings about, until it is done or has failed often enough.

use std::{
    num::NonZeroU32,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use minwon_core::{
    Cause, CheckpointName, CodecError, CommandExecutor as _, ConsumerLetters, ConsumerName,
    EventDecoder as _, EventRef, EventStore as _, ExecuteError, Failure, FailureClass, Reaction,
    ReactionKind, Reactor as _, RecordedEvent, Slice, Timer as _,
    metrics::{self, REACTIONS},
    trace,
};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use super::{CommandOf, Setup, options::ReactorOptions, recorder::Records, waits::Waits};
use crate::{
    caught::{caught, decode},
    dead_letters::DeadLetters,
    end::SessionEnd,
    supervise::said,
    truncated::what_is_there,
};

/// The parts of a reactor that all its work shares.
pub(super) struct Handler<U: Setup> {
    pub(super) store: Arc<U::Store>,
    pub(super) decoder: U::Decoder,
    pub(super) reactor: U::Reactor,
    pub(super) executor: U::Executor,
    pub(super) letters: DeadLetters<U::Store, U::Timer>,
    pub(super) options: ReactorOptions,
    pub(super) waits: Waits<U::Timer>,
    /// How many keys may be worked on at once.
    pub(super) permits: Semaphore,
    pub(super) records: Records,
    /// Signs of all keys together that something they need is away.
    pub(super) signs: Signs,
}

/// The outcome of an event.
pub(super) enum Outcome {
    /// Its commands have taken effect.
    Done,
    /// It failed, so many times.
    Failed { failure: Failure, attempts: u32 },
}

/// Why one try failed.
enum Trouble {
    Transient(Box<dyn std::error::Error + Send + Sync>),
    Failed(Failure),
    Stopping,
}

impl Trouble {
    /// In a word for spans.
    const fn error_type(&self) -> &'static str {
        match self {
            Self::Transient(_) => FailureClass::Unavailable.as_str(),
            Self::Failed(failure) => failure.class.as_str(),
            Self::Stopping => "stopping",
        }
    }
}

/// The commands of an event did not come to an end.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {limit:?}; see what the command waits for")]
struct TimedOut {
    limit: Duration,
}

/// Whether what events need is there, by what became of those of all keys.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// How often something was away, for any key.
    failures: AtomicU64,
    /// How many failures there had been when the latest try began that succeeded.
    last_success_began: AtomicU64,
    /// How often something was away for a key that does not stand alone with it.
    outage: AtomicU64,
}

/// How often what a key needs may be away for it while it is there for others.
struct Budget<'s> {
    signs: &'s Signs,
    /// Which failure was the last one of this key.
    failed: Option<u64>,
    /// How many signs of an outage there were then.
    outage: u64,
    /// Whether tries of others, begun after this key had failed, succeeded.
    is_alone: bool,
    left: u32,
}

impl Signs {
    fn budget(&self, left: u32) -> Budget<'_> {
        Budget {
            signs: self,
            failed: None,
            outage: 0,
            is_alone: false,
            left,
        }
    }
}

impl Budget<'_> {
    /// Returns whether this failure was one too many. Those of an outage that meets all are not
    /// counted, however many they are: nothing begun meanwhile succeeds, and others fail who are
    /// not alone with it. Once a key stands alone, silence speaks for no outage.
    fn is_used_up(&mut self) -> bool {
        let signs = self.signs;
        let failure = signs.failures.fetch_add(1, Ordering::Relaxed) + 1;
        let began = signs.last_success_began.load(Ordering::Relaxed);
        let before = self.failed.replace(failure);
        let others_succeed = before.is_some_and(|before| began >= before);
        self.is_alone |= others_succeed;
        if !self.is_alone {
            signs.outage.fetch_add(1, Ordering::Relaxed);
        }
        let outage = signs.outage.load(Ordering::Relaxed);
        let is_quiet = self.is_alone && outage == self.outage;
        self.outage = outage;
        if others_succeed || is_quiet {
            self.left = self.left.saturating_sub(1);
        }
        self.left == 0
    }
}

impl<U: Setup> Handler<U> {
    pub(super) fn name(&self) -> &ConsumerName {
        self.reactor.name()
    }

    /// Looks at its dead letters; none where it never had any.
    pub(super) fn look<A>(&self, look: impl FnOnce(&ConsumerLetters) -> A) -> Option<A> {
        self.letters.look(|book| book.of(self.name()).map(look))
    }

    /// The name of the checkpoint of a slice.
    pub(super) fn checkpoint(&self, slice: Slice) -> CheckpointName {
        CheckpointName {
            namespace: self.letters.namespace().clone(),
            consumer: self.name().clone(),
            slice,
        }
    }

    /// Tries until it is done or has failed too often. It waits for a system that is unavailable,
    /// unless it is unavailable for this key alone.
    pub(super) async fn carry_out(
        &self,
        kind: ReactionKind,
        recorded: &RecordedEvent,
    ) -> Result<Outcome, SessionEnd> {
        let mut attempts = 0;
        let mut tries = 0_u32;
        let mut waits = self.waits.tries();
        let mut budget = self.signs.budget(self.options.unavailable_max);
        loop {
            tries = tries.saturating_add(1);
            let tried = self.attempt(kind, recorded).await;
            self.count_try(&tried);
            let failure = match tried {
                Ok(()) => return Ok(Outcome::Done),
                Err(Trouble::Stopping) => return Err(SessionEnd::Stopping),
                Err(Trouble::Transient(source)) if budget.is_used_up() => {
                    let failure = Failure::new(FailureClass::Unavailable, &*source);
                    return Ok(Outcome::Failed {
                        failure,
                        attempts: tries,
                    });
                }
                Err(Trouble::Transient(source)) => {
                    waits.wait(SessionEnd::Unavailable(source)).await?;
                    continue;
                }
                Err(Trouble::Failed(failure)) => failure,
            };
            attempts += 1;
            let is_final = failure.class != FailureClass::Handler;
            if is_final || attempts > self.options.retries_max {
                return Ok(Outcome::Failed { failure, attempts });
            }
            // It is there again, though it does not do what it should.
            self.waits.count_retry(failure.class.as_str());
            waits = self.waits.tries();
            let pause = self.options.retries.pause(attempts);
            self.waits.sleep(pause).await?;
        }
    }

    fn count_try(&self, tried: &Result<(), Trouble>) {
        let outcome = match tried {
            Ok(()) => "done",
            Err(trouble) => trouble.error_type(),
        };
        let labels = [
            ("namespace", self.letters.namespace().as_str()),
            ("part", self.waits.part.name()),
            ("outcome", outcome),
        ];
        metrics::count(&REACTIONS, &labels, 1);
    }

    async fn attempt(&self, kind: ReactionKind, recorded: &RecordedEvent) -> Result<(), Trouble> {
        let permit = self.permits.acquire().await;
        let _permit = permit.expect("nobody closes it");
        if self.waits.is_stopping() {
            return Err(Trouble::Stopping);
        }
        // All that a panic can leave half done is what the reactor and the executor own; the
        // contract of both is to expect a repeat at any time.
        //
        // What carries it out is large, and most keys wait for their permit: they hold none of it.
        let executed = AssertUnwindSafe(Box::pin(self.execute(kind, recorded))).catch_unwind();
        let limit = self.options.execution_time_max;
        let executed = tokio::select! {
            biased;
            executed = executed => executed,
            () = self.waits.timer.sleep(limit) => {
                return Err(Trouble::Transient(TimedOut { limit }.into()));
            }
        };
        executed.unwrap_or_else(|panic| {
            let text = format!("panicked: {}", said(&*panic));
            Err(Trouble::Failed(Failure::of_text(
                FailureClass::Handler,
                &text,
            )))
        })
    }

    async fn execute(&self, kind: ReactionKind, recorded: &RecordedEvent) -> Result<(), Trouble> {
        let began = self.signs.failures.load(Ordering::Relaxed);
        let commands = self.commands(kind, recorded)?;
        if commands.is_empty() {
            return Ok(());
        }
        let span = trace::processing(self.name(), recorded);
        let mut cause = Cause::from(recorded);
        cause.traceparent = trace::go_on(&span, cause.traceparent);
        let carried_out = self.carry_out_all(kind, &cause, commands);
        let carried_out = carried_out.instrument(span.clone()).await;
        if let Err(trouble) = &carried_out {
            trace::note_error(&span, trouble.error_type());
        }
        carried_out?;
        let last = &self.signs.last_success_began;
        last.fetch_max(began, Ordering::Relaxed);
        Ok(())
    }

    async fn carry_out_all(
        &self,
        kind: ReactionKind,
        cause: &Cause,
        commands: Vec<CommandOf<U>>,
    ) -> Result<(), Trouble> {
        for (index, body) in (0..).zip(commands) {
            let reaction = Reaction::new(self.name(), kind, cause.clone(), index, body);
            match self.executor.execute(&reaction).await {
                Ok(()) => {}
                Err(ExecuteError::Transient(source) | ExecuteError::Misconfigured(source)) => {
                    return Err(Trouble::Transient(source));
                }
                Err(error @ ExecuteError::Failed(_)) => {
                    return Err(Trouble::Failed(self.failure(&error)));
                }
            }
        }
        Ok(())
    }

    /// A step that meets an event which a newer program wrote waits for that program, as the
    /// event itself would.
    fn failure(&self, error: &ExecuteError) -> Failure {
        if CodecError::among(error).is_some_and(CodecError::is_newer) {
            Failure::new(FailureClass::Newer, error).by(self.decoder.fingerprint())
        } else {
            Failure::new(FailureClass::Handler, error)
        }
    }

    /// Returns whether an event brings about no command. One that cannot be handled is none of these.
    pub(super) fn asks_for_nothing(&self, recorded: &RecordedEvent) -> bool {
        let commands = caught(|| self.commands(ReactionKind::Handled, recorded));
        matches!(commands, Ok(Ok(commands)) if commands.is_empty())
    }

    fn commands(
        &self,
        kind: ReactionKind,
        recorded: &RecordedEvent,
    ) -> Result<Vec<CommandOf<U>>, Trouble> {
        let mut commands = Vec::new();
        let event = match (decode(&self.decoder, recorded), kind) {
            (Ok(event), _) => event,
            // An event that could not be read had no effect to compensate.
            (Err(_), ReactionKind::Compensated) => return Ok(commands),
            (Err(failure), ReactionKind::Handled) => return Err(Trouble::Failed(failure)),
        };
        match kind {
            ReactionKind::Handled => self.reactor.react(&event, recorded, &mut commands),
            ReactionKind::Compensated => self.reactor.compensate(&event, recorded, &mut commands),
        }
        Ok(commands)
    }

    /// The event itself; none where the log does not have it.
    pub(super) async fn read_again(
        &self,
        event: &EventRef,
    ) -> Result<Option<RecordedEvent>, SessionEnd> {
        let store = &self.store;
        let read = || async {
            let page = store.read_stream(&event.stream, event.version, NonZeroU32::MIN);
            what_is_there(page.await)
        };
        let events = self.waits.until_done(read).await?;
        Ok(events.into_iter().find(|found| found.id() == event.id))
    }
}

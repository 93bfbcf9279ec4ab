//! What the operating system asks of a process.

use std::io;

/// Waits until the operating system asks the process to end, by SIGTERM or SIGINT. From this call on, not
/// from the first poll, such a signal does not end the process by itself any more; nothing else in this
/// library minds signals.
///
/// The second one ends it at once, whatever it does meanwhile, with the exit code 128 + the number of
/// the signal: 143 for SIGTERM, 130 for SIGINT. That is as safe as a loss of power: what was answered is in
/// the log, and the rest is done by the next process.
///
/// Elsewhere than on Unix it is Ctrl-C, from the first poll on, and the second one changes nothing.
///
/// ```no_run
/// # #[cfg(feature = "memory")]
/// # async fn serve(service: minwon::PetitionService) -> std::io::Result<()> {
/// let asked_to_end = minwon::until_asked_to_end()?;
/// // … begins to serve …
/// asked_to_end.await;
/// let report = service.stop().await;
/// eprintln!("{} calls were dropped", report.calls_dropped);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The system's, where it takes no handler.
///
/// # Panics
/// Outside of a tokio runtime whose I/O is enabled.
pub fn until_asked_to_end() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    imp::until_asked_to_end()
}

#[cfg(unix)]
mod imp {
    use std::{
        io,
        sync::{Arc, atomic::AtomicBool},
    };

    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag,
    };
    use tokio::signal::unix::{SignalKind, signal};

    pub(super) fn until_asked_to_end() -> io::Result<impl Future<Output = ()> + Send + 'static> {
        let is_asked = Arc::new(AtomicBool::new(false));
        for number in [SIGTERM, SIGINT] {
            // In this order: the first signal finds it unset. Handlers, and no task: the process may hang.
            flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&is_asked))?;
            flag::register(number, Arc::clone(&is_asked))?;
        }
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(async move {
            let signal = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(
                signal,
                "the process is asked to end; a second signal ends it at once"
            );
        })
    }
}

#[cfg(not(unix))]
mod imp {
    use std::io;

    pub(super) fn until_asked_to_end() -> io::Result<impl Future<Output = ()> + Send + 'static> {
        Ok(async {
            match tokio::signal::ctrl_c().await {
                Ok(()) => tracing::info!("the process is asked to end"),
                Err(error) => tracing::warn!(%error, "nobody can ask the process to end"),
            }
        })
    }
}

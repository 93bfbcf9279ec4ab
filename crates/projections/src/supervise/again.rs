//! A part that has ended by itself, and begins again where somebody asks it to.

use tokio::sync::watch;

use super::{Ending, ErrorClass, Part};

/// Asks parts that have ended by themselves to begin again. Those that work go on.
#[derive(Debug)]
pub struct AskAgain(watch::Sender<()>);

/// The part's end of that: one for each part.
#[derive(Debug, Clone)]
pub struct Again(watch::Receiver<()>);

impl AskAgain {
    /// Both ends.
    #[must_use]
    pub fn new() -> (Self, Again) {
        let (ask, asked) = watch::channel(());
        (Self(ask), Again(asked))
    }

    /// Asks them.
    pub fn ask(&self) {
        self.0.send_replace(());
    }
}

impl Again {
    /// Reports that a part has ended, and waits until somebody asks it to begin again; false where it is to
    /// stop instead, where nobody can ask any more, and where it was asked to end or ended by a defect: that
    /// may have left anything behind, and the process is started again.
    pub async fn is_wanted(
        &mut self,
        part: &Part,
        ending: &impl Ending,
        stop: &watch::Receiver<bool>,
    ) -> bool {
        let class = ending.class();
        if class.is_none_or(|class| class == ErrorClass::Bug) {
            return false;
        }
        self.0.mark_unchanged();
        part.end(class, ending);
        let mut stop = stop.clone();
        let is_wanted = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => false,
            asked = self.0.changed() => asked.is_ok(),
        };
        if is_wanted {
            part.begin_again();
        }
        is_wanted
    }
}

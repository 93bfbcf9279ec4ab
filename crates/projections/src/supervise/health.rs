//! How all parts of a service are, in one answer.

use std::{fmt, sync::Arc, time::Duration};

use minwon_core::{Timestamp, in_seoul};

use super::{ErrorClass, PartState};
use crate::PassedOver;

/// How one part of a service is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PartHealth {
    /// Which part, as in "projection petitions".
    #[serde(serialize_with = "super::part::as_text")]
    pub part: Arc<str>,
    /// How it is.
    #[serde(flatten)]
    pub state: PartState,
    /// Whether what it keeps can be asked; true where it keeps nothing.
    pub is_ready: bool,
    /// Whether what it keeps could be asked at some time since it was started; true where it keeps nothing.
    pub was_ready: bool,
    /// Since when it has had work in hand that does not come to an end; none where it has none.
    #[serde(serialize_with = "in_seoul::option")]
    pub stuck_since: Option<Timestamp>,
}

/// The health of a service. It only looks at what its parts last reported. Serialises as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// Whether it came up: every read model that is kept here could be asked at some time since then. Once
    /// true it stays, so it says nothing of how the service is now.
    pub started: bool,
    /// Whether all works: no part has stopped, has waited for long or hangs, every read model that
    /// is kept here can be asked, and the service is not ending. One that is not ready may still take
    /// commands, unless it is ending.
    pub ready: bool,
    /// Whether the process is sound: no part has ended by a defect of the program. One that is not
    /// is best started again.
    pub live: bool,
    /// Since when it has been [asked to end](Self::ending), and takes nothing on; none where it has not.
    #[serde(serialize_with = "in_seoul::option")]
    pub ending_since: Option<Timestamp>,
    /// Each part.
    pub parts: Vec<PartHealth>,
    /// Keys held back until a newer program reads them, those of each consumer counted. They are no
    /// trouble of a part, and no letters.
    pub newer_keys: usize,
    /// Events that stand in no category that is followed. They are no trouble of a part either.
    pub passed_over: PassedOver,
}

impl Health {
    /// Sums up parts at `now`; one that has not got on for `pause_max` is not ready any more.
    #[must_use]
    pub fn of(parts: Vec<PartHealth>, now: Timestamp, pause_max: Duration) -> Self {
        let works = |part: &PartHealth| match &part.state {
            PartState::Running => part.is_ready && !part.is_stuck(now, pause_max),
            PartState::Paused(paused) => {
                part.is_ready && now < paused.since.saturating_add(pause_max)
            }
            PartState::Stopped(_) => false,
        };
        let is_sound = |part: &PartHealth| match &part.state {
            PartState::Stopped(ended) => ended.class != Some(ErrorClass::Bug),
            _ => true,
        };
        Self {
            started: parts.iter().all(|part| part.was_ready),
            ready: parts.iter().all(works),
            live: parts.iter().all(is_sound),
            ending_since: None,
            parts,
            newer_keys: 0,
            passed_over: PassedOver::default(),
        }
    }

    /// The same of a service that was asked to end then, where it was: nobody is to send it anything.
    #[must_use]
    pub fn ending(self, since: Option<Timestamp>) -> Self {
        Self {
            ready: self.ready && since.is_none(),
            ending_since: since,
            ..self
        }
    }
}

impl PartHealth {
    /// Returns whether it has hung over its work for `time`, without a word.
    fn is_stuck(&self, now: Timestamp, time: Duration) -> bool {
        let since = self.stuck_since;
        since.is_some_and(|since| now >= since.saturating_add(time))
    }

    /// The next step of an operator; none where all is well.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        match &self.state {
            PartState::Paused(paused) => Some(paused.class.advice()),
            PartState::Stopped(ended) => match ended.class {
                Some(class) => Some(class.advice()),
                None => Some("it was asked to stop; start the service again"),
            },
            PartState::Running if !self.is_ready => {
                Some("wait until it has read the log; its status shows how far it is")
            }
            PartState::Running => None,
        }
    }
}

impl fmt::Display for PartHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.part)?;
        match &self.state {
            PartState::Running if self.is_ready => match self.stuck_since {
                None => f.write_str("running")?,
                Some(since) => write!(f, "running, at work since {since}")?,
            },
            PartState::Running => f.write_str("running, not ready")?,
            PartState::Paused(paused) => {
                let (class, since) = (paused.class.as_str(), paused.since);
                write!(f, "paused ({class}) since {since}: {}", paused.why)?;
            }
            PartState::Stopped(ended) => {
                let class = ended.class.map_or("asked to", ErrorClass::as_str);
                write!(f, "stopped ({class}) at {}: {}", ended.at, ended.why)?;
            }
        }
        match self.advice() {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

/// One line for the whole, and one for each part.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |is_so, yes, no| if is_so { yes } else { no };
        let ready = said(self.ready, "ready", "not ready");
        write!(f, "{ready}, {}", said(self.live, "live", "not live"))?;
        if !self.started {
            f.write_str(", not started")?;
        }
        if let Some(since) = self.ending_since {
            write!(f, ", ending since {since}")?;
        }
        for part in &self.parts {
            write!(f, "\n{part}")?;
        }
        if self.newer_keys > 0 {
            let keys = self.newer_keys;
            write!(f, "\n{keys} held back for a newer program; update this one")?;
        }
        if let PassedOver {
            events,
            last: Some(last),
            ..
        } = &self.passed_over
        {
            write!(
                f,
                "\n{events} events in no category that is followed, the last one in {last}; \
                 see whose they are"
            )?;
        }
        Ok(())
    }
}

//! What a suite has found.

use std::{error::Error, fmt};

use crate::{AppendError, CatalogueError, CheckpointError, CommitError, StoreError};

/// How a store breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(String);

impl Violation {
    /// A violation; `what` says what was wanted and what was found.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    fn failed(error: &dyn Error) -> Self {
        let mut text = format!("the store failed: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Self(text)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! failed_stores_violate {
    ($($error:ty),+) => {
        $(impl From<$error> for Violation {
            fn from(error: $error) -> Self {
                Self::failed(&error)
            }
        })+
    };
}

failed_stores_violate!(
    StoreError,
    AppendError,
    CheckpointError,
    CommitError,
    CatalogueError
);

/// Every rule of a suite, and what it came to.
#[derive(Debug, Clone)]
#[must_use = "a report that nobody asserts proves nothing"]
pub struct Report {
    port: &'static str,
    rules: Vec<(&'static str, Option<Violation>)>,
}

impl Report {
    pub(super) fn new(port: &'static str) -> Self {
        Self {
            port,
            rules: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, rule: &'static str, result: Result<(), Violation>) {
        self.rules.push((rule, result.err()));
    }

    /// Each rule by name, with its violation if it does not hold.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, Option<&Violation>)> {
        self.rules.iter().map(|(rule, v)| (*rule, v.as_ref()))
    }

    /// The rules that do not hold.
    pub fn violations(&self) -> impl Iterator<Item = (&'static str, &Violation)> {
        self.rules().filter_map(|(rule, v)| Some((rule, v?)))
    }

    /// Passes if every rule holds.
    ///
    /// # Panics
    /// Where one does not; the message lists all that do not.
    #[track_caller]
    pub fn assert_all_hold(&self) {
        assert!(self.violations().next().is_none(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (port, rules) = (self.port, self.rules.len());
        match self.violations().count() {
            0 => write!(f, "{port}: all {rules} rules hold"),
            broken => {
                write!(f, "{port}: {broken} of {rules} rules do not hold")?;
                self.violations()
                    .try_for_each(|(rule, violation)| write!(f, "\n- {rule}: {violation}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreErrorKind;

    #[test]
    fn a_report_lists_what_does_not_hold_and_nothing_else() {
        let mut report = Report::new("EventStore");
        report.add("first", Ok(()));
        assert_eq!(report.to_string(), "EventStore: all 1 rules hold");
        report.assert_all_hold();
        report.add("second", Err(Violation::new("wanted 1, found 2")));
        assert_eq!(
            report.to_string(),
            "EventStore: 1 of 2 rules do not hold\n- second: wanted 1, found 2"
        );
        assert!(std::panic::catch_unwind(|| report.assert_all_hold()).is_err());
    }

    #[test]
    fn a_failed_store_is_reported_with_all_its_causes() {
        let error = StoreError::new(StoreErrorKind::DiskFull, "cannot write")
            .caused_by(std::io::Error::other("no space left on device"));
        let text = Violation::from(error).to_string();
        assert!(text.starts_with("the store failed: cannot write"), "{text}");
        assert!(text.ends_with(": no space left on device"), "{text}");
    }
}

//! Versions of the server, as far as they answer differently.

use std::fmt;

/// The version that the stand-in claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion {
    /// The year.
    pub major: u32,
    /// The release within the year.
    pub minor: u32,
    /// The patch.
    pub patch: u32,
}

impl ServerVersion {
    /// Made of its three numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Whether subscriptions report that they have caught up.
    pub(crate) fn reports_caught_up(self) -> bool {
        self >= Self::new(23, 10, 0)
    }

    /// Whether that message says up to where.
    pub(crate) fn reports_caught_up_position(self) -> bool {
        match (self.major, self.minor) {
            (24, 10) => self.patch >= 5,
            _ => self >= Self::new(25, 0, 1),
        }
    }

    /// Whether a wrong position is the caller's mistake rather than an unknown error.
    pub(crate) fn names_invalid_positions(self) -> bool {
        self >= Self::new(25, 1, 0)
    }

    /// Most bytes in one append.
    pub(crate) fn append_bytes_max(self) -> usize {
        if self >= Self::new(25, 1, 0) {
            256 << 20
        } else {
            1 << 20
        }
    }

    /// Most bytes in one event.
    pub(crate) fn event_bytes_max(self) -> usize {
        if self >= Self::new(25, 1, 0) {
            16 << 20
        } else {
            i32::MAX as usize
        }
    }
}

impl From<(u32, u32, u32)> for ServerVersion {
    fn from((major, minor, patch): (u32, u32, u32)) -> Self {
        Self::new(major, minor, patch)
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_of_catching_up_came_with_patches_of_two_releases() {
        let reports =
            |version: (u32, u32, u32)| ServerVersion::from(version).reports_caught_up_position();
        assert!(!reports((23, 10, 9)) && !reports((24, 10, 4)) && !reports((25, 0, 0)));
        assert!(reports((24, 10, 5)) && reports((25, 0, 1)) && reports((26, 1, 0)));
    }
}

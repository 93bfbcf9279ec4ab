//! The way on which a petition comes in.

use std::{fmt, str::FromStr, sync::Arc};

use crate::text::{FormatError, check_title, stored_as_text};

/// How a petition was filed; stored as one plain word.
///
/// ```
/// use minwon_petitions::Channel;
/// assert_eq!("online".parse(), Ok(Channel::Online));
/// let own_word: Channel = "Desk".parse()?;
/// assert_eq!(own_word.to_string(), "Desk");
/// # Ok::<(), minwon_petitions::FormatError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Through the integrated electronic petition window.
    Online,
    /// In writing, at an office.
    Counter,
    /// By letter.
    Post,
    /// By e-mail.
    Email,
    /// By telephone.
    Telephone,
    /// By word of mouth (구술), at an office.
    Oral,
    /// At an unattended issuing kiosk (무인민원발급창구).
    Kiosk,
    /// Any other, in the word of the log that it came from.
    Other(ForeignChannel),
}

/// A word for a channel that the library does not know. Only parsing makes one, so that each
/// channel has one form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ForeignChannel(Arc<str>);

impl Channel {
    /// The words of all but [`Other`](Self::Other).
    pub(crate) const WORDS: [&'static str; 7] = [
        "online",
        "counter",
        "post",
        "email",
        "telephone",
        "oral",
        "kiosk",
    ];

    /// The word it is stored as.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Online => "online",
            Self::Counter => "counter",
            Self::Post => "post",
            Self::Email => "email",
            Self::Telephone => "telephone",
            Self::Oral => "oral",
            Self::Kiosk => "kiosk",
            Self::Other(word) => &word.0,
        }
    }

    /// Returns whether the petition was spoken rather than written. Of a foreign word nothing is
    /// known, so it counts as written.
    #[must_use]
    pub const fn is_spoken(&self) -> bool {
        match self {
            Self::Telephone | Self::Oral => true,
            Self::Online | Self::Counter | Self::Post | Self::Email | Self::Kiosk => false,
            Self::Other(_) => false,
        }
    }

    /// Returns whether it is the integrated electronic petition window, where a petition is to be received
    /// within 8 working hours (D6⑧). Mail and kiosks are other ways.
    #[must_use]
    pub const fn is_petition_window(&self) -> bool {
        matches!(self, Self::Online)
    }

    /// Returns whether the petition came as an electronic document. Of a foreign word nothing is
    /// known, so it counts as paper.
    #[must_use]
    pub const fn is_electronic(&self) -> bool {
        match self {
            Self::Online | Self::Email | Self::Kiosk => true,
            Self::Counter | Self::Post | Self::Telephone | Self::Oral => false,
            Self::Other(_) => false,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = FormatError;

    /// Any line of 1 to 200 bytes is a channel.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        Ok(match text {
            "online" => Self::Online,
            "counter" => Self::Counter,
            "post" => Self::Post,
            "email" => Self::Email,
            "telephone" => Self::Telephone,
            "oral" => Self::Oral,
            "kiosk" => Self::Kiosk,
            word => {
                check_title(word).map_err(|rule| FormatError::new("channel", rule))?;
                Self::Other(ForeignChannel(word.into()))
            }
        })
    }
}

stored_as_text!(Channel, as_str);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_stored_as_its_word() {
        for word in [
            "online",
            "counter",
            "post",
            "email",
            "telephone",
            "oral",
            "kiosk",
            "Desk",
            "민원함",
        ] {
            let channel: Channel = word.parse().unwrap();
            assert_eq!(channel.to_string(), word);
            assert_eq!(
                matches!(channel, Channel::Other(_)),
                ["Desk", "민원함"].contains(&word)
            );
        }
    }

    #[test]
    fn no_word_is_no_channel() {
        assert!("".parse::<Channel>().is_err());
    }
}

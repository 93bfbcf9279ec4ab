//! Values of a log, made to fit where they are stored.
//!
//! A log may hold anything, a petition may not, and no value is to stop a migration:
//!
//! - A text becomes one line: control characters turn into spaces, and space around it goes.
//! - A text of more than 200 bytes is cut and ends in `…`.
//! - An id with white space in it or of more than 128 bytes becomes `xes-` and a UUID derived from
//!   it, so that equal ids stay equal and others apart. Names of persons mostly end up as that,
//!   which is welcome: events are to hold opaque ids.
//! - An empty value counts as missing, and so does a date that is none; the reader counts these.
//! - An instant outside the years 0 to 9999 in UTC becomes the first or last one inside.

use std::{fmt, str::FromStr};

use chrono::{DateTime, TimeZone};
use minwon::{CommandId, Timestamp};

/// Stands where a text was needed and the log has none.
pub(crate) const NONE: &str = "(none)";

/// Longest text. Unit: bytes; the limit of minwon's departments, channels and activities.
const TEXT_BYTES_MAX: usize = 200;

/// Ends a text that was cut.
const ELLIPSIS: char = '…';

/// Ids are derived from those of the log within this scope. It stands in stored events.
const IDS: [u8; 16] = *b"minwon xes ids 1";

/// Fits values and counts what had to be changed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fitting {
    /// Texts that were cut or brought into one line.
    texts: u64,
    /// Ids that were replaced.
    ids: u64,
}

impl Fitting {
    /// A channel, department or activity.
    pub(crate) fn text<T: FromStr<Err: fmt::Debug>>(&mut self, text: Option<&str>) -> Option<T> {
        let text = text?;
        let line = one_line(text);
        if line.is_empty() {
            return None;
        }
        self.texts += u64::from(line != text);
        Some(line.parse().expect("a line of 1 to 200 bytes"))
    }

    /// The id of a person or of a receipt.
    pub(crate) fn id<T: FromStr<Err: fmt::Debug>>(&mut self, text: Option<&str>) -> Option<T> {
        let text = text?.trim();
        if text.is_empty() {
            return None;
        }
        Some(text.parse().unwrap_or_else(|_| {
            self.ids += 1;
            let derived = format!("xes-{}", CommandId::derive(&IDS, text));
            derived.parse().expect("a short word")
        }))
    }

    /// The warning to the user, if anything was changed.
    pub(crate) fn warning(self) -> Option<String> {
        let Self { texts, ids } = self;
        (texts + ids > 0).then(|| {
            format!(
                "{texts} texts were too long or not one line and are stored shortened; \
                 {ids} ids were too long or held white space and are stored as UUIDs"
            )
        })
    }
}

fn one_line(text: &str) -> String {
    let line = text.replace(char::is_control, " ");
    let line = line.trim();
    if line.len() <= TEXT_BYTES_MAX {
        return line.to_owned();
    }
    let bytes_max = TEXT_BYTES_MAX - ELLIPSIS.len_utf8();
    let ends = line.char_indices().map(|(place, _)| place);
    let end = ends.take_while(|end| *end <= bytes_max).last();
    format!("{}{ELLIPSIS}", line[..end.unwrap_or(0)].trim_end())
}

/// An instant of the log.
pub(crate) fn instant(date: DateTime<impl TimeZone>) -> Timestamp {
    let micros = date.timestamp_micros();
    let bound = if micros < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_unix_micros(micros).unwrap_or(bound)
}

#[cfg(test)]
mod tests {
    use minwon::{
        ActorId,
        petitions::{Activity, Channel},
    };

    use super::*;

    fn check_text(text: &str, fitted: &str, changed: u64) {
        let mut fitting = Fitting::default();
        let activity: Activity = fitting.text(Some(text)).unwrap();
        assert_eq!(activity.as_str(), fitted);
        assert_eq!(fitting.texts, changed, "{text:?}");
    }

    #[test]
    fn a_text_is_stored_as_it_is_or_visibly_shortened() {
        check_text("T02 Check", "T02 Check", 0);
        check_text(" two\r\nlines\u{85}", "two  lines", 1);
        check_text(&"a".repeat(200), &"a".repeat(200), 0);
        check_text(&"a".repeat(201), &format!("{}…", "a".repeat(197)), 1);
        check_text(&"가".repeat(67), &format!("{}…", "가".repeat(65)), 1);
        let spaced = format!("{}{}", "a".repeat(190), " b".repeat(10));
        check_text(&spaced, &format!("{} b b b…", "a".repeat(190)), 1);
    }

    #[test]
    fn an_id_is_stored_as_it_is_or_as_another_that_is_always_the_same() {
        let mut fitting = Fitting::default();
        let mut id = |text: &str| fitting.id::<ActorId>(Some(text)).unwrap().to_string();
        assert_eq!(id("Resource21"), "Resource21");
        assert_eq!(id(" Resource21 "), "Resource21");
        let person = id("Sue Smith");
        assert!(person.starts_with("xes-") && person.len() == 40, "{person}");
        assert_eq!(id("Sue Smith"), person);
        assert_ne!(id("Pete"), person);
        assert_ne!(id(&"x".repeat(129)), id(&"x".repeat(130)));
        assert_eq!(fitting.ids, 4);
    }

    #[test]
    fn the_empty_is_missing() {
        let mut fitting = Fitting::default();
        for empty in ["", " ", "\u{7}\n"] {
            assert_eq!(fitting.text::<Channel>(Some(empty)), None);
            assert_eq!(
                fitting.id::<ActorId>(Some(empty.trim_start_matches('\u{7}'))),
                None
            );
        }
        assert_eq!(fitting.text::<Channel>(None), None);
        assert_eq!(fitting.warning(), None);
    }

    #[test]
    fn instants_stay_within_what_can_be_written() {
        let date = |text| DateTime::parse_from_rfc3339(text).unwrap();
        assert_eq!(instant(date("0000-01-01T00:00:00+01:00")), Timestamp::MIN);
        assert_eq!(instant(date("9999-12-31T23:59:59-01:00")), Timestamp::MAX);
        let moment = date("2011-10-11T13:45:40.276+02:00");
        assert_eq!(instant(moment).to_string(), "2011-10-11T11:45:40.276Z");
    }
}

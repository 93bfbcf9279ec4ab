//! Cases and events under construction.

use std::mem;

use chrono::{DateTime, FixedOffset};
use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;
use quick_xml::events::attributes::Attribute;

use super::date::{parse_date, real_date};
use super::{
    CaseAttributes, CasePart, DEPTH_MAX, Limited, NAME_BYTES_MAX, PART_EVENTS_MAX,
    PART_TEXT_BYTES_MAX, Place, VALUE_BYTES_MAX, XesError, XesEvent,
};

/// Longest piece of the document that an error quotes. Unit: characters.
const QUOTE_CHARS_MAX: usize = 64;

/// Where in the document the reader is, apart from what it skips.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Level {
    #[default]
    Prolog,
    Log,
    Trace,
    Event,
    Epilog,
}

/// Builds cases from tags; knows nothing of where they come from.
///
/// That tags match is the XML parser's business.
#[derive(Default)]
pub(super) struct Assembly {
    level: Level,
    depth: usize,
    /// Open elements from the outermost one that is skipped, which is no level of ours.
    skipped: usize,
    ordinal: u64,
    has_parts: bool,
    case: Draft<CaseAttributes>,
    event: Draft<XesEvent>,
    events: Vec<XesEvent>,
    events_text_bytes: usize,
}

impl Assembly {
    pub(super) fn is_before_root(&self) -> bool {
        self.level == Level::Prolog
    }

    /// Takes an element without content.
    pub(super) fn empty(
        &mut self,
        tag: &BytesStart<'_>,
        at: Place,
    ) -> Result<Option<CasePart>, XesError> {
        // Never both: an event may push a part out when it starts, a trace when it ends.
        let before = self.start(tag, at)?;
        Ok(self.end()?.or(before))
    }

    pub(super) fn start(
        &mut self,
        tag: &BytesStart<'_>,
        at: Place,
    ) -> Result<Option<CasePart>, XesError> {
        check_size(tag, at)?;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(XesError::TooDeep { at });
        }
        if self.skipped > 0 {
            self.skipped += 1;
            return Ok(None);
        }
        match (self.level, tag.local_name().as_ref()) {
            (Level::Prolog, "log") => self.level = Level::Log,
            (Level::Log, "trace") => self.level = Level::Trace,
            (Level::Trace, "event") => {
                self.level = Level::Event;
                return Ok(self.is_full().then(|| self.part()));
            }
            (Level::Prolog, other) => return Err(XesError::NotALog { found: quote(other), at }),
            (Level::Epilog, _) => return Err(XesError::TrailingContent { at }),
            _ => return self.attribute(tag, at).map(|()| None),
        }
        Ok(None)
    }

    /// Takes an element that is no level of ours: an attribute, perhaps, and its content never.
    fn attribute(&mut self, tag: &BytesStart<'_>, at: Place) -> Result<(), XesError> {
        self.skipped = 1;
        match self.level {
            Level::Trace => self.case.take(tag, self.ordinal, at),
            Level::Event => self.event.take(tag, self.ordinal, at),
            Level::Prolog | Level::Log | Level::Epilog => Ok(()),
        }
    }

    pub(super) fn end(&mut self) -> Result<Option<CasePart>, XesError> {
        self.depth = self.depth.saturating_sub(1);
        if self.skipped > 0 {
            self.skipped -= 1;
            return Ok(None);
        }
        match self.level {
            Level::Event => {
                self.level = Level::Trace;
                self.end_event()?;
            }
            Level::Trace => {
                self.level = Level::Log;
                return Ok(Some(self.end_case()));
            }
            Level::Log => self.level = Level::Epilog,
            Level::Prolog | Level::Epilog => {}
        }
        Ok(None)
    }

    fn end_event(&mut self) -> Result<(), XesError> {
        let event = mem::take(&mut self.event).finish()?;
        self.events_text_bytes += text_bytes(&event);
        self.events.push(event);
        Ok(())
    }

    fn end_case(&mut self) -> CasePart {
        let part = CasePart { last: true, ..self.part() };
        self.case = Draft::default();
        self.has_parts = false;
        self.ordinal += 1;
        part
    }

    /// Whether the part must go before another event comes. Not sooner: only then is it known
    /// not to be the last one.
    fn is_full(&self) -> bool {
        self.events.len() >= PART_EVENTS_MAX || self.events_text_bytes >= PART_TEXT_BYTES_MAX
    }

    fn part(&mut self) -> CasePart {
        self.events_text_bytes = 0;
        CasePart {
            ordinal: self.ordinal,
            first: !mem::replace(&mut self.has_parts, true),
            last: false,
            attributes: self.case.kept.clone(),
            events: mem::take(&mut self.events),
        }
    }

    /// Takes text, which means nothing in a log but must not stand outside it.
    pub(super) fn text(&self, at: Place) -> Result<(), XesError> {
        match self.level {
            Level::Prolog => Err(XesError::NotXml),
            Level::Epilog => Err(XesError::TrailingContent { at }),
            Level::Log | Level::Trace | Level::Event => Ok(()),
        }
    }

    /// Takes the end of the document.
    pub(super) fn finish(&self, at: Place) -> Result<(), XesError> {
        match self.level {
            Level::Prolog => Err(XesError::NotXml),
            Level::Log | Level::Trace | Level::Event => Err(XesError::Truncated { at }),
            Level::Epilog => Ok(()),
        }
    }
}

fn check_size(tag: &BytesStart<'_>, at: Place) -> Result<(), XesError> {
    let what = if tag.name().as_ref().len() > NAME_BYTES_MAX {
        Limited::Name
    } else if tag.len() > VALUE_BYTES_MAX && has_long_value(tag) {
        Limited::Value
    } else {
        return Ok(());
    };
    Err(XesError::TooLong { what, at })
}

fn has_long_value(tag: &BytesStart<'_>) -> bool {
    let mut attributes = tag.attributes();
    let mut readable = attributes.with_checks(false).filter_map(Result::ok);
    readable.any(|attribute| attribute.value.len() > VALUE_BYTES_MAX)
}

fn text_bytes(event: &XesEvent) -> usize {
    let XesEvent { activity, timestamp: _, resource, group, lifecycle, instance } = event;
    let texts = [activity, resource, group, lifecycle, instance];
    texts.into_iter().flatten().map(String::len).sum()
}

/// A case or an event of which not all attributes may have been seen.
#[derive(Default)]
struct Draft<T> {
    kept: T,
    /// Fields written under their own key, one bit each: the first of a duplicated key wins.
    own: u8,
    /// Fields written under their key without prefix, which counts only if the own key is missing.
    bare: u8,
    /// A bare date that cannot be read, which is no error if the own key follows.
    bare_failure: Option<XesError>,
}

/// Something that has attributes to keep.
trait Keep {
    /// Where an attribute of this key goes, if it is kept.
    fn slot(&mut self, key: &str) -> Option<Slot<'_>>;
}

/// A place for one value.
struct Slot<'a> {
    field: u8,
    is_bare: bool,
    target: Target<'a>,
}

enum Target<'a> {
    Text(&'a mut Option<String>),
    Date(&'a mut Option<DateTime<FixedOffset>>),
    /// A date for which zero means none.
    CaseDate(&'a mut Option<DateTime<FixedOffset>>),
}
use Target::{CaseDate, Date, Text};

impl Keep for CaseAttributes {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        let (field, target) = match key {
            "concept:name" | "name" => (0, Text(&mut self.name)),
            "startdate" => (1, CaseDate(&mut self.startdate)),
            "deadline" => (2, CaseDate(&mut self.deadline)),
            "enddate" => (3, CaseDate(&mut self.enddate)),
            "channel" => (4, Text(&mut self.channel)),
            "department" => (5, Text(&mut self.department)),
            "group" => (6, Text(&mut self.group)),
            "responsible" => (7, Text(&mut self.responsible)),
            _ => return None,
        };
        Some(Slot { field: 1 << field, is_bare: key == "name", target })
    }
}

impl Keep for XesEvent {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        let (field, target) = match key {
            "concept:name" | "name" => (0, Text(&mut self.activity)),
            "time:timestamp" | "timestamp" => (1, Date(&mut self.timestamp)),
            "org:resource" | "resource" => (2, Text(&mut self.resource)),
            "org:group" | "group" => (3, Text(&mut self.group)),
            "lifecycle:transition" | "transition" => (4, Text(&mut self.lifecycle)),
            "concept:instance" | "instance" => (5, Text(&mut self.instance)),
            _ => return None,
        };
        Some(Slot { field: 1 << field, is_bare: !key.contains(':'), target })
    }
}

impl<T: Keep> Draft<T> {
    /// Takes a direct child of the trace or event.
    fn take(&mut self, tag: &BytesStart<'_>, case: u64, at: Place) -> Result<(), XesError> {
        let malformed = |error| XesError::malformed(error, at);
        let Some((key, value)) = key_and_value(tag).map_err(malformed)? else {
            return Ok(());
        };
        let key = key.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
        let Some(Slot { field, is_bare, target }) = self.kept.slot(&key) else {
            return Ok(());
        };
        let seen = if is_bare { &mut self.bare } else { &mut self.own };
        if mem::replace(seen, *seen | field) & field != 0 || is_bare && self.own & field != 0 {
            return Ok(());
        }
        let value = value.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
        match (target, parse_date) {
        }
        Ok(())
    }
}

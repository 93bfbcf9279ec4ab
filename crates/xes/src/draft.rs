//! Cases and events under construction.

use std::borrow::Cow;
use std::mem;

use chrono::{DateTime, FixedOffset};
use quick_xml::XmlVersion;
use quick_xml::events::BytesStart;
use quick_xml::events::attributes::Attribute;

use crate::date::parse_date;
use crate::{
    CaseAttributes, CasePart, DEPTH_MAX, Limited, NAME_BYTES_MAX, PART_EVENTS_MAX,
    PART_TEXT_BYTES_MAX, Place, Tolerated, UnreadableDate, VALUE_BYTES_MAX, XesError, XesEvent,
    real_date,
};

/// Longest piece of the document that an error quotes. Unit: characters.
const QUOTE_CHARS_MAX: usize = 64;

/// The rules for line ends in values. Those of XML 1.1 differ only for characters that no log has.
const XML_1_0: XmlVersion = XmlVersion::Implicit1_0;

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
pub(super) struct Assembly {
    cases_max: u64,
    pub(super) tolerated: Tolerated,
    level: Level,
    depth: usize,
    /// Open elements from the outermost one that is skipped, which is no level of ours.
    skipped: usize,
    ordinal: u64,
    has_parts: bool,
    case: CaseDraft,
    event: EventDraft,
    events: Vec<XesEvent>,
    events_text_bytes: usize,
}

impl Assembly {
    pub(super) fn new(cases_max: u64) -> Self {
        Self {
            cases_max,
            tolerated: Tolerated::default(),
            level: Level::default(),
            depth: 0,
            skipped: 0,
            ordinal: 0,
            has_parts: false,
            case: CaseDraft::default(),
            event: EventDraft::default(),
            events: Vec::new(),
            events_text_bytes: 0,
        }
    }

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
        match self.start(tag, at)? {
            None => Ok(self.end()),
            pushed_out => {
                self.end();
                Ok(pushed_out)
            }
        }
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
            (Level::Log, "trace") if self.ordinal == self.cases_max => {
                let cases_max = self.cases_max;
                return Err(XesError::TooManyCases { cases_max, at });
            }
            (Level::Log, "trace") => self.level = Level::Trace,
            (Level::Trace, "event") => {
                self.level = Level::Event;
                return Ok(self.is_full().then(|| self.part()));
            }
            (Level::Prolog, other) => {
                return Err(XesError::NotALog {
                    found: quote(other),
                    at,
                });
            }
            (Level::Epilog, _) => return Err(XesError::TrailingContent { at }),
            _ => return self.attribute(tag, at).map(|()| None),
        }
        Ok(None)
    }

    /// Takes an element that is no level of ours: an attribute, perhaps, and its content never.
    fn attribute(&mut self, tag: &BytesStart<'_>, at: Place) -> Result<(), XesError> {
        self.skipped = 1;
        let mut dates = Dates {
            tolerated: &mut self.tolerated,
            case: self.ordinal,
        };
        match self.level {
            Level::Trace => take(tag, &mut dates, at, |key| self.case.slot(key)),
            Level::Event => take(tag, &mut dates, at, |key| self.event.slot(key)),
            Level::Prolog | Level::Log | Level::Epilog => Ok(()),
        }
    }

    pub(super) fn end(&mut self) -> Option<CasePart> {
        self.depth = self.depth.saturating_sub(1);
        if self.skipped > 0 {
            self.skipped -= 1;
            return None;
        }
        match self.level {
            Level::Event => {
                self.level = Level::Trace;
                self.end_event();
            }
            Level::Trace => {
                self.level = Level::Log;
                return Some(self.end_case());
            }
            Level::Log => self.level = Level::Epilog,
            Level::Prolog | Level::Epilog => {}
        }
        None
    }

    fn end_event(&mut self) {
        let mut dates = Dates {
            tolerated: &mut self.tolerated,
            case: self.ordinal,
        };
        let event = mem::take(&mut self.event).finish(&mut dates);
        self.events_text_bytes += text_bytes(&event);
        self.events.push(event);
    }

    fn end_case(&mut self) -> CasePart {
        let part = CasePart {
            last: true,
            ..self.part()
        };
        self.case = CaseDraft::default();
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
            attributes: self.case.seen_so_far(),
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
    let XesEvent {
        activity,
        timestamp: _,
        resource,
        group,
    } = event;
    let texts = [activity, resource, group];
    texts.into_iter().flatten().map(String::len).sum()
}

/// Reads the dates of one case and counts those that are not quite.
struct Dates<'a> {
    tolerated: &'a mut Tolerated,
    case: u64,
}

impl Dates<'_> {
    fn read(&mut self, key: &str, text: &str, at: Place) -> Option<DateTime<FixedOffset>> {
        let Some(read) = parse_date(text) else {
            self.tolerated.dates_unreadable += 1;
            self.tolerated
                .first_unreadable
                .get_or_insert_with(|| UnreadableDate {
                    case: self.case,
                    key: quote(key),
                    value: quote(text),
                    at,
                });
            return None;
        };
        self.tolerated.dates_carried += u64::from(read.is_carried);
        Some(read.date)
    }
}

/// A place for one value, which stays empty until the first of its key comes that can be read.
enum Slot<'a> {
    Text(&'a mut Option<String>),
    Date(&'a mut Option<DateTime<FixedOffset>>),
    /// A date to be read at the end, if it is needed then.
    LateDate(&'a mut Option<(String, Place)>),
}

/// A case of which not all attributes may have been seen.
#[derive(Default)]
struct CaseDraft {
    /// With zero dates still in, so that they too keep a second of their key out.
    own: CaseAttributes,
    bare_name: Option<String>,
}

impl CaseDraft {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "concept:name" => Slot::Text(&mut self.own.name),
            "name" => Slot::Text(&mut self.bare_name),
            "startdate" => Slot::Date(&mut self.own.startdate),
            "deadline" => Slot::Date(&mut self.own.deadline),
            "enddate" => Slot::Date(&mut self.own.enddate),
            "channel" => Slot::Text(&mut self.own.channel),
            "department" => Slot::Text(&mut self.own.department),
            "responsible" => Slot::Text(&mut self.own.responsible),
            _ => return None,
        })
    }

    fn seen_so_far(&self) -> CaseAttributes {
        let own = self.own.clone();
        CaseAttributes {
            name: own.name.or_else(|| self.bare_name.clone()),
            startdate: own.startdate.and_then(real_date),
            deadline: own.deadline.and_then(real_date),
            enddate: own.enddate.and_then(real_date),
            ..own
        }
    }
}

/// An event of which not all attributes may have been seen.
#[derive(Default)]
struct EventDraft {
    own: XesEvent,
    /// The values under keys without prefix, which count where the prefixed key is missing.
    bare: XesEvent,
    bare_timestamp: Option<(String, Place)>,
}

impl EventDraft {
    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "concept:name" => Slot::Text(&mut self.own.activity),
            "name" => Slot::Text(&mut self.bare.activity),
            "time:timestamp" => Slot::Date(&mut self.own.timestamp),
            "timestamp" => Slot::LateDate(&mut self.bare_timestamp),
            "org:resource" => Slot::Text(&mut self.own.resource),
            "resource" => Slot::Text(&mut self.bare.resource),
            "org:group" => Slot::Text(&mut self.own.group),
            "group" => Slot::Text(&mut self.bare.group),
            _ => return None,
        })
    }

    fn finish(self, dates: &mut Dates<'_>) -> XesEvent {
        let Self {
            own,
            bare,
            bare_timestamp,
        } = self;
        let timestamp = match (own.timestamp, bare_timestamp) {
            (None, Some((text, at))) => dates.read("timestamp", &text, at),
            (timestamp, _) => timestamp,
        };
        XesEvent {
            activity: own.activity.or(bare.activity),
            timestamp,
            resource: own.resource.or(bare.resource),
            group: own.group.or(bare.group),
        }
    }
}

/// Puts the attribute that a tag holds, if any, into the slot of its key.
fn take<'d>(
    tag: &BytesStart<'_>,
    dates: &mut Dates<'_>,
    at: Place,
    slot: impl FnOnce(&str) -> Option<Slot<'d>>,
) -> Result<(), XesError> {
    let text = |attribute: Attribute<'_>| match attribute.normalized_value(XML_1_0) {
        Ok(text) => Ok(text.into_owned()),
        Err(error) => Err(XesError::malformed(error, at)),
    };
    let read = key_and_value(tag).map_err(|error| XesError::malformed(error, at))?;
    let Some((key, value)) = read else {
        return Ok(());
    };
    match slot(&key) {
        None | Some(Slot::Text(Some(_)) | Slot::Date(Some(_)) | Slot::LateDate(Some(_))) => {}
        Some(Slot::Text(empty)) => *empty = Some(text(value)?),
        Some(Slot::Date(empty)) => *empty = dates.read(&key, &text(value)?, at),
        Some(Slot::LateDate(empty)) => *empty = Some((text(value)?, at)),
    }
    Ok(())
}

/// The key, and the value as written, if the tag is a typed attribute with both.
fn key_and_value<'t>(
    tag: &'t BytesStart<'_>,
) -> Result<Option<(Cow<'t, str>, Attribute<'t>)>, quick_xml::Error> {
    // Lists and containers have no value of their own.
    if !matches!(
        tag.local_name().as_ref(),
        "string" | "date" | "int" | "float" | "boolean" | "id"
    ) {
        return Ok(None);
    }
    let (mut key, mut value) = (None, None);
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute?;
        match attribute.key.as_ref() {
            "key" if key.is_none() => key = Some(attribute.normalized_value(XML_1_0)?),
            "value" if value.is_none() => value = Some(attribute),
            _ => {}
        }
    }
    Ok(key.zip(value))
}

fn quote(text: &str) -> String {
    text.chars().take(QUOTE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{activity_of, date, event, event_of, fail, read, some, tolerated, trace};

    fn case_of(content: &str) -> CaseAttributes {
        read(trace(content)).remove(0).attributes
    }

    fn events(count: usize) -> String {
        let one = |n| format!("<event><string key='concept:name' value='{n}'/></event>");
        (0..count).map(one).collect()
    }

    #[test]
    fn a_trace_without_events_is_one_part() {
        for content in [
            "<log><trace/></log>",
            &trace(""),
            &trace("<string key='group'/>"),
        ] {
            let empty = CasePart {
                ordinal: 0,
                first: true,
                last: true,
                attributes: CaseAttributes::default(),
                events: Vec::new(),
            };
            assert_eq!(read(content), [empty]);
        }
        assert_eq!(read("<log/>"), []);
    }

    #[test]
    fn a_case_comes_in_parts_of_a_thousand_events() {
        for (count, sizes) in [
            (999, &[999][..]),
            (1000, &[1000]),
            (1001, &[1000, 1]),
            (2000, &[1000, 1000]),
            (2001, &[1000, 1000, 1]),
        ] {
            let case = format!("<trace>{}</trace>", events(count));
            let parts = read(format!("<log><trace/>{case}<trace/></log>"));
            let [before, case @ .., after] = &parts[..] else {
                panic!("three cases");
            };
            assert_eq!((before.ordinal, after.ordinal), (0, 2));
            let of_parts: Vec<_> = case.iter().map(|part| part.events.len()).collect();
            assert_eq!(of_parts, sizes);
            for (place, part) in case.iter().enumerate() {
                assert_eq!(part.ordinal, 1);
                assert_eq!(part.first, place == 0);
                assert_eq!(part.last, place + 1 == sizes.len());
            }
            let activities = case.iter().flat_map(|part| &part.events);
            let in_order = (0..count).map(|n| some(&n.to_string()));
            assert!(activities.map(|event| event.activity.clone()).eq(in_order));
        }
    }

    #[test]
    fn names_titles_and_addresses_in_korean_are_read_as_they_stand() {
        let case = case_of(
            "<string key='concept:name' value='민원-2026-000123'/>\
             <string key='department' value='서울특별시 종로구 건축과'/>\
             <string key='responsible' value='김민수'/>",
        );
        let expected = ["민원-2026-000123", "서울특별시 종로구 건축과", "김민수"];
        let found = [case.name, case.department, case.responsible];
        assert_eq!(found, expected.map(|text| Some(text.to_owned())));
        let activity = "현장 확인: 서울특별시 종로구 세종대로 209, 3층 &quot;가&quot;호";
        let read = activity_of(format!(
            "<log><trace><event><string key='concept:name' value='{activity}'/></event></trace></log>"
        ));
        assert_eq!(read, some(&activity.replace("&quot;", "\"")));
    }

    #[test]
    fn attributes_after_the_events_count() {
        let before = "<string key='channel' value='Desk'/>";
        let after = "<string key='name' value='case-1'/>";
        let whole = read(trace(&format!("{before}{}{after}", events(1000))));
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].attributes.name, some("case-1"));
        assert_eq!(whole[0].attributes.channel, some("Desk"));

        let split = read(trace(&format!("{before}{}{after}", events(1001))));
        assert_eq!(split[0].attributes.channel, some("Desk"));
        assert_eq!(split[0].attributes.name, None);
        assert_eq!(split[1].attributes, whole[0].attributes);
    }

    #[test]
    fn a_part_of_long_texts_has_fewer_events() {
        let long = "a".repeat(VALUE_BYTES_MAX);
        let one = format!("<event><string key='name' value='{long}'/></event>");
        let parts = read(trace(&one.repeat(20)));
        let sizes: Vec<_> = parts.iter().map(|part| part.events.len()).collect();
        assert_eq!(sizes, [8, 8, 4]);
    }

    #[test]
    fn nested_attributes_never_count() {
        let nested = "<string key='concept:name' value='inner'/><date key='enddate' value='x'/>";
        let others = format!(
            "<string key='cost' value='1'>{nested}</string><list key='concept:name'>{nested}\
             <values>{nested}</values></list><container key='group'>{nested}<event/></container>"
        );
        let own = "<string key='concept:name' value='outer'/>";
        for content in [format!("{others}{own}"), format!("{own}{others}")] {
            assert_eq!(case_of(&content).name, some("outer"));
            assert_eq!(event_of(&content).activity, some("outer"));
        }
        assert_eq!(case_of(&others), CaseAttributes::default());
        assert_eq!(event_of(&others), XesEvent::default());
    }

    #[test]
    fn keys_without_prefix_count_where_the_prefixed_are_missing() {
        let bare = "<string key='name' value='bare'/><string key='resource' value='r'/>\
                    <date key='timestamp' value='2011-10-11'/><string key='group' value='g'/>";
        let full = "<string key='concept:name' value='full'/><string key='org:resource' value='R'/>\
                    <date key='time:timestamp' value='2012-10-11'/>\
                    <string key='org:group' value='G'/>";
        assert_eq!(case_of(bare).name, some("bare"));
        assert_eq!(
            event_of(bare),
            XesEvent {
                activity: some("bare"),
                timestamp: Some(date("2011-10-11T00:00:00Z")),
                resource: some("r"),
                group: some("g"),
            }
        );
        for both in [format!("{bare}{full}"), format!("{full}{bare}")] {
            assert_eq!(event_of(&both), event_of(full));
            assert_eq!(case_of(&both).name, some("full"));
        }
    }

    #[test]
    fn a_bare_date_is_read_only_if_it_is_needed() {
        let bare = "<string key='timestamp' value='noon'/>";
        let full = "<date key='time:timestamp' value='2012-10-11'/>";
        for both in [format!("{bare}{full}"), format!("{full}{bare}")] {
            assert_eq!(event_of(&both), event_of(full));
        }
        assert_eq!(event_of(bare), XesEvent::default());
        let unreadable = tolerated(event(bare)).first_unreadable.unwrap();
        assert_eq!(
            (&unreadable.key[..], &unreadable.value[..]),
            ("timestamp", "noon")
        );
        assert_eq!(
            tolerated(event(&format!("{bare}{full}"))),
            Tolerated::default()
        );
        // The prefixed one counts, but for one that cannot be read there is the other.
        let both =
            "<date key='time:timestamp' value=''/><date key='timestamp' value='2012-10-11'/>";
        assert_eq!(event_of(both), event_of(full));
        assert_eq!(tolerated(event(both)).dates_unreadable, 1);
    }

    #[test]
    fn namespaces_are_ignored() {
        let plain = read(event("<string key='name' value='a'/>"));
        let with_default = "<log xmlns='urn:x'><trace><event><string key='name' value='a'/>\
                            </event></trace></log>";
        let with_prefix = "<x:log xmlns:x='urn:x'><x:trace><y:event><x:string key='name' value='a'/>\
                           </y:event></x:trace></x:log>";
        assert_eq!(read(with_default), plain);
        assert_eq!(read(with_prefix), plain);
    }

    #[test]
    fn what_stands_outside_traces_is_skipped() {
        let globals = "<global scope='trace'><string key='concept:name' value='G'/></global>\
                       <global scope='event'><string key='concept:name' value='G'/><event/>\
                       <trace><event/></trace></global>";
        let rest = "<extension name='n'/><classifier name='c' keys='k'/><event/>\
                    <string key='concept:name' value='log'><trace/></string>";
        let parts = read(format!(
            "<log>{globals}{rest}<trace><event/></trace>{globals}</log>"
        ));
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].attributes, CaseAttributes::default());
        assert_eq!(parts[0].events, [XesEvent::default()]);
    }

    #[test]
    fn unknown_elements_are_skipped() {
        let content = "<note key='concept:name' value='a'/><event2/><trace/>\
                       <string value='a'/><string key='concept:name'/>";
        let parts = read(trace(&format!("{content}<event>{content}</event><event/>")));
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].events.len(), 2);
        assert_eq!(case_of(content), CaseAttributes::default());
        assert_eq!(event_of(content), XesEvent::default());
    }

    #[test]
    fn the_first_of_a_duplicated_key_wins() {
        let twice = "<string key='concept:name' value='1'/><string key='concept:name' value='2'/>\
                     <date key='enddate' value='1970-01-01'/><date key='enddate' value='2011-10-11'/>\
                     <date key='deadline' value='2011-10-11'/><date key='deadline' value='never'/>";
        let case = case_of(twice);
        assert_eq!(case.name, some("1"));
        assert_eq!(case.enddate, None);
        assert_eq!(case.deadline, Some(date("2011-10-11T00:00:00Z")));
        assert_eq!(event_of(twice).activity, some("1"));
    }

    #[test]
    fn a_date_near_the_epoch_is_none() {
        for none in [
            "1969-12-31T00:00:00Z",
            "1969-12-31T23:00:00Z",
            "1970-01-01T00:00:00+01:00",
            "1970-01-02T00:00:00Z",
        ] {
            assert_eq!(real_date(date(none)), None, "{none}");
            let dates = ["startdate", "deadline", "enddate"]
                .map(|key| format!("<date key='{key}' value='{none}'/>"));
            assert_eq!(case_of(&dates.concat()), CaseAttributes::default());
            // The time of an event is what the log says: an event did happen.
            let timestamp = event_of(&format!("<date key='timestamp' value='{none}'/>")).timestamp;
            assert_eq!(timestamp, Some(date(none)));
        }
        for real in [
            "0001-01-01T00:00:00Z",
            "1960-05-01T09:00:00+01:00",
            "1969-12-30T23:59:59.999Z",
            "1970-01-02T00:00:00.001Z",
            "2011-10-11T13:42:22+02:00",
        ] {
            assert_eq!(real_date(date(real)), Some(date(real)));
            let case = case_of(&format!("<date key='enddate' value='{real}'/>"));
            assert_eq!(case.enddate, Some(date(real)));
        }
    }

    #[test]
    fn dates_may_be_typed_as_strings() {
        let case = case_of("<string key='enddate' value='2011-10-11 13:42'/>");
        assert_eq!(case.enddate, Some(date("2011-10-11T13:42:00Z")));
    }

    #[test]
    fn equal_timestamps_keep_the_order_of_the_document() {
        let one = |name| {
            format!(
                "<event><string key='name' value='{name}'/>\
                 <date key='timestamp' value='2011-10-11'/></event>"
            )
        };
        let parts = read(trace(&["c", "a", "b"].map(one).concat()));
        let activities: Vec<_> = parts[0].events.iter().map(|e| e.activity.clone()).collect();
        assert_eq!(activities, [some("c"), some("a"), some("b")]);
    }

    /// Found by the fuzz targets.
    #[test]
    fn a_long_tag_makes_no_long_error() {
        use std::error::Error as _;
        let long = "가".repeat(3000);
        let error = fail(format!("<log><trace></{long}></log>"));
        assert!(
            matches!(error, crate::XesError::Malformed { .. }),
            "{error:?}"
        );
        let said = error.source().unwrap().to_string();
        assert!(said.ends_with('…') && said.len() < 1000, "{said}");
    }

    #[test]
    fn nesting_is_limited() {
        // The root and the trace are two levels, the innermost element one more.
        let nested = |levels: usize, innermost: &str| {
            let (open, close) = ("<list key='k'>", "</list>");
            trace(&format!(
                "{}{innermost}{}",
                open.repeat(levels),
                close.repeat(levels)
            ))
        };
        for innermost in ["<int/>", "<int></int>"] {
            assert_eq!(read(nested(DEPTH_MAX - 3, innermost)).len(), 1);
            let error = fail(nested(DEPTH_MAX - 2, innermost));
            assert!(matches!(error, XesError::TooDeep { .. }), "{error}");
        }
        // Depth, not count.
        assert_eq!(read(trace(&"<list><int/></list>".repeat(100))).len(), 1);
    }
}

//! Events of petitions and of documents, in every form that was ever written: name and version in the
//! first line, the JSON behind it.

use std::fmt::Debug;

use minwon_core::{Aggregate, EventCodec, SchemaVersion, StoredEvent};
use minwon_petitions::{
    ApplicationEvent, Category, EventReader, Issuance, IssuanceEvent, PetitionApplication,
};

use super::{
    check_error, line,
    petitions::{VIEWS, fold, recorded, some},
};
use crate::corpus;

pub(super) fn golden() -> Vec<Vec<u8>> {
    let events = corpus::golden_events().into_iter();
    let input = |(name, version, json): (String, u16, Vec<u8>)| {
        [format!("{name} {version}\n").into_bytes(), json].concat()
    };
    events.map(input).collect()
}

pub(super) fn run(input: &[u8]) {
    let (head, json) = line(input);
    let head = str::from_utf8(head).ok();
    let Some((name, version)) = head.and_then(|head| head.rsplit_once(' ')) else {
        return;
    };
    let (Ok(version), true) = (version.parse(), is_name(name)) else {
        return;
    };
    let application = PetitionApplication::new(Category::Car);
    let issuance = Issuance::new(Category::Car);
    check::<ApplicationEvent>(application.codec(), name, version, json);
    check::<IssuanceEvent>(issuance.codec(), name, version, json);
    let event = recorded(name, version, json.to_vec());
    let read = match EventReader::default().read(&event) {
        Ok(read) => read,
        Err(error) => return check_error(&error),
    };
    let read = (event, read);
    fold(None, &read);
    some(&VIEWS, input).for_each(|view| fold(Some(view), &read));
}

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What is read, is written in today's form and read again as the same.
fn check<E: StoredEvent + Debug + PartialEq>(
    codec: &EventCodec,
    name: &str,
    version: u16,
    json: &[u8],
) {
    let stored = format!("Car{name}");
    match codec.decode::<E>(&stored, SchemaVersion::new(version), json) {
        Ok(event) => {
            let written = codec.encode(&event).unwrap();
            let known = E::known_version(written.shape.name);
            assert_eq!(known, Some(written.shape.version));
            let name = written.event_type.as_str();
            let read = codec.decode::<E>(name, written.shape.version, &written.json);
            let read = read.unwrap_or_else(|error| {
                let json = String::from_utf8_lossy(&written.json);
                panic!("{error}: {:?}: {json}", std::error::Error::source(&error));
            });
            assert_eq!(read, event);
            assert_eq!(codec.encode(&read).unwrap(), written);
        }
        Err(error) => {
            check_error(&error);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

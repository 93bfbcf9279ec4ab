//! Every byte that a server sends may be hostile.

use std::env;

use bytes::Bytes;
use minwon_adapters::kurrentdb::KurrentStore;
use minwon_core::{
    StoreError,
    testing::conformance::{self, SpoilStored, StoredPlace},
};
use minwon_kurrentdb_stand_in::{Record, StandIn};

use crate::scene::{open, patient};

/// How often bytes are spoilt; `MINWON_SPOILS` says another number. Unit: times.
fn times() -> u32 {
    let more = env::var("MINWON_SPOILS").ok();
    more.map_or(100, |times| times.parse().expect("a number"))
}

/// Changes what a server sends of single records. Where they stand, which number they have in their stream
/// and when they were written is the server's own, and nothing of ours says so.
struct Disk {
    stand_in: StandIn,
    /// Of the records before they were spoilt.
    sound: Vec<(usize, Record)>,
}

fn number_of(place: &StoredPlace) -> usize {
    place.name.split(' ').next().unwrap().parse().unwrap()
}

impl SpoilStored for Disk {
    type Store = KurrentStore;

    async fn open(&mut self) -> Result<KurrentStore, StoreError> {
        Ok(open(&self.stand_in.url(), patient()))
    }

    async fn places(&mut self) -> Vec<StoredPlace> {
        let log = self.stand_in.log();
        let own = log
            .iter()
            .enumerate()
            .filter(|(_, it)| !it.stream.starts_with('$'));
        let places = own.flat_map(|(number, record)| {
            let of = record.stream.split(['_', '-', '/']).next().unwrap();
            let parts: [(&str, &[u8]); 4] = [
                ("type", record.event_type.as_bytes()),
                ("id", record.id.as_bytes()),
                ("metadata", &record.custom_metadata),
                ("data", &record.data),
            ];
            parts.map(|(part, bytes)| StoredPlace {
                kind: format!("{of} {part}"),
                name: format!("{number} of {}", record.stream),
                bytes: bytes.to_vec(),
            })
        });
        places.collect()
    }

    async fn put(&mut self, place: &StoredPlace, bytes: &[u8]) -> bool {
        let number = number_of(place);
        let part = place.kind.split(' ').nth(1).unwrap();
        let before = Record::clone(&self.stand_in.log()[number]);
        let (text, id) = (str::from_utf8(bytes), bytes.try_into());
        let mut is_put = true;
        self.stand_in
            .spoil(number, |record| match (part, text, id) {
                ("type", Ok(text), _) => record.event_type = text.to_owned(),
                ("id", _, Ok(id)) => record.id = uuid::Uuid::from_bytes(id),
                ("metadata", ..) => record.custom_metadata = Bytes::copy_from_slice(bytes),
                ("data", ..) => record.data = Bytes::copy_from_slice(bytes),
                _ => is_put = false,
            });
        self.sound.push((number, before));
        is_put
    }

    async fn mend(&mut self) {
        for (number, before) in self.sound.drain(..).rev() {
            self.stand_in.spoil(number, |record| *record = before);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_spoilt_of_events_is_told() {
    let mut disk = Disk {
        stand_in: StandIn::start().await.unwrap(),
        sound: Vec::new(),
    };
    let report = conformance::hostile_events(&mut disk, 14, times()).await;
    report.assert_all_hold();
}

//! Every byte in Redis may be hostile.

use std::{collections::HashMap, env};

use minwon_adapters::redis::RedisReadModels;
use minwon_core::{
    StoreError,
    testing::conformance::{self, SpoilStored, StoredPlace},
};
use minwon_test_servers::RedisServer;
use redis::{aio::MultiplexedConnection, cmd, pipe};

/// How often bytes are spoilt; `MINWON_SPOILS` says another number. Unit: times.
fn times() -> u32 {
    let more = env::var("MINWON_SPOILS").ok();
    more.map_or(400, |times| times.parse().expect("a number"))
}

/// Where something stands in a server.
#[derive(Clone)]
enum Place {
    Name(Vec<u8>),
    Text(Vec<u8>),
    Member(Vec<u8>, Vec<u8>),
    Field(Vec<u8>, Vec<u8>),
    /// With its field.
    Value(Vec<u8>, Vec<u8>),
}

/// Changes what a server keeps as somebody with a client does.
struct Shell {
    server: RedisServer,
    client: MultiplexedConnection,
    places: HashMap<String, Place>,
    sound: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Shell {
    async fn new() -> Self {
        let server = RedisServer::start();
        let client = redis::Client::open(server.url()).unwrap();
        Self {
            client: client.get_multiplexed_async_connection().await.unwrap(),
            server,
            places: HashMap::new(),
            sound: Vec::new(),
        }
    }

    async fn keys(&mut self) -> Vec<Vec<u8>> {
        let mut keys: Vec<Vec<u8>> = cmd("KEYS")
            .arg("*")
            .query_async(&mut self.client)
            .await
            .unwrap();
        keys.sort_unstable();
        keys
    }

    /// What a key holds, each with its kind.
    async fn held(&mut self, key: &[u8]) -> Vec<(&'static str, Place, Vec<u8>)> {
        let client = &mut self.client;
        let of_type: String = cmd("TYPE").arg(key).query_async(client).await.unwrap();
        let own = key.to_vec();
        match &*of_type {
            "string" => {
                let text = cmd("GET").arg(key).query_async(client).await.unwrap();
                vec![("text", Place::Text(own), text)]
            }
            "zset" => {
                let all = cmd("ZRANGE").arg(key).arg(0).arg(-1).clone();
                let all: Vec<Vec<u8>> = all.query_async(client).await.unwrap();
                let member = |it: Vec<u8>| ("member", Place::Member(own.clone(), it.clone()), it);
                all.into_iter().map(member).collect()
            }
            "hash" => {
                let all: Vec<(Vec<u8>, Vec<u8>)> =
                    cmd("HGETALL").arg(key).query_async(client).await.unwrap();
                let both = |(field, value): (Vec<u8>, Vec<u8>)| {
                    let name = Place::Field(own.clone(), field.clone());
                    let holds = Place::Value(own.clone(), field.clone());
                    [("field", name, field), ("value", holds, value)]
                };
                all.into_iter().flat_map(both).collect()
            }
            other => panic!("{other}"),
        }
    }
}

/// What stands behind a key, by the end of its name.
fn kind_of(key: &[u8]) -> &'static str {
    let name = String::from_utf8_lossy(key);
    let (_, end) = name.split_once('}').unwrap();
    let ends = ["checkpoint", "catalogue", "leases"];
    if let Some(known) = ends.iter().find(|known| end.ends_with(**known)) {
        return known;
    }
    let parts = ["d", "l", "o", "c"];
    let part = end.split(':').nth(2).unwrap();
    parts.iter().find(|known| **known == part).unwrap()
}

impl SpoilStored for Shell {
    type Store = RedisReadModels;

    async fn open(&mut self) -> Result<RedisReadModels, StoreError> {
        RedisReadModels::connect(&self.server.url()).await
    }

    async fn places(&mut self) -> Vec<StoredPlace> {
        self.places.clear();
        self.sound.clear();
        let mut all = Vec::new();
        for key in self.keys().await {
            let kept = cmd("DUMP").arg(&key).query_async(&mut self.client).await;
            self.sound.push((key.clone(), kept.unwrap()));
            let mut held = self.held(&key).await;
            held.push(("name", Place::Name(key.clone()), key.clone()));
            for (what, place, bytes) in held {
                let kind = format!("{} {what}", kind_of(&key));
                let key = String::from_utf8_lossy(&key);
                let name = format!("{what} {:?} of {key}", String::from_utf8_lossy(&bytes));
                // Equal values of two fields are one to the law.
                self.places.insert(name.clone(), place);
                all.push(StoredPlace { kind, name, bytes });
            }
        }
        all
    }

    async fn put(&mut self, place: &StoredPlace, bytes: &[u8]) -> bool {
        let mut both = pipe();
        match &self.places[&place.name] {
            Place::Name(key) => both.cmd("RENAME").arg(key).arg(bytes),
            Place::Text(key) => both.cmd("SET").arg(key).arg(bytes),
            Place::Member(key, member) => {
                both.cmd("ZREM").arg(key).arg(member);
                both.cmd("ZADD").arg(key).arg(0).arg(bytes)
            }
            Place::Field(key, field) => {
                let value = cmd("HGET").arg(key).arg(field).clone();
                let value: Option<Vec<u8>> = value.query_async(&mut self.client).await.unwrap();
                both.cmd("HDEL").arg(key).arg(field);
                both.cmd("HSET").arg(key).arg(bytes).arg(value)
            }
            Place::Value(key, field) => both.cmd("HSET").arg(key).arg(field).arg(bytes),
        };
        // One that was moved away by a swap is not there.
        both.query_async::<()>(&mut self.client).await.is_ok()
    }

    async fn mend(&mut self) {
        let mut back = pipe();
        back.cmd("FLUSHALL");
        for (key, kept) in &self.sound {
            back.cmd("RESTORE").arg(key).arg(0).arg(kept);
        }
        back.query_async::<()>(&mut self.client).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_spoilt_of_read_models_can_begin_anew() {
    let report = conformance::hostile_slices(&mut Shell::new().await, 14, times()).await;
    report.assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_spoilt_of_leases_they_are_shared() {
    let report = conformance::hostile_leases(&mut Shell::new().await, 14, times()).await;
    report.assert_all_hold();
}

//! The same writes as the Redis store's, to the same keys, without comparing anything: what the
//! guard costs.

use std::time::Duration;

use minwon_adapters::redis::RedisReadModels;
use minwon_core::{
    CommitError, ListChange, ReadModelStore, SliceCheckpoint, SliceName, SliceWrites, StoreError,
    StoreErrorKind,
    testing::{Hook, Hooked},
};
use minwon_test_servers::RedisServer;
use redis::{AsyncConnectionConfig, Pipeline, aio::MultiplexedConnection};

use crate::Failure;

/// Keys of one MSET, as many as the Redis store's script sets at once.
const KEYS_MAX: usize = 1000;

/// As long as the Redis store waits by default.
const RESPONSE_TIME_MAX: Duration = Duration::from_secs(5);

/// Writes without a guard.
pub(crate) struct Unguarded {
    connection: MultiplexedConnection,
}

impl Unguarded {
    pub(crate) async fn connect(
        server: &RedisServer,
        reads: RedisReadModels,
    ) -> Result<Hooked<RedisReadModels, Self>, Failure> {
        let client = redis::Client::open(server.url())?;
        // As patient as the Redis store.
        let patient = AsyncConnectionConfig::new().set_response_timeout(Some(RESPONSE_TIME_MAX));
        let connection = client
            .get_multiplexed_async_connection_with_config(&patient)
            .await?;
        // Reads as the Redis store does.
        Ok(Hooked::new(reads, Self { connection }))
    }
}

fn pipeline(slice: &SliceName, next: &SliceCheckpoint, writes: &SliceWrites) -> Pipeline {
    let tag = format!("minwon:3:{{{slice}}}");
    let life = format!("{tag}:{}", next.incarnation);
    let mut pipe = redis::pipe();
    let documents = writes.documents.iter().filter_map(|(key, document)| {
        let document = document.as_ref()?;
        Some((format!("{life}:d:{key}"), &document[..]))
    });
    let strings: Vec<_> = documents.collect();
    for strings in strings.chunks(KEYS_MAX) {
        pipe.mset(strings).ignore();
    }
    let under = |name: &str| format!("{:x}:{name}", name.len());
    let claims = writes.lookups.iter().map(|(lookup, key, change)| {
        let member = format!("{}{key}", under(&lookup.value));
        ("l", lookup.index, *change, member)
    });
    let places = writes.lists.iter().map(|(list, place, change)| {
        let (under, order) = (under(&list.partition), place.order.get());
        let member = format!("{under}{order:016x}{}", place.key);
        ("o", list.index, *change, member)
    });
    let mut members: Vec<_> = claims.chain(places).collect();
    members.sort();
    for run in members.chunk_by(|a, b| (a.0, a.1, a.2) == (b.0, b.1, b.2)) {
        let (kind, index, change, _) = &run[0];
        let key = format!("{life}:{kind}:{index}");
        let members = run.iter().map(|(.., member)| &**member);
        match change {
            ListChange::Take => {
                let members: Vec<_> = members.map(|member| (0, member)).collect();
                pipe.zadd_multiple(key, &members).ignore();
            }
            ListChange::Leave => {
                pipe.zrem(key, members.collect::<Vec<_>>()).ignore();
            }
        }
    }
    let mut counts: Vec<_> = writes.counts.iter().collect();
    counts.sort();
    for run in counts.chunk_by(|(a, _), (b, _)| a.index == b.index && a.group == b.group) {
        let key = format!("{life}:c:{}:{}", run[0].0.index, run[0].0.group);
        let set = run.iter().filter(|(_, count)| *count > 0);
        let set: Vec<_> = set.map(|(cell, count)| (&*cell.member, *count)).collect();
        if !set.is_empty() {
            pipe.hset_multiple(&key, &set).ignore();
        }
        for (cell, _) in run.iter().filter(|(_, count)| *count == 0) {
            pipe.hdel(&key, &*cell.member).ignore();
        }
    }
    pipe.set(format!("{tag}:checkpoint"), next.to_text())
        .ignore();
    pipe
}

impl<S: ReadModelStore> Hook<S> for Unguarded {
    type Memory = ();

    async fn commit(
        &self,
        _: &S,
        slice: &SliceName,
        _: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let mut connection = self.connection.clone();
        let sent = pipeline(slice, next, writes)
            .exec_async(&mut connection)
            .await;
        sent.map_err(|error| CommitError::Store {
            slice: slice.clone(),
            source: StoreError::new(StoreErrorKind::Closed, "Redis failed").caused_by(error),
        })
    }
}

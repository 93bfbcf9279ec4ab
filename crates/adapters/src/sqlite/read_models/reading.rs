//! The answers of readers, each read in one transaction: all of it is from one moment.

use bytes::Bytes;
use minwon_core::{
    CLAIMANTS_MAX, CheckpointTextError, CountCell, Counts, Direction, IndexName, ListName,
    ListPage, ListPlace, ListQuery, Loaded, Lookup, Order, SliceCheckpoint, SliceName, ViewKey,
    Wanted,
};
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::writing::{find_life, newer, place_number};
use crate::sqlite::{error::ReadError, reader::Reader};

/// [`Wanted`], for another thread.
pub(super) struct OwnedWanted {
    documents: Vec<ViewKey>,
    lookups: Vec<Lookup>,
    lists: Vec<(ListName, ListPlace)>,
    counts: Vec<CountCell>,
}

impl From<&Wanted<'_>> for OwnedWanted {
    fn from(wanted: &Wanted<'_>) -> Self {
        Self {
            documents: wanted.documents.to_vec(),
            lookups: wanted.lookups.to_vec(),
            lists: wanted.lists.to_vec(),
            counts: wanted.counts.to_vec(),
        }
    }
}

/// The state of a slice as a reader sees it.
enum Seen<T> {
    Nothing,
    /// The value in the place of its checkpoint is invalid.
    Damaged,
    At(SliceCheckpoint, T),
}

impl Reader {
    /// Returns what `look` sees in a slice, and the slice's checkpoint at that moment.
    fn look<T>(
        &mut self,
        slice: &SliceName,
        look: impl FnOnce(&Connection, i64) -> Result<T, ReadError>,
    ) -> Result<Seen<T>, ReadError> {
        let transaction = self.connection.transaction()?;
        let Some((life, checkpoint)) = find_life(&transaction, slice)? else {
            return Ok(Seen::Nothing);
        };
        match SliceCheckpoint::from_text(&checkpoint) {
            Ok(checkpoint) => Ok(Seen::At(checkpoint, look(&transaction, life)?)),
            Err(error @ CheckpointTextError::Newer(_)) => Err(newer(slice, error).into()),
            Err(_) => Ok(Seen::Damaged),
        }
    }

    pub(super) fn load_slice(
        &mut self,
        slice: &SliceName,
        wanted: &OwnedWanted,
    ) -> Result<Loaded, ReadError> {
        let OwnedWanted {
            documents,
            lookups,
            lists,
            counts,
        } = wanted;
        let seen = self.look(slice, |connection, life| {
            Ok(Loaded {
                checkpoint: None,
                is_damaged: false,
                documents: load_documents(connection, life, documents)?,
                lookups: load_lookups(connection, life, lookups)?,
                lists: load_places(connection, life, lists)?,
                counts: load_counts(connection, life, counts)?,
            })
        })?;
        Ok(match seen {
            Seen::At(checkpoint, loaded) => Loaded {
                checkpoint: Some(checkpoint),
                ..loaded
            },
            nothing => Loaded {
                checkpoint: None,
                is_damaged: matches!(nothing, Seen::Damaged),
                documents: vec![None; documents.len()],
                lookups: vec![Vec::new(); lookups.len()],
                lists: vec![false; lists.len()],
                counts: vec![0; counts.len()],
            },
        })
    }

    pub(super) fn list(
        &mut self,
        slice: &SliceName,
        query: &ListQuery,
    ) -> Result<ListPage, ReadError> {
        let seen = self.look(slice, |connection, life| page(connection, life, query))?;
        Ok(match seen {
            Seen::At(checkpoint, places) => ListPage {
                checkpoint: Some(checkpoint),
                places,
            },
            Seen::Nothing | Seen::Damaged => ListPage::default(),
        })
    }

    pub(super) fn counts(
        &mut self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, ReadError> {
        let sql = "SELECT member, count FROM read_counts
                   WHERE life = ?1 AND index_name = ?2 AND group_name = ?3 ORDER BY member";
        let seen = self.look(slice, |connection, life| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map((life, index.as_str(), group), |row| {
                let count: i64 = row.get(1)?;
                Ok((row.get::<_, String>(0)?.into(), count.cast_unsigned()))
            })?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
        })?;
        Ok(match seen {
            Seen::At(checkpoint, counts) => Counts {
                checkpoint: Some(checkpoint),
                counts,
            },
            Seen::Nothing | Seen::Damaged => Counts::default(),
        })
    }
}

/// A key as it is stored.
pub(super) fn stored_key(text: String) -> Result<ViewKey, ReadError> {
    ViewKey::new(text).map_err(|error| ReadError::Damaged(error.to_string()))
}

fn load_documents(
    connection: &Connection,
    life: i64,
    keys: &[ViewKey],
) -> rusqlite::Result<Vec<Option<Bytes>>> {
    let sql = "SELECT document FROM read_documents WHERE life = ?1 AND key = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let load = |key: &ViewKey| {
        statement
            .query_row((life, key.as_str()), |row| row.get::<_, Vec<u8>>(0))
            .map(Bytes::from)
            .optional()
    };
    keys.iter().map(load).collect()
}

fn load_lookups(
    connection: &Connection,
    life: i64,
    lookups: &[Lookup],
) -> Result<Vec<Vec<ViewKey>>, ReadError> {
    let sql = "SELECT key FROM read_claims WHERE life = ?1 AND index_name = ?2 AND value = ?3
               UNION
               SELECT key FROM read_lookups WHERE life = ?1 AND index_name = ?2 AND value = ?3
               ORDER BY key LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let load = |lookup: &Lookup| {
        let (index, value) = (lookup.index.as_str(), &*lookup.value);
        let mut keys = statement.query((life, index, value, CLAIMANTS_MAX))?;
        let mut claimants = Vec::new();
        while let Some(row) = keys.next()? {
            claimants.push(stored_key(row.get(0)?)?);
        }
        Ok(claimants)
    };
    lookups.iter().map(load).collect()
}

fn load_places(
    connection: &Connection,
    life: i64,
    places: &[(ListName, ListPlace)],
) -> rusqlite::Result<Vec<bool>> {
    let sql = "SELECT 1 FROM read_lists WHERE life = ?1 AND index_name = ?2
                   AND partition_name = ?3 AND place = ?4 AND key = ?5";
    let mut statement = connection.prepare_cached(sql)?;
    let is_taken = |(list, place): &(ListName, ListPlace)| {
        let (index, partition) = (list.index.as_str(), &*list.partition);
        let (at, key) = (place_number(place.order), place.key.as_str());
        statement.exists((life, index, partition, at, key))
    };
    places.iter().map(is_taken).collect()
}

fn load_counts(
    connection: &Connection,
    life: i64,
    cells: &[CountCell],
) -> rusqlite::Result<Vec<u64>> {
    let sql = "SELECT count FROM read_counts
               WHERE life = ?1 AND index_name = ?2 AND group_name = ?3 AND member = ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let load = |cell: &CountCell| {
        let place = (life, cell.index.as_str(), &*cell.group, &*cell.member);
        let count = statement.query_row(place, |row| row.get::<_, i64>(0));
        Ok(count.optional()?.map_or(0, i64::cast_unsigned))
    };
    cells.iter().map(load).collect()
}

/// The places of a list: first those two columns, then the order in which they are read.
macro_rules! list_sql {
    ($behind:literal, $order:literal) => {
        concat!(
            "SELECT place, key FROM read_lists
             WHERE life = ?1 AND index_name = ?2 AND partition_name = ?3 ",
            $behind,
            " ORDER BY ",
            $order,
            " LIMIT ?4"
        )
    };
}
fn page(
    connection: &Connection,
    life: i64,
    query: &ListQuery,
) -> Result<Vec<ListPlace>, ReadError> {
    let sql = match (query.direction, &query.after) {
        (Direction::Ascending, None) => list_sql!("", "place, key"),
        (Direction::Ascending, Some(_)) => list_sql!("AND (place, key) > (?5, ?6)", "place, key"),
        (Direction::Descending, None) => list_sql!("", "place DESC, key DESC"),
        (Direction::Descending, Some(_)) => {
            list_sql!("AND (place, key) < (?5, ?6)", "place DESC, key DESC")
        }
    };
    let (index, partition) = (query.list.index.as_str(), &*query.list.partition);
    let limit = query.limit.get();
    let mut parameters: Vec<&dyn ToSql> = vec![&life, &index, &partition, &limit];
    let after = query.after.as_ref();
    let after = after.map(|after| (place_number(after.order), after.key.as_str()));
    if let Some((at, key)) = &after {
        parameters.extend([at as &dyn ToSql, key]);
    }
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(&*parameters)?;
    let mut places = Vec::new();
    while let Some(row) = rows.next()? {
        places.push(ListPlace {
            order: order_of(row.get(0)?),
            key: stored_key(row.get(1)?)?,
        });
    }
    Ok(places)
}

/// The order that is kept as `place`.
pub(super) fn order_of(place: i64) -> Order {
    Order::new(place.cast_unsigned() ^ (1 << 63))
}

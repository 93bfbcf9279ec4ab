//! Going through all that a generation holds.

use minwon_core::{
    GenerationName, ListPlace, ScanCursor, ScanPage, Slice, StoreError, StoreErrorKind, StoredItem,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{reading::order_of, writing::find_life};
use crate::sqlite::{error::store_error, reader::Reader};

/// Most things on a page. Unit: rows.
const PAGE_ROWS: usize = 500;

/// Size after which a page ends early. Unit: bytes of documents.
const PAGE_BYTES: usize = 1 << 20;

/// Where a scan goes on: the slice, the number of the table, and behind which row of it.
type Place = (u16, usize, Behind);

/// The row's own columns; a table that has fewer leaves the others as they are at the start.
type Behind = (String, String, i64, String);

/// One statement for each kind of thing; all take the same parameters, and answer the place of a
/// row in the first four columns and what it says in the fifth.
const TABLES: [&str; 5] = [
    "SELECT key, '', 0, '', document FROM read_documents
     WHERE life = ?1 AND key > ?2 AND ?3 = '' AND ?4 <= 0 AND ?5 = '' ORDER BY key LIMIT ?6",
    "SELECT index_name, value, 0, '', key FROM read_lookups
     WHERE life = ?1 AND (index_name, value) > (?2, ?3) AND ?4 <= 0 AND ?5 = ''
     ORDER BY index_name, value LIMIT ?6",
    "SELECT index_name, partition_name, place, key, 0 FROM read_lists
     WHERE life = ?1 AND (index_name, partition_name, place, key) > (?2, ?3, ?4, ?5)
     ORDER BY index_name, partition_name, place, key LIMIT ?6",
    "SELECT index_name, group_name, 0, member, count FROM read_counts
     WHERE life = ?1 AND (index_name, group_name, member) > (?2, ?3, ?5) AND ?4 <= 0
     ORDER BY index_name, group_name, member LIMIT ?6",
    "SELECT index_name, value, 0, key, key FROM read_claims
     WHERE life = ?1 AND (index_name, value, key) > (?2, ?3, ?5) AND ?4 <= 0
     ORDER BY index_name, value, key LIMIT ?6",
];

/// Before the first row of any table: names of indexes and keys are never empty.
fn start() -> Behind {
    (String::new(), String::new(), i64::MIN, String::new())
}

/// A row as it is stored.
enum Stored {
    Document(String, Vec<u8>),
    Lookup(String, String, String),
    Listed(String, String, i64, String),
    Count(String, String, String, i64),
}

impl Reader {
    pub(super) fn scan(
        &mut self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let place = cursor.as_ref().map(read_cursor).transpose()?;
        let read = |connection: &mut Connection| -> rusqlite::Result<_> {
            let transaction = connection.transaction()?;
            let place = match place {
                Some(place) => Some(place),
                None => next_slice(&transaction, generation, None)?,
            };
            let Some(place) = place else {
                return Ok(None);
            };
            let slice = Slice::new(place.0);
            let (rows, last) = rows(&transaction, generation, &place)?;
            let next = match last {
                Some(behind) => Some((place.0, place.1, behind)),
                None if place.1 + 1 < TABLES.len() => Some((place.0, place.1 + 1, start())),
                None => next_slice(&transaction, generation, Some(place.0))?,
            };
            Ok(Some((slice, rows, next)))
        };
        let page = read(self.connection());
        let page = page.map_err(|error| store_error(self.path(), "reading from", error))?;
        let Some((slice, rows, next)) = page else {
            return Ok(ScanPage::default());
        };
        let items = rows.into_iter().map(|row| Ok((slice, self.item(row)?)));
        Ok(ScanPage {
            items: items.collect::<Result<_, StoreError>>()?,
            next: next.as_ref().map(write_cursor),
        })
    }

    fn item(&self, row: Stored) -> Result<StoredItem, StoreError> {
        Ok(match row {
            Stored::Document(key, document) => StoredItem::Document {
                key: self.stored_key(key)?,
                document: document.into(),
            },
            Stored::Lookup(index, value, key) => StoredItem::Lookup {
                index: index.into(),
                value: value.into(),
                key: self.stored_key(key)?,
            },
            Stored::Listed(index, partition, place, key) => StoredItem::Listed {
                index: index.into(),
                partition: partition.into(),
                place: ListPlace {
                    order: order_of(place),
                    key: self.stored_key(key)?,
                },
            },
            Stored::Count(index, group, member, count) => StoredItem::Count {
                index: index.into(),
                group: group.into(),
                member: member.into(),
                count: count.cast_unsigned(),
            },
        })
    }
}

/// The rows of a page, and the last one's place if there may be more.
fn rows(
    connection: &Connection,
    generation: &GenerationName,
    (slice, table, behind): &Place,
) -> rusqlite::Result<(Vec<Stored>, Option<Behind>)> {
    let Some((life, _)) = find_life(connection, &generation.slice(Slice::new(*slice)))? else {
        return Ok((Vec::new(), None));
    };
    let mut statement = connection.prepare_cached(TABLES[*table])?;
    let (a, b, c, d) = behind;
    let mut rows = statement.query((life, a, b, c, d, PAGE_ROWS))?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let stored = stored(*table, row)?;
        if let Stored::Document(_, document) = &stored {
            bytes += document.len();
        }
        found.push(stored);
        if found.len() == PAGE_ROWS || bytes >= PAGE_BYTES {
            let behind = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            return Ok((found, Some(behind)));
        }
    }
    Ok((found, None))
}

fn stored(table: usize, row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(match table {
        0 => Stored::Document(row.get(0)?, row.get(4)?),
        1 | 4 => Stored::Lookup(row.get(0)?, row.get(1)?, row.get(4)?),
        2 => Stored::Listed(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?),
        _ => Stored::Count(row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?),
    })
}

/// The beginning of the first slice, or of the one that follows `after`.
fn next_slice(
    connection: &Connection,
    generation: &GenerationName,
    after: Option<u16>,
) -> rusqlite::Result<Option<Place>> {
    let sql = "SELECT slice FROM read_lives
               WHERE namespace = ?1 AND projection = ?2 AND generation = ?3 AND slice > ?4
                   AND checkpoint IS NOT NULL
               ORDER BY slice LIMIT 1";
    let GenerationName { model, generation } = generation;
    let parameters = (
        model.namespace.as_str(),
        model.projection.as_str(),
        generation.get(),
        after.map_or(-1, i32::from),
    );
    let mut statement = connection.prepare_cached(sql)?;
    let slice = statement.query_row(parameters, |row| row.get(0));
    Ok(slice.optional()?.map(|slice| (slice, 0, start())))
}

fn write_cursor(place: &Place) -> ScanCursor {
    ScanCursor::new(serde_json::to_string(place).expect("texts and numbers"))
}

fn read_cursor(cursor: &ScanCursor) -> Result<Place, StoreError> {
    let place: Result<Place, _> = serde_json::from_str(cursor.as_str());
    let foreign = || {
        let doing = format!("{:?} is no cursor of this store", cursor.as_str());
        StoreError::new(StoreErrorKind::NotFound, doing)
    };
    match place {
        Ok(place) if place.1 < TABLES.len() => Ok(place),
        Ok(_) => Err(foreign()),
        Err(error) => Err(foreign().caused_by(error)),
    }
}

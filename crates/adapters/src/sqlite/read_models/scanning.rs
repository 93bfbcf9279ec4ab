//! Going through all that a generation holds.

use minwon_core::{
    GenerationName, ListPlace, ScanCursor, ScanPage, Slice, StoreError, StoreErrorKind, StoredItem,
};
use rusqlite::{Connection, Row};

use super::{
    reading::{order_of, stored_key},
    writing::{find_life, name_of},
};
use crate::sqlite::{error::ReadError, reader::Reader, sql::find};

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

impl Reader {
    pub(super) fn scan(
        &mut self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, ReadError> {
        let transaction = self.connection.transaction()?;
        let place = match &cursor {
            Some(cursor) => Some(read_cursor(cursor)?),
            None => next_slice(&transaction, generation, None)?,
        };
        let Some(place) = place else {
            return Ok(ScanPage::default());
        };
        let (items, last) = items(&transaction, generation, &place)?;
        let next = match last {
            Some(behind) => Some((place.0, place.1, behind)),
            None if place.1 + 1 < TABLES.len() => Some((place.0, place.1 + 1, start())),
            None => next_slice(&transaction, generation, Some(place.0))?,
        };
        let slice = Slice::new(place.0);
        Ok(ScanPage {
            items: items.into_iter().map(|item| (slice, item)).collect(),
            next: next.as_ref().map(write_cursor),
        })
    }
}

/// The rows of a page, and the last one's place if there may be more.
fn items(
    connection: &Connection,
    generation: &GenerationName,
    (slice, table, behind): &Place,
) -> Result<(Vec<StoredItem>, Option<Behind>), ReadError> {
    let Some((life, _)) = find_life(connection, &generation.slice(Slice::new(*slice)))? else {
        return Ok((Vec::new(), None));
    };
    let mut statement = connection.prepare_cached(TABLES[*table])?;
    let (a, b, c, d) = behind;
    let mut rows = statement.query((life, a, b, c, d, PAGE_ROWS))?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let item = item(*table, row)?;
        if let StoredItem::Document { document, .. } = &item {
            bytes += document.len();
        }
        found.push(item);
        if found.len() == PAGE_ROWS || bytes >= PAGE_BYTES {
            let behind = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            return Ok((found, Some(behind)));
        }
    }
    Ok((found, None))
}

fn item(table: usize, row: &Row<'_>) -> Result<StoredItem, ReadError> {
    let text = |column| row.get::<_, String>(column);
    Ok(match table {
        0 => StoredItem::Document {
            key: stored_key(text(0)?)?,
            document: row.get::<_, Vec<u8>>(4)?.into(),
        },
        1 | 4 => StoredItem::Lookup {
            index: text(0)?.into(),
            value: text(1)?.into(),
            key: stored_key(text(4)?)?,
        },
        2 => StoredItem::Listed {
            index: text(0)?.into(),
            partition: text(1)?.into(),
            place: ListPlace {
                order: order_of(row.get(2)?),
                key: stored_key(text(3)?)?,
            },
        },
        _ => StoredItem::Count {
            index: text(0)?.into(),
            group: text(1)?.into(),
            member: text(3)?.into(),
            count: row.get::<_, i64>(4)?.cast_unsigned(),
        },
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
    let (namespace, projection, number) = name_of(generation);
    let after = after.map_or(-1, i32::from);
    let parameters = (namespace, projection, number, after);
    let slice = find(connection, sql, parameters, |row| row.get(0))?;
    Ok(slice.map(|slice| (slice, 0, start())))
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

//! Which namespaces a file has events of.

use std::num::NonZeroU32;

use minwon_core::{NamespaceName, StoreError};
use rusqlite::{
    OptionalExtension, Row,
    types::{ToSqlOutput, ValueRef},
};

use super::{SqliteStore, error::store_error, reader::Reader};

/// Names of streams looked at in one question: one of each namespace, if none is malformed.
const LOOKS_MAX: u32 = 10_000;

impl SqliteStore {
    /// The namespaces that the file has events of: at most `names_max`, in alphabetical order.
    /// Each costs one look into an index, however many events it has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn namespaces(
        &self,
        names_max: NonZeroU32,
    ) -> Result<Vec<NamespaceName>, StoreError> {
        let read = move |reader: &mut Reader| reader.namespaces(names_max);
        self.shared.readers.run(read).await
    }

    /// Returns whether the file has events of a namespace. Costs one look into an index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_namespace(&self, namespace: &NamespaceName) -> Result<bool, StoreError> {
        let prefix = format!("{namespace}_");
        let read = move |reader: &mut Reader| {
            let first = reader.first_stream_after(prefix.as_bytes())?;
            Ok(first.is_some_and(|name| name.starts_with(prefix.as_bytes())))
        };
        self.shared.readers.run(read).await
    }
}

impl Reader {
    fn namespaces(&mut self, names_max: NonZeroU32) -> Result<Vec<NamespaceName>, StoreError> {
        let (mut names, mut after) = (Vec::new(), Vec::new());
        for _ in 0..LOOKS_MAX {
            let Some(stream) = self.first_stream_after(&after)? else {
                break;
            };
            let text = str::from_utf8(&stream).ok();
            let namespace = text.and_then(|text| text.split_once('_'));
            match namespace.map(|(namespace, _)| NamespaceName::new(namespace)) {
                Some(Ok(namespace)) => {
                    // '`' is the character after '_', so this is behind all of its streams.
                    after = format!("{namespace}`").into_bytes();
                    names.push(namespace);
                }
                _ => after = stream,
            }
            if names.len() == names_max.get() as usize {
                break;
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// As bytes: a foreign program may have written what is no UTF-8.
    fn first_stream_after(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT name FROM streams WHERE name > ?1 ORDER BY name LIMIT 1";
        let found = self
            .connection()
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let name = ToSqlOutput::Borrowed(ValueRef::Text(name));
                let bytes = |row: &Row<'_>| Ok(row.get_ref(0)?.as_bytes()?.to_vec());
                statement.query_row([name], bytes).optional()
            });
        found.map_err(|error| store_error(self.path(), "reading from", error))
    }
}

//! Which namespaces a file has events of.

use std::num::NonZeroU32;

use minwon_core::{NamespaceName, StoreError};

use super::{SqliteStore, error::ReadError, reader::Reader, sql::find};

/// The namespaces that have runs, and those of the events that have none yet.
const NAMESPACES: &str = "SELECT name FROM namespaces n
        WHERE EXISTS (SELECT 1 FROM namespace_log l WHERE l.namespace = n.namespace)
     UNION SELECT substr(s.name, 1, instr(s.name, '_') - 1)
        FROM events e JOIN streams s ON s.stream = e.stream
        WHERE e.position > (SELECT position FROM namespace_log_end)
     ORDER BY 1";

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
        let read = move |reader: &mut Reader| -> Result<_, ReadError> {
            let mut statement = reader.connection.prepare_cached(NAMESPACES)?;
            let mut rows = statement.query([])?;
            let mut names = Vec::new();
            while let Some(row) = rows.next()?
                && names.len() < names_max.get() as usize
            {
                // A foreign program may have written any bytes.
                let name = row.get_ref(0)?.as_str().ok();
                names.extend(name.and_then(|name| NamespaceName::new(name).ok()));
            }
            Ok(names)
        };
        self.read(read).await
    }

    /// Returns whether the file has events of a namespace. Costs one look into an index.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_namespace(&self, namespace: &NamespaceName) -> Result<bool, StoreError> {
        // '`' is the character after '_', so what lies between are its streams.
        let (from, to) = (format!("{namespace}_"), format!("{namespace}`"));
        let sql = "SELECT 1 FROM streams WHERE name > ?1 AND name < ?2 LIMIT 1";
        let read = move |reader: &mut Reader| -> Result<_, ReadError> {
            Ok(find(&reader.connection, sql, (from, to), |_| Ok(()))?.is_some())
        };
        self.read(read).await
    }
}

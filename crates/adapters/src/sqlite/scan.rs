//! Reading the log in its order: all of it, or what one namespace wrote.

use std::num::NonZeroU32;

use minwon_core::{EventFilter, GlobalPosition, LogPage, StreamName};
use rusqlite::{Connection, Params};

use super::{
    error::ReadError,
    names::Names,
    order,
    reader::Reader,
    row::{PageBuilder, RowPlace, select_events},
};

/// Most rows that one page looks at, unless more events are wanted: others wait for this thread.
/// Unit: events.
const LOOKED_AT_MAX: u32 = 4096;

/// The events in the runs of namespace `?1`, after position `?2` and up to `?3`.
const OWN: &str = select_events!(
    from "namespace_log CROSS JOIN events
          ON position BETWEEN max(first, ?2 + 1) AND min(last, ?3)
          WHERE namespace = ?1 AND first <= ?3 AND first >= coalesce(
              (SELECT max(first) FROM namespace_log WHERE namespace = ?1 AND first <= ?2), 0)
          ORDER BY first, position"
);

/// The events after position `?1` and up to `?2`, whoever wrote them.
const ALL: &str = select_events!("WHERE position > ?1 AND position <= ?2 ORDER BY position");

/// The events in the runs of namespace `?1` up to position `?2`, newest first.
const OWN_BACKWARDS: &str = "SELECT position, stream, version
    FROM namespace_log CROSS JOIN events ON position BETWEEN first AND min(last, ?2)
    WHERE namespace = ?1 AND first <= ?2 ORDER BY first DESC, position DESC";

/// The events up to position `?1` and after `?2`, whoever wrote them, newest first.
const ALL_BACKWARDS: &str = "SELECT position, stream, version FROM events
    WHERE position <= ?1 AND position > ?2 ORDER BY position DESC";

impl Reader {
    pub(super) fn read_all(
        &mut self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, ReadError> {
        let all = GlobalPosition::new(u64::MAX);
        self.read_up_to((after, all), filter, events_max)
    }

    /// Reads a page that ends at a position at the latest.
    pub(super) fn read_up_to(
        &mut self,
        (after, until): (GlobalPosition, GlobalPosition),
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, ReadError> {
        // Before all else: up to here everything is looked at, if the end is reached.
        let head = self.head()?;
        let mut scan = Scan {
            log: self.looking_for(filter),
            page: PageBuilder::new(events_max),
            events_left: events_max.get(),
            rows_left: LOOKED_AT_MAX.max(events_max.get()),
            reached: number(after),
        };
        let own = scan.log.own_runs()?;
        if own.up_to > scan.reached {
            if let Some(key) = own.key
                && !scan.take(OWN, (key, scan.reached, number(until)))?
            {
                return Ok(scan.finish(false));
            }
            scan.reached = own.up_to.min(number(until)).max(scan.reached);
        }
        let is_through = scan.take(ALL, (scan.reached, number(until)))?;
        let mut page = scan.finish(is_through && until >= head);
        if is_through {
            page.position = page.position.max(head.min(until)).max(after);
        }
        Ok(page)
    }

    /// See [`minwon_core::EventStore::last_up_to`].
    pub(super) fn last_up_to(
        &mut self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, ReadError> {
        let until = number(until);
        let mut log = self.looking_for(filter);
        let own = log.own_runs()?;
        let mut last = log.first_admitted(ALL_BACKWARDS, (until, own.up_to))?;
        if last.is_none()
            && let Some(key) = own.key
        {
            last = log.first_admitted(OWN_BACKWARDS, (key, until))?;
        }
        Ok(last.map_or(GlobalPosition::START, GlobalPosition::new))
    }

    fn looking_for<'a>(&'a mut self, filter: &'a EventFilter) -> Looking<'a> {
        Looking {
            connection: &self.connection,
            names: &mut self.names,
            filter,
        }
    }
}

/// A position as SQLite counts; one beyond that is behind the end of any log.
fn number(position: GlobalPosition) -> i64 {
    i64::try_from(position.commit()).unwrap_or(i64::MAX)
}

/// The log, and what of it is wanted.
struct Looking<'a> {
    connection: &'a Connection,
    names: &'a mut Names,
    filter: &'a EventFilter,
}

/// How far the order of the wanted namespace is written down.
struct OwnRuns {
    key: Option<i64>,
    /// 0 where all namespaces are wanted.
    up_to: i64,
}

impl Looking<'_> {
    fn own_runs(&self) -> Result<OwnRuns, ReadError> {
        let Some(namespace) = self.filter.wanted_namespace() else {
            return Ok(OwnRuns {
                key: None,
                up_to: 0,
            });
        };
        // In this order: runs that are written in between are then only read twice.
        Ok(OwnRuns {
            up_to: order::written_up_to(self.connection)?,
            key: order::key(self.connection, namespace)?,
        })
    }

    /// The stream of this row, if it is wanted. One without a sound name is of no namespace, and one
    /// without a place in it is no event of it: it is passed over by all but those who want everything.
    fn wanted_stream(&mut self, at: RowPlace) -> Result<Option<StreamName>, ReadError> {
        let key = at.stream;
        let stream = self.names.stream(self.connection, key)?;
        match stream.filter(|_| at.version >= 0) {
            Some(stream) => Ok(Some(stream).filter(|stream| self.filter.admits(stream))),
            None if self.filter.wanted_namespace().is_some() => Ok(None),
            None => {
                let what = format!("stream {key} has no sound name, or an event no place in it");
                Err(ReadError::Damaged(what))
            }
        }
    }

    fn first_admitted(&mut self, sql: &str, params: impl Params) -> Result<Option<u64>, ReadError> {
        let connection = self.connection;
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            let at = RowPlace::of(row)?;
            if self.wanted_stream(at)?.is_some() {
                return Ok(Some(at.position));
            }
        }
        Ok(None)
    }
}

/// A page of the log, as far as it was read.
struct Scan<'a> {
    log: Looking<'a>,
    page: PageBuilder,
    events_left: u32,
    rows_left: u32,
    reached: i64,
}

impl Scan<'_> {
    /// Takes over what `sql` selects; whether there was nothing more.
    fn take(&mut self, sql: &str, params: impl Params) -> Result<bool, ReadError> {
        let log = &mut self.log;
        let connection = log.connection;
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            if self.rows_left == 0 {
                return Ok(false);
            }
            let at = RowPlace::of(row)?;
            if let Some(stream) = log.wanted_stream(at)? {
                if self.events_left == 0 || self.page.is_full() {
                    return Ok(false);
                }
                self.events_left -= 1;
                let names = &mut *log.names;
                self.page.push(row, at, stream, true, |key| {
                    names.event_type(connection, key)
                })?;
            }
            self.rows_left -= 1;
            self.reached = at.position.cast_signed();
        }
        Ok(true)
    }

    fn finish(self, is_end: bool) -> LogPage {
        LogPage {
            events: self.page.finish(),
            position: GlobalPosition::new(self.reached.unsigned_abs()),
            is_end,
        }
    }
}

#[cfg(test)]
mod tests;

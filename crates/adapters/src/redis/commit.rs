//! A commit, as the one call that Redis is sent.

use minwon_core::{CountCell, ListChange, ListName, ListPlace, Lookup, SliceWrites, ViewKey};
use redis::{Cmd, RedisWrite};

use super::{
    keys,
    scripts::{COMMIT, Form, write_parts},
};

/// A commit, in the order in which the script wants it.
pub(super) struct Commit<'a> {
    checkpoint: &'a str,
    /// The prefix of the names of all that is written.
    life: &'a str,
    expected: &'a [u8],
    next: &'a str,
    writes: &'a SliceWrites,
    /// Sorted, so that the claims of a value stand together.
    lookups: Vec<&'a (Lookup, ViewKey, ListChange)>,
    /// Sorted, so that the places of a list stand together, those to take first.
    lists: Vec<&'a (ListName, ListPlace, ListChange)>,
    /// Sorted, so that the counts of a group stand together, those to set first.
    counts: Vec<&'a (CountCell, u64)>,
}

impl<'a> Commit<'a> {
    pub(super) fn new(
        checkpoint: &'a str,
        life: &'a str,
        (expected, next): (&'a [u8], &'a str),
        writes: &'a SliceWrites,
    ) -> Self {
        let mut lookups: Vec<_> = writes.lookups.iter().collect();
        lookups.sort_by(|a, b| a.0.cmp(&b.0));
        let mut lists: Vec<_> = writes.lists.iter().collect();
        lists.sort_by(|a, b| (&a.0, a.2).cmp(&(&b.0, b.2)));
        let mut counts: Vec<_> = writes.counts.iter().collect();
        counts.sort_by_key(|(cell, count)| (cell.index, &*cell.group, *count == 0));
        Self {
            checkpoint,
            life,
            expected,
            next,
            writes,
            lookups,
            lists,
            counts,
        }
    }

    pub(super) fn call(&self, form: Form) -> Cmd {
        let documents = &self.writes.documents;
        let set = documents.iter().filter(|(_, put)| put.is_some()).count();
        let removed = documents.len() - set;
        let lookups = self.lookup_runs().count();
        let lists = self.list_runs().count();
        let groups = self.group_runs().count();
        let keys = 1 + set + removed + lookups + lists + groups;
        let args = 7 + set + lookups + 2 * (lists + self.lists.len() + groups + self.counts.len());
        let mut cmd = COMMIT.call(form, keys, args, self.bytes());
        self.write_keys(&mut cmd);
        cmd.write_arg(self.expected);
        cmd.write_arg(self.next.as_bytes());
        for count in [set, removed, lookups, lists, groups] {
            cmd.write_arg_fmt(count);
        }
        self.write_documents(&mut cmd);
        self.write_claims(&mut cmd);
        self.write_places(&mut cmd);
        self.write_counts(&mut cmd);
        cmd
    }

    /// About how long the call will be.
    fn bytes(&self) -> usize {
        let key = self.life.len() + 40;
        let documents = self.writes.documents.iter();
        let documents: usize = documents
            .map(|(_, put)| key + put.as_ref().map_or(0, bytes::Bytes::len))
            .sum();
        let others = self.writes.lookups.len() + self.lists.len() + self.counts.len();
        documents + 2 * key * (1 + others)
    }

    fn lookup_runs(&self) -> impl Iterator<Item = &[&(Lookup, ViewKey, ListChange)]> {
        self.lookups.chunk_by(|a, b| a.0 == b.0)
    }

    fn list_runs(&self) -> impl Iterator<Item = &[&(ListName, ListPlace, ListChange)]> {
        self.lists.chunk_by(|a, b| a.0 == b.0)
    }

    fn group_runs(&self) -> impl Iterator<Item = &[&(CountCell, u64)]> {
        self.counts
            .chunk_by(|(a, _), (b, _)| a.index == b.index && a.group == b.group)
    }

    fn write_keys(&self, cmd: &mut Cmd) {
        cmd.write_arg(self.checkpoint.as_bytes());
        for wanted in [true, false] {
            for (key, put) in &self.writes.documents {
                if put.is_some() == wanted {
                    write_parts(cmd, &[self.life, "d:", key.as_str()]);
                }
            }
        }
        for run in self.lookup_runs() {
            let Lookup { index, value } = &run[0].0;
            write_parts(cmd, &[self.life, "l:", index.as_str(), ":", value]);
        }
        for run in self.list_runs() {
            let ListName { index, partition } = &run[0].0;
            write_parts(cmd, &[self.life, "o:", index.as_str(), ":", partition]);
        }
        for run in self.group_runs() {
            let CountCell { index, group, .. } = &run[0].0;
            write_parts(cmd, &[self.life, "c:", index.as_str(), ":", group]);
        }
    }

    fn write_documents(&self, cmd: &mut Cmd) {
        for (_, put) in &self.writes.documents {
            if let Some(document) = put {
                cmd.write_arg(document);
            }
        }
    }

    fn write_claims(&self, cmd: &mut Cmd) {
        let mut parts = Vec::new();
        for run in self.lookup_runs() {
            parts.clear();
            for (_, key, change) in run {
                let sign = match change {
                    ListChange::Take => "+",
                    ListChange::Leave => "-",
                };
                parts.extend([sign, key.as_str(), "\n"]);
            }
            // A line ends before the next one begins.
            parts.pop();
            write_parts(cmd, &parts);
        }
    }

    fn write_places(&self, cmd: &mut Cmd) {
        for run in self.list_runs() {
            let taken = run.partition_point(|(_, _, change)| *change == ListChange::Take);
            cmd.write_arg_fmt(taken);
            cmd.write_arg_fmt(run.len() - taken);
            for (at, (_, place, _)) in run.iter().enumerate() {
                if at < taken {
                    cmd.write_arg(b"0");
                }
                cmd.write_arg_fmt(keys::Member(place));
            }
        }
    }

    fn write_counts(&self, cmd: &mut Cmd) {
        for run in self.group_runs() {
            let set = run.partition_point(|(_, count)| *count != 0);
            cmd.write_arg_fmt(set);
            cmd.write_arg_fmt(run.len() - set);
            for (cell, count) in run {
                cmd.write_arg(cell.member.as_bytes());
                if *count != 0 {
                    cmd.write_arg_fmt(count);
                }
            }
        }
    }
}

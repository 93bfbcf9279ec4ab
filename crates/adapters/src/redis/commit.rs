//! A commit, as the one call that Redis is sent.

use minwon_core::{CountCell, IndexName, ListChange, ListPlace, SliceWrites, ViewKey};
use redis::{Cmd, RedisWrite};

use super::{
    keys::{self, LISTS, LOOKUPS},
    scripts::{COMMIT, Form, write_parts, write_shown},
};

/// A commit, in the order in which the script wants it.
pub(super) struct Commit<'a> {
    checkpoint: &'a str,
    /// The prefix of the names of all that is written.
    life: &'a str,
    expected: &'a [u8],
    next: &'a str,
    writes: &'a SliceWrites,
    /// Sorted, so that the members of an index stand together, those to take first.
    members: Vec<Indexed<'a>>,
    /// Sorted, so that the counts of a group stand together, those to set first.
    counts: Vec<&'a (CountCell, u64)>,
}

/// A change of one member of an index.
struct Indexed<'a> {
    kind: &'static str,
    index: IndexName,
    change: ListChange,
    member: Member<'a>,
}

enum Member<'a> {
    Claim(&'a str, &'a ViewKey),
    Place(&'a str, &'a ListPlace),
}

impl<'a> Commit<'a> {
    pub(super) fn new(
        checkpoint: &'a str,
        life: &'a str,
        (expected, next): (&'a [u8], &'a str),
        writes: &'a SliceWrites,
    ) -> Self {
        let claims = writes.lookups.iter().map(|(lookup, key, change)| Indexed {
            kind: LOOKUPS,
            index: lookup.index,
            change: *change,
            member: Member::Claim(&lookup.value, key),
        });
        let places = writes.lists.iter().map(|(list, place, change)| Indexed {
            kind: LISTS,
            index: list.index,
            change: *change,
            member: Member::Place(&list.partition, place),
        });
        let mut members: Vec<_> = claims.chain(places).collect();
        members.sort_by_key(|it| (it.kind, it.index, it.change));
        let mut counts: Vec<_> = writes.counts.iter().collect();
        counts.sort_by_key(|(cell, count)| (cell.index, &*cell.group, *count == 0));
        Self {
            checkpoint,
            life,
            expected,
            next,
            writes,
            members,
            counts,
        }
    }

    pub(super) fn call(&self, form: Form) -> Cmd {
        let documents = &self.writes.documents;
        let set = documents.iter().filter(|(_, put)| put.is_some()).count();
        let removed = documents.len() - set;
        let indexes = self.indexes().count();
        let groups = self.groups().count();
        let keys = 1 + set + removed + indexes + groups;
        let args = 6 + set + 2 * (indexes + self.members.len() + groups + self.counts.len());
        let mut cmd = COMMIT.call(form, keys, args, self.bytes());
        self.write_keys(&mut cmd);
        cmd.write_arg(self.expected);
        cmd.write_arg(self.next.as_bytes());
        for count in [set, removed, indexes, groups] {
            cmd.write_arg_fmt(count);
        }
        self.write_documents(&mut cmd);
        self.write_members(&mut cmd);
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
        documents + 2 * key * (1 + self.members.len() + self.counts.len())
    }

    fn indexes(&self) -> impl Iterator<Item = &[Indexed<'a>]> {
        self.members
            .chunk_by(|a, b| a.kind == b.kind && a.index == b.index)
    }

    fn groups(&self) -> impl Iterator<Item = &[&(CountCell, u64)]> {
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
        for run in self.indexes() {
            write_parts(cmd, &[self.life, run[0].kind, run[0].index.as_str()]);
        }
        for run in self.groups() {
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

    fn write_members(&self, cmd: &mut Cmd) {
        for run in self.indexes() {
            let taken = run.partition_point(|it| it.change == ListChange::Take);
            cmd.write_arg_fmt(taken);
            cmd.write_arg_fmt(run.len() - taken);
            for (at, Indexed { member, .. }) in run.iter().enumerate() {
                if at < taken {
                    cmd.write_arg(b"0");
                }
                match *member {
                    Member::Claim(value, key) => write_shown(cmd, &keys::Claim(value, key)),
                    Member::Place(partition, place) => {
                        write_shown(cmd, &keys::Member(partition, place));
                    }
                }
            }
        }
    }

    fn write_counts(&self, cmd: &mut Cmd) {
        for run in self.groups() {
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

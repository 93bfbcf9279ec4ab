//! The content of the medium, and the writes on their way there.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    path::{Path, PathBuf},
};

use minwon_core::testing::SeededRng;

use crate::Loss;

/// The size that a disk mostly writes whole or not at all. Unit: bytes.
const SECTOR_BYTES: u64 = 512;

/// How likely it is that a piece of a write is lost, in a thousand. Each loss of power takes one of these:
/// with one alone, the rare ones where all but a little is lost, or all but a little is there, would hardly
/// come about.
const LOST_PER_MILLE: [u16; 5] = [0, 20, 500, 980, 1000];

/// How likely it is that a piece that is not lost is torn, in a thousand; one of these, for the same reason.
const TORN_PER_MILLE: [u16; 3] = [0, 0, 50];

/// How a loss of power treats what was not synced.
#[derive(Debug, Clone, Copy)]
struct Rates {
    lost_per_mille: u16,
    torn_per_mille: u16,
}

impl Rates {
    fn any(rng: &mut SeededRng) -> Self {
        let mut one_of = |rates: &[u16]| rates[rng.below(rates.len() as u64) as usize];
        Self {
            lost_per_mille: one_of(&LOST_PER_MILLE),
            torn_per_mille: one_of(&TORN_PER_MILLE),
        }
    }
}

/// The identity of a file, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId(usize);

/// All files of a directory.
#[derive(Debug, Default)]
pub(crate) struct Medium {
    files: Vec<File>,
    /// Names as programs see them.
    names: BTreeMap<PathBuf, FileId>,
    /// Names that any file ever had.
    all_names: BTreeSet<PathBuf>,
    /// Names as they are on the medium.
    durable_names: BTreeMap<PathBuf, FileId>,
    /// Changes of names since, in order. A file system with a journal loses the last ones first.
    renames: Vec<(PathBuf, Option<FileId>)>,
}

#[derive(Debug, Default)]
struct File {
    durable: Vec<u8>,
    /// Changes since the last sync, in order.
    pending: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Write { at: u64, bytes: Box<[u8]> },
    Truncate(u64),
}

impl Medium {
    pub(crate) fn find(&self, name: &Path) -> Option<FileId> {
        self.names.get(name).copied()
    }

    pub(crate) fn create(&mut self, name: &Path) -> FileId {
        let file = FileId(self.files.len());
        self.files.push(File::default());
        self.names.insert(name.to_owned(), file);
        self.all_names.insert(name.to_owned());
        self.renames.push((name.to_owned(), Some(file)));
        file
    }

    pub(crate) fn remove(&mut self, name: &Path) {
        if self.names.remove(name).is_some() {
            self.renames.push((name.to_owned(), None));
        }
    }

    pub(crate) fn write(&mut self, file: FileId, at: u64, bytes: &[u8]) {
        let bytes = bytes.into();
        self.files[file.0].pending.push(Change::Write { at, bytes });
    }

    pub(crate) fn truncate(&mut self, file: FileId, length: u64) {
        self.files[file.0].pending.push(Change::Truncate(length));
    }

    pub(crate) fn sync(&mut self, file: FileId) {
        let file = &mut self.files[file.0];
        for change in mem::take(&mut file.pending) {
            file.apply(&change);
        }
    }

    /// A sync that fails: what is not on the medium by then does not come there by a later one.
    pub(crate) fn fail_sync(&mut self, file: FileId, rng: &mut SeededRng) {
        let mut loss = Loss::default();
        let rates = Rates::any(rng);
        self.files[file.0].settle(rng, rates, &mut loss);
    }

    pub(crate) fn sync_directory(&mut self) {
        let renames = mem::take(&mut self.renames);
        apply_renames(&mut self.durable_names, renames);
    }

    /// Leaves only what is on the medium. Returns what was lost, and the names that no file has.
    pub(crate) fn lose_power(&mut self, rng: &mut SeededRng) -> (Loss, Vec<PathBuf>) {
        let mut loss = Loss::default();
        let mut renames = mem::take(&mut self.renames);
        let kept = rng.below(renames.len() as u64 + 1) as usize;
        loss.names_lost = (renames.len() - kept) as u64;
        renames.truncate(kept);
        apply_renames(&mut self.durable_names, renames);
        let rates = Rates::any(rng);
        for file in &mut self.files {
            file.settle(rng, rates, &mut loss);
        }
        self.names.clone_from(&self.durable_names);
        let gone = self.all_names.iter();
        let gone = gone.filter(|name| !self.names.contains_key(*name));
        (loss, gone.cloned().collect())
    }

    /// The files on the medium, by name.
    pub(crate) fn content(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        let files = self.durable_names.iter();
        files.map(|(name, file)| (name.as_path(), &self.files[file.0].durable[..]))
    }
}

fn apply_renames(
    names: &mut BTreeMap<PathBuf, FileId>,
    renames: impl IntoIterator<Item = (PathBuf, Option<FileId>)>,
) {
    for (name, file) in renames {
        match file {
            Some(file) => names.insert(name, file),
            None => names.remove(&name),
        };
    }
}

impl File {
    fn apply(&mut self, change: &Change) {
        match change {
            Change::Write { at, bytes } => self.put(*at as usize, bytes),
            // Longer is never asked for, but a file whose end was lost may be shorter already.
            Change::Truncate(length) => self.durable.truncate(*length as usize),
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.grow(at + bytes.len());
        self.durable[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn grow(&mut self, length: usize) {
        if self.durable.len() < length {
            self.durable.resize(length, 0);
        }
    }

    /// Decides of each change since the last sync whether it is on the medium.
    fn settle(&mut self, rng: &mut SeededRng, rates: Rates, loss: &mut Loss) {
        for change in mem::take(&mut self.pending) {
            match &change {
                Change::Write { at, bytes } => {
                    for (at, piece) in pieces(*at, bytes) {
                        self.settle_piece(rng, rates, loss, at as usize, piece);
                    }
                }
                Change::Truncate(_) => {
                    if !rng.happens(rates.lost_per_mille) {
                        self.apply(&change);
                    }
                }
            }
        }
    }

    fn settle_piece(
        &mut self,
        rng: &mut SeededRng,
        rates: Rates,
        loss: &mut Loss,
        at: usize,
        piece: &[u8],
    ) {
        loss.pieces += 1;
        if rng.happens(rates.lost_per_mille) {
            loss.pieces_lost += 1;
            // The file may have grown without what it grew for.
            if rng.happens(500) {
                self.grow(at + piece.len());
            }
        } else if rng.happens(rates.torn_per_mille) {
            loss.pieces_torn += 1;
            let there = rng.below(piece.len() as u64) as usize;
            self.put(at, &piece[..there]);
        } else {
            self.put(at, piece);
        }
    }
}

/// The parts of a write that lie in one sector each, with their places.
fn pieces(mut at: u64, mut bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let left_in_sector = (SECTOR_BYTES - at % SECTOR_BYTES) as usize;
        let (piece, rest) = bytes.split_at(left_in_sector.min(bytes.len()));
        let place = at;
        at += piece.len() as u64;
        bytes = rest;
        Some((place, piece))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(medium: &Medium) -> Vec<(&str, &[u8])> {
        let named = |(name, bytes): (_, _)| (Path::to_str(name).unwrap(), bytes);
        medium.content().map(named).collect()
    }

    /// A file of which its name and `synced` are on the medium.
    fn with_file(synced: &[u8]) -> (Medium, FileId) {
        let mut medium = Medium::default();
        let file = medium.create(Path::new("a"));
        medium.write(file, 0, synced);
        medium.sync(file);
        medium.sync_directory();
        (medium, file)
    }

    #[test]
    fn what_was_synced_stays_whatever_comes() {
        for seed in 0..200 {
            let (mut medium, file) = with_file(&[1; 2000]);
            medium.write(file, 1000, &[2; 3000]);
            medium.lose_power(&mut SeededRng::new(seed));
            let [("a", bytes)] = content(&medium)[..] else {
                panic!("one file");
            };
            assert_eq!(bytes[..1000], [1; 1000]);
            assert!(bytes.len() <= 4000);
            assert!(bytes[1000..2000].iter().all(|byte| [1, 2].contains(byte)));
            assert!(bytes[2000..].iter().all(|byte| [0, 2].contains(byte)));
        }
    }

    #[test]
    fn what_was_not_synced_is_kept_lost_and_torn() {
        let mut seen = [false; 3];
        for seed in 0..200 {
            let (mut medium, file) = with_file(&[1; 4096]);
            medium.write(file, 0, &[2; 4096]);
            let (loss, _) = medium.lose_power(&mut SeededRng::new(seed));
            let [("a", bytes)] = content(&medium)[..] else {
                panic!("one file");
            };
            assert_eq!(loss.pieces, 8);
            let new = bytes.iter().filter(|byte| **byte == 2).count();
            let lost = loss.pieces_lost as usize * 512;
            assert!(new <= 4096 - lost && (loss.pieces_torn > 0 || new == 4096 - lost));
            seen[0] |= new == 4096;
            seen[1] |= new == 0;
            seen[2] |= loss.pieces_torn > 0;
        }
        assert_eq!(seen, [true; 3]);
    }

    #[test]
    fn a_failed_sync_gives_up_what_it_did_not_write() {
        let mut lost = 0;
        for seed in 0..50 {
            let mut rng = SeededRng::new(seed);
            let (mut medium, file) = with_file(&[1; 512]);
            medium.write(file, 0, &[2; 512]);
            medium.fail_sync(file, &mut rng);
            medium.sync(file);
            let (loss, _) = medium.lose_power(&mut rng);
            assert_eq!(loss, Loss::default(), "nothing is on its way any more");
            lost += usize::from(content(&medium)[0].1 == [1; 512]);
        }
        assert!((1..50).contains(&lost), "{lost}");
    }

    #[test]
    fn names_are_lost_from_the_last_one_on() {
        let mut seen = [false; 3];
        for seed in 0..100 {
            let (mut medium, _) = with_file(b"old");
            medium.remove(Path::new("a"));
            let new = medium.create(Path::new("b"));
            medium.write(new, 0, b"new");
            medium.sync(new);
            medium.lose_power(&mut SeededRng::new(seed));
            match content(&medium)[..] {
                [("a", b"old")] => seen[0] = true,
                [] => seen[1] = true,
                [("b", b"new")] => seen[2] = true,
                ref other => panic!("{other:?}"),
            }
        }
        assert_eq!(seen, [true; 3]);
    }
}

//! How does the embedded store compare with others of the field, in one run and on the same work?
//!
//! Every store is asked in turn within a round, each with what its users would write: ours from tasks,
//! tephra from threads. What is read back is counted and added up after each round.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Parser;
use minwon_benches::{Rounds, office::Failure};

use self::{
    ours::Ours,
    tephra::Tephra,
    work::{Lane, Sum, Work},
};

mod ours;
mod tephra;
mod work;

#[derive(Parser)]
struct RivalArgs {
    /// Alternating rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A directory on the disk that is to be measured; what is written there is removed.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Events in the log that is read as a whole.
    #[arg(long, default_value_t = 200_000)]
    events: u32,
    /// Rows to measure, by the beginnings of their names [default: all]
    #[arg(long)]
    only: Vec<String>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// A store under measurement.
trait Contender {
    /// Its name in the table.
    const NAME: &'static str;

    /// Opens an empty store in this directory.
    fn open(dir: &Path) -> Result<Self, Failure>
    where
        Self: Sized;

    /// Carries out each lane's appends one after the other, and all lanes at once: each append only if its
    /// stream is as the lane left it.
    fn append(&self, lanes: Vec<Lane>) -> Result<(), Failure>;

    /// As [`append`](Self::append), but reads and decodes the stream before each append, which is what a
    /// command costs that finds nothing cached. Returns what was read.
    fn command(&self, lanes: Vec<Lane>) -> Result<Sum, Failure>;

    /// Reads the whole log in its order and decodes each payload.
    fn read(&self) -> Result<Sum, Failure>;

    /// Closes it.
    fn close(self);
}

/// Both stores, in directories of their own.
struct Pair {
    ours: Ours,
    tephra: Tephra,
    dir: tempfile::TempDir,
}

impl Pair {
    fn open(dir: &Path) -> Result<Self, Failure> {
        let dir = tempfile::TempDir::new_in(dir)?;
        let of = |name| {
            let dir = dir.path().join(name);
            fs::create_dir(&dir).map(|()| dir)
        };
        Ok(Self {
            ours: Ours::open(&of(Ours::NAME)?)?,
            tephra: Tephra::open(&of(Tephra::NAME)?)?,
            dir,
        })
    }
}

fn main() -> Result<(), Failure> {
    let args = RivalArgs::parse();
    let is_wanted = |row: &str| {
        args.only.is_empty()
            || args
                .only
                .iter()
                .any(|wanted| row.starts_with(wanted.as_str()))
    };
    let mut rounds = Rounds::default();
    let written = Pair::open(&args.dir)?;
    let read = if is_wanted("read") {
        let (pair, work) = (Pair::open(&args.dir)?, Work::filling(args.events));
        pair.ours.append(work.lanes.clone())?;
        pair.tephra.append(work.lanes)?;
        Some(pair)
    } else {
        None
    };
    for round in 0..args.rounds {
        if is_wanted("raw") {
            raw(&args.dir, &mut rounds)?;
        }
        for (row, work) in Work::appends()
            .into_iter()
            .filter(|(row, _)| is_wanted(row))
        {
            in_turn(
                round,
                &mut rounds,
                row,
                work.events,
                [
                    &|| {
                        written
                            .ours
                            .append(work.lanes.clone())
                            .map(|()| Sum::of(&work))
                    },
                    &|| {
                        written
                            .tephra
                            .append(work.lanes.clone())
                            .map(|()| Sum::of(&work))
                    },
                ],
            )?;
        }
        for (row, first, work) in Work::commands()
            .into_iter()
            .filter(|(row, ..)| is_wanted(row))
        {
            written.ours.append(first.lanes.clone())?;
            written.tephra.append(first.lanes)?;
            in_turn(
                round,
                &mut rounds,
                row,
                work.events,
                [&|| written.ours.command(work.lanes.clone()), &|| {
                    written.tephra.command(work.lanes.clone())
                }],
            )?;
        }
        if let Some(read) = &read {
            let events = args.events as usize;
            let row = "read and decode the log";
            in_turn(
                round,
                &mut rounds,
                row,
                events,
                [&|| read.ours.read(), &|| read.tephra.read()],
            )?;
        }
    }
    // All that was written is there.
    assert_eq!(written.ours.read()?, written.tephra.read()?);
    rounds.print("The embedded store and tephra", "per second", args.json);
    if let Some(Pair { ours, tephra, dir }) = read {
        ours.close();
        tephra.close();
        for name in [Ours::NAME, Tephra::NAME] {
            let bytes = bytes_in(&dir.path().join(name))? as f64 / f64::from(args.events);
            println!("  {name}: {bytes:.0} bytes an event on the disk");
        }
    }
    Ok(())
}

/// Lets each do the same, and another one begin in each round.
fn in_turn(
    round: usize,
    rounds: &mut Rounds,
    row: &str,
    events: usize,
    both: [&dyn Fn() -> Result<Sum, Failure>; 2],
) -> Result<(), Failure> {
    let names = [Ours::NAME, Tephra::NAME].map(|name| format!("{row}: {name}"));
    let limit = names[1].clone();
    let mut sums = [Sum::default(); 2];
    for turn in 0..2 {
        let at = (round + turn) % 2;
        let start = Instant::now();
        sums[at] = both[at]()?;
        rounds.note(&names[at], (at == 0).then_some(&*limit), events, start);
    }
    assert_eq!(sums[0], sums[1], "both read the same");
    Ok(())
}

/// The limit of appends: as many bytes to a growing file, synced each time.
fn raw(dir: &Path, rounds: &mut Rounds) -> Result<(), Failure> {
    use io::Write;
    let mut file = tempfile::tempfile_in(dir)?;
    let (bytes, appends) = ([b'x'; 400], 1_000);
    let start = Instant::now();
    for _ in 0..appends {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    rounds.note("raw loop of append and fdatasync", None, appends, start);
    Ok(())
}

/// The bytes of all files below, each up to its last one that is not zero: tephra reserves space ahead.
fn bytes_in(dir: &Path) -> io::Result<usize> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        bytes += if path.is_dir() {
            bytes_in(&path)?
        } else {
            let held = fs::read(&path)?;
            held.iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last + 1)
        };
    }
    Ok(bytes)
}

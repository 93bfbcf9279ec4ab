//! Does trouble in one namespace slow another down?
//!
//! `building` is under a steady load: alone, then while `general` is in trouble, in several
//! arrangements of the two. What is compared are the two halves of the same round.

mod arrangement;
mod building;
mod general;
mod probes;
mod report;

use std::{path::PathBuf, time::Duration};

use clap::{Parser, Subcommand, ValueEnum};
use minwon_benches::office::Failure;
use minwon_test_servers::RedisServer;

use self::{
    arrangement::{Arrangement, Running},
    building::{Building, Figures},
    report::Report,
};

#[derive(Parser)]
struct Choice {
    #[command(subcommand)]
    part: Option<Part>,
    /// Alternating rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// A directory on the disk that is to be measured; what is written there is removed.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Seconds of each measurement, after one second that does not count.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Petitions filed in `building` in a second, half of each sort, and twice as many questions.
    #[arg(long, default_value_t = 100.0)]
    rate: f64,
    /// Petitions filed in `general`, or questions asked, in a second while it is flooded; else as
    /// many as in `building`.
    #[arg(long, default_value_t = 4_000.0)]
    flood: f64,
    /// The trouble of `general`. Default: each by itself, and all at once.
    #[arg(long, value_enum, value_delimiter = ',')]
    troubles: Vec<Trouble>,
    /// How the two share a process. Default: all arrangements within one process.
    #[arg(long, value_delimiter = ',')]
    arrangements: Vec<String>,
    /// Also measure `general` in a process of its own.
    #[arg(long)]
    processes: bool,
    /// Kill the Redis of `general` instead of stopping it where it stands.
    #[arg(long)]
    kill: bool,
    /// Poison only the reactors of `general`: no event is undecodable, twice as many fail.
    #[arg(long)]
    spare_projection: bool,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Part {
    /// The process of `general`; started by the benchmark.
    #[command(hide = true)]
    General(general::Setup),
}

/// The trouble of `general`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Trouble {
    /// Nothing, and it is not even there: how far two measurements of the same thing lie apart.
    None,
    /// Nothing: it has the load that `building` has.
    Load,
    /// Many times as many petitions come in as it can carry.
    Flood,
    /// Many times as many questions come in as usual. The limits of a service do not count them.
    Questions,
    /// Of its events 1 % cannot be decoded, and 1 % ask for what fails.
    Poison,
    /// Its Redis is away.
    Redis,
    /// Its register hangs.
    Agency,
    /// All of these at once, questions excepted.
    All,
}

impl Trouble {
    const DEFAULT: [Self; 8] = [
        Self::None,
        Self::Load,
        Self::Flood,
        Self::Questions,
        Self::Poison,
        Self::Redis,
        Self::Agency,
        Self::All,
    ];

    fn is(self, other: Self) -> bool {
        self == other || (self == Self::All && other != Self::Questions)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::None => "nothing, not there",
            Self::Load => "nothing, same load",
            Self::Flood => "flooded",
            Self::Questions => "asked too much",
            Self::Poison => "poisoned",
            Self::Redis => "Redis away",
            Self::Agency => "register hangs",
            Self::All => "all at once",
        }
    }
}

fn main() -> Result<(), Failure> {
    let choice = Choice::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match choice.part {
        Some(Part::General(setup)) => runtime.block_on(general::in_a_process(setup)),
        None => runtime.block_on(measure(&choice)),
    }
}

async fn measure(choice: &Choice) -> Result<(), Failure> {
    let arrangements = Arrangement::chosen(&choice.arrangements, choice.processes)?;
    let troubles = if choice.troubles.is_empty() {
        &Trouble::DEFAULT[..]
    } else {
        &choice.troubles
    };
    let mut report = Report::default();
    for round in 1..=choice.rounds {
        for arrangement in &arrangements {
            eprintln!("round {round} of {}: {}", choice.rounds, arrangement.name);
            let alone = once(choice, arrangement, Trouble::None).await?.0;
            for trouble in troubles {
                let (figures, of_general) = once(choice, arrangement, *trouble).await?;
                report.note(arrangement, *trouble, &alone, &figures, of_general);
            }
        }
    }
    report.print();
    if choice.json {
        println!("{}", report.json());
    }
    Ok(())
}

/// One measurement of `building`, with everything anew, and what became of `general` meanwhile.
async fn once(
    choice: &Choice,
    arrangement: &Arrangement,
    trouble: Trouble,
) -> Result<(Figures, Option<general::Outcome>), Failure> {
    let dir = tempfile::tempdir_in(&choice.dir)?;
    let mut redis = arrangement.redis()?;
    let building = Building::start(dir.path()).await?;
    let setup = general::Setup {
        file: dir.path().join("general.db"),
        redis: redis.url(),
        rate: if trouble.is(Trouble::Flood) {
            choice.flood
        } else {
            choice.rate
        },
        questions: if trouble.is(Trouble::Questions) {
            choice.flood
        } else {
            0.0
        },
        poison: trouble.is(Trouble::Poison),
        spare_projection: choice.spare_projection,
        hang: trouble.is(Trouble::Agency),
        limited: arrangement.is_limited,
    };
    let general = if trouble == Trouble::None {
        None
    } else {
        Some(Running::start(arrangement, setup, building.store()).await?)
    };
    if trouble.is(Trouble::Redis) {
        take_away(&mut redis, choice.kill);
    }
    let time = Duration::from_secs(choice.seconds);
    let measured = building.measure(choice.rate, time).await?;
    let outcome = match general {
        Some(general) => Some(general.stop().await?),
        None => None,
    };
    let mut figures = building.finish(measured).await?;
    let missing = outcome.as_ref().and_then(|it| it.missing(trouble));
    figures.wrong = figures.wrong.or(missing);
    Ok((figures, outcome))
}

fn take_away(redis: &mut RedisServer, kill: bool) {
    if kill {
        redis.kill();
    } else {
        redis.pause();
    }
}

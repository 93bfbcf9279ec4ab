//! Hunts inputs that break the law of a decoder, for as long as it is told.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use minwon_fuzz::{Hunt, Target, hunt};

/// Gives the decoders inputs that are changed by chance.
#[derive(Parser)]
struct Options {
    /// How long each decoder is tried. Unit: seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// A decoder alone; may be repeated. All of them otherwise.
    #[arg(long)]
    target: Vec<String>,
    /// The chance; printed, so that it can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// How many decoders at a time.
    #[arg(long, default_value_t = 2)]
    at_once: usize,
    /// One input alone, given to the decoder named.
    #[arg(long, requires = "target")]
    input: Option<PathBuf>,
    /// Writes the inputs that each decoder begins with into a folder of its own here, for `cargo fuzz`.
    #[arg(long)]
    corpus: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let mut targets: Vec<_> = Target::ALL.iter().collect();
    if !options.target.is_empty() {
        targets.retain(|target| options.target.iter().any(|name| name == target.name));
    }
    if targets.is_empty() || targets.len() < options.target.len() {
        let names: Vec<_> = Target::ALL.iter().map(|target| target.name).collect();
        eprintln!("there are these targets: {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    let done = match (&options.input, &options.corpus) {
        (Some(input), _) => {
            let input = fs::read(input);
            input.map(|input| targets.iter().for_each(|target| target.run(&input)))
        }
        (None, Some(folder)) => write_corpus(folder, &targets),
        (None, None) => return hunt_all(&options, targets),
    };
    if let Err(error) = done {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn write_corpus(folder: &Path, targets: &[&Target]) -> io::Result<()> {
    for target in targets {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder)?;
        for (number, input) in target.corpus().iter().enumerate() {
            fs::write(folder.join(format!("first-{number}")), input)?;
        }
    }
    Ok(())
}

fn hunt_all(options: &Options, targets: Vec<&'static Target>) -> ExitCode {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seed = options.seed.unwrap_or(now.as_secs());
    println!("seed {seed}");
    let reports = hunt(
        &Hunt {
            targets,
            time: Duration::from_secs(options.seconds),
            seed,
            at_once: options.at_once,
        },
        |report| println!("{report}"),
    );
    if reports.iter().any(|report| report.finding.is_some()) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

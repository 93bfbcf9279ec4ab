//! The stand-in as a program, to try others by hand.

use std::process::ExitCode;

use minwon_kurrentdb_stand_in::{
    AppendFault, Code, DISCLAIMER, FaultPlan, ReadFault, StandIn, SubscribeFault,
};

const USAGE: &str = "Options: --port PORT (2113), --nodes NODES (1), --faults PER_MILLE (0), \
                     --seed SEED (0)";

/// The command line.
struct Options {
    port: u16,
    nodes: usize,
    faults_per_mille: u16,
    seed: u64,
}

fn number<T: std::str::FromStr>(option: &str, value: Option<String>) -> Result<T, String> {
    let value = value.ok_or_else(|| format!("{option} needs a number. {USAGE}"))?;
    value
        .parse()
        .map_err(|_| format!("{option}: {value:?} is no number that fits. {USAGE}"))
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        port: 2113,
        nodes: 1,
        faults_per_mille: 0,
        seed: 0,
    };
    while let Some(option) = arguments.next() {
        let value = arguments.next();
        match option.as_str() {
            "--port" => options.port = number(&option, value)?,
            "--nodes" => options.nodes = number(&option, value)?,
            "--faults" => options.faults_per_mille = number(&option, value)?,
            "--seed" => options.seed = number(&option, value)?,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

/// The faults of a bad network and a busy server, each with the same share.
fn storm(seed: u64, per_mille: u16) -> FaultPlan {
    FaultPlan::new(seed)
        .per_mille(per_mille / 4, AppendFault::AbortAfterCommit)
        .per_mille(per_mille / 4, AppendFault::AbortBeforeCommit)
        .per_mille(per_mille / 4, AppendFault::CutAfterCommit)
        .per_mille(per_mille / 4, AppendFault::Unavailable)
        .per_mille(per_mille / 2, ReadFault::CutAfter(3))
        .per_mille(per_mille / 2, ReadFault::Unavailable)
        .per_mille(
            per_mille / 2,
            SubscribeFault::FailAfter(5, Code::Unavailable),
        )
        .per_mille(per_mille / 2, SubscribeFault::EndAfter(5))
}

async fn run(options: Options) -> std::io::Result<()> {
    let builder = StandIn::builder()
        .port(options.port)
        .nodes(options.nodes)
        .seed(options.seed);
    let stand_in = builder.start().await?;
    stand_in.misbehave_by(storm(options.seed, options.faults_per_mille));
    println!("{}", stand_in.url());
    // Until it is killed: there is nothing to be saved.
    std::future::pending().await
}

fn main() -> ExitCode {
    println!("{DISCLAIMER}");
    let outcome = parse(std::env::args().skip(1)).and_then(|options| {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        runtime
            .block_on(run(options))
            .map_err(|error| error.to_string())
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

//! Every decoder keeps its law, whatever it is given.
//!
//! `MINWON_FUZZ_SECONDS` sets how long each is tried (default 5), two at a time, and `MINWON_FUZZ_SEED` which
//! inputs come first. An input that breaks a law is written to a file, and how to give it again is printed.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{env, time::Duration};

use minwon_fuzz::{Hunt, Target, hunt};

fn env_number(name: &str, default: u64) -> u64 {
    let text = env::var(name).ok();
    text.map_or(default, |text| text.parse().expect(name))
}

#[test]
fn whatever_is_read_is_answered_or_refused_by_law() {
    let seed = env_number("MINWON_FUZZ_SEED", 1);
    let all = Hunt {
        targets: Target::ALL.iter().collect(),
        time: Duration::from_secs(env_number("MINWON_FUZZ_SECONDS", 5)),
        seed,
        at_once: 2,
    };
    let reports = hunt(&all, |report| println!("MINWON_FUZZ_SEED={seed} {report}"));
    assert_eq!(reports.len(), Target::ALL.len());
    let findings: Vec<_> = reports.iter().filter(|it| it.finding.is_some()).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

/// However little time there was for the hunt.
#[test]
fn what_was_found_before_and_the_golden_files_keep_the_law() {
    for target in Target::ALL {
        let corpus = target.corpus();
        assert!(!corpus.is_empty(), "{}", target.name);
        corpus.iter().for_each(|input| target.run(input));
    }
}

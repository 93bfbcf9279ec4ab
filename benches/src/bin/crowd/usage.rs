//! Memory and processor time of this process, as Linux reports them.

use std::{fs, time::Duration};

use minwon_benches::office::Failure;

/// Memory that is resident. Unit: MB of a million bytes.
pub(super) fn memory_mb() -> Result<f64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: f64 = kilobytes.ok_or("there is no VmRSS")?.parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}

/// Time that all its threads have run.
pub(super) fn processor_time() -> Result<Duration, Failure> {
    let mut nanos = 0;
    for task in fs::read_dir("/proc/self/task")? {
        // A thread may end meanwhile.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let ran = text.split_whitespace().next().ok_or("there is no time")?;
        nanos += ran.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

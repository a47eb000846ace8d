//! The wall clock: read for the default of `--as-of` and for `timing.json`, nowhere else.

use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;

use crate::time::{Day, Zone};

/// Today in the zone.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where today is asked for")]
pub fn today(zone: &Zone) -> Day {
    zone.day_of(Timestamp::now())
}

/// Measures a job.
#[derive(Debug)]
pub struct Stopwatch {
    started: Timestamp,
    since: Instant,
}

/// `timing.json`: the only file that may differ between equal runs.
#[derive(Debug, Clone, Serialize)]
pub struct Timing {
    /// When the job began.
    pub started_at: String,
    /// How long it took until its results were written, in seconds.
    pub seconds: f64,
    /// Threads of the pool.
    pub threads: usize,
    /// The machine's name.
    pub host: String,
}

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "clock times go into timing.json only")]
    pub fn start() -> Self {
        Self { started: Timestamp::now(), since: Instant::now() }
    }

    /// What has passed since.
    #[must_use]
    pub fn timing(&self) -> Timing {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Timing {
            started_at: self.started.to_string(),
            seconds: self.since.elapsed().as_secs_f64(),
            threads: rayon::current_num_threads(),
            host: host.trim().to_owned(),
        }
    }
}

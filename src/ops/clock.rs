//! The wall clock: read for the default of `--as-of` and for `timing.json`, nowhere else.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;

use crate::progress::Listener;
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
    marks: Arc<Mutex<Vec<Mark>>>,
}

/// When a stage began, and the CPU seconds spent until then.
#[derive(Debug, Clone)]
struct Mark {
    stage: String,
    at: Instant,
    cpu: Option<f64>,
}

/// `timing.json`: the only file that may differ between equal runs.
#[derive(Debug, Clone, Serialize)]
pub struct Timing {
    /// When the job began.
    pub started_at: String,
    /// How long it took until its results were written, in seconds.
    pub seconds: f64,
    /// CPU seconds of all threads so far, where the system tells them.
    pub cpu_seconds: Option<f64>,
    /// What each stage took, in the order in which they first began; the time of a stage ends where the next begins.
    pub stages: Vec<StageTiming>,
    /// Largest memory the process has held, in bytes, where the system tells it.
    pub peak_memory_bytes: Option<u64>,
    /// Threads of the pool.
    pub threads: usize,
    /// The machine's name.
    pub host: String,
}

/// What one stage took.
#[derive(Debug, Clone, Serialize)]
pub struct StageTiming {
    /// The stage as the progress bar names it.
    pub stage: String,
    /// Seconds on the clock.
    pub seconds: f64,
    /// Seconds of CPU, user and system, all threads; in steps of a hundredth.
    pub cpu_seconds: Option<f64>,
}

impl Stopwatch {
    /// Starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "clock times go into timing.json only")]
    pub fn start() -> Self {
        Self { started: Timestamp::now(), since: Instant::now(), marks: Arc::default() }
    }

    /// Hears of every stage that begins and notes when.
    #[must_use]
    pub fn listener(&self) -> Listener {
        let marks = Arc::clone(&self.marks);
        Arc::new(move |stage| marks.lock().unwrap_or_else(PoisonError::into_inner).push(Mark::now(stage)))
    }

    fn stages(&self) -> Vec<StageTiming> {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        marks.push(Mark::now(""));
        let mut stages: Vec<StageTiming> = Vec::new();
        for pair in marks.windows(2) {
            let seconds = pair[1].at.duration_since(pair[0].at).as_secs_f64();
            let cpu_seconds = pair[1].cpu.zip(pair[0].cpu).map(|(after, before)| after - before);
            if let Some(known) = stages.iter_mut().find(|known| known.stage == pair[0].stage) {
                known.seconds += seconds;
                known.cpu_seconds = known.cpu_seconds.zip(cpu_seconds).map(|(a, b)| a + b);
            } else {
                stages.push(StageTiming { stage: pair[0].stage.clone(), seconds, cpu_seconds });
            }
        }
        stages
    }

    /// What has passed since.
    #[must_use]
    pub fn timing(&self) -> Timing {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Timing {
            started_at: self.started.to_string(),
            seconds: self.since.elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds(),
            stages: self.stages(),
            peak_memory_bytes: peak_memory_bytes(),
            threads: rayon::current_num_threads(),
            host: host.trim().to_owned(),
        }
    }
}

impl Mark {
    #[expect(clippy::disallowed_methods, reason = "clock times go into timing.json only")]
    fn now(stage: &str) -> Self {
        Self { stage: stage.to_owned(), at: Instant::now(), cpu: cpu_seconds() }
    }
}

/// CPU seconds of the process as Linux tells them: the 14th and 15th field of its `stat`, in hundredths.
#[must_use]
pub fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let (user, system) = (ticks()?, ticks()?);
    Some((user + system) as f64 / 100.0)
}

/// The largest resident memory as Linux tells it.
#[must_use]
pub fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

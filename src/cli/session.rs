//! What every verb shares: the project folder, how to print, how to show progress, how many threads.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use clap::{Args, ValueEnum};

use crate::ops::Failure;
use crate::progress::Progress;

/// Arguments every verb takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Folder that holds `tidewatch.toml`
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// No progress, no remarks: results and errors only
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Threads to use; all processors if left out
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// Stop for ever before this stage (tests of crash safety)
    #[arg(long, global = true, hide = true, value_name = "STAGE")]
    pause_before: Option<String>,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people
    Text,
    /// JSON for programs
    Json,
    /// Comma-separated values
    Csv,
    /// Markdown tables
    Markdown,
    /// Apache Parquet
    Parquet,
    /// A query, for `model export`
    #[value(hide = true)]
    Sql,
    /// PMML, for `model export`
    #[value(hide = true)]
    Pmml,
    /// Points, for `model export`
    #[value(hide = true)]
    Scorecard,
}

/// What every verb shares.
#[derive(Debug)]
pub struct Session {
    /// Folder that holds `tidewatch.toml`.
    pub project_dir: PathBuf,
    /// How results are printed.
    pub format: Format,
    /// Whether remarks are unwanted.
    pub quiet: bool,
    /// Where long work reports to.
    pub progress: Progress,
}

impl Session {
    /// Sets up threads, progress and the handler of Ctrl-C.
    ///
    /// # Errors
    /// None today; verbs that need more set-up will have some.
    pub fn new(global: Global) -> Result<Self, Failure> {
        if let Some(threads) = global.threads {
            // Fails only if the pool exists already, as in tests that run several sessions in one process.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global();
        }
        let visible = !global.quiet && std::io::stderr().is_terminal();
        let progress = Progress::new(visible).pausing_before(global.pause_before);
        let flag = progress.cancel_flag();
        let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
        Ok(Self { project_dir: global.project, format: global.format, quiet: global.quiet, progress })
    }

    /// Prints a result to stdout. A reader that has gone away is not an error.
    pub fn print(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// Prints a remark to stderr, unless quiet.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }
}

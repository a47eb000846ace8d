//! What every verb shares: the project folder, how to print, how to show progress, how many threads.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::{Args, ValueEnum};
use polars::prelude::DataFrame;

use crate::kpi::Error::ParquetWithoutFile;
use crate::ops::{self, Failure};
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

impl Format {
    /// The format asked for; of a file, where none is asked for, the one its ending names.
    #[must_use]
    pub fn of(self, out: Option<&Path>) -> Self {
        let ending = out.and_then(Path::extension).map(|ending| ending.to_string_lossy().to_lowercase());
        match (self, ending.as_deref()) {
            (Self::Text, Some("csv")) => Self::Csv,
            (Self::Text, Some("json")) => Self::Json,
            (Self::Text, Some("md")) => Self::Markdown,
            (Self::Text, Some("parquet")) => Self::Parquet,
            (asked, _) => asked,
        }
    }
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

    /// Prints a text, or writes it to a file.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn deliver_text(&self, out: Option<&Path>, text: &str) -> Result<(), Failure> {
        if let Some(path) = out {
            return ops::write_result(path, text.as_bytes());
        }
        self.print(text);
        Ok(())
    }

    /// Writes rows as Parquet to a file, or to standard output where that is not a terminal.
    ///
    /// # Errors
    /// If the file cannot be written, or standard output is a terminal.
    pub fn deliver_rows(&self, out: Option<&Path>, mut rows: DataFrame) -> Result<(), Failure> {
        let bytes = ops::parquet_bytes(&mut rows)?;
        match out {
            Some(path) => ops::write_result(path, &bytes),
            None if std::io::stdout().is_terminal() => Err(ParquetWithoutFile.into()),
            None => {
                self.print_bytes(&bytes);
                Ok(())
            }
        }
    }

    /// Prints a result to stdout. A reader that has gone away is not an error.
    pub fn print(&self, text: &str) {
        self.print_bytes(text.as_bytes());
    }

    #[expect(clippy::unused_self, reason = "what is printed goes through the session")]
    fn print_bytes(&self, bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    }

    /// Prints a remark to stderr, unless quiet.
    pub fn remark(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }
}

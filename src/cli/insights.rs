//! `insights`: behaviours that go with churn, conversion, revenue.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Session};
use crate::ops::{self, Failure};
use crate::time::Day;

/// Show which behaviours go with churn, conversion and revenue, corrected for how many were tried
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch insights
  tidewatch insights --as-of 2025-06-01 --format csv
  tidewatch insights --out insights.parquet
Text tells the declared behaviours and the strongest discovered ones; the other formats list all that was tried.")]
pub struct Arguments {
    /// The date everything is seen from
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
    /// Write to this file instead of printing; its ending names the format where none is asked for
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Arguments {
    /// Prints the insights.
    ///
    /// # Errors
    /// As [`ops::insights`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let found = ops::insights(&session.project_dir, self.as_of, &session.progress)?;
        let out = self.out.as_deref();
        match session.format.of(out) {
            Format::Parquet => session.deliver_rows(out, found.frame()?),
            Format::Json => session.deliver_text(out, &format!("{:#}\n", found.table().json())),
            Format::Csv => session.deliver_text(out, &found.table().csv()),
            Format::Markdown => session.deliver_text(out, &found.table().markdown()),
            _ => session.deliver_text(out, &found.text()),
        }
    }
}

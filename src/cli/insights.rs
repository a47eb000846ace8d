//! `insights`: behaviours that go with churn, conversion, revenue.

use clap::Args;

use super::{Format, Session};
use crate::ops::{self, Failure};
use crate::time::Day;

/// Show which behaviours go with churn, conversion and revenue, corrected for how many were tried
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch insights
  tidewatch insights --as-of 2025-06-01 --format csv
Text tells the declared behaviours and the strongest discovered ones; the other formats list all that was tried.")]
pub struct Arguments {
    /// The date everything is seen from
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
}

impl Arguments {
    /// Prints the insights.
    ///
    /// # Errors
    /// As [`ops::insights`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let found = ops::insights(&session.project_dir, self.as_of, &session.progress)?;
        session.print(&match session.format {
            Format::Json => format!("{:#}\n", found.table().json()),
            Format::Csv => found.table().csv(),
            Format::Markdown => found.table().markdown(),
            _ => found.text(),
        });
        if session.format == Format::Parquet {
            session.remark("insights: `run` writes insights.parquet; --format csv or json prints all rows");
        }
        Ok(())
    }
}

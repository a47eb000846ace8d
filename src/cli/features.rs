//! `features` and `audit`: what is computed of customers, and whether it sees the future.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Session};
use crate::ops::{self, Failure};
use crate::time::Day;

/// Write the features and labels of every customer as of one or more dates
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch features --as-of 2025-06-01 --out features.parquet\n  tidewatch features --as-of 2025-05-01,2025-06-01 --out features.csv"
)]
pub struct Features {
    /// Dates, divided by commas; the project's `as_of` if left out
    #[arg(long, value_name = "D", value_delimiter = ',')]
    as_of: Vec<Day>,
    /// The file to write: .parquet or .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Features {
    /// Writes the file.
    ///
    /// # Errors
    /// As [`ops::features`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let written = ops::features(&session.project_dir, &self.as_of, &self.out, &session.progress)?;
        match session.format {
            Format::Json => session.print(&format!(
                "{}\n",
                serde_json::json!({ "rows": written.rows, "features": written.features, "file": self.out })
            )),
            _ => session.print(&format!(
                "{} rows with {} features in {}\n",
                written.rows,
                written.features,
                self.out.display()
            )),
        }
        if written.absent > 0 {
            session.remark(&format!("{} shipped features need columns that are not mapped", written.absent));
        }
        Ok(())
    }
}

/// Prove that no feature sees the future: recompute with it removed, and again with it poisoned
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidewatch audit\n  tidewatch audit --as-of 2025-03-01,2025-06-01")]
pub struct Audit {
    /// Dates, divided by commas; the earliest and latest training cutoffs if left out
    #[arg(long, value_name = "D", value_delimiter = ',')]
    as_of: Vec<Day>,
}

impl Audit {
    /// Audits and prints what was looked at.
    ///
    /// # Errors
    /// As [`ops::audit`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let audited = ops::audit(&session.project_dir, &self.as_of, &session.progress)?;
        let cutoffs: Vec<String> = audited.cutoffs.iter().map(ToString::to_string).collect();
        match session.format {
            Format::Json => session.print(&format!(
                "{}\n",
                serde_json::json!({ "verdict": "pass", "features": audited.features, "rows": audited.rows, "as_of": cutoffs })
            )),
            _ => session.print(&format!(
                "no leak: {} features of {} customer rows as of {} are bit-identical without and with a poisoned future\n",
                audited.features,
                audited.rows,
                cutoffs.join(", ")
            )),
        }
        Ok(())
    }
}

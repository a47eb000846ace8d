//! `init`: a first project file from the files themselves.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Format, Session};
use crate::ops::{self, Failure};

/// Look at files and write a commented tidewatch.toml for them
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch init shop --from exports/orders.csv exports/customers.csv
  tidewatch check --project shop")]
pub struct Arguments {
    /// The project's folder; made if it is not there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Files to look at: csv, text, ndjson or parquet, also .gz and .zst
    #[arg(long, required = true, num_args = 1.., value_name = "FILES")]
    from: Vec<PathBuf>,
}

impl Arguments {
    /// Looks, guesses, tries, writes.
    ///
    /// # Errors
    /// As [`ops::init`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let made = ops::init(&self.dir, &self.from, &session.progress)?;
        if session.format == Format::Json {
            let tables: Vec<_> =
                made.tables.iter().map(|(table, file)| json!({ "table": table, "file": file })).collect();
            let text = json!({ "path": made.path, "tables": tables, "doubts": made.doubts, "as_of": made.as_of });
            session.print(&format!("{text:#}\n"));
            return Ok(());
        }
        let mut text = format!("wrote {}\n", made.path.display());
        for (table, file) in &made.tables {
            let _ = writeln!(text, "  {table:<14}{file}");
        }
        for doubt in &made.doubts {
            let _ = writeln!(text, "look at: {doubt}");
        }
        if let Some(as_of) = made.as_of {
            let _ = writeln!(text, "The data end before {as_of}: set as `as_of`.");
        }
        let _ = writeln!(text, "Next: tidewatch check --project {}", self.dir.display());
        session.print(&text);
        Ok(())
    }
}

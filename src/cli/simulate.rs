//! `simulate`: a truth-known project folder with every table.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::{Format, Session};
use crate::ops::{self, Failure};
use crate::simulate::{Files, Made, Request};
use crate::time::Day;

/// Make a project whose truth is known: all tables, planted effects, `truth.json`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch simulate --customers 2000 --months 24 --seed 7 --out shop
  tidewatch simulate --customers 1000000 --months 18 --seed 1 --files parquet --out big
  tidewatch run --project shop")]
pub struct Arguments {
    /// How many customers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    customers: u64,
    /// Months of history
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(1..=240))]
    months: u32,
    /// Seed of all draws: the same seed gives the same bytes
    #[arg(long, value_name = "S")]
    seed: u64,
    /// The folder to make; must not exist or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Plant columns and rows that tell the future
    #[arg(long)]
    leaks: bool,
    /// First day after the data, which becomes the project's `as_of`
    #[arg(long, value_name = "D", default_value = "2025-07-01")]
    days_end: Day,
    /// How the tables are written
    #[arg(long, value_enum, default_value_t = Files::Csv, value_name = "FORMAT")]
    files: Files,
}

impl Arguments {
    /// Makes the project and prints what is in it.
    ///
    /// # Errors
    /// As [`ops::simulate`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let request = Request {
            customers: self.customers,
            months: self.months,
            seed: self.seed,
            days_end: self.days_end,
            leaks: self.leaks,
            files: self.files,
            out: self.out,
        };
        let made = ops::simulate(&request, &session.progress)?;
        session.print(&match session.format {
            Format::Json => json(&made),
            _ => text(&made, &request),
        });
        Ok(())
    }
}

fn json(made: &Made) -> String {
    let rows: serde_json::Map<_, _> =
        made.rows.iter().map(|(table, rows)| (table.to_string(), (*rows).into())).collect();
    let value = serde_json::json!({ "rows": rows, "oracle_auc": made.oracle_auc, "base_rate": made.base_rate });
    format!("{value:#}\n")
}

fn text(made: &Made, request: &Request) -> String {
    let mut text = String::new();
    for (table, rows) in &made.rows {
        let _ = writeln!(text, "{table:<14} {rows:>12} rows");
    }
    if let (Some(rate), Some(auc)) = (made.base_rate, made.oracle_auc) {
        let _ = writeln!(
            text,
            "churn          {:>11.1}% of eligible customers; AUC of the true probabilities {auc:.3}",
            rate * 100.0
        );
    }
    let _ = writeln!(text, "\nNext: tidewatch check --project {}", request.out.display());
    text
}

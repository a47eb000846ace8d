//! `campaign target`: arguments and printing.

use std::path::PathBuf;

use clap::Args;

use crate::campaign::export::{Selection, Sort, csv_text};
use crate::cli::Session;
use crate::ops::{self, Failure};
use crate::time::Day;

/// Whom to contact next, by what a measured campaign saved
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch campaign target --uplift measured/uplift.json --cost-per-contact 2 --budget 5000 --file next.csv"
)]
pub struct Next {
    /// `uplift.json` of an evaluation of this project's campaign
    #[arg(long, value_name = "FILE")]
    uplift: PathBuf,
    /// Arm whose effect is expected; the first measured if left out
    #[arg(long, value_name = "ARM")]
    arm: Option<String>,
    /// Run to choose from; the newest if left out
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Target whose scores are used; the project's first
    #[arg(long, value_name = "TARGET", default_value = "", hide_default_value = true)]
    target: String,
    /// At most so many
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// What all contacts together may cost
    #[arg(long, value_name = "MONEY", requires = "cost_per_contact")]
    budget: Option<f64>,
    /// What one contact costs
    #[arg(long, value_name = "MONEY")]
    cost_per_contact: Option<f64>,
    /// csv, parquet or xlsx; csv on stdout if left out
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Next {
    /// Lists whom to contact next.
    ///
    /// # Errors
    /// When there is no usable uplift model or no run.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let ask = ops::Target {
            uplift: self.uplift,
            arm: self.arm,
            as_of: self.as_of,
            selection: Selection {
                top: self.top,
                budget: self.budget,
                cost_per_contact: self.cost_per_contact,
                sort: Sort::Uplift,
                ..Selection::new(&self.target)
            },
            file: self.file,
        };
        let next = ops::campaign_target(&session.project_dir, &ask)?;
        session.remark(&format!("targeting: {}", next.verdict));
        match &ask.file {
            Some(file) => session.remark(&format!("{} customers written to {}", next.list.height(), file.display())),
            None => session.print(&csv_text(&next.list)?),
        }
        Ok(())
    }
}

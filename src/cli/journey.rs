//! `journey`: how far customers get, step by step.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use polars::prelude::DataFrame;

use super::{Format, Session};
use crate::journey::{Journeys, Period};
use crate::ops::{self, Failure, JourneyRequest};
use crate::report::Table;
use crate::time::Day;

/// Show how far customers get on a journey: funnel, time between steps, what comes next
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch journey
  tidewatch journey --steps product_view,cart,purchase --within 7
  tidewatch journey --format csv --show transitions
  tidewatch journey --steps orders,tickets,tickets.resolved_at --by region --period quarter
A step is the role `cart` or `purchase`, a kind of event, `table:kind`, `table.time_column`, or a table.")]
pub struct Arguments {
    /// Names of declared journeys; all if left out
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The date everything is seen from
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
    /// Steps of a journey that is not declared, in order
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', conflicts_with = "names")]
    steps: Vec<String>,
    /// Time limit in days of the third funnel
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    within: Option<u32>,
    /// Break down by these attributes of customers
    #[arg(long, value_name = "SEGMENT", num_args = 1..)]
    by: Vec<String>,
    /// Break down by the period of the first step
    #[arg(long, value_enum, value_name = "PERIOD")]
    period: Option<Period>,
    /// Which table csv and Parquet hold
    #[arg(long, value_enum, default_value_t = Show::Funnel)]
    show: Show,
    /// Write to this file instead of printing; its ending names the format where none is asked for
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// One of the tables of a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Show {
    /// Steps: reached, dropped, waits, value left
    Funnel,
    /// What comes next after each step
    Transitions,
    /// What follows a purchase
    AfterPurchase,
}

impl Arguments {
    /// Prints the funnels.
    ///
    /// # Errors
    /// As [`ops::journey`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let request = JourneyRequest {
            as_of: self.as_of,
            steps: self.steps,
            names: self.names,
            within_days: self.within,
            by: self.by,
            period: self.period,
        };
        let journeys = ops::journey(&session.project_dir, request, &session.progress)?;
        let out = self.out.as_deref();
        match session.format.of(out) {
            Format::Parquet => session.deliver_rows(out, self.show.frame(&journeys)?),
            Format::Json => session.deliver_text(out, &format!("{:#}\n", journeys.json())),
            Format::Csv => session.deliver_text(out, &self.show.table(&journeys).csv()),
            Format::Markdown => session.deliver_text(out, &journeys.markdown()),
            _ => session.deliver_text(out, &journeys.text()),
        }
    }
}

impl Show {
    fn table(self, journeys: &Journeys) -> Table {
        match self {
            Self::Funnel => journeys.funnel_table(),
            Self::Transitions => journeys.transition_table(),
            Self::AfterPurchase => journeys.purchase_table(),
        }
    }

    fn frame(self, journeys: &Journeys) -> Result<DataFrame, Failure> {
        Ok(match self {
            Self::Funnel => journeys.funnel_frame(),
            Self::Transitions => journeys.transition_frame(),
            Self::AfterPurchase => journeys.purchase_frame(),
        }?)
    }
}

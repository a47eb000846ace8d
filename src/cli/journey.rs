//! `journey`: how far customers get, step by step.

use clap::Args;

use super::{Format, Session};
use crate::journey::Period;
use crate::ops::{self, Failure, JourneyRequest};
use crate::time::Day;

/// Show how far customers get on a journey: funnel, time between steps, what comes next
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch journey
  tidewatch journey --steps product_view,cart,purchase --within 7
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
        session.print(&match session.format {
            Format::Json => format!("{:#}\n", journeys.json()),
            Format::Csv => journeys.funnel_table().csv(),
            Format::Markdown => journeys.markdown(),
            _ => journeys.text(),
        });
        if session.format == Format::Parquet {
            session.remark("journey: there is no Parquet form; --format csv or json is for programs");
        }
        Ok(())
    }
}

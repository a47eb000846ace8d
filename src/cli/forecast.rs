//! `forecast`: what the main KPIs are expected to be.

use std::path::PathBuf;

use clap::Args;

use super::{Format, Session};
use crate::kpi::PeriodKind;
use crate::ops::{self, Failure, ForecastRequest};
use crate::time::Day;

/// Forecast the main KPIs, with intervals and how earlier forecasts would have done
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch forecast
  tidewatch forecast --kpi revenue orders --period week --ahead 8
  tidewatch forecast --out forecasts.csv")]
pub struct Arguments {
    /// The date everything is seen from
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
    /// Length of the periods
    #[arg(long, value_enum, default_value_t = PeriodKind::Month)]
    period: PeriodKind,
    /// How many periods ahead
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=60))]
    ahead: u16,
    /// Only these KPIs; the main ones if left out
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    kpi: Vec<String>,
    /// Write to this file instead of printing; its ending names the format where none is asked for
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Arguments {
    /// Prints the forecasts.
    ///
    /// # Errors
    /// As [`ops::forecast`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let ahead = usize::from(self.ahead);
        let asked = ForecastRequest { as_of: self.as_of, period: self.period, kpis: self.kpi, ahead };
        let found = ops::forecast(&session.project_dir, &asked, &session.progress)?;
        let out = self.out.as_deref();
        match session.format.of(out) {
            Format::Parquet => session.deliver_rows(out, ops::forecast_frame(&found)?),
            Format::Json => session.deliver_text(out, &format!("{:#}\n", found.table().json())),
            Format::Csv => session.deliver_text(out, &found.table().csv()),
            Format::Markdown => session.deliver_text(out, &found.table().markdown()),
            _ => session.deliver_text(out, &found.text()),
        }
    }
}

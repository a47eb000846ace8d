//! `forecast`: what the main KPIs are expected to be in the next periods.
//!
//! 1. load and check the project;
//! 2. compute the KPIs over all complete periods there are;
//! 3. forecast them.

use std::path::Path;

use polars::prelude::DataFrame;

use super::{Failure, ingest};
use crate::contract::Checked;
use crate::kpi::{self, PeriodKind, Request};
use crate::outlook::{MAIN, Outlook, outlook};
use crate::progress::Progress;
use crate::time::Day;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct ForecastRequest {
    /// The date everything is seen from.
    pub as_of: Option<Day>,
    /// Length of the periods.
    pub period: PeriodKind,
    /// Names of KPIs; the main ones if empty.
    pub kpis: Vec<String>,
    /// How many periods ahead.
    pub ahead: usize,
}

/// No more periods than this are looked back on.
const LOOK_BACK_DAYS: i32 = 5 * 366;

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the project, the data, or of KPIs nobody knows.
pub fn forecast(dir: &Path, asked: &ForecastRequest, progress: &Progress) -> Result<Outlook, Failure> {
    let mut ingested = ingest(dir, asked.as_of, progress)?;
    // The whole is forecast, not its parts.
    ingested.project.project.segments.clear();
    let (project, as_of) = (&ingested.project, ingested.as_of);
    let names: Vec<&str> =
        if asked.kpis.is_empty() { MAIN.to_vec() } else { asked.kpis.iter().map(String::as_str).collect() };
    let request = Request {
        as_of,
        period: asked.period,
        from: first_day(&ingested.checked, as_of),
        to: None,
        kpis: names.iter().map(|name| (*name).to_owned()).collect(),
        segments: Vec::new(),
        rolling_days: None,
    };
    let table = kpi::compute(project, &ingested.checked, &request, None, progress)?;
    Ok(outlook(&table, &names, asked.period, project.project.week_start, asked.ahead))
}

/// The frame of `forecasts.parquet`.
///
/// # Errors
/// Never in practice: all columns have one length.
pub fn forecast_frame(found: &Outlook) -> Result<DataFrame, Failure> {
    found.frame().map_err(super::failure::frame)
}

fn first_day(checked: &Checked, as_of: Day) -> Option<Day> {
    let first = checked.tables.values().filter_map(|table| table.span).map(|(first, _)| first).min()?;
    Some(first.max(as_of.plus(-LOOK_BACK_DAYS)))
}

//! `journey`: funnels, what comes next, what follows a purchase.
//!
//! 1. load the project, settle `as_of`, check the tables;
//! 2. take the declared journeys, or the steps that were typed;
//! 3. measure them.

use std::path::Path;

use super::{Failure, ingest};
use crate::journey::{self, AD_HOC, Error, Journeys, Period, Request};
use crate::progress::Progress;
use crate::project::{Journey, Project, did_you_mean};
use crate::time::Day;

/// What was asked for.
#[derive(Debug, Clone, Default)]
pub struct JourneyRequest {
    /// The date everything is seen from.
    pub as_of: Option<Day>,
    /// Steps of a journey that is not declared.
    pub steps: Vec<String>,
    /// Only these declared journeys; all if empty.
    pub names: Vec<String>,
    /// Another time limit than declared.
    pub within_days: Option<u32>,
    /// Attributes of customers to break down by.
    pub by: Vec<String>,
    /// Periods to break down by.
    pub period: Option<Period>,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the project, the data, or of steps nobody knows.
pub fn journey(dir: &Path, asked: JourneyRequest, progress: &Progress) -> Result<Journeys, Failure> {
    let ingested = ingest::ingest(dir, asked.as_of, progress)?;
    let mut journeys: Vec<(String, Journey)> = if asked.steps.is_empty() {
        declared(&ingested.project, &asked.names)?
    } else {
        vec![(AD_HOC.to_owned(), Journey { steps: asked.steps, within_days: 30, description: None })]
    };
    for (_, journey) in &mut journeys {
        journey.within_days = asked.within_days.unwrap_or(journey.within_days);
    }
    let request = Request { journeys, by: asked.by, period: asked.period };
    Ok(journey::compute(&ingested.project, &ingested.checked, &request, ingested.as_of, progress)?)
}

/// The declared journeys of these names; all if none is named.
fn declared(project: &Project, names: &[String]) -> Result<Vec<(String, Journey)>, Error> {
    let known = &project.journeys;
    if let Some(unknown) = names.iter().find(|name| !known.contains_key(*name)) {
        return Err(Error::UnknownJourney { journey: unknown.clone(), nearest: did_you_mean(unknown, known.keys()) });
    }
    let taken = known.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    Ok(taken.map(|(name, journey)| (name.clone(), journey.clone())).collect())
}

//! `insights`: behaviours that go with outcomes.
//!
//! 1. load the project, settle `as_of`, check the tables;
//! 2. build the history;
//! 3. hold behaviours against outcomes.

use std::path::Path;

use super::{Failure, ingest};
use crate::insight::{self, InsightTable};
use crate::progress::Progress;
use crate::time::Day;

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the project, the data, or when no outcome is known yet.
pub fn insights(dir: &Path, as_of: Option<Day>, progress: &Progress) -> Result<InsightTable, Failure> {
    let (ingested, history) = ingest::ingest_history(dir, as_of, progress)?;
    Ok(insight::compute(&ingested.project, &ingested.checked, &history.into(), ingested.as_of, progress)?)
}

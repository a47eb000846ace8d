//! What nearly every verb begins with:
//! 1. load the project,
//! 2. settle `as_of`: `--as-of`, else `[project] as_of`, else today in the project's zone,
//! 3. check the tables.

use std::path::Path;

use super::{Failure, clock};
use crate::contract::{self, Checked};
use crate::progress::Progress;
use crate::project::Project;
use crate::rollup::{self, History};
use crate::time::Day;

/// A project whose tables kept the contract.
pub struct Ingested {
    /// The project.
    pub project: Project,
    /// The date everything is seen from.
    pub as_of: Day,
    /// Its tables.
    pub checked: Checked,
}

/// Loads and checks the project in `dir`.
///
/// # Errors
/// [`Failure`] of the project file, the sources or the contract.
pub fn ingest(dir: &Path, as_of: Option<Day>, progress: &Progress) -> Result<Ingested, Failure> {
    let project = Project::load(dir)?;
    let as_of = settle(&project, as_of);
    let checked = contract::check(&project, as_of, progress)?;
    Ok(Ingested { project, as_of, checked })
}

/// The same with the history of all customers, each file read once where that is possible.
///
/// # Errors
/// [`Failure`] of the project file, the sources, the contract or the history.
pub fn ingest_history(dir: &Path, as_of: Option<Day>, progress: &Progress) -> Result<(Ingested, History), Failure> {
    let project = Project::load(dir)?;
    let as_of = settle(&project, as_of);
    let (checked, history) = rollup::ingest(&project, as_of, progress)?;
    Ok((Ingested { project, as_of, checked }, history))
}

/// The date everything is seen from.
#[must_use]
pub fn settle(project: &Project, as_of: Option<Day>) -> Day {
    as_of.or(project.project.as_of).unwrap_or_else(|| clock::today(&project.project.time_zone))
}

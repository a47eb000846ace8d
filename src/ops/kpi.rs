//! `kpi`: the descriptive KPIs, without a run.
//!
//! 1. load and check the project;
//! 2. take the scores of the run of that date, if there is one;
//! 3. compute;
//! 4. write the file, if one was asked for.

use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetReader, ParquetWriter, SerReader};

use super::Failure;
use super::ingest::ingest;
use crate::kpi::segments::Move;
use crate::kpi::{self, Error, Heading, KpiTable, PeriodKind, Request};
use crate::progress::Progress;
use crate::time::Day;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct KpiRequest {
    /// The date everything is seen from; the project's or today if left out.
    pub as_of: Option<Day>,
    /// Length of the periods.
    pub period: PeriodKind,
    /// First day wanted.
    pub from: Option<Day>,
    /// First day no longer wanted.
    pub to: Option<Day>,
    /// Names of KPIs; all if empty.
    pub kpis: Vec<String>,
    /// Names of segments; the project's if empty.
    pub segments: Vec<String>,
    /// Windows of so many days instead of whole periods.
    pub rolling_days: Option<u32>,
}

/// What was computed.
#[derive(Debug)]
pub struct Kpis {
    /// What stands above a text of it.
    pub heading: Heading,
    /// The rows.
    pub table: KpiTable,
}

impl Kpis {
    /// Writes the rows as `kpis.parquet` holds them.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_parquet(&self, path: &Path) -> Result<(), Failure> {
        write_frame(self.table.frame().map_err(|source| Error::Table { table: "kpis", source })?, path)
    }
}

/// Writes a frame as a parquet file of its own.
///
/// # Errors
/// If the file cannot be written.
pub fn write_frame(mut frame: DataFrame, path: &Path) -> Result<(), Failure> {
    let failed = |source: std::io::Error| Error::Write { path: path.to_owned(), source };
    let file = std::fs::File::create(path).map_err(failed)?;
    let written = ParquetWriter::new(file).finish(&mut frame);
    written.map_err(|source| failed(std::io::Error::other(source)))?;
    Ok(())
}

/// Who moved between segments from one day to the as-of date, which is handed back.
///
/// # Errors
/// [`Failure`] of the project, the data or the KPIs.
pub fn migration(
    project_dir: &Path,
    from: Day,
    as_of: Option<Day>,
    progress: &Progress,
) -> Result<(Vec<Move>, Day), Failure> {
    let ingested = ingest(project_dir, as_of, progress)?;
    let moves = kpi::migration(&ingested.project, &ingested.checked, from, ingested.as_of, progress)?;
    Ok((moves, ingested.as_of))
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of the project, the data or the KPIs.
pub fn kpi(project_dir: &Path, request: KpiRequest, progress: &Progress) -> Result<Kpis, Failure> {
    let ingested = ingest(project_dir, request.as_of, progress)?;
    let (project, as_of) = (&ingested.project, ingested.as_of);
    let scores = scores_of_run(&project.root.join("runs").join(as_of.to_string()));
    let KpiRequest { period, from, to, kpis, segments, rolling_days, .. } = request;
    let request = Request { as_of, period, from, to, kpis, segments, rolling_days };
    let table = kpi::compute(project, &ingested.checked, &request, scores.as_ref(), progress)?;
    let (name, currency) = (project.project.name.clone(), project.project.currency.clone());
    Ok(Kpis { heading: Heading { project: name, currency, as_of, period, rolling_days }, table })
}

/// The scores of a published run; without them the KPIs that need scores say so.
fn scores_of_run(run: &Path) -> Option<DataFrame> {
    let path: PathBuf = run.join("scores.parquet");
    let file = std::fs::File::open(path).ok()?;
    ParquetReader::new(file).finish().ok()
}

//! `features`: the feature frame with labels, as a file.
//! 1. Load and check the project,
//! 2. roll up the history,
//! 3. compute the features at every cutoff,
//! 4. label them with every target,
//! 5. write one table.

use std::path::Path;

use polars::prelude::{
    CsvWriter, DataFrame, DataType, IntoColumn, NamedFrom, ParquetWriter, PolarsError, SerWriter, Series,
};

use super::Failure;
use super::ingest::{ingest_history, settle};
use crate::error::{Exit, Explain};
use crate::feature::{self, Plan};
use crate::label::{LabelBlock, label};
use crate::observe::known_until;
use crate::progress::Progress;
use crate::project::Project;
use crate::publish;
use crate::time::Day;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Rows: customers times cutoffs.
    pub rows: usize,
    /// Features.
    pub features: usize,
    /// Shipped features that the tables do not allow, with what they lack.
    pub absent: usize,
}

/// Writes the features and labels of every customer at every cutoff. Labels are known as far as the project's data are.
///
/// # Errors
/// [`Failure`] of any stage, or if the file cannot be written.
pub fn features(dir: &Path, cutoffs: &[Day], out: &Path, progress: &Progress) -> Result<Written, Failure> {
    let format = Format::of(out)?;
    let newest = cutoffs.iter().copied().max();
    let settled = settle(&Project::load(dir)?, None);
    let as_of = newest.map_or(settled, |newest| newest.max(settled));
    let (ingested, history) = ingest_history(dir, Some(as_of), progress)?;
    let (project, checked) = (&ingested.project, &ingested.checked);
    let plan = Plan::new(project, checked)?;
    let cutoffs = if cutoffs.is_empty() { &[ingested.as_of][..] } else { cutoffs };
    let frame = feature::compute(&plan, &history, cutoffs, progress)?;
    let mut table = frame.table().map_err(feature::Error::Frame)?;
    for target in project.targets.keys() {
        let known = known_until(project, target, checked, as_of);
        let labels = label(project, target, &history, &frame, known)?;
        add_labels(&mut table, target, &labels.blocks).map_err(feature::Error::Frame)?;
    }
    write_as(&mut table, out, format)?;
    Ok(Written { rows: table.height(), features: frame.features.len(), absent: plan.absent().len() })
}

fn add_labels(table: &mut DataFrame, target: &str, blocks: &[LabelBlock]) -> Result<(), PolarsError> {
    let outcomes = blocks.iter().flat_map(|block| &block.outcome);
    let outcomes: Vec<Option<u32>> = outcomes.map(|outcome| outcome.known().map(u32::from)).collect();
    let outcomes = Series::new(format!("label_{target}").into(), outcomes).cast(&DataType::Int8)?;
    let eligible: Vec<bool> = blocks.iter().flat_map(|block| &block.eligible).copied().collect();
    table.with_column(outcomes.into_column())?;
    table.with_column(Series::new(format!("eligible_{target}").into(), eligible).into_column())?;
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Parquet,
}

impl Format {
    fn of(out: &Path) -> Result<Self, FeaturesError> {
        match out.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("parquet") => Ok(Self::Parquet),
            _ => Err(FeaturesError::Extension(out.display().to_string())),
        }
    }
}

/// Writes a table as its file's extension says.
pub(super) fn write(table: &mut DataFrame, out: &Path) -> Result<(), Failure> {
    write_as(table, out, Format::of(out)?)
}

fn write_as(table: &mut DataFrame, out: &Path, format: Format) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    match format {
        Format::Csv => CsvWriter::new(&mut bytes).finish(table),
        Format::Parquet => ParquetWriter::new(&mut bytes).finish(table).map(|_| ()),
    }
    .map_err(feature::Error::Frame)?;
    Ok(publish::write_file(out, &bytes)?)
}

/// What can be wrong with how features are asked for.
#[derive(Debug, thiserror::Error)]
pub enum FeaturesError {
    /// The file's extension names no format.
    #[error("`{0}` does not say how features are to be written")]
    Extension(String),
}

impl Explain for FeaturesError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn expectation(&self) -> Option<String> {
        Some("a name that ends in .parquet or .csv".to_owned())
    }
}

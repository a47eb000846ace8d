//! A flat file of an experiment: opened as a stream of batches, its columns as numbers and codes.

mod codes;
mod numbers;

use std::path::Path;

use polars::prelude::*;

pub use codes::{Interner, NO_CODE, sorted_positions};
pub use numbers::{NumberColumn, numbers};

use super::{Error, Experiment};

/// Texts of a csv that mean "no value", beside the empty one.
const NO_VALUE: [&str; 6] = ["NA", "NaN", "nan", "null", "NULL", "N/A"];

/// Opens csv, tsv or parquet, plain, gz or zst, by the name's endings.
///
/// csv types are taken from the whole file, never from its first rows.
///
/// # Errors
/// When the file is missing or no table.
pub fn open(path: &Path) -> Result<LazyFrame, Error> {
    std::fs::metadata(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    let not_a_table = |source| Error::NotATable { path: path.to_owned(), source };
    let place = PlRefPath::try_from_path(path).map_err(not_a_table)?;
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let plain = Path::new(name.trim_end_matches(".gz").trim_end_matches(".zst"));
    let is = |extension: &str| plain.extension().is_some_and(|found| found == extension);
    if is("parquet") || is("pq") {
        return LazyFrame::scan_parquet(place, ScanArgsParquet::default()).map_err(not_a_table);
    }
    let separator = if is("tsv") { b'\t' } else { b',' };
    let missing = NO_VALUE.iter().map(|text| PlSmallStr::from_static(text)).collect();
    LazyCsvReader::new(place)
        .with_separator(separator)
        .with_infer_schema_length(None)
        .with_null_values(Some(NullValues::AllColumns(missing)))
        .finish()
        .map_err(not_a_table)
}

/// The columns an experiment needs, checked to be there, with the schema of the file.
///
/// # Errors
/// [`Error::MissingColumn`] with the columns that are there.
pub fn project(frame: LazyFrame, experiment: &Experiment) -> Result<(LazyFrame, SchemaRef), Error> {
    let mut frame = frame;
    let not_a_table = |source| Error::NotATable { path: experiment.file.clone(), source };
    let schema = frame.collect_schema().map_err(not_a_table)?;
    let columns = experiment.columns();
    if let Some(column) = columns.iter().find(|column| !schema.contains(column)) {
        return Err(Error::MissingColumn {
            column: (*column).to_owned(),
            place: experiment.file.display().to_string(),
            present: schema.iter_names().map(ToString::to_string).collect(),
        });
    }
    let frame = frame.select(columns.iter().map(|column| col(*column)).collect::<Vec<_>>());
    Ok((frame, schema))
}

/// Calls `consume` with batch after batch, in no promised order, until the end or its first error.
///
/// # Errors
/// What `consume` returned, or that the file broke off.
pub fn stream(
    frame: LazyFrame,
    path: &Path,
    consume: impl FnMut(&DataFrame) -> Result<(), Error> + Send + 'static,
) -> Result<(), Error> {
    use std::sync::{Arc, Mutex, PoisonError};

    let failure: Arc<Mutex<Option<Error>>> = Arc::default();
    let report = Arc::clone(&failure);
    let consume = Mutex::new(consume);
    let callback = PlanCallback::new(move |batch: DataFrame| {
        let mut consume = consume.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = consume(&batch);
        let failed = outcome.is_err();
        if let Err(error) = outcome {
            *report.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
        Ok(failed)
    });
    let run = frame.sink_batches(callback, false, None).and_then(|plan| plan.collect_with_engine(Engine::Streaming));
    if let Some(error) = failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error);
    }
    run.map(drop).map_err(|source| Error::NotATable { path: path.to_owned(), source })
}

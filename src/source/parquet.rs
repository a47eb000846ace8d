//! Parquet: a lazy scan, nothing decoded before it is asked for.

use std::path::Path;

use polars::prelude::{LazyFrame, PlRefPath, PlSmallStr, RowIndex, ScanArgsParquet};

use super::Error;
use super::raw::LINE;

/// A scan of the file; with row numbers from 1 in [`LINE`] if `numbered`.
pub(super) fn scan(path: &Path, shown: &str, numbered: bool) -> Result<LazyFrame, Error> {
    let unreadable = |error: polars::error::PolarsError| Error::Unreadable {
        path: shown.to_owned(),
        reason: first_line(&error.to_string()),
    };
    let row_index = numbered.then(|| RowIndex { name: PlSmallStr::from_static(LINE), offset: 1 });
    let arguments = ScanArgsParquet { row_index, glob: false, ..ScanArgsParquet::default() };
    let path = PlRefPath::try_from_path(path).map_err(unreadable)?;
    LazyFrame::scan_parquet(path, arguments).map_err(unreadable)
}

/// polars appends its query plan to messages; people need the first line.
pub(super) fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}

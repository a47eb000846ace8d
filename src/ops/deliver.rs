//! Results that leave for a file or for standard output, as text or as Parquet.

use std::path::Path;

use polars::prelude::{DataFrame, ParquetWriter};

use super::Failure;
use super::failure::frame;
use crate::publish;

/// A frame as the bytes of a Parquet file.
///
/// # Errors
/// Never in practice: writing to memory does not fail.
pub fn parquet_bytes(rows: &mut DataFrame) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(rows).map_err(frame)?;
    Ok(bytes)
}

/// Writes a result to a file: whole or not at all.
///
/// # Errors
/// [`Failure`] if it cannot be written.
pub fn write_result(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    Ok(publish::write_file(path, bytes)?)
}

//! Why a list could not be written or a campaign could not be planned, assigned or measured.

use std::path::PathBuf;

use polars::error::PolarsError;

use crate::error::{Exit, Explain};

/// Why a list could not be written or a campaign could not be planned, assigned or measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not a table of the format its name promises.
    #[error("{} is not a readable table: {source}", path.display())]
    NotATable {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: PolarsError,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The extension names no format that lists are written in.
    #[error("no writer for {}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// More rows than the format holds.
    #[error("{rows} rows do not fit into {}", path.display())]
    TooManyRows {
        /// The file.
        path: PathBuf,
        /// Rows of the list.
        rows: usize,
    },
    /// A column that must be there is missing.
    #[error("there is no column `{column}` in {place}")]
    MissingColumn {
        /// The column.
        column: String,
        /// Where it was looked for.
        place: String,
        /// Columns that are there.
        present: Vec<String>,
    },
    /// A frame operation failed.
    #[error("{0}")]
    Frame(#[from] PolarsError),
    /// A spreadsheet could not be made.
    #[error("cannot make the spreadsheet: {0}")]
    Spreadsheet(#[from] rust_xlsxwriter::XlsxError),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Unreadable { .. } | Self::NotATable { .. } | Self::MissingColumn { .. } => Exit::Input,
            Self::UnknownFormat { .. } => Exit::Usage,
            Self::Unwritable { .. } | Self::TooManyRows { .. } | Self::Spreadsheet(_) => Exit::Output,
            Self::Frame(_) => Exit::Bug,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { .. } => Some("a name that ends in .csv, .parquet or .xlsx".to_owned()),
            Self::MissingColumn { present, .. } => Some(format!("one of: {}", present.join(", "))),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::TooManyRows { .. } => Some("write .csv or .parquet instead, or fewer rows with --top".to_owned()),
            _ => None,
        }
    }
}

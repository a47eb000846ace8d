//! Why a world could not be written.

use std::path::PathBuf;

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;

/// Why a world could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder holds something already.
    #[error("the folder exists and is not empty")]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// A file could not be written.
    #[error("cannot be written: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A table could not be turned into parquet.
    #[error("cannot be written as parquet: {source}")]
    Parquet {
        /// The file.
        path: PathBuf,
        /// What polars said.
        source: polars::prelude::PolarsError,
    },
    /// The user cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Cancelled(_) => Exit::Cancelled,
            Self::Occupied { .. } | Self::Write { .. } | Self::Parquet { .. } => Exit::Output,
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Occupied { path } | Self::Write { path, .. } | Self::Parquet { path, .. } => {
                Some(path.display().to_string())
            }
            Self::Cancelled(_) => None,
        }
    }

    fn expectation(&self) -> Option<String> {
        matches!(self, Self::Occupied { .. }).then(|| "a folder that does not exist yet, or an empty one".to_owned())
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Occupied { .. } => Some("name another folder with --out, or remove this one first".to_owned()),
            Self::Cancelled(_) => Some("the folder is incomplete: it has no tidewatch.toml; remove it".to_owned()),
            Self::Write { .. } | Self::Parquet { .. } => None,
        }
    }
}

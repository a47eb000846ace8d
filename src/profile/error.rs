//! What can go wrong between tables and profiles.

use polars::prelude::PolarsError;

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::tables::TableName;

/// Why profiles could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A table could not be read.
    #[error("reading table `{table}` for the profiles failed: {cause}")]
    Read {
        /// The table.
        table: TableName,
        /// What polars says.
        cause: PolarsError,
    },
    /// The profiles could not be put into a frame.
    #[error("the table of profiles could not be made: {0}")]
    Frame(PolarsError),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } => Exit::Input,
            Self::Frame(_) => Exit::Bug,
            Self::Cancelled(_) => Exit::Cancelled,
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Read { table, .. } => Some(format!("table {table}")),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => {
                Some("did a file change while it was read? `tidewatch check` looks at all of them".into())
            }
            _ => None,
        }
    }
}

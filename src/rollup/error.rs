//! Why a history could not be rolled up.

use polars::error::PolarsError;

use crate::contract;
use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::tables::TableName;

/// Why a history could not be rolled up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The tables do not keep the contract.
    #[error(transparent)]
    Contract(#[from] contract::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] super::store::Error),
    /// Reading a table failed.
    #[error("table `{table}` cannot be read: {source}")]
    Read {
        /// The table.
        table: TableName,
        /// What polars said.
        source: PolarsError,
    },
    /// A row filter is not a valid SQL expression.
    #[error("`{expression}` is not a valid SQL expression: {source}")]
    Expression {
        /// The table it filters.
        table: TableName,
        /// The expression.
        expression: String,
        /// What polars said.
        source: PolarsError,
    },
    /// A row filter reads a column that becomes known only later.
    #[error("`{expression}` reads `{column}`, which becomes known only after its row")]
    Later {
        /// The table it filters.
        table: TableName,
        /// The expression.
        expression: String,
        /// The column.
        column: String,
    },
    /// Shipped feature declarations cannot be read.
    #[error("a shipped feature file is not valid: {0}")]
    Shipped(#[from] toml::de::Error),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Contract(error) => error.exit(),
            Self::Store(error) => error.exit(),
            Self::Cancelled(_) => Exit::Cancelled,
            Self::Read { .. } => Exit::Input,
            Self::Expression { .. } | Self::Later { .. } => Exit::Project,
            Self::Shipped(_) => Exit::Bug,
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Contract(error) => error.place(),
            Self::Store(error) => error.place(),
            Self::Read { table, .. } | Self::Expression { table, .. } | Self::Later { table, .. } => {
                Some(format!("[tables.{table}]"))
            }
            Self::Cancelled(_) | Self::Shipped(_) => None,
        }
    }

    fn excerpt(&self) -> Option<String> {
        if let Self::Contract(error) = self { error.excerpt() } else { None }
    }

    fn expectation(&self) -> Option<String> {
        if let Self::Contract(error) = self { error.expectation() } else { None }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Contract(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Later { .. } => Some(
                "use `happened`, `pending`, `is` or `is_not`, which look at the row as it was known then".to_owned(),
            ),
            Self::Expression { .. } => {
                Some("write a condition over canonical columns, such as `amount >= 0`".to_owned())
            }
            _ => None,
        }
    }
}

//! Why outcomes cannot be determined.

use crate::error::{Exit, Explain};
use crate::tables::TableName;

/// Why outcomes cannot be determined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such target.
    #[error("there is no target `{target}`")]
    Unknown {
        /// The name as asked for.
        target: String,
        /// The targets there are.
        known: Vec<String>,
    },
    /// A key that the kind of target needs is missing.
    #[error("target `{target}` needs `{key}`")]
    Missing {
        /// The target.
        target: String,
        /// The key.
        key: &'static str,
    },
    /// What shows the outcome is not mapped.
    #[error("target `{target}` needs `{column}` of `{table}`, which is not mapped")]
    Unmapped {
        /// The target.
        target: String,
        /// The table.
        table: TableName,
        /// The column.
        column: String,
    },
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        Exit::Project
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => None,
            Self::Missing { target, .. } | Self::Unmapped { target, .. } => Some(format!("[target.{target}]")),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { known, .. } if known.is_empty() => Some("declare one: `[target.NAME]`".to_owned()),
            Self::Unknown { known, .. } => Some(format!("targets of this project: {}", known.join(", "))),
            Self::Missing { .. } | Self::Unmapped { .. } => {
                Some("`tidewatch list targets` explains the kinds".to_owned())
            }
        }
    }
}

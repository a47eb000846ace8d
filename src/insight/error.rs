//! What can go wrong between declared behaviours and insights.

use polars::prelude::PolarsError;

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::tables::TableName;

/// Why insights could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A behaviour looks at a table that is not mapped.
    #[error("behaviour `{behaviour}` looks at table `{table}`, which is not mapped")]
    TableNotMapped {
        /// The behaviour.
        behaviour: String,
        /// The table it needs.
        table: TableName,
    },
    /// A behaviour looks at a column that the table does not have or map.
    #[error("behaviour `{behaviour}` needs column `{column}` of table `{table}`, which is not mapped")]
    ColumnNotMapped {
        /// The behaviour.
        behaviour: String,
        /// The table.
        table: TableName,
        /// The column.
        column: String,
    },
    /// A behaviour's row filter cannot be evaluated.
    #[error("the `where` of behaviour `{behaviour}` cannot be evaluated: {cause}")]
    Filter {
        /// The behaviour.
        behaviour: String,
        /// What polars says.
        cause: PolarsError,
    },
    /// `first = true` needs a `where`.
    #[error("behaviour `{behaviour}` looks at each customer's first row but does not say what about it")]
    FirstOfWhat {
        /// The behaviour.
        behaviour: String,
    },
    /// No outcome is known yet.
    #[error("no outcome can be measured as of this date")]
    NoOutcome,
    /// A table could not be read.
    #[error("reading table `{table}` failed: {cause}")]
    Read {
        /// The table.
        table: TableName,
        /// What polars says.
        cause: PolarsError,
    },
    /// The history could not be read.
    #[error(transparent)]
    Rollup(#[from] crate::rollup::Error),
    /// Features could not be computed.
    #[error(transparent)]
    Feature(#[from] crate::feature::Error),
    /// Labels could not be made.
    #[error(transparent)]
    Label(#[from] crate::label::Error),
    /// The insights could not be put into a frame.
    #[error("the table of insights could not be made: {0}")]
    Frame(PolarsError),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Error {
    fn behaviour(&self) -> Option<&str> {
        match self {
            Self::TableNotMapped { behaviour, .. }
            | Self::ColumnNotMapped { behaviour, .. }
            | Self::Filter { behaviour, .. }
            | Self::FirstOfWhat { behaviour } => Some(behaviour),
            _ => None,
        }
    }
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::NoOutcome => Exit::NotEnoughData,
            Self::Rollup(error) => error.exit(),
            Self::Feature(error) => error.exit(),
            Self::Label(error) => error.exit(),
            Self::Read { .. } => Exit::Input,
            Self::Frame(_) => Exit::Bug,
            Self::Cancelled(_) => Exit::Cancelled,
            _ => Exit::Project,
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Rollup(error) => error.place(),
            Self::Feature(error) => error.place(),
            Self::Label(error) => error.place(),
            _ => self.behaviour().map(|name| format!("{}, [behaviour.{name}]", crate::project::PROJECT_FILE)),
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::Rollup(error) => error.expectation(),
            Self::Feature(error) => error.expectation(),
            Self::Label(error) => error.expectation(),
            Self::Filter { .. } => {
                Some("an SQL expression over the table's canonical columns that is true or false".into())
            }
            Self::FirstOfWhat { .. } => Some("where = \"...\", what must hold of the first row".into()),
            Self::NoOutcome => Some("a target, orders or referrals whose outcome window is over".into()),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Rollup(error) => error.hint(),
            Self::Feature(error) => error.hint(),
            Self::Label(error) => error.hint(),
            Self::TableNotMapped { table, .. } => {
                Some(format!("map it under [tables.{table}], or remove the behaviour"))
            }
            Self::ColumnNotMapped { .. } => Some("map the column, or see `tidewatch list tables`".into()),
            Self::NoOutcome => Some("use a later --as-of, or a target with a shorter horizon_days".into()),
            _ => None,
        }
    }
}

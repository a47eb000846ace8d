//! Why the tables cannot be relied on.

use super::Finding;
use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::source;
use crate::tables::TableName;

/// Why the tables cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A source could not be opened.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The data break the contract.
    #[error("{}", .0.finding)]
    Broken(Box<Finding>, usize),
    /// The project file names a column that `customers` has not.
    #[error("{key} names `{name}`, and `customers` has no such column")]
    NoAttribute {
        /// Where the project file names it.
        key: String,
        /// The name.
        name: String,
        /// The attributes there are.
        present: Vec<String>,
    },
    /// Reading failed half-way.
    #[error("table `{table}` cannot be read: {reason}")]
    Unreadable {
        /// The table.
        table: TableName,
        /// What the reader says.
        reason: String,
    },
    /// The user cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Error {
    /// Reading a table failed half-way.
    pub(super) fn unreadable(table: TableName, error: &polars::error::PolarsError) -> Self {
        Self::Unreadable { table, reason: super::check::first_line(error) }
    }
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Source(error) => error.exit(),
            Self::Broken(..) => Exit::Contract,
            Self::NoAttribute { .. } => Exit::Project,
            Self::Unreadable { .. } => Exit::Input,
            Self::Cancelled(error) => error.exit(),
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.place(),
            Self::Broken(finding, _) => finding.place(),
            _ => None,
        }
    }

    fn excerpt(&self) -> Option<String> {
        match self {
            Self::Broken(finding, _) if !finding.examples.is_empty() => {
                Some(format!("  {}", finding.examples.join("\n  ")))
            }
            _ => None,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.expectation(),
            Self::Broken(finding, _) => finding.expectation.clone(),
            Self::NoAttribute { present, .. } => Some(format!("one of `{}`", present.join("`, `"))),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Broken(finding, 0) => finding.hint.clone(),
            Self::Broken(finding, more) => {
                let hint = finding.hint.clone().map_or_else(String::new, |hint| format!("{hint}; "));
                let others = if *more == 1 { "1 more error".to_owned() } else { format!("{more} more errors") };
                Some(format!("{hint}{others}: see `tidewatch check`"))
            }
            Self::NoAttribute { name, present, .. } => crate::project::did_you_mean(name, present),
            Self::Unreadable { .. } => Some("check that the files are complete".to_owned()),
            Self::Cancelled(error) => error.hint(),
        }
    }
}

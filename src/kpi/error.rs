//! Why KPIs could not be computed.

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;

/// Why KPIs could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No KPI of that name.
    #[error("there is no KPI `{name}`")]
    UnknownKpi {
        /// The name asked for.
        name: String,
        /// The nearest one.
        nearest: Option<&'static str>,
    },
    /// No segment of that name.
    #[error("there is no segment `{name}`")]
    UnknownSegment {
        /// The name asked for.
        name: String,
        /// Segments that exist.
        known: Vec<String>,
    },
    /// A KPI that single customers contribute nothing to.
    #[error("`{name}` cannot be told customer by customer: {why}")]
    NotPerCustomer {
        /// The KPI.
        name: &'static str,
        /// Why not.
        why: String,
    },
    /// `--from` is not before `--to`, or both lie after `as_of`.
    #[error("no period lies in the span asked for")]
    EmptySpan,
    /// A table could be checked but not read again.
    #[error("table `{table}` cannot be read: {source}")]
    Table {
        /// The table.
        table: &'static str,
        /// What polars says.
        source: polars::error::PolarsError,
    },
    /// Parquet is not for terminals.
    #[error("parquet needs a file to be written to")]
    ParquetWithoutFile,
    /// A result could not be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The user cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::UnknownKpi { .. }
            | Self::UnknownSegment { .. }
            | Self::NotPerCustomer { .. }
            | Self::EmptySpan
            | Self::ParquetWithoutFile => Exit::Usage,
            Self::Write { .. } => Exit::Output,
            Self::Table { .. } => Exit::Input,
            Self::Cancelled(error) => error.exit(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKpi { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownKpi { nearest: None, .. } => Some("`tidewatch list kpis` shows all of them".to_owned()),
            Self::UnknownSegment { known, .. } if known.is_empty() => {
                Some("declare attributes of `customers` under `[project] segments`".to_owned())
            }
            Self::UnknownSegment { known, .. } => {
                Some(format!("known segments: {}; a pair is written a+b", known.join(", ")))
            }
            Self::NotPerCustomer { .. } => {
                Some("sums, shares, means and ratios can be: aov, orders, nps ...".to_owned())
            }
            Self::EmptySpan => Some("`--from` must lie before `--to` and before the as-of date".to_owned()),
            Self::Table { .. } => Some("has the file changed while the program ran? try again".to_owned()),
            Self::ParquetWithoutFile => Some("add `--out FILE`".to_owned()),
            Self::Write { .. } => Some("does the folder exist, and may you write there?".to_owned()),
            Self::Cancelled(error) => error.hint(),
        }
    }
}

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
    /// `--outcome` was not understood.
    #[error("`{0}` is no outcome")]
    Outcome(String),
    /// `--expected-weights` was not understood.
    #[error("`{0}` are no weights")]
    Weights(String),
    /// A list of weights does not fit the arms.
    #[error("{weights} weights for {} arms", arms.len())]
    WeightCount {
        /// Weights given.
        weights: usize,
        /// Arms found.
        arms: Vec<String>,
    },
    /// The control is none of the arms.
    #[error("no row of `{column}` is `{control}`")]
    NoControl {
        /// The control asked for.
        control: String,
        /// The arm column.
        column: String,
        /// Arms found.
        arms: Vec<String>,
    },
    /// There is nothing to compare with.
    #[error("there is one arm only: {}", arms.join(", "))]
    OneArm {
        /// Arms found.
        arms: Vec<String>,
    },
    /// No row names an arm.
    #[error("no row names an arm")]
    NoRows,
    /// More outcomes or segments than one pass counts.
    #[error("more than 30 outcomes or 6 segments")]
    TooManyColumns,
    /// A grouping column has too many levels.
    #[error("`{column}` has more than {most} levels")]
    TooManyLevels {
        /// The column.
        column: String,
        /// Levels allowed.
        most: usize,
    },
    /// A text where a number belongs.
    #[error("`{text}` in `{column}` is no number")]
    NotANumber {
        /// The column.
        column: String,
        /// The text.
        text: String,
    },
    /// A binary outcome with another value.
    #[error("{value} in the binary outcome `{column}`")]
    NotBinary {
        /// The column.
        column: String,
        /// The value.
        value: f64,
    },
    /// A method that needs all rows at once does not have the memory.
    #[error("{rows} rows do not fit into memory")]
    DoesNotFit {
        /// Rows.
        rows: u64,
    },
    /// Sums left the range of the exact format.
    #[error("values are too large to be summed exactly")]
    TooLarge,
    /// The trust gate refused; the finding lists its reasons.
    #[error("the campaign cannot be trusted: {}", reasons.join("; "))]
    Untrusted {
        /// Details of the checks that refused.
        reasons: Vec<String>,
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
            Self::Unreadable { .. }
            | Self::NotATable { .. }
            | Self::MissingColumn { .. }
            | Self::NotANumber { .. }
            | Self::NotBinary { .. }
            | Self::TooLarge
            | Self::DoesNotFit { .. } => Exit::Input,
            Self::UnknownFormat { .. }
            | Self::Outcome(_)
            | Self::Weights(_)
            | Self::WeightCount { .. }
            | Self::NoControl { .. }
            | Self::TooManyColumns
            | Self::TooManyLevels { .. } => Exit::Usage,
            Self::OneArm { .. } | Self::NoRows => Exit::NotEnoughData,
            Self::Untrusted { .. } => Exit::NoModel,
            Self::Unwritable { .. } | Self::TooManyRows { .. } | Self::Spreadsheet(_) => Exit::Output,
            Self::Frame(_) => Exit::Bug,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { .. } => Some("a name that ends in .csv, .parquet or .xlsx".to_owned()),
            Self::MissingColumn { present, .. } => Some(format!("one of: {}", present.join(", "))),
            Self::Outcome(_) => Some("COLUMN:binary, COLUMN:money or COLUMN:count".to_owned()),
            Self::Weights(_) => Some("ARM=WEIGHT,ARM=WEIGHT or a list such as 1,1,1, none negative".to_owned()),
            Self::WeightCount { arms, .. } => Some(format!("one weight for each of: {}", arms.join(", "))),
            Self::NoControl { arms, .. } => Some(format!("one of: {}", arms.join(", "))),
            Self::NotBinary { .. } => Some("0, 1, true, false, yes, no or an empty cell".to_owned()),
            Self::OneArm { .. } => Some("a control and at least one other arm".to_owned()),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::TooManyRows { .. } => Some("write .csv or .parquet instead, or fewer rows with --top".to_owned()),
            Self::NotBinary { column, .. } => {
                Some(format!("--outcome {column}:count or {column}:money takes any number"))
            }
            Self::TooManyLevels { column, .. } => Some(format!("group `{column}` into fewer levels first")),
            Self::DoesNotFit { .. } => Some("measure a random sample of the rows, or fewer covariates".to_owned()),
            Self::TooLarge => Some("express money in a larger unit".to_owned()),
            Self::Untrusted { .. } => Some("trust.json lists every check; no effect is shown".to_owned()),
            _ => None,
        }
    }
}

//! Why a list could not be written or a campaign could not be planned, assigned or measured.

use std::path::PathBuf;

use polars::error::PolarsError;

use crate::error::{Exit, Explain};
use crate::tables::TableName;
use crate::time::Day;

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
    /// A project without a target has no scores to list.
    #[error("the project declares no target")]
    NoTarget,
    /// A table that is not mapped.
    #[error("the project maps no table `{table}`, or not its customers")]
    NoTable {
        /// The table.
        table: TableName,
    },
    /// Nobody is left to assign.
    #[error("nobody is eligible; {busy} customers are in campaigns still live")]
    NobodyEligible {
        /// Customers of live campaigns.
        busy: usize,
    },
    /// The campaign exists.
    #[error("campaign `{name}` is assigned already")]
    AlreadyAssigned {
        /// The campaign.
        name: String,
        /// Its folder.
        path: PathBuf,
    },
    /// A name that cannot be a folder.
    #[error("`{name}` cannot name a campaign")]
    BadName {
        /// The name.
        name: String,
    },
    /// There is no campaign of that name.
    #[error("there is no campaign `{name}`")]
    NoCampaign {
        /// The name asked for.
        name: String,
        /// Campaigns there are.
        known: Vec<String>,
    },
    /// A campaign is not what was frozen.
    #[error("campaign `{name}` was changed after it was frozen: {what}")]
    Tampered {
        /// The campaign.
        name: String,
        /// What differs.
        what: String,
    },
    /// A manifest of another version.
    #[error("the manifest has format {found}")]
    ManifestFormat {
        /// Its format.
        found: u32,
        /// The one this program reads.
        readable: u32,
    },
    /// A question that has no plan.
    #[error("nothing can be planned from these numbers")]
    Plan,
    /// `--arm` was not understood, or the arms make no comparison.
    #[error("`{0}` are no arms")]
    Arms(String),
    /// No outcome of a campaign is known yet.
    #[error("no outcome is known yet: the window ends on {until}")]
    NotYet {
        /// First day on which outcomes are known.
        until: Day,
    },
    /// `uplift.json` holds no model that fits.
    #[error("{} holds no uplift model for scores", path.display())]
    NoUplift {
        /// The file.
        path: PathBuf,
    },
    /// A ratio outcome without a lot.
    #[error("`{outcome}` is a ratio, and the design is observational")]
    RatioWithoutLot {
        /// The outcome.
        outcome: String,
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
            | Self::BadName { .. }
            | Self::NoCampaign { .. }
            | Self::Plan
            | Self::Arms(_)
            | Self::TooManyColumns
            | Self::RatioWithoutLot { .. }
            | Self::TooManyLevels { .. } => Exit::Usage,
            Self::NobodyEligible { .. } | Self::OneArm { .. } | Self::NoRows | Self::NotYet { .. } => {
                Exit::NotEnoughData
            }
            Self::NoTarget | Self::NoTable { .. } => Exit::Project,
            Self::ManifestFormat { .. } => Exit::Incompatible,
            Self::Untrusted { .. } | Self::Tampered { .. } | Self::NoUplift { .. } => Exit::NoModel,
            Self::AlreadyAssigned { .. }
            | Self::Unwritable { .. }
            | Self::TooManyRows { .. }
            | Self::Spreadsheet(_) => Exit::Output,
            Self::Frame(_) => Exit::Bug,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { .. } => Some("a name that ends in .csv, .parquet or .xlsx".to_owned()),
            Self::MissingColumn { present, .. } => Some(format!("one of: {}", present.join(", "))),
            Self::Outcome(_) => Some("COLUMN:binary, COLUMN:money, COLUMN:count or ABOVE/BELOW:ratio".to_owned()),
            Self::Weights(_) => Some("ARM=WEIGHT,ARM=WEIGHT or a list such as 1,1,1, none negative".to_owned()),
            Self::WeightCount { arms, .. } => Some(format!("one weight for each of: {}", arms.join(", "))),
            Self::NoControl { arms, .. } => Some(format!("one of: {}", arms.join(", "))),
            Self::NotANumber { .. } => Some(
                "numbers with a decimal point, true, false, yes or no; an empty cell or NA where there is none"
                    .to_owned(),
            ),
            Self::NotBinary { .. } => Some("0, 1, true, false, yes, no or an empty cell".to_owned()),
            Self::NoCampaign { known, .. } if !known.is_empty() => Some(format!("one of: {}", known.join(", "))),
            Self::ManifestFormat { readable, .. } => Some(format!("format {readable}")),
            Self::BadName { .. } => Some("letters, digits, space, `_`, `-`, `.`; not `.` first".to_owned()),
            Self::Arms(_) => Some("at least two of NAME=WEIGHT, names differing, one of them the control".to_owned()),
            Self::Plan => {
                Some("rates, level and power between 0 and 1, two different rates, a positive ratio".to_owned())
            }
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
            Self::NotANumber { column, .. } => {
                Some(format!("take currency signs and thousands separators out of `{column}`, or empty those cells"))
            }
            Self::NoRows => Some("is the file empty, or the column of the arm?".to_owned()),
            Self::NoControl { .. } => Some("--control names the arm that was left alone".to_owned()),
            Self::TooManyLevels { column, .. } => Some(format!("group `{column}` into fewer levels first")),
            Self::DoesNotFit { .. } => Some("measure a random sample of the rows, or fewer covariates".to_owned()),
            Self::RatioWithoutLot { .. } => {
                Some("give its parts as outcomes of their own: --outcome ABOVE:money --outcome BELOW:count".to_owned())
            }
            Self::TooLarge => Some("express money in a larger unit".to_owned()),
            Self::AlreadyAssigned { .. } => Some("a campaign is frozen once: choose another name".to_owned()),
            Self::Tampered { .. } => Some("restore campaigns/ from before the change; no effect is shown".to_owned()),
            Self::NoUplift { .. } => {
                Some("`campaign evaluate --name` writes one when it is randomised and large enough".to_owned())
            }
            Self::Untrusted { .. } => Some("trust.json lists every check; no effect is shown".to_owned()),
            _ => None,
        }
    }
}

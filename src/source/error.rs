//! Why a source could not be opened.

use std::path::PathBuf;

use crate::error::{Exit, Explain};
use crate::tables::TableName;

/// Why a source could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No file matches.
    #[error("table `{table}`: no file matches `{pattern}`")]
    NoFile {
        /// The table.
        table: TableName,
        /// The path or glob of the project file.
        pattern: String,
        /// The same, absolute.
        path: PathBuf,
    },
    /// Not a valid glob.
    #[error("table `{table}`: `{pattern}` is not a valid glob")]
    BadGlob {
        /// The table.
        table: TableName,
        /// The glob.
        pattern: String,
    },
    /// The file is there but cannot be read.
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system or the decoder says.
        reason: String,
    },
    /// Neither the extension nor `format` tells the format.
    #[error("`{path}`: cannot tell the format from the extension")]
    UnknownFormat {
        /// The file.
        path: String,
    },
    /// The file has no content at all.
    #[error("`{path}` is empty")]
    Empty {
        /// The file.
        path: String,
    },
    /// Two columns of a file share a name.
    #[error("`{path}` has two columns named `{column}`")]
    DuplicateColumn {
        /// The file.
        path: String,
        /// The name.
        column: String,
    },
    /// The key of a join is not distinct: rows would multiply.
    #[error("`{path}` cannot be joined by `{key}`: {repeated} of its rows repeat a key")]
    RepeatedKey {
        /// The joined file.
        path: String,
        /// The key.
        key: String,
        /// How many rows are too many.
        repeated: usize,
    },
    /// A mapped column is not in the file.
    #[error("`{path}` has no column `{missing}`, which `{table}.{column}` is mapped to")]
    MissingColumn {
        /// The file.
        path: String,
        /// The table.
        table: TableName,
        /// The canonical column.
        column: String,
        /// The column that is not there.
        missing: String,
        /// What the file has.
        present: Vec<String>,
    },
    /// A required column is neither mapped nor present under its own name.
    #[error("table `{table}` needs a column `{column}`, and nothing in `{path}` is mapped to it")]
    Unmapped {
        /// The file.
        path: String,
        /// The table.
        table: TableName,
        /// The canonical column.
        column: &'static str,
        /// What the file has.
        present: Vec<String>,
    },
    /// An expression does not fit the file's columns.
    #[error("the expression `{sql}` for `{table}.{column}` does not work on `{path}`: {reason}")]
    Expression {
        /// The file.
        path: String,
        /// The table.
        table: TableName,
        /// The canonical column.
        column: String,
        /// What the project file says.
        sql: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A column has a type from which the canonical type cannot be made.
    #[error("`{path}`: column for `{table}.{column}` has the type {found}")]
    WrongType {
        /// The file.
        path: String,
        /// The table.
        table: TableName,
        /// The canonical column.
        column: String,
        /// The type of the file's column.
        found: String,
        /// The canonical type.
        wanted: &'static str,
    },
    /// Not a format of times.
    #[error("table `{table}`: `{format}` is not a time format")]
    TimeFormat {
        /// The table.
        table: TableName,
        /// What the project file says.
        format: String,
    },
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::NoFile { .. } | Self::Unreadable { .. } | Self::Empty { .. } => Exit::Input,
            Self::BadGlob { .. }
            | Self::UnknownFormat { .. }
            | Self::Unmapped { .. }
            | Self::Expression { .. }
            | Self::TimeFormat { .. } => Exit::Project,
            Self::RepeatedKey { .. }
            | Self::DuplicateColumn { .. }
            | Self::MissingColumn { .. }
            | Self::WrongType { .. } => Exit::Contract,
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::NoFile { path, .. } => Some(path.display().to_string()),
            _ => None,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::MissingColumn { present, .. } | Self::Unmapped { present, .. } => {
                Some(format!("one of the file's columns: `{}`", present.join("`, `")))
            }
            Self::WrongType { wanted, .. } => Some((*wanted).to_owned()),
            Self::UnknownFormat { .. } => {
                Some(".csv, .tsv, .txt, .ndjson, .jsonl or .parquet, also with .gz or .zst".to_owned())
            }
            Self::TimeFormat { .. } => {
                Some("a strftime pattern, \"iso\", \"unix_s\", \"unix_ms\" or \"unix_us\"".to_owned())
            }
            Self::Empty { .. } => Some("at least a header line".to_owned()),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoFile { .. } => Some("paths in tidewatch.toml are relative to the folder it lies in".to_owned()),
            Self::UnknownFormat { .. } => Some("say `format = \"csv\"` (or another) in the table's block".to_owned()),
            Self::MissingColumn { missing, present, .. } => crate::project::did_you_mean(missing, present)
                .or_else(|| Some("a column with spaces inside an expression is written in double quotes".to_owned())),
            Self::Unmapped { column, .. } => Some(format!("say `columns = {{ {column} = \"...\" }}`")),
            Self::Unreadable { .. } => Some("check that the file is complete and that you may read it".to_owned()),
            Self::DuplicateColumn { .. } => Some(
                "rename one of them, or read without names: `header = false` and `column_1`, `column_2`, ..."
                    .to_owned(),
            ),
            Self::Expression { .. } => Some("`tidewatch list tables` shows what each column must be".to_owned()),
            _ => None,
        }
    }
}

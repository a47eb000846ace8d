//! One thing the check found, for people and for machines.

use serde::Serialize;

use crate::tables::TableName;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The data cannot be used as they are.
    Error,
    /// Usable, but someone should look.
    Warning,
    /// What would make more of the data.
    Recommendation,
}

/// One thing the check found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name of the check, such as `future_rows`.
    pub check: &'static str,
    /// The table it is about.
    pub table: Option<TableName>,
    /// The column it is about.
    pub column: Option<String>,
    /// Rows concerned.
    pub count: u64,
    /// Up to three examples: `file:line: value`.
    pub examples: Vec<String>,
    /// What was found, one sentence.
    pub finding: String,
    /// What was expected instead.
    pub expectation: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
}

impl Finding {
    /// The table, and the column where there is one.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let table = self.table?;
        Some(match &self.column {
            Some(column) => format!("{table}.{column}"),
            None => table.to_string(),
        })
    }
}

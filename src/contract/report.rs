//! The usability report of `check`: what is in the tables, and what a person should know before trusting them.
//! Slower than the check itself: it counts duplicates, compares rows with the customer's life, looks for ids.

mod ids;
mod life;
mod table;

use serde::Serialize;

pub use table::TableReport;

use super::{Checked, Error, Finding, Severity};
use crate::project::Project;
use crate::tables::TableName;
use crate::time::Day;

/// What `check` tells.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The project's name.
    pub project: String,
    /// The date everything is seen from.
    pub as_of: Day,
    /// One entry per mapped table.
    pub tables: Vec<TableReport>,
    /// Errors first, then warnings, then recommendations.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Looks at the tables closely.
    ///
    /// # Errors
    /// [`Error::Unreadable`] or a source that has vanished meanwhile.
    pub fn new(project: &Project, checked: &Checked, as_of: Day) -> Result<Self, Error> {
        let mut findings = checked.findings.clone();
        let mut tables = Vec::new();
        for table in checked.tables.values() {
            let report = table::report(table, as_of).map_err(|error| Error::unreadable(table.name, &error))?;
            findings.extend(report.findings());
            tables.push(report);
        }
        findings.extend(life::findings(checked)?);
        findings.extend(ids::findings(project, checked)?);
        findings.sort_by_key(|finding| finding.severity);
        Ok(Self { project: project.project.name.clone(), as_of, tables, findings })
    }

    /// Whether anything is of severity Error.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// A finding with a count.
fn counted(table: TableName, severity: Severity, check: &'static str, count: u64, finding: String) -> Finding {
    Finding {
        severity,
        check,
        table: Some(table),
        column: None,
        count,
        examples: Vec::new(),
        finding,
        expectation: None,
        hint: None,
    }
}

/// "12 rows (3.4 %)".
fn share(count: u64, rows: u64) -> String {
    let percent = 100.0 * count as f64 / rows.max(1) as f64;
    let noun = if count == 1 { "row" } else { "rows" };
    format!("{count} {noun} ({percent:.1} %)")
}

//! `check`: whether the data are what the engine may rely on, and what to know before trusting them.

use std::fmt::Write as _;

use clap::Args;

use super::{Format, Session};
use crate::contract::{Finding, Report, Severity, TableReport};
use crate::ops::{self, Failure};
use crate::report::{Align, Cell, Table};
use crate::time::Day;

/// Check the data contract and report how usable the data are
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch check --project data/demo
  tidewatch check --as-of 2025-06-01 --format json
Errors end with exit code 5 and what to mend. Rows set aside (`on_bad_rows = \"quarantine\"`) are written to quarantine/.")]
pub struct Arguments {
    /// See the data from this date (default: `[project] as_of`, else today)
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
}

impl Arguments {
    /// Checks and prints the report.
    ///
    /// # Errors
    /// As [`ops::check`], and if the report holds errors.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let report = ops::check(&session.project_dir, self.as_of, &session.progress)?;
        session.print(&match session.format {
            Format::Json => serde_json::to_string_pretty(&report).unwrap_or_default() + "\n",
            Format::Csv => table(&report).csv(),
            Format::Markdown => table(&report).markdown(),
            _ => text(&report),
        });
        ops::refuse_broken(report)
    }
}

fn text(report: &Report) -> String {
    let mut text = format!("{} as of {}\n\n{}", report.project, report.as_of, table(report).text());
    for table in report.tables.iter().filter(|table| !table.missing.is_empty()) {
        let of = |count: u64| 100.0 * count as f64 / table.rows.max(1) as f64;
        let columns = table.missing.iter().map(|(column, count)| format!("{column} {:.1} %", of(*count)));
        let columns: Vec<String> = columns.collect();
        let _ = writeln!(text, "\nwithout a value in {}: {}", table.table, columns.join(", "));
    }
    for (severity, heading) in
        [(Severity::Error, "errors"), (Severity::Warning, "warnings"), (Severity::Recommendation, "recommendations")]
    {
        let mut findings = report.findings.iter().filter(|finding| finding.severity == severity).peekable();
        if findings.peek().is_some() {
            let _ = writeln!(text, "\n{heading}");
        }
        findings.for_each(|finding| write_finding(&mut text, finding));
    }
    if !report.is_broken() {
        text.push_str("\nThe data keep the contract.\n");
    }
    text
}

fn write_finding(text: &mut String, finding: &Finding) {
    let _ = writeln!(text, "  - {}", finding.finding);
    for example in &finding.examples {
        let _ = writeln!(text, "      {example}");
    }
    if let Some(expectation) = &finding.expectation {
        let _ = writeln!(text, "    expected: {expectation}");
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(text, "    hint: {hint}");
    }
}

fn table(report: &Report) -> Table {
    let mut table = Table::new(&[
        ("table", Align::Left),
        ("rows", Align::Right),
        ("customers", Align::Right),
        ("first", Align::Left),
        ("last", Align::Left),
        ("covered_until", Align::Left),
        ("duplicates", Align::Right),
        ("future", Align::Right),
        ("quarantined", Align::Right),
    ]);
    report.tables.iter().for_each(|of_table| table.row(cells(of_table)));
    table
}

fn cells(table: &TableReport) -> [Cell; 9] {
    let day = |day: Option<Day>| day.map_or_else(Cell::none, |day| Cell::from(day.to_string()));
    [
        Cell::from(table.table.as_str()),
        Cell::count(table.rows),
        table.customers.map_or_else(Cell::none, Cell::count),
        day(table.first),
        day(table.last),
        day(table.covered_until),
        Cell::count(table.duplicates),
        Cell::count(table.future),
        Cell::count(table.quarantined),
    ]
}

//! Rows set aside: what they are and why, for `<project>/quarantine/<table>.csv`.
//!
//! Format: csv with the header `file,line,reason,row`; `row` is the row as a JSON object of the file's columns, or its
//! text where it could not be divided into fields.

use polars::prelude::{DataFrame, DataType, Expr, PolarsResult, col};

use super::check::{describe, fault_text, kept};
use super::{Error, audit};
use crate::project::{OnBadRows, Project};
use crate::source::{self, LINE, Part};
use crate::tables::TableName;

/// A row that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The file as messages show it.
    pub file: String,
    /// Line (row for parquet), from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
    /// What it says.
    pub row: String,
}

/// All rows of a table that the check set aside, in the order of files and lines.
///
/// # Errors
/// [`Error`]: the files cannot be read.
pub fn quarantine(project: &Project, table: TableName) -> Result<Vec<SetAside>, Error> {
    let mut rows = Vec::new();
    for part in source::open(project, table)?.parts {
        let source = &project.sources(table)[part.source];
        if source.on_bad_rows != OnBadRows::Quarantine {
            continue;
        }
        let kept = kept(table, source, &part)?;
        let faults = part.faults.iter().map(|fault| SetAside {
            file: part.path.clone(),
            line: fault.line,
            reason: fault_text(&fault.kind),
            row: fault.text.clone(),
        });
        let mut of_part: Vec<SetAside> = faults.collect();
        of_part.extend(broken(&part, &kept).map_err(|error| Error::unreadable(table, &error))?);
        of_part.sort_by_key(|row| row.line);
        rows.extend(of_part);
    }
    Ok(rows)
}

fn broken(part: &Part, kept: &Expr) -> PolarsResult<Vec<SetAside>> {
    let rules = audit::rules(part, kept);
    let mut further: Vec<Expr> = vec![col(LINE)];
    further.extend(part.file_columns.iter().map(|name| col(name.as_str()).cast(DataType::String).alias(own(name))));
    let wide = audit::wide_numbered_with(part, further).filter(audit::any(&rules));
    let mut wanted: Vec<Expr> = vec![col(LINE).cast(DataType::UInt64)];
    wanted.extend(part.file_columns.iter().map(|name| col(own(name))));
    wanted.extend(rules.iter().enumerate().map(|(at, rule)| rule.broken.clone().alias(format!("__rule{at}"))));
    let rows = audit::collect(wide.select(wanted))?;
    (0..rows.height()).map(|row| set_aside(part, &rules, &rows, row)).collect()
}

fn own(name: &str) -> String {
    format!("__own_{name}")
}

fn set_aside(part: &Part, rules: &[audit::Rule], rows: &DataFrame, row: usize) -> PolarsResult<SetAside> {
    let mut reasons = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        if rows.column(&format!("__rule{at}"))?.bool()?.get(row) == Some(true) {
            reasons.push(format!("{}: {}", rule.column, describe(rule.kind).0));
        }
    }
    let mut fields = serde_json::Map::new();
    for name in &part.file_columns {
        let value = rows.column(&own(name))?.str()?.get(row);
        fields.insert(name.clone(), value.into());
    }
    Ok(SetAside {
        file: part.path.clone(),
        line: rows.column(LINE)?.u64()?.get(row).unwrap_or(0),
        reason: reasons.join("; "),
        row: serde_json::Value::Object(fields).to_string(),
    })
}

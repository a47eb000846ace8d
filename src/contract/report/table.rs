//! One table by itself: rows, customers, span, missing values, duplicates, future rows, returns.

use polars::prelude::{DataType, Expr, PolarsResult, col, len, lit};
use serde::Serialize;

use super::super::audit::{collect, number_at};
use super::super::{CheckedTable, Finding, Severity};
use super::{counted, share};
use crate::tables::TableName;
use crate::time::Day;

/// What one table holds.
#[derive(Debug, Clone, Serialize)]
pub struct TableReport {
    /// The table.
    pub table: TableName,
    /// Rows after quarantine and filter.
    pub rows: u64,
    /// Rows set aside.
    pub quarantined: u64,
    /// Distinct customers, where the table names them.
    pub customers: Option<u64>,
    /// First local day.
    pub first: Option<Day>,
    /// Last local day.
    pub last: Option<Day>,
    /// First day not covered.
    pub covered_until: Option<Day>,
    /// Rows without a value, by column, where there are any.
    pub missing: Vec<(String, u64)>,
    /// Rows that repeat another row in every column.
    pub duplicates: u64,
    /// Rows at or after `as_of`.
    pub future: u64,
    /// Orders with a negative amount.
    pub negative: u64,
}

pub(super) fn report(table: &CheckedTable, as_of: Day) -> PolarsResult<TableReport> {
    let schema = table.frame.clone().collect_schema()?;
    let names: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
    let days = |name: &&String| {
        name.strip_suffix("_day").is_some_and(|time| table.columns.iter().any(|column| column == time))
    };
    let named: Vec<&String> = names.iter().filter(|name| !days(name)).collect();
    let sums = collect(table.frame.clone().select(wanted(table, &named, as_of)))?;
    let number = |name: &str| number_at(&sums, name).and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    let missing = named.iter().map(|name| ((*name).clone(), number(&format!("missing_{name}"))));
    let customer = table.name.table().customer.filter(|customer| table.has(customer));
    Ok(TableReport {
        table: table.name,
        rows: table.rows,
        quarantined: table.quarantined,
        customers: customer.map(|_| number("customers")),
        first: table.span.map(|span| span.0),
        last: table.span.map(|span| span.1),
        covered_until: table.covered_until,
        missing: missing.filter(|(_, count)| *count > 0).collect(),
        duplicates: duplicates(table, &named)?,
        future: number("future"),
        negative: number("negative"),
    })
}

fn wanted(table: &CheckedTable, names: &[&String], as_of: Day) -> Vec<Expr> {
    let count = |is: Expr, name: &str| is.cast(DataType::UInt32).sum().alias(name);
    let mut wanted: Vec<Expr> = vec![len().alias("rows")];
    wanted.extend(names.iter().map(|name| count(col(name.as_str()).is_null(), &format!("missing_{name}"))));
    if let Some(customer) = table.name.table().customer.filter(|customer| table.has(customer)) {
        wanted.push(col(customer).drop_nulls().n_unique().alias("customers"));
    }
    if let Some(time) = table.name.table().time {
        let day = col(format!("{time}_day")).cast(DataType::Int32);
        wanted.push(count(day.gt_eq(lit(as_of.epoch_days())), "future"));
    }
    if table.name == TableName::Orders {
        wanted.push(count(col("amount").lt(lit(0.0)), "negative"));
    }
    wanted
}

fn duplicates(table: &CheckedTable, names: &[&String]) -> PolarsResult<u64> {
    let keys: Vec<Expr> = names.iter().map(|name| col(name.as_str())).collect();
    let groups = table.frame.clone().group_by(keys).agg([len().alias("__times")]);
    let distinct = collect(groups.select([len().alias("distinct")]))?;
    let distinct = number_at(&distinct, "distinct").and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    Ok(table.rows.saturating_sub(distinct))
}

impl TableReport {
    /// What should be said about it.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let table = self.table;
        let mut findings = Vec::new();
        if self.duplicates > 0 {
            let text = format!(
                "table `{table}`: {} {} another row in every mapped column",
                share(self.duplicates, self.rows),
                if self.duplicates == 1 { "repeats" } else { "repeat" }
            );
            let finding = counted(table, Severity::Warning, "duplicates", self.duplicates, text);
            let hint =
                "nothing is removed: if they are the same thing written twice, remove them at the source".to_owned();
            findings.push(Finding { hint: Some(hint), ..finding });
        }
        if self.future > 0 {
            let text = format!(
                "table `{table}`: {} at or after the as-of date: never seen by features",
                share(self.future, self.rows)
            );
            findings.push(counted(table, Severity::Warning, "future_rows", self.future, text));
        }
        if self.negative > 0 {
            let text =
                format!("table `{table}`: {} with a negative amount, read as returns", share(self.negative, self.rows));
            findings.push(counted(table, Severity::Recommendation, "returns", self.negative, text));
        }
        for (column, count) in self.missing.iter().filter(|(_, count)| *count == self.rows) {
            let text = format!("table `{table}`, column `{column}`: no row has a value");
            let finding = counted(table, Severity::Warning, "always_missing", *count, text);
            findings.push(Finding { column: Some(column.clone()), ..finding });
        }
        findings
    }
}

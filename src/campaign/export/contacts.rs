//! Who must not be contacted: suppression files, no consent, contacted too recently.

use std::collections::HashSet;
use std::path::Path;

use polars::prelude::*;

use crate::campaign::{Error, flat};
use crate::contract::Checked;
use crate::tables::TableName;
use crate::time::Day;

/// Ids of a suppression file: the column `customer`, or the first one; a file without a header has its first line as one.
///
/// # Errors
/// When the file cannot be read.
pub fn suppression_file(path: &Path) -> Result<HashSet<String>, Error> {
    let table = flat::open(path)?.collect().map_err(|source| Error::NotATable { path: path.to_owned(), source })?;
    let column = table.column("customer").ok().or_else(|| table.columns().first());
    let Some(column) = column else { return Ok(HashSet::new()) };
    let ids = column.cast(&DataType::String)?;
    let mut suppressed: HashSet<String> = ids.str()?.iter().flatten().map(str::to_owned).collect();
    if column.name() != "customer" {
        suppressed.insert(column.name().to_string());
    }
    Ok(suppressed)
}

/// Customers whose `consent` is not given, where the table has that column; unknown consent is no consent.
///
/// # Errors
/// When the table cannot be read.
pub fn without_consent(checked: &Checked, as_of: Day) -> Result<HashSet<String>, Error> {
    let Some(table) = checked.table(TableName::Customers).filter(|table| table.has("consent")) else {
        return Ok(HashSet::new());
    };
    let refused = col("consent").is_null().or(col("consent").eq(lit(false)));
    ids(table.past(as_of).filter(refused))
}

/// Customers with a message in the `days` days before `as_of`.
///
/// # Errors
/// When the table cannot be read.
pub fn contacted_within(checked: &Checked, as_of: Day, days: u32) -> Result<HashSet<String>, Error> {
    let Some(table) = checked.table(TableName::Messages) else { return Ok(HashSet::new()) };
    let since = as_of.plus(-i32::try_from(days).unwrap_or(i32::MAX / 4)).epoch_days();
    ids(table.past(as_of).filter(col("at_day").cast(DataType::Int32).gt_eq(lit(since))))
}

fn ids(rows: LazyFrame) -> Result<HashSet<String>, Error> {
    let rows = rows.select([col("customer")]).collect_with_engine(Engine::Streaming)?.unwrap_single();
    Ok(rows.column("customer")?.str()?.iter().flatten().map(str::to_owned).collect())
}

//! What a customer has most of, and the share behind it.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::{Error, THIN};
use crate::contract::{CheckedTable, collect};
use crate::tables::TableName;
use crate::time::Day;

/// A value, how many rows have it, and how many rows have any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Favourite {
    value: String,
    rows: u64,
    of: u64,
}

impl Favourite {
    /// The value; none where history is thin.
    pub(super) fn habit(&self) -> Option<&str> {
        (self.of >= THIN).then_some(self.value.as_str())
    }

    /// The share of rows behind it; none where history is thin.
    pub(super) fn habit_share(&self) -> Option<f64> {
        (self.of >= THIN).then(|| self.rows as f64 / self.of as f64)
    }

    /// Of a favourite among `weekday` and `weekend`: the share of the weekend.
    pub(super) fn weekend_share(&self) -> Option<f64> {
        self.habit_share().map(|share| if self.value == WEEKEND { share } else { 1.0 - share })
    }
}

const WEEKDAY: &str = "weekday";
const WEEKEND: &str = "weekend";

/// `weekend` from three quarters of the rows, `weekday` up to one quarter, else `both`.
pub(super) fn week_part(weekend_share: f64) -> &'static str {
    match weekend_share {
        share if share >= 0.75 => WEEKEND,
        share if share <= 0.25 => WEEKDAY,
        _ => "both",
    }
}

/// The rows of a table before a day that customers made themselves.
pub(super) fn own_rows(table: &CheckedTable, passive: &[String], as_of: Day) -> LazyFrame {
    let rows = table.past(as_of);
    if table.name != TableName::Events {
        return rows;
    }
    let is_passive = passive.iter().fold(lit(false), |any, kind| any.or(col("kind").eq(lit(kind.as_str()))));
    rows.filter(is_passive.not())
}

/// Each customer's most frequent value of a column.
pub(super) fn favourites(
    table: &CheckedTable,
    column: &str,
    passive: &[String],
    as_of: Day,
) -> Result<BTreeMap<String, Favourite>, Error> {
    let value = col(column).cast(DataType::String).alias("value");
    most(table, own_rows(table, passive, as_of).select([customer(), value]))
}

/// Each customer's favourite part of the local day. Orders count once, not once a line. A table that knows days only
/// (every time is local midnight) says nothing about parts of them.
pub(super) fn day_parts(
    table: &CheckedTable,
    passive: &[String],
    zone: &str,
    as_of: Day,
) -> Result<BTreeMap<String, Favourite>, Error> {
    let read = |cause| Error::Read { table: table.name, cause };
    let zone = TimeZone::opt_try_new(Some(zone)).map_err(read)?.unwrap_or(TimeZone::UTC);
    let local = col("at").dt().convert_time_zone(zone);
    let rows = own_rows(table, passive, as_of).group_by([customer(), col("at")]).agg([]);
    let of_day = |unit: Expr| unit.cast(DataType::Int32);
    let midnight = of_day(local.clone().dt().hour()).eq(lit(0)).and(of_day(local.clone().dt().minute()).eq(lit(0)));
    let midnight = midnight.and(of_day(local.clone().dt().second()).eq(lit(0)));
    let timed = collect(rows.clone().select([midnight.not().any(true).alias("timed")])).map_err(read)?;
    let is_timed = timed.column("timed").and_then(|column| Ok(column.bool()?.get(0))).map_err(read)?;
    if is_timed != Some(true) {
        return Ok(BTreeMap::new());
    }
    let hour = of_day(local.dt().hour());
    let part = when(hour.clone().lt(lit(6)))
        .then(lit("night"))
        .when(hour.clone().lt(lit(12)))
        .then(lit("morning"))
        .when(hour.lt(lit(18)))
        .then(lit("afternoon"))
        .otherwise(lit("evening"));
    most(table, rows.select([col("customer"), part.alias("value")]))
}

/// Each customer's favourite part of the week, by local day. Orders count once, not once a line.
pub(super) fn week_parts(
    table: &CheckedTable,
    passive: &[String],
    as_of: Day,
) -> Result<BTreeMap<String, Favourite>, Error> {
    let rows = own_rows(table, passive, as_of).group_by([customer(), col("at"), col("at_day")]).agg([]);
    let is_weekend = col("at_day").dt().weekday().cast(DataType::Int32).gt_eq(lit(6));
    let part = when(is_weekend).then(lit(WEEKEND)).otherwise(lit(WEEKDAY));
    most(table, rows.select([col("customer"), part.alias("value")]))
}

fn customer() -> Expr {
    col("customer").cast(DataType::String)
}

/// The most frequent `value` of each `customer`; the first name among equals.
fn most(table: &CheckedTable, rows: LazyFrame) -> Result<BTreeMap<String, Favourite>, Error> {
    let known = rows.filter(col("customer").is_not_null().and(col("value").is_not_null()));
    let counted = known.group_by([col("customer"), col("value")]).agg([len().cast(DataType::UInt32).alias("rows")]);
    let count = || -> PolarsResult<BTreeMap<String, Favourite>> {
        let rows = collect(counted)?;
        let (customers, values) = (rows.column("customer")?.str()?, rows.column("value")?.str()?);
        let mut found: BTreeMap<String, Favourite> = BTreeMap::new();
        for ((customer, value), rows) in customers.iter().zip(values.iter()).zip(rows.column("rows")?.u32()?.iter()) {
            let (Some(customer), Some(value), Some(rows)) = (customer, value, rows.map(u64::from)) else { continue };
            let Some(best) = found.get_mut(customer) else {
                found.insert(customer.to_owned(), Favourite { value: value.to_owned(), rows, of: rows });
                continue;
            };
            best.of += rows;
            if (rows, std::cmp::Reverse(value)) > (best.rows, std::cmp::Reverse(best.value.as_str())) {
                (best.value, best.rows) = (value.to_owned(), rows);
            }
        }
        Ok(found)
    };
    count().map_err(|cause| Error::Read { table: table.name, cause })
}

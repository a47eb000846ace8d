//! Columns made from a row's own columns while it is read.

use polars::prelude::{DataType, Expr, TimeZone, col, lit};

use crate::tables::TableName;

/// A column made from a row's own columns.
pub struct Derived {
    /// The canonical column it becomes known with.
    pub known_with: Option<&'static str>,
    /// Canonical columns it is made from.
    pub from: &'static [&'static str],
}

/// The derived column of that name; all are numbers.
pub fn derived(table: TableName, name: &str) -> Option<Derived> {
    let made = |known_with, from| Some(Derived { known_with, from });
    match (table, name) {
        (TableName::Tickets, "resolution_hours") => made(Some("resolved_at"), &["opened_at", "resolved_at"]),
        (TableName::Tickets, "response_hours") => made(Some("first_response_at"), &["opened_at", "first_response_at"]),
        (TableName::Visits, "minutes") => made(Some("ended_at"), &["at", "ended_at"]),
        (_, "hour") if table.table().time == Some("at") => made(None, &["at"]),
        _ => None,
    }
}

/// The expression of a derived column over the canonical frame.
pub fn expression(name: &str, zone: &TimeZone) -> Expr {
    match name {
        "resolution_hours" => span("opened_at", "resolved_at", 3.6e9),
        "response_hours" => span("opened_at", "first_response_at", 3.6e9),
        "minutes" => span("at", "ended_at", 6e7),
        _ => col("at").dt().convert_time_zone(zone.clone()).dt().hour().cast(DataType::Float64),
    }
}

fn span(from: &str, to: &str, micros: f64) -> Expr {
    let instant = |name: &str| col(name).cast(DataType::Int64).cast(DataType::Float64);
    (instant(to) - instant(from)) / lit(micros)
}

/// What is derived is declared in the tables' own words.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::ColumnType;

    #[test]
    fn derived_columns_stand_on_canonical_times() {
        for name in ["resolution_hours", "response_hours", "minutes", "hour"] {
            for table in TableName::ALL {
                for from in derived(table, name).map_or(&[][..], |made| made.from) {
                    let column = table.table().column(from).expect("a canonical column");
                    assert_eq!(column.kind, ColumnType::Time);
                }
            }
        }
    }
}

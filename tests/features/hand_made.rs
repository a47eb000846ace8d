//! Projects and checked tables made by hand.

use std::collections::BTreeMap;

use polars::prelude::*;
use tidewatch::contract::{Attribute, Checked, CheckedTable};
use tidewatch::progress::Progress;
use tidewatch::project::Project;
use tidewatch::rollup::History;
use tidewatch::tables::{ColumnType, TableName};
use tidewatch::time::Day;

/// A project from the text of its file.
pub fn project(text: &str) -> Project {
    toml::from_str(&format!("[project]\nname = \"test\"\n{text}")).expect("a valid project")
}

/// A day from its text.
pub fn day(text: &str) -> Day {
    text.parse().expect("a valid day")
}

/// Checked tables from frames whose time columns are texts like `2025-01-31` or `2025-01-31 12:00`.
pub fn checked(tables: impl IntoIterator<Item = (TableName, DataFrame)>) -> Checked {
    let tables = tables.into_iter().map(|(name, frame)| (name, table(name, &frame))).collect();
    Checked { tables, inputs: Vec::new(), findings: Vec::new() }
}

fn table(name: TableName, frame: &DataFrame) -> CheckedTable {
    let definition = name.table();
    let columns: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    let is_canonical = |column: &String| definition.column(column).is_some();
    let attributes = columns.iter().filter(|column| !is_canonical(column)).map(|column| Attribute {
        name: column.clone(),
        numeric: frame.column(column).expect("its own column").dtype().is_primitive_numeric(),
        usable: true,
    });
    let mut checked = CheckedTable {
        name,
        columns: columns.iter().filter(|column| is_canonical(column)).cloned().collect(),
        attributes: attributes.collect(),
        rows: frame.height() as u64,
        quarantined: 0,
        span: None,
        newest: None,
        covered_until: None,
        files: Vec::new(),
        frame: frame.clone().lazy(),
    };
    for column in definition.columns.iter().filter(|column| column.kind == ColumnType::Time) {
        if checked.has(column.name) {
            let text = col(column.name).cast(DataType::String);
            let midnight =
                when(text.clone().str().len_chars().eq(lit(10))).then(text.clone() + lit(" 00:00")).otherwise(text);
            let options = StrptimeOptions { format: Some("%Y-%m-%d %H:%M".into()), ..Default::default() };
            let instant = midnight.str().to_datetime(Some(TimeUnit::Microseconds), None, options, lit("raise"));
            let instant = instant.dt().replace_time_zone(Some(TimeZone::UTC), lit("raise"), NonExistent::Raise);
            let day = instant.clone().dt().date().alias(format!("{}_day", column.name));
            checked.frame = checked.frame.with_columns([instant.alias(column.name), day]);
        }
    }
    let frame = checked.frame.collect().expect("valid times");
    if let Some(days) = definition.time.and_then(|time| frame.column(&format!("{time}_day")).ok()) {
        let days = days.cast(&DataType::Int32).expect("days");
        let days = days.i32().expect("days");
        checked.span = days.min().zip(days.max()).map(|(a, b)| (Day::from_epoch_days(a), Day::from_epoch_days(b)));
        checked.covered_until = checked.span.map(|(_, last)| last.plus(1));
    }
    checked.frame = frame.lazy();
    checked
}

/// One checked table from a frame whose time columns are microseconds since 1970, with days of the zone.
pub fn checked_instants(name: TableName, frame: DataFrame, zone: &str) -> Checked {
    let columns: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    let rows = frame.height() as u64;
    let mut lazy = frame.lazy();
    for column in name.table().columns.iter().filter(|column| column.kind == ColumnType::Time) {
        if columns.iter().any(|name| name == column.name) {
            let utc = DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
            let instant = col(column.name).cast(utc);
            let zone = TimeZone::opt_try_new(Some(zone)).expect("a zone").expect("a zone");
            let day = instant.clone().dt().convert_time_zone(zone).dt().date().alias(format!("{}_day", column.name));
            lazy = lazy.with_columns([instant, day]);
        }
    }
    let frame = lazy.collect().expect("valid times").lazy();
    let (attributes, quarantined, span, newest, covered_until) = (Vec::new(), 0, None, None, None);
    let files = Vec::new();
    let table =
        CheckedTable { name, frame, columns, attributes, rows, quarantined, span, newest, covered_until, files };
    Checked { tables: [(name, table)].into(), inputs: Vec::new(), findings: Vec::new() }
}

/// The instant at which a day begins in a zone, in microseconds since 1970.
pub fn midnight(day: Day, zone: &str) -> i64 {
    let zoned = day.date().in_tz(zone).expect("a zone");
    zoned.timestamp().as_microsecond()
}

/// The history of a project's hand-made tables.
pub fn history(project: &Project, checked: &Checked) -> History {
    History::build(project, checked, &Progress::silent()).expect("a history")
}

/// Orders of (customer, day, amount).
pub fn orders(rows: &[(&str, &str, f64)]) -> DataFrame {
    df!(
        "customer" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "at" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "amount" => rows.iter().map(|row| row.2).collect::<Vec<_>>()
    )
    .expect("a frame")
}

/// Features of one cutoff as customer → value, by feature.
pub fn by_customer(frame: &tidewatch::feature::FeatureFrame, block: usize, feature: &str) -> BTreeMap<String, f64> {
    let position = frame.features.iter().position(|info| info.name == feature).expect("a feature of that name");
    let block = &frame.blocks[block];
    let tidewatch::feature::FeatureColumn::Number(numbers) = &block.columns[position] else {
        unreachable!("{feature} is a number")
    };
    let ids = block.customer.iter().map(|&number| frame.customers.id(number).to_owned());
    ids.zip(numbers.iter()).collect()
}

//! KPIs as people read them: one line each in 80 columns, or a table of periods and parts.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::definition::{Kpi, Stage, Unit};
use super::table::{Change, KpiRow, KpiTable, Status};
use crate::report::{self, Align, Cell, Table};

impl KpiTable {
    /// One line per KPI: value of the latest complete period, change against the one before (`*`: beyond noise),
    /// course of all periods, verdict. Grouped by stage of the customer's life.
    #[must_use]
    pub fn overview(&self) -> String {
        let totals: Vec<&[KpiRow]> = self.series().filter(|series| series[0].segment.is_none()).collect();
        let mut text = String::new();
        for stage in Stage::ALL {
            let of_stage: Vec<_> = totals.iter().filter(|series| series[0].kpi.stage == stage).collect();
            let shown: Vec<_> = of_stage.iter().filter_map(|series| line(series)).collect();
            if !shown.is_empty() {
                let _ = writeln!(text, "{}\n{}", stage.as_str(), shown.concat());
            }
        }
        text + &missing(&totals)
    }

    /// All rows as a table, those before the data begin left out: for `--kpi` and `--by`, and for Markdown.
    #[must_use]
    pub fn table(&self) -> Table {
        let with_parts = self.rows.iter().any(|row| row.segment.is_some());
        let mut columns = vec![("kpi", Align::Left), ("from", Align::Left)];
        columns.extend(with_parts.then_some([("segment", Align::Left), ("part", Align::Left)]).into_iter().flatten());
        columns.extend([("value", Align::Right), ("95 %", Align::Right), ("n", Align::Right), ("status", Align::Left)]);
        let mut table = Table::new(&columns);
        let before_data = Status::Unavailable("before_data".to_owned());
        for row in self.rows.iter().filter(|row| row.status != before_data) {
            let (segment, part) = row.segment.clone().unwrap_or_default();
            let mut cells = vec![Cell::from(row.kpi.name), Cell::from(row.period.start.to_string())];
            cells.extend(with_parts.then_some([Cell::from(segment), Cell::from(part)]).into_iter().flatten());
            let value = row.estimate.value.map_or_else(Cell::none, |value| Cell::from(shown(row.kpi, value)));
            let status = if row.status == Status::Ok { verdict(row).to_owned() } else { row.status.text() };
            cells.extend([value, Cell::from(interval(row)), Cell::count(row.estimate.n), Cell::from(status)]);
            table.row(cells);
        }
        table
    }

    /// All rows with the columns of `kpis.parquet`, for programs: dates as ISO text, numbers unrounded.
    #[must_use]
    pub fn records(&self) -> Table {
        let mut table = Table::new(&RECORD.map(|name| (name, Align::Left)));
        for row in &self.rows {
            table.row(record(row));
        }
        table
    }

    /// Rows of one KPI and part, by period.
    pub fn series(&self) -> impl Iterator<Item = &[KpiRow]> {
        self.rows.chunk_by(|a, b| a.kpi.name == b.kpi.name && a.segment == b.segment)
    }
}

const RECORD: [&str; 22] = [
    "kpi",
    "period_start",
    "period_end",
    "segment",
    "segment_value",
    "value",
    "numerator",
    "denominator",
    "n",
    "low",
    "high",
    "unit",
    "status",
    "change",
    "benchmark",
    "definition",
    "change_low",
    "change_high",
    "change_beyond_noise",
    "change_year",
    "change_year_low",
    "change_year_high",
];

fn record(row: &KpiRow) -> Vec<Cell> {
    let data = |value: Value| Cell::new(String::new(), value);
    let number = |value: Option<f64>| data(json!(value));
    let (segment, part) = row.segment.clone().unzip();
    let estimate = &row.estimate;
    vec![
        data(json!(row.kpi.name)),
        data(json!(row.period.start)),
        data(json!(row.period.end)),
        data(json!(segment)),
        data(json!(part)),
        number(estimate.value),
        number(estimate.numerator),
        number(estimate.denominator),
        data(json!(estimate.n)),
        number(estimate.low),
        number(estimate.high),
        data(json!(row.kpi.unit.as_str())),
        data(json!(row.status.text())),
        number(row.change.map(|change| change.value)),
        data(json!(row.verdict.map(super::benchmark::Verdict::as_str))),
        data(json!(row.kpi.hash())),
        number(row.change.and_then(|change| change.low)),
        number(row.change.and_then(|change| change.high)),
        data(json!(row.change.map(|change| change.is_beyond_noise()))),
        number(row.change_year.map(|change| change.value)),
        number(row.change_year.and_then(|change| change.low)),
        number(row.change_year.and_then(|change| change.high)),
    ]
}

/// The latest complete period, or the latest with any value.
#[must_use]
pub fn latest(series: &[KpiRow]) -> Option<&KpiRow> {
    let complete = series.iter().rev().find(|row| row.status == Status::Ok);
    complete.or_else(|| series.iter().rev().find(|row| row.estimate.value.is_some()))
}

fn line(series: &[KpiRow]) -> Option<String> {
    let row = latest(series)?;
    let value = shown(row.kpi, row.estimate.value?);
    let change = row.change.map(|change| changed(row.kpi, &change)).unwrap_or_default();
    let course: Vec<Option<f64>> = series.iter().map(|row| row.estimate.value).collect();
    let recent = &course[course.len().saturating_sub(13)..];
    let line = format!(
        "  {:<30} {value:>11} {change:>11}  {:<13}  {}",
        row.kpi.name,
        report::sparkline(recent),
        if row.status == Status::Partial { "partial" } else { verdict(row) }
    );
    Some(line.trim_end().to_owned() + "\n")
}

fn missing(totals: &[&[KpiRow]]) -> String {
    let mut reasons: Vec<(String, &str)> = totals
        .iter()
        .filter(|series| series.iter().all(|row| row.estimate.value.is_none()))
        .filter_map(|series| series.last())
        .map(|row| (row.status.text().trim_start_matches("unavailable:").to_owned(), row.kpi.name))
        .collect();
    reasons.sort_unstable();
    let mut text = String::new();
    for group in reasons.chunk_by(|a, b| a.0 == b.0) {
        let names: Vec<&str> = group.iter().map(|(_, name)| *name).collect();
        let why = match group[0].0.as_str() {
            "zero_denominator" => "Nothing to count for".to_owned(),
            "before_data" | "not_covered" => "No data in these periods for".to_owned(),
            without => format!("Without {without} no"),
        };
        let _ = writeln!(text, "{why} {}{}", names[0], ellipsis(&names));
    }
    text
}

fn ellipsis(names: &[&str]) -> String {
    if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() }
}

fn verdict(row: &KpiRow) -> &'static str {
    row.verdict.map_or("", super::benchmark::Verdict::as_str)
}

fn interval(row: &KpiRow) -> String {
    match (row.estimate.low, row.estimate.high) {
        (Some(low), Some(high)) => format!("{} to {}", shown(row.kpi, low), shown(row.kpi, high)),
        _ => String::new(),
    }
}

fn changed(kpi: &Kpi, change: &Change) -> String {
    let sign = if change.value > 0.0 { "+" } else { "" };
    let amount = match kpi.unit {
        Unit::Share => format!("{} pt", report::decimals(change.value * 100.0, 1)),
        _ => shown(kpi, change.value),
    };
    let mark = if change.is_beyond_noise() { "*" } else { " " };
    format!("{sign}{amount}{mark}")
}

/// A value of the KPI in the form people expect of its unit.
#[must_use]
pub fn shown(kpi: &Kpi, value: f64) -> String {
    let large = value.abs() >= 10_000.0;
    match kpi.unit {
        Unit::Share if value.abs() < 0.001 && value != 0.0 => format!("{} %", report::decimals(value * 100.0, 5)),
        Unit::Share => report::percent(value),
        Unit::Count => report::decimals(value, usize::from(value.fract() != 0.0)),
        Unit::Money | Unit::Ratio | Unit::Score => report::decimals(value, if large { 0 } else { 2 }),
        Unit::Days => format!("{} d", report::decimals(value, 1)),
        Unit::Seconds => duration(value),
    }
}

fn duration(seconds: f64) -> String {
    let (amount, unit) = match seconds.abs() {
        short if short < 120.0 => (seconds, "s"),
        minutes if minutes < 7_200.0 => (seconds / 60.0, "min"),
        hours if hours < 172_800.0 => (seconds / 3_600.0, "h"),
        _ => (seconds / 86_400.0, "d"),
    };
    format!("{} {unit}", report::decimals(amount, 1))
}

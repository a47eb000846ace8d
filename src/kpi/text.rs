//! KPIs as people read them: one line each in 80 columns, or a table of periods and parts.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::control::Side;
use super::definition::{Kpi, Stage, Unit, wrap};
use super::period::{Period, PeriodKind};
use super::table::{Change, KpiRow, KpiTable, Status};
use crate::report::{self, Align, Cell, Table};
use crate::tables::TableName;
use crate::time::Day;

/// What stands above the numbers, and how their periods are called.
#[derive(Debug, Clone)]
pub struct Heading {
    /// The project's name.
    pub project: String,
    /// The project's currency, if it says one.
    pub currency: Option<String>,
    /// The date everything was seen from.
    pub as_of: Day,
    /// Length of the periods.
    pub period: PeriodKind,
    /// Days of the windows, where they roll.
    pub rolling_days: Option<u32>,
}

impl Heading {
    /// The first line of a text.
    #[must_use]
    pub fn line(&self) -> String {
        let periods = match self.rolling_days {
            Some(days) => format!("{days} days to the end of each {}", self.period.as_str()),
            None => format!("by {}", self.period.as_str()),
        };
        let currency = self.currency.as_ref().map(|currency| format!("; money in {currency}")).unwrap_or_default();
        format!("KPIs of {} as of {}, {periods}{currency}\n", self.project, self.as_of)
    }

    /// A period as people call it.
    fn period(&self, period: &Period) -> String {
        let date = period.start.date();
        match (self.rolling_days, self.period) {
            (Some(_), _) => format!("to {}", period.end.plus(-1)),
            (None, PeriodKind::Month) => format!("{:04}-{:02}", date.year(), date.month()),
            (None, PeriodKind::Quarter) => format!("{:04} Q{}", date.year(), (date.month() + 2) / 3),
            (None, PeriodKind::Year) => format!("{:04}", date.year()),
            (None, PeriodKind::Day | PeriodKind::Week) => period.start.to_string(),
        }
    }
}

impl KpiTable {
    /// One line per KPI: value of the latest complete period, change against the one before (`*`: beyond noise),
    /// course of all periods, verdict. Grouped by stage of the customer's life; then what left the limits of its own
    /// course, and what could not be computed, with the reason.
    #[must_use]
    pub fn overview(&self, heading: &Heading) -> String {
        let totals: Vec<&[KpiRow]> = self.series().filter(|series| series[0].segment.is_none()).collect();
        let mut text = heading.line();
        // A forecast lies after the date.
        let is_complete = |row: &&KpiRow| row.status == Status::Ok && row.period.end <= heading.as_of;
        let complete = totals.iter().filter_map(|series| latest(series)).filter(is_complete);
        if let Some(period) = complete.map(|row| row.period).max_by_key(|period| period.end) {
            let _ = writeln!(
                text,
                "Value of the latest complete period ({}), change against the one before\n\
                 (* larger than chance), course, verdict\n",
                heading.period(&period)
            );
        }
        for stage in Stage::ALL {
            let of_stage: Vec<_> = totals.iter().filter(|series| series[0].kpi.stage == stage).collect();
            let shown: Vec<_> = of_stage.iter().filter_map(|series| line(series)).collect();
            if !shown.is_empty() {
                let _ = writeln!(text, "{}\n{}", stage.as_str(), shown.concat());
            }
        }
        text + &alerts(&totals, heading) + &missing(&totals)
    }

    /// Every KPI with its periods, then its parts: for `--kpi` and `--by`.
    #[must_use]
    pub fn detail(&self, heading: &Heading) -> String {
        let mut text = heading.line();
        for rows in self.rows.chunk_by(|a, b| a.kpi.name == b.kpi.name) {
            let kpi = rows[0].kpi;
            let series: Vec<&[KpiRow]> = rows.chunk_by(|a, b| a.segment == b.segment).collect();
            let whole: Vec<&KpiRow> = rows.iter().filter(|row| row.segment.is_none()).collect();
            let _ = writeln!(text, "\n{}: {}", kpi.name, kpi.brief);
            if whole.iter().any(|row| row.estimate.value.is_some()) {
                text += &periods(&whole, heading);
            } else if let Some(row) = whole.last() {
                let _ = writeln!(text, "  {}", reason(&row.status));
            }
            let in_parts: Vec<&[KpiRow]> = series.into_iter().filter(|series| series[0].segment.is_some()).collect();
            for parts in in_parts.chunk_by(|a, b| name_of(a) == name_of(b)) {
                let _ = write!(text, "by {}\n{}", name_of(parts[0]), of_parts(parts, heading));
            }
        }
        text + &legend(&self.rows)
    }

    /// All rows as a table, those before the data begin left out: for Markdown.
    #[must_use]
    pub fn table(&self) -> Table {
        let with_parts = self.rows.iter().any(|row| row.segment.is_some());
        let mut columns = vec![("kpi", Align::Left), ("from", Align::Left)];
        columns.extend(with_parts.then_some([("segment", Align::Left), ("part", Align::Left)]).into_iter().flatten());
        columns.extend([("value", Align::Right), ("95 %", Align::Right), ("n", Align::Right)]);
        columns.extend([("change", Align::Right), ("status", Align::Left)]);
        let mut table = Table::new(&columns);
        for row in self.rows.iter().filter(|row| !is_before_data(row)) {
            let (segment, part) = row.segment.clone().unwrap_or_default();
            let mut cells = vec![Cell::from(row.kpi.name), Cell::from(row.period.start.to_string())];
            cells.extend(with_parts.then_some([Cell::from(segment), Cell::from(part)]).into_iter().flatten());
            cells.extend([value(row), Cell::from(interval(row)), Cell::count(row.estimate.n)]);
            cells.extend([Cell::from(changed(row, row.change.as_ref())), Cell::from(note(row))]);
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

const RECORD: [&str; 26] = [
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
    "benchmark_rule",
    "control_low",
    "control_high",
    "alert",
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
        data(json!(row.judgement.as_ref().map(|judged| judged.verdict.as_str()))),
        data(json!(row.kpi.hash())),
        number(row.change.and_then(|change| change.low)),
        number(row.change.and_then(|change| change.high)),
        data(json!(row.change.map(|change| change.is_beyond_noise()))),
        number(row.change_year.map(|change| change.value)),
        number(row.change_year.and_then(|change| change.low)),
        number(row.change_year.and_then(|change| change.high)),
        data(json!(row.judgement.as_ref().map(|judged| &judged.rule))),
        number(row.control.map(|control| control.low)),
        number(row.control.map(|control| control.high)),
        data(json!(row.alert().map(super::control::Side::as_str))),
    ]
}

fn line(series: &[KpiRow]) -> Option<String> {
    let row = latest(series)?;
    let value = shown(row.kpi, row.estimate.value?);
    let change = changed(row, row.change.as_ref());
    let remark = if row.status == Status::Partial { "partial" } else { verdict(row) };
    let line = format!("  {:<30} {value:>11} {change:>11}  {:<13}  {remark}", row.kpi.name, course(series));
    Some(line.trim_end().to_owned() + "\n")
}

fn course(series: &[KpiRow]) -> String {
    let values: Vec<Option<f64>> = series.iter().map(|row| row.estimate.value).collect();
    report::sparkline(&values[values.len().saturating_sub(SPARKS)..])
}

/// Periods of a sparkline.
const SPARKS: usize = 13;

fn is_before_data(row: &KpiRow) -> bool {
    matches!(&row.status, Status::Unavailable(why) if why == "before_data")
}

fn name_of(series: &[KpiRow]) -> &str {
    series[0].segment.as_ref().map_or("", |(segment, _)| segment)
}

/// The periods of the whole, one line each.
fn periods(rows: &[&KpiRow], heading: &Heading) -> String {
    let with_year = rows.iter().any(|row| row.change_year.is_some());
    let mut columns =
        vec![("period", Align::Left), ("value", Align::Right), ("95 %", Align::Right), ("n", Align::Right)];
    columns.push(("change", Align::Right));
    columns.extend(with_year.then_some(("on year", Align::Right)));
    columns.push(("", Align::Left));
    let mut table = Table::new(&columns);
    for row in rows.iter().filter(|row| !is_before_data(row)) {
        let mut cells = vec![Cell::from(heading.period(&row.period)), value(row)];
        cells.extend([Cell::from(interval(row)), Cell::count(row.estimate.n)]);
        cells.push(Cell::from(changed(row, row.change.as_ref())));
        cells.extend(with_year.then(|| Cell::from(changed(row, row.change_year.as_ref()))));
        cells.push(Cell::from(note(row)));
        table.row(cells);
    }
    indented(&table.text())
}

/// The parts of a segment in their latest complete period, one line each.
fn of_parts(parts: &[&[KpiRow]], heading: &Heading) -> String {
    let rows = || parts.iter().filter_map(|series| latest(series).or_else(|| series.last()).map(|row| (*series, row)));
    let common = rows().map(|(_, row)| row.period.end).max();
    let mut table = Table::new(&[
        ("part", Align::Left),
        ("value", Align::Right),
        ("95 %", Align::Right),
        ("n", Align::Right),
        ("change", Align::Right),
        ("course", Align::Left),
        ("", Align::Left),
    ]);
    for (series, row) in rows() {
        let part = row.segment.as_ref().map_or("", |(_, part)| part);
        let older = (Some(row.period.end) != common).then(|| heading.period(&row.period));
        table.row([
            Cell::from(shortened(part)),
            value(row),
            Cell::from(interval(row)),
            Cell::count(row.estimate.n),
            Cell::from(changed(row, row.change.as_ref())),
            Cell::from(course(series)),
            Cell::from(older.map_or_else(|| note(row), |period| format!("{period} {}", note(row)))),
        ]);
    }
    indented(&table.text())
}

/// Longer names of parts are cut in texts, not in tables for programs.
const LONGEST_PART: usize = 18;

fn shortened(part: &str) -> String {
    if part.chars().count() <= LONGEST_PART {
        return part.to_owned();
    }
    part.chars().take(LONGEST_PART - 1).chain(['…']).collect()
}

fn indented(text: &str) -> String {
    text.lines().flat_map(|line| ["  ", line, "\n"]).collect()
}

/// Verdict and alert, or why the value is missing or not final.
fn note(row: &KpiRow) -> String {
    match &row.status {
        Status::Ok => match row.alert() {
            Some(side) => format!("{} {}!", verdict(row), side.as_str()).trim_start().to_owned(),
            None => verdict(row).to_owned(),
        },
        Status::Partial => "partial".to_owned(),
        Status::Unavailable(why) => short_reason(why).to_owned(),
    }
}

fn short_reason(why: &str) -> &str {
    match why {
        "small_group" => "too few",
        "zero_denominator" => "none",
        "not_covered" => "no data yet",
        "before_data" => "before the data",
        "too_few_periods" => "too few periods",
        "as_of_only" => "not then",
        other => other,
    }
}

/// What the notes of the rows mean, where they do not speak for themselves.
fn legend(rows: &[KpiRow]) -> String {
    let has = |word: &str| rows.iter().any(|row| !is_before_data(row) && note(row).contains(word));
    let change = |row: &KpiRow| row.change.iter().chain(&row.change_year).any(Change::is_beyond_noise);
    let meanings = [
        (rows.iter().any(change), "* larger than chance: the interval of the difference leaves out 0"),
        (has("!"), "above!, below!: outside the limits that the periods before let expect"),
        (has("too few"), "too few: fewer than `[kpi] min_n`, not shown"),
        (has("partial"), "partial: the period is not over, not covered by the data, or still coming in"),
        (has("none"), "none: nothing to divide by"),
    ];
    let met = meanings.iter().filter(|(is_met, _)| *is_met);
    let lines: String = met.flat_map(|(_, line)| [line, "\n"]).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

/// What left the limits of its own course in the latest complete period.
fn alerts(totals: &[&[KpiRow]], heading: &Heading) -> String {
    let mut table = Table::new(&[("", Align::Left), ("", Align::Right), ("", Align::Left), ("", Align::Left)]);
    let rows = totals.iter().filter_map(|series| latest(series));
    for (row, control) in rows.filter_map(|row| row.control.map(|control| (row, control))) {
        let (Some(side), Some(value)) = (control.alert, row.estimate.value) else { continue };
        let limit = if side == Side::Above { control.high } else { control.low };
        table.row([
            Cell::from(row.kpi.name),
            Cell::from(shown(row.kpi, value)),
            Cell::from(format!("{} {}", side.as_str(), shown(row.kpi, limit))),
            Cell::from(heading.period(&row.period)),
        ]);
    }
    if table.is_empty() {
        return String::new();
    }
    // The table has no heading of its own.
    let text = table.text();
    let lines = text.split_once('\n').map_or("", |(_, lines)| lines);
    format!("Outside the limits that the course of the periods before lets expect\n{}\n", indented(lines))
}

/// KPIs without any value, by reason.
fn missing(totals: &[&[KpiRow]]) -> String {
    let without = totals.iter().filter(|series| series.iter().all(|row| row.estimate.value.is_none()));
    let mut reasons: Vec<(String, &str)> =
        without.filter_map(|series| series.last()).map(|row| (reason(&row.status), row.kpi.name)).collect();
    reasons.sort_unstable();
    let mut text = String::new();
    for group in reasons.chunk_by(|a, b| a.0 == b.0) {
        let names: Vec<&str> = group.iter().map(|(_, name)| *name).collect();
        let line = format!("{}: {}", group[0].0, names.join(", "));
        let _ = writeln!(text, "{}", wrap(&line, TEXT_WIDTH).replace('\n', "\n  "));
    }
    text
}

/// Width of running text, less the indent of its later lines.
const TEXT_WIDTH: usize = 78;

/// Why there is no value, as a heading of those that have none for it.
fn reason(status: &Status) -> String {
    let Status::Unavailable(why) = status else { return "Known".to_owned() };
    match why.as_str() {
        "zero_denominator" => "Nothing to divide by".to_owned(),
        "before_data" | "not_covered" => "No data in these periods".to_owned(),
        "small_group" => "Too few customers".to_owned(),
        "too_few_periods" => "Too few complete periods".to_owned(),
        "as_of_only" => "Known only as of the date of the run".to_owned(),
        "scores" => "Without the scores of `tidewatch run` of this date".to_owned(),
        "scale" => "Without `surveys.scale_min` and `surveys.scale_max`".to_owned(),
        "value" => "Without `orders` or `subscriptions.mrr`".to_owned(),
        "activity" => "Without a table that shows activity".to_owned(),
        "sentiment" => "Without a `sentiment` or `text` column".to_owned(),
        role if role.starts_with("roles.") => format!("Without `[roles] {}`", &role["roles.".len()..]),
        table if TableName::ALL.iter().any(|name| name.as_str() == table) => format!("Without the table `{table}`"),
        column => format!("Without the column `{column}`"),
    }
}

fn verdict(row: &KpiRow) -> &'static str {
    row.judgement.as_ref().map_or("", |judged| judged.verdict.as_str())
}

fn value(row: &KpiRow) -> Cell {
    row.estimate.value.map_or_else(Cell::none, |value| Cell::from(shown(row.kpi, value)))
}

fn interval(row: &KpiRow) -> String {
    let (Some(low), Some(high)) = (row.estimate.low, row.estimate.high) else { return String::new() };
    let (low, high) = (like(row, low), like(row, high));
    // The unit once is enough.
    let unit = high.rfind(' ').map_or("", |at| &high[at..]);
    format!("{} to {high}", low.strip_suffix(unit).unwrap_or(&low))
}

/// A number in the form of the row's value: as many decimals.
fn like(row: &KpiRow, number: f64) -> String {
    shown_as(row.kpi, number, row.estimate.value.unwrap_or(number))
}

fn changed(row: &KpiRow, change: Option<&Change>) -> String {
    let Some(change) = change else { return String::new() };
    let amount = like(row, change.value);
    let amount = if row.kpi.unit == Unit::Share { amount.replace('%', "pt") } else { amount };
    let is_nothing = !amount.contains(|c: char| c.is_ascii_digit() && c != '0');
    let sign = if change.value > 0.0 && !is_nothing { "+" } else { "" };
    let amount = if is_nothing { amount.trim_start_matches('−') } else { &amount };
    let mark = if change.is_beyond_noise() { "*" } else { " " };
    format!("{sign}{amount}{mark}")
}

/// The latest complete period, or the latest with any value.
#[must_use]
pub fn latest(series: &[KpiRow]) -> Option<&KpiRow> {
    let complete = series.iter().rev().find(|row| row.status == Status::Ok);
    complete.or_else(|| series.iter().rev().find(|row| row.estimate.value.is_some()))
}

/// A value of the KPI in the form people expect of its unit.
#[must_use]
pub fn shown(kpi: &Kpi, value: f64) -> String {
    shown_as(kpi, value, value)
}

/// A number with as many decimals as `value` of the same KPI has.
#[must_use]
pub fn shown_as(kpi: &Kpi, number: f64, value: f64) -> String {
    let large = value.abs() >= 10_000.0;
    match kpi.unit {
        Unit::Share => format!("{} %", report::decimals(number * 100.0, places_of_share(value))),
        Unit::Count => report::decimals(number, usize::from(value.fract() != 0.0 || number.fract() != 0.0)),
        Unit::Money | Unit::Ratio | Unit::Score => report::decimals(number, if large { 0 } else { 2 }),
        Unit::Days => format!("{} d", report::decimals(number, 1)),
        Unit::Seconds => duration(number),
    }
}

/// Decimals of a share in per cent: small shares need more to say anything.
fn places_of_share(share: f64) -> usize {
    match share.abs() {
        tiny if tiny > 0.0 && tiny < 0.001 => 5,
        small if small > 0.0 && small < 0.02 => 2,
        _ => 1,
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

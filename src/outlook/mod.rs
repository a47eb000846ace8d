//! What the main KPIs are expected to be in the next periods, with intervals, and how such forecasts would have done.
//!
//! `forecasts.parquet`, one row per KPI and period ahead, by KPI and period: `kpi`, `period_start`, `period_end`, `value`,
//! `low`, `high` (95 %), `unit`, `model` (`level`, `trend`, `season`), `history` (complete periods it learnt from),
//! `compared` (forecasts made from earlier origins and held against what came), `coverage` (share of those inside their
//! interval), `error` and `naive_error` (their mean absolute error, and that of "as it was last time").
//!
//! A series is the longest run of complete periods with a value that ends with the latest such period; a KPI with fewer
//! than [`crate::forecast::FEWEST`] of them is not forecast. Shares stay within 0 and 1, scores within their scale, and
//! what was never negative does not become so.
//!
//! How it misleads: it goes on as before. It knows neither next month's campaign nor its outage.

mod text;

use polars::prelude::*;

use crate::forecast::{Forecast, Request, forecast};
use crate::kpi::definition::Unit;
use crate::kpi::{Kpi, KpiRow, KpiTable, PeriodKind, Status};
use crate::project::WeekStart;
use crate::time::Day;

/// The KPIs that are forecast.
pub const MAIN: [&str; 12] = [
    "revenue",
    "orders",
    "aov",
    "mrr",
    "customers_active",
    "customers_new",
    "customers_lost",
    "churn_rate",
    "retention_rate",
    "nps",
    "csat",
    "sentiment",
];

/// How many periods ahead a night looks.
pub const AHEAD: usize = 3;

/// One KPI's course and what is expected of it.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The KPI.
    pub kpi: &'static Kpi,
    /// Values of the complete periods it learnt from, oldest first.
    pub history: Vec<f64>,
    /// First and last day (exclusive) of each period ahead.
    pub periods: Vec<(Day, Day)>,
    /// Expected values with intervals, and how earlier ones did.
    pub forecast: Forecast,
}

/// All of them, by name.
#[derive(Debug, Clone, Default)]
pub struct Outlook {
    /// What is expected.
    pub expected: Vec<Expected>,
    /// KPIs that were asked for and have too short a course, with its length.
    pub too_short: Vec<(&'static str, usize)>,
}

/// Forecasts the named KPIs of a table of one kind of period; those that are not in it are left out.
#[must_use]
pub fn outlook(table: &KpiTable, names: &[&str], kind: PeriodKind, week_start: WeekStart, ahead: usize) -> Outlook {
    let mut found = Outlook::default();
    let wanted = |series: &&[KpiRow]| series[0].segment.is_none() && names.contains(&series[0].kpi.name);
    for series in table.series().filter(wanted) {
        let (kpi, course) = (series[0].kpi, course(series));
        let history: Vec<f64> = course.iter().filter_map(|row| row.estimate.value).collect();
        let season = kind.season();
        let request = Request { periods: ahead, season, confidence: 0.95, bounds: bounds(kpi, &history) };
        match (forecast(&history, &request), course.last()) {
            (Some(forecast), Some(last)) => {
                let mut start = last.period.end;
                let periods = (0..ahead).map(|_| {
                    let end = kind.next(kind.start(start, week_start));
                    (std::mem::replace(&mut start, end), end)
                });
                let periods = periods.collect();
                found.expected.push(Expected { kpi, history, periods, forecast });
            }
            _ if history.is_empty() => {}
            _ => found.too_short.push((kpi.name, history.len())),
        }
    }
    found
}

/// The longest run of complete periods with a value up to the latest such period.
fn course(series: &[KpiRow]) -> &[KpiRow] {
    let is_known = |row: &KpiRow| row.status == Status::Ok && row.estimate.value.is_some_and(f64::is_finite);
    let Some(last) = series.iter().rposition(is_known) else { return &[] };
    let first = series[..last].iter().rposition(|row| !is_known(row)).map_or(0, |gap| gap + 1);
    &series[first..=last]
}

/// What the KPI cannot leave.
fn bounds(kpi: &Kpi, history: &[f64]) -> (f64, f64) {
    let floor = if history.iter().all(|value| *value >= 0.0) { 0.0 } else { f64::NEG_INFINITY };
    match kpi.unit {
        Unit::Share => (0.0, 1.0),
        Unit::Score if kpi.name == "nps" => (-100.0, 100.0),
        Unit::Score if kpi.name.starts_with("sentiment") => (-1.0, 1.0),
        _ => (floor, f64::INFINITY),
    }
}

impl Outlook {
    /// The columns of `forecasts.parquet`.
    ///
    /// # Errors
    /// None that data can cause: all columns have one length.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let rows: Vec<(&Expected, usize)> =
            self.expected.iter().flat_map(|one| (0..one.periods.len()).map(move |step| (one, step))).collect();
        let number = |pick: &dyn Fn(&Expected, usize) -> f64| {
            rows.iter().map(|(one, step)| pick(one, *step)).collect::<Vec<f64>>()
        };
        let count = |pick: fn(&Expected) -> usize| rows.iter().map(|(one, _)| pick(one) as u64).collect::<Vec<u64>>();
        let day = |pick: fn((Day, Day)) -> Day| {
            rows.iter().map(|(one, step)| pick(one.periods[*step]).epoch_days()).collect::<Vec<i32>>()
        };
        let texts = |pick: fn(&Expected) -> &'static str| rows.iter().map(|(one, _)| pick(one)).collect::<Vec<_>>();
        DataFrame::new_infer_height(vec![
            Column::new("kpi".into(), texts(|one| one.kpi.name)),
            Column::new("period_start".into(), day(|period| period.0)).cast(&DataType::Date)?,
            Column::new("period_end".into(), day(|period| period.1)).cast(&DataType::Date)?,
            Column::new("value".into(), number(&|one, step| one.forecast.periods[step].value)),
            Column::new("low".into(), number(&|one, step| one.forecast.periods[step].low)),
            Column::new("high".into(), number(&|one, step| one.forecast.periods[step].high)),
            Column::new("unit".into(), texts(|one| one.kpi.unit.as_str())),
            Column::new("model".into(), texts(|one| one.forecast.model)),
            Column::new("history".into(), count(|one| one.history.len())),
            Column::new("compared".into(), count(|one| one.forecast.backtest.compared)),
            Column::new("coverage".into(), number(&|one, _| one.forecast.backtest.coverage)),
            Column::new("error".into(), number(&|one, _| one.forecast.backtest.mean_absolute_error)),
            Column::new("naive_error".into(), number(&|one, _| one.forecast.backtest.naive_error)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::catalogue::CATALOGUE;
    use crate::kpi::period::Period;
    use crate::kpi::statistic::Estimate;

    fn series(name: &str, values: &[Option<f64>]) -> KpiTable {
        let kpi = CATALOGUE.iter().find(|kpi| kpi.name == name).expect("a KPI");
        let start: Day = "2023-01-01".parse().expect("a day");
        let mut first = start;
        let rows = values.iter().map(|value| {
            let end = PeriodKind::Month.next(first);
            let period = Period { start: std::mem::replace(&mut first, end), end, partial: false };
            let estimate = Estimate { value: *value, ..Estimate::default() };
            let status = if value.is_some() { Status::Ok } else { Status::Partial };
            KpiRow::new(kpi, period, estimate, status)
        });
        KpiTable { rows: rows.collect() }
    }

    fn of(table: &KpiTable) -> Outlook {
        outlook(table, &MAIN, PeriodKind::Month, WeekStart::Monday, AHEAD)
    }

    #[test]
    fn the_periods_follow_the_latest_complete_one() {
        let values: Vec<Option<f64>> = (0..11).map(|month| Some(100.0 + f64::from(month % 3))).chain([None]).collect();
        let found = of(&series("revenue", &values));
        let expected = &found.expected[0];
        let starts: Vec<String> = expected.periods.iter().map(|(start, _)| start.to_string()).collect();
        assert_eq!(starts, ["2023-12-01", "2024-01-01", "2024-02-01"]);
        assert_eq!((expected.history.len(), found.frame().expect("a frame").height()), (11, 3));
    }

    #[test]
    fn a_gap_ends_the_course_and_too_short_a_one_is_said() {
        let values: Vec<Option<f64>> = (0..12).map(|month| (month != 6).then_some(0.2)).collect();
        let found = of(&series("churn_rate", &values));
        assert!(found.expected.is_empty());
        assert_eq!(found.too_short, [("churn_rate", 5)]);
    }

    #[test]
    fn a_share_stays_a_share() {
        let values: Vec<Option<f64>> = (0..12).map(|month| Some(0.99 - 0.08 * f64::from(month % 2))).collect();
        let found = of(&series("retention_rate", &values));
        assert!(found.expected[0].forecast.periods.iter().all(|point| point.high <= 1.0 && point.low >= 0.0));
    }
}

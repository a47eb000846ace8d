//! The result: one row per KPI, period and part, with the contract's columns.

use polars::prelude::*;

use super::benchmark::Judgement;
use super::control::{Control, Side};
use super::definition::Kpi;
use super::interval;
use super::period::Period;
use super::statistic::Estimate;
use crate::time::Day;

/// Whether a value can be relied on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Whole period, covered by the data.
    Ok,
    /// The period is not over, or clipped, or not covered to its end.
    Partial,
    /// No value, and why.
    Unavailable(String),
}

/// A difference with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// New value minus old value.
    pub value: f64,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// One row of `kpis.parquet`.
#[derive(Debug, Clone)]
pub struct KpiRow {
    /// The KPI.
    pub kpi: &'static Kpi,
    /// The period.
    pub period: Period,
    /// Segment and value; `None` for the whole.
    pub segment: Option<(String, String)>,
    /// Value, parts, interval.
    pub estimate: Estimate,
    /// Whether it can be relied on.
    pub status: Status,
    /// Against the previous period.
    pub change: Option<Change>,
    /// Against the same period of the year before.
    pub change_year: Option<Change>,
    /// Against the target.
    pub judgement: Option<Judgement>,
    /// Against the limits of its own course.
    pub control: Option<Control>,
}

/// All rows, sorted by KPI, segment, value and period.
#[derive(Debug, Clone, Default)]
pub struct KpiTable {
    /// The rows.
    pub rows: Vec<KpiRow>,
}

impl Status {
    /// As the contract spells it.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Ok => "ok".to_owned(),
            Self::Partial => "partial".to_owned(),
            Self::Unavailable(why) => format!("unavailable:{why}"),
        }
    }
}

impl KpiRow {
    /// A row without a value, and why.
    #[must_use]
    pub fn unavailable(kpi: &'static Kpi, period: Period, why: &str) -> Self {
        let status = Status::Unavailable(why.to_owned());
        Self::new(kpi, period, Estimate::default(), status)
    }

    /// A row of the whole that is compared with nothing.
    #[must_use]
    pub const fn new(kpi: &'static Kpi, period: Period, estimate: Estimate, status: Status) -> Self {
        Self {
            kpi,
            period,
            segment: None,
            estimate,
            status,
            change: None,
            change_year: None,
            judgement: None,
            control: None,
        }
    }

    /// On which side the value left its limits.
    #[must_use]
    pub fn alert(&self) -> Option<Side> {
        self.control?.alert
    }
}

impl Change {
    /// The change between two estimates, if both have a value.
    #[must_use]
    pub fn between(new: &Estimate, old: &Estimate) -> Option<Self> {
        let (value, old_value) = (new.value?, old.value?);
        let bounds = |estimate: &Estimate| Some((estimate.value?, estimate.low?, estimate.high?));
        let interval = bounds(new).zip(bounds(old)).map(|(new, old)| interval::difference(new, old));
        Some(Self { value: value - old_value, low: interval.map(|i| i.0), high: interval.map(|i| i.1) })
    }

    /// Whether it is larger than noise: its interval excludes zero.
    #[must_use]
    pub fn is_beyond_noise(&self) -> bool {
        self.low.is_some_and(|low| low > 0.0) || self.high.is_some_and(|high| high < 0.0)
    }
}

impl KpiTable {
    /// The rows as `kpis.parquet` holds them; behind the contract's columns stand the change's interval, whether it
    /// is beyond noise, the change against the same period of the year before, the rule behind the verdict, and the
    /// limits within which its own course lets expect the value, with the side on which it left them.
    ///
    /// # Errors
    /// None that data can cause: all columns have the same length.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let number = |of: fn(&KpiRow) -> Option<f64>| self.rows.iter().map(of).collect::<Vec<Option<f64>>>();
        let text = |of: fn(&KpiRow) -> Option<String>| self.rows.iter().map(of).collect::<Vec<Option<String>>>();
        let change = |of: fn(&Change) -> Option<f64>| {
            self.rows.iter().map(|row| row.change.as_ref().and_then(of)).collect::<Vec<Option<f64>>>()
        };
        let n: Vec<u64> = self.rows.iter().map(|row| row.estimate.n).collect();
        let beyond: Vec<Option<bool>> =
            self.rows.iter().map(|row| row.change.as_ref().map(Change::is_beyond_noise)).collect();
        DataFrame::new_infer_height(vec![
            Column::new("kpi".into(), text(|row| Some(row.kpi.name.to_owned()))),
            self.days("period_start", |row| row.period.start)?,
            self.days("period_end", |row| row.period.end)?,
            Column::new("segment".into(), text(|row| row.segment.as_ref().map(|(segment, _)| segment.clone()))),
            Column::new("segment_value".into(), text(|row| row.segment.as_ref().map(|(_, value)| value.clone()))),
            Column::new("value".into(), number(|row| row.estimate.value)),
            Column::new("numerator".into(), number(|row| row.estimate.numerator)),
            Column::new("denominator".into(), number(|row| row.estimate.denominator)),
            Column::new("n".into(), n),
            Column::new("low".into(), number(|row| row.estimate.low)),
            Column::new("high".into(), number(|row| row.estimate.high)),
            Column::new("unit".into(), text(|row| Some(row.kpi.unit.as_str().to_owned()))),
            Column::new("status".into(), text(|row| Some(row.status.text()))),
            Column::new("change".into(), change(|change| Some(change.value))),
            Column::new(
                "benchmark".into(),
                text(|row| row.judgement.as_ref().map(|judged| judged.verdict.as_str().to_owned())),
            ),
            Column::new("definition".into(), text(|row| Some(row.kpi.hash()))),
            Column::new("change_low".into(), change(|change| change.low)),
            Column::new("change_high".into(), change(|change| change.high)),
            Column::new("change_beyond_noise".into(), beyond),
            Column::new("change_year".into(), number(|row| row.change_year.map(|change| change.value))),
            Column::new("change_year_low".into(), number(|row| row.change_year.and_then(|change| change.low))),
            Column::new("change_year_high".into(), number(|row| row.change_year.and_then(|change| change.high))),
            Column::new("benchmark_rule".into(), text(|row| row.judgement.as_ref().map(|judged| judged.rule.clone()))),
            Column::new("control_low".into(), number(|row| row.control.map(|control| control.low))),
            Column::new("control_high".into(), number(|row| row.control.map(|control| control.high))),
            Column::new("alert".into(), text(|row| row.alert().map(|side| side.as_str().to_owned()))),
        ])
    }

    fn days(&self, name: &str, of: fn(&KpiRow) -> Day) -> PolarsResult<Column> {
        let days: Vec<i32> = self.rows.iter().map(|row| of(row).epoch_days()).collect();
        Column::new(name.into(), days).cast(&DataType::Date)
    }
}

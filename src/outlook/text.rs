//! The outlook as people read it, in 80 columns, and as a table for programs.

use std::fmt::Write as _;

use super::{Expected, Outlook};
use crate::kpi::shown;
use crate::report::{Align, Cell, Table, percent, sparkline};

impl Outlook {
    /// Per KPI its course and what is expected, then how earlier forecasts did.
    #[must_use]
    pub fn text(&self) -> String {
        let mut table = Table::new(&[
            ("kpi", Align::Left),
            ("until now", Align::Left),
            ("from", Align::Left),
            ("expected", Align::Right),
            ("95 %", Align::Right),
        ]);
        for one in &self.expected {
            for (step, ((start, _), point)) in one.periods.iter().zip(&one.forecast.periods).enumerate() {
                let (name, course) = if step == 0 { (one.kpi.name, course(one)) } else { ("", String::new()) };
                let interval = format!("{} to {}", shown(one.kpi, point.low), shown(one.kpi, point.high));
                let value = shown(one.kpi, point.value);
                table.row([name.into(), course.into(), start.to_string().into(), value.into(), interval.into()]);
            }
        }
        let mut text = if self.expected.is_empty() { String::new() } else { table.text() + "\n" + &self.record() };
        for (name, length) in &self.too_short {
            let _ = writeln!(text, "{name}: {length} complete periods in a row are too few to go by");
        }
        if text.is_empty() { "no KPI has a course to go by\n".to_owned() } else { text }
    }

    /// How forecasts made from earlier origins did.
    fn record(&self) -> String {
        let mut table = Table::new(&[
            ("earlier forecasts", Align::Left),
            ("model", Align::Left),
            ("periods", Align::Right),
            ("compared", Align::Right),
            ("held", Align::Right),
            ("missed by", Align::Right),
            ("as last time", Align::Right),
        ]);
        for one in &self.expected {
            let backtest = one.forecast.backtest;
            table.row([
                one.kpi.name.into(),
                one.forecast.model.into(),
                Cell::count(one.history.len() as u64),
                Cell::count(backtest.compared as u64),
                percent(backtest.coverage).into(),
                shown(one.kpi, backtest.mean_absolute_error).into(),
                shown(one.kpi, backtest.naive_error).into(),
            ]);
        }
        table.text()
    }

    /// The rows of `forecasts.parquet`, for programs.
    #[must_use]
    pub fn table(&self) -> Table {
        let right = |name| (name, Align::Right);
        let mut table = Table::new(&[
            ("kpi", Align::Left),
            ("period_start", Align::Left),
            ("period_end", Align::Left),
            right("value"),
            right("low"),
            right("high"),
            ("unit", Align::Left),
            ("model", Align::Left),
            right("history"),
            right("compared"),
            right("coverage"),
            right("error"),
            right("naive_error"),
        ]);
        for one in &self.expected {
            let backtest = one.forecast.backtest;
            for ((start, end), point) in one.periods.iter().zip(&one.forecast.periods) {
                let number = |value: f64| Cell::number(value, 2);
                table.row([
                    one.kpi.name.into(),
                    start.to_string().into(),
                    end.to_string().into(),
                    number(point.value),
                    number(point.low),
                    number(point.high),
                    one.kpi.unit.as_str().into(),
                    one.forecast.model.into(),
                    Cell::count(one.history.len() as u64),
                    Cell::count(backtest.compared as u64),
                    Cell::percent(backtest.coverage),
                    number(backtest.mean_absolute_error),
                    number(backtest.naive_error),
                ]);
            }
        }
        table
    }
}

/// The last periods as a small picture.
fn course(one: &Expected) -> String {
    let recent = &one.history[one.history.len().saturating_sub(12)..];
    sparkline(&recent.iter().map(|value| Some(*value)).collect::<Vec<_>>())
}

//! Journeys as frames: `journey --format parquet`.
//!
//! The funnel's columns are those of [`super::table`]; transitions and repeat rates carry the same three columns of the
//! part (`segment`, `segment_value`, `period_start`).

use polars::prelude::*;

use super::table::{AFTER, FunnelStep, Part};
use super::{Error, Journeys};

impl Journeys {
    /// Every step of every funnel.
    ///
    /// # Errors
    /// Never in practice: all columns have one length.
    pub fn funnel_frame(&self) -> Result<DataFrame, Error> {
        let steps = &self.funnel;
        let text = |pick: fn(&FunnelStep) -> String| steps.iter().map(pick).collect::<Vec<_>>();
        let count = |pick: fn(&FunnelStep) -> u64| steps.iter().map(pick).collect::<Vec<_>>();
        let number = |pick: fn(&FunnelStep) -> Option<f64>| steps.iter().map(pick).collect::<Vec<_>>();
        let mut columns = vec![
            Column::new("journey".into(), text(|step| step.journey.clone())),
            Column::new("scope".into(), text(|step| step.scope.name())),
        ];
        columns.extend(part_columns(steps.iter().map(|step| &step.part))?);
        columns.extend([
            Column::new("step_number".into(), count(|step| step.number as u64)),
            Column::new("step".into(), text(|step| step.step.clone())),
            Column::new("reached".into(), count(|step| step.reached)),
            Column::new("share_of_first".into(), number(|step| Some(step.share_of_first))),
            Column::new("share_of_previous".into(), number(|step| step.share_of_previous)),
            Column::new("low".into(), number(|step| step.interval.map(|interval| interval.low))),
            Column::new("high".into(), number(|step| step.interval.map(|interval| interval.high))),
            Column::new("dropped".into(), count(|step| step.dropped)),
            Column::new("median_seconds".into(), number(|step| step.median_seconds)),
            Column::new("value_left".into(), number(|step| step.value_left)),
        ]);
        DataFrame::new_infer_height(columns).map_err(Error::Frame)
    }

    /// What comes next after each step.
    ///
    /// # Errors
    /// Never in practice: all columns have one length.
    pub fn transition_frame(&self) -> Result<DataFrame, Error> {
        let found = || self.transitions.iter();
        let mut columns = vec![Column::new("journey".into(), found().map(|row| row.0.clone()).collect::<Vec<_>>())];
        columns.extend(part_columns(found().map(|row| &row.1))?);
        columns.extend([
            Column::new("step".into(), found().map(|row| row.2.step.clone()).collect::<Vec<_>>()),
            Column::new("next".into(), found().map(|row| row.2.next.clone()).collect::<Vec<_>>()),
            Column::new("count".into(), found().map(|row| row.2.count).collect::<Vec<_>>()),
            Column::new("share".into(), found().map(|row| row.2.share).collect::<Vec<_>>()),
        ]);
        DataFrame::new_infer_height(columns).map_err(Error::Frame)
    }

    /// Repeat rates after purchases, all and by whether a ticket followed.
    ///
    /// # Errors
    /// Never in practice: all columns have one length.
    pub fn purchase_frame(&self) -> Result<DataFrame, Error> {
        let told = |supported: Option<u64>| if supported.is_some() { AFTER.len() } else { 1 };
        let rows: Vec<_> = self
            .after_purchase
            .iter()
            .flat_map(|(part, found)| {
                AFTER.into_iter().zip(found.repeat_rates()).take(told(found.supported)).map(move |row| (part, row))
            })
            .collect();
        let interval = |pick: fn(crate::stats::Interval) -> f64| {
            rows.iter().map(|(_, (_, (_, _, interval)))| interval.map(pick)).collect::<Vec<_>>()
        };
        let rate = |(repeated, n): (u64, u64)| (n > 0).then(|| repeated as f64 / n as f64);
        let mut columns = vec![Column::new("purchases".into(), rows.iter().map(|row| row.1.0).collect::<Vec<_>>())];
        columns.extend(part_columns(rows.iter().map(|row| row.0))?);
        columns.extend([
            Column::new("n".into(), rows.iter().map(|row| row.1.1.1).collect::<Vec<_>>()),
            Column::new("repeated".into(), rows.iter().map(|row| row.1.1.0).collect::<Vec<_>>()),
            Column::new("repeat_rate".into(), rows.iter().map(|row| rate((row.1.1.0, row.1.1.1))).collect::<Vec<_>>()),
            Column::new("low".into(), interval(|interval| interval.low)),
            Column::new("high".into(), interval(|interval| interval.high)),
        ]);
        DataFrame::new_infer_height(columns).map_err(Error::Frame)
    }
}

fn part_columns<'a>(parts: impl Iterator<Item = &'a Part> + Clone) -> Result<[Column; 3], Error> {
    let segment = parts.clone().map(|part| part.segment.as_ref().map(|(name, _)| name.clone()));
    let value = parts.clone().map(|part| part.segment.as_ref().map(|(_, value)| value.clone()));
    let start = parts.map(|part| part.period_start.map(crate::time::Day::epoch_days));
    let start = Column::new("period_start".into(), start.collect::<Vec<Option<i32>>>());
    Ok([
        Column::new("segment".into(), segment.collect::<Vec<_>>()),
        Column::new("segment_value".into(), value.collect::<Vec<_>>()),
        start.cast(&DataType::Date).map_err(Error::Frame)?,
    ])
}

//! Journeys as rows.
//!
//! Funnel columns: `journey`, `scope` (`visit`, `customer`, `within_N_days`), `segment`, `segment_value`,
//! `period_start`, `step_number` (from 1), `step`, `reached`, `share_of_first`, `share_of_previous` with its 95 % Wilson
//! interval `low`, `high`, `dropped`, `median_seconds` since the step before, `value_left` by those who stopped here.

use serde_json::{Value, json};

use super::funnel::{Scope, Sums};
use super::next::{AfterPurchase, Transition};
use super::steps::Step;
use crate::report::{Align, Cell, Table};
use crate::stats::{Interval, wilson};
use crate::time::Day;

/// Purchases by what followed them.
pub(super) const AFTER: [&str; 3] = ["all", "followed by a ticket", "not followed by a ticket"];

/// One step of one funnel.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelStep {
    /// The journey's name.
    pub journey: String,
    /// Over what the funnel is measured.
    pub scope: Scope,
    /// Of whom and when.
    pub part: Part,
    /// From 1.
    pub number: usize,
    /// The step, as written.
    pub step: String,
    /// Visits or customers that got here.
    pub reached: u64,
    /// Of those who began.
    pub share_of_first: f64,
    /// Of those who reached the step before; none for the first step or where nobody did.
    pub share_of_previous: Option<f64>,
    /// Its 95 % Wilson interval.
    pub interval: Option<Interval>,
    /// Got here and no further; 0 at the last step.
    pub dropped: u64,
    /// Median seconds since the step before.
    pub median_seconds: Option<f64>,
    /// Value of what those who stopped here had at this step; none where no values are mapped.
    pub value_left: Option<f64>,
}

/// All journeys asked for.
#[derive(Debug, Clone, Default)]
pub struct Journeys {
    /// Steps of funnels, by journey, scope, segment, value, period and step.
    pub funnel: Vec<FunnelStep>,
    /// Journey, part and transition, by journey, part and step.
    pub transitions: Vec<(String, Part, Transition)>,
    /// What followed purchases, by part; empty where the tables do not say what a purchase is.
    pub after_purchase: Vec<(Part, AfterPurchase)>,
}

/// A part of what is measured: a segment's value, a period, both, or neither for the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Segment and its value; none for all customers.
    pub segment: Option<(String, String)>,
    /// First day of the period; none for all time.
    pub period_start: Option<Day>,
}

impl Part {
    /// Whether it is everything.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }

    /// ` · region = north · from 2025-01-01`; nothing for the whole.
    pub(super) fn heading(&self) -> String {
        let segment = self.segment.as_ref().map(|(name, value)| format!(" · {name} = {value}"));
        let period = self.period_start.map(|start| format!(" · from {start}"));
        segment.into_iter().chain(period).collect()
    }

    fn cells(&self) -> [Cell; 3] {
        let text = |text: Option<&String>| text.map_or_else(Cell::none, |text| text.as_str().into());
        [
            text(self.segment.as_ref().map(|(name, _)| name)),
            text(self.segment.as_ref().map(|(_, value)| value)),
            self.period_start.map_or_else(Cell::none, |day| day.to_string().into()),
        ]
    }
}

pub(super) fn funnel_steps(
    journey: &str,
    scope: Scope,
    part: &Part,
    steps: &[Step],
    sums: &Sums,
    has_values: bool,
) -> Vec<FunnelStep> {
    let reached = |step: usize| sums.reached.get(step).copied().unwrap_or(0);
    let of_step = |(position, step): (usize, &Step)| {
        let (here, before) = (reached(position), position.checked_sub(1).map(reached));
        let before = before.filter(|before| *before > 0);
        FunnelStep {
            journey: journey.to_owned(),
            scope,
            part: part.clone(),
            number: position + 1,
            step: step.name.clone(),
            reached: here,
            share_of_first: here as f64 / reached(0).max(1) as f64,
            share_of_previous: before.map(|before| here as f64 / before as f64),
            interval: before.and_then(|before| wilson(here as f64, before as f64, 0.95)),
            dropped: if position + 1 < steps.len() { here - reached(position + 1) } else { 0 },
            median_seconds: if position > 0 { sums.median_seconds(position) } else { None },
            value_left: has_values.then(|| sums.left[position].value()),
        }
    };
    steps.iter().enumerate().map(of_step).collect()
}

impl Journeys {
    /// Every step of every funnel, for programs.
    #[must_use]
    pub fn funnel_table(&self) -> Table {
        let (left, right) = (Align::Left, Align::Right);
        let mut table = Table::new(&[
            ("journey", left),
            ("scope", left),
            ("segment", left),
            ("segment_value", left),
            ("period_start", left),
            ("step_number", right),
            ("step", left),
            ("reached", right),
            ("share_of_first", right),
            ("share_of_previous", right),
            ("low", right),
            ("high", right),
            ("dropped", right),
            ("median_seconds", right),
            ("value_left", right),
        ]);
        for step in &self.funnel {
            table.row(funnel_cells(step));
        }
        table
    }

    /// What comes next after each step.
    #[must_use]
    pub fn transition_table(&self) -> Table {
        let (left, right) = (Align::Left, Align::Right);
        let mut table = Table::new(&[
            ("journey", left),
            ("segment", left),
            ("segment_value", left),
            ("period_start", left),
            ("step", left),
            ("next", left),
            ("count", right),
            ("share", right),
        ]);
        for (journey, part, found) in &self.transitions {
            let next = found.next.as_deref().map_or_else(|| Cell::new("(end of visit)", Value::Null), Cell::from);
            let cells = [found.step.as_str().into(), next, Cell::count(found.count), Cell::percent(found.share)];
            table.row([journey.as_str().into()].into_iter().chain(part.cells()).chain(cells));
        }
        table
    }

    /// Repeat rates after purchases.
    #[must_use]
    pub fn purchase_table(&self) -> Table {
        let (left, right) = (Align::Left, Align::Right);
        let mut table = Table::new(&[
            ("purchases", left),
            ("segment", left),
            ("segment_value", left),
            ("period_start", left),
            ("n", right),
            ("repeated", right),
            ("repeat_rate", right),
            ("low", right),
            ("high", right),
        ]);
        let end = |interval: Option<Interval>, pick: fn(Interval) -> f64| {
            interval.map_or_else(Cell::none, |interval| Cell::percent(pick(interval)))
        };
        for (part, found) in &self.after_purchase {
            let told = if found.supported.is_some() { AFTER.len() } else { 1 };
            for (name, (repeated, n, interval)) in AFTER.into_iter().zip(found.repeat_rates()).take(told) {
                let rate = if n > 0 { Cell::percent(repeated as f64 / n as f64) } else { Cell::none() };
                let cells =
                    [Cell::count(n), Cell::count(repeated), rate, end(interval, |i| i.low), end(interval, |i| i.high)];
                table.row([name.into()].into_iter().chain(part.cells()).chain(cells));
            }
        }
        table
    }

    /// Everything as JSON: `rows` are the funnel's steps.
    #[must_use]
    pub fn json(&self) -> Value {
        let rows = |table: Table| table.json()["rows"].take();
        json!({
            "rows": rows(self.funnel_table()),
            "transitions": rows(self.transition_table()),
            "after_purchase": rows(self.purchase_table()),
        })
    }

    /// Everything as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let tables = [self.funnel_table(), self.transition_table(), self.purchase_table()];
        let tables: Vec<String> = tables.iter().filter(|table| !table.is_empty()).map(Table::markdown).collect();
        tables.join("\n")
    }
}

fn funnel_cells(step: &FunnelStep) -> Vec<Cell> {
    let [segment, value, period] = step.part.cells();
    let share = |share: Option<f64>| share.map_or_else(Cell::none, Cell::percent);
    vec![
        step.journey.as_str().into(),
        step.scope.name().into(),
        segment,
        value,
        period,
        Cell::count(step.number as u64),
        step.step.as_str().into(),
        Cell::count(step.reached),
        Cell::percent(step.share_of_first),
        share(step.share_of_previous),
        share(step.interval.map(|interval| interval.low)),
        share(step.interval.map(|interval| interval.high)),
        Cell::count(step.dropped),
        step.median_seconds.map_or_else(Cell::none, |seconds| Cell::number(seconds, 0)),
        step.value_left.map_or_else(Cell::none, |value| Cell::number(value, 2)),
    ]
}

//! Journeys as rows, and as text for people.
//!
//! Funnel columns: `journey`, `scope` (`visit`, `customer`, `within_N_days`), `segment`, `segment_value`,
//! `period_start`, `step_number` (from 1), `step`, `reached`, `share_of_first`, `share_of_previous` with its 95 % Wilson
//! interval `low`, `high`, `dropped`, `median_seconds` since the step before, `value_left` by those who stopped here.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::funnel::{Group, Scope, Sums};
use super::next::{AfterPurchase, REPEAT_DAYS, SUPPORT_DAYS, Transition};
use super::period::Period;
use super::steps::Step;
use crate::report::{Align, Cell, Table, count, decimals, percent, share_bar};
use crate::stats::{Interval, wilson};
use crate::time::Day;

/// One step of one funnel.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelStep {
    /// The journey's name.
    pub journey: String,
    /// Over what the funnel is measured.
    pub scope: Scope,
    /// Segment and its value; none for all customers.
    pub segment: Option<(String, String)>,
    /// First day of the period; none for all time.
    pub period_start: Option<Day>,
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
    /// Journey and transition, by journey and step.
    pub transitions: Vec<(String, Transition)>,
    /// What followed purchases.
    pub after_purchase: Option<AfterPurchase>,
}

pub(super) struct Part<'a> {
    pub journey: &'a str,
    pub scope: Scope,
    pub segment: Option<&'a str>,
    pub group: &'a Group,
    pub period: Option<Period>,
}

pub(super) fn funnel_steps(part: &Part<'_>, steps: &[Step], sums: &Sums, has_values: bool) -> Vec<FunnelStep> {
    let reached = |step: usize| sums.reached.get(step).copied().unwrap_or(0);
    let of_step = |(position, step): (usize, &Step)| {
        let (here, before) = (reached(position), position.checked_sub(1).map(reached));
        let before = before.filter(|before| *before > 0);
        FunnelStep {
            journey: part.journey.to_owned(),
            scope: part.scope,
            segment: part.segment.zip(part.group.0.as_ref()).map(|(name, value)| (name.to_owned(), value.clone())),
            period_start: part.group.1.filter(|_| part.period.is_some()).map(Day::from_epoch_days),
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
        let mut table =
            Table::new(&[("journey", left), ("step", left), ("next", left), ("count", right), ("share", right)]);
        for (journey, found) in &self.transitions {
            let next = found.next.as_deref().map_or_else(|| Cell::new("(end of visit)", Value::Null), Cell::from);
            let cells = [journey.as_str().into(), found.step.as_str().into(), next];
            table.row(cells.into_iter().chain([Cell::count(found.count), Cell::percent(found.share)]));
        }
        table
    }

    /// Repeat rates after purchases.
    #[must_use]
    pub fn purchase_table(&self) -> Table {
        let (left, right) = (Align::Left, Align::Right);
        let mut table = Table::new(&[
            ("purchases", left),
            ("n", right),
            ("repeated", right),
            ("repeat_rate", right),
            ("low", right),
            ("high", right),
        ]);
        let Some(found) = &self.after_purchase else { return table };
        let names = ["all", "followed by a ticket", "not followed by a ticket"];
        let told = if found.supported.is_some() { 3 } else { 1 };
        for (name, (repeated, n, interval)) in names.into_iter().zip(found.repeat_rates()).take(told) {
            let end =
                |pick: fn(Interval) -> f64| interval.map_or_else(Cell::none, |interval| Cell::percent(pick(interval)));
            let rate = if n > 0 { Cell::percent(repeated as f64 / n as f64) } else { Cell::none() };
            table.row([name.into(), Cell::count(n), Cell::count(repeated), rate, end(|i| i.low), end(|i| i.high)]);
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

    /// Everything for people, in 80 columns.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let alike = |a: &FunnelStep, b: &FunnelStep| b.number > a.number;
        for funnel in self.funnel.chunk_by(alike) {
            text += &funnel_text(funnel);
        }
        for journey in self.transitions.chunk_by(|a, b| a.0 == b.0) {
            text += &transition_text(journey);
        }
        if let Some(found) = &self.after_purchase {
            text += &purchase_text(found);
        }
        text
    }
}

fn funnel_cells(step: &FunnelStep) -> Vec<Cell> {
    let text = |text: Option<&String>| text.map_or_else(Cell::none, |text| text.as_str().into());
    let share = |share: Option<f64>| share.map_or_else(Cell::none, Cell::percent);
    vec![
        step.journey.as_str().into(),
        step.scope.name().into(),
        text(step.segment.as_ref().map(|(name, _)| name)),
        text(step.segment.as_ref().map(|(_, value)| value)),
        step.period_start.map_or_else(Cell::none, |day| day.to_string().into()),
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

fn funnel_text(funnel: &[FunnelStep]) -> String {
    let Some(first) = funnel.first() else { return String::new() };
    let mut text = format!("{} · {}", first.journey, first.scope.name().replace('_', " "));
    if let Some((segment, value)) = &first.segment {
        let _ = write!(text, " · {segment} = {value}");
    }
    if let Some(start) = first.period_start {
        let _ = write!(text, " · from {start}");
    }
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("step", left),
        ("reached", right),
        ("of first", left),
        ("", right),
        ("of previous", right),
        ("median wait", right),
        ("value left", right),
    ]);
    for step in funnel {
        table.row([
            clipped(&step.step).into(),
            Cell::count(step.reached),
            share_bar(step.share_of_first, 12).into(),
            percent(step.share_of_first).into(),
            step.share_of_previous.map_or_else(Cell::none, Cell::percent),
            step.median_seconds.map_or_else(Cell::none, |seconds| span(seconds).into()),
            step.value_left.filter(|_| step.dropped > 0).map_or_else(Cell::none, |value| Cell::number(value, 0)),
        ]);
    }
    format!("{text}\n{}\n", table.text())
}

fn transition_text(transitions: &[(String, Transition)]) -> String {
    let Some((journey, _)) = transitions.first() else { return String::new() };
    let mut table = Table::new(&[
        ("after", Align::Left),
        ("next in the visit", Align::Left),
        ("times", Align::Right),
        ("share", Align::Right),
    ]);
    for (_, found) in transitions {
        let next = found.next.as_deref().map_or_else(|| "(end of visit)".to_owned(), clipped);
        table.row([clipped(&found.step).into(), next.into(), Cell::count(found.count), Cell::percent(found.share)]);
    }
    format!("{journey} · what comes next\n{}\n", table.text())
}

fn purchase_text(found: &AfterPurchase) -> String {
    let rate = |(repeated, n, interval): (u64, u64, Option<Interval>)| match interval {
        Some(Interval { low, high }) => {
            let rate = percent(repeated as f64 / n as f64);
            format!("{rate} (95 % {}–{})", decimals(low * 100.0, 1), decimals(high * 100.0, 1))
        }
        None => "–".to_owned(),
    };
    let [all, with, without] = found.repeat_rates();
    let mut text = format!("after a purchase ({} whose {REPEAT_DAYS} days are over)\n", count(found.purchases));
    let _ = writeln!(text, "  bought again within {REPEAT_DAYS} days: {}", rate(all));
    if let Some(supported) = found.supported {
        let _ = writeln!(
            text,
            "  needed support within {SUPPORT_DAYS} days: {}",
            rate((supported, found.purchases, wilson(supported as f64, found.purchases as f64, 0.95)))
        );
        let _ = writeln!(text, "  bought again with support {}, without {}", rate(with), rate(without));
    }
    text
}

/// A name that fits into its column.
fn clipped(name: &str) -> String {
    if name.chars().count() <= 18 { name.to_owned() } else { name.chars().take(17).chain(['…']).collect() }
}

/// Seconds as people say them: `45 s`, `3.2 min`, `5.0 h`, `12.5 days`.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{} s", decimals(s, 0)),
        s if s < 5400.0 => format!("{} min", decimals(s / 60.0, 1)),
        s if s < 172_800.0 => format!("{} h", decimals(s / 3600.0, 1)),
        s => format!("{} days", decimals(s / 86_400.0, 1)),
    }
}

//! Cohorts: what became of those who came together. This is `cohorts.parquet`.
//!
//! A cohort holds the customers who signed up (or, without a sign-up, were first seen) in a month, or in a week where
//! `[kpi] cohorts = "week"`. One row per cell, by `measure`:
//! - `retention`: share of the cohort active in the month (or week) `age` months after its own (a qualifying row in it, or a
//!   subscription open at its end);
//! - `revenue`: net revenue of the cohort in that month; `ltv`: net revenue per customer of the cohort up to its end;
//! - `n_day`: share active exactly `age` days after their first day; `bracket`: on any day from the previous mark up to
//!   `age`; `unbounded`: on that day or any later one;
//! - `survival`: Kaplan–Meier share still there `age` days after the first day, by segment, with late entry: who was
//!   there before the data begin is at risk only from then on. `n` is the number at risk.
//!
//! Columns: measure, cohort (its first day; null for survival), segment, `segment_value`, age, `age_unit`, n (size of
//! the cohort, or at risk), count, value, low, high, status. Cells whose time is not over are null, `unavailable:not_over`.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame, DataType, PolarsResult};

use super::facts::{Course, Store};
use super::interval;
use super::period::PeriodKind;
use super::segment::Grouping;
use super::survival::{self, Spell};
use crate::project::{CohortLength, Project, WeekStart};
use crate::stats::ExactSum;
use crate::time::Day;

/// Days after the first at which customers are looked for.
const MARKS: [i32; 6] = [1, 7, 14, 30, 60, 90];
/// Spacing of the survival curve, in days.
const SURVIVAL_STEP: i32 = 30;

/// One cell.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What is measured.
    pub measure: &'static str,
    /// First day of the cohort.
    pub cohort: Option<Day>,
    /// Segment and value.
    pub segment: Option<(String, String)>,
    /// Months or days after the beginning.
    pub age: i32,
    /// Customers of the cohort, or at risk.
    pub n: u64,
    /// Customers that are still there; `None` for money.
    pub count: Option<u64>,
    /// The value; `None` while not over.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
}

/// How long a cohort is, and a step of its age.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    kind: PeriodKind,
    week_start: WeekStart,
}

/// Sums of one cohort.
#[derive(Debug, Clone, Default)]
struct Sums {
    size: u64,
    active: Vec<u64>,
    revenue: Vec<ExactSum>,
    marks: [[u64; MARKS.len()]; 3],
}

/// All cells as of a day. `with_orders`: whether there is revenue; `data_start`: first day of the data.
#[must_use]
pub fn compute(
    store: &Store,
    as_of: Day,
    length: Length,
    groupings: &[Grouping],
    with_orders: bool,
    data_start: Option<Day>,
) -> Vec<Cell> {
    let mut cohorts: BTreeMap<Day, Sums> = BTreeMap::new();
    let mut spells: BTreeMap<(usize, u32), Vec<Spell>> = BTreeMap::new();
    let start = data_start.map_or(i32::MIN, Day::epoch_days);
    store.for_each_customer(|subject, course, first| {
        let Some(first) = first.filter(|first| *first < as_of.epoch_days()) else { return };
        let cohort = length.cohort(Day::from_epoch_days(first));
        add(cohorts.entry(cohort).or_default(), course, first, length.periods(cohort, as_of));
        let Some(life) = course.life_at(first, as_of.epoch_days()) else { return };
        let entry = start.saturating_sub(first).max(0);
        let spell = Spell { entry: f64::from(entry), exit: f64::from(life.days), over: life.over };
        for (segment, grouping) in
            groupings.iter().enumerate().map(|(at, grouping)| (at + 1, Some(grouping))).chain([(0, None)])
        {
            let code = grouping.map_or(0, |grouping| grouping.codes[subject]);
            spells.entry((segment, code)).or_default().push(spell);
        }
    });
    let mut cells = Vec::new();
    for (cohort, sums) in &cohorts {
        triangle(*cohort, sums, as_of, length, with_orders, &mut cells);
        marks(*cohort, sums, as_of, length, &mut cells);
    }
    for ((segment, code), spells) in &spells {
        let grouping = segment.checked_sub(1).map(|at| &groupings[at]);
        let part = grouping.map(|grouping| (grouping.name.clone(), grouping.labels[*code as usize].clone()));
        survival(part.as_ref(), spells, &mut cells);
    }
    cells
}

impl Length {
    /// As the project file says.
    #[must_use]
    pub const fn of(project: &Project) -> Self {
        let kind = match project.kpi.cohorts {
            CohortLength::Week => PeriodKind::Week,
            CohortLength::Month => PeriodKind::Month,
        };
        Self { kind, week_start: project.project.week_start }
    }

    fn cohort(self, day: Day) -> Day {
        self.kind.start(day, self.week_start)
    }

    /// Periods from a cohort's on, whole or under way at `as_of`.
    fn periods(self, cohort: Day, as_of: Day) -> impl Iterator<Item = (Day, Day)> {
        std::iter::successors(Some(cohort), move |start| Some(self.kind.next(*start)))
            .map(move |start| (start, self.kind.next(start)))
            .take_while(move |(start, _)| *start < as_of)
    }
}

fn add(sums: &mut Sums, course: &Course<'_>, first: i32, periods: impl Iterator<Item = (Day, Day)>) {
    sums.size += 1;
    for (age, (start, end)) in periods.enumerate() {
        if sums.active.len() <= age {
            sums.active.push(0);
            sums.revenue.push(ExactSum::ZERO);
        }
        let (start, end) = (start.epoch_days(), end.epoch_days());
        let active = course.active_days_between(start, end) > 0 || course.is_subscribed_at(end);
        sums.active[age] += u64::from(active);
        sums.revenue[age] += course.revenue_between(start, end);
    }
    let mut previous = 0;
    for (at, mark) in MARKS.into_iter().enumerate() {
        let day = first + mark;
        let seen = [
            course.active_days_between(day, day + 1),
            course.active_days_between(first + previous + 1, day + 1),
            course.active_days_between(day, i32::MAX),
        ];
        for (counts, seen) in sums.marks.iter_mut().zip(seen) {
            counts[at] += u64::from(seen > 0);
        }
        previous = mark;
    }
}

fn triangle(cohort: Day, sums: &Sums, as_of: Day, length: Length, with_orders: bool, cells: &mut Vec<Cell>) {
    let mut to_date = ExactSum::ZERO;
    for ((((_, end), active), revenue), age) in
        length.periods(cohort, as_of).zip(&sums.active).zip(&sums.revenue).zip(0..)
    {
        let over = end <= as_of;
        to_date += *revenue;
        cells.push(share("retention", cohort, age, *active, sums.size, over));
        let money =
            |measure, value: f64| Cell { value: over.then_some(value), ..cell(measure, cohort, age, sums.size) };
        if with_orders {
            cells.push(money("revenue", revenue.value()));
            cells.push(money("ltv", to_date.value() / sums.size as f64));
        }
    }
}

fn marks(cohort: Day, sums: &Sums, as_of: Day, length: Length, cells: &mut Vec<Cell>) {
    let end = length.kind.next(cohort);
    for (measure, counts) in ["n_day", "bracket", "unbounded"].into_iter().zip(sums.marks) {
        for (mark, count) in MARKS.into_iter().zip(counts) {
            cells.push(share(measure, cohort, mark, count, sums.size, end.plus(mark) <= as_of));
        }
    }
}

fn survival(part: Option<&(String, String)>, spells: &[Spell], cells: &mut Vec<Cell>) {
    let curve = survival::curve(spells);
    let longest = spells.iter().map(|spell| spell.exit).fold(0.0, f64::max);
    let mut age = 0;
    while f64::from(age) <= longest {
        let day = f64::from(age);
        let step = curve.iter().rev().find(|step| step.time <= day);
        let at_risk = spells.iter().filter(|spell| spell.entry <= day && spell.exit > day).count() as u64;
        let value = step.map_or(1.0, |step| step.survival);
        let interval = step.map(|step| (step.low, step.high));
        cells.push(Cell {
            measure: "survival",
            cohort: None,
            segment: part.cloned(),
            age,
            n: at_risk,
            count: None,
            value: Some(value),
            interval,
        });
        age += SURVIVAL_STEP;
    }
}

fn cell(measure: &'static str, cohort: Day, age: i32, n: u64) -> Cell {
    Cell { measure, cohort: Some(cohort), segment: None, age, n, count: None, value: None, interval: None }
}

fn share(measure: &'static str, cohort: Day, age: i32, count: u64, size: u64, over: bool) -> Cell {
    let empty = cell(measure, cohort, age, size);
    if !over || size == 0 {
        return empty;
    }
    let (hits, trials) = (count as f64, size as f64);
    Cell { count: Some(count), value: Some(hits / trials), interval: interval::wilson(hits, trials), ..empty }
}

/// The cells as `cohorts.parquet` holds them.
///
/// # Errors
/// None that data can cause: all columns have the same length.
pub fn frame(cells: &[Cell], length: Length) -> PolarsResult<DataFrame> {
    let text = |name: &str, of: fn(&Cell) -> Option<&str>| {
        Column::new(name.into(), cells.iter().map(of).collect::<Vec<Option<&str>>>())
    };
    let number = |name: &str, of: fn(&Cell) -> Option<f64>| {
        Column::new(name.into(), cells.iter().map(of).collect::<Vec<Option<f64>>>())
    };
    let cohorts: Vec<Option<i32>> = cells.iter().map(|cell| cell.cohort.map(Day::epoch_days)).collect();
    let in_periods = |cell: &Cell| matches!(cell.measure, "retention" | "revenue" | "ltv");
    let unit = |cell: &Cell| if in_periods(cell) { length.kind.as_str() } else { "day" };
    let units: Vec<&str> = cells.iter().map(unit).collect();
    DataFrame::new_infer_height(vec![
        text("measure", |cell| Some(cell.measure)),
        Column::new("cohort".into(), cohorts).cast(&DataType::Date)?,
        text("segment", |cell| cell.segment.as_ref().map(|(segment, _)| segment.as_str())),
        text("segment_value", |cell| cell.segment.as_ref().map(|(_, value)| value.as_str())),
        Column::new("age".into(), cells.iter().map(|cell| cell.age).collect::<Vec<i32>>()),
        Column::new("age_unit".into(), units),
        Column::new("n".into(), cells.iter().map(|cell| cell.n).collect::<Vec<u64>>()),
        Column::new("count".into(), cells.iter().map(|cell| cell.count).collect::<Vec<Option<u64>>>()),
        number("value", |cell| cell.value),
        number("low", |cell| cell.interval.map(|interval| interval.0)),
        number("high", |cell| cell.interval.map(|interval| interval.1)),
        text("status", |cell| Some(if cell.value.is_some() { "ok" } else { "unavailable:not_over" })),
    ])
}

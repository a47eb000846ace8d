//! Funnels: how far customers get, how long it takes, what they leave behind.
//!
//! Three scopes of one journey. Per **visit** and per **customer**, the first row that takes step 1 starts, and each
//! further step is the first row that takes it afterwards; a row takes one step only. **Within** a time limit, every
//! row that takes step 1 may start, the customer counts with the deepest passage that fits (`last − first <` the
//! limit), and starts whose limit is not over as of D do not count, so that recent starters do not look like
//! drop-outs. Rows at the same instant count as following each other in the order of the steps.

use std::collections::BTreeMap;

use super::timeline::{Row, Timeline};
use crate::stats::ExactSum;

/// Over what a funnel is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One visit (session).
    Visit,
    /// All a customer ever did.
    Customer,
    /// All a customer did within so many days of the first step.
    Within(u32),
}

impl Scope {
    /// `visit`, `customer`, `within_7_days`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Visit => "visit".to_owned(),
            Self::Customer => "customer".to_owned(),
            Self::Within(days) => format!("within_{days}_days"),
        }
    }
}

/// How one visit or customer went through the journey.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Passage {
    pub customer: u32,
    /// Local day of the first step.
    pub day: i32,
    /// Times of the steps taken.
    pub times: Vec<i64>,
    /// Value of what took the last step reached, where that was not the last of all.
    pub left: ExactSum,
}

/// Which group a passage counts in: a segment's value, a period's first day.
pub(super) type Group = (Option<String>, Option<i32>);

/// Sums of one group: per step, who reached it, the times since the step before, and the value left there.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    pub reached: Vec<u64>,
    pub microseconds: Vec<Vec<i64>>,
    pub left: Vec<ExactSum>,
}

/// All passages of a journey that began, in one scope.
pub(super) fn passages(timeline: &Timeline, steps: usize, scope: Scope, gap_minutes: u32, as_of: i32) -> Vec<Passage> {
    match scope {
        Scope::Visit => timeline.by_visit(gap_minutes).iter().filter_map(|rows| walk(rows, steps)).collect(),
        Scope::Customer => timeline.by_customer().filter_map(|rows| walk(&rows, steps)).collect(),
        Scope::Within(days) => timeline.by_customer().filter_map(|rows| within(&rows, steps, days, as_of)).collect(),
    }
}

/// The first passage: each step at its first row after the step before.
fn walk(rows: &[&Row], steps: usize) -> Option<Passage> {
    let mut taken: Vec<usize> = Vec::with_capacity(steps);
    for (position, row) in rows.iter().enumerate() {
        if taken.len() < steps && row.steps >> taken.len() & 1 == 1 {
            taken.push(position);
        }
    }
    passage(rows, &taken, steps, i64::MAX)
}

/// The deepest passage within a limit of days from its first step; of equally deep ones the first to get there.
fn within(rows: &[&Row], steps: usize, days: u32, as_of: i32) -> Option<Passage> {
    let limit = i64::from(days) * 86_400_000_000;
    let mature = as_of.saturating_sub(i32::try_from(days).unwrap_or(i32::MAX));
    // For each number of steps the chain with the latest start: whatever an earlier start could still do, it can too.
    let mut chains: Vec<Vec<usize>> = vec![Vec::new(); steps];
    let mut deepest: Vec<usize> = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        for step in (0..steps).rev().filter(|step| row.steps >> step & 1 == 1) {
            if step == 0 {
                if row.day <= mature {
                    chains[0] = vec![position];
                }
            } else if chains[step - 1].first().is_some_and(|start| row.time - rows[*start].time < limit) {
                chains[step] = chains[step - 1].iter().copied().chain([position]).collect();
            }
            if chains[step].len() > deepest.len() {
                deepest.clone_from(&chains[step]);
            }
        }
    }
    passage(rows, &deepest, steps, limit)
}

fn passage(rows: &[&Row], taken: &[usize], steps: usize, limit: i64) -> Option<Passage> {
    let (first, last) = (rows[*taken.first()?], *taken.last()?);
    let stopped = taken.len() < steps;
    let until = first.time.saturating_add(limit);
    let same_step = |row: &&&Row| stopped && row.time < until && row.steps >> (taken.len() - 1) & 1 == 1;
    Some(Passage {
        customer: first.customer,
        day: first.day,
        times: taken.iter().map(|position| rows[*position].time).collect(),
        left: rows[last..].iter().filter(same_step).map(|row| row.value).sum(),
    })
}

impl Sums {
    fn add(&mut self, passage: &Passage, steps: usize) {
        if self.reached.is_empty() {
            *self = Self {
                reached: vec![0; steps],
                microseconds: vec![Vec::new(); steps],
                left: vec![ExactSum::ZERO; steps],
            };
        }
        for (step, time) in passage.times.iter().enumerate() {
            self.reached[step] += 1;
            if step > 0 {
                self.microseconds[step].push(time - passage.times[step - 1]);
            }
        }
        self.left[passage.times.len() - 1] += passage.left;
    }

    /// Median seconds from the step before; none for the first step and where nobody got.
    pub fn median_seconds(&self, step: usize) -> Option<f64> {
        let mut times = self.microseconds[step].clone();
        times.sort_unstable();
        let middle = times.len() / 2;
        let upper = *times.get(middle)?;
        let lower = if times.len().is_multiple_of(2) { times[middle - 1] } else { upper };
        Some((lower + upper) as f64 / 2.0 / 1e6)
    }
}

/// Sums by group; every passage counts in each of the groups it is given.
pub(super) fn sum_up(
    passages: &[Passage],
    steps: usize,
    groups: impl Fn(&Passage) -> Vec<Group>,
) -> BTreeMap<Group, Sums> {
    let mut sums: BTreeMap<Group, Sums> = BTreeMap::new();
    for passage in passages {
        for group in groups(passage) {
            sums.entry(group).or_default().add(passage, steps);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::timeline::row;

    const DAY: i64 = 86_400_000_000;

    fn times(passage: Option<Passage>) -> Vec<i64> {
        passage.map_or_else(Vec::new, |passage| passage.times.iter().map(|time| time / DAY).collect())
    }

    #[test]
    fn the_first_row_of_each_step_after_the_step_before_counts() {
        let rows = [row(0, 0b10), row(1, 0b01), row(3, 0b01), row(4, 0b10), row(5, 0b10)];
        let rows: Vec<&Row> = rows.iter().collect();
        assert_eq!(times(walk(&rows, 2)), [1, 4]);
        assert_eq!(times(walk(&rows[3..], 2)), [0_i64; 0]);
    }

    #[test]
    fn within_a_limit_a_later_start_may_get_further() {
        let rows = [row(0, 0b001), row(6, 0b001), row(8, 0b010), row(9, 0b100)];
        let rows: Vec<&Row> = rows.iter().collect();
        assert_eq!(times(within(&rows, 3, 7, 100)), [6, 8, 9]);
        assert_eq!(times(within(&rows, 3, 3, 100)), [6, 8], "the limit itself is outside");
        assert_eq!(times(within(&rows, 3, 7, 10)), [0], "the start on day 6 is not over");
    }

    #[test]
    fn what_is_left_is_the_value_of_the_step_where_it_stopped() {
        let mut rows = [row(0, 0b001), row(1, 0b010), row(2, 0b010)];
        rows[1].value = ExactSum::from(3.0);
        rows[2].value = ExactSum::from(4.0);
        let rows: Vec<&Row> = rows.iter().collect();
        assert_eq!(walk(&rows, 3).expect("a passage").left.value(), 7.0);
        assert_eq!(walk(&rows, 2).expect("a passage").left.value(), 0.0, "nothing is left by those who finish");
    }

    #[test]
    fn one_row_takes_one_step() {
        let rows = [row(0, 0b11), row(2, 0b11)];
        assert_eq!(times(walk(&rows.iter().collect::<Vec<_>>(), 2)), [0, 2]);
    }
}

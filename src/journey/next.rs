//! What comes next: the transition matrix of a journey's steps, and what follows a purchase.

use std::collections::BTreeMap;

use super::funnel::Group;
use super::timeline::{Row, Timeline};
use crate::stats::{Interval, wilson};

/// So many most common next rows are told for each step.
const TOLD: usize = 5;
/// A ticket within so many days after a purchase counts as its support.
pub const SUPPORT_DAYS: i32 = 30;
/// Another purchase within so many days counts as a repeat.
pub const REPEAT_DAYS: i32 = 90;

/// What followed a step next within the same visit, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The step.
    pub step: String,
    /// A kind of event, a table, or none for the end of the visit.
    pub next: Option<String>,
    /// How often.
    pub count: u64,
    /// Share of all rows that took the step.
    pub share: f64,
}

/// The most common next rows after each step, by group: most common first; equal counts by name, the end of the visit
/// first.
pub(super) fn transitions(
    timeline: &Timeline,
    steps: &[String],
    gap_minutes: u32,
    groups: impl Fn(&Row) -> Vec<Group>,
) -> BTreeMap<Group, Vec<Transition>> {
    let mut counts: BTreeMap<Group, Vec<BTreeMap<Option<u32>, u64>>> = BTreeMap::new();
    for visit in timeline.by_visit(gap_minutes) {
        for (position, row) in visit.iter().enumerate().filter(|(_, row)| row.steps != 0) {
            let next = visit.get(position + 1).map(|row| row.label);
            for group in groups(row) {
                let counts = counts.entry(group).or_insert_with(|| vec![BTreeMap::new(); steps.len()]);
                for step in (0..steps.len()).filter(|step| row.steps >> step & 1 == 1) {
                    *counts[step].entry(next).or_insert(0) += 1;
                }
            }
        }
    }
    let of_group = |counts: Vec<BTreeMap<Option<u32>, u64>>| {
        steps.iter().zip(&counts).flat_map(|(step, counts)| most_common(timeline, step, counts)).collect()
    };
    counts.into_iter().map(|(group, counts)| (group, of_group(counts))).collect()
}

fn most_common(timeline: &Timeline, step: &str, counts: &BTreeMap<Option<u32>, u64>) -> Vec<Transition> {
    let total: u64 = counts.values().sum();
    let mut ordered: Vec<(Option<u32>, u64)> = counts.iter().map(|(next, count)| (*next, *count)).collect();
    ordered.sort_by_key(|(next, count)| (std::cmp::Reverse(*count), *next));
    let transition = |(next, count): (Option<u32>, u64)| Transition {
        step: step.to_owned(),
        next: next.map(|label| timeline.labels[label as usize].clone()),
        count,
        share: count as f64 / total as f64,
    };
    ordered.into_iter().take(TOLD).map(transition).collect()
}

/// What followed purchases whose [`REPEAT_DAYS`] are over: support needed, and bought again.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AfterPurchase {
    /// Purchases.
    pub purchases: u64,
    /// Of these, followed by a ticket; none if tickets are not mapped.
    pub supported: Option<u64>,
    /// Purchases followed by another one.
    pub repeated: u64,
    /// Purchases followed by a ticket and by another purchase.
    pub supported_and_repeated: u64,
}

impl AfterPurchase {
    /// Repeat rate of all purchases, of those with support and of those without: repeated, purchases, Wilson interval.
    #[must_use]
    pub fn repeat_rates(&self) -> [(u64, u64, Option<Interval>); 3] {
        let supported = self.supported.unwrap_or(0);
        let of = |count: u64, n: u64| (count, n, wilson(count as f64, n as f64, 0.95));
        [
            of(self.repeated, self.purchases),
            of(self.supported_and_repeated, supported),
            of(self.repeated - self.supported_and_repeated, self.purchases - supported),
        ]
    }
}

/// Follows every purchase (step 0 of the timeline) to the next and to tickets (step 1, if there are any), by group.
pub(super) fn after_purchase(
    timeline: &Timeline,
    has_tickets: bool,
    known_until: i32,
    groups: impl Fn(&Row) -> Vec<Group>,
) -> BTreeMap<Group, AfterPurchase> {
    let mut found: BTreeMap<Group, AfterPurchase> = BTreeMap::new();
    for rows in timeline.by_customer() {
        for (position, purchase) in rows.iter().enumerate().filter(|(_, row)| row.steps & 1 == 1) {
            if purchase.day + REPEAT_DAYS > known_until {
                continue;
            }
            let follows = |step: u32, days: i32| {
                let later = rows[position + 1..].iter().take_while(|row| row.day < purchase.day + days);
                later.filter(|row| row.time > purchase.time || step > 0).any(|row: &&Row| row.steps >> step & 1 == 1)
            };
            let (supported, repeated) = (follows(1, SUPPORT_DAYS), follows(0, REPEAT_DAYS));
            for group in groups(purchase) {
                let counts = found.entry(group).or_default();
                counts.purchases += 1;
                counts.repeated += u64::from(repeated);
                if has_tickets {
                    counts.supported = Some(counts.supported.unwrap_or(0) + u64::from(supported));
                    counts.supported_and_repeated += u64::from(supported && repeated);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::timeline::row;

    #[test]
    fn purchases_are_followed_only_while_their_windows_are_over() {
        let rows = vec![row(0, 1), row(3, 2), row(50, 1), row(200, 1), row(290, 1)];
        let timeline = Timeline { rows, ..Timeline::default() };
        let found = after_purchase(&timeline, true, 300, |_| vec![(None, None)]);
        let expected = AfterPurchase { purchases: 3, supported: Some(1), repeated: 1, supported_and_repeated: 1 };
        assert_eq!(
            found[&(None, None)],
            expected,
            "bought on day 0 (ticket, again on 50), 50 and 200 (neither); 290 is too recent"
        );
    }
}

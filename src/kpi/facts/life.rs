//! The course of one customer: when he was there, when he was lost, what he was worth.

use super::orders::{self, OrderLine};
use super::subscriptions::{self, Subscription};
use crate::clv::{self, History, Spending};
use crate::money::Cents;
use crate::project::ValueBasis;
use crate::stats::ExactSum;

/// How long a customer has been one, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Days.
    pub days: i32,
    /// Whether it is over.
    pub over: bool,
}

/// One customer's days of activity and subscriptions.
#[derive(Debug, Clone, Copy)]
pub struct Course<'a> {
    /// Local days with a qualifying row, ascending, distinct.
    pub active: &'a [i32],
    /// Subscriptions.
    pub subscriptions: &'a [Subscription],
    /// Order lines by day.
    pub lines: &'a [OrderLine],
    /// A qualifying row makes active for so many days.
    pub active_within_days: i32,
}

impl Course<'_> {
    /// Whether a subscription is open at D 00:00.
    #[must_use]
    pub fn is_subscribed_at(&self, day: i32) -> bool {
        self.subscriptions.iter().any(|row| row.is_open_at(day))
    }

    /// Whether the customer is active at D: an open subscription, or a qualifying row in the declared days before.
    #[must_use]
    pub fn is_active_at(&self, day: i32) -> bool {
        self.is_subscribed_at(day) || orders::count(self.active, day.saturating_sub(self.active_within_days), day) > 0
    }

    /// Whether the customer was active at any day before D.
    #[must_use]
    pub fn was_active_before(&self, day: i32) -> bool {
        self.active.first().is_some_and(|first| *first < day.saturating_sub(1))
            || self.subscriptions.iter().any(|row| row.start < day.saturating_sub(1))
    }

    /// Distinct days with a qualifying row in `[start, end)`.
    #[must_use]
    pub fn active_days_between(&self, start: i32, end: i32) -> u32 {
        orders::count(self.active, start, end)
    }

    /// The last day with a qualifying row before D.
    #[must_use]
    pub fn last_active_before(&self, day: i32) -> Option<i32> {
        self.active[..self.active.partition_point(|active| *active < day)].last().copied()
    }

    /// The last day with an order line that is not a return before D.
    #[must_use]
    pub fn last_order_before(&self, day: i32) -> Option<i32> {
        let past = &self.lines[..self.lines.partition_point(|line| line.day < day)];
        past.iter().rev().find(|line| line.amount >= 0.0).map(|line| line.day)
    }

    /// Orders in the 365 days before D.
    #[must_use]
    pub fn orders_of_year(&self, day: i32) -> u32 {
        let days = orders::order_days(self.lines);
        orders::count(&days, day - orders::YEAR_DAYS, day)
    }

    /// Net revenue of the 365 days before D.
    #[must_use]
    pub fn revenue_of_year(&self, day: i32) -> f64 {
        orders::revenue_of_year(self.lines, day)
    }

    /// Net revenue in `[start, end)`.
    #[must_use]
    pub fn revenue_between(&self, start: i32, end: i32) -> f64 {
        let first = self.lines.partition_point(|line| line.day < start);
        let last = self.lines.partition_point(|line| line.day < end);
        self.lines[first.min(last)..last].iter().map(|line| line.amount).sum::<ExactSum>().value()
    }

    /// The buying history before D in days with a purchase; `None` without one.
    #[must_use]
    pub fn history_at(&self, day: i32) -> Option<(History, Spending)> {
        let past = &self.lines[..self.lines.partition_point(|line| line.day < day)];
        let bought = past.iter().filter(|line| line.amount > 0.0);
        let mut days: Vec<(i32, f64)> = Vec::new();
        for line in bought {
            match days.last_mut() {
                Some((last, amount)) if *last == line.day => *amount += line.amount,
                _ => days.push((line.day, line.amount)),
            }
        }
        clv::past(&days, day)
    }

    /// Monthly recurring revenue at D; `None` without any.
    #[must_use]
    pub fn mrr_at(&self, day: i32) -> Option<Cents> {
        Some(subscriptions::mrr_at(self.subscriptions, day)).filter(|mrr| *mrr != Cents::ZERO)
    }

    /// Whether any subscription had been paid for before D.
    #[must_use]
    pub fn paid_before(&self, day: i32) -> bool {
        self.subscriptions
            .iter()
            .any(|row| row.mrr != Cents::ZERO && row.start < day.saturating_sub(1) && row.start < row.end)
    }

    /// The life as seen at D, since the first day: censored at D while active, over at the last day that made active.
    #[must_use]
    pub fn life_at(&self, first: i32, day: i32) -> Option<Life> {
        if first >= day {
            return None;
        }
        if self.is_active_at(day) {
            return Some(Life { days: day - first, over: false });
        }
        let past = &self.active[..self.active.partition_point(|active| *active < day)];
        let silent_since = past.last().map(|last| last.saturating_add(self.active_within_days));
        let cancelled = self.subscriptions.iter().map(|row| row.end).filter(|end| *end < day).max();
        let lost = silent_since.into_iter().chain(cancelled).max().unwrap_or(first);
        Some(Life { days: (lost.min(day) - first).max(0), over: true })
    }

    /// Value at D by the declared basis, before the margin; 0 while not active.
    #[must_use]
    pub fn value_at(&self, basis: ValueBasis, day: i32) -> f64 {
        match basis {
            _ if !self.is_active_at(day) => 0.0,
            ValueBasis::Mrr => subscriptions::mrr_at(self.subscriptions, day).amount() * 12.0,
            ValueBasis::Revenue365 | ValueBasis::ClvPredicted => orders::revenue_of_year(self.lines, day),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_customer_was_lost_when_his_last_row_stopped_counting() {
        let course = Course { active: &[0, 10], subscriptions: &[], lines: &[], active_within_days: 30 };
        assert_eq!(course.life_at(0, 40), Some(Life { days: 40, over: false }));
        assert_eq!(course.life_at(0, 41), Some(Life { days: 40, over: true }));
        assert_eq!(course.life_at(0, 0), None);
    }
}

//! `subscription_end`: whether the active period of a customer's subscriptions ends in the label window.
//!
//! The active period at D is the union of the intervals `[started, ended)` that hold D, extended by every later one that
//! starts within `grace_days` of its end. A change of plan, a pause within grace, a cancelled and resumed contract are
//! not an end. `reasons` restricts which ends are the outcome; other ends are "no".
//! Eligible at D: a subscription is open at D and no notice had been given on all that are.
//! Someone whose period ends between D and the window (in the gap) shows no outcome: unknown.

use super::{Error, Judge, Outcome, window};
use crate::observe::FutureView;
use crate::project::{EndReason, Target};
use crate::rollup::{History, NEVER, TableHistory, Values};
use crate::tables::TableName;
use crate::time::{Day, Window};

/// Whether the active period ends.
pub struct SubscriptionEnd<'a> {
    target: &'a Target,
    table: &'a TableHistory,
    window: Box<dyn Fn(Day) -> Window + Sync>,
}

impl<'a> SubscriptionEnd<'a> {
    /// Binds the target to the subscriptions.
    pub fn new(name: &str, target: &'a Target, history: &'a History) -> Result<Self, Error> {
        let unmapped = |column: &str| Error::Unmapped {
            target: name.to_owned(),
            table: TableName::Subscriptions,
            column: column.to_owned(),
        };
        let table = history.table(TableName::Subscriptions).ok_or_else(|| unmapped("customer"))?;
        let reasons = target.reasons.as_ref().map(|_| "end_reason");
        for column in std::iter::once("ended_at").chain(reasons) {
            table.position(column).ok_or_else(|| unmapped(column))?;
        }
        Ok(Self { target, table, window: Box::new(window(name, target)?) })
    }

    /// Rows open at D, as known in the view.
    fn open<'b>(&'b self, view: &'b FutureView<'_>, customer: u32, as_of: Day) -> impl Iterator<Item = usize> + 'b {
        let past = Window { start: Day::from_epoch_days(i32::MIN / 2), end: as_of };
        let day = as_of.epoch_days();
        view.rows(self.table, customer, past).filter(move |&row| view.later_day(self.table, "ended_at", row) >= day)
    }

    /// The day on which the active period at D ends and the row that ends last; `None` without an active period.
    fn end(&self, view: &FutureView<'_>, customer: u32, as_of: Day) -> Option<(i32, usize)> {
        let ended = |row: usize| (view.later_day(self.table, "ended_at", row), row);
        let mut end = self.open(view, customer, as_of).map(ended).max()?;
        let later = Window { start: as_of, end: Day::from_epoch_days(i32::MAX / 2) };
        let grace = i32::try_from(self.target.grace_days).unwrap_or(i32::MAX);
        for row in view.rows(self.table, customer, later) {
            if self.table.days.at(row) <= end.0.saturating_add(grace) {
                end = end.max(ended(row));
            }
        }
        Some(end)
    }

    fn is_for_reason(&self, row: usize) -> bool {
        let Some(reasons) = &self.target.reasons else { return true };
        self.reason(row).is_some_and(|reason| reasons.contains(&reason))
    }

    /// Why the subscription of a row ended, where the table says.
    fn reason(&self, row: usize) -> Option<EndReason> {
        let Some(Values::Text { codes, levels }) = self.table.column("end_reason").map(|column| &column.values) else {
            return None;
        };
        let told = levels.get(codes.at(row) as usize)?;
        [EndReason::Voluntary, EndReason::Payment, EndReason::Other].into_iter().find(|one| reason_text(*one) == told)
    }

    /// The day on which the active period at D ends, as far as is known and for a reason the target means.
    pub fn meant_end(&self, future: &FutureView<'_>, customer: u32, as_of: Day) -> Option<(i32, Option<EndReason>)> {
        let (end, row) = self.end(future, customer, as_of)?;
        (end != NEVER && self.is_for_reason(row)).then(|| (end, self.reason(row)))
    }
}

const fn reason_text(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Voluntary => "voluntary",
        EndReason::Payment => "payment",
        EndReason::Other => "other",
    }
}

impl Judge for SubscriptionEnd<'_> {
    fn is_eligible(&self, past: &FutureView<'_>, customer: u32, as_of: Day) -> bool {
        let given = |row: usize| past.later_day(self.table, "notice_at", row) != NEVER;
        self.open(past, customer, as_of).any(|row| !given(row))
    }

    fn outcome(&self, future: &FutureView<'_>, customer: u32, as_of: Day) -> Outcome {
        let window = (self.window)(as_of);
        match self.end(future, customer, as_of) {
            Some((end, _)) if end < window.start.epoch_days() => Outcome::Unknown,
            Some((end, row)) => Outcome::of(window.contains(Day::from_epoch_days(end)) && self.is_for_reason(row)),
            None => Outcome::Unknown,
        }
    }
}

//! `inactivity` and `event`: whether any qualifying row lies in the label window.
//!
//! - Inactivity: yes if there is none. Eligible at D: a qualifying row in `[D - active_within_days, D)`.
//! - Event: yes if there is one. Eligible at D: any activity in `[D - active_within_days, D)`; the outcome itself need not
//!   have happened before.
//!
//! Kinds listed under `[roles] passive` are the company's doing and never qualify. Without `active_within_days` everybody
//! with any history is eligible.

use super::{Error, Judge, Outcome, eligibility_window, window};
use crate::observe::{Filter, FutureView, RowFilter, outcome_tables};
use crate::project::{Project, Target, TargetKind};
use crate::rollup::{History, TableHistory};
use crate::time::{Day, Window};

/// Whether rows lie in a window.
pub struct Activity<'a> {
    target: &'a Target,
    table: &'a TableHistory,
    outcome: RowFilter,
    active: RowFilter,
    window: Box<dyn Fn(Day) -> Window + Sync>,
}

impl<'a> Activity<'a> {
    /// Binds the target to its table.
    pub fn new(project: &Project, name: &str, target: &'a Target, history: &'a History) -> Result<Self, Error> {
        let tables = outcome_tables(target, |table| history.table(table).is_some());
        let &table_name = tables.first().ok_or_else(|| Error::Missing { target: name.to_owned(), key: "table" })?;
        let unmapped =
            |column: &str| Error::Unmapped { target: name.to_owned(), table: table_name, column: column.to_owned() };
        let table = history.table(table_name).ok_or_else(|| unmapped("customer"))?;
        let is_event = target.kind == TargetKind::Event;
        // What is done to a customer is not his activity, but it may well be the outcome (a `churn` row of a CRM).
        let excluded = |passive: &[String]| {
            let kinds: Vec<String> = target.not_kinds.iter().chain(passive).cloned().collect();
            if kinds.is_empty() { Vec::new() } else { vec![("kind".to_owned(), kinds)] }
        };
        let outcome = Filter {
            levels: target.kinds.iter().map(|kinds| ("kind".to_owned(), kinds.clone())).collect(),
            not_levels: excluded(if is_event { &[] } else { &project.roles.passive }),
            expression: target.filter.clone(),
            ..Filter::default()
        };
        let is_lacking = |column: &&String| table.position(column).is_none();
        // A table without kinds has no passive ones either.
        let needs_kinds = target.kinds.is_some() || !target.not_kinds.is_empty();
        if let Some(column) = outcome.columns().filter(|column| needs_kinds || *column != "kind").find(is_lacking) {
            return Err(unmapped(column));
        }
        let active = if is_event {
            Filter { not_levels: excluded(&project.roles.passive), ..Filter::default() }
        } else {
            outcome.clone()
        };
        let (outcome, active) = (outcome.bind(table), active.bind(table));
        Ok(Self { target, table, outcome, active, window: Box::new(window(name, target)?) })
    }
}

impl Activity<'_> {
    /// The days on which the customer had a qualifying row, ascending and distinct.
    pub fn days(&self, past: &FutureView<'_>, customer: u32, before: Day) -> Vec<i32> {
        let whole = Window { start: Day::from_epoch_days(i32::MIN / 2), end: before };
        past.days(self.table, &self.outcome, customer, whole)
    }
}

impl Activity<'_> {
    /// The first day from `start` on with a row that is meant, as far as is known.
    pub fn first_day(&self, future: &FutureView<'_>, customer: u32, start: Day) -> Option<i32> {
        let open = Window { start, end: Day::from_epoch_days(i32::MAX / 2) };
        future.days(self.table, &self.outcome, customer, open).first().copied()
    }
}

impl Judge for Activity<'_> {
    fn is_eligible(&self, past: &FutureView<'_>, customer: u32, as_of: Day) -> bool {
        self.target.active_within_days.is_none()
            || past.any(self.table, &self.active, customer, eligibility_window(self.target, as_of))
    }

    fn outcome(&self, future: &FutureView<'_>, customer: u32, as_of: Day) -> Outcome {
        let happened = future.any(self.table, &self.outcome, customer, (self.window)(as_of));
        Outcome::of(happened == (self.target.kind == TargetKind::Event))
    }
}

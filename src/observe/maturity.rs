//! From when on outcomes are known, and which cutoffs may train.

use crate::contract::Checked;
use crate::project::{Project, Target, TargetKind};
use crate::tables::TableName;
use crate::time::Day;

/// The tables that can show a target's outcome.
#[must_use]
pub fn outcome_tables(target: &Target, is_mapped: impl Fn(TableName) -> bool) -> Vec<TableName> {
    let first = |tables: &[TableName]| tables.iter().copied().find(|&table| is_mapped(table)).into_iter().collect();
    match (target.kind, target.table) {
        (TargetKind::Column, _) => Vec::new(),
        (TargetKind::SubscriptionEnd, _) => vec![TableName::Subscriptions],
        (TargetKind::Advocacy, _) => {
            let acts = [TableName::Referrals, TableName::Surveys, TableName::Posts];
            acts.into_iter().filter(|&table| is_mapped(table)).collect()
        }
        (_, Some(table)) => vec![table],
        (TargetKind::Inactivity, None) => first(&[TableName::Orders, TableName::Events]),
        (TargetKind::Event, None) => first(&[TableName::Events]),
    }
}

/// The day before whose beginning everything about the target's outcome is known: of `as_of` and the `covered_until` of
/// every table that can show it the earliest.
#[must_use]
pub fn known_until(project: &Project, target: &str, checked: &Checked, as_of: Day) -> Day {
    let Some(target) = project.targets.get(target) else { return as_of };
    let tables = outcome_tables(target, |table| checked.table(table).is_some());
    let covered = tables.iter().filter_map(|&table| checked.table(table)?.covered_until);
    covered.fold(as_of, Day::min)
}

/// The table that would show a target's outcome, if it and all others that could are empty.
#[must_use]
pub fn empty_outcome_table(project: &Project, target: &str, checked: &Checked) -> Option<TableName> {
    let target = project.targets.get(target)?;
    let tables = match target.kind {
        TargetKind::Column => vec![TableName::Customers],
        _ => outcome_tables(target, |table| checked.table(table).is_some()),
    };
    let is_empty = |table: &TableName| checked.table(*table).is_some_and(|table| table.rows == 0);
    tables.iter().all(is_empty).then(|| tables.first().copied()).flatten()
}

/// Grace of a target: days after the window in which a resumption still counts.
#[must_use]
pub fn grace_days(target: &Target) -> i32 {
    if target.kind == TargetKind::SubscriptionEnd { whole(target.grace_days) } else { 0 }
}

/// Days between a cutoff and the first day on which its outcome is known.
#[must_use]
pub fn outlook_days(target: &Target) -> i32 {
    if target.kind == TargetKind::Column {
        return 0;
    }
    whole(target.gap_days) + whole(target.horizon_days.unwrap_or(0)) + grace_days(target)
}

/// The training cutoffs: the latest mature one and those before it, `cadence_days` apart, ascending.
/// A cutoff D is mature if D + gap + horizon + grace ≤ `known_until`.
#[must_use]
pub fn mature_cutoffs(project: &Project, target: &str, known_until: Day) -> Vec<Day> {
    let Some(target) = project.targets.get(target) else { return Vec::new() };
    if target.kind == TargetKind::Column {
        return vec![known_until];
    }
    let latest = known_until.plus(-outlook_days(target));
    let cadence = whole(project.train.cadence_days.max(1));
    (0..whole(project.train.cutoffs)).rev().map(|step| latest.plus(-cadence.saturating_mul(step))).collect()
}

fn whole(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX / 8)
}

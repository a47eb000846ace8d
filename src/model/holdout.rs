//! Which rows are held out while a model is chosen and calibrated: a later cutoff, or grouped folds.

use std::collections::BTreeMap;

use super::folds::customer_fold;
use super::panel::{Panel, Values};
use crate::time::Day;

/// Rows to fit on and rows to judge by, as positions in a panel.
#[derive(Debug, Clone)]
pub struct Holdout {
    /// `forward` or `grouped_folds`.
    pub method: &'static str,
    /// One pair (fit, judge) for each part; the judged rows of all parts are disjoint.
    pub parts: Vec<(Vec<usize>, Vec<usize>)>,
}

/// Fewer events or non-events than this on either side, and a forward split says nothing.
const FEW: usize = 30;

impl Holdout {
    /// The latest cutoff, judged by models of the earlier ones whose outcomes were over by then; where that leaves too
    /// little, folds grouped by customer.
    #[must_use]
    pub fn of(panel: &Panel<'_>, outcome_days: Option<u32>) -> Self {
        outcome_days.and_then(|days| Self::forward(panel, days)).unwrap_or_else(|| Self::folds(panel))
    }

    fn forward(panel: &Panel<'_>, outcome_days: u32) -> Option<Self> {
        let latest = *panel.cutoffs().last()?;
        let days = i32::try_from(outcome_days).ok()?;
        let is_over = |cutoff: Day| cutoff.plus(days) <= latest;
        let fit: Vec<usize> = (0..panel.len()).filter(|&row| is_over(panel.as_of(row))).collect();
        let judge: Vec<usize> = (0..panel.len()).filter(|&row| panel.as_of(row) == latest).collect();
        let enough = |rows: &[usize]| {
            let events = rows.iter().filter(|&&row| panel.outcome[row]).count();
            events.min(rows.len() - events) >= FEW
        };
        (enough(&fit) && enough(&judge)).then(|| Self { method: "forward", parts: vec![(fit, judge)] })
    }

    fn folds(panel: &Panel<'_>) -> Self {
        let folds = if panel.len() <= 20_000 { 5 } else { 3 };
        let ids = &panel.frame.customers.ids;
        let fold_of: Vec<usize> = if panel.cutoffs().len() > 1 {
            panel.customer.iter().map(|number| customer_fold(&ids[*number as usize], folds)).collect()
        } else {
            grouped_folds(panel, folds, 0)
        };
        let split = |fold: usize| (0..panel.len()).partition(|&row| fold_of[row] != fold);
        Self { method: "grouped_folds", parts: (0..folds).map(split).collect() }
    }
}

/// The fold of each row: rows of one customer, and rows that are equal in every feature, share a fold; the groups are dealt
/// out in an order that depends on `seed` and on what they contain, events and non-events in turn.
#[must_use]
pub fn grouped_folds(panel: &Panel<'_>, folds: usize, seed: u64) -> Vec<usize> {
    let fingerprints = fingerprints(panel, seed);
    let mut groups: BTreeMap<(bool, [u8; 32]), Vec<usize>> = BTreeMap::new();
    for (row, group) in joined(panel, &fingerprints).into_iter().enumerate() {
        groups.entry((panel.outcome[group], fingerprints[group])).or_default().push(row);
    }
    let mut fold_of = vec![0; panel.len()];
    for (turn, rows) in groups.into_values().enumerate() {
        for row in rows {
            fold_of[row] = turn % folds.max(1);
        }
    }
    fold_of
}

/// For every row the first row it belongs together with, by customer or by equal features.
fn joined(panel: &Panel<'_>, fingerprints: &[[u8; 32]]) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..panel.len()).collect();
    let (mut by_customer, mut by_features) = (BTreeMap::new(), BTreeMap::new());
    for (row, fingerprint) in fingerprints.iter().enumerate() {
        for other in
            [*by_customer.entry(panel.customer[row]).or_insert(row), *by_features.entry(*fingerprint).or_insert(row)]
        {
            let (a, b) = (root(&parent, row), root(&parent, other));
            parent[a.max(b)] = a.min(b);
        }
    }
    (0..panel.len()).map(|row| root(&parent, row)).collect()
}

fn root(parent: &[usize], mut row: usize) -> usize {
    while parent[row] != row {
        row = parent[row];
    }
    row
}

/// A hash of each row's features and the seed.
fn fingerprints(panel: &Panel<'_>, seed: u64) -> Vec<[u8; 32]> {
    let mut hashers: Vec<blake3::Hasher> = (0..panel.len())
        .map(|_| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&seed.to_le_bytes());
            hasher
        })
        .collect();
    for position in 0..panel.frame.features.len() {
        match panel.values(position) {
            Values::Levels { codes, .. } => hashers.iter_mut().zip(codes).for_each(|(hasher, code)| {
                hasher.update(&code.to_le_bytes());
            }),
            numbers => {
                let numbers = numbers.into_numbers().unwrap_or_default();
                hashers.iter_mut().zip(numbers).for_each(|(hasher, value)| {
                    hasher.update(&value.to_bits().to_le_bytes());
                });
            }
        }
    }
    hashers.into_iter().map(|hasher| *hasher.finalize().as_bytes()).collect()
}

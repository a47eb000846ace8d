//! The leak screen: features that know too much.
//!
//! A feature is a suspect when it alone ranks the outcomes with AUC > 0.95 (unless the best recency rule does too: then the
//! target is easy), or when its presence decides them: all rows with (or all rows without) a value have the same outcome,
//! in at least 30 rows, with Fisher's p < 1e-6.

use rayon::prelude::*;

use super::panel::{Panel, Values};
use crate::evaluate::auc_value;
use crate::feature::NO_LEVEL;
use crate::stats::distribution::fisher_exact;
use crate::stats::order;

const SUSPICIOUS_AUC: f64 = 0.95;
const FEWEST_ROWS: u64 = 30;
const SUSPICIOUS_P: f64 = 1e-6;
/// Categories rarer than this say nothing about a whole feature.
const RARE_LEVEL: usize = 10;

/// A feature that knows too much.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// Position in the frame.
    pub position: usize,
    /// Its name.
    pub name: String,
    /// What was found.
    pub finding: String,
}

/// Screens all features of the frame on the training rows.
#[must_use]
pub fn screen(panel: &Panel<'_>) -> Vec<Suspect> {
    let alone: Vec<Option<f64>> = (0..panel.frame.features.len())
        .into_par_iter()
        .map(|position| {
            let values = panel.values(position);
            // Most features are cleared by bounds that need no sorting.
            let bounds = auc_bounds(panel, &values).filter(|bounds| bounds.better_at_most() <= SUSPICIOUS_AUC);
            bounds.map_or_else(|| auc_alone(panel, &values), |bounds| Some(bounds.better_at_most()))
        })
        .collect();
    let is_recency = |position: &usize| panel.frame.features[*position].family == "recency";
    let easy = (0..alone.len()).filter(is_recency).filter_map(|position| alone[position]).any(|a| a > SUSPICIOUS_AUC);
    let suspect = |position: usize| {
        let name = panel.frame.features[position].name.clone();
        let by_value = alone[position]
            .filter(|auc| *auc > SUSPICIOUS_AUC && !easy)
            .map(|auc| format!("`{name}` alone ranks the outcomes with AUC {auc:.3}"));
        let finding = by_value.or_else(|| presence(panel, &panel.values(position), &name))?;
        Some(Suspect { position, name, finding })
    };
    (0..alone.len()).filter_map(suspect).collect()
}

/// Bounds on the AUC of a feature that is a number, where there is enough of both outcomes.
pub(super) fn auc_bounds(panel: &Panel<'_>, values: &Values<'_>) -> Option<order::AucBounds> {
    let Values::Numbers(numbers) = values else { return None };
    let bounds = order::auc_bounds(&panel.outcome, numbers);
    (bounds.events.min(bounds.others) >= RARE_LEVEL as u64).then_some(bounds)
}

/// The feature's AUC in the better direction, among rows that have a value (categories by their event rate).
pub(super) fn auc_alone(panel: &Panel<'_>, values: &Values<'_>) -> Option<f64> {
    let (rows, scores): (Vec<usize>, Vec<f64>) = match values {
        Values::Numbers(numbers) => {
            numbers.iter().enumerate().filter(|(_, value)| !value.is_nan()).map(|(row, value)| (row, *value)).unzip()
        }
        Values::Levels { codes, levels } => level_rates(&panel.outcome, codes, levels.len()),
    };
    let outcome: Vec<bool> = rows.iter().map(|&row| panel.outcome[row]).collect();
    let events = outcome.iter().filter(|&&event| event).count();
    if events.min(outcome.len() - events) < RARE_LEVEL {
        return None;
    }
    auc_value(&outcome, &scores).map(|auc| auc.max(1.0 - auc))
}

/// Rows with a category and its event rate; rare categories share one rate, as they share one term.
fn level_rates(outcome: &[bool], codes: &[u32], levels: usize) -> (Vec<usize>, Vec<f64>) {
    let mut counts = vec![(0usize, 0usize); levels + 1];
    let known = || codes.iter().enumerate().filter(|(_, code)| **code != NO_LEVEL);
    for (row, code) in known() {
        counts[*code as usize].0 += 1;
        counts[*code as usize].1 += usize::from(outcome[row]);
    }
    for level in 0..levels {
        if counts[level].0 < RARE_LEVEL {
            counts[levels].0 += counts[level].0;
            counts[levels].1 += counts[level].1;
        }
    }
    let rate = |code: u32| {
        let own = counts[code as usize];
        let (rows, events) = if own.0 < RARE_LEVEL { counts[levels] } else { own };
        events as f64 / rows as f64
    };
    known().map(|(row, code)| (row, rate(*code))).unzip()
}

/// Whether having a value, or having none, decides the outcome.
fn presence(panel: &Panel<'_>, values: &Values<'_>, name: &str) -> Option<String> {
    let is_present = |row: usize| match values {
        Values::Numbers(numbers) => !numbers[row].is_nan(),
        Values::Levels { codes, .. } => codes[row] != NO_LEVEL,
    };
    // [absent, present] × [no event, event]
    let mut table = [[0u64; 2]; 2];
    for (row, &event) in panel.outcome.iter().enumerate() {
        table[usize::from(is_present(row))][usize::from(event)] += 1;
    }
    let one_sided = |side: &usize| {
        let [others, events] = table[*side];
        others + events >= FEWEST_ROWS && others.min(events) == 0
    };
    let side = (0..2).find(one_sided)?;
    let p = fisher_exact(table[0][0], table[0][1], table[1][0], table[1][1]);
    if p >= SUSPICIOUS_P {
        return None;
    }
    let (rows, state) = (table[side][0] + table[side][1], ["without", "with"][side]);
    let outcome = if table[side][0] == 0 { "the event" } else { "no event" };
    Some(format!("all {rows} rows {state} `{name}` have {outcome} (Fisher p = {p:.0e})"))
}

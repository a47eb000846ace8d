//! `evaluation.json`: how a model did on rows it has not seen, with the baselines beside it.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Metrics, metrics};
use crate::time::Day;

/// The evaluation of one target; in the file it is the value under the target's name.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    /// All metrics of the pooled test rows.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// How the test rows were held out: `out_of_time`, `forward` (a later training cutoff), `grouped_folds`.
    pub method: String,
    /// Cutoffs trained on.
    pub train_as_of: Vec<Day>,
    /// Cutoffs tested on.
    pub test_as_of: Vec<Day>,
    /// AUC among the customers seen recently (the half with the shortest silence), whom one can still reach.
    pub auc_recently_active: Option<f64>,
    /// Base rate of the training rows.
    pub train_base_rate: f64,
    /// The same metrics for `base_rate`, `recency` and `rfm`, trained on the same rows; without those that cannot be made.
    pub baselines: IndexMap<String, Metrics>,
    /// One by one: test cutoffs, or folds.
    pub slices: Vec<Slice>,
    /// What else should be known: single cutoff, dropped columns, leak suspects.
    pub notes: Vec<String>,
}

/// One test cutoff, or one fold.
#[derive(Debug, Clone, Serialize)]
pub struct Slice {
    /// The cutoff as ISO date, or `fold 1`, `fold 2`, ...
    pub slice: String,
    /// Its metrics.
    #[serde(flatten)]
    pub metrics: Metrics,
}

impl Slice {
    /// Splits rows by `names[key[i]]` and measures each part.
    #[must_use]
    pub fn all(names: &[String], key: &[usize], outcomes: &[bool], scores: &[f64]) -> Vec<Self> {
        let rows_of = |wanted: usize| move |&(_, k): &(usize, &usize)| *k == wanted;
        let slice = |(position, name): (usize, &String)| {
            let rows: Vec<usize> = key.iter().enumerate().filter(rows_of(position)).map(|(row, _)| row).collect();
            let part: Vec<bool> = rows.iter().map(|&row| outcomes[row]).collect();
            let values: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
            (!rows.is_empty()).then(|| Self { slice: name.clone(), metrics: metrics(&part, &values) })
        };
        names.iter().enumerate().filter_map(slice).collect()
    }
}

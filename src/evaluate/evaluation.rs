//! `evaluation.json`: how a model did on rows it has not seen, with the baselines beside it.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Campaign, Metrics, clustered_auc, expected_maximum_profit, metrics};
use crate::stats::Interval;
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
    /// Base rate of the test rows minus that of the training rows: what calibration in the large may owe to time.
    pub prior_change: f64,
    /// Expected maximum profit per customer of a campaign on these scores (Verbraken et al. 2013, their parameters).
    pub empc: Option<f64>,
    /// 95 % interval of the AUC over samples of whole customers, where customers repeat.
    pub auc_clustered: Option<Interval>,
    /// Terms whose coefficient was surely another one at some training cutoff, the surest first.
    pub drifts: Vec<Drift>,
    /// What else should be known: single cutoff, dropped columns, leak suspects.
    pub notes: Vec<String>,
}

/// A term that another period would have given another coefficient.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// The term, read aloud.
    pub term: String,
    /// The training cutoff.
    pub cutoff: Day,
    /// The coefficient over all cutoffs, per standard deviation.
    pub pooled: f64,
    /// How far from it the cutoff's own rows pull it (one Newton step).
    pub shift: f64,
    /// Score test of no shift.
    pub z: f64,
}

/// How rows were held out and what else is known of them; see [`Evaluation`]'s fields of the same names.
#[derive(Debug, Clone)]
pub struct Setting {
    /// How the test rows were held out.
    pub method: String,
    /// Cutoffs trained on.
    pub train_as_of: Vec<Day>,
    /// Cutoffs tested on.
    pub test_as_of: Vec<Day>,
    /// Base rate of the training rows.
    pub train_base_rate: f64,
    /// What else should be known.
    pub notes: Vec<String>,
}

impl Evaluation {
    /// Measures scores; `customer[i]` is the customer of row i. Baselines, slices, the recently active and drifts are added
    /// by who knows them.
    #[must_use]
    pub fn of(outcomes: &[bool], scores: &[f64], customer: &[u32], setting: Setting) -> Self {
        let metrics = metrics(outcomes, scores);
        Self {
            prior_change: metrics.base_rate - setting.train_base_rate,
            empc: Some(expected_maximum_profit(outcomes, scores, &Campaign::default()))
                .filter(|profit| !profit.is_nan()),
            auc_clustered: clustered_auc(outcomes, scores, customer),
            metrics,
            method: setting.method,
            train_as_of: setting.train_as_of,
            test_as_of: setting.test_as_of,
            auc_recently_active: None,
            train_base_rate: setting.train_base_rate,
            baselines: IndexMap::new(),
            slices: Vec::new(),
            drifts: Vec::new(),
            notes: setting.notes,
        }
    }
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

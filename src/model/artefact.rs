//! `model.json`: everything a score needs, in a format of our own.
//!
//! The file is one JSON object, keys in the order of [`Model`]. `format` is checked before anything else is read; a model
//! of another format is refused, never guessed at. Equal training inputs give equal bytes.

use serde::{Deserialize, Serialize};

use super::{Calibration, Error, Hazard, Term, Tree};
use crate::time::Day;

/// The format this program writes and reads.
pub const FORMAT: u32 = 1;

/// A trained, calibrated, certified model of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Format of the file.
    pub format: u32,
    /// The target's name.
    pub target: String,
    /// Hash of the target's definition, in hex.
    pub target_definition: String,
    /// The date training was made for.
    pub as_of: Day,
    /// Cutoffs of the training rows, ascending.
    pub cutoffs: Vec<Day>,
    /// First day on which every label used in training and calibration was over; none for undated targets.
    pub last_label_end: Option<Day>,
    /// Training rows.
    pub rows: usize,
    /// Training rows with the event.
    pub events: usize,
    /// The features used, by which terms and trees refer to them.
    pub features: Vec<ModelFeature>,
    /// Log-odds where every term stands at its mean and every tree at its root.
    pub intercept: f64,
    /// Terms of one feature.
    pub terms: Vec<Term>,
    /// Rules of up to three conditions.
    pub trees: Vec<Tree>,
    /// From raw to calibrated log-odds.
    pub calibration: Calibration,
    /// How sure the coefficients are.
    pub uncertainty: Uncertainty,
    /// How the fit was made and certified.
    pub certificate: Certificate,
    /// The shapes that were compared, and which one won.
    pub candidates: Vec<Candidate>,
    /// The probabilities over further horizons, where the target declares some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizons: Option<Hazard>,
    /// What was dropped, pooled or suspected, one sentence each.
    pub notes: Vec<String>,
}

/// A feature as the model knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFeature {
    /// Name in the feature frame.
    pub name: String,
    /// Family, for grouping reasons.
    pub family: String,
    /// Unit of the values.
    pub unit: String,
    /// Hash of the definition: a frame that defines it differently is refused.
    pub definition: String,
    /// Share of training rows without a value.
    pub missing_share: f64,
    /// 1st, 5th, 25th, 50th, 75th, 95th and 99th percentile over the training rows; empty for categories.
    pub percentiles: Vec<f64>,
    /// Smallest and largest value seen in training; none for categories.
    pub range: Option<(f64, f64)>,
    /// Categories with a term of their own, the commonest first.
    pub levels: Vec<String>,
}

impl ModelFeature {
    /// The training rows' median, if the feature is a number.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        self.percentiles.get(3).copied()
    }
}

/// Directions in which the coefficients might as well have moved: one for each of some groups of customers.
///
/// With directions dₖ (for all terms, then all leaves, then the intercept) the variance of a customer's log-odds is
/// K/(K−1) Σₖ (xᵀdₖ)²: the cluster-robust sandwich with customers gathered into K groups by a hash of their id.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Uncertainty {
    /// K directions.
    pub directions: Vec<Vec<f64>>,
    /// Multiplier of the standard error for a 95 % interval (Student's t with K − 1 degrees of freedom).
    pub multiplier: f64,
}

/// Proof of the fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// ‖gradient‖∞ / n at the coefficients, at most 1e-8.
    pub gradient: f64,
    /// Newton steps on all rows.
    pub steps: usize,
    /// Ridge penalty α of the terms.
    pub penalty: f64,
    /// Ridge penalty of the leaves towards their boosted values; none without trees.
    pub leaf_penalty: Option<f64>,
}

/// One shape that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Name, such as `linear` or `trees of depth 2`.
    pub shape: String,
    /// Ridge penalty of the terms.
    pub penalty: f64,
    /// Number of trees.
    pub trees: usize,
    /// Ridge penalty of the leaves towards their boosted values; none without trees.
    pub leaf_penalty: Option<f64>,
    /// Log loss on held-out rows.
    pub log_loss: f64,
    /// AUC on held-out rows.
    pub auc: f64,
    /// Whether it was chosen.
    pub chosen: bool,
}

impl Model {
    /// The file's bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads `model.json`.
    ///
    /// # Errors
    /// [`Error::Format`] for any other format, and for text that is no model at all (format 0).
    pub fn from_json(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let found = serde_json::from_str::<Head>(text).map_or(0, |head| head.format);
        if found != FORMAT {
            return Err(Error::Format { found, readable: FORMAT });
        }
        serde_json::from_str(text).map_err(|_| Error::Format { found: 0, readable: FORMAT })
    }

    /// Event rate of the training rows.
    #[must_use]
    pub fn base_rate(&self) -> f64 {
        self.events as f64 / self.rows as f64
    }
}

//! `[train]`: the panel of cutoffs and the shape of the model.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How models are trained.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Train {
    /// Days between training cutoffs.
    pub cadence_days: u32,
    /// How many cutoffs, counted back from the latest mature one.
    pub cutoffs: u32,
    /// Which terms the model may have.
    pub terms: Terms,
    /// Features kept although the leak screen names them.
    pub allow_leak_suspects: Vec<String>,
    /// Days after which a training cutoff counts half, for markets that change; all count alike if left out.
    pub half_life_days: Option<u32>,
}

impl Default for Train {
    fn default() -> Self {
        Self { cadence_days: 30, cutoffs: 6, terms: Terms::Auto, allow_leak_suspects: Vec::new(), half_life_days: None }
    }
}

/// Which terms the model may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// Chosen on a later slice of the training cutoffs.
    #[default]
    Auto,
    /// Declared features as they are, no learned terms.
    Linear,
}

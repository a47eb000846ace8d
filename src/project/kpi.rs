//! `[kpi]`: which KPIs, and how they are judged.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which KPIs are computed, and how they are judged.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KpiSettings {
    /// `false` for none.
    pub enabled: bool,
    /// Only these; all whose tables are mapped if empty.
    pub only: Vec<String>,
    /// Smaller groups are suppressed.
    pub min_n: u32,
    /// A session ends after so many minutes without activity, where sessions are not given.
    pub session_gap_minutes: u32,
    /// Verdicts, by KPI name.
    pub target: IndexMap<String, KpiTarget>,
}

impl Default for KpiSettings {
    fn default() -> Self {
        Self { enabled: true, only: Vec::new(), min_n: 5, session_gap_minutes: 30, target: IndexMap::new() }
    }
}

/// From where on a KPI is good, and from where on a concern.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiTarget {
    /// At least (or at most, where low is good) this is good.
    #[serde(default)]
    pub good: Option<f64>,
    /// Beyond this it is a concern.
    #[serde(default)]
    pub concern: Option<f64>,
}

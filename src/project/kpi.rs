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
    /// Length of a cohort in `cohorts.parquet`.
    pub cohorts: CohortLength,
    /// Verdicts, by KPI name.
    pub target: IndexMap<String, KpiTarget>,
}

/// Who came in the same week or month is a cohort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CohortLength {
    /// Weeks, from the declared first day of the week.
    Week,
    /// Calendar months.
    #[default]
    Month,
}

impl Default for KpiSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            only: Vec::new(),
            min_n: 5,
            session_gap_minutes: 30,
            cohorts: CohortLength::default(),
            target: IndexMap::new(),
        }
    }
}

/// From where on a KPI is good, and from where on a concern.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KpiTarget {
    /// At least (or at most, where low is good) this is good.
    #[serde(default)]
    pub good: Option<f64>,
    /// Beyond this it is a concern.
    #[serde(default)]
    pub concern: Option<f64>,
    /// Other marks for parts of segments: `[kpi.target.NAME.by.SEGMENT.PART]`.
    #[serde(default)]
    pub by: IndexMap<String, IndexMap<String, PartTarget>>,
}

/// Marks of one part of a segment; they stand in place of those of the whole.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartTarget {
    /// At least (or at most, where low is good) this is good.
    #[serde(default)]
    pub good: Option<f64>,
    /// Beyond this it is a concern.
    #[serde(default)]
    pub concern: Option<f64>,
}

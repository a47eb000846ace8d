//! `[value]`: what a customer is worth.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a customer is worth: `value_at_risk = score × value`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Value {
    /// What the value is measured by; the first that the mapped tables allow if left out.
    pub basis: Option<ValueBasis>,
    /// Share of the basis that is margin, 0 to 1.
    pub margin: f64,
}

impl Default for Value {
    fn default() -> Self {
        Self { basis: None, margin: 1.0 }
    }
}

/// Measures of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueBasis {
    /// Net revenue of the last 365 days before D.
    #[serde(rename = "revenue_365")]
    Revenue365,
    /// Predicted customer lifetime value.
    ClvPredicted,
    /// Monthly recurring revenue of the open subscriptions at D, times twelve.
    Mrr,
}

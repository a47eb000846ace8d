//! `[roles]`: which event kinds mean what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which event kinds mean what, for labels, journeys, KPIs and insights.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    /// Done by the company: never customer activity.
    pub passive: Vec<String>,
    /// Something was put into a cart.
    pub cart: Vec<String>,
    /// Something was bought.
    pub purchase: Vec<String>,
}

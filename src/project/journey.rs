//! `[journey.NAME]`: ordered steps whose funnel is measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ordered steps whose funnel is measured per visit, per customer and within a time limit.
///
/// ```toml
/// [journey.purchase]
/// steps = ["product_view", "cart", "purchase"]   # an event kind, a role, `table:kind`, or a table
/// within_days = 7
/// ```
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Journey {
    /// Steps in order: the roles `cart` and `purchase`, an event kind, `table:kind`, or the name of a table.
    pub steps: Vec<String>,
    /// Time limit of the third funnel, from the first step to the last.
    #[serde(default = "thirty")]
    pub within_days: u32,
    /// What the journey is, in words.
    #[serde(default)]
    pub description: Option<String>,
}

const fn thirty() -> u32 {
    30
}

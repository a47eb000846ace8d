//! `[campaign]`: defaults of campaigns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Defaults of campaigns.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignSettings {
    /// Share of all customers that no campaign may touch: the long-run holdout.
    pub global_holdout: f64,
    /// Days after its run during which a campaign keeps its customers from other campaigns.
    pub live_days: u32,
}

impl Default for CampaignSettings {
    fn default() -> Self {
        Self { global_holdout: 0.0, live_days: 90 }
    }
}

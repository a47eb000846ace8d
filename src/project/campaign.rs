//! `[campaign]`: defaults of campaigns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// defaults of campaigns.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignSettings {}

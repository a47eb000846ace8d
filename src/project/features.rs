//! `[features]`: which features are computed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// which features are computed.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureSettings {}

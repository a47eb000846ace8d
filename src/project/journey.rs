//! `[journey.NAME]`: ordered steps whose funnel is measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// ordered steps whose funnel is measured.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Journey {}

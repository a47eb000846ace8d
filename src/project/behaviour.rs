//! `[behaviour.NAME]`: something customers do, whose association with outcomes is measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// something customers do, whose association with outcomes is measured.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {}

//! `[action.NAME]`: what to do about a customer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// what to do about a customer.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Action {}

//! `campaign plan`: how many customers, what can be seen, how large a holdout.
//!
//! 1. Compute. 2. Store beside the campaigns, so that the assignment freezes it and the evaluation quotes it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Failure;
use crate::campaign::evaluate::write_json;
use crate::campaign::plan::{Question, plan};

/// Plans a campaign; with a name the plan is stored for its assignment.
///
/// # Errors
/// When the numbers make no plan or it cannot be stored.
pub fn campaign_plan(dir: &Path, name: Option<&str>, question: &Question) -> Result<Value, Failure> {
    let plan = plan(question)?;
    if let Some(name) = name {
        write_json(&plan, &plan_file(dir, name))?;
    }
    Ok(plan)
}

/// Where the plan of a campaign waits for its assignment.
#[must_use]
pub fn plan_file(dir: &Path, name: &str) -> PathBuf {
    dir.join("campaigns").join(format!("{name}.plan.json"))
}

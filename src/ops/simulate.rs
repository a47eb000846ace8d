//! `simulate`: a truth-known project.
//!
//! 1. live the world customer block by customer block, writing the tables as they come;
//! 2. write `truth.json`;
//! 3. write `tidewatch.toml`, so that an incomplete folder is no project.

use super::Failure;
use crate::progress::Progress;
use crate::simulate::{Made, Request};

/// Runs the verb.
///
/// # Errors
/// [`Failure::Simulate`] if the folder is occupied or cannot be written, or if cancelled.
pub fn simulate(request: &Request, progress: &Progress) -> Result<Made, Failure> {
    Ok(crate::simulate::simulate(request, progress)?)
}

//! `campaign evaluate`: what an experiment changed.
//!
//! 1. Read the table in one pass and judge whether it can be trusted. 2. Estimate. 3. Write. 4. Refuse where it must.

use std::path::Path;

use super::Failure;
use crate::campaign::evaluate::{Evaluation, evaluate, write};
use crate::campaign::trust::Verdict;
use crate::campaign::{Error, Experiment};
use crate::progress::Progress;

/// Measures an experiment kept in one flat table and writes the results to `out`.
///
/// # Errors
/// [`Error::Untrusted`] after `trust.json` was written, or whatever kept the table from being read or results from being
/// written.
pub fn campaign_evaluate(experiment: &Experiment, out: &Path, progress: &Progress) -> Result<Evaluation, Failure> {
    let stage = progress.stage("measure", None)?;
    let evaluation = evaluate(experiment)?;
    stage.advance(1)?;
    write(&evaluation, out)?;
    refuse_or(evaluation)
}

/// The evaluation, unless its gate refuses.
///
/// # Errors
/// [`Error::Untrusted`] with the reasons.
pub fn refuse_or(evaluation: Evaluation) -> Result<Evaluation, Failure> {
    if evaluation.trust.verdict == Verdict::Refuse {
        let reasons = evaluation.trust.reasons(Verdict::Refuse).into_iter().map(str::to_owned).collect();
        return Err(Error::Untrusted { reasons }.into());
    }
    Ok(evaluation)
}

//! `audit`: whether any feature sees the future.
//! 1. Load and check the project,
//! 2. for every cutoff: compute the features from the whole data,
//! 3. compute them again with the future removed, and with the future poisoned,
//! 4. name every feature that differs in any bit.

use std::collections::BTreeSet;
use std::path::Path;

use super::Failure;
use super::ingest::ingest;
use crate::contract::Checked;
use crate::error::{Exit, Explain};
use crate::feature::audit::{Future, differing, with_future};
use crate::feature::{FeatureFrame, Plan, compute};
use crate::observe::{known_until, mature_cutoffs};
use crate::progress::Progress;
use crate::project::Project;
use crate::rollup::History;
use crate::time::Day;

/// What the audit looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// The cutoffs.
    pub cutoffs: Vec<Day>,
    /// How many features.
    pub features: usize,
    /// Customers times cutoffs.
    pub rows: usize,
}

/// Audits a project's features at the given cutoffs, or at its earliest and latest training cutoff.
///
/// # Errors
/// [`Failure`] of any stage; [`AuditError`] if a feature sees the future.
pub fn audit(dir: &Path, cutoffs: &[Day], progress: &Progress) -> Result<Audited, Failure> {
    let ingested = ingest(dir, None, progress)?;
    let (project, checked) = (&ingested.project, &ingested.checked);
    let cutoffs = if cutoffs.is_empty() { usual(project, checked, ingested.as_of) } else { cutoffs.to_vec() };
    let plan = Plan::new(project, checked)?;
    let mut audited = Audited { cutoffs: cutoffs.clone(), features: 0, rows: 0 };
    let mut leaks = BTreeSet::new();
    for as_of in cutoffs {
        let computed = |checked: &Checked| -> Result<FeatureFrame, Failure> {
            let history = History::build(project, checked, progress)?;
            Ok(compute(&plan, &history, &[as_of], progress)?)
        };
        let whole = computed(checked)?;
        for future in [Future::Removed, Future::Poisoned] {
            leaks.extend(differing(&whole, &computed(&with_future(checked, as_of, future)?)?));
        }
        audited.features = whole.features.len();
        audited.rows += whole.blocks.iter().map(crate::feature::FeatureBlock::len).sum::<usize>();
    }
    if leaks.is_empty() { Ok(audited) } else { Err(AuditError { features: leaks.into_iter().collect() }.into()) }
}

fn usual(project: &Project, checked: &Checked, as_of: Day) -> Vec<Day> {
    let mut cutoffs = BTreeSet::new();
    for target in project.targets.keys() {
        let mature = mature_cutoffs(project, target, known_until(project, target, checked, as_of));
        cutoffs.extend(mature.first().into_iter().chain(mature.last()).copied());
    }
    if cutoffs.is_empty() {
        cutoffs.insert(as_of.plus(-30));
    }
    cutoffs.into_iter().collect()
}

/// Features see the future.
#[derive(Debug, thiserror::Error)]
#[error("{} see the future: {}", if features.len() == 1 { "a feature seems to" } else { "features seem to" }, features.join(", "))]
pub struct AuditError {
    /// Their names.
    pub features: Vec<String>,
}

impl Explain for AuditError {
    fn exit(&self) -> Exit {
        Exit::Contract
    }

    fn expectation(&self) -> Option<String> {
        Some(
            "every bit of every feature as of D is the same when nothing after D is there, or all of it is wrong"
                .to_owned(),
        )
    }

    fn hint(&self) -> Option<String> {
        Some("leave them out with `[features] except`, and report the kind they are of".to_owned())
    }
}

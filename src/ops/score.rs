//! `score`: the standing models applied to one night.
//!
//! 1. load, check, build the history;
//! 2. per target: features as the standing version defines them, eligibility, values, scores;
//! 3. write them to a file, if one is named. Publishing a night is `run`'s doing.

use std::path::Path;

use super::explain::targets;
use super::lifetime::Worth;
use super::{Failure, Ingested, ingest};
use crate::feature::{self, FeatureFrame, Plan};
use crate::label;
use crate::model::Model;
use crate::progress::Progress;
use crate::registry::{Registry, Version};
use crate::rollup::History;
use crate::score::{self, Request, Scores};
use crate::time::Day;

/// What the night of one target is scored from.
pub struct Evening {
    /// The version that scores.
    pub version: Version,
    /// Its model.
    pub model: Model,
    /// Features as it defines them, one block: the night.
    pub frame: FeatureFrame,
    eligible: Vec<bool>,
    values: Vec<f64>,
}

impl Evening {
    /// Gathers what the standing version needs.
    ///
    /// # Errors
    /// Exit 6 if no version stands; [`Failure`] of any stage.
    pub fn new(
        ingested: &Ingested,
        plan: &Plan,
        history: &History,
        target: &str,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let (project, as_of) = (&ingested.project, ingested.as_of);
        let registry = Registry::open(&project.root);
        let (version, model) = registry.standing(target, as_of)?.ok_or_else(|| registry.absence(target, as_of))?;
        let frame = feature::compute(&plan.exactly(&score::features_of(&model)), history, &[as_of], progress)?;
        let customers = frame.blocks.first().map_or(&[][..], |block| block.customer.as_slice());
        let mut labels = label::label_rows(project, target, history, std::iter::once((as_of, customers)), as_of)?;
        let eligible = labels.pop().map(|block| block.eligible).unwrap_or_default();
        let values = Worth::of_history(project, history, as_of).values(project, history, as_of, customers);
        Ok(Self { version, model, frame, eligible, values })
    }

    /// What is asked of the score stage.
    #[must_use]
    pub fn request<'a>(&'a self, ingested: &'a Ingested, target: &'a str) -> Request<'a> {
        Request {
            target,
            horizon_days: ingested.project.targets.get(target).and_then(|target| target.horizon_days),
            frame: &self.frame,
            block: 0,
            eligible: &self.eligible,
            values: &self.values,
            bands: &ingested.project.bands,
        }
    }
}

/// Scores all eligible customers of the night, for one target or all that have a standing model.
///
/// # Errors
/// [`Failure`] of any stage; exit 6, naming the earliest possible night, if no target has a standing model.
pub fn score(
    dir: &Path,
    target: Option<&str>,
    as_of: Option<Day>,
    out: Option<&Path>,
    progress: &Progress,
) -> Result<Vec<Scores>, Failure> {
    let ingested = ingest(dir, as_of, progress)?;
    let targets = targets(&ingested, target)?;
    let registry = Registry::open(&ingested.project.root);
    let mut absence = None;
    let mut standing = Vec::new();
    for target in &targets {
        match registry.standing_version(target, ingested.as_of)? {
            Some(_) => standing.push(target),
            None => absence = absence.or_else(|| Some(registry.absence(target, ingested.as_of))),
        }
    }
    if let Some(absence) = absence.filter(|_| standing.is_empty()) {
        return Err(absence.into());
    }
    let history = History::build(&ingested.project, &ingested.checked, progress)?;
    let plan = Plan::new(&ingested.project, &ingested.checked)?;
    let mut all = Vec::new();
    for target in standing {
        let evening = Evening::new(&ingested, &plan, &history, target, progress)?;
        all.push(score::score(&evening.model, &evening.version, &evening.request(&ingested, target))?);
    }
    if let Some(path) = out {
        super::features::write(&mut score::frame(&all).map_err(feature::Error::Frame)?, path)?;
    }
    Ok(all)
}

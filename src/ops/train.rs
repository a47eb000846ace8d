//! `train`: one model per target.
//!
//! 1. load, check, build the history;
//! 2. for every target: the mature cutoffs, features and outcomes there;
//! 3. fit, calibrate, evaluate, judge (see [`crate::model`]);
//! 4. register the version; promote it if the gate allows.

use std::path::Path;

use indexmap::IndexMap;

use super::{Failure, ingest};
use crate::feature::{self, Plan};
use crate::label;
use crate::model::{self, TrainRequest, Trained};
use crate::observe;
use crate::progress::Progress;
use crate::project::{Target, TargetKind};
use crate::registry::{Contents, Registry, Version};
use crate::rollup::History;
use crate::time::Day;

use super::Ingested;

/// A trained target and what became of it.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The model with its evaluation and gate.
    pub trained: Trained,
    /// The version it was registered as.
    pub version: Version,
    /// Whether it stands among the promoted ones now.
    pub promoted: bool,
}

/// What came out for each target, in the project file's order.
pub type Outcomes = Vec<(String, Result<Registered, model::Error>)>;

/// Runs the verb: all targets of the project.
///
/// # Errors
/// [`Failure`] of any stage before training; what training says about a target is in the result.
pub fn train(dir: &Path, as_of: Option<Day>, strict: bool, progress: &Progress) -> Result<Outcomes, Failure> {
    let ingested = ingest(dir, as_of, progress)?;
    let history = History::build(&ingested.project, &ingested.checked, progress)?;
    let plan = Plan::new(&ingested.project, &ingested.checked)?;
    train_targets(&ingested, &plan, &history, strict, progress)
}

/// Stages 2 to 4 on a history that stands already.
///
/// # Errors
/// As [`train`].
pub fn train_targets(
    ingested: &Ingested,
    plan: &Plan,
    history: &History,
    strict: bool,
    progress: &Progress,
) -> Result<Outcomes, Failure> {
    let mut outcomes = Vec::new();
    for name in ingested.project.targets.keys() {
        outcomes.push((name.clone(), register_target(ingested, plan, history, name, strict, progress)?));
    }
    Ok(outcomes)
}

/// Stages 2 to 4 for one target.
///
/// # Errors
/// As [`train`]; what training says about the target is in the result.
pub fn register_target(
    ingested: &Ingested,
    plan: &Plan,
    history: &History,
    name: &str,
    strict: bool,
    progress: &Progress,
) -> Result<Result<Registered, model::Error>, Failure> {
    match train_target(ingested, plan, history, name, strict, progress)? {
        Ok(trained) => Ok(Ok(register(ingested, name, trained)?)),
        Err(error) => Ok(Err(error)),
    }
}

fn train_target(
    ingested: &Ingested,
    plan: &Plan,
    history: &History,
    name: &str,
    strict: bool,
    progress: &Progress,
) -> Result<Result<Trained, model::Error>, Failure> {
    let known_until = observe::known_until(&ingested.project, name, &ingested.checked, ingested.as_of);
    let cutoffs = observe::mature_cutoffs(&ingested.project, name, known_until);
    let frame = feature::compute(plan, history, &cutoffs, progress)?;
    let labels = label::label(&ingested.project, name, history, &frame, known_until)?;
    let request = request(ingested, name, strict);
    Ok(model::train(&frame, &labels, &request, progress))
}

/// What is asked of training for a target of the project.
#[must_use]
pub fn request(ingested: &Ingested, name: &str, strict: bool) -> TrainRequest {
    let settings = &ingested.project.train;
    let target = ingested.project.targets.get(name);
    TrainRequest {
        target_definition: target.map(definition).unwrap_or_default(),
        outcome_days: target.and_then(outcome_days),
        as_of: ingested.as_of,
        terms: settings.terms,
        allow_leak_suspects: settings.allow_leak_suspects.clone(),
        strict,
    }
}

/// Days from a cutoff until its outcome is known; none for undated targets.
#[must_use]
pub fn outcome_days(target: &Target) -> Option<u32> {
    (target.kind != TargetKind::Column).then(|| u32::try_from(observe::outlook_days(target)).unwrap_or_default())
}

/// Hash of a target's definition, in hex.
#[must_use]
pub fn definition(target: &Target) -> String {
    let text = serde_json::to_string(target).unwrap_or_default();
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

fn register(ingested: &Ingested, name: &str, trained: Trained) -> Result<Registered, Failure> {
    let registry = Registry::open(&ingested.project.root);
    let evaluation = evaluation_json(&IndexMap::from([(name.to_owned(), &trained.evaluation)]));
    let (model, card) = (trained.model.to_json(), trained.card());
    let contents = Contents { model: model.as_bytes(), evaluation: evaluation.as_bytes(), card: &card };
    let version = registry.register_bytes(name, &contents, ingested.as_of)?;
    let promoted = trained.gate.promotes() && registry.admit(name, &version)?;
    Ok(Registered { trained, version, promoted })
}

/// The text of `evaluation.json`: evaluations keyed by target.
#[must_use]
pub fn evaluation_json(evaluations: &IndexMap<String, &crate::evaluate::Evaluation>) -> String {
    let mut text = serde_json::to_string_pretty(evaluations).unwrap_or_default();
    text.push('\n');
    text
}

//! `train`: one model per target.
//!
//! 1. load, check, build the history;
//! 2. for every target: the mature cutoffs, features and outcomes there;
//! 3. fit, calibrate, evaluate, judge (see [`crate::model`]);
//! 4. register the version; promote it if the gate allows.

use std::path::Path;

use indexmap::IndexMap;

use super::{Failure, ingest_history};
use crate::feature::{self, Census, FeatureFrame, Plan, Population};
use crate::label::{self, LabelBlock, Labels, TimingBlock};
use crate::model::{self, Panel, TrainRequest, Trained};
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
    let (ingested, history) = ingest_history(dir, as_of, progress)?;
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
    let census = Census::of_history(plan, history, &cutoffs(ingested, name));
    let (frame, labels) = Rows::training(ingested, history, name)?.features(plan, &census, history, progress)?.0;
    let timing = timing(ingested, history, (&frame, &labels))?;
    register_trained(ingested, (&frame, &labels), timing.as_deref(), strict, progress)
}

/// Stages 3 and 4 for one target, on features and outcomes that stand already, and on their [`timing`].
///
/// # Errors
/// If the version cannot be registered; what training says about the target is in the result.
pub fn register_trained(
    ingested: &Ingested,
    (frame, labels): (&FeatureFrame, &Labels),
    timing: Option<&[TimingBlock]>,
    strict: bool,
    progress: &Progress,
) -> Result<Result<Registered, model::Error>, Failure> {
    let name = labels.target.as_str();
    if let Some(table) = observe::empty_outcome_table(&ingested.project, name, &ingested.checked) {
        return Ok(Err(model::Error::EmptyTable { target: name.to_owned(), table }));
    }
    // A version that cannot be read is no rival; what reads it for scoring says so.
    let standing = Registry::open(&ingested.project.root).standing(name, ingested.as_of).ok().flatten();
    let request = TrainRequest { champion: standing.map(|(_, model)| model), ..request(ingested, name, strict) };
    let trained = model::train(frame, labels, &request, progress);
    match trained.and_then(|trained| with_horizons(ingested, (frame, labels), timing, trained)) {
        Ok(trained) => Ok(Ok(register(ingested, name, trained)?)),
        Err(error) => Ok(Err(error)),
    }
}

/// When the outcomes came, for the further horizons that a target declares; nothing if it declares none.
///
/// # Errors
/// If the target cannot be labelled.
pub fn timing(
    ingested: &Ingested,
    history: &History,
    (frame, labels): (&FeatureFrame, &Labels),
) -> Result<Option<Vec<TimingBlock>>, Failure> {
    let (project, name) = (&ingested.project, labels.target.as_str());
    if project.targets.get(name).is_none_or(|target| target.horizons.is_empty()) {
        return Ok(None);
    }
    let known_until = observe::known_until(project, name, &ingested.checked, ingested.as_of);
    Ok(Some(label::timing(project, name, history, frame, known_until)?))
}

/// The model with the probabilities over the target's further horizons, where it declares some.
fn with_horizons(
    ingested: &Ingested,
    (frame, labels): (&FeatureFrame, &Labels),
    timing: Option<&[TimingBlock]>,
    mut trained: Trained,
) -> Result<Trained, model::Error> {
    if let (Some(target), Some(timing)) = (ingested.project.targets.get(&labels.target), timing) {
        let is_absence = target.kind == TargetKind::Inactivity;
        trained.add_horizons(&Panel::new(frame, labels), timing, &target.horizons, is_absence)?;
    }
    Ok(trained)
}

/// Whose features a target needs: those who can teach it, and those who are to be scored.
pub struct Rows {
    labels: Labels,
    teaching: Vec<Population>,
    tonight: Option<Population>,
}

/// Features and outcomes of those who teach, and tonight's features of those who are scored.
pub type RowFeatures = ((FeatureFrame, Labels), Option<FeatureFrame>);

impl Rows {
    /// Everybody eligible with a known outcome at the target's mature cutoffs.
    ///
    /// # Errors
    /// If the target cannot be labelled.
    pub fn training(ingested: &Ingested, history: &History, name: &str) -> Result<Self, Failure> {
        let known_until = observe::known_until(&ingested.project, name, &ingested.checked, ingested.as_of);
        let known: Vec<(Day, Vec<u32>)> = cutoffs(ingested, name)
            .into_iter()
            .map(|cutoff| (cutoff, history.known_before(cutoff.epoch_days())))
            .collect();
        let rows = known.iter().map(|(cutoff, customers)| (*cutoff, customers.as_slice()));
        let blocks = label::label_rows(&ingested.project, name, history, rows, known_until)?;
        let taught = known.iter().zip(blocks).map(|((as_of, customers), block)| teaching(*as_of, customers, &block));
        let (teaching, blocks) = taught.unzip();
        Ok(Self { labels: Labels { target: name.to_owned(), blocks }, teaching, tonight: None })
    }

    /// The same with everybody who is to be scored tonight, if tonight is no cutoff of its own.
    ///
    /// # Errors
    /// If the target cannot be labelled.
    pub fn and_tonight(mut self, ingested: &Ingested, history: &History) -> Result<Self, Failure> {
        if self.teaching.iter().all(|population| population.as_of < ingested.as_of) {
            self.tonight = Some(tonight(ingested, history, &self.labels.target)?);
        }
        Ok(self)
    }

    /// The features of all of them, in one pass; the census was taken at their [`cutoffs`].
    ///
    /// # Errors
    /// If the plan does not fit the history, or the user cancels.
    pub fn features(
        self,
        plan: &Plan,
        census: &Census,
        history: &History,
        progress: &Progress,
    ) -> Result<RowFeatures, Failure> {
        let has_tonight = self.tonight.is_some();
        let populations = self.teaching.into_iter().chain(self.tonight).collect();
        let mut frame = feature::compute_shard(plan, census, history, populations, progress)?;
        let last = if has_tonight { frame.blocks.pop() } else { None };
        let tonight = last.map(|block| FeatureFrame { blocks: vec![block], ..frame.without_blocks() });
        Ok(((frame, self.labels), tonight))
    }
}

/// The target's mature cutoffs, ascending.
#[must_use]
pub fn cutoffs(ingested: &Ingested, name: &str) -> Vec<Day> {
    let known_until = observe::known_until(&ingested.project, name, &ingested.checked, ingested.as_of);
    let mut cutoffs = observe::mature_cutoffs(&ingested.project, name, known_until);
    cutoffs.sort();
    cutoffs.dedup();
    cutoffs
}

fn teaching(as_of: Day, customers: &[u32], block: &LabelBlock) -> (Population, LabelBlock) {
    let can_teach = |row: &usize| block.eligible[*row] && block.outcome[*row].known().is_some();
    let rows: Vec<usize> = (0..customers.len()).filter(can_teach).collect();
    let customers = rows.iter().map(|&row| customers[row]).collect();
    let outcome = rows.iter().map(|&row| block.outcome[row]).collect();
    (Population { as_of, customers }, LabelBlock { as_of, outcome, eligible: vec![true; rows.len()] })
}

/// Everybody who is eligible tonight.
///
/// # Errors
/// If the target cannot be labelled.
pub fn tonight(ingested: &Ingested, history: &History, name: &str) -> Result<Population, Failure> {
    let as_of = ingested.as_of;
    let known = history.known_before(as_of.epoch_days());
    let rows = std::iter::once((as_of, known.as_slice()));
    let blocks = label::label_rows(&ingested.project, name, history, rows, as_of)?;
    let eligible = blocks.into_iter().flat_map(|block| block.eligible);
    let customers = known.iter().zip(eligible).filter(|(_, eligible)| *eligible).map(|(&customer, _)| customer);
    Ok(Population { as_of, customers: customers.collect() })
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
        half_life_days: settings.half_life_days,
        champion: None,
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

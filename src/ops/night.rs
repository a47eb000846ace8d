//! What a night does for one target: train when due, judge, score with the standing version.
//!
//! A candidate that is refused changes nothing: the standing version scores. Without a standing version every eligible
//! customer is `abstained:no_model`. Equal inputs give equal nights, also when the model was trained by an earlier run
//! of the same night: everything reported of it is read back from the registry.

use serde_json::Value;

use super::train::Rows;
use super::{Failure, Ingested, lifetime, train};
use crate::feature::{self, FeatureFrame, FeatureInfo, Plan};
use crate::model::Model;
use crate::progress::Progress;
use crate::publish::GateVerdict;
use crate::registry::{EVALUATION_FILE, Registry, Version};
use crate::rollup::History;
use crate::score::{self, Abstention, Scores};
use crate::time::Day;

/// When `run` trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retrain {
    /// When no version stands, or the standing one is a cadence old.
    #[default]
    Auto,
    /// Every time.
    Always,
    /// Not at all.
    Never,
}

/// What all targets of a night share.
pub struct Night<'a> {
    /// Project, date and tables.
    pub ingested: &'a Ingested,
    /// All features the project declares.
    pub plan: &'a Plan,
    /// The rolled-up rows.
    pub history: &'a History,
    /// Where long work reports to.
    pub progress: &'a Progress,
}

/// What a night made of one target.
pub struct TargetNight {
    /// The target.
    pub target: String,
    /// Its scores; all abstentions if no version stands.
    pub scores: Scores,
    /// What became of training.
    pub gate: GateVerdict,
    /// `evaluation.json` of the model trained for this night, promoted or not.
    pub evaluation: Option<Value>,
    /// The model that scored.
    pub model: Option<Model>,
}

impl Night<'_> {
    fn as_of(&self) -> Day {
        self.ingested.as_of
    }

    fn registry(&self) -> Registry {
        Registry::open(&self.ingested.project.root)
    }

    /// Trains the target if it is due, then scores it.
    ///
    /// # Errors
    /// [`Failure`] of any stage; what training says about the data is in the gate's verdict.
    pub fn target(&self, target: &str, retrain: Retrain) -> Result<TargetNight, Failure> {
        let standing = self.registry().standing(target, self.as_of())?;
        let (gate, candidate, tonight) = if self.is_due(retrain, standing.as_ref().map(|(_, model)| model)) {
            self.train(target)?
        } else {
            (not_trained(target, standing.as_ref(), self.as_of()), None, None)
        };
        let standing = self.registry().standing(target, self.as_of())?;
        let evaluated = candidate.or_else(|| self.trained_tonight(standing.as_ref()));
        let evaluation = evaluated.map(|version| self.evaluation(target, &version)).transpose()?.flatten();
        let scores = self.score(target, standing.as_ref(), tonight)?;
        Ok(TargetNight { target: target.to_owned(), scores, gate, evaluation, model: standing.map(|(_, model)| model) })
    }

    fn is_due(&self, retrain: Retrain, standing: Option<&Model>) -> bool {
        let cadence = i64::from(self.ingested.project.train.cadence_days);
        match retrain {
            Retrain::Always => true,
            Retrain::Never => false,
            Retrain::Auto => standing.is_none_or(|model| i64::from(self.as_of().since(model.as_of)) >= cadence),
        }
    }

    /// The verdict, the candidate, and tonight's features, which come along at little cost.
    fn train(&self, target: &str) -> Result<(GateVerdict, Option<Version>, Option<FeatureFrame>), Failure> {
        let Self { ingested, plan, history, progress } = *self;
        let rows = Rows::training(ingested, history, target)?.and_tonight(ingested, history)?;
        let ((frame, labels), tonight) = rows.features(plan, history, progress)?;
        let outcome = train::register_trained(ingested, history, (&frame, &labels), false, progress)?;
        let (verdict, version) = match outcome {
            Ok(registered) if registered.promoted => (promoted(target, &registered.version), Some(registered.version)),
            Ok(registered) => {
                let reason = registered.trained.gate.reasons.join("; ");
                (verdict(target, "refused", reason), Some(registered.version))
            }
            Err(error) => (verdict(target, "refused", error.to_string()), None),
        };
        Ok((verdict, version, tonight))
    }

    fn trained_tonight(&self, standing: Option<&(Version, Model)>) -> Option<Version> {
        standing.filter(|(_, model)| model.as_of == self.as_of()).map(|(version, _)| version.clone())
    }

    fn evaluation(&self, target: &str, version: &Version) -> Result<Option<Value>, Failure> {
        let text = self.registry().text(target, version, EVALUATION_FILE)?;
        let document: Option<Value> = serde_json::from_str(&text).ok();
        Ok(document.and_then(|mut document| document.get_mut(target).map(Value::take)))
    }

    /// Scores all eligible customers of the night with the standing version; `tonight` holds their features if they
    /// were computed already.
    ///
    /// # Errors
    /// [`Failure`] of the feature, label or score stage.
    pub fn score(
        &self,
        target: &str,
        standing: Option<&(Version, Model)>,
        tonight: Option<FeatureFrame>,
    ) -> Result<Scores, Failure> {
        let features = standing.map(|(_, model)| score::features_of(model)).unwrap_or_default();
        let frame = if let Some(frame) = tonight.filter(|frame| has_all(frame, &features)) {
            frame
        } else {
            let population = train::tonight(self.ingested, self.history, target)?;
            let plan = self.plan.exactly(&features);
            feature::compute_for(&plan, self.history, vec![population], self.progress)?
        };
        let project = &self.ingested.project;
        let customers = frame.blocks.first().map_or(&[][..], |block| block.customer.as_slice());
        let eligible = vec![true; customers.len()];
        let values = lifetime::values(project, self.history, self.as_of(), customers);
        let request = score::Request {
            target,
            horizon_days: project.targets.get(target).and_then(|target| target.horizon_days),
            frame: &frame,
            block: 0,
            eligible: &eligible,
            values: &values,
            bands: &project.bands,
        };
        match standing {
            Some((version, model)) => Ok(score::score(model, version, &request)?),
            None => Ok(score::abstain(&request, Abstention::NoModel)),
        }
    }
}

/// Whether the frame has all these features, defined as they are.
fn has_all(frame: &FeatureFrame, features: &[FeatureInfo]) -> bool {
    let has = |wanted: &FeatureInfo| {
        let found = frame.features.iter().find(|feature| feature.name == wanted.name);
        found.is_some_and(|found| found.definition == wanted.definition)
    };
    features.iter().all(has)
}

fn not_trained(target: &str, standing: Option<&(Version, Model)>, as_of: Day) -> GateVerdict {
    match standing {
        Some((version, model)) if model.as_of == as_of => promoted(target, version),
        Some((version, _)) => verdict(target, "skipped", format!("not due: {} stands", version.name())),
        None => verdict(target, "skipped", "training was not asked for, and no version stands".to_owned()),
    }
}

fn promoted(target: &str, version: &Version) -> GateVerdict {
    verdict(target, "passed", format!("{} is promoted", version.name()))
}

fn verdict(target: &str, verdict: &str, reason: String) -> GateVerdict {
    GateVerdict { target: target.to_owned(), gate: "train".to_owned(), verdict: verdict.to_owned(), reason }
}

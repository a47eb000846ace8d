//! What a night does for one target: train when due, judge, score with the standing version.
//!
//! A candidate that is refused changes nothing: the standing version scores. Without a standing version every eligible
//! customer is `abstained:no_model`. Equal inputs give equal nights, also when the model was trained by an earlier run
//! of the same night: everything reported of it is read back from the registry.

use serde_json::Value;

use super::lifetime::Worth;
use super::train::Rows;
use super::{Failure, Ingested, train};
use crate::feature::{self, Census, FeatureFrame, FeatureInfo, Plan};
use crate::label::{Labels, TimingBlock};
use crate::model::Model;
use crate::progress::Progress;
use crate::publish::GateVerdict;
use crate::registry::{EVALUATION_FILE, Registry, Version};
use crate::rollup::{History, Shards};
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
#[derive(Clone, Copy)]
pub struct Night<'a> {
    /// Project, date and tables.
    pub ingested: &'a Ingested,
    /// All features the project declares.
    pub plan: &'a Plan,
    /// Where long work reports to.
    pub progress: &'a Progress,
}

/// What a target needs of the rows, so that these can be given back before its model is trained.
pub struct Prepared<'a> {
    night: Night<'a>,
    target: String,
    /// What is learnt from; nothing if no training is due.
    lessons: Option<Lessons>,
    /// The features of those who are scored, in as many frames as the versions that may score ask for.
    tonight: Vec<FeatureFrame>,
    /// What they are worth.
    values: Vec<f64>,
}

/// What was found for a target in the shards so far.
#[derive(Default)]
struct Findings {
    lessons: Option<Lessons>,
    tonight: Vec<FeatureFrame>,
    values: Vec<f64>,
}

/// Features and outcomes of those who teach, and when the outcomes came, where that is asked for.
struct Lessons {
    frame: FeatureFrame,
    labels: Labels,
    timing: Option<Vec<TimingBlock>>,
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

impl<'a> Night<'a> {
    fn as_of(&self) -> Day {
        self.ingested.as_of
    }

    fn registry(&self) -> Registry {
        Registry::open(&self.ingested.project.root)
    }

    /// Computes what the target needs of the rows: features, outcomes and values, those of training if that is due.
    ///
    /// # Errors
    /// [`Failure`] of the registry, of the history, or of the label or feature stage.
    pub fn prepare(self, target: &str, retrain: Retrain, shards: &Shards) -> Result<Prepared<'a>, Failure> {
        let standing = self.registry().standing(target, self.as_of())?.map(|(_, model)| model);
        let asked = Asked::of(self, target, self.is_due(retrain, standing.as_ref()), standing.as_ref(), shards)?;
        let mut findings = Findings::default();
        shards.each(|history| {
            findings.append(asked.of_shard(history)?);
            Ok::<(), Failure>(())
        })?;
        let Findings { lessons, tonight, values } = findings;
        Ok(Prepared { night: self, target: target.to_owned(), lessons, tonight, values })
    }

    fn is_due(&self, retrain: Retrain, standing: Option<&Model>) -> bool {
        let cadence = i64::from(self.ingested.project.train.cadence_days);
        match retrain {
            Retrain::Always => true,
            Retrain::Never => false,
            Retrain::Auto => standing.is_none_or(|model| i64::from(self.as_of().since(model.as_of)) >= cadence),
        }
    }
}

/// What a target asks of the rows, and what must be known of everybody before any customer's are looked at.
struct Asked<'a> {
    night: Night<'a>,
    target: &'a str,
    /// What the features of training need to know, if training is due.
    training: Option<Census>,
    /// The features of the standing version, and what they need to know; nothing if training gives them too.
    standing: Option<(Plan, Census)>,
    worth: Worth,
}

impl<'a> Asked<'a> {
    fn of(
        night: Night<'a>,
        target: &'a str,
        is_due: bool,
        standing: Option<&Model>,
        shards: &Shards,
    ) -> Result<Self, Failure> {
        let Night { ingested, plan, .. } = night;
        let as_of = night.as_of();
        let mut cutoffs = train::cutoffs(ingested, target);
        let has_tonight = cutoffs.iter().all(|&cutoff| cutoff < as_of);
        cutoffs.extend(has_tonight.then_some(as_of));
        let training = is_due.then(|| Census::of(plan, shards, &cutoffs)).transpose()?;
        let features = standing.map(score::features_of).unwrap_or_default();
        let gives_all = match training.as_ref().filter(|_| has_tonight) {
            Some(census) => has_all(&feature::described(plan, census)?, &features),
            None => false,
        };
        let others = || -> Result<(Plan, Census), Failure> {
            let plan = plan.exactly(&features);
            let census = Census::of(&plan, shards, &[as_of])?;
            Ok((plan, census))
        };
        let standing = if gives_all { None } else { Some(others()?) };
        let worth = Worth::of(&ingested.project, shards, as_of)?;
        Ok(Self { night, target, training, standing, worth })
    }

    /// All of it for the customers of one shard.
    fn of_shard(&self, history: &History) -> Result<Findings, Failure> {
        let Night { ingested, plan, progress } = self.night;
        let mut findings = Findings::default();
        if let Some(census) = &self.training {
            let stage = progress.stage("labels", None)?;
            let rows = Rows::training(ingested, history, self.target)?.and_tonight(ingested, history)?;
            drop(stage);
            let ((frame, labels), found) = rows.features(plan, census, history, progress)?;
            let timing = train::timing(ingested, history, (&frame, &labels))?;
            findings.lessons = Some(Lessons { frame, labels, timing });
            findings.tonight.extend(found);
        }
        if let Some((plan, census)) = &self.standing {
            let population = train::tonight(ingested, history, self.target)?;
            let tonight = feature::compute_shard(plan, census, history, vec![population], progress)?;
            findings.tonight.push(tonight);
        }
        let customers = findings.tonight.first().and_then(|frame| frame.blocks.first());
        let customers = customers.map_or(&[][..], |block| &block.customer);
        findings.values = self.worth.values(&ingested.project, history, ingested.as_of, customers);
        Ok(findings)
    }
}

impl Findings {
    /// Adds what was found of later customers.
    fn append(&mut self, later: Self) {
        match (&mut self.lessons, later.lessons) {
            (Some(own), Some(later)) => own.append(later),
            (own, later) => *own = own.take().or(later),
        }
        if self.tonight.is_empty() {
            self.tonight = later.tonight;
        } else {
            self.tonight.iter_mut().zip(later.tonight).for_each(|(own, later)| own.append(later));
        }
        self.values.extend(later.values);
    }
}

impl Lessons {
    fn append(&mut self, later: Self) {
        self.frame.append(later.frame);
        self.labels.append(later.labels);
        if let (Some(own), Some(later)) = (&mut self.timing, later.timing) {
            own.iter_mut().zip(later).for_each(|(own, later)| own.arrivals.extend(later.arrivals));
        }
    }
}

impl Prepared<'_> {
    /// Trains the target if it is due, then scores it.
    ///
    /// # Errors
    /// [`Failure`] of any stage; what training says about the data is in the gate's verdict.
    pub fn finish(mut self) -> Result<TargetNight, Failure> {
        let (registry, as_of) = (self.night.registry(), self.night.as_of());
        let (gate, candidate) = match self.lessons.take() {
            Some(lessons) => self.train(&lessons)?,
            None => (not_trained(&self.target, registry.standing(&self.target, as_of)?.as_ref(), as_of), None),
        };
        let standing = registry.standing(&self.target, as_of)?;
        let tonight =
            || standing.as_ref().filter(|(_, model)| model.as_of == as_of).map(|(version, _)| version.clone());
        let evaluated = candidate.or_else(tonight);
        let evaluation = evaluated.map(|version| self.evaluation(&version)).transpose()?.flatten();
        let stage = self.night.progress.stage("score", None)?;
        let scores = self.score(standing.as_ref())?;
        drop(stage);
        Ok(TargetNight { target: self.target, scores, gate, evaluation, model: standing.map(|(_, model)| model) })
    }

    /// The verdict and the candidate.
    fn train(&self, lessons: &Lessons) -> Result<(GateVerdict, Option<Version>), Failure> {
        let Night { ingested, progress, .. } = self.night;
        let Lessons { frame, labels, timing } = lessons;
        let target = &self.target;
        let outcome = train::register_trained(ingested, (frame, labels), timing.as_deref(), false, progress)?;
        Ok(match outcome {
            Ok(registered) if registered.promoted => (promoted(target, &registered.version), Some(registered.version)),
            Ok(registered) => {
                let reason = registered.trained.gate.reasons.join("; ");
                (verdict(target, "refused", reason), Some(registered.version))
            }
            Err(error) => (verdict(target, "refused", error.to_string()), None),
        })
    }

    fn evaluation(&self, version: &Version) -> Result<Option<Value>, Failure> {
        let text = self.night.registry().text(&self.target, version, EVALUATION_FILE)?;
        let document: Option<Value> = serde_json::from_str(&text).ok();
        Ok(document.and_then(|mut document| document.get_mut(&self.target).map(Value::take)))
    }

    /// Scores all eligible customers of the night with the standing version.
    fn score(&self, standing: Option<&(Version, Model)>) -> Result<Scores, Failure> {
        let features = standing.map(|(_, model)| score::features_of(model)).unwrap_or_default();
        let found = self.tonight.iter().find(|frame| has_all(&frame.features, &features)).or(self.tonight.first());
        let nothing = FeatureFrame::default();
        let frame = found.unwrap_or(&nothing);
        let project = &self.night.ingested.project;
        let customers = frame.blocks.first().map_or(0, |block| block.customer.len());
        let eligible = vec![true; customers];
        let request = score::Request {
            target: &self.target,
            horizon_days: project.targets.get(&self.target).and_then(|target| target.horizon_days),
            frame,
            block: 0,
            eligible: &eligible,
            values: &self.values,
            bands: &project.bands,
        };
        match standing {
            Some((version, model)) => Ok(score::score(model, version, &request)?),
            None => Ok(score::abstain(&request, Abstention::NoModel)),
        }
    }
}

/// Whether all these features are among the others, defined as they are.
fn has_all(others: &[FeatureInfo], features: &[FeatureInfo]) -> bool {
    let has = |wanted: &FeatureInfo| {
        let found = others.iter().find(|feature| feature.name == wanted.name);
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

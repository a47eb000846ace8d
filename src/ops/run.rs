//! `run`: the nightly job.
//!
//! 1. load the project, settle `as_of`, take the lock;
//! 2. check the tables and roll up the history: files that are as they were come out of the store, which is brought up to
//!    date; data that are too old end the run; rows set aside are written to `quarantine/`;
//! 3. plan the features;
//! 4. per target: train when due, judge, register; score with the standing version;
//! 5. the KPIs, seen from the same date, with the scores; insights; profiles;
//! 6. write everything into a staging folder, the manifest last;
//! 7. publish by one rename.

use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;
use serde_json::{Map, Value, json};

use super::clock::Stopwatch;
use super::night::{Night, Retrain, TargetNight};
use super::{Failure, Ingested, Stale, ingest, train};
use crate::campaign::export::{Actions, at_risk};
use crate::contract::{Checked, Severity};
use crate::feature::Plan;
use crate::insight;
use crate::kpi::{self, KpiTable, PeriodKind};
use crate::model;
use crate::outlook;
use crate::profile;
use crate::progress::Progress;
use crate::project::Project;
use crate::publish::{Lock, Manifest, Published, RUN_FORMAT, SCORES_FILE, Staging};
use crate::rollup::store::{Store, Warning};
use crate::rollup::{self, Budget, Nightly, Shards};
use crate::score;
use crate::tables::TableName;
use crate::time::Day;

/// What is asked of a night.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    /// The date everything is seen from; the project's default if left out.
    pub as_of: Option<Day>,
    /// When to train.
    pub retrain: Retrain,
    /// Whether everything is read from the source files again, and the store built anew.
    pub full: bool,
    /// How much memory customers' rows may take; as much as they need if left out.
    pub memory: Option<Budget>,
}

/// What a night made.
pub struct Report {
    /// The project's name.
    pub project: String,
    /// ISO 4217 code of its money.
    pub currency: Option<String>,
    /// The date everything was seen from.
    pub as_of: Day,
    /// Rows and customers that were read.
    pub rows: u64,
    /// Customers with any row.
    pub customers: usize,
    /// What became of each target, in the project file's order.
    pub targets: Vec<TargetNight>,
    /// The KPIs.
    pub kpis: KpiTable,
    /// Warnings of the store, of the check and of the gates.
    pub warnings: Vec<String>,
    /// The published folder.
    pub folder: PathBuf,
}

/// Runs one night.
///
/// # Errors
/// [`Failure`] of any stage; then whatever was published before still stands. A night on which no target could be
/// scored is published and reported by [`Report::refusal`].
pub fn run(dir: &Path, request: Request, progress: &Progress) -> Result<Report, Failure> {
    let watch = Stopwatch::start();
    let progress = &progress.clone().heard_by(watch.listener());
    let project = Project::load(dir)?;
    let as_of = ingest::settle(&project, request.as_of);
    let _lock = Lock::take(&project.root, &format!("process {}, `run` as of {as_of}", std::process::id()))?;
    let (store, older) = store(&project, request.full)?;
    let ingesting = rollup::ingest_with(&project, as_of, store, request.memory, progress)?;
    let Nightly { checked, mut shards, warnings } = ingesting;
    let store_warnings = older.into_iter().chain(warnings).map(|warning| warning.to_string()).collect();
    fresh_enough(&project, &checked, as_of)?;
    super::write_quarantine(&project, &checked)?;
    let ingested = Ingested { project, as_of, checked };
    let plan = Plan::new(&ingested.project, &ingested.checked)?;
    let targets = targets(Night { ingested: &ingested, plan: &plan, progress }, request.retrain, &mut shards)?;
    let mut results = Results::of(&ingested, &shards, targets, progress)?;
    let published = results.publish(&ingested, shards.customers.ids.len(), &watch, progress)?;
    Ok(results.report(&ingested, shards.customers.ids.len(), published, store_warnings))
}

/// All targets, one after another. Rows that nobody asks for any more are given back before the last model is trained.
fn targets(night: Night<'_>, retrain: Retrain, shards: &mut Shards) -> Result<Vec<TargetNight>, Failure> {
    let project = &night.ingested.project;
    let mut nights = Vec::with_capacity(project.targets.len());
    for (at, name) in project.targets.keys().enumerate() {
        let prepared = night.prepare(name, retrain, shards)?;
        if at + 1 == project.targets.len() && !has_insights(project) {
            shards.forget_rows();
        }
        nights.push(prepared.finish()?);
    }
    Ok(nights)
}

/// Whether a night looks for insights: with KPIs, or for behaviours that are declared.
fn has_insights(project: &Project) -> bool {
    project.kpi.enabled || !project.behaviours.is_empty()
}

/// The store of past nights; an empty one if everything is to be read again.
fn store(project: &Project, full: bool) -> Result<(Store, Option<Warning>), rollup::Error> {
    Ok(if full { (Store::empty(&project.root)?, None) } else { Store::open(&project.root)? })
}

fn fresh_enough(project: &Project, checked: &Checked, as_of: Day) -> Result<(), Stale> {
    let Some(newest) = checked.newest(as_of).filter(|_| checked.days_too_old(project, as_of).is_some()) else {
        return Ok(());
    };
    let allowed_days = project.project.max_data_age_days;
    Err(Stale { newest, as_of, age_days: as_of.since(newest), allowed_days })
}

/// The insights; none while no outcome is known, and none where neither KPIs nor behaviours are asked for.
fn insights(ingested: &Ingested, shards: &Shards, progress: &Progress) -> Result<Option<DataFrame>, Failure> {
    if !has_insights(&ingested.project) {
        return Ok(None);
    }
    match insight::compute(&ingested.project, &ingested.checked, shards, ingested.as_of, progress) {
        Ok(table) => Ok(Some(table.frame()?)),
        Err(insight::Error::NoOutcome) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The profiles, with the KPIs and where customers do anything.
fn profiles(ingested: &Ingested, progress: &Progress) -> Result<Option<DataFrame>, Failure> {
    let acts = [TableName::Orders, TableName::Events].iter().any(|name| ingested.checked.table(*name).is_some());
    if !acts || !ingested.project.kpi.enabled {
        return Ok(None);
    }
    let profiles = profile::compute(&ingested.project, &ingested.checked, ingested.as_of, progress)?;
    Ok(Some(profiles.frame()?))
}

/// What stands beside the KPIs.
fn extras(ingested: &Ingested, progress: &Progress) -> Result<Option<kpi::Extras>, Failure> {
    if !ingested.project.kpi.enabled {
        return Ok(None);
    }
    Ok(Some(kpi::extras(&ingested.project, &ingested.checked, ingested.as_of, progress)?))
}

/// Everything a night computes before it is written.
struct Results {
    targets: Vec<TargetNight>,
    scores: DataFrame,
    kpis: KpiTable,
    /// `insights.parquet`; none without KPIs, or while no outcome is known.
    insights: Option<DataFrame>,
    /// `profiles.parquet`; none without KPIs.
    profiles: Option<DataFrame>,
    /// Cohorts, bridges, segments and the moves between them; none without KPIs.
    extras: Option<kpi::Extras>,
}

impl Results {
    fn of(
        ingested: &Ingested,
        shards: &Shards,
        targets: Vec<TargetNight>,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let scores = score::frame(targets.iter().map(|target| &target.scores)).map_err(super::failure::frame)?;
        let kpis = if ingested.project.kpi.enabled {
            let request = kpi::Request::nightly(ingested.as_of);
            kpi::compute(&ingested.project, &ingested.checked, &request, Some(&scores), progress)?
        } else {
            KpiTable::default()
        };
        let insights = insights(ingested, shards, progress)?;
        let profiles = profiles(ingested, progress)?;
        let extras = extras(ingested, progress)?;
        Ok(Self { targets, scores, kpis, insights, profiles, extras })
    }

    fn publish(
        &mut self,
        ingested: &Ingested,
        customers: usize,
        watch: &Stopwatch,
        progress: &Progress,
    ) -> Result<Published, Failure> {
        let write = progress.stage("write", None)?;
        let mut staging = Staging::begin(&ingested.project.root, ingested.as_of)?;
        staging.parquet(SCORES_FILE, &mut self.scores)?;
        let all = self.targets.iter().map(|target| &target.scores);
        if let Some(mut horizons) = score::horizons_frame(all).map_err(super::failure::frame)? {
            staging.parquet("horizons.parquet", &mut horizons)?;
        }
        let primary = primary_target(&ingested.project);
        if let Some(target) = primary {
            let actions = Actions::new(&ingested.project.actions);
            staging.file("at_risk.csv", |path| -> Result<_, Failure> {
                Ok(Some(at_risk(&self.scores, target, &actions, path)? as u64))
            })?;
        }
        if ingested.project.kpi.enabled {
            let mut kpis = self.kpis.frame().map_err(super::failure::frame)?;
            staging.parquet("kpis.parquet", &mut kpis)?;
            let week_start = ingested.project.project.week_start;
            let expected = outlook::outlook(&self.kpis, &outlook::MAIN, PeriodKind::Month, week_start, outlook::AHEAD);
            staging.parquet("forecasts.parquet", &mut expected.frame().map_err(super::failure::frame)?)?;
        }
        for (name, frame) in [("insights.parquet", &mut self.insights), ("profiles.parquet", &mut self.profiles)] {
            if let Some(frame) = frame {
                staging.parquet(name, frame)?;
            }
        }
        for (name, frame) in self.extras.iter_mut().flat_map(kpi::Extras::files) {
            staging.parquet(name, frame)?;
        }
        let evaluations = self.evaluations();
        if !evaluations.is_empty() {
            staging.json("evaluation.json", &evaluations)?;
        }
        staging.timing(&watch.timing())?;
        drop(write);
        let _publishing = progress.stage("publish", None)?;
        let manifest = self.manifest(ingested, customers, &staging);
        Ok(staging.publish(&manifest)?)
    }

    fn evaluations(&self) -> Map<String, Value> {
        let evaluated = self.targets.iter().filter_map(|night| Some((night.target.clone(), night.evaluation.clone()?)));
        evaluated.collect()
    }

    fn manifest(&self, ingested: &Ingested, customers: usize, staging: &Staging) -> Manifest {
        let project = &ingested.project;
        let features = self.targets.iter().filter_map(|night| night.model.as_ref()).flat_map(|model| &model.features);
        Manifest {
            format: RUN_FORMAT,
            as_of: ingested.as_of,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            project: project.project.name.clone(),
            project_hash: project.digest.clone(),
            inputs: ingested.checked.inputs.iter().map(|input| json!(input)).collect(),
            feature_definitions: sorted(features.map(|f| (f.name.clone(), json!(f.definition)))),
            label_definitions: project.targets.iter().map(|(k, v)| (k.clone(), json!(train::definition(v)))).collect(),
            models: self.targets.iter().map(|night| (night.target.clone(), json!(night.scores.model))).collect(),
            rows: self.row_counts(ingested, customers),
            gates: self.targets.iter().map(|night| night.gate.clone()).collect(),
            outputs: staging.outputs(),
            warnings: self.warnings(ingested),
        }
    }

    fn row_counts(&self, ingested: &Ingested, customers: usize) -> Map<String, Value> {
        let tables = ingested.checked.tables.values();
        let mut rows: Map<String, Value> = tables.map(|table| (table.name.to_string(), json!(table.rows))).collect();
        let quarantined: u64 = ingested.checked.tables.values().map(|table| table.quarantined).sum();
        rows.insert("quarantined".to_owned(), json!(quarantined));
        rows.insert("customers_known".to_owned(), json!(customers));
        for night in &self.targets {
            rows.insert(format!("eligible_{}", night.target), json!(night.scores.rows.len()));
            rows.insert(format!("scored_{}", night.target), json!(night.scores.scored().count()));
        }
        rows
    }

    fn warnings(&self, ingested: &Ingested) -> Vec<String> {
        let findings = ingested.checked.findings.iter().filter(|finding| finding.severity == Severity::Warning);
        let of_check = findings.map(|finding| match finding.place() {
            Some(place) => format!("{place}: {}", finding.finding),
            None => finding.finding.clone(),
        });
        let refused = self.targets.iter().filter(|night| night.gate.verdict == "refused");
        let of_gates = refused.map(|night| match night.gate.reason.strip_prefix("target ") {
            Some(_) => night.gate.reason.clone(),
            None => format!("target `{}`: {}", night.target, night.gate.reason),
        });
        of_check.chain(of_gates).collect()
    }

    fn report(self, ingested: &Ingested, customers: usize, published: Published, mut warnings: Vec<String>) -> Report {
        // The store's come first, and only here: what is published does not depend on it.
        warnings.extend(self.warnings(ingested));
        Report {
            project: ingested.project.project.name.clone(),
            currency: ingested.project.project.currency.clone(),
            as_of: ingested.as_of,
            rows: ingested.checked.tables.values().map(|table| table.rows).sum(),
            customers,
            warnings,
            targets: self.targets,
            kpis: self.kpis,
            folder: published.folder,
        }
    }
}

impl Report {
    /// The failure of a night on which there were targets and none could be scored for want of a model.
    #[must_use]
    pub fn refusal(&self) -> Option<Failure> {
        let no_model = !self.targets.is_empty() && self.targets.iter().all(|night| night.scores.model.is_none());
        let reasons: Vec<String> =
            self.targets.iter().map(|night| format!("`{}`: {}", night.target, night.gate.reason)).collect();
        no_model.then(|| model::Error::Refused { reasons: reasons.join("; ") }.into())
    }
}

/// The target of the default list: `churn`, or the first.
#[must_use]
pub fn primary_target(project: &Project) -> Option<&str> {
    let first = project.targets.keys().next().map(String::as_str);
    project.targets.get_key_value("churn").map(|(name, _)| name.as_str()).or(first)
}

fn sorted(entries: impl Iterator<Item = (String, Value)>) -> Map<String, Value> {
    let ordered: std::collections::BTreeMap<String, Value> = entries.collect();
    ordered.into_iter().collect()
}

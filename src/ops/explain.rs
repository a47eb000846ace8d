//! `explain`: one customer's score taken apart.
//!
//! 1. load, check, build the history;
//! 2. per target: score the night with the standing version, find the customer;
//! 3. tell the reasons, feature by feature and by family;
//! 4. try what would change the band;
//! 5. compare with the last published run: the ledger.

use std::path::Path;

use polars::prelude::DataFrame;

use super::score::Evening;
use super::{Failure, Ingested, ingest_history};
use crate::contract::Checked;
use crate::error::{Exit, Explain};
use crate::feature::audit::{Future, with_future};
use crate::feature::{self, FeatureFrame, Plan, Population};
use crate::model::{Explained, Model};
use crate::progress::Progress;
use crate::publish::Runs;
use crate::registry::{Registry, Version};
use crate::rollup::History;
use crate::score::{self, Change, Ledger, Row, Standpoint};
use crate::time::Day;

/// Changes that are told.
const CHANGES: usize = 5;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The customer's id.
    pub customer: &'a str,
    /// The night; the project's default if left out.
    pub as_of: Option<Day>,
    /// Only this target; all if left out.
    pub target: Option<&'a str>,
}

/// One customer and one target.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The target.
    pub target: String,
    /// The night.
    pub as_of: Day,
    /// Length of the label window.
    pub horizon_days: Option<u32>,
    /// The version that scored.
    pub version: Version,
    /// How many customers were scored beside this one.
    pub scored: usize,
    /// The customer's line of the scores; `None` if not eligible.
    pub row: Option<Row>,
    /// Contribution of every feature, weightiest first.
    pub features: Vec<Contribution>,
    /// What would lower the score, one change at a time, with the band it would lead to.
    pub changes: Vec<(Change, String)>,
    /// What moved the score since the last run, or why that cannot be told.
    pub ledger: Result<Since, String>,
}

/// What one feature adds to the log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// The feature.
    pub feature: String,
    /// Its family.
    pub family: String,
    /// What it adds.
    pub contribution: f64,
    /// The customer's value beside the usual one.
    pub sentence: String,
}

/// A ledger and the run it begins at.
#[derive(Debug, Clone, PartialEq)]
pub struct Since {
    /// The night of the last run.
    pub run: Day,
    /// The version that scored then.
    pub version: Version,
    /// The change.
    pub ledger: Ledger,
}

/// The customer is not known.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// No table has a row of that id before the night.
    #[error("customer `{customer}` has no history before {as_of}")]
    Unknown {
        /// The id.
        customer: String,
        /// The night.
        as_of: Day,
        /// How many customers there are.
        known: usize,
    },
    /// No such target.
    #[error("the project has no target `{target}`")]
    Target {
        /// The name.
        target: String,
        /// Those there are.
        known: Vec<String>,
    },
}

impl Explain for ExplainError {
    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::Unknown { known, .. } => {
                Some(format!("the id of one of the {known} customers, exactly as the files have it"))
            }
            Self::Target { known, .. } => Some(format!("one of {}", known.join(", "))),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { .. } => Some("ids are text: leading zeros and capitals count".to_owned()),
            Self::Target { .. } => None,
        }
    }
}

/// Explains the customer's scores.
///
/// # Errors
/// [`ExplainError`], or [`Failure`] of any stage; without a usable model exit 6 says from when on there is one.
pub fn explain(dir: &Path, request: &Request<'_>, progress: &Progress) -> Result<Vec<Explanation>, Failure> {
    let (ingested, history) = ingest_history(dir, request.as_of, progress)?;
    let targets = targets(&ingested, request.target)?;
    let plan = Plan::new(&ingested.project, &ingested.checked)?;
    let known = history.known_before(ingested.as_of.epoch_days());
    let number = history.customers.number(request.customer).filter(|number| known.binary_search(number).is_ok());
    let Some(number) = number else {
        let (customer, as_of) = (request.customer.to_owned(), ingested.as_of);
        return Err(ExplainError::Unknown { customer, as_of, known: known.len() }.into());
    };
    let desk = Desk { ingested: &ingested, history: &history, plan: &plan, number, progress };
    targets.iter().map(|target| desk.explain(target)).collect()
}

/// The targets asked for.
pub(super) fn targets(ingested: &Ingested, target: Option<&str>) -> Result<Vec<String>, Failure> {
    let known: Vec<String> = ingested.project.targets.keys().cloned().collect();
    match target {
        None => Ok(known),
        Some(target) if known.iter().any(|name| name == target) => Ok(vec![target.to_owned()]),
        Some(target) => Err(ExplainError::Target { target: target.to_owned(), known }.into()),
    }
}

/// What all explanations of one customer share.
struct Desk<'a> {
    ingested: &'a Ingested,
    history: &'a History,
    plan: &'a Plan,
    number: u32,
    progress: &'a Progress,
}

impl Desk<'_> {
    fn explain(&self, target: &str) -> Result<Explanation, Failure> {
        let evening = Evening::new(self.ingested, self.plan, self.history, target, self.progress)?;
        let (model, version, request) = (&evening.model, &evening.version, evening.request(self.ingested, target));
        let (customers, bands) = (&evening.frame.blocks[0].customer, request.bands);
        let scores = score::score(model, version, &request)?;
        let row = customers.binary_search(&self.number).unwrap_or_default();
        let customer = self.history.customers.id(self.number);
        let changes = score::changes(model, &request, row)?.into_iter().take(CHANGES);
        let changes = changes.map(|change| (scores.band_if(bands, customer, change.log_odds), change));
        Ok(Explanation {
            target: target.to_owned(),
            as_of: self.ingested.as_of,
            horizon_days: request.horizon_days,
            scored: scores.scored().count(),
            row: scores.rows.iter().find(|row| row.customer == customer).cloned(),
            features: contributions(model, &request, row)?,
            changes: changes.map(|(band, change)| (change, band)).collect(),
            ledger: self.ledger(&evening, target, row)?,
            version: version.clone(),
        })
    }

    /// The ledger since the last published run.
    fn ledger(&self, evening: &Evening, target: &str, row: usize) -> Result<Result<Since, String>, Failure> {
        let (project, as_of) = (&self.ingested.project, self.ingested.as_of);
        let registry = Registry::open(&project.root);
        let runs = Runs::of(&project.root)?;
        let Some(run) = runs.last_before(as_of) else { return Ok(Err(format!("no run before {as_of} is published"))) };
        let customer = self.history.customers.id(self.number);
        let Some((published, version)) = published(&runs.scores(run)?, customer, target) else {
            return Ok(Err(format!("the run of {run} has no score of this customer")));
        };
        let last = registry.load(target, &version)?;
        let plan = self.plan.exactly(&score::features_of(&last));
        let Ok(both) = self.rows(&plan, self.history, &[run, as_of]) else {
            return Ok(Err(format!("the features of {version}, which scored on {run}, cannot be computed any more")));
        };
        let silent = self.silent(&plan, run)?;
        if both.blocks.iter().chain(&silent.blocks).any(feature::FeatureBlock::is_empty) {
            return Ok(Err(format!(
                "the rows that the run of {run} knew of this customer are not in the data any more"
            )));
        }
        let (then, now) = (last.explain(&both, 0, &[0])?, last.explain(&both, 1, &[0])?);
        let (silent, renewed) = (last.explain(&silent, 0, &[0])?, evening.model.explain(&evening.frame, 0, &[row])?);
        let ledger =
            Ledger::new(published, standpoint(&then), standpoint(&silent), standpoint(&now), standpoint(&renewed));
        Ok(Ok(Since { run, version, ledger }))
    }

    /// Features of the customer alone.
    fn rows(&self, plan: &Plan, history: &History, days: &[Day]) -> Result<FeatureFrame, Failure> {
        let number = history.customers.number(self.history.customers.id(self.number));
        let population = |&as_of: &Day| Population { as_of, customers: number.into_iter().collect() };
        Ok(feature::compute_for(plan, history, days.iter().map(population).collect(), self.progress)?)
    }

    /// Features of tonight had nothing happened since `run`.
    fn silent(&self, plan: &Plan, run: Day) -> Result<FeatureFrame, Failure> {
        let checked: Checked = with_future(&self.ingested.checked, run, Future::Removed)?;
        let history = History::build(&self.ingested.project, &checked, self.progress)?;
        self.rows(plan, &history, &[self.ingested.as_of])
    }
}

fn standpoint(explained: &Explained) -> Standpoint {
    let calibration = explained.calibration[0];
    Standpoint { raw: explained.log_odds[0] - calibration, calibration }
}

/// The log-odds a run has published for the customer, and the version they came from.
fn published(scores: &DataFrame, customer: &str, target: &str) -> Option<(f64, Version)> {
    let text = |name: &str| scores.column(name).ok()?.str().ok().cloned();
    let (customers, targets, models) = (text("customer")?, text("target")?, text("model")?);
    let log_odds = scores.column("log_odds").ok()?.f64().ok()?;
    let mut rows = 0..scores.height();
    let row = rows.find(|&row| customers.get(row) == Some(customer) && targets.get(row) == Some(target))?;
    Some((log_odds.get(row)?, Version::parse(models.get(row)?)?))
}

fn contributions(model: &Model, request: &score::Request<'_>, row: usize) -> Result<Vec<Contribution>, Failure> {
    let explained = model.explain(request.frame, request.block, &[row])?;
    let scored: Vec<usize> = (0..request.eligible.len()).filter(|&row| request.eligible[row]).collect();
    let teller = score::Teller::new(model, request, &scored)?;
    let one = |(at, &contribution): (usize, &f64)| Contribution {
        feature: model.features[at].name.clone(),
        family: model.features[at].family.clone(),
        contribution,
        sentence: teller.sentence(at, row),
    };
    let mut all: Vec<Contribution> = explained.contributions_of(0).iter().enumerate().map(one).collect();
    all.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()).then_with(|| a.feature.cmp(&b.feature)));
    Ok(all)
}

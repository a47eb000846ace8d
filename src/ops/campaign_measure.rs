//! `campaign evaluate --name`: what an assigned campaign changed.
//!
//! 1. Read the campaign and draw every arm again.
//! 2. Read outcomes from the tables as of D: the target's own outcome, revenue, margin and KPIs in its window.
//! 3. Measure like any experiment, with the frozen score as covariate.
//! 4. Write; refuse where it must.

use std::path::Path;

use polars::prelude::*;

use super::campaign_evaluate::refuse_or;
use super::campaign_outcomes::Scene;
use super::{Failure, ingest};
use crate::campaign::assign::{Campaign, load};
use crate::campaign::evaluate::{Evaluation, evaluate_frame, write};
use crate::campaign::trust::{Check, Verdict};
use crate::campaign::{Design, Error, ExpectedWeights, Experiment, Outcome};
use crate::contract::Checked;
use crate::observe::outlook_days;
use crate::progress::Progress;
use crate::project::Project;
use crate::tables::TableName;
use crate::time::Day;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Name of the campaign.
    pub name: String,
    /// The date everything is seen from.
    pub as_of: Option<Day>,
    /// What one contact costs.
    pub cost_per_contact: Option<f64>,
    /// Share of revenue that is margin.
    pub margin: Option<f64>,
    /// KPIs to measure beside the target's outcome, revenue and margin.
    pub kpis: Vec<String>,
    /// Attributes of customers whose levels are measured one by one too.
    pub segments: Vec<String>,
}

/// Measures an assigned campaign and writes the results to `out`.
///
/// # Errors
/// [`Error::Tampered`] when the campaign is not what was frozen, [`Error::NotYet`] before any outcome is known,
/// [`Error::Untrusted`] after `trust.json` was written.
pub fn campaign_measure(dir: &Path, ask: &Ask, out: &Path, progress: &Progress) -> Result<Evaluation, Failure> {
    let campaign = load(&Project::load(dir)?.root, &ask.name)?;
    let ingest::Ingested { project, as_of, checked } = ingest::ingest(dir, ask.as_of, progress)?;
    let end = window_end(&project, &campaign);
    let scene = Scene { project: &project, checked: &checked, campaign: &campaign, as_of, end };
    let (table, outcomes) = scene.outcomes(&ask.kpis, progress)?;
    let table = with_segments(table, &checked, &ask.segments, campaign.manifest.run)?;
    if outcomes.is_empty() {
        return Err(Error::NotYet { until: end }.into());
    }
    let experiment = experiment(&campaign, &table, outcomes, ask, as_of < end)?;
    let mut known = vec![Check::new("assignment", Verdict::Pass, "every arm drawn again is the arm on file")];
    known.extend(contacted_controls(&checked, &campaign, as_of)?);
    known.extend(planned(&campaign));
    let stage = progress.stage("measure", None)?;
    let evaluation = evaluate_frame(&experiment, table.lazy(), known)?;
    stage.advance(1)?;
    write(&evaluation, out)?;
    refuse_or(evaluation)
}

/// First day after the window in which outcomes are counted.
fn window_end(project: &Project, campaign: &Campaign) -> Day {
    let target = project.targets.get(&campaign.manifest.target);
    campaign.manifest.run.plus(target.map_or(90, outlook_days))
}

/// The attributes customers had when the campaign was drawn; an empty one is none.
fn with_segments(mut table: DataFrame, checked: &Checked, segments: &[String], run: Day) -> Result<DataFrame, Error> {
    if segments.is_empty() {
        return Ok(table);
    }
    let customers = checked.table(TableName::Customers).ok_or(Error::NoTable { table: TableName::Customers })?;
    let present = customers.attributes.iter().map(|attribute| attribute.name.clone()).collect::<Vec<_>>();
    if let Some(missing) = segments.iter().find(|name| !present.contains(name)) {
        let place = "the table `customers`".to_owned();
        return Err(Error::MissingColumn { column: missing.clone(), place, present });
    }
    let names: Vec<&str> = segments.iter().map(String::as_str).collect();
    let attributes = customers.attributes_at(&names, run)?;
    let ids = table.column("customer")?.str()?.clone();
    for (at, name) in names.iter().enumerate() {
        let of =
            |id: Option<&str>| attributes.get(id?).map(|values| values[at].as_str()).filter(|value| !value.is_empty());
        let values: Vec<Option<&str>> = ids.iter().map(of).collect();
        table.with_column(Column::new((*name).into(), values))?;
    }
    Ok(table)
}

fn experiment(
    campaign: &Campaign,
    table: &DataFrame,
    outcomes: Vec<Outcome>,
    ask: &Ask,
    is_interim: bool,
) -> Result<Experiment, Error> {
    let manifest = &campaign.manifest;
    let mut covariates = Vec::new();
    for name in ["score", "value"] {
        if table.column(name)?.null_count() < table.height() {
            covariates.push(name.to_owned());
        }
    }
    let weights = manifest.arms.iter().map(|arm| (arm.name.clone(), arm.weight)).collect();
    Ok(Experiment {
        file: format!("campaigns/{}", manifest.name).into(),
        arm: "arm".to_owned(),
        control: manifest.control.clone(),
        outcomes,
        measured_before: covariates.iter().cloned().collect(),
        covariates,
        segments: manifest.stratified.then(|| "stratum".to_owned()).into_iter().chain(ask.segments.clone()).collect(),
        unit: Some("customer".to_owned()),
        aggregate: false,
        expected_weights: Some(ExpectedWeights::Named(weights)),
        design: Design::Randomised,
        cost_per_contact: ask.cost_per_contact,
        margin: ask.margin,
        is_interim,
    })
}

/// Held out customers who got a message of the campaign all the same.
fn contacted_controls(checked: &Checked, campaign: &Campaign, as_of: Day) -> Result<Option<Check>, Error> {
    let Some(messages) = checked.table(TableName::Messages) else { return Ok(None) };
    let manifest = &campaign.manifest;
    let sent = messages.past(as_of).filter(col("campaign").eq(lit(manifest.name.as_str()))).select([col("customer")]);
    let held_out = campaign.assignments.clone().lazy().filter(col("arm").eq(lit(manifest.control.as_str())));
    let reached = held_out.clone().join(sent, [col("customer")], [col("customer")], JoinArgs::new(JoinType::Semi));
    let (all, reached) = (held_out.collect()?.height(), reached.collect()?.height());
    let share = reached as f64 / all.max(1) as f64;
    let verdict = match share {
        share if share > 0.01 => Verdict::Refuse,
        share if share > 0.0 => Verdict::Warn,
        _ => Verdict::Pass,
    };
    let detail = format!("{reached} of {all} held out customers got a message of the campaign");
    Ok(Some(Check::new("contamination", verdict, detail).about("messages").measured(share, 0.01)))
}

/// The plan that was frozen with the campaign, quoted.
fn planned(campaign: &Campaign) -> Option<Check> {
    let plan = campaign.manifest.plan.as_ref()?;
    let (base, expected) = (&plan["question"]["base_rate"], &plan["question"]["expected_rate"]);
    let (holdout, treated) = (&plan["needed"]["holdout"], &plan["needed"]["treated"]);
    let detail = format!("planned for {base} to {expected}: {treated} treated, {holdout} held out");
    Some(Check::new("plan", Verdict::Pass, detail))
}

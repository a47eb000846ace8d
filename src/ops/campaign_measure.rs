//! `campaign evaluate --name`: what an assigned campaign changed.
//!
//! 1. Read the campaign and draw every arm again.
//! 2. Read outcomes from the tables as of D: the target's own outcome, and revenue in its window.
//! 3. Measure like any experiment, with the frozen score as covariate.
//! 4. Write; refuse where it must.

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::*;

use super::campaign_evaluate::refuse_or;
use super::{Failure, ingest};
use crate::campaign::assign::{Campaign, load};
use crate::campaign::evaluate::{Evaluation, evaluate_frame, write};
use crate::campaign::trust::{Check, Verdict};
use crate::campaign::{Design, Error, ExpectedWeights, Experiment, Outcome, OutcomeKind};
use crate::contract::Checked;
use crate::label::label_rows;
use crate::observe::{known_until, outlook_days};
use crate::progress::Progress;
use crate::project::{Project, TargetKind};
use crate::rollup::History;
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
    let mut table = campaign.assignments.clone();
    let mut outcomes = Vec::new();
    if let Some((name, column)) = target_outcome(&project, &checked, &campaign, as_of, progress)? {
        table.with_column(column).map_err(Error::from)?;
        outcomes.push(Outcome { name, kind: OutcomeKind::Binary });
    }
    if checked.table(TableName::Orders).is_some() {
        table = with_revenue(table, &checked, &campaign, as_of, end)?;
        outcomes.push(Outcome { name: "revenue".to_owned(), kind: OutcomeKind::Money });
    }
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

/// `retained` for targets that are churn, else the target's own event; `None` while nobody's outcome is known.
fn target_outcome(
    project: &Project,
    checked: &Checked,
    campaign: &Campaign,
    as_of: Day,
    progress: &Progress,
) -> Result<Option<(String, Column)>, Failure> {
    let (name, run) = (&campaign.manifest.target, campaign.manifest.run);
    let history = History::build(project, checked, progress)?;
    let ids = campaign.assignments.column("customer").and_then(|column| column.str().cloned()).map_err(Error::from)?;
    let numbers: Vec<Option<u32>> = ids.iter().map(|id| history.customers.number(id.unwrap_or_default())).collect();
    let known: Vec<u32> = numbers.iter().flatten().copied().collect();
    let until = known_until(project, name, checked, as_of);
    let blocks = label_rows(project, name, &history, std::iter::once((run, known.as_slice())), until)?;
    let outcomes: HashMap<u32, Option<bool>> = blocks
        .iter()
        .flat_map(|block| known.iter().copied().zip(block.outcome.iter().map(|outcome| outcome.known())))
        .collect();
    let happened = |number: &Option<u32>| number.and_then(|number| outcomes.get(&number).copied().flatten());
    let is_churn = project
        .targets
        .get(name)
        .is_some_and(|target| matches!(target.kind, TargetKind::Inactivity | TargetKind::SubscriptionEnd));
    let values: Vec<Option<f64>> =
        numbers.iter().map(|number| happened(number).map(|yes| f64::from(u8::from(yes != is_churn)))).collect();
    if values.iter().all(Option::is_none) {
        return Ok(None);
    }
    let column = if is_churn { "retained" } else { name.as_str() };
    Ok(Some((column.to_owned(), Column::new(column.into(), values))))
}

/// Revenue net of returns in the days from the run to the end of the window, or to D.
fn with_revenue(
    table: DataFrame,
    checked: &Checked,
    campaign: &Campaign,
    as_of: Day,
    end: Day,
) -> Result<DataFrame, Error> {
    let Some(orders) = checked.table(TableName::Orders) else { return Ok(table) };
    let day = || col("at_day").cast(DataType::Int32);
    let first = lit(campaign.manifest.run.epoch_days());
    let inside = day().gt_eq(first).and(day().lt(lit(as_of.min(end).epoch_days())));
    // Cents are whole numbers: their sum does not depend on the order of the rows.
    let cents = (col("amount") * lit(10_000.0)).round(0, RoundMode::HalfAwayFromZero).cast(DataType::Int64);
    let spent = orders.past(as_of).filter(inside).group_by([col("customer")]).agg([(cents
        .sum()
        .cast(DataType::Float64)
        / lit(10_000.0))
    .alias("revenue")]);
    let joined = table.lazy().left_join(spent, col("customer"), col("customer"));
    Ok(joined.with_columns([col("revenue").fill_null(lit(0.0))]).collect()?)
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
        segments: if manifest.stratified { vec!["stratum".to_owned()] } else { Vec::new() },
        unit: Some("customer".to_owned()),
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

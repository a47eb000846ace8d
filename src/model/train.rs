//! Training: panel → leak screen → choice of shape on held-out rows → calibration on the same → refit on all → gate.

use std::collections::BTreeMap;

use super::calibrate::{self, Calibrated, calibrate, moved_prior};
use super::choose::{Chosen, choose};
use super::counted::Counted;
use super::explain::probability;
use super::folds::customer_fold;
use super::forward::fit_linear;
use super::hazard::{Hazard, HazardRequest};
use super::holdout::Holdout;
use super::leak::{self, Suspect};
use super::panel::Panel;
use super::recipe::{FittedModel, Recipe, fit_recipe};
use super::{Error, Model, Uncertainty, baseline, stability};
use crate::evaluate::{
    Evaluation, Gate, Metrics, PairedDifference, Setting, Slice, log_loss, metrics, paired_difference,
};
use crate::feature::FeatureFrame;
use crate::label::{Labels, TimingBlock};
use crate::progress::{Progress, Stage};
use crate::project::Terms;
use crate::stats::distribution::{Z95, student_quantile};
use crate::stats::order;
use crate::time::Day;

/// Events and non-events without which nothing is trained.
pub const FEWEST_EVENTS: usize = 20;
/// Groups of customers whose pull on the coefficients is kept for intervals; calibration's folds are made of them.
const GROUPS: usize = 4 * calibrate::FOLDS;

/// What is asked of training.
#[derive(Debug, Clone)]
pub struct TrainRequest {
    /// Hash of the target's definition, in hex.
    pub target_definition: String,
    /// Days from a cutoff until its outcome is known (gap + horizon + grace); none for undated targets.
    pub outcome_days: Option<u32>,
    /// The date training is made for.
    pub as_of: Day,
    /// Which terms the model may have.
    pub terms: Terms,
    /// Features kept although the leak screen names them.
    pub allow_leak_suspects: Vec<String>,
    /// Whether leak suspects are an error.
    pub strict: bool,
    /// Days after which a training cutoff counts half; all count alike if left out.
    pub half_life_days: Option<u32>,
    /// The standing model, which a new one must not do worse than.
    pub champion: Option<Model>,
}

/// What training gives.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// How models made the same way did on held-out training rows.
    pub evaluation: Evaluation,
    /// Whether it may be promoted.
    pub gate: Gate,
    /// How it was made.
    pub recipe: Recipe,
}

impl Trained {
    /// Adds the probabilities over several horizons, learnt on the same rows; says so where a horizon cannot be learnt.
    ///
    /// # Errors
    /// [`Error`] when a fit fails.
    pub fn add_horizons(
        &mut self,
        panel: &Panel<'_>,
        timing: &[TimingBlock],
        horizons: &[u32],
        is_absence: bool,
    ) -> Result<(), Error> {
        let positions = self.model.positions(panel.frame)?;
        let request = HazardRequest { horizons, is_absence, timing, positions: &positions, recipe: &self.recipe };
        let found = Hazard::learn(panel, &request)?;
        let learnt = found.as_ref().map_or(&[][..], |found| &found.horizons);
        let lacking: Vec<String> =
            horizons.iter().filter(|days| !learnt.contains(days)).map(ToString::to_string).collect();
        if !lacking.is_empty() {
            let note = format!("horizons left out, no cutoff was seen to their end: {} days", lacking.join(", "));
            self.evaluation.notes.push(note.clone());
            self.model.notes.push(note);
        }
        self.model.horizons = found;
        Ok(())
    }
}

/// Trains a model of one target on all eligible rows with a known outcome.
///
/// # Errors
/// [`Error`] when there is too little to learn from, when leak suspects are found and `strict`, or when a fit fails.
pub fn train(
    frame: &FeatureFrame,
    labels: &Labels,
    request: &TrainRequest,
    progress: &Progress,
) -> Result<Trained, Error> {
    train_panel(&Panel::new(frame, labels), &labels.target, request, progress)
}

/// As [`train`], on the rows given.
///
/// # Errors
/// As [`train`].
pub fn train_panel(
    panel: &Panel<'_>,
    target: &str,
    request: &TrainRequest,
    progress: &Progress,
) -> Result<Trained, Error> {
    let stage = progress.stage("train", None)?;
    let faded = request.half_life_days.map(|days| panel.faded(days));
    let panel = faded.as_ref().unwrap_or(panel);
    enough(panel, target)?;
    let (suspects, counted) = suspects(panel, target, request)?;
    let positions: Vec<usize> =
        (0..panel.frame.features.len()).filter(|at| suspects.iter().all(|suspect| suspect.position != *at)).collect();
    let holdout = Holdout::of(panel, request.outcome_days);
    let named = |error| name_target(error, target);
    let (chosen, fitted) = learn(panel, &positions, counted, &holdout, (request.terms, &stage)).map_err(named)?;
    let group_of = groups_of(panel);
    let mut calibrated = calibrate_held_out(panel, &chosen, &group_of);
    let margin = fitted.margin();
    let mut notes = notes(panel, &suspects, (&fitted, &margin), &holdout, &calibrated);
    notes.extend(follow_base_rate(panel, &margin, &mut calibrated));
    let mut evaluation = evaluate_held_out(panel, &positions, &holdout, &chosen, &calibrated, &notes)?;
    evaluation.drifts = stability::drifts(panel, &fitted, &margin);
    let mut gate = Gate::judge(&evaluation.metrics, gain(panel, &chosen, &calibrated));
    let champion = request.champion.as_ref().and_then(|champion| of_champion(panel, &chosen, champion));
    if let Some(scores) = champion {
        gate = gate.and(challenge(panel, &chosen, &calibrated, &scores));
        evaluation.baselines.insert("champion".to_owned(), metrics(&panel.subset(&chosen.rows).outcome, &scores));
    }
    let uncertainty = uncertainty(panel, &fitted, margin, &group_of);
    let recipe = chosen.recipe;
    let model = Model { uncertainty, ..finished(fitted, target, request, chosen, calibrated, notes) };
    Ok(Trained { model, evaluation, gate, recipe })
}

/// The choice of shape, and the model of all rows in that shape.
fn learn(
    panel: &Panel<'_>,
    positions: &[usize],
    counted: Vec<Counted<'_>>,
    holdout: &Holdout,
    (terms, stage): (Terms, &Stage),
) -> Result<(Chosen, FittedModel), Error> {
    let counted = counted.into_iter().enumerate().filter(|(position, _)| positions.contains(position)).collect();
    if terms == Terms::Linear
        && let Some(found) = fit_linear(panel, counted, holdout, stage)?
    {
        return Ok(found);
    }
    let chosen = choose(panel, positions, holdout, terms, stage)?;
    let fitted = fit_recipe(panel, positions, &chosen.recipe)?;
    Ok((chosen, fitted))
}

fn enough(panel: &Panel<'_>, target: &str) -> Result<(), Error> {
    let target = target.to_owned();
    if panel.is_empty() {
        let cutoffs: Vec<String> = panel.frame.blocks.iter().map(|block| block.as_of.to_string()).collect();
        return Err(Error::NoRows { target, cutoffs: cutoffs.join(", ") });
    }
    let events = panel.events();
    let others = panel.len() - events;
    if events.min(others) == 0 {
        let outcome = if others == 0 { "the event" } else { "no event" };
        return Err(Error::OneClass { target, rows: panel.len(), outcome });
    }
    if events.min(others) < FEWEST_EVENTS {
        return Err(Error::TooFewEvents { target, events, others, needed: FEWEST_EVENTS });
    }
    Ok(())
}

/// The suspects, and what was counted of each feature.
fn suspects<'a>(
    panel: &Panel<'a>,
    target: &str,
    request: &TrainRequest,
) -> Result<(Vec<Suspect>, Vec<Counted<'a>>), Error> {
    let (mut suspects, counted) = leak::screen(panel, request.outcome_days.is_some());
    suspects.retain(|suspect| !request.allow_leak_suspects.contains(&suspect.name));
    if request.strict && !suspects.is_empty() {
        let findings: Vec<&str> = suspects.iter().map(|suspect| suspect.finding.as_str()).collect();
        return Err(Error::LeakSuspects { target: target.to_owned(), features: findings.join("; ") });
    }
    Ok((suspects, counted))
}

fn name_target(error: Error, name: &str) -> Error {
    match error {
        Error::NoFeatures { .. } => Error::NoFeatures { target: name.to_owned() },
        other => other,
    }
}

fn calibrate_held_out(panel: &Panel<'_>, chosen: &Chosen, group_of: &[u8]) -> Calibrated {
    let judged = panel.subset(&chosen.rows);
    let group_of: Vec<u8> = chosen.rows.iter().map(|&row| group_of[row]).collect();
    calibrate(&chosen.log_odds, &judged.outcome, &judged.customer, &group_of)
}

fn notes(
    panel: &Panel<'_>,
    suspects: &[Suspect],
    (fitted, margin): (&FittedModel, &[f64]),
    holdout: &Holdout,
    calibrated: &Calibrated,
) -> Vec<String> {
    let of_its_own = suspects.iter().filter(|suspect| suspect.follows.is_none());
    let mut notes: Vec<String> =
        of_its_own.map(|suspect| format!("left out, it may know the future: {}", suspect.finding)).collect();
    let mut followers: BTreeMap<&String, Vec<&str>> = BTreeMap::new();
    for suspect in suspects {
        if let Some(source) = &suspect.follows {
            followers.entry(source).or_default().push(&suspect.name);
        }
    }
    notes.extend(
        followers
            .into_iter()
            .map(|(source, names)| format!("left out with it, made of rows of `{source}` too: {}", names.join(", "))),
    );
    if !fitted.constant.is_empty() {
        notes.push(format!("left out, they do not vary over the training rows: {}", fitted.constant.join(", ")));
    }
    if holdout.method == "grouped_folds" && panel.cutoffs().len() == 1 {
        notes.push("one training cutoff: the model was chosen and calibrated on customer-grouped folds".to_owned());
    }
    if separates(margin, &panel.outcome) {
        notes.push("the training outcomes are separable; the ridge penalty keeps the coefficients finite".to_owned());
    }
    notes.push(format!("calibration: {}", calibrated.calibration.name()));
    notes
}

/// Moves the calibration to the base rate of the latest cutoff, where that has surely left the others'; says so.
fn follow_base_rate(panel: &Panel<'_>, margin: &[f64], calibrated: &mut Calibrated) -> Option<String> {
    let cutoffs = panel.cutoffs();
    let latest = *cutoffs.last().filter(|_| cutoffs.len() > 1)?;
    let rows = (0..panel.len()).filter(|&row| panel.as_of(row) == latest);
    let (scores, outcome): (Vec<f64>, Vec<bool>) =
        rows.map(|row| (calibrated.calibration.apply(margin[row]), panel.outcome[row])).unzip();
    let shift = moved_prior(&scores, &outcome)?;
    calibrated.calibration = calibrated.calibration.clone().moved(shift);
    Some(format!("the base rate has moved: log-odds follow the latest cutoff, {latest}, by {shift:+.3}"))
}

/// Whether the fit divides the outcomes without error: its coefficients are then held by the penalty alone.
fn separates(margin: &[f64], outcome: &[bool]) -> bool {
    let of = |wanted: bool| margin.iter().zip(outcome).filter(move |(_, event)| **event == wanted).map(|(x, _)| *x);
    of(false).fold(f64::NEG_INFINITY, f64::max) < of(true).fold(f64::INFINITY, f64::min)
}

fn evaluate_held_out(
    panel: &Panel<'_>,
    positions: &[usize],
    holdout: &Holdout,
    chosen: &Chosen,
    calibrated: &Calibrated,
    notes: &[String],
) -> Result<Evaluation, Error> {
    let judged = panel.subset(&chosen.rows);
    let scores: Vec<f64> = calibrated.cross_fitted.iter().map(|x| clamped(*x)).collect();
    let mut by_name: Vec<(&'static str, Vec<f64>)> = Vec::new();
    for (fit, judge) in &holdout.parts {
        let (fit, judge_panel) = (panel.subset(fit), panel.subset(judge));
        for (name, log_odds) in baseline::baselines(&fit, &judge_panel, positions)? {
            let at = by_name.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
                by_name.push((name, vec![f64::NAN; panel.len()]));
                by_name.len() - 1
            });
            judge.iter().zip(log_odds).for_each(|(&row, x)| by_name[at].1[row] = clamped(x));
        }
    }
    let measured = |(name, scores): (&'static str, Vec<f64>)| {
        let own: Vec<f64> = chosen.rows.iter().map(|&row| scores[row]).collect();
        let whole = own.iter().all(|score| !score.is_nan());
        whole.then(|| (name.to_owned(), metrics(&judged.outcome, &own)))
    };
    let (fitted_rows, _) = holdout.parts.first().cloned().unwrap_or_default();
    let fitted = if holdout.method == "forward" { panel.subset(&fitted_rows) } else { panel.clone() };
    let setting = Setting {
        method: holdout.method.to_owned(),
        train_as_of: fitted.cutoffs(),
        test_as_of: judged.cutoffs(),
        train_base_rate: fitted.events() as f64 / fitted.len() as f64,
        notes: notes.to_vec(),
    };
    let whole = Evaluation::of(&judged.outcome, &scores, &judged.customer, setting);
    let slices = match whole.test_as_of.as_slice() {
        [only] => vec![Slice { slice: only.to_string(), metrics: whole.metrics.clone() }],
        _ => slices_by_cutoff(&judged, &scores),
    };
    Ok(Evaluation {
        auc_recently_active: recently_active(&judged, &scores).and_then(|metrics| metrics.auc),
        baselines: by_name.into_iter().filter_map(measured).collect(),
        slices,
        ..whole
    })
}

/// The standing model's scores of the held-out rows; none if it cannot read these features, or has seen these outcomes.
fn of_champion(panel: &Panel<'_>, chosen: &Chosen, champion: &Model) -> Option<Vec<f64>> {
    let judged = panel.subset(&chosen.rows);
    let earliest = *judged.cutoffs().first()?;
    champion.last_label_end.filter(|end| *end <= earliest)?;
    Some(champion.explain_rows(judged.frame, &judged.rows).ok()?.scores())
}

/// Sets the standing model beside the new one on the held-out rows; the reason to keep it where it does surely better.
fn challenge(panel: &Panel<'_>, chosen: &Chosen, calibrated: &Calibrated, standing: &[f64]) -> Option<String> {
    let judged = panel.subset(&chosen.rows);
    let losses = |scores: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
        scores.zip(&judged.outcome).map(|(score, &event)| log_loss(event, score)).collect()
    };
    let new = losses(&mut calibrated.cross_fitted.iter().map(|x| clamped(*x)));
    let old = losses(&mut standing.iter().copied());
    let difference = paired_difference(&new, &old, &judged.customer);
    (difference.mean > Z95 * difference.standard_error).then(|| {
        format!(
            "the standing model does better on the latest slice: its log loss is lower by {:.4} ± {:.4}",
            difference.mean, difference.standard_error
        )
    })
}

/// One slice per cutoff.
#[must_use]
pub fn slices_by_cutoff(panel: &Panel<'_>, scores: &[f64]) -> Vec<Slice> {
    let cutoffs = panel.cutoffs();
    let names: Vec<String> = cutoffs.iter().map(ToString::to_string).collect();
    let key: Vec<usize> =
        (0..panel.len()).map(|row| cutoffs.binary_search(&panel.as_of(row)).unwrap_or_default()).collect();
    Slice::all(&names, &key, &panel.outcome, scores)
}

/// Metrics among the half of the rows with the shortest silence, by the first recency feature in days.
#[must_use]
pub fn recently_active(panel: &Panel<'_>, scores: &[f64]) -> Option<Metrics> {
    let is_silence = |info: &crate::feature::FeatureInfo| info.family == "recency" && info.unit == "days";
    let position = panel.frame.features.iter().position(is_silence)?;
    let days = panel.values(position).into_numbers()?;
    let median = *order::summary(&days, &[0.5]).quantiles.first()?;
    let rows: Vec<usize> = (0..panel.len()).filter(|&row| days[row] <= median).collect();
    let outcome: Vec<bool> = rows.iter().map(|&row| panel.outcome[row]).collect();
    let scores: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
    (!rows.is_empty()).then(|| metrics(&outcome, &scores))
}

/// How much smaller the log loss of the held-out rows is than with their base rate for everybody.
fn gain(panel: &Panel<'_>, chosen: &Chosen, calibrated: &Calibrated) -> PairedDifference {
    let judged = panel.subset(&chosen.rows);
    let base_rate = judged.events() as f64 / judged.len() as f64;
    let plain: Vec<f64> = judged.outcome.iter().map(|&event| log_loss(event, base_rate)).collect();
    let scored = calibrated.cross_fitted.iter().zip(&judged.outcome).map(|(x, &event)| log_loss(event, clamped(*x)));
    let scored: Vec<f64> = scored.collect();
    paired_difference(&plain, &scored, &judged.customer)
}

fn clamped(log_odds: f64) -> f64 {
    probability(log_odds).clamp(1e-6, 1.0 - 1e-6)
}

fn finished(
    fitted: FittedModel,
    target: &str,
    request: &TrainRequest,
    chosen: Chosen,
    calibrated: Calibrated,
    notes: Vec<String>,
) -> Model {
    let errors = fitted.fitted.standard_errors(fitted.model.terms.len());
    let mut model = fitted.model;
    model.terms.iter_mut().zip(errors).for_each(|(term, error)| term.standard_error = error);
    let days = request.outcome_days.and_then(|days| i32::try_from(days).ok());
    model.last_label_end = days.and_then(|days| Some(model.cutoffs.last()?.plus(days)));
    target.clone_into(&mut model.target);
    model.target_definition.clone_from(&request.target_definition);
    model.as_of = request.as_of;
    model.calibration = calibrated.calibration;
    model.candidates = chosen.candidates;
    model.notes = notes;
    model
}

/// H⁻¹ times the summed score of each group of customers.
fn uncertainty(panel: &Panel<'_>, fitted: &FittedModel, margin: Vec<f64>, group_of: &[u8]) -> Uncertainty {
    let matrix = &fitted.matrix;
    let mut residual = margin;
    for (eta, &event) in residual.iter_mut().zip(&panel.outcome) {
        *eta = f64::from(u8::from(event)) - probability(*eta);
    }
    let scores = matrix.transposed_by_group(&residual, group_of, GROUPS);
    let directions = scores.iter().map(|score| fitted.fitted.hessian.solve(score)).collect();
    Uncertainty { directions, multiplier: student_quantile(0.975, (GROUPS - 1) as f64) }
}

/// The group of each row's customer.
fn groups_of(panel: &Panel<'_>) -> Vec<u8> {
    let ids = &panel.frame.customers.ids;
    let mut known = vec![u8::MAX; ids.len()];
    let mut group = |&number: &u32| {
        let known = &mut known[number as usize];
        if *known == u8::MAX {
            *known = u8::try_from(customer_fold(&ids[number as usize], GROUPS)).unwrap_or_default();
        }
        *known
    };
    panel.customer.iter().map(&mut group).collect()
}

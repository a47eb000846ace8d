//! Evaluation of an experiment in one flat table: trust first, then effects, money, uplift.
//!
//! 1. One streaming pass makes the tally; where units have several rows, another one takes those together.
//! 2. The trust gate judges it.
//! 3. Unless it refuses, effects are estimated from the tally, and adjusted for how many there are.
//! 4. Effects are turned into money.

use std::path::Path;

use polars::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::effect::{self, EffectRow, Plan};
use super::tally::{Collector, Group, Tally};
use super::trust::{self, Check, Trust, Verdict};
use super::{Design, Error, Experiment, OutcomeKind, clusters, export, flat, money, observational, rows, uplift};

/// With one numeric covariate Lin's estimate differs from CUPED's by terms of order 1/n: beyond so many rows it is not
/// worth a second reading.
const MOST_ROWS_FOR_ONE_COVARIATE: u64 = 1_000_000;

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The gate.
    pub trust: Trust,
    /// Effects; empty when the gate refuses.
    pub effects: Vec<EffectRow>,
    /// What it earned, per arm and outcome.
    pub money: Value,
    /// Whom it helped.
    pub uplift: Value,
    /// Rows that were in an arm.
    pub rows: u64,
}

/// Measures an experiment.
///
/// # Errors
/// When the file or a column cannot be used; not when the gate refuses, which is a result.
pub fn evaluate(experiment: &Experiment) -> Result<Evaluation, Error> {
    let frame = flat::open(&experiment.file)?;
    evaluate_frame(experiment, frame, Vec::new())
}

/// Measures an experiment whose table is at hand; `known` are checks made of what the table does not show.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_frame(experiment: &Experiment, frame: LazyFrame, known: Vec<Check>) -> Result<Evaluation, Error> {
    let Counted { experiment, frame, tally, covariate } = counted(experiment, frame)?;
    let experiment = &experiment;
    let plan = Plan { experiment, control: control(experiment, &tally)?, covariate: covariate.as_deref() };
    let mut checks = gate(&plan, &tally)?;
    checks.extend(known);
    let by_row = if needs_rows(experiment, &tally) { rows::read(experiment, frame, &tally)? } else { None };
    let rows = tally.all_rows();
    let mut effects = Vec::new();
    if experiment.design == Design::Observational {
        let by_row = by_row.as_ref().ok_or(Error::DoesNotFit { rows })?;
        checks.extend(observational::checks(experiment, by_row, &tally, plan.control));
        if Trust::new(checks.clone()).verdict != Verdict::Refuse {
            let (found, remarks) = observational::effects(experiment, by_row, &tally, plan.control);
            effects = found;
            checks.extend(remarks);
        }
    } else if Trust::new(checks.clone()).verdict != Verdict::Refuse {
        effects = effect::effects(&plan, &tally, by_row.as_ref());
    }
    let (placebos, mut effects) = trust::placebo_outcomes(experiment, effects);
    checks.extend(placebos);
    if Trust::new(checks.clone()).verdict == Verdict::Refuse {
        effects.clear();
    }
    effect::adjust(&mut effects);
    let money = money::money(experiment, &effects);
    let trust = Trust::new(checks);
    let whom = match (experiment.design, trust.verdict) {
        (Design::Randomised, Verdict::Pass | Verdict::Warn) => {
            uplift::uplift(experiment, by_row.as_ref(), &tally, plan.control)
        }
        _ => serde_json::json!({ "status": "unavailable:not randomised, or refused", "entries": [] }),
    };
    Ok(Evaluation { trust, effects, money, uplift: whom, rows })
}

/// An experiment that was read once.
struct Counted {
    experiment: Experiment,
    frame: LazyFrame,
    tally: Tally,
    covariate: Option<String>,
}

/// Reads the table; where a unit has several rows and was drawn by lot, its rows are taken together.
fn counted(experiment: &Experiment, frame: LazyFrame) -> Result<Counted, Error> {
    let ratio = experiment.outcomes.iter().find(|outcome| outcome.kind == OutcomeKind::Ratio);
    if let (Design::Observational, Some(outcome)) = (experiment.design, ratio) {
        return Err(Error::RatioWithoutLot { outcome: outcome.name.clone() });
    }
    let (frame, schema) = flat::project(frame, experiment)?;
    let (tally, covariate) = tally(experiment, &frame, &schema)?;
    let repeats = tally.units_repeat() && (experiment.design == Design::Randomised || experiment.aggregate);
    if !repeats {
        return Ok(Counted { experiment: experiment.clone(), frame, tally, covariate });
    }
    let (asked, units) = clusters::of_units(experiment, frame.clone(), &schema, None)?;
    let mut whole = tally_of(&asked, &units)?;
    for (at, segment) in (0u16..).zip(&experiment.segments) {
        let (asked, units) = clusters::of_units(experiment, frame.clone(), &schema, Some(segment))?;
        let part = tally_of(&asked, &units)?;
        let own = part.cells.into_iter().filter(|((group, ..), _)| *group != Group::ALL);
        whole
            .cells
            .extend(own.map(|((group, arm, missing), cell)| ((Group { segment: at, ..group }, arm, missing), cell)));
        whole.levels.extend(part.levels);
    }
    let rows_of_units = Some(tally.all_rows());
    let whole = Tally { without_arm: tally.without_arm, unit_arms: tally.unit_arms, rows_of_units, ..whole };
    let experiment = Experiment { segments: experiment.segments.clone(), unit: experiment.unit.clone(), ..asked };
    Ok(Counted { experiment, frame: units.lazy(), tally: whole, covariate })
}

fn tally_of(experiment: &Experiment, units: &DataFrame) -> Result<Tally, Error> {
    Ok(tally(experiment, &units.clone().lazy(), units.schema())?.0)
}

/// Whether a method needs every row: always without a lot; for Lin's regression where it says more than CUPED does.
fn needs_rows(experiment: &Experiment, tally: &Tally) -> bool {
    let rows = tally.all_rows();
    let several = experiment.covariates.len() > 1 || !tally.categories.is_empty();
    experiment.design == Design::Observational
        || (!experiment.covariates.is_empty() && (several || rows <= MOST_ROWS_FOR_ONE_COVARIATE))
}

/// Writes `trust.json`, and unless the gate refuses `effects.parquet`, `money.json` and `uplift.json`; files of an earlier
/// evaluation that would not be written are removed.
///
/// # Errors
/// When the folder cannot be written to.
pub fn write(evaluation: &Evaluation, folder: &Path) -> Result<(), Error> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Unwritable { path, source }
    };
    std::fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let refused = evaluation.trust.verdict == Verdict::Refuse;
    for name in ["effects.parquet", "money.json", "uplift.json"] {
        let path = folder.join(name);
        if refused && path.exists() {
            std::fs::remove_file(&path).map_err(unwritable(&path))?;
        }
    }
    write_json(&evaluation.trust, &folder.join("trust.json"))?;
    if refused {
        return Ok(());
    }
    export::write(&effect::frame(&evaluation.effects)?, &folder.join("effects.parquet"))?;
    write_json(&evaluation.money, &folder.join("money.json"))?;
    write_json(&evaluation.uplift, &folder.join("uplift.json"))
}

/// Writes pretty JSON whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(value: &impl Serialize, path: &Path) -> Result<(), Error> {
    let unwritable = |source| Error::Unwritable { path: path.to_owned(), source };
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| unwritable(error.into()))?;
    text.push(b'\n');
    export::write_whole(path, |file| std::io::Write::write_all(&mut &*file, &text).map_err(unwritable))
}

fn is_text(schema: &Schema, column: &str) -> bool {
    !schema.get(column).is_some_and(|kind| kind.is_primitive_numeric() || kind.is_bool())
}

/// The covariate that reduces variance: the first numeric one known to be older than the assignment, else the first.
fn reducing<'a>(experiment: &'a Experiment, numeric: &[String]) -> Option<&'a str> {
    let candidates = || experiment.covariates.iter().filter(|name| numeric.contains(name));
    candidates().find(|name| experiment.is_before(name)).or_else(|| candidates().next()).map(String::as_str)
}

/// One pass; also the covariate that may reduce variance.
fn tally(experiment: &Experiment, frame: &LazyFrame, schema: &Schema) -> Result<(Tally, Option<String>), Error> {
    use std::sync::{Arc, Mutex, PoisonError};

    let (categorical, numeric): (Vec<String>, Vec<String>) =
        experiment.covariates.iter().cloned().partition(|name| is_text(schema, name));
    let covariate = reducing(experiment, &numeric);
    let collector = Arc::new(Mutex::new(Collector::new(experiment, &numeric, &categorical, covariate)?));
    let shared = Arc::clone(&collector);
    flat::stream(frame.clone(), &experiment.file, move |batch| {
        shared.lock().unwrap_or_else(PoisonError::into_inner).add(batch)
    })?;
    let finished = std::mem::replace(
        &mut *collector.lock().unwrap_or_else(PoisonError::into_inner),
        Collector::new(experiment, &[], &[], None)?,
    );
    Ok((finished.finish()?, covariate.map(str::to_owned)))
}

/// The control among the arms: by its exact text, else in another case, else as the same number.
fn control(experiment: &Experiment, tally: &Tally) -> Result<usize, Error> {
    let wanted = experiment.control.as_str();
    let number = wanted.parse::<f64>().ok();
    let exact = tally.arms.iter().position(|arm| arm == wanted);
    let folded = || tally.arms.iter().position(|arm| arm.eq_ignore_ascii_case(wanted));
    let equal = || number.and_then(|number| tally.arms.iter().position(|arm| arm.parse() == Ok(number)));
    let found = exact.or_else(folded).or_else(equal);
    found.ok_or_else(|| Error::NoControl {
        control: wanted.to_owned(),
        column: experiment.arm.clone(),
        arms: tally.arms.clone(),
    })
}

/// Checks that need sums only.
fn gate(plan: &Plan, tally: &Tally) -> Result<Vec<Check>, Error> {
    if tally.arms.len() < 2 {
        return Err(Error::OneArm { arms: tally.arms.clone() });
    }
    let mut checks = Vec::new();
    if plan.experiment.design == Design::Randomised {
        checks.push(trust::sample_ratio_check(plan.experiment, tally)?);
        checks.extend(trust::balance(plan.experiment, tally, plan.control));
        checks.extend(trust::placebo(plan.experiment, tally, plan.control));
    }
    checks.extend(trust::checks(plan.experiment, tally));
    Ok(checks)
}

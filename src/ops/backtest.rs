//! `backtest`: how good a model trained then would have been later, or how good models are on folds they have not seen.
//!
//! 1. load, check, build the history; features at all cutoffs in one pass;
//! 2. per target: training rows (only those whose outcome was over by the earliest test cutoff) and test rows;
//! 3. train as `train` does, score the test rows, measure, the baselines beside it;
//! 4. write `predictions.parquet` (`target`, `customer`, `as_of`, `outcome` 0/1, `score`, `fold`
//!    from 1 or null) and `evaluation.json`.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use polars::prelude::{Column, DataFrame, DataType};

use super::train::{evaluation_json, outcome_days, request};
use super::{Failure, Ingested, ingest_history};
use crate::evaluate::{Evaluation, Gate, Setting, Slice, metrics};
use crate::feature::{self, FeatureFrame, Plan};
use crate::label;
use crate::model::{self, Model, Panel, TrainRequest, baselines, grouped_folds, train_panel};
use crate::observe;
use crate::progress::Progress;
use crate::project::TargetKind;
use crate::publish;
use crate::time::Day;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where outcomes are seen from; the project's default if left out.
    pub as_of: Option<Day>,
    /// One target; all that fit the split if left out.
    pub target: Option<String>,
    /// How rows are held out.
    pub split: Split,
    /// Folder for the files.
    pub out: PathBuf,
}

/// How rows are held out.
#[derive(Debug, Clone)]
pub enum Split {
    /// Train at these cutoffs, test at those later ones.
    Dates {
        /// Training cutoffs.
        train: Vec<Day>,
        /// Test cutoffs.
        test: Vec<Day>,
    },
    /// So many folds, for flat data.
    Folds {
        /// How many.
        folds: usize,
        /// Which deal.
        seed: u64,
    },
}

/// The result for one target.
#[derive(Debug, Clone)]
pub struct Tested {
    /// Metrics of the test rows.
    pub evaluation: Evaluation,
    /// What the gate said about the (first) model, on held-out training rows.
    pub gate: Gate,
    /// The (first) model.
    pub model: Model,
    predictions: Vec<Prediction>,
}

#[derive(Debug, Clone)]
struct Prediction {
    as_of: Day,
    customer: u32,
    outcome: bool,
    score: f64,
    fold: Option<i32>,
}

/// Runs the verb.
///
/// # Errors
/// [`Failure`] of any stage.
pub fn backtest(dir: &Path, asked: &Request, progress: &Progress) -> Result<IndexMap<String, Tested>, Failure> {
    let (ingested, history) = ingest_history(dir, asked.as_of, progress)?;
    let targets = targets(&ingested, asked)?;
    for name in &targets {
        if let Some(table) = observe::empty_outcome_table(&ingested.project, name, &ingested.checked) {
            return Err(model::Error::EmptyTable { target: name.clone(), table }.into());
        }
    }
    let plan = Plan::new(&ingested.project, &ingested.checked)?;
    let frame = feature::compute(&plan, &history, &cutoffs(&ingested, &asked.split), progress)?;
    let mut results = IndexMap::new();
    for name in targets {
        let known_until = observe::known_until(&ingested.project, &name, &ingested.checked, ingested.as_of);
        let labels = label::label(&ingested.project, &name, &history, &frame, known_until)?;
        let panel = Panel::new(&frame, &labels);
        let tested = test_target(&ingested, &name, &panel, &asked.split, progress)?;
        results.insert(name, tested);
    }
    write(&asked.out, &frame, &results)?;
    Ok(results)
}

/// The targets that fit the split, or the one asked for.
fn targets(ingested: &Ingested, asked: &Request) -> Result<Vec<String>, model::Error> {
    let wants_column = matches!(asked.split, Split::Folds { .. });
    let declared = &ingested.project.targets;
    let fits = |name: &String| (declared[name].kind == TargetKind::Column) == wants_column;
    let Some(name) = &asked.target else {
        let found: Vec<String> = declared.keys().filter(|name| fits(name)).cloned().collect();
        let kind = if wants_column { "kind = \"column\"" } else { "dates" };
        let finding = format!("the project declares no target with {kind}");
        return if found.is_empty() { Err(model::Error::NoTarget { finding }) } else { Ok(found) };
    };
    if !declared.contains_key(name) {
        let known: Vec<&str> = declared.keys().map(String::as_str).collect();
        let finding = format!("no target `{name}`; the project declares {}", known.join(", "));
        return Err(model::Error::NoTarget { finding });
    }
    if !fits(name) {
        let finding = if wants_column { "has dates: folds would let it see the future" } else { "has no dates" };
        return Err(model::Error::WrongSplit { target: name.clone(), finding });
    }
    Ok(vec![name.clone()])
}

fn cutoffs(ingested: &Ingested, split: &Split) -> Vec<Day> {
    let mut cutoffs: Vec<Day> = match split {
        Split::Dates { train, test } => train.iter().chain(test).copied().collect(),
        Split::Folds { .. } => vec![ingested.as_of],
    };
    cutoffs.sort_unstable();
    cutoffs.dedup();
    cutoffs
}

fn test_target(
    ingested: &Ingested,
    name: &str,
    panel: &Panel<'_>,
    split: &Split,
    progress: &Progress,
) -> Result<Tested, Failure> {
    let mut asked = request(ingested, name, false);
    match split {
        Split::Dates { train, test } => {
            let days = ingested.project.targets.get(name).and_then(outcome_days).unwrap_or_default();
            let earliest = test.iter().min().copied().unwrap_or(ingested.as_of);
            let kept = purged(train, days, earliest)?;
            asked.as_of = earliest;
            let fit = panel.at(|cutoff| kept.contains(&cutoff));
            let judge = panel.at(|cutoff| test.contains(&cutoff));
            Ok(out_of_time(name, &fit, &judge, test, &asked, progress)?)
        }
        Split::Folds { folds, seed } => Ok(on_folds(name, panel, *folds, *seed, &asked, progress)?),
    }
}

/// Training cutoffs whose outcome was over by the earliest test cutoff.
fn purged(train: &[Day], outcome_days: u32, earliest: Day) -> Result<Vec<Day>, model::Error> {
    let known = |cutoff: &Day| cutoff.plus(i32::try_from(outcome_days).unwrap_or(i32::MAX / 8));
    let kept: Vec<Day> = train.iter().copied().filter(|cutoff| known(cutoff) <= earliest).collect();
    match train.iter().min() {
        Some(first) if kept.is_empty() => {
            Err(model::Error::Overlap { train: *first, known: known(first), test: earliest })
        }
        _ => Ok(kept),
    }
}

fn out_of_time(
    name: &str,
    fit: &Panel<'_>,
    judge: &Panel<'_>,
    test: &[Day],
    asked: &TrainRequest,
    progress: &Progress,
) -> Result<Tested, model::Error> {
    if judge.is_empty() {
        let cutoffs: Vec<String> = test.iter().map(ToString::to_string).collect();
        return Err(model::Error::NoRows { target: name.to_owned(), cutoffs: cutoffs.join(", ") });
    }
    let trained = train_panel(fit, name, asked, progress)?;
    let scores = trained.model.explain_rows(judge.frame, &judge.rows)?.scores();
    let positions = trained.model.positions(judge.frame)?;
    let beside = baselines(fit, judge, &positions)?.into_iter().map(|(name, log_odds)| {
        let scores: Vec<f64> = log_odds.iter().map(|x| model::probability(*x)).collect();
        (name.to_owned(), metrics(&judge.outcome, &scores))
    });
    let setting = Setting {
        method: "out_of_time".to_owned(),
        train_as_of: fit.cutoffs(),
        test_as_of: judge.cutoffs(),
        train_base_rate: trained.model.base_rate(),
        notes: trained.model.notes.clone(),
    };
    let evaluation = Evaluation {
        auc_recently_active: model::recently_active(judge, &scores).and_then(|metrics| metrics.auc),
        baselines: beside.collect(),
        slices: model::slices_by_cutoff(judge, &scores),
        drifts: trained.evaluation.drifts.clone(),
        ..Evaluation::of(&judge.outcome, &scores, &judge.customer, setting)
    };
    let predictions = predictions(judge, &scores);
    Ok(Tested { evaluation, gate: trained.gate, model: trained.model, predictions })
}

fn on_folds(
    name: &str,
    panel: &Panel<'_>,
    folds: usize,
    seed: u64,
    asked: &TrainRequest,
    progress: &Progress,
) -> Result<Tested, model::Error> {
    let fold_of = grouped_folds(panel, folds, seed);
    let mut scores = vec![0.0; panel.len()];
    let mut beside: IndexMap<String, Vec<f64>> = IndexMap::new();
    let mut first = None;
    for fold in 0..folds {
        let rows: Vec<usize> = (0..panel.len()).filter(|&row| fold_of[row] == fold).collect();
        let rest: Vec<usize> = (0..panel.len()).filter(|&row| fold_of[row] != fold).collect();
        let (fit, judge) = (panel.subset(&rest), panel.subset(&rows));
        let tested = out_of_time(name, &fit, &judge, &[], asked, progress)?;
        rows.iter().zip(&tested.predictions).for_each(|(&row, found)| scores[row] = found.score);
        let positions = tested.model.positions(panel.frame)?;
        for (name, log_odds) in baselines(&fit, &judge, &positions)? {
            let own = beside.entry(name.to_owned()).or_insert_with(|| vec![f64::NAN; panel.len()]);
            rows.iter().zip(log_odds).for_each(|(&row, x)| own[row] = model::probability(x));
        }
        first.get_or_insert(tested);
    }
    let first = first.ok_or_else(|| model::Error::NoRows { target: name.to_owned(), cutoffs: "no fold".to_owned() })?;
    let names: Vec<String> = (1..=folds).map(|fold| format!("fold {fold}")).collect();
    beside.retain(|_, scores| scores.iter().all(|score| !score.is_nan()));
    let setting = Setting {
        method: "grouped_folds".to_owned(),
        train_as_of: panel.cutoffs(),
        test_as_of: panel.cutoffs(),
        train_base_rate: panel.events() as f64 / panel.len() as f64,
        notes: first.evaluation.notes.clone(),
    };
    let evaluation = Evaluation {
        baselines: beside.into_iter().map(|(name, own)| (name, metrics(&panel.outcome, &own))).collect(),
        slices: Slice::all(&names, &fold_of, &panel.outcome, &scores),
        ..Evaluation::of(&panel.outcome, &scores, &panel.customer, setting)
    };
    let mut predictions = predictions(panel, &scores);
    predictions.iter_mut().zip(fold_of).for_each(|(row, fold)| row.fold = i32::try_from(fold + 1).ok());
    Ok(Tested { evaluation, gate: first.gate, model: first.model, predictions })
}

fn predictions(panel: &Panel<'_>, scores: &[f64]) -> Vec<Prediction> {
    let prediction = |row: usize| Prediction {
        as_of: panel.as_of(row),
        customer: panel.customer[row],
        outcome: panel.outcome[row],
        score: scores[row],
        fold: None,
    };
    (0..panel.len()).map(prediction).collect()
}

/// `predictions.parquet` (by target, cutoff, customer) and `evaluation.json`.
fn write(out: &Path, frame: &FeatureFrame, results: &IndexMap<String, Tested>) -> Result<(), publish::Error> {
    let failed = |source| publish::Error::Write { path: out.to_path_buf(), source };
    std::fs::create_dir_all(out).map_err(failed)?;
    let rows: Vec<(&String, &Prediction)> =
        results.iter().flat_map(|(name, tested)| tested.predictions.iter().map(move |row| (name, row))).collect();
    let path = out.join("predictions.parquet");
    let columns = vec![
        Column::new("target".into(), rows.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()),
        Column::new(
            "customer".into(),
            rows.iter().map(|(_, row)| frame.customers.id(row.customer)).collect::<Vec<_>>(),
        ),
        dates("as_of", rows.iter().map(|(_, row)| row.as_of.epoch_days()).collect()),
        Column::new("outcome".into(), rows.iter().map(|(_, row)| i32::from(row.outcome)).collect::<Vec<_>>()),
        Column::new("score".into(), rows.iter().map(|(_, row)| row.score).collect::<Vec<_>>()),
        Column::new("fold".into(), rows.iter().map(|(_, row)| row.fold).collect::<Vec<_>>()),
    ];
    let mut table =
        DataFrame::new(rows.len(), columns).map_err(|source| publish::Error::Frame { path: path.clone(), source })?;
    publish::write_parquet(&path, &mut table)?;
    let evaluations = results.iter().map(|(name, tested)| (name.clone(), &tested.evaluation)).collect();
    publish::write_file(&out.join("evaluation.json"), evaluation_json(&evaluations).as_bytes())
}

fn dates(name: &str, days: Vec<i32>) -> Column {
    let days = Column::new(name.into(), days);
    days.cast(&DataType::Date).unwrap_or(days)
}

//! Whom a treatment helps: uplift learners, curves and what a policy built on them is worth. `uplift.json`.
//!
//! One entry per arm and binary outcome of a randomised experiment whose covariates are declared measured before the
//! assignment. Of more than 100,000 rows of two arms every k-th is used (`rows` says how many). Five learners on the engine's own ridge logistic and least squares, all cross-fitted on five folds; they are
//! judged on rows they have not seen, by doubly robust scores Γ whose mean is the effect:
//! - `qini`: area between the tie-averaged gain curve and the straight line, per customer;
//! - `uplift_at`: difference of shares among the top 10, 20, 30 % (ties count in part);
//! - `deciles` with Newcombe intervals; `autoc` with its standard error (Yadlowsky et al. 2021); `blp_slope` of Γ on the
//!   centred prediction with a robust standard error (1 = well scaled, 0 = nothing learned);
//! - `policy`: value per customer of treating the best k % by uplift and by risk, of treating all and none. What is best is
//!   compared with treat-all; unless the difference is surely positive the verdict is `no better than treat-all`.
//!
//! `model` holds a linear form of the doubly robust learner, in the covariates' own units, for `campaign target`.

mod curve;
mod learners;
mod policy;

use serde_json::{Map, Value, json};

pub use learners::{Data, LEARNERS, Nuisance, nuisance, predictions, solo, two_model};

use super::rows::Rows;
use super::tally::Tally;
use super::{Experiment, OutcomeKind};

/// Fewest rows of an arm, and fewest outcomes of either kind.
const FEWEST: usize = 100;

/// The content of `uplift.json`.
#[must_use]
pub fn uplift(experiment: &Experiment, rows: Option<&Rows>, tally: &Tally, control: usize) -> Value {
    let unavailable = |why: &str| json!({ "status": format!("unavailable:{why}"), "entries": [] });
    if experiment.covariates.is_empty() {
        return unavailable("no covariate");
    }
    if !experiment.covariates.iter().all(|covariate| experiment.is_before(covariate)) {
        return unavailable("a covariate is not declared measured before the assignment");
    }
    let Some(rows) = rows else { return unavailable("too many rows for one covariate") };
    let mut entries = Vec::new();
    for (number, outcome) in experiment.outcomes.iter().enumerate() {
        if outcome.sums() != OutcomeKind::Binary || outcome.is_placebo {
            continue;
        }
        for arm in (0..tally.arms.len()).filter(|arm| *arm != control) {
            let data = Data::new(rows, arm, control, number);
            let mut entry = Map::new();
            entry.insert("arm".to_owned(), json!(tally.arms[arm]));
            entry.insert("outcome".to_owned(), json!(outcome.name));
            if data.is_too_small(FEWEST) {
                entry.insert("status".to_owned(), json!("unavailable:too few rows"));
            } else {
                measure(experiment, rows, &data, &mut entry);
            }
            entries.push(Value::Object(entry));
        }
    }
    json!({ "status": "ok", "entries": entries })
}

fn measure(experiment: &Experiment, rows: &Rows, data: &Data, entry: &mut Map<String, Value>) {
    let nuisance = nuisance(data);
    let scores = nuisance.scores(data);
    let mut best: Option<(f64, &str, Vec<f64>)> = None;
    let mut learners = Map::new();
    for name in LEARNERS {
        let predicted = predictions(name, data, &nuisance, &scores);
        let autoc = curve::autoc(&predicted, &scores);
        learners.insert(
            name.to_owned(),
            json!({
                "qini": curve::qini(&predicted, data),
                "uplift_at": curve::uplift_at(&predicted, data),
                "autoc": autoc.0,
                "autoc_se": autoc.1,
                "blp_slope": curve::blp_slope(&predicted, &scores),
            }),
        );
        if best.as_ref().is_none_or(|best| autoc.0 > best.0) {
            best = Some((autoc.0, name, predicted));
        }
    }
    entry.insert("status".to_owned(), json!("ok"));
    entry.insert("rows".to_owned(), json!(data.y.len()));
    entry.insert("effect".to_owned(), json!(scores.iter().sum::<f64>() / scores.len() as f64));
    entry.insert("learners".to_owned(), Value::Object(learners));
    let Some((_, name, predicted)) = best else { return };
    entry.insert("chosen".to_owned(), json!(name));
    entry.insert("deciles".to_owned(), curve::deciles(&predicted, data));
    entry.insert("types".to_owned(), policy::types(&predicted, &nuisance.control, &scores));
    // Without a price of a success, policies are counted in successes, which no cost can be taken from.
    let (worth, cost) =
        experiment.margin.map_or((1.0, 0.0), |worth| (worth, experiment.cost_per_contact.unwrap_or(0.0)));
    let risk: Vec<f64> = nuisance.control.iter().map(|stays| 1.0 - stays).collect();
    entry.insert("policy".to_owned(), policy::policy(&predicted, &risk, &scores, worth, cost));
    entry.insert("model".to_owned(), learners::linear_form(rows, data, &scores));
}

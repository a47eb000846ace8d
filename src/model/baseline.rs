//! What a model must beat: the base rate, the best recency rule, and a logistic on recency, frequency, money.

use rayon::prelude::*;

use super::counted::Counted;
use super::leak::{auc_alone, auc_bounds};
use super::panel::Panel;
use super::recipe::{Recipe, fit_recipe};
use super::{Error, Model};

/// A baseline's name, and its log-odds for the test rows.
pub type Scored = (&'static str, Vec<f64>);

/// Trains the baselines on `train` and scores `test`. A baseline without its features is left out.
///
/// # Errors
/// [`Error`] if a fit fails.
pub fn baselines(train: &Panel<'_>, test: &Panel<'_>, allowed: &[usize]) -> Result<Vec<Scored>, Error> {
    let (events, rows) = (train.events() as f64, train.len() as f64);
    let mut scored = vec![("base_rate", vec![(events / (rows - events)).ln(); test.len()])];
    let best = |family: &str| best_of_family(train, allowed, family);
    if let Some(recency) = best("recency") {
        scored.push(("recency", score(train, test, &[recency])?));
    }
    let rfm: Vec<usize> = ["recency", "frequency", "monetary"].into_iter().filter_map(best).collect();
    if rfm.len() > 1 {
        scored.push(("rfm", score(train, test, &rfm)?));
    }
    Ok(scored)
}

fn best_of_family(train: &Panel<'_>, allowed: &[usize], family: &str) -> Option<usize> {
    let members = allowed.par_iter().copied().filter(|&position| train.frame.features[position].family == family);
    let bounded = |position| {
        let counted = Counted::new(train, position);
        let bounds = auc_bounds(train, &counted).map(|bounds| (bounds.better_at_least(), bounds.better_at_most()));
        Some((position, bounds.or_else(|| auc_alone(train, &counted).map(|auc| (auc, auc)))?))
    };
    let bounded: Vec<(usize, (f64, f64))> = members.filter_map(bounded).collect();
    let sure = bounded.iter().fold(0.0f64, |most, (_, (low, _))| most.max(*low));
    // Only those that may be the best are measured exactly.
    let rated: Vec<(usize, f64)> = bounded
        .into_par_iter()
        .filter(|(_, (_, high))| *high >= sure)
        .filter_map(|(position, _)| Some((position, auc_alone(train, &Counted::new(train, position))?)))
        .collect();
    rated.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(position, _)| position)
}

fn score(train: &Panel<'_>, test: &Panel<'_>, positions: &[usize]) -> Result<Vec<f64>, Error> {
    let model: Model = match fit_recipe(train, positions, &Recipe::LINEAR) {
        Err(Error::NoFeatures { .. }) => {
            let (events, rows) = (train.events() as f64, train.len() as f64);
            return Ok(vec![(events / (rows - events)).ln(); test.len()]);
        }
        fitted => fitted?.model,
    };
    Ok(model.explain_rows(test.frame, &test.rows)?.log_odds)
}

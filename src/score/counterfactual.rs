//! What would change a score: one thing at a time, among what a company can do something about.
//!
//! Association, not a promise: the rest of the customer is held as it is, and whether the change can be brought about,
//! and then works, is for a campaign with a holdout to show.

use std::sync::Arc;

use super::apply::Request;
use crate::feature::{FeatureBlock, FeatureColumn, FeatureFrame};
use crate::model::{Error, Model, probability};

/// Families a company can act on.
const ACTIONABLE: [&str; 9] =
    ["frequency", "monetary", "breadth", "support", "message", "loyalty", "payment", "visit", "social"];
/// Changes of log-odds smaller than this are not worth telling.
const SMALLEST: f64 = 0.05;

/// One change and what the score would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The feature.
    pub feature: String,
    /// Its value now; NaN if unknown.
    pub from: f64,
    /// Its value after the change.
    pub to: f64,
    /// The log-odds after the change.
    pub log_odds: f64,
}

impl Change {
    /// The probability after the change.
    #[must_use]
    pub fn score(&self) -> f64 {
        probability(self.log_odds)
    }
}

/// The best single change of each actionable feature, the strongest first. Values are the quartiles and the outer
/// percentiles of the training rows: nothing is proposed that customers do not do.
///
/// # Errors
/// As [`Model::explain`].
pub fn changes(model: &Model, request: &Request<'_>, row: usize) -> Result<Vec<Change>, Error> {
    let tried = tried(model, request, row);
    if tried.is_empty() {
        return Ok(Vec::new());
    }
    let frame = variants(request, row, &tried);
    let rows: Vec<usize> = (0..=tried.len()).collect();
    let explained = model.explain(&frame, 0, &rows)?;
    let now = explained.log_odds[tried.len()];
    let mut best: Vec<Change> = Vec::new();
    for (variant, &log_odds) in tried.iter().zip(&explained.log_odds).filter(|&(_, after)| now - after >= SMALLEST) {
        let info = &request.frame.features[variant.column];
        let change = Change { feature: info.name.clone(), from: variant.from, to: variant.to, log_odds };
        match best.iter_mut().find(|known| known.feature == change.feature) {
            Some(known) if known.log_odds <= log_odds => {}
            Some(known) => *known = change,
            None => best.push(change),
        }
    }
    best.sort_by(|a, b| a.log_odds.total_cmp(&b.log_odds).then_with(|| a.feature.cmp(&b.feature)));
    Ok(best)
}

/// One feature set to another value.
struct Variant {
    column: usize,
    from: f64,
    to: f64,
}

fn tried(model: &Model, request: &Request<'_>, row: usize) -> Vec<Variant> {
    let night = &request.frame.blocks[request.block];
    let mut tried = Vec::new();
    for known in model.features.iter().filter(|known| ACTIONABLE.contains(&known.family.as_str())) {
        let Some(column) = request.frame.features.iter().position(|info| info.name == known.name) else { continue };
        let FeatureColumn::Number(values) = &night.columns[column] else { continue };
        let from = values.at(row);
        let mut values: Vec<f64> = known.percentiles.iter().copied().filter(|to| *to != from).collect();
        values.dedup();
        tried.extend(values.into_iter().map(|to| Variant { column, from, to }));
    }
    tried
}

/// A frame with one row per variant, and the customer as he is in the last row.
fn variants(request: &Request<'_>, row: usize, tried: &[Variant]) -> FeatureFrame {
    let night = &request.frame.blocks[request.block];
    let copies = tried.len() + 1;
    let column = |(position, column): (usize, &FeatureColumn)| match column {
        FeatureColumn::Number(values) => {
            let changed = tried.iter().map(|one| if one.column == position { one.to } else { values.at(row) });
            FeatureColumn::Number(changed.chain([values.at(row)]).collect())
        }
        FeatureColumn::Level { codes, levels } => {
            FeatureColumn::Level { codes: vec![codes[row]; copies], levels: Arc::clone(levels) }
        }
    };
    let block = FeatureBlock {
        as_of: night.as_of,
        customer: vec![night.customer[row]; copies],
        columns: night.columns.iter().enumerate().map(column).collect(),
    };
    FeatureFrame {
        customers: Arc::clone(&request.frame.customers),
        features: request.frame.features.clone(),
        blocks: vec![block],
    }
}

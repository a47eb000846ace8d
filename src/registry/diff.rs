//! What distinguishes two versions: how good they are, what they look at, how they weigh it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{EVALUATION_FILE, Error, Registry, Version};
use crate::model::Model;

/// Metrics that are compared, as `evaluation.json` names them.
const METRICS: [&str; 9] =
    ["n", "base_rate", "auc", "log_loss", "brier", "calibration_slope", "calibration_intercept", "ece", "lift_at_10"];

/// Two values of the same thing; `None` where a version does not have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// What it is.
    pub name: String,
    /// Value in the first version.
    pub first: Option<f64>,
    /// Value in the second version.
    pub second: Option<f64>,
}

/// What distinguishes two versions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Difference {
    /// Metrics, each on its own version's held-out rows.
    pub metrics: Vec<Pair>,
    /// Features that only the second uses.
    pub added: Vec<String>,
    /// Features that only the first uses.
    pub removed: Vec<String>,
    /// Features that both use, defined differently.
    pub redefined: Vec<String>,
    /// Coefficients by term, those that changed most first; and the number of rules.
    pub coefficients: Vec<Pair>,
}

impl Registry {
    /// Compares two versions.
    ///
    /// # Errors
    /// As [`Registry::load`].
    pub fn diff(&self, first: &(String, Version), second: &(String, Version)) -> Result<Difference, Error> {
        let load = |(target, version): &(String, Version)| self.load(target, version);
        let (a, b) = (load(first)?, load(second)?);
        let difference = features(&a, &b);
        let metrics = metrics(&self.evaluation(first)?, &self.evaluation(second)?);
        Ok(Difference { metrics, coefficients: coefficients(&a, &b), ..difference })
    }

    /// A version's evaluation, without the target's name around it.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Damaged`].
    pub fn evaluation(&self, (target, version): &(String, Version)) -> Result<Value, Error> {
        let text = self.text(target, version, EVALUATION_FILE)?;
        let path = self.path(target, version, EVALUATION_FILE)?;
        let value: Value =
            serde_json::from_str(&text).map_err(|error| Error::Damaged { path, finding: error.to_string() })?;
        Ok(value.get(target).cloned().unwrap_or(value))
    }
}

fn metrics(first: &Value, second: &Value) -> Vec<Pair> {
    let number = |evaluation: &Value, name: &str| evaluation.get(name).and_then(Value::as_f64);
    let pair = |name: &str| Pair { name: name.to_owned(), first: number(first, name), second: number(second, name) };
    METRICS.into_iter().map(pair).collect()
}

fn features(first: &Model, second: &Model) -> Difference {
    let definitions = |model: &Model| -> BTreeMap<String, String> {
        model.features.iter().map(|feature| (feature.name.clone(), feature.definition.clone())).collect()
    };
    let (a, b) = (definitions(first), definitions(second));
    let only = |own: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<String> {
        own.keys().filter(|name| !other.contains_key(*name)).cloned().collect()
    };
    let differs = |(name, definition): &(&String, &String)| b.get(*name).is_some_and(|other| other != *definition);
    let redefined = a.iter().filter(differs).map(|(name, _)| name.clone()).collect();
    Difference { added: only(&b, &a), removed: only(&a, &b), redefined, ..Difference::default() }
}

fn coefficients(first: &Model, second: &Model) -> Vec<Pair> {
    let (a, b) = (by_term(first), by_term(second));
    let names: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let pair = |name: &String| Pair { name: name.clone(), first: a.get(name).copied(), second: b.get(name).copied() };
    let mut pairs: Vec<Pair> = names.into_iter().map(pair).collect();
    let change = |pair: &Pair| (pair.second.unwrap_or(0.0) - pair.first.unwrap_or(0.0)).abs();
    pairs.sort_by(|p, q| change(q).total_cmp(&change(p)).then_with(|| p.name.cmp(&q.name)));
    let rules = Pair {
        name: "number of rules".to_owned(),
        first: Some(first.trees.len() as f64),
        second: Some(second.trees.len() as f64),
    };
    pairs.push(rules);
    pairs
}

fn by_term(model: &Model) -> BTreeMap<String, f64> {
    let read = |term: &crate::model::Term| (term.shape.read(&model.features[term.feature].name), term.coefficient);
    let intercept = ("intercept".to_owned(), model.intercept);
    model.terms.iter().map(read).chain([intercept]).collect()
}

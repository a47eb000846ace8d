//! `campaign target`: whom to contact next, by what a measured campaign saved.
//!
//! 1. Read `uplift.json` of an evaluation. 2. Predict the uplift of everyone scored. 3. List by expected value saved.

use std::path::{Path, PathBuf};

use polars::prelude::*;
use serde_json::Value;

use super::Failure;
use crate::campaign::Error;
use crate::campaign::export::{Actions, Selection, list, write};
use crate::project::Project;
use crate::publish::Runs;
use crate::time::Day;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// `uplift.json` of an evaluation.
    pub uplift: PathBuf,
    /// The arm whose effect is expected; the first measured if left out.
    pub arm: Option<String>,
    /// The run to choose from; the newest if left out.
    pub as_of: Option<Day>,
    /// How the list is cut.
    pub selection: Selection,
    /// Where to.
    pub file: Option<PathBuf>,
}

/// The next list, and the verdict of the evaluation it rests on.
#[derive(Debug, Clone)]
pub struct Next {
    /// Customers by expected value saved, none at an expected loss.
    pub list: DataFrame,
    /// What the evaluation said about targeting.
    pub verdict: String,
}

/// Lists whom to contact next.
///
/// # Errors
/// When there is no uplift model over score and value, no run, or the list cannot be written.
pub fn campaign_target(dir: &Path, ask: &Ask) -> Result<Next, Failure> {
    let project = Project::load(dir)?;
    let entry = entry(&ask.uplift, ask.arm.as_deref())?;
    let verdict = entry["policy"]["verdict"].as_str().unwrap_or_default().to_owned();
    let runs = Runs::of(&project.root)?;
    let scores = runs.scores(runs.find(ask.as_of)?)?;
    let effect = entry["effect"].as_f64().unwrap_or(0.0);
    let uplift = if verdict.starts_with("treat the best") { linear(&entry, &ask.uplift)? } else { lit(effect) };
    let scores = scores.lazy().with_columns([uplift.alias("uplift")]).collect().map_err(Error::from)?;
    let mut selection = Selection { everyone: true, ..ask.selection.clone() };
    if selection.target.is_empty() {
        selection.target = project.targets.keys().next().cloned().ok_or(Error::NoTarget)?;
    }
    let list = list(&scores, &selection, &Actions::new(&project.actions))?;
    if let Some(file) = &ask.file {
        write(&list, file)?;
    }
    Ok(Next { list, verdict })
}

fn entry(path: &Path, arm: Option<&str>) -> Result<Value, Error> {
    let text = std::fs::read(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    let document: Value = serde_json::from_slice(&text).map_err(|_| Error::NoUplift { path: path.to_owned() })?;
    let entries = document["entries"].as_array().cloned().unwrap_or_default();
    let is_usable = |entry: &Value| entry["status"] == "ok" && arm.is_none_or(|arm| entry["arm"] == arm);
    entries.into_iter().find(is_usable).ok_or_else(|| Error::NoUplift { path: path.to_owned() })
}

/// intercept + Σ slope × column, over columns of the scores.
fn linear(entry: &Value, path: &Path) -> Result<Expr, Error> {
    let model = &entry["model"];
    let missing = || Error::NoUplift { path: path.to_owned() };
    let intercept = model["intercept"].as_f64().ok_or_else(missing)?;
    let mut uplift = lit(intercept);
    for (column, slope) in model["slopes"].as_object().ok_or_else(missing)? {
        let slope = slope.as_f64().ok_or_else(missing)?;
        match column.as_str() {
            "score" | "value" => uplift = uplift + lit(slope) * col(column.as_str()).fill_null(lit(0.0)),
            "value missing" => uplift = uplift + lit(slope) * col("value").is_null().cast(DataType::Float64),
            _ => return Err(missing()),
        }
    }
    Ok(uplift)
}

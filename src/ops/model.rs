//! `model`: look at versions, compare them, choose the one that scores, take one elsewhere.
//!
//! None of these reads data; they work on the registry of the project folder alone.

use std::path::Path;

use super::Failure;
use crate::publish;
use crate::registry::{CARD_FILE, Difference, Listed, Registry, State, Version};
use crate::score::portable;

/// Formats a model can leave in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// A query for another engine.
    Sql,
    /// The artefact itself.
    Json,
    /// PMML 4.4.
    Pmml,
    /// Points for people.
    Scorecard,
}

/// A version with what `list` tells of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// Target, version, state.
    pub listed: Listed,
    /// AUC on its held-out rows.
    pub auc: Option<f64>,
    /// Log loss on the same.
    pub log_loss: Option<f64>,
}

/// All versions, by target and date.
///
/// # Errors
/// [`Failure`] of the registry.
pub fn list(project_dir: &Path) -> Result<Vec<Told>, Failure> {
    let registry = Registry::open(project_dir);
    let told = |listed: Listed| {
        let evaluation = registry.evaluation(&(listed.target.clone(), listed.version.clone()))?;
        let number = |name: &str| evaluation.get(name).and_then(serde_json::Value::as_f64);
        Ok(Told { auc: number("auc"), log_loss: number("log_loss"), listed })
    };
    registry.list()?.into_iter().map(told).collect()
}

/// A version's card, and the same as data.
///
/// # Errors
/// [`Failure`] of the registry.
pub fn show(project_dir: &Path, target: Option<&str>, name: &str) -> Result<(String, serde_json::Value), Failure> {
    let registry = Registry::open(project_dir);
    let (target, version) = registry.find(target, name)?;
    let card = registry.text(&target, &version, CARD_FILE)?;
    let state: State = registry.pointer(&target)?.state(&version);
    let model = registry.load(&target, &version)?;
    let evaluation = registry.evaluation(&(target.clone(), version.clone()))?;
    let data = serde_json::json!({
        "target": target, "version": version.name(), "state": state.as_str(), "evaluation": evaluation, "model": model,
    });
    Ok((card, data))
}

/// Makes a version the current one; returns its target and full name.
///
/// # Errors
/// [`Failure`] of the registry.
pub fn promote(project_dir: &Path, target: Option<&str>, name: &str) -> Result<(String, Version), Failure> {
    let registry = Registry::open(project_dir);
    let (target, version) = registry.find(target, name)?;
    registry.load(&target, &version)?;
    registry.promote(&target, &version)?;
    Ok((target, version))
}

/// What a rollback did to one target.
#[derive(Debug, Clone)]
pub struct RolledBack {
    /// The target.
    pub target: String,
    /// The version that was withdrawn.
    pub withdrawn: Version,
    /// The version that stands now.
    pub standing: Version,
}

/// Goes back to the version promoted before, in one target, or in the only one there is.
///
/// # Errors
/// [`Failure`] of the registry: nothing to go back to, or several targets and none named.
pub fn rollback(project_dir: &Path, target: Option<&str>) -> Result<RolledBack, Failure> {
    let registry = Registry::open(project_dir);
    let target = registry.only_target(target)?;
    let (withdrawn, standing) = registry.rollback(&target)?;
    Ok(RolledBack { target, withdrawn, standing })
}

/// Compares two versions.
///
/// # Errors
/// [`Failure`] of the registry.
pub fn diff(project_dir: &Path, target: Option<&str>, first: &str, second: &str) -> Result<Difference, Failure> {
    let registry = Registry::open(project_dir);
    let (first, second) = (registry.find(target, first)?, registry.find(target, second)?);
    Ok(registry.diff(&first, &second)?)
}

/// A version in another format; written to `out` where it is given.
///
/// # Errors
/// [`Failure`] of the registry, or of writing.
pub fn export(
    project_dir: &Path,
    target: Option<&str>,
    name: &str,
    format: Export,
    out: Option<&Path>,
) -> Result<String, Failure> {
    let registry = Registry::open(project_dir);
    let (target, version) = registry.find(target, name)?;
    let model = registry.load(&target, &version)?;
    let text = match format {
        Export::Json => model.to_json(),
        Export::Sql => portable::sql(&portable::formula(&model), "features"),
        Export::Pmml => portable::pmml(&portable::formula(&model), env!("CARGO_PKG_VERSION")),
        Export::Scorecard => portable::scorecard(&model).text(),
    };
    if let Some(path) = out {
        publish::write_file(path, text.as_bytes())?;
    }
    Ok(text)
}

//! Models in, models out: the registry's versions as what `model` makes and `score` applies.

use indexmap::IndexMap;
use serde::Serialize;

use super::{Contents, Error, Registry, Version};
use crate::evaluate::{Evaluation, Gate};
use crate::model::{Model, Trained};
use crate::time::Day;

/// `evaluation.json` of a version: the evaluation and the gate's verdict.
#[derive(Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    gate: &'a Gate,
}

impl Registry {
    /// Registers what training gave; one that is registered already is left as it is.
    ///
    /// # Errors
    /// [`Error::Write`], or [`Error::Altered`] if a version of that name holds other bytes.
    pub fn register(&self, target: &str, trained: &Trained, train_as_of: Day) -> Result<Version, Error> {
        let model = trained.model.to_json();
        let judged = Judged { evaluation: &trained.evaluation, gate: &trained.gate };
        let keyed = serde_json::to_value(IndexMap::from([(target, judged)])).unwrap_or_default();
        let evaluation = format!("{keyed:#}\n");
        let card = trained.card();
        let contents = Contents { model: model.as_bytes(), evaluation: evaluation.as_bytes(), card: &card };
        self.register_bytes(target, &contents, train_as_of)
    }

    /// The model of a version.
    ///
    /// # Errors
    /// [`Error::NoVersion`], [`Error::Altered`], [`Error::Read`], or [`Error::Model`] if this program cannot read it.
    pub fn load(&self, target: &str, version: &Version) -> Result<Model, Error> {
        let path = self.path(target, version, super::MODEL_FILE)?;
        let bytes = self.bytes(target, version)?;
        let text = String::from_utf8(bytes)
            .map_err(|error| Error::Damaged { path: path.clone(), finding: error.to_string() })?;
        Model::from_json(&text).map_err(|source| Error::Model { path, source })
    }

    /// The model that may score a night: the newest promoted one whose training and calibration windows had all ended.
    /// [`Registry::absence`] says why there is none.
    ///
    /// # Errors
    /// As [`Registry::load`].
    pub fn standing(&self, target: &str, as_of: Day) -> Result<Option<(Version, Model)>, Error> {
        let Some(version) = self.standing_version(target, as_of)? else { return Ok(None) };
        let model = self.load(target, &version)?;
        Ok(Some((version, model)))
    }
}

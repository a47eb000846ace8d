//! The project file, `tidewatch.toml`: what a project is made of, read with places and checked before any data are touched.
//!
//! One struct per section, one file per section; the structs are the format, its JSON schema and its documentation.
//! Paths in the file are relative to the folder it lies in.

mod action;
mod bands;
mod behaviour;
mod campaign;
mod error;
mod features;
mod journey;
mod kpi;
mod load;
mod roles;
mod schema;
mod settings;
mod spans;
pub mod sql;
mod table_source;
mod target;
mod train;
mod validate;
mod validate_target;
mod value;

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use action::Action;
pub use bands::{Bands, Threshold};
pub use behaviour::Behaviour;
pub use campaign::CampaignSettings;
pub use error::{Error, Place, Wrong};
pub use features::{FeatureDeclaration, FeatureSettings, Span, shipped as shipped_features};
pub use journey::Journey;
pub use kpi::{CohortLength, KpiSettings, KpiTarget, PartTarget};
pub use load::did_you_mean;
pub use roles::Roles;
pub use schema::schema;
pub use settings::{Settings, WeekStart};
pub use table_source::{AttributeNames, FileFormat, Join, OnBadRows, TableSource, TableSources};
pub use target::{EndReason, Scalar, Target, TargetKind};
pub use train::{Terms, Train};
pub use value::{Value, ValueBasis};

use crate::tables::TableName;

/// The name of the project file inside a project folder.
pub const PROJECT_FILE: &str = "tidewatch.toml";

/// A project: everything `tidewatch.toml` declares.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// General settings.
    pub project: Settings,
    /// Where each canonical table comes from: one source, or several that together make the table.
    #[serde(default)]
    pub tables: IndexMap<TableName, TableSources>,
    /// What is predicted, by name, in the file's order.
    #[serde(default, rename = "target")]
    pub targets: IndexMap<String, Target>,
    /// How models are trained.
    #[serde(default)]
    pub train: Train,
    /// Risk bands by name, highest first.
    #[serde(default)]
    pub bands: Bands,
    /// What a customer is worth.
    #[serde(default)]
    pub value: Value,
    /// Which KPIs, and how they are judged.
    #[serde(default)]
    pub kpi: KpiSettings,
    /// Which event kinds mean what.
    #[serde(default)]
    pub roles: Roles,
    /// Behaviours whose association with outcomes is measured.
    #[serde(default, rename = "behaviour")]
    pub behaviours: IndexMap<String, Behaviour>,
    /// Journeys: ordered steps whose funnel is measured.
    #[serde(default, rename = "journey")]
    pub journeys: IndexMap<String, Journey>,
    /// Actions recommended beside a score.
    #[serde(default, rename = "action")]
    pub actions: IndexMap<String, Action>,
    /// Which features are computed, and the project's own.
    #[serde(default)]
    pub features: FeatureSettings,
    /// Defaults of campaigns.
    #[serde(default)]
    pub campaign: CampaignSettings,
    /// The folder the file lies in.
    #[serde(skip)]
    pub root: PathBuf,
    /// blake3 of the file's bytes, in hex: the project hash of the manifest.
    #[serde(skip)]
    pub digest: String,
}

impl Project {
    /// All sources of a table, in the file's order; empty when the table is not mapped.
    #[must_use]
    pub fn sources(&self, table: TableName) -> &[TableSource] {
        self.tables.get(&table).map_or(&[], TableSources::as_slice)
    }

    /// A path of the project file made absolute.
    #[must_use]
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(Path::new(relative))
    }
}

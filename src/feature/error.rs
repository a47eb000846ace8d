//! Why features cannot be computed.

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::tables::TableName;

/// Why features cannot be computed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A feature's name is not allowed.
    #[error("`{name}` is not a feature name")]
    Name {
        /// The name.
        name: String,
    },
    /// No kind has that name.
    #[error("feature `{feature}` is of kind `{kind}`, which does not exist")]
    Kind {
        /// The feature.
        feature: String,
        /// The kind as written.
        kind: String,
        /// The nearest kind.
        nearest: Option<String>,
    },
    /// A key that the kind needs is missing.
    #[error("feature `{feature}` of kind `{kind}` needs `{key}`")]
    Missing {
        /// The feature.
        feature: String,
        /// The kind.
        kind: String,
        /// The key.
        key: &'static str,
    },
    /// A project's own feature needs what is not mapped.
    #[error("feature `{feature}` needs `{column}` of `{table}`, which is not mapped")]
    Unmapped {
        /// The feature.
        feature: String,
        /// The table.
        table: TableName,
        /// The column, or the table itself.
        column: String,
    },
    /// A feature stands on another that does not exist.
    #[error("feature `{feature}` stands on `{on}`, which does not exist or stands on it")]
    Dangling {
        /// The feature.
        feature: String,
        /// What it stands on.
        on: String,
    },
    /// A model's feature cannot be made as it was when the model was trained.
    #[error("the model's feature `{feature}` {difference}")]
    Changed {
        /// The feature.
        feature: String,
        /// How it differs.
        difference: &'static str,
    },
    /// Shipped feature declarations cannot be read.
    #[error("a shipped feature file is not valid: {0}")]
    Shipped(#[from] toml::de::Error),
    /// A frame cannot be made of the features.
    #[error("the features cannot be written: {0}")]
    Frame(#[from] polars::error::PolarsError),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Cancelled(_) => Exit::Cancelled,
            Self::Changed { .. } => Exit::Incompatible,
            Self::Shipped(_) => Exit::Bug,
            Self::Frame(_) => Exit::Output,
            _ => Exit::Project,
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Name { name: feature }
            | Self::Kind { feature, .. }
            | Self::Missing { feature, .. }
            | Self::Unmapped { feature, .. }
            | Self::Dangling { feature, .. } => Some(format!("[features.define.{feature}]")),
            _ => None,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::Name { .. } => Some("a small letter, then small letters, digits and `_`".to_owned()),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Kind { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            Self::Kind { .. } => Some("`tidewatch list features` shows the kinds".to_owned()),
            Self::Unmapped { .. } => Some("map it in the project file, or leave the feature out".to_owned()),
            Self::Changed { .. } => {
                Some("train again: scores need the very features the model was fitted on".to_owned())
            }
            Self::Dangling { .. } => Some("`tidewatch list features` names what can be stood on".to_owned()),
            _ => None,
        }
    }
}
